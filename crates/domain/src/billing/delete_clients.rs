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
    rows::{Case, CaseStatus, Client, Invoice, Payment, PaymentStage, Retainer},
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
fn are_free(d: &Decision<'_>, clients: &BTreeSet<Id<Client>>) -> Result<(), Stop> {
    d.need(clients.iter().map(|client| Key::Set(Set::HeldBy(*client))))?;
    // What is held for any of them is there now, under whichever of these sets it is asked for.
    let Some(set) = clients.first().map(|client| Set::HeldBy(*client)) else { return Ok(()) };
    let is_one = |client: Option<Id<Client>>| client.is_some_and(|id| clients.contains(&id));
    let is_active = |case: &Case| is_one(case.client) && case.status != CaseStatus::Closed;
    if d.all::<Case>(set.clone())?.iter().any(|case| is_active(case)) {
        return Err(Rejection::ClientHasActiveCases.into());
    }
    let is_open = |row: &Invoice| is_one(Some(row.client)) && !row.due().is_zero();
    if d.all::<Invoice>(set.clone())?.iter().any(|invoice| is_open(invoice)) {
        return Err(Rejection::ClientHasOpenInvoices.into());
    }
    let holds = |row: &Retainer| is_one(Some(row.client)) && !row.balance.is_zero();
    if d.all::<Retainer>(set.clone())?.iter().any(|retainer| holds(retainer)) {
        return Err(Rejection::ClientHasRetainers.into());
    }
    let payments = d.all::<Payment>(set)?;
    let mut theirs = payments.iter().filter(|payment| is_one(payment.client));
    if theirs.clone().any(|payment| !payment.unapplied.is_zero()) {
        return Err(Rejection::ClientHasCredit.into());
    }
    if theirs.any(|payment| payment.stage == PaymentStage::Pending) {
        return Err(Rejection::ClientHasPendingPayments.into());
    }
    Ok(())
}
