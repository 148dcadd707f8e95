//! `/api/integrity`: whether the books agree with themselves, when that was looked at last, and what is
//! parked because they do not.

use std::time::Duration;

use domain::{
    Id, Ref,
    actor::Action,
    integrity::release::ReleaseAccount,
    invariant::{AccountKind, Verdict},
    rows::{Alert, Firm},
};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::Reconciliation;

use super::{
    alerts::{self, AlertDoc},
    reports::{
        self, OnDate,
        trust::{HeldDoc, ThreeWayDoc, write_three_way},
    },
};
use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::Text,
        json,
        read::{Object, Question},
        route::{Resource, command, read},
        wire::{self, wire},
    },
    integrity,
    messages::Message,
};

/// Longest time that somebody waits for the walk under way to end.
const TURN_WAIT_MAX: Duration = Duration::from_secs(30);

pub(in crate::http) fn routes() -> Resource {
    let see = "Each rule as the last walk has found it, what is parked, and the three ways now";
    let look = "Walk over the books now, and park what does not add up";
    let release = command("Take a parked account back into use, and say why", release, RELEASED);
    Resource::new("integrity", "Whether the books agree with themselves.")
        .get("/", read("getIntegrity", see, Action::Reconcile, shown))
        .post("/verify", read("verifyIntegrity", look, Action::Reconcile, verify))
        .post("/accounts/{id}/release", release)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["reason"]),
    example = json!({"reason": "The balance was put right by hand"})
)]
struct ReleaseBody {
    /// Why; it is kept.
    reason: Text<500>,
}

fn release(of: &Of, body: ReleaseBody) -> Result<ReleaseAccount, Refusal> {
    // Accounts are named by their ids, as alerts say them.
    let Ref::Id(account) = of.row::<Firm>() else {
        return Err(Refusal::not_found(Message::AccountNotParked));
    };
    Ok(ReleaseAccount { account: *account.bytes(), reason: body.reason.0.unwrap_or_default() })
}

const RELEASED: Telling = Telling {
    status: StatusCode::OK,
    message: Message::AccountReleased,
    location: None,
    fields: alerts::tell,
    doc: |generator| wire::entity::<AlertDoc>("alert", generator),
};

async fn verify(question: Question<OnDate>) -> Result<Object<IntegrityAnswerDoc>, Refusal> {
    let app = &question.caller.app;
    let walked = integrity::walk_now(app, question.firm(), TURN_WAIT_MAX).await?;
    if walked.is_none() {
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Message::Overloaded));
    }
    shown(question).await
}

async fn shown(question: Question<OnDate>) -> Result<Object<IntegrityAnswerDoc>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    let day = reports::day(&question).await?;
    let three_ways = reader.reconciliation(firm, day).await?;
    let held = reader.held(firm).await?;
    let mut parked = reader.found(firm).await?;
    parked.retain(|alert| alert.released.is_none());
    let walked = question.caller.app.integrity.walked(firm);
    let none = domain::invariant::check([]);
    let rules = walked.as_ref().map_or(&none, |walked| &walked.verdicts);
    let holds = parked.is_empty()
        && rules.iter().all(|rule| rule.broken == 0)
        && three_ways.iter().all(Reconciliation::holds);
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.flag("holds", holds);
                o.time_or_null("verifiedAt", walked.as_ref().map(|walked| walked.at));
                o.integer_or_null("seq", walked.as_ref().map(|walked| walked.seq));
                o.with("rules", |out| json::array(out, rules, write_rule));
                o.with("discrepancies", |out| json::array(out, &parked, write_discrepancy));
                o.day("asOfDate", day);
                o.with("currencies", |out| json::array(out, &three_ways, write_three_way));
                o.with("held", |out| {
                    json::array(out, &held, |out, sum| {
                        json::object(out, |o| {
                            o.text("currency", sum.currency().code());
                            o.money("balance", *sum);
                        });
                    });
                });
            });
        });
    }))
}

fn write_rule(out: &mut Vec<u8>, verdict: &Verdict) {
    json::object(out, |o| {
        o.text("rule", verdict.id);
        o.text("text", verdict.rule);
        o.integer("checked", verdict.checked);
        o.integer("broken", verdict.broken);
    });
}

fn write_discrepancy(out: &mut Vec<u8>, alert: &Alert) {
    let Some(found) = &alert.found else { return json::object(out, |_| {}) };
    json::object(out, |o| {
        o.id("alertId", alert.id);
        o.text("accountKind", found.kind.name());
        o.id("accountId", Id::<Firm>::new(alert.about));
        o.text("rule", &found.rule);
        o.text("finding", &found.text);
        o.flag("parked", found.kind.can_be_parked());
        o.time("since", alert.created_at);
    });
}

wire! {
    /// Whether the books agree with themselves.
    IntegrityAnswerDoc {
        data: IntegrityDoc,
    }

    /// What is known of the books.
    IntegrityDoc {
        /// Nothing is wrong, as far as was looked.
        holds: bool,
        /// When the last walk of the server that answers ended; null where there was none yet.
        verifiedAt: Option<wire::Time>,
        /// The place in the journal up to which it has looked.
        seq: Option<wire::Number>,
        rules: Vec<RuleDoc>,
        /// What was found and nobody has released, oldest first.
        discrepancies: Vec<DiscrepancyDoc>,
        /// The day of what follows.
        asOfDate: wire::Day,
        /// Trust bank, ledger, retainers and clients when that day ended, one line a currency.
        currencies: Vec<ThreeWayDoc>,
        /// What the retainers themselves say now.
        held: Vec<HeldDoc>,
    }

    /// One rule.
    RuleDoc {
        rule: String,
        text: String,
        /// How many facts were looked at.
        checked: wire::Number,
        /// How many of them do not hold.
        broken: wire::Number,
    }

    /// Something that does not add up.
    DiscrepancyDoc {
        alertId: wire::Id,
        accountKind: wire::Name<AccountKind>,
        /// By which it is released.
        accountId: wire::Id,
        /// The rule that is broken.
        rule: String,
        /// The smallest counterexample.
        finding: String,
        /// Whether commands on it are refused; the whole firm, its log and its series go on.
        parked: bool,
        since: wire::Time,
    }
}
