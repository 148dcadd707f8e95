//! Time as the domain sees it: microseconds that were handed in, and civil days in a firm's zone.
//!
//! **Nothing here asks what time it is.** A batch has one timestamp, never before the last one's.

use std::fmt;

use jiff::{civil::Date, tz::TimeZone};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From stored microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds, as stored.
    pub const fn micros(self) -> i64 {
        self.0
    }

    fn civil(self) -> jiff::Timestamp {
        // Out of range is year 9999 and beyond; a clock that far off is shown as the last instant.
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }

    /// So much later.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.micros().saturating_add(micros))
    }

    /// The civil day on which this instant falls in `zone`.
    pub fn day_in(self, zone: &TimeZone) -> Day {
        Day::from_date(zone.to_datetime(self.civil()).date())
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, as the old platform wrote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.civil())
    }
}

/// A civil day: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// From stored days.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01, as stored.
    pub const fn days(self) -> i32 {
        self.0
    }

    fn from_date(date: Date) -> Self {
        Self(date.since(EPOCH).map_or(0, |span| span.get_days()))
    }

    /// So many days later.
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Year, month (1–12) and day of month.
    pub fn date(self) -> (i16, i8, i8) {
        let date = EPOCH.checked_add(jiff::Span::new().days(self.0)).unwrap_or(EPOCH);
        (date.year(), date.month(), date.day())
    }

    /// The day of this date, if there is one.
    pub fn of_date(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self::from_date)
    }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

impl fmt::Display for Day {
    /// `2026-01-31`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A date as a caller may write it: a civil day, or an instant that falls on one in the firm's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `2026-01-31`
    Day(Day),
    /// `2026-01-31T10:00:00Z`
    At(Timestamp),
}

impl Moment {
    /// Reads a civil date or an RFC 3339 instant. Midnight UTC means that date: it is how browsers
    /// write a date field.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(date) = text.parse::<Date>()
            && text.len() == "2026-01-31".len()
        {
            return Some(Self::Day(Day::from_date(date)));
        }
        let instant: jiff::Timestamp = text.parse().ok()?;
        let utc = TimeZone::UTC.to_datetime(instant);
        if utc.time() == jiff::civil::Time::midnight() {
            return Some(Self::Day(Day::from_date(utc.date())));
        }
        Some(Self::At(Timestamp(instant.as_microsecond())))
    }

    /// The civil day meant, in the firm's zone.
    pub fn day_in(self, zone: &TimeZone) -> Day {
        match self {
            Self::Day(day) => day,
            Self::At(at) => at.day_in(zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn riyadh() -> TimeZone {
        TimeZone::get("Asia/Riyadh").unwrap()
    }

    #[test]
    fn the_day_is_the_firms() {
        let late = Moment::parse("2025-12-31T22:30:00Z").unwrap();
        assert_eq!(late.day_in(&riyadh()).to_string(), "2026-01-01");
        assert_eq!(late.day_in(&TimeZone::UTC).to_string(), "2025-12-31");
    }

    #[test]
    fn a_date_field_means_its_date() {
        for text in ["2025-12-31", "2025-12-31T00:00:00Z", "2025-12-31T00:00:00.000Z"] {
            assert_eq!(
                Moment::parse(text).unwrap().day_in(&riyadh()).to_string(),
                "2025-12-31",
                "{text}"
            );
        }
        for text in ["", "tomorrow", "2025-13-01", "2025-02-30", "31/12/2025"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_and_dates_agree() {
        for (date, days) in [((1970, 1, 1), 0), ((1969, 12, 31), -1), ((2000, 2, 29), 11_016)] {
            assert_eq!(Day::of_date(date.0, date.1, date.2), Some(Day::from_days(days)));
            assert_eq!(Day::from_days(days).date(), date);
        }
        assert_eq!(
            Timestamp::from_micros(1_700_000_000_123_456).to_string(),
            "2023-11-14T22:13:20.123Z"
        );
    }
}
