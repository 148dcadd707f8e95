//! I4: a payment is what was applied of it, deposited, returned, and what is left.

use std::collections::BTreeMap;

use super::{Known, invoices::Invoices, trust::Trust, verdict::Verdicts};
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
        let sum = parts.into_iter().map(|part| i128::from(part.minor()));
        let amount = i128::from(refund.amount.minor());
        v.i4.check(sum.fold(0, i128::saturating_add) == amount, || {
            format!("refund {} is not the sum of its parts", refund.number)
        });
        let payment = known.payments.get(&refund.payment);
        v.i9.check(payment.is_some_and(|payment| payment.client == Some(refund.client)), || {
            format!("refund {} names no payment of its client", refund.number)
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
                v.i4.check(there == i128::from(claim.amount.minor()), || {
                    format!(
                        "payment {} says {} for {:?}, there it is {there}",
                        payment.number,
                        claim.amount.minor(),
                        claim.target
                    )
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
        format!(
            "payment {}: {amount} is not {claimed} claimed + {unapplied} left + {refunded} returned \
             (refunds say {refunds})",
            payment.number
        )
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
