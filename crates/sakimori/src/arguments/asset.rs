//! Arguments of `asset`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::Format;
use clap::{Args, Subcommand};
use sakimori_access::Ministry;
use sakimori_cooperate::Answer;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::scope::SubType;
use sakimori_custody::ids::Name;
use sakimori_node::Role;
use std::path::PathBuf;

/// Whose node it is, for whom it is done, who does it.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The node's folder.
    #[arg(long = "node", value_name = "DIR", env = "SAKIMORI_DIR", global = true)]
    pub(crate) node: Option<PathBuf>,
    /// Which role's part of it: operator or office.
    #[arg(long, value_name = "ROLE", default_value = "operator", global = true)]
    pub(crate) role: Role,
    /// Where the node keeps its papers: `sqlite:FILE` or `postgres://…`; `store.sqlite` in the role's folder without it.
    #[arg(
        long,
        value_name = "URL",
        env = "SAKIMORI_STORE",
        hide_env_values = true,
        global = true
    )]
    pub(crate) store: Option<String>,
    /// Which operator, as the office knows its node; at an operator's node the one that was said when its first report was opened, without it.
    #[arg(
        long = "operator",
        value_name = "NAME",
        env = "SAKIMORI_OPERATOR",
        global = true
    )]
    pub(crate) operator: Option<Name>,
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

/// The register of assets and its notices: kept at the operator's node, taken at the office's, with no server, and with no network but for `questions` and `answer`.
#[derive(Args, Debug)]
pub(crate) struct Asset {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) act: AssetAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AssetAct {
    /// Takes a list, CSV or XLSX, all of it or nothing: every cell that is wrong is told. The columns model, version, bespoke, cpe and purl may be left out.
    Import {
        /// The list.
        file: PathBuf,
        /// It comes to what is there; without it the list is the whole register, and what it does not have is not used any more.
        #[arg(long)]
        more: bool,
        /// The day on which what changed did change; today in Japan without it.
        #[arg(long, value_name = "DATE")]
        on: Option<Date>,
    },
    /// Shows what is said of the operator once, or sets it: outline, sector, since when it has the duty, its filings under the economic-security Act.
    Outline {
        /// A document as this command shows it with `--format json`.
        file: Option<PathBuf>,
    },
    /// Lists entries with what is to be told of each and by when.
    List {
        /// Those alone of which this is to be told: new, changed, removed, told, nothing.
        #[arg(long, value_name = "WORD")]
        tell: Option<String>,
    },
    /// Shows an entry: its scope and duty, with the sentences that decide, in both languages.
    Show {
        /// Its number.
        number: u64,
    },
    /// Writes the register as CSV.
    Export,
    /// Answers the questions about the computer of an entry. What is not answered is unsure, and unsure never gives "outside".
    Scope(ScopeAnswers),
    /// Makes a notice of what is to be told and keeps it; its filing is for the office.
    Notice {
        /// A change notice.
        #[arg(long)]
        change: bool,
        /// Model, version, count, CPE name and package URL of each asset go with it; the law asks for none of them, advisories are matched better.
        #[arg(long)]
        details: bool,
        /// Says what the notice would tell, and makes none.
        #[arg(long, conflicts_with = "out")]
        dry_run: bool,
        /// Where the filing is written.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Asks the office's node "is this yours?": what advisories may mean of this operator's assets, the open questions alone.
    Questions {
        /// What is affected, what is not and what was answered too.
        #[arg(long)]
        all: bool,
    },
    /// Answers such a question at the office's node, which remembers it: an asset is not asked about again while its version and the advisory's are the same.
    Answer {
        /// The match, as `questions` lists it.
        id: String,
        /// The asset's number in the register.
        number: u64,
        /// not-this-product, not-this-version (it is that product, its version is not affected), this-product (its version is still to be asked) or affected; taken-back takes it back. What is about the product holds for every advisory on it.
        #[arg(value_parser = match_answer)]
        answer: String,
    },
    /// Lists the notices that were made, at the office those that were taken.
    Notices,
    /// At the office: takes an operator's filing.
    Take {
        /// The filing.
        file: PathBuf,
    },
    /// At the office: the assets that an operator registered.
    Registered,
    /// At the office: lists the table of names, or adds a pair.
    Name {
        /// The name that is met.
        #[arg(requires = "means")]
        written: Option<String>,
        /// The name that is meant.
        #[arg(requires = "source")]
        means: Option<String>,
        /// Who says so.
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
        /// The maker, where the pair is about its products.
        #[arg(long, value_name = "TEXT")]
        maker: Option<String>,
    },
    /// At the office: whose products an advisory (CSAF, or a CVE record 5.x) means. Asks the operators where that is not certain.
    Match {
        /// The advisory.
        file: PathBuf,
        /// Shows what this maker may be told: classes of numbers, and nothing where fewer than three operators are concerned.
        #[arg(long, value_name = "TEXT", conflicts_with = "minister")]
        maker: Option<String>,
        /// Shows what this competent minister (meti, mlit, mic or fsa) may be told: operators by name. `--as` is an officer of that ministry; that names were shown is on record.
        #[arg(long, value_name = "ID")]
        minister: Option<Ministry>,
    },
}

fn yes(text: &str) -> Result<Answer, String> {
    match text {
        "yes" => Ok(Answer::Yes),
        "no" => Ok(Answer::No),
        "unsure" => Ok(Answer::Unsure),
        _ => Err("one of yes, no, unsure".to_owned()),
    }
}

fn match_answer(text: &str) -> Result<String, String> {
    if sakimori_liaison::matching::is_answer(text) {
        return Ok(text.to_owned());
    }
    Err("one of not-this-product, not-this-version, this-product, affected, taken-back".to_owned())
}

fn sub_type(text: &str) -> Result<(SubType, Answer), String> {
    let (id, said) = text.split_once('=').unwrap_or((text, "yes"));
    let found = id.parse().map_err(|_| {
        let ids: Vec<&str> = SubType::ALL.iter().map(|each| each.id()).collect();
        format!("one of {}", ids.join(", "))
    })?;
    Ok((found, yes(said)?))
}

/// The answers about a computer.
#[derive(Args, Debug)]
pub(crate) struct ScopeAnswers {
    /// The entry's number.
    pub(crate) number: u64,
    /// Does a designated infrastructure operator use it?
    #[arg(long, value_name = "ANSWER", default_value = "yes", value_parser = yes)]
    pub(crate) designated: Answer,
    /// Is it the designated equipment itself or a part of it?
    #[arg(long, value_name = "ANSWER", default_value = "unsure", value_parser = yes)]
    pub(crate) equipment: Answer,
    /// Is it connected to the equipment and able to send data that influences it?
    #[arg(long, value_name = "ANSWER", default_value = "unsure", value_parser = yes)]
    pub(crate) connected: Answer,
    /// Does it prepare data periodically without which the equipment degrades?
    #[arg(long, value_name = "ANSWER", default_value = "unsure", value_parser = yes)]
    pub(crate) preparation: Answer,
    /// A sub-type of type 2 with its answer, such as `adjacent-router` or `internet-host=unsure`; may be repeated.
    #[arg(long = "sub-type", value_name = "ID[=ANSWER]", value_parser = sub_type)]
    pub(crate) sub_types: Vec<(SubType, Answer)>,
    /// The answer to every sub-type that is not named.
    #[arg(long, value_name = "ANSWER", default_value = "unsure", value_parser = yes)]
    pub(crate) others: Answer,
}
