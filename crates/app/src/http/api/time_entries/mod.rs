//! `/api/time-entries`: time spent, written down or told by a timer.

mod body;
mod show;

use domain::{
    Day, Id, Ref,
    actor::Action,
    id::User,
    rows::{Firm, Review, TimeEntry},
};
use hyper::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{ReadError, Reader, TimeEntryFilter, TimeEntryView};

pub(super) use self::body::ReviewBody;
use super::{days, sums::Summary};
use crate::{
    http::{
        error::Refusal,
        field::{Choice, Reference, Toggle, When},
        read::{Entity, Question, Rows, Visible},
        route::{Resource, command, command_as, list, one},
    },
    messages::Message,
};

/// Whoever may work sees what was worked.
const READ: Action = Action::LogWork;

pub(in crate::http) fn routes() -> Resource {
    let start = command("Begin to work", body::start, show::STARTED);
    let stop = command("End the work: what has passed is its length", body::stop, show::STOPPED);
    let update = command("Change time that is not billed", body::update, show::UPDATED);
    let delete = command("Delete time that is not billed", body::delete, show::DELETED);
    let summary = "Approve time: it stands";
    let approve = command_as("approveTimeEntry", summary, body::approve, show::REVIEWED);
    let summary = "Reject time: it does not stand";
    let reject = command_as("rejectTimeEntry", summary, body::reject, show::REVIEWED);
    Resource::new("time-entries", "Time spent: written down, or told by a timer.")
        .post("/", command("Write down time that was spent", body::create, show::LOGGED))
        .get("/", list("listTimeEntries", "Time entries, newest first", READ, all))
        .post("/timer/start", start)
        .post("/timer/stop", stop)
        .get("/{id}", one::<TimeEntryView>("getTimeEntry", "One time entry"))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .on(&[Method::DELETE], "/{id}", delete)
        .post("/{id}/approve", approve)
        .post("/{id}/reject", reject)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    status: Choice<Review>,
    client_id: Reference,
    case_id: Reference,
    /// Only those of who worked.
    created_by: Choice<Id<User>>,
    billable: Toggle,
    /// Only those that an invoice bills, or none.
    billed: Toggle,
    /// The first day.
    #[serde(alias = "startDate")]
    from: When,
    /// The last day.
    #[serde(alias = "endDate")]
    to: When,
}

async fn all(question: Question<Filter>) -> Result<Rows<TimeEntryView, Summary<Review>>, Refusal> {
    let asked = &question.filter;
    let filter = TimeEntryFilter {
        client: asked.client_id.reference(),
        case: asked.case_id.reference(),
        by: asked.created_by.0,
        billable: asked.billable.0,
        billed: asked.billed.0,
        review: asked.status.0,
        days: days::between(&question, &asked.from, &asked.to).await?,
    };
    let (reader, firm) = (&question.reader, question.firm());
    let asked = reader.time_entries_and_sums(firm, filter, question.page.clone());
    let (listed, sums) = asked.await?;
    Ok(question.rows_beside(listed, Summary(sums)))
}

impl Entity for TimeEntryView {
    type Row = TimeEntry;
    const NAME: &'static str = "timeEntry";
    const READ: Action = READ;
    const NOT_FOUND: Message = Message::TimeEntryNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<TimeEntry>,
    ) -> Result<Option<Self>, ReadError> {
        reader.time_entry(firm, by).await
    }
    fn version(&self) -> i64 {
        self.entry.version
    }
    /// Clients see it on an invoice.
    fn is_of(&self, _: Id<User>) -> bool {
        false
    }
}

impl Visible for TimeEntryView {
    type Doc = show::TimeEntryDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        show::write(out, &self.entry, self.client.as_ref(), self.case.as_ref());
    }
}
