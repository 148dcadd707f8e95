//! I4: a payment is what was applied of it, deposited, returned, and what is left.

use std::collections::BTreeMap;

use super::{Known, finding::Account, invoices::Invoices, trust::Trust, verdict::Verdicts};
use crate::{
    id::Id,
    money::Currency,
    rows::{Client, Payment, PaymentStage, Refund, Target},
};

/// Payments by what was returned of them.
#[derive(Default)]
pub(super) struct Payments {
    refunded: BTreeMap<Id<Payment>, i128>,
}

impl Payments {
    pub fn see_refund(&mut self, v: &mut Verdicts, known: &Known, refund: &Refund) {
        let parts = [refund.from_credit, refund.from_retainers, refund.from_invoices];
        let parts = parts.into_iter().map(|part| i128::from(part.minor()));
        let sum = parts.fold(0, i128::saturating_add);
        let amount = i128::from(refund.amount.minor());
        let account = Account::from(refund.id);
        v.i4.check(sum == amount, || {
            let text = format!("{} is {amount}, its parts add up to {sum}", refund.number);
            account.off(amount.saturating_sub(sum), text)
        });
        let payment = known.payments.get(&refund.payment);
        v.i9.check(payment.is_some_and(|payment| payment.client == Some(refund.client)), || {
            account.says(format!("{} names no payment of its client", refund.number))
        });
        let refunded = self.refunded.entry(refund.payment).or_default();
        *refunded = refunded.saturating_add(amount);
    }

    pub fn judge(
        &mut self,
        v: &mut Verdicts,
        known: &Known,
        trust: &mut Trust,
        invoices: &mut Invoices,
    ) {
        for (id, payment) in &known.payments {
            let refunded = self.refunded.remove(id).unwrap_or(0);
            judge_whole(v, payment, refunded);
            for claim in &payment.claims {
                let there = match claim.target {
                    Target::Invoice(invoice) => invoices.take_applied(*id, invoice),
                    Target::Retainer(retainer) => trust.take_deposit(*id, retainer),
                };
                let said = i128::from(claim.amount.minor());
                v.i4.check(there == said, || {
                    let (number, target) = (&payment.number, claim.target);
                    let text = format!("{number} says {said} for {target:?}, there it is {there}");
                    Account::from(*id).off(said.saturating_sub(there), text)
                });
            }
        }
        trust.unclaimed(v, known);
        invoices.unclaimed(v, known);
    }
}

fn judge_whole(v: &mut Verdicts, payment: &Payment, refunds: i128) {
    let minor = |money: crate::Money| i128::from(money.minor());
    let (amount, unapplied) = (minor(payment.amount), minor(payment.unapplied));
    let claims = payment.claims.iter().map(|claim| minor(claim.amount));
    let claimed = claims.fold(0, i128::saturating_add);
    let refunded = minor(payment.refunded);
    let parts = claimed.saturating_add(unapplied).saturating_add(refunded);
    let is_money = payment.stage == PaymentStage::Completed && payment.kind.is_from_client();
    let holds = parts == if is_money { amount } else { 0 }
        && unapplied >= 0
        && refunded == refunds
        && payment.claims.iter().all(|claim| claim.amount.minor() > 0)
        && payment.arrived.is_some() == (payment.stage == PaymentStage::Completed)
        && (!payment.deleted || payment.stage != PaymentStage::Completed);
    v.i4.check(holds, || {
        let text = format!(
            "{}: {amount} is not {claimed} claimed + {unapplied} left + {refunded} returned \
             (refunds say {refunds})",
            payment.number
        );
        Account::from(payment.id).off(parts.saturating_sub(amount), text)
    });
}

/// The credit that a client has, by what its payments say.
pub(super) fn credit(known: &Known) -> BTreeMap<(Id<Client>, Currency), i128> {
    let mut credit: BTreeMap<(Id<Client>, Currency), i128> = BTreeMap::new();
    for payment in known.payments.values() {
        if let Some(client) = payment.client {
            let sum = credit.entry((client, payment.amount.currency())).or_default();
            *sum = sum.saturating_add(i128::from(payment.unapplied.minor()));
        }
    }
    credit
}
