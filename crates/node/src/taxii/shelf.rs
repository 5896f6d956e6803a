//! The node's store as the handlers of collections reach it. In: work that reads or changes. Out: what the work gives. Never: a wait on a thread that drives others' tasks.

use super::sight::Marked;
use sakimori_exchange::taxii::Store;
use sakimori_liaison::share::Shared;
use std::collections::BTreeSet;

/// The collections of the node's store. Changes of one collection go one after the other in the store itself.
pub(super) struct Shelf(pub(super) Shared);

impl Shelf {
    /// Reads. Waits for the database.
    pub(super) fn read<T>(
        &self,
        statements: &BTreeSet<String>,
        work: impl FnOnce(&Marked<'_, &dyn Store>) -> T,
    ) -> T {
        let inner: &dyn Store = &self.0;
        work(&Marked { inner, statements })
    }

    /// Changes. Waits for the database.
    pub(super) fn write<T>(
        &self,
        statements: &BTreeSet<String>,
        work: impl FnOnce(&mut Marked<'_, &mut dyn Store>) -> T,
    ) -> T {
        let mut store = self.0.clone();
        let inner: &mut dyn Store = &mut store;
        work(&mut Marked { inner, statements })
    }
}
