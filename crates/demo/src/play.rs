//! The play. In: a folder that is not there yet, a capture or none, the program that plays each part. Out: a [`Story`], act by act. Never: two organisations in one process: ledger,
//! commission and sensor are processes of their own, and the sealed process is the sensor's child.
//!
//! Acts: a commission of five is set up · the office asks, a sitting decides · the carrier's sensor runs · an analyst looks · a stranger verifies · one byte of a copy is changed,
//! and the verifier names it.

mod parts;
mod tamper;

pub use parts::Part;
pub use tamper::Tampered;

use crate::traffic;
use sakimori_authority::statement::{Basis, Caps, Kind};
use sakimori_control::error::told;
use sakimori_control::journal::Log;
use sakimori_control::query::{self, Asked, Question};
use sakimori_control::setup::{self, Parties, member_key};
use sakimori_control::{ControlError, Host, Node, files, keys, office};
use sakimori_custody::ids::{AuthorityId, SensorId};
use sakimori_custody::record::{Direction, address_bytes};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_lake::{Ask, Span, What};
use sakimori_select::Pack;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// The seed of the day that is played.
const SEED: u64 = 1;
/// The sensor of the play.
const SENSOR: &str = "s-01";
/// Rows that the analyst looks at.
const ROWS_SHOWN: usize = 5;

/// What is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the node; it is created.
    pub dir: PathBuf,
    /// A capture; without one the small nation's day is made.
    pub capture: Option<PathBuf>,
    /// The pack; without one the default pack.
    pub pack: Option<PathBuf>,
    /// Home country.
    pub home_country: String,
    /// Home prefixes.
    pub home_prefixes: Vec<String>,
    /// The program that plays each part.
    pub program: PathBuf,
}

/// What happened.
#[derive(Clone, Debug)]
pub struct Story {
    /// Id of the authority.
    pub authority: AuthorityId,
    /// Who approved it.
    pub approvers: Vec<String>,
    /// First and last second of the authority.
    pub period: [Seconds; 2],
    /// Hash of the pack.
    pub pack: [u8; 32],
    /// What the sensor said, `sensor run --format json`.
    pub sensor: Value,
    /// Whether the sensor read all its input.
    pub whole: bool,
    /// What the analyst saw; none where nothing was found.
    pub looked: Option<Looked>,
    /// How many entries of each type the log holds.
    pub log: Vec<(String, u64)>,
    /// What the verifier said.
    pub verified: sakimori_verify::Report,
    /// What it said of the changed copy.
    pub tampered: Tampered,
}

/// What the analyst asked and got.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Indices of the two entries.
    pub entries: [u64; 2],
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<Value>>,
    /// How many there were.
    pub count: usize,
}

/// Told as the play goes on.
pub trait Audience {
    /// An act begins.
    fn act(&mut self, title: &str);
    /// Something has happened.
    fn line(&mut self, text: &str);
    /// The sensor's document.
    fn sensor(&mut self, document: &Value);
    /// What the analyst got.
    fn looked(&mut self, looked: &Looked);
    /// Entries of the log by type.
    fn log(&mut self, counts: &[(String, u64)]);
    /// What the verifier says.
    fn verified(&mut self, report: &sakimori_verify::Report);
    /// What it says of the changed copy.
    fn tampered(&mut self, tampered: &Tampered);
}

/// Why a play ended early.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// A use case failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A part's process failed; it said why on standard error.
    #[error("the {part} ended with exit code {code}")]
    Part {
        /// Which part.
        part: &'static str,
        /// Its exit code.
        code: u8,
    },
    /// The verifier could not read what was written.
    #[error("the verifier")]
    Verify(#[source] sakimori_verify::VerifyError),
}

impl PlayError {
    /// The exit code of a command that ended with this.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Control(error) => error.exit_code(),
            Self::Part { code, .. } => *code,
            Self::Verify(_) => sakimori_control::error::exit::ENVIRONMENT,
        }
    }
}

/// Plays the whole play.
///
/// # Errors
/// [`PlayError`]: what had happened until then stays in the folder.
pub fn play(
    options: &Options,
    host: &Host,
    audience: &mut dyn Audience,
) -> Result<Story, PlayError> {
    let node = Node::at(fresh(&options.dir)?);
    let pack = match &options.pack {
        Some(path) => office::read_pack(path)?,
        None => default_pack()?,
    };
    let sensor: SensorId = SENSOR
        .parse()
        .map_err(|e| ControlError::document("the sensor's name", e))?;
    let country = found(options, &node, &sensor, host, audience)?;
    audience.act("The office asks, a sitting decides");
    let statement = decide(&node, host, &pack, &sensor, audience)?;
    audience.act("The carrier's sensor runs, sealed");
    let (read, code) = run(options, &node, (&sensor, statement.id), audience)?;
    audience.act("An analyst looks, on record");
    let looked = look(&node, host, statement.id, &read)?;
    tell_looked(looked.as_ref(), audience);
    audience.act("What the log holds");
    let log = inventory(&node)?;
    audience.log(&log);
    drop(country);
    audience.act("A stranger verifies, offline");
    let verified = verify(&node, host)?;
    audience.verified(&verified);
    audience.act("One byte of a copy is changed");
    let tampered = tamper::tamper(&node, host)?;
    audience.tampered(&tampered);
    Ok(Story {
        authority: statement.id,
        approvers: statement.approvers(),
        period: [statement.not_before, statement.not_after],
        pack: statement.pack,
        sensor: read,
        whole: code == 0,
        looked,
        log,
        verified,
        tampered,
    })
}

/// Sets up the parties and starts ledger and commission; both run until what is returned is dropped, the ledger first.
fn found(
    options: &Options,
    node: &Node,
    sensor: &SensorId,
    host: &Host,
    audience: &mut dyn Audience,
) -> Result<[Part; 2], PlayError> {
    audience.act("A commission of five, an office, a carrier");
    let root = setup::create(node, &Parties::example(vec![sensor.clone()]), host)?;
    for member in &root.members {
        audience.line(&format!(
            "{} {} holds {}",
            member.role,
            member.id,
            member.key.name()
        ));
    }
    let commission = Part::commission(&options.program, node)?;
    audience.line(&format!(
        "the commission's mirror listens at {}",
        commission.told()
    ));
    let ledger = Part::ledger(&options.program, node)?;
    setup::enter_trust_root(node, host)?;
    audience
        .line("the trust root is entry 0 of the log, the schedule entry 1, cosigned by the mirror");
    release(options, node, host, audience)?;
    Ok([ledger, commission])
}

/// Office and chair release this program: from then on the sensor runs no other.
fn release(
    options: &Options,
    node: &Node,
    host: &Host,
    audience: &mut dyn Audience,
) -> Result<(), PlayError> {
    let name = |text: &str| {
        let read: Result<sakimori_custody::ids::Name, _> = text.parse();
        read.map_err(|e| ControlError::document("the release", e))
    };
    let (program, version) = (name("sakimori")?, name(env!("CARGO_PKG_VERSION"))?);
    let release = office::software_text(node, host, &options.program, &program, &version)?;
    let mut note = Note::sign(&release.to_string(), &[], 0)
        .ok_or_else(|| ControlError::document("the release", "its text cannot be signed"))?;
    note.add(&keys::read(&node.office_key("office"))?, 0);
    note.add(&keys::read(&member_key(node, "m1"))?, 0);
    let entered = office::enter(node, host, &note.to_bytes())?;
    audience.line(&format!(
        "office and chair release this program: entry {} of the log; a sensor runs no other",
        entered.index
    ));
    Ok(())
}

/// Runs the sensor over the capture that was given, or over the small nation's day.
fn run(
    options: &Options,
    node: &Node,
    under: (&SensorId, AuthorityId),
    audience: &mut dyn Audience,
) -> Result<(Value, u8), PlayError> {
    let (capture, _tap) = match &options.capture {
        Some(path) => (path.clone(), None),
        None => tap(node.folder(), audience)?,
    };
    let (read, code) = Part::sensor(&options.program, node, options, under, &capture)?;
    let read = read.ok_or(PlayError::Part {
        part: "sensor",
        code,
    })?;
    audience.sensor(&read);
    Ok((read, code))
}

fn tell_looked(looked: Option<&Looked>, audience: &mut dyn Audience) {
    let Some(looked) = looked else {
        audience.line("nothing was found, so nobody looks");
        return;
    };
    let [asked, answered] = looked.entries;
    audience.line(&format!(
        "the question is entry {asked}, the answer entry {answered}"
    ));
    audience.looked(looked);
}

/// Makes the folder; one with something in it is somebody's.
fn fresh(dir: &Path) -> Result<PathBuf, PlayError> {
    let failed = || ControlError::file("create", dir);
    std::fs::create_dir_all(dir).map_err(failed())?;
    let mut inside = std::fs::read_dir(dir).map_err(failed())?;
    if inside.next().is_some() {
        let dir = dir.display();
        return Err(ControlError::Usage(format!(
            "{dir} is not empty; name a folder that is not there yet"
        ))
        .into());
    }
    Ok(std::path::absolute(dir).map_err(failed())?)
}

fn default_pack() -> Result<Pack, PlayError> {
    let pack = Pack::parse_source(Pack::default_source());
    Ok(pack.map_err(|e| ControlError::document("the default pack", told(&e)))?)
}

/// The request, the sitting and the decision on record. The members sign with their own keys, each the same text.
fn decide(
    node: &Node,
    host: &Host,
    pack: &Pack,
    sensor: &SensorId,
    audience: &mut dyn Audience,
) -> Result<sakimori_authority::Statement, PlayError> {
    let now = host.seconds();
    let sitting = office::sitting(&["m1", "m2", "m4"], "m1", &["m1", "m2"], &["m4"], &["m3"])?;
    let draft = office::Draft {
        kind: Kind::Acquisition,
        basis: "act42-17"
            .parse()
            .map_err(|e| ControlError::document("the article", e))?,
        not_before: now,
        // Below three calendar months, whichever they are.
        not_after: now.plus(80 * DAY_SECONDS),
        sensors: vec![sensor.clone()],
        directions: vec![Direction::OutIn, Direction::InOut, Direction::OutOut],
        // Wide enough for a capture that is all attack.
        caps: Caps {
            match_ppm: 1_000_000,
            flow_bytes: 176,
            day_records: 10_000_000,
        },
        keep_days: 90,
        conditions: "none".to_owned(),
        replaces: None,
        decided: Some(Basis::Sitting(sitting)),
    };
    let reasons = office::Reasons {
        requester: "o1"
            .parse()
            .map_err(|e| ControlError::document("the requester", e))?,
        rights: "Only border-crossing traffic is read, by machine; what matches no condition is erased at once, and content never leaves the seal.".to_owned(),
        expected_share_ppm: 100_000,
        facts: "Implants that call relays abroad were found at operators of other countries; relays change weekly.".to_owned(),
        necessity: "Which machines at home call them cannot be known without the traffic that crosses the border.".to_owned(),
        alternatives: "Asking operators to look for known addresses was tried; the addresses were gone by then.".to_owned(),
    };
    let statement = office::draft(node, host, pack, &draft, &reasons)?;
    audience.line(&format!(
        "the office asks for authority {} with pack `{}` ({})",
        statement.id, pack.id, statement.coverage
    ));
    let text = statement.to_string();
    let mut note = Note::sign(&text, &[], 0)
        .ok_or_else(|| ControlError::document("the statement", "its text cannot be signed"))?;
    for (member, word) in [("m1", "for, presiding"), ("m2", "for"), ("m4", "against")] {
        note.add(&keys::read(&member_key(node, member))?, 0);
        audience.line(&format!("{member} votes {word}, and signs the text"));
    }
    audience.line("m3 is recused, m5 is absent");
    let force = office::submit(node, host, &note.to_bytes())?;
    audience.line(&format!(
        "two to one: in force, decision is entry {} of the log, lease until {}",
        force.index,
        force.leases.first().map_or(now, |l| l.1)
    ));
    Ok(force.statement)
}

/// What the carrier's tap would see: the day of the small nation, in a folder that goes with the returned guard.
fn tap(
    dir: &Path,
    audience: &mut dyn Audience,
) -> Result<(PathBuf, Option<tempfile::TempDir>), PlayError> {
    let beside = dir.parent().unwrap_or(dir);
    let folder = tempfile::Builder::new()
        .prefix("sakimori-tap-")
        .tempdir_in(beside);
    let folder = folder.map_err(ControlError::file("create a folder in", beside))?;
    let path = folder.path().join("day.pcap");
    let write = || {
        let mut out = BufWriter::new(File::create(&path)?);
        let summary = traffic::write_day(SEED, &mut out)?;
        out.into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        Ok(summary)
    };
    let day = write().map_err(ControlError::file("write", &path))?;
    audience.line(&format!(
        "a day of a small nation: {} machines, {} packets; it is gone after the run",
        day.hosts, day.packets
    ));
    Ok((path, Some(folder)))
}

/// The analyst asks for the records of the first finding.
fn look(
    node: &Node,
    host: &Host,
    authority: AuthorityId,
    read: &Value,
) -> Result<Option<Looked>, PlayError> {
    let Some(finding) = read["findings"].get(0) else {
        return Ok(None);
    };
    let address = |key: &str| {
        finding[key]
            .as_str()
            .and_then(|text| text.parse().ok())
            .map(address_bytes)
    };
    let Some(source) = address("source") else {
        return Ok(None);
    };
    let what = match address("destination") {
        Some(destination) => What::Pair(source, destination),
        None => What::All,
    };
    let name = |text: &str| {
        text.parse()
            .map_err(|e| ControlError::document("a name", e))
    };
    let question = Question {
        actor: name("a.tanaka")?,
        purpose: "which records stand behind the finding"
            .parse()
            .map_err(|e| ControlError::document("the purpose", e))?,
        case: name("case-1")?,
        authority,
        day: None,
        asked: Asked::Rows {
            ask: Ask {
                what,
                span: Span::ALL,
                limit: 10_000,
            },
            text: format!("pair of finding 1: {}", finding["behaviour"]),
        },
    };
    let answered = query::answer(node, host, &question)?;
    Ok(Some(Looked {
        entries: answered.entries,
        columns: answered.columns,
        count: answered.rows.len(),
        rows: answered.rows.into_iter().take(ROWS_SHOWN).collect(),
    }))
}

/// Counts the log's entries by type.
fn inventory(node: &Node) -> Result<Vec<(String, u64)>, PlayError> {
    let mut counts = BTreeMap::<u8, (String, u64)>::new();
    Log::connect(&node.ledger().socket)?.each_durable_entry(|_, envelope, _| {
        let name = || (envelope.kind.to_string(), 0);
        counts.entry(envelope.kind.code()).or_insert_with(name).1 += 1;
        true
    })?;
    Ok(counts.into_values().collect())
}

fn verify(node: &Node, host: &Host) -> Result<sakimori_verify::Report, PlayError> {
    let options = sakimori_verify::Options {
        trust_root: Some(node.trust_root()),
        now: Some(host.seconds().0),
        ..sakimori_verify::Options::default()
    };
    sakimori_verify::verify(node.folder(), &options, &mut |_, _| {}).map_err(PlayError::Verify)
}

impl Story {
    /// The document of `demo --format json`.
    pub fn document(&self) -> Value {
        let sums = &self.sensor["packets"];
        json!({
            "authority": {
                "id": self.authority.to_string(),
                "approvers": self.approvers,
                "not_before": self.period[0].to_string(),
                "not_after": self.period[1].to_string(),
                "pack_sha256": sakimori_custody::ids::hex(&self.pack),
            },
            "packets": {
                "read": sums["read"],
                "selected": sums["selected"],
                "discarded": sums["discarded"],
                "errors": sums["errors"],
                "domestic": sums["domestic"],
            },
            "flows": self.sensor["flows"],
            "inputs": self.sensor["inputs"],
            "findings": self.sensor["findings"],
            "log": {
                "size": self.verified.size,
                "root": sakimori_tlog::base64(&self.verified.root),
            },
            "verify": {
                "ok": self.verified.ok(),
                "problems": problems(&self.verified),
            },
            "tampered": {
                "file": self.tampered.file,
                "offset": self.tampered.offset,
                "verify": {
                    "ok": self.tampered.report.ok(),
                    "problems": problems(&self.tampered.report),
                },
            },
        })
    }

    /// Whether all went as it must: the log verifies and the changed copy does not.
    pub fn holds(&self) -> bool {
        self.verified.ok() && !self.tampered.report.ok()
    }
}

fn problems(report: &sakimori_verify::Report) -> Value {
    let document = sakimori_verify::render::json(report).to_string();
    serde_json::from_str::<Value>(&document)
        .map_or(Value::Null, |document| document["problems"].clone())
}

/// Reads a file that a part wrote for the others, such as the commission's address.
fn line_of(path: &Path) -> Result<String, ControlError> {
    Ok(String::from_utf8_lossy(&files::read_present(path)?)
        .trim()
        .to_owned())
}
