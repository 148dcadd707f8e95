//! `?dryRun=true`: answered as if, and nothing done.

use serde_json::json;

use super::{assert_refused, ours};
use crate::support::{
    client::{Answer, Call},
    firm::{Firm, halalas},
};

#[tokio::test]
async fn a_dry_run_is_answered_and_not_done() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let path = format!("/api/retainers/{retainer}");
    let before = firm.get(&path).await;
    let dry = |amount: &str| {
        firm.post(format!("{path}/consume?dryRun=true"), &json!({"amount": amount})).key("dry")
    };
    for _ in 0..2 {
        let answer = ours.send(&dry("60")).await;
        let body = answer.json();
        assert_eq!((answer.status, answer.header("dry-run")), (200, Some("true")));
        assert_eq!(
            (halalas(&body["retainer"]["currentBalance"]), &body["retainer"]["__v"]),
            (4_000, &json!(1))
        );
        assert!(!answer.is_replayed() && answer.header("location").is_none());
        assert_eq!(firm.get(&path).await, before);
    }
    let refused = ours.send(&dry("100.01")).await;
    assert_refused(&refused, 400, "insufficient_balance");
    assert_eq!(refused.header("dry-run"), Some("true"));
    let asked = Call::get("/api/outcomes/dry").token(&firm.token);
    assert_refused(&ours.send(&asked).await, 404, "outcome_not_found");
    // The number that a dry run shows is given to whoever comes first in earnest.
    let open = |query: &str| {
        let body = json!({"clientId": before["data"]["clientId"]["_id"], "initialAmount": 1});
        firm.post(format!("/api/retainers{query}"), &body)
    };
    let shown = ours.send(&open("?dryRun=true")).await;
    assert_eq!((shown.status, shown.header("location")), (201, None));
    let opened = ours.send(&open("?dryRun=false")).await;
    assert_eq!((opened.header("dry-run"), opened.header("location").is_some()), (None, true));
    let number = |answer: &Answer| answer.json()["data"]["retainerNumber"].clone();
    assert_eq!(number(&shown), number(&opened));
    for query in ["dryRun=1", "dryRun=yes", "dryRun=true&dryRun=true"] {
        let call = firm.post(format!("{path}/consume?{query}"), &json!({"amount": 1}));
        let body = assert_refused(&ours.send(&call).await, 400, "invalid_field");
        assert_eq!(body["errors"][0]["field"], "dryRun");
    }
    // After it, the key is as free as before.
    let done = firm.post(format!("{path}/consume"), &json!({"amount": "60"})).key("dry");
    assert!(ours.send(&done).await.is_ok());
    ours.check().await;
}
