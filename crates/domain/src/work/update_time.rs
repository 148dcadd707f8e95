//! Edit a time entry: only what is named changes, and somebody has to look at it anew.

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
    rows::{Case, Client, Review, TimeEntry},
    time::Moment,
    trust::past_day,
};

use super::{hourly_rate, length, may_change, shown_time, worth};

/// See [`UpdateTime`].
#[derive(Debug, Clone, Default)]
pub struct TimeEdit {
    /// For whom; the client of the case named when absent.
    pub client: Option<Ref<Client>>,
    /// On what.
    pub case: Option<Ref<Case>>,
    /// When.
    pub date: Option<Moment>,
    /// How long: 1 to [`super::MINUTES_MAX`].
    pub minutes: Option<i64>,
    /// The price of an hour; may be zero.
    pub hourly_rate: Option<Decimal>,
    /// Whether it may be billed.
    pub billable: Option<bool>,
    /// What was done.
    pub description: Option<String>,
}

/// Edit time that is not billed.
#[derive(Debug, Clone)]
pub struct UpdateTime {
    /// The time entry.
    pub entry: Ref<TimeEntry>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// What changes.
    pub edit: TimeEdit,
}

impl Decide for UpdateTime {
    const NAME: &'static str = "update_time";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::TimeEntry(self.entry.clone()));
        tag_keys(keys, self.edit.client.as_ref(), self.edit.case.as_ref());
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.entry)
    }

    /// Refuses, in this order: `minutes_required`, `time_entry_not_found`, `version_conflict`,
    /// `client_not_found`, `case_not_found`, `forbidden` (another's, to who may not review),
    /// `billed`, `timer_running` (its length is not known yet), `amount_…`, `date_in_future`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let edit = &self.edit;
        let asked = edit.minutes.map(length).transpose()?;
        let found = d.find(&self.entry)?;
        d.expect_version(&*found, self.version)?;
        let current = Tags { client: found.client, case: found.case };
        let tags = Tags::over(d, edit.client.as_ref(), edit.case.as_ref(), current)?;
        may_change(d, found.created_by)?;
        if found.invoice.is_some() {
            return Err(Rejection::Billed.into());
        }
        if asked.is_some() && found.started_at.is_some() {
            return Err(Rejection::TimerRunning.into());
        }
        let minutes = asked.unwrap_or(found.minutes);
        let currency = found.hourly_rate.currency();
        let hourly_rate =
            edit.hourly_rate.map_or(Ok(found.hourly_rate), |rate| hourly_rate(rate, currency))?;
        let amount = worth(minutes, hourly_rate)?;
        let day = edit.date.map_or(Ok(found.day), |date| past_day(d, Some(date)))?;

        // From here on the command succeeds.
        let entry = d.update(TimeEntry {
            client: tags.client,
            case: tags.case,
            day,
            minutes,
            hourly_rate,
            amount,
            billable: edit.billable.unwrap_or(found.billable),
            description: edit.description.clone().or_else(|| found.description.clone()),
            review: Review::Pending,
            ..TimeEntry::clone(&found)
        });
        shown_time(d, entry)
    }
}
