//! Who acts, and what each role may do: one table.

use crate::id::{Id, User};
use crate::rows::Firm;

/// A role inside a firm; stored and spoken as its snake_case name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything.
    Admin,
    /// Clients and retainers; payments as far as taking them.
    Partner,
    /// The matter's work: consumes retainers.
    Lawyer,
    /// Reads, and takes in clients.
    Paralegal,
    /// Reads, and takes in clients.
    Secretary,
    /// The money; clients only to read.
    Accountant,
    /// A portal login: sees its own, once it is linked to a client.
    Client,
}

impl Role {
    /// Every role, for those who walk them all.
    pub const ALL: [Self; 8] = [
        Self::Owner,
        Self::Admin,
        Self::Partner,
        Self::Lawyer,
        Self::Paralegal,
        Self::Secretary,
        Self::Accountant,
        Self::Client,
    ];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Partner => "partner",
            Self::Lawyer => "lawyer",
            Self::Paralegal => "paralegal",
            Self::Secretary => "secretary",
            Self::Accountant => "accountant",
            Self::Client => "client",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// How far this role reaches in `action`.
    pub const fn reach(self, action: Action) -> Reach {
        use Action::{
            ChangeClients, ConsumeRetainers, CreateClients, ManageMembers, ManageRetainers,
            ReadClients, ReadPayments, ReadRetainers, TakePayments,
        };
        let everything = match self {
            Self::Owner | Self::Admin => true,
            Self::Partner => !matches!(action, ManageMembers),
            Self::Accountant => {
                matches!(action, ReadClients | ReadRetainers | ConsumeRetainers | ManageRetainers)
                    || matches!(action, ReadPayments | TakePayments)
            }
            Self::Lawyer => {
                matches!(action, ReadClients | CreateClients | ChangeClients)
                    || matches!(action, ReadRetainers | ConsumeRetainers | ReadPayments)
            }
            Self::Paralegal | Self::Secretary => {
                matches!(action, ReadClients | CreateClients | ReadRetainers)
            }
            Self::Client => {
                return match action {
                    ReadClients | ReadRetainers | ReadPayments => Reach::Own,
                    _ => Reach::Nothing,
                };
            }
        };
        if everything { Reach::Firm } else { Reach::Nothing }
    }
}

/// What can be permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See clients.
    ReadClients,
    /// Take in a client.
    CreateClients,
    /// Edit or archive a client.
    ChangeClients,
    /// See retainers and their history.
    ReadRetainers,
    /// Draw on a retainer.
    ConsumeRetainers,
    /// Open, replenish, refund and edit retainers.
    ManageRetainers,
    /// See payments.
    ReadPayments,
    /// Record and complete payments.
    TakePayments,
    /// Admit, change and dismiss members.
    ManageMembers,
}

/// Which rows a permitted action reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// None: the action is forbidden.
    Nothing,
    /// Rows of the client that this login is linked to.
    Own,
    /// Every row of the firm.
    Firm,
}

/// Who sends a command: taken from a verified token, before any row is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The login.
    pub user: Id<User>,
    /// The firm it acts in; its own id for a firm of one.
    pub firm: Id<Firm>,
    /// The role the token claims. It counts only until the firm has a membership row for the user.
    pub claimed: Role,
}

#[cfg(test)]
mod tests {
    use super::{Action::*, *};

    #[test]
    fn the_table_is_the_specifications() {
        let all = [
            ReadClients,
            CreateClients,
            ChangeClients,
            ReadRetainers,
            ConsumeRetainers,
            ManageRetainers,
            ReadPayments,
            TakePayments,
            ManageMembers,
        ];
        let may = |role: Role| {
            all.map(|action| match role.reach(action) {
                Reach::Firm => 'x',
                Reach::Own => 'o',
                Reach::Nothing => '-',
            })
            .into_iter()
            .collect::<String>()
        };
        for (role, row) in [
            (Role::Owner, "xxxxxxxxx"),
            (Role::Admin, "xxxxxxxxx"),
            (Role::Partner, "xxxxxxxx-"),
            (Role::Accountant, "x--xxxxx-"),
            (Role::Lawyer, "xxxxx-x--"),
            (Role::Paralegal, "xx-x-----"),
            (Role::Secretary, "xx-x-----"),
            (Role::Client, "o--o--o--"),
        ] {
            assert_eq!(may(role), row, "{role:?}");
        }
    }
}
