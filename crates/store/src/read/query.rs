//! What all lists share: conditions and their values, joined rows, order, and pages by key.
//!
//! A page's ids are found first, over one table and mostly from one index alone; only then are its rows
//! read and joined. In its usual order, newest first by (`created_at`, `id`), no change moves a row: a
//! list read to its end by cursor shows every row that was there all the time exactly once.

use domain::{Id, Ref, id::User, rows::Firm, text::folded};

use super::{Db, Value, counted};
use crate::{
    Days, Direction, Listed, Page, ReadError,
    shape::{Columns, Read, Shape, Table},
};

/// An entity and what an answer shows beside it.
pub(super) trait View: Read {
    /// The entity, whose columns come first.
    type Of: Shape;
    /// How the other tables are joined to it.
    const JOINS: &'static str = "";
    /// Their columns, in the order in which they are read.
    const JOINED: &'static [&'static str] = &[];
}

/// The joins that many views share; the entity's alias is `$of`.
macro_rules! join {
    (client of $of:literal) => {
        concat!(
            " left join clients c on c.firm_id = ",
            $of,
            ".firm_id and c.id = ",
            $of,
            ".client_id"
        )
    };
    (case of $of:literal) => {
        concat!(" left join cases k on k.firm_id = ", $of, ".firm_id and k.id = ", $of, ".case_id")
    };
    (invoice of $of:literal) => {
        concat!(
            " left join invoices i on i.firm_id = ",
            $of,
            ".firm_id and i.id = ",
            $of,
            ".invoice_id"
        )
    };
    (payment of $of:literal) => {
        concat!(
            " left join payments p on p.firm_id = ",
            $of,
            ".firm_id and p.id = ",
            $of,
            ".payment_id"
        )
    };
    (retainer of $of:literal) => {
        concat!(
            " left join retainers r on r.firm_id = ",
            $of,
            ".firm_id and r.id = ",
            $of,
            ".retainer_id"
        )
    };
    (job of $of:literal) => {
        concat!(" left join jobs b on b.firm_id = ", $of, ".firm_id and b.id = ", $of, ".job_id")
    };
}
pub(super) use join;

/// Every column of a view, as it is read.
pub(super) fn columns<V: View>() -> String {
    let mut columns = vec![V::Of::TABLE.selected()];
    columns.extend(V::JOINED);
    columns.join(", ")
}

/// The row that `by` names, with what is shown beside it; not when it is deleted.
pub(super) fn one<V: View>(
    db: &Db,
    firm: Id<Firm>,
    by: &Ref<V::Of>,
) -> Result<Option<V>, ReadError> {
    let mut only = Only::of::<V::Of>(firm);
    match by {
        Ref::Id(id) => only.is("id", (*id).into()),
        Ref::Number(_) if !V::Of::TABLE.is_numbered() => return Ok(None),
        Ref::Number(number) => only.is("number", number.as_str().into()),
    }
    let (table, alias) = (V::Of::TABLE.name, V::Of::TABLE.alias);
    let sql =
        format!("select {} from {table} {alias}{} where {}", columns::<V>(), V::JOINS, only.sql());
    db.one(&sql, &only.values)
}

/// The row that `by` names, also when it is deleted.
pub(super) fn find<E: Shape>(db: &Db, firm: Id<Firm>, by: &Ref<E>) -> Result<Option<E>, ReadError> {
    let mut only = Only::all(firm, E::TABLE.alias);
    match by {
        Ref::Id(id) => only.is("id", (*id).into()),
        Ref::Number(_) if !E::TABLE.is_numbered() => return Ok(None),
        Ref::Number(number) => only.is("number", number.as_str().into()),
    }
    let (columns, table, alias) = (E::TABLE.selected(), E::TABLE.name, E::TABLE.alias);
    let sql = format!("select {columns} from {table} {alias} where {}", only.sql());
    db.one(&sql, &only.values)
}

/// Conditions and their values. The firm is always the first.
#[derive(Clone)]
pub(super) struct Only {
    alias: &'static str,
    index: Option<&'static str>,
    conditions: Vec<String>,
    pub values: Vec<Value>,
}

impl Only {
    /// The firm's rows of an entity that are not deleted.
    pub fn of<E: Shape>(firm: Id<Firm>) -> Self {
        let mut only = Self::all(firm, E::TABLE.alias);
        if E::TABLE.marks_deleted() {
            only.and(format!("{}.deleted = 0", only.alias));
        }
        only
    }

    /// The firm's rows of any table.
    pub fn all(firm: Id<Firm>, alias: &'static str) -> Self {
        let conditions = vec![format!("{alias}.firm_id = ?1")];
        Self { alias, index: None, conditions, values: vec![firm.into()] }
    }

    /// Looks rows up by this index, if `is_so` and no earlier one was chosen. SQLite, which knows nothing
    /// of how many rows there are, would else choose one that saves it a sort and costs a walk through
    /// all rows.
    pub fn by(&mut self, index: &'static str, is_so: bool) {
        if is_so && self.index.is_none() {
            self.index = Some(index);
        }
    }

    /// Looks rows up by `index` where `other` or none was chosen.
    pub fn by_instead(&mut self, other: &'static str, index: &'static str) {
        if self.index.is_none_or(|chosen| chosen == other) {
            self.index = Some(index);
        }
    }

    /// The table and its alias, for a query over it alone.
    pub fn table<E: Shape>(&self) -> String {
        let Table { name, alias, .. } = E::TABLE;
        match self.index {
            Some(index) => format!("{name} {alias} indexed by {index}"),
            None => format!("{name} {alias}"),
        }
    }

    /// Keeps a value; what stands for it.
    pub fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    pub fn and(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// Only rows that have this value there.
    pub fn is(&mut self, column: &str, value: Value) {
        let place = self.bind(value);
        self.and(format!("{}.{column} = {place}", self.alias));
    }

    /// As [`Self::is`], if a value is asked for.
    pub fn is_option(&mut self, column: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.is(column, value);
        }
    }

    /// Only rows with something there, or with nothing.
    pub fn has(&mut self, column: &str, is_there: Option<bool>) {
        let alias = self.alias;
        match is_there {
            Some(true) => self.and(format!("{alias}.{column} is not null")),
            Some(false) => self.and(format!("{alias}.{column} is null")),
            None => {}
        }
    }

    /// Only rows that refer there to the row that `by` names.
    pub fn names<E: Shape>(&mut self, column: &str, by: Option<&Ref<E>>) {
        let Some(by) = by else { return };
        let place = self.id_of(by);
        self.and(format!("{}.{column} = {place}", self.alias));
    }

    /// The id of a row, as an expression.
    pub fn id_of<E: Shape>(&mut self, by: &Ref<E>) -> String {
        match by {
            Ref::Id(id) => self.bind((*id).into()),
            Ref::Number(_) if !E::TABLE.is_numbered() => "null".to_owned(),
            Ref::Number(number) => {
                let place = self.bind(number.as_str().into());
                let table = E::TABLE.name;
                format!("(select id from {table} where firm_id = ?1 and number = {place})")
            }
        }
    }

    /// Only rows of the client that is linked to this login.
    pub fn own(&mut self, user: Option<&Id<User>>) {
        if let Some(user) = user {
            let place = self.bind((*user).into());
            let clients =
                format!("select id from clients where firm_id = ?1 and user_id = {place}");
            self.and(format!("{}.client_id in ({clients})", self.alias));
        }
    }

    /// Only rows that have one of these names there; without any, all.
    pub fn one_of(&mut self, column: &str, names: impl IntoIterator<Item = &'static str>) {
        if let Some(condition) = self.one_of_condition(column, names) {
            self.and(condition);
        }
    }

    pub fn one_of_condition(
        &mut self,
        column: &str,
        names: impl IntoIterator<Item = &'static str>,
    ) -> Option<String> {
        let places: Vec<String> = names.into_iter().map(|name| self.bind(name.into())).collect();
        let alias = self.alias;
        match places.as_slice() {
            [] => None,
            [one] => Some(format!("{alias}.{column} = {one}")),
            several => Some(format!("{alias}.{column} in ({})", several.join(", "))),
        }
    }

    /// Only rows of these days.
    pub fn days(&mut self, column: &str, days: Days) {
        let alias = self.alias;
        for (day, relation) in [(days.from, ">="), (days.to, "<=")] {
            if let Some(day) = day {
                let place = self.bind(day.into());
                self.and(format!("{alias}.{column} {relation} {place}"));
            }
        }
    }

    /// What matches every lowered text that contains `words`, as searchers mean it.
    pub fn pattern(&mut self, words: &str) -> String {
        let words = folded(words);
        let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let place = self.bind(Value::Text(format!("%{escaped}%")));
        format!("like {place} escape '\\'")
    }

    /// Only rows that are found by these words.
    pub fn search(&mut self, words: Option<&String>) {
        if let Some(words) = words {
            let pattern = self.pattern(words);
            self.and(format!("{}.searched_by {pattern}", self.alias));
        }
    }

    pub fn sql(&self) -> String {
        self.conditions.join(" and ")
    }
}

/// By which column a list is sorted.
#[derive(Clone, Copy)]
pub(super) struct Sorted {
    pub column: &'static str,
    pub direction: Direction,
    /// Whether it is text; else it is an integer.
    pub is_text: bool,
}

impl Sorted {
    /// Newest first.
    pub const NEWEST: Self = Self::by("created_at", Direction::Descending);

    pub const fn by(column: &'static str, direction: Direction) -> Self {
        Self { column, direction, is_text: false }
    }

    pub const fn by_number(direction: Direction) -> Self {
        Self { column: "number", direction, is_text: true }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self.direction {
            Direction::Ascending => ("asc", ">"),
            Direction::Descending => ("desc", "<"),
        }
    }

    /// A value of the column, as a cursor carries it.
    fn parse(self, value: &str) -> Result<Value, ReadError> {
        if self.is_text {
            Ok(Value::from(value))
        } else {
            value.parse().map(Value::Integer).map_err(|_| ReadError::BadCursor)
        }
    }
}

/// A row and its place in its list.
struct Placed<V> {
    value: String,
    id: Id<()>,
    view: V,
}

impl<V: Read> Read for Placed<V> {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { value: row.words()?, id: row.id()?, view: V::read(row)? })
    }
}

/// A part of a list.
pub(super) fn page<V: View>(
    db: &Db,
    mut only: Only,
    sorted: Sorted,
    page: &Page,
) -> Result<Listed<V>, ReadError> {
    let (table, alias) = (V::Of::TABLE.name, V::Of::TABLE.alias);
    let (column, (way, beyond)) = (sorted.column, sorted.words());
    let limit = page.limit();
    let (total, skipped) = match page {
        Page::After { cursor, .. } if !cursor.is_empty() => {
            let cursor = Cursor::parse(cursor, sorted)?;
            let (value, id) = (only.bind(cursor.value), only.bind(cursor.id.into()));
            only.and(format!("({alias}.{column}, {alias}.id) {beyond} ({value}, {id})"));
            (cursor.total, 0)
        }
        Page::After { .. } => (count::<V::Of>(db, &only)?, 0),
        Page::Number { page, .. } => {
            let skipped = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(limit));
            (count::<V::Of>(db, &only)?, skipped)
        }
    };
    // One more than asked for, to know whether there is more.
    let taken = only.bind((i64::from(limit) + 1).into());
    let skipped = only.bind(skipped.into());
    let sql = format!(
        "select cast(page.value as text), page.id, {columns}
         from (select {alias}.{column} as value, {alias}.id as id from {}
               where {} order by {alias}.{column} {way}, {alias}.id {way} limit {taken} offset {skipped}) page
         cross join {table} {alias} on {alias}.firm_id = ?1 and {alias}.id = page.id{joins}
         order by page.value {way}, page.id {way}",
        only.table::<V::Of>(),
        only.sql(),
        columns = columns::<V>(),
        joins = V::JOINS,
    );
    let mut placed: Vec<Placed<V>> = db.all(&sql, &only.values)?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = placed.len() > wanted;
    placed.truncate(wanted);
    let last = placed.last().filter(|_| more);
    let next = last.map(|last| format!("{total}.{}-{}", last.value, last.id));
    Ok(Listed { rows: placed.into_iter().map(|placed| placed.view).collect(), total, next })
}

/// How many rows there are.
fn count<E: Shape>(db: &Db, only: &Only) -> Result<u64, ReadError> {
    let sql = format!("select count(*) from {} where {}", only.table::<E>(), only.sql());
    counted(db, &sql, &only.values)
}

/// Where a part of a list ended, and how long the list was when it began.
struct Cursor {
    total: u64,
    value: Value,
    id: Id<()>,
}

impl Cursor {
    fn parse(cursor: &str, sorted: Sorted) -> Result<Self, ReadError> {
        let parts = || {
            let (total, place) = cursor.split_once('.')?;
            let (value, id) = place.rsplit_once('-')?;
            Some((total.parse().ok()?, value, id.parse().ok()?))
        };
        let (total, value, id) = parts().ok_or(ReadError::BadCursor)?;
        Ok(Self { total, value: sorted.parse(value)?, id })
    }
}

/// A part of a journal that counts its lines from 1 without gaps, newest first: any page of it is a
/// range. `sql` takes the values of `of`, the place below which the part begins, and how many lines.
pub(super) fn journal_page<T: Read>(
    db: &Db,
    mut of: Vec<Value>,
    last: i64,
    sql: &str,
    place: fn(&T) -> i64,
    page: &Page,
) -> Result<Listed<T>, ReadError> {
    let limit = i64::from(page.limit());
    let below = match page {
        Page::Number { page, .. } => {
            let skipped = i64::from(page.saturating_sub(1)).saturating_mul(limit);
            last.saturating_sub(skipped).saturating_add(1)
        }
        Page::After { cursor, .. } if cursor.is_empty() => i64::MAX,
        Page::After { cursor, .. } => cursor.parse().map_err(|_| ReadError::BadCursor)?,
    };
    of.extend([below.into(), limit.into()]);
    let rows: Vec<T> = db.all(sql, &of)?;
    let next = rows.last().map(place).filter(|n| *n > 1).map(|n| n.to_string());
    Ok(Listed { rows, total: last.unsigned_abs(), next })
}
