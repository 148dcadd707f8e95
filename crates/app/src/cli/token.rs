//! `amanah token`

use std::{process::ExitCode, time::Duration};

use domain::{Actor, Id, Role, Timestamp, id::User, rows::Firm};
use engine::{Clock, SystemClock};

use crate::http::Secret;

/// Print a signed access token.
///
/// For trying things out and for scripts: in production the identity provider signs tokens with the
/// same JWT_SECRET.
#[derive(Debug, clap::Args)]
pub(super) struct TokenArgs {
    /// The user, 24 hex digits.
    #[arg(long, value_name = "HEX", value_parser = id::<User>)]
    user: Id<User>,
    /// The firm, 24 hex digits.
    #[arg(long, value_name = "HEX", value_parser = id::<Firm>)]
    firm: Id<Firm>,
    /// owner, admin, partner, lawyer, paralegal, secretary, accountant or client.
    #[arg(long, value_parser = role)]
    role: Role,
    /// How long it is valid: a number with s, m, h or d.
    #[arg(long, default_value = "12h", value_parser = duration)]
    expires_in: Duration,
    /// What tokens are signed with, at least 32 bytes.
    #[arg(long = "jwt-secret", env = "JWT_SECRET", hide_env_values = true, hide = true)]
    secret: Option<String>,
}

#[expect(clippy::print_stdout, reason = "the token is what this command is for")]
pub(super) fn run(args: &TokenArgs) -> anyhow::Result<ExitCode> {
    let secret = secret(args.secret.as_deref())?;
    let actor = Actor { user: args.user, firm: args.firm, claimed: args.role };
    println!("{}", secret.sign(actor, after(SystemClock.now(), args.expires_in)));
    Ok(ExitCode::SUCCESS)
}

/// The secret from the environment.
pub(super) fn secret(text: Option<&str>) -> anyhow::Result<Secret> {
    let text = text.ok_or_else(|| {
        anyhow::anyhow!(
            "JWT_SECRET is not set; make one with `openssl rand -hex 32` and set it in the environment \
             (or look around with `amanah serve --demo`)"
        )
    })?;
    Ok(Secret::new(text.as_bytes())?)
}

pub(super) fn after(now: Timestamp, duration: Duration) -> Timestamp {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_add(micros))
}

fn id<T>(text: &str) -> Result<Id<T>, &'static str> {
    text.parse().map_err(|_| "24 hex digits are needed")
}

fn role(name: &str) -> Result<Role, String> {
    Role::from_name(name)
        .filter(|role| *role != Role::System)
        .ok_or_else(|| format!("one of {}", <Role as domain::Named>::NAMES.join(", ")))
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "a number with s, m, h or d, like 12h";
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(WRONG)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(WRONG),
    };
    let number: u64 = number.parse().map_err(|_| WRONG)?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("12h"), Ok(Duration::from_secs(43_200)));
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        for text in ["", "h", "12", "1w", "-1h", "1.5h", "99999999999999999d", "١h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
