//! The ledger itself: every posting, which account it debits, which it credits, and what it undoes.

use domain::{
    Day, Id,
    ledger::{Account, Side},
    rows::{Entry, Firm},
};

use super::balance::name;
use crate::http::{
    error::Refusal,
    json,
    read::{Question, Rows, Visible},
    wire::{self, wire},
};

pub(super) async fn all(question: Question) -> Result<Rows<Entry>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.entries(firm, question.page.clone()).await?))
}

wire! {
    /// One amount, from the account that is credited to the one that is debited.
    EntryDoc {
        /// The command that made it, by its place in the firm's journal.
        seq: wire::Number,
        /// Which of that command's postings it is, from 1.
        line: wire::Number,
        date: wire::Day,
        debit: SideDoc,
        credit: SideDoc,
        amount: wire::Money,
        currency: wire::CurrencyCode,
        /// The command whose posting it takes back.
        reverses: Option<wire::Number>,
    }

    /// An account, and whose part of it.
    SideDoc {
        /// The account's number.
        code: wire::Number,
        name: wire::Name<Account>,
        /// The retainer, client or invoice it is kept for.
        of: Option<wire::Id>,
    }
}

impl Visible for Entry {
    type Doc = EntryDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        let amount = self.posting.amount;
        json::object(out, |o| {
            o.integer("seq", self.seq);
            o.integer("line", self.line);
            o.day("date", self.day);
            o.with("debit", |out| write_side(out, &self.posting.debit));
            o.with("credit", |out| write_side(out, &self.posting.credit));
            o.money("amount", amount);
            o.text("currency", amount.currency().code());
            match self.reverses {
                Some(seq) => o.integer("reverses", seq),
                None => o.null("reverses"),
            }
        });
    }
}

fn write_side(out: &mut Vec<u8>, side: &Side) {
    json::object(out, |o| {
        o.integer("code", side.account.code());
        o.text("name", name(side.account));
        o.id_or_null("of", side.of.map(Id::<Firm>::new));
    });
}
