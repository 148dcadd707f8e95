//! Who acts, and what each role may do: one table.

use crate::{
    id::{Id, User},
    named::named,
    rows::Firm,
};

named! {
    /// A role inside a firm; stored and spoken as its snake_case name.
    Role {
        /// Everything.
        Owner = "owner",
        /// Everything.
        Admin = "admin",
        /// Clients, retainers and invoices; payments as far as taking them; the books to read.
        Partner = "partner",
        /// The matter's work: consumes retainers, writes invoices, reads the firm's own books.
        Lawyer = "lawyer",
        /// Reads, and takes in clients.
        Paralegal = "paralegal",
        /// Reads, and takes in clients.
        Secretary = "secretary",
        /// The money; clients only to read.
        Accountant = "accountant",
        /// A portal login: sees its own, once it is linked to a client.
        Client = "client",
        /// The product itself, for what time or a check brings about. No token and no membership has it.
        System = "system",
    }
}

named! {
    /// What can be permitted.
    Action {
        /// See clients, their statements and cases.
        ReadClients = "read_clients",
        /// Take in a client or open a case.
        CreateClients = "create_clients",
        /// Edit or archive a client or a case.
        ChangeClients = "change_clients",
        /// See retainers and their history.
        ReadRetainers = "read_retainers",
        /// Draw on a retainer.
        ConsumeRetainers = "consume_retainers",
        /// Open, replenish, refund, transfer and edit retainers.
        ManageRetainers = "manage_retainers",
        /// See invoices and credit notes.
        ReadInvoices = "read_invoices",
        /// Draft, edit, duplicate and send invoices.
        WriteInvoices = "write_invoices",
        /// Approve, void, credit and write off invoices.
        ManageInvoices = "manage_invoices",
        /// See payments and refunds.
        ReadPayments = "read_payments",
        /// Record and complete payments.
        TakePayments = "take_payments",
        /// Refund, apply, fail, cancel, edit, reconcile and delete payments.
        ManagePayments = "manage_payments",
        /// See the firm's own books.
        ReadTransactions = "read_transactions",
        /// Write the firm's own books.
        ManageTransactions = "manage_transactions",
        /// Record time and expenses.
        LogWork = "log_work",
        /// Approve or reject time and expenses.
        ReviewWork = "review_work",
        /// See reports, the audit log and integrity.
        Reconcile = "reconcile",
        /// Take a parked account back into use.
        ReleaseAccounts = "release_accounts",
        /// See and acknowledge alerts.
        HandleAlerts = "handle_alerts",
        /// Admit, change and dismiss members.
        ManageMembers = "manage_members",
        /// See everything that is kept about one person.
        ExportPersons = "export_persons",
        /// Take out who a client is, for good.
        EraseIdentities = "erase_identities",
        /// Post jobs and manage one's own.
        PostJobs = "post_jobs",
        /// Propose on jobs.
        Propose = "propose",
        /// Say where alerts are sent to.
        ManageWebhooks = "manage_webhooks",
        /// What nobody asks for.
        RunJobs = "run_jobs",
    }
}

impl Role {
    /// How far this role reaches in `action`: the table of roles, one row a role.
    pub const fn reach(self, action: Action) -> Reach {
        use Action::{
            ChangeClients, ConsumeRetainers, CreateClients, EraseIdentities, ExportPersons,
            LogWork, ManageMembers, ManagePayments, ManageTransactions, ManageWebhooks, PostJobs,
            Propose, ReadClients, ReadInvoices, ReadPayments, ReadRetainers, ReadTransactions,
            ReleaseAccounts, RunJobs, TakePayments, WriteInvoices,
        };
        let whole = match self {
            Self::System => matches!(action, RunJobs),
            _ if matches!(action, RunJobs) => false,
            Self::Owner => true,
            _ if matches!(action, EraseIdentities | ReleaseAccounts) => false,
            Self::Admin => true,
            Self::Partner => {
                !matches!(action, ManagePayments | ManageTransactions | ExportPersons)
                    && !matches!(action, ManageMembers | ManageWebhooks)
            }
            Self::Accountant => {
                !matches!(action, CreateClients | ChangeClients | ExportPersons)
                    && !matches!(action, ManageMembers | ManageWebhooks)
            }
            Self::Lawyer => {
                matches!(action, ReadClients | CreateClients | ChangeClients | ReadRetainers)
                    || matches!(action, ConsumeRetainers | ReadInvoices | WriteInvoices)
                    || matches!(action, ReadPayments | ReadTransactions | LogWork)
                    || matches!(action, PostJobs | Propose)
            }
            Self::Paralegal => {
                matches!(action, ReadClients | CreateClients | ReadRetainers | ReadInvoices)
                    || matches!(action, LogWork | PostJobs)
            }
            Self::Secretary => {
                matches!(action, ReadClients | CreateClients | ReadRetainers | ReadInvoices)
                    || matches!(action, ReadPayments | LogWork | PostJobs)
            }
            Self::Client => {
                return match action {
                    ReadClients | ReadRetainers | ReadInvoices | ReadPayments | TakePayments => {
                        Reach::Own
                    }
                    // The market belongs to no firm.
                    PostJobs => Reach::Firm,
                    _ => Reach::Nothing,
                };
            }
        };
        if whole { Reach::Firm } else { Reach::Nothing }
    }
}

/// The user that the product is in the audit log.
pub const SYSTEM: Id<User> = Id::new([0; 12]);

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

impl Actor {
    /// The product itself, in a firm.
    pub const fn system(firm: Id<Firm>) -> Self {
        Self { user: SYSTEM, firm, claimed: Role::System }
    }
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
    use super::*;

    #[test]
    fn the_table_is_the_specifications() {
        let may = |role: Role| {
            let letter = |action: &Action| match role.reach(*action) {
                Reach::Firm => 'x',
                Reach::Own => 'o',
                Reach::Nothing => '-',
            };
            Action::ALL.iter().map(letter).collect::<String>()
        };
        // clients, retainers, invoices, payments, transactions, work, books, parked accounts, alerts,
        // members, persons, market, webhooks, jobs of the product
        for (role, row) in [
            (Role::Owner, "xxx xxx xxx xxx xx xx x x x x xx xx x-"),
            (Role::Admin, "xxx xxx xxx xxx xx xx x - x x x- xx x-"),
            (Role::Partner, "xxx xxx xxx xx- x- xx x - x - -- xx --"),
            (Role::Accountant, "x-- xxx xxx xxx xx xx x - x - -- xx --"),
            (Role::Lawyer, "xxx xx- xx- x-- x- x- - - - - -- xx --"),
            (Role::Paralegal, "xx- x-- x-- --- -- x- - - - - -- x- --"),
            (Role::Secretary, "xx- x-- x-- x-- -- x- - - - - -- x- --"),
            (Role::Client, "o-- o-- o-- oo- -- -- - - - - -- x- --"),
            (Role::System, "--- --- --- --- -- -- - - - - -- -- -x"),
        ] {
            assert_eq!(may(role), row.replace(' ', ""), "{role:?}");
        }
    }
}
