//! Arguments of `report` and `guidance`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::Format;
use clap::{Args, Subcommand};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::report::{CommonForm, Stage};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use std::path::PathBuf;

/// The language of what people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    En,
    Ja,
}

impl Lang {
    /// One of two texts.
    pub(crate) const fn of<'t>(self, en: &'t str, ja: &'t str) -> &'t str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }
}

/// A locale such as `ja_JP.UTF-8`; every other than Japanese reads English.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a parser of values gives a result"
)]
fn lang(text: &str) -> Result<Lang, std::convert::Infallible> {
    Ok(if text.starts_with("ja") {
        Lang::Ja
    } else {
        Lang::En
    })
}

fn form(text: &str) -> Result<CommonForm, String> {
    let found = CommonForm::ALL.into_iter().find(|form| form.id() == text);
    found.ok_or_else(|| "one of ddos, ransomware, other".to_owned())
}

fn stage(text: &str) -> Result<Stage, String> {
    let found = Stage::ALL.into_iter().find(|stage| stage.id() == text);
    found.ok_or_else(|| "one of prompt, full, correction".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Whose node it is, and who acts.
#[derive(Args, Debug)]
pub(crate) struct At {
    /// The node's folder.
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
    /// The language of what people read: `ja` or `en`.
    #[arg(long, value_name = "LANG", env = "LANG", default_value = "en", value_parser = lang, global = true)]
    pub(crate) lang: Lang,
    /// Who acts, for the record.
    #[arg(
        long = "as",
        value_name = "NAME",
        env = "USER",
        default_value = "unnamed",
        global = true
    )]
    pub(crate) by: String,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) format: Format,
}

/// Incident reports: written and filed at the operator's node, with no network and no server; taken at the office's.
#[derive(Args, Debug)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(subcommand)]
    pub(crate) act: ReportAct,
}

/// What is due at a node.
#[derive(Args, Debug)]
pub(crate) struct Due {
    #[command(flatten)]
    pub(crate) at: At,
    /// Show also what is due within so many days.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=366))]
    pub(crate) days: u64,
    /// As CSV.
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportAct {
    /// Is it to be reported? Asks the eight questions, or judges and keeps the answers of a case. What is not answered is unsure, and unsure never gives a no.
    Questions {
        /// The case whose answers are kept; without it nothing is kept.
        case: Option<Name>,
        /// An answer, such as `code=run` or `trace=yes`; may be repeated.
        #[arg(long = "answer", value_name = "QUESTION=ANSWER", value_parser = pair)]
        answers: Vec<(String, String)>,
    },
    /// Opens a case. The time of recognition is set here, once; now without it.
    New {
        /// The case's name, of `a-z 0-9 . -`.
        case: Name,
        /// The common form: ddos, ransomware, other.
        #[arg(long, value_name = "FORM", default_value = "other", value_parser = form)]
        form: CommonForm,
        /// When the event was recognised, such as 2026-10-01T03:00:00Z.
        #[arg(long, value_name = "TIME")]
        recognised_at: Option<Seconds>,
        /// The operator's name, as the office knows its node; needed the first time.
        #[arg(long, value_name = "NAME")]
        operator: Option<Name>,
    },
    /// Changes the draft of a case and keeps it; shows its fields where nothing is changed.
    Edit(Box<Edit>),
    /// Says what filing would do: whether it is to be reported, where it goes, what is missing, by when. Files nothing.
    Check {
        /// The case.
        case: Name,
    },
    /// Files the draft as the next version of its case; it waits to be sent from then on.
    File {
        /// The case.
        case: Name,
    },
    /// Sends what waits to the office's node and fetches its guidance; or writes what waits to a file for a stick, signed with the key of this node's certificate.
    Send {
        /// The file for the stick; nothing goes over the network then.
        #[arg(long, value_name = "FILE")]
        package: Option<PathBuf>,
    },
    /// Lists cases with their clocks, the one that was written last first.
    List,
    /// Shows a case: versions, receipts, clocks, files.
    Show {
        /// The case.
        case: Name,
    },
    /// Writes the draft, or a version that was filed, to a file: a workbook where its name ends with `.xlsx`, else JSON.
    Export {
        /// The case.
        case: Name,
        /// Where to.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Which version that was filed; the draft without it.
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
    /// Takes a JSON document or a workbook as the draft of its case.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Keeps a file with a case: typed by its content, hashed, at most 16 MiB, never opened.
    Attach {
        /// The case.
        case: Name,
        /// The file.
        file: PathBuf,
    },
    /// Lets somebody file on a case until the end of a day, and binds people and machines of this node to its name.
    Delegate {
        /// The case.
        case: Name,
        /// Who, by the name that documents show.
        filer: Name,
        /// The last day, such as 2026-10-31.
        #[arg(long, value_name = "DAY")]
        until: Date,
        /// A person or machine of this node that files under the name; may be repeated. Without one, nobody here does.
        #[arg(long = "who", value_name = "ID")]
        who: Vec<String>,
    },
    /// Who files for this operator on every case: lists them; lets one until a day, or ends one.
    Filers {
        /// The name that documents show.
        filer: Option<Name>,
        /// Lets it file until the end of this day.
        #[arg(long, value_name = "DAY", requires = "filer", conflicts_with = "end")]
        until: Option<Date>,
        /// A person or machine of this node that files under the name; may be repeated.
        #[arg(long = "who", value_name = "ID", requires = "until")]
        who: Vec<String>,
        /// Ends its right at once.
        #[arg(long, requires = "filer")]
        end: bool,
    },
    /// Takes receipts that came back on a stick; or verifies a receipt that is here, offline, and shows it.
    Receipt {
        /// The file from the stick: a package of receipts, or one receipt.
        #[arg(required_unless_present = "case", conflicts_with = "case")]
        file: Option<PathBuf>,
        /// The case whose receipt is verified and shown.
        #[arg(long, value_name = "CASE")]
        case: Option<Name>,
        /// Which version; the newest without it.
        #[arg(long, value_name = "N", requires = "case")]
        version: Option<u64>,
    },
    /// The office's key that receipts verify with: shows it at the office, makes it known to the operator's node where one is given.
    Key {
        /// The key's line, as the office shows it.
        line: Option<String>,
    },
    /// At the office: takes a package from a stick that its operator's node signed (`sakimori node join` made it known), and writes the receipts for the way back.
    Take {
        /// The file from the stick.
        file: PathBuf,
        /// Where the receipts go; FILE with `.receipts.json` behind it without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// A file that belongs to the one case of the stick; may be repeated.
        #[arg(long = "attachment", value_name = "FILE")]
        attachments: Vec<PathBuf>,
        /// Takes a package or document that no node signed, because another hand vouches for it.
        #[arg(long)]
        unsigned: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Edit {
    /// The case.
    pub(crate) case: Name,
    /// A field's value, such as `event.summary=…`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// A field's value as the text of a file; may be repeated.
    #[arg(long = "text", value_name = "KEY=FILE", value_parser = pair)]
    pub(crate) text: Vec<(String, String)>,
    /// A field that is not known yet; may be repeated.
    #[arg(long = "unknown", value_name = "KEY")]
    pub(crate) unknown: Vec<String>,
    /// A field that is taken out of the draft; may be repeated.
    #[arg(long = "clear", value_name = "KEY")]
    pub(crate) clear: Vec<String>,
    /// Another common form.
    #[arg(long, value_name = "FORM", value_parser = form)]
    pub(crate) form: Option<CommonForm>,
    /// Another stage: prompt, full, correction.
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    pub(crate) stage: Option<Stage>,
    /// Why a correction is made.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Who files.
    #[arg(long, value_name = "NAME")]
    pub(crate) filer: Option<Name>,
}

/// Guidance of the office, at the operator's node.
#[derive(Args, Debug)]
pub(crate) struct Guidance {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(subcommand)]
    pub(crate) act: GuidanceAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuidanceAct {
    /// Lists guidance with its day and state. `sakimori report send` fetches what is new.
    List,
    /// Shows a guidance with its lines to tick.
    Show {
        /// The guidance.
        id: String,
    },
    /// Ticks every line of a guidance; `sakimori report send` brings the answer to the office.
    Answer {
        /// The guidance.
        id: String,
        /// A line's answer: `1=done`, `2=planned:2026-10-31`, `3=not-applicable:WHY`, `4=not-done:WHY`; one for each line.
        #[arg(long = "tick", value_name = "LINE=ANSWER", required = true, value_parser = pair)]
        ticks: Vec<(String, String)>,
    },
}
