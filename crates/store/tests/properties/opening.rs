//! What every random program begins with.

use domain::{
    Command, Decimal, Id, Moment, Ref, Role,
    billing::{
        client::CreateClient,
        record_payment::{PaymentDetails, Receipt, RecordPayment},
    },
    books::{
        TransactionDetails, cancel_transaction::CancelTransaction,
        create_transaction::CreateTransaction,
    },
    invoicing::{
        create::{Content, CreateInvoice},
        lines::LineInput,
        send::SendInvoice,
    },
    market::{JobDetails, post_job::PostJob, propose::Propose},
    matters::create_case::CreateCase,
    people::member::SetMember,
    rows::{ClientProfile, LineKind, Overpayment, PaymentMethod, PaymentType, TransactionType},
    time::Day,
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
    },
    webhooks::{create::CreateWebhook, test::TestWebhook},
    work::{create_expense::CreateExpense, log_time::LogTime},
};

use super::{
    DAY_MICROS, START, Step,
    commands::{
        ENTRY_STEP, MARKET_AT, MORE_STEPS, ROWS, STEPS_PER_ROW, WEBHOOK_STEP, id_of_step,
        of_practice,
    },
};

/// Each firm begins with clients, and for each of them a retainer, a sent invoice, a case, time, an
/// expense, a payment that is credit and a cheque that is expected;
/// the market with jobs and a proposal on each.
pub fn opening() -> Vec<Step> {
    let mut steps = Vec::new();
    for firm in 0..MARKET_AT {
        let rows = (1..=ROWS).flat_map(practice_row);
        for command in rows.chain(practice_more(firm)) {
            steps.push(Step { firm, user: 1, role: Role::Owner, key: None, command });
        }
    }
    for n in 0..ROWS {
        let title = Some(format!("J{n}"));
        let details = JobDetails { title, ..JobDetails::default() };
        let post = PostJob { currency: None, details }.into();
        let job = Ref::Id(id_of_step(steps.len()));
        let amount = Decimal::whole(100);
        let propose = Propose { job, amount, letter: None, delivery_time: None }.into();
        for (user, command) in [(1, post), (2, propose)] {
            steps.push(Step { firm: MARKET_AT, user, role: Role::Owner, key: None, command });
        }
    }
    steps
}

fn practice_row(n: usize) -> [Command; STEPS_PER_ROW] {
    let profile = ClientProfile { full_name: format!("C{n}"), ..ClientProfile::default() };
    let client = || Ref::Number(format!("CLT-2026-{n:04}"));
    let retainer = OpenRetainer {
        client: client(),
        amount: Decimal::whole(150),
        currency: None,
        terms: Terms::default(),
    };
    let content = Content { lines: Some(vec![plain_line()]), ..Content::default() };
    let case = CreateCase {
        title: format!("Q{n}"),
        number: Some(format!("Q-{n}")),
        client: Some(client()),
        standing: None,
        description: None,
    };
    let time = LogTime {
        client: Some(client()),
        case: None,
        date: None,
        minutes: 90,
        hourly_rate: Decimal::whole(333),
        currency: None,
        billable: Some(n != ROWS),
        description: None,
    };
    let expense = CreateExpense {
        client: Some(client()),
        case: None,
        date: None,
        amount: Decimal::whole(40),
        currency: None,
        category: None,
        billable: None,
        description: None,
    };
    let payment = |receipt, method| RecordPayment { method, ..payment_of(n, receipt) };
    let invoice = Ref::Number(format!("INV-202612-{n:04}"));
    [
        CreateClient { kind: None, profile, user: Some(Id::new([4; 12])) }.into(),
        retainer.into(),
        CreateInvoice { client: client(), currency: None, content }.into(),
        case.into(),
        time.into(),
        expense.into(),
        SendInvoice { invoice }.into(),
        payment(Receipt::Received, PaymentMethod::Cash).into(),
        payment(Receipt::Expected, PaymentMethod::Check).into(),
    ]
}

fn payment_of(client: usize, receipt: Receipt) -> RecordPayment {
    RecordPayment {
        client: Some(Ref::Number(format!("CLT-2026-{client:04}"))),
        amount: Decimal::whole(100),
        currency: None,
        method: PaymentMethod::Cash,
        kind: Some(PaymentType::CustomerPayment),
        retainer: None,
        invoice: None,
        applications: Vec::new(),
        case: None,
        receipt,
        overpayment: Overpayment::Credit,
        details: PaymentDetails::default(),
        date: None,
    }
}

/// A client who has nothing but credit, one who has nothing but an expected payment, and a payment
/// that filled a retainer which was then drawn on; the clients' portal login; a cancelled transaction,
/// an empty retainer, and an invoice for time; a second retainer of a client, low from the start and soon at its end, and a
/// payment on an invoice; a webhook, and what was sent there first; a client
/// with nothing.
fn practice_more(firm: usize) -> [Command; MORE_STEPS] {
    let client = |name: &str| {
        let profile = ClientProfile { full_name: name.into(), ..ClientProfile::default() };
        CreateClient { kind: None, profile, user: None }
    };
    let retainer = || Ref::Number("RET-2026-0001".into());
    let low = OpenRetainer {
        client: Ref::Number("CLT-2026-0001".into()),
        amount: Decimal::whole(100),
        currency: None,
        terms: Terms {
            minimum_balance: Some(Decimal::whole(100)),
            end: Some(Moment::Day(Day::from_days(i32::try_from(START / DAY_MICROS).unwrap() + 20))),
            ..Terms::default()
        },
    };
    let webhook = Ref::Id(id_of_step(of_practice(firm, 0, WEBHOOK_STEP) + ROWS * STEPS_PER_ROW));
    let (url, secret) = ("https://example.com".into(), "whsec_YQ==".into());
    let paid = RecordPayment {
        invoice: Some(Ref::Number("INV-202612-0003".into())),
        ..payment_of(3, Receipt::Received)
    };
    let fill = RecordPayment {
        kind: Some(PaymentType::Retainer),
        retainer: Some(retainer()),
        ..payment_of(1, Receipt::Received)
    };
    let transaction = CreateTransaction {
        kind: TransactionType::Income,
        amount: Decimal::whole(5),
        currency: None,
        progress: None,
        details: TransactionDetails::default(),
    };
    let line = LineInput {
        time_entry: Some(Ref::Id(id_of_step(of_practice(firm, 0, ENTRY_STEP)))),
        ..plain_line()
    };
    let draw = ConsumeRetainer {
        retainer: retainer(),
        amount: Decimal::whole(200),
        invoice: None,
        date: None,
        description: None,
    };
    [
        client("credit").into(),
        payment_of(ROWS + 1, Receipt::Received).into(),
        client("expected").into(),
        payment_of(ROWS + 2, Receipt::Expected).into(),
        fill.into(),
        draw.clone().into(),
        SetMember { user: Id::new([4; 12]), version: None, role: Some(Role::Client), active: None }
            .into(),
        transaction.into(),
        CancelTransaction { transaction: Ref::Number("TXN-202612-00001".into()), reason: None }
            .into(),
        ConsumeRetainer {
            retainer: Ref::Number("RET-2026-0002".into()),
            amount: Decimal::whole(150),
            ..draw
        }
        .into(),
        CreateInvoice {
            client: Ref::Number("CLT-2026-0001".into()),
            currency: None,
            content: Content { lines: Some(vec![line]), ..Content::default() },
        }
        .into(),
        low.into(),
        paid.into(),
        CreateWebhook { url, kinds: Vec::new(), secret }.into(),
        TestWebhook { webhook }.into(),
        client("settled").into(),
    ]
}

fn plain_line() -> LineInput {
    LineInput {
        kind: LineKind::FlatFee,
        description: None,
        quantity: None,
        unit_price: Some(Decimal::whole(200)),
        discount: None,
        taxable: true,
        time_entry: None,
        expense: None,
    }
}
