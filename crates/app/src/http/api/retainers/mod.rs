//! `/api/retainers`: client money held in trust.

mod body;
mod lists;
mod show;

use std::sync::Arc;

use axum::extract::State;
use domain::{
    Ref,
    actor::Action,
    rows::Retainer,
    trust::{
        consume::ConsumeRetainer, open::OpenRetainer, refund::RefundRetainer,
        replenish::ReplenishRetainer, update::UpdateRetainer,
    },
};
use store::RetainerView;

use self::body::{ConsumeBody, OpenBody, RefundBody, ReplenishBody, UpdateBody};
pub(in crate::http) use self::lists::{list, low_balance, stats};
pub(super) use self::show::write;
use super::{
    clients,
    list::{Asked, Part},
};
use crate::{
    App,
    http::{
        answer::Answer,
        error::Refusal,
        extract::{Ask, Caller, Named},
    },
    messages::Message,
};

/// `POST /api/retainers`
pub(in crate::http) async fn open(mut ask: Ask<OpenBody>) -> Result<Answer, Refusal> {
    let command = OpenRetainer::try_from(std::mem::take(&mut ask.body))?;
    ask.carry_out(command, show::OPENED).await
}

/// `PUT` or `PATCH /api/retainers/:id`: only the fields that are named change.
pub(in crate::http) async fn update(
    Named(retainer): Named<Retainer>,
    mut ask: Ask<UpdateBody>,
) -> Result<Answer, Refusal> {
    let (terms, in_body) = std::mem::take(&mut ask.body).split()?;
    let version = ask.precondition(in_body)?;
    let command = UpdateRetainer { retainer, version, terms };
    ask.carry_out(command, show::UPDATED).await
}

/// `POST /api/retainers/:id/consume`
pub(in crate::http) async fn consume(
    Named(retainer): Named<Retainer>,
    mut ask: Ask<ConsumeBody>,
) -> Result<Answer, Refusal> {
    let body = std::mem::take(&mut ask.body);
    let command = ConsumeRetainer {
        retainer,
        amount: body.amount.required("amount")?,
        invoice: body.invoice_id.reference(),
        date: body.date.0,
        description: body.description.0,
    };
    ask.carry_out(command, show::CONSUMED).await
}

/// `POST /api/retainers/:id/replenish`
pub(in crate::http) async fn replenish(
    Named(retainer): Named<Retainer>,
    mut ask: Ask<ReplenishBody>,
) -> Result<Answer, Refusal> {
    let body = std::mem::take(&mut ask.body);
    let command = ReplenishRetainer {
        retainer,
        amount: body.amount.required("amount")?,
        payment: body.payment_id.reference(),
        date: body.date.0,
        description: body.description.0,
    };
    ask.carry_out(command, show::REPLENISHED).await
}

/// `POST /api/retainers/:id/refund`
pub(in crate::http) async fn refund(
    Named(retainer): Named<Retainer>,
    mut ask: Ask<RefundBody>,
) -> Result<Answer, Refusal> {
    let body = std::mem::take(&mut ask.body);
    let command =
        RefundRetainer { retainer, amount: body.amount.optional("amount")?, reason: body.reason.0 };
    ask.carry_out(command, show::REFUNDED).await
}

/// `GET /api/retainers/:id`
pub(in crate::http) async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(by): Named<Retainer>,
) -> Result<Answer, Refusal> {
    let view = visible(&app, &caller, &by).await?;
    let mut out = Vec::with_capacity(1_024);
    write(&mut out, &view.retainer, &view.client, caller.today().await?);
    Ok(Answer::one("retainer", view.retainer.version, &out))
}

/// `GET /api/retainers/:id/history`
pub(in crate::http) async fn history(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(by): Named<Retainer>,
    Asked(part): Asked<Part>,
) -> Result<Answer, Refusal> {
    let page = part.page()?;
    // Asked for by id from here on: the journal must be the one of the row that was checked.
    let id = visible(&app, &caller, &by).await?.retainer.id;
    let history = app.reader.history(caller.actor.firm, &Ref::Id(id), page.clone()).await?;
    let history = history.ok_or_else(not_found)?;
    let (retainer, movements) = (&history.retainer, &history.movements);
    Ok(super::list::answer(movements, &page, show::write_movement, |o| {
        o.text("retainerNumber", &retainer.number);
        o.money("currentBalance", retainer.balance);
        o.money("initialAmount", retainer.initial_amount);
        o.text("currency", retainer.currency().code());
    }))
}

/// The retainer, if it is there and the caller may see it; to others it is not there.
async fn visible(app: &App, caller: &Caller, by: &Ref<Retainer>) -> Result<RetainerView, Refusal> {
    let own = caller.may(Action::ReadRetainers).await?;
    let found = app.reader.retainer(caller.actor.firm, by).await?;
    let mut view =
        found.filter(|view| clients::belongs(&view.client, own)).ok_or_else(not_found)?;
    clients::hide_from(own, &mut view.retainer.terms.notes);
    Ok(view)
}

fn not_found() -> Refusal {
    Refusal::not_found(Message::RetainerNotFound)
}
