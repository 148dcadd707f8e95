//! Typed 12-byte ids (`MongoDB` `ObjectId`s on the wire: 24 hex digits), so that imported rows keep theirs.
//!
//! An id is never made here: it comes with the command, in an [`IdRun`] that the engine reserved.

use std::{fmt, hash, marker::PhantomData, str::FromStr};

/// How many ids one command may hand out.
pub const IDS_PER_COMMAND_MAX: u32 = 1_024;

/// The id of a `T`. Twelve bytes; the type keeps a client's id out of a retainer's place.
pub struct Id<T> {
    bytes: [u8; 12],
    of: PhantomData<fn() -> T>,
}

/// A user: a login. Its account lives with the identity provider; we know it by id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {}

impl<T> Id<T> {
    /// The id with these bytes.
    pub const fn new(bytes: [u8; 12]) -> Self {
        Self { bytes, of: PhantomData }
    }

    /// The twelve bytes, as stored.
    pub const fn bytes(&self) -> &[u8; 12] {
        &self.bytes
    }

    /// The same bytes under another type: a firm of one carries its owner's id.
    pub const fn cast<U>(self) -> Id<U> {
        Id::new(self.bytes)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}
impl<T> hash::Hash for Id<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.bytes {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 24 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl<T> FromStr for Id<T> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits: &[u8; 24] = text.as_bytes().try_into().map_err(|_| NotAnId)?;
        let mut bytes = [0u8; 12];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            let value = high.zip(low).map(|(high, low)| (high << 4) | low).ok_or(NotAnId)?;
            *byte = u8::try_from(value).map_err(|_| NotAnId)?;
        }
        Ok(Self::new(bytes))
    }
}

/// How a caller names a row: by id, or by its number (`RET-2026-0001`).
pub enum Ref<T> {
    /// By id.
    Id(Id<T>),
    /// By number, as printed on the document.
    Number(String),
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Id(id) => Self::Id(*id),
            Self::Number(number) => Self::Number(number.clone()),
        }
    }
}
impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Id(a), Self::Id(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            _ => false,
        }
    }
}
impl<T> Eq for Ref<T> {}
impl<T> hash::Hash for Ref<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        match self {
            Self::Id(id) => id.hash(state),
            Self::Number(number) => number.hash(state),
        }
    }
}
impl<T> fmt::Display for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => fmt::Display::fmt(id, f),
            Self::Number(number) => f.write_str(number),
        }
    }
}
impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Ref<T> {
    /// 24 hex digits are an id; anything else is taken for a number.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Number(text.to_owned()), Self::Id)
    }
}

/// A run of consecutive ids, reserved for one command when it was received, so that deciding it
/// twice (after loading a missing row) makes the same ids.
#[derive(Debug, Clone, Copy)]
pub struct IdRun {
    prefix: [u8; 8],
    next: u32,
    left: u32,
}

impl IdRun {
    /// `prefix` is unique to process and second; `first` counts the last four bytes.
    pub const fn new(prefix: [u8; 8], first: u32) -> Self {
        Self { prefix, next: first, left: IDS_PER_COMMAND_MAX }
    }

    /// The next id of the run.
    ///
    /// # Panics
    /// After [`IDS_PER_COMMAND_MAX`] ids: a command that needs more is a defect.
    pub fn take<T>(&mut self) -> Id<T> {
        self.left =
            self.left.checked_sub(1).expect("a command takes at most IDS_PER_COMMAND_MAX ids");
        let mut bytes = [0; 12];
        let (head, tail) = bytes.split_at_mut(8);
        head.copy_from_slice(&self.prefix);
        tail.copy_from_slice(&self.next.to_be_bytes());
        self.next = self.next.wrapping_add(1);
        Id::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id: Id<User> = "64f1a2b3c4d5e6f708192a3b".parse().unwrap();
        assert_eq!(id.to_string(), "64f1a2b3c4d5e6f708192a3b");
    }

    #[test]
    fn text_that_is_no_id_is_refused() {
        for text in [
            "",
            "64f1",
            "64f1a2b3c4d5e6f708192a3",
            "64f1a2b3c4d5e6f708192a3bb",
            "zzf1a2b3c4d5e6f708192a3b",
            "ريال64f1a2b3c4d5e6",
        ] {
            assert_eq!(text.parse::<Id<User>>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn a_number_is_a_reference_too() {
        assert_eq!(Ref::<User>::parse("RET-2026-0001"), Ref::Number("RET-2026-0001".into()));
    }

    #[test]
    fn a_run_makes_the_same_ids_again() {
        let run = IdRun::new([7; 8], 3);
        let (mut first, mut second) = (run, run);
        let ids: [Id<User>; 2] = [first.take(), first.take()];
        assert_ne!(ids[0], ids[1]);
        assert_eq!(ids, [second.take(), second.take()]);
    }
}
