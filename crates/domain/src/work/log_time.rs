//! Write down time that was spent.

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
    rows::{Case, Client, Review, TimeEntry},
    time::Moment,
    trust::past_day,
};

use super::{hourly_rate, length, shown_time, worth};

/// Time spent by the actor.
#[derive(Debug, Clone)]
pub struct LogTime {
    /// For whom; the case's client when absent.
    pub client: Option<Ref<Client>>,
    /// On what.
    pub case: Option<Ref<Case>>,
    /// When; today when absent.
    pub date: Option<Moment>,
    /// How long: 1 to [`super::MINUTES_MAX`].
    pub minutes: i64,
    /// The price of an hour; may be zero.
    pub hourly_rate: Decimal,
    /// The firm's currency when absent.
    pub currency: Option<Currency>,
    /// Whether it may be billed; yes when absent.
    pub billable: Option<bool>,
    /// What was done.
    pub description: Option<String>,
}

impl Decide for LogTime {
    const NAME: &'static str = "log_time";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        tag_keys(keys, self.client.as_ref(), self.case.as_ref());
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `minutes_required`, `client_not_found`, `case_not_found`, `amount_…`,
    /// `date_in_future`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let minutes = length(self.minutes)?;
        let tags = Tags::over(d, self.client.as_ref(), self.case.as_ref(), Tags::default())?;
        let currency = self.currency.unwrap_or(d.book.firm.currency);
        let hourly_rate = hourly_rate(self.hourly_rate, currency)?;
        let amount = worth(minutes, hourly_rate)?;
        let day = past_day(d, self.date)?;

        // From here on the command succeeds.
        let entry = TimeEntry {
            id: d.id(),
            client: tags.client,
            case: tags.case,
            day,
            minutes,
            hourly_rate,
            amount,
            billable: self.billable.unwrap_or(true),
            description: self.description.clone(),
            review: Review::Pending,
            invoice: None,
            started_at: None,
            deleted: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        let entry = d.insert(entry);
        shown_time(d, entry)
    }
}
