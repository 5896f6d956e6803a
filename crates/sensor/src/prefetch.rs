//! The one processor hint that the flow table needs. In: a reference. Out: nothing. Never: a memory access that can fail.
//!
//! Measured need: with batches and this hint the table costs 18 ns per packet instead of 40 (reference workload, 247,000 flows).
#![expect(
    unsafe_code,
    reason = "the prefetch instruction has no safe form in the standard library"
)]

/// Asks the processor to bring the cache line of `value` near. Does nothing on other processors than `x86_64`.
#[inline]
pub(crate) fn near<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the pointer comes from a live reference; the instruction only hints and cannot fault.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
            std::ptr::from_ref(value).cast(),
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
