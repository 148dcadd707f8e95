//! Jobs and proposals, which it reads bare.

use serde_json::{Value, json};

use super::Dashboard;
use crate::{
    http::{assert_refused, ours},
    support::firm::{halalas, id},
};

fn job() -> Value {
    json!({
        "title": "مراجعة عقد", "description": "إيجار", "category": "real-estate", "budget": {"min": 500, "max": 1500},
        "deadline": "2026-12-31", "location": "الرياض", "requirements": [],
    })
}

#[tokio::test]
async fn jobs_and_proposals_are_read_bare() {
    let ours = ours().await;
    let (owner, lawyer) = (Dashboard::open(&ours), Dashboard::open(&ours));
    let made = owner.posted("/jobs", &job()).await;
    assert_eq!((&made["title"], &made["status"]), (&json!("مراجعة عقد"), &json!("open")));
    assert_eq!((&made["budget"], &made["userID"]["_id"]), (&job()["budget"], &made["userId"]));
    let path = format!("/jobs/{}", id(&made));
    assert_eq!(owner.read(&path).await, made);
    assert_eq!(owner.read("/jobs").await, json!([made]));
    assert_eq!(owner.read("/jobs/my-jobs").await, json!([made]));
    assert_eq!(lawyer.read("/jobs/my-jobs").await, json!([]));

    let offer = json!({"jobId": id(&made), "coverLetter": "عشر سنوات", "proposedRate": 900.5, "estimatedDuration": "أسبوعان"});
    let proposal = lawyer.posted("/proposals", &offer).await;
    assert_eq!(
        (halalas(&proposal["proposedRate"]), &proposal["estimatedDuration"], &proposal["status"]),
        (90_050, &json!("أسبوعان"), &json!("pending"))
    );
    assert_eq!(proposal["proposedAmount"], proposal["proposedRate"]);
    assert!(proposal["submittedAt"].is_string() && proposal["lawyerId"].is_string());
    // What they hold of the job has gone on; the rest is as it was answered.
    for (who, path) in [
        (&lawyer, "/proposals/my-proposals".to_owned()),
        (&owner, format!("/proposals/job/{}", id(&made))),
    ] {
        let list = who.read(&path).await;
        assert_eq!(
            (list.as_array().unwrap().len(), &list[0]["_id"], &list[0]["proposedRate"]),
            (1, &proposal["_id"], &proposal["proposedRate"]),
            "{path}"
        );
    }
    let decide = |who: &Dashboard<'_>, word: &str| {
        who.call("PATCH", &format!("/proposals/{word}/{}", id(&proposal)), None)
    };
    assert_refused(&lawyer.send(&decide(&lawyer, "accept")).await, 403, "forbidden");
    let accepted = owner.accepted(&decide(&owner, "accept")).await;
    assert_eq!(accepted["status"], "accepted");
    let done = owner.read(&path).await;
    assert_eq!(
        (&done["status"], &done["acceptedProposal"], &done["proposalsCount"]),
        (&json!("in-progress"), &proposal["_id"], &json!(1))
    );
    let edited =
        owner.accepted(&owner.call("PATCH", &path, Some(&json!({"location": "جدة"})))).await;
    assert_eq!(edited["location"], "جدة");
    let refused = owner.send(&owner.call("DELETE", &path, None)).await;
    assert_refused(&refused, 400, "job_has_accepted_proposal");
}
