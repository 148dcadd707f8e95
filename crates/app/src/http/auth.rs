//! Who is asking: a signed token, and nothing else, says so.
//!
//! Verified tokens are remembered in a bounded table, and **their expiry is checked on every use**.

use std::sync::Arc;

use domain::{Actor, Id, MARKET, Role, id::User};
use engine::Clock;
use hyper::{HeaderMap, StatusCode, header};
use quick_cache::sync::Cache;
use serde::Deserialize;

use super::{error::Refusal, keys::Keys};
use crate::messages::Message;

const TOKEN_BYTES_MAX: usize = 4_096;
const TOKENS_REMEMBERED_MAX: usize = 10_000;

/// What a token may say. Old ones say `{_id, isSeller}`.
#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "_id")]
    mongo_id: Option<String>,
    id: Option<String>,
    sub: Option<String>,
    firm_id: Option<String>,
    role: Option<String>,
    #[serde(rename = "isSeller")]
    is_seller: Option<bool>,
    exp: Option<serde_json::Number>,
    nbf: Option<serde_json::Number>,
}

/// Who a token says is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// In their own firm.
    pub actor: Actor,
    /// Their role in the market.
    pub in_market: Role,
}

#[derive(Clone, Copy)]
struct Verified {
    bearer: Bearer,
    /// The second from which the token is not valid any more.
    ends: Option<i64>,
    begins: Option<i64>,
}

/// Verifies tokens.
pub struct Auth {
    keys: Keys,
    verified: Cache<Box<str>, Verified>,
    clock: Arc<dyn Clock>,
}

impl Auth {
    /// Verifies tokens signed with one of `keys`, by the time of `clock`.
    pub fn new(keys: Keys, clock: Arc<dyn Clock>) -> Self {
        Self { keys, verified: Cache::new(TOKENS_REMEMBERED_MAX), clock }
    }

    /// The actor that a request's headers prove. A cookie is sent along by browsers also when another
    /// site asks, so with one a changing request must come from our own site or one in `origins`.
    pub(crate) fn actor(
        &self,
        headers: &HeaderMap,
        changes: Changes,
        origins: &[String],
    ) -> Result<Bearer, Refusal> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let invalid = || refused(Message::TokenInvalid);
            let value = value.to_str().map_err(|_| invalid())?;
            let (scheme, token) = value.split_once(' ').ok_or_else(invalid)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(invalid());
            }
            return self.verify(token.trim());
        }
        let token =
            cookie(headers, "accessToken").ok_or_else(|| refused(Message::Unauthenticated))?;
        if changes == Changes::Something && !is_same_site(headers, origins) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, Message::CrossSite));
        }
        self.verify(token)
    }

    fn verify(&self, token: &str) -> Result<Bearer, Refusal> {
        let verified = match self.verified.get(token) {
            Some(verified) => verified,
            None => {
                let verified = self.read(token).ok_or_else(|| refused(Message::TokenInvalid))?;
                self.verified.insert(token.into(), verified);
                verified
            }
        };
        let now = self.clock.now().micros().div_euclid(1_000_000);
        if verified.ends.is_some_and(|ends| ends <= now) {
            return Err(refused(Message::TokenExpired));
        }
        if verified.begins.is_some_and(|begins| begins > now) {
            return Err(refused(Message::TokenInvalid));
        }
        Ok(verified.bearer)
    }

    fn read(&self, token: &str) -> Option<Verified> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let claims: Claims = self.keys.claims(token)?;
        let user: Id<User> = claims.mongo_id.or(claims.id).or(claims.sub)?.parse().ok()?;
        // Nobody is the product itself.
        let role_named = |name: String| Role::from_name(&name).filter(|role| *role != Role::System);
        let role = claims.role.map(|name| role_named(name).ok_or(())).transpose().ok()?;
        let (firm, claimed, in_market) = match claims.firm_id {
            Some(firm) => (firm.parse().ok()?, role?, role?),
            // Who has no firm is a firm of one, and owns it; in the market, only lawyers sell.
            None if claims.is_seller == Some(false) => (user.cast(), Role::Owner, Role::Client),
            None => (user.cast(), Role::Owner, Role::Owner),
        };
        // The market is nobody's firm.
        if firm == MARKET {
            return None;
        }
        let seconds =
            |time: Option<serde_json::Number>| time.as_ref().map(whole_seconds).transpose();
        let (ends, begins) = (seconds(claims.exp).ok()?, seconds(claims.nbf).ok()?);
        let bearer = Bearer { actor: Actor { user, firm, claimed }, in_market };
        Some(Verified { bearer, ends, begins })
    }
}

/// Whether a request can change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changes {
    Nothing,
    Something,
}

fn refused(message: Message) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, message)
}

/// A numeric date; some issuers write fractions of a second.
fn whole_seconds(number: &serde_json::Number) -> Result<i64, std::num::ParseIntError> {
    let text = number.to_string();
    text.split_once('.').map_or(text.as_str(), |(whole, _)| whole).parse()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value).next()
}

fn is_same_site(headers: &HeaderMap, origins: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host);
    own || origins.iter().any(|allowed| allowed == origin)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use domain::Timestamp;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use serde_json::{Value, json};

    use super::*;
    use crate::http::Secret;

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.load(Ordering::Relaxed) * 1_000_000)
        }
    }

    const SECRET: &[u8] = b"thirty-two bytes of a secret, ok";
    const USER: &str = "64f1a2b3c4d5e6f708192a3b";
    const FIRM: &str = "64f1a2b3c4d5e6f708192a3c";

    fn auth(now: i64) -> (Auth, Arc<Hand>) {
        let clock = Arc::new(Hand(AtomicI64::new(now)));
        (Auth::new(Secret::new(SECRET).unwrap().into(), Arc::<Hand>::clone(&clock)), clock)
    }

    fn token(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret))
            .unwrap()
    }

    fn code(auth: &Auth, token: &str) -> Result<Actor, &'static str> {
        auth.verify(token).map(|bearer| bearer.actor).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_token_names_user_firm_and_role() {
        let (auth, _) = auth(0);
        for name in ["_id", "id", "sub"] {
            let claims = json!({ name: USER, "firm_id": FIRM, "role": "accountant" });
            let actor = code(&auth, &token(Algorithm::HS256, SECRET, &claims)).unwrap();
            assert_eq!(actor.user.to_string(), USER);
            assert_eq!((actor.firm.to_string().as_str(), actor.claimed), (FIRM, Role::Accountant));
        }
    }

    #[test]
    fn an_old_token_owns_a_firm_of_one() {
        let (auth, _) = auth(0);
        let claims = json!({ "_id": USER, "isSeller": true });
        let actor = code(&auth, &token(Algorithm::HS256, SECRET, &claims)).unwrap();
        assert_eq!((actor.firm.to_string().as_str(), actor.claimed), (USER, Role::Owner));
    }

    #[test]
    fn only_lawyers_sell_in_the_market() {
        let (auth, _) = auth(0);
        for (claims, role) in [
            (json!({ "_id": USER, "isSeller": true }), Role::Owner),
            (json!({ "_id": USER, "isSeller": false }), Role::Client),
            (json!({ "_id": USER, "firm_id": FIRM, "role": "lawyer" }), Role::Lawyer),
        ] {
            let bearer = auth.verify(&token(Algorithm::HS256, SECRET, &claims)).unwrap();
            assert_eq!(bearer.in_market, role, "{claims}");
        }
    }

    #[test]
    fn what_proves_nothing_is_refused() {
        let (auth, _) = auth(0);
        let good = json!({ "_id": USER, "firm_id": FIRM, "role": "owner" });
        let signed = |claims: &Value| token(Algorithm::HS256, SECRET, claims);
        let body = signed(&good).split('.').nth(1).unwrap().to_owned();
        for token in [
            String::new(),
            "a.b.c".to_owned(),
            // {"alg":"none","typ":"JWT"}
            format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}."),
            token(Algorithm::HS256, b"another secret of thirty-two byt", &good),
            token(Algorithm::HS512, SECRET, &good),
            signed(&json!({ "_id": "x", "firm_id": FIRM, "role": "owner" })),
            signed(&json!({ "_id": USER, "firm_id": "x", "role": "owner" })),
            signed(&json!({ "_id": USER, "firm_id": MARKET.to_string(), "role": "owner" })),
            signed(&json!({ "_id": MARKET.to_string() })),
            signed(&json!({ "_id": USER, "firm_id": FIRM, "role": "king" })),
            signed(&json!({ "_id": USER, "firm_id": FIRM, "role": "system" })),
            signed(&json!({ "_id": USER, "firm_id": FIRM })),
            signed(&json!({ "firm_id": FIRM, "role": "owner" })),
            signed(&json!({ "_id": USER, "firm_id": FIRM, "role": "owner", "exp": "soon" })),
        ] {
            assert_eq!(code(&auth, &token), Err("token_invalid"), "{token}");
        }
    }

    #[test]
    fn a_remembered_token_expires_too() {
        let (auth, clock) = auth(1_000);
        let claims = json!({ "_id": USER, "firm_id": FIRM, "role": "owner", "exp": 1_010.5 });
        let token = token(Algorithm::HS256, SECRET, &claims);
        assert!(code(&auth, &token).is_ok());
        clock.0.store(1_009, Ordering::Relaxed);
        assert!(code(&auth, &token).is_ok());
        clock.0.store(1_010, Ordering::Relaxed);
        assert_eq!(code(&auth, &token), Err("token_expired"));
    }

    #[test]
    fn a_cookie_from_another_site_changes_nothing() {
        let (auth, _) = auth(0);
        let token = token(Algorithm::HS256, SECRET, &json!({ "_id": USER }));
        let ask = |origin: &'static str, changes| {
            let mut headers = HeaderMap::new();
            let cookie = format!("x=1; accessToken={token}");
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            headers.insert(header::HOST, "api.firm.example".parse().unwrap());
            if !origin.is_empty() {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            let origins = ["https://app.firm.example".to_owned()];
            auth.actor(&headers, changes, &origins)
                .map(|bearer| bearer.actor)
                .map_err(|refusal| refusal.code)
        };
        assert_eq!(ask("https://evil.example", Changes::Something), Err("cross_site"));
        for origin in ["", "https://api.firm.example", "https://app.firm.example"] {
            assert!(ask(origin, Changes::Something).is_ok(), "{origin}");
        }
        assert!(ask("https://evil.example", Changes::Nothing).is_ok());
    }
}
