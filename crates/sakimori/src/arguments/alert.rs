//! Arguments of `alert` and `ddos`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::asset::Place;
use clap::{Args, Subcommand, ValueEnum};
use sakimori_exchange::alert::{Answer, Method};
use sakimori_exchange::feed::Grade;
use sakimori_liaison::alert::{FeedForm, answer_of, method_of};
use std::path::PathBuf;

/// Early warning: what an operator owns, what others saw of it, what it answered. At an operator's node this is what the office's node has for it; at the office's it is its own store.
#[derive(Args, Debug)]
pub(crate) struct Alert {
    #[command(flatten)]
    pub(crate) place: Place,
    /// At an operator's node: works on this folder's own store and never asks the office, for feeds of one's own. Nothing is sent from there.
    #[arg(long, global = true)]
    pub(crate) local: bool,
    #[command(subcommand)]
    pub(crate) act: AlertAct,
}

fn method(text: &str) -> Result<Method, String> {
    let words = "one of dns-txt, http-file, mail-to-contact, registry-paper";
    method_of(text).ok_or_else(|| words.to_owned())
}

fn form(text: &str) -> Result<FeedForm, String> {
    let words = "one of shadowserver, intelmq, n6, misp, list";
    FeedForm::of(text).ok_or_else(|| words.to_owned())
}

fn answer(text: &str) -> Result<Answer, String> {
    let words = "one of seen, acted, false, not-relevant";
    answer_of(text).ok_or_else(|| words.to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertAct {
    /// Claims an address, prefix, domain or AS number, and says what has to be shown for it.
    Register {
        /// The thing, such as 198.51.100.0/24, water.example or AS64500.
        thing: String,
        /// How control is shown: dns-txt, http-file, mail-to-contact, registry-paper.
        #[arg(long, value_name = "WORD", value_parser = method)]
        method: Method,
    },
    /// Asks that the office's node looks at a claim now, not when it would by itself.
    Look {
        /// The claim's id.
        id: String,
    },
    /// Tells what was found where a claim has to be shown, at the office or with `--local`. The look is counted, whatever it found.
    Prove(Prove),
    /// Lists what is claimed and what is shown, and what the last look gave.
    Things,
    /// Takes a feed, at the office or with `--local`: a report of Shadowserver under its own file name, events of `IntelMQ`, n6 or MISP, a list. All of it or nothing.
    Feed {
        /// The file.
        file: PathBuf,
        /// Its form: shadowserver, intelmq, n6, misp, list.
        #[arg(long, value_name = "WORD", value_parser = form)]
        form: FeedForm,
        /// How far its sender is to be believed, by the Admiralty system, such as B2.
        #[arg(long, value_name = "GRADE")]
        grade: Grade,
    },
    /// Lists alerts, those that changed last first.
    List {
        /// Those alone that stand there: open, seen, acted, false, not-relevant.
        #[arg(long, value_name = "WORD")]
        state: Option<String>,
    },
    /// Shows an alert with all that its source said.
    Show {
        /// Its id.
        id: String,
    },
    /// Answers an alert.
    Answer {
        /// Its id.
        id: String,
        /// seen, acted, false or not-relevant.
        #[arg(value_parser = answer)]
        answer: Answer,
    },
    /// What was answered about each source.
    Rates,
    /// Shows how the operator is told, or sets it: what is not named is not used any more. The secret of a webhook that is new is shown once.
    Tell {
        /// A webhook, https.
        #[arg(long, value_name = "URL")]
        webhook: Option<String>,
        /// A mail address for a digest.
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
        /// Language of the digest: ja or en.
        #[arg(long, value_name = "LANG", default_value = "ja", requires = "mail")]
        language: String,
        /// How often the digest is sent, hours.
        #[arg(long, value_name = "N", default_value_t = 24, requires = "mail")]
        every_hours: u32,
        /// Nothing is sent any more.
        #[arg(long, conflicts_with_all = ["webhook", "mail"])]
        nothing: bool,
    },
}

/// What was found.
#[derive(Args, Debug)]
pub(crate) struct Prove {
    /// The claim's id.
    pub(crate) id: String,
    /// A TXT record of the place; may be repeated.
    #[arg(long, value_name = "TEXT", group = "found")]
    pub(crate) txt: Vec<String>,
    /// The file that stands at the place.
    #[arg(long, value_name = "FILE", group = "found")]
    pub(crate) file: Option<PathBuf>,
    /// The text of an answer by mail.
    #[arg(long, value_name = "FILE", group = "found")]
    pub(crate) mail: Option<PathBuf>,
    /// The answer came from the contact that the registry names, as the mail's own checks say.
    #[arg(long, requires = "mail")]
    pub(crate) from_contact: bool,
    /// The reference on a paper of the registry; who acts has seen it.
    #[arg(long, value_name = "TEXT", group = "found")]
    pub(crate) paper: Option<String>,
}

/// Forms of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuleForm {
    /// A table for nftables.
    Nftables,
    /// `FlowSpec` as `ExaBGP` reads it.
    Exabgp,
    /// `FlowSpec` as `GoBGP` reads it.
    Gobgp,
}

/// Floods: what they look like, for those who are next.
#[derive(Debug, Subcommand)]
pub(crate) enum Ddos {
    /// Makes a fingerprint of captures: neither payloads nor addresses of clients or of who was attacked are in it.
    Fingerprint {
        /// Captures, pcap or pcapng, plain or gzip.
        #[arg(required = true, value_name = "CAPTURE")]
        captures: Vec<PathBuf>,
    },
    /// Writes a fingerprint as rules, for one's own prefix. Nothing is loaded.
    Export {
        /// The fingerprint.
        file: PathBuf,
        /// The prefix that is to be kept free.
        #[arg(long, value_name = "CIDR", value_parser = protected)]
        protect: sakimori_select::Prefix,
        /// The form.
        #[arg(long, value_enum)]
        form: RuleForm,
    },
    /// What a fingerprint fills in of a report on a flood, a field a line as `report edit --set` takes it. The volume is the mean of what was captured.
    Fields {
        /// The fingerprint.
        file: PathBuf,
    },
    /// Sends a fingerprint to the office's node, which lets it go to others where its gate says so.
    Send {
        #[command(flatten)]
        place: Place,
        /// The fingerprint.
        file: PathBuf,
        /// What is to be said of it.
        #[arg(long, value_name = "TEXT", default_value = "")]
        words: String,
    },
    /// Lists the fingerprints that the office let go for this operator.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Fetches a fingerprint that the office let go for this operator, for `ddos export` and `ddos fields`.
    Get {
        #[command(flatten)]
        place: Place,
        /// Its id.
        id: String,
    },
}

fn protected(text: &str) -> Result<sakimori_select::Prefix, String> {
    sakimori_exchange::list::prefix(text).map_err(|why| format!("`{text}` {why}"))
}
