//! The tree's head, and how it grows.

use sha2::{Digest, Sha256};

use crate::rows::AuditNode;

/// SHA-256.
pub type Hash = [u8; 32];

/// Of the nodes inside the tree, those at every so manieth level are stored: a proof is then made of at
/// most 2^8 rows of each stored level, however long the log is.
pub const LEVELS_PER_STORED: u32 = 8;

/// The head of a log: how many leaves there are, and the roots of the complete subtrees they make up,
/// from the largest to the smallest: one for each bit of the size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    peaks: Vec<Hash>,
}

impl Tree {
    /// A stored head; `None` if it is not one.
    pub fn of_stored(size: i64, peaks: &[u8]) -> Option<Self> {
        let size = u64::try_from(size).ok()?;
        let (peaks, rest) = peaks.as_chunks();
        let count = u32::try_from(peaks.len()).ok()?;
        let is_one = rest.is_empty() && count == size.count_ones();
        is_one.then(|| Self { size, peaks: peaks.to_vec() })
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The same, as rows count.
    ///
    /// # Panics
    /// At 2^63 leaves.
    pub fn count(&self) -> i64 {
        i64::try_from(self.size).expect("a log has less than 2^63 records")
    }

    /// What is stored beside the size.
    pub fn peaks(&self) -> &[u8] {
        self.peaks.as_flattened()
    }

    /// Appends a leaf by its hash; the nodes that are complete now and are stored.
    ///
    /// # Panics
    /// At 2^63 leaves.
    pub fn append(&mut self, leaf: Hash) -> Vec<AuditNode> {
        let mut nodes = Vec::new();
        let (mut hash, mut at, mut level) = (leaf, self.size, 0_u32);
        while at % 2 == 1 {
            let left = self.peaks.pop().expect("there is a peak for each bit of the size");
            hash = node_hash(&left, &hash);
            (at, level) = (at / 2, level.saturating_add(1));
            if level % LEVELS_PER_STORED == 0 {
                let at = i64::try_from(at).expect("a log has less than 2^63 records");
                nodes.push(AuditNode { level: level.into(), at, hash });
            }
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
        nodes
    }

    /// The hash of the whole tree.
    pub fn root(&self) -> Hash {
        root_over(&self.peaks)
    }
}

/// The hash of a tree that is made of these complete subtrees, from the largest to the smallest.
pub fn root_over(subtrees: &[Hash]) -> Hash {
    let root = subtrees.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
    root.unwrap_or_else(|| Sha256::digest([]).into())
}

/// The hash of a leaf.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(entry).finalize().into()
}

/// The hash of a node.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::proof::tests::{KNOWN_LEAVES, KNOWN_ROOTS, hex, root_as_defined};

    fn grown(size: usize) -> (Tree, Vec<Hash>, Vec<AuditNode>) {
        let leaves: Vec<Hash> =
            (0..size).map(|n| leaf_hash(&u64::try_from(n).unwrap().to_be_bytes())).collect();
        let mut tree = Tree::default();
        let nodes = leaves.iter().flat_map(|leaf| tree.append(*leaf)).collect();
        (tree, leaves, nodes)
    }

    #[test]
    fn known_logs_have_their_known_roots() {
        let mut tree = Tree::default();
        assert_eq!(hex(&tree.root()), KNOWN_ROOTS[0]);
        for (entry, root) in KNOWN_LEAVES.iter().zip(&KNOWN_ROOTS[1..]) {
            tree.append(leaf_hash(entry));
            assert_eq!(&hex(&tree.root()), root);
        }
    }

    #[test]
    fn a_head_grows_to_the_root_of_the_definition() {
        for size in (0..70).chain([255, 256, 257, 700]) {
            let (tree, leaves, _) = grown(size);
            assert_eq!(tree.root(), root_as_defined(&leaves), "{size}");
            assert_eq!(Tree::of_stored(tree.count(), tree.peaks()), Some(tree));
        }
    }

    #[test]
    fn complete_subtrees_of_256_are_stored_once() {
        let (_, leaves, nodes) = grown(700);
        let expected = [(0, 0..256), (1, 256..512)].map(|(at, range)| AuditNode {
            level: 8,
            at,
            hash: root_as_defined(&leaves[range]),
        });
        assert_eq!(nodes, expected);
        assert_eq!(grown(65_536).2.last().unwrap().level, 16);
    }

    #[test]
    fn what_is_no_head_is_not_taken_for_one() {
        for (size, peaks) in [(-1, 0), (0, 32), (1, 0), (1, 31), (1, 64), (3, 32), (4, 64)] {
            assert_eq!(Tree::of_stored(size, &vec![7; peaks]), None, "{size} {peaks}");
        }
    }
}
