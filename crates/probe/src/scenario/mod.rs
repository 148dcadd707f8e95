//! The scenarios: which requests are fired together, and what is read afterwards. None of them judges.
//!
//! To add one: write an async function in the file of its family, and a line in [`ALL`].

mod accounts;
mod crash;
mod documents;
mod ends;
mod keys;
mod monitors;
mod numbers;
mod payments;
mod reading;
mod retainers;
mod tenants;

use std::{future::Future, pin::Pin};

use crate::{
    history::Verb,
    round::{Round, Stop},
    twin::Flaw,
};

/// A round being played.
pub type Playing<'r> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'r>>;

/// One attack.
pub struct Scenario {
    /// `S01` …
    pub id: &'static str,
    /// What is fired.
    pub title: &'static str,
    /// The same in Arabic.
    pub title_ar: &'static str,
    /// Where the report, or the literature, tells of it.
    pub source: &'static str,
    /// What the adapter has to map.
    pub needs: &'static [Verb],
    /// The bug of the twin that calibrates it.
    pub flaw: Flaw,
    /// It needs no two requests at one moment.
    pub is_serial: bool,
    /// It kills the target, or puts it to sleep.
    pub disturbs: bool,
    /// It goes over the turn of a year, where the target's clock can be set.
    pub turns_year: bool,
    /// Plays one round.
    pub play: for<'r, 'a> fn(&'r mut Round<'a>) -> Playing<'r>,
}

macro_rules! scenarios {
    ($($id:literal $play:path, $flaw:ident, $source:literal, [$($need:ident),*],
        $title:literal, $title_ar:literal $(, $mark:ident)*;)*) => {
        /// All of them, in order.
        pub const ALL: &[Scenario] = &[$(Scenario {
            id: $id,
            title: $title,
            title_ar: $title_ar,
            source: $source,
            needs: &[$(Verb::$need),*],
            flaw: Flaw::$flaw,
            is_serial: is_marked(&[$(stringify!($mark)),*], b's'),
            disturbs: is_marked(&[$(stringify!($mark)),*], b'd'),
            turns_year: is_marked(&[$(stringify!($mark)),*], b'y'),
            play: |round| Box::pin($play(round)),
        }),*];
    };
}

const fn is_marked(marks: &[&str], first: u8) -> bool {
    !marks.is_empty() && marks[0].as_bytes()[0] == first
}

/// The scenario of this id.
pub fn by_id(id: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.id.eq_ignore_ascii_case(id))
}

scenarios! {
    "S01" retainers::consume, ToctouConsume, "#1, proof of concept, timing 1",
        [CreateClient, OpenRetainer, Consume, ReadRetainer],
        "many consumes of one retainer that holds less", "سحوبات متزامنة من عربون لا يكفيها";
    "S02" retainers::mixed, LostDeposit, "#1 replenish",
        [CreateClient, OpenRetainer, Consume, Deposit, ReadRetainer],
        "deposits and consumes mixed", "إيداعات وسحوبات متزامنة";
    "S03" payments::pay_in_parts, LostUpdatePay, "#2",
        [CreateClient, CreateInvoice, CreatePayment, CompletePayment, ReadInvoice],
        "payments on one invoice complete together", "دفعات متزامنة على فاتورة واحدة";
    "S04" payments::complete_twice, DoubleComplete, "timing 2, double submit",
        [CreateClient, CreateInvoice, CreatePayment, CompletePayment, ReadInvoice],
        "one payment is completed many times", "إكمال الدفعة نفسها مرات متزامنة";
    "S05" payments::pay_twice, LostUpdatePay, "timing 2",
        [CreateClient, CreateInvoice, CreatePayment, CompletePayment, ReadInvoice],
        "two full payments of one invoice", "دفعتان كاملتان لفاتورة واحدة";
    "S06" payments::refund_in_parts, LostUpdateRefund, "#3",
        [CreateClient, CreateInvoice, CreatePayment, CompletePayment, Refund, ReadInvoice],
        "refunds of one payment", "استردادات متزامنة لدفعة واحدة";
    "S07" payments::refund_whole, RefundStaleSum, "refund beyond the payment",
        [CreateClient, CreateInvoice, CreatePayment, CompletePayment, Refund, ReadInvoice],
        "the whole payment is refunded many times", "استرداد كامل الدفعة مرات متزامنة";
    "S08" payments::credit, NewestRetainerCredit, "#4, no transactions",
        [CreateClient, OpenRetainer, CreatePayment, CompletePayment, ReadRetainer],
        "payments top up one retainer together", "دفعات متزامنة تغذي عربونًا واحدًا";
    "S09" numbers::payments, CountPlusOne, "#5, timing 3", [CreateClient, CreatePayment],
        "payments are created together, some of them invalid", "إنشاء دفعات متزامن", yearly;
    "S10" numbers::retainers, MaxPlusOne, "#6", [CreateClient, OpenRetainer],
        "retainers are created together", "إنشاء عرابين متزامن", yearly;
    "S11" numbers::clients, CountPlusOne, "#7", [CreateClient],
        "clients are created together", "إنشاء عملاء متزامن", yearly;
    "S12" documents::proposals, LostProposal, "#8", [CreateJob, Propose, ReadJob],
        "proposals for one job, which is edited and taken back", "عروض متزامنة على وظيفة واحدة تُعدَّل وتُسحب";
    "S13" numbers::invoices, Random4, "#9", [CreateClient, CreateInvoice],
        "many invoices in one month", "فواتير كثيرة في شهر واحد";
    "S14" numbers::transactions, Random4, "#10", [CreateTransaction],
        "many transactions in one month", "معاملات كثيرة في شهر واحد";
    "S15" documents::edits, StaleEdit, "lost update",
        [CreateClient, Patch, ReadClient],
        "edits of one document", "تعديلات متزامنة لمستند واحد";
    "S16" ends::of_invoice, VoidUnchecked, "void against pay",
        [CreateClient, CreateInvoice, CreatePayment, CompletePayment, VoidInvoice, ReadInvoice],
        "an invoice is voided and paid, or refunded; approved and rejected; given out and edited", "إلغاء فاتورة ودفعها معًا، وما يشبه ذلك";
    "S17" ends::phantom, CancelUnchecked, "credit from nothing",
        [CreateClient, CreatePayment, CompletePayment, CancelPayment, ReadPayment],
        "a payment is completed and cancelled, a retainer closed and fed, a client deleted and used",
        "إكمال دفعة وإلغاؤها معًا، وما يشبه ذلك";
    "S18" keys::same_request, IdemCheckThenSet, "idempotency",
        [CreateClient, OpenRetainer, Consume, ReadRetainer],
        "one request under one key, many times", "الطلب نفسه بالمفتاح نفسه مرات";
    "S19" keys::other_request, IdemBodyIgnored, "idempotency",
        [CreateClient, OpenRetainer, Consume, ReadRetainer],
        "different requests under one key", "طلبات مختلفة بمفتاح واحد";
    "S20" keys::other_tenant, ReplayOtherTenant, "idempotency",
        [CreateClient],
        "one key, two tenants", "مفتاح واحد عند مستأجرين";
    "S21" keys::retry, RetryAfterUnknownCommit, "retry after a lost answer",
        [CreateClient, OpenRetainer, Consume, ReadRetainer],
        "the caller hangs up and tries again with the same key", "قطع الاتصال ثم الإعادة بالمفتاح نفسه";
    "S22" tenants::reach, FilterAfterLoad, "another tenant's ids",
        [CreateClient, OpenRetainer, Consume, ReadRetainer],
        "another tenant reaches for what is being changed", "مستأجر يمد يده إلى ما ليس له";
    "S23" accounts::joint, WriteSkew, "write skew",
        [CreateClient, OpenRetainer, Withdraw, ReadRetainer],
        "two retainers with a joint minimum", "عربونان بحد أدنى مشترك";
    "S24" accounts::bank, TornTotal, "Jepsen's bank",
        [CreateClient, OpenRetainer, Transfer, Snapshot, ReadRetainer],
        "transfers while the total is read", "تحويلات أثناء قراءة المجموع";
    "S25" reading::pages, SkippedRows, "paging under writes", [CreateClient, ListClients],
        "a list is walked while rows come", "تصفح قائمة أثناء الإضافة إليها", serial;
    "S26" reading::own_writes, StaleRead, "read your own writes",
        [CreateClient, OpenRetainer, Consume, ReadRetainer],
        "what was acknowledged is read at once, elsewhere", "قراءة ما أُقرّ به فورًا من عملية أخرى", serial;
    "S27" monitors::scrape, LostCount, "monitoring",
        [CreateClient, OpenRetainer, Consume, Metrics],
        "what the monitors are told after an attack", "ما يُبلَّغ به المراقبون بعد الهجوم";
    "S28" crash::inside, AckBeforeCommit, "a crash, or a sleep, inside",
        [CreateClient, OpenRetainer, Consume, ListEntries, ReadRetainer],
        "the server is killed, or sleeps, in the middle", "توقف الخادم أو نومه في وسط العمل", disturbs;
}
