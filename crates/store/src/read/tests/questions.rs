//! Everything that a reader can be asked, in every way.

use domain::{
    Ref, Timestamp,
    rows::{
        AlertKind, CaseStatus, DeliveryStage, InvoiceStatus, JobStatus, PaymentMethod,
        PaymentStatus, PaymentType, RetainerStatus, RetainerType, Review, TransactionStatus,
        TransactionType,
    },
};

use super::both::Twin;
use crate::{
    AlertFilter, CaseFilter, ClientFilter, CreditNoteFilter, Days, DeliveryFilter, Direction,
    ExpenseFilter, InvoiceFilter, InvoiceSort, JobFilter, Order, Page, PaymentFilter, PaymentSort,
    ProposalFilter, RetainerFilter, TimeEntryFilter, TransactionFilter, TrustFilter,
    fixture::FIRM,
    samples::{DAY, id},
};

const FIRST: Page = Page::Number { page: 1, limit: 1 };
const SOME_DAYS: Days = Days { from: Some(DAY), to: Some(DAY) };

fn number<T>() -> Option<Ref<T>> {
    Some(Ref::Number("x".into()))
}

fn by_id<T>() -> Option<Ref<T>> {
    Some(Ref::Id(id(9)))
}

/// Asks everything.
pub(super) async fn ask(reader: &Twin) {
    ask_invoices(reader).await;
    ask_payments(reader).await;
    ask_books(reader).await;
    ask_people(reader).await;
    ask_reports(reader).await;
}

async fn ask_invoices(reader: &Twin) {
    let all = || InvoiceFilter::all(DAY);
    let due = |direction| Order { by: InvoiceSort::DueDay, direction };
    let mut filters = vec![
        all(),
        InvoiceFilter { own: Some(id(9)), ..all() },
        InvoiceFilter { own: Some(id(9)), open_only: true, client: by_id(), ..all() },
        InvoiceFilter { client: by_id(), ..all() },
        InvoiceFilter { client: number(), statuses: vec![InvoiceStatus::Paid], ..all() },
        InvoiceFilter { client: number(), overdue: true, ..all() },
        InvoiceFilter { case: number(), ..all() },
        InvoiceFilter { statuses: vec![InvoiceStatus::Paid], ..all() },
        InvoiceFilter { statuses: vec![InvoiceStatus::Paid, InvoiceStatus::Void], ..all() },
        InvoiceFilter { statuses: vec![InvoiceStatus::Paid], overdue: true, ..all() },
        InvoiceFilter { overdue: true, order: due(Direction::Ascending), ..all() },
        InvoiceFilter { open_only: true, ..all() },
        InvoiceFilter {
            open_only: true,
            client: by_id(),
            order: due(Direction::Ascending),
            ..all()
        },
        InvoiceFilter { issued: SOME_DAYS, search: Some("x".into()), ..all() },
        InvoiceFilter { search: Some("x".into()), ..all() },
    ];
    for by in [
        InvoiceSort::Created,
        InvoiceSort::IssueDay,
        InvoiceSort::DueDay,
        InvoiceSort::Total,
        InvoiceSort::Due,
        InvoiceSort::Number,
    ] {
        for direction in [Direction::Ascending, Direction::Descending] {
            filters.push(InvoiceFilter { order: Order { by, direction }, ..all() });
        }
    }
    for filter in filters {
        reader.invoices(FIRM, filter.clone(), FIRST).await.unwrap();
        reader.invoice_sums(FIRM, filter).await.unwrap();
    }
    reader.invoice_stats(FIRM, DAY).await.unwrap();
    for by in [Ref::Id(id(30)), Ref::Number("x".into())] {
        reader.invoice(FIRM, &by).await.unwrap();
        reader.applications(FIRM, &by, FIRST).await.unwrap();
    }
    for filter in [
        CreditNoteFilter::default(),
        CreditNoteFilter { own: Some(id(9)), ..CreditNoteFilter::default() },
        CreditNoteFilter { client: number(), ..CreditNoteFilter::default() },
        CreditNoteFilter { client: by_id(), invoice: number(), ..CreditNoteFilter::default() },
    ] {
        reader.credit_notes(FIRM, filter, FIRST).await.unwrap();
    }
    reader.credit_note(FIRM, &Ref::Id(id(9))).await.unwrap();
}

async fn ask_payments(reader: &Twin) {
    let all = PaymentFilter::default;
    let mut filters = vec![
        all(),
        PaymentFilter { own: Some(id(9)), ..all() },
        PaymentFilter { client: number(), statuses: vec![PaymentStatus::Pending], ..all() },
        PaymentFilter { invoice: by_id(), ..all() },
        PaymentFilter { invoice: number(), client: by_id(), ..all() },
        PaymentFilter { case: by_id(), ..all() },
        PaymentFilter { statuses: vec![PaymentStatus::Pending], ..all() },
        PaymentFilter { method: Some(PaymentMethod::Cash), days: SOME_DAYS, ..all() },
        PaymentFilter { kind: Some(PaymentType::Advance), ..all() },
        PaymentFilter { is_reconciled: Some(true), ..all() },
        PaymentFilter { is_reconciled: Some(false), ..all() },
        PaymentFilter { pending_checks: true, ..all() },
    ];
    for by in [PaymentSort::Created, PaymentSort::Day, PaymentSort::Amount, PaymentSort::Number] {
        let order = Order { by, direction: Direction::Ascending };
        filters.push(PaymentFilter { order, ..all() });
    }
    for filter in filters {
        reader.payments(FIRM, filter.clone(), FIRST).await.unwrap();
        reader.payment_sums(FIRM, filter).await.unwrap();
    }
    reader.payment_stats(FIRM, Days::default()).await.unwrap();
    reader.payment_stats(FIRM, SOME_DAYS).await.unwrap();
    reader.payment(FIRM, &Ref::Number("x".into())).await.unwrap();
    reader.refund(FIRM, &Ref::Number("x".into())).await.unwrap();
    reader.refunds_of(FIRM, id(9)).await.unwrap();
}

async fn ask_books(reader: &Twin) {
    let all = TransactionFilter::default;
    for filter in [
        all(),
        TransactionFilter { client: number(), ..all() },
        TransactionFilter { case: by_id(), ..all() },
        TransactionFilter { days: SOME_DAYS, kind: Some(TransactionType::Income), ..all() },
        TransactionFilter { status: Some(TransactionStatus::Pending), ..all() },
        TransactionFilter { category: Some("x".into()), search: Some("x".into()), ..all() },
    ] {
        reader.transactions(FIRM, filter.clone(), FIRST).await.unwrap();
        reader.transaction_sums(FIRM, filter).await.unwrap();
    }
    for days in [Days::default(), SOME_DAYS] {
        reader.balance(FIRM, days).await.unwrap();
        reader.monthly(FIRM, days).await.unwrap();
        reader.by_category(FIRM, days).await.unwrap();
    }
    let all = TimeEntryFilter::default;
    for filter in [
        all(),
        TimeEntryFilter { client: number(), ..all() },
        TimeEntryFilter { case: by_id(), billable: Some(true), billed: Some(false), ..all() },
        TimeEntryFilter { days: SOME_DAYS, review: Some(Review::Pending), ..all() },
        TimeEntryFilter { by: Some(id(9)), ..all() },
    ] {
        reader.time_entries(FIRM, filter.clone(), FIRST).await.unwrap();
        reader.time_entry_sums(FIRM, filter).await.unwrap();
    }
    let all = ExpenseFilter::default;
    for filter in [
        all(),
        ExpenseFilter { client: number(), ..all() },
        ExpenseFilter { case: by_id(), billable: Some(true), billed: Some(false), ..all() },
        ExpenseFilter { days: SOME_DAYS, review: Some(Review::Pending), ..all() },
        ExpenseFilter { by: Some(id(9)), category: Some("x".into()), ..all() },
    ] {
        reader.expenses(FIRM, filter.clone(), FIRST).await.unwrap();
        reader.expense_sums(FIRM, filter).await.unwrap();
    }
}

async fn ask_people(reader: &Twin) {
    for filter in [
        ClientFilter::default(),
        ClientFilter { own: Some(id(9)), search: None },
        ClientFilter { own: None, search: Some("x".into()) },
    ] {
        reader.client_accounts(FIRM, filter, FIRST).await.unwrap();
    }
    for by in [Ref::Id(id(10)), Ref::Id(id(9)), Ref::Number("x".into())] {
        reader.person(FIRM, &by).await.unwrap();
    }
    reader.client_stats(FIRM, Timestamp::from_micros(0)).await.unwrap();
    reader.top_clients(FIRM, 3).await.unwrap();
    let all = CaseFilter::default;
    for filter in [
        all(),
        CaseFilter { own: Some(id(9)), ..all() },
        CaseFilter { client: number(), statuses: vec![CaseStatus::Active], ..all() },
        CaseFilter { search: Some("x".into()), ..all() },
    ] {
        reader.cases(FIRM, filter, FIRST).await.unwrap();
    }
    let all = JobFilter::default;
    for filter in [
        all(),
        JobFilter { statuses: vec![JobStatus::Open], category: Some("x".into()), ..all() },
        JobFilter { category: Some("x".into()), search: Some("x".into()), ..all() },
        JobFilter { owner: Some(id(9)), ..all() },
    ] {
        reader.jobs(filter, FIRST).await.unwrap();
    }
    for filter in [
        ProposalFilter::default(),
        ProposalFilter { job: by_id(), lawyer: Some(id(9)) },
        ProposalFilter { job: None, lawyer: Some(id(9)) },
    ] {
        reader.proposals(filter, FIRST).await.unwrap();
    }
    for open_only in [true, false] {
        let kind = (!open_only).then_some(AlertKind::LowBalance);
        reader.alerts(FIRM, AlertFilter { kind, open_only }, FIRST).await.unwrap();
    }
}

async fn ask_reports(reader: &Twin) {
    let all = || RetainerFilter {
        today: DAY,
        own: None,
        statuses: vec![],
        kind: None,
        client: None,
        case: None,
        low_only: false,
    };
    for filter in [
        all(),
        RetainerFilter { own: Some(id(9)), case: by_id(), ..all() },
        RetainerFilter { client: number(), statuses: vec![RetainerStatus::Active], ..all() },
        RetainerFilter { kind: Some(RetainerType::Advance), low_only: true, ..all() },
    ] {
        reader.retainers(FIRM, filter.clone(), FIRST).await.unwrap();
        reader.retainer_sums(FIRM, filter).await.unwrap();
    }
    reader.history(FIRM, &Ref::Id(id(20)), FIRST).await.unwrap();
    reader.audit(FIRM, FIRST).await.unwrap();
    reader.webhook(FIRM, &Ref::Id(id(9))).await.unwrap();
    reader.webhooks(FIRM, FIRST).await.unwrap();
    for (stage, webhook) in [(None, None), (Some(DeliveryStage::Dead), None), (None, Some(id(9)))] {
        reader.deliveries(FIRM, DeliveryFilter { stage, webhook }, FIRST).await.unwrap();
    }
    reader.events(FIRM, Some(0)).await.unwrap();
    reader.audit_after(FIRM, 0, 1, 1).await.unwrap();
    reader.audit_inclusion(FIRM, 1, None).await.unwrap();
    // The log of the fixture has one record: its nodes are not there.
    reader.audit_tree(FIRM, Some(1)).await.unwrap();
    reader.entries(FIRM, FIRST).await.unwrap();
    let later = Page::After { cursor: "9.7-1".into(), limit: 1 };
    reader.entries(FIRM, later).await.unwrap();
    reader.members(FIRM).await.unwrap();
    for days in [Days::default(), SOME_DAYS] {
        reader.statement(FIRM, &Ref::Id(id(10)), days, FIRST).await.unwrap();
    }
    let later = Page::After { cursor: "1.19999.1.1".into(), limit: 1 };
    reader.statement(FIRM, &Ref::Id(id(10)), Days::default(), later).await.unwrap();
    reader.trial_balance(FIRM, DAY).await.unwrap();
    for (client, case) in [(None, None), (number(), None), (by_id(), by_id())] {
        let filter = TrustFilter { day: DAY, client, case };
        reader.trust_ledger(FIRM, filter, FIRST).await.unwrap();
    }
    reader.ageing(FIRM, DAY).await.unwrap();
    reader.reconciliation(FIRM, DAY).await.unwrap();
}
