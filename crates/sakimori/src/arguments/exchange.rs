//! Arguments of `exchange`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::Format;
use clap::{Subcommand, ValueEnum};
use sakimori_custody::ids::Name;
use std::path::PathBuf;

/// A format to convert to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// A STIX 2.1 bundle, with what it has no place for in an extension.
    Stix,
    /// A STIX 2.1 bundle as misp-stix makes it, without the extension.
    StixPlain,
    /// MISP events.
    Misp,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Exchange {
    /// Judges files: STIX objects and bundles with their patterns, MISP events, CSAF documents, CVE records. Ends with 1 where one is not valid.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Recommendations too, not errors alone.
        #[arg(long)]
        warnings: bool,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Turns MISP events into a STIX bundle, or a STIX bundle into MISP events. What finds no place is told.
    Convert {
        /// The file.
        file: PathBuf,
        /// What it becomes.
        #[arg(long, value_enum)]
        to: To,
        /// Where it is written; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Proposes a selection pack from the indicators of a STIX bundle: a source that somebody reads, completes and signs. What a pack cannot say is told.
    Propose {
        /// The bundle.
        file: PathBuf,
        /// The pack's name.
        #[arg(long)]
        id: Name,
        /// What the pack is for: a line of ASCII.
        #[arg(long)]
        purpose: String,
        /// Where the source is written; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Polls a partner's collection over TAXII 2.1 into one of this node that is given to nobody. What was there comes again and is kept once.
    Poll(Box<crate::commands::poll::Poll>),
}
