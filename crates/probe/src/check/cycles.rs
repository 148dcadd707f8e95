//! C3: serializability across accounts, after Elle. An account's statement is a list that is only ever
//! appended to, so its order is known; from what each transaction appended and read follows which must
//! come before which. **A cycle of musts is an anomaly, and the shortest one is printed.**

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Verdict;

/// A transaction: what it appended, and the lists it read.
#[derive(Debug, Clone, Default)]
pub struct Txn {
    /// The operation's id.
    pub op: usize,
    /// When it began.
    pub call: u64,
    /// When it ended; `None`: perhaps not yet.
    pub ret: Option<u64>,
    /// Elements by list; an element stands once in the whole history.
    pub appends: Vec<(String, i64)>,
    /// Lists as they were read.
    pub reads: Vec<(String, Vec<i64>)>,
}

/// Why one transaction must precede another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Because {
    Before,
    Appended { list: String, first: i64, then: i64 },
    Read { list: String, element: i64 },
    Missed { list: String, element: i64 },
}

struct Edge {
    to: usize,
    because: Because,
}

/// Looks for elements out of nowhere, lists that contradict each other, and cycles.
pub fn check(txns: &[Txn]) -> Verdict {
    match graph(txns) {
        Err(verdict) => verdict,
        Ok(edges) => shortest(&edges).map_or(Verdict::Ok, |cycle| complaint(txns, &edges, &cycle)),
    }
}

/// The longest version of every list; all others must be its beginnings.
fn lists(txns: &[Txn]) -> Result<BTreeMap<&str, &[i64]>, Verdict> {
    let mut longest: BTreeMap<&str, (&[i64], usize)> = BTreeMap::new();
    for txn in txns {
        for (list, read) in &txn.reads {
            let known = longest.entry(list).or_insert((read, txn.op));
            if !read.starts_with(known.0) && !known.0.starts_with(read) {
                let why = format!(
                    "T{} and T{} read {list} as {:?} and {read:?}: neither is the other's beginning",
                    known.1, txn.op, known.0
                );
                return Err(Verdict::Violated { why, ops: vec![known.1, txn.op] });
            }
            if !known.0.starts_with(read) {
                *known = (read, txn.op);
            }
        }
    }
    Ok(longest.into_iter().map(|(list, (read, _))| (list, read)).collect())
}

fn graph(txns: &[Txn]) -> Result<Vec<Vec<Edge>>, Verdict> {
    let lists = lists(txns)?;
    let mut writer: BTreeMap<(&str, i64), usize> = BTreeMap::new();
    for (n, txn) in txns.iter().enumerate() {
        for (list, element) in &txn.appends {
            writer.insert((list, *element), n);
        }
    }
    let mut edges: Vec<BTreeSet<(usize, Because)>> = vec![BTreeSet::new(); txns.len()];
    let mut must = |from: usize, to: usize, because: Because| {
        if from != to {
            edges[from].insert((to, because));
        }
    };
    for (list, order) in &lists {
        for pair in order.windows(2) {
            let writers = (writer.get(&(list, pair[0])), writer.get(&(list, pair[1])));
            if let (Some(from), Some(to)) = writers {
                let (list, first, then) = ((*list).to_owned(), pair[0], pair[1]);
                must(*from, *to, Because::Appended { list, first, then });
            }
        }
    }
    for (n, txn) in txns.iter().enumerate() {
        for (list, read) in &txn.reads {
            let order = lists.get(list.as_str()).copied().unwrap_or_default();
            let last = read.iter().rev().find_map(|element| {
                writer.get(&(list.as_str(), *element)).map(|from| (*from, *element))
            });
            if let Some((from, element)) = last {
                must(from, n, Because::Read { list: list.clone(), element });
            }
            for (to, element) in after(txns, &writer, list, order, read.len()) {
                must(n, to, Because::Missed { list: list.clone(), element });
            }
        }
    }
    for (a, first) in txns.iter().enumerate() {
        for (b, then) in txns.iter().enumerate() {
            if first.ret.is_some_and(|ret| ret < then.call) {
                must(a, b, Because::Before);
            }
        }
    }
    let edges = edges
        .into_iter()
        .map(|all| all.into_iter().map(|(to, because)| Edge { to, because }).collect::<Vec<_>>());
    Ok(edges.collect())
}

/// What comes next after so many elements of a list: the next that anybody read, or, after all of those,
/// whatever was appended for certain and never read.
fn after(
    txns: &[Txn],
    writer: &BTreeMap<(&str, i64), usize>,
    list: &str,
    order: &[i64],
    count: usize,
) -> Vec<(usize, i64)> {
    if let Some(next) = order.get(count) {
        return writer.get(&(list, *next)).map(|to| (*to, *next)).into_iter().collect();
    }
    let unread = writer.iter().filter(|((name, element), to)| {
        *name == list && !order.contains(element) && txns[**to].ret.is_some()
    });
    unread.map(|((_, element), to)| (*to, *element)).collect()
}

/// The shortest cycle, as the nodes it passes: breadth first from every node.
fn shortest(edges: &[Vec<Edge>]) -> Option<Vec<usize>> {
    (0..edges.len()).filter_map(|start| back_to(edges, start)).min_by_key(Vec::len)
}

fn back_to(edges: &[Vec<Edge>], start: usize) -> Option<Vec<usize>> {
    let mut from: Vec<Option<usize>> = vec![None; edges.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for edge in &edges[node] {
            if edge.to == start {
                let mut path = vec![node];
                while let Some(previous) = path.last().and_then(|last| from[*last]) {
                    path.push(previous);
                }
                path.reverse();
                return Some(path);
            }
            if from[edge.to].is_none() {
                from[edge.to] = Some(node);
                queue.push_back(edge.to);
            }
        }
    }
    None
}

fn complaint(txns: &[Txn], edges: &[Vec<Edge>], cycle: &[usize]) -> Verdict {
    let next = cycle.iter().cycle().skip(1);
    let steps: Vec<String> = cycle
        .iter()
        .zip(next)
        .filter_map(|(from, to)| {
            let edge = edges[*from].iter().find(|edge| edge.to == *to)?;
            let (a, b) = (txns[*from].op, txns[*to].op);
            let why = match &edge.because {
                Because::Before => format!("T{a} had ended when T{b} began"),
                Because::Appended { list, first, then } => {
                    format!("{list} has T{a}'s {first} before T{b}'s {then}")
                }
                Because::Read { list, element } => format!("T{b} read T{a}'s {element} in {list}"),
                Because::Missed { list, element } => {
                    format!("T{a} did not see T{b}'s {element} in {list}")
                }
            };
            Some(format!("T{a} must precede T{b} because {why}"))
        })
        .collect();
    let ops = cycle.iter().map(|node| txns[*node].op).collect();
    Verdict::Violated { why: steps.join("; "), ops }
}
