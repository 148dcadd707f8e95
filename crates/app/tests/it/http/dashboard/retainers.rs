//! Retainers in its words, as deep as it looks for them.

use serde_json::{Value, json};

use super::Dashboard;
use crate::{
    http::{assert_refused, ours},
    support::firm::{halalas, id},
};

#[tokio::test]
async fn a_retainer_is_read_one_deeper_in_lists_alone_and_in_its_history() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let form = json!({"clientId": client, "initialAmount": 100, "minimumBalance": 20});
    let made = dashboard.posted("/retainers", &form).await;
    assert_eq!(made["retainer"]["retainerNumber"], "RET-2026-0001");
    let list = dashboard.read("/retainers").await;
    let row = &list["data"]["data"][0];
    assert_eq!((&row["_id"], &row["totalDeposits"]), (&made["retainer"]["_id"], &json!(100)));
    assert_eq!((&list["total"], &list["retainers"][0]), (&json!(1), row));
    let path = format!("/retainers/{}", id(row));
    let one = dashboard.read(&path).await;
    assert_eq!((&one["data"]["data"], &one["retainer"]), (row, row));
    let consume = json!({"amount": 60.5, "description": "رسوم"});
    let consumed = dashboard.posted(&format!("{path}/consume"), &consume).await;
    assert_eq!(halalas(&consumed["data"]["retainer"]["currentBalance"]), 3_950);
    assert_eq!(halalas(&consumed["data"]["transaction"]["amount"]), 6_050);
    let history = dashboard.read(&format!("{path}/history")).await;
    assert_eq!(history["data"]["data"], history["data"]["history"]);
    let kinds: Vec<_> =
        history["data"]["data"].as_array().unwrap().iter().map(|row| row["type"].clone()).collect();
    assert_eq!(kinds, ["consumption", "deposit"]);
    assert_eq!(dashboard.read(&format!("{path}/transactions")).await["data"], history["data"]);
    assert_eq!(halalas(&history["currentBalance"]), 3_950);
}

#[tokio::test]
async fn retainers_are_exhausted_and_closed_when_they_are_asked_for_and_shown() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let open = async |terms: Value| dashboard.firm.retainer_of(&client, 100, &terms).await;
    let (active, exhausted, refunded) =
        (open(json!({})).await, open(json!({})).await, open(json!({})).await);
    let expired = open(json!({"startDate": "2026-05-01", "endDate": "2026-06-01"})).await;
    ours.clock.set("2026-06-02T09:00:00Z");
    let emptied = dashboard
        .posted(
            &format!("/retainers/{exhausted}/consume"),
            &json!({"amount": 100, "description": "x"}),
        )
        .await;
    assert_eq!(
        [
            &emptied["retainer"]["status"],
            &emptied["data"]["status"],
            &emptied["data"]["retainer"]["status"]
        ],
        ["exhausted"; 3]
    );
    dashboard
        .posted(&format!("/retainers/{refunded}/refund"), &json!({"amount": 100, "reason": "x"}))
        .await;
    for (word, expected, status) in [
        ("active", vec![&active], vec!["active"]),
        ("exhausted", vec![&exhausted], vec!["exhausted"]),
        ("refunded", vec![&refunded], vec!["refunded"]),
        ("closed", vec![&expired, &refunded], vec!["closed", "refunded"]),
    ] {
        let list = dashboard.read(&format!("/retainers?status={word}")).await;
        let rows = list["data"]["data"].as_array().unwrap();
        let found: Vec<_> = rows.iter().map(id).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{word}");
        let shown: Vec<_> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
        assert_eq!(shown, status, "{word}");
    }
}

#[tokio::test]
async fn a_consume_pays_the_invoice_whose_number_it_names() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let retainer = dashboard.firm.retainer_of(&client, 100, &json!({})).await;
    let invoice = dashboard.firm.invoice(&client, 60).await;
    let consume = json!({"amount": 60, "description": "أتعاب", "invoiceId": "INV-202606-0001"});
    dashboard.posted(&format!("/retainers/{retainer}/consume"), &consume).await;
    let paid = dashboard.read(&format!("/invoices/{invoice}")).await["invoice"].clone();
    assert_eq!((&paid["status"], &paid["retainerApplied"]), (&json!("paid"), &json!(60)));
    let unknown = json!({"amount": 1, "description": "x", "invoiceId": "INV-202606-0099"});
    let call = dashboard.post(&format!("/retainers/{retainer}/consume"), &unknown);
    assert_refused(&dashboard.send(&call).await, 404, "invoice_not_found");
    ours.check().await;
}

#[tokio::test]
async fn a_deposit_has_a_method_and_notes() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let retainer = dashboard.firm.retainer(100).await;
    for step in ["replenish", "deposit"] {
        let form = json!({"amount": 10, "paymentMethod": "cash", "notes": "دفعة"});
        let done = dashboard.posted(&format!("/retainers/{retainer}/{step}"), &form).await;
        let movement = &done["data"]["transaction"];
        assert_eq!(
            (&movement["type"], &movement["description"]),
            (&json!("deposit"), &json!("دفعة")),
            "{step}"
        );
    }
}
