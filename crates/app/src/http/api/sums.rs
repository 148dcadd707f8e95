//! The sums that stand beside a list: one line a status and currency.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use store::StatusSum;

use crate::http::{
    field::Named,
    json,
    read::Beside,
    wire::{self, ObjectDoc},
};

/// What has a status that sums are kept apart by.
pub(super) trait Status: Named {
    /// What one line is called in the document.
    const SUM: &'static str;
    fn name(&self) -> &'static str;
}

macro_rules! status {
    ($($status:ident as $sum:literal),+ $(,)?) => {
        $(impl Status for domain::rows::$status {
            const SUM: &'static str = $sum;
            fn name(&self) -> &'static str { Self::name(*self) }
        })+
    };
}
status! {
    Review as "WorkSum",
    TransactionStatus as "TransactionSum",
}

/// The sums over the whole list, status by status.
pub(super) struct Summary<S>(pub Vec<StatusSum<S>>);

impl<S: Status> Beside for Summary<S> {
    type Doc = Self;

    fn write(&self, o: &mut json::Object<'_>) {
        o.with("summary", |out| json::array(out, &self.0, write_sum));
    }
}

fn write_sum<S: Status>(out: &mut Vec<u8>, sum: &StatusSum<S>) {
    json::object(out, |o| {
        o.text("_id", sum.status.name());
        o.integer("count", sum.count);
        o.text("currency", sum.total.currency().code());
        o.money("totalAmount", sum.total);
    });
}

impl<S: Status> JsonSchema for Summary<S> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}s", S::SUM).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut object = ObjectDoc::new(&["The sums over the whole list."]);
        object.field("summary", true, &[], generator.subschema_for::<Vec<Line<S>>>());
        object.finish()
    }
}

/// Describes a line.
struct Line<S>(std::marker::PhantomData<S>);

impl<S: Status> JsonSchema for Line<S> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        S::SUM.into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut object = ObjectDoc::new(&["Rows of one status and currency."]);
        object.field("_id", true, &[], generator.subschema_for::<wire::Name<S>>());
        object.field("count", true, &[], generator.subschema_for::<wire::Number>());
        object.field("currency", true, &[], generator.subschema_for::<wire::CurrencyCode>());
        object.field("totalAmount", true, &[], generator.subschema_for::<wire::Money>());
        object.finish()
    }
}
