//! The life of an invoice as an accountant would write it down.

use crate::{
    Action, Command, Decimal, Ref, Role,
    billing::{
        apply_payment::ApplyPayment,
        cancel_payment::CancelPayment,
        complete_payment::CompletePayment,
        delete_payments::{AskedFor, DeletePayments},
        fail_payment::FailPayment,
        move_check::MoveCheck,
        reconcile_payment::ReconcilePayment,
        record_payment::{PaymentDetails, Receipt, RecordPayment},
        refund_payment::RefundPayment,
        unapply_payment::UnapplyPayment,
        update_payment::{PaymentEdit, UpdatePayment},
    },
    invoicing::{
        apply_retainer::ApplyRetainer,
        approve::ApproveInvoice,
        create::{Content, CreateInvoice},
        credit::CreditInvoice,
        delete::DeleteInvoice,
        duplicate::DuplicateInvoice,
        lines::{DiscountInput, LineInput, TotalsInput},
        reject::RejectInvoice,
        send::SendInvoice,
        submit::SubmitInvoice,
        update::UpdateInvoice,
        void::VoidInvoice,
        write_off::WriteOffInvoice,
    },
    practice::{Practice, amount, moment},
    reply::Shown,
    rows::{AlertKind, CheckState, Invoice, LineKind, Overpayment, Payment, PaymentMethod},
    trust::{
        open::{OpenRetainer, Terms},
        refund::RefundRetainer,
    },
};

fn line(quantity: &str, price: &str) -> LineInput {
    LineInput {
        kind: LineKind::FlatFee,
        description: None,
        quantity: Some(amount(quantity)),
        unit_price: Some(amount(price)),
        discount: None,
        taxable: true,
        time_entry: None,
        expense: None,
    }
}

fn content(lines: Vec<LineInput>) -> Content {
    Content { lines: Some(lines), ..Content::default() }
}

fn draft(content: Content) -> Command {
    CreateInvoice { client: Ref::parse("CLT-2026-0001"), currency: None, content }.into()
}

fn invoice(n: u32) -> Ref<Invoice> {
    Ref::Number(format!("INV-202606-{n:04}"))
}

fn payment(n: u32) -> Ref<Payment> {
    Ref::Number(format!("PAY-2026-{n:04}"))
}

/// An invoice of 1,000 without VAT, sent.
fn sent(practice: &mut Practice, price: &str) {
    let content = Content { vat_rate: Some(Decimal::whole(0)), ..content(vec![line("1", price)]) };
    let shown = practice.ask(draft(content)).unwrap();
    let Shown::Invoice { invoice, .. } = shown else { panic!("{shown:?}") };
    practice.ask(SendInvoice { invoice: Ref::Id(invoice.id) }).unwrap();
}

fn record(text: &str, of: Option<u32>, receipt: Receipt) -> RecordPayment {
    RecordPayment {
        client: Some(Ref::parse("CLT-2026-0001")),
        amount: amount(text),
        currency: None,
        method: PaymentMethod::Cash,
        kind: Some(crate::rows::PaymentType::CustomerPayment),
        retainer: None,
        invoice: of.map(invoice),
        applications: Vec::new(),
        case: None,
        receipt,
        overpayment: Overpayment::Credit,
        details: PaymentDetails::default(),
        date: None,
    }
}

fn pay(text: &str, of: u32) -> Command {
    record(text, Some(of), Receipt::Received).into()
}

fn complete(n: u32) -> Command {
    CompletePayment { payment: payment(n) }.into()
}

fn return_of(n: u32, text: Option<&str>) -> Command {
    let amount = text.map(amount);
    RefundPayment { payment: payment(n), amount, reason: None, method: None }.into()
}

fn credit(n: u32, text: Option<&str>) -> Command {
    CreditInvoice { invoice: invoice(n), amount: text.map(amount), reason: None }.into()
}

/// What an answer says in short: an invoice's status and due, a payment's status and credit.
fn told(practice: &mut Practice, command: Command) -> String {
    match practice.ask(command) {
        Ok(Shown::Invoice { invoice, .. } | Shown::CreditNote { invoice, .. }) => {
            format!("{} {}", invoice.status().name(), invoice.due())
        }
        Ok(Shown::Payment { payment, invoice: Some(invoice), .. }) => {
            let (status, due) = (invoice.status().name(), invoice.due());
            format!("{} {} · {status} {due}", payment.status().name(), payment.unapplied)
        }
        Ok(Shown::Payment { payment, .. }) => {
            format!("{} {}", payment.status().name(), payment.unapplied)
        }
        Ok(Shown::Refund { refund, payment, .. }) => {
            let parts = [refund.from_credit, refund.from_retainers, refund.from_invoices];
            format!("{} {}", payment.status().name(), parts.map(|part| part.to_string()).join("+"))
        }
        Ok(Shown::Deleted(ids)) => format!("deleted {}", ids.len()),
        Ok(other) => panic!("{other:?}"),
        Err(rejection) => rejection.code().into(),
    }
}

fn check(practice: &mut Practice, lines: Vec<(Command, &str)>) {
    for (n, (command, expected)) in lines.into_iter().enumerate() {
        let asked = format!("line {}: {command:?}", n + 1);
        assert_eq!(told(practice, command), expected, "{asked}");
    }
}

#[test]
fn totals_are_exact_and_rounded_once() {
    let exempt = |price| LineInput { taxable: false, ..line("1", price) };
    let off = |discount| LineInput { discount: Some(discount), ..line("1", "1000") };
    let minus = |price| LineInput { kind: LineKind::Discount, ..line("1", price) };
    let words = LineInput { kind: LineKind::Comment, ..line("1", "99999") };
    let ten_percent = DiscountInput::Percentage(amount("10"));
    let whole = |discount, lines| Content { discount: Some(discount), ..content(lines) };
    let untaxed = |lines| Content { vat_rate: Some(Decimal::whole(0)), ..content(lines) };
    for (content, expected) in [
        (content(vec![line("1", "1000")]), "1000 0 1000 150 1150"),
        (whole(ten_percent, vec![line("1", "1000")]), "1000 100 900 135 1035"),
        (
            whole(DiscountInput::Fixed(amount("100")), vec![line("1", "1000")]),
            "1000 100 900 135 1035",
        ),
        (content(vec![off(ten_percent)]), "1000 100 900 135 1035"),
        (content(vec![line("1", "1000"), minus("100")]), "1000 100 900 135 1035"),
        (untaxed(vec![line("1", "1000")]), "1000 0 1000 0 1000"),
        (content(vec![line("1", "1000"), exempt("500"), words]), "1500 0 1000 150 1650"),
        (content(vec![line("1", "33.33")]), "33.33 0 33.33 5 38.33"),
        (untaxed(vec![line("3", "0.335")]), "1.01 0 1.01 0 1.01"),
        // 10 % of 1,500 is 150: 50 of it off the exempt third.
        (whole(ten_percent, vec![line("1", "1000"), exempt("500")]), "1500 150 900 135 1485"),
        // Two thirds of a cent: the remainder goes to the taxable side.
        (
            whole(DiscountInput::Fixed(amount("0.01")), vec![line("1", "1"), exempt("2")]),
            "3 0.01 0.99 0.15 3.14",
        ),
        (whole(DiscountInput::Fixed(amount("0.01")), vec![exempt("2")]), "2 0.01 0 0 1.99"),
    ] {
        let shown = Practice::new().ask(draft(content)).unwrap();
        let Shown::Invoice { invoice, .. } = shown else { panic!("{shown:?}") };
        let totals = invoice.totals;
        let all = [totals.subtotal, totals.discount, totals.taxable, totals.vat, totals.total];
        assert_eq!(all.map(|money| money.to_string()).join(" "), expected);
    }
}

#[test]
fn what_can_not_be_an_invoice_is_refused() {
    let words = LineInput { kind: LineKind::Comment, ..line("1", "1") };
    let off = |discount| LineInput { discount: Some(discount), ..line("1", "10") };
    let sent = |total| Content {
        totals: TotalsInput { total: Some(amount(total)), ..TotalsInput::default() },
        ..content(vec![line("1", "1000")])
    };
    let rate = |rate| Content { vat_rate: Some(amount(rate)), ..content(vec![line("1", "1")]) };
    let day = |issue, due| Content {
        issue: Some(moment(issue)),
        due: Some(moment(due)),
        ..content(vec![line("1", "1")])
    };
    for (content, expected) in [
        (Content::default(), "lines_required"),
        (content(vec![words]), "lines_required"),
        (content(vec![line("1", "1"); 201]), "too_many_lines"),
        (content(vec![line("-1", "1")]), "line_invalid"),
        (content(vec![line("1", "0.00001")]), "line_invalid"),
        (content(vec![line("1", "0")]), "amount_required"),
        (content(vec![off(DiscountInput::Fixed(amount("10.01")))]), "discount_invalid"),
        (content(vec![off(DiscountInput::Percentage(amount("101")))]), "discount_invalid"),
        (rate("100.01"), "vat_rate_invalid"),
        (rate("0.001"), "vat_rate_invalid"),
        (sent("1150.02"), "totals_mismatch"),
        (sent("1150.015"), "draft 0"),
        (day("2026-06-02", "2026-06-03"), "date_in_future"),
        (day("2026-06-01", "2026-05-31"), "due_before_issue"),
    ] {
        let mut practice = Practice::new();
        let asked = format!("{content:?}");
        assert_eq!(told(&mut practice, draft(content)), expected, "{asked}");
    }
}

#[test]
fn a_draft_keeps_its_client() {
    let mut practice = Practice::new();
    practice.client("منى");
    let edit = |client: &str| {
        let (client, content) = (Some(Ref::parse(client)), content(vec![line("2", "1000")]));
        Command::from(UpdateInvoice { invoice: invoice(1), version: None, client, content })
    };
    check(
        &mut practice,
        vec![
            (draft(content(vec![line("1", "1000")])), "draft 0"),
            (edit("CLT-2026-0002"), "invoice_client_mismatch"),
            (edit("CLT-2026-0009"), "client_not_found"),
            (edit("CLT-2026-0001"), "draft 0"),
            (SendInvoice { invoice: invoice(1) }.into(), "sent 2300"),
            (edit("CLT-2026-0002"), "invoice_not_draft"),
        ],
    );
}

#[test]
fn an_invoice_goes_from_draft_to_paid_and_never_back() {
    let mut practice = Practice::new();
    let edit = |version| {
        let content = content(vec![line("2", "1000")]);
        Command::from(UpdateInvoice { invoice: invoice(1), version, client: None, content })
    };
    check(
        &mut practice,
        vec![
            (draft(content(vec![line("1", "1000")])), "draft 0"),
            (edit(Some(7)), "version_conflict"),
            (edit(Some(0)), "draft 0"),
            (pay("1", 1), "invoice_not_issued"),
            (ApproveInvoice { invoice: invoice(1) }.into(), "invoice_not_pending_approval"),
            (SubmitInvoice { invoice: invoice(1) }.into(), "pending_approval 0"),
            (SendInvoice { invoice: invoice(1) }.into(), "invoice_not_draft"),
            (RejectInvoice { invoice: invoice(1), reason: None }.into(), "draft 0"),
            (SubmitInvoice { invoice: invoice(1) }.into(), "pending_approval 0"),
            (ApproveInvoice { invoice: invoice(1) }.into(), "approved 0"),
            (edit(None), "invoice_not_draft"),
            (SendInvoice { invoice: invoice(1) }.into(), "sent 2300"),
            (SendInvoice { invoice: invoice(1) }.into(), "invoice_not_draft"),
            (DeleteInvoice { invoice: invoice(1) }.into(), "invoice_not_draft"),
            (pay("300", 1), "completed 0 · partial 2000"),
            (VoidInvoice { invoice: invoice(1), reason: None }.into(), "invoice_has_payments"),
            (pay("2000", 1), "completed 0 · paid 0"),
            (SendInvoice { invoice: invoice(1) }.into(), "invoice_not_draft"),
            (WriteOffInvoice { invoice: invoice(1), reason: None }.into(), "nothing_due"),
            (DuplicateInvoice { invoice: invoice(1) }.into(), "draft 0"),
            (DeleteInvoice { invoice: invoice(2) }.into(), "deleted 1"),
            (SendInvoice { invoice: invoice(2) }.into(), "invoice_not_found"),
            (draft(content(vec![line("1", "1")])), "draft 0"),
            (SendInvoice { invoice: invoice(3) }.into(), "sent 1.15"),
            (VoidInvoice { invoice: invoice(3), reason: None }.into(), "void 0"),
            (VoidInvoice { invoice: invoice(3), reason: None }.into(), "invoice_not_issued"),
        ],
    );
    let expected = [(1101, "2300"), (2201, "-300"), (4100, "-2000")];
    assert_eq!(practice.books(), expected.map(|(account, held)| (account, held.to_owned())));
}

#[test]
fn a_payment_pays_up_to_what_is_due_and_the_rest_is_credit() {
    let mut practice = Practice::new();
    sent(&mut practice, "1000");
    sent(&mut practice, "500");
    let reject = |text| {
        let overpayment = Overpayment::Reject;
        Command::from(RecordPayment { overpayment, ..record(text, Some(2), Receipt::Received) })
    };
    let only = |text| Command::from(record(text, Some(2), Receipt::ForInvoiceOnly));
    let apply = |n, parts: Vec<(u32, &str)>| {
        let parts = parts.into_iter().map(|(of, text)| (invoice(of), amount(text)));
        Command::from(ApplyPayment { payment: payment(n), applications: parts.collect() })
    };
    let unapply =
        |n, of| Command::from(UnapplyPayment { payment: payment(n), invoice: invoice(of) });
    check(
        &mut practice,
        vec![
            (pay("400", 1), "completed 0 · partial 600"),
            (pay("700", 1), "completed 100 · paid 0"),
            (reject("500.01"), "overpayment"),
            (only("500.01"), "amount_exceeds_due"),
            (apply(2, vec![(2, "100.01")]), "payment_insufficient"),
            (apply(2, vec![(1, "1")]), "amount_exceeds_due"),
            (apply(2, vec![(2, "60"), (2, "40")]), "completed 0 · partial 400"),
            (unapply(2, 2), "completed 100 · sent 500"),
            (unapply(2, 2), "not_applied"),
            (only("500"), "completed 0 · paid 0"),
            (complete(3), "already_completed"),
        ],
    );
    assert_eq!(practice.alerts(AlertKind::PossibleDuplicatePayment), 1);
    let expected = [(1101, "1600"), (2140, "-100"), (4100, "-1500")];
    assert_eq!(practice.books(), expected.map(|(account, held)| (account, held.to_owned())));
}

#[test]
fn a_payment_is_expected_then_here_or_not() {
    let mut practice = Practice::new();
    sent(&mut practice, "1000");
    let fail = |n| Command::from(FailPayment { payment: payment(n), reason: None });
    let cancel = |n| Command::from(CancelPayment { payment: payment(n), reason: None });
    let delete = |payments: &[u32], asked| {
        let payments = payments.iter().map(|n| payment(*n)).collect();
        Command::from(DeletePayments { payments, asked })
    };
    let more = |text| {
        let edit = PaymentEdit { amount: Some(amount(text)), ..PaymentEdit::default() };
        Command::from(UpdatePayment { payment: payment(1), version: None, edit })
    };
    let reconcile = |n| Command::from(ReconcilePayment { payment: payment(n) });
    let expected = || Command::from(record("100", Some(1), Receipt::Expected));
    check(
        &mut practice,
        vec![
            (expected(), "pending 0 · sent 1000"),
            (more("200"), "pending 0 · sent 1000"),
            (reconcile(1), "payment_not_completed"),
            (fail(1), "failed 0 · sent 1000"),
            (fail(1), "payment_not_pending"),
            (complete(1), "completed 0 · partial 800"),
            (fail(1), "already_completed"),
            (more("1"), "payment_settled"),
            (cancel(1), "payment_settled"),
            (delete(&[1], AskedFor::One), "payment_settled"),
            (reconcile(1), "completed 0 · partial 800"),
            (reconcile(1), "already_reconciled"),
            (expected(), "pending 0 · partial 800"),
            (expected(), "pending 0 · partial 800"),
            (cancel(3), "cancelled 0 · partial 800"),
            (complete(3), "payment_not_pending"),
            (delete(&[2, 1], AskedFor::Many), "not_deletable"),
            (delete(&[2, 2], AskedFor::Many), "deleted 1"),
            (complete(2), "payment_not_found"),
            (delete(&[2], AskedFor::One), "payment_not_found"),
        ],
    );
}

#[test]
fn a_cheque_is_money_once_it_has_cleared() {
    let mut practice = Practice::new();
    sent(&mut practice, "1000");
    let cheque = || {
        let method = PaymentMethod::Check;
        Command::from(RecordPayment { method, ..record("400", Some(1), Receipt::Received) })
    };
    let moved = |n, state| Command::from(MoveCheck { payment: payment(n), state, reason: None });
    check(
        &mut practice,
        vec![
            (cheque(), "pending 0 · sent 1000"),
            (moved(1, CheckState::Cleared), "check_not_deposited"),
            (moved(1, CheckState::Deposited), "pending 0 · sent 1000"),
            (moved(1, CheckState::Deposited), "check_not_received"),
            (moved(1, CheckState::Cleared), "completed 0 · partial 600"),
            (moved(1, CheckState::Bounced), "already_completed"),
            (cheque(), "pending 0 · partial 600"),
            (moved(2, CheckState::Deposited), "pending 0 · partial 600"),
            (moved(2, CheckState::Bounced), "failed 0 · partial 600"),
            (pay("1", 1), "completed 0 · partial 599"),
            (moved(3, CheckState::Deposited), "not_a_check"),
        ],
    );
}

#[test]
fn refunds_take_credit_first_then_trust_then_invoices_and_never_more_than_was_paid() {
    let mut practice = Practice::new();
    let open = OpenRetainer {
        client: Ref::parse("CLT-2026-0001"),
        amount: amount("10"),
        currency: None,
        terms: Terms::default(),
    };
    practice.ask(open).unwrap();
    sent(&mut practice, "300");
    sent(&mut practice, "200");
    let split = RecordPayment {
        applications: vec![(invoice(1), amount("300")), (invoice(2), amount("150"))],
        ..record("1000", None, Receipt::Received)
    };
    let fill = crate::trust::replenish::ReplenishRetainer {
        retainer: Ref::parse("RET-2026-0001"),
        amount: amount("400"),
        payment: Some(payment(1)),
        date: None,
        description: None,
    };
    practice.ask(split).unwrap();
    practice.ask(fill).unwrap();
    check(
        &mut practice,
        vec![
            (return_of(1, Some("1000.01")), "refund_exceeds_payment"),
            (return_of(1, Some("100")), "partially_refunded 100+0+0"),
            (return_of(1, Some("100")), "partially_refunded 50+50+0"),
            (return_of(1, Some("400")), "partially_refunded 0+350+50"),
            (pay("150", 2), "completed 50 · paid 0"),
            (return_of(1, None), "refunded 0+0+400"),
            (return_of(1, None), "refund_exceeds_payment"),
        ],
    );
    let expected =
        [(1101, "150"), (1102, "10"), (1201, "400"), (2130, "-10"), (2140, "-50"), (4100, "-500")];
    assert_eq!(practice.books(), expected.map(|(account, held)| (account, held.to_owned())));
}

#[test]
fn what_a_retainer_has_spent_is_not_refunded_from_it() {
    let mut practice = Practice::new();
    let open = OpenRetainer {
        client: Ref::parse("CLT-2026-0001"),
        amount: amount("10"),
        currency: None,
        terms: Terms::default(),
    };
    practice.ask(open).unwrap();
    let fill = RecordPayment { kind: None, ..record("100", None, Receipt::Received) };
    assert_eq!(told_retainer(&mut practice, fill.into()), "110");
    let back = RefundRetainer {
        retainer: Ref::parse("RET-2026-0001"),
        amount: Some(amount("20")),
        reason: None,
    };
    practice.ask(back).unwrap();
    check(
        &mut practice,
        vec![
            (return_of(1, None), "retainer_already_consumed"),
            (return_of(1, Some("90")), "partially_refunded 0+90+0"),
        ],
    );
}

fn told_retainer(practice: &mut Practice, command: Command) -> String {
    let shown = practice.ask(command).unwrap();
    let Shown::Payment { retainer: Some(retainer), .. } = shown else { panic!("{shown:?}") };
    retainer.balance.to_string()
}

#[test]
fn a_credit_note_lowers_what_is_due_and_sets_free_what_was_paid_too_much() {
    let mut practice = Practice::new();
    let open = OpenRetainer {
        client: Ref::parse("CLT-2026-0001"),
        amount: amount("500"),
        currency: None,
        terms: Terms::default(),
    };
    practice.ask(open).unwrap();
    let apply = ApplyRetainer {
        invoice: invoice(1),
        retainer: Ref::parse("RET-2026-0001"),
        amount: amount("500"),
    };
    check(
        &mut practice,
        vec![
            (draft(content(vec![line("1", "1000")])), "draft 0"),
            (credit(1, None), "invoice_not_issued"),
            (SendInvoice { invoice: invoice(1) }.into(), "sent 1150"),
            (apply.into(), "partial 650"),
            (pay("550", 1), "completed 0 · partial 100"),
            (credit(1, Some("1150.01")), "credit_exceeds_invoice"),
            (credit(1, Some("300")), "paid 0"),
        ],
    );
    // 300 = 260.87 + 39.13 VAT; 100 was due, 200 of the payment is credit now.
    let expected = [(1101, "1050"), (2140, "-200"), (2201, "-110.87"), (4100, "-739.13")];
    assert_eq!(practice.books(), expected.map(|(account, held)| (account, held.to_owned())));
    check(
        &mut practice,
        vec![(credit(1, None), "void 0"), (credit(1, None), "credit_exceeds_invoice")],
    );
    // Everything is taken back: 550 of credit, and 300 + 200 in trust again.
    let expected = [(1101, "550"), (1102, "500"), (2130, "-500"), (2140, "-550")];
    assert_eq!(practice.books(), expected.map(|(account, held)| (account, held.to_owned())));
}

#[test]
fn a_written_off_invoice_takes_no_money() {
    let mut practice = Practice::new();
    sent(&mut practice, "1000");
    check(
        &mut practice,
        vec![
            (pay("400", 1), "completed 0 · partial 600"),
            (WriteOffInvoice { invoice: invoice(1), reason: None }.into(), "written_off 0"),
            (pay("1", 1), "invoice_not_issued"),
            (return_of(1, None), "invoice_not_issued"),
            (credit(1, None), "invoice_not_issued"),
        ],
    );
    let expected = [(1101, "400"), (4100, "-1000"), (5900, "600")];
    assert_eq!(practice.books(), expected.map(|(account, held)| (account, held.to_owned())));
}

#[test]
fn a_role_does_what_the_table_says() {
    let mut practice = Practice::new();
    sent(&mut practice, "1000");
    for role in Role::ALL {
        practice.role = *role;
        practice.user = practice.user.wrapping_add(1);
        let reaches = role.reach(Action::ManageInvoices) == crate::actor::Reach::Firm;
        let told = told(&mut practice, credit(1, Some("1")));
        assert_eq!(told != "forbidden", reaches, "{role:?}: {told}");
    }
}
