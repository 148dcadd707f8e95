//! Rows as records: every column under its name, each value as what it is. Made for those who want all of
//! a row, whatever it is: a column that is added is among them.

use std::borrow::Cow;

use domain::{Currency, Day, Money, Rate, Timestamp};

use super::{Shape, Values, append::Written};
use crate::{Field, Record};

/// Columns that only repeat others for searches.
const DERIVED: [&str; 1] = ["searched_by"];

/// An entity's columns, in their order.
pub(crate) fn entity<E: Shape>(row: &E) -> Record {
    let mut fields = Fields::default();
    row.fixed(&mut fields);
    row.changing(&mut fields);
    fields.under(E::TABLE.columns())
}

/// As [`entity`], of a row that is none.
pub(crate) fn plain<T: Written>(row: &T) -> Record {
    let mut fields = Fields::default();
    row.values(&mut fields);
    fields.under(T::columns().into_iter().skip(usize::from(T::IS_OF_FIRM)))
}

#[derive(Default)]
struct Fields(Vec<Field>);

impl Fields {
    fn under(self, columns: impl Iterator<Item = &'static str>) -> Record {
        let named = columns.zip(self.0).filter(|(column, _)| !DERIVED.contains(column));
        Record(named.collect())
    }

    fn put<T>(&mut self, value: Option<T>, field: impl FnOnce(T) -> Field) {
        self.0.push(value.map_or(Field::Nothing, field));
    }
}

impl<'a> Values<'a> for Fields {
    fn bytes(&mut self, value: Option<&'a [u8]>) {
        self.put(value, |bytes| match <[u8; 12]>::try_from(bytes) {
            Ok(id) => Field::Id(id),
            Err(_) => Field::Bytes(bytes.to_vec()),
        });
    }

    fn integer(&mut self, value: Option<i64>) {
        self.put(value, Field::Integer);
    }

    fn text(&mut self, value: Option<Cow<'a, str>>) {
        self.put(value, |text| Field::Text(text.into_owned()));
    }

    fn flag(&mut self, is_so: bool) {
        self.0.push(Field::Flag(is_so));
    }

    fn money(&mut self, money: Money) {
        self.0.push(Field::Money(money));
    }

    fn money_option(&mut self, money: Option<Money>) {
        self.put(money, Field::Money);
    }

    fn currency(&mut self, currency: Currency) {
        self.0.push(Field::Text(currency.code().to_owned()));
    }

    fn rate(&mut self, rate: Rate) {
        self.0.push(Field::Rate(rate));
    }

    fn rate_option(&mut self, rate: Option<Rate>) {
        self.put(rate, Field::Rate);
    }

    fn day(&mut self, day: Day) {
        self.0.push(Field::Day(day));
    }

    fn day_option(&mut self, day: Option<Day>) {
        self.put(day, Field::Day);
    }

    fn at(&mut self, at: Timestamp) {
        self.0.push(Field::At(at));
    }

    fn at_option(&mut self, at: Option<Timestamp>) {
        self.put(at, Field::At);
    }

    fn made(&mut self, text: String) {
        let is_list = text.starts_with(['[', '{']);
        self.0.push(if is_list { Field::Json(text) } else { Field::Text(text) });
    }
}
