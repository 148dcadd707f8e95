//! The judges of documents' lives: J12 and J14.

use probe::history::{Op, Verb};

use super::{Made, check, findings};

#[test]
fn j12_a_document_comes_to_two_ends() {
    let invoice = |held: i64| {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100).race(Verb::VoidInvoice, "i", 0);
        made.rest(Verb::ReadInvoice, "i").status("void").with(|op| op.seen.paid = Some(held))
    };
    check("J12", &invoice(0), &invoice(100));
    let payment =
        || Made::new().setup(Verb::CreatePayment, "p", 100).race(Verb::CompletePayment, "p", 100);
    let good = payment().race(Verb::CancelPayment, "p", 0).refused();
    check("J12", &good, &payment().race(Verb::CancelPayment, "p", 0));
    let client = || Made::new().setup(Verb::CreateClient, "c", 0).race(Verb::DeleteClient, "c", 0);
    let retainer = |made: Made| {
        made.race(Verb::OpenRetainer, "r", 5).with(|op| op.args.client = Some("c".to_owned()))
    };
    check("J12", &retainer(client()).refused(), &retainer(client()));
    let invoice = |made: Made| {
        made.race(Verb::CreateInvoice, "i", 5).with(|op| op.args.client = Some("c".to_owned()))
    };
    check("J12", &invoice(client()).refused(), &invoice(client()));
    let sent = |made: Made| invoice(made).race(Verb::SendInvoice, "i", 0);
    check("J12", &sent(client()).refused(), &sent(client()));
}

#[test]
fn j12_two_verdicts_or_a_paid_invoice_that_is_void() {
    let asked = || {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100);
        made.setup(Verb::SubmitInvoice, "i", 0).race(Verb::ApproveInvoice, "i", 0)
    };
    let good = asked().race(Verb::RejectInvoice, "i", 0).refused();
    check("J12", &good, &asked().race(Verb::RejectInvoice, "i", 0));
    check("J12", &good, &asked().race(Verb::ApproveInvoice, "i", 0));
    let void = |back: i64| {
        let of_invoice = |op: &mut Op| op.args.invoice = Some("i".to_owned());
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100);
        let made = made.setup(Verb::CompletePayment, "p", 100).with(of_invoice);
        made.race(Verb::Refund, "p", back).with(of_invoice).race(Verb::VoidInvoice, "i", 0)
    };
    check("J12", &void(100), &void(99));
}

#[test]
fn j14_a_status_contradicts_its_amounts() {
    let invoice = |status: &str, due: i64| {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100).rest(Verb::ReadInvoice, "i");
        made.status(status).with(|op| {
            (op.seen.paid, op.seen.due, op.seen.total) = (Some(100 - due), Some(due), Some(100));
        })
    };
    check("J14", &invoice("paid", 0), &invoice("partial", 0));
    check("J14", &invoice("open", 100), &invoice("paid", 100));
    check("J14", &invoice("partial", 1), &invoice("open", 1));
    assert_eq!(findings("J14", &invoice("draft", 0)), 0);
    check("J14", &retainer("depleted", 0), &retainer("active", 0));
}

fn retainer(status: &str, balance: i64) -> Made {
    let made = Made::new().setup(Verb::OpenRetainer, "r", 100);
    made.rest(Verb::ReadRetainer, "r").status(status).balance(balance)
}

#[test]
fn j14_a_payment_is_completed_and_its_money_nowhere() {
    let booked = |entries: &[i64]| {
        let made =
            Made::new().setup(Verb::OpenRetainer, "r", 100).setup(Verb::CreatePayment, "p", 7);
        let made = made.race(Verb::CompletePayment, "p", 7);
        let made = made.with(|op| op.args.retainer = Some("r".to_owned()));
        let made = made.rest(Verb::ReadPayment, "p").status("completed");
        made.rest(Verb::ListEntries, "r").entries(entries)
    };
    check("J14", &booked(&[100, 7]), &booked(&[100]));
}

#[test]
fn j12_what_was_given_out_is_what_stands() {
    for verb in [Verb::SendInvoice, Verb::SubmitInvoice] {
        let total = |total: i64| move |op: &mut Op| op.seen.total = Some(total);
        let given = |over: i64, rest: &str| {
            let made = Made::new().setup(Verb::CreateInvoice, "i", 500);
            let made =
                made.setup(Verb::CreateInvoice, "j", 500).race(verb, "i", 0).with(total(700));
            made.race(Verb::EditInvoice, "i", 700).rest(Verb::ReadInvoice, rest).with(total(over))
        };
        check("J12", &given(700, "i"), &given(500, "i"));
        assert_eq!(findings("J12", &given(500, "j")), 0, "another was given out");
        let sent_back = |on| given(500, "i").race(Verb::RejectInvoice, on, 0);
        check("J12", &sent_back("i"), &sent_back("j"));
        check("J12", &sent_back("i"), &sent_back("i").refused());
    }
}

#[test]
fn j12_a_payment_stays_what_it_was_told_to_be() {
    let ended = |verb, read: &str, status: &str| {
        let made = Made::new().setup(Verb::CreatePayment, "p", 100).race(verb, "p", 100);
        made.rest(Verb::ReadPayment, read).status(status)
    };
    for (verb, right, wrong) in [
        (Verb::CancelPayment, "cancelled", "completed"),
        (Verb::CompletePayment, "completed", "pending"),
        (Verb::CompletePayment, "refunded", "cancelled"),
    ] {
        check("J12", &ended(verb, "p", right), &ended(verb, "p", wrong));
        assert_eq!(findings("J12", &ended(verb, "q", wrong)), 0, "that is another");
    }
}

#[test]
fn j14_a_retainer_that_is_closed_is_neither_active_nor_depleted() {
    check("J14", &retainer("active", 5), &retainer("depleted", 5));
    assert_eq!(findings("J14", &retainer("closed", 0)), 0);
}
