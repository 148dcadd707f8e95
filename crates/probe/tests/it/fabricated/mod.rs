//! For each judge one minimal history that is good, and one edit of it that is bad: the judge is silent on
//! the first and speaks on the second.

mod amounts;
mod explained;
mod monitors;
mod numbers;
mod order;
mod requests;
mod states;

use probe::{
    history::{
        Args, Entry, FORMAT, Header, History, Op, Outcome, Overpay, Phase, Promises, Seen, Verb,
    },
    judge::by_id,
};

fn header() -> Header {
    Header {
        format: FORMAT,
        scenario: "made".to_owned(),
        round: 0,
        seed: 0,
        delivery: String::new(),
        spread_us: 0,
        promises: Promises {
            gapless: true,
            version_steps: true,
            yearly: true,
            overpay: Overpay::Refuse,
        },
        joint_minimum: None,
        secrets: std::collections::BTreeMap::from([("a".to_owned(), "secret".to_owned())]),
        digits: 2,
    }
}

struct Made(History);

impl Made {
    fn new() -> Self {
        Self(History { header: header(), ops: Vec::new() })
    }

    /// An accepted operation in the given phase, one after the other.
    fn op(mut self, phase: Phase, verb: Verb, on: &str, amount: i64) -> Self {
        let id = self.0.ops.len();
        let call_ns = id as u64 * 10;
        self.0.ops.push(Op {
            id,
            phase,
            verb,
            on: Some(on.to_owned()),
            args: Args { amount: (amount != 0).then_some(amount), ..Args::default() },
            key: None,
            request: Some(format!("r{id}")),
            tenant: "a".to_owned(),
            target: 0,
            call_ns,
            ret_ns: Some(call_ns + 5),
            outcome: Outcome::Ok,
            status: Some(200),
            seen: Seen { id: verb.is_creation().then(|| on.to_owned()), ..Seen::default() },
        });
        self
    }

    fn setup(self, verb: Verb, on: &str, amount: i64) -> Self {
        self.op(Phase::Setup, verb, on, amount)
    }

    fn race(self, verb: Verb, on: &str, amount: i64) -> Self {
        self.op(Phase::Race, verb, on, amount)
    }

    fn rest(self, verb: Verb, on: &str) -> Self {
        self.op(Phase::Final, verb, on, 0)
    }

    /// Of the last operation.
    fn with(mut self, edit: impl FnOnce(&mut Op)) -> Self {
        edit(self.0.ops.last_mut().unwrap());
        self
    }

    fn status(self, status: &str) -> Self {
        self.with(|op| op.seen.status = Some(status.to_owned()))
    }

    fn version(self, version: u64) -> Self {
        self.with(|op| op.seen.version = Some(version))
    }

    fn refused(self) -> Self {
        self.with(|op| {
            op.outcome = Outcome::Refused;
            op.status = Some(400);
        })
    }

    /// Nobody knows what became of it.
    fn unknown(self) -> Self {
        self.with(|op| (op.outcome, op.ret_ns, op.status) = (Outcome::Unknown, None, None))
    }

    fn balance(self, balance: i64) -> Self {
        self.with(|op| op.seen.balance = Some(balance))
    }

    fn entries(self, amounts: &[i64]) -> Self {
        let entry = |amount: &i64| Entry { amount: *amount, id: None, balance_after: None };
        self.with(|op| op.seen.entries = Some(amounts.iter().map(entry).collect()))
    }

    fn names(self, names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        self.with(|op| op.seen.names = Some(names))
    }

    /// All raced operations at one moment.
    fn together(mut self) -> Self {
        let raced = || self.0.raced().map(|op| (op.call_ns, op.ret_ns));
        let (start, end) =
            (raced().map(|(call, _)| call).min(), raced().filter_map(|(_, ret)| ret).max());
        for op in self.0.ops.iter_mut().filter(|op| op.phase == Phase::Race) {
            (op.call_ns, op.ret_ns) = (start.unwrap(), end);
        }
        self
    }
}

fn findings(judge: &str, made: &Made) -> usize {
    // What is kept and read again is judged the same.
    let again = History::from_jsonl(&made.0.to_jsonl()).unwrap();
    assert_eq!(again, made.0);
    by_id(judge).unwrap().findings(&again).len()
}

fn check(judge: &str, good: &Made, bad: &Made) {
    assert_eq!(findings(judge, good), 0, "{judge} blames a good history");
    assert!(findings(judge, bad) > 0, "{judge} lets a bad history pass");
    let all = by_id(judge).unwrap().findings(&bad.0);
    // What is missing between two numbers was nobody's answer.
    let is_named = |ops: &Vec<usize>| judge == "J6" || !ops.is_empty();
    assert!(all.iter().all(|finding| is_named(&finding.ops)), "{judge} names no operation");
    assert!(probe::judge::judge(&bad.0).iter().any(|finding| finding.judge == judge));
}

/// 100.00 on an account of which 60.00 are drawn twice; the second answer is edited.
fn two_consumes() -> Made {
    Made::new().setup(Verb::OpenRetainer, "r", 100_00).race(Verb::Consume, "r", 60_00).race(
        Verb::Consume,
        "r",
        60_00,
    )
}

#[test]
fn every_judge_is_shown_a_bad_history() {
    let sources = [
        include_str!("amounts.rs"),
        include_str!("monitors.rs"),
        include_str!("numbers.rs"),
        include_str!("order.rs"),
        include_str!("requests.rs"),
        include_str!("states.rs"),
    ];
    for judge in probe::judge::ALL {
        let call = format!("check(\"{}\"", judge.id);
        assert!(sources.iter().any(|source| source.contains(&call)), "{}", judge.id);
    }
}

#[test]
fn a_history_that_cannot_be_read_names_its_line() {
    let text = two_consumes().0.to_jsonl();
    let broken = text.replace("\"verb\":\"consume\"", "\"verb\":\"consum\"");
    let error = History::from_jsonl(&broken).unwrap_err().to_string();
    assert!(error.starts_with("line 3"), "{error}");
    assert!(History::from_jsonl("").is_err());
    assert!(History::from_jsonl(&text.replace("\"format\":1", "\"format\":2")).is_err());
}
