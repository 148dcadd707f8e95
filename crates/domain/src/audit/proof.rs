//! What proves that a leaf is in a tree, and that one tree began as another: the hashes of ranges of
//! leaves. Which ranges is said here; whoever has the nodes hashes them ([`Range::subtrees`]).

/// Leaves `from..to`, counted from 0: a subtree of the tree that ends with the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first leaf.
    pub from: u64,
    /// The one after the last.
    pub to: u64,
}

/// A complete subtree: the 2^`level` leaves from `at` · 2^`level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    /// How high it is; 0: a leaf.
    pub level: u32,
    /// Its place among all of its level, from 0.
    pub at: u64,
}

impl Range {
    /// The complete subtrees it is made of, largest first: what a [`Tree`](super::Tree) of its leaves
    /// has for peaks.
    pub fn subtrees(&self) -> Vec<Subtree> {
        let (mut from, mut left) = (self.from, self.to.saturating_sub(self.from));
        let mut subtrees = Vec::new();
        while let Some(level) = left.checked_ilog2() {
            let width = 1_u64.checked_shl(level).unwrap_or(u64::MAX);
            subtrees.push(Subtree { level, at: from.checked_shr(level).unwrap_or(0) });
            from = from.saturating_add(width);
            left = left.saturating_sub(width);
        }
        subtrees
    }

    /// Where the tree of more than one leaf divides: after the largest power of two that leaves a rest.
    fn middle(&self) -> Option<u64> {
        let last = self.to.checked_sub(self.from)?.checked_sub(1)?;
        Some(self.from.saturating_add(1_u64.checked_shl(last.checked_ilog2()?)?))
    }

    fn halves(&self) -> Option<(Self, Self)> {
        let middle = self.middle()?;
        Some((Self { from: self.from, to: middle }, Self { from: middle, to: self.to }))
    }
}

/// The ranges whose hashes prove that leaf `at` is in the tree of `size` leaves, in the order of RFC
/// 9162, 2.1.3; `None`: it is not.
pub fn inclusion(at: u64, size: u64) -> Option<Vec<Range>> {
    let mut whole = Range { from: 0, to: size };
    if at >= size {
        return None;
    }
    let mut ranges = Vec::new();
    while let Some((left, right)) = whole.halves() {
        let (inside, beside) = if at < left.to { (left, right) } else { (right, left) };
        ranges.push(beside);
        whole = inside;
    }
    ranges.reverse();
    Some(ranges)
}

/// The ranges whose hashes prove that the tree of `to` leaves began as the one of `from`, in the order
/// of RFC 9162, 2.1.4; `None`: it did not, or `from` is empty and there is nothing to prove.
pub fn consistency(from: u64, to: u64) -> Option<Vec<Range>> {
    if from == 0 || from > to {
        return None;
    }
    let mut whole = Range { from: 0, to };
    let mut ranges = Vec::new();
    while whole.to != from {
        let (left, right) = whole.halves()?;
        let (inside, beside) = if from <= left.to { (left, right) } else { (right, left) };
        ranges.push(beside);
        whole = inside;
    }
    // The whole old tree is what the verifier knows already.
    if whole.from != 0 {
        ranges.push(whole);
    }
    ranges.reverse();
    Some(ranges)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::audit::{Hash, Tree, leaf_hash, node_hash};
    use sha2::{Digest, Sha256};

    /// The entries of the log that the tests of Certificate Transparency's implementations share.
    pub(in crate::audit) const KNOWN_LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    /// Their roots, from the empty log on.
    pub(in crate::audit) const KNOWN_ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    pub(in crate::audit) fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// MTH of RFC 9162, 2.1.1, word by word.
    pub(in crate::audit) fn root_as_defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(largest_power_below(leaves.len()));
                node_hash(&root_as_defined(left), &root_as_defined(right))
            }
        }
    }

    fn largest_power_below(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    /// PATH of RFC 9162, 2.1.3.1, word by word.
    fn path_as_defined(m: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return vec![];
        }
        let k = largest_power_below(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut path, beside) = if m < k {
            (path_as_defined(m, left), right)
        } else {
            (path_as_defined(m - k, right), left)
        };
        path.push(root_as_defined(beside));
        path
    }

    /// SUBPROOF of RFC 9162, 2.1.4.1, word by word.
    fn subproof_as_defined(m: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
        if m == leaves.len() {
            return if is_known { vec![] } else { vec![root_as_defined(leaves)] };
        }
        let k = largest_power_below(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut proof, beside) = if m <= k {
            (subproof_as_defined(m, left, is_known), right)
        } else {
            (subproof_as_defined(m - k, right, false), left)
        };
        proof.push(root_as_defined(beside));
        proof
    }

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&[n])).collect()
    }

    fn hashed(ranges: &[Range], leaves: &[Hash]) -> Vec<Hash> {
        let index = |n| usize::try_from(n).unwrap();
        let one = |range: &Range| {
            let mut tree = Tree::default();
            for leaf in &leaves[index(range.from)..index(range.to)] {
                tree.append(*leaf);
            }
            let subtrees = range.subtrees();
            assert_eq!(subtrees.len() * 32, tree.peaks().len());
            for (subtree, peak) in subtrees.iter().zip(tree.peaks().chunks(32)) {
                let (first, width) = (subtree.at << subtree.level, 1 << subtree.level);
                let inside = &leaves[index(first)..index(first + width)];
                assert_eq!(root_as_defined(inside), *peak);
            }
            tree.root()
        };
        ranges.iter().map(one).collect()
    }

    #[test]
    fn inclusion_is_proved_as_defined() {
        let leaves = leaves(70);
        for size in 1..=70 {
            for at in 0..size {
                let ranges = inclusion(at, size).unwrap();
                let (at, size) = (usize::try_from(at).unwrap(), usize::try_from(size).unwrap());
                assert_eq!(hashed(&ranges, &leaves), path_as_defined(at, &leaves[..size]));
            }
            assert_eq!(inclusion(size, size), None);
        }
        assert_eq!(inclusion(0, 0), None);
    }

    #[test]
    fn consistency_is_proved_as_defined() {
        let leaves = leaves(70);
        for to in 1..=70 {
            for from in 1..=to {
                let ranges = consistency(from, to).unwrap();
                let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
                let defined = subproof_as_defined(from, &leaves[..to], true);
                assert_eq!(hashed(&ranges, &leaves), defined, "{from} {to}");
            }
            assert_eq!((consistency(0, to), consistency(to + 1, to)), (None, None));
        }
    }

    #[test]
    fn known_logs_have_their_known_proofs() {
        let leaves: Vec<Hash> = KNOWN_LEAVES.iter().map(|entry| leaf_hash(entry)).collect();
        let path = |at, size: u64| -> Vec<String> {
            let ranges = inclusion(at, size).unwrap();
            hashed(&ranges, &leaves).iter().map(|hash| hex(hash)).collect()
        };
        assert_eq!(
            path(0, 8),
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        );
        assert_eq!(path(2, 3), [KNOWN_ROOTS[2]]);
        let proof = hashed(&consistency(6, 8).unwrap(), &leaves);
        assert_eq!(
            proof.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    #[test]
    fn a_proof_at_a_million_is_short() {
        for at in [0, 1, 499_999, 999_999] {
            assert!(inclusion(at, 1_000_000).unwrap().len() <= 20);
        }
        assert!(consistency(999_999, 1_000_000).unwrap().len() <= 21);
        assert_eq!(Range { from: 0, to: u64::MAX }.subtrees().len(), 64);
    }
}
