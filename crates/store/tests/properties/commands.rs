//! Random commands of every kind, over a few rows that the opening makes, so that most find something.

use domain::{
    Command, Decimal, Id, MARKET, Moment, Ref, Role, Timestamp,
    actor::Action,
    alerts::{acknowledge::AcknowledgeAlert, expiry::WarnOfExpiry, raise::RaiseAlert},
    billing::{
        apply_payment::ApplyPayment,
        cancel_payment::CancelPayment,
        client::CreateClient,
        complete_payment::CompletePayment,
        delete_clients::DeleteClients,
        delete_payments::{AskedFor, DeletePayments},
        fail_payment::FailPayment,
        mark_receipt::MarkReceipt,
        move_check::MoveCheck,
        reconcile_payment::ReconcilePayment,
        record_payment::{PaymentDetails, Receipt, RecordPayment},
        refund_payment::RefundPayment,
        unapply_payment::UnapplyPayment,
        update_client::UpdateClient,
        update_payment::{PaymentEdit, UpdatePayment},
    },
    books::{
        Progress, TransactionDetails, cancel_transaction::CancelTransaction,
        create_transaction::CreateTransaction, delete_transactions::DeleteTransactions,
        update_transaction::UpdateTransaction,
    },
    integrity::{park::ParkAccount, release::ReleaseAccount},
    invariant::{Account, AccountKind},
    invoicing::{
        apply_retainer::ApplyRetainer,
        approve::ApproveInvoice,
        create::{Content, CreateInvoice},
        credit::CreditInvoice,
        delete::DeleteInvoice,
        duplicate::DuplicateInvoice,
        lines::{DiscountInput, LineInput, TotalsInput},
        reject::RejectInvoice,
        send::SendInvoice,
        submit::SubmitInvoice,
        update::UpdateInvoice,
        viewed::ViewInvoice,
        void::VoidInvoice,
        write_off::WriteOffInvoice,
    },
    market::{
        JobDetails, accept_proposal::AcceptProposal, delete_job::DeleteJob, post_job::PostJob,
        propose::Propose, reject_proposal::RejectProposal, update_job::UpdateJob,
        withdraw_proposal::WithdrawProposal,
    },
    matters::{
        Standing,
        create_case::CreateCase,
        delete_case::DeleteCase,
        update_case::{CaseEdit, UpdateCase},
    },
    people::{erase_client::EraseClient, member::SetMember},
    rows::{
        AlertKind, CheckState, Client, ClientProfile, Expense, Firm, Found, Job, JobStatus,
        LineKind, Overpayment, PaymentMethod, PaymentType, Proposal, TimeEntry, TransactionType,
    },
    time::Day,
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
        refund::RefundRetainer,
        replenish::ReplenishRetainer,
        transfer::TransferRetainer,
        update::UpdateRetainer,
    },
    webhooks::{
        claim::ClaimDelivery, create::CreateWebhook, delete::DeleteWebhook, resend::ResendDelivery,
        rotate::RotateWebhook, settle::SettleDelivery, test::TestWebhook, update::UpdateWebhook,
    },
    work::{
        Verdict,
        create_expense::CreateExpense,
        delete_expense::DeleteExpense,
        delete_time::DeleteTime,
        log_time::LogTime,
        review_expense::ReviewExpense,
        review_time::ReviewTime,
        start_timer::StartTimer,
        stop_timer::StopTimer,
        update_expense::{ExpenseEdit, UpdateExpense},
        update_time::{TimeEdit, UpdateTime},
    },
};
use engine::Ids;
use proptest::prelude::*;

use super::{DAY_MICROS, START, Step};

/// Two firms, and the market that they share.
pub const FIRMS: [Id<Firm>; 3] = [Id::new([1; 12]), Id::new([2; 12]), MARKET];
pub const MARKET_AT: usize = 2;
/// Rows of each kind that a firm begins with.
pub const ROWS: usize = 3;
/// What every opening step of a practice makes, in this order, once for each of [`ROWS`].
pub const STEPS_PER_ROW: usize = 9;
/// What every practice makes after its rows: see [`practice_more`].
pub const MORE_STEPS: usize = 16;
/// Where among those steps a retainer is opened that is low from the start.
pub const LOW_STEP: usize = 11;
/// Where a webhook is made, and after it its first delivery.
pub const WEBHOOK_STEP: usize = 13;
pub const ENTRY_STEP: usize = 4;
pub const EXPENSE_STEP: usize = 5;

/// The first id that the command sent as the `n`-th was given.
pub fn id_of_step<T>(n: usize) -> Id<T> {
    id_in_step(n, 0)
}

/// The `k`-th after it.
fn id_in_step<T>(n: usize, k: usize) -> Id<T> {
    let ids = Ids::new([1; 4]);
    let at = Timestamp::from_micros(START);
    let mut run = (0..=n).map(|_| ids.run(at)).last().unwrap();
    (0..=k).map(|_| run.take()).last().unwrap()
}

pub fn of_practice(firm: usize, row: usize, step: usize) -> usize {
    (firm * ROWS + row) * STEPS_PER_ROW + firm * MORE_STEPS + step
}

fn number<T>(series: &'static str) -> impl Strategy<Value = Ref<T>> {
    let year = prop_oneof![6 => Just(2026), 1 => Just(2027)];
    let most = if series == "PAY" { 10 } else { 5 };
    (year, 1..=most).prop_map(move |(year, n)| Ref::Number(format!("{series}-{year}-{n:04}")))
}

fn monthly<T>(series: &'static str, digits: usize) -> impl Strategy<Value = Ref<T>> {
    let month = prop_oneof![6 => Just(202_612), 1 => Just(202_701)];
    (month, 1..=5).prop_map(move |(month, n)| Ref::Number(format!("{series}-{month}-{n:0digits$}")))
}

fn entry() -> impl Strategy<Value = Ref<TimeEntry>> {
    (0..2_usize, 0..ROWS)
        .prop_map(|(firm, row)| Ref::Id(id_of_step(of_practice(firm, row, ENTRY_STEP))))
}

fn expense() -> impl Strategy<Value = Ref<Expense>> {
    (0..2_usize, 0..ROWS)
        .prop_map(|(firm, row)| Ref::Id(id_of_step(of_practice(firm, row, EXPENSE_STEP))))
}

fn job() -> impl Strategy<Value = Ref<Job>> {
    (0..ROWS).prop_map(|row| Ref::Id(id_of_step(of_practice(2, 0, 0) + row * 2)))
}

fn proposal() -> impl Strategy<Value = Ref<Proposal>> {
    // The last one does not exist.
    (0..=ROWS).prop_map(|row| Ref::Id(id_of_step(of_practice(2, 0, 0) + row * 2 + 1)))
}

fn case<T>() -> impl Strategy<Value = Option<Ref<T>>> {
    prop_oneof![3 => Just(None), 1 => (1..=4).prop_map(|n| Some(Ref::Number(format!("Q-{n}"))))]
}

fn amount() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        5 => (1..=200_i64).prop_map(Decimal::whole),
        2 => prop::sample::select(&[50_i64, 100, 150]).prop_map(Decimal::whole),
        2 => (1..=9_999_i64).prop_map(|minor| format!("{}.{:02}", minor / 100, minor % 100).parse().unwrap()),
        1 => prop_oneof![Just("0"), Just("-5"), Just("0.001"), Just("10000000000000")]
            .prop_map(|text| text.parse().unwrap()),
    ]
}

fn date() -> impl Strategy<Value = Option<Moment>> {
    let today = i32::try_from(START / DAY_MICROS).unwrap();
    prop_oneof![
        4 => Just(None),
        3 => (-2..=6_i32).prop_map(move |offset| Some(Moment::Day(Day::from_days(today + offset)))),
    ]
}

fn version() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![3 => Just(None), 1 => (0..6_i64).prop_map(Some)]
}

fn terms() -> BoxedStrategy<Terms> {
    let replenish = (any::<Option<bool>>(), prop::option::of(amount()), prop::option::of(amount()));
    (prop::option::of(amount()), date(), date(), replenish, case())
        .prop_map(|(minimum, start, end, more, case)| Terms {
            minimum_balance: minimum,
            start,
            end,
            auto_replenish: more.0,
            replenish_threshold: more.1,
            replenish_amount: more.2,
            case,
            ..Terms::default()
        })
        .boxed()
}

fn trust() -> BoxedStrategy<Command> {
    let open = (number("CLT"), amount(), terms()).prop_map(|(client, amount, terms)| {
        Command::from(OpenRetainer { client, amount, currency: None, terms })
    });
    let invoice = prop::option::weighted(0.4, monthly("INV", 4));
    let consume =
        (number("RET"), amount(), invoice, date()).prop_map(|(retainer, amount, invoice, date)| {
            let description = Some("work".to_owned());
            Command::from(ConsumeRetainer { retainer, amount, invoice, date, description })
        });
    let replenish = (number("RET"), amount(), prop::option::weighted(0.6, number("PAY")), date())
        .prop_map(|(retainer, amount, payment, date)| {
            ReplenishRetainer { retainer, amount, payment, date, description: None }.into()
        });
    let refund = (number("RET"), prop::option::of(amount())).prop_map(|(retainer, amount)| {
        RefundRetainer { retainer, amount, reason: Some("as agreed".into()) }.into()
    });
    let update = (number("RET"), version(), terms())
        .prop_map(|(retainer, version, terms)| UpdateRetainer { retainer, version, terms }.into());
    let transfer = (number("RET"), number("RET"), amount()).prop_map(|(retainer, to, amount)| {
        TransferRetainer { retainer, to, amount, description: None }.into()
    });
    let apply = (monthly("INV", 4), number("RET"), amount())
        .prop_map(|(invoice, retainer, amount)| ApplyRetainer { invoice, retainer, amount }.into());
    prop_oneof![
        3 => open, 8 => consume, 4 => replenish, 2 => refund, 2 => update, 2 => transfer, 3 => apply,
    ].boxed()
}

fn line() -> BoxedStrategy<LineInput> {
    let kind = prop_oneof![
        6 => Just(LineKind::FlatFee), 1 => Just(LineKind::Discount), 1 => Just(LineKind::Comment),
    ];
    let quantity = prop::option::of(prop_oneof![
        4 => Just("1"), 2 => Just("2.5"), 1 => Just("0.3333"), 1 => Just("-1")
    ]);
    let discount = prop::option::weighted(
        0.2,
        prop_oneof![
            amount().prop_map(DiscountInput::Percentage),
            amount().prop_map(DiscountInput::Fixed)
        ],
    );
    let work = (prop::option::weighted(0.4, entry()), prop::option::weighted(0.4, expense()));
    (kind, quantity, amount(), discount, any::<bool>(), work)
        .prop_map(|(kind, quantity, price, discount, taxable, (time_entry, expense))| LineInput {
            kind,
            description: None,
            quantity: quantity.map(|text| text.parse().unwrap()),
            unit_price: Some(price),
            discount,
            taxable,
            time_entry,
            expense,
        })
        .boxed()
}

fn content() -> BoxedStrategy<Content> {
    let vat = prop::option::of(prop_oneof![Just("0"), Just("15"), Just("101")]);
    let discount = prop::option::weighted(0.2, amount().prop_map(DiscountInput::Fixed));
    let total = prop::option::weighted(0.1, amount());
    (prop::collection::vec(line(), 0..3), vat, discount, total, (date(), date()), case())
        .prop_map(|(lines, vat, discount, total, (issue, due), case)| Content {
            lines: Some(lines),
            vat_rate: vat.map(|text| text.parse().unwrap()),
            discount,
            totals: TotalsInput { total, ..TotalsInput::default() },
            issue,
            due,
            case,
            ..Content::default()
        })
        .boxed()
}

fn invoices() -> BoxedStrategy<Command> {
    let invoice = || monthly("INV", 4);
    let create = (number("CLT"), content()).prop_map(|(client, content)| {
        Command::from(CreateInvoice { client, currency: None, content })
    });
    let client = prop::option::of(number("CLT"));
    let update = (invoice(), version(), client, content()).prop_map(
        |(invoice, version, client, content)| {
            Command::from(UpdateInvoice { invoice, version, client, content })
        },
    );
    let note = (invoice(), "[a-z]{1,3}").prop_map(|(invoice, notes)| {
        let content = Content { notes: Some(notes), ..Content::default() };
        UpdateInvoice { invoice, version: None, client: None, content }.into()
    });
    let plain = (invoice(), 0..8_u8).prop_map(|(invoice, which)| match which {
        0 => Command::from(SubmitInvoice { invoice }),
        1 => ApproveInvoice { invoice }.into(),
        2 => RejectInvoice { invoice, reason: Some("as agreed".into()) }.into(),
        3 | 4 => SendInvoice { invoice }.into(),
        5 => DuplicateInvoice { invoice }.into(),
        6 => ViewInvoice { invoice }.into(),
        _ => DeleteInvoice { invoice }.into(),
    });
    let end = (invoice(), 0..4_u8).prop_map(|(invoice, which)| match which {
        0 | 1 => Command::from(WriteOffInvoice { invoice, reason: Some("as agreed".into()) }),
        _ => VoidInvoice { invoice, reason: Some("as agreed".into()) }.into(),
    });
    let credit = (invoice(), prop::option::of(amount())).prop_map(|(invoice, amount)| {
        CreditInvoice { invoice, amount, reason: Some("as agreed".into()) }.into()
    });
    prop_oneof![5 => create, 2 => update, 1 => note, 6 => plain, 2 => end, 3 => credit].boxed()
}

fn record() -> BoxedStrategy<Command> {
    let kind = prop::option::of(prop_oneof![
        4 => Just(PaymentType::CustomerPayment),
        2 => Just(PaymentType::Retainer),
        1 => Just(PaymentType::VendorPayment),
    ]);
    let targets = (
        prop::option::weighted(0.3, number("RET")),
        prop::option::weighted(0.4, monthly("INV", 4)),
        prop::collection::vec((monthly("INV", 4), amount()), 0..3),
    );
    let receipt = prop_oneof![
        3 => Just(Receipt::Expected), 5 => Just(Receipt::Received), 2 => Just(Receipt::ForInvoiceOnly),
    ];
    let manner = (
        prop_oneof![3 => Just(PaymentMethod::Cash), 1 => Just(PaymentMethod::Check)],
        prop_oneof![1 => Just(Overpayment::Credit), 1 => Just(Overpayment::Reject)],
    );
    let client = prop::option::weighted(0.9, number("CLT"));
    (client, amount(), kind, targets, receipt, manner, date())
        .prop_map(
            |(client, amount, kind, (retainer, invoice, applications), receipt, manner, date)| {
                Command::from(RecordPayment {
                    client,
                    amount,
                    currency: None,
                    method: manner.0,
                    kind,
                    retainer,
                    invoice,
                    applications,
                    case: None,
                    receipt,
                    overpayment: manner.1,
                    details: PaymentDetails::default(),
                    date,
                })
            },
        )
        .boxed()
}

fn payments() -> BoxedStrategy<Command> {
    let payment = || number("PAY");
    let plain = (payment(), 0..10_u8).prop_map(|(payment, which)| match which {
        0..=3 => Command::from(CompletePayment { payment }),
        4 | 5 => FailPayment { payment, reason: Some("as agreed".into()) }.into(),
        6 => CancelPayment { payment, reason: Some("as agreed".into()) }.into(),
        7 => ReconcilePayment { payment }.into(),
        8 => MarkReceipt { payment }.into(),
        _ => DeletePayments { payments: vec![payment], asked: AskedFor::One }.into(),
    });
    let delete = prop::collection::vec(payment(), 1..3)
        .prop_map(|payments| DeletePayments { payments, asked: AskedFor::Many }.into());
    let check = (payment(), prop::sample::select(CheckState::ALL)).prop_map(|(payment, state)| {
        MoveCheck { payment, state, reason: Some("as agreed".into()) }.into()
    });
    let edit = (payment(), version(), prop::option::of(amount())).prop_map(
        |(payment, version, amount)| {
            let edit = PaymentEdit { amount, ..PaymentEdit::default() };
            UpdatePayment { payment, version, edit }.into()
        },
    );
    let parts = prop::collection::vec((monthly("INV", 4), amount()), 1..3);
    let apply = (payment(), parts)
        .prop_map(|(payment, applications)| ApplyPayment { payment, applications }.into());
    let unapply = (payment(), monthly("INV", 4))
        .prop_map(|(payment, invoice)| UnapplyPayment { payment, invoice }.into());
    let refund = (payment(), prop::option::of(amount())).prop_map(|(payment, amount)| {
        RefundPayment { payment, amount, reason: Some("as agreed".into()), method: None }.into()
    });
    prop_oneof![
        7 => record(), 5 => plain, 1 => delete, 2 => check, 1 => edit, 3 => apply, 2 => unapply, 4 => refund,
    ].boxed()
}

fn people() -> BoxedStrategy<Command> {
    let profile = |name| ClientProfile { full_name: name, ..ClientProfile::default() };
    let create = ("[a-zA-Zأ-ي ]{0,6}", prop::option::of(1..4_u8)).prop_map(move |(name, user)| {
        let user = user.map(|n| Id::new([n; 12]));
        Command::from(CreateClient { kind: None, profile: profile(name), user })
    });
    let update =
        (number("CLT"), version(), "[a-z]{0,3}").prop_map(move |(client, version, name)| {
            UpdateClient { client, version, kind: None, profile: profile(name), login: None }.into()
        });
    let delete = prop::collection::vec(number::<Client>("CLT"), 1..3)
        .prop_map(|clients| DeleteClients { clients }.into());
    // The last client of the opening is settled.
    let erased = prop_oneof![number("CLT"), Just(Ref::Number("CLT-2026-0006".into()))];
    let erase = (erased, prop::sample::select(vec!["", "asked for", "asked again"]))
        .prop_map(|(client, reason)| EraseClient { client, reason: reason.into() }.into());
    let member = (1..5_u8, prop::sample::select(Role::ALL), any::<Option<bool>>()).prop_map(
        |(user, role, active)| {
            SetMember { user: Id::new([user; 12]), version: None, role: Some(role), active }.into()
        },
    );
    // An alert is the last thing that its command makes.
    let alert = (0..=MARKET_AT, 0..4_usize).prop_map(|(firm, k)| {
        let alert = id_in_step(of_practice(firm, 0, LOW_STEP) + ROWS * STEPS_PER_ROW, k);
        AcknowledgeAlert { alert: Ref::Id(alert) }.into()
    });
    prop_oneof![3 => create, 1 => update, 2 => delete, 2 => erase, 1 => member, 1 => alert].boxed()
}

fn matters() -> BoxedStrategy<Command> {
    let standing = prop_oneof![
        2 => Just(Standing::Active),
        1 => Just(Standing::OnHold),
        2 => prop::option::of(Just("won".to_owned()))
            .prop_map(|outcome| Standing::Closed { outcome }),
    ];
    let create =
        (1..=5, prop::option::of(number("CLT")), "[a-z]{0,2}").prop_map(|(n, client, title)| {
            let number = Some(format!("Q-{n}"));
            Command::from(CreateCase { title, number, client, standing: None, description: None })
        });
    let named = (1..=4).prop_map(|n| Ref::Number(format!("Q-{n}")));
    let update = (named.clone(), version(), prop::option::of(standing)).prop_map(
        |(case, version, standing)| {
            let number = version.map(|n| format!("Q-{n}"));
            let edit = CaseEdit { standing, number, ..CaseEdit::default() };
            UpdateCase { case, version, edit }.into()
        },
    );
    let delete = named.prop_map(|case| DeleteCase { case }.into());
    prop_oneof![3 => create, 4 => update, 1 => delete].boxed()
}

fn work() -> BoxedStrategy<Command> {
    let log = (number("CLT"), case(), date(), -1..200_i64, amount()).prop_map(
        |(client, case, date, minutes, hourly_rate)| {
            Command::from(LogTime {
                client: Some(client),
                case,
                date,
                minutes,
                hourly_rate,
                currency: None,
                billable: None,
                description: None,
            })
        },
    );
    let verdict = || prop_oneof![Just(Verdict::Approve), Just(Verdict::Reject)];
    let time = (entry(), version(), any::<Option<bool>>(), 0..3_u8, verdict()).prop_map(
        |(entry, version, billable, which, verdict)| match which {
            0 => {
                let edit = TimeEdit { billable, ..TimeEdit::default() };
                Command::from(UpdateTime { entry, version, edit })
            }
            1 => ReviewTime { entry, verdict }.into(),
            _ => DeleteTime { entry }.into(),
        },
    );
    let start = number("CLT").prop_map(|client| {
        Command::from(StartTimer {
            client: Some(client),
            case: None,
            hourly_rate: None,
            currency: None,
            billable: None,
            description: None,
        })
    });
    let stop = Just(Command::from(StopTimer { description: None }));
    let spend = (number("CLT"), amount(), date()).prop_map(|(client, amount, date)| {
        Command::from(CreateExpense {
            client: Some(client),
            case: None,
            date,
            amount,
            currency: None,
            category: None,
            billable: None,
            description: None,
        })
    });
    let spent = (expense(), version(), prop::option::of(amount()), 0..3_u8, verdict()).prop_map(
        |(expense, version, amount, which, verdict)| match which {
            0 => {
                let edit = ExpenseEdit { amount, ..ExpenseEdit::default() };
                Command::from(UpdateExpense { expense, version, edit })
            }
            1 => ReviewExpense { expense, verdict }.into(),
            _ => DeleteExpense { expense }.into(),
        },
    );
    prop_oneof![2 => log, 2 => time, 2 => start, 2 => stop, 1 => spend, 2 => spent].boxed()
}

fn books() -> BoxedStrategy<Command> {
    let details = |date| TransactionDetails { date, ..TransactionDetails::default() };
    let progress =
        || prop::option::of(prop_oneof![Just(Progress::Pending), Just(Progress::Completed)]);
    let create = (prop::sample::select(TransactionType::ALL), amount(), progress(), date())
        .prop_map(move |(kind, amount, progress, date)| {
            let details = details(date);
            Command::from(CreateTransaction { kind, amount, currency: None, progress, details })
        });
    let named = || monthly("TXN", 5);
    let update = (named(), version(), prop::option::of(amount()), progress(), date()).prop_map(
        move |(transaction, version, amount, progress, date)| {
            let details = details(date);
            UpdateTransaction { transaction, version, kind: None, amount, progress, details }.into()
        },
    );
    let cancel = named().prop_map(|transaction| {
        CancelTransaction { transaction, reason: Some("as agreed".into()) }.into()
    });
    let delete = prop::collection::vec(named(), 1..3)
        .prop_map(|transactions| DeleteTransactions { transactions }.into());
    prop_oneof![3 => create, 1 => update, 1 => cancel, 1 => delete].boxed()
}

fn market() -> BoxedStrategy<Command> {
    let details = |title: Option<String>, budget: Option<Decimal>| JobDetails {
        title,
        budget_min: budget.map(|_| Decimal::whole(20)),
        budget_max: budget,
        ..JobDetails::default()
    };
    let post = (prop::option::of("[a-z]{0,3}"), prop::option::of(amount())).prop_map(
        move |(title, budget)| {
            Command::from(PostJob { currency: None, details: details(title, budget) })
        },
    );
    let status = prop::option::of(prop::sample::select(JobStatus::ALL));
    let update = (job(), version(), status, prop::option::of(amount())).prop_map(
        move |(job, version, status, budget)| {
            UpdateJob { job, version, status, details: details(None, budget) }.into()
        },
    );
    let delete = job().prop_map(|job| DeleteJob { job }.into());
    let propose = (job(), amount()).prop_map(|(job, amount)| {
        Propose { job, amount, letter: None, delivery_time: None }.into()
    });
    let end = (proposal(), 0..3_u8).prop_map(|(proposal, which)| match which {
        0 => Command::from(AcceptProposal { proposal }),
        1 => RejectProposal { proposal }.into(),
        _ => WithdrawProposal { proposal }.into(),
    });
    prop_oneof![1 => post, 2 => update, 1 => delete, 4 => propose, 4 => end].boxed()
}

/// Where alerts go, what raises them, and what becomes of their deliveries. What they name are the first
/// ids of some step, so most hit something only by chance; those of the opening always do.
fn outbox() -> BoxedStrategy<Command> {
    let of_opening =
        |step| (0..2_usize).prop_map(move |firm| of_practice(firm, 0, step) + ROWS * STEPS_PER_ROW);
    let step = |made: usize| prop_oneof![1 => 0..120_usize, 3 => of_opening(made)];
    let kind = || prop::sample::select(AlertKind::ALL);
    let url = prop::sample::select(vec!["https://example.com", "https://example.com", "nowhere"]);
    let create = (url, prop::collection::vec(kind(), 0..2)).prop_map(|(url, kinds)| {
        let (url, secret) = (url.to_owned(), "whsec_YQ==".to_owned());
        Command::from(CreateWebhook { url, kinds, secret })
    });
    let webhook = (step(WEBHOOK_STEP), 0..4_u8, any::<bool>()).prop_map(|(n, which, active)| {
        let webhook = Ref::Id(id_of_step(n));
        match which {
            0 => Command::from(RotateWebhook { webhook, secret: "whsec_Yg==".to_owned() }),
            1 => TestWebhook { webhook }.into(),
            2 => {
                let (version, url, kinds, active) = (None, None, None, Some(active));
                UpdateWebhook { webhook, version, url, kinds, active }.into()
            }
            _ => DeleteWebhook { webhook }.into(),
        }
    });
    let delivery = (step(WEBHOOK_STEP + 1), 0..4_u8, 1..3_i64).prop_map(|(n, which, attempt)| {
        let delivery = id_of_step(n);
        let settle = |error: Option<&str>| {
            let (status, error) = (Some(200), error.map(str::to_owned));
            SettleDelivery { delivery, attempt, status, error, pause_micros: 1_000 }
        };
        match which {
            0 => Command::from(ClaimDelivery { delivery }),
            1 => settle(None).into(),
            2 => settle(Some("503")).into(),
            _ => ResendDelivery { delivery: Ref::Id(delivery) }.into(),
        }
    });
    let raise = (kind(), 0..3_u8)
        .prop_map(|(kind, about)| Command::from(RaiseAlert { kind, about: [about; 12] }));
    // Few enough that what is parked is also released.
    let parked = || 0..8_usize;
    let park = (parked(), prop::sample::select(AccountKind::ALL), 0..3_i32).prop_map(
        |(n, kind, off_by)| {
            let id = *id_of_step::<Client>(n).bytes();
            let (rule, text) = ("I1".to_owned(), "made up".to_owned());
            let found = Found { kind, rule, signs: format!("I1:{off_by}"), text };
            Command::from(ParkAccount { account: Account { kind, id }, found })
        },
    );
    let release = (parked(), "[a-z ]{0,3}").prop_map(|(n, reason)| {
        ReleaseAccount { account: *id_of_step::<Client>(n).bytes(), reason }.into()
    });
    let warn = step(LOW_STEP).prop_map(|n| WarnOfExpiry { retainer: id_of_step(n) }.into());
    prop_oneof![
        2 => create, 3 => webhook, 5 => delivery, 3 => raise, 1 => warn, 2 => park, 3 => release,
    ]
    .boxed()
}

/// A command, and the firm that it is sent to.
fn command() -> BoxedStrategy<(usize, Command)> {
    let practice = prop_oneof![
        21 => trust(), 17 => invoices(), 25 => payments(), 6 => people(), 4 => matters(),
        9 => work(), 7 => books(), 9 => outbox(),
    ];
    prop_oneof![
        85 => (0..2_usize, practice),
        14 => (Just(MARKET_AT), market()),
        1 => (0..2_usize, market()),
    ]
    .boxed()
}

pub fn step() -> BoxedStrategy<Step> {
    let role = prop_oneof![16 => Just(Role::Owner), 1 => prop::sample::select(Role::ALL)];
    (1..5_u8, role, prop::option::of(0..30_u8), command())
        .prop_map(|(user, role, key, (firm, command))| {
            // What the product does by itself, nobody else may.
            let by_itself = Command::action_of(command.name()) == Some(Action::RunJobs);
            let role = if by_itself { Role::System } else { role };
            Step { firm, user, role, key, command }
        })
        .boxed()
}
