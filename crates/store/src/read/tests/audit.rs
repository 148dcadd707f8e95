//! Proofs from stored nodes: the same as from all leaves, in both databases.

use domain::{
    audit::{self, Hash, Range, Tree},
    change::FirmBatch,
};

use super::both::Both;
use crate::{
    ReadError,
    fixture::{FIRM, empty_batch},
    samples::audit as record,
};

/// Long enough for two stored nodes and the beginning of a third.
const SIZE: i64 = 600;

fn leaf(n: i64) -> Hash {
    audit::leaf_hash(&n.to_be_bytes())
}

fn log() -> FirmBatch {
    let mut batch = empty_batch();
    for n in 1..=SIZE {
        let mut record = record(n);
        record.leaf = leaf(n);
        batch.audit_nodes.extend(batch.firm.audit.append(record.leaf));
        batch.audit.push(record);
    }
    batch
}

/// The hash of a range, from all its leaves.
fn hash(range: &Range) -> Hash {
    let mut tree = Tree::default();
    for at in range.from..range.to {
        tree.append(leaf(i64::try_from(at).unwrap() + 1));
    }
    tree.root()
}

fn root(size: u64) -> Hash {
    hash(&Range { from: 0, to: size })
}

#[tokio::test]
async fn proofs_are_read_from_stored_nodes() {
    let fixture = Both::with(log()).await;
    let reader = fixture.reader();
    for size in [1, 2, 255, 256, 257, 511, 512, 513, 599, 600] {
        let tree = reader.audit_tree(FIRM, Some(size)).await.unwrap().unwrap();
        assert_eq!((tree.size, tree.root), (size, root(size)));
        for n in [1, 2, 200, 256, 257, 512, 513, 600_i64].into_iter().filter(|n| *n as u64 <= size)
        {
            let found = reader.audit_inclusion(FIRM, n, Some(size)).await.unwrap().unwrap();
            let ranges = audit::inclusion(n as u64 - 1, size).unwrap();
            assert_eq!((found.record.n, found.record.leaf, found.tree), (n, leaf(n), tree));
            assert_eq!(found.proof, ranges.iter().map(hash).collect::<Vec<_>>());
        }
        for from in [1, 3, 255, 256, 257, 300, 512, 600].into_iter().filter(|from| *from <= size) {
            let found = reader.audit_consistency(FIRM, from, Some(size)).await.unwrap().unwrap();
            let ranges = audit::consistency(from, size).unwrap();
            assert_eq!((found.from.root, found.to), (root(from), tree));
            assert_eq!(found.proof, ranges.iter().map(hash).collect::<Vec<_>>());
        }
    }
    let now = reader.audit_tree(FIRM, None).await.unwrap().unwrap();
    assert_eq!((now.size, now.root), (600, root(600)));
    assert_eq!(reader.audit_tree(FIRM, Some(601)).await.unwrap(), None);
    assert_eq!(reader.audit_inclusion(FIRM, 601, None).await.unwrap(), None);
    assert_eq!(reader.audit_inclusion(FIRM, 0, None).await.unwrap(), None);
    assert_eq!(reader.audit_inclusion(FIRM, 300, Some(299)).await.unwrap(), None);
    assert_eq!(reader.audit_consistency(FIRM, 0, None).await.unwrap(), None);
    assert_eq!(reader.audit_consistency(FIRM, 601, None).await.unwrap(), None);
    let some = reader.audit_after(FIRM, 590, 599, 5).await.unwrap();
    assert_eq!(some.iter().map(|record| record.n).collect::<Vec<_>>(), [591, 592, 593, 594, 595]);
    assert_eq!(reader.audit_after(FIRM, 598, 599, 5).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_log_with_a_hole_proves_nothing() {
    let mut batch = log();
    batch.audit_nodes.remove(0);
    batch.audit.remove(520);
    let fixture = Both::with(batch).await;
    let reader = fixture.reader();
    for n in [300, 515] {
        let refused = reader.audit_inclusion(FIRM, n, None).await;
        assert!(matches!(refused, Err(ReadError::Row(_))), "{refused:?}");
    }
    assert!(reader.audit_inclusion(FIRM, 600, None).await.is_err());
}
