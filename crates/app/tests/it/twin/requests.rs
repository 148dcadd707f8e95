//! How a request reaches the twin's handlers, and the few things that they do with documents: find one,
//! and wait; change one, and wait; write it whole.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, RawPathParams, Request},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::Currency;
use serde_json::{Value, json};

use super::{
    Flaw, Shared,
    documents::{All, Doc, Kind},
    keys::{Done, no},
};
use crate::support::{firm::halalas, tokens};

/// A mutation, kept under its key; `$act` is what it does.
macro_rules! does {
    ($act:expr $(, $argument:expr)*) => {
        move |axum::extract::State(app): axum::extract::State<std::sync::Arc<$crate::twin::Shared>>,
         ask: $crate::twin::requests::Ask| async move {
            app.mutate(&ask, $act(&app, &ask $(, $argument)*)).await
        }
    };
}

/// A read.
macro_rules! shows {
    ($act:expr $(, $argument:expr)*) => {
        move |axum::extract::State(app): axum::extract::State<std::sync::Arc<$crate::twin::Shared>>,
         ask: $crate::twin::requests::Ask| async move {
            app.show(&ask, $act(&app, &ask $(, $argument)*)).await
        }
    };
}

pub(super) use {does, shows};

/// A request, read.
#[derive(Clone)]
pub struct Ask {
    pub headers: HeaderMap,
    pub user: String,
    pub firm: String,
    /// The document that the path names, and a second one.
    pub id: String,
    pub second: String,
    /// `name=value&…`
    pub query: String,
    pub body: Value,
}

impl FromRequest<Arc<Shared>> for Ask {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<Shared>) -> Result<Self, Response> {
        use axum::RequestExt;
        let mut request = request;
        let headers = request.headers().clone();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let params = request.extract_parts::<RawPathParams>().await;
        let params = params.map_err(IntoResponse::into_response)?;
        let mut params = params.iter().map(|(_, value)| value.to_owned());
        let (id, second) = (params.next(), params.next());
        let body = Bytes::from_request(request, app).await.map_err(IntoResponse::into_response)?;
        let token = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let (user, firm) =
            token.and_then(tokens::read).ok_or_else(|| respond(no(401, "unauthenticated")))?;
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!({}));
        let (id, second) = (id.unwrap_or_default(), second.unwrap_or_default());
        Ok(Self { headers, user, firm, id, second, query, body })
    }
}

impl Ask {
    /// One command of many, as a request of its own.
    pub fn part(&self, item: &Value) -> Self {
        let mut part = self.clone();
        part.id = item["id"].as_str().unwrap_or_default().to_owned();
        part.body = item["body"].clone();
        part
    }

    /// A field's text; empty when there is none.
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// An amount that the caller sent, in halalas.
    pub fn money(&self, field: &str) -> Result<i64, Done> {
        amount(&self.body[field])
    }

    /// One that need not be sent.
    pub fn optional(&self, field: &str) -> Result<Option<i64>, Done> {
        if self.body[field].is_null() { Ok(None) } else { self.money(field).map(Some) }
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Refuses a version that no longer stands.
    pub fn precondition(&self, doc: &Doc) -> Result<(), Done> {
        let header = self.headers.get("if-match");
        let header =
            header.and_then(|value| value.to_str().ok()?.trim_matches('"').parse::<i64>().ok());
        let (read_at, status) =
            header.map_or((self.body["__v"].as_i64(), 409), |version| (Some(version), 412));
        if read_at.is_some_and(|version| version != doc.number("__v")) {
            return Err(no(status, "version_conflict"));
        }
        Ok(())
    }
}

/// A positive amount, in halalas.
pub fn amount(value: &Value) -> Result<i64, Done> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let decimal: Result<domain::Decimal, _> = text.parse();
    let money = decimal.and_then(|decimal| decimal.positive(Currency::SAR));
    money.map(domain::Money::minor).map_err(|_| no(400, "amount_required"))
}

/// What invoices a body names, and how much for each: `[{invoiceId, amount}]`.
pub fn applications(body: &Value) -> Vec<(String, i64)> {
    let rows = body["invoiceApplications"].as_array().into_iter().flatten();
    let named = |row: &Value| row["invoiceId"].as_str().unwrap_or_default().to_owned();
    rows.map(|row| (named(row), halalas(&row["amount"]))).collect()
}

pub fn respond((status, body): Done) -> Response {
    (StatusCode::from_u16(status).expect("a status"), Json(body)).into_response()
}

impl Shared {
    /// A dismissed member is turned away here, and nowhere later.
    async fn admit(&self, ask: &Ask) -> Result<(), Done> {
        let member = (ask.firm.clone(), ask.user.clone());
        let left = self.documents.with(|all| all.dismissed.get(&member).copied());
        self.pause().await;
        if left == Some(true) { Err(no(403, "member_left")) } else { Ok(()) }
    }

    pub async fn mutate(
        &self,
        ask: &Ask,
        act: impl Future<Output = Result<Done, Done>>,
    ) -> Response {
        let key = ask.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        if let Some(kept) = self.earlier(key).await {
            let mut response = respond((kept.status, kept.body));
            response.headers_mut().insert("idempotency-replayed", "true".parse().expect("a value"));
            return response;
        }
        let done = match self.admit(ask).await {
            Ok(()) => act.await.unwrap_or_else(|refused| refused),
            Err(refused) => refused,
        };
        match self.keep(key, &done).await {
            Ok(()) => respond(done),
            Err(lost) => respond(lost),
        }
    }

    pub async fn show(&self, ask: &Ask, act: impl Future<Output = Result<Done, Done>>) -> Response {
        match self.admit(ask).await {
            Ok(()) => respond(act.await.unwrap_or_else(|refused| refused)),
            Err(refused) => respond(refused),
        }
    }

    /// A document that is there; reading it takes a moment.
    pub async fn find(&self, kind: Kind, by: &str) -> Result<Doc, Done> {
        let found = self.documents.find(kind, by);
        self.pause().await;
        found.ok_or_else(|| no(404, kind.absent()))
    }

    /// Reads a document, waits, lets `act` change it, waits, writes it whole.
    pub async fn change(
        &self,
        kind: Kind,
        by: &str,
        act: impl FnOnce(&mut Doc) -> Result<(), Done>,
    ) -> Result<Doc, Done> {
        let mut doc = self.find(kind, by).await?;
        act(&mut doc)?;
        self.save(kind, doc).await
    }

    /// Waits, and writes a document that was read some time ago.
    pub async fn save(&self, kind: Kind, mut doc: Doc) -> Result<Doc, Done> {
        self.pause().await;
        let read_at = doc.number("__v");
        doc.set("__v", read_at + 1);
        self.documents.with(|all| {
            let stands_at = all.get(kind, doc.id()).map(|stands| stands.number("__v"));
            if self.flaw == Flaw::VersionWithoutRetry && stands_at != Some(read_at) {
                return Err(no(500, "VersionError: no matching document found"));
            }
            all.put(kind, doc.clone());
            Ok(doc)
        })
    }

    /// Waits, and writes a new document.
    pub async fn insert(&self, kind: Kind, ask: &Ask, fields: Value) -> Doc {
        let mut doc = Doc(json!({"_id": self.new_id(), "__v": 0, "firmId": ask.firm,
            "createdBy": ask.user, "createdAt": self.now()}));
        for (name, value) in fields.as_object().expect("fields are an object") {
            doc.set(name, value.clone());
        }
        self.pause().await;
        self.documents.with(|all| all.put(kind, doc.clone()));
        doc
    }

    /// The documents of a kind that `is_wanted`, oldest first; looking takes a moment.
    pub async fn select(&self, kind: Kind, is_wanted: impl Fn(&Doc) -> bool) -> Vec<Doc> {
        let found = self
            .documents
            .with(|all: &mut All| all.of(kind).filter(|doc| is_wanted(doc)).cloned().collect());
        self.pause().await;
        found
    }

    /// `PREFIX-YYYY-NNNN` or `PREFIX-YYYYMM-NNNN`, by counting what is there.
    pub async fn number(&self, kinds: &[Kind], firm: &str, prefix: &str, period: &str) -> String {
        let start = format!("{prefix}-{period}-");
        let is_one = |kind: Kind, doc: &&Doc| {
            doc.text("firmId") == firm && doc.text(kind.entity().1).starts_with(&start)
        };
        let taken: usize = self.documents.with(|all| {
            kinds.iter().map(|kind| all.of(*kind).filter(|doc| is_one(*kind, doc)).count()).sum()
        });
        self.pause().await;
        format!("{start}{:04}", taken + 1)
    }

    /// An accepted command's answer.
    pub fn said(&self, status: u16, kind: Kind, doc: &Doc) -> Done {
        let (entity, _) = kind.entity();
        let body = json!({"success": true, entity: doc.0, "data": doc.0, "seq": self.place()});
        (status, body)
    }
}
