//! What callers send about time. What it is worth is in no body: minutes and rate tell it.

use std::borrow::Cow;

use domain::{
    Currency, Decimal,
    work::{
        MINUTES_MAX, Verdict,
        delete_time::DeleteTime,
        log_time::LogTime,
        review_time::ReviewTime,
        start_timer::StartTimer,
        stop_timer::StopTimer,
        update_time::{TimeEdit, UpdateTime},
    },
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        error::Refusal,
        extract::Of,
        field::{Amount, Choice, Flag, Ignored, Notes, Quantity, Reference, Version, When},
        route::EmptyBody,
    },
    messages::Message,
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["hourlyRate"]),
    example = json!({"clientId": "CLT-2026-0001", "minutes": 90, "hourlyRate": "400", "description": "Hearing"})
)]
pub(super) struct CreateBody {
    /// The case's client, where a case is named and nothing is said.
    client_id: Reference,
    case_id: Reference,
    /// Today, where nothing is said.
    date: When,
    /// Required, unless `hours` says it.
    minutes: Minutes,
    /// The same in hours: a whole number of minutes.
    hours: Quantity,
    /// The price of an hour; may be zero.
    hourly_rate: Amount,
    currency: Choice<Currency>,
    /// Yes, where nothing is said.
    billable: Flag,
    description: Notes,
}

pub(super) fn create(_: &Of, body: CreateBody) -> Result<LogTime, Refusal> {
    let rate = body.hourly_rate.optional("hourlyRate")?;
    let missing = || Refusal::field(Message::InvalidField, "hourlyRate", Message::FieldRequired);
    Ok(LogTime {
        client: body.client_id.reference(),
        case: body.case_id.reference(),
        date: body.date.0,
        // Nothing said is no length.
        minutes: minutes(&body.minutes, &body.hours)?.unwrap_or(0),
        hourly_rate: rate.ok_or_else(missing)?,
        currency: body.currency.0,
        billable: body.billable.0,
        description: body.description.0,
    })
}

/// Only the fields that are named change, and the entry waits for approval again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({"hours": "1.5", "__v": 0}))]
pub(super) struct UpdateBody {
    #[serde(rename = "__v")]
    version: Version,
    client_id: Reference,
    case_id: Reference,
    date: When,
    minutes: Minutes,
    /// The same in hours: a whole number of minutes.
    hours: Quantity,
    /// The price of an hour; may be zero.
    hourly_rate: Amount,
    billable: Flag,
    description: Notes,
}

pub(super) fn update(of: &Of, body: UpdateBody) -> Result<UpdateTime, Refusal> {
    let edit = TimeEdit {
        client: body.client_id.reference(),
        case: body.case_id.reference(),
        date: body.date.0,
        minutes: minutes(&body.minutes, &body.hours)?,
        hourly_rate: body.hourly_rate.optional("hourlyRate")?,
        billable: body.billable.0,
        description: body.description.0,
    };
    Ok(UpdateTime { entry: of.row(), version: of.version(&body.version)?, edit })
}

/// A length. Its number is whole; whether it is too long is the domain's business.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Minutes(Quantity);

impl JsonSchema for Minutes {
    fn schema_name() -> Cow<'static, str> {
        "Minutes".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MINUTES_MAX},
                {"type": "string", "pattern": "^([1-9][0-9]{0,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)?$"},
                {"type": "null"},
            ],
            "description": "Whole minutes, from one to a day's 1440.",
            "examples": [90],
        })
    }
}

/// The length in minutes; both ways may be used to say it, if they agree.
fn minutes(minutes: &Minutes, hours: &Quantity) -> Result<Option<i64>, Refusal> {
    let invalid = |field: &str| Refusal::field(Message::InvalidField, field, Message::InvalidField);
    let said = minutes.0.optional("minutes")?;
    let said = said.map(|said| whole(said).ok_or_else(|| invalid("minutes"))).transpose()?;
    let in_hours = hours.optional("hours")?;
    let in_hours = in_hours
        .map(|hours| hours.times(Decimal::whole(60)).ok().and_then(whole))
        .map(|minutes| minutes.ok_or_else(|| invalid("hours")))
        .transpose()?;
    match (said, in_hours) {
        (Some(said), Some(in_hours)) if said != in_hours => Err(invalid("hours")),
        (said, in_hours) => Ok(said.or(in_hours)),
    }
}

/// A number that has nothing after the point: its shortest text has none.
fn whole(number: Decimal) -> Option<i64> {
    number.to_string().parse().ok()
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({"clientId": "CLT-2026-0001", "hourlyRate": "400", "description": "Hearing"}))]
pub(super) struct StartBody {
    /// The case's client, where a case is named and nothing is said.
    client_id: Reference,
    case_id: Reference,
    /// The price of an hour; zero until an edit names it.
    hourly_rate: Amount,
    currency: Choice<Currency>,
    /// Yes, where nothing is said.
    billable: Flag,
    description: Notes,
}

pub(super) fn start(_: &Of, body: StartBody) -> Result<StartTimer, Refusal> {
    Ok(StartTimer {
        client: body.client_id.reference(),
        case: body.case_id.reference(),
        hourly_rate: body.hourly_rate.optional("hourlyRate")?,
        currency: body.currency.0,
        billable: body.billable.0,
        description: body.description.0,
    })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({"description": "Hearing, adjourned"}))]
pub(super) struct StopBody {
    /// What was done; as it was said at the start, where nothing is said.
    description: Notes,
}

pub(super) fn stop(_: &Of, body: StopBody) -> Result<StopTimer, Refusal> {
    Ok(StopTimer { description: body.description.0 })
}

pub(super) fn delete(of: &Of, _: EmptyBody) -> Result<DeleteTime, Refusal> {
    Ok(DeleteTime { entry: of.row() })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({}))]
pub(in crate::http::api) struct ReviewBody {
    #[serde(rename = "reason")]
    _reason: Ignored,
}

pub(super) fn approve(of: &Of, _: ReviewBody) -> Result<ReviewTime, Refusal> {
    Ok(ReviewTime { entry: of.row(), verdict: Verdict::Approve })
}

pub(super) fn reject(of: &Of, _: ReviewBody) -> Result<ReviewTime, Refusal> {
    Ok(ReviewTime { entry: of.row(), verdict: Verdict::Reject })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn logged(json: &str) -> Result<i64, &'static str> {
        let body: CreateBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        create(&Of::default(), body).map(|command| command.minutes).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_length_is_said_in_minutes_or_hours() {
        for (length, minutes) in [
            (r#""minutes":90"#, 90),
            (r#""minutes":"90.0""#, 90),
            (r#""minutes":9e1"#, 90),
            (r#""hours":1.5"#, 90),
            (r#""hours":"0.05""#, 3),
            (r#""hours":"1.5","minutes":90"#, 90),
            (r#""hours":"","minutes":90"#, 90),
            (r#""minutes":-5"#, -5),
            (r#""description":"nothing is said""#, 0),
        ] {
            let json = format!(r#"{{"hourlyRate":"0",{length}}}"#);
            assert_eq!(logged(&json), Ok(minutes), "{length}");
        }
        for (length, code) in [
            (r#""minutes":1.5"#, "invalid_field"),
            (r#""minutes":1e19"#, "invalid_field"),
            (r#""minutes":true"#, "invalid_field"),
            (r#""minutes":"an hour""#, "amount_malformed"),
            // A third of an hour, but not to the minute.
            (r#""hours":0.3333"#, "invalid_field"),
            (r#""hours":1e37"#, "invalid_field"),
            (r#""hours":"1.5","minutes":91"#, "invalid_field"),
        ] {
            let json = format!(r#"{{"hourlyRate":"0",{length}}}"#);
            assert_eq!(logged(&json), Err(code), "{length}");
        }
        assert_eq!(logged(r#"{"minutes":90}"#), Err("invalid_field"));
        assert_eq!(logged(r#"{"minutes":90,"hourlyRate":""}"#), Err("invalid_field"));
    }
}
