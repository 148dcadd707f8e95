//! J1 to J4: the money itself.

use super::{
    Remark,
    effects::{Request, accounts, effects, is_some_sum, on_accounts},
};
use crate::history::{History, Minor, Op, Outcome, Overpay, Phase, Verb};

/// J1: accepted withdrawals fit into what there was, refunds into their payment, payments into their
/// invoice, and two accounts keep their joint minimum.
pub(super) fn bound(history: &History) -> Vec<Remark> {
    let requests = effects(history);
    let withdrawn =
        accounts(history).into_iter().filter_map(|account| overdrawn(history, account, &requests));
    let refunded = history.accepted(Verb::CreatePayment).filter_map(|payment| {
        let taken = |request: &&Request<'_>| {
            request.first().verb == Verb::Refund && request.first().on == payment.on
        };
        exceeded(history, payment, &requests, taken, ("payment", "refunded", "الدفعة", "رُدّ"))
    });
    let paid = history.accepted(Verb::CreateInvoice).filter_map(|invoice| {
        let taken = |request: &&Request<'_>| {
            let op = request.first();
            op.verb == Verb::CompletePayment && op.args.invoice == invoice.on
        };
        let words = ("invoice", "paid", "الفاتورة", "دُفع");
        let is_bounded = history.header.promises.overpay == Overpay::Refuse;
        is_bounded.then(|| exceeded(history, invoice, &requests, taken, words)).flatten()
    });
    withdrawn.chain(refunded).chain(paid).chain(joint_minimum(history)).collect()
}

fn overdrawn(history: &History, account: &str, requests: &[Request<'_>]) -> Option<Remark> {
    let (mut had, mut spent, mut ops) = (0, 0, Vec::new());
    for request in requests {
        for (on, amount) in on_accounts(request.first()) {
            if on != account {
                continue;
            }
            if request.may_count() {
                had += amount.max(0);
            }
            if amount.is_negative() && request.outcome == Outcome::Ok {
                spent -= amount;
                ops.extend(request.ids());
            }
        }
    }
    let (had_text, spent_text, count) = (history.money(had), history.money(spent), ops.len());
    (spent > had).then(|| {
        Remark::new(
            format!("{had_text} on the retainer, {spent_text} spent, {count} answers said OK"),
            format!("كان في العربون {had_text} وصُرف منه {spent_text}؛ {count} من الأجوبة قالت نعم"),
            ops,
        )
    })
}

fn exceeded(
    history: &History,
    whole: &Op,
    requests: &[Request<'_>],
    is_part: impl Fn(&&Request<'_>) -> bool,
    (what, done, what_ar, done_ar): (&str, &str, &str, &str),
) -> Option<Remark> {
    let parts: Vec<_> =
        requests.iter().filter(is_part).filter(|part| part.outcome == Outcome::Ok).collect();
    let sum: Minor = parts.iter().map(|part| part.first().amount()).sum();
    let (whole_text, sum_text) = (history.money(whole.amount()), history.money(sum));
    (sum > whole.amount()).then(|| {
        let count = parts.len();
        Remark::new(
            format!("{sum_text} {done} of one {what} of {whole_text}, {count} answers said OK"),
            format!(
                "{what_ar} بمبلغ {whole_text} و{done_ar} {sum_text}؛ {count} من الأجوبة قالت نعم"
            ),
            parts.iter().flat_map(|part| part.ids()).collect(),
        )
    })
}

fn joint_minimum(history: &History) -> Option<Remark> {
    let minimum = history.header.joint_minimum?;
    let mut ops = Vec::new();
    let mut sum = 0;
    for read in history.at_rest(Verb::ReadRetainer) {
        sum += read.seen.balance?;
        ops.push(read.id);
    }
    let (sum_text, least) = (history.money(sum), history.money(minimum));
    (!ops.is_empty() && sum < minimum).then(|| {
        Remark::new(
            format!("two retainers have to keep {least} together, and hold {sum_text}"),
            format!("على العربونين أن يحتفظا معًا بـ {least} وفيهما {sum_text}"),
            ops,
        )
    })
}

/// J2: what is read at rest is what all accepted operations add up to.
pub(super) fn conserved(history: &History) -> Vec<Remark> {
    let requests = effects(history);
    let mut remarks = Vec::new();
    for read in history.at_rest(Verb::ReadRetainer) {
        let (Some(account), Some(got)) = (&read.on, read.seen.balance) else { continue };
        if history.accepted(Verb::CloseRetainer).any(|op| op.is_on(account)) {
            continue;
        }
        let effect = |request: &Request<'_>| {
            let all = on_accounts(request.first()).into_iter();
            all.filter(|(on, _)| on == account).map(|(_, amount)| amount).sum()
        };
        remarks.extend(compare(history, read, "retainer", "العربون", got, &requests, effect));
    }
    for read in history.at_rest(Verb::ReadInvoice) {
        remarks.extend(invoice_conserved(history, read, &requests));
    }
    for read in history.at_rest(Verb::ReadPayment) {
        let Some(got) = read.seen.refunded else { continue };
        let effect = |request: &Request<'_>| {
            let op = request.first();
            if op.verb == Verb::Refund && op.on == read.on { op.amount() } else { 0 }
        };
        remarks.extend(compare(
            history,
            read,
            "payment's refunds",
            "مردود الدفعة",
            got,
            &requests,
            effect,
        ));
    }
    for read in history.at_rest(Verb::ReadJob) {
        let Some(count) = read.seen.count.and_then(|count| Minor::try_from(count).ok()) else {
            continue;
        };
        // Whether the proposals for what was taken back still count is the server's own rule.
        if history.of(Verb::CloseJob).any(|op| op.on == read.on && op.may_count()) {
            continue;
        }
        let effect = |request: &Request<'_>| {
            Minor::from(request.first().verb == Verb::Propose && request.first().on == read.on)
        };
        remarks.extend(counted(read, count, &requests, effect));
    }
    remarks.extend(constant_total(history));
    remarks
}

fn invoice_conserved(history: &History, read: &Op, requests: &[Request<'_>]) -> Option<Remark> {
    let got = read.seen.paid?;
    let made = history.accepted(Verb::CreateInvoice).find(|op| op.on == read.on)?;
    let effect = |request: &Request<'_>| {
        let op = request.first();
        match op.verb {
            _ if op.args.invoice != read.on => 0,
            Verb::CompletePayment => op.amount(),
            Verb::Refund => -op.amount(),
            _ => 0,
        }
    };
    let arrived: Minor =
        requests.iter().filter(|all| all.may_count()).map(|all| effect(all).max(0)).sum();
    let is_voided = history.of(Verb::VoidInvoice).any(|op| op.on == read.on && op.may_count());
    if is_voided || arrived > made.amount() {
        // Where there was more than the invoice could take, it depends on their order what it took.
        let is_within = got <= made.amount() && (is_voided || got >= 0);
        return (!is_within)
            .then(|| difference(history, read, "invoice", "الفاتورة", got, made.amount()));
    }
    compare(history, read, "invoice", "الفاتورة", got, requests, effect)
}

fn compare(
    history: &History,
    read: &Op,
    what: &str,
    what_ar: &str,
    got: Minor,
    requests: &[Request<'_>],
    effect: impl Fn(&Request<'_>) -> Minor,
) -> Option<Remark> {
    let of = |outcome| requests.iter().filter(move |request| request.outcome == outcome);
    let expected: Minor = of(Outcome::Ok).map(&effect).sum();
    let open: Vec<Minor> = of(Outcome::Unknown).map(&effect).filter(|n| *n != 0).collect();
    (!is_some_sum(got - expected, &open))
        .then(|| difference(history, read, what, what_ar, got, expected))
}

fn difference(
    history: &History,
    read: &Op,
    what: &str,
    what_ar: &str,
    got: Minor,
    expected: Minor,
) -> Remark {
    let off = got - expected;
    let (word, word_ar) =
        if off.is_negative() { ("lost", "ضاع") } else { ("too much", "زاد") };
    let [off, got, expected] = [off.abs(), got, expected].map(|minor| history.money(minor));
    Remark::new(
        format!("the {what} should say {expected} and says {got}: {off} {word}"),
        format!("{what_ar}: المنتظر {expected} والمقروء {got}؛ {word_ar} {off}"),
        vec![read.id],
    )
}

fn counted(
    read: &Op,
    got: Minor,
    requests: &[Request<'_>],
    effect: impl Fn(&Request<'_>) -> Minor,
) -> Option<Remark> {
    let sum = |outcome| -> Minor {
        requests.iter().filter(|all| all.outcome == outcome).map(&effect).sum()
    };
    let (least, most) = (sum(Outcome::Ok), sum(Outcome::Ok) + sum(Outcome::Unknown));
    (!(least..=most).contains(&got)).then(|| {
        Remark::new(
            format!("{least} proposals were accepted and the job counts {got}"),
            format!("قُبل {least} من العروض والوظيفة تعدّ {got}"),
            vec![read.id],
        )
    })
}

/// As long as money only moves between accounts, every snapshot has the same total.
fn constant_total(history: &History) -> Vec<Remark> {
    let moves_only = history.raced().all(|op| op.verb.is_read() || op.verb == Verb::Transfer);
    let opened: Minor = history.accepted(Verb::OpenRetainer).map(Op::amount).sum();
    let snapshots = history.accepted(Verb::Snapshot).filter(|op| {
        matches!(op.phase, Phase::Race | Phase::Final) && !op.seen.balances.is_empty()
    });
    let ours = accounts(history);
    snapshots
        .filter(|_| moves_only)
        .filter_map(|op| {
            let balances = op.seen.balances.iter().filter(|(id, _)| ours.contains(&id.as_str()));
            let got: Minor = balances.map(|(_, balance)| balance).sum();
            (got != opened).then(|| difference(history, op, "sum of all", "المجموع", got, opened))
        })
        .collect()
}

/// J3: neither an answer nor a read ever shows less than nothing.
pub(super) fn never_negative(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for op in &history.ops {
        let entries = op.seen.entries.iter().flatten().filter_map(|entry| entry.balance_after);
        let seen = [op.seen.balance, op.seen.paid, op.seen.due, op.seen.refunded];
        let all = seen.into_iter().flatten().chain(op.seen.balances.values().copied());
        if let Some(least) = all.chain(entries).min().filter(|least| *least < 0) {
            let least = history.money(least);
            remarks.push(Remark::new(
                format!("an answer shows {least}"),
                format!("جواب يُظهر {least}"),
                vec![op.id],
            ));
        }
    }
    remarks
}

/// J4: at rest, the entries of an account add up to its balance.
pub(super) fn sum_of_entries(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for list in history.at_rest(Verb::ListEntries) {
        let Some(entries) = &list.seen.entries else { continue };
        let sum: Minor = entries.iter().map(|entry| entry.amount).sum();
        let reads = history.at_rest(Verb::ReadRetainer).filter(|read| read.on == list.on);
        for read in reads {
            let Some(balance) = read.seen.balance.filter(|balance| *balance != sum) else {
                continue;
            };
            let (sum, balance) = (history.money(sum), history.money(balance));
            remarks.push(Remark::new(
                format!("the entries add up to {sum} and the balance says {balance}"),
                format!("مجموع القيود {sum} والرصيد يقول {balance}"),
                vec![list.id, read.id],
            ));
        }
    }
    remarks
}
