//! Erase who a client is. The person goes; documents, numbers, ledger and proofs stay.
//!
//! Names, ways to reach them, and every text that was typed about them are taken out of all rows, deleted
//! ones too; what the audit log says beyond what happened goes behind its commitments, and the answers
//! kept under keys go with it. **Nothing that is counted changes.** Asked for again it does the same
//! again, so that what was typed since goes as well.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    actor::Action,
    billing::delete_clients::are_free,
    book::Book,
    change::{Change, Erasure, Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    entity::Entity,
    id::{Id, Ref},
    rejection::Rejection,
    reply::Shown,
    rows::{
        Case, Client, ClientProfile, CreditNote, Expense, Invoice, Line, Payment, Refund, Retainer,
        RetainerTerms, TimeEntry, Transaction,
    },
};

/// What stands where a name has to stand.
pub const ERASED: &str = "erased";

/// Take out who a client is, for good. The client is archived with it.
#[derive(Debug, Clone)]
pub struct EraseClient {
    /// The client, archived or not.
    pub client: Ref<Client>,
    /// Why; all that stays of the client's notes.
    pub reason: String,
}

impl Decide for EraseClient {
    const NAME: &'static str = "erase_client";
    const ACTION: Action = Action::EraseIdentities;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Client(self.client.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.client)
    }

    /// Refuses, in this order: `reason_required`, `client_not_found`, whatever keeps the client from
    /// being archived (`client_has_active_cases`, `client_has_open_invoices`, `client_has_retainers`,
    /// `client_has_credit`, `client_has_pending_payments`).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        if self.reason.trim().is_empty() {
            return Err(Rejection::ReasonRequired.into());
        }
        let client = d.look_up(&self.client)?;
        are_free(d, &BTreeSet::from([client.id]))?;
        let about = About::load(d, client.id)?;

        // From here on the command succeeds.
        d.push(Change::Erased(Erasure {
            client: client.id,
            objects: about.ids().chain([*client.id.bytes()]).collect(),
            login: client.user,
            up_to: d.book.firm.audit.count(),
        }));
        about.erase(d);
        let notes = Some(self.reason.clone());
        let profile = ClientProfile { full_name: ERASED.into(), notes, ..ClientProfile::default() };
        let erased = Client { profile, user: None, deleted: true, ..Client::clone(&client) };
        let is_new = erased != *client;
        Ok(Shown::Client(if is_new { d.update(erased) } else { client }))
    }
}

macro_rules! about {
    ($($field:ident: $row:ident, $is_its:expr;)+) => {
        /// Every row about a client, archived ones too.
        struct About {
            $($field: Vec<Arc<$row>>,)+
        }

        impl About {
            fn load(d: &Decision<'_>, client: Id<Client>) -> Result<Self, Stop> {
                $(let $field = {
                    let mut rows = d.all_ever::<$row>(Set::About(client))?;
                    let is_its: fn(&$row, Id<Client>) -> bool = $is_its;
                    rows.retain(|row| is_its(row, client));
                    rows
                };)+
                Ok(Self { $($field,)+ })
            }

            /// The id of each.
            fn ids(&self) -> impl Iterator<Item = [u8; 12]> {
                let ids: Vec<[u8; 12]> = Vec::new();
                ids.into_iter()$(.chain(self.$field.iter().map(|row| *Entity::id(&**row).bytes())))+
            }

            /// Takes the words out of each that has some.
            fn erase(self, d: &mut Decision<'_>) {
                $(for row in self.$field {
                    let wordless = $row::clone(&row).without_words();
                    if wordless != *row {
                        d.update(wordless);
                    }
                })+
            }
        }
    };
}
about! {
    cases: Case, |row, client| row.client == Some(client);
    retainers: Retainer, |row, client| row.client == client;
    invoices: Invoice, |row, client| row.client == client;
    payments: Payment, |row, client| row.client == Some(client);
    refunds: Refund, |row, client| row.client == client;
    credit_notes: CreditNote, |row, client| row.client == client;
    transactions: Transaction, |row, client| row.client == Some(client);
    time_entries: TimeEntry, |row, client| row.client == Some(client);
    expenses: Expense, |row, client| row.client == Some(client);
}

/// A row without what was typed into it.
trait Wordless {
    fn without_words(self) -> Self;
}

impl Wordless for Case {
    fn without_words(self) -> Self {
        Self { title: ERASED.into(), outcome: None, description: None, ..self }
    }
}

impl Wordless for Retainer {
    fn without_words(self) -> Self {
        let terms = RetainerTerms { agreement_url: None, notes: None, ..self.terms };
        Self { terms, ..self }
    }
}

impl Wordless for Invoice {
    fn without_words(self) -> Self {
        let lines = self.lines.iter().map(|line| Line { description: None, ..line.clone() });
        Self { lines: lines.collect(), reason: None, notes: None, ..self }
    }
}

impl Wordless for Payment {
    fn without_words(self) -> Self {
        let check = self.check.map(|mut check| {
            (check.number, check.bank) = (None, None);
            check
        });
        let (reference, details) = (None, None);
        Self { check, reference, details, notes: None, failure: None, ..self }
    }
}

impl Wordless for Refund {
    fn without_words(self) -> Self {
        Self { reason: None, ..self }
    }
}

impl Wordless for CreditNote {
    fn without_words(self) -> Self {
        Self { reason: None, ..self }
    }
}

impl Wordless for Transaction {
    fn without_words(self) -> Self {
        Self { description: None, reference: None, reason: None, ..self }
    }
}

impl Wordless for TimeEntry {
    fn without_words(self) -> Self {
        Self { description: None, ..self }
    }
}

impl Wordless for Expense {
    fn without_words(self) -> Self {
        Self { description: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Command, Currency, Money, Role,
        matters::{create_case::CreateCase, delete_case::DeleteCase},
        practice::{Practice, amount},
        trust::{
            open::{OpenRetainer, Terms},
            refund::RefundRetainer,
        },
    };

    fn client() -> Ref<Client> {
        Ref::Number("CLT-2026-0001".into())
    }

    fn erase() -> Command {
        EraseClient { client: client(), reason: "asked for".into() }.into()
    }

    fn open() -> Command {
        let terms = Terms { notes: Some("نورة lives here".into()), ..Terms::default() };
        OpenRetainer { client: client(), amount: amount("100"), currency: None, terms }.into()
    }

    fn case() -> Command {
        let title = "Noura against the bank".into();
        let client = Some(client());
        CreateCase { title, number: None, client, standing: None, description: None }.into()
    }

    fn refund() -> Command {
        let retainer = Ref::parse("RET-2026-0001");
        RefundRetainer { retainer, amount: None, reason: None }.into()
    }

    #[test]
    fn a_person_goes_and_what_was_counted_stays() {
        let mut practice = Practice::new();
        practice.ask(open()).unwrap();
        assert_eq!(practice.ask(erase()), Err(Rejection::ClientHasRetainers));
        practice.ask(refund()).unwrap();
        let Ok(Shown::Client(erased)) = practice.ask(erase()) else { panic!("not erased") };
        assert_eq!(erased.profile.full_name, ERASED);
        assert!(erased.deleted);
        assert_eq!(erased.searched_by(), format!("{ERASED}\nclt-2026-0001"));
        let row = practice.book.retainers.rows().next().unwrap();
        let hundred = Money::from_minor(10_000, Currency::SAR);
        assert_eq!((&row.terms.notes, row.deposits), (&None, hundred));
        let again = practice.ask(erase()).unwrap();
        assert_eq!(again, Shown::Client(erased), "nothing is left to change");
    }

    #[test]
    fn deleted_rows_lose_their_words_too() {
        let mut practice = Practice::new();
        let Shown::Retainer { retainer, .. } = practice.ask(open()).unwrap() else { panic!() };
        practice.ask(refund()).unwrap();
        let Ok(Shown::Case { case, .. }) = practice.ask(case()) else { panic!("no case") };
        practice.ask(DeleteCase { case: Ref::Id(case.id) }).unwrap();
        practice.ask(erase()).unwrap();
        let case = practice.book.cases.get(case.id).flatten().unwrap();
        assert_eq!((case.title.as_str(), case.deleted), (ERASED, true));
        assert!(practice.book.retainers.get(retainer.id).is_some());
    }

    #[test]
    fn only_an_owner_erases_and_says_why() {
        let mut practice = Practice::new();
        let without = EraseClient { client: client(), reason: " ".into() };
        assert_eq!(practice.ask(without), Err(Rejection::ReasonRequired));
        practice.role = Role::Admin;
        practice.user = 4;
        assert_eq!(practice.ask(erase()), Err(Rejection::Forbidden));
        (practice.role, practice.user) = (Role::Owner, 3);
        practice.ask(erase()).unwrap();
        assert!(practice.book.has_erased());
        let unknown = EraseClient { client: Ref::parse("CLT-2026-0009"), reason: "x".into() };
        assert_eq!(practice.ask(unknown), Err(Rejection::ClientNotFound));
    }
}
