//! Where alerts are sent to. The firm's owner says where; the product carries the deliveries of the
//! outbox there, each step a command, so that however many processes do it, each attempt is one's.

pub mod claim;
pub mod create;
pub mod delete;
pub mod resend;
pub mod rotate;
pub mod settle;
pub mod test;
#[cfg(test)]
mod tests;
pub mod update;

use crate::rejection::Rejection;

/// Most webhooks of a firm.
pub const WEBHOOKS_MAX: usize = 8;
/// Longest address.
const URL_BYTES_MAX: usize = 2_000;

/// Refuses what is no address of a web server. Which addresses may be asked is decided when they are
/// known: by whoever connects.
///
/// # Errors
/// [`Rejection::WebhookUrlInvalid`]
pub(crate) fn check_url(url: &str) -> Result<(), Rejection> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let begins = |host: &str| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    let is_plain = url.len() <= URL_BYTES_MAX && url.bytes().all(|byte| byte.is_ascii_graphic());
    let has_user = |host: &str| {
        host.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
    };
    if is_plain && host.is_some_and(|host| begins(host) && !has_user(host)) {
        Ok(())
    } else {
        Err(Rejection::WebhookUrlInvalid)
    }
}
