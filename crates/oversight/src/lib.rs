//! What the log shows: the book that mirror, writer, inspector and report read. In: entries with their bodies, in order, and the time at which each is judged. Out: a verdict on each,
//! states, figures. Never: a clock, a disk, a word that is not in the log.
