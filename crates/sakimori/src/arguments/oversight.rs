//! Arguments of what inspectors and the commission's secretariat do.

use super::{Dir, Format};
use clap::{Args, Subcommand, ValueEnum};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use std::path::PathBuf;

/// A copy of the log.
#[derive(Args, Debug)]
pub(crate) struct Copy {
    /// A node's folder, a log's or a mirror's.
    #[arg(long, value_name = "DIR", env = "SAKIMORI_DIR")]
    pub(crate) dir: PathBuf,
    /// The trust root that you trust; the log's own first without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_root: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Oversight {
    /// The yearly report to the Diet (Act 42/2025 art. 61(2)): a function of the log alone.
    #[command(subcommand)]
    Report(Report),
    /// What is late, missing or open, at a time.
    Due {
        #[command(flatten)]
        copy: Copy,
        /// The time; this machine's without it.
        #[arg(long, value_name = "TIME")]
        now: Option<Seconds>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Follows a record, bucket or finding to its acquisition, its authority and decision, and its end, in three steps.
    Follow {
        /// A record's id, a bucket, or a finding's file.
        what: String,
        #[command(flatten)]
        copy: Copy,
        /// The time, which says whether its end is over; this machine's without it.
        #[arg(long, value_name = "TIME")]
        now: Option<Seconds>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Measures as a copy of the log shows them: texts, decisions, acts, renewals, reports that are owed.
    Measures {
        /// One measure; all without it.
        measure: Option<AuthorityId>,
        #[command(flatten)]
        copy: Copy,
        /// The time; this machine's without it.
        #[arg(long, value_name = "TIME")]
        now: Option<Seconds>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Figures of the measures of a year of Japan, counted of a copy of the log alone.
    MeasureFigures {
        /// The year.
        year: u64,
        #[command(flatten)]
        copy: Copy,
        /// The time; this machine's without it.
        #[arg(long, value_name = "TIME")]
        now: Option<Seconds>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Prints the plan behind the newest text of a measure, as the commission's node keeps it; its digest is held against the text.
    Plan {
        /// The measure.
        measure: AuthorityId,
        #[command(flatten)]
        copy: Copy,
    },
    /// Looks for misuse: queries without a case, slow scraping, mass export, odd hours, ended accounts, budgets. Exit code 1 where there is any.
    Misuse {
        #[command(flatten)]
        copy: Copy,
        /// The time; this machine's without it.
        #[arg(long, value_name = "TIME")]
        now: Option<Seconds>,
        /// The secretariat's key file: opens a case for each that is new, with its evidence sealed in this folder.
        #[arg(long, value_name = "FILE", requires = "evidence")]
        key: Option<PathBuf>,
        /// The folder of sealed evidence.
        #[arg(long, value_name = "DIR", requires = "key")]
        evidence: Option<PathBuf>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Opens a sealed pack of evidence with the secretariat's key.
    Evidence {
        /// The pack.
        file: PathBuf,
        /// The secretariat's key file.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Opens an inspection, enters a finding, or closes it.
    Inspect(Inspect),
    /// Writes a notice, demand or recommendation of the commission.
    Letter(Box<Letter>),
    /// Replies to a letter, for the office.
    Reply {
        /// Index of the letter's entry.
        letter: u64,
        /// Who replies.
        #[arg(long, value_name = "NAME")]
        from: Name,
        /// What is said.
        #[arg(long, value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        dir: Dir,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// Writes the report in Japanese and English, with its numbers as CSV.
    Write {
        /// The year, in Japan.
        #[arg(long, value_name = "YEAR")]
        year: u64,
        #[command(flatten)]
        copy: Copy,
        /// Where the three files are written.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The secretariat's key file: puts the report on record too.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Computes a report anew and says where it differs. Exit code 1 where it does.
    Verify {
        /// A text of the report: Markdown or CSV.
        file: PathBuf,
        /// The year, in Japan.
        #[arg(long, value_name = "YEAR")]
        year: u64,
        #[command(flatten)]
        copy: Copy,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// What is done in an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectAct {
    /// It begins.
    Open,
    /// It found something.
    Finding,
    /// It is over.
    Close,
}

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// What is done.
    pub(crate) act: InspectAct,
    /// The inspection's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) inspection: Name,
    /// Who inspects.
    #[arg(long, value_name = "NAME")]
    pub(crate) inspector: Name,
    /// What is inspected.
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: String,
    /// What is said.
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,
    /// The secretariat's key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) dir: Dir,
}

/// Which letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LetterKind {
    /// Art. 66.
    Notice,
    /// Art. 67.
    Demand,
    /// Art. 68.
    Recommendation,
}

#[derive(Args, Debug)]
pub(crate) struct Letter {
    /// Which.
    pub(crate) kind: LetterKind,
    /// Its name.
    #[arg(long, value_name = "NAME")]
    pub(crate) id: Name,
    /// To whom.
    #[arg(long, value_name = "TEXT")]
    pub(crate) to: String,
    /// About what, in a line.
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: String,
    /// What it says.
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,
    /// An authority, entry or measure that it is about.
    #[arg(long, value_name = "TEXT")]
    pub(crate) about: Option<String>,
    /// For a demand to stop: the suspension that chair or deputy signed; `sakimori authority suspend` makes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) stop: Option<PathBuf>,
    /// The secretariat's key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) dir: Dir,
}
