//! Reads: a question with its filter, the rows that answer it, and what every list shares.

use std::{marker::PhantomData, sync::Arc};

use domain::{Day, Id, Ref, Rejection, actor::Action, id::User, rows::Firm};
use hyper::{StatusCode, Uri, http::request::Parts};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, de::DeserializeOwned};
use store::{Listed, Page, ReadError, Reader};

use super::{
    answer::Answer,
    body,
    error::Refusal,
    extract::{Caller, Of},
    field::Count,
    json,
    route::{Freshness, Needs, Setting},
    wire::{self, NothingDoc, ObjectDoc, wire},
};
use crate::{App, messages::Message};

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 200;

/// A row as callers see it.
pub(crate) trait Visible {
    /// How it is described.
    type Doc: JsonSchema;

    /// Writes it as an object, as it is on `today`.
    fn write(&self, out: &mut Vec<u8>, today: Day);

    /// Takes away what is not for a client's eyes.
    fn hide(&mut self) {}
}

/// A row that can be asked for by id or number.
pub(crate) trait Entity: Visible + Sized + Send {
    /// What references to it refer to.
    type Row;
    /// What stands for it in answers.
    const NAME: &'static str;
    /// Who may see it.
    const READ: Action;
    /// There is none such, or not for this caller.
    const NOT_FOUND: Message;

    fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Self::Row>,
    ) -> impl Future<Output = Result<Option<Self>, ReadError>> + Send;
    fn version(&self) -> i64;
    /// Whether it belongs to the client that is linked to this login.
    fn is_of(&self, user: Id<User>) -> bool;
}

/// A request to see something. Its caller may see it; what the filter asks for has its shape.
pub(crate) struct Question<F = NoFilter> {
    pub caller: Caller,
    /// `None` the whole firm, `Some` only the client linked to this login.
    pub own: Option<Id<User>>,
    /// The day it is at the firm.
    pub today: Day,
    pub of: Of,
    pub filter: F,
    pub page: Page,
    /// Who is asked.
    pub reader: Reader,
    /// What is shown holds at least what the firm did up to here, where it was looked at.
    pub seq: Option<i64>,
}

impl<F: DeserializeOwned> Question<F> {
    pub async fn of_request(
        parts: &mut Parts,
        app: &Arc<App>,
        needs: Needs,
        Setting { place, freshness }: Setting,
    ) -> Result<Self, Refusal> {
        let of = Of::path(parts).await?;
        let mut caller = match needs {
            Needs::Nothing => Caller::nobody(app),
            Needs::Token | Needs::Permission(_) => Caller::of_request(parts, app)?,
        };
        caller.enter(place).await?;
        let own = match needs {
            Needs::Nothing | Needs::Token => None,
            Needs::Permission(action) => caller.may(action).await?,
        };
        let filter = body::query(&parts.uri)?;
        let page = Page::Number { page: 1, limit: LIMIT_DEFAULT };
        let today = caller.today().await?;
        let (reader, seq) = match freshness {
            Freshness::Latest => (app.reader.clone(), None),
            Freshness::MayLag => {
                let AtLeast { seq } = body::query(&parts.uri)?;
                let (reader, seq) = app.reports.reader(caller.actor.firm, seq.0).await?;
                (reader, Some(seq))
            }
        };
        Ok(Self { caller, own, today, of, filter, page, reader, seq })
    }

    /// As [`Self::of_request`], for a part of a list.
    pub async fn of_list_request(
        parts: &mut Parts,
        app: &Arc<App>,
        needs: Needs,
        setting: Setting,
    ) -> Result<Self, Refusal> {
        let question = Self::of_request(parts, app, needs, setting).await?;
        Ok(Self { page: page(&parts.uri)?, ..question })
    }
}

impl<F> Question<F> {
    pub fn firm(&self) -> Id<Firm> {
        self.caller.actor.firm
    }

    /// The row named in the path, if it is there and the caller may see it; to others it is not there.
    pub async fn row<E: Entity>(&self) -> Result<E, Refusal> {
        let found = E::find(&self.reader, self.firm(), &self.of.row()).await?;
        let is_visible = |row: &E| self.own.is_none_or(|user| row.is_of(user));
        let mut row = found.filter(is_visible).ok_or_else(|| Refusal::not_found(E::NOT_FOUND))?;
        if self.own.is_some() {
            row.hide();
        }
        Ok(row)
    }

    /// Refuses a caller who reaches only their own rows.
    pub fn reaches_all(&self) -> Result<(), Refusal> {
        let refused = || Refusal::rejected(&Rejection::Forbidden, StatusCode::CONFLICT);
        if self.own.is_none() { Ok(()) } else { Err(refused()) }
    }

    /// The answer with these rows.
    pub fn rows<S: Visible>(&self, listed: Listed<S>) -> Rows<S> {
        self.rows_beside(listed, Nothing)
    }

    /// The answer with these rows and something beside them.
    pub fn rows_beside<S: Visible, B: Beside>(
        &self,
        mut listed: Listed<S>,
        beside: B,
    ) -> Rows<S, B> {
        if self.own.is_some() {
            listed.rows.iter_mut().for_each(Visible::hide);
        }
        Rows { listed, beside, page: self.page.clone(), today: self.today }
    }
}

/// No parameters.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct NoFilter {}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Part {
    /// The page, from 1.
    page: Count,
    /// Rows a page: 50 if not said, at most 200.
    limit: Count,
    /// Walks a list of any size: empty to begin, then each answer's `nextCursor`.
    cursor: Option<String>,
}

/// How new a report must be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AtLeast {
    /// Waits for what the command did that was answered with this `seq`. Without it, a report may be
    /// some moments old where it is read from a standby.
    seq: Count,
}

/// The part that is asked for: `?cursor=` (empty) starts a walk.
fn page(uri: &Uri) -> Result<Page, Refusal> {
    let part: Part = body::query(uri)?;
    let limit = part.limit.0.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    Ok(match part.cursor {
        Some(cursor) => Page::After { cursor, limit },
        None => Page::Number { page: part.page.0.unwrap_or(1), limit },
    })
}

/// What a read answers, and how it is described.
pub(crate) trait Told {
    fn answer(self) -> Answer;
    /// What stands beside `success`.
    fn describe(generator: &mut SchemaGenerator) -> Schema;
}

/// A part of a list, and what stands beside it.
pub(crate) struct Rows<S, B = Nothing> {
    listed: Listed<S>,
    beside: B,
    page: Page,
    today: Day,
}

/// What stands beside the rows of a list.
pub(crate) trait Beside {
    type Doc: JsonSchema;
    fn write(&self, o: &mut json::Object<'_>);
}

/// Nothing.
pub(crate) struct Nothing;

impl Beside for Nothing {
    type Doc = NothingDoc;
    fn write(&self, _: &mut json::Object<'_>) {}
}

wire! {
    /// Where in the whole list this part stands.
    PaginationDoc {
        /// Null on a walk along cursors.
        page: Option<wire::Number>,
        limit: wire::Number,
        /// Rows in the whole list.
        total: wire::Number,
        pages: wire::Number,
    }
}

impl<S: Visible, B: Beside> Told for Rows<S, B> {
    fn answer(self) -> Answer {
        let Self { listed, beside, page, today } = self;
        Answer::object(|o| {
            o.with("data", |out| {
                json::array(out, &listed.rows, |out, row| row.write(out, today));
            });
            o.with("pagination", |out| pagination(out, listed.total, &page));
            o.text_or_null("nextCursor", listed.next.as_deref());
            beside.write(o);
        })
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        let mut object = ObjectDoc::new(&[]);
        object.field("data", true, &[], generator.subschema_for::<Vec<S::Doc>>());
        object.field("pagination", true, &[], generator.subschema_for::<PaginationDoc>());
        let next = "Where the next part begins; null at the end.";
        object.field("nextCursor", true, &[next], generator.subschema_for::<Option<String>>());
        object.fields_of(B::Doc::json_schema(generator));
        object.finish()
    }
}

/// On a walk along cursors there is no page number.
fn pagination(out: &mut Vec<u8>, total: u64, page: &Page) {
    json::object(out, |o| {
        let limit = match *page {
            Page::Number { page, limit } => {
                o.integer("page", page);
                limit
            }
            Page::After { limit, .. } => {
                o.null("page");
                limit
            }
        };
        o.integer("limit", limit);
        o.integer("total", total);
        o.integer("pages", total.div_ceil(u64::from(limit)));
    });
}

/// One row, under `data` and under its own name.
pub(crate) struct One<E> {
    pub row: E,
    pub today: Day,
}

impl<E: Entity> Told for One<E> {
    fn answer(self) -> Answer {
        let mut out = Vec::with_capacity(1_024);
        self.row.write(&mut out, self.today);
        Answer::one(E::NAME, self.row.version(), &out)
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        wire::entity::<E::Doc>(E::NAME, generator)
    }
}

/// Any other object, described by `D`.
pub(crate) struct Object<D> {
    answer: Answer,
    doc: PhantomData<D>,
}

impl<D> Object<D> {
    pub fn new(fields: impl FnOnce(&mut json::Object<'_>)) -> Self {
        Self { answer: Answer::object(fields), doc: PhantomData }
    }
}

impl<D: JsonSchema> Told for Object<D> {
    fn answer(self) -> Answer {
        self.answer
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        D::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<Page, &'static str> {
        page(&format!("/?{query}").parse().unwrap()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn parts_have_defaults_and_bounds() {
        assert_eq!(of(""), Ok(Page::Number { page: 1, limit: 50 }));
        assert_eq!(of("page=3&limit=10"), Ok(Page::Number { page: 3, limit: 10 }));
        assert_eq!(of("page=1&limit=100000"), Ok(Page::Number { page: 1, limit: 200 }));
        assert_eq!(of("cursor="), Ok(Page::After { cursor: String::new(), limit: 50 }));
        for query in ["page=0", "page=-1", "page=x", "limit=0", "limit=1.5", "page=1&page=2"] {
            assert_eq!(of(query), Err("invalid_field"), "{query}");
        }
        assert_eq!(of("unknown=1&unknown=2"), of(""));
    }
}
