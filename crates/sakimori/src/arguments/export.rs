//! Arguments of what leaves the office, and of what answers the commission's challenges.

use super::{Dir, Format, Kept};
use clap::{Args, Subcommand, ValueEnum};
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId};
use sakimori_custody::time::{Day, Seconds};
use sakimori_lake::{Prefix, Purpose};
use sakimori_release::{ConditionKind, Pap, RecipientKind, Tlp};
use std::net::IpAddr;
use std::path::PathBuf;

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// RFC 4180, with a head.
    #[default]
    Csv,
    /// One document.
    Json,
}

/// What is said beside the class: its kind, who says it where that is another, why.
#[derive(Clone, Debug)]
pub(crate) struct Beside {
    pub(crate) kind: ConditionKind,
    pub(crate) by: Option<Name>,
    pub(crate) reason: String,
}

fn word<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, String> {
    read(text).ok_or_else(|| format!("`{text}` is no such word"))
}

fn kind(text: &str) -> Result<RecipientKind, String> {
    word(text, RecipientKind::from_name)
}

fn tlp(text: &str) -> Result<Tlp, String> {
    word(text, Tlp::from_name)
}

fn pap(text: &str) -> Result<Pap, String> {
    word(text, Pap::from_name)
}

fn beside(text: &str) -> Result<Beside, String> {
    let (said, reason) = text
        .split_once('=')
        .ok_or("there is no `=` before the reason")?;
    let (kind, by) = said
        .split_once('/')
        .map_or((said, None), |(kind, by)| (kind, Some(by)));
    let by = by.map(str::parse::<Name>).transpose();
    Ok(Beside {
        kind: word(kind, ConditionKind::from_name)?,
        by: by.map_err(|e| e.to_string())?,
        reason: reason.to_owned(),
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// Writes records into a file for one recipient, with a mark of its own; needs purpose and case, and is on record before the file is there.
    Make(Box<ExportMake>),
    /// Names the export that a file, or a part of one, came from. Exit code 1 where none is found.
    Trace {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        dir: Dir,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ExportMake {
    #[command(flatten)]
    pub(crate) dir: Dir,
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Who gets it; the schedule says who may.
    #[arg(long, value_name = "NAME")]
    pub(crate) recipient: Name,
    /// As what: `state-agency`, `police-defence`, `carrier`, or `party` for a party's own result.
    #[arg(long = "as", value_name = "KIND", value_parser = kind)]
    pub(crate) kind: RecipientKind,
    /// On which basis of the law.
    #[arg(long, value_name = "TEXT")]
    pub(crate) basis: String,
    /// How the rights of communication parties were considered.
    #[arg(long, value_name = "TEXT")]
    pub(crate) rights: String,
    /// How far it may go.
    #[arg(long, default_value = "amber+strict", value_parser = tlp)]
    pub(crate) tlp: Tlp,
    /// What may be done with it.
    #[arg(long, default_value = "red", value_parser = pap)]
    pub(crate) pap: Pap,
    /// What the law asks for beside, for an hour: `need=REASON`, `protection-assessment=REASON`, or, of who gives it, `prior-consent/PARTY=REASON`. Again for each.
    #[arg(long = "condition", value_name = "KIND[/BY]=REASON", value_parser = beside)]
    pub(crate) conditions: Vec<Beside>,
    /// Where it is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Its form.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) form: Form,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: Purpose,
    /// In which case.
    #[arg(long, value_name = "NAME")]
    pub(crate) case: Name,
    /// Who exports; the name of the account without it.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unnamed")]
    pub(crate) actor: Name,
    /// The authority under which the records were selected; the node's newest without it.
    #[arg(long, value_name = "ID")]
    pub(crate) authority: Option<AuthorityId>,
    /// Of the bucket of this day alone; of every day that is kept without it.
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Option<Day>,
    /// One record.
    #[arg(long, value_name = "ID", group = "which")]
    pub(crate) record: Option<RecordId>,
    /// Records between two addresses.
    #[arg(long, num_args = 2, value_names = ["ADDRESS", "ADDRESS"], group = "which")]
    pub(crate) pair: Option<Vec<IpAddr>>,
    /// Records with an end in a prefix.
    #[arg(long, value_name = "CIDR", group = "which")]
    pub(crate) prefix: Option<Prefix>,
    /// From this time on.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Seconds>,
    /// Until before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Seconds>,
    /// Rows at most.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) limit: usize,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Challenge {
    /// Draws a record that the log says is held, for the commission, and puts the challenge on record.
    Draw {
        #[command(flatten)]
        dir: Dir,
        /// The commission's secretariat's key file.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// A bucket; any that is not gone without it. One that is gone has to be answered so.
        #[arg(long, value_name = "BUCKET")]
        bucket: Option<BucketId>,
    },
    /// Answers a challenge for the office: shows that the record opens, or that its bucket is gone.
    Answer {
        /// The challenge's entry; every open one without it.
        entry: Option<u64>,
        #[command(flatten)]
        dir: Dir,
        /// Who answers.
        #[arg(long, value_name = "NAME", env = "USER", default_value = "unnamed")]
        actor: Name,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}
