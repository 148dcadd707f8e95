//! What tokens are verified with: the secret that they are signed with too, or the public half of a key
//! whose private half somebody else keeps.
//!
//! **Each key has one algorithm, and it is ours to choose, never the token's**: a public key can't be
//! taken for a secret.

use std::sync::Arc;

use domain::{Actor, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rsa::{
    RsaPublicKey, pkcs1::DecodeRsaPublicKey, pkcs8::DecodePublicKey, traits::PublicKeyParts,
};
use serde::{Serialize, de::DeserializeOwned};

/// Shortest secret: the output length of the hash, RFC 7518 §3.2.
pub const SECRET_BYTES_MIN: usize = 32;
/// Shortest RSA key, RFC 7518 §3.3.
const RSA_BITS_MIN: usize = 2_048;

/// The secret that tokens are signed with. It is never printed.
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The secret is shorter than [`SECRET_BYTES_MIN`].
#[derive(Debug, thiserror::Error)]
#[error(
    "JWT_SECRET has {0} bytes and needs at least {SECRET_BYTES_MIN}; \
     make one with `openssl rand -hex 32` and set it in the environment"
)]
pub struct SecretTooShort(usize);

impl Secret {
    /// A secret with these bytes.
    ///
    /// # Errors
    /// [`SecretTooShort`]
    pub fn new(bytes: &[u8]) -> Result<Self, SecretTooShort> {
        if bytes.len() < SECRET_BYTES_MIN {
            return Err(SecretTooShort(bytes.len()));
        }
        Ok(Self(bytes.into()))
    }

    /// Signs a token for `actor` that ends at `expires`.
    pub fn sign(&self, actor: Actor, expires: Timestamp) -> String {
        let claims = Issued {
            id: actor.user.to_string(),
            firm_id: actor.firm.to_string(),
            role: actor.claimed.name(),
            exp: expires.micros() / 1_000_000,
        };
        let key = EncodingKey::from_secret(&self.0);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .expect("four plain claims can be signed")
    }
}

#[derive(Serialize)]
struct Issued {
    #[serde(rename = "_id")]
    id: String,
    firm_id: String,
    role: &'static str,
    exp: i64,
}

/// The public half of a key that tokens are signed with: Ed25519 (EdDSA) or RSA (RS256).
#[derive(Debug, Clone)]
pub struct PublicKey(Verifier);

/// A public key is none that tokens can be verified with.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// It is something else.
    #[error(
        "it is no public key in PEM, Ed25519 or RSA; `openssl pkey -in private.pem -pubout` \
         prints one"
    )]
    Unknown,
    /// It is an RSA key that can be broken.
    #[error("its RSA key has {0} bits and needs at least {RSA_BITS_MIN}")]
    TooShort(usize),
}

impl PublicKey {
    /// The key in a PEM file that begins with `-----BEGIN PUBLIC KEY-----` (or, for RSA,
    /// `-----BEGIN RSA PUBLIC KEY-----`).
    ///
    /// # Errors
    /// [`PublicKeyError`]
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        // Also what is no public key has an inside that looks like one.
        if text.contains("PRIVATE KEY") || text.contains("CERTIFICATE") {
            return Err(PublicKeyError::Unknown);
        }
        if let Ok(key) = DecodingKey::from_ed_pem(text.as_bytes()) {
            return Ok(Self(Verifier::new(key, Algorithm::EdDSA)));
        }
        let rsa = RsaPublicKey::from_public_key_pem(text).ok();
        let rsa = rsa.or_else(|| RsaPublicKey::from_pkcs1_pem(text).ok());
        let bits = rsa.ok_or(PublicKeyError::Unknown)?.n().bits();
        if bits < RSA_BITS_MIN {
            return Err(PublicKeyError::TooShort(bits));
        }
        let key = DecodingKey::from_rsa_pem(text.as_bytes());
        Ok(Self(Verifier::new(key.map_err(|_| PublicKeyError::Unknown)?, Algorithm::RS256)))
    }
}

/// Every key that a token may be signed with.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Verifier>);

impl From<Secret> for Keys {
    fn from(secret: Secret) -> Self {
        Self(vec![Verifier::new(DecodingKey::from_secret(&secret.0), Algorithm::HS256)])
    }
}

impl Extend<PublicKey> for Keys {
    fn extend<I: IntoIterator<Item = PublicKey>>(&mut self, keys: I) {
        self.0.extend(keys.into_iter().map(|PublicKey(verifier)| verifier));
    }
}

impl Keys {
    /// The claims of a token that one of the keys has signed. Times in it are not looked at.
    pub(super) fn claims<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let verified = |Verifier { key, rules }: &Verifier| {
            jsonwebtoken::decode::<T>(token, key, rules).ok().map(|token| token.claims)
        };
        self.0.iter().find_map(verified)
    }
}

/// A key and the one algorithm that it is for.
#[derive(Debug, Clone)]
struct Verifier {
    key: DecodingKey,
    rules: Validation,
}

impl Verifier {
    fn new(key: DecodingKey, algorithm: Algorithm) -> Self {
        let mut rules = Validation::new(algorithm);
        // Times are compared with our own clock, on every use.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        Self { key, rules }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &[u8] = b"thirty-two bytes of a secret, ok";
    const ED: [&str; 2] =
        [include_str!("../../tests/keys/ed.pem"), include_str!("../../tests/keys/ed.pub.pem")];
    const RSA: [&str; 2] =
        [include_str!("../../tests/keys/rsa.pem"), include_str!("../../tests/keys/rsa.pub.pem")];

    fn keys(pems: &[&str]) -> Keys {
        let mut keys = Keys::default();
        keys.extend(pems.iter().map(|pem| PublicKey::from_pem(pem).unwrap()));
        keys
    }

    fn signed(algorithm: Algorithm, key: &EncodingKey) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), &json!({"sub": "x"}), key).unwrap()
    }

    #[test]
    fn each_key_verifies_what_its_other_half_has_signed() {
        let ed = signed(Algorithm::EdDSA, &EncodingKey::from_ed_pem(ED[0].as_bytes()).unwrap());
        let rsa = EncodingKey::from_rsa_pem(RSA[0].as_bytes()).unwrap();
        let rs256 = signed(Algorithm::RS256, &rsa);
        let hs256 = signed(Algorithm::HS256, &EncodingKey::from_secret(SECRET));
        let secret = Keys::from(Secret::new(SECRET).unwrap());
        let mut all = secret.clone();
        all.extend([ED[1], RSA[1]].map(|pem| PublicKey::from_pem(pem).unwrap()));
        for (keys, tokens) in [
            (keys(&[ED[1]]), [true, false, false]),
            (keys(&[RSA[1]]), [false, true, false]),
            (keys(&[ED[1], RSA[1]]), [true, true, false]),
            (secret, [false, false, true]),
            (all, [true; 3]),
        ] {
            let found = [&ed, &rs256, &hs256].map(|token| keys.claims::<Value>(token).is_some());
            assert_eq!(found, tokens);
        }
        // One key, one algorithm.
        let keys = keys(&[ED[1], RSA[1]]);
        for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
            assert!(keys.claims::<Value>(&signed(algorithm, &rsa)).is_none(), "{algorithm:?}");
        }
    }

    /// Everybody has the public key; whoever takes it for a secret can sign with it.
    #[test]
    fn a_public_key_is_no_secret() {
        for [_, public] in [ED, RSA] {
            let keys = keys(&[public]);
            for bytes in [public.as_bytes(), public.trim().as_bytes()] {
                let forged = signed(Algorithm::HS256, &EncodingKey::from_secret(bytes));
                assert!(keys.claims::<Value>(&forged).is_none());
            }
        }
    }

    #[test]
    fn what_is_no_public_key_is_refused_with_what_to_do() {
        let short = include_str!("../../tests/keys/rsa1024.pub.pem");
        let said = |pem: &str| PublicKey::from_pem(pem).unwrap_err().to_string();
        assert!(said(short).contains("1024 bits"), "{}", said(short));
        for pem in ["", "x", "-----BEGIN PUBLIC KEY-----\n", ED[0], RSA[0]] {
            assert!(said(pem).contains("openssl pkey"), "{pem}: {}", said(pem));
        }
    }

    #[test]
    fn a_short_secret_is_refused_with_what_to_do() {
        let error = Secret::new(b"short").unwrap_err().to_string();
        assert!(error.contains("5 bytes") && error.contains("openssl rand"), "{error}");
    }
}
