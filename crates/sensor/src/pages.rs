//! Large pages for the tables that are read at random. In: a table. Out: a hint to the system. Never: a change of what is in it.
//!
//! Measured need: see `docs/performance.md`; without it a tenth of the time goes into finding 4 KiB pages.
#![expect(unsafe_code, reason = "advice on memory has no safe form in rustix")]

use rustix::mm::{Advice, madvise};

/// Asks for pages of 2 MiB for the memory of `table`, used and spare. Where the system has none, nothing changes.
pub(crate) fn large<T>(table: &mut Vec<T>) {
    const PAGE: usize = 4096;
    let start = table.as_mut_ptr().addr();
    let end = start + table.capacity() * size_of::<T>();
    let (first, last) = (start.next_multiple_of(PAGE), end - end % PAGE);
    if first < last {
        let at = table.as_mut_ptr().map_addr(|_| first).cast();
        // SAFETY: the pages lie wholly in memory that the vector owns, and this advice changes no byte of them.
        let _ = unsafe { madvise(at, last - first, Advice::LinuxHugepage) };
    }
}
