//! What is told of rows that were deleted: hidden from now on, kept with their numbers.

use domain::{
    Id, Ref,
    reply::{Reply, Shown},
    rows::Firm,
};
use hyper::StatusCode;
use schemars::{Schema, SchemaGenerator};

use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        field::{List, Reference},
        json,
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(super) const PAYMENT: Telling = telling(Message::PaymentDeleted);
pub(super) const PAYMENTS: Telling = telling(Message::PaymentsDeleted);
pub(super) const INVOICE: Telling = telling(Message::InvoiceDeleted);

pub(super) const fn telling(message: Message) -> Telling {
    Telling { status: StatusCode::OK, message, location: None, fields: tell, doc: describe }
}

/// The rows that a list names; at least one.
pub(super) fn named<T>(List(list): List<Reference>, field: &str) -> Result<Vec<Ref<T>>, Refusal> {
    let missing = || Refusal::field(Message::IdsRequired, field, Message::FieldRequired);
    if list.is_empty() {
        return Err(missing());
    }
    list.into_iter().map(|row| row.reference().ok_or_else(missing)).collect()
}

wire! {
    /// What was deleted.
    DeletedDoc {
        /// How many.
        deleted: wire::Number,
        ids: Vec<wire::Id>,
    }
}

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Deleted(ids) = &reply.shown else {
        unreachable!("a deletion shows what it deleted")
    };
    let count = ids.len() as u64;
    o.integer("deleted", count);
    o.with("data", |out| {
        json::object(out, |o| {
            o.integer("deleted", count);
            // Of whatever rows: an id is written as an id.
            o.with("ids", |out| {
                json::array(out, ids, |out, id| json::id(out, Id::<Firm>::new(*id)));
            });
        });
    });
}

fn describe(generator: &mut SchemaGenerator) -> Schema {
    let mut object = ObjectDoc::new(&[]);
    object.field("deleted", true, &["How many."], generator.subschema_for::<wire::Number>());
    object.field("data", true, &[], generator.subschema_for::<DeletedDoc>());
    object.finish()
}
