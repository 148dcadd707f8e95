//! `/api/retainers`: client money held in trust.

mod body;
mod lists;
mod show;

use domain::{
    Id, Money, Ref,
    actor::Action,
    id::User,
    rows::{Firm, Movement, Retainer},
};
use hyper::Method;
use store::{ReadError, Reader, RetainerView};

pub(super) use self::show::{MovementDoc, RetainerDoc, write, write_movement};
use crate::{
    http::{
        error::Refusal,
        json,
        read::{Beside, Entity, Question, Rows},
        route::{Resource, command, list, one, read},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    const READ: Action = Action::ReadRetainers;
    let low = list("listLowRetainers", "Active, at or below their minimum", READ, lists::low);
    let history = list("listMovements", "A retainer's journal, newest first", READ, history);
    let transfer = command("Move it to another retainer", body::transfer, show::TRANSFERRED);
    let update = command("Change a retainer's terms", body::update, show::UPDATED);
    Resource::new("retainers", "Client money held in trust.")
        .post("/", command("Open a retainer with its first deposit", body::open, show::OPENED))
        .get("/", list("listRetainers", "Retainers, newest first", READ, lists::all))
        .get(
            "/stats",
            read("getRetainerStats", "Sums by status and currency", READ, lists::stats).may_lag(),
        )
        .get("/low-balance", low)
        .get("/{id}", one::<RetainerView>("getRetainer", "One retainer"))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .post("/{id}/consume", command("Draw on a retainer", body::consume, show::CONSUMED))
        .post("/{id}/replenish", command("Deposit more", body::replenish, show::REPLENISHED))
        .post("/{id}/refund", command("Return what is left", body::refund, show::REFUNDED))
        .post("/{id}/transfer", transfer)
        .get("/{id}/history", history)
}

impl Entity for RetainerView {
    type Row = Retainer;
    const NAME: &'static str = "retainer";
    const READ: Action = Action::ReadRetainers;
    const NOT_FOUND: Message = Message::RetainerNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Retainer>,
    ) -> Result<Option<Self>, ReadError> {
        reader.retainer(firm, by).await
    }
    fn version(&self) -> i64 {
        self.retainer.version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.client.user == Some(user)
    }
}

/// What dashboards read beside a journal.
struct Head {
    number: String,
    balance: Money,
    initial: Money,
}

wire! {
    /// The retainer that a journal belongs to.
    HeadDoc {
        retainerNumber: String,
        currentBalance: wire::Money,
        initialAmount: wire::Money,
        currency: wire::CurrencyCode,
    }
}

impl Beside for Head {
    type Doc = HeadDoc;

    fn write(&self, o: &mut json::Object<'_>) {
        o.text("retainerNumber", &self.number);
        o.money("currentBalance", self.balance);
        o.money("initialAmount", self.initial);
        o.text("currency", self.balance.currency().code());
    }
}

async fn history(question: Question) -> Result<Rows<Movement, Head>, Refusal> {
    // Asked for by id from here on: the journal must be the one of the row that was checked.
    let id = question.row::<RetainerView>().await?.retainer.id;
    let reader = &question.reader;
    let history = reader.history(question.firm(), &Ref::Id(id), question.page.clone()).await?;
    let history = history.ok_or_else(|| Refusal::not_found(Message::RetainerNotFound))?;
    let retainer = history.retainer;
    let head = Head {
        initial: retainer.initial_amount,
        balance: retainer.balance,
        number: retainer.number,
    };
    Ok(question.rows_beside(history.movements, head))
}
