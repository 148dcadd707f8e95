//! I5: numbers are unique, gapless and in time order.
//!
//! A number that was changed leaves a gap where it was and stands where it does not belong: the gap is
//! the series', **what stands in the wrong place is named**.

use std::collections::BTreeMap;

use super::{finding::Account, verdict::Verdicts};
use crate::{number::Series, rows::Counter, time::Timestamp};

/// A document by its number.
struct Numbered {
    period: i32,
    n: u32,
    at: Timestamp,
    account: Account,
}

/// Numbers by series, as documents and counters have them.
#[derive(Default)]
pub(super) struct Numbers {
    counters: BTreeMap<(Series, i32), u32>,
    documents: BTreeMap<Series, Vec<Numbered>>,
    /// Documents whose number is none of their series: imported, or changed.
    foreign: Vec<(Series, Account)>,
}

impl Numbers {
    pub fn see(
        &mut self,
        series: Series,
        number: &str,
        at: Timestamp,
        document: impl Into<Account>,
    ) {
        let account = document.into();
        match series.parse(number) {
            Some((period, n)) => {
                let of_series = self.documents.entry(series).or_default();
                of_series.push(Numbered { period, n, at, account });
            }
            None => self.foreign.push((series, account)),
        }
    }

    pub fn see_counter(&mut self, counter: Counter) {
        self.counters.insert((counter.series, counter.period), counter.taken);
    }

    pub fn judge(&mut self, v: &mut Verdicts) {
        let mut last: BTreeMap<(Series, i32), u32> =
            self.counters.keys().map(|key| (*key, 0)).collect();
        for (series, documents) in &mut self.documents {
            documents.sort_unstable_by_key(|document| (document.period, document.n, document.at));
            for document in &*documents {
                let key = (*series, document.period);
                let taken = self.counters.get(&key).copied().unwrap_or(0);
                judge_place(v, *series, document, last.entry(key).or_insert(0), taken);
            }
            judge_times(v, *series, documents);
        }
        let is_counted = |key: &(Series, i32)| self.counters.contains_key(key);
        let uncounted = last.iter().find(|(key, n)| **n > 0 && !is_counted(key));
        v.i5.check(uncounted.is_none(), || {
            let (series, period) = uncounted.map_or((Series::Client, 0), |(key, _)| *key);
            let text = format!("counters say nothing of {}-{period}", series.prefix());
            Account::series(series, period).says(text)
        });
        for ((series, period), n) in last {
            let taken = self.counters.get(&(series, period)).copied().unwrap_or(0);
            v.i5.check(taken == n, || {
                let text = format!(
                    "counters say {taken} of {}-{period} are taken, documents say {n}",
                    series.prefix()
                );
                let off_by = i128::from(taken).saturating_sub(n.into());
                Account::series(series, period).off(off_by, text)
            });
            // What is missing may be what has another number now.
            for (_, account) in self.foreign.iter().filter(|(of, _)| *of == series && taken > n) {
                let text = || format!("its number is none of {}-{period}", series.prefix());
                v.i5.check(false, || account.says(text()));
            }
        }
    }
}

/// A number follows on the `last` of its period, or one is missing before it. What stands beyond all
/// numbers that were taken is in the wrong place, and nothing is missing before it.
fn judge_place(v: &mut Verdicts, series: Series, document: &Numbered, last: &mut u32, taken: u32) {
    let Numbered { period, n, account, .. } = *document;
    let due = last.saturating_add(1);
    let number = || series.number(period, n);
    if n > due && n > taken {
        v.i5.check(false, || {
            account.says(format!("{} was never given out, {taken} were", number()))
        });
        return;
    }
    *last = n;
    if n < due {
        return v.i5.check(false, || account.says(format!("{} stands there twice", number())));
    }
    v.i5.check(n == due, || {
        let missing = series.number(period, due);
        Account::series(series, period).off(due.into(), format!("{missing} is missing"))
    });
}

/// Of two that are in the wrong order, the one is named that does not fit in with what follows.
fn judge_times(v: &mut Verdicts, series: Series, documents: &[Numbered]) {
    let mut rest = documents;
    while let [earlier, tail @ ..] = rest {
        rest = tail;
        let Some(later) = tail.first() else { return };
        let next_is_later = tail.get(1).is_none_or(|next| next.at >= earlier.at);
        let wrong = if next_is_later { later } else { earlier };
        v.i5.check(earlier.at <= later.at, || {
            let number = series.number(wrong.period, wrong.n);
            wrong.account.says(format!("{number} is out of time order"))
        });
    }
}
