//! Refund: money goes back to who paid it, out of one payment and never more than it was. Client
//! credit goes first, then what the payment put into retainers, then what it paid on invoices, the
//! newest first; each invoice's state follows.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Owed, Stop},
    id::{Id, Ref},
    invoicing::{self, Setting},
    ledger::{self, Posting},
    money::{Decimal, Money},
    number::Series,
    rejection::Rejection,
    reply::Shown,
    rows::{
        ApplicationKind, Invoice, InvoiceStage, MovementKind, Payment, PaymentMethod, Refund,
        Retainer, Source, StatementKind, Target,
    },
    trust::{self, Moving, move_money},
};

use super::{disclaim, holds_money, parties};

/// Return part or all of a payment.
#[derive(Debug, Clone)]
pub struct RefundPayment {
    /// The payment.
    pub payment: Ref<Payment>,
    /// How much; what is left of it when absent.
    pub amount: Option<Decimal>,
    /// Why.
    pub reason: Option<String>,
    /// How it is returned; as it came when absent.
    pub method: Option<PaymentMethod>,
}

impl Decide for RefundPayment {
    const NAME: &'static str = "refund_payment";
    const ACTION: Action = Action::ManagePayments;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `amount_…`, `payment_not_completed`,
    /// `not_applicable`, `refund_exceeds_payment`, `retainer_already_consumed`,
    /// `invoice_not_issued` (what it paid was written off).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.payment)?;
        let asked =
            self.amount.map(|amount| amount.positive(found.amount.currency())).transpose()?;
        let client = holds_money(&found).map_err(|refusal| match refusal {
            Rejection::PaymentNotCompleted => Rejection::RefundNotCompleted,
            other => other,
        })?;
        let refundable = found.amount.minus(found.refunded)?;
        let amount = asked.unwrap_or(refundable);
        if amount.is_zero() || !refundable.covers(amount) {
            return Err(Rejection::RefundExceedsPayment.into());
        }
        d.need(found.claims.iter().map(|claim| match claim.target {
            Target::Invoice(id) => Key::Invoice(Ref::Id(id)),
            Target::Retainer(id) => Key::Retainer(Ref::Id(id)),
        }))?;
        let mut payment = Payment::clone(&found);
        let nothing = Money::zero(amount.currency());
        let seq = payment.arrived.map(|arrived| arrived.seq);
        let from_credit = payment.unapplied.at_most(amount)?;
        payment.unapplied = payment.unapplied.minus(from_credit)?;
        d.reverse(seq, d.today, ledger::credit(client, from_credit).map(Posting::reversed));
        let (mut from_retainers, mut from_invoices) = (nothing, nothing);
        let mut left = amount.minus(from_credit)?;
        for target in newest_first(&found, is_retainer).chain(newest_first(&found, is_invoice)) {
            if left.is_zero() {
                break;
            }
            let part = disclaim(&mut payment, target, left)?;
            left = left.minus(part)?;
            match target {
                Target::Retainer(retainer) => {
                    take_back(d, &found, retainer, part, self.reason.clone())?;
                    from_retainers = from_retainers.plus(part)?;
                }
                Target::Invoice(invoice) => {
                    take_off(d, &found, invoice, part)?;
                    from_invoices = from_invoices.plus(part)?;
                }
            }
        }
        payment.refunded = payment.refunded.plus(amount)?;
        let number = d.take_number(Series::Payment)?;
        let refund = Refund {
            id: d.id(),
            number,
            payment: payment.id,
            client,
            amount,
            from_credit,
            from_retainers,
            from_invoices,
            method: self.method.unwrap_or(payment.method),
            reason: self.reason.clone(),
            day: d.today,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        let refund = d.insert(refund);
        let returned = from_credit.plus(from_invoices)?;
        if !returned.is_zero() {
            let (kind, document) = (StatementKind::Refund, *refund.id.bytes());
            let owed = Owed { kind, document, number: &refund.number, amount: returned };
            d.state(client, d.today, owed);
        }
        let payment = d.update(payment);
        let parties = parties(d, payment.client, payment.case)?;
        Ok(Shown::Refund { refund, payment, parties })
    }
}

const fn is_retainer(target: &Target) -> bool {
    matches!(target, Target::Retainer(_))
}

const fn is_invoice(target: &Target) -> bool {
    matches!(target, Target::Invoice(_))
}

fn newest_first(payment: &Payment, is_one: fn(&Target) -> bool) -> impl Iterator<Item = Target> {
    payment.claims.iter().rev().map(|claim| claim.target).filter(is_one)
}

/// Takes back what the payment put into a retainer, if it is still there.
fn take_back(
    d: &mut Decision<'_>,
    payment: &Payment,
    retainer: Id<Retainer>,
    amount: Money,
    description: Option<String>,
) -> Result<(), Stop> {
    let found = d.get(retainer)?;
    if !found.balance.covers(amount) {
        return Err(Rejection::RetainerAlreadyConsumed.into());
    }
    trust::covers(d, &found, d.today, amount)?;
    let seq = payment.arrived.map(|arrived| arrived.seq);
    d.reverse(seq, d.today, ledger::give_back(retainer, amount));
    let mut retainer = Retainer::clone(&found);
    retainer.refunded = amount == retainer.balance;
    if retainer.refunded {
        retainer.replenish_request = None;
    }
    let moving = Moving {
        kind: MovementKind::Refund,
        amount,
        day: d.today,
        description,
        invoice: None,
        payment: Some(payment.id),
    };
    move_money(d, retainer, moving)?;
    Ok(())
}

/// Takes off what the payment paid on an invoice: it is due again.
fn take_off(
    d: &mut Decision<'_>,
    payment: &Payment,
    invoice: Id<Invoice>,
    amount: Money,
) -> Result<(), Stop> {
    let invoice = d.get(invoice)?;
    if invoice.stage != InvoiceStage::Issued {
        return Err(Rejection::InvoiceNotIssued.into());
    }
    let seq = payment.arrived.map(|arrived| arrived.seq);
    d.reverse(seq, d.today, ledger::pay(invoice.id, amount).map(Posting::reversed));
    let (source, kind) = (Source::Payment(payment.id), ApplicationKind::Refunded);
    let setting = Setting { source, kind, amount, day: d.today };
    invoicing::set_against(d, &invoice, setting)?;
    Ok(())
}
