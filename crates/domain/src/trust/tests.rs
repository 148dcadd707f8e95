//! The life of a retainer as an accountant would write it down: one line per command, what is asked
//! and what comes of it.

use crate::{
    Command, Moment, Ref,
    billing::{
        complete_payment::CompletePayment,
        record_payment::{PaymentDetails, Receipt, RecordPayment},
    },
    ledger::Account,
    practice::{DAY_MICROS, Practice, amount},
    reply::Shown,
    rows::{AlertKind, Overpayment, PaymentMethod, PaymentType, RetainerStatus},
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
        refund::RefundRetainer,
        replenish::ReplenishRetainer,
        update::UpdateRetainer,
    },
};

/// Balance and status of the retainer a command answered about, or the refusal's code.
fn told(practice: &mut Practice, command: Command) -> String {
    let shown = practice.ask(command);
    let today = crate::Timestamp::from_micros(practice.now).day_in(&practice.book.firm.zone);
    match shown {
        Ok(Shown::Retainer { retainer, .. } | Shown::Payment { retainer: Some(retainer), .. }) => {
            format!("{} {}", retainer.balance, retainer.status(today).name())
        }
        Ok(Shown::Payment { payment, .. }) => {
            format!("{} {}", payment.unapplied, payment.status().name())
        }
        Ok(_) => "done".into(),
        Err(rejection) => rejection.code().into(),
    }
}

/// Runs the lines in order.
fn check(practice: &mut Practice, lines: Vec<(Command, &str)>) {
    for (n, (command, expected)) in lines.into_iter().enumerate() {
        let asked = format!("line {}: {command:?}", n + 1);
        assert_eq!(told(practice, command), expected, "{asked}");
    }
}

fn retainer() -> Ref<crate::rows::Retainer> {
    Ref::Number("RET-2026-0001".into())
}

fn open_with(text: &str, terms: Terms) -> Command {
    let client = Ref::Number("CLT-2026-0001".into());
    OpenRetainer { client, amount: amount(text), currency: None, terms }.into()
}

fn open(text: &str) -> Command {
    open_with(text, Terms::default())
}

fn consume_on(text: &str, date: Option<&str>) -> Command {
    let date = date.map(|text| Moment::parse(text).unwrap());
    let (retainer, amount) = (retainer(), amount(text));
    ConsumeRetainer { retainer, amount, invoice: None, date, description: None }.into()
}

fn consume(text: &str) -> Command {
    consume_on(text, None)
}

fn replenish_from(text: &str, payment: Option<&str>) -> Command {
    let payment = payment.map(Ref::parse);
    let (retainer, amount) = (retainer(), amount(text));
    ReplenishRetainer { retainer, amount, payment, date: None, description: None }.into()
}

fn replenish(text: &str) -> Command {
    replenish_from(text, None)
}

fn refund(text: Option<&str>) -> Command {
    RefundRetainer { retainer: retainer(), amount: text.map(amount), reason: None }.into()
}

fn pay(text: &str, kind: PaymentType, receipt: Receipt) -> Command {
    let retainer = (kind != PaymentType::CustomerPayment).then(retainer);
    RecordPayment {
        client: Some(Ref::Number("CLT-2026-0001".into())),
        amount: amount(text),
        currency: None,
        method: PaymentMethod::Cash,
        kind: Some(kind),
        retainer,
        invoice: None,
        applications: Vec::new(),
        case: None,
        receipt,
        overpayment: Overpayment::Credit,
        details: PaymentDetails::default(),
        date: None,
    }
    .into()
}

#[test]
fn a_retainer_is_drawn_on_and_never_below_zero() {
    check(
        &mut Practice::new(),
        vec![
            (consume("1"), "retainer_not_found"),
            (open("0"), "amount_required"),
            (open("100"), "100 active"),
            (consume("60"), "40 active"),
            (consume("60"), "insufficient_balance"),
            (consume("0.001"), "amount_too_precise"),
            (consume("40"), "0 depleted"),
            (consume("0.01"), "retainer_not_active"),
            (replenish("25.5"), "25.5 active"),
            (consume("25.51"), "insufficient_balance"),
        ],
    );
}

#[test]
fn a_refund_to_zero_is_final() {
    check(
        &mut Practice::new(),
        vec![
            (open("100"), "100 active"),
            (refund(Some("30")), "70 active"),
            (refund(Some("70.01")), "insufficient_balance"),
            (refund(None), "0 refunded"),
            (refund(None), "already_refunded"),
            (replenish("10"), "retainer_not_active"),
            (consume("10"), "retainer_not_active"),
        ],
    );
    check(
        &mut Practice::new(),
        vec![
            (open("100"), "100 active"),
            (consume("100"), "0 depleted"),
            (refund(None), "nothing_to_refund"),
        ],
    );
}

#[test]
fn an_expired_retainer_can_only_be_refunded() {
    let mut practice = Practice::new();
    let end = Moment::parse("2026-06-02");
    check(&mut practice, vec![(open_with("100", Terms { end, ..Terms::default() }), "100 active")]);
    practice.now += DAY_MICROS;
    check(&mut practice, vec![(consume("10"), "90 active")]);
    practice.now += DAY_MICROS;
    check(
        &mut practice,
        vec![
            (consume("10"), "retainer_not_active"),
            (replenish("10"), "retainer_not_active"),
            (refund(Some("40")), "50 expired"),
            (refund(None), "0 refunded"),
        ],
    );
}

#[test]
fn a_retainer_is_active_when_it_is_opened() {
    let mut practice = Practice::new();
    let ends = |text: &str| {
        let [start, end] = ["2026-05-01", text].map(Moment::parse);
        open_with("100", Terms { start, end, ..Terms::default() })
    };
    check(
        &mut practice,
        vec![
            (ends("2026-04-30"), "end_before_start"),
            (ends("2026-05-31"), "end_in_past"),
            (ends("2026-06-01"), "100 active"),
        ],
    );
}

#[test]
fn a_backdated_entry_is_judged_by_every_day_since() {
    let mut practice = Practice::new();
    check(&mut practice, vec![(open("100"), "100 active")]);
    practice.now += DAY_MICROS;
    check(&mut practice, vec![(consume("70"), "30 active")]);
    practice.now += DAY_MICROS;
    check(
        &mut practice,
        vec![
            (replenish("200"), "230 active"),
            (consume_on("1", Some("2026-05-31")), "date_too_early"),
            (consume_on("31", Some("2026-06-01")), "insufficient_balance_on_date"),
            (consume_on("30", Some("2026-06-01")), "200 active"),
            (consume_on("1", Some("2026-06-02")), "insufficient_balance_on_date"),
            (consume_on("1", Some("2026-06-04")), "date_in_future"),
            (consume("200"), "0 depleted"),
        ],
    );
}

#[test]
fn a_payment_fills_a_retainer_once_and_by_no_more_than_it_holds() {
    use PaymentType::{CustomerPayment, Retainer};
    use Receipt::{Expected, Received};
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (open("100"), "100 active"),
            (pay("80", CustomerPayment, Expected), "0 pending"),
            (replenish_from("50", Some("PAY-2026-0001")), "payment_not_completed"),
            (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "80 completed"),
            (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "already_completed"),
            (replenish_from("50", Some("PAY-2026-0001")), "150 active"),
            (replenish_from("31", Some("PAY-2026-0001")), "payment_insufficient"),
            (replenish_from("30", Some("PAY-2026-0001")), "180 active"),
            (pay("20", Retainer, Received), "200 active"),
            (replenish_from("1", Some("PAY-2026-0002")), "payment_insufficient"),
        ],
    );
}

#[test]
fn alerts_and_requests_for_more_come_once() {
    let terms = Terms {
        minimum_balance: Some(amount("50")),
        auto_replenish: Some(true),
        replenish_threshold: Some(amount("20")),
        replenish_amount: Some(amount("100")),
        ..Terms::default()
    };
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (open_with("100", terms), "100 active"),
            (consume("50"), "50 active"),
            (consume("20"), "30 active"),
        ],
    );
    assert_eq!(practice.alerts(AlertKind::LowBalance), 1);
    check(
        &mut practice,
        vec![
            (consume("10"), "20 active"),
            (consume("5"), "15 active"),
            (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "115 active"),
            (CompletePayment { payment: Ref::parse("PAY-2026-0002") }.into(), "payment_not_found"),
            (consume("100"), "15 active"),
            (CompletePayment { payment: Ref::parse("PAY-2026-0002") }.into(), "115 active"),
        ],
    );
    assert_eq!(practice.alerts(AlertKind::LowBalance), 2);
}

#[test]
fn money_that_arrives_too_late_for_its_retainer_is_client_credit() {
    let terms = Terms {
        auto_replenish: Some(true),
        replenish_threshold: Some(amount("20")),
        replenish_amount: Some(amount("100")),
        ..Terms::default()
    };
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (open_with("100", terms), "100 active"),
            (consume("90"), "10 active"),
            (refund(None), "0 refunded"),
            (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "100 completed"),
        ],
    );
    assert_eq!(practice.ledger[&Account::ClientCredit], -10_000);
    assert_eq!(practice.ledger[&Account::TrustBank], 0);
}

#[test]
fn nothing_is_dated_before_it_could_have_happened() {
    let mut practice = Practice::new();
    practice.now += 3 * DAY_MICROS;
    check(
        &mut practice,
        vec![
            (open("100"), "100 active"),
            (pay("50", PaymentType::CustomerPayment, Receipt::Received), "50 completed"),
            (consume_on("1", Some("2026-06-03")), "date_too_early"),
        ],
    );
    practice.now += DAY_MICROS;
    let from_credit = ReplenishRetainer {
        retainer: retainer(),
        amount: amount("50"),
        payment: Some(Ref::parse("PAY-2026-0001")),
        date: Moment::parse("2026-06-04"),
        description: None,
    };
    check(
        &mut practice,
        vec![
            (from_credit.clone().into(), "date_too_early"),
            (ReplenishRetainer { date: None, ..from_credit }.into(), "150 active"),
        ],
    );
}

#[test]
fn a_retainer_holds_no_more_than_can_be_added_up() {
    check(
        &mut Practice::new(),
        vec![
            (open("9000000000000"), "9000000000000 active"),
            (replenish("1000000000000"), "10000000000000 active"),
            (replenish("0.01"), "amount_too_large"),
        ],
    );
}

#[test]
fn an_edit_is_made_on_the_version_that_was_read() {
    let edit = |version| {
        let terms = Terms { minimum_balance: Some(amount("10")), ..Terms::default() };
        Command::from(UpdateRetainer { retainer: retainer(), version, terms })
    };
    let incomplete = Terms { auto_replenish: Some(true), ..Terms::default() };
    let backwards = Terms {
        start: Moment::parse("2026-06-02"),
        end: Moment::parse("2026-06-01"),
        ..Terms::default()
    };
    check(
        &mut Practice::new(),
        vec![
            (open_with("100", incomplete), "auto_replenish_incomplete"),
            (open_with("100", backwards), "end_before_start"),
            (open("100"), "100 active"),
            (edit(Some(0)), "100 active"),
            (edit(Some(0)), "version_conflict"),
            (consume("10"), "90 active"),
            (edit(Some(1)), "version_conflict"),
            (edit(Some(2)), "90 active"),
            (edit(None), "90 active"),
        ],
    );
}

#[test]
fn the_books_balance() {
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (open("1000"), "1000 active"),
            (consume("300"), "700 active"),
            (pay("250", PaymentType::CustomerPayment, Receipt::Received), "250 completed"),
            (replenish_from("100", Some("PAY-2026-0001")), "800 active"),
            (refund(Some("50")), "750 active"),
        ],
    );
    // 300 earned, 250 received, 100 of it moved to trust, 50 returned.
    let expected = [(1101, "450"), (1102, "750"), (2130, "-750"), (2140, "-150"), (4100, "-300")];
    assert_eq!(practice.books(), expected.map(|(account, held)| (account, held.to_owned())));
}

#[test]
fn statuses_have_their_precedence() {
    let mut practice = Practice::new();
    let shown = practice.ask(open("10")).unwrap();
    let Shown::Retainer { retainer, .. } = shown else { panic!("{shown:?}") };
    let mut row = crate::rows::Retainer::clone(&retainer);
    row.terms.end = Some(row.terms.start);
    let (today, later) = (row.terms.start, crate::Day::from_days(row.terms.start.days() + 1));
    assert_eq!(row.status(today), RetainerStatus::Active);
    assert_eq!(row.status(later), RetainerStatus::Expired);
    row.balance = crate::Money::zero(row.currency());
    assert_eq!(row.status(today), RetainerStatus::Depleted);
    assert_eq!(row.status(later), RetainerStatus::Expired);
    row.refunded = true;
    assert_eq!(row.status(later), RetainerStatus::Refunded);
}
