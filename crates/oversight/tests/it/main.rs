//! The book held against a good history and against histories in which one thing is wrong.

mod history;
mod refusals;
