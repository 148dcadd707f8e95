//! Signatures of webhooks, as the Standard Webhooks specification has them: HMAC-SHA256 over id, time
//! and body, under a secret that is `whsec_` and base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

/// A fresh secret.
///
/// # Errors
/// The operating system has no randomness to give.
pub(crate) fn new_secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes)))
}

/// The value of `webhook-signature`: one signature for each secret.
pub(crate) fn sign<'s>(
    secrets: impl Iterator<Item = &'s str>,
    id: &str,
    seconds: i64,
    body: &[u8],
) -> String {
    let signatures: Vec<String> = secrets
        .map(|secret| {
            let key = secret.strip_prefix(PREFIX).unwrap_or(secret);
            let key = BASE64_STANDARD.decode(key).unwrap_or_else(|_| secret.as_bytes().to_vec());
            let mut mac =
                Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length will do");
            mac.update(format!("{id}.{seconds}.").as_bytes());
            mac.update(body);
            format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
        })
        .collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example_is_signed_alike() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = sign(
            [secret].into_iter(),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_for_itself() {
        let [one, other] = [(); 2].map(|()| new_secret().unwrap());
        assert_ne!(one, other);
        let sign = |secrets: &[&str]| sign(secrets.iter().copied(), "a", 1, b"{}");
        let both = sign(&[&one, &other]);
        assert_eq!(both, format!("{} {}", sign(&[&one]), sign(&[&other])));
    }
}
