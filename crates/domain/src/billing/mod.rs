//! Clients and what they pay.

pub mod apply_payment;
pub mod cancel_payment;
pub mod client;
pub mod complete_payment;
pub mod delete_clients;
pub mod delete_payments;
pub mod fail_payment;
pub mod mark_receipt;
pub mod move_check;
pub mod reconcile_payment;
pub mod record_payment;
pub mod refund_payment;
pub mod unapply_payment;
pub mod update_client;
pub mod update_payment;

use std::sync::Arc;

use crate::{
    decision::{Decision, Owed, Stop},
    id::Id,
    money::Money,
    number::Series,
    rejection::Rejection,
    reply::{Parties, Shown},
    rows::{
        Case, Claim, Client, Invoice, Overpayment, Payment, PaymentMethod, PaymentStage,
        PaymentType, Retainer, StatementKind, Target,
    },
    time::Day,
};

/// Most rows that one command may name: invoices of a payment, payments of a bulk deletion.
pub const NAMED_COUNT_MAX: usize = 100;

/// A pending payment with its number, from nobody and for nothing yet.
pub(crate) fn new_payment(
    d: &mut Decision<'_>,
    amount: Money,
    method: PaymentMethod,
) -> Result<Payment, Stop> {
    let nothing = Money::zero(amount.currency());
    Ok(Payment {
        id: d.id(),
        number: d.take_number(Series::Payment)?,
        client: None,
        kind: PaymentType::CustomerPayment,
        method,
        stage: PaymentStage::Pending,
        amount,
        unapplied: nothing,
        refunded: nothing,
        claims: Vec::new(),
        wanted: Vec::new(),
        invoice: None,
        retainer: None,
        fills_retainer: false,
        case: None,
        overpayment: Overpayment::Credit,
        gateway: None,
        reference: None,
        check: None,
        details: None,
        notes: None,
        failure: None,
        day: d.today,
        arrived: None,
        reconciled_at: None,
        receipt_sent: false,
        deleted: false,
        created_by: d.actor.user,
        version: 0,
        created_at: d.at,
        updated_at: d.at,
    })
}

/// The client and the matter that a row names.
pub(crate) fn parties(
    d: &Decision<'_>,
    client: Option<Id<Client>>,
    case: Option<Id<Case>>,
) -> Result<Parties, Stop> {
    Ok(Parties { client: d.get_option(client)?, case: d.get_option(case)? })
}

/// The answer about a payment; `invoice` is the one it was just set against.
pub(crate) fn shown(
    d: &Decision<'_>,
    payment: Arc<Payment>,
    invoice: Option<Arc<Invoice>>,
    retainer: Option<Arc<Retainer>>,
) -> Result<Shown, Stop> {
    let parties = parties(d, payment.client, payment.case)?;
    let invoice = invoice.map_or_else(|| d.get_option(payment.invoice), |row| Ok(Some(row)))?;
    Ok(Shown::Payment { payment, parties, invoice, retainer })
}

/// Whose money it is.
///
/// # Errors
/// [`Rejection::NotApplicable`]
pub(crate) fn payer(payment: &Payment) -> Result<Id<Client>, Rejection> {
    payment.client.filter(|_| payment.kind.is_from_client()).ok_or(Rejection::NotApplicable)
}

/// Adds to what `target` has of a payment, or makes it the newest claim.
pub(crate) fn claim(payment: &mut Payment, target: Target, amount: Money) -> Result<(), Rejection> {
    match payment.claims.iter_mut().find(|claim| claim.target == target) {
        Some(claim) => claim.amount = claim.amount.plus(amount)?,
        None => payment.claims.push(Claim { target, amount }),
    }
    Ok(())
}

/// Takes up to `amount` from what `target` has of a payment; what was taken.
pub(crate) fn disclaim(
    payment: &mut Payment,
    target: Target,
    amount: Money,
) -> Result<Money, Rejection> {
    let mut taken = Money::zero(amount.currency());
    if let Some(claim) = payment.claims.iter_mut().find(|claim| claim.target == target) {
        taken = claim.amount.at_most(amount)?;
        claim.amount = claim.amount.minus(taken)?;
    }
    payment.claims.retain(|claim| !claim.amount.is_zero());
    Ok(taken)
}

/// The retainer that asked for this payment asks no more; it may ask again.
pub(crate) fn stop_waiting(d: &mut Decision<'_>, payment: &Payment) -> Result<(), Stop> {
    if let Some(retainer) = d.get_option(payment.retainer)?
        && retainer.replenish_request == Some(payment.id)
    {
        d.update(Retainer { replenish_request: None, ..Retainer::clone(&retainer) });
    }
    Ok(())
}

/// Refuses to touch a payment that has arrived or was given up.
///
/// # Errors
/// [`Rejection::PaymentSettled`]
pub(crate) fn is_open(payment: &Payment) -> Result<(), Rejection> {
    match payment.stage {
        PaymentStage::Pending | PaymentStage::Failed => Ok(()),
        PaymentStage::Completed | PaymentStage::Cancelled => Err(Rejection::PaymentSettled),
    }
}

/// Refuses a payment that holds no client's money.
///
/// # Errors
/// [`Rejection::PaymentNotCompleted`], [`Rejection::NotApplicable`]
pub(crate) fn holds_money(payment: &Payment) -> Result<Id<Client>, Rejection> {
    if payment.stage == PaymentStage::Completed {
        payer(payment)
    } else {
        Err(Rejection::PaymentNotCompleted)
    }
}

/// Writes into the payer's account that money came in (negative) or went back (positive).
pub(crate) fn state_payment(
    d: &mut Decision<'_>,
    kind: StatementKind,
    payment: &Payment,
    day: Day,
    amount: Money,
) {
    if let Some(client) = payment.client.filter(|_| !amount.is_zero()) {
        let document = *payment.id.bytes();
        d.state(client, day, Owed { kind, document, number: &payment.number, amount });
    }
}
