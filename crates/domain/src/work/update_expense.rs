//! Edit an expense: only what is named changes, and somebody has to look at it anew.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    matters::{Tags, tag_keys},
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{Case, Client, Expense, Review},
    time::Moment,
    trust::past_day,
};

use super::{may_change, shown_expense};

/// See [`UpdateExpense`].
#[derive(Debug, Clone, Default)]
pub struct ExpenseEdit {
    /// For whom; the client of the case named when absent.
    pub client: Option<Ref<Client>>,
    /// On what.
    pub case: Option<Ref<Case>>,
    /// When.
    pub date: Option<Moment>,
    /// How much.
    pub amount: Option<Decimal>,
    /// What it is counted under.
    pub category: Option<String>,
    /// Whether it may be billed.
    pub billable: Option<bool>,
    /// What it was for.
    pub description: Option<String>,
}

/// Edit an expense that is not billed.
#[derive(Debug, Clone)]
pub struct UpdateExpense {
    /// The expense.
    pub expense: Ref<Expense>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// What changes.
    pub edit: ExpenseEdit,
}

impl Decide for UpdateExpense {
    const NAME: &'static str = "update_expense";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Expense(self.expense.clone()));
        tag_keys(keys, self.edit.client.as_ref(), self.edit.case.as_ref());
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.expense)
    }

    /// Refuses, in this order: `expense_not_found`, `version_conflict`, `client_not_found`,
    /// `case_not_found`, `forbidden` (another's, to who may not review), `billed`, `amount_…`,
    /// `date_in_future`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let edit = &self.edit;
        let found = d.find(&self.expense)?;
        d.expect_version(&*found, self.version)?;
        let current = Tags { client: found.client, case: found.case };
        let tags = Tags::over(d, edit.client.as_ref(), edit.case.as_ref(), current)?;
        may_change(d, found.created_by)?;
        if found.invoice.is_some() {
            return Err(Rejection::Billed.into());
        }
        let currency = found.amount.currency();
        let amount = edit.amount.map_or(Ok(found.amount), |amount| amount.positive(currency))?;
        let day = edit.date.map_or(Ok(found.day), |date| past_day(d, Some(date)))?;

        // From here on the command succeeds.
        let expense = d.update(Expense {
            client: tags.client,
            case: tags.case,
            day,
            amount,
            category: edit.category.clone().or_else(|| found.category.clone()),
            billable: edit.billable.unwrap_or(found.billable),
            description: edit.description.clone().or_else(|| found.description.clone()),
            review: Review::Pending,
            ..Expense::clone(&found)
        });
        shown_expense(d, expense)
    }
}
