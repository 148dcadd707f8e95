//! Checkpoints and proofs, against the definitions of RFC 9162 written down again here.

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::json;

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::Firm,
    log::{Hash, base64, hex, leaf_of, path, root, subproof},
};

#[tokio::test]
async fn what_is_in_the_log_is_proved() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    // More than the records under one stored node, and not a round number of them.
    let create = |n| json!({"command": "create_client", "body": {"fullName": format!("C {n}")}});
    let many: Vec<_> = (0..300).map(create).collect();
    let made = ours.send(&firm.post("/api/commands/bulk", &json!({"commands": many}))).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let export = ours.send(&Call::get("/api/audit/export").token(&firm.token)).await.text();
    let leaves: Vec<Hash> =
        export.lines().skip(1).map(|line| leaf_of(&serde_json::from_str(line).unwrap())).collect();
    assert_eq!(leaves.len(), 300);
    for (n, size) in [(1, None), (300, None), (257, None), (1, Some(1)), (17, Some(200))] {
        let asked = size.map_or_else(String::new, |size| format!("?size={size}"));
        let proof = firm.get(format!("/api/audit/proof/{n}{asked}")).await["data"].clone();
        let size = size.unwrap_or(300);
        assert_eq!(proof["tree"], json!({"size": size, "root": hex(&root(&leaves[..size]))}));
        assert_eq!(leaf_of(&proof["record"]), leaves[n - 1]);
        assert_eq!(proof["proof"], json!(hexed(&path(n - 1, &leaves[..size]))));
        let (_, said) = checkpoint(&firm, proof["checkpoint"].as_str().unwrap()).await;
        assert_eq!(said, (size, root(&leaves[..size])));
    }
    for (from, to) in [(1, None), (299, None), (256, None), (300, None), (7, Some(260))] {
        let asked = to.map_or_else(String::new, |to| format!("&to={to}"));
        let proof = firm.get(format!("/api/audit/consistency?from={from}{asked}")).await;
        let (proof, to) = (&proof["data"], to.unwrap_or(300));
        assert_eq!(proof["from"], json!({"size": from, "root": hex(&root(&leaves[..from]))}));
        assert_eq!(proof["to"], json!({"size": to, "root": hex(&root(&leaves[..to]))}));
        assert_eq!(proof["proof"], json!(hexed(&subproof(from, &leaves[..to], true))));
    }
    ours.check().await;
}

fn hexed(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hex(hash)).collect()
}

/// Origin, size and root of a checkpoint whose signature was checked with the key that the firm is told.
async fn checkpoint(firm: &Firm<'_>, note: &str) -> (String, (usize, Hash)) {
    let key = firm.get("/api/audit/key").await["data"].clone();
    let public = base64(key["publicKey"].as_str().unwrap()).try_into().unwrap();
    let (text, signatures) = note.rsplit_once("\n\n").unwrap();
    let signature = signatures.strip_prefix("\u{2014} ").unwrap().trim_end();
    let (name, signature) = signature.split_once(' ').unwrap();
    let signature = base64(signature);
    let (id, signature) = signature.split_at(4);
    assert_eq!(hex(id), key["keyId"].as_str().unwrap());
    VerifyingKey::from_bytes(&public)
        .unwrap()
        .verify_strict(format!("{text}\n").as_bytes(), &Signature::from_slice(signature).unwrap())
        .unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0], name), (3, name, key["origin"].as_str().unwrap()));
    let root = base64(lines[2]).try_into().unwrap();
    (name.to_owned(), (lines[1].parse().unwrap(), root))
}

#[tokio::test]
async fn a_checkpoint_names_its_firm_and_is_signed() {
    let ours = ours().await;
    let (firm, other) = (Firm::new(&ours), Firm::new(&ours));
    let get = async |firm: &Firm<'_>| {
        let answer = ours.send(&Call::get("/api/audit/checkpoint").token(&firm.token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        checkpoint(firm, &answer.text()).await
    };
    // Of a firm that nobody has heard of, too.
    assert_eq!(get(&firm).await.1, (0, root(&[])));
    firm.client().await;
    let (origin, (size, _)) = get(&firm).await;
    assert!(origin.starts_with("test.example/") && size == 1, "{origin} {size}");
    assert_ne!(get(&other).await.0, origin);
}

#[tokio::test]
async fn what_is_not_in_the_log_is_not_proved() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    for path in ["proof/0", "proof/2", "proof/-1", "proof/x", "proof/1?size=2"] {
        let answer = ours.send(&Call::get(format!("/api/audit/{path}")).token(&firm.token)).await;
        assert_refused(&answer, 404, "audit_not_found");
    }
    for path in ["proof/1?size=0", "proof/1?size=x", "consistency", "consistency?from=2"] {
        let answer = ours.send(&Call::get(format!("/api/audit/{path}")).token(&firm.token)).await;
        assert_refused(&answer, 400, "invalid_field");
    }
}
