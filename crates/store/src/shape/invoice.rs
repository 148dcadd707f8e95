//! Invoices and credit notes.

use domain::{
    Currency,
    rows::{CreditNote, Discount, Invoice, InvoiceStage, Issued, PaymentTerms, Totals},
};

use super::{Columns, Read, Shape, columns, json};

impl Shape for Invoice {
    columns! {
        self in "invoices" as "i";
        fixed {
            id = id(&self.id),
            number = words(&self.number),
            client_id = id(&self.client),
            currency = currency(self.currency()),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            case_id = id_option(self.case.as_ref()),
            lines = made(json::lines(&self.lines)),
            vat_rate = rate(self.vat_rate),
            discount_rate = rate_option(match self.discount {
                Some(Discount::Percentage(rate)) => Some(rate),
                _ => None,
            }),
            discount_fixed = money_option(match self.discount {
                Some(Discount::Fixed(amount)) => Some(amount),
                _ => None,
            }),
            subtotal = money(self.totals.subtotal),
            discount = money(self.totals.discount),
            taxable = money(self.totals.taxable),
            vat = money(self.totals.vat),
            total = money(self.totals.total),
            stage = name(self.stage.name()),
            issue_day = day(self.issue_day),
            due_day = day(self.due_day),
            terms = name(self.terms.name()),
            paid = money(self.paid),
            retainer_applied = money(self.retainer_applied),
            credited = money(self.credited),
            vat_credited = money(self.vat_credited),
            written_off = money(self.written_off),
            applications = count(self.applications),
            issued_seq = count_option(self.issued.map(|issued| issued.seq)),
            issued_at = at_option(self.issued.map(|issued| issued.at)),
            viewed_at = at_option(self.viewed_at),
            paid_at = at_option(self.paid_at),
            last_payment_id = id_option(self.last_payment.as_ref().map(|(payment, _)| payment)),
            last_payment_at = at_option(self.last_payment.map(|(_, at)| at)),
            reason = words_option(self.reason.as_ref()),
            notes = words_option(self.notes.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
            due = money(self.due()),
            status = name(self.status().name()),
        }
    }
}

impl Read for Invoice {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (id, number, client, currency) = (row.id()?, row.words()?, row.id()?, row.currency()?);
        let invoice = Self {
            id,
            number,
            client,
            created_by: row.id()?,
            created_at: row.at()?,
            deleted: row.flag()?,
            case: row.id_option()?,
            lines: row.json(|text| json::read_lines(text, currency))?.into(),
            vat_rate: row.rate()?,
            discount: discount(row, currency)?,
            totals: Totals {
                subtotal: row.money(currency)?,
                discount: row.money(currency)?,
                taxable: row.money(currency)?,
                vat: row.money(currency)?,
                total: row.money(currency)?,
            },
            stage: row.name(InvoiceStage::from_name)?,
            issue_day: row.day()?,
            due_day: row.day()?,
            terms: row.name(PaymentTerms::from_name)?,
            paid: row.money(currency)?,
            retainer_applied: row.money(currency)?,
            credited: row.money(currency)?,
            vat_credited: row.money(currency)?,
            written_off: row.money(currency)?,
            applications: row.count()?,
            issued: {
                let (seq, at) = (row.integer()?, row.at_option()?);
                seq.zip(at).map(|(seq, at)| Issued { seq, at })
            },
            viewed_at: row.at_option()?,
            paid_at: row.at_option()?,
            last_payment: {
                let (payment, at) = (row.id_option()?, row.at_option()?);
                payment.zip(at)
            },
            reason: row.words_option()?,
            notes: row.words_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        };
        // Only lists read them.
        row.pass(2);
        Ok(invoice)
    }
}

/// Two columns, of which one at most is there.
fn discount<C: Columns>(row: &mut C, currency: Currency) -> Result<Option<Discount>, C::Error> {
    let (rate, fixed) = (row.rate_option()?, row.money_option(currency)?);
    Ok(rate.map(Discount::Percentage).or(fixed.map(Discount::Fixed)))
}

impl Shape for CreditNote {
    columns! {
        self in "credit_notes" as "n";
        fixed {
            id = id(&self.id),
            number = words(&self.number),
            invoice_id = id(&self.invoice),
            client_id = id(&self.client),
            currency = currency(self.amount.currency()),
            amount = money(self.amount),
            vat = money(self.vat),
            day = day(self.day),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
        }
        changing {
            reason = words_option(self.reason.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for CreditNote {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (id, number, invoice, client) = (row.id()?, row.words()?, row.id()?, row.id()?);
        let currency = row.currency()?;
        Ok(Self {
            id,
            number,
            invoice,
            client,
            amount: row.money(currency)?,
            vat: row.money(currency)?,
            day: row.day()?,
            created_by: row.id()?,
            created_at: row.at()?,
            reason: row.words_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}
