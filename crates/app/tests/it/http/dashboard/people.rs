//! Clients, cases, and the firm's own books.

use serde_json::{Value, json};

use super::Dashboard;
use crate::{http::ours, support::firm::id};

#[tokio::test]
async fn a_clients_form_has_more_than_we_keep() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let form = json!({
        "clientType": "individual", "fullNameArabic": "نورة القحطاني", "fullNameEnglish": "Noura Al-Qahtani", "firstName": "نورة",
        "lastName": "القحطاني", "phone": "+966500000000", "email": "", "identityType": "national_id", "nationalId": "1012345678",
        "gender": "female", "nationality": "SA", "tags": [], "status": "active",
        "nationalAddress": {"buildingNumber": "7", "streetName": "العليا", "city": "الرياض", "additionalNumber": "1"},
    });
    let made = dashboard.posted("/clients", &form).await;
    assert_eq!(made["client"], made["data"]);
    for (field, expected) in [
        ("fullName", "نورة القحطاني"),
        ("firstName", "نورة"),
        ("nationalId", "1012345678"),
        ("city", "الرياض"),
        ("address", "7, العليا"),
    ] {
        assert_eq!(made["client"][field], expected, "{field}");
    }
    let company = json!({"clientType": "company", "companyName": "شركة النخيل", "crNumber": "1010", "vatNumber": "3"});
    let company = dashboard.posted("/clients", &company).await["client"].clone();
    // It is drawn by first and last name.
    assert_eq!(
        [&company["firstName"], &company["lastName"], &company["crNumber"]],
        ["شركة النخيل", "", "1010"]
    );
    let list = dashboard.read("/clients?page=1&limit=10").await;
    assert_eq!((&list["total"], &list["clients"]), (&json!(2), &list["data"]));
    assert_eq!(dashboard.read("/clients/search?q=النخيل").await["count"], json!(1));
    let path = format!("/clients/{}", id(&company));
    let edited = dashboard
        .accepted(&dashboard.call("PUT", &path, Some(&json!({"phone": "1", "priority": "vip"}))))
        .await;
    assert_eq!((&edited["client"]["phone"], &edited["client"]), (&json!("1"), &edited["data"]));
    let bulk = json!({"clientIds": [id(&company)]});
    let gone = dashboard.accepted(&dashboard.call("DELETE", "/clients/bulk", Some(&bulk))).await;
    assert_eq!(gone["count"], json!(1));
}

#[tokio::test]
async fn what_a_client_has_is_listed_under_the_client() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let (client, other) = (dashboard.firm.client().await, dashboard.firm.client().await);
    let invoice = dashboard.firm.invoice(&client, 100).await;
    dashboard.firm.make(dashboard.firm.pay(&invoice, 40)).await;
    dashboard
        .posted(
            "/cases/",
            &json!({"title": "دعوى", "clientId": client, "category": "labor", "priority": "high"}),
        )
        .await;
    for (what, count) in [("invoices", 1), ("payments", 1), ("cases", 1)] {
        let list = dashboard.read(&format!("/clients/CLT-2026-0001/{what}")).await;
        assert_eq!((&list["total"], &list[what]), (&json!(count), &list["data"]), "{what}");
        let none = dashboard.read(&format!("/clients/{other}/{what}")).await;
        assert_eq!((&none["total"], &none[what]), (&json!(0), &json!([])), "{what}");
    }
    let payments = dashboard.read(&format!("/clients/{client}/payments")).await;
    assert_eq!(payments["data"][0]["invoiceId"]["clientId"]["name"], "Noura Al-Qahtani");
}

#[tokio::test]
async fn cases_go_by_their_own_name_and_words() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let form = json!({"title": "دعوى عمالية", "category": "labor", "caseNumber": "4471", "court": "الرياض", "startDate": "2026-06-01"});
    let made = dashboard.posted("/cases/", &form).await;
    assert_eq!((&made["case"]["caseNumber"], &made["case"]), (&json!("4471"), &made["data"]));
    let path = format!("/cases/{}", id(&made["case"]));
    assert_eq!(dashboard.read(&path).await["case"], made["case"]);
    let say =
        |what: &str, body: Value| dashboard.call("PATCH", &format!("{path}/{what}"), Some(&body));
    let held = dashboard.accepted(&say("status", json!({"status": "on-hold"}))).await;
    assert_eq!(held["case"]["status"], "on-hold");
    let list = dashboard.read("/cases/?status=on-hold").await;
    assert_eq!((&list["cases"], &list["data"][0]["status"]), (&list["data"], &json!("on-hold")));
    assert_eq!(dashboard.read("/cases/?status=active").await["total"], json!(0));
    let closed = dashboard.accepted(&say("outcome", json!({"outcome": "won"}))).await;
    assert_eq!([&closed["case"]["status"], &closed["case"]["outcome"]], ["closed", "won"]);
    let again = dashboard.send(&say("outcome", json!({"outcome": "lost"}))).await;
    assert_eq!(again.code(), "case_closed");
}

#[tokio::test]
async fn the_firms_books_are_summed_up_where_they_are_looked_for() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let form = |kind: &str, amount: f64, date: &str| {
        json!({"type": kind, "amount": amount, "category": "general", "description": "", "notes": "x", "date": date,
            "fromAccount": "main", "toAccount": ""})
    };
    let made = dashboard.posted("/transactions", &form("income", 100.3, "2026-05-10")).await;
    assert_eq!(
        (&made["transaction"], &made["transaction"]["description"]),
        (&made["data"], &json!("x"))
    );
    dashboard.posted("/transactions", &form("expense", 40.1, "2026-06-01")).await;
    let list = dashboard.read("/transactions?limit=10").await;
    assert_eq!((&list["total"], &list["transactions"]), (&json!(2), &list["data"]));
    let one = dashboard.read(&format!("/transactions/{}", id(&made["data"]))).await;
    assert_eq!((&one["transaction"], &one["data"]), (&made["data"], &made["data"]));
    let balance = dashboard.read("/transactions/balance").await;
    assert_eq!(
        (balance["balance"].to_string().as_str(), &balance["asOfDate"]),
        ("60.2", &json!("2026-06-01T00:00:00.000Z"))
    );
    let summary = dashboard.read("/transactions/summary").await;
    for place in [
        &summary["data"],
        &summary["summary"],
        &summary["data"]["data"],
        &summary["summary"]["data"],
    ] {
        assert_eq!(
            [&place["totalIncome"], &place["totalExpenses"]].map(Value::to_string),
            ["100.3", "40.1"]
        );
        let months = place["monthlyBreakdown"].as_array().unwrap();
        let drawn: Vec<_> = months
            .iter()
            .map(|month| {
                [&month["month"], &month["income"], &month["expenses"]].map(Value::to_string)
            })
            .collect();
        assert_eq!(drawn, [["\"2026-05\"", "100.3", "0"], ["\"2026-06\"", "0", "40.1"]]);
    }
    let mut expected = form("income", 5.0, "2026-06-01");
    expected["status"] = json!("pending");
    let expected = dashboard.posted("/transactions", &expected).await;
    let body = json!({"transactionIds": [id(&expected["data"])]});
    let gone = dashboard.call("DELETE", "/transactions/bulk", Some(&body));
    assert_eq!(dashboard.accepted(&gone).await["deleted"], json!(1));
}
