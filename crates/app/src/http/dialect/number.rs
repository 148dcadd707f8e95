//! Numbers by their text. **Nothing here is ever a float**: the point moves, the digits stay.

use domain::Decimal;
use serde_json::Value;

/// Most digits after the point that somebody may have meant; as many as quantities and prices have.
const MEANT_DIGITS_MAX: usize = 4;
/// From this digit on, what a browser's sum shows is noise: its numbers are right to 15 digits.
const NOISE_DIGIT: u32 = 9;

/// `0.15` as `15`; the same for what is no fraction of one.
pub(super) fn percent(value: &Value) -> Option<Value> {
    let plain = plain(value)?;
    let is_fraction = plain.starts_with("0.");
    if is_fraction { moved(value, &plain, 2) } else { None }
}

/// `50000` as `500`.
pub(super) fn hundredth(value: &Value) -> Option<Value> {
    moved(value, &plain(value)?, -2)
}

/// `500.5` as `50050`.
pub(super) fn hundredfold(value: &Value) -> Option<Value> {
    moved(value, &plain(value)?, 2)
}

/// `50.199999999999996` as `50.2`, which is what a browser added up. Digits that can have been meant
/// stay: a third of 100 is no such number.
pub(super) fn without_noise(value: &Value) -> Option<Value> {
    let plain = plain(value)?;
    let (whole, fraction) = plain.split_once('.')?;
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits > NOISE_DIGIT)?;
    let unit = 10_i128.checked_pow(digits.checked_sub(NOISE_DIGIT)?)?;
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok().filter(|n| *n > 0)?;
    let rounded = mantissa.checked_add(unit.checked_div(2)?)?.checked_div(unit)?;
    let text = decimal(&format!("{rounded}e-{NOISE_DIGIT}"))?;
    let left = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if left > MEANT_DIGITS_MAX { None } else { number_like(value, text) }
}

/// A number or a text that is one, without exponent and trailing zeros.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => decimal(&number.to_string()),
        Value::String(text) => decimal(text),
        _ => None,
    }
}

fn decimal(text: &str) -> Option<String> {
    text.parse::<Decimal>().ok().map(|decimal| decimal.to_string())
}

fn moved(like: &Value, plain: &str, places: i32) -> Option<Value> {
    number_like(like, decimal(&format!("{plain}e{places}"))?)
}

/// A text where there was one, else a number.
fn number_like(like: &Value, text: String) -> Option<Value> {
    if like.is_string() { Some(Value::String(text)) } else { serde_json::from_str(&text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(f: fn(&Value) -> Option<Value>, pairs: &[(&str, &str)]) {
        for (given, expected) in pairs {
            let value: Value = serde_json::from_str(given).unwrap();
            let found = f(&value).unwrap_or(value);
            assert_eq!(found.to_string(), *expected, "{given}");
        }
    }

    #[test]
    fn a_rate_below_one_is_a_fraction() {
        check(
            percent,
            &[
                ("0.15", "15"),
                ("\"0.15\"", "\"15\""),
                ("0.150", "15"),
                ("1.5e-1", "15"),
                ("0.155", "15.5"),
                ("0.05", "5"),
                ("0.0001", "0.01"),
                ("15", "15"),
                ("1", "1"),
                ("1.5", "1.5"),
                ("0", "0"),
                ("0.0", "0.0"),
                ("-0.15", "-0.15"),
                ("\"\"", "\"\""),
                ("\"x\"", "\"x\""),
                ("null", "null"),
                ("true", "true"),
                ("[0.15]", "[0.15]"),
                ("1e-400", "1e-400"),
            ],
        );
    }

    #[test]
    fn halalas_are_hundredths_exactly() {
        check(
            hundredth,
            &[("50000", "500"), ("50050", "500.5"), ("1", "0.01"), ("\"7\"", "\"0.07\"")],
        );
        check(hundredfold, &[("500", "50000"), ("500.5", "50050"), ("0.01", "1"), ("0", "0")]);
        check(
            hundredfold,
            &[("9007199254740993.01", "900719925474099301"), ("-1.25", "-125"), ("null", "null")],
        );
    }

    #[test]
    fn what_a_browser_adds_up_loses_its_noise() {
        check(
            without_noise,
            &[
                ("50.199999999999996", "50.2"),
                ("0.30000000000000004", "0.3"),
                ("5.249999999999999", "5.25"),
                ("114.99999999999999", "115"),
                ("33.333333333333336", "33.333333333333336"),
                ("1e-17", "0"),
                ("10.005", "10.005"),
                ("100", "100"),
                ("-0.30000000000000004", "-0.30000000000000004"),
                ("\"50.199999999999996\"", "\"50.2\""),
            ],
        );
    }
}
