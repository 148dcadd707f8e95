//! The demo firm: made through the same commands as any other firm, then explained on the terminal.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use domain::{
    Actor, Command, Decimal, Id, Ref, Reply, Role, Timestamp,
    billing::{
        client::CreateClient,
        record_payment::{PaymentDetails, Receipt, RecordPayment},
    },
    id::User,
    invoicing::{
        apply_retainer::ApplyRetainer,
        create::{Content, CreateInvoice},
        lines::LineInput,
        send::SendInvoice,
    },
    reply::Shown,
    rows::{
        Client, ClientProfile, Firm, Invoice, LineKind, Overpayment, PaymentMethod, PaymentType,
        Retainer, RetainerType,
    },
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
        replenish::ReplenishRetainer,
    },
};
use engine::{Intent, Request, Settled};

use super::token;
use crate::{App, http::Secret};

const OWNER: Id<User> = Id::new([0x0a; 12]);
const FIRM: Id<Firm> = Id::new([0x0f; 12]);
const TOKEN_VALID: Duration = Duration::from_secs(12 * 60 * 60);

const ACTOR: Actor = Actor { user: OWNER, firm: FIRM, claimed: Role::Owner };

/// Makes the firm: clients, retainers, movements, invoices, payments.
pub(super) async fn fill(app: &App) -> anyhow::Result<()> {
    let mona = client(app, "منى", "الحربي", "mona@example.com").await?;
    let acme = company(app, "شركة النخيل للتجارة").await?;
    let john = client(app, "John", "Whitfield", "john@example.com").await?;

    let first = open(app, mona, 10_000, RetainerType::Advance, Some(2_000)).await?;
    consume(app, first, 1_500, "مراجعة العقد").await?;
    consume(app, first, 750, "جلسة استشارية").await?;
    let second = open(app, acme, 50_000, RetainerType::Evergreen, Some(10_000)).await?;
    consume(app, second, 42_000, "التمثيل أمام المحكمة التجارية").await?;
    let third = open(app, john, 3_000, RetainerType::FlatFee, None).await?;
    replenish(app, third, 1_200).await?;
    consume(app, third, 4_200, "Articles of association").await?;

    invoice(app, acme, "صياغة عقد التوريد", 6_000).await?;
    let paid_in_part = invoice(app, mona, "المرافعة أمام المحكمة العامة", 4_000).await?;
    send(app, SendInvoice { invoice: Ref::Id(paid_in_part) }).await?;
    let (invoice, retainer) = (Ref::Id(paid_in_part), Ref::Id(first));
    send(app, ApplyRetainer { invoice, retainer, amount: Decimal::whole(1_000) }).await?;

    let pay = |client, invoice: Option<Id<Invoice>>, receipt| RecordPayment {
        client: Some(Ref::Id(client)),
        amount: Decimal::whole(2_500),
        currency: None,
        method: PaymentMethod::BankTransfer,
        kind: Some(PaymentType::CustomerPayment),
        retainer: None,
        invoice: invoice.map(Ref::Id),
        applications: Vec::new(),
        case: None,
        receipt,
        overpayment: Overpayment::Credit,
        details: PaymentDetails { reference: Some("TRX-1001".into()), ..PaymentDetails::default() },
        date: None,
    };
    send(app, pay(acme, None, Receipt::Expected)).await?;
    send(app, pay(john, None, Receipt::Received)).await?;
    send(app, pay(mona, Some(paid_in_part), Receipt::Received)).await?;
    Ok(())
}

/// A draft of one line.
async fn invoice(
    app: &App,
    client: Id<Client>,
    what: &str,
    price: i64,
) -> anyhow::Result<Id<Invoice>> {
    let line = LineInput {
        kind: LineKind::FlatFee,
        description: Some(what.into()),
        quantity: None,
        unit_price: Some(Decimal::whole(price)),
        discount: None,
        taxable: true,
        time_entry: None,
        expense: None,
    };
    let content = Content { lines: Some(vec![line]), ..Content::default() };
    let draft = CreateInvoice { client: Ref::Id(client), currency: None, content };
    let Shown::Invoice { invoice, .. } = send(app, draft).await?.shown else {
        bail!("no invoice was shown")
    };
    Ok(invoice.id)
}

async fn client(app: &App, first: &str, last: &str, email: &str) -> anyhow::Result<Id<Client>> {
    let profile = ClientProfile {
        first_name: Some(first.into()),
        last_name: Some(last.into()),
        email: Some(email.into()),
        ..ClientProfile::default()
    };
    shown_client(&send(app, CreateClient { kind: None, profile, user: None }).await?)
}

async fn company(app: &App, name: &str) -> anyhow::Result<Id<Client>> {
    let profile = ClientProfile { company_name: Some(name.into()), ..ClientProfile::default() };
    shown_client(&send(app, CreateClient { kind: None, profile, user: None }).await?)
}

fn shown_client(reply: &Reply) -> anyhow::Result<Id<Client>> {
    let Shown::Client(client) = &reply.shown else { bail!("no client was shown") };
    Ok(client.id)
}

async fn open(
    app: &App,
    client: Id<Client>,
    amount: i64,
    kind: RetainerType,
    minimum: Option<i64>,
) -> anyhow::Result<Id<Retainer>> {
    let minimum_balance = minimum.map(Decimal::whole);
    let terms = Terms { kind: Some(kind), minimum_balance, ..Terms::default() };
    let command = OpenRetainer {
        client: Ref::Id(client),
        amount: Decimal::whole(amount),
        currency: None,
        terms,
    };
    let Shown::Retainer { retainer, .. } = send(app, command).await?.shown else {
        bail!("no retainer was shown")
    };
    Ok(retainer.id)
}

async fn consume(app: &App, retainer: Id<Retainer>, amount: i64, what: &str) -> anyhow::Result<()> {
    let (retainer, amount) = (Ref::Id(retainer), Decimal::whole(amount));
    let description = Some(what.to_owned());
    send(app, ConsumeRetainer { retainer, amount, invoice: None, date: None, description }).await?;
    Ok(())
}

async fn replenish(app: &App, retainer: Id<Retainer>, amount: i64) -> anyhow::Result<()> {
    let (retainer, amount) = (Ref::Id(retainer), Decimal::whole(amount));
    send(app, ReplenishRetainer { retainer, amount, payment: None, date: None, description: None })
        .await?;
    Ok(())
}

async fn send(app: &App, command: impl Into<Command>) -> anyhow::Result<Reply> {
    const WAIT_MAX: Duration = Duration::from_secs(30);
    let command = command.into();
    let name = command.name();
    let request = Request {
        actor: ACTOR,
        command,
        intent: Intent::CarryOut,
        origin: "demo".into(),
        request_id: "demo".into(),
        fingerprint: domain::audit::fingerprint(&[b"demo", name.as_bytes()]),
        once: None,
        deadline: Instant::now() + WAIT_MAX,
    };
    match app.engine.submit(request).await.context(name)? {
        Settled::Decided { result: Ok(reply), .. } => Ok(reply),
        refused => bail!("{name}: {refused:?}"),
    }
}

/// Prints where it listens, how to log in, and four commands to paste.
#[expect(clippy::print_stdout, reason = "a guide for the person at the terminal")]
pub(super) fn print_guide(bound: SocketAddr, secret: &Secret, now: Timestamp) {
    let token = secret.sign(ACTOR, token::after(now, TOKEN_VALID));
    let year =
        domain::Day::from_days(i32::try_from(now.micros() / 86_400_000_000).unwrap_or(0)).date().0;
    println!(
        "\
Amanah, demo: everything here is made up and gone when you stop it (Ctrl-C).

  Address   http://{bound}
  Log in    with this token (owner of the demo firm, valid 12 hours):

export TOKEN={token}

  Paste that line, then try these:

# the retainers, with their balances
curl -s http://{bound}/api/retainers -H \"Authorization: Bearer $TOKEN\"

# draw 60.50 from one; paste it again: same key, same answer, drawn once
curl -s http://{bound}/api/retainers/RET-{year}-0001/consume -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' -d '{{\"amount\": 60.50, \"description\": \"phone call\"}}'

# what is owed, and how much of it was paid
curl -s http://{bound}/api/invoices -H \"Authorization: Bearer $TOKEN\"

# the retainer's journal
curl -s http://{bound}/api/retainers/RET-{year}-0001/history -H \"Authorization: Bearer $TOKEN\"
"
    );
}
