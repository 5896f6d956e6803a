//! Arguments of `reidentify`. In: words. Out: typed values. Never: a default that is not told in the help.

use super::{Dir, Format, Kept};
use clap::Args;
use sakimori_custody::identifier::IdentifierField;
use sakimori_custody::ids::{Name, RecordId};

#[derive(Args, Debug)]
pub(crate) struct Reidentify {
    #[command(flatten)]
    pub(crate) dir: Dir,
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// The record.
    #[arg(long, value_name = "ID")]
    pub(crate) record: RecordId,
    /// Which identifier: source-mail, destination-mail or user.
    #[arg(long, value_name = "FIELD")]
    pub(crate) field: IdentifierField,
    /// The ruling that allows it: a signed note, which is entered first, or the index of its entry.
    #[arg(long, value_name = "FILE|INDEX")]
    pub(crate) ruling: String,
    /// In which case.
    #[arg(long, value_name = "NAME")]
    pub(crate) case: Name,
    /// Who asks, and did not vote; the name of the account without it.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unnamed")]
    pub(crate) actor: Name,
    /// How the value is shown.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
