//! The invariants, as one pass over everything a firm has stored. The verifier, the monitors and the
//! tests all run this same code; it trusts nothing that was derived and recomputes it.

mod drift;
#[cfg(test)]
mod drift_tests;
mod finding;
mod invoices;
mod ledger;
mod log;
mod market;
mod numbers;
mod payments;
mod record;
mod story;
mod trust;
mod verdict;

use std::collections::BTreeMap;

pub use drift::drift;
pub use finding::{Account, AccountKind, Finding, Sign};
pub use log::Remembered;
pub use verdict::{EXAMPLES_MAX, Verdict};

use crate::{
    id::Id,
    number::Series,
    rows::{Case, Client, Firm, Invoice, Payment, Retainer, Stored},
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
    numbers: numbers::Numbers,
    record: record::Record,
    verdicts: Verdicts,
}

impl Checker {
    /// One that knows how the audit log was earlier, from the shortest on: it must have begun so.
    pub fn remembering(logs: Vec<Remembered>) -> Self {
        Self { record: record::Record::remembering(logs), ..Self::default() }
    }

    /// What can be remembered of the firm as it is now, once its audit log was seen.
    pub fn to_remember(&self) -> Remembered {
        self.record.to_remember()
    }

    /// The head that was seen.
    pub fn firm(&self) -> Option<&Firm> {
        self.record.firm.as_ref()
    }

    /// Takes in one row.
    pub fn see(&mut self, row: Stored) {
        let v = &mut self.verdicts;
        match row {
            Stored::Firm(firm) => self.record.firm = Some(firm),
            Stored::Member(member) => self.record.see_row(Account::from(&member)),
            Stored::Client(row) => {
                self.record.see_row(row.id);
                self.numbers.see(Series::Client, &row.number, row.created_at, row.id);
                self.known.clients.insert(row.id, row);
            }
            Stored::Case(row) => {
                self.record.see_row(row.id);
                self.known.names(v, row.id, row.client, None);
                self.known.cases.insert(row.id, row);
            }
            Stored::Retainer(row) => {
                self.record.see_row(row.id);
                self.numbers.see(Series::Retainer, &row.number, row.created_at, row.id);
                self.known.names(v, row.id, Some(row.client), row.terms.case);
                self.known.retainers.insert(row.id, row);
            }
            Stored::Invoice(row) => {
                self.record.see_row(row.id);
                self.numbers.see(Series::Invoice, &row.number, row.created_at, row.id);
                self.known.names(v, row.id, Some(row.client), row.case);
                self.known.invoices.insert(row.id, row);
            }
            Stored::Payment(row) => {
                self.record.see_row(row.id);
                self.numbers.see(Series::Payment, &row.number, row.created_at, row.id);
                self.known.names(v, row.id, row.client, row.case);
                self.known.payments.insert(row.id, row);
            }
            Stored::Refund(row) => {
                self.record.see_row(row.id);
                self.numbers.see(Series::Payment, &row.number, row.created_at, row.id);
                self.payments.see_refund(v, &self.known, &row);
            }
            Stored::CreditNote(row) => {
                self.record.see_row(row.id);
                self.numbers.see(Series::CreditNote, &row.number, row.created_at, row.id);
                self.invoices.see_credit_note(&row);
            }
            Stored::Transaction(row) => {
                self.record.see_row(row.id);
                self.numbers.see(Series::Transaction, &row.number, row.created_at, row.id);
                self.known.names(v, row.id, row.client, row.case);
            }
            Stored::TimeEntry(row) => {
                self.record.see_row(row.id);
                self.known.names(v, row.id, row.client, row.case);
                self.invoices.see_time_entry(&row);
            }
            Stored::Expense(row) => {
                self.record.see_row(row.id);
                self.known.names(v, row.id, row.client, row.case);
                self.invoices.see_expense(&row);
            }
            Stored::Job(row) => {
                self.record.see_row(row.id);
                self.market.see_job(row);
            }
            Stored::Proposal(row) => {
                self.record.see_row(row.id);
                self.market.see_proposal(v, row);
            }
            Stored::Alert(row) => self.see_told(row.id.into(), row.seq),
            Stored::Webhook(row) => self.record.see_row(row.id),
            Stored::Delivery(row) => self.see_told(row.id.into(), row.seq),
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
            Stored::Counter(counter) => self.numbers.see_counter(counter),
            Stored::Audit(record) => {
                if let Some(seq) = self.record.see_audit(v, &record) {
                    let object = self.record.account_of(record.object);
                    self.story.see_accepted(v, &record, seq, object);
                }
            }
            Stored::AuditNode(node) => self.record.see_node(v, &node),
            Stored::Outcome(outcome) => self.record.see_outcome(v, &outcome),
        }
    }

    /// An alert or a delivery, and the command that caused it.
    fn see_told(&mut self, account: Account, seq: i64) {
        self.record.see_row(account);
        let holds = self.record.firm.as_ref().is_none_or(|firm| seq <= firm.seq);
        self.verdicts.i9.check(holds, || account.says("it names no command".to_owned()));
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
        self.numbers.judge(v);
        self.record.judge(v);
        self.verdicts.into_vec()
    }
}

impl Known {
    /// The client and the case that a row names are the firm's.
    fn names(
        &self,
        v: &mut Verdicts,
        row: impl Into<Account>,
        client: Option<Id<Client>>,
        case: Option<Id<Case>>,
    ) {
        let holds = client.is_none_or(|client| self.clients.contains_key(&client))
            && case.is_none_or(|case| self.cases.contains_key(&case));
        v.i9.check(holds, || {
            let text = "names a client or case that is not of this firm";
            row.into().says(text.to_owned())
        });
    }
}

/// The verdicts on one firm's rows.
pub fn check(rows: impl IntoIterator<Item = Stored>) -> Vec<Verdict> {
    let mut checker = Checker::default();
    rows.into_iter().for_each(|row| checker.see(row));
    checker.finish()
}
