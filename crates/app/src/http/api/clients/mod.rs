//! `/api/clients`: the firm's customers, and what each of them owes and holds.

mod body;
mod export;
mod lists;
mod show;
mod statement;

use domain::{
    Id, Ref,
    actor::Action,
    id::User,
    rows::{Client, Firm},
};
use hyper::Method;
use store::{ReadError, Reader};

use self::show::Account;
pub(super) use self::show::{ClientShortDoc, write_short};
use super::deleted;
use crate::{
    http::{
        read::Entity,
        route::{Resource, command, command_as, list, one, read},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    const READ: Action = Action::ReadClients;
    let all = list("listClients", "Clients, newest first", READ, lists::all);
    let search = list("searchClients", "Clients by name, number or reach", READ, lists::search);
    let stats =
        read("getClientStats", "Counts, and sums of all documents", READ, lists::stats).may_lag();
    let top = read("listTopClients", "Who has paid most", READ, lists::top).may_lag();
    let delete_many = command(
        "Archive several, all or none",
        body::delete_many,
        deleted::telling(Message::ClientsDeleted),
    );
    let delete = command_as(
        "deleteClient",
        "Archive a client with whom all is settled",
        body::delete,
        deleted::telling(Message::ClientDeleted),
    );
    let statement =
        list("getClientStatement", "What a client owes, line by line", READ, statement::lines)
            .may_lag();
    let may = Action::ExportPersons;
    let export = read("exportClient", "Everything about one client", may, export::export);
    let (invoices, payments) = (Action::ReadInvoices, Action::ReadPayments);
    Resource::new("clients", "The firm's customers.")
        .post("/", command("Take in a client", body::create, show::CREATED))
        .get("/", all)
        .get("/search", search)
        .get("/stats", stats)
        .get("/top-revenue", top)
        .on(&[Method::DELETE], "/bulk", delete_many)
        .get("/{id}", one::<Account>("getClient", "One client, and what is owed and held"))
        .on(
            &[Method::PUT, Method::PATCH],
            "/{id}",
            command("Change a client", body::update, show::UPDATED),
        )
        .on(&[Method::DELETE], "/{id}", delete)
        .get("/{id}/statement", statement)
        .get("/{id}/export", export)
        .post("/{id}/erase", command("Erase who a client is, for good", body::erase, show::ERASED))
        .get(
            "/{id}/invoices",
            list("listClientInvoices", "A client's invoices", invoices, lists::invoices),
        )
        .get(
            "/{id}/payments",
            list("listClientPayments", "A client's payments", payments, lists::payments),
        )
        .get("/{id}/cases", list("listClientCases", "A client's cases", READ, lists::cases))
}

impl Entity for Client {
    type Row = Self;
    const NAME: &'static str = "client";
    const READ: Action = Action::ReadClients;
    const NOT_FOUND: Message = Message::ClientNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Self>,
    ) -> Result<Option<Self>, ReadError> {
        reader.client(firm, by).await
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.user == Some(user)
    }
}

impl Entity for Account {
    type Row = Client;
    const NAME: &'static str = "client";
    const READ: Action = Action::ReadClients;
    const NOT_FOUND: Message = Message::ClientNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Client>,
    ) -> Result<Option<Self>, ReadError> {
        let Some(account) = reader.client_account(firm, by).await? else { return Ok(None) };
        let head = reader.firm(firm).await?;
        let currency = head.unwrap_or_else(|| Firm::new(firm)).currency;
        Ok(Some(Self::of(account, currency)))
    }
    fn version(&self) -> i64 {
        self.client().version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.client().is_of(user)
    }
}
