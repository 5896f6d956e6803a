//! Arguments of `duties`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::report::At;
use clap::{Args, Subcommand};
use sakimori_custody::time::Seconds;
use std::path::PathBuf;

/// The schedule of duties: every number and list of the law that notices, reports and their routes rest on.
#[derive(Args, Debug)]
pub(crate) struct Duties {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(subcommand)]
    pub(crate) act: DutiesAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DutiesAct {
    /// Shows every figure with its source and mark: of a file, of the node's schedule in force, or of the built-in one where no node is named.
    Show {
        /// A text or a signed note.
        file: Option<PathBuf>,
    },
    /// Writes the text of the next schedule: the newest of the office's node with the next version, or the built-in one.
    Draft {
        /// Where the text is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// In force from; as in the one before without it.
        #[arg(long, value_name = "TIME")]
        not_before: Option<Seconds>,
    },
    /// Says what is wrong with a text, or what it lacks; exit code 1 where it is no schedule.
    Lint {
        /// The text.
        file: PathBuf,
    },
    /// Signs a text as the office, after showing it, and puts it in force at the office's node; operators' nodes fetch it in their next round.
    Sign {
        /// The text.
        file: PathBuf,
        /// Where the signed note is written beside that, for a stick.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// At an operator's node: takes a signed schedule that came on a stick. Versions never go back.
    Take {
        /// The signed note.
        file: PathBuf,
    },
}
