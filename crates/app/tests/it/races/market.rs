//! The marketplace: one proposal is accepted, and a job says what its proposals say.

use serde_json::{Value, json};

use crate::support::{
    client::Call,
    firm::{Firm, accepted, halalas, id, riyals, seq},
    race::Race,
    tokens,
};

/// A job of this firm's owner.
async fn job(firm: &Firm<'_>) -> String {
    let body = json!({"title": "Lease dispute", "description": "Two hearings",
        "category": "real estate", "location": "Riyadh", "budget": {"min": 1_000, "max": 5_000}});
    id(&firm.make(firm.post("/api/jobs", &body)).await)
}

/// A lawyer of some other firm.
fn lawyer() -> String {
    tokens::token(&tokens::new_id(), &tokens::new_id(), "lawyer")
}

fn propose(job: &str, lawyer: &str, amount: usize) -> Call {
    let body = json!({"jobId": job, "proposedAmount": amount, "coverLetter": "I have done ten"});
    Call::post("/api/proposals", &body).token(lawyer)
}

fn on_proposal(word: &str, proposal: &str, token: &str) -> Call {
    Call::new("PATCH", format!("/api/proposals/{word}/{proposal}")).json(&json!({})).token(token)
}

/// So many proposals, each with its lawyer's token.
async fn proposals(firm: &Firm<'_>, job: &str, count: usize) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for n in 0..count {
        let lawyer = lawyer();
        all.push((id(&firm.make(propose(job, &lawyer, 1_000 + n)).await), lawyer));
    }
    all
}

/// The job, once it says what its proposals say: how many are live, and which is accepted.
async fn agreed(firm: &Firm<'_>, job: &str) -> Result<(Value, Vec<Value>), String> {
    let stands = firm.get(format!("/api/jobs/{job}")).await["data"].clone();
    let all = firm.list(&format!("/api/proposals/job/{job}")).await;
    let of = |status: &'static str| all.iter().filter(move |row| row["status"] == status);
    let accepted: Vec<_> = of("accepted").map(|row| row["_id"].clone()).collect();
    let live = of("pending").count() + accepted.len();
    let named = &stands["acceptedProposal"];
    let named = if named.is_object() { &named["_id"] } else { named };
    let says = (stands["proposalsCount"].as_u64(), named, stands["status"].as_str());
    let first = accepted.first().unwrap_or(&Value::Null);
    let status = if accepted.is_empty() { says.2 } else { Some("in-progress") };
    if accepted.len() > 1 || says != (u64::try_from(live).ok(), first, status) {
        return Err(format!(
            "a job has {live} live proposals and {} accepted; it says {}, accepted {named}, {}",
            accepted.len(),
            stands["proposalsCount"],
            stands["status"]
        ));
    }
    Ok((stands, all))
}

const UNTRUE: &str = "a job has";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c11_every_proposal_is_counted() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let calls = (0..12).map(|n| propose(&job, &lawyer(), 1_000 + n)).collect();
        let answers = firm.target.race(calls).await?;
        let count = accepted(&answers, &[])?;
        let (stands, _) = agreed(firm, &job).await?;
        if (count, stands["proposalsCount"].as_u64()) == (12, Some(12)) {
            Ok(())
        } else {
            Err(format!("a job has 12 proposals, {count} were accepted"))
        }
    };
    Race::new(30, UNTRUE).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x30_one_proposal_is_accepted() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let proposals = proposals(firm, &job, 4).await;
        let accept =
            |(proposal, _): &(String, String)| on_proposal("accept", proposal, &firm.token);
        let answers = firm.target.race(proposals.iter().map(accept).collect()).await?;
        let count = accepted(&answers, &["job_not_open", "proposal_not_pending"])?;
        if count != 1 {
            return Err(format!("{count} of four proposals were accepted"));
        }
        let (_, all) = agreed(firm, &job).await?;
        let rejected = all.iter().filter(|row| row["status"] == "rejected").count();
        if rejected == 3 { Ok(()) } else { Err(format!("{rejected} of three others are rejected")) }
    };
    Race::new(30, "of four proposals").run(scenario).await;
}

/// A word of the job's owner and a word of the lawyer on one proposal: one of them counts.
async fn contested(firm: &Firm<'_>, word: &str) -> Result<(), String> {
    let job = job(firm).await;
    let proposals = proposals(firm, &job, 2).await;
    let (proposal, lawyer) = &proposals[0];
    let by = if word == "withdraw" { lawyer } else { &firm.token };
    let mut calls = vec![on_proposal(word, proposal, by); 4];
    calls.insert(2, on_proposal("accept", proposal, &firm.token));
    let answers = firm.target.race(calls).await?;
    let count = accepted(&answers, &["proposal_not_pending", "job_not_open"])?;
    if count != 1 {
        return Err(format!("one proposal was accepted or else {count} times"));
    }
    let (stands, all) = agreed(firm, &job).await?;
    let status = all.iter().find(|row| row["_id"] == proposal.as_str()).map(|row| &row["status"]);
    let due = match (answers[2].is_ok(), word) {
        (true, _) => ("accepted", "in-progress"),
        (false, "withdraw") => ("withdrawn", "open"),
        (false, _) => ("rejected", "open"),
    };
    if status.and_then(Value::as_str) == Some(due.0) && stands["status"] == due.1 {
        Ok(())
    } else {
        Err(format!("it is {status:?}, its job {}", stands["status"]))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x31_a_proposal_is_accepted_or_withdrawn() {
    Race::new(30, "accepted or else").run(async |firm| contested(firm, "withdraw").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x31_a_proposal_is_accepted_or_rejected() {
    Race::new(30, "accepted or else").run(async |firm| contested(firm, "reject").await).await;
}

/// Taken back before or after a proposal was accepted; what is accepted later is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x31_a_closed_job_accepts_nothing() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let proposals = proposals(firm, &job, 3).await;
        let close = firm.put(format!("/api/jobs/{job}"), &json!({"status": "cancelled"}));
        let accept =
            |(proposal, _): &(String, String)| on_proposal("accept", proposal, &firm.token);
        let mut calls: Vec<_> = proposals.iter().map(accept).collect();
        calls.insert(1, close);
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["job_not_open", "proposal_not_pending"])?;
        let taken: Vec<_> = [0, 2, 3].into_iter().filter(|n| answers[*n].is_ok()).collect();
        let is_late = |n: &usize| seq(&answers[*n]) > seq(&answers[1]);
        let late = taken.iter().filter(|n| is_late(n)).count();
        let stands = firm.get(format!("/api/jobs/{job}")).await["data"].clone();
        if taken.len() > 1 || late > 0 || stands["status"] != "cancelled" {
            return Err(format!(
                "a closed job accepted {} proposals, {late} of them later, and is {}",
                taken.len(),
                stands["status"]
            ));
        }
        let named = stands["acceptedProposal"].is_null();
        if named == taken.is_empty() { Ok(()) } else { Err(format!("a closed job says {stands}")) }
    };
    Race::new(30, "a closed job").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x32_a_lawyer_proposes_once() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let lawyer = lawyer();
        let calls = (0..6).map(|n| propose(&job, &lawyer, 1_000 + n)).collect();
        let answers = firm.target.race(calls).await?;
        let count = accepted(&answers, &["proposal_exists"])?;
        if count != 1 {
            return Err(format!("one lawyer has {count} proposals for one job"));
        }
        agreed(firm, &job).await.map(drop)
    };
    Race::new(30, "for one job").run(scenario).await;
}

/// Proposals for a job that is being taken back: those that came in time are counted, others refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x32_a_job_that_is_closed_takes_no_proposal() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let close = firm.put(format!("/api/jobs/{job}"), &json!({"status": "cancelled"}));
        let mut calls: Vec<_> = (0..6).map(|n| propose(&job, &lawyer(), 1_000 + n)).collect();
        calls.insert(3, close);
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["job_not_open"])?;
        let place = |n: usize| seq(&answers[n]);
        let mut made = (0..7).filter(|n| *n != 3 && answers[*n].is_ok());
        if let Some(late) = made.find(|n| place(*n) > place(3)) {
            return Err(format!("a closed job took proposal {late}"));
        }
        let stands = firm.get(format!("/api/jobs/{job}")).await["data"].clone();
        if stands["status"] != "cancelled" {
            return Err(format!("a closed job is {}", stands["status"]));
        }
        let after = firm.target.send(&propose(&job, &lawyer(), 1_000)).await;
        if after.code() == "job_not_open" {
            Ok(())
        } else {
            Err(format!("a closed job answered {}", after.text()))
        }
    };
    Race::new(30, "a closed job").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x32_a_job_is_deleted_or_given_away() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let proposals = proposals(firm, &job, 2).await;
        let mut calls = vec![firm.delete(format!("/api/jobs/{job}")); 4];
        calls.insert(2, on_proposal("accept", &proposals[0].0, &firm.token));
        let answers = firm.target.race(calls).await?;
        let refusals = [
            "job_not_found",
            "job_has_accepted_proposal",
            "proposal_not_found",
            "job_not_open",
            "proposal_not_pending",
        ];
        let count = accepted(&answers, &refusals)?;
        if count != 1 {
            return Err(format!("{count} of an accept and four deletes were carried out"));
        }
        if answers[2].is_ok() {
            return agreed(firm, &job).await.map(drop);
        }
        let read = Call::get(format!("/api/jobs/{job}")).token(&firm.token);
        let late = propose(&job, &lawyer(), 1_000);
        for call in [read, late] {
            let answer = firm.target.send(&call).await;
            if answer.code() != "job_not_found" {
                return Err(format!("a deleted job answered {}", answer.text()));
            }
        }
        Ok(())
    };
    Race::new(30, "of an accept and four deletes").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x33_a_proposal_is_withdrawn_once() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let proposals = proposals(firm, &job, 3).await;
        let (proposal, lawyer) = &proposals[1];
        let call = on_proposal("withdraw", proposal, lawyer);
        let answers = firm.target.race(vec![call; 6]).await?;
        let count = accepted(&answers, &["proposal_not_pending"])?;
        if count != 1 {
            return Err(format!("one proposal was withdrawn {count} times"));
        }
        let (stands, _) = agreed(firm, &job).await?;
        if stands["proposalsCount"] != json!(2) {
            return Err(format!("of three two are left, it says {}", stands["proposalsCount"]));
        }
        // Withdrawn, the lawyer may propose again.
        firm.make(propose(&job, lawyer, 900)).await;
        agreed(firm, &job).await.map(drop)
    };
    Race::new(30, "was withdrawn").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x34_an_edit_of_a_job_takes_no_proposal_back() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let mut calls: Vec<_> = (0..5).map(|n| propose(&job, &lawyer(), 1_000 + n)).collect();
        for n in 0..3 {
            let body = json!({"description": format!("edit {n}")});
            calls.insert(n * 2, firm.put(format!("/api/jobs/{job}"), &body));
        }
        accepted(&firm.target.race(calls).await?, &[])?;
        let (stands, _) = agreed(firm, &job).await?;
        if stands["proposalsCount"] == json!(5) && stands["description"] != "Two hearings" {
            Ok(())
        } else {
            Err(format!("a job has five proposals and an edit, it says {stands}"))
        }
    };
    Race::new(30, UNTRUE).run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x34_no_body_says_what_was_accepted() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let proposals = proposals(firm, &job, 2).await;
        let bodies = [
            json!({"description": "d", "proposalsCount": 7}),
            json!({"description": "d", "acceptedProposal": proposals[0].0}),
        ];
        let edit = |body: &Value| firm.put(format!("/api/jobs/{job}"), body);
        firm.target.race(bodies.iter().map(edit).collect()).await?;
        agreed(firm, &job).await.map(drop)
    };
    Race::new(20, UNTRUE).broken_in_any_order().run(scenario).await;
}

/// What a job may cost is fixed once a proposal is accepted, and so is what was proposed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x35_a_price_is_not_edited_after_it_was_accepted() {
    let scenario = async |firm: &Firm<'_>| {
        let job = job(firm).await;
        let proposals = proposals(firm, &job, 1).await;
        let path = format!("/api/jobs/{job}");
        let edit = |n: usize| firm.put(&path, &json!({"budget": {"min": n, "max": 9_000}}));
        let mut calls = vec![on_proposal("accept", &proposals[0].0, &firm.token)];
        calls.extend((1..=6).map(edit));
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["job_not_open"])?;
        let place = |n: &usize| seq(&answers[*n]);
        let edits: Vec<_> = (1..=6).filter(|n| answers[*n].is_ok()).collect();
        let late = edits.iter().filter(|n| place(n) > place(&0)).count();
        if !answers[0].is_ok() || late > 0 {
            return Err(format!("a job has its price edited {late} times after an accept"));
        }
        let (stands, all) = agreed(firm, &job).await?;
        let last = edits.iter().max_by_key(|n| place(n));
        let due = last.map_or(100_000, |n| 100 * i64::try_from(*n).expect("few"));
        let says = halalas(&stands["budget"]["min"]);
        if says != due {
            return Err(format!("a job has a budget of {}, it says {}", riyals(due), riyals(says)));
        }
        let after = firm.target.send(&edit(7)).await;
        let stands = halalas(&all[0]["proposedAmount"]);
        if stands == 100_000 && after.code() == "job_not_open" {
            Ok(())
        } else {
            Err(format!("a job has a proposal at {}, then {}", riyals(stands), after.text()))
        }
    };
    Race::new(30, UNTRUE).run(scenario).await;
}
