//! Exact money. `i64` minor units with their currency; **no float anywhere, no `Mul`**.
//!
//! Text becomes a [`Decimal`] in one place, a decimal becomes [`Money`] once its currency is known,
//! and every sum is checked. Minor digits follow ISO 4217.

use std::{cmp::Ordering, fmt, str::FromStr};

pub use iso_currency::Currency;

/// The largest amount a caller may name, in minor units.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;
/// Most digits after the point that any money input may carry (unit prices and quantities).
pub const SCALE_MAX: u32 = 4;

/// What can be wrong with an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyError {
    /// Not a decimal number.
    Malformed,
    /// Zero or negative where a positive amount is asked for.
    NotPositive,
    /// More digits after the point than the currency has.
    TooPrecise,
    /// Beyond [`AMOUNT_MINOR_MAX`], or a sum beyond 64 bits.
    TooLarge,
    /// Two currencies in one sum.
    CurrencyMismatch,
}

/// An exact decimal as a caller wrote it, before its currency is known. Trailing zeros are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl FromStr for Decimal {
    type Err = MoneyError;

    /// Reads `60`, `60.50`, `-1`, `6e1`; at most 40 characters, so that no exponent can be abused.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        const TEXT_BYTES_MAX: usize = 40;
        if text.len() > TEXT_BYTES_MAX {
            return Err(MoneyError::TooLarge);
        }
        let (body, exponent) = match text.split_once(['e', 'E']) {
            Some((body, exponent)) => {
                (body, exponent.parse::<i32>().map_err(|_| MoneyError::Malformed)?)
            }
            None => (text, 0),
        };
        let (negative, digits) = body.strip_prefix('-').map_or((false, body), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        if whole.is_empty() || fraction.is_empty() {
            return Err(MoneyError::Malformed);
        }
        let fraction = fraction.trim_end_matches('0');
        let mut mantissa: i128 = 0;
        for digit in whole.chars().chain(fraction.chars()) {
            let digit =
                digit.to_digit(10).filter(|_| digit.is_ascii()).ok_or(MoneyError::Malformed)?;
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(i128::from(digit)))
                .ok_or(MoneyError::TooLarge)?;
        }
        let places = i32::try_from(fraction.len()).map_err(|_| MoneyError::TooPrecise)?;
        let scale = places.checked_sub(exponent).ok_or(MoneyError::TooLarge)?;
        let mantissa =
            if negative { mantissa.checked_neg().ok_or(MoneyError::TooLarge)? } else { mantissa };
        Self::scaled(mantissa, scale)
    }
}

impl Decimal {
    /// `mantissa × 10^-scale`, brought to its shortest form.
    fn scaled(mut mantissa: i128, mut scale: i32) -> Result<Self, MoneyError> {
        if mantissa == 0 {
            return Ok(Self { mantissa: 0, scale: 0 });
        }
        while scale > 0 && mantissa.checked_rem(10) == Some(0) {
            mantissa = mantissa.checked_div(10).ok_or(MoneyError::Malformed)?;
            scale = scale.checked_sub(1).ok_or(MoneyError::TooLarge)?;
        }
        while scale < 0 {
            mantissa = mantissa.checked_mul(10).ok_or(MoneyError::TooLarge)?;
            scale = scale.checked_add(1).ok_or(MoneyError::TooLarge)?;
        }
        let scale = u32::try_from(scale).map_err(|_| MoneyError::TooLarge)?;
        Ok(Self { mantissa, scale })
    }

    /// A whole number of major units.
    pub fn whole(units: i64) -> Self {
        Self { mantissa: i128::from(units), scale: 0 }
    }

    /// The amount in `currency`: zero allowed, nothing rounded.
    ///
    /// # Errors
    /// [`MoneyError::TooPrecise`], [`MoneyError::NotPositive`] (negative), [`MoneyError::TooLarge`].
    pub fn money(self, currency: Currency) -> Result<Money, MoneyError> {
        let missing = digits(currency).checked_sub(self.scale).ok_or(MoneyError::TooPrecise)?;
        if self.mantissa < 0 {
            return Err(MoneyError::NotPositive);
        }
        let factor = 10_i128.checked_pow(missing).ok_or(MoneyError::TooLarge)?;
        let minor = self.mantissa.checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        let minor = i64::try_from(minor).map_err(|_| MoneyError::TooLarge)?;
        if minor > AMOUNT_MINOR_MAX {
            return Err(MoneyError::TooLarge);
        }
        Ok(Money { minor, currency })
    }

    /// Like [`Self::money`], and more than zero.
    ///
    /// # Errors
    /// As [`Self::money`]; zero is [`MoneyError::NotPositive`].
    pub fn positive(self, currency: Currency) -> Result<Money, MoneyError> {
        let money = self.money(currency)?;
        if money.minor == 0 { Err(MoneyError::NotPositive) } else { Ok(money) }
    }
}

/// Digits after the point of a currency (SAR 2, KWD 3, JPY 0); a currency without minor units has none.
pub fn digits(currency: Currency) -> u32 {
    currency.exponent().map_or(0, u32::from)
}

/// An amount in minor units of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// From stored minor units.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Minor units, as stored.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Exactly zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The same currency, and no less.
    pub fn covers(self, other: Self) -> bool {
        self.currency == other.currency && self.minor >= other.minor
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::TooLarge`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference; may be negative.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::TooLarge`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = op(self.minor, other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, currency: self.currency })
    }
}

impl PartialOrd for Money {
    /// Amounts of two currencies have no order.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

impl fmt::Display for Money {
    /// Major units as a JSON number: `60`, `60.5`, `-0.05`; no currency, no trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.checked_pow(digits(self.currency)).unwrap_or(1);
        let magnitude = self.minor.unsigned_abs();
        let whole = magnitude.checked_div(unit).unwrap_or(magnitude);
        let rest = magnitude.checked_rem(unit).unwrap_or(0);
        if self.minor < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if rest != 0 {
            let width = usize::try_from(digits(self.currency)).unwrap_or(0);
            write!(f, ".{}", format!("{rest:0width$}").trim_end_matches('0'))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sar(text: &str) -> Result<i64, MoneyError> {
        text.parse::<Decimal>()?.positive(Currency::SAR).map(Money::minor)
    }

    #[test]
    fn amounts_are_read_exactly_or_refused() {
        use MoneyError::*;
        for (text, expected) in [
            ("60", Ok(6_000)),
            ("60.5", Ok(6_050)),
            ("60.50000", Ok(6_050)),
            ("0.01", Ok(1)),
            ("1e3", Ok(100_000)),
            ("1.5E+1", Ok(1_500)),
            ("150e-1", Ok(1_500)),
            ("10000000000000", Ok(AMOUNT_MINOR_MAX)),
            ("10000000000000.01", Err(TooLarge)),
            ("0.001", Err(TooPrecise)),
            ("0", Err(NotPositive)),
            ("-1", Err(NotPositive)),
            ("1e400", Err(TooLarge)),
            ("1e-400", Err(TooPrecise)),
            ("99999999999999999999999999999999999999", Err(TooLarge)),
            ("", Err(Malformed)),
            (".5", Err(Malformed)),
            ("5.", Err(Malformed)),
            ("1,000", Err(Malformed)),
            ("٦٠", Err(Malformed)),
            ("NaN", Err(Malformed)),
            ("0x10", Err(Malformed)),
            ("1e", Err(Malformed)),
        ] {
            assert_eq!(sar(text), expected, "{text}");
        }
    }

    #[test]
    fn minor_digits_follow_the_currency() {
        let read = |text: &str, currency| {
            text.parse::<Decimal>().unwrap().money(currency).map(Money::minor)
        };
        assert_eq!(read("1.234", Currency::KWD), Ok(1_234));
        assert_eq!(read("1.5", Currency::JPY), Err(MoneyError::TooPrecise));
        assert_eq!(read("15", Currency::JPY), Ok(15));
    }

    #[test]
    fn two_currencies_never_meet() {
        let (a, b) = (Money::from_minor(1, Currency::SAR), Money::from_minor(1, Currency::USD));
        assert_eq!(a.plus(b), Err(MoneyError::CurrencyMismatch));
        assert_eq!(a.partial_cmp(&b), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(minor in 1..=AMOUNT_MINOR_MAX, pick in 0..3usize) {
            let currency = [Currency::SAR, Currency::KWD, Currency::JPY][pick];
            let money = Money::from_minor(minor, currency);
            prop_assert_eq!(money.to_string().parse::<Decimal>().unwrap().positive(currency), Ok(money));
        }
    }
}
