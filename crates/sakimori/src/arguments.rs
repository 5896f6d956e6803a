//! Arguments. In: words. Out: commands with typed values. Never: a default that is not told in the help.

pub(crate) mod alert;
pub(crate) mod asset;
mod authority;
pub(crate) mod council;
pub(crate) mod duties;
pub(crate) mod exchange;
mod export;
pub(crate) mod letter;
pub(crate) mod measure;
pub(crate) mod oversight;
mod reidentify;
pub(crate) mod report;
pub(crate) mod weakness;

pub(crate) use authority::{
    Asked, Authority, Draft, Key, Root, Rule, Ruling, Sign, SignWith, Sitting, Suspend, Urgent,
    Who, Why,
};
pub(crate) use export::{Beside, Challenge, Export, ExportMake, Form};
pub(crate) use reidentify::Reidentify;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sakimori_control::witness::Outside;
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId, SensorId};
use sakimori_custody::record::Direction;
use sakimori_custody::time::{Day, Seconds};
use sakimori_lake::{Prefix, Purpose};
use sakimori_tlog::key::VerifierKey;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Active cyber defence that proves that it keeps the secrecy of communications.
///
/// Exit codes: 0 yes, 1 no (refused, not verified, damaged input), 2 usage, 70 a fault of this program, 75 the environment failed, try again.
#[derive(Debug, Parser)]
#[command(name = "sakimori", version, max_term_width = 120)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables and sentences.
    #[default]
    Text,
    /// One document for programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A small nation in one process tree: commission, office, carrier, an attack, and the proof of it all.
    Demo(Demo),
    /// Makes a node: keys of a commission of five, office, log and sensors, and the trust root that names them.
    Init(Init),
    /// Selection packs: what may be selected.
    #[command(subcommand)]
    Pack(Pack),
    /// Authority statements: what is allowed, and who decided it.
    #[command(subcommand)]
    Authority(Authority),
    /// Keys of one's own, in files and tokens.
    #[command(subcommand)]
    Key(Key),
    /// Sensors.
    #[command(subcommand)]
    Sensor(Sensor),
    /// Looks at selected records; needs a purpose and a case, and is on record.
    Query(Query),
    /// Shows one identifier of one record, once, as a ruling of the commission allows.
    Reidentify(Reidentify),
    /// Records that leave the office, each file with its recipient's mark.
    #[command(subcommand)]
    Export(Export),
    /// The commission's challenges: proof that records are held and open until their end.
    #[command(subcommand)]
    Challenge(Challenge),
    /// What inspectors and the commission's secretariat do: the yearly report, what is due, inspections, letters.
    #[command(subcommand)]
    Oversight(oversight::Oversight),
    /// Verifies a log, a node's folder, a mirror's copy or a proof file, offline.
    Verify(Verify),
    /// Selected records at rest.
    #[command(subcommand)]
    Lake(Lake),
    /// The ledger's process.
    #[command(subcommand)]
    Ledger(Ledger),
    /// The commission's process.
    #[command(subcommand)]
    Commission(Commission),
    /// A node that others call: office, commission or operator, over HTTPS, until it is ended.
    Serve(Box<crate::commands::serve::Serve>),
    /// This node's certificate, and the nodes that it knows.
    #[command(subcommand)]
    Node(crate::commands::serve::NodeCommand),
    /// People of a node: accounts, roles, clearances, one-time codes.
    Person(Box<crate::commands::serve::Person>),
    /// Cases of a node: what data are looked at for, and by whom.
    Case(Box<crate::commands::case::Case>),
    /// Machines of a node: tokens and certificates, each with its scopes and its end.
    Machine(Box<crate::commands::machine::Machine>),
    /// The register of assets and its notices.
    Asset(Box<asset::Asset>),
    /// Early warning: what an operator owns, what others saw of it, what it answered.
    Alert(Box<alert::Alert>),
    /// Measures: proposed, reviewed, decided, put in force by actuators, taken back, reported.
    Measure(Box<measure::MeasureOf>),
    /// An actuator on a system of one's own: runs it, stops it, shows what is in force.
    #[command(subcommand)]
    Actuator(sakimori_actuator::command::Verb),
    /// Products that the office lets go, and what an operator was given.
    Product(Box<council::Product>),
    /// The council: members, submissions, copies, material.
    Council(Box<council::Council>),
    /// Floods: a fingerprint of one's own captures, rules made of it.
    #[command(subcommand)]
    Ddos(alert::Ddos),
    /// Incident reports: written and filed at an operator's node, offline too, and taken at the office's.
    Report(Box<report::Report>),
    /// Guidance of the office, at an operator's node.
    Guidance(Box<report::Guidance>),
    /// Orders and demands of the minister, at an operator's node.
    Order(Box<letter::Order>),
    /// Support that an operator asks of the office, at the operator's node.
    Ticket(Box<letter::Ticket>),
    /// The schedule of duties: deadlines, routes, bureaus, products, each with its source.
    Duties(Box<duties::Duties>),
    /// What is overdue at a node, over reports, cases, guidance, letters, tickets, notices and weaknesses; exit code 1 where something is.
    Due(Box<report::Due>),
    /// The office's vulnerability room: cases, catalogues, official letters.
    Weakness(Box<weakness::Weakness>),
    /// Formats of others: STIX, MISP, CSAF, CVE, judged, converted, proposed for a pack.
    #[command(subcommand)]
    Exchange(exchange::Exchange),
    /// An outside witness of logs, which sees checkpoints alone.
    #[command(subcommand)]
    Witness(Witness),
}

/// The tag of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(pub(crate) [u8; 32]);

fn tag(text: &str) -> Result<Tag, String> {
    let tag = sakimori_custody::ids::unhex(text).map(Tag);
    tag.ok_or_else(|| "a tag has 64 hex digits, small letters".to_owned())
}

/// The folder of a node.
#[derive(Args, Debug)]
pub(crate) struct Dir {
    /// The node's folder.
    #[arg(long, value_name = "DIR", env = "SAKIMORI_DIR")]
    pub(crate) dir: PathBuf,
}

/// Where the office keeps the people who may see data.
#[derive(Args, Debug)]
pub(crate) struct Kept {
    /// Where the office's people are kept; `office/store.sqlite` without it. Where people are kept, who acts has to be one of them, with role, clearance and case.
    #[arg(
        long,
        value_name = "URL",
        env = "SAKIMORI_STORE",
        hide_env_values = true
    )]
    pub(crate) store: Option<String>,
}

/// What counts as home.
#[derive(Args, Debug)]
pub(crate) struct Home {
    /// Home country.
    #[arg(long, value_name = "CC", default_value = "JP", value_parser = country)]
    pub(crate) home_country: String,
    /// A further home prefix; may be repeated.
    #[arg(long = "home", value_name = "CIDR", value_parser = prefix)]
    pub(crate) home: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// A capture to play instead of the small nation's day.
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,
    /// A selection pack instead of the default one (all behaviours over all border-crossing traffic).
    #[arg(long, value_name = "FILE")]
    pub(crate) pack: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) home: Home,
    /// The node's folder; it is created. Without it, a new one among the temporary files.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// A sensor; may be repeated.
    #[arg(long = "sensor", value_name = "ID", default_value = "s-01")]
    pub(crate) sensors: Vec<SensorId>,
    /// An outside witness of the log, as `sakimori witness init` and its address give it: NAME=URL=VKEY[=VKEY]; may be repeated.
    #[arg(long = "witness", value_name = "NAME=URL=VKEY")]
    pub(crate) witnesses: Vec<Outside>,
    /// How many of the outside witnesses have to cosign a checkpoint beside the mirror.
    #[arg(long, value_name = "K", default_value_t = 1, requires = "witnesses")]
    pub(crate) witness_quorum: usize,
    /// The mirror cosigns with an ML-DSA-44 key too, and every proof has to show it.
    #[arg(long)]
    pub(crate) post_quantum: bool,
    /// Where the commission's part goes, so that office and commission share nothing; below the node's folder without it.
    #[arg(long, value_name = "DIR")]
    pub(crate) commission_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pack {
    /// Says what is wrong with a pack, or too broad in it.
    Lint {
        /// Source or note.
        file: PathBuf,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Makes the canonical text of a source; with a node, signs it as the office.
    Compile {
        /// Source.
        file: PathBuf,
        /// Where it is written; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The office's node, whose key signs.
        #[arg(long, value_name = "DIR", env = "SAKIMORI_DIR")]
        dir: Option<PathBuf>,
    },
    /// Shows selectors, hash and coverage.
    Show {
        /// Source or note; the default pack without it.
        file: Option<PathBuf>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sensor {
    /// Runs a sensor over captures, under an authority.
    Run(SensorRun),
}

#[derive(Args, Debug)]
pub(crate) struct SensorRun {
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// Which sensor.
    #[arg(long, value_name = "ID", default_value = "s-01")]
    pub(crate) sensor: SensorId,
    /// The authority; the node's newest without it.
    #[arg(long, value_name = "ID", conflicts_with = "folder")]
    pub(crate) authority: Option<AuthorityId>,
    /// An authority folder that is not the node's own.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) home: Home,
    /// A direction that the sensor is set to; whatever the authority names without it.
    #[arg(long = "direction", value_name = "NAME", value_parser = direction)]
    pub(crate) directions: Vec<Direction>,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Capture files, folders of them, or `-` for standard input.
    #[arg(value_name = "CAPTURE", required = true)]
    pub(crate) inputs: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) dir: Dir,
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: Purpose,
    /// In which case.
    #[arg(long, value_name = "NAME")]
    pub(crate) case: Name,
    /// Who asks; the name of the account without it.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unnamed")]
    pub(crate) actor: Name,
    /// The authority under which the records were selected; the node's newest without it.
    #[arg(long, value_name = "ID")]
    pub(crate) authority: Option<AuthorityId>,
    /// Of the bucket of this day alone; of every day that is kept without it.
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Option<Day>,
    /// One record.
    #[arg(long, value_name = "ID", group = "what")]
    pub(crate) record: Option<RecordId>,
    /// Records between two addresses.
    #[arg(long, num_args = 2, value_names = ["ADDRESS", "ADDRESS"], group = "what")]
    pub(crate) pair: Option<Vec<IpAddr>>,
    /// Records with an end in a prefix.
    #[arg(long, value_name = "CIDR", group = "what")]
    pub(crate) prefix: Option<Prefix>,
    /// Records with an identifier of this tag, 64 hex digits: the same address or user within an authority and epoch.
    #[arg(long, value_name = "HEX", group = "what", value_parser = tag, conflicts_with_all = ["from", "until"])]
    pub(crate) tag: Option<Tag>,
    /// With `--record`: its identifiers, as tags.
    #[arg(long, requires = "record", conflicts_with_all = ["from", "until"])]
    pub(crate) identifiers: bool,
    /// One SELECT over `records`, answered by the query process.
    #[arg(long, value_name = "SELECT", group = "what", conflicts_with_all = ["from", "until"])]
    pub(crate) sql: Option<String>,
    /// From this time on.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Seconds>,
    /// Until before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Seconds>,
    /// Rows at most.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) limit: usize,
    /// Memory of the query process, MiB.
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    pub(crate) memory: u64,
    /// Longest time of the query process, seconds.
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub(crate) deadline: u64,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// A node's folder, a log's, a mirror's, or a `.tlog-proof` file.
    pub(crate) target: PathBuf,
    /// The trust root that you trust; the log's own without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_root: Option<PathBuf>,
    /// A mirror's copy to compare with.
    #[arg(long, value_name = "DIR")]
    pub(crate) mirror: Option<PathBuf>,
    /// The time at which it is judged; this machine's without it.
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Seconds>,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Lake {
    /// Lists buckets: what there is, until when it is kept.
    List {
        #[command(flatten)]
        dir: Dir,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Keeps a bucket longer, as a ruling on record says.
    Extend {
        /// Index of the ruling's entry.
        ruling: u64,
        #[command(flatten)]
        dir: Dir,
    },
    /// Puts buckets on the purge list: what is in them may not be given out any more.
    Purge {
        /// A bucket; may be repeated.
        #[arg(required = true)]
        buckets: Vec<BucketId>,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        dir: Dir,
    },
    /// Destroys every bucket that has expired: both halves of its key, then its files.
    Expire {
        #[command(flatten)]
        dir: Dir,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Takes entries, publishes the log and feeds the commission's mirror, until it is ended.
    Run {
        #[command(flatten)]
        dir: Dir,
        /// Where the commission listens; where its folder says without it.
        #[arg(long, value_name = "URL")]
        commission: Option<String>,
        /// End with standard input.
        #[arg(long)]
        attached: bool,
    },
    /// Makes a damaged log whole from the mirror's copy; the ledger must not run.
    Repair {
        #[command(flatten)]
        dir: Dir,
        /// The mirror's copy.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Commission {
    /// Mirrors and cosigns the log, gives leases and halves of bucket keys, until it is ended.
    Run {
        #[command(flatten)]
        dir: Dir,
        /// Where to listen, on loopback; where it listened last without it.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
        /// End with standard input.
        #[arg(long)]
        attached: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Witness {
    /// Makes the folder of a witness: two keys, and the logs that it knows.
    Init {
        /// The witness's folder.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Name of its keys, such as court.example/witness.
        #[arg(long)]
        name: String,
        /// Verifier key of a log; may be repeated, and added to the file `logs` later.
        #[arg(long = "log", value_name = "VKEY")]
        logs: Vec<VerifierKey>,
    },
    /// Cosigns checkpoints of the logs that it knows, until it is ended.
    Run {
        /// The witness's folder.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Where to listen.
        #[arg(long, value_name = "ADDRESS")]
        listen: SocketAddr,
        /// End with standard input.
        #[arg(long)]
        attached: bool,
    },
}

fn country(text: &str) -> Result<String, String> {
    let letters = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    letters
        .then(|| text.to_owned())
        .ok_or_else(|| "a country is two capital letters, such as JP".to_owned())
}

fn prefix(text: &str) -> Result<String, String> {
    let read: Result<sakimori_sensor::direction::Prefix, _> = text.parse();
    read.map(|_| text.to_owned()).map_err(|e| e.to_string())
}

fn direction(text: &str) -> Result<Direction, String> {
    Direction::from_name(text).ok_or_else(|| "a direction is out-in, in-out or out-out".to_owned())
}
