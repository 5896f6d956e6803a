//! Selected records at rest: encrypted buckets, keys, retention, look-ups.
