//! Selection packs: what may be selected, in a text that people read and sign. In: a source text or a signed note. Out: a canonical text with its hash, lint
//! findings, coverage, a matcher. Never: a free expression, a regular expression, a look at content.
//!
//! Design 6.4, 6.6; `docs/reference/formats.md` section 10.4.

mod coverage;
pub mod limits;
mod lint;
mod matcher;
mod names;
mod pack;
mod selector;
mod special;

pub use lint::{Lint, Severity, lint};
pub use matcher::Matcher;
pub use pack::{Pack, PackError};
pub use selector::{Ja4Text, Prefix, Rule, Selector};
