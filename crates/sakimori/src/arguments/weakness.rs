//! Arguments of `weakness`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::Format;
use clap::{Args, Subcommand};
use sakimori_tlog::key::VerifierKey;
use std::path::PathBuf;

/// The office's vulnerability room: its cases, what others know of weaknesses, official letters.
#[derive(Args, Debug)]
pub(crate) struct Weakness {
    /// The node's folder; not for `letter`.
    #[arg(long = "node", value_name = "DIR", env = "SAKIMORI_DIR", global = true)]
    pub(crate) node: Option<PathBuf>,
    /// Where the node keeps its papers: `sqlite:FILE` or `postgres://…`; `store.sqlite` in the role's folder without it.
    #[arg(
        long,
        value_name = "URL",
        env = "SAKIMORI_STORE",
        hide_env_values = true,
        global = true
    )]
    pub(crate) store: Option<String>,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) format: Format,
    #[command(subcommand)]
    pub(crate) act: WeaknessAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WeaknessAct {
    /// Lists cases, the one that changed last first: stage, decision, what is due.
    List,
    /// Shows a case: where makers and coordinators stand, everything that happened, each with its log entry where something left by it.
    Show {
        /// The case.
        case: String,
    },
    /// The catalogue of exploited weaknesses (CISA, KEV) and the scores (FIRST, EPSS).
    #[command(subcommand)]
    Catalogues(Catalogues),
    /// Verifies an official letter, offline, and shows it: `GET /v1/maker-rooms/CASE/SECRET/letters/NUMBER` gives the file.
    Letter {
        /// The file.
        file: PathBuf,
        /// The office's key, as `sakimori report key` shows it there.
        #[arg(long, value_name = "LINE")]
        key: VerifierKey,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Catalogues {
    /// Judges new files and lays them in the office's folder, both or neither; without files says what is there, of which day, how old. No where one is missing, cannot be read or is older than
    /// a week.
    Check {
        /// A new catalogue: CISA's JSON, at most 64 MiB.
        #[arg(long, value_name = "FILE")]
        kev: Option<PathBuf>,
        /// New scores: the CSV of FIRST, unpacked, at most 64 MiB.
        #[arg(long, value_name = "FILE")]
        epss: Option<PathBuf>,
        /// Lets files that are older than those that are there take their place.
        #[arg(long)]
        older: bool,
    },
}
