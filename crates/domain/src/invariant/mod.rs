//! The invariants, as one pass over everything a firm has stored. The verifier, the monitors and the
//! tests all run this same code; it trusts nothing that was derived and recomputes it.

mod invoices;
mod ledger;
mod market;
mod payments;
mod record;
mod story;
mod trust;
mod verdict;

use std::collections::BTreeMap;

pub use verdict::Verdict;

use crate::{
    id::Id,
    number::Series,
    rows::{Alert, Case, Client, Invoice, Payment, Retainer, Stored},
};
use verdict::Verdicts;

/// The rows that others refer to, and the ledger.
#[derive(Default)]
struct Known {
    clients: BTreeMap<Id<Client>, Client>,
    cases: BTreeMap<Id<Case>, Case>,
    retainers: BTreeMap<Id<Retainer>, Retainer>,
    invoices: BTreeMap<Id<Invoice>, Invoice>,
    payments: BTreeMap<Id<Payment>, Payment>,
    ledger: ledger::Ledger,
}

/// Reads one firm's rows in the order of [`Stored`], table by table in primary key order, and judges
/// them.
#[derive(Default)]
pub struct Checker {
    known: Known,
    trust: trust::Trust,
    invoices: invoices::Invoices,
    payments: payments::Payments,
    statements: ledger::Statements,
    market: market::Market,
    story: story::Story,
    record: record::Record,
    verdicts: Verdicts,
}

impl Checker {
    /// Takes in one row.
    pub fn see(&mut self, row: Stored) {
        let v = &mut self.verdicts;
        match row {
            Stored::Firm(firm) => self.record.firm = Some(firm),
            Stored::Member(member) => self.record.see_row(*member.user.bytes()),
            Stored::Client(row) => {
                self.record.see_row(*row.id.bytes());
                self.record.see_number(Series::Client, &row.number, row.created_at);
                self.known.clients.insert(row.id, row);
            }
            Stored::Case(row) => {
                self.record.see_row(*row.id.bytes());
                self.known.names(v, "a case", row.client, None);
                self.known.cases.insert(row.id, row);
            }
            Stored::Retainer(row) => {
                self.record.see_row(*row.id.bytes());
                self.record.see_number(Series::Retainer, &row.number, row.created_at);
                self.known.names(v, &row.number, Some(row.client), row.terms.case);
                self.known.retainers.insert(row.id, row);
            }
            Stored::Invoice(row) => {
                self.record.see_row(*row.id.bytes());
                self.record.see_number(Series::Invoice, &row.number, row.created_at);
                self.known.names(v, &row.number, Some(row.client), row.case);
                self.known.invoices.insert(row.id, row);
            }
            Stored::Payment(row) => {
                self.record.see_row(*row.id.bytes());
                self.record.see_number(Series::Payment, &row.number, row.created_at);
                self.known.names(v, &row.number, row.client, row.case);
                self.known.payments.insert(row.id, row);
            }
            Stored::Refund(row) => {
                self.record.see_row(*row.id.bytes());
                self.record.see_number(Series::Payment, &row.number, row.created_at);
                self.payments.see_refund(v, &self.known, &row);
            }
            Stored::CreditNote(row) => {
                self.record.see_row(*row.id.bytes());
                self.record.see_number(Series::CreditNote, &row.number, row.created_at);
                self.invoices.see_credit_note(&row);
            }
            Stored::Transaction(row) => {
                self.record.see_row(*row.id.bytes());
                self.record.see_number(Series::Transaction, &row.number, row.created_at);
                self.known.names(v, &row.number, row.client, row.case);
            }
            Stored::TimeEntry(row) => {
                self.record.see_row(*row.id.bytes());
                self.known.names(v, "a time entry", row.client, row.case);
                self.invoices.see_time_entry(&row);
            }
            Stored::Expense(row) => {
                self.record.see_row(*row.id.bytes());
                self.known.names(v, "an expense", row.client, row.case);
                self.invoices.see_expense(&row);
            }
            Stored::Job(row) => {
                self.record.see_row(*row.id.bytes());
                self.market.see_job(row);
            }
            Stored::Proposal(row) => {
                self.record.see_row(*row.id.bytes());
                self.market.see_proposal(v, row);
            }
            Stored::Alert(row) => self.see_told(*row.id.bytes(), row.seq),
            Stored::Webhook(row) => self.record.see_row(*row.id.bytes()),
            Stored::Delivery(row) => self.see_told(*row.id.bytes(), row.seq),
            Stored::Movement(row) => {
                self.trust.see_movement(v, &self.known, &row);
                self.story.see_movement(&row);
            }
            Stored::DayNet(net) => self.trust.see_day_net(net),
            Stored::Application(row) => self.invoices.see_application(v, &self.known, &row),
            Stored::Entry(row) => {
                self.known.ledger.see_entry(v, &row);
                self.story.see_entry(v, &row);
            }
            Stored::AccountNet(net) => self.known.ledger.see_account_net(v, &net),
            Stored::StatementLine(line) => self.statements.see_line(&line),
            Stored::ClientNet(net) => self.statements.see_net(v, &net),
            Stored::Counter(counter) => self.record.see_counter(counter),
            Stored::Audit(record) => {
                if let Some(seq) = self.record.see_audit(v, &record) {
                    self.story.see_accepted(v, &record, seq);
                }
            }
            Stored::AuditNode(node) => self.record.see_node(v, &node),
            Stored::Outcome(outcome) => self.record.see_outcome(v, &outcome),
        }
    }

    /// An alert or a delivery, and the command that caused it.
    fn see_told(&mut self, id: [u8; 12], seq: i64) {
        self.record.see_row(id);
        let holds = self.record.firm.as_ref().is_none_or(|firm| seq <= firm.seq);
        let example = || format!("alert or delivery {} names no command", Id::<Alert>::new(id));
        self.verdicts.i9.check(holds, example);
    }

    /// The verdicts, in order.
    pub fn finish(mut self) -> Vec<Verdict> {
        let v = &mut self.verdicts;
        self.story.judge_lines(v);
        self.story.finish(v);
        self.trust.judge(v, &self.known);
        self.payments.judge(v, &self.known, &mut self.trust, &mut self.invoices);
        self.invoices.judge(v, &self.known);
        self.known.ledger.judge(v, &self.known);
        self.statements.judge(v, &self.known);
        self.market.judge(v);
        self.record.judge(v);
        self.verdicts.into_vec()
    }
}

impl Known {
    /// The client and the case that a row names are the firm's.
    fn names(
        &self,
        v: &mut Verdicts,
        what: &str,
        client: Option<Id<Client>>,
        case: Option<Id<Case>>,
    ) {
        let holds = client.is_none_or(|client| self.clients.contains_key(&client))
            && case.is_none_or(|case| self.cases.contains_key(&case));
        v.i9.check(holds, || format!("{what} names a client or case that is not of this firm"));
    }
}

/// The verdicts on one firm's rows.
pub fn check(rows: impl IntoIterator<Item = Stored>) -> Vec<Verdict> {
    let mut checker = Checker::default();
    rows.into_iter().for_each(|row| checker.see(row));
    checker.finish()
}
