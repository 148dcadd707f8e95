//! The values of a row on their way into a database and back. A stored value that makes no sense is an
//! error that names it, **never a panic and never a guess**.

use std::borrow::Cow;

use domain::{Currency, Day, Id, Money, Rate, Timestamp};

/// Takes a row's values from left to right.
pub(crate) trait Values<'a> {
    /// Bytes, or nothing.
    fn bytes(&mut self, value: Option<&'a [u8]>);
    /// An integer, or nothing.
    fn integer(&mut self, value: Option<i64>);
    /// Text, or nothing.
    fn text(&mut self, value: Option<Cow<'a, str>>);

    fn id<T>(&mut self, id: &'a Id<T>) {
        self.bytes(Some(id.bytes()));
    }

    fn id_option<T>(&mut self, id: Option<&'a Id<T>>) {
        self.bytes(id.map(|id| id.bytes().as_slice()));
    }

    fn count(&mut self, count: i64) {
        self.integer(Some(count));
    }

    fn count_option(&mut self, count: Option<i64>) {
        self.integer(count);
    }

    fn flag(&mut self, is_so: bool) {
        self.integer(Some(i64::from(is_so)));
    }

    fn money(&mut self, money: Money) {
        self.integer(Some(money.minor()));
    }

    fn money_option(&mut self, money: Option<Money>) {
        self.integer(money.map(Money::minor));
    }

    fn currency(&mut self, currency: Currency) {
        self.text(Some(Cow::Borrowed(currency.code())));
    }

    fn rate(&mut self, rate: Rate) {
        self.integer(Some(i64::from(rate.basis_points())));
    }

    fn rate_option(&mut self, rate: Option<Rate>) {
        self.integer(rate.map(|rate| i64::from(rate.basis_points())));
    }

    fn day(&mut self, day: Day) {
        self.integer(Some(i64::from(day.days())));
    }

    fn day_option(&mut self, day: Option<Day>) {
        self.integer(day.map(|day| i64::from(day.days())));
    }

    fn at(&mut self, at: Timestamp) {
        self.integer(Some(at.micros()));
    }

    fn at_option(&mut self, at: Option<Timestamp>) {
        self.integer(at.map(Timestamp::micros));
    }

    fn name(&mut self, name: &'static str) {
        self.text(Some(Cow::Borrowed(name)));
    }

    fn name_option(&mut self, name: Option<&'static str>) {
        self.text(name.map(Cow::Borrowed));
    }

    fn words(&mut self, words: &'a str) {
        self.text(Some(Cow::Borrowed(words)));
    }

    fn words_option(&mut self, words: Option<&'a String>) {
        self.text(words.map(|words| Cow::Borrowed(words.as_str())));
    }

    /// Text that was made for the database.
    fn made(&mut self, text: String) {
        self.text(Some(Cow::Owned(text)));
    }
}

/// Gives a row's values from left to right.
pub(crate) trait Columns: Sized {
    /// What a database says when it can't.
    type Error;

    /// Bytes, or nothing.
    fn bytes(&mut self) -> Result<Option<&[u8]>, Self::Error>;
    /// An integer, or nothing.
    fn integer(&mut self) -> Result<Option<i64>, Self::Error>;
    /// Text, or nothing.
    fn text(&mut self) -> Result<Option<&str>, Self::Error>;
    /// Whether the next column holds nothing.
    fn is_null(&self) -> bool;
    /// Passes over so many columns.
    fn pass(&mut self, columns: usize);
    /// The column last read makes no sense.
    fn broken(&self, why: &str) -> Self::Error;

    fn required<T>(&self, value: Option<T>) -> Result<T, Self::Error> {
        value.ok_or_else(|| self.broken("there is no value"))
    }

    /// So many bytes, or nothing.
    fn array_option<const LENGTH: usize>(&mut self) -> Result<Option<[u8; LENGTH]>, Self::Error> {
        let exact = self.bytes()?.map(<[u8; LENGTH]>::try_from).transpose();
        exact.map_err(|_| self.broken("not as many bytes as there should be"))
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Self::Error> {
        let value = self.array_option()?;
        self.required(value)
    }

    fn id<T>(&mut self) -> Result<Id<T>, Self::Error> {
        self.array().map(Id::new)
    }

    fn id_option<T>(&mut self) -> Result<Option<Id<T>>, Self::Error> {
        Ok(self.array_option()?.map(Id::new))
    }

    fn count(&mut self) -> Result<i64, Self::Error> {
        let value = self.integer()?;
        self.required(value)
    }

    /// A count of rows or of anything else that fits.
    fn whole<T: TryFrom<i64>>(&mut self) -> Result<T, Self::Error> {
        let value = self.count()?;
        T::try_from(value).map_err(|_| self.broken(&format!("{value} is out of range")))
    }

    fn flag(&mut self) -> Result<bool, Self::Error> {
        match self.count()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.broken(&format!("{other} is no flag"))),
        }
    }

    fn money(&mut self, currency: Currency) -> Result<Money, Self::Error> {
        Ok(Money::from_minor(self.count()?, currency))
    }

    fn money_option(&mut self, currency: Currency) -> Result<Option<Money>, Self::Error> {
        Ok(self.integer()?.map(|minor| Money::from_minor(minor, currency)))
    }

    fn currency(&mut self) -> Result<Currency, Self::Error> {
        self.name(Currency::from_code)
    }

    fn rate(&mut self) -> Result<Rate, Self::Error> {
        let value = self.rate_option()?;
        self.required(value)
    }

    fn rate_option(&mut self) -> Result<Option<Rate>, Self::Error> {
        let Some(stored) = self.integer()? else { return Ok(None) };
        let rate = u16::try_from(stored).ok().and_then(Rate::from_basis_points);
        rate.map(Some).ok_or_else(|| self.broken(&format!("{stored} is no rate")))
    }

    fn day(&mut self) -> Result<Day, Self::Error> {
        self.whole().map(Day::from_days)
    }

    fn day_option(&mut self) -> Result<Option<Day>, Self::Error> {
        let Some(stored) = self.integer()? else { return Ok(None) };
        let days = i32::try_from(stored);
        days.map(|days| Some(Day::from_days(days)))
            .map_err(|_| self.broken(&format!("{stored} is no day")))
    }

    fn at(&mut self) -> Result<Timestamp, Self::Error> {
        self.count().map(Timestamp::from_micros)
    }

    fn at_option(&mut self) -> Result<Option<Timestamp>, Self::Error> {
        Ok(self.integer()?.map(Timestamp::from_micros))
    }

    fn words(&mut self) -> Result<String, Self::Error> {
        let value = self.words_option()?;
        self.required(value)
    }

    fn words_option(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(self.text()?.map(str::to_owned))
    }

    /// A stored name, and what it means.
    fn name<T>(&mut self, meaning: impl FnOnce(&str) -> Option<T>) -> Result<T, Self::Error> {
        let value = self.name_option(meaning)?;
        self.required(value)
    }

    fn name_option<T>(
        &mut self,
        meaning: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Self::Error> {
        let found = self
            .text()?
            .map(|name| meaning(name).ok_or_else(|| format!("unknown name `{name}`")))
            .transpose();
        found.map_err(|why| self.broken(&why))
    }

    /// A stored number, and what it means.
    fn code<T>(&mut self, meaning: impl FnOnce(i64) -> Option<T>) -> Result<T, Self::Error> {
        let code = self.count()?;
        meaning(code).ok_or_else(|| self.broken(&format!("unknown code {code}")))
    }

    /// JSON text, and what it means.
    fn json<T>(
        &mut self,
        meaning: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Self::Error> {
        let found = self.text()?.map_or(Err("there is no value".to_owned()), meaning);
        found.map_err(|why| self.broken(&why))
    }

    /// A sum that was stored beside what it is the sum of.
    fn repeats(&mut self, sum: Money) -> Result<(), Self::Error> {
        if self.count()? == sum.minor() {
            Ok(())
        } else {
            Err(self.broken("not the sum that the row makes it"))
        }
    }
}
