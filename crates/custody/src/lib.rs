//! What is held and who may see it: records, stages, ids, entries, time.
