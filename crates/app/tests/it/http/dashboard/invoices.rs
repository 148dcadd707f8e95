//! Invoices as its forms write and its screens read them.

use serde_json::{Value, json};

use super::Dashboard;
use crate::{
    http::{assert_refused, ours},
    support::firm::{halalas, id, line},
};

/// The form of a new invoice: sums as a browser adds them up.
fn form(client: &str) -> Value {
    json!({
        "invoiceNumber": "INV-202606-9134", "clientId": client, "dueDate": "", "paymentTerms": "net_30", "notes": "",
        "items": [
            {"id": 1, "description": "مذكرة", "quantity": 3, "unitPrice": 0.335, "total": 1.0050000000000001},
            {"id": 2, "description": "جلسة", "quantity": 1, "unitPrice": 100, "total": 100},
        ],
        "subtotal": 101.005, "vatRate": 0.15, "vatAmount": 15.150749999999999, "totalAmount": 116.15575,
    })
}

#[tokio::test]
async fn a_new_invoices_vat_rate_is_a_fraction_an_edited_ones_a_percentage() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let made = dashboard.posted("/invoices", &form(&client)).await;
    assert_eq!((&made["invoice"]["vatRate"], &made["data"]["vatRate"]), (&json!(15), &json!(15)));
    let path = format!("/invoices/{}", id(&made["invoice"]));
    let items = json!([{"description": "جلسة", "quantity": 2, "unitPrice": 50, "total": 100}]);
    let edit = json!({"clientId": client, "items": items, "subtotal": 100, "vatRate": 15, "vatAmount": 15, "totalAmount": 115});
    let edited = dashboard.accepted(&dashboard.call("PATCH", &path, Some(&edit))).await;
    assert_eq!(
        (&edited["invoice"]["vatRate"], halalas(&edited["invoice"]["totalAmount"])),
        (&json!(15), 11_500)
    );
    assert_eq!(dashboard.read(&path).await["invoice"]["vatRate"], json!(15));
    let mut odd = form(&client);
    (odd["vatRate"], odd["items"]) = (json!(0.055), json!([line(1_000)]));
    for sum in ["subtotal", "vatAmount", "totalAmount"] {
        odd.as_object_mut().unwrap().remove(sum);
    }
    let odd = dashboard.posted("/invoices", &odd).await["invoice"].clone();
    assert_eq!((&odd["vatRate"], &odd["vatAmount"]), (&json!(5.5), &json!(55)));
}

#[tokio::test]
async fn a_forms_sums_are_compared_and_its_number_is_ignored() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let made = dashboard.posted("/invoices", &form(&client)).await["invoice"].clone();
    assert_eq!(made["invoiceNumber"], "INV-202606-0001");
    assert_eq!(
        [&made["subtotal"], &made["vatAmount"], &made["totalAmount"]].map(halalas),
        [10_101, 1_515, 11_616]
    );
    let mut wrong = form(&client);
    wrong["totalAmount"] = json!(117.15575);
    assert_refused(
        &dashboard.send(&dashboard.post("/invoices", &wrong)).await,
        400,
        "totals_mismatch",
    );
}

#[tokio::test]
async fn a_blank_due_date_follows_from_the_terms_and_no_date_that_is_read_is_null() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let made = dashboard.posted("/invoices", &form(&client)).await["invoice"].clone();
    assert_eq!(
        (&made["issueDate"], &made["dueDate"]),
        (&json!("2026-06-01T00:00:00.000Z"), &json!("2026-07-01T00:00:00.000Z"))
    );
    let totals: Vec<_> =
        made["items"].as_array().unwrap().iter().map(|item| halalas(&item["total"])).collect();
    assert_eq!(totals, [101, 10_000]);
    // What is not paid has no day on which it was paid; `null` would be drawn as 1970.
    assert!(made.get("paidDate").is_none(), "{made}");
    let path = format!("/invoices/{}", id(&made));
    dashboard
        .posted(&format!("{path}/send"), &json!({"email": "a@example.com", "message": ""}))
        .await;
    let pay = json!({"amount": 116.16, "paymentDate": "2026-06-01", "paymentMethod": "bank_transfer", "reference": "TRX-9"});
    let paid = dashboard.posted(&format!("{path}/record-payment"), &pay).await;
    assert_eq!(
        (&paid["payment"]["transactionId"], &paid["payment"]["reference"]),
        (&json!("TRX-9"), &json!("TRX-9"))
    );
    let read = dashboard.read(&path).await["invoice"].clone();
    assert_eq!((&read["status"], &read["balanceDue"]), (&json!("paid"), &json!(0)));
    assert!(read["paidDate"].is_string(), "{read}");
}

#[tokio::test]
async fn a_void_or_a_credit_note_needs_no_reason_and_takes_the_whole_invoice() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let (first, second) =
        (dashboard.firm.invoice(&client, 100).await, dashboard.firm.invoice(&client, 250).await);
    let void = dashboard.posted(&format!("/invoices/{first}/void"), &json!({})).await;
    assert_eq!(void["invoice"]["status"], "void");
    let bodiless =
        dashboard.call("POST", &format!("/invoices/{second}/convert-to-credit-note"), None);
    let credited = dashboard.accepted(&bodiless).await;
    assert_eq!(
        (&credited["creditNote"]["amount"], &credited["invoice"]["status"]),
        (&json!(250), &json!("void"))
    );
    ours.check().await;
}

#[tokio::test]
async fn an_invoice_is_under_either_key() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let made = dashboard.posted("/invoices", &form(&client)).await;
    assert_eq!(made["invoice"], made["data"]);
    let read = dashboard.read(&format!("/invoices/{}", id(&made["data"]))).await;
    assert_eq!((&read["invoice"], &read["data"]), (&made["invoice"], &made["invoice"]));
}

#[tokio::test]
async fn pending_invoices_are_sent_and_unpaid() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    dashboard.firm.draft(&client, 10).await;
    let (sent, partial, paid) = (
        dashboard.firm.invoice(&client, 100).await,
        dashboard.firm.invoice(&client, 200).await,
        dashboard.firm.invoice(&client, 300).await,
    );
    for (invoice, amount) in [(&partial, 50), (&paid, 300)] {
        dashboard.firm.make(dashboard.firm.pay(invoice, amount)).await;
    }
    let list = dashboard.read("/invoices?status=pending&page=1&limit=10").await;
    let found: Vec<_> = list["data"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(found, [partial, sent]);
    assert_eq!((&list["total"], &list["invoices"]), (&json!(2), &list["data"]));
    for row in list["data"].as_array().unwrap() {
        assert!(row["issueDate"].is_string() && row["dueDate"].is_string(), "{row}");
        assert!(row["items"][0]["total"].is_number() && row.get("paidDate").is_none(), "{row}");
        assert_eq!(row["clientId"]["name"], "Noura Al-Qahtani");
    }
    assert_eq!(dashboard.read("/invoices").await["total"], json!(4));
}

#[tokio::test]
async fn the_edit_form_names_the_client_that_the_draft_keeps() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let other = dashboard.firm.client().await;
    let draft = dashboard.firm.draft(&client, 100).await;
    let edit = |client: &str| {
        let items = json!([{"description": "x", "quantity": 1, "unitPrice": 100, "total": 100}]);
        let form = json!({"clientId": client, "items": items, "subtotal": 100, "vatRate": 15, "vatAmount": 15,
            "totalAmount": 115, "dueDate": "2026-07-01", "notes": ""});
        dashboard.call("PATCH", &format!("/invoices/{draft}"), Some(&form))
    };
    assert_eq!(dashboard.accepted(&edit(&client)).await["invoice"]["totalAmount"], json!(115));
    let refused = dashboard.send(&edit(&other)).await;
    assert_refused(&refused, 400, "invoice_client_mismatch");
}
