//! Every way in which the business says no: variant, code, kind. Codes are stable and never reused.
//!
//! A refusal is an outcome: it is recorded, and a request that was refused under a key stays refused.

use crate::money::MoneyError;

/// What a caller can do about a refusal; the edge turns it into a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request can't be carried out as the business stands.
    Rule,
    /// The role doesn't allow it, or the user has left the firm.
    Forbidden,
    /// There is no such row in this firm.
    NotFound,
    /// The row has changed since the caller read it.
    Stale,
    /// The row is parked: what is stored of it can't be trusted until an owner says so.
    Parked,
}

macro_rules! rejections {
    ($($(#[$doc:meta])+ $variant:ident = $code:literal, $kind:ident;)+) => {
        /// A refusal.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Rejection {
            /// The row's version is another than the caller read.
            VersionConflict {
                /// The version as it stands.
                current: i64,
            },
            /// The amount is not one.
            Amount(MoneyError),
            $($(#[$doc])+ $variant,)+
        }

        impl Rejection {
            /// The stable code of every refusal.
            pub const CODES: &'static [&'static str] = &[
                "version_conflict",
                "amount_malformed",
                "amount_required",
                "amount_too_precise",
                "amount_too_large",
                "currency_mismatch",
                $($code),+
            ];

            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self {
                    Self::VersionConflict { .. } => "version_conflict",
                    Self::Amount(MoneyError::Malformed) => "amount_malformed",
                    Self::Amount(MoneyError::NotPositive) => "amount_required",
                    Self::Amount(MoneyError::TooPrecise) => "amount_too_precise",
                    Self::Amount(MoneyError::TooLarge) => "amount_too_large",
                    Self::Amount(MoneyError::CurrencyMismatch) => "currency_mismatch",
                    $(Self::$variant => $code,)+
                }
            }

            /// What the caller can do about it.
            pub const fn kind(&self) -> Kind {
                match self {
                    Self::VersionConflict { .. } => Kind::Stale,
                    Self::Amount(_) => Kind::Rule,
                    $(Self::$variant => Kind::$kind,)+
                }
            }
        }
    };
}

rejections! {
    // Anybody, anything.
    /// The role may not do this.
    Forbidden = "forbidden", Forbidden;
    /// The user has left the firm.
    MemberLeft = "member_left", Forbidden;
    /// Nobody changes their own membership.
    OwnMembership = "own_membership", Rule;
    /// Another command of the same all-or-none bulk was refused.
    AtomicRefused = "atomic_refused", Rule;
    /// A client needs a name.
    NameRequired = "name_required", Rule;
    /// A case or a job needs a title.
    TitleRequired = "title_required", Rule;
    /// Money can't move on a day that has not come.
    DateInFuture = "date_in_future", Rule;
    /// Before the retainer was opened, or before the payment it comes from could be drawn on.
    DateTooEarly = "date_too_early", Rule;
    /// The end lies before the start.
    EndBeforeStart = "end_before_start", Rule;
    /// What begins can't have ended already.
    EndInPast = "end_in_past", Rule;
    /// More rows are named than one command may touch.
    TooManyIds = "too_many_ids", Rule;
    // Rows that are not there.
    /// No such client in this firm.
    ClientNotFound = "client_not_found", NotFound;
    /// No such case in this firm.
    CaseNotFound = "case_not_found", NotFound;
    /// No such retainer in this firm.
    RetainerNotFound = "retainer_not_found", NotFound;
    /// No such invoice in this firm.
    InvoiceNotFound = "invoice_not_found", NotFound;
    /// No such payment in this firm.
    PaymentNotFound = "payment_not_found", NotFound;
    /// No such refund in this firm.
    RefundNotFound = "refund_not_found", NotFound;
    /// No such credit note in this firm.
    CreditNoteNotFound = "credit_note_not_found", NotFound;
    /// No such transaction in this firm.
    TransactionNotFound = "transaction_not_found", NotFound;
    /// No such time entry in this firm.
    TimeEntryNotFound = "time_entry_not_found", NotFound;
    /// No such expense in this firm.
    ExpenseNotFound = "expense_not_found", NotFound;
    /// No such job.
    JobNotFound = "job_not_found", NotFound;
    /// No such proposal.
    ProposalNotFound = "proposal_not_found", NotFound;
    /// No such alert in this firm.
    AlertNotFound = "alert_not_found", NotFound;
    /// No such webhook in this firm.
    WebhookNotFound = "webhook_not_found", NotFound;
    /// No such delivery in this firm.
    DeliveryNotFound = "delivery_not_found", NotFound;
    // Retainers.
    /// Auto-replenishment needs its threshold and amount.
    AutoReplenishIncomplete = "auto_replenish_incomplete", Rule;
    /// The retainer is expired, depleted or refunded.
    RetainerNotActive = "retainer_not_active", Rule;
    /// The retainer does not hold that much.
    InsufficientBalance = "insufficient_balance", Rule;
    /// Posted on that day, the retainer would have been below zero on it or a later one.
    InsufficientBalanceOnDate = "insufficient_balance_on_date", Rule;
    /// The whole retainer, or the whole payment, was refunded before.
    AlreadyRefunded = "already_refunded", Rule;
    /// There is nothing to return.
    NothingToRefund = "nothing_to_refund", Rule;
    /// The retainer belongs to another client.
    RetainerClientMismatch = "retainer_client_mismatch", Rule;
    /// Money can't be moved from a retainer into itself.
    SameRetainer = "same_retainer", Rule;
    // Invoices.
    /// An invoice needs a line with an amount.
    LinesRequired = "lines_required", Rule;
    /// More lines than an invoice may have.
    TooManyLines = "too_many_lines", Rule;
    /// A quantity or price that is none.
    LineInvalid = "line_invalid", Rule;
    /// Not between 0 and 100 percent.
    VatRateInvalid = "vat_rate_invalid", Rule;
    /// More is taken off than there is.
    DiscountInvalid = "discount_invalid", Rule;
    /// The totals that were sent are not what the lines add up to.
    TotalsMismatch = "totals_mismatch", Rule;
    /// Due before it was issued.
    DueBeforeIssue = "due_before_issue", Rule;
    /// Only an invoice that was not sent yet can be changed or sent.
    InvoiceNotDraft = "invoice_not_draft", Rule;
    /// The invoice does not wait for approval.
    InvoiceNotPendingApproval = "invoice_not_pending_approval", Rule;
    /// The invoice was not sent, or does not stand any more.
    InvoiceNotIssued = "invoice_not_issued", Rule;
    /// The invoice belongs to another client.
    InvoiceClientMismatch = "invoice_client_mismatch", Rule;
    /// More than is due on the invoice.
    AmountExceedsDue = "amount_exceeds_due", Rule;
    /// Something was set against the invoice: it is taken back by a credit note.
    InvoiceHasPayments = "invoice_has_payments", Rule;
    /// There is nothing to give up.
    NothingDue = "nothing_due", Rule;
    /// Credit notes would take back more than the invoice.
    CreditExceedsInvoice = "credit_exceeds_invoice", Rule;
    /// The time entry or expense stands on another invoice.
    AlreadyBilled = "already_billed", Rule;
    /// The time entry or expense may not be billed.
    NotBillable = "not_billable", Rule;
    // Payments and refunds.
    /// The payment belongs to another client.
    PaymentClientMismatch = "payment_client_mismatch", Rule;
    /// Only a completed payment holds money.
    PaymentNotCompleted = "payment_not_completed", Rule;
    /// The payment has not that much left.
    PaymentInsufficient = "payment_insufficient", Rule;
    /// The payment was completed before.
    AlreadyCompleted = "already_completed", Rule;
    /// The payment has failed or was cancelled.
    PaymentNotPending = "payment_not_pending", Rule;
    /// Only a pending or failed payment can be changed, cancelled or deleted.
    PaymentSettled = "payment_settled", Rule;
    /// One of them can't be deleted, so none was.
    NotDeletable = "not_deletable", Rule;
    /// As [`Self::Forbidden`], of a retainer.
    RetainerForbidden = "forbidden", Forbidden;
    /// As [`Self::Forbidden`], of an invoice.
    InvoiceForbidden = "forbidden", Forbidden;
    /// As [`Self::NotDeletable`], of payments.
    PaymentsNotDeletable = "not_deletable", Rule;
    /// As [`Self::PaymentSettled`], of a deletion.
    DeletionSettled = "payment_settled", Rule;
    /// As [`Self::PaymentNotCompleted`], of a refund.
    RefundNotCompleted = "payment_not_completed", Rule;
    /// More than its invoices take, and the payer wants that refused.
    Overpayment = "overpayment", Rule;
    /// More than is left of the payment.
    RefundExceedsPayment = "refund_exceeds_payment", Rule;
    /// The retainer that the payment filled was drawn on.
    RetainerAlreadyConsumed = "retainer_already_consumed", Rule;
    /// Nothing of the payment is set against that invoice.
    NotApplied = "not_applied", Rule;
    /// Money that is not a client's can't be applied, deposited or refunded.
    NotApplicable = "not_applicable", Rule;
    /// More invoices than a payment may be set against.
    TooManyApplications = "too_many_applications", Rule;
    /// It was reconciled before.
    AlreadyReconciled = "already_reconciled", Rule;
    /// The payment did not come as a cheque.
    NotACheck = "not_a_check", Rule;
    /// Only a cheque in hand can be deposited.
    CheckNotReceived = "check_not_received", Rule;
    /// Only a deposited cheque can clear or bounce.
    CheckNotDeposited = "check_not_deposited", Rule;
    /// A client announces a payment; the firm completes it.
    PortalPaymentPending = "portal_payment_pending", Rule;
    // Clients and cases.
    /// The client has open cases.
    ClientHasActiveCases = "client_has_active_cases", Rule;
    /// The client owes something.
    ClientHasOpenInvoices = "client_has_open_invoices", Rule;
    /// The firm holds money of the client.
    ClientHasRetainers = "client_has_retainers", Rule;
    /// The client has credit.
    ClientHasCredit = "client_has_credit", Rule;
    /// A payment of the client is expected.
    ClientHasPendingPayments = "client_has_pending_payments", Rule;
    /// What takes back words for good is no part of a group that may be taken back.
    NotInGroup = "not_in_group", Rule;
    /// What can't be taken back, or answers for what was found, needs a reason.
    ReasonRequired = "reason_required", Rule;
    /// Another case of the firm has this number.
    CaseNumberTaken = "case_number_taken", Rule;
    /// The case has another number, and keeps it.
    CaseNumberFixed = "case_number_fixed", Rule;
    /// The case has its outcome.
    CaseClosed = "case_closed", Rule;
    // Work and books.
    /// It was approved or rejected before.
    AlreadyDecided = "already_decided", Rule;
    /// It stands on an invoice.
    Billed = "billed", Rule;
    /// A timer runs already.
    TimerRunning = "timer_running", Rule;
    /// No timer runs.
    TimerNotRunning = "timer_not_running", Rule;
    /// A time entry needs a length between one minute and a day.
    MinutesRequired = "minutes_required", Rule;
    /// The transaction was cancelled before.
    AlreadyCancelled = "already_cancelled", Rule;
    /// A cancelled transaction does not change.
    TransactionCancelled = "transaction_cancelled", Rule;
    /// A completed transaction does not become pending again.
    TransactionCompleted = "transaction_completed", Rule;
    // Alerts and webhooks.
    /// Somebody was told already, or there is nothing to tell.
    NothingToTell = "nothing_to_tell", Rule;
    /// An address that a webhook can't have.
    WebhookUrlInvalid = "webhook_url_invalid", Rule;
    /// The firm has as many webhooks as it may.
    TooManyWebhooks = "too_many_webhooks", Rule;
    /// Nothing is sent to a webhook that is switched off.
    WebhookInactive = "webhook_inactive", Rule;
    /// It is not its time, or another has it in hand.
    DeliveryNotDue = "delivery_not_due", Rule;
    /// It is on its way already.
    DeliveryPending = "delivery_pending", Rule;
    // Integrity.
    /// A row that it would change was found not to be what was stored: an owner has to release it.
    AccountParked = "account_parked", Parked;
    /// Nothing of that id is parked.
    AccountNotParked = "account_not_parked", NotFound;
    /// As many accounts are parked as can be.
    TooManyParked = "too_many_parked", Rule;
    // Marketplace.
    /// The least it may cost is more than the most.
    BudgetInvalid = "budget_invalid", Rule;
    /// The job has as many proposals as it may.
    TooManyProposals = "too_many_proposals", Rule;
    /// Nobody proposes on their own job.
    OwnJob = "own_job", Rule;
    /// The job takes no proposals any more.
    JobNotOpen = "job_not_open", Rule;
    /// Only a job that is being done can be completed.
    JobNotInProgress = "job_not_in_progress", Rule;
    /// A proposal of the job was accepted.
    JobHasAcceptedProposal = "job_has_accepted_proposal", Rule;
    /// The lawyer has a live proposal on this job.
    ProposalExists = "proposal_exists", Rule;
    /// The proposal was decided or withdrawn.
    ProposalNotPending = "proposal_not_pending", Rule;
}

impl From<MoneyError> for Rejection {
    fn from(error: MoneyError) -> Self {
        Self::Amount(error)
    }
}
