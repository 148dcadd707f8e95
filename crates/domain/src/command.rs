//! Every command, and the one place where commands are decided.
//!
//! To add one: write its file (struct, [`Decide`]), and add one line to the list below.

use crate::{
    MARKET,
    actor::{Action, Actor, Reach},
    book::Book,
    change::{Change, Key},
    decision::{Asked, Decision, Stop},
    rejection::Rejection,
    reply::{Beside, Reply, Shown},
    rows::AlertKind,
};

/// A request to change something, with its shape already checked.
pub trait Decide {
    /// The stable name in the audit log and the metrics.
    const NAME: &'static str;
    /// What the actor's role must permit.
    const ACTION: Action;
    /// Whether a portal login may ask for it too; the command then checks whose row it is.
    const OWN: bool = false;
    /// Whether it belongs to the market: there, and only there, it can be carried out.
    const IN_MARKET: bool = false;
    /// Whether it moves money: coming twice within seconds without a key, somebody is told.
    const MOVES_MONEY: bool = false;

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

            /// What the role must permit of whoever sends the command of this name.
            pub fn action_of(name: &str) -> Option<Action> {
                match name {
                    $(<$path as Decide>::NAME => Some(<$path as Decide>::ACTION),)+
                    _ => None,
                }
            }

            /// The stable name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => <$path as Decide>::NAME),+ }
            }

            /// What it needs and what it is.
            fn nature(&self) -> Nature {
                match self { $(Self::$variant(_) => Nature {
                    action: <$path as Decide>::ACTION,
                    own: <$path as Decide>::OWN,
                    in_market: <$path as Decide>::IN_MARKET,
                    moves_money: <$path as Decide>::MOVES_MONEY,
                }),+ }
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
    CreateInvoice(crate::invoicing::create::CreateInvoice),
    UpdateInvoice(crate::invoicing::update::UpdateInvoice),
    SubmitInvoice(crate::invoicing::submit::SubmitInvoice),
    ApproveInvoice(crate::invoicing::approve::ApproveInvoice),
    RejectInvoice(crate::invoicing::reject::RejectInvoice),
    SendInvoice(crate::invoicing::send::SendInvoice),
    ViewInvoice(crate::invoicing::viewed::ViewInvoice),
    VoidInvoice(crate::invoicing::void::VoidInvoice),
    WriteOffInvoice(crate::invoicing::write_off::WriteOffInvoice),
    DeleteInvoice(crate::invoicing::delete::DeleteInvoice),
    DuplicateInvoice(crate::invoicing::duplicate::DuplicateInvoice),
    CreditInvoice(crate::invoicing::credit::CreditInvoice),
    ApplyRetainer(crate::invoicing::apply_retainer::ApplyRetainer),
    RecordPayment(crate::billing::record_payment::RecordPayment),
    UpdatePayment(crate::billing::update_payment::UpdatePayment),
    CompletePayment(crate::billing::complete_payment::CompletePayment),
    FailPayment(crate::billing::fail_payment::FailPayment),
    CancelPayment(crate::billing::cancel_payment::CancelPayment),
    DeletePayments(crate::billing::delete_payments::DeletePayments),
    ApplyPayment(crate::billing::apply_payment::ApplyPayment),
    UnapplyPayment(crate::billing::unapply_payment::UnapplyPayment),
    RefundPayment(crate::billing::refund_payment::RefundPayment),
    ReconcilePayment(crate::billing::reconcile_payment::ReconcilePayment),
    MoveCheck(crate::billing::move_check::MoveCheck),
    MarkReceipt(crate::billing::mark_receipt::MarkReceipt),
    UpdateClient(crate::billing::update_client::UpdateClient),
    DeleteClients(crate::billing::delete_clients::DeleteClients),
    CreateCase(crate::matters::create_case::CreateCase),
    UpdateCase(crate::matters::update_case::UpdateCase),
    DeleteCase(crate::matters::delete_case::DeleteCase),
    LogTime(crate::work::log_time::LogTime),
    UpdateTime(crate::work::update_time::UpdateTime),
    DeleteTime(crate::work::delete_time::DeleteTime),
    ReviewTime(crate::work::review_time::ReviewTime),
    StartTimer(crate::work::start_timer::StartTimer),
    StopTimer(crate::work::stop_timer::StopTimer),
    CreateExpense(crate::work::create_expense::CreateExpense),
    UpdateExpense(crate::work::update_expense::UpdateExpense),
    DeleteExpense(crate::work::delete_expense::DeleteExpense),
    ReviewExpense(crate::work::review_expense::ReviewExpense),
    CreateTransaction(crate::books::create_transaction::CreateTransaction),
    UpdateTransaction(crate::books::update_transaction::UpdateTransaction),
    CancelTransaction(crate::books::cancel_transaction::CancelTransaction),
    DeleteTransactions(crate::books::delete_transactions::DeleteTransactions),
    PostJob(crate::market::post_job::PostJob),
    UpdateJob(crate::market::update_job::UpdateJob),
    DeleteJob(crate::market::delete_job::DeleteJob),
    Propose(crate::market::propose::Propose),
    AcceptProposal(crate::market::accept_proposal::AcceptProposal),
    RejectProposal(crate::market::reject_proposal::RejectProposal),
    WithdrawProposal(crate::market::withdraw_proposal::WithdrawProposal),
    TransferRetainer(crate::trust::transfer::TransferRetainer),
    AcknowledgeAlert(crate::alerts::acknowledge::AcknowledgeAlert),
    RaiseAlert(crate::alerts::raise::RaiseAlert),
    WarnOfExpiry(crate::alerts::expiry::WarnOfExpiry),
    ParkAccount(crate::integrity::park::ParkAccount),
    ReleaseAccount(crate::integrity::release::ReleaseAccount),
    CreateWebhook(crate::webhooks::create::CreateWebhook),
    UpdateWebhook(crate::webhooks::update::UpdateWebhook),
    DeleteWebhook(crate::webhooks::delete::DeleteWebhook),
    RotateWebhook(crate::webhooks::rotate::RotateWebhook),
    TestWebhook(crate::webhooks::test::TestWebhook),
    ClaimDelivery(crate::webhooks::claim::ClaimDelivery),
    SettleDelivery(crate::webhooks::settle::SettleDelivery),
    ResendDelivery(crate::webhooks::resend::ResendDelivery),
    SetMember(crate::people::member::SetMember),
    EraseClient(crate::people::erase_client::EraseClient),
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

    /// What it is compared with where it has no key, so that it is not carried out twice unnoticed.
    pub fn unkeyed_keys(&self) -> Option<Key> {
        self.nature().moves_money.then_some(Key::Lately)
    }

    /// The id of the row it is about, as far as `book` can tell.
    pub fn object(&self, book: &Book) -> Option<[u8; 12]> {
        self.parts().object(book)
    }
}

impl Command {
    /// A role that may not touch a retainer or an invoice is told so of that row, be it there or not.
    fn in_its_words(&self, stop: Stop) -> Stop {
        let is_forbidden = matches!(stop, Stop::Rejected(Rejection::Forbidden));
        match (self, self.nature().action) {
            _ if !is_forbidden => stop,
            (Self::OpenRetainer(_) | Self::CreateInvoice(_), _) => stop,
            (_, Action::ConsumeRetainers | Action::ManageRetainers) => {
                Rejection::RetainerForbidden.into()
            }
            (_, Action::WriteInvoices | Action::ManageInvoices) => {
                Rejection::InvoiceForbidden.into()
            }
            _ => stop,
        }
    }
}

/// A command's constants.
struct Nature {
    action: Action,
    own: bool,
    in_market: bool,
    moves_money: bool,
}

/// Decides one command against one firm's rows. Nothing is changed: the caller applies the changes.
///
/// # Errors
/// [`Stop::Rejected`] when the business says no, [`Stop::Missing`] when a row must be loaded first.
pub fn decide(book: &Book, asked: Asked, command: &Command) -> Result<(Reply, Vec<Change>), Stop> {
    let nature = command.nature();
    let mut decision =
        Decision::begin(book, asked, nature.action).map_err(|stop| command.in_its_words(stop))?;
    let is_at_home = nature.in_market == (book.firm.id == MARKET);
    if !is_at_home || (decision.reach == Reach::Own && !nature.own) {
        return Err(command.in_its_words(Rejection::Forbidden.into()));
    }
    let shown = command.parts().decide(&mut decision)?;
    decision.spares_parked()?;
    if nature.moves_money
        && let Some(fingerprint) = asked.unkeyed
        && book.came_lately(&fingerprint, asked.at).ok_or_else(|| Stop::missing(Key::Lately))?
    {
        decision.alert(AlertKind::PossibleDuplicate, shown.object());
    }
    decision.send_alerts()?;
    let cases = shown.cases_beside().map(|case| decision.get(case)).collect::<Result<_, _>>()?;
    let beside = Beside { cases, invoice: decision.get_option(shown.invoice_named())? };
    let reply = Reply { seq: decision.seq, today: decision.today, shown, beside };
    Ok((reply, decision.into_changes()))
}
