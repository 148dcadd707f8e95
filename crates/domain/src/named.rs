//! Closed lists whose members have one stable snake_case name, in the database and on the wire.

/// Declares such a list: the enum, [`Named`] for it, and `const` access to its names.
macro_rules! named {
    ($(#[$about:meta])* $list:ident { $($(#[$doc:meta])* $member:ident = $name:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $list { $($(#[$doc])* $member),+ }

        impl $list {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$member => $name),+ }
            }

            /// The member with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$member),)+ _ => None }
            }
        }

        impl $crate::named::Named for $list {
            const NAMES: &'static [&'static str] = &[$($name),+];

            fn from_name(name: &str) -> Option<Self> {
                Self::from_name(name)
            }
        }
    };
}
pub(crate) use named;

/// A closed list of names.
pub trait Named: Sized {
    /// Every name, in order.
    const NAMES: &'static [&'static str];
    /// The member with this name.
    fn from_name(name: &str) -> Option<Self>;
}
