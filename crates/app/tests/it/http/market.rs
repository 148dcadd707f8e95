//! The market: jobs that everybody sees, offers that only two people see, and one that is accepted.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id},
    target::Target,
    tokens,
};

/// A login of a firm of its own.
fn login(role: &str) -> (String, String) {
    let user = tokens::new_id();
    let token = tokens::token(&user, &tokens::new_id(), role);
    (user, token)
}

fn post_job(body: &Value, token: &str) -> Call {
    Call::post("/api/jobs", body).token(token)
}

fn edit_job(job: &str, body: &Value, token: &str) -> Call {
    Call::new("PUT", format!("/api/jobs/{job}")).json(body).token(token)
}

async fn job(ours: &Target, token: &str) -> String {
    let answer = ours.send(&post_job(&json!({"title": "Review of a lease"}), token)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    id(&answer.json()["job"])
}

fn propose(job: &str, amount: i64, token: &str) -> Call {
    let body = json!({"jobId": job, "proposedAmount": amount, "coverLetter": "I", "deliveryTime": "2 weeks"});
    Call::post("/api/proposals", &body).token(token)
}

async fn proposed(ours: &Target, job: &str, token: &str) -> String {
    let answer = ours.send(&propose(job, 900, token)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    id(&answer.json()["proposal"])
}

fn decide(word: &str, proposal: &str, token: &str) -> Call {
    Call::new("PATCH", format!("/api/proposals/{word}/{proposal}")).token(token)
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id).collect()
}

/// What anybody reads, without a token.
async fn seen(ours: &Target, path: &str) -> Value {
    let answer = ours.send(&Call::get(path)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_job_has_every_place_that_is_read() {
    let ours = ours().await;
    let (owner, token) = login("client");
    let body = json!({"title": " Review of a lease ", "description": "Ten pages", "category": "real estate",
        "location": "Riyadh", "budget": {"min": 500, "max": "1500.50"}, "deadline": "2026-12-31"});
    let answer = ours.send(&post_job(&body, &token)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(made["data"], made["job"]);
    let path = format!("/api/jobs/{}", id(&made["job"]));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    // Everybody sees it, also with a token that is none.
    let job = seen(&ours, &path).await["job"].clone();
    assert_eq!(job, made["job"]);
    let stale = Call::get(&path).token("not a token");
    assert_eq!(ours.send(&stale).await.json()["data"], job);
    for (field, expected) in [
        ("title", json!("Review of a lease")),
        ("category", json!("real estate")),
        ("currency", json!("SAR")),
        ("budget", json!({"min": 500, "max": 1500.5})),
        ("deadline", json!("2026-12-31T00:00:00.000Z")),
        ("status", json!("open")),
        ("userId", json!(owner)),
        ("proposalsCount", json!(0)),
        ("acceptedProposal", Value::Null),
    ] {
        assert_eq!(job[field], expected, "{field}");
    }
    let job = id(&job);
    let edit = json!({"budgetMax": 2000, "location": "Jeddah", "__v": 0});
    let edited = ours.send(&edit_job(&job, &edit, &token)).await.json()["job"].clone();
    assert_eq!((&edited["budget"]["max"], &edited["location"]), (&json!(2000), &json!("Jeddah")));
    for (body, status, code) in [
        (json!({"title": "x", "__v": 0}), 409, "version_conflict"),
        (json!({"budgetMin": 3000}), 400, "budget_invalid"),
        (json!({"status": "completed"}), 400, "job_not_in_progress"),
        (json!({"status": "done"}), 400, "invalid_field"),
        (json!({"proposalsCount": 7}), 400, "unknown_field"),
        (json!({"acceptedProposal": job}), 400, "unknown_field"),
        (json!({"budget": {"min": 5}, "budgetMin": 6}), 400, "invalid_field"),
    ] {
        assert_refused(&ours.send(&edit_job(&job, &body, &token)).await, status, code);
    }
    for body in [json!({}), json!({"title": " "})] {
        assert_refused(&ours.send(&post_job(&body, &token)).await, 400, "title_required");
    }
    ours.check().await;
}

#[tokio::test]
async fn jobs_are_found_by_everybody() {
    let ours = ours().await;
    let ((_, first), (_, second)) = (login("client"), login("lawyer"));
    let mut all = Vec::new();
    for (title, category, token) in [
        ("Lease", "real estate", &first),
        ("عقد عمل", "labour", &second),
        ("Will", "family", &first),
    ] {
        let body = json!({"title": title, "category": category, "location": "Riyadh"});
        all.push(id(&ours.send(&post_job(&body, token)).await.json()["job"]));
    }
    let cancel = edit_job(&all[2], &json!({"status": "cancelled"}), &first);
    assert_eq!(ours.send(&cancel).await.json()["job"]["status"], "cancelled");
    for (query, found) in [
        ("", vec![2, 1, 0]),
        ("status=open", vec![1, 0]),
        ("status=open,cancelled", vec![2, 1, 0]),
        ("category=labour", vec![1]),
        ("search=lease", vec![0]),
        ("search=RIYADH&limit=1", vec![2]),
        ("search=%D8%B9%D9%82%D8%AF", vec![1]),
    ] {
        let found: Vec<_> = found.into_iter().map(|n: usize| all[n].clone()).collect();
        assert_eq!(ids(&seen(&ours, &format!("/api/jobs?{query}")).await), found, "{query}");
    }
    assert_eq!(ids(&ours.get("/api/jobs/my-jobs", &first).await), [all[2].clone(), all[0].clone()]);
    assert_refused(&ours.send(&Call::get("/api/jobs/my-jobs")).await, 401, "unauthenticated");
    assert_refused(&ours.send(&Call::get("/api/jobs?status=x")).await, 400, "invalid_field");
    assert_refused(&ours.send(&Call::get("/api/jobs?cursor=x")).await, 400, "invalid_cursor");
    let walk = seen(&ours, "/api/jobs?cursor=&limit=2").await;
    let next = walk["nextCursor"].as_str().unwrap();
    assert_eq!(
        ids(&seen(&ours, &format!("/api/jobs?limit=2&cursor={next}")).await),
        [all[0].clone()]
    );

    for (job, token, status, code) in
        [(&all[1], &first, 403, "forbidden"), (&tokens::new_id(), &first, 404, "job_not_found")]
    {
        let path = format!("/api/jobs/{job}");
        for call in
            [Call::new("PUT", &path).json(&json!({"title": "x"})), Call::new("DELETE", &path)]
        {
            assert_refused(&ours.send(&call.token(token)).await, status, code);
        }
    }
    let path = format!("/api/jobs/{}", all[0]);
    let told = ours.send(&Call::new("DELETE", &path).token(&first)).await.json();
    assert_eq!(told["data"]["ids"], json!([all[0]]));
    assert_refused(&ours.send(&Call::get(&path)).await, 404, "job_not_found");
    assert_eq!(ids(&ours.get("/api/jobs/my-jobs", &first).await), [all[2].clone()]);
    ours.check().await;
}

#[tokio::test]
async fn an_offer_is_seen_by_who_made_it_and_who_got_it() {
    let ours = ours().await;
    let ((owner, owners), (first, firsts), (_, seconds)) =
        (login("client"), login("lawyer"), login("partner"));
    let job = job(&ours, &owners).await;
    let answer = ours.send(&propose(&job, 900, &firsts)).await;
    let made = answer.json();
    let offer = &made["proposal"];
    let path = format!("/api/proposals/{}", id(offer));
    assert_eq!((answer.status, answer.header("location")), (201, Some(path.as_str())));
    assert_eq!((&made["data"], &made["job"]["proposalsCount"]), (offer, &json!(1)));
    let short =
        json!({"_id": job, "title": "Review of a lease", "status": "open", "userId": owner});
    for (field, expected) in [
        ("jobId", short),
        ("lawyerId", json!(first)),
        ("proposedAmount", json!(900)),
        ("currency", json!("SAR")),
        ("coverLetter", json!("I")),
        ("deliveryTime", json!("2 weeks")),
        ("status", json!("pending")),
    ] {
        assert_eq!(offer[field], expected, "{field}");
    }
    let second = proposed(&ours, &job, &seconds).await;
    let of_job = format!("/api/proposals/job/{job}");
    assert_eq!(ids(&ours.get(&of_job, &owners).await), [second.clone(), id(offer)]);
    assert_eq!(ids(&ours.get(&of_job, &firsts).await), [id(offer)]);
    assert_eq!(ids(&ours.get(&of_job, &login("lawyer").1).await), Vec::<String>::new());
    assert_eq!(ids(&ours.get("/api/proposals/my-proposals", &seconds).await), [second]);
    for token in [&owners, &firsts] {
        assert_eq!(ours.get(&path, token).await["proposal"], *offer);
    }
    assert_refused(&ours.send(&Call::get(&path).token(&seconds)).await, 404, "proposal_not_found");
    assert_refused(&ours.send(&Call::get(&of_job)).await, 401, "unauthenticated");
    let mine = Call::get("/api/proposals/my-proposals").token(&owners);
    assert_refused(&ours.send(&mine).await, 403, "forbidden");
    let absent = Call::get(format!("/api/proposals/job/{}", tokens::new_id())).token(&owners);
    assert_refused(&ours.send(&absent).await, 404, "job_not_found");

    let post = |body: Value| Call::post("/api/proposals", &body).token(&firsts);
    for (call, status, code) in [
        (propose(&job, 800, &firsts), 400, "proposal_exists"),
        (propose(&job, 800, &owners), 403, "forbidden"),
        (propose(&job, 0, &seconds), 400, "amount_required"),
        (propose(&tokens::new_id(), 800, &firsts), 404, "job_not_found"),
        (post(json!({"proposedAmount": 5})), 400, "invalid_field"),
        (post(json!({"jobId": job})), 400, "amount_required"),
        (
            post(json!({"jobId": job, "proposedAmount": 5, "status": "accepted"})),
            400,
            "unknown_field",
        ),
    ] {
        assert_refused(&ours.send(&call).await, status, code);
    }
    ours.check().await;
}

#[tokio::test]
async fn one_offer_is_accepted_and_the_others_are_told_no() {
    let ours = ours().await;
    let (_, owner) = login("lawyer");
    let lawyers: Vec<String> = (0..4).map(|_| login("lawyer").1).collect();
    let job = job(&ours, &owner).await;
    let mut offers = Vec::new();
    for lawyer in &lawyers {
        offers.push(proposed(&ours, &job, lawyer).await);
    }
    assert_refused(&ours.send(&propose(&job, 5, &owner)).await, 400, "own_job");
    for (call, status, code) in [
        (decide("accept", &offers[0], &lawyers[0]), 403, "forbidden"),
        (decide("reject", &offers[0], &lawyers[1]), 403, "forbidden"),
        (decide("withdraw", &offers[0], &owner), 403, "forbidden"),
        (decide("accept", &tokens::new_id(), &owner), 404, "proposal_not_found"),
    ] {
        assert_refused(&ours.send(&call).await, status, code);
    }
    let withdrawn = ours.send(&decide("withdraw", &offers[0], &lawyers[0])).await.json();
    assert_eq!(
        (&withdrawn["proposal"]["status"], &withdrawn["job"]["proposalsCount"]),
        (&json!("withdrawn"), &json!(3))
    );
    let rejected = ours.send(&decide("reject", &offers[1], &owner)).await.json();
    assert_eq!(
        (&rejected["proposal"]["status"], &rejected["job"]["proposalsCount"]),
        (&json!("rejected"), &json!(2))
    );
    let accepted = ours.send(&decide("accept", &offers[2], &owner)).await.json();
    assert_eq!(accepted["proposal"]["status"], "accepted");
    assert_eq!(halalas(&accepted["proposal"]["proposedAmount"]), 90_000);
    let (after, told) = (seen(&ours, &format!("/api/jobs/{job}")).await, &accepted["job"]);
    assert_eq!(after["job"], *told);
    assert_eq!(
        (&told["status"], &told["acceptedProposal"], &told["proposalsCount"]),
        (&json!("in-progress"), &json!(offers[2]), &json!(1))
    );
    let statuses = ours.get(format!("/api/proposals/job/{job}"), &owner).await;
    let statuses: Vec<_> =
        statuses["data"].as_array().unwrap().iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses, ["rejected", "accepted", "rejected", "withdrawn"]);
    for (call, status, code) in [
        (decide("accept", &offers[3], &owner), 400, "job_not_open"),
        (decide("reject", &offers[2], &owner), 400, "proposal_not_pending"),
        (decide("withdraw", &offers[0], &lawyers[0]), 400, "proposal_not_pending"),
        (propose(&job, 5, &lawyers[0]), 400, "job_not_open"),
        (edit_job(&job, &json!({"title": "x"}), &owner), 400, "job_not_open"),
        (edit_job(&job, &json!({"budgetMax": 5}), &owner), 400, "job_not_open"),
        (
            Call::new("DELETE", format!("/api/jobs/{job}")).token(&owner),
            400,
            "job_has_accepted_proposal",
        ),
    ] {
        assert_refused(&ours.send(&call).await, status, code);
    }
    let done = ours.send(&edit_job(&job, &json!({"status": "completed"}), &owner)).await.json();
    assert_eq!(done["job"]["status"], "completed");
    ours.check().await;
}

#[tokio::test]
async fn the_market_asks_who_somebody_is_at_home() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    let clerk = tokens::new_id();
    let token = firm.token_of(&clerk, "lawyer");
    let job = job(&ours, &token).await;
    let (_, client) = login("client");
    let wanted = self::job(&ours, &client).await;
    let offer = proposed(&ours, &wanted, &token).await;
    // Who is dismissed at home is out here, too.
    firm.make(firm.put(format!("/api/members/{clerk}"), &json!({"active": false}))).await;
    for call in [
        post_job(&json!({"title": "x"}), &token),
        edit_job(&job, &json!({"title": "x"}), &token),
        propose(&wanted, 5, &token),
        decide("withdraw", &offer, &token),
        Call::get("/api/jobs/my-jobs").token(&token),
        Call::get("/api/proposals/my-proposals").token(&token),
        Call::get(format!("/api/proposals/{offer}")).token(&token),
        Call::get(format!("/api/proposals/job/{wanted}")).token(&token),
    ] {
        assert_refused(&ours.send(&call).await, 403, "member_left");
    }
    // What was posted stays to be seen.
    assert_eq!(seen(&ours, &format!("/api/jobs/{job}")).await["job"]["title"], "Review of a lease");
    // Paralegals and secretaries post and do not propose.
    for role in ["paralegal", "secretary"] {
        let (_, token) = login(role);
        self::job(&ours, &token).await;
        assert_refused(&ours.send(&propose(&wanted, 5, &token)).await, 403, "forbidden");
    }
    // A job is no row of its poster's firm: nothing of it is counted or logged there.
    let log = firm.get("/api/audit").await;
    let commands: Vec<_> =
        log["data"].as_array().unwrap().iter().map(|row| row["command"].clone()).collect();
    assert_eq!(commands, ["set_member", "create_client"]);
    ours.check().await;
}

#[tokio::test]
async fn what_is_sent_to_the_market_is_repeated_tried_out_and_sent_in_bulk() {
    let ours = ours().await;
    let (_, token) = login("lawyer");
    let body = json!({"title": "Lease"});
    let dry = Call::post("/api/jobs?dryRun=true", &body).token(&token);
    let answer = ours.send(&dry).await;
    assert_eq!((answer.status, answer.header("dry-run")), (201, Some("true")));
    assert_eq!(ids(&seen(&ours, "/api/jobs").await), Vec::<String>::new());
    let first = ours.send(&post_job(&body, &token).key("mine")).await;
    let again = ours.send(&post_job(&body, &token).key("mine")).await;
    assert!(again.is_replayed() && again.body == first.body, "{}", again.text());
    // The outcome can be asked for; nobody else has one under that key.
    let outcome = ours.get("/api/outcomes/mine", &token).await["data"].clone();
    assert_eq!((&outcome["status"], &outcome["body"]), (&json!(201), &first.json()));
    let other = Call::get("/api/outcomes/mine").token(&login("lawyer").1);
    assert_refused(&ours.send(&other).await, 404, "outcome_not_found");
    // Each command of a bulk goes where it belongs.
    let job = id(&first.json()["job"]);
    let offer = json!({"jobId": job, "proposedAmount": 5});
    let commands = json!({"commands": [
        {"command": "create_client", "body": {"fullName": "Noura"}},
        {"command": "post_job", "body": {"title": "Will"}},
        {"command": "propose", "body": offer},
        {"command": "update_job", "id": job, "body": {"status": "cancelled"}},
        {"command": "create_case", "body": {"title": "x", "clientId": "CLT-2026-0001"}},
    ]});
    let told = ours.send(&Call::post("/api/commands/bulk", &commands).token(&token)).await.json();
    let told: Vec<_> = told["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|outcome| json!([outcome["status"], outcome["code"]]))
        .collect();
    let done = |status: u16| json!([status, null]);
    assert_eq!(told, [done(201), done(201), json!([400, "own_job"]), done(200), done(201)]);
    assert_eq!(ids(&seen(&ours, "/api/jobs").await).len(), 2);
    assert_eq!(ours.get("/api/cases", &token).await["pagination"]["total"], json!(1));
    ours.check().await;
}
