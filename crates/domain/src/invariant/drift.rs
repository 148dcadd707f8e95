//! What one command changed, checked before it is stored: rows moved by exactly what their journals
//! say, the ledger moved by the same, every number follows on the last.
//!
//! It costs a few additions for each change and reads nothing that the decision did not look at. **What
//! it finds is a defect of ours**, never a caller's mistake: the command is not carried out.

use super::finding::{Account as About, Broken, Finding, Sign};
use crate::{
    book::Book,
    change::Change,
    id::Id,
    ledger::{Account, Side},
    money::Currency,
    number::Series,
    rows::{Application, Entry, Invoice, Movement, Retainer, Source},
    time::Day,
};

/// The smallest counterexample to what a decision would change; `None`: all of it holds.
pub fn drift(book: &Book, changes: &[Change]) -> Option<Finding> {
    let sums = Sums::of(changes);
    let of = |rule, broken: Option<Broken>| {
        broken.map(|Broken { account, off_by, text }| Finding {
            account,
            sign: Sign { rule, off_by },
            text,
        })
    };
    of("I1", retainers(book, changes, &sums))
        .or_else(|| of("I3", invoices(book, changes, &sums)))
        .or_else(|| of("I5", numbers(book, changes)))
        .or_else(|| of("I6", ledger(&sums)))
}

/// Sums by key: there are few in one command.
struct By<K>(Vec<(K, i128)>);

impl<K> Default for By<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq> By<K> {
    fn add(&mut self, key: K, minor: i128) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sum)) => *sum = sum.saturating_add(minor),
            None => self.0.push((key, minor)),
        }
    }

    fn get(&self, key: &K) -> i128 {
        self.0.iter().find(|(known, _)| known == key).map_or(0, |(_, sum)| *sum)
    }

    fn first_off(&self) -> Option<&(K, i128)> {
        self.0.iter().find(|(_, sum)| *sum != 0)
    }
}

/// What the journals of one command add up to.
#[derive(Default)]
struct Sums {
    moved: By<Id<Retainer>>,
    /// What moved each day, less what the day nets say.
    days: By<(Id<Retainer>, Day)>,
    paid: By<Id<Invoice>>,
    from_retainers: By<Id<Invoice>>,
    /// 2130, credits less debits.
    held: By<[u8; 12]>,
    /// 1201, debits less credits.
    owed: By<[u8; 12]>,
    /// 1102 less what moved in retainers.
    trust: By<Currency>,
    /// 1201 less 2140, less what clients' accounts say.
    clients: By<Currency>,
    not_positive: Option<(i64, i64)>,
}

impl Sums {
    fn of(changes: &[Change]) -> Self {
        let mut sums = Self::default();
        for change in changes {
            match change {
                Change::Movement(row) => sums.see_movement(row),
                Change::DayNet(net) => {
                    sums.days
                        .add((net.retainer, net.day), i128::from(net.net_minor).saturating_neg());
                }
                Change::Application(line) => sums.see_application(line),
                Change::Entry(entry) => sums.see_entry(entry),
                Change::StatementLine(line) => {
                    let minor = i128::from(line.amount.minor());
                    sums.clients.add(line.amount.currency(), minor.saturating_neg());
                }
                _ => {}
            }
        }
        sums
    }

    fn see_movement(&mut self, row: &Movement) {
        let minor = i128::from(row.signed_minor());
        self.moved.add(row.retainer, minor);
        self.days.add((row.retainer, row.day), minor);
        self.trust.add(row.amount.currency(), minor.saturating_neg());
    }

    fn see_application(&mut self, line: &Application) {
        let sums = match line.source {
            Source::Payment(_) => &mut self.paid,
            Source::Retainer(_) => &mut self.from_retainers,
        };
        sums.add(line.invoice, line.signed_minor().into());
    }

    fn see_entry(&mut self, entry: &Entry) {
        let amount = entry.posting.amount;
        let minor = i128::from(amount.minor());
        if minor <= 0 {
            self.not_positive = Some((entry.seq, entry.line));
        }
        self.see_side(entry.posting.debit, amount.currency(), minor);
        self.see_side(entry.posting.credit, amount.currency(), minor.saturating_neg());
    }

    fn see_side(&mut self, side: Side, currency: Currency, debit: i128) {
        match (side.account, side.of) {
            (Account::TrustBank, _) => self.trust.add(currency, debit),
            (Account::ClientMoney, Some(of)) => self.held.add(of, debit.saturating_neg()),
            (Account::Receivables, Some(of)) => {
                self.owed.add(of, debit);
                self.clients.add(currency, debit);
            }
            (Account::ClientCredit, _) => self.clients.add(currency, debit),
            _ => {}
        }
    }
}

/// What a row was before the command, and is after it.
struct Step<'a, R> {
    before: Option<&'a R>,
    after: &'a R,
}

/// The rows of one kind that changed, each once, as the command leaves it.
fn steps<'a, R: crate::Entity>(book: &'a Book, changes: &'a [Change]) -> Vec<Step<'a, R>> {
    let mut steps: Vec<Step<'a, R>> = Vec::new();
    for after in changes.iter().rev().filter_map(R::in_change) {
        if steps.iter().all(|step| step.after.id() != after.id()) {
            let before = R::table(book).get(*after.id()).flatten();
            steps.push(Step { before: before.map(|row| &**row), after });
        }
    }
    steps
}

fn retainers(book: &Book, changes: &[Change], sums: &Sums) -> Option<Broken> {
    let steps = steps::<Retainer>(book, changes);
    for Step { before, after } in &steps {
        let account = About::from(after.id);
        let was = before.map_or(0, |row| i128::from(row.balance.minor()));
        let is = i128::from(after.balance.minor());
        let (delta, moved) = (is.saturating_sub(was), sums.moved.get(&after.id));
        if delta != moved {
            let text =
                format!("{}: the balance moves by {delta}, its movements by {moved}", after.number);
            return Some(account.off(delta.saturating_sub(moved), text));
        }
        let held = sums.held.get(after.id.bytes());
        if held != moved {
            let text = format!("{}: {moved} moves, ledger 2130 says {held}", after.number);
            return Some(account.off(held.saturating_sub(moved), text));
        }
        let parts = [after.consumptions, after.refunds].map(|part| i128::from(part.minor()));
        let left = parts.into_iter().fold(i128::from(after.deposits.minor()), i128::saturating_sub);
        if left != is || is < 0 {
            let text = format!("{}: the balance is {is}, its sums leave {left}", after.number);
            return Some(account.off(is.saturating_sub(left), text));
        }
    }
    let without_row = |id: &Id<Retainer>| steps.iter().all(|step| step.after.id != *id);
    if let Some((id, moved)) = sums.moved.0.iter().find(|(id, _)| without_row(id)) {
        return Some(
            About::from(*id).off(*moved, format!("{moved} moves and the balance does not")),
        );
    }
    let held_elsewhere = |(of, sum): &&([u8; 12], i128)| *sum != 0 && without_row(&Id::new(*of));
    if let Some((of, sum)) = sums.held.0.iter().find(held_elsewhere) {
        let text = format!("ledger 2130 moves by {sum}, the retainer does not");
        return Some(About::from(Id::<Retainer>::new(*of)).off(*sum, text));
    }
    let ((retainer, day), off) = sums.days.first_off()?;
    Some(About::from(*retainer).off(*off, format!("the net of {day} is off by {off}")))
}

fn invoices(book: &Book, changes: &[Change], sums: &Sums) -> Option<Broken> {
    let steps = steps::<Invoice>(book, changes);
    for Step { before, after } in &steps {
        let delta = |of: fn(&Invoice) -> crate::Money| {
            let was = before.map_or(0, |row| i128::from(of(row).minor()));
            i128::from(of(after).minor()).saturating_sub(was)
        };
        let number = &after.number;
        for (what, row, journal) in [
            ("paid", delta(|row| row.paid), sums.paid.get(&after.id)),
            (
                "from retainers",
                delta(|row| row.retainer_applied),
                sums.from_retainers.get(&after.id),
            ),
            ("due", delta(Invoice::due), sums.owed.get(after.id.bytes())),
        ] {
            if row != journal {
                let text = format!("{number}: {what} moves by {row}, its journal by {journal}");
                return Some(About::from(after.id).off(row.saturating_sub(journal), text));
            }
        }
    }
    let without_row = |id: &Id<Invoice>| steps.iter().all(|step| step.after.id != *id);
    let mut applied = sums.paid.0.iter().chain(&sums.from_retainers.0);
    let (id, sum) = applied.find(|(id, _)| without_row(id))?;
    Some(About::from(*id).off(*sum, format!("{sum} is applied and the invoice does not move")))
}

fn ledger(sums: &Sums) -> Option<Broken> {
    if let Some((seq, line)) = sums.not_positive {
        return Some(About::FIRM.says(format!("ledger line {seq}/{line} is not positive")));
    }
    if let Some((currency, off)) = sums.trust.first_off() {
        let text = format!("trust bank and retainers move apart by {off} {}", currency.code());
        return Some(About::FIRM.off(*off, text));
    }
    let (currency, off) = sums.clients.first_off()?;
    let text = format!("ledger and clients' accounts move apart by {off} {}", currency.code());
    Some(About::FIRM.off(*off, text))
}

/// Every counter goes up by one, and every number taken is on one new document.
fn numbers(book: &Book, changes: &[Change]) -> Option<Broken> {
    let mut taken: Vec<(Series, i32, u32)> = Vec::new();
    for change in changes {
        let Change::Counter(counter) = change else { continue };
        let (series, period) = (counter.series, counter.period);
        let earlier = taken.iter().rev().find(|(of, at, _)| (*of, *at) == (series, period));
        let last = earlier.map(|(_, _, n)| *n).or_else(|| book.counter(series, period));
        let due = last.unwrap_or(0).saturating_add(1);
        if counter.taken != due {
            let number = |n| series.number(period, n);
            let text = format!("{} is given out, due was {}", number(counter.taken), number(due));
            return Some(About::series(series, period).off(counter.taken.into(), text));
        }
        taken.push((series, period, counter.taken));
    }
    let mut printed: Vec<(Series, i32, u32)> = Vec::new();
    for change in changes {
        let Some((series, number, account)) = new_document(book, change) else { continue };
        let Some((period, n)) = series.parse(number) else { continue };
        if !taken.contains(&(series, period, n)) {
            return Some(account.says(format!("{number} was not taken from its series")));
        }
        if !printed.contains(&(series, period, n)) {
            printed.push((series, period, n));
        }
    }
    let (series, period, n) = taken.into_iter().find(|number| !printed.contains(number))?;
    let text = format!("{} is given out and on no document", series.number(period, n));
    Some(About::series(series, period).off(n.into(), text))
}

/// The number of a document that the command makes.
fn new_document<'a>(book: &Book, change: &'a Change) -> Option<(Series, &'a str, About)> {
    macro_rules! numbered {
        ($($row:ident in $table:ident: $series:ident),+) => {
            match change {
                $(Change::$row(row) if book.$table.get(row.id).flatten().is_none() => {
                    Some((Series::$series, row.number.as_str(), About::from(row.id)))
                })+
                _ => None,
            }
        };
    }
    numbered! {
        Client in clients: Client,
        Retainer in retainers: Retainer,
        Invoice in invoices: Invoice,
        Payment in payments: Payment,
        Refund in refunds: Payment,
        CreditNote in credit_notes: CreditNote,
        Transaction in transactions: Transaction
    }
}
