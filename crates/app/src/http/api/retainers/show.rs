//! Retainers and their movements as JSON, and how each command's outcome is told.

use domain::{
    Day,
    reply::{Reply, Shown},
    rows::{Case, Client, Invoice, Movement, MovementKind, Retainer, RetainerStatus, RetainerType},
};
use hyper::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use store::RetainerView;

use crate::{
    http::{
        answer::Telling,
        api::{
            clients::{self, ClientShortDoc},
            invoices::{self, InvoiceDoc},
            short::{self, CaseShortDoc},
        },
        json,
        read::Visible,
        wire::{self, NothingDoc, ObjectDoc, wire},
    },
    messages::Message,
};

pub(super) const OPENED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::RetainerCreated,
    location: Some("/api/retainers/"),
    fields: |o, reply| tell(o, reply, |_, _| {}),
    doc: |generator| wire::entity::<RetainerDoc>("retainer", generator),
};
pub(super) const UPDATED: Telling =
    Telling { status: StatusCode::OK, message: Message::RetainerUpdated, location: None, ..OPENED };
pub(super) const CONSUMED: Telling = Telling {
    message: Message::RetainerConsumed,
    fields: |o, reply| {
        tell(o, reply, |o, moved| {
            moved.transaction(o);
            moved.low_balance(o);
        });
        let moved = Moved::of(reply);
        moved.low_balance(o);
        moved.invoice_paid(o);
    },
    doc: told::<ConsumedDoc, DrawnDoc>,
    ..UPDATED
};
pub(super) const REPLENISHED: Telling = Telling {
    message: Message::RetainerReplenished,
    fields: |o, reply| tell(o, reply, |o, moved| moved.transaction(o)),
    doc: told::<ReplenishedDoc, NothingDoc>,
    ..UPDATED
};
pub(super) const REFUNDED: Telling = Telling {
    message: Message::RetainerRefunded,
    fields: |o, reply| {
        tell(o, reply, |o, moved| moved.refund_amount(o));
        Moved::of(reply).refund_amount(o);
    },
    doc: told::<RefundAmountDoc, RefundAmountDoc>,
    ..UPDATED
};

pub(super) const TRANSFERRED: Telling = Telling {
    message: Message::RetainerTransferred,
    fields: |o, reply| {
        tell(o, reply, |o, moved| {
            moved.transaction(o);
            moved.target(o);
        });
    },
    doc: told::<TransferredDoc, NothingDoc>,
    ..UPDATED
};

/// The retainer, again under `data` with `D` added there, and `B` beside both.
fn told<D: JsonSchema, B: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut data = ObjectDoc::new(&["The retainer, and what was done to it."]);
    data.fields_of(RetainerDoc::json_schema(generator));
    data.fields_of(D::json_schema(generator));
    let mut object = ObjectDoc::new(&[]);
    object.field("retainer", true, &[], generator.subschema_for::<RetainerDoc>());
    object.field("data", true, &[], data.finish());
    object.fields_of(B::json_schema(generator));
    object.finish()
}

wire! {
    /// Under `data` of a consume.
    ConsumedDoc {
        retainer: RetainerDoc,
        transaction: MovementDoc,
        lowBalanceAlert: bool,
    }

    /// Under `data` of a deposit.
    ReplenishedDoc {
        retainer: RetainerDoc,
        transaction: MovementDoc,
    }

    /// Under `data` of a transfer.
    TransferredDoc {
        retainer: RetainerDoc,
        transaction: MovementDoc,
        /// The retainer that it went to.
        to: RetainerDoc,
    }

    /// Beside a consume.
    DrawnDoc {
        /// Whether it stands at or below its minimum.
        lowBalanceAlert: bool,
        /// The invoice that it paid.
        invoice ? InvoiceDoc,
    }

    /// What was returned.
    RefundAmountDoc {
        refundAmount: wire::Money,
    }

    /// Client money held in trust.
    RetainerDoc {
        _id: wire::Id,
        __v: wire::Number,
        retainerNumber: String,
        clientId: ClientShortDoc,
        retainerType: wire::Name<RetainerType>,
        status: wire::Name<RetainerStatus>,
        initialAmount: wire::Money,
        currentBalance: wire::Money,
        currency: wire::CurrencyCode,
        /// At or below it an alert is raised; zero: never.
        minimumBalance: wire::Money,
        totalDeposits: wire::Money,
        totalConsumptions: wire::Money,
        totalRefunds: wire::Money,
        startDate: wire::Day,
        endDate: Option<wire::Day>,
        autoReplenish: bool,
        replenishThreshold: Option<wire::Money>,
        replenishAmount: Option<wire::Money>,
        lowBalanceAlertSent: bool,
        /// The payment that was asked for when it ran low.
        replenishRequestId: Option<wire::Id>,
        caseId: Option<CaseShortDoc>,
        agreementUrl: Option<String>,
        agreementSignedDate: Option<wire::Day>,
        notes: Option<String>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }

    /// A line of a retainer's journal.
    MovementDoc {
        _id: wire::Id,
        /// The place in the firm's journal of the command that made it.
        seq: wire::Number,
        r#type: wire::Name<MovementKind>,
        /// Without a sign.
        amount: wire::Money,
        balanceAfter: wire::Money,
        date: wire::Day,
        createdAt: wire::Time,
        description: Option<String>,
        invoiceId: Option<wire::Id>,
        paymentId: Option<wire::Id>,
    }
}

/// What a command did to a retainer.
struct Moved<'a> {
    retainer: &'a Retainer,
    client: &'a Client,
    case: Option<&'a Case>,
    movement: Option<&'a Movement>,
    /// The invoice that it paid, and its matter.
    invoice: Option<(&'a Invoice, Option<&'a Case>)>,
    /// The retainer that it went to, and its matter.
    to: Option<(&'a Retainer, Option<&'a Case>)>,
    today: Day,
    /// The retainer as JSON; empty until it is written.
    json: Vec<u8>,
}

impl<'a> Moved<'a> {
    fn of(reply: &'a Reply) -> Self {
        let Shown::Retainer { retainer, client, case, movement, invoice, to } = &reply.shown else {
            unreachable!("a retainer command shows a retainer")
        };
        Self {
            retainer,
            client,
            case: case.as_deref(),
            movement: movement.as_deref(),
            invoice: invoice.as_deref().map(|invoice| (invoice, reply.case(invoice.case))),
            to: to.as_deref().map(|to| (to, reply.case(to.terms.case))),
            today: reply.today,
            json: Vec::new(),
        }
    }

    /// Dashboards read both of them under `data`.
    fn transaction(&self, o: &mut json::Object<'_>) {
        o.raw("retainer", &self.json);
        if let Some(movement) = self.movement {
            o.with("transaction", |out| write_movement(out, movement));
        }
    }

    fn low_balance(&self, o: &mut json::Object<'_>) {
        o.flag("lowBalanceAlert", self.retainer.is_low());
    }

    fn invoice_paid(&self, o: &mut json::Object<'_>) {
        if let Some((invoice, case)) = self.invoice {
            let client = Some(self.client);
            o.with("invoice", |out| invoices::write(out, invoice, client, case, self.today));
        }
    }

    fn target(&self, o: &mut json::Object<'_>) {
        if let Some((to, case)) = self.to {
            o.with("to", |out| write(out, to, self.client, case, self.today));
        }
    }

    fn refund_amount(&self, o: &mut json::Object<'_>) {
        if let Some(movement) = self.movement {
            o.money("refundAmount", movement.amount);
        }
    }
}

/// The retainer under its name, and again under `data` with what `more` adds there. It is written once
/// and copied.
fn tell(
    o: &mut json::Object<'_>,
    reply: &Reply,
    more: impl FnOnce(&mut json::Object<'_>, &Moved<'_>),
) {
    let mut moved = Moved::of(reply);
    let mut out = Vec::with_capacity(1_024);
    write(&mut out, moved.retainer, moved.client, moved.case, moved.today);
    moved.json = out;
    o.raw("retainer", &moved.json);
    o.with("data", |out| {
        json::object(out, |o| {
            o.fields_of(&moved.json);
            more(o, &moved);
        });
    });
}

impl Visible for RetainerView {
    type Doc = RetainerDoc;

    fn hide(&mut self) {
        self.retainer.terms.notes = None;
    }
    fn write(&self, out: &mut Vec<u8>, today: Day) {
        write(out, &self.retainer, &self.client, self.case.as_ref(), today);
    }
}

impl Visible for Movement {
    type Doc = MovementDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write_movement(out, self);
    }
}

/// A retainer as it is on `today`.
pub(in crate::http::api) fn write(
    out: &mut Vec<u8>,
    retainer: &Retainer,
    client: &Client,
    case: Option<&Case>,
    today: Day,
) {
    let terms = &retainer.terms;
    json::object(out, |o| {
        o.id("_id", retainer.id);
        o.integer("__v", retainer.version);
        o.text("retainerNumber", &retainer.number);
        o.with("clientId", |out| clients::write_short(out, client));
        o.text("retainerType", terms.kind.name());
        o.text("status", retainer.status(today).name());
        o.money("initialAmount", retainer.initial_amount);
        o.money("currentBalance", retainer.balance);
        o.text("currency", retainer.currency().code());
        o.money("minimumBalance", terms.minimum_balance);
        o.money("totalDeposits", retainer.deposits);
        o.money("totalConsumptions", retainer.consumptions);
        o.money("totalRefunds", retainer.refunds);
        o.day("startDate", terms.start);
        o.day_or_null("endDate", terms.end);
        o.flag("autoReplenish", terms.auto_replenish.is_some());
        match terms.auto_replenish {
            Some(auto) => {
                o.money("replenishThreshold", auto.threshold);
                o.money("replenishAmount", auto.amount);
            }
            None => {
                o.null("replenishThreshold");
                o.null("replenishAmount");
            }
        }
        o.flag("lowBalanceAlertSent", retainer.low_balance_alerted);
        o.id_or_null("replenishRequestId", retainer.replenish_request);
        o.with_or_null("caseId", case, short::write_case);
        o.text_or_null("agreementUrl", terms.agreement_url.as_deref());
        o.day_or_null("agreementSignedDate", terms.agreement_signed);
        o.text_or_null("notes", terms.notes.as_deref());
        o.id("createdBy", retainer.created_by);
        o.time("createdAt", retainer.created_at);
        o.time("updatedAt", retainer.updated_at);
    });
}

/// One line of a retainer's journal.
pub(in crate::http::api) fn write_movement(out: &mut Vec<u8>, movement: &Movement) {
    json::object(out, |o| {
        o.id("_id", movement.id);
        o.integer("seq", movement.seq);
        o.text("type", movement.kind.name());
        o.money("amount", movement.amount);
        o.money("balanceAfter", movement.balance_after);
        o.day("date", movement.day);
        o.time("createdAt", movement.at);
        o.text_or_null("description", movement.description.as_deref());
        o.id_or_null("invoiceId", movement.invoice);
        o.id_or_null("paymentId", movement.payment);
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{
        Currency, Id, Money, Timestamp,
        reply::Beside,
        rows::{ClientProfile, ClientType, MovementKind, RetainerTerms, RetainerType},
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::{http::answer::Reader, messages::Lang};

    fn sar(minor: i64) -> Money {
        Money::from_minor(minor, Currency::SAR)
    }

    fn reply(balance: i64) -> Reply {
        let (user, at, day) = (Id::new([9; 12]), Timestamp::from_micros(0), Day::from_days(20_000));
        let profile = ClientProfile { full_name: "منى".into(), ..ClientProfile::default() };
        let client = Client {
            id: Id::new([1; 12]),
            number: "CLT-2026-0001".into(),
            kind: ClientType::Individual,
            profile,
            user: None,
            deleted: false,
            created_by: user,
            version: 0,
            created_at: at,
            updated_at: at,
        };
        let terms = RetainerTerms {
            kind: RetainerType::Advance,
            minimum_balance: sar(5_000),
            start: day,
            end: None,
            auto_replenish: None,
            case: None,
            agreement_url: None,
            agreement_signed: None,
            notes: None,
        };
        let retainer = Retainer {
            id: Id::new([2; 12]),
            number: "RET-2026-0001".into(),
            client: client.id,
            terms,
            initial_amount: sar(10_000),
            balance: sar(balance),
            deposits: sar(10_000),
            consumptions: sar(10_000 - balance),
            refunds: sar(0),
            movements: 2,
            latest_day: day,
            low_balance_alerted: false,
            expiry_alerted: false,
            replenish_request: None,
            refunded: false,
            created_by: user,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let movement = Movement {
            id: Id::new([3; 12]),
            retainer: retainer.id,
            n: 2,
            seq: 7,
            kind: MovementKind::Consumption,
            amount: sar(10_000 - balance),
            balance_after: sar(balance),
            day,
            at,
            description: None,
            invoice: None,
            payment: None,
            by: user,
        };
        let shown = Shown::Retainer {
            retainer: Arc::new(retainer),
            client: Arc::new(client),
            case: None,
            movement: Some(Arc::new(movement)),
            invoice: None,
            to: None,
        };
        Reply { seq: 7, today: day, shown, beside: Beside::default() }
    }

    fn told(telling: Telling, balance: i64) -> Value {
        let reader = Reader { lang: Lang::Ar, request_id: "r".into(), stale: StatusCode::CONFLICT };
        let written = telling.write_down(&reader, &Ok(reply(balance)));
        assert_eq!(written[..2], telling.status.as_u16().to_be_bytes());
        serde_json::from_slice(&written[2..]).unwrap()
    }

    #[test]
    fn a_consume_answer_has_every_place_that_dashboards_read() {
        let body = told(CONSUMED, 4_050);
        assert_eq!(body["success"], true);
        assert_eq!(body["message"], "تم استهلاك المبلغ من العربون بنجاح");
        assert_eq!(body["seq"], 7);
        assert_eq!(body["lowBalanceAlert"], true);
        assert_eq!(body["retainer"]["currentBalance"].to_string(), "40.5");
        assert_eq!(body["retainer"]["clientId"]["fullName"], "منى");
        assert_eq!(body["data"]["retainer"], body["retainer"]);
        assert_eq!(body["data"]["transaction"]["type"], "consumption");
        assert_eq!(body["data"]["transaction"]["amount"].to_string(), "59.5");
        assert_eq!(body["data"]["lowBalanceAlert"], true);
        let Value::Object(retainer) = &body["retainer"] else { panic!("no retainer") };
        assert!(retainer.iter().all(|(name, value)| body["data"][name] == *value));
        assert_eq!(told(CONSUMED, 6_000)["lowBalanceAlert"], false);
    }

    #[test]
    fn a_refund_answer_names_the_amount() {
        let body = told(REFUNDED, 0);
        assert_eq!(body["refundAmount"], json!(100));
        assert_eq!(body["data"]["refundAmount"], json!(100));
    }
}
