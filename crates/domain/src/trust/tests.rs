//! The life of a retainer as an accountant would write it down: one line per command, what is asked
//! and what comes of it.

use std::collections::BTreeMap;

use crate::{
    Actor, Book, Change, Command, Decimal, Id, IdRun, Moment, Ref, Rejection, Role, Stop,
    Timestamp,
    billing::{
        client::CreateClient, complete_payment::CompletePayment, record_payment::RecordPayment,
    },
    change::Loaded,
    decide,
    ledger::Account,
    reply::Shown,
    rows::{ClientProfile, PaymentMethod, PaymentStatus, PaymentType, RetainerStatus},
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
        refund::RefundRetainer,
        replenish::ReplenishRetainer,
        update::UpdateRetainer,
    },
};

/// 2026-06-01T09:00:00Z, noon in Riyadh.
const START: i64 = 1_780_304_400_000_000;
const DAY_MICROS: i64 = 86_400_000_000;

/// A firm with one client, and everything its ledger says.
struct Practice {
    book: Book,
    now: i64,
    commands: u32,
    ledger: BTreeMap<Account, i64>,
    alerts: u32,
}

impl Practice {
    fn new() -> Self {
        let book = Book::of_new_firm(Id::new([1; 12]));
        let mut practice =
            Self { book, now: START, commands: 0, ledger: BTreeMap::new(), alerts: 0 };
        let profile = ClientProfile { full_name: "نورة".into(), ..ClientProfile::default() };
        practice.ask(CreateClient { kind: None, profile, user: None }).unwrap();
        practice
    }

    fn ask(&mut self, command: impl Into<Command>) -> Result<Shown, Rejection> {
        let command = command.into();
        self.commands += 1;
        let ids = IdRun::new([2; 8], self.commands * crate::id::IDS_PER_COMMAND_MAX);
        let actor = Actor { user: Id::new([3; 12]), firm: self.book.firm.id, claimed: Role::Owner };
        loop {
            match decide(&self.book, Timestamp::from_micros(self.now), actor, ids, &command) {
                Ok((reply, changes)) => {
                    self.take_in(&changes);
                    self.book.accept(changes);
                    return Ok(reply.shown);
                }
                Err(Stop::Rejected(rejection)) => return Err(rejection),
                // Nothing was ever stored: what the book has not seen is not there.
                Err(Stop::Missing(key)) => drop(self.book.load(Loaded::Absent(key))),
            }
        }
    }

    fn take_in(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Entry(entry) => {
                    let minor = entry.posting.amount.minor();
                    *self.ledger.entry(entry.posting.debit.account).or_default() += minor;
                    *self.ledger.entry(entry.posting.credit.account).or_default() -= minor;
                }
                Change::Alert(_) => self.alerts += 1,
                _ => {}
            }
        }
    }

    /// Balance and status of the retainer a command answered about, or the refusal's code.
    fn told(&mut self, command: impl Into<Command>) -> String {
        let shown = self.ask(command);
        let today = Timestamp::from_micros(self.now).day_in(&self.book.firm.zone);
        match shown {
            Ok(
                Shown::Retainer { retainer, .. } | Shown::Payment { retainer: Some(retainer), .. },
            ) => {
                format!("{} {}", retainer.balance, retainer.status(today).name())
            }
            Ok(Shown::Payment { payment, .. }) => {
                format!("{} {}", payment.unapplied, payment.status.name())
            }
            Ok(_) => "done".into(),
            Err(rejection) => rejection.code().into(),
        }
    }

    /// Runs the lines in order.
    fn check(&mut self, lines: Vec<(Command, &str)>) {
        for (n, (command, expected)) in lines.into_iter().enumerate() {
            let asked = format!("line {}: {command:?}", n + 1);
            assert_eq!(self.told(command), expected, "{asked}");
        }
    }
}

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
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

fn pay(text: &str, kind: PaymentType, status: PaymentStatus) -> Command {
    let retainer = (kind != PaymentType::CustomerPayment).then(retainer);
    RecordPayment {
        client: Ref::Number("CLT-2026-0001".into()),
        amount: amount(text),
        currency: None,
        method: PaymentMethod::Cash,
        kind,
        retainer,
        invoice: None,
        status,
        reference: None,
        notes: None,
        date: None,
    }
    .into()
}

#[test]
fn a_retainer_is_drawn_on_and_never_below_zero() {
    Practice::new().check(vec![
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
    ]);
}

#[test]
fn a_refund_to_zero_is_final() {
    Practice::new().check(vec![
        (open("100"), "100 active"),
        (refund(Some("30")), "70 active"),
        (refund(Some("70.01")), "insufficient_balance"),
        (refund(None), "0 refunded"),
        (refund(None), "already_refunded"),
        (replenish("10"), "retainer_not_active"),
        (consume("10"), "retainer_not_active"),
    ]);
    Practice::new().check(vec![
        (open("100"), "100 active"),
        (consume("100"), "0 depleted"),
        (refund(None), "nothing_to_refund"),
    ]);
}

#[test]
fn an_expired_retainer_can_only_be_refunded() {
    let mut practice = Practice::new();
    let end = Moment::parse("2026-06-02");
    practice.check(vec![(open_with("100", Terms { end, ..Terms::default() }), "100 active")]);
    practice.now += DAY_MICROS;
    practice.check(vec![(consume("10"), "90 active")]);
    practice.now += DAY_MICROS;
    practice.check(vec![
        (consume("10"), "retainer_not_active"),
        (replenish("10"), "retainer_not_active"),
        (refund(Some("40")), "50 expired"),
        (refund(None), "0 refunded"),
    ]);
}

#[test]
fn a_backdated_entry_is_judged_by_every_day_since() {
    let mut practice = Practice::new();
    practice.check(vec![(open("100"), "100 active")]);
    practice.now += DAY_MICROS;
    practice.check(vec![(consume("70"), "30 active")]);
    practice.now += DAY_MICROS;
    practice.check(vec![
        (replenish("200"), "230 active"),
        (consume_on("1", Some("2026-05-31")), "date_too_early"),
        (consume_on("31", Some("2026-06-01")), "insufficient_balance_on_date"),
        (consume_on("30", Some("2026-06-01")), "200 active"),
        (consume_on("1", Some("2026-06-02")), "insufficient_balance_on_date"),
        (consume_on("1", Some("2026-06-04")), "date_in_future"),
        (consume("200"), "0 depleted"),
    ]);
}

#[test]
fn a_payment_fills_a_retainer_once_and_by_no_more_than_it_holds() {
    use PaymentStatus::{Completed, Pending};
    use PaymentType::{CustomerPayment, Retainer};
    let mut practice = Practice::new();
    practice.check(vec![
        (open("100"), "100 active"),
        (pay("80", CustomerPayment, Pending), "0 pending"),
        (replenish_from("50", Some("PAY-2026-0001")), "payment_not_completed"),
        (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "80 completed"),
        (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "already_completed"),
        (replenish_from("50", Some("PAY-2026-0001")), "150 active"),
        (replenish_from("31", Some("PAY-2026-0001")), "payment_insufficient"),
        (replenish_from("30", Some("PAY-2026-0001")), "180 active"),
        (pay("20", Retainer, Completed), "200 active"),
        (replenish_from("1", Some("PAY-2026-0002")), "payment_insufficient"),
    ]);
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
    practice.check(vec![
        (open_with("100", terms), "100 active"),
        (consume("50"), "50 active"),
        (consume("20"), "30 active"),
    ]);
    assert_eq!(practice.alerts, 1);
    practice.check(vec![
        (consume("10"), "20 active"),
        (consume("5"), "15 active"),
        (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "115 active"),
        (CompletePayment { payment: Ref::parse("PAY-2026-0002") }.into(), "payment_not_found"),
        (consume("100"), "15 active"),
        (CompletePayment { payment: Ref::parse("PAY-2026-0002") }.into(), "115 active"),
    ]);
    assert_eq!(practice.alerts, 2);
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
    practice.check(vec![
        (open_with("100", terms), "100 active"),
        (consume("90"), "10 active"),
        (refund(None), "0 refunded"),
        (CompletePayment { payment: Ref::parse("PAY-2026-0001") }.into(), "100 completed"),
    ]);
    assert_eq!(practice.ledger[&Account::ClientCredit], -10_000);
    assert_eq!(practice.ledger[&Account::TrustBank], 0);
}

#[test]
fn nothing_is_dated_before_it_could_have_happened() {
    let mut practice = Practice::new();
    practice.now += 3 * DAY_MICROS;
    practice.check(vec![
        (open("100"), "100 active"),
        (pay("50", PaymentType::CustomerPayment, PaymentStatus::Completed), "50 completed"),
        (consume_on("1", Some("2026-06-03")), "date_too_early"),
    ]);
    practice.now += DAY_MICROS;
    let from_credit = ReplenishRetainer {
        retainer: retainer(),
        amount: amount("50"),
        payment: Some(Ref::parse("PAY-2026-0001")),
        date: Moment::parse("2026-06-04"),
        description: None,
    };
    practice.check(vec![
        (from_credit.clone().into(), "date_too_early"),
        (ReplenishRetainer { date: None, ..from_credit }.into(), "150 active"),
    ]);
}

#[test]
fn a_retainer_holds_no_more_than_can_be_added_up() {
    Practice::new().check(vec![
        (open("9000000000000"), "9000000000000 active"),
        (replenish("1000000000000"), "10000000000000 active"),
        (replenish("0.01"), "amount_too_large"),
    ]);
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
    Practice::new().check(vec![
        (open_with("100", incomplete), "auto_replenish_incomplete"),
        (open_with("100", backwards), "end_before_start"),
        (open("100"), "100 active"),
        (edit(Some(0)), "100 active"),
        (edit(Some(0)), "version_conflict"),
        (consume("10"), "90 active"),
        (edit(Some(1)), "version_conflict"),
        (edit(Some(2)), "90 active"),
        (edit(None), "90 active"),
    ]);
}

#[test]
fn the_books_balance() {
    let mut practice = Practice::new();
    practice.check(vec![
        (open("1000"), "1000 active"),
        (consume("300"), "700 active"),
        (pay("250", PaymentType::CustomerPayment, PaymentStatus::Completed), "250 completed"),
        (replenish_from("100", Some("PAY-2026-0001")), "800 active"),
        (refund(Some("50")), "750 active"),
    ]);
    let expected = BTreeMap::from([
        // 300 earned, 250 received, 100 of it moved to trust.
        (Account::OperatingBank, 30_000 + 25_000 - 10_000),
        (Account::TrustBank, 75_000),
        (Account::ClientMoney, -75_000),
        (Account::ClientCredit, -15_000),
        (Account::LegalFees, -30_000),
    ]);
    assert_eq!(practice.ledger, expected);
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
