//! Arguments of `measure notice`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use clap::{Args, Subcommand};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum NoticeAct {
    /// Drafts a notice to the contact for abuse that a registry's answer names; its reference is printed, and nothing leaves.
    Draft(Box<NewNotice>),
    /// Sends a notice by the office's mail server (`alerts.json` of its folder).
    Send {
        /// Its reference.
        reference: String,
        /// Another address than the one that it has.
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
    /// Enters what happened to a notice: `sent`, `bounced`, `acknowledged`, `acting`, `down`, `declined`, `closed`.
    Step {
        /// Its reference.
        reference: String,
        /// The state.
        state: String,
        /// In words.
        #[arg(long, value_name = "TEXT", default_value = "")]
        words: String,
    },
    /// Lists notices with their states and how long it took until their targets were down.
    List {
        /// Of one measure alone.
        #[arg(long, value_name = "ID")]
        measure: Option<AuthorityId>,
    },
    /// Reads a reply and tells which notices it is about. It sets a state only where it says that a notice did not arrive.
    Reply {
        /// The message, RFC 5322.
        file: PathBuf,
    },
}

/// What a notice tells.
#[derive(Args, Debug)]
pub(crate) struct NewNotice {
    /// The measure that it belongs to.
    #[arg(long, value_name = "ID")]
    pub(crate) measure: Option<AuthorityId>,
    /// An address or a name.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: String,
    /// Its port.
    #[arg(long, value_name = "PORT")]
    pub(crate) port: u16,
    /// Of traffic: `tcp` or `udp`, as it was seen.
    #[arg(long, value_name = "WORD")]
    pub(crate) protocol: Option<String>,
    /// Of traffic: the port of who was attacked, where it is one.
    #[arg(long, value_name = "PORT")]
    pub(crate) to_port: Option<u16>,
    /// What was seen: `ddos`, `login-attack`, `port-scan`, `infected-host`, `phishing`, `malware`, `botnet`, `compromised-server`.
    #[arg(long, value_name = "WORD")]
    pub(crate) what: String,
    /// The URL, the evidence, the method; not for traffic.
    #[arg(long, value_name = "TEXT")]
    pub(crate) detail: Option<String>,
    /// First seen.
    #[arg(long, value_name = "TIME")]
    pub(crate) first: Seconds,
    /// Last seen.
    #[arg(long, value_name = "TIME")]
    pub(crate) last: Seconds,
    /// In words.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) words: String,
    /// Who was hit, or speaks for who was.
    #[arg(long, value_name = "ORGANISATION")]
    pub(crate) reporter: String,
    /// The reporter's mail address.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) contact: String,
    /// In English; in Japanese without it.
    #[arg(long)]
    pub(crate) english: bool,
    /// The registry's answer (RDAP, JSON) that names the contact for abuse.
    #[arg(long, value_name = "FILE", required_unless_present = "to")]
    pub(crate) rdap: Option<PathBuf>,
    /// The contact, where a person knows it from elsewhere.
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "found",
        conflicts_with = "rdap"
    )]
    pub(crate) to: Option<String>,
    /// Where `--to` comes from.
    #[arg(long, value_name = "TEXT")]
    pub(crate) found: Option<String>,
}
