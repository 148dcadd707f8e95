//! What hangs on a client: nothing new for one that is gone, and figures that its documents confirm.

use serde_json::{Value, json};

use crate::support::{
    client::Call,
    firm::{Firm, accepted, halalas, id, line, riyals},
    race::Race,
};

/// The client's figures are what its documents add up to.
async fn figures(firm: &Firm<'_>, client: &str) -> Result<(), String> {
    let books = firm.books().await.map_err(|why| format!("the client's figures: {why}"))?;
    let is_owed = |row: &&Value| !["draft", "void"].contains(&row["status"].as_str().unwrap_or(""));
    let owed = books.invoices.iter().filter(is_owed);
    let sum = |field: &str| -> i64 {
        books.invoices.iter().map(|invoice| halalas(&invoice[field])).sum()
    };
    let due = (owed.count(), sum("amountPaid"), sum("balanceDue"));
    let stands = firm.get(format!("/api/clients/{client}")).await["data"].clone();
    let count = stands["totalInvoices"].as_u64().unwrap_or_default();
    let count = usize::try_from(count).expect("few");
    let says = (count, halalas(&stands["totalPaid"]), halalas(&stands["totalOutstanding"]));
    if says == due {
        return Ok(());
    }
    let told = |(count, paid, owed): (usize, i64, i64)| {
        format!("{count} invoices, {} paid, {} owed", riyals(paid), riyals(owed))
    };
    Err(format!("the client's figures: {} in its documents, it says {}", told(due), told(says)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c15_a_clients_figures_are_what_its_documents_say() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let mut invoices = Vec::new();
        for n in 0..4 {
            invoices.push(firm.draft(&client, 100 << n).await);
        }
        let send = |id: &String| firm.on_invoice(id, "send", &json!({}));
        let sent = firm.target.race(invoices.iter().map(send).collect()).await?;
        accepted(&sent, &[])?;
        figures(firm, &client).await?;
        let mut calls: Vec<Call> = invoices.iter().map(|invoice| firm.pay(invoice, 50)).collect();
        calls.push(firm.on_invoice(&invoices[3], "convert-to-credit-note", &json!({"amount": 10})));
        accepted(&firm.target.race(calls).await?, &[])?;
        figures(firm, &client).await
    };
    Race::new(20, "the client's figures").run(scenario).await;
}

/// Four people delete a client while somebody makes something for it: it is there or the client is gone.
async fn gone(
    firm: &Firm<'_>,
    client: &str,
    made: Call,
    refusals: &[&str],
    list: &str,
) -> Result<(), String> {
    let mut calls = vec![firm.delete(format!("/api/clients/{client}")); 4];
    calls.insert(2, made);
    let answers = firm.target.race(calls).await?;
    let count = accepted(&answers, &[refusals, &["client_not_found"]].concat())?;
    if count != 1 {
        return Err(format!("{count} of a new document and four deletes were carried out"));
    }
    let made = answers[2].is_ok();
    let there = firm.list(list).await.len();
    let look = Call::get(format!("/api/clients/{client}")).token(&firm.token);
    let found = firm.target.send(&look).await.status;
    if (there, found) == if made { (1, 200) } else { (0, 404) } {
        firm.books().await.map(drop)
    } else {
        Err(format!("made {made}, {there} are listed, the client answers {found}"))
    }
}

const BOTH: &str = "of a new document and four deletes";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x27_a_client_is_deleted_or_gets_a_retainer() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "initialAmount": 100});
        let made = firm.post("/api/retainers", &body);
        gone(firm, &client, made, &["client_has_retainers"], "/api/retainers").await
    };
    Race::new(40, BOTH).run(scenario).await;
}

/// A draft binds nobody; who is gone is sent no invoice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x27_a_client_is_deleted_or_gets_an_invoice() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let draft = firm.draft(&client, 100).await;
        let made = firm.on_invoice(&draft, "send", &json!({}));
        gone(firm, &client, made, &["client_has_open_invoices"], "/api/invoices?status=sent")
            .await?;
        let late = firm.target.send(&firm.invoicing(&client, &[line(100)])).await;
        match (late.is_ok(), late.code().as_str()) {
            (true, _) | (false, "client_not_found") => Ok(()),
            (false, _) => Err(format!("another invoice was answered {}", late.text())),
        }
    };
    Race::new(40, BOTH).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x27_a_client_is_deleted_or_its_retainer_is_filled() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        firm.make(firm.consume(&retainer, "100")).await;
        let made = firm.replenish(&retainer, "50");
        gone(firm, &client, made, &["client_has_retainers"], "/api/retainers?status=active").await
    };
    Race::new(40, BOTH).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x27_a_client_is_deleted_or_pays() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "amount": 100, "paymentMethod": "cash",
            "paymentType": "customer_payment"});
        let made = firm.post("/api/payments", &body);
        gone(firm, &client, made, &["client_has_pending_payments"], "/api/payments").await
    };
    Race::new(40, BOTH).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x27_a_client_is_deleted_or_has_credit() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "amount": 100, "paymentMethod": "cash",
            "paymentType": "customer_payment", "status": "completed"});
        let made = firm.post("/api/payments", &body);
        let refusals = ["client_has_credit", "client_has_pending_payments"];
        gone(firm, &client, made, &refusals, "/api/payments").await
    };
    Race::new(40, BOTH).run(scenario).await;
}

/// What failed may still arrive, but not for who is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x27_a_client_is_deleted_or_its_failed_payment_arrives() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let payment = firm.pending(&client, 100, &json!({})).await;
        firm.make(firm.on_payment(&payment, "fail", &json!({"reason": "declined"}))).await;
        let made = firm.complete(&payment);
        let refusals = ["client_has_credit", "client_has_pending_payments"];
        gone(firm, &client, made, &refusals, "/api/payments?status=completed").await
    };
    Race::new(40, BOTH).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x27_a_client_is_deleted_or_gets_a_case() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "title": "Claim", "caseNumber": "1447/12"});
        let made = firm.post("/api/cases", &body);
        gone(firm, &client, made, &["client_has_active_cases"], "/api/cases").await
    };
    Race::new(40, BOTH).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x39_a_case_has_one_outcome() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "title": "Claim", "caseNumber": "1447/12"});
        let case = id(&firm.make(firm.post("/api/cases", &body)).await);
        let outcome = |n: usize| ["won", "lost", "settled"][n % 3];
        let close = |n: usize| {
            let body = json!({"status": "closed", "outcome": outcome(n)});
            firm.put(format!("/api/cases/{case}"), &body)
        };
        let answers = firm.target.race((0..6).map(close).collect()).await?;
        let count = accepted(&answers, &["case_closed"])?;
        if count != 1 {
            return Err(format!("one case had {count} outcomes"));
        }
        let told = answers.iter().position(|answer| answer.is_ok()).expect("one was");
        let stands = firm.get(format!("/api/cases/{case}")).await["data"].clone();
        if (stands["status"].as_str(), stands["outcome"].as_str())
            == (Some("closed"), Some(outcome(told)))
        {
            Ok(())
        } else {
            Err(format!("{} was accepted, it says {}", outcome(told), stands["outcome"]))
        }
    };
    Race::new(30, "one case had").run(scenario).await;
}

/// Erases a client while somebody makes something for it: it is there, or the name is gone for good.
async fn forgotten(
    firm: &Firm<'_>,
    client: &str,
    made: Call,
    refusals: &[&str],
) -> Result<(), String> {
    let erase = firm.post(format!("/api/clients/{client}/erase"), &json!({"reason": "asked for"}));
    let answers = firm.target.race(vec![erase.clone(), erase.clone(), made, erase]).await?;
    let mut expected = refusals.to_vec();
    expected.push("client_not_found");
    accepted(&answers, &expected)?;
    let erased = [0, 1, 3].iter().filter(|n| answers[**n].is_ok()).count();
    let made = answers[2].is_ok();
    firm.books().await?;
    let is_named = named(firm, client).await;
    match (made, erased, is_named) {
        (true, 0, true) | (false, 1.., false) => Ok(()),
        _ => Err(format!("made {made}, erased {erased} times, and the name is there: {is_named}")),
    }
}

/// Whether anything still says who the client is.
async fn named(firm: &Firm<'_>, client: &str) -> bool {
    for path in [format!("/api/clients/{client}"), format!("/api/clients/{client}/export")] {
        let look = Call::get(path).token(&firm.token);
        if firm.target.send(&look).await.text().contains("Noura") {
            return true;
        }
    }
    false
}

const FORGOTTEN: &str = "and the name is there";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x42_a_client_is_erased_or_pays() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "amount": 100, "paymentMethod": "cash",
            "paymentType": "customer_payment"});
        let made = firm.post("/api/payments", &body);
        forgotten(firm, &client, made, &["client_has_pending_payments"]).await
    };
    Race::new(30, FORGOTTEN).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x42_a_client_is_erased_or_its_retainer_is_filled() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        firm.make(firm.consume(&retainer, "100")).await;
        let made = firm.replenish(&retainer, "50");
        forgotten(firm, &client, made, &["client_has_retainers"]).await
    };
    Race::new(30, FORGOTTEN).run(scenario).await;
}

/// Money in trust is drawn to its end while somebody erases: all of it is drawn, once, whatever wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x42_a_client_is_erased_after_the_last_consume() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        let erase =
            firm.post(format!("/api/clients/{client}/erase"), &json!({"reason": "asked for"}));
        let mut calls = vec![firm.consume(&retainer, "50"); 4];
        calls.extend([erase.clone(), erase]);
        let answers = firm.target.race(calls).await?;
        let drained = ["insufficient_balance", "retainer_not_active"];
        accepted(&answers[..4], &drained)?;
        accepted(&answers[4..], &["client_has_retainers", "client_not_found"])?;
        let drawn = answers[..4].iter().filter(|answer| answer.is_ok()).count();
        if drawn != 2 {
            return Err(format!("{drawn} of 2 consumes were carried out"));
        }
        let held = firm.books().await?.held();
        let erased = answers[4..].iter().any(|answer| answer.is_ok());
        let is_named = named(firm, &client).await;
        if held == 0 && erased != is_named {
            Ok(())
        } else {
            Err(format!("{held} halalas are held, erased {erased}, named {is_named}"))
        }
    };
    Race::new(30, "of 2 consumes").run(scenario).await;
}

/// A name that is written while it is erased is erased with it, or not written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x42_a_name_does_not_come_back() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let rename = |n: usize| {
            let body = json!({"fullName": format!("Noura {n}")});
            firm.put(format!("/api/clients/{client}"), &body).key(format!("{client} {n}"))
        };
        let mut calls: Vec<Call> = (0..4).map(rename).collect();
        let erase =
            firm.post(format!("/api/clients/{client}/erase"), &json!({"reason": "asked for"}));
        calls.insert(2, erase);
        let answers = firm.target.race(calls.clone()).await?;
        accepted(&answers, &["client_not_found"])?;
        if !answers[2].is_ok() {
            return Err(format!("the erasure was answered {}", answers[2].text()));
        }
        let mut is_named = named(firm, &client).await;
        // Nor does repeating it bring it back.
        for call in [&calls[0], &calls[4]] {
            let told = firm.target.send(call).await;
            is_named |= firm.target.is_ours() && told.text().contains("Noura");
        }
        if is_named { Err("erased, and the name is there".to_owned()) } else { Ok(()) }
    };
    Race::new(30, FORGOTTEN).run(scenario).await;
}
