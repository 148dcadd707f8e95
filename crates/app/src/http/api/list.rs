//! What every list shares: which part is asked for, and the envelope around it.

use axum::extract::{FromRequestParts, Query};
use domain::{Ref, rows::Client};
use hyper::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::{Listed, Page};

use crate::{
    http::{answer::Answer, body::Named, error::Refusal, json},
    messages::Message,
};

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 200;

/// The query, as `T`; parameters that `T` does not know are ignored.
pub(in crate::http) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let invalid = |_| Refusal::field(Message::InvalidField, "query", Message::InvalidField);
        query.map(|Query(query)| Self(query)).map_err(invalid)
    }
}

/// Which part of a list. An empty parameter is an absent one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Part {
    page: String,
    limit: String,
    cursor: Option<String>,
}

impl Part {
    /// The part that is asked for: `?cursor=` (empty) starts a walk.
    pub fn page(&self) -> Result<Page, Refusal> {
        let limit = positive("limit", &self.limit, LIMIT_DEFAULT)?.min(LIMIT_MAX);
        match &self.cursor {
            Some(cursor) => Ok(Page::After { cursor: cursor.clone(), limit }),
            None => Ok(Page::Number { page: positive("page", &self.page, 1)?, limit }),
        }
    }
}

fn positive(field: &str, text: &str, default: u32) -> Result<u32, Refusal> {
    if text.is_empty() {
        return Ok(default);
    }
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Refusal::field(Message::InvalidField, field, Message::InvalidField))
}

/// A parameter that is one of a closed list of names.
pub(super) fn choice<T: Named>(field: &str, text: &str) -> Result<Option<T>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let invalid = || Refusal::field(Message::InvalidField, field, Message::InvalidField);
    T::named(text).map(Some).ok_or_else(invalid)
}

/// A parameter that names a client.
pub(super) fn client(text: &str) -> Option<Ref<Client>> {
    (!text.is_empty()).then(|| Ref::parse(text))
}

/// The envelope of a part of a list; `more` writes what else stands beside `data`.
pub(super) fn answer<T>(
    listed: &Listed<T>,
    page: &Page,
    row: impl Fn(&mut Vec<u8>, &T),
    more: impl FnOnce(&mut json::Object<'_>),
) -> Answer {
    Answer::object(|o| {
        o.with("data", |out| json::array(out, &listed.rows, row));
        o.with("pagination", |out| pagination(out, listed.total, page));
        o.text_or_null("nextCursor", listed.next.as_deref());
        more(o);
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn page(page: &str, limit: &str, cursor: Option<&str>) -> Result<Page, &'static str> {
        let part =
            Part { page: page.into(), limit: limit.into(), cursor: cursor.map(str::to_owned) };
        part.page().map_err(|refusal| refusal.code)
    }

    #[test]
    fn parts_have_defaults_and_bounds() {
        assert_eq!(page("", "", None), Ok(Page::Number { page: 1, limit: 50 }));
        assert_eq!(page("3", "10", None), Ok(Page::Number { page: 3, limit: 10 }));
        assert_eq!(page("1", "100000", None), Ok(Page::Number { page: 1, limit: 200 }));
        assert_eq!(page("", "", Some("")), Ok(Page::After { cursor: String::new(), limit: 50 }));
        for (number, limit) in [("0", ""), ("-1", ""), ("x", ""), ("", "0"), ("", "1.5")] {
            assert_eq!(page(number, limit, None), Err("invalid_field"), "{number} {limit}");
        }
    }
}
