//! Answers a decision's keys from inside the transaction: one question a table, all of them sent before
//! the first is answered. Every statement names one firm.

use std::{collections::HashSet, convert::Infallible};

use domain::{
    Id, Key, Loaded, Ref, Set, entities,
    lately::LATELY_COUNT_MAX,
    rows::{Application, Counter, DayNet, Firm, Member, Outcome},
    table::Row as _,
};
use tokio_postgres::{Row, types::ToSql};

use super::{
    Failure,
    codec::{PgRow, Senseless},
    session::Session,
    write::in_order,
};
use crate::shape::{
    Read, Shape,
    journal::{Plain, Seen},
    sets::{self, Asks},
};

/// What is asked of one table.
struct Question<'k> {
    sql: String,
    /// After the firm.
    parameters: Vec<Parameter<'k>>,
    answer: Answer<'k>,
    /// The set whose rows these are. Those of one set are asked for one after the other.
    set: Option<&'k Set>,
}

type Parameter<'k> = Box<dyn ToSql + Sync + 'k>;

/// What the rows are the answer to.
type Answer<'k> = Box<dyn Fn(&[Row]) -> Result<Vec<Loaded>, Senseless> + 'k>;

/// Reads the heads of firms and locks them, in the order of their ids.
pub(super) async fn heads(
    session: &mut Session,
    firms: &[Id<Firm>],
) -> Result<Vec<Option<Firm>>, Failure> {
    let sql = format!("{} for no key update", select::<Firm>("f.id = $1"));
    let statement = session.prepared(&sql, &[]).await?;
    let ids: Vec<&[u8]> = firms.iter().map(|firm| firm.bytes().as_slice()).collect();
    let parameters: Vec<[&(dyn ToSql + Sync); 1]> = ids.iter().map(|id| [id as _]).collect();
    // Each on its own: what locks many rows at once locks them in an order of its own.
    let asked = in_order(parameters.iter().map(|id| session.client.query_opt(&statement, id)));
    let (begun, heads) = tokio::join!(biased; session.client.batch_execute("begin"), asked);
    begun?;
    heads.into_iter().map(|head| Ok(head?.as_ref().map(read::<Firm>).transpose()?)).collect()
}

/// Reads one row.
pub(super) fn read<T: Read>(row: &Row) -> Result<T, Senseless> {
    T::read(&mut PgRow::of(row))
}

macro_rules! answers {
    ($($row:ident, $table:ident, $absent:ident;)+) => {
        /// Answers each key: by its row, or by its absence.
        pub(super) async fn load(
            session: &mut Session,
            firm: Id<Firm>,
            keys: &[Key],
        ) -> Result<Vec<Loaded>, Failure> {
            let mut questions = Vec::new();
            $(
                let by_id = keys.iter().filter_map(|key| match key {
                    Key::$row(Ref::Id(id)) => Some(id.bytes().as_slice()),
                    _ => None,
                });
                named("id", by_id.collect(), Loaded::$row, &mut questions);
                if domain::rows::$row::TABLE.is_numbered() {
                    let by_number = keys.iter().filter_map(|key| match key {
                        // No text of PostgreSQL's holds a NUL, and no number of ours.
                        Key::$row(Ref::Number(number)) if !number.contains('\0') => Some(&**number),
                        _ => None,
                    });
                    named("number", by_number.collect(), Loaded::$row, &mut questions);
                }
            )+
            others(keys, &mut questions);
            let mut loaded = ask(session, firm, &questions).await?;
            let mut answered = HashSet::new();
            for row in &loaded {
                match row {
                    Loaded::Absent(key) => {
                        answered.insert(key.clone());
                    }
                    Loaded::Member(member) => {
                        answered.insert(Key::Member(member.user));
                    }
                    $(Loaded::$row(row) => {
                        answered.insert(Key::$row(Ref::Id(row.id)));
                        answered.extend(row.number().map(|number| Key::$row(Ref::Number(number.into()))));
                    })+
                    Loaded::Counter(counter) => {
                        answered.insert(Key::Counter(counter.series, counter.period));
                    }
                    Loaded::Outcome(outcome) => {
                        answered.insert(Key::Outcome(outcome.user, outcome.key.clone()));
                    }
                    Loaded::Days { retainer, from, .. } => {
                        answered.insert(Key::DaysFrom(*retainer, *from));
                    }
                    Loaded::Applications { invoice, .. } => {
                        answered.insert(Key::Applications(*invoice));
                    }
                    Loaded::Lately(_) => {
                        answered.insert(Key::Lately);
                    }
                    Loaded::Set(set, _) => {
                        answered.insert(Key::Set(set.clone()));
                    }
                }
            }
            let absent = keys.iter().filter(|key| !answered.contains(key));
            loaded.extend(absent.map(|key| Loaded::Absent(key.clone())));
            Ok(loaded)
        }
    };
}
entities!(answers);

/// Asks everything at once.
async fn ask(
    session: &mut Session,
    firm: Id<Firm>,
    questions: &[Question<'_>],
) -> Result<Vec<Loaded>, Failure> {
    let mut statements = Vec::with_capacity(questions.len());
    for question in questions {
        statements.push(session.prepared(&question.sql, &[]).await?);
    }
    let firm = firm.bytes().as_slice();
    let client = &session.client;
    let answers =
        in_order(questions.iter().zip(&statements).map(|(question, statement)| async move {
            let firm: &(dyn ToSql + Sync) = &firm;
            let rest =
                question.parameters.iter().map(|parameter| -> &(dyn ToSql + Sync) { &**parameter });
            let parameters: Vec<_> = [firm].into_iter().chain(rest).collect();
            client.query(statement, &parameters).await
        }));
    let mut loaded = Vec::new();
    for (question, rows) in questions.iter().zip(answers.await) {
        let answer = (question.answer)(&rows?)?;
        match (question.set, loaded.last_mut()) {
            (None, _) => loaded.extend(answer),
            (Some(set), Some(Loaded::Set(last, rows))) if last == set => rows.extend(answer),
            (Some(set), _) => loaded.push(Loaded::Set(set.clone(), answer)),
        }
    }
    Ok(loaded)
}

impl<'k> Question<'k> {
    fn new(
        sql: String,
        parameters: Vec<Parameter<'k>>,
        answer: impl Fn(&[Row]) -> Result<Vec<Loaded>, Senseless> + 'k,
    ) -> Self {
        Self { sql, parameters, answer: Box::new(answer), set: None }
    }

    /// Every row is an answer.
    fn each<T: Read>(
        sql: String,
        parameters: Vec<Parameter<'k>>,
        loaded: impl Fn(T) -> Loaded + 'k,
    ) -> Self {
        Self::new(sql, parameters, move |rows| {
            rows.iter().map(|row| read(row).map(&loaded)).collect()
        })
    }
}

/// Rows that are no entities, by primary key.
fn select<T: Plain>(condition: &str) -> String {
    let (columns, table, alias, key) = (T::COLUMNS, T::TABLE, T::ALIAS, T::KEY);
    format!("select {columns} from {table} {alias} where {condition} order by {key}")
}

/// Entities by id or number.
fn named<'k, E: Shape, T: ToSql + Sync + 'k>(
    column: &str,
    names: Vec<T>,
    loaded: fn(E) -> Loaded,
    questions: &mut Vec<Question<'k>>,
) {
    if !names.is_empty() {
        let (columns, name, alias) = (E::TABLE.selected(), E::TABLE.name, E::TABLE.alias);
        let by = format!("{alias}.firm_id = $1 and {alias}.{column} = any($2)");
        let sql = format!("select {columns} from {name} {alias} where {by}");
        questions.push(Question::each(sql, vec![Box::new(names)], loaded));
    }
}

/// What is no entity.
fn others<'k>(keys: &'k [Key], questions: &mut Vec<Question<'k>>) {
    let mut users = Vec::new();
    let (mut series, mut periods) = (Vec::new(), Vec::new());
    let (mut callers, mut once) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            Key::Member(user) => users.push(bytes(user)),
            Key::Counter(of, period) => {
                series.push(of.prefix());
                periods.push(i64::from(*period));
            }
            Key::Outcome(user, key) => {
                callers.push(bytes(user));
                once.push(&**key);
            }
            Key::DaysFrom(retainer, from) => questions.push(Question::new(
                select::<DayNet>("d.firm_id = $1 and d.retainer_id = $2 and d.day >= $3"),
                vec![Box::new(bytes(retainer)), Box::new(i64::from(from.days()))],
                |rows| {
                    let nets = rows.iter().map(read).collect::<Result<_, _>>()?;
                    Ok(vec![Loaded::Days { retainer: *retainer, from: *from, nets }])
                },
            )),
            Key::Applications(invoice) => questions.push(Question::new(
                select::<Application>("l.firm_id = $1 and l.invoice_id = $2"),
                vec![Box::new(bytes(invoice))],
                |rows| {
                    let lines = rows.iter().map(read).collect::<Result<_, _>>()?;
                    Ok(vec![Loaded::Applications { invoice: *invoice, lines }])
                },
            )),
            Key::Lately => questions.push(Question::new(
                format!(
                    "select fingerprint, at from audit where firm_id = $1
                       and seq is not null and fingerprint is not null
                     order by n desc limit {LATELY_COUNT_MAX}"
                ),
                Vec::new(),
                |rows| {
                    let seen = rows.iter().map(|row| read(row).map(|Seen(what, at)| (what, at)));
                    Ok(vec![Loaded::Lately(seen.collect::<Result<_, _>>()?)])
                },
            )),
            Key::Set(set) => {
                let Ok(()) = sets::ask(set, &mut InSet { set, questions });
            }
            // An entity.
            _ => {}
        }
    }
    if !users.is_empty() {
        let sql = select::<Member>("m.firm_id = $1 and m.user_id = any($2)");
        questions.push(Question::each(sql, vec![Box::new(users)], Loaded::Member));
    }
    if !series.is_empty() {
        let pairs = "(q.series, q.period) in (select * from unnest($2::text[], $3::bigint[]))";
        let sql = select::<Counter>(&format!("q.firm_id = $1 and {pairs}"));
        let parameters: Vec<Parameter<'_>> = vec![Box::new(series), Box::new(periods)];
        questions.push(Question::each(sql, parameters, Loaded::Counter));
    }
    if !once.is_empty() {
        let pairs = "(y.user_id, y.key) in (select * from unnest($2::bytea[], $3::text[]))";
        let sql = select::<Outcome>(&format!("y.firm_id = $1 and {pairs}"));
        let parameters: Vec<Parameter<'_>> = vec![Box::new(callers), Box::new(once)];
        questions.push(Question::each(sql, parameters, Loaded::Outcome));
    }
}

fn bytes<T>(id: &Id<T>) -> &[u8] {
    id.bytes()
}

/// Puts the questions for a set's rows.
struct InSet<'q, 'k> {
    set: &'k Set,
    questions: &'q mut Vec<Question<'k>>,
}

impl Asks for InSet<'_, '_> {
    type Error = Infallible;

    fn rows<E: Shape>(
        &mut self,
        column: &'static str,
        of: &[u8; 12],
        condition: &'static str,
        loaded: fn(E) -> Loaded,
    ) -> Result<(), Infallible> {
        let (columns, name, alias) = (E::TABLE.selected(), E::TABLE.name, E::TABLE.alias);
        let by = format!("{alias}.firm_id = $1 and {column} = $2 and {condition}");
        let sql = format!("select {columns} from {name} {alias} where {by} order by id");
        let question = Question::each(sql, vec![Box::new(of.to_vec())], loaded);
        self.questions.push(Question { set: Some(self.set), ..question });
        Ok(())
    }
}
