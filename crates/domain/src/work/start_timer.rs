//! Start a timer: a time entry whose length is told by stopping it. A user has one at a time.

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    matters::{Tags, tag_keys},
    money::{Currency, Decimal, Money},
    rejection::Rejection,
    reply::Shown,
    rows::{Case, Client, Review, TimeEntry},
};

use super::{hourly_rate, shown_time, stop_timer::running};

/// The actor begins to work.
#[derive(Debug, Clone)]
pub struct StartTimer {
    /// For whom; the case's client when absent.
    pub client: Option<Ref<Client>>,
    /// On what.
    pub case: Option<Ref<Case>>,
    /// The price of an hour; zero when absent, until an edit names it.
    pub hourly_rate: Option<Decimal>,
    /// The firm's currency when absent.
    pub currency: Option<Currency>,
    /// Whether it may be billed; yes when absent.
    pub billable: Option<bool>,
    /// What is done.
    pub description: Option<String>,
}

impl Decide for StartTimer {
    const NAME: &'static str = "start_timer";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        tag_keys(keys, self.client.as_ref(), self.case.as_ref());
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `client_not_found`, `case_not_found`, `amount_…`, `timer_running`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        d.need([Key::Set(Set::TimerOf(d.actor.user))])?;
        let tags = Tags::over(d, self.client.as_ref(), self.case.as_ref(), Tags::default())?;
        let currency = self.currency.unwrap_or(d.book.firm.currency);
        let nothing = Money::zero(currency);
        let hourly_rate =
            self.hourly_rate.map_or(Ok(nothing), |rate| hourly_rate(rate, currency))?;
        if running(d)?.is_some() {
            return Err(Rejection::TimerRunning.into());
        }

        // From here on the command succeeds.
        let entry = TimeEntry {
            id: d.id(),
            client: tags.client,
            case: tags.case,
            day: d.today,
            minutes: 0,
            hourly_rate,
            amount: nothing,
            billable: self.billable.unwrap_or(true),
            description: self.description.clone(),
            review: Review::Pending,
            invoice: None,
            started_at: Some(d.at),
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
