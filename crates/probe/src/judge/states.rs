//! J12 and J14: where a document is in its life, and whether its amounts agree.

use super::{Remark, effects::requests};
use crate::history::{History, Minor, Op, Outcome, Overpay, Verb};

/// J12: void or paid, cancelled or completed, deleted or in use: one of them, and the money with it.
pub(super) fn one_end(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for invoice in history.accepted(Verb::CreateInvoice) {
        remarks.extend(void_and_paid(history, invoice));
        remarks.extend(approved_and_rejected(history, invoice));
        remarks.extend(edited_after_it_was_out(history, invoice));
    }
    for payment in history.accepted(Verb::CreatePayment) {
        remarks.extend(cancelled_and_completed(history, payment));
    }
    for client in history.accepted(Verb::CreateClient) {
        remarks.extend(deleted_and_used(history, client));
    }
    remarks
}

fn void_and_paid(history: &History, invoice: &Op) -> Option<Remark> {
    let void = history.accepted(Verb::VoidInvoice).find(|op| op.on == invoice.on)?;
    let rest = history.at_rest(Verb::ReadInvoice).find(|op| op.on == invoice.on);
    let about = |op: &&Op| op.args.invoice == invoice.on;
    let sum = |verb| -> Minor { history.accepted(verb).filter(about).map(Op::amount).sum() };
    let is_paid_back = sum(Verb::Refund) >= sum(Verb::CompletePayment);
    let mut paying = history.accepted(Verb::CompletePayment).filter(|_| !is_paid_back);
    let paid = paying.find(about);
    let held = rest.and_then(|op| op.seen.paid).unwrap_or(0);
    let is_refusing = history.header.promises.overpay == Overpay::Refuse;
    let is_two = held > 0 || is_refusing && paid.is_some();
    if is_two {
        let held = history.money(paid.map_or(held, Op::amount));
        return Some(Remark::new(
            format!("the invoice is void, and {held} was paid on it"),
            format!("الفاتورة ملغاة ودُفع عليها {held}"),
            [Some(void.id), paid.map(|op| op.id)].into_iter().flatten().collect(),
        ));
    }
    let status = rest?.seen.status.as_deref()?;
    (status != "void").then(|| {
        Remark::new(
            format!("the invoice was voided, and is {status}"),
            format!("أُلغيت الفاتورة وحالتها {status}"),
            vec![void.id],
        )
    })
}

fn approved_and_rejected(history: &History, invoice: &Op) -> Option<Remark> {
    let verdicts = |verb| history.accepted(verb).filter(|op| op.on == invoice.on);
    let both = verdicts(Verb::ApproveInvoice).chain(verdicts(Verb::RejectInvoice));
    let ids: Vec<usize> = both.map(|op| op.id).collect();
    (ids.len() > 1).then(|| {
        let count = ids.len();
        Remark::new(
            format!("{count} verdicts on one request for approval were accepted"),
            format!("قُبل {count} من الأحكام على طلب واحد"),
            ids,
        )
    })
}

/// What somebody was given to pay, or to approve, is what stands.
fn edited_after_it_was_out(history: &History, invoice: &Op) -> Option<Remark> {
    let given = [Verb::SendInvoice, Verb::SubmitInvoice].into_iter();
    let mut given = given.flat_map(|verb| history.accepted(verb)).filter(|op| op.on == invoice.on);
    let out = given.find(|op| op.seen.total.is_some())?;
    // What was sent back may be edited again.
    if history.of(Verb::RejectInvoice).any(|op| op.on == invoice.on && op.may_count()) {
        return None;
    }
    let rest = history.at_rest(Verb::ReadInvoice).find(|op| op.on == invoice.on)?;
    let (said, is) = out.seen.total.zip(rest.seen.total)?;
    (said != is).then(|| {
        let (said, is) = (history.money(said), history.money(is));
        Remark::new(
            format!("the invoice was given out over {said}, and is over {is}"),
            format!("سُلّمت الفاتورة بمبلغ {said} وهي الآن بمبلغ {is}"),
            vec![out.id, rest.id],
        )
    })
}

fn cancelled_and_completed(history: &History, payment: &Op) -> Option<Remark> {
    let on = |verb| history.accepted(verb).find(|op| op.on == payment.on);
    let (cancelled, completed) = (on(Verb::CancelPayment), on(Verb::CompletePayment));
    if let (Some(cancelled), Some(completed)) = (cancelled, completed) {
        return Some(Remark::new(
            format!(
                "one payment of {} was both completed and cancelled",
                history.money(payment.amount())
            ),
            format!("دفعة بمبلغ {} اكتملت وأُلغيت معًا", history.money(payment.amount())),
            vec![completed.id, cancelled.id],
        ));
    }
    let rest = history.at_rest(Verb::ReadPayment).find(|op| op.on == payment.on)?;
    let status = rest.seen.status.as_deref()?;
    let (ended, wanted) = cancelled
        .map(|op| (op, ["cancelled", "cancelled"]))
        .or(completed.map(|op| (op, ["completed", "refunded"])))?;
    (!wanted.contains(&status)).then(|| {
        Remark::new(
            format!("the payment was told to be {}, and is {status}", wanted[0]),
            format!("قيل إن الدفعة {} وحالتها {status}", wanted[0]),
            vec![ended.id, rest.id],
        )
    })
}

fn deleted_and_used(history: &History, client: &Op) -> Option<Remark> {
    let deleted = history.accepted(Verb::DeleteClient).find(|op| op.on == client.on)?;
    // A draft is nobody's debt; where invoices are given out, that is what counts.
    let has_drafts = history.of(Verb::SendInvoice).next().is_some();
    let is_sent = |op: &Op| history.accepted(Verb::SendInvoice).any(|sent| sent.on == op.on);
    let is_binding = |op: &&Op| match op.verb {
        Verb::OpenRetainer | Verb::CreatePayment => true,
        Verb::CreateInvoice => !has_drafts || is_sent(op),
        _ => false,
    };
    let mut made = history.ops.iter().filter(|op| op.outcome == Outcome::Ok).filter(is_binding);
    let used = made.find(|op| op.args.client == client.on)?;
    let verb = used.verb.name();
    Some(Remark::new(
        format!(
            "a client was deleted, and {verb} of {} was accepted",
            history.money(used.amount())
        ),
        format!("حُذف عميل وقُبل له مستند بمبلغ {}", history.money(used.amount())),
        vec![deleted.id, used.id],
    ))
}

/// J14: in every answer, the status is what the amounts make it; and a payment is completed exactly if
/// its money is where it was meant to go.
pub(super) fn follows(history: &History) -> Vec<Remark> {
    let untrue = history.ops.iter().filter(|op| op.outcome == Outcome::Ok).filter_map(|op| {
        let why = contradiction(history, op)?;
        Some(Remark::new(
            format!("an answer contradicts itself: {why}"),
            format!("جواب يناقض نفسه: {why}"),
            vec![op.id],
        ))
    });
    untrue.chain(half_applied(history)).collect()
}

fn contradiction(history: &History, op: &Op) -> Option<String> {
    let seen = &op.seen;
    let status = seen.status.as_deref()?;
    let money = |minor| history.money(minor);
    match op.verb {
        Verb::ReadInvoice => {
            let (paid, due, total) = (seen.paid?, seen.due?, seen.total?);
            // Drafts, voided and written-off ones owe nothing that could be added up.
            if !["open", "partial", "paid"].contains(&status) {
                return None;
            }
            if paid + due != total {
                return Some(format!(
                    "{} paid and {} due of {}",
                    money(paid),
                    money(due),
                    money(total)
                ));
            }
            let wanted = match (paid, due) {
                (_, 0) => "paid",
                (0, _) => "open",
                _ => "partial",
            };
            (status != wanted)
                .then(|| format!("{status}, with {} due of {}", money(due), money(total)))
        }
        Verb::ReadRetainer => {
            let balance = seen.balance?;
            let wanted = if balance == 0 { "depleted" } else { "active" };
            let is_open = status == "depleted" || status == "active";
            (is_open && status != wanted).then(|| format!("{status}, with {}", money(balance)))
        }
        _ => None,
    }
}

/// Completed payments that should have gone into an account, and pending ones that did.
fn half_applied(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for request in requests(history) {
        let op = request.first();
        let (Verb::CompletePayment, Some(account)) = (op.verb, &op.args.retainer) else { continue };
        let rest = history.at_rest(Verb::ReadPayment).find(|read| read.on == op.on);
        let list = history.at_rest(Verb::ListEntries).find(|list| list.is_on(account));
        let Some((rest, list)) = rest.zip(list) else { continue };
        let Some(entries) = &list.seen.entries else { continue };
        let is_booked = entries.iter().any(|entry| entry.amount == op.amount());
        let is_completed = rest.seen.status.as_deref() == Some("completed");
        if is_booked != is_completed {
            let amount = history.money(op.amount());
            let (is, is_ar) = if is_completed {
                ("is completed and its money is nowhere", "مكتملة ومالها غير مقيّد")
            } else {
                ("is not completed and its money is booked", "غير مكتملة ومالها مقيّد")
            };
            remarks.push(Remark::new(
                format!("the payment of {amount} {is}"),
                format!("الدفعة {amount} {is_ar}"),
                vec![op.id, rest.id, list.id],
            ));
        }
    }
    remarks
}
