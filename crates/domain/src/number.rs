//! Document numbers: per firm and series, gapless, never reused, in time order.
//!
//! A number is taken inside the decision that creates the row, so a refused command burns none.

use std::fmt;

use crate::time::Day;

/// A numbered series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Series {
    /// `CLT-YYYY-NNNN`
    Client,
    /// `RET-YYYY-NNNN`
    Retainer,
    /// `PAY-YYYY-NNNN`; refunds are counted in it too.
    Payment,
    /// `INV-YYYYMM-NNNN`
    Invoice,
    /// `CN-YYYYMM-NNNN`
    CreditNote,
    /// `TXN-YYYYMM-NNNNN`
    Transaction,
}

impl Series {
    /// Every series, for those who walk them all.
    pub const ALL: [Self; 6] = [
        Self::Client,
        Self::Retainer,
        Self::Payment,
        Self::Invoice,
        Self::CreditNote,
        Self::Transaction,
    ];

    /// The letters before the period; also the series' stored name.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Client => "CLT",
            Self::Retainer => "RET",
            Self::Payment => "PAY",
            Self::Invoice => "INV",
            Self::CreditNote => "CN",
            Self::Transaction => "TXN",
        }
    }

    /// The series with this stored name.
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|series| series.prefix() == prefix)
    }

    /// The period a document of this day is counted in: `YYYY`, or `YYYYMM` where the series begins
    /// anew every month.
    pub fn period(self, day: Day) -> i32 {
        let (year, month, _) = day.date();
        let year = i32::from(year);
        if self.is_monthly() {
            year.saturating_mul(100).saturating_add(i32::from(month))
        } else {
            year
        }
    }

    const fn is_monthly(self) -> bool {
        matches!(self, Self::Invoice | Self::CreditNote | Self::Transaction)
    }

    /// How many digits the count has at least.
    const fn count_digits(self) -> usize {
        if matches!(self, Self::Transaction) { 5 } else { 4 }
    }

    /// The document number `n` of `period`; it widens past its padding instead of wrapping.
    pub fn number(self, period: i32, n: u32) -> String {
        Number { series: self, period, n }.to_string()
    }

    /// Period and count of one of this series' numbers; `None` for a foreign (imported) number.
    pub fn parse(self, text: &str) -> Option<(i32, u32)> {
        let (period, n) = text.strip_prefix(self.prefix())?.strip_prefix('-')?.split_once('-')?;
        let parsed = Number { series: self, period: period.parse().ok()?, n: n.parse().ok()? };
        (parsed.to_string() == text).then_some((parsed.period, parsed.n))
    }
}

struct Number {
    series: Series,
    period: i32,
    n: u32,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (period_digits, count_digits) =
            (if self.series.is_monthly() { 6 } else { 4 }, self.series.count_digits());
        let (prefix, period, n) = (self.series.prefix(), self.period, self.n);
        write!(f, "{prefix}-{period:0period_digits$}-{n:0count_digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_widen_past_their_padding() {
        assert_eq!(Series::Retainer.number(2026, 1), "RET-2026-0001");
        assert_eq!(Series::Payment.number(2026, 9_999), "PAY-2026-9999");
        assert_eq!(Series::Client.number(2026, 10_000), "CLT-2026-10000");
        assert_eq!(Series::Invoice.number(202_601, 7), "INV-202601-0007");
        assert_eq!(Series::Transaction.number(202_612, 7), "TXN-202612-00007");
    }

    #[test]
    fn a_period_is_a_year_or_a_month() {
        let day = Day::of_date(2026, 9, 30).unwrap();
        assert_eq!(Series::Payment.period(day), 2026);
        assert_eq!(Series::Invoice.period(day), 202_609);
        assert_eq!(Series::CreditNote.parse("CN-202609-0001"), Some((202_609, 1)));
        assert_eq!(Series::CreditNote.parse("CN-2026-0001"), None);
    }

    #[test]
    fn only_the_series_own_numbers_are_counted() {
        assert_eq!(Series::Retainer.parse("RET-2026-10000"), Some((2026, 10_000)));
        for foreign in ["RET-2026-1", "PAY-2026-0001", "RET-2026-00001", "RET-26-0001x", "x"] {
            assert_eq!(Series::Retainer.parse(foreign), None, "{foreign}");
        }
    }
}
