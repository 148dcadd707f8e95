//! Tokens of any user, and firms that no other round has used.

use std::sync::atomic::{AtomicU32, Ordering};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

/// What the servers under test verify with.
pub const SECRET: &str = "a secret for tests, and 32 bytes long";

/// 2100-01-01: no test's clock gets there.
pub const FAR: i64 = 4_102_444_800;

/// Signs any claims.
pub fn sign(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).expect("claims can be signed")
}

/// A token of `user` in `firm`.
pub fn token(user: &str, firm: &str, role: &str) -> String {
    let claims = json!({"_id": user, "firm_id": firm, "role": role, "exp": FAR});
    sign(Algorithm::HS256, SECRET, &claims)
}

/// User and firm of a token; the twin believes it.
pub fn read(token: &str) -> Option<(String, String)> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.required_spec_claims.clear();
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let claims = jsonwebtoken::decode::<Value>(token, &key, &rules).ok()?.claims;
    let claim = |name: &str| claims[name].as_str().map(str::to_owned);
    Some((claim("_id")?, claim("firm_id")?))
}

/// 24 hex digits that this process has not made before.
pub fn new_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("f1f1f1f1f1f1f1f1{:08x}", NEXT.fetch_add(1, Ordering::Relaxed))
}
