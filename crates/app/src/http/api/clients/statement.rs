//! A client's statement: what was owed when it began, what changed it, and what is owed at its end.

use std::collections::HashMap;

use domain::{
    Currency, Day, Id, Money,
    rows::{Client, Firm, StatementKind, StatementLine},
};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Days, Listed, Statement};

use super::{ClientShortDoc, show};
use crate::{
    http::{
        api::days,
        error::Refusal,
        field::When,
        json,
        read::{Beside, Entity as _, Question, Rows, Visible},
        wire::{self, wire},
    },
    messages::Message,
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Filter {
    /// The first day; from the beginning where nothing is said.
    from: When,
    /// The last day; to the end where nothing is said.
    to: When,
}

pub(super) async fn lines(question: Question<Filter>) -> Result<Rows<OwedLine, Balances>, Refusal> {
    let Filter { from, to } = &question.filter;
    let days = days::between(&question, from, to).await?;
    if days.from.zip(days.to).is_some_and(|(from, to)| from > to) {
        return Err(Refusal::field(Message::EndBeforeStart, "to", Message::EndBeforeStart));
    }
    let (reader, page) = (&question.reader, question.page.clone());
    let found = reader.statement(question.firm(), &question.of.row(), days, page).await?;
    let is_visible = |found: &Statement| question.own.is_none_or(|user| found.client.is_of(user));
    let found = found.filter(is_visible).ok_or_else(|| Refusal::not_found(Client::NOT_FOUND))?;
    let Statement { client, opening, before, lines, closing } = found;
    let listed = with_balances(lines, &before);
    Ok(question.rows_beside(listed, Balances { client, days, opening, closing }))
}

/// A line, and what is owed after it.
pub(super) struct OwedLine {
    line: StatementLine,
    balance: Money,
}

/// Each line with the balance after it, `before` being what was owed before the first.
fn with_balances(lines: Listed<StatementLine>, before: &[Money]) -> Listed<OwedLine> {
    let mut owed: HashMap<Currency, Money> =
        before.iter().map(|money| (money.currency(), *money)).collect();
    let owe = |line: StatementLine| {
        let currency = line.amount.currency();
        let owed = owed.entry(currency).or_insert_with(|| Money::zero(currency));
        // One currency; 64 bits hold what any client may owe.
        let minor = owed.minor().saturating_add(line.amount.minor());
        *owed = Money::from_minor(minor, currency);
        OwedLine { balance: *owed, line }
    };
    let Listed { rows, total, next } = lines;
    Listed { rows: rows.into_iter().map(owe).collect(), total, next }
}

impl Visible for OwedLine {
    type Doc = StatementLineDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        let line = &self.line;
        let nothing = Money::zero(line.amount.currency());
        let is_more = line.amount.minor() >= 0;
        let (debit, credit) =
            if is_more { (line.amount, nothing) } else { (nothing, line.amount.negated()) };
        json::object(out, |o| {
            o.integer("seq", line.seq);
            o.day("date", line.day);
            o.text("type", line.kind.name());
            o.id("documentId", Id::<Firm>::new(line.document));
            o.text("documentNumber", &line.number);
            o.text("currency", line.amount.currency().code());
            o.money("debit", debit);
            o.money("credit", credit);
            o.money("balance", self.balance);
        });
    }
}

/// Whose statement it is, over which days, and what was owed at both ends.
pub(super) struct Balances {
    client: Client,
    days: Days,
    opening: Vec<Money>,
    closing: Vec<Money>,
}

impl Beside for Balances {
    type Doc = BalancesDoc;

    fn write(&self, o: &mut json::Object<'_>) {
        o.with("client", |out| show::write_short(out, &self.client));
        o.day_or_null("from", self.days.from);
        o.day_or_null("to", self.days.to);
        o.with("opening", |out| json::array(out, &self.opening, write_balance));
        o.with("closing", |out| json::array(out, &self.closing, write_balance));
    }
}

fn write_balance(out: &mut Vec<u8>, balance: &Money) {
    json::object(out, |o| {
        o.text("currency", balance.currency().code());
        o.money("balance", *balance);
    });
}

wire! {
    /// Whose statement it is, and what was owed at both ends.
    BalancesDoc {
        client: ClientShortDoc,
        from: Option<wire::Day>,
        to: Option<wire::Day>,
        /// What was owed when the first day began, one line a currency.
        opening: Vec<OwedDoc>,
        /// What was owed when the last day ended.
        closing: Vec<OwedDoc>,
    }

    /// What is owed in one currency; negative, the firm owes the client.
    OwedDoc {
        currency: wire::CurrencyCode,
        balance: wire::Money,
    }

    /// A line of a client's account.
    StatementLineDoc {
        /// The place in the firm's journal of the command that made it.
        seq: wire::Number,
        date: wire::Day,
        r#type: wire::Name<StatementKind>,
        /// The invoice, payment, refund, retainer or credit note behind it.
        documentId: wire::Id,
        documentNumber: String,
        currency: wire::CurrencyCode,
        /// What is owed more.
        debit: wire::Money,
        /// What is owed less.
        credit: wire::Money,
        /// What is owed after it, in its currency.
        balance: wire::Money,
    }
}
