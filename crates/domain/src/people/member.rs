//! Admit, change or dismiss a member. A dismissed member's queued commands are refused too.

use std::sync::Arc;

use crate::{
    actor::{Action, Role},
    book::Book,
    change::{Change, Key},
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, User},
    rejection::Rejection,
    reply::Shown,
    rows::Member,
};

/// What a user is in the firm from now on.
#[derive(Debug, Clone)]
pub struct SetMember {
    /// The login.
    pub user: Id<User>,
    /// The version the caller read; without one the change lies over whatever stands.
    pub version: Option<i64>,
    /// Its role; unchanged when absent (`lawyer` for a new member).
    pub role: Option<Role>,
    /// Whether it belongs to the firm; unchanged when absent.
    pub active: Option<bool>,
}

impl Decide for SetMember {
    const NAME: &'static str = "set_member";
    const ACTION: Action = Action::ManageMembers;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Member(self.user));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        Some(*self.user.bytes())
    }

    /// Refuses, in this order: `own_membership`, so that a firm can't lock itself out; `forbidden`,
    /// to make somebody the product itself;
    /// `version_conflict` (a user who is no member yet has version −1).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        if self.user == d.actor.user {
            return Err(Rejection::OwnMembership.into());
        }
        if self.role == Some(Role::System) {
            return Err(Rejection::Forbidden.into());
        }
        let found = d.member(self.user)?;
        let current = found.as_ref().map_or(-1, |member| member.version);
        if self.version.is_some_and(|version| version != current) {
            return Err(Rejection::VersionConflict { current }.into());
        }

        // From here on the command succeeds.
        let member = Arc::new(Member {
            user: self.user,
            role: self.role.or(found.as_ref().map(|member| member.role)).unwrap_or(Role::Lawyer),
            active: self.active.or(found.as_ref().map(|member| member.active)).unwrap_or(true),
            version: found.as_ref().map_or(0, |member| member.version.saturating_add(1)),
            created_at: found.as_ref().map_or(d.at, |member| member.created_at),
            updated_at: d.at,
        });
        d.push(Change::Member(Arc::clone(&member)));
        Ok(Shown::Member(member))
    }
}
