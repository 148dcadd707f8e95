//! How the rows that are no entities are written: journals and the sums over them, which only grow, and
//! the few rows that are guarded by what they were when they were read.

use std::borrow::Cow;

use domain::{
    ledger::Side,
    rows::{
        AccountNet, Application, AuditNode, AuditRecord, ClientNet, Counter, DayNet, Entry, Firm,
        Member, Movement, Outcome, Source, StatementLine, Told,
    },
};

use super::{Values, journal::Plain};

/// A row that is no entity, as it is written.
pub(crate) trait Written: Plain {
    /// Whether its key begins with the firm's id; the firm's own row is that row.
    const IS_OF_FIRM: bool = true;

    /// Hands out the values, in the order of [`Plain::COLUMNS`].
    fn values<'a>(&'a self, to: &mut impl Values<'a>);

    /// Every column, the firm's first.
    fn columns() -> Vec<&'static str> {
        let firm = Self::IS_OF_FIRM.then_some("firm_id");
        firm.into_iter().chain(bare(Self::COLUMNS)).collect()
    }

    /// The columns of the primary key.
    fn key() -> Vec<&'static str> {
        let firm = Self::IS_OF_FIRM.then_some("firm_id");
        firm.into_iter().chain(bare(Self::KEY)).collect()
    }
}

/// A journal, or sums over one.
pub(crate) trait Appended: Written {
    /// The columns that are added to a row that is there; none for a journal, whose rows are all new.
    const SUMS: &'static [&'static str] = &[];

    /// What follows an insert.
    fn on_conflict() -> String {
        if Self::SUMS.is_empty() {
            return String::new();
        }
        let (table, key) = (Self::TABLE, Self::key().join(", "));
        let sums = Self::SUMS.iter().map(|sum| format!("{sum} = {table}.{sum} + excluded.{sum}"));
        let sums: Vec<String> = sums.collect();
        format!(" on conflict ({key}) do update set {}", sums.join(", "))
    }
}

/// A row that changes, and must still be what it was when it was read.
pub(crate) trait Guarded: Written {
    /// The column that tells whether it is.
    const GUARD: &'static str;

    /// Inserts a row that must not be there yet: its values. Changes no row if it is.
    fn insert(place: fn(usize) -> String) -> String {
        let columns = Self::columns();
        let places = (1..=columns.len()).map(place).collect::<Vec<_>>().join(", ");
        let (table, columns) = (Self::TABLE, columns.join(", "));
        format!("insert into {table} ({columns}) values ({places}) on conflict do nothing")
    }

    /// Changes the row: its values, then the guard as it was read. Changes no row if it is another.
    fn update(place: fn(usize) -> String) -> String {
        let (columns, key) = (Self::columns(), Self::key());
        let places = columns.iter().zip(1..).map(|(column, n)| (column, place(n)));
        let (found, set): (Vec<_>, Vec<_>) = places.partition(|(column, _)| key.contains(column));
        let equal = |(column, place): &(&&str, String)| format!("{column} = {place}");
        let found = found.iter().map(equal).collect::<Vec<_>>().join(" and ");
        let set = set.iter().map(equal).collect::<Vec<_>>().join(", ");
        let (table, guard, base) = (Self::TABLE, Self::GUARD, place(columns.len() + 1));
        format!("update {table} set {set} where {found} and {guard} = {base}")
    }
}

/// Columns without the table's alias.
fn bare(columns: &'static str) -> impl Iterator<Item = &'static str> {
    columns
        .split(',')
        .map(|column| column.trim_start().split_once('.').map_or(column, |bare| bare.1))
}

impl Written for Firm {
    const IS_OF_FIRM: bool = false;

    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.id(&self.id);
        to.words(&self.name);
        to.currency(self.currency);
        // Only a zone by name follows its country's changes; the database refuses one that has none.
        to.text(self.zone.iana_name().map(Cow::Borrowed));
        to.count(self.seq);
        to.count(self.audit.count());
        to.bytes(Some(self.audit.peaks()));
        to.bytes(Some(self.parked.as_flattened()));
        to.bytes(Some(&self.last_batch.0));
        to.at(self.last_at);
    }
}

impl Guarded for Firm {
    const GUARD: &'static str = "last_batch";
}

impl Written for Member {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.id(&self.user);
        to.name(self.role.name());
        to.flag(self.active);
        to.count(self.version);
        to.at(self.created_at);
        to.at(self.updated_at);
    }
}

impl Guarded for Member {
    const GUARD: &'static str = "version";
}

impl Written for Counter {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.name(self.series.prefix());
        to.count(self.period.into());
        to.count(self.taken.into());
    }
}

impl Guarded for Counter {
    const GUARD: &'static str = "taken";
}

impl Written for Movement {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.currency(self.amount.currency());
        to.id(&self.id);
        to.id(&self.retainer);
        to.count(self.n);
        to.count(self.seq);
        to.name(self.kind.name());
        to.money(self.amount);
        to.money(self.balance_after);
        to.day(self.day);
        to.at(self.at);
        to.words_option(self.description.as_ref());
        to.id_option(self.invoice.as_ref());
        to.id_option(self.payment.as_ref());
        to.id(&self.by);
    }
}

impl Appended for Movement {}

impl Written for DayNet {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.id(&self.retainer);
        to.day(self.day);
        to.count(self.net_minor);
    }
}

impl Appended for DayNet {
    const SUMS: &'static [&'static str] = &["net"];
}

impl Written for Application {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        let (payment, retainer) = match &self.source {
            Source::Payment(payment) => (Some(payment), None),
            Source::Retainer(retainer) => (None, Some(retainer)),
        };
        to.currency(self.amount.currency());
        to.id(&self.invoice);
        to.count(self.n);
        to.count(self.seq);
        to.id_option(payment);
        to.id_option(retainer);
        to.name(self.kind.name());
        to.money(self.amount);
        to.day(self.day);
        to.at(self.at);
        to.id(&self.by);
    }
}

impl Appended for Application {}

impl Written for Entry {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.currency(self.posting.amount.currency());
        to.count(self.seq);
        to.count(self.line);
        for Side { account, of } in [&self.posting.debit, &self.posting.credit] {
            to.count(account.code());
            to.bytes(of.as_ref().map(<[u8; 12]>::as_slice));
        }
        to.money(self.posting.amount);
        to.day(self.day);
        to.count_option(self.reverses);
    }
}

impl Appended for Entry {}

impl Written for AccountNet {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.count(self.account.code());
        to.currency(self.currency);
        to.day(self.day);
        to.count(self.debit_minor);
        to.count(self.credit_minor);
    }
}

impl Appended for AccountNet {
    const SUMS: &'static [&'static str] = &["debit", "credit"];
}

impl Written for StatementLine {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.currency(self.amount.currency());
        to.id(&self.client);
        to.day(self.day);
        to.count(self.seq);
        to.count(self.line);
        to.name(self.kind.name());
        to.bytes(Some(&self.document));
        to.words(&self.number);
        to.money(self.amount);
    }
}

impl Appended for StatementLine {}

impl Written for ClientNet {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.id(&self.client);
        to.currency(self.currency);
        to.day(self.day);
        to.count(self.net_minor);
    }
}

impl Appended for ClientNet {
    const SUMS: &'static [&'static str] = &["net"];
}

impl Written for AuditRecord {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.count(self.n);
        to.count_option(self.seq);
        to.at(self.at);
        to.id(&self.user);
        to.name(self.role.name());
        to.words(&self.command);
        to.words(&self.outcome);
        to.bytes(self.object.as_ref().map(<[u8; 12]>::as_slice));
        to.bytes(Some(&self.leaf));
        match &self.told {
            Told::Said(said) => {
                to.bytes(None);
                to.bytes(Some(&said.salt));
                to.words(&said.origin);
                to.words(&said.request_id);
                to.bytes(Some(&said.fingerprint));
                to.bytes(said.kept.as_ref().map(<[u8; 32]>::as_slice));
            }
            Told::Erased(commitment) => {
                to.bytes(Some(commitment));
                to.bytes(None);
                to.text(None);
                to.text(None);
                to.bytes(None);
                to.bytes(None);
            }
        }
    }
}

impl Appended for AuditRecord {}

impl Written for AuditNode {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.count(self.level);
        to.count(self.at);
        to.bytes(Some(&self.hash));
    }
}

impl Appended for AuditNode {}

impl Written for Outcome {
    fn values<'a>(&'a self, to: &mut impl Values<'a>) {
        to.id(&self.user);
        to.words(&self.key);
        to.bytes(Some(&self.fingerprint));
        to.count(self.audit_n);
        to.at(self.at);
        to.bytes(Some(&self.answer));
    }
}

impl Appended for Outcome {}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(n: usize) -> String {
        format!("?{n}")
    }

    #[test]
    fn sums_are_added_to_what_is_there() {
        assert_eq!(Movement::on_conflict(), "");
        assert_eq!(
            AccountNet::on_conflict(),
            " on conflict (firm_id, account, currency, day) do update set \
             debit = account_days.debit + excluded.debit, credit = account_days.credit + excluded.credit"
        );
    }

    #[test]
    fn a_guarded_row_is_new_or_as_it_was_read() {
        assert_eq!(
            Counter::insert(place),
            "insert into counters (firm_id, series, period, taken) values (?1, ?2, ?3, ?4) \
             on conflict do nothing"
        );
        assert_eq!(
            Counter::update(place),
            "update counters set taken = ?4 \
             where firm_id = ?1 and series = ?2 and period = ?3 and taken = ?5"
        );
        assert!(Firm::update(place).ends_with("last_at = ?10 where id = ?1 and last_batch = ?11"));
    }
}
