//! Every command, and the one place where commands are decided.
//!
//! To add one: write its file (struct, [`Decide`]), and add one line to the list below.

use crate::{
    actor::{Action, Actor},
    book::Book,
    change::{Change, Key},
    decision::{Decision, Stop},
    id::IdRun,
    reply::{Reply, Shown},
    time::Timestamp,
};

/// A request to change something, with its shape already checked.
pub trait Decide {
    /// The stable name in the audit log and the metrics.
    const NAME: &'static str;
    /// What the actor's role must permit.
    const ACTION: Action;

    /// The rows that deciding it will surely look at; others are loaded when it asks for them.
    fn keys(&self, keys: &mut Vec<Key>);

    /// The id of the row it is about, as far as `book` can tell; for the audit record of a refusal.
    fn object(&self, book: &Book) -> Option<[u8; 12]>;

    /// Checks, in the order shape, existence, state, money; then makes its changes.
    ///
    /// # Errors
    /// The refusals listed in the command's file, or a row that is not loaded.
    fn decide(&self, decision: &mut Decision<'_>) -> Result<Shown, Stop>;
}

macro_rules! commands {
    ($($variant:ident($path:path)),+ $(,)?) => {
        /// The closed list of commands.
        #[derive(Debug, Clone)]
        pub enum Command {
            $(#[doc = concat!("See [`", stringify!($path), "`].")] $variant($path)),+
        }

        impl Command {
            /// Every command's name.
            pub const NAMES: &'static [&'static str] = &[$(<$path as Decide>::NAME),+];

            /// The stable name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => <$path as Decide>::NAME),+ }
            }

            fn action(&self) -> Action {
                match self { $(Self::$variant(_) => <$path as Decide>::ACTION),+ }
            }

            fn parts(&self) -> &dyn Parts {
                match self { $(Self::$variant(command) => command),+ }
            }
        }

        $(impl From<$path> for Command {
            fn from(command: $path) -> Self { Self::$variant(command) }
        })+
    };
}

commands! {
    CreateClient(crate::billing::client::CreateClient),
    OpenRetainer(crate::trust::open::OpenRetainer),
    ConsumeRetainer(crate::trust::consume::ConsumeRetainer),
    ReplenishRetainer(crate::trust::replenish::ReplenishRetainer),
    RefundRetainer(crate::trust::refund::RefundRetainer),
    UpdateRetainer(crate::trust::update::UpdateRetainer),
    RecordPayment(crate::billing::record_payment::RecordPayment),
    CompletePayment(crate::billing::complete_payment::CompletePayment),
    SetMember(crate::people::member::SetMember),
}

/// [`Decide`] without its constants, so that the enum can hand out a reference.
trait Parts {
    fn keys(&self, keys: &mut Vec<Key>);
    fn object(&self, book: &Book) -> Option<[u8; 12]>;
    fn decide(&self, decision: &mut Decision<'_>) -> Result<Shown, Stop>;
}

impl<C: Decide> Parts for C {
    fn keys(&self, keys: &mut Vec<Key>) {
        Decide::keys(self, keys);
    }
    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        Decide::object(self, book)
    }
    fn decide(&self, decision: &mut Decision<'_>) -> Result<Shown, Stop> {
        Decide::decide(self, decision)
    }
}

impl Command {
    /// The rows to load before deciding it.
    pub fn keys(&self, actor: &Actor) -> Vec<Key> {
        let mut keys = vec![Key::Member(actor.user)];
        self.parts().keys(&mut keys);
        keys
    }

    /// The id of the row it is about, as far as `book` can tell.
    pub fn object(&self, book: &Book) -> Option<[u8; 12]> {
        self.parts().object(book)
    }
}

/// Decides one command against one firm's rows. Nothing is changed: the caller applies the changes.
///
/// # Errors
/// [`Stop::Rejected`] when the business says no, [`Stop::Missing`] when a row must be loaded first.
pub fn decide(
    book: &Book,
    at: Timestamp,
    actor: Actor,
    ids: IdRun,
    command: &Command,
) -> Result<(Reply, Vec<Change>), Stop> {
    let mut decision = Decision::begin(book, at, actor, ids)?;
    decision.permit(command.action())?;
    let shown = command.parts().decide(&mut decision)?;
    let reply = Reply { seq: decision.seq, today: decision.today, shown };
    Ok((reply, decision.into_changes()))
}
