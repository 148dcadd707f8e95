//! Delete clients, all of them or none: they are archived, and keep their numbers and their history.

use std::collections::BTreeSet;

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, Ref},
    rejection::Rejection,
    reply::Shown,
    rows::{Case, CaseStatus, Client, Invoice, Payment, Retainer},
};

use super::NAMED_COUNT_MAX;

/// Archive clients with whom everything is settled.
#[derive(Debug, Clone)]
pub struct DeleteClients {
    /// The clients; at least one, at most [`NAMED_COUNT_MAX`]. One that is named twice counts once.
    pub clients: Vec<Ref<Client>>,
}

impl Decide for DeleteClients {
    const NAME: &'static str = "delete_clients";
    const ACTION: Action = Action::ChangeClients;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.extend(self.clients.iter().take(NAMED_COUNT_MAX).cloned().map(Key::Client));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        self.clients.first().and_then(|client| book.id_of(client))
    }

    /// Refuses, in this order: `too_many_ids`, `client_not_found`; then, of any of them,
    /// `client_has_active_cases`, `client_has_open_invoices`, `client_has_retainers`,
    /// `client_has_credit`, `client_has_pending_payments`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        if self.clients.len() > NAMED_COUNT_MAX {
            return Err(Rejection::TooManyIds.into());
        }
        let found = self.clients.iter().map(|by| d.find(by)).collect::<Result<Vec<_>, _>>()?;
        let ids: BTreeSet<Id<Client>> = found.iter().map(|client| client.id).collect();
        are_free(d, &ids)?;

        // From here on the command succeeds.
        let mut deleted: Vec<[u8; 12]> = Vec::with_capacity(ids.len());
        for client in found {
            if !deleted.contains(client.id.bytes()) {
                deleted.push(*client.id.bytes());
                d.update(Client { deleted: true, ..Client::clone(&client) });
            }
        }
        Ok(Shown::Deleted(deleted))
    }
}

/// Refuses if the firm still has something to do with one of these clients.
pub(crate) fn are_free(d: &Decision<'_>, clients: &BTreeSet<Id<Client>>) -> Result<(), Stop> {
    d.need(clients.iter().map(|client| Key::Set(Set::HeldBy(*client))))?;
    let is_one = |client: Option<Id<Client>>| client.is_some_and(|id| clients.contains(&id));
    for client in clients {
        let held = || Set::HeldBy(*client);
        let is_active = |case: &Case| is_one(case.client) && case.status != CaseStatus::Closed;
        if d.all::<Case>(held())?.iter().any(|case| is_active(case)) {
            return Err(Rejection::ClientHasActiveCases.into());
        }
        let is_open = |row: &Invoice| is_one(Some(row.client)) && !row.due().is_zero();
        if d.all::<Invoice>(held())?.iter().any(|invoice| is_open(invoice)) {
            return Err(Rejection::ClientHasOpenInvoices.into());
        }
        let holds = |row: &Retainer| is_one(Some(row.client)) && !row.balance.is_zero();
        if d.all::<Retainer>(held())?.iter().any(|retainer| holds(retainer)) {
            return Err(Rejection::ClientHasRetainers.into());
        }
        let payments = d.all::<Payment>(held())?;
        let mut theirs = payments.iter().filter(|payment| is_one(payment.client));
        if theirs.clone().any(|payment| !payment.unapplied.is_zero()) {
            return Err(Rejection::ClientHasCredit.into());
        }
        if theirs.any(|payment| super::is_open(payment).is_ok()) {
            return Err(Rejection::ClientHasPendingPayments.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Command,
        billing::{
            cancel_payment::CancelPayment,
            complete_payment::CompletePayment,
            record_payment::{PaymentDetails, Receipt, RecordPayment},
            refund_payment::RefundPayment,
        },
        invoicing::{
            create::{Content, CreateInvoice},
            lines::LineInput,
            send::SendInvoice,
            write_off::WriteOffInvoice,
        },
        practice::{Practice, amount},
        rows::{LineKind, Overpayment, PaymentMethod},
        trust::{
            open::{OpenRetainer, Terms},
            refund::RefundRetainer,
        },
    };

    fn check(practice: &mut Practice, lines: Vec<(Command, &str)>) {
        for (n, (command, expected)) in lines.into_iter().enumerate() {
            let asked = format!("line {}: {command:?}", n + 1);
            let told = practice.ask(command);
            let told = told.as_ref().map_or_else(Rejection::code, |_| "done");
            assert_eq!(told, expected, "{asked}");
        }
    }

    fn client(n: u32) -> Ref<Client> {
        Ref::Number(format!("CLT-2026-{n:04}"))
    }

    fn delete(clients: impl IntoIterator<Item = u32>) -> Command {
        DeleteClients { clients: clients.into_iter().map(client).collect() }.into()
    }

    fn payment() -> Ref<Payment> {
        Ref::parse("PAY-2026-0001")
    }

    fn retainer() -> Ref<Retainer> {
        Ref::parse("RET-2026-0001")
    }

    fn invoice() -> Ref<Invoice> {
        Ref::parse("INV-202606-0001")
    }

    fn open_retainer() -> Command {
        let (amount, terms) = (amount("100"), Terms::default());
        OpenRetainer { client: client(1), amount, currency: None, terms }.into()
    }

    fn draft() -> Command {
        let line = LineInput {
            kind: LineKind::FlatFee,
            description: None,
            quantity: None,
            unit_price: Some(amount("100")),
            discount: None,
            taxable: true,
            time_entry: None,
            expense: None,
        };
        let content = Content { lines: Some(vec![line]), ..Content::default() };
        CreateInvoice { client: client(1), currency: None, content }.into()
    }

    fn expect_payment() -> Command {
        RecordPayment {
            client: Some(client(1)),
            amount: amount("50"),
            currency: None,
            method: PaymentMethod::Cash,
            kind: Some(crate::rows::PaymentType::CustomerPayment),
            retainer: None,
            invoice: None,
            applications: Vec::new(),
            case: None,
            receipt: Receipt::Expected,
            overpayment: Overpayment::Credit,
            details: PaymentDetails::default(),
            date: None,
        }
        .into()
    }

    fn refund() -> Command {
        RefundPayment { payment: payment(), amount: None, reason: None, method: None }.into()
    }

    #[test]
    fn a_client_stays_while_money_is_held_owed_or_expected() {
        check(
            &mut Practice::new(),
            vec![
                (open_retainer(), "done"),
                (delete([1]), "client_has_retainers"),
                (
                    RefundRetainer { retainer: retainer(), amount: None, reason: None }.into(),
                    "done",
                ),
                (delete([1]), "done"),
            ],
        );
        check(
            &mut Practice::new(),
            vec![
                (draft(), "done"),
                (SendInvoice { invoice: invoice() }.into(), "done"),
                (delete([1]), "client_has_open_invoices"),
                (WriteOffInvoice { invoice: invoice(), reason: None }.into(), "done"),
                (delete([1]), "done"),
            ],
        );
        check(
            &mut Practice::new(),
            vec![
                (expect_payment(), "done"),
                (delete([1]), "client_has_pending_payments"),
                (CompletePayment { payment: payment() }.into(), "done"),
                (delete([1]), "client_has_credit"),
                (refund(), "done"),
                (delete([1]), "done"),
            ],
        );
        check(
            &mut Practice::new(),
            vec![
                (expect_payment(), "done"),
                (CancelPayment { payment: payment(), reason: None }.into(), "done"),
                (delete([1]), "done"),
            ],
        );
    }

    #[test]
    fn an_archived_client_is_not_there_any_more() {
        check(
            &mut Practice::new(),
            vec![
                (delete([1]), "done"),
                (delete([1]), "client_not_found"),
                (open_retainer(), "client_not_found"),
                (draft(), "client_not_found"),
                (expect_payment(), "client_not_found"),
            ],
        );
    }

    #[test]
    fn many_are_deleted_all_or_none() {
        let mut practice = Practice::new();
        practice.client("سارة");
        practice.client("خالد");
        check(
            &mut practice,
            vec![
                (open_retainer(), "done"),
                (delete([3, 1]), "client_has_retainers"),
                (delete([3, 9]), "client_not_found"),
                (delete([3, 2, 3]), "done"),
                (delete([3]), "client_not_found"),
                (delete([2]), "client_not_found"),
                (delete(1..102), "too_many_ids"),
            ],
        );
        let told = practice.ask(delete([1])).unwrap_err();
        assert_eq!(told, Rejection::ClientHasRetainers);
    }

    #[test]
    fn a_row_that_a_batch_before_brought_in_is_judged_as_it_stands() {
        let mut practice = Practice::new();
        check(&mut practice, vec![(open_retainer(), "done")]);
        practice.book.end_batch();
        check(&mut practice, vec![(delete([1]), "client_has_retainers")]);
    }
}
