//! The command line: what it refuses, what it prints, and that what it prints works.

use std::process::{Command, Stdio};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::{BINARY, Process, amanah, output, text, url};
use crate::support::{
    client::Call,
    tokens::{self, SECRET},
};

#[test]
fn a_missing_or_short_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("test.db");
    for secret in [None, Some(""), Some("too short"), Some("31 bytes are one byte too few..")] {
        let mut command = Command::new(BINARY);
        command
            .args(["serve", "--database", &url(&database), "--listen", "127.0.0.1:0"])
            .env_clear();
        if let Some(secret) = secret {
            command.env("JWT_SECRET", secret);
        }
        let refused = output(command);
        assert_eq!(refused.status.code(), Some(1), "{secret:?}");
        let said = text(&refused.stderr);
        assert!(said.contains("JWT_SECRET") && said.contains("openssl rand"), "{said}");
        assert!(secret.is_none_or(|secret| secret.is_empty() || !said.contains(secret)), "{said}");
    }
    assert!(!database.exists(), "a server that can't serve makes no database");
}

#[test]
fn what_can_not_be_done_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let missing = url(&folder.path().join("missing.db"));
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "this is no database at all, but it is long enough to be looked at")
        .unwrap();
    for (arguments, word) in [
        (&["serve"][..], "--database sqlite:PATH"),
        (&["serve", "--database", "mysql://u:hidden@h/d"], "sqlite:PATH"),
        (&["serve", "--database", "postgres://u:hidden@127.0.0.1:1/d"], "127.0.0.1:1"),
        (
            &["serve", "--database", "sqlite:/no/such/folder/x.db", "--listen", "127.0.0.1:0"],
            "/no/such/folder",
        ),
        (&["serve", "--database", &url(&garbage), "--listen", "127.0.0.1:0"], "database"),
        (&["verify", "--database", &missing], "no such file"),
        (&["backup", "copy.db", "--database", &missing], "no such file"),
        (&["token", "--user", "x", "--firm", "y", "--role", "owner"], "24 hex digits"),
        (
            &[
                "token",
                "--user",
                "0a0a0a0a0a0a0a0a0a0a0a0a",
                "--firm",
                "0a0a0a0a0a0a0a0a0a0a0a0a",
                "--role",
                "king",
            ],
            "paralegal",
        ),
    ] {
        let refused = output(amanah(arguments));
        let said = text(&refused.stderr);
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(
            said.contains(word) && !said.contains("hidden") && !said.contains("panicked"),
            "{arguments:?}: {said}"
        );
    }
    assert!(!folder.path().join("missing.db").exists());
}

/// The public half stands in a file; whoever keeps the private half signs.
#[tokio::test]
async fn tokens_can_be_signed_by_somebody_whose_public_key_is_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let [ed, rsa] = ["ed", "rsa"].map(|name| {
        let path = format!("{}/tests/keys/{name}.pub.pem", env!("CARGO_MANIFEST_DIR"));
        (name, path)
    });
    let claims = json!({
        "_id": tokens::new_id(),
        "firm_id": tokens::new_id(),
        "role": "owner",
        "exp": tokens::FAR,
    });
    let private = |name: &str| {
        std::fs::read(format!("{}/tests/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let sign = |algorithm, key: &EncodingKey| {
        jsonwebtoken::encode(&Header::new(algorithm), &claims, key).unwrap()
    };
    let eddsa = sign(Algorithm::EdDSA, &EncodingKey::from_ed_pem(&private("ed")).unwrap());
    let rs256 = sign(Algorithm::RS256, &EncodingKey::from_rsa_pem(&private("rsa")).unwrap());
    let hs256 = sign(Algorithm::HS256, &EncodingKey::from_secret(SECRET.as_bytes()));
    let database = url(&folder.path().join("test.db"));
    for (secret, keys, statuses) in [
        (true, vec![], [401, 401, 200]),
        (false, vec![&ed.1], [200, 401, 401]),
        (false, vec![&rsa.1], [401, 200, 401]),
        (true, vec![&ed.1, &rsa.1], [200, 200, 200]),
    ] {
        let mut command = amanah(&["serve", "--database", &database, "--listen", "127.0.0.1:0"]);
        if !secret {
            command.env_remove("JWT_SECRET");
        }
        for key in &keys {
            command.args(["--jwt-public-key", key]);
        }
        let process = Process::start(command);
        for (token, status) in [&eddsa, &rs256, &hs256].iter().zip(statuses) {
            let answer = process.send(&Call::get("/api/clients").token(token)).await;
            assert_eq!(answer.status, status, "secret {secret}, {keys:?}: {}", answer.text());
        }
    }
    let short = format!("{}/tests/keys/rsa1024.pub.pem", env!("CARGO_MANIFEST_DIR"));
    for (key, word) in [(short.as_str(), "2048"), ("/no/such/key.pem", "/no/such/key.pem")] {
        let refused = output(amanah(&["serve", "--database", &database, "--jwt-public-key", key]));
        let said = text(&refused.stderr);
        assert!(!refused.status.success() && said.contains(word), "{said}");
    }
}

#[tokio::test]
async fn a_printed_token_works() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve(&folder.path().join("test.db"));
    let (user, firm) = (tokens::new_id(), tokens::new_id());
    let arguments =
        ["token", "--user", &user, "--firm", &firm, "--role", "lawyer", "--expires-in", "1h"];
    let token = text(&output(amanah(&arguments)).stdout).trim().to_owned();
    let me = process.send(&Call::get("/api/me").token(&token)).await.json()["data"].clone();
    assert_eq!(
        (&me["_id"], &me["firmId"], &me["role"]),
        (&json!(user), &json!(firm), &json!("lawyer"))
    );
    let mut other = amanah(&arguments);
    other.env("JWT_SECRET", SECRET.to_uppercase());
    let token = text(&output(other).stdout).trim().to_owned();
    assert_eq!(process.send(&Call::get("/api/me").token(&token)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demos_lines_work_when_they_are_pasted() {
    let mut command = amanah(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
    command.env_remove("JWT_SECRET").stdout(Stdio::piped());
    let mut process = Process::start(command);
    let guide = process.printed("/history");
    let export = guide
        .lines()
        .find(|line| line.trim_start().starts_with("export "))
        .expect("a token to export");
    let lines: Vec<_> =
        guide.lines().filter(|line| line.trim_start().starts_with("curl ")).collect();
    assert!(lines.len() >= 3, "{guide}");
    for line in lines {
        // The path of the system's tools is all that a terminal adds.
        let script = format!("{export}\n{line} -w '\\n%{{http_code}}'");
        let answer = Command::new("sh").args(["-c", &script]).output().expect("sh runs");
        let answer = text(&answer.stdout);
        let (body, status) = answer.rsplit_once('\n').expect("a status");
        assert_eq!(status, "200", "{line}: {answer}");
        let body: serde_json::Value = serde_json::from_str(body.trim()).expect("JSON");
        assert_eq!(body["success"], true);
    }
    process.terminate();
    assert!(process.ended().success());
}
