//! Money that goes back: never more than came, and whatever it had paid is owed again.

use serde_json::json;

use crate::support::{
    firm::{Firm, accepted, halalas, riyals},
    race::Race,
};

const LOST: &str = "its payments say that";

/// An invoice of 1000 and the one payment that paid it.
async fn paid(firm: &Firm<'_>) -> (String, String) {
    let client = firm.client().await;
    let invoice = firm.invoice(&client, 1_000).await;
    let payment = firm.pending(&client, 1_000, &json!({"invoiceId": invoice})).await;
    firm.make(firm.complete(&payment)).await;
    (invoice, payment)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c03_two_refunds_of_300_leave_400_paid() {
    let scenario = async |firm: &Firm<'_>| {
        let (invoice, payment) = paid(firm).await;
        let answers = firm.target.race(vec![firm.give_back(&payment, 300); 2]).await?;
        let count = accepted(&answers, &[])?;
        let told = |why| format!("{count} refunds of 300 SAR out of 1000: {why}");
        let books = firm.books().await.map_err(told)?;
        for answer in &answers {
            let refund = answer.json()["refund"].clone();
            if halalas(&refund["fromInvoices"]) != 30_000 || halalas(&refund["amount"]) != 30_000 {
                return Err(told(format!("one says {refund}")));
            }
        }
        if books.payment(&payment)["status"] != "partially_refunded" {
            return Err(told(format!("it is {}", books.payment(&payment)["status"])));
        }
        books.invoice_is(&invoice, "partial", 40_000, 60_000).map_err(told)
    };
    Race::new(40, "refunds of 300 SAR").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c03_of_two_refunds_of_600_one_is_refused() {
    let scenario = async |firm: &Firm<'_>| {
        let (invoice, payment) = paid(firm).await;
        let answers = firm.target.race(vec![firm.give_back(&payment, 600); 2]).await?;
        let count = accepted(&answers, &["refund_exceeds_payment", "already_refunded"])?;
        if count != 1 {
            return Err(format!("{count} refunds of 600 SAR came out of 1000"));
        }
        firm.books().await?.invoice_is(&invoice, "partial", 40_000, 60_000)
    };
    Race::new(40, "refunds of 600 SAR").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_refunds_never_exceed_their_payment() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 500).await;
        // 500 on the invoice, 500 credit: credit goes back first.
        let payment = firm.pending(&client, 1_000, &json!({"invoiceId": invoice})).await;
        firm.make(firm.complete(&payment)).await;
        let answers = firm.target.race(vec![firm.give_back(&payment, 300); 8]).await?;
        let count = accepted(&answers, &["refund_exceeds_payment", "already_refunded"])?;
        if count != 3 {
            return Err(format!("300 SAR went back {count} times out of 1000"));
        }
        let books = firm.books().await?;
        let refunded = halalas(&books.payment(&payment)["refundedAmount"]);
        if (refunded, books.credit()) != (90_000, 0) {
            return Err(format!("it says {} went back", riyals(refunded)));
        }
        books.invoice_is(&invoice, "partial", 10_000, 40_000)
    };
    Race::new(30, "300 SAR went back").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_everything_goes_back_once() {
    let scenario = async |firm: &Firm<'_>| {
        let (invoice, payment) = paid(firm).await;
        let all = firm.on_payment(&payment, "refund", &json!({"reason": "mistake"}));
        let answers = firm.target.race(vec![all; 6]).await?;
        let count = accepted(&answers, &["refund_exceeds_payment", "already_refunded"])?;
        if count != 1 {
            return Err(format!("1000 SAR went back {count} times"));
        }
        let books = firm.books().await?;
        if books.payment(&payment)["status"] != "refunded" {
            return Err(format!("it is {}", books.payment(&payment)["status"]));
        }
        books.invoice_is(&invoice, "sent", 0, 100_000)
    };
    Race::new(30, "1000 SAR went back").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x12_a_refund_and_a_payment_meet_on_one_invoice() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoice = firm.invoice(&client, 1_000).await;
        let on = json!({"invoiceId": invoice});
        let mut payments = Vec::new();
        for amount in [300, 400, 200] {
            payments.push(firm.pending(&client, amount, &on).await);
        }
        firm.make(firm.complete(&payments[0])).await;
        let calls = vec![
            firm.give_back(&payments[0], 300),
            firm.complete(&payments[1]),
            firm.complete(&payments[2]),
        ];
        accepted(&firm.target.race(calls).await?, &[])?;
        firm.books().await?.invoice_is(&invoice, "partial", 60_000, 40_000)
    };
    Race::new(40, LOST).run(scenario).await;
}

/// A payment filled a retainer. Either it goes back or it is earned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x16_what_was_consumed_does_not_go_back() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        let named = json!({"paymentType": "retainer", "retainerId": retainer});
        let payment = firm.pending(&client, 1_000, &named).await;
        firm.make(firm.complete(&payment)).await;
        let calls = vec![firm.give_back(&payment, 1_000), firm.consume(&retainer, "700")];
        let answers = firm.target.race(calls).await?;
        let refusals = ["retainer_already_consumed", "insufficient_balance", "retainer_not_active"];
        let count = accepted(&answers, &refusals)?;
        if count != 1 {
            return Err(format!("{count} of a refund and a consume took the same 1000 SAR"));
        }
        let taken = if answers[0].is_ok() { 100_000 } else { 70_000 };
        firm.balances(&retainer, 110_000, taken).await?;
        let books = firm.books().await?;
        let refunded = halalas(&books.payment(&payment)["refundedAmount"]);
        if refunded == if answers[0].is_ok() { 100_000 } else { 0 } {
            Ok(())
        } else {
            Err(format!("the payment says that {} went back", riyals(refunded)))
        }
    };
    Race::new(40, "took the same 1000 SAR").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x16_a_refund_takes_the_money_out_of_the_retainer() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        let named = json!({"paymentType": "retainer", "retainerId": retainer});
        let payment = firm.pending(&client, 1_000, &named).await;
        firm.make(firm.complete(&payment)).await;
        let mut calls = vec![firm.give_back(&payment, 200); 3];
        calls.push(firm.consume(&retainer, "150"));
        calls.push(firm.replenish(&retainer, "50"));
        let count = accepted(&firm.target.race(calls).await?, &[])?;
        if count != 5 {
            return Err(format!("{count} of five were carried out"));
        }
        firm.balances(&retainer, 115_000, 75_000).await?;
        let books = firm.books().await?;
        let deposited = halalas(&books.payment(&payment)["depositedAmount"]);
        if deposited == 40_000 {
            Ok(())
        } else {
            Err(format!("the payment says that {} is still there", riyals(deposited)))
        }
    };
    Race::new(30, "came in and").run(scenario).await;
}

/// Credit is set against invoices by several people at once: what is set, is set once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x14_credit_is_applied_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let invoices = [firm.invoice(&client, 900).await, firm.invoice(&client, 900).await];
        let payment = firm.credit(&client, 1_000).await;
        let apply = |n: usize| {
            let rows = json!([{"invoiceId": invoices[n % 2], "amount": 400}]);
            firm.on_payment(&payment, "apply", &json!({"invoiceApplications": rows}))
        };
        let answers = firm.target.race((0..6).map(apply).collect()).await?;
        let count = accepted(&answers, &["payment_insufficient", "amount_exceeds_due"])?;
        if count != 2 {
            return Err(format!("400 SAR of a credit of 1000 were applied {count} times"));
        }
        let books = firm.books().await?;
        let paid: i64 = invoices.iter().map(|id| halalas(&books.invoice(id)["amountPaid"])).sum();
        if (paid, books.credit()) == (80_000, 20_000) {
            Ok(())
        } else {
            Err(format!("{} paid, {} free", riyals(paid), riyals(books.credit())))
        }
    };
    Race::new(30, "were applied").run(scenario).await;
}

/// Taken off its invoice by some and returned by others: each riyal is in one place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x14_what_is_taken_off_is_taken_off_once() {
    let scenario = async |firm: &Firm<'_>| {
        let (invoice, payment) = paid(firm).await;
        let off = firm.delete(format!("/api/payments/{payment}/unapply/{invoice}"));
        let mut calls = vec![off; 4];
        calls.insert(2, firm.give_back(&payment, 400));
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["not_applied"])?;
        let count = [0, 1, 3, 4].into_iter().filter(|n| answers[*n].is_ok()).count();
        if count != 1 {
            return Err(format!("one application was taken off {count} times"));
        }
        let books = firm.books().await?;
        let (refunded, free) =
            (halalas(&books.payment(&payment)["refundedAmount"]), books.credit());
        if !answers[2].is_ok() || (refunded, free) != (40_000, 60_000) {
            return Err(format!("{} went back, {} is free", riyals(refunded), riyals(free)));
        }
        books.invoice_is(&invoice, "sent", 0, 100_000)
    };
    Race::new(30, "was taken off").run(scenario).await;
}
