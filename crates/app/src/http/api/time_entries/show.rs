//! Time as JSON, and how each command's outcome is told.

use domain::{
    reply::{Reply, Shown},
    rows::{Case, Client, Review, TimeEntry},
};
use hyper::StatusCode;

use crate::{
    http::{
        answer::Telling,
        api::{
            clients::{self, ClientShortDoc},
            deleted,
            short::{self, CaseShortDoc},
        },
        json,
        wire::{self, wire},
    },
    messages::Message,
};

pub(super) const LOGGED: Telling = created(Message::TimeLogged);
pub(super) const STARTED: Telling = created(Message::TimerStarted);
pub(super) const STOPPED: Telling = said(Message::TimerStopped);
pub(super) const UPDATED: Telling = said(Message::TimeUpdated);
pub(super) const REVIEWED: Telling = said(Message::WorkReviewed);
pub(super) const DELETED: Telling = deleted::telling(Message::TimeDeleted);

const fn created(message: Message) -> Telling {
    Telling {
        status: StatusCode::CREATED,
        message,
        location: Some("/api/time-entries/"),
        fields: tell,
        doc: |generator| wire::entity::<TimeEntryDoc>("timeEntry", generator),
    }
}

const fn said(message: Message) -> Telling {
    Telling { status: StatusCode::OK, location: None, ..created(message) }
}

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::TimeEntry { entry, parties } = &reply.shown else {
        unreachable!("a command about time shows a time entry")
    };
    let (client, case) = (parties.client.as_deref(), parties.case.as_deref());
    o.entity("timeEntry", |out| write(out, entry, client, case));
}

wire! {
    /// Time spent on a matter.
    TimeEntryDoc {
        _id: wire::Id,
        __v: wire::Number,
        clientId: Option<ClientShortDoc>,
        caseId: Option<CaseShortDoc>,
        date: wire::Day,
        /// Zero while its timer runs.
        minutes: wire::Number,
        /// The price of an hour.
        hourlyRate: wire::Money,
        /// Minutes / 60 × rate, rounded half up.
        amount: wire::Money,
        currency: wire::CurrencyCode,
        billable: bool,
        /// Whether a live invoice bills it.
        billed: bool,
        /// The live invoice that bills it.
        invoiceId: Option<wire::Id>,
        /// Whether somebody has looked at it.
        status: wire::Name<Review>,
        description: Option<String>,
        /// When its timer was started, while it runs.
        startedAt: Option<wire::Time>,
        /// Who worked.
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

pub(super) fn write(
    out: &mut Vec<u8>,
    entry: &TimeEntry,
    client: Option<&Client>,
    case: Option<&Case>,
) {
    json::object(out, |o| {
        o.id("_id", entry.id);
        o.integer("__v", entry.version);
        o.with_or_null("clientId", client, clients::write_short);
        o.with_or_null("caseId", case, short::write_case);
        o.day("date", entry.day);
        o.integer("minutes", entry.minutes);
        o.money("hourlyRate", entry.hourly_rate);
        o.money("amount", entry.amount);
        o.text("currency", entry.amount.currency().code());
        o.flag("billable", entry.billable);
        o.flag("billed", entry.invoice.is_some());
        o.id_or_null("invoiceId", entry.invoice);
        o.text("status", entry.review.name());
        o.text_or_null("description", entry.description.as_deref());
        o.time_or_null("startedAt", entry.started_at);
        o.id("createdBy", entry.created_by);
        o.time("createdAt", entry.created_at);
        o.time("updatedAt", entry.updated_at);
    });
}
