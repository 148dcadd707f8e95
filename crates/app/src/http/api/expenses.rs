//! `/api/expenses`: money laid out for clients. It is billed to them, or it is the firm's loss.

use domain::{
    Currency, Day, Id, Ref,
    actor::Action,
    id::User,
    reply::{Reply, Shown},
    rows::{Case, Client, Expense, Firm, Review},
    work::{
        Verdict,
        create_expense::CreateExpense,
        delete_expense::DeleteExpense,
        review_expense::ReviewExpense,
        update_expense::{ExpenseEdit, UpdateExpense},
    },
};
use hyper::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{ExpenseFilter, ExpenseView, ReadError, Reader};

use super::{
    clients::{self, ClientShortDoc},
    days, deleted,
    short::{self, CaseShortDoc},
    sums::Summary,
    time_entries::ReviewBody,
};
use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Amount, Choice, Flag, Notes, Reference, Text, Toggle, Version, When},
        json,
        read::{Entity, Question, Rows, Visible},
        route::{EmptyBody, Resource, command, command_as, list, one},
        wire::{self, wire},
    },
    messages::Message,
};

/// Whoever may lay out money sees what was laid out.
const READ: Action = Action::LogWork;

pub(in crate::http) fn routes() -> Resource {
    let update = command("Change an expense that is not billed", update, UPDATED);
    let delete = command("Delete an expense that is not billed", delete, DELETED);
    let approve = command_as("approveExpense", "Approve it: it stands", approve, REVIEWED);
    let reject = command_as("rejectExpense", "Reject it: it does not stand", reject, REVIEWED);
    Resource::new("expenses", "Money laid out for clients.")
        .post("/", command("Write down money that was laid out", create, CREATED))
        .get("/", list("listExpenses", "Expenses, newest first", READ, all))
        .get("/{id}", one::<ExpenseView>("getExpense", "One expense"))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .on(&[Method::DELETE], "/{id}", delete)
        .post("/{id}/approve", approve)
        .post("/{id}/reject", reject)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["amount"]),
    example = json!({"clientId": "CLT-2026-0001", "amount": "600", "category": "court", "description": "Court fee"})
)]
struct CreateBody {
    /// The case's client, where a case is named and nothing is said.
    client_id: Reference,
    case_id: Reference,
    /// Today, where nothing is said.
    date: When,
    amount: Amount,
    currency: Choice<Currency>,
    category: Text,
    /// Yes, where nothing is said.
    billable: Flag,
    description: Notes,
}

fn create(_: &Of, body: CreateBody) -> Result<CreateExpense, Refusal> {
    Ok(CreateExpense {
        client: body.client_id.reference(),
        case: body.case_id.reference(),
        date: body.date.0,
        amount: body.amount.required("amount")?,
        currency: body.currency.0,
        category: body.category.0,
        billable: body.billable.0,
        description: body.description.0,
    })
}

/// Only the fields that are named change, and the expense waits for approval again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({"amount": "650", "__v": 0}))]
struct UpdateBody {
    #[serde(rename = "__v")]
    version: Version,
    client_id: Reference,
    case_id: Reference,
    date: When,
    amount: Amount,
    category: Text,
    billable: Flag,
    description: Notes,
}

fn update(of: &Of, body: UpdateBody) -> Result<UpdateExpense, Refusal> {
    let edit = ExpenseEdit {
        client: body.client_id.reference(),
        case: body.case_id.reference(),
        date: body.date.0,
        amount: body.amount.optional("amount")?,
        category: body.category.0,
        billable: body.billable.0,
        description: body.description.0,
    };
    Ok(UpdateExpense { expense: of.row(), version: of.version(&body.version)?, edit })
}

fn delete(of: &Of, _: EmptyBody) -> Result<DeleteExpense, Refusal> {
    Ok(DeleteExpense { expense: of.row() })
}

fn approve(of: &Of, _: ReviewBody) -> Result<ReviewExpense, Refusal> {
    Ok(ReviewExpense { expense: of.row(), verdict: Verdict::Approve })
}

fn reject(of: &Of, _: ReviewBody) -> Result<ReviewExpense, Refusal> {
    Ok(ReviewExpense { expense: of.row(), verdict: Verdict::Reject })
}

const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::ExpenseCreated,
    location: Some("/api/expenses/"),
    fields: tell,
    doc: |generator| wire::entity::<ExpenseDoc>("expense", generator),
};
const UPDATED: Telling = said(Message::ExpenseUpdated);
const REVIEWED: Telling = said(Message::WorkReviewed);
const DELETED: Telling = deleted::telling(Message::ExpenseDeleted);

const fn said(message: Message) -> Telling {
    Telling { status: StatusCode::OK, message, location: None, ..CREATED }
}

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Expense { expense, parties } = &reply.shown else {
        unreachable!("a command about an expense shows it")
    };
    let (client, case) = (parties.client.as_deref(), parties.case.as_deref());
    o.entity("expense", |out| write(out, expense, client, case));
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    status: Choice<Review>,
    client_id: Reference,
    case_id: Reference,
    /// Only those counted under exactly this.
    category: Text,
    /// Only those of who laid it out.
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

async fn all(question: Question<Filter>) -> Result<Rows<ExpenseView, Summary<Review>>, Refusal> {
    let asked = &question.filter;
    let filter = ExpenseFilter {
        client: asked.client_id.reference(),
        case: asked.case_id.reference(),
        by: asked.created_by.0,
        category: asked.category.0.clone(),
        billable: asked.billable.0,
        billed: asked.billed.0,
        review: asked.status.0,
        days: days::between(&question, &asked.from, &asked.to).await?,
    };
    let (reader, firm) = (&question.reader, question.firm());
    let asked = reader.expenses_and_sums(firm, filter, question.page.clone());
    let (listed, sums) = asked.await?;
    Ok(question.rows_beside(listed, Summary(sums)))
}

impl Entity for ExpenseView {
    type Row = Expense;
    const NAME: &'static str = "expense";
    const READ: Action = READ;
    const NOT_FOUND: Message = Message::ExpenseNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Expense>,
    ) -> Result<Option<Self>, ReadError> {
        reader.expense(firm, by).await
    }
    fn version(&self) -> i64 {
        self.expense.version
    }
    /// Clients see it on an invoice.
    fn is_of(&self, _: Id<User>) -> bool {
        false
    }
}

impl Visible for ExpenseView {
    type Doc = ExpenseDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write(out, &self.expense, self.client.as_ref(), self.case.as_ref());
    }
}

wire! {
    /// Money laid out for a client.
    ExpenseDoc {
        _id: wire::Id,
        __v: wire::Number,
        clientId: Option<ClientShortDoc>,
        caseId: Option<CaseShortDoc>,
        date: wire::Day,
        amount: wire::Money,
        currency: wire::CurrencyCode,
        category: Option<String>,
        billable: bool,
        /// Whether a live invoice bills it.
        billed: bool,
        /// The live invoice that bills it.
        invoiceId: Option<wire::Id>,
        /// Whether somebody has looked at it.
        status: wire::Name<Review>,
        description: Option<String>,
        /// Who laid it out.
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

fn write(out: &mut Vec<u8>, expense: &Expense, client: Option<&Client>, case: Option<&Case>) {
    json::object(out, |o| {
        o.id("_id", expense.id);
        o.integer("__v", expense.version);
        o.with_or_null("clientId", client, clients::write_short);
        o.with_or_null("caseId", case, short::write_case);
        o.day("date", expense.day);
        o.money("amount", expense.amount);
        o.text("currency", expense.amount.currency().code());
        o.text_or_null("category", expense.category.as_deref());
        o.flag("billable", expense.billable);
        o.flag("billed", expense.invoice.is_some());
        o.id_or_null("invoiceId", expense.invoice);
        o.text("status", expense.review.name());
        o.text_or_null("description", expense.description.as_deref());
        o.id("createdBy", expense.created_by);
        o.time("createdAt", expense.created_at);
        o.time("updatedAt", expense.updated_at);
    });
}
