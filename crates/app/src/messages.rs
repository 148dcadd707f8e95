//! Every sentence a person reads, in Arabic and English, from `locales/`.
//!
//! Sentences have no variables, so they are resolved once and kept as finished JSON strings: an
//! answer copies bytes and never formats. **No sentence stands anywhere else in the code.**

use std::{collections::HashMap, sync::LazyLock};

use domain::Rejection;
use fluent_bundle::{FluentBundle, FluentResource};
use unic_langid::{LanguageIdentifier, langid};

/// A language that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Arabic, where nothing else was asked for.
    Ar,
    /// English.
    En,
}

impl Lang {
    /// The language that an `Accept-Language` header prefers.
    pub fn preferred(header: &str) -> Self {
        let mut best = (Self::Ar, 0);
        for range in header.split(',') {
            let (tag, quality) = range.split_once(';').unwrap_or((range, "q=1"));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let lang = match primary {
                primary if primary.eq_ignore_ascii_case("ar") => Self::Ar,
                primary if primary.eq_ignore_ascii_case("en") => Self::En,
                _ => continue,
            };
            let weight = thousandths(quality.trim());
            if weight > best.1 {
                best = (lang, weight);
            }
        }
        best.0
    }
}

/// `q=0.8` as 800; what is no quality counts as nothing.
fn thousandths(quality: &str) -> u32 {
    let Some(value) = quality.strip_prefix("q=") else { return 0 };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if whole == "1" {
        return 1_000;
    }
    format!("{fraction:0<3}").get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

macro_rules! messages {
    ($($variant:ident = $id:literal),+ $(,)?) => {
        /// A sentence; its id in the locales is its code on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Message { $(#[doc = concat!("`", $id, "`")] $variant),+ }

        impl Message {
            /// Every sentence.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }
        }
    };
}

messages! {
    // Refusals of the business.
    Forbidden = "forbidden",
    MemberLeft = "member_left",
    ClientNotFound = "client_not_found",
    RetainerNotFound = "retainer_not_found",
    PaymentNotFound = "payment_not_found",
    InvoiceNotFound = "invoice_not_found",
    CaseNotFound = "case_not_found",
    VersionConflict = "version_conflict",
    AmountMalformed = "amount_malformed",
    AmountRequired = "amount_required",
    AmountTooPrecise = "amount_too_precise",
    AmountTooLarge = "amount_too_large",
    CurrencyMismatch = "currency_mismatch",
    NameRequired = "name_required",
    AutoReplenishIncomplete = "auto_replenish_incomplete",
    EndBeforeStart = "end_before_start",
    EndInPast = "end_in_past",
    DateInFuture = "date_in_future",
    DateTooEarly = "date_too_early",
    RetainerNotActive = "retainer_not_active",
    InsufficientBalance = "insufficient_balance",
    InsufficientBalanceOnDate = "insufficient_balance_on_date",
    AlreadyRefunded = "already_refunded",
    NothingToRefund = "nothing_to_refund",
    PaymentClientMismatch = "payment_client_mismatch",
    PaymentNotCompleted = "payment_not_completed",
    PaymentInsufficient = "payment_insufficient",
    AlreadyCompleted = "already_completed",
    RetainerClientMismatch = "retainer_client_mismatch",
    OwnMembership = "own_membership",
    AtomicRefused = "atomic_refused",
    TitleRequired = "title_required",
    TooManyIds = "too_many_ids",
    RefundNotFound = "refund_not_found",
    CreditNoteNotFound = "credit_note_not_found",
    TransactionNotFound = "transaction_not_found",
    TimeEntryNotFound = "time_entry_not_found",
    ExpenseNotFound = "expense_not_found",
    JobNotFound = "job_not_found",
    ProposalNotFound = "proposal_not_found",
    AlertNotFound = "alert_not_found",
    WebhookNotFound = "webhook_not_found",
    DeliveryNotFound = "delivery_not_found",
    NothingToTell = "nothing_to_tell",
    WebhookUrlInvalid = "webhook_url_invalid",
    TooManyWebhooks = "too_many_webhooks",
    WebhookInactive = "webhook_inactive",
    DeliveryNotDue = "delivery_not_due",
    DeliveryPending = "delivery_pending",
    AccountParked = "account_parked",
    AccountNotParked = "account_not_parked",
    TooManyParked = "too_many_parked",
    SameRetainer = "same_retainer",
    LinesRequired = "lines_required",
    TooManyLines = "too_many_lines",
    LineInvalid = "line_invalid",
    VatRateInvalid = "vat_rate_invalid",
    DiscountInvalid = "discount_invalid",
    TotalsMismatch = "totals_mismatch",
    DueBeforeIssue = "due_before_issue",
    InvoiceNotDraft = "invoice_not_draft",
    InvoiceNotPendingApproval = "invoice_not_pending_approval",
    InvoiceNotIssued = "invoice_not_issued",
    InvoiceClientMismatch = "invoice_client_mismatch",
    AmountExceedsDue = "amount_exceeds_due",
    InvoiceHasPayments = "invoice_has_payments",
    NothingDue = "nothing_due",
    CreditExceedsInvoice = "credit_exceeds_invoice",
    AlreadyBilled = "already_billed",
    NotBillable = "not_billable",
    PaymentNotPending = "payment_not_pending",
    PaymentSettled = "payment_settled",
    NotDeletable = "not_deletable",
    Overpayment = "overpayment",
    RefundExceedsPayment = "refund_exceeds_payment",
    RetainerAlreadyConsumed = "retainer_already_consumed",
    NotApplied = "not_applied",
    NotApplicable = "not_applicable",
    TooManyApplications = "too_many_applications",
    AlreadyReconciled = "already_reconciled",
    NotACheck = "not_a_check",
    CheckNotReceived = "check_not_received",
    CheckNotDeposited = "check_not_deposited",
    PortalPaymentPending = "portal_payment_pending",
    ClientHasActiveCases = "client_has_active_cases",
    ClientHasOpenInvoices = "client_has_open_invoices",
    ClientHasRetainers = "client_has_retainers",
    ClientHasCredit = "client_has_credit",
    ClientHasPendingPayments = "client_has_pending_payments",
    NotInGroup = "not_in_group",
    ReasonRequired = "reason_required",
    CaseNumberTaken = "case_number_taken",
    CaseNumberFixed = "case_number_fixed",
    CaseClosed = "case_closed",
    AlreadyDecided = "already_decided",
    Billed = "billed",
    TimerRunning = "timer_running",
    TimerNotRunning = "timer_not_running",
    MinutesRequired = "minutes_required",
    AlreadyCancelled = "already_cancelled",
    TransactionCancelled = "transaction_cancelled",
    TransactionCompleted = "transaction_completed",
    OwnJob = "own_job",
    JobNotOpen = "job_not_open",
    JobNotInProgress = "job_not_in_progress",
    JobHasAcceptedProposal = "job_has_accepted_proposal",
    ProposalExists = "proposal_exists",
    ProposalNotPending = "proposal_not_pending",
    BudgetInvalid = "budget_invalid",
    TooManyProposals = "too_many_proposals",
    // The same code, said in the words of what was asked.
    RetainerForbidden = "retainer_forbidden",
    InvoiceForbidden = "invoice_forbidden",
    PaymentSettledDelete = "payment_settled_delete",
    RefundNotCompleted = "refund_not_completed",
    SomePaymentsNotDeletable = "some_payments_not_deletable",
    // Refusals at the edge.
    Unauthenticated = "unauthenticated",
    TokenInvalid = "token_invalid",
    TokenExpired = "token_expired",
    CrossSite = "cross_site",
    NotFound = "not_found",
    MemberNotFound = "member_not_found",
    OutcomeNotFound = "outcome_not_found",
    AuditNotFound = "audit_not_found",
    AuditKeyMissing = "audit_key_missing",
    MethodNotAllowed = "method_not_allowed",
    UnsupportedMediaType = "unsupported_media_type",
    BodyTooLarge = "body_too_large",
    BodyTimeout = "body_timeout",
    MalformedBody = "malformed_body",
    UnknownField = "unknown_field",
    InvalidField = "invalid_field",
    TooLong = "too_long",
    FieldRequired = "field_required",
    InvalidCursor = "invalid_cursor",
    RetainerFieldsRequired = "retainer_fields_required",
    PaymentFieldsRequired = "payment_fields_required",
    IdempotencyKeyInvalid = "idempotency_key_invalid",
    IdempotencyKeyRepeated = "idempotency_key_repeated",
    IdempotencyKeyReused = "idempotency_key_reused",
    OutcomeErased = "outcome_erased",
    ExportTooLarge = "export_too_large",
    IfMatchMalformed = "if_match_malformed",
    IfMatchUnsupported = "if_match_unsupported",
    InvoiceFieldsRequired = "invoice_fields_required",
    TransactionFieldsRequired = "transaction_fields_required",
    TransactionTypeInvalid = "transaction_type_invalid",
    IdsRequired = "ids_required",
    PaymentIdsRequired = "payment_ids_required",
    OriginalPaymentNotFound = "original_payment_not_found",
    // No outcome.
    RateLimited = "rate_limited",
    Overloaded = "overloaded",
    Stopping = "stopping",
    NotExecuted = "not_executed",
    Unavailable = "unavailable",
    NotReady = "not_ready",
    MigrationMissing = "migration_missing",
    DatabaseAway = "database_away",
    OutcomeUnknown = "outcome_unknown",
    Defect = "defect",
    // Successes.
    RetainerCreated = "retainer_created",
    RetainerUpdated = "retainer_updated",
    RetainerConsumed = "retainer_consumed",
    RetainerReplenished = "retainer_replenished",
    RetainerRefunded = "retainer_refunded",
    PaymentCreated = "payment_created",
    PaymentCompleted = "payment_completed",
    ClientCreated = "client_created",
    MemberSet = "member_set",
    RetainerTransferred = "retainer_transferred",
    PaymentUpdated = "payment_updated",
    PaymentDeleted = "payment_deleted",
    PaymentsDeleted = "payments_deleted",
    PaymentFailed = "payment_failed",
    PaymentCancelled = "payment_cancelled",
    PaymentApplied = "payment_applied",
    PaymentUnapplied = "payment_unapplied",
    PaymentReconciled = "payment_reconciled",
    CheckMoved = "check_moved",
    ReceiptSent = "receipt_sent",
    RefundCreated = "refund_created",
    InvoiceCreated = "invoice_created",
    InvoiceUpdated = "invoice_updated",
    InvoiceDeleted = "invoice_deleted",
    InvoiceSubmitted = "invoice_submitted",
    InvoiceApproved = "invoice_approved",
    InvoiceRejected = "invoice_rejected",
    InvoiceSent = "invoice_sent",
    RetainerApplied = "retainer_applied",
    InvoiceViewed = "invoice_viewed",
    InvoiceVoided = "invoice_voided",
    InvoiceWrittenOff = "invoice_written_off",
    CreditNoteCreated = "credit_note_created",
    ClientUpdated = "client_updated",
    ClientErased = "client_erased",
    ClientDeleted = "client_deleted",
    ClientsDeleted = "clients_deleted",
    CaseCreated = "case_created",
    CaseUpdated = "case_updated",
    CaseDeleted = "case_deleted",
    TimeLogged = "time_logged",
    TimeUpdated = "time_updated",
    TimeDeleted = "time_deleted",
    TimerStarted = "timer_started",
    TimerStopped = "timer_stopped",
    ExpenseCreated = "expense_created",
    ExpenseUpdated = "expense_updated",
    ExpenseDeleted = "expense_deleted",
    WorkReviewed = "work_reviewed",
    TransactionCreated = "transaction_created",
    TransactionUpdated = "transaction_updated",
    TransactionCancelledOk = "transaction_cancelled_ok",
    TransactionDeleted = "transaction_deleted",
    JobPosted = "job_posted",
    JobUpdated = "job_updated",
    JobDeleted = "job_deleted",
    ProposalCreated = "proposal_created",
    ProposalAccepted = "proposal_accepted",
    ProposalRejected = "proposal_rejected",
    ProposalWithdrawn = "proposal_withdrawn",
    AlertAcknowledged = "alert_acknowledged",
    AccountReleased = "account_released",
    WebhookCreated = "webhook_created",
    WebhookUpdated = "webhook_updated",
    WebhookDeleted = "webhook_deleted",
    WebhookRotated = "webhook_rotated",
    WebhookTested = "webhook_tested",
    DeliveryResent = "delivery_resent",
}

impl Message {
    /// The sentence as a JSON string, quotes included.
    pub fn json(self, lang: Lang) -> &'static str {
        static AR: LazyLock<Vec<String>> = LazyLock::new(|| resolve(langid!("ar"), AR_FTL));
        static EN: LazyLock<Vec<String>> = LazyLock::new(|| resolve(langid!("en"), EN_FTL));
        match lang {
            Lang::Ar => &AR[self as usize],
            Lang::En => &EN[self as usize],
        }
    }
}

impl From<&Rejection> for Message {
    fn from(rejection: &Rejection) -> Self {
        static OF_CODE: LazyLock<HashMap<&str, Message>> =
            LazyLock::new(|| Message::ALL.iter().map(|message| (message.id(), *message)).collect());
        match rejection {
            Rejection::RetainerForbidden => Self::RetainerForbidden,
            Rejection::InvoiceForbidden => Self::InvoiceForbidden,
            Rejection::DeletionSettled => Self::PaymentSettledDelete,
            Rejection::PaymentsNotDeletable => Self::SomePaymentsNotDeletable,
            Rejection::RefundNotCompleted => Self::RefundNotCompleted,
            other => *OF_CODE.get(other.code()).expect("every code has its sentence"),
        }
    }
}

const AR_FTL: &str = include_str!("../../../locales/ar/messages.ftl");
const EN_FTL: &str = include_str!("../../../locales/en/messages.ftl");

/// Every sentence of one language as a JSON string, in the order of [`Message::ALL`].
fn resolve(lang: LanguageIdentifier, source: &str) -> Vec<String> {
    let resource =
        FluentResource::try_new(source.to_owned()).expect("the locales are checked by a test");
    let mut bundle = FluentBundle::new(vec![lang]);
    bundle.add_resource(resource).expect("the locales are checked by a test");
    let sentence = |message: &Message| {
        let pattern = bundle.get_message(message.id()).and_then(|found| found.value());
        let pattern = pattern.expect("the locales are checked by a test");
        let text = bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned();
        serde_json::Value::String(text).to_string()
    };
    Message::ALL.iter().map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_locales_have_exactly_the_known_sentences() {
        let known: BTreeSet<&str> = Message::ALL.iter().map(|message| message.id()).collect();
        assert_eq!(known.len(), Message::ALL.len(), "an id stands twice");
        for source in [AR_FTL, EN_FTL] {
            let ids: Vec<&str> = source
                .lines()
                .filter(|line| !line.starts_with(['#', ' ']))
                .filter_map(|line| Some(line.split_once('=')?.0.trim()))
                .collect();
            assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), known);
            assert_eq!(ids.len(), known.len(), "an id is defined twice");
        }
    }

    #[test]
    fn every_code_has_its_sentence() {
        let known: BTreeSet<&str> = Message::ALL.iter().map(|message| message.id()).collect();
        for code in Rejection::CODES {
            assert!(known.contains(code), "{code}");
        }
    }

    #[test]
    fn a_refusal_has_the_sentence_of_its_code() {
        for rejection in [
            Rejection::AlreadyRefunded,
            Rejection::Amount(domain::money::MoneyError::NotPositive),
            Rejection::VersionConflict { current: 1 },
            Rejection::OwnMembership,
        ] {
            assert_eq!(Message::from(&rejection).id(), rejection.code());
        }
        assert_eq!(Message::RetainerNotFound.json(Lang::Ar), "\"العربون غير موجود\"");
    }

    #[test]
    fn the_preferred_language_is_chosen() {
        for (header, lang) in [
            ("", Lang::Ar),
            ("en", Lang::En),
            ("en-GB,ar;q=0.9", Lang::En),
            ("ar-SA, en;q=0.5", Lang::Ar),
            ("fr, en;q=0.3, ar;q=0.2", Lang::En),
            ("de", Lang::Ar),
            ("en;q=0", Lang::Ar),
            ("EN", Lang::En),
        ] {
            assert_eq!(Lang::preferred(header), lang, "{header}");
        }
    }
}
