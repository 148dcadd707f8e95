//! Clients as JSON, alone and inside other entities, and how each command's outcome is told.

use std::borrow::Cow;

use domain::{
    Currency, Day, Money,
    reply::{Reply, Shown},
    rows::{Client, ClientType},
};
use hyper::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use store::{ClientAccount, ClientSum};

use crate::{
    http::{
        answer::Telling,
        json,
        read::Visible,
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(super) const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::ClientCreated,
    location: Some("/api/clients/"),
    fields: |o, reply| o.entity("client", |out| client_of(reply).write(out, reply.today)),
    doc: |generator| wire::entity::<ClientDoc>("client", generator),
};
pub(super) const UPDATED: Telling =
    Telling { status: StatusCode::OK, message: Message::ClientUpdated, location: None, ..CREATED };

pub(super) const ERASED: Telling =
    Telling { status: StatusCode::OK, message: Message::ClientErased, location: None, ..CREATED };

fn client_of(reply: &Reply) -> &Client {
    let Shown::Client(client) = &reply.shown else {
        unreachable!("a client command shows a client")
    };
    client
}

impl Visible for Client {
    type Doc = ClientDoc;

    fn hide(&mut self) {
        self.profile.notes = None;
    }
    fn write(&self, out: &mut Vec<u8>, _: Day) {
        json::object(out, |o| fields(o, self));
    }
}

/// A client, and what its documents add up to: in the firm's currency, then in every other one.
pub(super) struct Account {
    client: Client,
    sums: Sums,
}

impl Account {
    pub fn of(account: ClientAccount, currency: Currency) -> Self {
        Self { client: account.client, sums: Sums::of(account.sums, currency) }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Visible for Account {
    type Doc = ClientAccountDoc;

    fn hide(&mut self) {
        self.client.hide();
    }
    fn write(&self, out: &mut Vec<u8>, _: Day) {
        json::object(out, |o| {
            fields(o, &self.client);
            self.sums.write(o);
        });
    }
}

/// What documents add up to. **Two currencies are never added**: the firm's own stands in front, every
/// other one beside it.
pub(super) struct Sums {
    own: ClientSum,
    others: Vec<ClientSum>,
}

impl Sums {
    pub fn of(sums: Vec<ClientSum>, currency: Currency) -> Self {
        let (own, others): (Vec<_>, Vec<_>) =
            sums.into_iter().partition(|sum| sum.currency() == currency);
        let zero = Money::zero(currency);
        let nothing = ClientSum {
            invoices: 0,
            invoiced: zero,
            paid: zero,
            outstanding: zero,
            credit: zero,
            trust: zero,
        };
        Self { own: own.into_iter().next().unwrap_or(nothing), others }
    }

    pub fn write(&self, o: &mut json::Object<'_>) {
        write_sum(o, &self.own);
        o.with("otherCurrencies", |out| {
            json::array(out, &self.others, |out, sum| json::object(out, |o| write_sum(o, sum)));
        });
    }
}

fn write_sum(o: &mut json::Object<'_>, sum: &ClientSum) {
    o.text("currency", sum.currency().code());
    o.integer("totalInvoices", sum.invoices);
    o.money("totalInvoiced", sum.invoiced);
    o.money("totalPaid", sum.paid);
    o.money("totalOutstanding", sum.outstanding);
    o.money("credit", sum.credit);
    o.money("trustBalance", sum.trust);
}

fn fields(o: &mut json::Object<'_>, client: &Client) {
    let profile = &client.profile;
    o.id("_id", client.id);
    o.integer("__v", client.version);
    o.text("clientNumber", &client.number);
    o.text("clientType", client.kind.name());
    names(o, client);
    o.text_or_null("companyName", profile.company_name.as_deref());
    o.text_or_null("email", profile.email.as_deref());
    o.text_or_null("phone", profile.phone.as_deref());
    o.text_or_null("nationalId", profile.national_id.as_deref());
    o.text_or_null("crNumber", profile.registration_number.as_deref());
    o.text_or_null("city", profile.city.as_deref());
    o.text_or_null("address", profile.address.as_deref());
    o.text_or_null("notes", profile.notes.as_deref());
    o.id_or_null("userId", client.user);
    o.text("status", "active");
    o.id("createdBy", client.created_by);
    o.time("createdAt", client.created_at);
    o.time("updatedAt", client.updated_at);
}

fn names(o: &mut json::Object<'_>, client: &Client) {
    o.text("fullName", &client.profile.full_name);
    o.text("name", &client.profile.full_name);
    o.text_or_null("firstName", client.profile.first_name.as_deref());
    o.text_or_null("lastName", client.profile.last_name.as_deref());
}

/// What stands for a client inside another entity.
pub(in crate::http::api) fn write_short(out: &mut Vec<u8>, client: &Client) {
    json::object(out, |o| short(o, client));
}

/// The fields of what stands for a client.
pub(super) fn short(o: &mut json::Object<'_>, client: &Client) {
    o.id("_id", client.id);
    o.text("clientNumber", &client.number);
    names(o, client);
}

wire! {
    /// A customer of the firm.
    ClientDoc {
        _id: wire::Id,
        __v: wire::Number,
        clientNumber: String,
        clientType: wire::Name<ClientType>,
        fullName: String,
        name: String,
        firstName: Option<String>,
        lastName: Option<String>,
        companyName: Option<String>,
        email: Option<String>,
        phone: Option<String>,
        nationalId: Option<String>,
        crNumber: Option<String>,
        city: Option<String>,
        address: Option<String>,
        notes: Option<String>,
        userId: Option<wire::Id>,
        status: String,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }

    /// What documents add up to: in the firm's currency, and beside it in every other one.
    ClientSumsDoc {
        currency: wire::CurrencyCode,
        /// Invoices that were sent and not voided.
        totalInvoices: wire::Number,
        totalInvoiced: wire::Money,
        /// By payments and retainers.
        totalPaid: wire::Money,
        totalOutstanding: wire::Money,
        /// Paid, and claimed by nothing yet.
        credit: wire::Money,
        /// Held in trust.
        trustBalance: wire::Money,
        otherCurrencies: Vec<ClientTotalsDoc>,
    }

    /// What documents add up to in one currency.
    ClientTotalsDoc {
        currency: wire::CurrencyCode,
        totalInvoices: wire::Number,
        totalInvoiced: wire::Money,
        totalPaid: wire::Money,
        totalOutstanding: wire::Money,
        credit: wire::Money,
        trustBalance: wire::Money,
    }

    /// A client inside another entity.
    ClientShortDoc {
        _id: wire::Id,
        clientNumber: String,
        fullName: String,
        name: String,
        firstName: Option<String>,
        lastName: Option<String>,
    }
}

/// A customer of the firm, and what the customer's documents add up to.
pub(super) struct ClientAccountDoc;

impl JsonSchema for ClientAccountDoc {
    fn schema_name() -> Cow<'static, str> {
        "ClientAccount".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let about = "A customer of the firm, and what the customer's documents add up to.";
        let mut object = ObjectDoc::new(&[about]);
        object.fields_of(ClientDoc::json_schema(generator));
        object.fields_of(ClientSumsDoc::json_schema(generator));
        object.finish()
    }
}
