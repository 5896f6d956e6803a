//! Stand-in for the tree functions of `tlog` while both are written.
use sha2::{Digest, Sha256};
pub(crate) fn leaf_hash(entry: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize()
        .into()
}
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier(u64, Vec<[u8; 32]>);
impl Frontier {
    pub(crate) fn push_entry(&mut self, entry: &[u8]) {
        let mut node = leaf_hash(entry);
        let mut size = self.0;
        while size & 1 == 1 {
            let left = self.1.pop().unwrap_or_default();
            node = Sha256::new()
                .chain_update([1])
                .chain_update(left)
                .chain_update(node)
                .finalize()
                .into();
            size >>= 1;
        }
        self.1.push(node);
        self.0 += 1;
    }
    pub(crate) fn size(&self) -> u64 {
        self.0
    }
    pub(crate) fn root(&self) -> [u8; 32] {
        self.1
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| {
                Sha256::new()
                    .chain_update([1])
                    .chain_update(left)
                    .chain_update(right)
                    .finalize()
                    .into()
            })
            .unwrap_or_else(|| Sha256::digest([]).into())
    }
}
