//! The dashboard's dialect, line by line. The first line that fits a call speaks for it; a call without
//! a line is asked of our route of the same name, and its answer goes through [`ROWS`] and [`LISTS`].

use super::rule::{
    Ask, Field, Row, Rule,
    Say::{
        self, Aside, Each, Halalas, Leave, Name, Noise, Nothing, Only, Out, Percent, Text, With,
        Word, WordKept,
    },
    Show::{self, Also, AlsoInside, Bare, Nested, Spread, Within},
    Words, on,
};
use crate::messages::Message;

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const EDIT: &[&str] = &["PUT", "PATCH"];
const DELETE: &[&str] = &["DELETE"];
const ANY: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

pub(super) static RULES: &[Rule] = &[
    // Invoices.
    on(GET, "/invoices").ask(&[Ask::Word("status", &[("pending", "sent,viewed,partial")])]),
    on(POST, "/invoices").say(INVOICE_FORM),
    on(EDIT, "/invoices/:id").say(INVOICE_FORM),
    on(POST, "/invoices/:id/send").say(&[Nothing]),
    on(POST, "/invoices/:id/duplicate").say(&[Nothing]),
    on(POST, "/invoices/:id/submit-for-approval").say(&[Nothing]),
    on(POST, "/invoices/:id/approve").say(&[Nothing]),
    on(POST, "/invoices/:id/reject").say(REASON),
    on(POST, "/invoices/:id/void").say(REASON),
    on(POST, "/invoices/:id/write-off").say(REASON),
    on(POST, "/invoices/:id/convert-to-credit-note").say(CREDIT_FORM),
    on(POST, "/invoices/:id/apply-retainer").say(&[Noise(&["amount"])]),
    on(POST, "/invoices/:id/record-payment").say(RECEIVED),
    on(POST, "/invoices/:id/payments").say(RECEIVED),
    // Payments.
    on(POST, "/payments")
        .when("paymentType", "refund")
        .to("/payments/{refundDetails.originalPaymentId}/refund")
        .say(REFUND_FORM)
        .absent(Message::OriginalPaymentNotFound),
    on(POST, "/payments").say(PAYMENT_FORM),
    on(DELETE, "/payments/bulk").say(&[Name("paymentIds", &["ids"])]),
    on(GET, "/payments/summary").show(&[Spread]),
    on(EDIT, "/payments/:id").say(PAYMENT_FORM),
    on(POST, "/payments/:id/receipt").say(&[Nothing]),
    on(POST, "/payments/:id/send-receipt").to("/payments/:id/receipt").say(&[Nothing]),
    on(POST, "/payments/:id/receipt/send").to("/payments/:id/receipt").say(&[Nothing]),
    on(POST, "/payments/:id/generate-receipt").to("/payments/:id/receipt").say(&[Nothing]),
    on(POST, "/payments/:id/complete").say(&[Nothing]),
    on(POST, "/payments/:id/reconcile").say(&[Nothing]),
    on(POST, "/payments/:id/fail").say(REASON),
    on(POST, "/payments/:id/refund")
        .say(&[Noise(&["amount"]), Word("refundMethod", REFUND_METHODS)]),
    // Retainers.
    on(GET, "/retainers").ask(&[Ask::Word("status", RETAINERS_ASKED), ALL]).show(&[Nested]),
    on(GET, "/retainers/low-balance").ask(&[ALL]).show(&[Nested]),
    on(GET, "/retainers/stats").show(&[Also("statistics", "data")]),
    on(POST, "/retainers").say(RETAINER_FORM),
    on(GET, "/retainers/:id").show(&[Nested]),
    on(EDIT, "/retainers/:id").say(RETAINER_FORM),
    on(GET, "/retainers/:id/history").show(HISTORY),
    on(GET, "/retainers/:id/transactions").to("/retainers/:id/history").show(HISTORY),
    on(POST, "/retainers/:id/consume").say(MOVEMENT_FORM),
    on(POST, "/retainers/:id/replenish").say(MOVEMENT_FORM),
    on(POST, "/retainers/:id/deposit").to("/retainers/:id/replenish").say(MOVEMENT_FORM),
    on(POST, "/retainers/:id/refund").say(&[
        Name("reason", &["description", "notes"]),
        Leave(&["description", "descriptionAr", "reference", "notes"]),
    ]),
    // Clients and cases.
    on(POST, "/clients").say(CLIENT_FORM),
    on(DELETE, "/clients/bulk")
        .say(&[Name("clientIds", &["ids"])])
        .show(&[Also("count", "deleted")]),
    on(EDIT, "/clients/:id").say(CLIENT_FORM),
    on(GET, "/cases").ask(&[Ask::Word("status", CASE_STATUSES)]),
    on(POST, "/cases").say(CASE_FORM),
    on(EDIT, "/cases/:id").say(CASE_FORM),
    on(EDIT, "/cases/:id/status").to("/cases/:id").say(CASE_FORM),
    on(EDIT, "/cases/:id/outcome").to("/cases/:id").say(OUTCOME_FORM),
    // Transactions.
    on(POST, "/transactions").say(TRANSACTION_FORM),
    on(DELETE, "/transactions/bulk").say(&[Name("transactionIds", &["ids"])]),
    on(GET, "/transactions/summary").show(&[Within("summary"), Within("data")]),
    on(EDIT, "/transactions/:id").say(TRANSACTION_FORM),
    // Work.
    on(GET, "/expenses").ask(&[BILLABLE]),
    on(POST, "/expenses").say(EXPENSE_FORM),
    on(EDIT, "/expenses/:id").say(EXPENSE_FORM),
    on(GET, "/time-tracking/entries")
        .to("/time-entries")
        .ask(&[BILLABLE])
        .show(&[Show::Halalas("summary", "totalAmount")]),
    on(POST, "/time-tracking/entries").to("/time-entries").say(TIME_FORM),
    on(EDIT, "/time-tracking/entries/:id").to("/time-entries/:id").say(TIME_FORM),
    on(ANY, "/time-tracking/entries/:id").to("/time-entries/:id"),
    on(POST, "/time-tracking/entries/:id/:step").to("/time-entries/:id/:step").say(REASON),
    on(POST, "/time-tracking/timer/start").to("/time-entries/timer/start").say(TIME_FORM),
    on(POST, "/time-tracking/timer/stop").to("/time-entries/timer/stop").say(TIMER_FORM),
    // The market: bare documents and lists.
    on(POST, "/jobs").say(JOB_FORM).show(&[Bare]),
    on(EDIT, "/jobs/:id").say(JOB_FORM).show(&[Bare]),
    on(GET, "/jobs").ask(&[ALL]).show(&[Bare]),
    on(GET, "/jobs/my-jobs").ask(&[ALL]).show(&[Bare]),
    on(GET, "/jobs/:id").show(&[Bare]),
    on(POST, "/proposals").say(PROPOSAL_FORM).show(&[Bare]),
    on(GET, "/proposals/my-proposals").ask(&[ALL]).show(&[Bare]),
    on(GET, "/proposals/job/:id").ask(&[ALL]).show(&[Bare]),
    on(EDIT, "/proposals/:step/:id").show(&[Bare]),
    // What else it asks for and we have.
    on(GET, "/auth/me").to("/me"),
    on(GET, "/general-ledger/entries").to("/reports/ledger").show(&[Also("entries", "data")]),
    on(GET, "/statements")
        .to("/clients/{?clientId}/statement")
        .ask(&[Ask::Name("startDate", "from"), Ask::Name("endDate", "to")]),
];

/// Lists that are read whole: as many rows as there may be in one answer.
const ALL: Ask = Ask::Else("limit", "200");

const BILLABLE: Ask = Ask::Name("isBillable", "billable");

const REASON: &[Say] =
    &[Name("reason", &["failureReason", "comments", "notes"]), Only(&["reason"])];

const CREDIT_FORM: &[Say] =
    &[Noise(&["amount"]), Name("reason", &["notes"]), Only(&["amount", "reason"])];

const INVOICE_FORM: &[Say] = &[
    Percent("vatRate"),
    Each(
        "items",
        &[Leave(&["id", "_id", "total", "lineTotal"]), Noise(&["quantity", "unitPrice"])],
    ),
    Leave(&["invoiceNumber"]),
];

const PAYMENT_FORM: &[Say] = &[
    Noise(&["amount"]),
    Each("invoiceApplications", &[Noise(&["amount"])]),
    WordKept("paymentMethod", METHODS, "details"),
    Name("transactionId", &["referenceNumber"]),
    Name("notes", &["memo", "internalNotes", "customerNotes"]),
    Out("checkDetails", &["checkNumber", "checkBank", "checkDate"]),
    Aside("details", PAYMENT_DETAILS),
];

/// What a payment is recorded with and nothing is decided by.
const PAYMENT_DETAILS: &[&str] = &[
    "amountInBaseCurrency",
    "bankAccountId",
    "cardDetails",
    "checkDetails",
    "customerNotes",
    "departmentId",
    "exchangeRate",
    "fees",
    "internalNotes",
    "locationId",
    "memo",
    "receivedBy",
    "reconciliation",
    "referenceNumber",
    "underpaymentAction",
    "vendorId",
    "writeOffReason",
];

const RECEIVED: &[Say] = &[
    Noise(&["amount"]),
    WordKept("paymentMethod", METHODS, "details"),
    Name("transactionId", &["reference", "referenceNumber"]),
    Aside("details", &["bankAccountId", "reference", "referenceNumber"]),
];

const REFUND_FORM: &[Say] = &[
    Noise(&["amount"]),
    Leave(&["reason"]),
    Out("refundDetails", &["reason", "method"]),
    Name("refundMethod", &["method"]),
    Word("refundMethod", REFUND_METHODS),
    Only(&["amount", "reason", "refundMethod"]),
];

const METHODS: Words = &[
    ("sarie", "bank_transfer"),
    ("mada", "debit_card"),
    ("tabby", "gateway"),
    ("tamara", "gateway"),
    ("stc_pay", "gateway"),
    ("apple_pay", "gateway"),
];

/// As it came is how a refund is returned where nothing is said.
const REFUND_METHODS: Words = &[("original", "")];

const RETAINERS_ASKED: Words = &[("exhausted", "depleted"), ("closed", "refunded,expired")];
const RETAINERS_SHOWN: Words = &[("exhausted", "depleted"), ("closed", "expired")];

const RETAINER_FORM: &[Say] = &[
    Name("endDate", &["expiryDate"]),
    Name("notes", &["description"]),
    Leave(&["name", "nameAr", "description", "descriptionAr", "expiryDate"]),
];

const MOVEMENT_FORM: &[Say] = &[
    Name("description", &["notes", "reference"]),
    Leave(&[
        "caseId",
        "descriptionAr",
        "expenseId",
        "notes",
        "paymentMethod",
        "reference",
        "timeEntryId",
    ]),
];

const HISTORY: &[Show] = &[Also("transactions", "data"), Nested, AlsoInside("history", "data")];

const CLIENT_FORM: &[Say] = &[
    Name("fullName", &["fullNameArabic", "fullNameEnglish"]),
    Name("companyName", &["companyNameAr", "companyNameEnglish"]),
    Name("address", &["nationalAddress"]),
    Out("address", &["city"]),
    Text("address", &["buildingNumber", "streetName", "street", "district", "postalCode"]),
    Name("notes", &["generalNotes"]),
    Leave(&[
        "alternatePhone",
        "arabicName",
        "authorizedPerson",
        "authorizedPersonAr",
        "authorizedPersonIdentityNumber",
        "authorizedPersonIdentityType",
        "authorizedPersonTitle",
        "bestTimeToContact",
        "borderNumber",
        "branchAddresses",
        "capital",
        "capitalCurrency",
        "chamberNumber",
        "companyNameAr",
        "companyNameEnglish",
        "country",
        "crExpiryDate",
        "dateOfBirth",
        "dateOfBirthHijri",
        "district",
        "doNotCall",
        "doNotContact",
        "doNotEmail",
        "doNotSMS",
        "establishmentDate",
        "fax",
        "fullNameArabic",
        "fullNameEnglish",
        "gccCountry",
        "gccId",
        "gender",
        "generalNotes",
        "headquartersAddress",
        "identityExpiryDate",
        "identityIssueDate",
        "identityIssuePlace",
        "identityType",
        "iqamaNumber",
        "language",
        "legalForm",
        "legalFormAr",
        "maritalStatus",
        "middleName",
        "municipalityLicense",
        "nationalAddress",
        "nationality",
        "nationalityCode",
        "passportCountry",
        "passportExpiryDate",
        "passportIssueDate",
        "passportIssuePlace",
        "passportNumber",
        "placeOfBirth",
        "poBox",
        "postalCode",
        "practiceAreas",
        "preferredContact",
        "preferredLanguage",
        "preferredName",
        "priority",
        "province",
        "region",
        "salutation",
        "salutationAr",
        "sponsor",
        "status",
        "tags",
        "unifiedNumber",
        "vatNumber",
        "visitorId",
        "website",
        "whatsapp",
        "workAddress",
    ]),
];

const CASE_FORM: &[Say] = &[
    Word("status", CASE_STATUSES),
    Word("outcome", &[("ongoing", "")]),
    Leave(&[
        "category",
        "claimAmount",
        "clientName",
        "clientPhone",
        "contractId",
        "court",
        "expectedWinAmount",
        "judge",
        "laborCaseDetails",
        "nextHearing",
        "priority",
        "progress",
        "startDate",
    ]),
];

/// A case that has its outcome is over.
const OUTCOME_FORM: &[Say] =
    &[Word("outcome", &[("ongoing", "")]), With("outcome", "status", "closed")];

const CASE_STATUSES: Words = &[("on-hold", "on_hold"), ("completed", "closed")];

const TRANSACTION_FORM: &[Say] = &[
    Noise(&["amount"]),
    Word("paymentMethod", METHODS),
    Name("description", &["notes"]),
    Leave(&[
        "account",
        "accountNumber",
        "bank",
        "expenseId",
        "fromAccount",
        "invoiceId",
        "metadata",
        "notes",
        "paymentId",
        "subcategory",
        "tags",
        "toAccount",
    ]),
];

const EXPENSE_FORM: &[Say] = &[
    Noise(&["amount"]),
    Name("billable", &["isBillable"]),
    Name("description", &["notes"]),
    Leave(&[
        "expenseType",
        "markupType",
        "markupValue",
        "notes",
        "paymentMethod",
        "receiptNumber",
        "taxAmount",
        "vendor",
    ]),
];

const TIME_FORM: &[Say] = &[
    Halalas("hourlyRate"),
    Name("minutes", &["duration"]),
    Name("billable", &["isBillable"]),
    Name("description", &["notes"]),
    Leave(&[
        "activityCode",
        "assigneeId",
        "billStatus",
        "departmentId",
        "endTime",
        "notes",
        "practiceArea",
        "startTime",
        "timeType",
    ]),
];

const TIMER_FORM: &[Say] = &[Name("description", &["notes"]), Only(&["description"])];

const JOB_FORM: &[Say] = &[Leave(&["requirements"])];

const PROPOSAL_FORM: &[Say] =
    &[Name("proposedAmount", &["proposedRate"]), Name("deliveryTime", &["estimatedDuration"])];

/// The name of a list's rows, by our route.
pub(super) static LISTS: &[(&str, &str)] = &[
    ("cases", "cases"),
    ("clients", "clients"),
    ("credit-notes", "creditNotes"),
    ("expenses", "expenses"),
    ("invoices", "invoices"),
    ("payments", "payments"),
    ("retainers", "retainers"),
    ("time-entries", "timeEntries"),
    ("transactions", "transactions"),
];

pub(super) static ROWS: &[Row] = &[
    // `${firstName} ${lastName}` is drawn of companies, too.
    row("clientNumber")
        .fields(&[Field::Else("firstName", Some("fullName")), Field::Else("lastName", None)]),
    row("caseNumber").fields(&[Field::Word("status", &[("on-hold", "on_hold")])]),
    row("retainerNumber").fields(&[Field::Word("status", RETAINERS_SHOWN)]),
    row("totalCurrentBalance").fields(&[Field::Word("_id", RETAINERS_SHOWN)]),
    row("balanceDue").fields(&[Field::Present("paidDate")]),
    row("paymentNumber")
        .fields(&[
            Field::WordKept("paymentMethod", METHODS, "details"),
            Field::Out("details", PAYMENT_DETAILS),
            Field::Also("reference", "transactionId"),
        ])
        .one(&[Field::Plain("invoiceId")])
        .listed(&[Field::ClientInside("invoiceId")]),
    row("hourlyRate").fields(&[
        Field::Halalas("hourlyRate"),
        Field::Halalas("amount"),
        Field::Also("totalAmount", "amount"),
        Field::Also("duration", "minutes"),
    ]),
    row("billable")
        .fields(&[Field::Also("isBillable", "billable"), Field::Also("isBilled", "billed")]),
    row("proposalsCount").fields(&[Field::Object("userID", "userId")]),
    row("proposedAmount").fields(&[
        Field::Also("proposedRate", "proposedAmount"),
        Field::Also("estimatedDuration", "deliveryTime"),
        Field::Also("submittedAt", "createdAt"),
    ]),
];

const fn row(known_by: &'static str) -> Row {
    Row { known_by, fields: &[], one: &[], listed: &[] }
}

impl Row {
    const fn fields(self, fields: &'static [Field]) -> Self {
        Self { fields, ..self }
    }

    const fn one(self, one: &'static [Field]) -> Self {
        Self { one, ..self }
    }

    const fn listed(self, listed: &'static [Field]) -> Self {
        Self { listed, ..self }
    }
}
