//! J13: tenants. What is another's is answered exactly like what does not exist.

use std::collections::BTreeMap;

use super::Remark;
use crate::history::{History, Op, Outcome, Verb};

pub(super) fn apart(history: &History) -> Vec<Remark> {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for op in history.ops.iter().filter(|op| op.verb.is_creation() && op.outcome == Outcome::Ok) {
        if let Some(made) = op.on.as_deref() {
            // The first to be told of an object is who made it.
            owners.entry(made).or_insert(&op.tenant);
        }
    }
    let mut remarks = Vec::new();
    for op in &history.ops {
        remarks.extend(reached(history, op, &owners));
        remarks.extend(told(history, op));
    }
    remarks
}

/// Nothing is done to, or read of, another tenant's object.
fn reached(history: &History, op: &Op, owners: &BTreeMap<&str, &str>) -> Option<Remark> {
    let object = op.on.as_deref()?;
    let owner = owners.get(object).filter(|owner| **owner != op.tenant)?;
    // Jobs are there for everybody to propose for.
    if op.outcome == Outcome::Ok && op.verb != Verb::Propose {
        let (verb, tenant) = (op.verb.name(), &op.tenant);
        return Some(Remark::new(
            format!("{tenant} was answered OK to {verb} of what is {owner}'s"),
            format!("أُجيب {tenant} بالقبول على ما يخص {owner}"),
            vec![op.id],
        ));
    }
    let absent = history.ops.iter().find(|other| {
        let unknown = |id: &str| !owners.contains_key(id);
        other.verb == op.verb
            && other.tenant == op.tenant
            && other.on.as_deref().is_some_and(unknown)
    })?;
    let (got, like) = (op.status?, absent.status?);
    (got != like).then(|| {
        Remark::new(
            format!("another tenant's object is answered {got}, an absent one {like}: it shows which exist"),
            format!("ما يخص غيره يُجاب {got} والمعدوم {like}: فيُعرف الموجود"),
            vec![op.id, absent.id],
        )
    })
}

/// No answer holds another tenant's secret.
fn told(history: &History, op: &Op) -> Option<Remark> {
    let mut secrets = history.header.secrets.iter();
    let (owner, _) = secrets
        .find(|(owner, secret)| **owner != op.tenant && op.seen.body.contains(secret.as_str()))?;
    Some(Remark::new(
        format!("an answer to {} holds what only {owner} may read", op.tenant),
        format!("جواب إلى {} فيه ما لا يقرؤه إلا {owner}", op.tenant),
        vec![op.id],
    ))
}
