//! `amanah audit`: what the server gave away is checked when server and database are gone, and whatever
//! was forged is refused.

use std::path::Path;

use serde_json::{Value, json};

use super::{Process, amanah, output, text, url};
use crate::support::{client::Call, log, tokens};

const FIRM: &str = "64f1a2b3c4d5e6f708192a3c";

/// Runs `amanah audit verify`: its exit code, and what it printed.
fn verify(file: &Path, keys: &[&str], older: Option<&Path>) -> (i32, String) {
    let mut arguments = vec!["audit", "verify", file.to_str().unwrap()];
    keys.iter().for_each(|key| arguments.extend(["--key", key]));
    if let Some(older) = older {
        arguments.extend(["--older", older.to_str().unwrap()]);
    }
    let ended = output(amanah(&arguments));
    (ended.status.code().unwrap(), text(&ended.stdout) + &text(&ended.stderr))
}

#[track_caller]
fn assert_holds((code, said): (i32, String), what: &str) {
    assert!(code == 0 && said.contains(what), "{code}: {said}");
}

#[track_caller]
fn assert_refuted((code, said): (i32, String), why: &str) {
    assert!(code == 1 && said.contains("REFUTED") && said.contains(why), "{code}: {said}");
}

#[track_caller]
fn assert_unchecked((code, said): (i32, String), why: &str) {
    assert!(code == 2 && said.contains(why), "{code}: {said}");
}

#[tokio::test]
async fn a_log_is_checked_without_server_and_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("firm.db");
    let file = |name: &str| folder.path().join(name);
    let mut process = Process::serve(&database);
    let token = tokens::token(&tokens::new_id(), FIRM, "owner");
    let make = async |count: usize| {
        for n in 0..count {
            let body = json!({"fullName": format!("Client {n}")});
            let call = Call::post("/api/clients", &body).token(&token).key(format!("{count} {n}"));
            assert_eq!(process.send(&call).await.status, 201);
        }
    };
    let keep = async |name: &str, path: &str| {
        let answer = process.send(&Call::get(format!("/api/audit/{path}")).token(&token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        std::fs::write(file(name), &answer.body).unwrap();
    };
    make(5).await;
    keep("older", "checkpoint").await;
    make(6).await;
    keep("export", "export").await;
    keep("inclusion", "proof/7").await;
    keep("consistency", "consistency?from=5").await;
    keep("key", "key").await;
    process.terminate();
    assert!(process.ended().success());
    let exported = ["audit", "export", "--firm", FIRM, "--database", &url(&database)];
    let exported = output(amanah(&exported));
    let export = std::fs::read_to_string(file("export")).unwrap();
    assert_eq!(text(&exported.stdout), export);
    let told = ["audit", "key", "--firm", FIRM, "--database", &url(&database)];
    let told = output(amanah(&told));
    std::fs::remove_file(&database).unwrap();

    let key: Value = serde_json::from_slice(&std::fs::read(file("key")).unwrap()).unwrap();
    let key = key["data"]["verifierKey"].as_str().unwrap();
    assert_eq!(text(&told.stdout).trim_end(), key);
    let (keys, older) = (&[key], file("older"));
    assert_holds(verify(&file("export"), keys, None), "11 records");
    assert_holds(verify(&file("export"), keys, Some(&older)), "began as the log of 5 records");
    assert_holds(verify(&file("inclusion"), keys, None), "record 7 is in the log");
    let grown = verify(&file("consistency"), keys, Some(&older));
    assert_holds(grown, "only grown since it had 5 records");
    // Another implementation comes to the same root.
    let lines: Vec<Value> =
        export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let leaves: Vec<log::Hash> = lines[1..].iter().map(log::leaf_of).collect();
    let signed = lines[0]["checkpoint"].as_str().unwrap();
    assert_eq!(log::base64(signed.lines().nth(2).unwrap()), log::root(&leaves));

    let forged = |name: &str, from: &str, to: &str| {
        let original = std::fs::read_to_string(file(name)).unwrap();
        let changed = original.replacen(from, to, 1);
        assert_ne!(changed, original, "{from} is not in {name}");
        std::fs::write(file("forged"), changed).unwrap();
        file("forged")
    };
    // A record that is changed, left out, put elsewhere, cut off or added.
    let record = |n: usize| format!("{}\n", export.lines().nth(n).unwrap());
    for (from, to, why) in [
        ("\"n\":4,\"seq\":4", "\"n\":4,\"seq\":5", "record 4: it is not what was recorded"),
        ("127.0.0.1", "127.0.0.2", "record 1: what was said is not what the commitment is to"),
        (&record(3), "", "record 3: record 4 stands in its place"),
        (&record(11), "", "the file ends after record 10, 11 were signed"),
        (&record(11), &record(11).repeat(2), "more records than the 11 signed"),
        (&record(8), "{}\n", "record 8: missing field"),
        ("\\n11\\n", "\\n12\\n", "is forged"),
        ("amanah/64", "amanah/65", "is forged"),
    ] {
        let refused = verify(&forged("export", from, to), keys, Some(&older));
        if from == "amanah/64" {
            assert_refuted(refused, "");
        } else {
            assert_refuted(refused, why);
        }
    }
    // A record whose leaf was made to fit it: the root does not.
    let mut changed = lines[4].clone();
    changed["seq"] = json!(9);
    changed["leaf"] = json!(log::hex(&log::leaf_of(&changed)));
    let refitted = forged("export", &record(4), &format!("{changed}\n"));
    assert_refuted(verify(&refitted, keys, None), "the records are not those that were signed");

    // Proofs.
    let leaf = |n: usize| log::hex(&leaves[n - 1]);
    for (name, from, to, why) in [
        ("inclusion", "\"n\":7", "\"n\":8", "record 8: it is not what was recorded"),
        ("inclusion", &leaf(8)[..], &leaf(9)[..], "the proof does not lead to the root"),
        ("inclusion", "\"size\":11", "\"size\":12", "not the one that was signed"),
        ("inclusion", "\"proof\":[", "\"proof\":[\"00\",", "no SHA-256"),
        ("consistency", &leaf(5)[..], &leaf(6)[..], "not shown to have begun"),
        ("consistency", "\"size\":5", "\"size\":6", "not that of the older checkpoint"),
        ("consistency", "\"size\":11", "\"size\":12", "not the one that was signed"),
        ("consistency", "data", "date", "neither an export"),
    ] {
        let refused = verify(
            &forged(name, from, to),
            keys,
            Some(older.as_path()).filter(|_| name != "inclusion"),
        );
        assert_refuted(refused, why);
    }
    // Checkpoints: of another key, changed, or none.
    let strange = "amanah/64f1a2b3c4d5e6f708192a3c+00000000+AAAA";
    assert_unchecked(verify(&file("export"), &[strange], None), "is no public key");
    let other = folder.path().join("other.key");
    let told = ["audit", "key", "--firm", FIRM, "--audit-key", other.to_str().unwrap()];
    let told = output(amanah(&[&told[..], &["--database", &url(&database)]].concat()));
    let other = text(&told.stdout).trim_end().to_owned();
    assert_refuted(verify(&file("export"), &[&other], None), "none of the keys given");
    assert_holds(verify(&file("export"), &[&other, key], None), "11 records");
    let refused = verify(&file("export"), keys, Some(&forged("older", "\n5\n", "\n4\n")));
    assert_refuted(refused, "the older checkpoint: the signature of");
    assert_unchecked(verify(&file("consistency"), keys, None), "--older");
    assert_unchecked(verify(&file("absent"), keys, None), "can't be read");
    assert_refuted(verify(&file("older"), keys, None), "neither an export");
}

/// Whoever owns the database can make every hash in it fit; the checkpoint of another day tells.
#[tokio::test]
async fn a_log_that_was_rewritten_is_not_the_one_that_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let key = folder.path().join("audit.key");
    let older = folder.path().join("older");
    let token = tokens::token(&tokens::new_id(), FIRM, "owner");
    let (key, mut public) = (key.to_str().unwrap(), String::new());
    // The same key signs two logs of one firm: as it was, and as it was made up afterwards.
    for (database, name) in [(&first, "Noura"), (&second, "Sara")] {
        let (database, listen) = (url(database), "127.0.0.1:0");
        let serve = ["serve", "--database", &database, "--listen", listen, "--audit-key", key];
        let process = Process::start(amanah(&serve));
        let call = Call::post("/api/clients", &json!({"fullName": name})).token(&token);
        assert_eq!(process.send(&call).await.status, 201);
        let ask = async |path: &str| {
            process.send(&Call::get(format!("/api/audit/{path}")).token(&token)).await
        };
        if name == "Noura" {
            std::fs::write(&older, ask("checkpoint").await.body).unwrap();
            let told = ask("key").await.json();
            public = told["data"]["verifierKey"].as_str().unwrap().to_owned();
            continue;
        }
        let export = folder.path().join("export");
        std::fs::write(&export, ask("export").await.body).unwrap();
        assert_holds(verify(&export, &[&public], None), "1 records");
        let refused = verify(&export, &[&public], Some(&older));
        assert_refuted(refused, "the first 1 records are not those of the older checkpoint");
    }
}

/// What an auditor was given before a person was erased holds afterwards, and so does what is given then.
#[tokio::test]
async fn a_log_out_of_which_a_person_was_erased_is_the_one_that_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("firm.db");
    let file = |name: &str| folder.path().join(name);
    let mut process = Process::serve(&database);
    let token = tokens::token(&tokens::new_id(), FIRM, "owner");
    let make = async |path: &str, body: Value| {
        let answer = process.send(&Call::post(path, &body).token(&token).key(path)).await;
        assert!(answer.is_ok(), "{}", answer.text());
        answer.json()["data"]["_id"].as_str().unwrap().to_owned()
    };
    let keep = async |name: &str, path: &str| {
        let answer = process.send(&Call::get(format!("/api/audit/{path}")).token(&token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        std::fs::write(file(name), &answer.body).unwrap();
    };
    let client = make("/api/clients", json!({"fullName": "Noura"})).await;
    make("/api/cases", json!({"title": "Somebody else's"})).await;
    keep("key", "key").await;
    keep("older", "checkpoint").await;
    keep("before", "export").await;
    keep("inclusion", "proof/1").await;
    make(&format!("/api/clients/{client}/erase"), json!({"reason": "asked for"})).await;
    keep("after", "export").await;
    keep("inclusion-after", "proof/1").await;
    keep("consistency", "consistency?from=2").await;
    process.terminate();
    assert!(process.ended().success());
    let clean = output(amanah(&["verify", "--database", &url(&database)]));
    assert_eq!(clean.status.code(), Some(0), "{}", text(&clean.stdout));
    std::fs::remove_file(&database).unwrap();

    let key: Value = serde_json::from_slice(&std::fs::read(file("key")).unwrap()).unwrap();
    let (keys, older) = (&[key["data"]["verifierKey"].as_str().unwrap()], file("older"));
    let first = |name: &str| -> Value {
        let export = std::fs::read_to_string(file(name)).unwrap();
        serde_json::from_str(export.lines().nth(1).unwrap()).unwrap()
    };
    assert!(first("before")["salt"].is_string() && first("after")["salt"].is_null());
    for name in ["before", "after"] {
        let held = verify(&file(name), keys, Some(&older));
        assert_holds(held, "began as the log of 2 records");
    }
    for name in ["inclusion", "inclusion-after"] {
        assert_holds(verify(&file(name), keys, None), "record 1 is in the log");
    }
    let grown = verify(&file("consistency"), keys, Some(&older));
    assert_holds(grown, "only grown since it had 2 records");
    // An erased record that says something else is another one.
    let after = std::fs::read_to_string(file("after")).unwrap();
    std::fs::write(file("forged"), after.replacen("create_client", "update_client", 1)).unwrap();
    let forged = verify(&file("forged"), keys, None);
    assert_refuted(forged, "record 1: it is not what was recorded");
}
