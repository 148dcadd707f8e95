//! Draft an invoice. Its number is taken with the row; its totals are ours.

use std::sync::Arc;

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, Ref},
    money::{Currency, Decimal, Money, Rate},
    number::Series,
    rejection::Rejection,
    reply::Shown,
    rows::{Case, Client, Discount, Invoice, InvoiceStage, Line, PaymentTerms, Totals},
    time::{Day, Moment},
};

use super::{
    bill,
    lines::{self, DiscountInput, LineInput, TotalsInput},
    shown,
};

/// VAT in percent where nothing else is said.
const VAT_PERCENT_DEFAULT: i64 = 15;

/// A new invoice.
#[derive(Debug, Clone)]
pub struct CreateInvoice {
    /// Who is to pay.
    pub client: Ref<Client>,
    /// The firm's currency when absent.
    pub currency: Option<Currency>,
    /// Everything else.
    pub content: Content,
}

/// What an invoice says, as a caller gives it: absent parts keep their default, or stay as they are
/// in an edit.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// Its lines.
    pub lines: Option<Vec<LineInput>>,
    /// In percent.
    pub vat_rate: Option<Decimal>,
    /// What is taken off the whole.
    pub discount: Option<DiscountInput>,
    /// The totals that the caller has worked out.
    pub totals: TotalsInput,
    /// The day on the document; today when absent.
    pub issue: Option<Moment>,
    /// When it is due; follows from the terms when absent.
    pub due: Option<Moment>,
    /// When it is due, counted from the issue.
    pub terms: Option<PaymentTerms>,
    /// The matter.
    pub case: Option<Ref<Case>>,
    /// Free text.
    pub notes: Option<String>,
}

/// What an invoice says, read.
pub(super) struct Read {
    pub lines: Arc<[Line]>,
    pub vat_rate: Rate,
    pub discount: Option<Discount>,
    pub totals: Totals,
    pub issue_day: Day,
    pub due_day: Day,
    pub terms: PaymentTerms,
    pub case: Option<Id<Case>>,
    pub notes: Option<String>,
}

impl Content {
    /// The rows it names.
    pub(super) fn keys(&self, keys: &mut Vec<Key>) {
        keys.extend(self.case.clone().map(Key::Case));
        for line in self.lines.iter().flatten() {
            keys.extend(line.time_entry.clone().map(Key::TimeEntry));
            keys.extend(line.expense.clone().map(Key::Expense));
        }
    }

    /// This content laid over what `current` says.
    pub(super) fn over(
        &self,
        d: &Decision<'_>,
        current: Option<&Invoice>,
        currency: Currency,
    ) -> Result<Read, Stop> {
        let case = d.find_option(self.case.as_ref())?.map(|case| case.id);
        let vat_rate = match self.vat_rate {
            Some(percent) => Rate::from_percent(percent).ok_or(Rejection::VatRateInvalid)?,
            None => current.map_or_else(usual_vat_rate, |invoice| invoice.vat_rate),
        };
        let lines: Arc<[Line]> = match (&self.lines, current) {
            (None, Some(invoice)) => Arc::clone(&invoice.lines),
            (lines, _) => lines::read(d, lines.as_deref().unwrap_or_default(), currency)?.into(),
        };
        let discount = match self.discount {
            Some(discount) => Some(lines::read_discount(discount, currency)?),
            None => current.and_then(|invoice| invoice.discount),
        };
        let totals = lines::totals(&lines, discount, vat_rate, currency)?;
        lines::compare(self.totals, totals, lines.len())?;
        let day = |moment: Moment| moment.day_in(&d.book.firm.zone);
        let issue_day =
            self.issue.map(day).or(current.map(|invoice| invoice.issue_day)).unwrap_or(d.today);
        if issue_day > d.today {
            return Err(Rejection::DateInFuture.into());
        }
        let terms = self.terms.or(current.map(|invoice| invoice.terms));
        let terms = terms.unwrap_or(PaymentTerms::Net30);
        let follows_anew = self.terms.is_some() || self.issue.is_some();
        let due_day = match (self.due, current) {
            (Some(due), _) => day(due),
            (None, Some(invoice)) if !follows_anew => invoice.due_day,
            _ => issue_day.plus_days(terms.days()),
        };
        if due_day < issue_day {
            return Err(Rejection::DueBeforeIssue.into());
        }
        let notes = self.notes.clone().or_else(|| current?.notes.clone());
        let case = case.or(current.and_then(|invoice| invoice.case));
        Ok(Read { lines, vat_rate, discount, totals, issue_day, due_day, terms, case, notes })
    }
}

fn usual_vat_rate() -> Rate {
    Rate::from_percent(Decimal::whole(VAT_PERCENT_DEFAULT)).expect("15 percent is a rate")
}

impl Decide for CreateInvoice {
    const NAME: &'static str = "create_invoice";
    const ACTION: Action = Action::WriteInvoices;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Client(self.client.clone()));
        self.content.keys(keys);
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `client_not_found`, `case_not_found`, `vat_rate_invalid`,
    /// `lines_required`, `too_many_lines`, `line_invalid`, `discount_invalid`, `amount_…`,
    /// `time_entry_not_found`, `expense_not_found`, `totals_mismatch`, `date_in_future`,
    /// `due_before_issue`, `invoice_client_mismatch`, `not_billable`, `already_billed`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let client = d.find(&self.client)?;
        let currency = self.currency.unwrap_or(d.book.firm.currency);
        let read = self.content.over(d, None, currency)?;
        draft(d, client.id, read)
    }
}

/// Writes a draft down.
pub(super) fn draft(d: &mut Decision<'_>, client: Id<Client>, read: Read) -> Result<Shown, Stop> {
    let id = d.id();
    bill(d, id, client, &read.lines)?;
    let number = d.take_number(Series::Invoice)?;

    // From here on the command succeeds.
    let nothing = Money::zero(read.totals.total.currency());
    let invoice = Invoice {
        id,
        number,
        client,
        case: read.case,
        lines: read.lines,
        vat_rate: read.vat_rate,
        discount: read.discount,
        totals: read.totals,
        stage: InvoiceStage::Draft,
        issue_day: read.issue_day,
        due_day: read.due_day,
        terms: read.terms,
        paid: nothing,
        retainer_applied: nothing,
        credited: nothing,
        vat_credited: nothing,
        written_off: nothing,
        applications: 0,
        issued: None,
        viewed_at: None,
        paid_at: None,
        last_payment: None,
        reason: None,
        notes: read.notes,
        deleted: false,
        created_by: d.actor.user,
        version: 0,
        created_at: d.at,
        updated_at: d.at,
    };
    let invoice = d.insert(invoice);
    shown(d, invoice)
}
