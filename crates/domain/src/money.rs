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

    /// The amount in `currency`, rounded half up to its minor units: what a quantity times a price is
    /// worth. Zero allowed.
    ///
    /// # Errors
    /// [`MoneyError::NotPositive`] (negative), [`MoneyError::TooLarge`].
    pub fn rounded(self, currency: Currency) -> Result<Money, MoneyError> {
        let digits = digits(currency);
        if self.scale <= digits {
            return self.money(currency);
        }
        if self.mantissa < 0 {
            return Err(MoneyError::NotPositive);
        }
        let dropped = self.scale.saturating_sub(digits);
        let unit = 10_i128.checked_pow(dropped).ok_or(MoneyError::TooLarge)?;
        let minor = half_up(self.mantissa, unit).ok_or(MoneyError::TooLarge)?;
        let minor = i64::try_from(minor).map_err(|_| MoneyError::TooLarge)?;
        if minor > AMOUNT_MINOR_MAX {
            return Err(MoneyError::TooLarge);
        }
        Ok(Money { minor, currency })
    }

    /// The product, exactly.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`]
    pub fn times(self, other: Self) -> Result<Self, MoneyError> {
        let mantissa = self.mantissa.checked_mul(other.mantissa).ok_or(MoneyError::TooLarge)?;
        let scale = self.scale.checked_add(other.scale).ok_or(MoneyError::TooLarge)?;
        Self::scaled(mantissa, i32::try_from(scale).map_err(|_| MoneyError::TooLarge)?)
    }

    /// Whether it is zero or more, with at most [`SCALE_MAX`] digits after the point.
    pub const fn is_quantity(self) -> bool {
        self.mantissa >= 0 && self.scale <= SCALE_MAX
    }

    /// Whether it is at most `half_minors` halves of a minor unit away from `money`.
    pub fn is_near(self, money: Money, half_minors: i64) -> bool {
        let difference = || {
            let halves = i128::from(money.minor).checked_mul(2)?;
            let unit = 10_i128.checked_pow(self.scale)?;
            let own_unit = 10_i128.checked_pow(digits(money.currency))?;
            let own = self.mantissa.checked_mul(own_unit)?.checked_mul(2)?;
            let theirs = halves.checked_mul(unit)?;
            let allowed = i128::from(half_minors).checked_mul(unit)?;
            Some(own.checked_sub(theirs)?.checked_abs()? <= allowed)
        };
        difference().unwrap_or(false)
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

impl fmt::Display for Decimal {
    /// The shortest text that reads back as the same number: `60`, `0.335`, `-1.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        let places = usize::try_from(self.scale).unwrap_or(usize::MAX);
        if places == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = places.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// `numerator / denominator`, rounded half up; both are positive or zero, the latter not zero.
fn half_up(numerator: i128, denominator: i128) -> Option<i128> {
    let doubled = numerator.checked_mul(2)?.checked_add(denominator)?;
    doubled.checked_div(denominator.checked_mul(2)?)
}

/// A part of a whole in basis points: hundredths of a percent, from 0 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u16);

impl Rate {
    /// The whole.
    pub const WHOLE: Self = Self(10_000);

    /// From stored basis points.
    pub const fn from_basis_points(basis_points: u16) -> Option<Self> {
        if basis_points <= Self::WHOLE.0 { Some(Self(basis_points)) } else { None }
    }

    /// From a percentage with at most two digits after the point; `None` outside 0 to 100.
    pub fn from_percent(percent: Decimal) -> Option<Self> {
        let missing = 2_u32.checked_sub(percent.scale)?;
        let basis_points = percent.mantissa.checked_mul(10_i128.checked_pow(missing)?)?;
        Self::from_basis_points(u16::try_from(basis_points).ok()?)
    }

    /// Basis points, as stored.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// This part of `money`, rounded half up.
    ///
    /// # Errors
    /// [`MoneyError::NotPositive`] of a negative amount.
    pub fn of(self, money: Money) -> Result<Money, MoneyError> {
        money.share(i64::from(self.0), i64::from(Self::WHOLE.0), half_up)
    }
}

impl fmt::Display for Rate {
    /// In percent: `15`, `12.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = Decimal::scaled(i128::from(self.0), 2).map_err(|_| fmt::Error)?;
        fmt::Display::fmt(&percent, f)
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

    /// `part / whole` of it, rounded half up.
    ///
    /// # Errors
    /// [`MoneyError::NotPositive`] if anything is negative, or `whole` zero.
    pub fn part_of(self, part: i64, whole: i64) -> Result<Self, MoneyError> {
        self.share(part, whole, half_up)
    }

    /// `part / whole` of it, rounded down.
    ///
    /// # Errors
    /// As [`Self::part_of`].
    pub fn part_below(self, part: i64, whole: i64) -> Result<Self, MoneyError> {
        self.share(part, whole, i128::checked_div)
    }

    fn share(
        self,
        part: i64,
        whole: i64,
        divide: fn(i128, i128) -> Option<i128>,
    ) -> Result<Self, MoneyError> {
        if self.minor < 0 || part < 0 || whole <= 0 {
            return Err(MoneyError::NotPositive);
        }
        let product = i128::from(self.minor).checked_mul(i128::from(part));
        let minor = product.and_then(|product| divide(product, i128::from(whole)));
        let minor =
            minor.and_then(|minor| i64::try_from(minor).ok()).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, currency: self.currency })
    }

    /// The smaller of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`]
    pub fn at_most(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        Ok(if self.minor <= other.minor { self } else { other })
    }

    /// The amount taken off instead of put on.
    pub const fn negated(self) -> Self {
        Self { minor: self.minor.saturating_neg(), currency: self.currency }
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
    fn products_and_parts_are_rounded_half_up_once() {
        let of = |quantity: &str, price: &str| {
            let product = quantity.parse::<Decimal>()?.times(price.parse()?)?;
            product.rounded(Currency::SAR).map(Money::minor)
        };
        assert_eq!(of("3", "0.335"), Ok(101));
        assert_eq!(of("1", "33.33"), Ok(3_333));
        assert_eq!(of("0.3333", "0.0001"), Ok(0));
        assert_eq!(of("9999999999", "9999999999"), Err(MoneyError::TooLarge));
        let vat = Rate::from_percent("15".parse().unwrap()).unwrap();
        assert_eq!(vat.of(Money::from_minor(3_333, Currency::SAR)).unwrap().minor(), 500);
        assert_eq!(vat.of(Money::from_minor(10, Currency::SAR)).unwrap().minor(), 2);
        assert_eq!(Rate::from_percent("12.5".parse().unwrap()).unwrap().to_string(), "12.5");
        for none in ["100.01", "-1", "0.001"] {
            assert_eq!(Rate::from_percent(none.parse().unwrap()), None, "{none}");
        }
    }

    #[test]
    fn near_is_counted_in_halves_of_a_minor_unit() {
        let near = |text: &str, halves| {
            let sent: Decimal = text.parse().unwrap();
            sent.is_near(Money::from_minor(10_000, Currency::SAR), halves)
        };
        assert!(near("100", 0) && near("100.015", 3) && near("99.985", 3));
        assert!(!near("100.0151", 3) && !near("99", 3));
    }

    #[test]
    fn decimals_are_written_as_they_are_read() {
        for text in ["0", "60", "0.335", "-1.5", "0.0001", "1234567.8901"] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
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
