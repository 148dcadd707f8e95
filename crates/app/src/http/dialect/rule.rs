//! What a line of the table can say. A rule is data: which call of the dashboard it is about, which of
//! our routes answers it, and what each field is called on either side.

use crate::messages::Message;

/// One call of the dashboard. What a rule does not speak of stays as it is.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub methods: &'static [&'static str],
    /// After `/api/v1`; `:name` is any one segment.
    pub path: &'static str,
    /// Only where this field of the body has this value.
    pub when: Option<(&'static str, &'static str)>,
    /// Our path after `/api`, where it is another: with `:name` of the path, `{a.b}` of the body,
    /// `{?a}` of the query, and a query of its own if need be.
    pub to: Option<&'static str>,
    pub ask: &'static [Ask],
    pub say: &'static [Say],
    pub show: &'static [Show],
    /// What is told when the row in our path is not there.
    pub absent: Option<Message>,
}

/// What the dashboard says, and what we call it.
pub(super) type Words = &'static [(&'static str, &'static str)];

/// How a parameter of a query is translated.
#[derive(Clone, Copy)]
pub(super) enum Ask {
    /// A word has another here; ours may be several with commas between.
    Word(&'static str, Words),
    /// `(theirs, ours)`
    Name(&'static str, &'static str),
    /// Where it is not asked for, this is.
    Else(&'static str, &'static str),
}

/// How a field of a body is translated. A field that is `null`, `""` or empty says nothing.
#[derive(Clone, Copy)]
pub(super) enum Say {
    /// A rate below one is a fraction; ours are in percent.
    Percent(&'static str),
    /// An amount in hundredths of ours.
    Halalas(&'static str),
    /// Amounts that a browser has added up.
    Noise(&'static [&'static str]),
    /// Ours, then theirs: the first of theirs that says something.
    Name(&'static str, &'static [&'static str]),
    /// A word has another here; `""` is none.
    Word(&'static str, Words),
    /// As [`Self::Word`]; the dashboard's own is kept in that object.
    WordKept(&'static str, Words, &'static str),
    /// Fields of that object stand beside it here.
    Out(&'static str, &'static [&'static str]),
    /// Fields that are kept together in that object.
    Aside(&'static str, &'static [&'static str]),
    /// Fields that mean nothing here.
    Leave(&'static [&'static str]),
    /// Nothing but these fields means anything here.
    Only(&'static [&'static str]),
    /// `(field, name, value)`: where the field says something, that goes with it.
    With(&'static str, &'static str, &'static str),
    /// An object there is a text here, made of these fields of it.
    Text(&'static str, &'static [&'static str]),
    /// Every element of that list.
    Each(&'static str, &'static [Say]),
    /// Nothing that is said means anything here.
    Nothing,
}

/// How an answer is laid out.
#[derive(Clone, Copy)]
pub(super) enum Show {
    /// Only what stands under `data`.
    Bare,
    /// `data` one deeper: under `data.data`.
    Nested,
    /// `(name, of)`: the same under another name too.
    Also(&'static str, &'static str),
    /// `(name, of)`: as [`Self::Also`], inside `data`.
    AlsoInside(&'static str, &'static str),
    /// That object holds itself once more, under `data`.
    Within(&'static str),
    /// `(list, field)`: in hundredths.
    Halalas(&'static str, &'static str),
    /// What is under `data` stands beside it, too.
    Spread,
}

/// How a row is shown, wherever it stands in an answer.
pub(super) struct Row {
    /// The field that only such rows have.
    pub known_by: &'static str,
    pub fields: &'static [Field],
    /// Where it stands for itself.
    pub one: &'static [Field],
    /// Where it is an element of a list.
    pub listed: &'static [Field],
}

/// How a field of a row is shown.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// `(theirs, ours)` read from the right: our word has another there.
    Word(&'static str, Words),
    /// As [`Self::Word`], only where that object has kept the word.
    WordKept(&'static str, Words, &'static str),
    /// In hundredths.
    Halalas(&'static str),
    /// `(name, of)`: the same under another name too.
    Also(&'static str, &'static str),
    /// Only the id of what is populated.
    Plain(&'static str),
    /// The row's client, inside what is populated.
    ClientInside(&'static str),
    /// Left out rather than `null`.
    Present(&'static str),
    /// `(name, of)`: where there is none, another's text; of nothing, none.
    Else(&'static str, Option<&'static str>),
    /// `(name, of)`: an id there is an object that has it.
    Object(&'static str, &'static str),
    /// Fields kept in that object stand beside it.
    Out(&'static str, &'static [&'static str]),
}

pub(super) const fn on(methods: &'static [&'static str], path: &'static str) -> Rule {
    let (ask, say, show) = (&[], &[], &[]);
    Rule { methods, path, when: None, to: None, ask, say, show, absent: None }
}

impl Rule {
    pub const fn when(self, field: &'static str, value: &'static str) -> Self {
        Self { when: Some((field, value)), ..self }
    }

    pub const fn to(self, path: &'static str) -> Self {
        Self { to: Some(path), ..self }
    }

    pub const fn ask(self, ask: &'static [Ask]) -> Self {
        Self { ask, ..self }
    }

    pub const fn say(self, say: &'static [Say]) -> Self {
        Self { say, ..self }
    }

    pub const fn show(self, show: &'static [Show]) -> Self {
        Self { show, ..self }
    }

    pub const fn absent(self, message: Message) -> Self {
        Self { absent: Some(message), ..self }
    }

    /// Whether the body must be read to know what is asked.
    pub fn reads_body(&self) -> bool {
        !self.say.is_empty() || self.when.is_some()
    }
}
