//! A payment arrives once, whoever says so and however often, and its money goes to one place.

use serde_json::{Value, json};

use crate::support::{
    client::Call,
    firm::{Firm, accepted, halalas, id, riyals, seq},
    race::Race,
    tokens,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c04_a_payment_that_eight_people_complete_tops_up_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        let named = json!({"paymentType": "retainer", "retainerId": retainer});
        let payment = firm.pending(&client, 500, &named).await;
        let answers = firm.target.race(vec![firm.complete(&payment); 8]).await?;
        let count = accepted(&answers, &["already_completed"])?;
        if count != 1 {
            return Err(format!("500 SAR topped up {count} times"));
        }
        firm.balances(&retainer, 60_000, 0).await?;
        firm.books().await.map(drop)
    };
    Race::new(30, "topped up").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c04_top_ups_and_consumes_add_up() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        let named = json!({"paymentType": "advance", "retainerId": retainer});
        let mut calls = Vec::new();
        for n in 0..6 {
            calls.push(firm.complete(&firm.pending(&client, 1 << n, &named).await));
            calls.push(firm.consume(&retainer, "5"));
        }
        let count = accepted(&firm.target.race(calls).await?, &[])?;
        if count != 12 {
            return Err(format!("{count} of twelve were carried out"));
        }
        firm.balances(&retainer, 10_000 + 6_300, 3_000).await?;
        firm.books().await.map(drop)
    };
    Race::new(20, "came in and").run(scenario).await;
}

/// A payment that names nothing is for the client's newest retainer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c04_payments_that_name_nothing_top_up_the_newest_retainer() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let older = firm.retainer_of(&client, 100, &json!({})).await;
        let newer = firm.retainer_of(&client, 100, &json!({})).await;
        let body = json!({"clientId": client, "amount": 50, "paymentMethod": "bank_transfer"});
        let mut calls = Vec::new();
        for _ in 0..4 {
            let payment = id(&firm.make(firm.post("/api/payments", &body)).await);
            calls.push(firm.complete(&payment));
        }
        accepted(&firm.target.race(calls).await?, &[])?;
        firm.balances(&older, 10_000, 0).await?;
        firm.balances(&newer, 30_000, 0).await?;
        firm.books().await.map(drop)
    };
    Race::new(20, "came in and").run(scenario).await;
}

/// Two payments for one invoice that takes only one of them: the rest of the first fills the retainer,
/// the rest of the second is credit. What came in is what is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c04_no_riyal_pays_an_invoice_and_tops_up_too() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        let invoice = firm.invoice(&client, 400).await;
        let both = json!({"paymentType": "retainer", "retainerId": retainer,
            "invoiceApplications": [{"invoiceId": invoice, "amount": 400}]});
        let first = firm.pending(&client, 1_000, &both).await;
        let second = firm.pending(&client, 400, &json!({"invoiceId": invoice})).await;
        let calls = vec![firm.complete(&first), firm.complete(&second)];
        accepted(&firm.target.race(calls).await?, &[])?;
        let told = |why| format!("1400 SAR came for an invoice of 400: {why}");
        let books = firm.books().await.map_err(told)?;
        let (held, credit) = (books.held() - 10_000, books.credit());
        if ![(60_000, 40_000), (100_000, 0)].contains(&(held, credit)) {
            let there = format!("{} on the retainer, {} free", riyals(held), riyals(credit));
            return Err(told(there));
        }
        books.invoice_is(&invoice, "paid", 40_000, 0)
    };
    Race::new(40, "1400 SAR came for an invoice of 400").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x09_a_payment_is_completed_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 5_000).await;
        let payment = firm.pending(&client, 400, &json!({"invoiceId": invoice})).await;
        let answers = firm.target.race(vec![firm.complete(&payment); 8]).await?;
        let count = accepted(&answers, &["already_completed"])?;
        if count != 1 {
            return Err(format!("one payment was completed {count} times"));
        }
        firm.books().await?.invoice_is(&invoice, "partial", 40_000, 460_000)
    };
    Race::new(40, "was completed").run(scenario).await;
}

/// Three people complete, three say it failed. It may fail first and arrive after all, not the reverse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x10_what_has_arrived_has_not_failed() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let payment = firm.pending(&client, 1_000, &json!({"invoiceId": invoice})).await;
        let fail = firm.on_payment(&payment, "fail", &json!({"reason": "declined"}));
        let call = |n: usize| if n < 3 { firm.complete(&payment) } else { fail.clone() };
        let order = [0, 3, 1, 4, 2, 5];
        let answers = firm.target.race(order.map(call).into()).await?;
        accepted(&answers, &["already_completed", "payment_not_pending"])?;
        let places = |is_side: fn(usize) -> bool| {
            let side = (0..6).filter(|n| is_side(order[*n]) && answers[*n].is_ok());
            side.map(|n| seq(&answers[n])).collect::<Vec<_>>()
        };
        let (arrived, failed) = (places(|n| n < 3), places(|n| n >= 3));
        let in_order = failed.iter().all(|failed| arrived.iter().all(|arrived| failed < arrived));
        if arrived.len() != 1 || failed.len() > 1 || !in_order {
            return Err(format!(
                "one payment arrived {} times and failed {} times",
                arrived.len(),
                failed.len()
            ));
        }
        let books = firm.books().await.map_err(|why| format!("one payment arrived: {why}"))?;
        if books.payment(&payment)["status"] != "completed" {
            return Err(format!(
                "one payment arrived, it is {}",
                books.payment(&payment)["status"]
            ));
        }
        books.invoice_is(&invoice, "paid", 100_000, 0)?;
        // Nor does it fail, get cancelled or arrive again afterwards, or after it went back.
        let cancel = firm.on_payment(&payment, "cancel", &json!({}));
        let all = vec![fail, cancel, firm.complete(&payment)];
        let refusals = ["already_completed", "payment_not_pending", "payment_settled"];
        let again = accepted(&firm.target.race(all.clone()).await?, &refusals)?;
        firm.make(firm.give_back(&payment, 1_000)).await;
        let after = accepted(&firm.target.race(all).await?, &refusals)?;
        if (again, after) != (0, 0) {
            return Err(format!("{again} changes after it arrived, {after} after its refund"));
        }
        firm.books().await?.invoice_is(&invoice, "sent", 0, 100_000)
    };
    Race::new(30, "one payment arrived").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x10_a_payment_is_completed_or_cancelled() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let payment = firm.pending(&client, 1_000, &json!({"invoiceId": invoice})).await;
        let cancel = firm.on_payment(&payment, "cancel", &json!({}));
        let pair = [firm.complete(&payment), cancel];
        let answers = firm.target.race([pair.clone(), pair.clone(), pair].concat()).await?;
        let refusals = ["already_completed", "payment_not_pending", "payment_settled"];
        let count = accepted(&answers, &refusals)?;
        if count != 1 {
            return Err(format!("one payment was completed or cancelled {count} times"));
        }
        let first = answers.iter().position(|answer| answer.is_ok()).expect("one was");
        let books = firm.books().await?;
        let status = &books.payment(&payment)["status"];
        match first % 2 {
            0 if *status == "completed" => books.invoice_is(&invoice, "paid", 100_000, 0),
            1 if *status == "cancelled" => books.invoice_is(&invoice, "sent", 0, 100_000),
            _ => Err(format!("the {first}th of six was accepted and it is {status}")),
        }
    };
    Race::new(30, "completed or cancelled").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x13_a_payment_is_completed_or_deleted() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let payment = firm.pending(&client, 1_000, &json!({"invoiceId": invoice})).await;
        let delete = firm.delete(format!("/api/payments/{payment}"));
        let mut calls = vec![delete; 4];
        calls.insert(2, firm.complete(&payment));
        let answers = firm.target.race(calls).await?;
        let count = accepted(&answers, &["payment_settled", "payment_not_found"])?;
        if count != 1 {
            return Err(format!("one payment was completed or deleted {count} times"));
        }
        let books = firm.books().await?;
        let there = books.payments.len();
        match (answers[2].is_ok(), there) {
            (true, 1) => books.invoice_is(&invoice, "paid", 100_000, 0),
            (false, 0) => books.invoice_is(&invoice, "sent", 0, 100_000),
            (completed, _) => Err(format!("completed {completed}, {there} payments are listed")),
        }
    };
    Race::new(40, "completed or deleted").run(scenario).await;
}

/// Three pending payments are deleted together while one of them arrives: all or none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x13_a_bulk_delete_takes_no_payment_that_has_arrived() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let mut payments = Vec::new();
        for _ in 0..3 {
            payments.push(firm.pending(&client, 1_000, &json!({"invoiceId": invoice})).await);
        }
        let bulk = firm.delete("/api/payments/bulk").json(&json!({"paymentIds": payments}));
        let calls = vec![bulk, firm.complete(&payments[2])];
        let answers = firm.target.race(calls).await?;
        let refusals = ["not_deletable", "payment_settled", "payment_not_found"];
        let count = accepted(&answers, &refusals)?;
        if count != 1 {
            return Err(format!("{count} of a bulk delete and a completion were carried out"));
        }
        let told = |why| format!("of a bulk delete and a completion one was done: {why}");
        let books = firm.books().await.map_err(told)?;
        match (answers[1].is_ok(), books.payments.len()) {
            (true, 3) => books.invoice_is(&invoice, "paid", 100_000, 0),
            (false, 0) => books.invoice_is(&invoice, "sent", 0, 100_000),
            (_, left) => Err(format!("{left} of three payments are left")),
        }
    };
    Race::new(40, "of a bulk delete and a completion").run(scenario).await;
}

/// The money goes where the payment said when it arrived, and nowhere else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x14_an_edit_of_applications_comes_before_completion_or_not_at_all() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoices = [firm.invoice(&client, 1_000).await, firm.invoice(&client, 1_000).await];
        let on = |n: usize| json!({"invoiceApplications": [{"invoiceId": invoices[n], "amount": 1_000}]});
        let payment = firm.pending(&client, 1_000, &on(0)).await;
        let edit = firm.put(format!("/api/payments/{payment}"), &on(1));
        let answers = firm.target.race(vec![firm.complete(&payment), edit]).await?;
        let count = accepted(&answers, &["payment_settled"])?;
        if !answers[0].is_ok() {
            return Err(format!("{count} of an edit and a completion were carried out"));
        }
        let told = |why| format!("an edit and a completion: {why}");
        let books = firm.books().await.map_err(told)?;
        let target = usize::from(answers[1].is_ok());
        books.invoice_is(&invoices[target], "paid", 100_000, 0).map_err(told)?;
        books.invoice_is(&invoices[1 - target], "sent", 0, 100_000).map_err(told)
    };
    Race::new(40, "an edit and a completion").run(scenario).await;
}

/// A double click is one payment and one answer under one key; without keys it is two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x15_a_double_click_is_one_payment() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let body = json!({"clientId": client, "amount": 100, "paymentMethod": "gateway",
            "paymentType": "customer_payment", "invoiceId": invoice, "status": "completed"});
        let clicks = [firm.post("/api/payments", &body), firm.pay(&invoice, 100)];
        for (n, click) in clicks.into_iter().enumerate() {
            let before = firm.list("/api/payments").await.len();
            let keyed = click.clone().key(format!("x15-{invoice}-{n}"));
            let answers = firm.target.race(vec![keyed; 2]).await?;
            let made = firm.list("/api/payments").await.len() - before;
            if made != 1 {
                return Err(format!("a double click under one key made {made} payments"));
            }
            if answers[0].body != answers[1].body || answers[0].status != 201 {
                return Err(format!("it was told {} {}", answers[0].text(), answers[1].text()));
            }
            // Two keys, or none, are two payments.
            let count = accepted(&firm.target.race(vec![click; 2]).await?, &[])?;
            let made = firm.list("/api/payments").await.len() - before;
            if (count, made) != (2, 3) {
                return Err(format!("{count} more were accepted, {made} are there"));
            }
        }
        let books = firm.books().await?;
        books.invoice_is(&invoice, "partial", 60_000, 40_000)
    };
    Race::new(20, "a double click under one key").run(scenario).await;
}

/// Two gateway payments were started for one invoice; both arrive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x19_of_two_gateway_payments_one_pays_the_other_is_credit() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let calls = gateway(firm, &client, &invoice, "credit").await;
        let count = accepted(&firm.target.race(calls).await?, &[])?;
        let told = |why| format!("{count} gateway payments of 1000 SAR arrived: {why}");
        let books = firm.books().await.map_err(told)?;
        if books.credit() != 100_000 {
            return Err(told(format!("{} is credit", riyals(books.credit()))));
        }
        books.invoice_is(&invoice, "paid", 100_000, 0).map_err(told)
    };
    Race::new(30, "gateway payments of 1000 SAR arrived").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x19_of_two_gateway_payments_that_must_fit_one_is_refused() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let calls = gateway(firm, &client, &invoice, "reject").await;
        let count = accepted(&firm.target.race(calls).await?, &["overpayment"])?;
        if count != 1 {
            return Err(format!("{count} gateway payments of 1000 SAR were taken"));
        }
        let books = firm.books().await?;
        let pending = books.payments.iter().filter(|payment| payment["status"] == "pending");
        if (books.credit(), pending.count()) != (0, 1) {
            return Err("the refused one is not as it was".to_owned());
        }
        books.invoice_is(&invoice, "paid", 100_000, 0)
    };
    Race::new(30, "gateway payments of 1000 SAR were taken").run(scenario).await;
}

/// The confirmations of two payments that were started for one invoice.
async fn gateway(firm: &Firm<'_>, client: &str, invoice: &str, action: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for intent in ["pi_1", "pi_2"] {
        let more = json!({"invoiceId": invoice, "paymentMethod": "gateway", "transactionId": intent,
            "overpaymentAction": action});
        calls.push(firm.complete(&firm.pending(client, 1_000, &more).await));
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x20_a_confirmation_is_applied_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 5_000).await;
        let more = json!({"invoiceId": invoice, "paymentMethod": "gateway"});
        let payment = firm.pending(&client, 400, &more).await;
        // The gateway tells it thrice, each time under another key; the payer's page tells it too.
        let calls = (0..6).map(|n| firm.complete(&payment).key(format!("x20-{payment}-{}", n % 4)));
        let answers = firm.target.race(calls.collect()).await?;
        let done = accepted(&answers, &["already_completed"])?;
        let fresh = answers.iter().filter(|answer| answer.is_ok() && !answer.is_replayed());
        let fresh = fresh.count();
        if fresh != 1 {
            return Err(format!("one confirmation was applied {fresh} times, told {done}"));
        }
        firm.books().await?.invoice_is(&invoice, "partial", 40_000, 460_000)
    };
    Race::new(30, "one confirmation was applied").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x20_not_everybody_confirms() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let payment = firm.pending(&client, 1_000, &json!({"invoiceId": invoice})).await;
        let by = |token: &str| {
            Call::post(format!("/api/payments/{payment}/complete"), &json!({})).token(token)
        };
        let mut calls = Vec::new();
        for role in ["lawyer", "paralegal", "secretary"] {
            calls.push(by(&firm.token_of(&tokens::new_id(), role)));
        }
        for _ in 0..3 {
            calls.push(by(&Firm::new(firm.target).token));
        }
        for (n, answer) in firm.target.race(calls).await?.iter().enumerate() {
            if answer.status != if n < 3 { 403 } else { 404 } {
                return Err(format!("somebody who may not confirm was told {}", answer.brief()));
            }
        }
        let books = firm.books().await?;
        if books.payment(&payment)["status"] != "pending" {
            return Err(format!("it is {}", books.payment(&payment)["status"]));
        }
        books.invoice_is(&invoice, "sent", 0, 100_000)
    };
    Race::new(20, "who may not confirm").broken_in_any_order().run(scenario).await;
}

/// A cheque clears once, and does not clear and bounce.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x10_a_cheque_clears_or_bounces() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let more = json!({"invoiceId": invoice, "paymentMethod": "check"});
        let payment = firm.pending(&client, 1_000, &more).await;
        let to = |status: &str| {
            firm.put(format!("/api/payments/{payment}/check-status"), &json!({"status": status}))
        };
        firm.make(to("deposited")).await;
        let pair = [to("cleared"), to("bounced")];
        let answers = firm.target.race([pair.clone(), pair.clone(), pair].concat()).await?;
        let refusals = [
            "check_not_received",
            "check_not_deposited",
            "already_completed",
            "payment_not_pending",
        ];
        let count = accepted(&answers, &refusals)?;
        if count != 1 {
            return Err(format!("one cheque cleared or bounced {count} times"));
        }
        let cleared = answers.iter().position(|answer| answer.is_ok()).is_some_and(|n| n % 2 == 0);
        let books = firm.books().await?;
        let status: &Value = &books.payment(&payment)["status"];
        match cleared {
            true if *status == "completed" => books.invoice_is(&invoice, "paid", 100_000, 0),
            false if *status == "failed" => books.invoice_is(&invoice, "sent", 0, 100_000),
            _ => Err(format!("cleared {cleared}, it is {status}")),
        }
    };
    Race::new(25, "one cheque cleared").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x09_a_payment_is_reconciled_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let payment = firm.credit(&client, 100).await;
        let reconcile = firm.on_payment(&payment, "reconcile", &json!({}));
        let answers = firm.target.race(vec![reconcile; 6]).await?;
        let count = accepted(&answers, &["already_reconciled"])?;
        if count != 1 {
            return Err(format!("one payment was reconciled {count} times"));
        }
        let books = firm.books().await?;
        let stands = books.payment(&payment);
        if stands["isReconciled"] == json!(true) && halalas(&stands["amount"]) == 10_000 {
            Ok(())
        } else {
            Err(format!("it is not: {stands}"))
        }
    };
    Race::new(25, "was reconciled").run(scenario).await;
}
