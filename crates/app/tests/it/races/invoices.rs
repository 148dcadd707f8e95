//! The money on an invoice: what is paid on it, from wherever, is on it once and never more than is due.

use serde_json::json;

use crate::support::{
    client::Call,
    firm::{Firm, accepted, halalas, id, line, riyals, seq},
    race::Race,
};

const LOST: &str = "its payments say that";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c02_two_payments_of_500_pay_an_invoice_of_1000() {
    let scenario = async |firm: &Firm<'_>| completions(firm, &[500, 500]).await;
    Race::new(40, LOST).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c02_ten_payments_in_powers_of_two_are_all_on_the_invoice() {
    let amounts: Vec<i64> = (0..10).map(|n| 1 << n).collect();
    Race::new(15, LOST).run(async |firm| completions(firm, &amounts).await).await;
}

/// Payments of these amounts, completed at once, pay an invoice of their sum.
async fn completions(firm: &Firm<'_>, amounts: &[i64]) -> Result<(), String> {
    let client = firm.client().await;
    let total = amounts.iter().sum();
    let invoice = firm.invoice(&client, total).await;
    let mut calls = Vec::new();
    for amount in amounts {
        let payment = firm.pending(&client, *amount, &json!({"invoiceId": invoice})).await;
        calls.push(firm.complete(&payment));
    }
    let count = accepted(&firm.target.race(calls).await?, &[])?;
    if count != amounts.len() {
        return Err(format!("{count} of {} payments were completed", amounts.len()));
    }
    firm.books().await?.invoice_is(&invoice, "paid", total * 100, 0)
}

/// The three ways in which money reaches an invoice, all at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c02_payments_retainers_and_credit_meet_on_one_invoice() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_500).await;
        let retainer = firm.retainer_of(&client, 1_000, &json!({})).await;
        let payment = firm.pending(&client, 400, &json!({"invoiceId": invoice})).await;
        let credit = firm.credit(&client, 300).await;
        let applied = json!({"invoiceApplications": [{"invoiceId": invoice, "amount": 300}]});
        let drawn = json!({"retainerId": retainer, "amount": 600});
        let calls = vec![
            firm.complete(&payment),
            firm.pay(&invoice, 200),
            firm.on_payment(&credit, "apply", &applied),
            firm.on_invoice(&invoice, "apply-retainer", &drawn),
        ];
        let count = accepted(&firm.target.race(calls).await?, &[])?;
        let books = firm.books().await?;
        if (count, books.held(), books.credit()) != (4, 40_000, 0) {
            return Err(format!("{count} of four were set against it"));
        }
        books.invoice_is(&invoice, "paid", 90_000, 0)
    };
    Race::new(25, "paid").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x05_a_consume_for_an_invoice_pays_it_and_no_more() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 5_000, &json!({})).await;
        let invoice = firm.invoice(&client, 1_000).await;
        let body = json!({"amount": 400, "invoiceId": invoice, "description": "hearing"});
        let call = firm.post(format!("/api/retainers/{retainer}/consume"), &body);
        drawn(firm, vec![call; 4], &retainer, &invoice).await
    };
    Race::new(30, "of four times 400 SAR").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x24_a_retainer_is_applied_up_to_what_is_due() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 5_000, &json!({})).await;
        let invoice = firm.invoice(&client, 1_000).await;
        let body = json!({"retainerId": retainer, "amount": 400});
        let call = firm.on_invoice(&invoice, "apply-retainer", &body);
        drawn(firm, vec![call; 4], &retainer, &invoice).await
    };
    Race::new(30, "of four times 400 SAR").run(scenario).await;
}

/// Of four draws of 400 on an invoice of 1000 two go through, whichever way they came.
async fn drawn(
    firm: &Firm<'_>,
    calls: Vec<Call>,
    retainer: &str,
    invoice: &str,
) -> Result<(), String> {
    let count = accepted(&firm.target.race(calls).await?, &["amount_exceeds_due"])?;
    if count != 2 {
        return Err(format!("{count} of four times 400 SAR went onto an invoice of 1000"));
    }
    let books = firm.books().await?;
    firm.balances(retainer, 500_000, 80_000).await?;
    if halalas(&books.invoice(invoice)["retainerApplied"]) != 80_000 {
        return Err(format!("it says {}", books.invoice(invoice)["retainerApplied"]));
    }
    books.invoice_is(invoice, "partial", 0, 20_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x24_a_retainer_is_applied_up_to_what_it_holds() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 500, &json!({})).await;
        let invoices = [firm.invoice(&client, 1_000).await, firm.invoice(&client, 1_000).await];
        let call = |n: usize| {
            let body = json!({"retainerId": retainer, "amount": 400});
            firm.on_invoice(&invoices[n % 2], "apply-retainer", &body)
        };
        let answers = firm.target.race((0..4).map(call).collect()).await?;
        let count = accepted(&answers, &["insufficient_balance", "retainer_not_active"])?;
        if count != 1 {
            return Err(format!("400 SAR were drawn {count} times out of 500"));
        }
        firm.balances(&retainer, 50_000, 40_000).await?;
        firm.books().await.map(drop)
    };
    Race::new(30, "were drawn").run(scenario).await;
}

/// Either the edit is what is sent, or it comes too late; never is something else owed than was sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x17_an_edit_comes_before_the_sending_or_not_at_all() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.draft(&client, 1_000).await;
        let path = format!("/api/invoices/{invoice}");
        let version = firm.get(&path).await["data"]["__v"].clone();
        let edit = json!({"items": [line(500)], "vatRate": 0, "__v": version});
        let send = firm.on_invoice(&invoice, "send", &json!({}));
        let calls = vec![send.clone(), firm.put(&path, &edit), send];
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["invoice_not_draft", "version_conflict"])?;
        let sent: Vec<_> = [0, 2].into_iter().filter(|n| answers[*n].is_ok()).collect();
        let edited = answers[1].is_ok();
        let late = edited && sent.iter().any(|n| seq(&answers[*n]) < seq(&answers[1]));
        let total = if edited { 50_000 } else { 100_000 };
        let stands = firm.get(&path).await["data"].clone();
        let says = (stands["status"].as_str(), halalas(&stands["totalAmount"]));
        if sent.len() != 1 || late || says != (Some("sent"), total) {
            return Err(format!(
                "sent {} times, edited {edited}: it is {} with {}",
                sent.len(),
                stands["status"],
                stands["totalAmount"]
            ));
        }
        let after = firm.target.send(&firm.put(&path, &json!({"items": [line(1)]}))).await;
        if after.code() != "invoice_not_draft" {
            return Err(format!("an edit after the sending: {}", after.text()));
        }
        firm.books().await?.invoice_is(&invoice, "sent", 0, total)
    };
    Race::new(30, "times, edited").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x17_no_body_says_what_was_paid() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.draft(&client, 1_000).await;
        let path = format!("/api/invoices/{invoice}");
        let claims = [
            json!({"notes": "n", "amountPaid": 1_000}),
            json!({"notes": "n", "balanceDue": 0, "status": "paid"}),
            json!({"notes": "n", "retainerApplied": 1_000}),
        ];
        firm.target.race(claims.iter().map(|body| firm.put(&path, body)).collect()).await?;
        let stands = firm.get(&path).await["data"].clone();
        let sums = ["amountPaid", "retainerApplied"].map(|field| halalas(&stands[field]));
        if stands["status"] != "draft" || sums != [0, 0] {
            return Err(format!("a body made it {} with {sums:?} halalas paid", stands["status"]));
        }
        firm.make(firm.on_invoice(&invoice, "send", &json!({}))).await;
        firm.books().await?.invoice_is(&invoice, "sent", 0, 100_000)
    };
    Race::new(20, "a body made it").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x18_an_invoice_is_sent_once_and_stays_paid() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.draft(&client, 1_000).await;
        let send = firm.on_invoice(&invoice, "send", &json!({}));
        let mut calls = vec![send.clone(); 4];
        calls.insert(2, firm.pay(&invoice, 1_000));
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["invoice_not_draft", "invoice_not_issued"])?;
        let sent = [0, 1, 3, 4].into_iter().filter(|n| answers[*n].is_ok()).count();
        if sent != 1 {
            return Err(format!("an invoice was sent {sent} times"));
        }
        if !answers[2].is_ok() {
            firm.make(firm.pay(&invoice, 1_000)).await;
        }
        // Paid, it is not sent again, however often it is tried.
        let again = firm.target.race(vec![send; 4]).await?;
        if accepted(&again, &["invoice_not_draft"])? > 0 {
            return Err("a paid invoice was sent again".to_owned());
        }
        firm.books().await?.invoice_is(&invoice, "paid", 100_000, 0)
    };
    Race::new(30, "was sent").run(scenario).await;
}

/// An invoice that was due yesterday.
async fn late(firm: &Firm<'_>) -> String {
    firm.target.clock.set("2026-06-01T09:00:00Z");
    let client = firm.client().await;
    let body = json!({"clientId": client, "vatRate": 0, "dueDate": "2026-06-08",
        "items": [line(1_000)]});
    let invoice = id(&firm.make(firm.post("/api/invoices", &body)).await);
    firm.make(firm.on_invoice(&invoice, "send", &json!({}))).await;
    firm.target.clock.set("2026-06-09T09:00:00Z");
    invoice
}

/// Everything that looks at it.
fn looks(firm: &Firm<'_>, invoice: &str) -> Vec<Call> {
    let one = format!("/api/invoices/{invoice}");
    let paths = ["/api/invoices/overdue", "/api/invoices", "/api/invoices?status=overdue", &one];
    paths.into_iter().map(|path| Call::get(path).token(&firm.token)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x21_looking_for_what_is_overdue_takes_no_payment_back() {
    let scenario = async |firm: &Firm<'_>| {
        let invoice = late(firm).await;
        let mut calls = looks(firm, &invoice);
        calls.insert(1, firm.pay(&invoice, 400));
        calls.push(firm.pay(&invoice, 300));
        calls.extend(looks(firm, &invoice));
        let answers = firm.target.race(calls).await?;
        if let Some(answer) = answers.iter().find(|answer| !answer.is_ok()) {
            return Err(format!("a request was answered {}", answer.text()));
        }
        firm.books().await?.invoice_is(&invoice, "partial", 70_000, 30_000)
    };
    Race::new(30, LOST).in_this_process().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x21_looking_writes_nothing() {
    let scenario = async |firm: &Firm<'_>| {
        let invoice = late(firm).await;
        let path = format!("/api/invoices/{invoice}");
        let before = firm.get(&path).await["data"].clone();
        let answers =
            firm.target.race([looks(firm, &invoice), looks(firm, &invoice)].concat()).await?;
        if let Some(answer) = answers.iter().find(|answer| !answer.is_ok()) {
            return Err(format!("a request was answered {}", answer.text()));
        }
        let listed = answers[0].json()["data"].as_array().map_or(0, Vec::len);
        let after = firm.get(&path).await["data"].clone();
        if listed != 1 || after["__v"] != before["__v"] || after["updatedAt"] != before["updatedAt"]
        {
            return Err(format!(
                "looking at {listed} overdue changed version {} to {}",
                before["__v"], after["__v"]
            ));
        }
        if after["overdue"] == json!(true) {
            Ok(())
        } else {
            Err("it is not shown as overdue".to_owned())
        }
    };
    Race::new(20, "changed version").in_this_process().broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x22_an_invoice_takes_no_more_than_is_due() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let answers = firm.target.race(vec![firm.pay(&invoice, 400); 5]).await?;
        let count = accepted(&answers, &["amount_exceeds_due"])?;
        if count != 2 {
            return Err(format!("400 SAR were recorded {count} times on an invoice of 1000"));
        }
        let books = firm.books().await?;
        if books.payments.len() != 2 {
            return Err(format!("two payments were accepted, {} are there", books.payments.len()));
        }
        books.invoice_is(&invoice, "partial", 80_000, 20_000)
    };
    Race::new(30, "were recorded").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x23_an_invoice_is_voided_or_paid() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let payment = firm.pending(&client, 700, &json!({"invoiceId": invoice})).await;
        let void = firm.on_invoice(&invoice, "void", &json!({"reason": "mistake"}));
        let mut calls = vec![void; 6];
        calls[2] = firm.complete(&payment);
        calls[3] = firm.pay(&invoice, 300);
        let answers = firm.target.race(calls).await?;
        let refusals = ["invoice_has_payments", "invoice_not_issued"];
        accepted(&answers, &refusals)?;
        let voided = [0, 1, 4, 5].into_iter().filter(|n| answers[*n].is_ok()).count();
        let recorded = answers[3].is_ok();
        if voided > 1 || (voided == 1 && recorded) {
            return Err(format!("it was voided {voided} times, paid {recorded}"));
        }
        let books = firm.books().await.map_err(|why| format!("it was voided or paid: {why}"))?;
        let paid = halalas(&books.invoice(&invoice)["amountPaid"]);
        // What has arrived has arrived: on a void invoice it is the client's credit.
        let came = 70_000 + if recorded { 30_000 } else { 0 };
        if (voided == 1 && paid > 0) || paid + books.credit() != came {
            return Err(format!("it was voided {voided} times and {} was paid", riyals(paid)));
        }
        match voided {
            1 => books.invoice_is(&invoice, "void", 0, 0),
            _ => books.invoice_is(&invoice, "paid", 100_000, 0),
        }
    };
    Race::new(40, "it was voided").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x23_a_void_takes_no_retainer_money_along() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 1_000, &json!({})).await;
        let invoice = firm.invoice(&client, 1_000).await;
        let void = firm.on_invoice(&invoice, "void", &json!({"reason": "mistake"}));
        let drawn = json!({"retainerId": retainer, "amount": 600});
        let apply = firm.on_invoice(&invoice, "apply-retainer", &drawn);
        let mut calls = vec![void; 5];
        calls[2] = apply;
        let answers = firm.target.race(calls).await?;
        let refusals = ["invoice_has_payments", "invoice_not_issued"];
        let count = accepted(&answers, &refusals)?;
        if count != 1 {
            return Err(format!("{count} of four voids and a draw went through"));
        }
        let books = firm.books().await?;
        let (held, status) = (books.held(), books.invoice(&invoice)["status"].clone());
        let due = if answers[2].is_ok() { ("partial", 40_000) } else { ("void", 100_000) };
        if (status.as_str(), held) != (Some(due.0), due.1) {
            return Err(format!("it is {status} and the retainer holds {}", riyals(held)));
        }
        Ok(())
    };
    Race::new(40, "voids and a draw").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x23_what_is_given_up_is_not_paid() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let give_up = firm.on_invoice(&invoice, "write-off", &json!({"reason": "bankrupt"}));
        let mut calls = vec![give_up; 5];
        calls[2] = firm.pay(&invoice, 1_000);
        let answers = firm.target.race(calls).await?;
        let count = accepted(&answers, &["invoice_not_issued", "nothing_due"])?;
        if count != 1 {
            return Err(format!("{count} of four write-offs and a payment were carried out"));
        }
        let books = firm.books().await?;
        let paid = answers[2].is_ok();
        let given_up = halalas(&books.invoice(&invoice)["writtenOffAmount"]);
        if given_up != if paid { 0 } else { 100_000 } {
            return Err(format!("{} were given up", riyals(given_up)));
        }
        let due = if paid { ("paid", 100_000) } else { ("written_off", 0) };
        books.invoice_is(&invoice, due.0, due.1, 0)
    };
    Race::new(30, "write-offs and a payment").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x25_an_hour_is_billed_once() {
    let body = json!({"description": "hearing", "minutes": 90, "hourlyRate": 400});
    let scenario = async |firm: &Firm<'_>| billed(firm, "time-entries", &body, "timeEntryId").await;
    Race::new(25, "invoices bill").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x25_an_expense_is_billed_once() {
    let body = json!({"description": "court fee", "amount": 600, "category": "court"});
    let scenario = async |firm: &Firm<'_>| billed(firm, "expenses", &body, "expenseId").await;
    Race::new(25, "invoices bill").run(scenario).await;
}

/// Six invoices want to bill the same work of 600; when the one that does is deleted, another may.
async fn billed(
    firm: &Firm<'_>,
    work: &str,
    body: &serde_json::Value,
    field: &str,
) -> Result<(), String> {
    let client = firm.client().await;
    let mut body = body.clone();
    (body["clientId"], body["billable"]) = (json!(client), json!(true));
    let work = id(&firm.make(firm.post(format!("/api/{work}"), &body)).await);
    let mut item = line(600);
    item[field] = json!(work);
    let call = firm.invoicing(&client, &[line(100), item]);
    for turn in ["first", "second"] {
        let answers = firm.target.race(vec![call.clone(); 6]).await?;
        let count = accepted(&answers, &["already_billed"])?;
        let there = firm.books().await?.invoices.len();
        if (count, there) != (1, 1) {
            return Err(format!("{turn}: {count} invoices bill the same work, {there} are there"));
        }
        let made = answers.iter().find(|answer| answer.is_ok()).expect("one was accepted");
        firm.make(firm.delete(format!("/api/invoices/{}", id(&made.json()["data"])))).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x26_credit_notes_take_no_more_back_than_was_billed() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let body = json!({"amount": 400, "reason": "agreed"});
        let call = firm.on_invoice(&invoice, "convert-to-credit-note", &body);
        let answers = firm.target.race(vec![call; 5]).await?;
        let count = accepted(&answers, &["credit_exceeds_invoice"])?;
        let notes = firm.list("/api/credit-notes").await.len();
        if (count, notes) != (2, 2) {
            return Err(format!("{count} credit notes of 400 on 1000 SAR, {notes} are there"));
        }
        let books = firm.books().await?;
        if halalas(&books.invoice(&invoice)["creditedAmount"]) != 80_000 {
            return Err(format!("it says {}", books.invoice(&invoice)["creditedAmount"]));
        }
        books.invoice_is(&invoice, "sent", 0, 20_000)
    };
    Race::new(30, "credit notes of 400").run(scenario).await;
}

/// 600 are credited and 600 paid on 1000: the due never falls below zero, and what was paid too much is
/// the client's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x26_a_credit_note_and_a_payment_share_what_is_due() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let note = json!({"amount": 600, "reason": "agreed"});
        let calls = vec![
            firm.on_invoice(&invoice, "convert-to-credit-note", &note),
            firm.pay(&invoice, 600),
        ];
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["credit_exceeds_invoice", "amount_exceeds_due"])?;
        let told = |why| format!("600 SAR credited and 600 SAR paid: {why}");
        let books = firm.books().await.map_err(told)?;
        let credited = if answers[0].is_ok() { 60_000 } else { 0 };
        let came = if answers[1].is_ok() { 60_000 } else { 0 };
        let stands = books.invoice(&invoice);
        let says = halalas(&stands["creditedAmount"]);
        let paid = halalas(&stands["amountPaid"]) + books.credit();
        if (says, paid) != (credited, came) {
            let says = format!("it says {} and {}", riyals(says), riyals(paid));
            return Err(told(says));
        }
        Ok(())
    };
    Race::new(40, "600 SAR credited and 600 SAR paid").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x38_an_invoice_is_approved_or_rejected() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.draft(&client, 1_000).await;
        firm.make(firm.on_invoice(&invoice, "submit-for-approval", &json!({}))).await;
        let word = |n: usize| ["approve", "reject"][n % 2];
        let why = |n: usize| [json!({}), json!({"reason": "not yet"})][n % 2].clone();
        let call = |n: usize| firm.on_invoice(&invoice, word(n), &why(n));
        let answers = firm.target.race((0..6).map(call).collect()).await?;
        let count = accepted(&answers, &["invoice_not_pending_approval"])?;
        if count != 1 {
            return Err(format!("one invoice was decided on {count} times"));
        }
        let said = answers.iter().position(|answer| answer.is_ok()).expect("one was");
        let status = firm.books().await?.invoice(&invoice)["status"].clone();
        if status == ["approved", "draft"][said % 2] {
            Ok(())
        } else {
            Err(format!("{} made it {status}", word(said)))
        }
    };
    Race::new(30, "was decided on").run(scenario).await;
}
