//! S16 and S17: two ends of one document.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// S16: the best moment is rarely the same for both, so the second is released with the offset. Two
/// rounds in five void and pay, the others have shapes that not every server has.
pub(super) async fn of_invoice(round: &mut Round<'_>) -> Result<(), Stop> {
    let verdicts = [Verb::SubmitInvoice, Verb::ApproveInvoice, Verb::RejectInvoice];
    let can_edit = round.has(Verb::EditInvoice) && round.has(Verb::SubmitInvoice);
    match round.settings.round % 5 {
        2 if round.has(Verb::Refund) => void_or_refund(round).await,
        3 if verdicts.iter().all(|verb| round.has(*verb)) => approve_or_reject(round).await,
        4 if can_edit => give_out_or_edit(round).await,
        _ => void_or_pay(round).await,
    }
}

/// Somebody pays, or approves, what it said; so it may not say anything else afterwards.
async fn give_out_or_edit(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let draft = Ask::new(Verb::CreateInvoice).amount(500_00).client(&client);
    let invoice = round.made(draft).await?;
    let read = round.make(Ask::new(Verb::ReadInvoice).on(&invoice)).await?;
    let is_sent = round.has(Verb::SendInvoice) && round.settings.round.is_multiple_of(2);
    let give_out = if is_sent { Verb::SendInvoice } else { Verb::SubmitInvoice };
    let edit = |amount| {
        let edit = Ask::new(Verb::EditInvoice).on(&invoice).amount(amount);
        edit.with(|args| args.version = read.version).second()
    };
    round.race(vec![Ask::new(give_out).on(&invoice), edit(700_00), edit(900_00)]).await?;
    round.rest(Ask::new(Verb::ReadInvoice).on(&invoice)).await
}

/// Paid, so that it can't be voided before all of it went back.
async fn void_or_refund(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let invoice = round.invoice(&client, 500_00).await?;
    let payment = round.payment(&client, Some(&invoice), 500_00).await?;
    let of_invoice = |verb: Verb| {
        let invoice = invoice.clone();
        Ask::new(verb).on(&payment).amount(500_00).with(|args| args.invoice = Some(invoice))
    };
    round.make(of_invoice(Verb::CompletePayment)).await?;
    let void = Ask::new(Verb::VoidInvoice).on(&invoice).second();
    round.race(vec![of_invoice(Verb::Refund), void]).await?;
    round.rest(Ask::new(Verb::ReadInvoice).on(&invoice)).await?;
    round.rest_if(Ask::new(Verb::ReadPayment).on(&payment)).await
}

/// Two yes and a no.
async fn approve_or_reject(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let draft = Ask::new(Verb::CreateInvoice).amount(500_00).client(&client);
    let invoice = round.made(draft).await?;
    round.make(Ask::new(Verb::SubmitInvoice).on(&invoice)).await?;
    let ask = |verb| Ask::new(verb).on(&invoice);
    let (yes, no) = (ask(Verb::ApproveInvoice), ask(Verb::RejectInvoice).second());
    round.race(vec![yes.clone(), yes, no]).await?;
    round.rest(Ask::new(Verb::ReadInvoice).on(&invoice)).await
}

async fn void_or_pay(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let invoice = round.invoice(&client, 500_00).await?;
    let payment = round.payment(&client, Some(&invoice), 500_00).await?;
    let void = Ask::new(Verb::VoidInvoice).on(&invoice);
    let pay = Ask::new(Verb::CompletePayment).on(&payment).amount(500_00);
    let pay = pay.with(|args| args.invoice = Some(invoice.clone()));
    let asks = if round.settings.round.is_multiple_of(2) {
        vec![void, pay.second()]
    } else {
        vec![pay, void.second()]
    };
    round.race(asks).await?;
    round.rest(Ask::new(Verb::ReadInvoice).on(&invoice)).await?;
    round.rest_if(Ask::new(Verb::ReadPayment).on(&payment)).await
}

/// S17: three shapes by turns; one that the server can't be asked for is left out.
pub(super) async fn phantom(round: &mut Round<'_>) -> Result<(), Stop> {
    let can_close = round.has(Verb::CloseRetainer) && round.has(Verb::Deposit);
    let can_delete = round.has(Verb::DeleteClient) && round.has(Verb::OpenRetainer);
    match round.settings.round % 3 {
        1 if can_close => close_and_deposit(round).await,
        2 if can_delete => delete_and_use(round).await,
        _ => complete_and_cancel(round).await,
    }
}

async fn complete_and_cancel(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let payment = round.payment(&client, None, 100_00).await?;
    let complete = Ask::new(Verb::CompletePayment).on(&payment).amount(100_00);
    let cancel = Ask::new(Verb::CancelPayment).on(&payment).second();
    round.race(vec![complete, cancel]).await?;
    round.rest(Ask::new(Verb::ReadPayment).on(&payment)).await
}

async fn close_and_deposit(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 100_00).await?;
    let close = Ask::new(Verb::CloseRetainer).on(&retainer);
    let deposit = Ask::new(Verb::Deposit).on(&retainer).amount(40_00);
    round.race(vec![close, deposit.clone().second(), deposit.second()]).await?;
    round.rest(Ask::new(Verb::ReadRetainer).on(&retainer)).await
}

async fn delete_and_use(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let delete = Ask::new(Verb::DeleteClient).on(&client);
    let make = |verb| Ask::new(verb).client(&client).amount(100_00);
    let use_it = if !round.settings.round.is_multiple_of(2) || !round.has(Verb::CreateInvoice) {
        make(Verb::OpenRetainer)
    } else if round.has(Verb::SendInvoice) {
        // Nobody owes a draft; what is owed begins when it is given out.
        let draft = round.made(make(Verb::CreateInvoice)).await?;
        Ask::new(Verb::SendInvoice).on(&draft)
    } else {
        make(Verb::CreateInvoice)
    };
    round.race(vec![delete, use_it.second()]).await
}
