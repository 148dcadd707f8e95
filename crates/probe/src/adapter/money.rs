//! Amounts as servers write them, in the currency's smallest unit inside. Never through a float of ours,
//! even where the server uses one.

use serde::Deserialize;
use serde_json::Value;

use crate::history::{self, Minor};

/// How a server writes amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In which unit.
    pub unit: Unit,
    /// Digits after the point.
    pub digits: u32,
}

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Whole numbers of the smallest.
    Minor,
    /// Decimals of the major one, as numbers or in quotes; a float's dust beyond the digits is rounded off.
    Major,
}

impl Money {
    /// An amount for a request.
    pub fn write(self, minor: Minor) -> String {
        match self.unit {
            Unit::Minor => minor.to_string(),
            Unit::Major => history::money(minor, self.digits),
        }
    }

    /// An amount of an answer.
    pub fn read(self, value: &Value) -> Option<Minor> {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            _ => return None,
        };
        match self.unit {
            Unit::Minor => text.parse().ok(),
            Unit::Major => self.parse(&text),
        }
    }

    fn parse(self, text: &str) -> Option<Minor> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, mantissa),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all: String = [whole, part].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let shift = i32::try_from(self.digits).ok()? + exponent - i32::try_from(part.len()).ok()?;
        let number: i128 = all.parse().ok()?;
        let minor = if shift >= 0 {
            number.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?
        } else {
            let unit = 10_i128.checked_pow(shift.unsigned_abs()).unwrap_or(i128::MAX);
            (number + unit / 2) / unit
        };
        Minor::try_from(sign * minor).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RIYALS: Money = Money { unit: Unit::Major, digits: 2 };

    #[test]
    fn amounts_are_read_exactly() {
        for (value, minor) in [
            (json!(60), 6_000),
            (json!("60.5"), 6_050),
            (json!(-0.01), -1),
            (json!("99.99999999999999"), 10_000),
            (json!("0.30000000000000004"), 30),
            (json!("1e2"), 10_000),
            (json!(0), 0),
        ] {
            assert_eq!(RIYALS.read(&value), Some(minor), "{value}");
        }
        for wrong in [json!(null), json!("x"), json!(""), json!("1.2.3"), json!(true)] {
            assert_eq!(RIYALS.read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn amounts_are_written_as_the_server_writes_them() {
        assert_eq!(RIYALS.write(6_050), "60.50");
        assert_eq!(RIYALS.write(-1), "-0.01");
        assert_eq!(Money { unit: Unit::Minor, digits: 2 }.write(6_050), "6050");
        assert_eq!(Money { unit: Unit::Major, digits: 0 }.write(7), "7");
    }
}
