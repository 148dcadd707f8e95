//! Everything that is kept about one client, as one document of one moment.
//!
//! Rows come as they are stored, table by table: whatever is kept is in it, also what no other answer shows.
//! A read is recorded nowhere; who exports is known to whatever logs the requests.

use domain::{Id, rows::Firm};
use hyper::StatusCode;
use store::{Field, Person, Record};

use crate::{
    http::{
        error::Refusal,
        json,
        read::{Object, Question},
        route::camel_case,
        wire::{self, wire},
    },
    messages::Message,
};

wire! {
    /// What is kept about a client.
    ExportDoc {
        /// Who.
        clientId: wire::Id,
        /// When it was put together.
        at: wire::Time,
        /// What the firm did up to here is in it.
        seq: wire::Number,
        /// By table, its rows as they are stored: columns in camelCase, amounts as numbers in the row's
        /// currency, days and times as text. Empty tables are there; those about a portal login are,
        /// where the client has one.
        tables: std::collections::BTreeMap<String, Vec<Row>>,
    }

    /// The export.
    ExportAnswerDoc {
        data: ExportDoc,
    }
}

/// A row, as it is stored.
type Row = std::collections::BTreeMap<String, serde_json::Value>;

pub(super) async fn export(question: Question) -> Result<Object<ExportAnswerDoc>, Refusal> {
    let (reader, at) = (&question.reader, question.caller.app.clock.now());
    let found = reader.person(question.firm(), &question.of.row()).await?;
    let found = found.ok_or_else(|| Refusal::not_found(Message::ClientNotFound))?;
    let Person { client, seq, tables } = found;
    let too_large = || Refusal::new(StatusCode::BAD_REQUEST, Message::ExportTooLarge);
    let tables = tables.ok_or_else(too_large)?;
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.id("clientId", client.id);
                o.time("at", at);
                o.integer("seq", seq);
                o.with("tables", |out| {
                    json::object(out, |o| {
                        for table in &tables {
                            o.with(&camel_case(table.table), |out| {
                                json::array(out, &table.rows, write);
                            });
                        }
                    });
                });
            });
        });
    }))
}

fn write(out: &mut Vec<u8>, Record(fields): &Record) {
    json::object(out, |o| {
        for (column, field) in fields {
            let name = camel_case(column);
            match field {
                Field::Nothing => o.null(&name),
                Field::Integer(integer) => o.integer(&name, *integer),
                Field::Flag(flag) => o.flag(&name, *flag),
                // Of whatever row: an id is written as an id.
                Field::Id(id) => o.id(&name, Id::<Firm>::new(*id)),
                Field::Bytes(bytes) => o.text(&name, &data_encoding::HEXLOWER.encode(bytes)),
                Field::Text(text) => o.text(&name, text),
                Field::Json(list) => o.raw(&name, list.as_bytes()),
                Field::Money(money) => o.money(&name, *money),
                Field::Rate(rate) => o.percent(&name, *rate),
                Field::Day(day) => o.day(&name, *day),
                Field::At(at) => o.time(&name, *at),
            }
        }
    });
}
