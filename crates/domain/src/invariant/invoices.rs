//! I3: an invoice is what its lines add up to, and is paid by exactly what its journal says.

use std::collections::BTreeMap;

use super::{Known, finding::Account, verdict::Verdicts};
use crate::{
    id::Id,
    invoicing::lines,
    rows::{
        Application, ApplicationKind, CreditNote, Expense, Invoice, InvoiceStage, Payment, Source,
        TimeEntry,
    },
    time::Timestamp,
};

/// What the journal of one invoice adds up to.
#[derive(Default)]
struct Set {
    count: i64,
    paid: i128,
    from_retainers: i128,
    last_payment: Option<(Id<Payment>, Timestamp)>,
}

/// Invoices by what was set against them.
#[derive(Default)]
pub(super) struct Invoices {
    set: BTreeMap<Id<Invoice>, Set>,
    /// What payments still have on invoices.
    from_payments: BTreeMap<(Id<Payment>, Id<Invoice>), i128>,
    /// Credit notes and the VAT in them.
    credited: BTreeMap<Id<Invoice>, (i128, i128)>,
    /// The invoices that bill an entry or an expense, as those say.
    billed: BTreeMap<[u8; 12], Id<Invoice>>,
}

impl Invoices {
    pub fn see_credit_note(&mut self, note: &CreditNote) {
        let (amount, vat) = self.credited.entry(note.invoice).or_default();
        *amount = amount.saturating_add(i128::from(note.amount.minor()));
        *vat = vat.saturating_add(i128::from(note.vat.minor()));
    }

    pub fn see_time_entry(&mut self, entry: &TimeEntry) {
        self.billed.extend(entry.invoice.map(|invoice| (*entry.id.bytes(), invoice)));
    }

    pub fn see_expense(&mut self, expense: &Expense) {
        self.billed.extend(expense.invoice.map(|invoice| (*expense.id.bytes(), invoice)));
    }

    pub fn see_application(&mut self, v: &mut Verdicts, known: &Known, line: &Application) {
        let invoice = known.invoices.get(&line.invoice);
        let account = Account::from(line.invoice);
        v.i9.check(invoice.is_some(), || {
            account.says(format!("application seq {} names no invoice of this firm", line.seq))
        });
        let set = self.set.entry(line.invoice).or_default();
        set.count = set.count.saturating_add(1);
        let signed = i128::from(line.signed_minor());
        match line.source {
            Source::Payment(payment) => {
                set.paid = set.paid.saturating_add(signed);
                if line.kind == ApplicationKind::Applied {
                    set.last_payment = Some((payment, line.at));
                }
                let sum = self.from_payments.entry((payment, line.invoice)).or_default();
                *sum = sum.saturating_add(signed);
            }
            Source::Retainer(retainer) => {
                set.from_retainers = set.from_retainers.saturating_add(signed);
                v.i9.check(known.retainers.contains_key(&retainer), || {
                    account.says(format!("application seq {} names no such retainer", line.seq))
                });
            }
        }
        let currency = invoice.map(Invoice::currency);
        let holds = set.count == line.n
            && set.paid >= 0
            && set.from_retainers >= 0
            && line.amount.minor() > 0
            && currency.is_none_or(|own| own == line.amount.currency());
        v.i3.check(holds, || {
            let text = format!("application {} (seq {}) does not follow", line.n, line.seq);
            account.off(line.n.saturating_sub(set.count).into(), text)
        });
    }

    /// What a payment still has on an invoice; asked once each.
    pub fn take_applied(&mut self, payment: Id<Payment>, invoice: Id<Invoice>) -> i128 {
        self.from_payments.remove(&(payment, invoice)).unwrap_or(0)
    }

    /// What payments have on invoices and nobody asked about.
    pub fn unclaimed(&self, v: &mut Verdicts, known: &Known) {
        for ((payment, invoice), sum) in &self.from_payments {
            v.i9.check(known.payments.contains_key(payment), || {
                let text = format!("an application names payment {payment}, which is not there");
                Account::from(*invoice).says(text)
            });
            v.i3.check(*sum == 0, || {
                let text = format!("has {sum} on invoice {invoice} and does not say so");
                Account::from(*payment).off(sum.saturating_neg(), text)
            });
        }
    }

    pub fn judge(&mut self, v: &mut Verdicts, known: &Known) {
        for (id, invoice) in &known.invoices {
            let set = self.set.remove(id).unwrap_or_default();
            let (credited, vat_credited) = self.credited.remove(id).unwrap_or_default();
            judge_sums(v, known, invoice, &set, (credited, vat_credited));
            // An older version did not write it down.
            let holds = invoice.last_payment.is_none() || invoice.last_payment == set.last_payment;
            v.i3.check(holds, || {
                let text = format!("{} names another last payment", invoice.number);
                Account::from(*id).says(text)
            });
            self.judge_row(v, invoice);
        }
        for id in self.credited.keys() {
            v.i9.check(false, || {
                let text = "a credit note names the invoice, which is not there";
                Account::from(*id).says(text.to_owned())
            });
        }
        for (work, invoice) in &self.billed {
            v.i3.check(false, || {
                let text = format!("bills {}, and does not say so", Id::<()>::new(*work));
                Account::from(*invoice).says(text)
            });
        }
    }

    /// What an invoice's row says of itself: its lines, its stage, and the work that it bills.
    fn judge_row(&mut self, v: &mut Verdicts, invoice: &Invoice) {
        let totals =
            lines::totals(&invoice.lines, invoice.discount, invoice.vat_rate, invoice.currency());
        let account = Account::from(invoice.id);
        v.i3.check(totals == Ok(invoice.totals), || {
            let summed = totals.map_or(0, |totals| i128::from(totals.total.minor()));
            let total = i128::from(invoice.totals.total.minor());
            let text = format!("{}: the total is {total}, its lines say {summed}", invoice.number);
            account.off(total.saturating_sub(summed), text)
        });
        let is_out = matches!(
            invoice.stage,
            InvoiceStage::Issued | InvoiceStage::Void | InvoiceStage::WrittenOff
        );
        let is_cancelled = invoice.stage == InvoiceStage::Cancelled;
        let is_settled = invoice.stage == InvoiceStage::Issued && invoice.due().is_zero();
        let holds = is_out == invoice.issued.is_some()
            && is_cancelled == invoice.deleted
            && (is_settled == invoice.paid_at.is_some()
                || invoice.stage == InvoiceStage::WrittenOff);
        v.i3.check(holds, || {
            account.says(format!("{}: its stage is not what happened to it", invoice.number))
        });
        let is_live = !is_cancelled
            && invoice.stage != InvoiceStage::Void
            && invoice.credited != invoice.totals.total;
        let work = invoice.lines.iter().flat_map(|line| {
            let entry = line.time_entry.map(|id| *id.bytes());
            entry.into_iter().chain(line.expense.map(|id| *id.bytes()))
        });
        for work in work.filter(|_| is_live) {
            let billed_by = self.billed.remove(&work);
            v.i3.check(billed_by == Some(invoice.id), || {
                let (work, number) = (Id::<()>::new(work), &invoice.number);
                account.says(format!("{work} is on {number} and says {billed_by:?}"))
            });
        }
    }
}

fn judge_sums(
    v: &mut Verdicts,
    known: &Known,
    invoice: &Invoice,
    set: &Set,
    (credited, vat_credited): (i128, i128),
) {
    let minor = |money: crate::Money| i128::from(money.minor());
    let holds = set.paid == minor(invoice.paid)
        && set.from_retainers == minor(invoice.retainer_applied)
        && set.count == invoice.applications
        && credited == minor(invoice.credited)
        && vat_credited == minor(invoice.vat_credited);
    let account = Account::from(invoice.id);
    v.i3.check(holds, || {
        let row = [invoice.paid, invoice.retainer_applied, invoice.credited].map(minor);
        let [paid, applied, taken_back] = row;
        let text = format!(
            "{}: the row says {paid} paid, {applied} from retainers, {taken_back} credited; \
             its journal says {}, {}, {credited}",
            invoice.number, set.paid, set.from_retainers,
        );
        let journal = [set.paid, set.from_retainers, credited];
        let sum = |parts: [i128; 3]| parts.into_iter().fold(0, i128::saturating_add);
        account.off(sum(row).saturating_sub(sum(journal)), text)
    });
    let taken = [invoice.paid, invoice.retainer_applied, invoice.credited, invoice.written_off];
    let taken = taken.into_iter().map(minor).fold(0, i128::saturating_add);
    let left = minor(invoice.totals.total).saturating_sub(taken);
    let holds = match invoice.stage {
        InvoiceStage::Issued => left >= 0 && invoice.written_off.is_zero(),
        InvoiceStage::WrittenOff => left == 0,
        _ => taken == 0,
    };
    v.i3.check(holds, || account.says(format!("{}: {left} is left of it", invoice.number)));
    let owed = known.ledger.receivable(invoice);
    let due = minor(invoice.due());
    v.i6.check(owed == due, || {
        let text = format!("{}: {due} is due, ledger 1201 says {owed}", invoice.number);
        account.off(due.saturating_sub(owed), text)
    });
}
