//! Write down money that was laid out for a client.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    matters::{Tags, tag_keys},
    money::{Currency, Decimal},
    reply::Shown,
    rows::{Case, Client, Expense, Review},
    time::Moment,
    trust::past_day,
};

use super::shown_expense;

/// Money that the actor laid out.
#[derive(Debug, Clone)]
pub struct CreateExpense {
    /// For whom; the case's client when absent.
    pub client: Option<Ref<Client>>,
    /// On what.
    pub case: Option<Ref<Case>>,
    /// When; today when absent.
    pub date: Option<Moment>,
    /// How much.
    pub amount: Decimal,
    /// The firm's currency when absent.
    pub currency: Option<Currency>,
    /// What it is counted under.
    pub category: Option<String>,
    /// Whether it may be billed; yes when absent.
    pub billable: Option<bool>,
    /// What it was for.
    pub description: Option<String>,
}

impl Decide for CreateExpense {
    const NAME: &'static str = "create_expense";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        tag_keys(keys, self.client.as_ref(), self.case.as_ref());
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `client_not_found`, `case_not_found`, `amount_…`, `date_in_future`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let tags = Tags::over(d, self.client.as_ref(), self.case.as_ref(), Tags::default())?;
        let amount = self.amount.positive(self.currency.unwrap_or(d.book.firm.currency))?;
        let day = past_day(d, self.date)?;

        // From here on the command succeeds.
        let expense = Expense {
            id: d.id(),
            client: tags.client,
            case: tags.case,
            day,
            amount,
            category: self.category.clone(),
            billable: self.billable.unwrap_or(true),
            description: self.description.clone(),
            review: Review::Pending,
            invoice: None,
            deleted: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        let expense = d.insert(expense);
        shown_expense(d, expense)
    }
}
