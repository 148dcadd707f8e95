//! `/api/transactions`: the firm's own books. **What clients' money does is not here**: it is in the
//! ledger, and told by the documents that move it.

mod body;
mod show;
mod sums;

use domain::{
    Day, Id, Ref,
    actor::Action,
    id::User,
    rows::{Firm, Transaction, TransactionStatus, TransactionType},
};
use hyper::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{ReadError, Reader, TransactionFilter, TransactionView};

use super::{days, sums::Summary};
use crate::{
    http::{
        error::Refusal,
        field::{Choice, Reference, Text, When},
        read::{Entity, Question, Rows, Visible},
        route::{Resource, command, command_as, list, one, read},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    const READ: Action = Action::ReadTransactions;
    let summary = "What was earned and spent, month by month";
    let summary = read("summariseTransactions", summary, READ, sums::summary).may_lag();
    let by_category = "What was earned and spent, by category";
    let by_category =
        read("sumTransactionsByCategory", by_category, READ, sums::by_category).may_lag();
    let balance = "What was earned, less what was spent";
    let balance = read("getTransactionBalance", balance, READ, sums::balance).may_lag();
    let delete_many = command("Delete several, all or none", body::delete_many, show::DELETED);
    let delete = "Delete a transaction that is not completed";
    let delete = command_as("deleteTransaction", delete, body::delete, show::DELETED);
    let update = command("Change a transaction that stands", body::update, show::UPDATED);
    let cancel = command("Take it back: it counts no more", body::cancel, show::CANCELLED);
    Resource::new("transactions", "The firm's own books: free records of income and expense.")
        .post("/", command("Record a transaction", body::create, show::CREATED))
        .get("/", list("listTransactions", "Transactions, newest first", READ, all))
        .get("/balance", balance)
        .get("/summary", summary)
        .get("/by-category", by_category)
        .on(&[Method::DELETE], "/bulk", delete_many)
        .get("/{id}", one::<TransactionView>("getTransaction", "One transaction"))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .on(&[Method::DELETE], "/{id}", delete)
        .post("/{id}/cancel", cancel)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    r#type: Choice<TransactionType>,
    status: Choice<TransactionStatus>,
    /// Only those counted under exactly this.
    category: Text,
    client_id: Reference,
    case_id: Reference,
    /// The first day.
    #[serde(alias = "from")]
    start_date: When,
    /// The last day.
    #[serde(alias = "to")]
    end_date: When,
    /// Only those whose number, description, category or reference contains this.
    search: Text<200>,
}

async fn all(
    question: Question<Filter>,
) -> Result<Rows<TransactionView, Summary<TransactionStatus>>, Refusal> {
    let asked = &question.filter;
    let filter = TransactionFilter {
        kind: asked.r#type.0,
        status: asked.status.0,
        category: asked.category.0.clone(),
        client: asked.client_id.reference(),
        case: asked.case_id.reference(),
        days: days::between(&question, &asked.start_date, &asked.end_date).await?,
        search: asked.search.0.clone(),
    };
    let (reader, firm) = (&question.reader, question.firm());
    let asked = reader.transactions_and_sums(firm, filter, question.page.clone());
    let (listed, sums) = asked.await?;
    Ok(question.rows_beside(listed, Summary(sums)))
}

impl Entity for TransactionView {
    type Row = Transaction;
    const NAME: &'static str = "transaction";
    const READ: Action = Action::ReadTransactions;
    const NOT_FOUND: Message = Message::TransactionNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Transaction>,
    ) -> Result<Option<Self>, ReadError> {
        reader.transaction(firm, by).await
    }
    fn version(&self) -> i64 {
        self.transaction.version
    }
    /// The firm's own books are no client's.
    fn is_of(&self, _: Id<User>) -> bool {
        false
    }
}

impl Visible for TransactionView {
    type Doc = show::TransactionDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        show::write(out, &self.transaction, self.client.as_ref(), self.case.as_ref());
    }
}
