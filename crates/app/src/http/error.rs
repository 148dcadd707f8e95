//! Refusals on their way out: what went wrong becomes a status, a code and an envelope here, last.
//!
//! A handler returns a [`Refusal`]; the front writes it down, because only the front knows the
//! caller's language and request id. Texts for the operator are logged and never sent.

use axum::response::{IntoResponse, Response};
use domain::{Rejection, rejection::Kind};
use engine::Trouble;
use hyper::StatusCode;
use store::ReadError;

use super::json;
use crate::messages::{Lang, Message};

/// Why a request was not carried out.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    message: Message,
    errors: Vec<FieldError>,
    current_version: Option<i64>,
    retry_after_seconds: Option<u32>,
}

/// What is wrong with one field of a body or query.
#[derive(Debug, Clone)]
pub(crate) struct FieldError {
    pub field: String,
    pub code: &'static str,
    pub message: Message,
}

impl Refusal {
    pub fn new(status: StatusCode, message: Message) -> Self {
        let code = message.id();
        // Whatever keeps us from an answer now is soon over.
        let retry_after_seconds = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        let (errors, current_version) = (Vec::new(), None);
        Self { status, code, message, errors, current_version, retry_after_seconds }
    }

    /// 400
    pub fn bad(message: Message) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404
    pub fn not_found(message: Message) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 400, about one field.
    pub fn field(code: Message, field: impl Into<String>, what: Message) -> Self {
        let errors = vec![FieldError { field: field.into(), code: what.id(), message: what }];
        Self { errors, ..Self::bad(code) }
    }

    /// 400: what an entity can't be made without; `message` lists it in the words clients match on.
    pub fn fields_required(message: Message, missing: Vec<&'static str>) -> Self {
        let what = Message::FieldRequired;
        let required =
            |field: &str| FieldError { field: field.to_owned(), code: what.id(), message: what };
        let errors = missing.into_iter().map(required).collect();
        Self { code: "fields_required", errors, ..Self::bad(message) }
    }

    /// 429: more than one user may send.
    pub fn too_many(retry_after_seconds: u32) -> Self {
        let retry_after_seconds = Some(retry_after_seconds);
        let too_many = Self::new(StatusCode::TOO_MANY_REQUESTS, Message::RateLimited);
        Self { retry_after_seconds, ..too_many }
    }

    /// 503: this is missing.
    pub fn not_ready(missing: Vec<String>, what: Message) -> Self {
        let error = |field| FieldError { field, code: what.id(), message: what };
        let errors = missing.into_iter().map(error).collect();
        Self { errors, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, Message::NotReady) }
    }

    /// What the business refused; `stale` answers a version that is another than the caller read.
    pub fn rejected(rejection: &Rejection, stale: StatusCode) -> Self {
        let status = match rejection.kind() {
            Kind::Rule => StatusCode::BAD_REQUEST,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Stale => stale,
            Kind::Parked => StatusCode::CONFLICT,
        };
        let current_version = match rejection {
            Rejection::VersionConflict { current } => Some(*current),
            _ => None,
        };
        let message = Message::from(rejection);
        Self { code: rejection.code(), current_version, ..Self::new(status, message) }
    }

    /// 400: the n-th of a group was refused, so none was done.
    pub fn atomic(n: usize, code: &'static str, message: Message) -> Self {
        let errors = vec![FieldError { field: format!("commands[{n}]"), code, message }];
        Self { errors, ..Self::bad(Message::AtomicRefused) }
    }

    /// What is said about it.
    pub fn message(&self) -> Message {
        self.message
    }

    /// The envelope.
    pub fn body(&self, lang: Lang, request_id: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.write(&mut out, lang, request_id);
        out
    }

    /// Appends the envelope.
    pub fn write(&self, out: &mut Vec<u8>, lang: Lang, request_id: &str) {
        let sentence = |lang| self.message.json(lang).as_bytes();
        json::object(out, |o| {
            o.flag("success", false);
            o.flag("error", true);
            o.text("code", self.code);
            o.raw("message", sentence(lang));
            o.raw("messageAr", sentence(Lang::Ar));
            o.raw("messageEn", sentence(Lang::En));
            if let Some(version) = self.current_version {
                o.integer("currentVersion", version);
            }
            if !self.errors.is_empty() {
                o.with("errors", |out| {
                    json::array(out, &self.errors, |out, error| error.write(out, lang));
                });
            }
            o.text("requestId", request_id);
        });
    }

    /// How long to wait before asking again, where that can help.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.retry_after_seconds
    }
}

impl FieldError {
    fn write(&self, out: &mut Vec<u8>, lang: Lang) {
        json::object(out, |o| {
            o.text("field", &self.field);
            o.text("code", self.code);
            o.raw("message", self.message.json(lang).as_bytes());
        });
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        let (status, message) = match &trouble {
            Trouble::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, Message::Overloaded),
            Trouble::Stopping => (StatusCode::SERVICE_UNAVAILABLE, Message::Stopping),
            Trouble::Expired => (StatusCode::SERVICE_UNAVAILABLE, Message::NotExecuted),
            Trouble::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, Message::Unavailable),
            Trouble::Unknown(_) => (StatusCode::GATEWAY_TIMEOUT, Message::OutcomeUnknown),
            Trouble::Defect(_) => (StatusCode::INTERNAL_SERVER_ERROR, Message::Defect),
        };
        match &trouble {
            // These come by the thousand when the queue is full; the metrics count them.
            Trouble::Overloaded | Trouble::Stopping | Trouble::Expired => {}
            Trouble::Unavailable(_) | Trouble::Unknown(_) | Trouble::Defect(_) => {
                tracing::error!(error = %trouble, "a command has no outcome");
            }
        }
        Self::new(status, message)
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::BadCursor => {
                return Self::field(Message::InvalidCursor, "cursor", Message::InvalidCursor);
            }
            ReadError::Row(_) => tracing::error!(%error, "a read failed: a stored row is damaged"),
            ReadError::Database(_) | ReadError::Backup { .. } => {
                tracing::error!(%error, "a read failed: the database is away");
            }
        }
        match error {
            ReadError::Row(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, Message::Defect),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, Message::Unavailable),
        }
    }
}

impl IntoResponse for Refusal {
    /// Carries the refusal to the front, which writes it down.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn body(refusal: &Refusal) -> Value {
        serde_json::from_slice(&refusal.body(Lang::En, "r-1")).unwrap()
    }

    #[test]
    fn a_refusal_speaks_both_languages() {
        let refusal = Refusal::rejected(&Rejection::InsufficientBalance, StatusCode::CONFLICT);
        assert_eq!(refusal.status, 400);
        assert_eq!(
            body(&refusal),
            json!({
                "success": false,
                "error": true,
                "code": "insufficient_balance",
                "message": "The retainer's balance is not sufficient",
                "messageAr": "مبلغ العربون غير كافٍ",
                "messageEn": "The retainer's balance is not sufficient",
                "requestId": "r-1",
            })
        );
    }

    #[test]
    fn a_stale_version_is_told_the_current_one() {
        let rejection = Rejection::VersionConflict { current: 7 };
        let refusal = Refusal::rejected(&rejection, StatusCode::PRECONDITION_FAILED);
        assert_eq!(refusal.status, 412);
        assert_eq!(body(&refusal)["currentVersion"], json!(7));
    }

    #[test]
    fn missing_fields_are_named_under_one_code() {
        let message = Message::PaymentFieldsRequired;
        let body = body(&Refusal::fields_required(message, vec!["amount"]));
        assert_eq!(body["code"], "fields_required");
        assert_eq!(body["messageAr"], "الحقول المطلوبة: العميل، المبلغ، طريقة الدفع");
        assert_eq!(body["errors"][0]["field"], "amount");
        assert_eq!(body["errors"][0]["code"], "field_required");
    }

    #[test]
    fn only_what_was_certainly_not_done_may_be_sent_again() {
        assert_eq!(Refusal::from(Trouble::Overloaded).retry_after_seconds(), Some(1));
        let unknown = Refusal::from(Trouble::Unknown("lost".into()));
        assert_eq!((unknown.status.as_u16(), unknown.retry_after_seconds()), (504, None));
    }
}
