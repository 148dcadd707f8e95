//! Rows that the read side has no question for yet: found by reading all of a firm's.

use std::collections::HashMap;

use domain::{
    Entity, Id, Ref,
    rows::{Case, Client, CreditNote, Firm, Invoice, Payment, Refund, Stored},
};
use store::{ReadError, Reader};

/// An invoice and the rows that it names.
pub(super) struct InvoiceView {
    pub invoice: Invoice,
    pub client: Client,
    pub case: Option<Case>,
}

/// A payment and the rows that it names.
pub(super) struct PaymentView {
    pub payment: Payment,
    pub client: Option<Client>,
    pub case: Option<Case>,
    pub invoice: Option<Invoice>,
}

/// A refund and whose money it was.
pub(super) struct RefundView {
    pub refund: Refund,
    pub client: Client,
}

/// A credit note and the rows that it names.
pub(super) struct CreditNoteView {
    pub note: CreditNote,
    pub invoice: Invoice,
    pub client: Client,
    pub case: Option<Case>,
}

/// Every row of a firm that somebody may ask for.
#[derive(Default)]
pub(super) struct Rows {
    clients: HashMap<Id<Client>, Client>,
    cases: HashMap<Id<Case>, Case>,
    invoices: Vec<Invoice>,
    payments: Vec<Payment>,
    refunds: Vec<Refund>,
    notes: Vec<CreditNote>,
}

pub(super) async fn rows(reader: &Reader, firm: Id<Firm>) -> Result<Rows, ReadError> {
    let reader = reader.clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut rows = Rows::default();
        reader.rows(firm, &mut |row| match row {
            Stored::Client(row) => drop(rows.clients.insert(row.id, row)),
            Stored::Case(row) => drop(rows.cases.insert(row.id, row)),
            Stored::Invoice(row) => rows.invoices.push(row),
            Stored::Payment(row) => rows.payments.push(row),
            Stored::Refund(row) => rows.refunds.push(row),
            Stored::CreditNote(row) => rows.notes.push(row),
            _ => {}
        })?;
        Ok(rows)
    });
    read.await.map_err(|_| ReadError::Database("the read panicked".into()))?
}

fn named<E: Entity>(rows: &[E], by: &Ref<E>) -> Option<E> {
    let is_it = |row: &&E| match by {
        Ref::Id(id) => row.key() == *id,
        Ref::Number(number) => row.number() == Some(number),
    };
    rows.iter().find(is_it).filter(|row| !row.is_deleted()).cloned()
}

impl Rows {
    pub fn invoice(&self, by: &Ref<Invoice>) -> Option<InvoiceView> {
        let invoice = named(&self.invoices, by)?;
        let client = self.clients.get(&invoice.client)?.clone();
        Some(InvoiceView { client, case: self.case(invoice.case), invoice })
    }

    pub fn payment(&self, by: &Ref<Payment>) -> Option<PaymentView> {
        let payment = named(&self.payments, by)?;
        Some(PaymentView {
            client: payment.client.and_then(|id| self.clients.get(&id).cloned()),
            case: self.case(payment.case),
            invoice: payment.invoice.and_then(|id| named(&self.invoices, &Ref::Id(id))),
            payment,
        })
    }

    pub fn refund(&self, by: &Ref<Refund>) -> Option<RefundView> {
        let refund = named(&self.refunds, by)?;
        Some(RefundView { client: self.clients.get(&refund.client)?.clone(), refund })
    }

    pub fn note(&self, by: &Ref<CreditNote>) -> Option<CreditNoteView> {
        let note = named(&self.notes, by)?;
        let InvoiceView { invoice, client, case } = self.invoice(&Ref::Id(note.invoice))?;
        Some(CreditNoteView { note, invoice, client, case })
    }

    fn case(&self, id: Option<Id<Case>>) -> Option<Case> {
        self.cases.get(&id?).cloned()
    }
}
