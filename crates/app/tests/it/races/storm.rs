//! Everything that moves money, at once, on the same few documents: whatever was accepted and in
//! whatever order, the books agree.

use serde_json::json;

use crate::support::{
    client::Call,
    firm::{Firm, halalas, riyals},
    race::Race,
};

/// What there is at first: 3000 owed, 1500 in trust, 500 credit, 2100 to come.
struct Ground {
    invoices: [String; 3],
    retainers: [String; 2],
    coming: [String; 3],
    credit: String,
}

async fn ground(firm: &Firm<'_>) -> Ground {
    let client = firm.client().await;
    let mut invoices: [String; 3] = Default::default();
    for invoice in &mut invoices {
        *invoice = firm.invoice(&client, 1_000).await;
    }
    let retainers = [
        firm.retainer_of(&client, 1_000, &json!({})).await,
        firm.retainer_of(&client, 500, &json!({})).await,
    ];
    let rows = [&invoices[1], &invoices[2]].map(|id| json!({"invoiceId": id, "amount": 300}));
    let terms = [
        json!({"invoiceId": invoices[0]}),
        json!({"invoiceApplications": rows}),
        json!({"paymentType": "retainer", "retainerId": retainers[0]}),
    ];
    let mut coming: [String; 3] = Default::default();
    for (payment, terms) in coming.iter_mut().zip(&terms) {
        *payment = firm.pending(&client, 700, terms).await;
    }
    let credit = firm.credit(&client, 500).await;
    Ground { invoices, retainers, coming, credit }
}

impl Ground {
    /// One of each command on each document it fits.
    fn calls(&self, firm: &Firm<'_>) -> Vec<Call> {
        let Self { invoices, retainers, coming, credit } = self;
        let mut calls = Vec::new();
        for payment in coming {
            calls.push(firm.complete(payment));
            calls.push(firm.on_payment(payment, "fail", &json!({"reason": "declined"})));
            calls.push(firm.give_back(payment, 150));
            calls.push(firm.complete(payment));
        }
        calls.push(firm.on_payment(&coming[1], "cancel", &json!({})));
        calls.push(firm.give_back(credit, 100));
        for (n, invoice) in invoices.iter().enumerate() {
            let retainer = &retainers[n % 2];
            let rows = json!([{"invoiceId": invoice, "amount": 150}]);
            calls.push(firm.pay(invoice, 250));
            calls.push(firm.on_payment(credit, "apply", &json!({"invoiceApplications": rows})));
            let draw = json!({"amount": 200, "retainerId": retainer});
            calls.push(firm.on_invoice(invoice, "apply-retainer", &draw));
            let consume = json!({"amount": 100, "invoiceId": invoice});
            calls.push(firm.post(format!("/api/retainers/{retainer}/consume"), &consume));
            let note = json!({"amount": 120, "reason": "agreed"});
            calls.push(firm.on_invoice(invoice, "convert-to-credit-note", &note));
            calls.push(firm.on_invoice(invoice, "void", &json!({"reason": "mistake"})));
            calls.push(firm.delete(format!("/api/payments/{credit}/unapply/{invoice}")));
        }
        for (from, to) in [(0, 1), (1, 0)] {
            let body = json!({"toRetainerId": retainers[to], "amount": 90});
            calls.push(firm.post(format!("/api/retainers/{}/transfer", retainers[from]), &body));
            let fund = json!({"amount": 50, "paymentId": credit});
            calls.push(firm.post(format!("/api/retainers/{}/replenish", retainers[to]), &fund));
            calls.push(firm.consume(&retainers[from], "70"));
        }
        let back = json!({"amount": 60, "reason": "too much"});
        calls.push(firm.post(format!("/api/retainers/{}/refund", retainers[1]), &back));
        calls
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_everything_at_once_leaves_books_that_agree() {
    let scenario = async |firm: &Firm<'_>| {
        let ground = ground(firm).await;
        let told = |why| format!("after everything at once: {why}");
        for (n, answer) in firm.target.race(ground.calls(firm)).await?.iter().enumerate() {
            let is_known = answer.is_ok() || (answer.status == 400 && !answer.code().is_empty());
            if !is_known {
                return Err(told(format!("the {n}th was answered {}", answer.text())));
            }
        }
        let books = firm.books().await.map_err(told)?;
        // Nobody may have more than came in.
        let came: i64 = books.payments.iter().map(|payment| halalas(&payment["amount"])).sum();
        if books.held() + books.credit() > came + 150_000 {
            let there = format!("{} held, {} free", riyals(books.held()), riyals(books.credit()));
            return Err(told(there));
        }
        Ok(())
    };
    Race::new(12, "after everything at once").run(scenario).await;
}
