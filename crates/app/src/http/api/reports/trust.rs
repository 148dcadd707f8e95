//! Client money: whose it is, and whether the bank, the ledger and the retainers say the same.

use domain::{Day, Money, rows::RetainerStatus};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Reconciliation, TrustBalance, TrustFilter};

use super::{OnDate, day};
use crate::http::{
    api::{
        clients::{self, ClientShortDoc},
        days,
        short::{self, CaseShortDoc},
    },
    error::Refusal,
    field::{Reference, When},
    json,
    read::{Beside, Object, Question, Rows, Visible},
    wire::{self, wire},
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    /// What stood when this day ended; today where nothing is said.
    date: When,
    client_id: Reference,
    case_id: Reference,
}

pub(super) async fn ledger(
    question: Question<Filter>,
) -> Result<Rows<TrustBalance, Sums>, Refusal> {
    let Filter { date, client_id, case_id } = &question.filter;
    let day = days::day(&question, date).await?.unwrap_or(question.today);
    let filter = TrustFilter { day, client: client_id.reference(), case: case_id.reference() };
    let (reader, firm) = (&question.reader, question.firm());
    let ledger = reader.trust_ledger(firm, filter, question.page.clone()).await?;
    Ok(question.rows_beside(ledger.balances, Sums { day, sums: ledger.sums }))
}

/// The day, and what all clients had in trust on it.
pub(super) struct Sums {
    day: Day,
    sums: Vec<Money>,
}

impl Beside for Sums {
    type Doc = SumsDoc;

    fn write(&self, o: &mut json::Object<'_>) {
        o.day("asOfDate", self.day);
        o.with("totals", |out| {
            json::array(out, &self.sums, |out, sum| {
                json::object(out, |o| {
                    o.text("currency", sum.currency().code());
                    o.money("balance", *sum);
                });
            });
        });
    }
}

impl Visible for TrustBalance {
    type Doc = TrustBalanceDoc;

    fn write(&self, out: &mut Vec<u8>, today: Day) {
        json::object(out, |o| {
            o.id("retainerId", self.retainer.id);
            o.text("retainerNumber", &self.retainer.number);
            o.with("clientId", |out| clients::write_short(out, &self.client));
            o.with_or_null("caseId", self.case.as_ref(), short::write_case);
            o.text("status", self.retainer.status(today).name());
            o.text("currency", self.balance.currency().code());
            o.money("balance", self.balance);
        });
    }
}

wire! {
    /// The day, and what all clients had in trust on it.
    SumsDoc {
        asOfDate: wire::Day,
        /// What all of them held, one line a currency.
        totals: Vec<HeldDoc>,
    }

    /// Client money in one currency.
    HeldDoc {
        currency: wire::CurrencyCode,
        balance: wire::Money,
    }

    /// What a retainer held.
    TrustBalanceDoc {
        retainerId: wire::Id,
        retainerNumber: String,
        clientId: ClientShortDoc,
        caseId: Option<CaseShortDoc>,
        /// As it is today.
        status: wire::Name<RetainerStatus>,
        currency: wire::CurrencyCode,
        balance: wire::Money,
    }

    /// The three-way reconciliation.
    ReconciliationDoc {
        data: ThreeWaysDoc,
    }

    /// What must be the same when a day ended.
    ThreeWaysDoc {
        asOfDate: wire::Day,
        /// Whether all of it is the same in every currency.
        reconciled: bool,
        currencies: Vec<ThreeWayDoc>,
    }

    /// What must be the same in one currency.
    ThreeWayDoc {
        currency: wire::CurrencyCode,
        /// Account 1102 of the ledger.
        trustBank: wire::Money,
        /// Account 2130 of the ledger.
        clientMoney: wire::Money,
        /// What the retainers held, by their own journals.
        retainers: wire::Money,
        /// What the clients had, each client's retainers taken together.
        clients: wire::Money,
        /// Clients who had something.
        clientCount: wire::Number,
        /// Clients who had less than nothing: their money was spent on somebody else.
        overdrawnCount: wire::Number,
        /// What the bank has beyond what the retainers hold.
        bankDifference: wire::Money,
        /// What the ledger holds for clients beyond what the retainers hold.
        ledgerDifference: wire::Money,
        /// What the clients have beyond what the retainers hold.
        clientDifference: wire::Money,
        reconciled: bool,
    }
}

pub(super) async fn reconciliation(
    question: Question<OnDate>,
) -> Result<Object<ReconciliationDoc>, Refusal> {
    let day = day(&question).await?;
    let currencies = question.reader.reconciliation(question.firm(), day).await?;
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.day("asOfDate", day);
                o.flag("reconciled", currencies.iter().all(Reconciliation::holds));
                o.with("currencies", |out| json::array(out, &currencies, write_three_way));
            });
        });
    }))
}

pub(in crate::http::api) fn write_three_way(out: &mut Vec<u8>, of: &Reconciliation) {
    json::object(out, |o| {
        o.text("currency", of.currency().code());
        o.money("trustBank", of.trust_bank);
        o.money("clientMoney", of.client_money);
        o.money("retainers", of.retainers);
        o.money("clients", of.clients);
        o.integer("clientCount", of.client_count);
        o.integer("overdrawnCount", of.overdrawn_count);
        o.money("bankDifference", of.bank_difference());
        o.money("ledgerDifference", of.ledger_difference());
        o.money("clientDifference", of.client_difference());
        o.flag("reconciled", of.holds());
    });
}
