//! A store that is worse than the real one, on purpose: slow, refusing, failing before and after the
//! commit. What holds under it holds on a bad day. **Never for production**, and told to everybody who
//! asks.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use domain::{Batch, Id, Key, Loaded, rows::Firm};
use engine::{Store, StoreError};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

/// What goes wrong, and how often: `delay=1..20ms,refuse=0.01,fail=0.01,conflict=0.01,unknown=0.005,lost=0.005,seed=7`.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    text: String,
    delay: (Duration, Duration),
    chances: [f64; Fault::ALL.len()],
    seed: Option<u64>,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fault {
    /// A step takes longer.
    Delay,
    /// No connection is to be had.
    Refuse,
    /// The commit fails, and nothing was written.
    Fail,
    /// Another process was first.
    Conflict,
    /// The commit succeeds, and nobody hears of it.
    Unknown,
    /// The commit is lost, and nobody hears of that either.
    Lost,
}

impl Fault {
    const ALL: [Self; 6] =
        [Self::Delay, Self::Refuse, Self::Fail, Self::Conflict, Self::Unknown, Self::Lost];

    const fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Refuse => "refuse",
            Self::Fail => "fail",
            Self::Conflict => "conflict",
            Self::Unknown => "unknown",
            Self::Lost => "lost",
        }
    }
}

/// Longest delay of one step.
const DELAY_MAX: Duration = Duration::from_secs(10);

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut plan = Self {
            text: text.to_owned(),
            delay: (Duration::ZERO, Duration::ZERO),
            chances: [0.0; Fault::ALL.len()],
            seed: None,
        };
        for part in text.split(',') {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| format!("{part} is no fault; write name=value, commas between"))?;
            if name == "seed" {
                plan.seed = Some(value.parse().map_err(|_| format!("{value} is no seed"))?);
                continue;
            }
            let fault = Fault::ALL.into_iter().find(|fault| fault.name() == name);
            let fault = fault.ok_or_else(|| {
                let names = Fault::ALL.map(Fault::name).join(", ");
                format!("{name} is no fault; there are {names}, and seed")
            })?;
            let chance = if fault == Fault::Delay {
                plan.delay = delay(value)?;
                1.0
            } else {
                chance(value)?
            };
            plan.chances[fault as usize] = chance;
        }
        Ok(plan)
    }
}

/// `1..20ms`, or `5ms`.
fn delay(text: &str) -> Result<(Duration, Duration), String> {
    let bad = || format!("{text} is no delay; write 1..20ms");
    let range = text.strip_suffix("ms").ok_or_else(bad)?;
    let (least, most) = range.split_once("..").unwrap_or((range, range));
    let [least, most] =
        [least, most].map(|ms| ms.parse().map(Duration::from_millis).map_err(|_| bad()));
    let (least, most) = (least?, most?);
    if least <= most && most <= DELAY_MAX { Ok((least, most)) } else { Err(bad()) }
}

fn chance(text: &str) -> Result<f64, String> {
    let chance = text.parse().ok().filter(|chance| (0.0..1.0).contains(chance));
    chance.ok_or_else(|| format!("{text} is no chance; from 0 to just below 1"))
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Label {
    fault: &'static str,
}

/// A plan being carried out, and how often each fault has come.
#[derive(Debug, Clone)]
pub struct Chaos {
    plan: Arc<Plan>,
    seed: u64,
    injected: Family<Label, Counter>,
}

impl Chaos {
    /// Without a seed in the plan, a random one; it is told, so that the run can be had again.
    pub fn new(plan: Plan) -> Self {
        let seed = plan.seed.unwrap_or_else(|| fastrand::u64(..));
        let injected = Family::default();
        for fault in Fault::ALL {
            drop(injected.get_or_create(&Label { fault: fault.name() }));
        }
        Self { plan: Arc::new(plan), seed, injected }
    }

    /// Wraps the store of the n-th lane.
    pub fn wrap<S: Store>(&self, n: u64, inner: S) -> Chaotic<S> {
        let random = fastrand::Rng::with_seed(self.seed.wrapping_add(n));
        Chaotic { inner, chaos: self.clone(), random, made_unknown: false }
    }

    /// For the metrics.
    pub(crate) fn injected(&self) -> Family<Label, Counter> {
        self.injected.clone()
    }
}

impl fmt::Display for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (seed {})", self.plan.text, self.seed)
    }
}

/// A store under chaos.
#[derive(Debug)]
pub struct Chaotic<S> {
    inner: S,
    chaos: Chaos,
    random: fastrand::Rng,
    /// The last unknown commit was our doing: the database is well, and the next batch will see.
    made_unknown: bool,
}

impl<S> Chaotic<S> {
    fn comes(&mut self, fault: Fault) -> bool {
        let comes = self.random.f64() < self.chaos.plan.chances[fault as usize];
        if comes {
            self.chaos.injected.get_or_create(&Label { fault: fault.name() }).inc();
            tracing::debug!(fault = fault.name(), "chaos");
        }
        comes
    }

    async fn delayed(&mut self) {
        if self.comes(Fault::Delay) {
            let (least, most) = self.chaos.plan.delay;
            let share = self.random.f64();
            tokio::time::sleep(least + (most - least).mul_f64(share)).await;
        }
    }
}

fn words(what: &str) -> String {
    format!("chaos: {what}")
}

impl<S: Store> Store for Chaotic<S> {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        self.made_unknown = false;
        self.delayed().await;
        if self.comes(Fault::Refuse) {
            return Err(StoreError::Unavailable(words("the connection was refused")));
        }
        self.inner.begin(firms).await
    }

    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        self.delayed().await;
        self.inner.load(firm, keys).await
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.delayed().await;
        if self.comes(Fault::Fail) {
            return Err(StoreError::Unavailable(words("the commit failed")));
        }
        if self.comes(Fault::Conflict) {
            return Err(StoreError::Conflict(words("another was first")));
        }
        if self.comes(Fault::Lost) {
            self.inner.rollback().await;
            self.made_unknown = true;
            return Err(StoreError::Unknown(words("the commit was lost, and nobody heard of it")));
        }
        self.inner.commit(batch).await?;
        if self.comes(Fault::Unknown) {
            self.made_unknown = true;
            return Err(StoreError::Unknown(words("the commit succeeded, and nobody heard of it")));
        }
        Ok(())
    }

    async fn rollback(&mut self) {
        self.inner.rollback().await;
    }

    fn outlives_unknown(&self) -> bool {
        self.made_unknown || self.inner.outlives_unknown()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::model::Model;

    #[test]
    fn a_plan_is_a_list_of_faults() {
        let plan: Plan = "delay=1..20ms,fail=0.01,unknown=0.5,seed=7".parse().unwrap();
        assert_eq!(plan.delay, (Duration::from_millis(1), Duration::from_millis(20)));
        assert_eq!(plan.chances, [1.0, 0.0, 0.01, 0.0, 0.5, 0.0]);
        assert_eq!(plan.seed, Some(7));
        for bad in [
            "",
            "delay",
            "delay=1..20",
            "delay=9..1ms",
            "fail=1",
            "fail=-0.1",
            "fail=x",
            "fire=0.1",
            "seed=x",
        ] {
            assert!(bad.parse::<Plan>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_same_seed_makes_the_same_day() {
        let day = async |seed: u64| {
            let plan = format!("refuse=0.3,fail=0.2,conflict=0.1,unknown=0.1,lost=0.1,seed={seed}");
            let chaos = Chaos::new(plan.parse().unwrap());
            let mut store = chaos.wrap(0, Model::default());
            let mut seen = Vec::new();
            for _ in 0..200 {
                let done = match store.begin(&[]).await {
                    Ok(_) => store.commit(&Batch::default()).await,
                    Err(error) => Err(error),
                };
                seen.push(done.map_err(|error| error.name()));
            }
            seen
        };
        let one = day(1).await;
        assert_eq!(one, day(1).await);
        assert_ne!(one, day(2).await);
        for fault in ["unavailable", "conflict", "unknown"] {
            assert!(one.contains(&Err(fault)), "{fault} never came");
        }
        assert!(one.contains(&Ok(())));
    }
}
