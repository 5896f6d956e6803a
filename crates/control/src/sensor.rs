//! A run of the sensor as a use case: gate, refusals, recovery, supervisor, lake. In: an authority folder, inputs. Out: records in the lake, entries, findings. Never: a packet
//! read before the gate let the sensor through; a refusal that is on no record.

mod clock;
mod input;
mod orders;
mod recovery;
mod refusal;
pub mod state;
mod store;

pub use input::Input;
pub use store::SealKey;

use crate::commission::Caller;
use crate::error::{ControlError, told};
use crate::host::Host;
use crate::identify;
use crate::journal::{Journal, RunLog};
use crate::layout::Node;
use crate::office::{self, FindingFile, record_findings};
use crate::{files, keys};
use sakimori_authority::gate::{
    Admitted, Ask, Folder, SensorState, admit, remember, trust, value_behind,
};
use sakimori_authority::{Refusal, TrustRoot};
use sakimori_custody::ids::{AuthorityId, SensorId};
use sakimori_custody::record::Direction;
use sakimori_custody::window::EndStatus;
use sakimori_detect::finding::Finding;
use sakimori_select::Pack;
use sakimori_sensor::child::ChildConfig;
use sakimori_sensor::supervisor::{
    Ending, Job, Means, OnRecord, Outcome, Program, Progress, SuperviseError, Totals, supervise,
};
use sakimori_tlog::key::NoteSigner;
use state::Remembered;
use std::cell::OnceCell;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use store::LakeStore;

/// What a sensor is told to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which sensor.
    pub sensor: SensorId,
    /// The authority folder.
    pub authority: PathBuf,
    /// What it reads, one after the other.
    pub inputs: Vec<Input>,
    /// Home country, two letters.
    pub home_country: String,
    /// Further home prefixes.
    pub home_prefixes: Vec<String>,
    /// Directions; none = whatever the authority names.
    pub directions: Vec<Direction>,
    /// The program that becomes the sealed process.
    pub program: Program,
    /// Set where somebody asks that the run end in order.
    pub stop: Arc<AtomicBool>,
}

/// Told as a run goes on.
pub trait Watch: Progress {
    /// An input begins; its length in bytes where it is known.
    fn begins(&mut self, name: &str, bytes: Option<u64>);
    /// It has ended.
    fn ends(&mut self);
}

/// What became of one input.
#[derive(Clone, Debug)]
pub struct Read {
    /// Its name.
    pub name: String,
    /// Whether it may have no end.
    pub live: bool,
    /// How it ended.
    pub outcome: Outcome,
}

impl Read {
    /// Whether the input was read as far as it goes, without a fault; what has no end goes as far as the lease does, or until somebody who runs the sensor asks for a stop.
    pub fn is_whole(&self) -> bool {
        let over = match self.outcome.status {
            EndStatus::Complete => true,
            EndStatus::Stopped => {
                let over = [Ending::Expired, Ending::Stopped].map(Some);
                self.live && over.contains(&self.outcome.ending)
            }
            _ => false,
        };
        over && self.outcome.fault.is_none()
    }
}

/// What a run gave.
#[derive(Clone, Debug)]
pub struct Report {
    /// The authority.
    pub authority: AuthorityId,
    /// Each input that was begun.
    pub inputs: Vec<Read>,
    /// Inputs that were not begun, because the authority or its lease had ended.
    pub unread: usize,
    /// Sums over all.
    pub totals: Totals,
    /// What was found, on record.
    pub findings: Vec<FindingFile>,
    /// Windows of an earlier run that were published or dropped at the start.
    pub recovered: recovery::Recovered,
}

/// One sensor's process.
struct Process<'p> {
    node: &'p Node,
    plan: &'p Plan,
    host: &'p Host,
    folder: PathBuf,
    signer: &'p NoteSigner,
    state: Remembered,
    software: OnceCell<Option<[u8; 32]>>,
}

/// Runs a sensor over its inputs.
///
/// # Errors
/// [`ControlError::Refused`]: the gate said no, and the log has it. [`ControlError::LogUnavailable`]: the log did not answer, the refusal is kept and entered at the next start. Others:
/// the environment.
pub fn run(
    node: &Node,
    plan: &Plan,
    host: &Host,
    watch: &mut dyn Watch,
) -> Result<Report, ControlError> {
    let folder = node.sensor(&plan.sensor);
    let signer = sensor_key(node, &folder, &plan.sensor)?;
    let _lock = state::lock(&folder, &plan.sensor)?;
    let mut process = Process {
        node,
        plan,
        host,
        state: Remembered::load(&folder)?,
        folder,
        signer: &signer,
        software: OnceCell::new(),
    };
    process.enter_kept_refusals()?;
    let admitted = process.admitted()?;
    let recovered = process.recover(&admitted);
    let recovered = recovered.map_err(|e| process.fault(&admitted, e))?;
    let mut report = Report {
        authority: admitted.statement().id,
        inputs: Vec::new(),
        unread: 0,
        totals: Totals::default(),
        findings: Vec::new(),
        recovered,
    };
    let inputs = input::expand(&plan.inputs)?;
    // What cannot be opened is told before the others are read, or what came of them would not be shown.
    for input in &inputs {
        process.opened(input)?;
    }
    let count = inputs.len();
    for input in inputs {
        let (read, findings) = process.read(&input, watch)?;
        report.totals.merge(&read.outcome.totals);
        report.findings.extend(findings);
        let stopped = read.outcome.status == EndStatus::Stopped;
        report.inputs.push(read);
        if stopped {
            break;
        }
    }
    report.unread = count - report.inputs.len();
    Ok(report)
}

fn sensor_key(node: &Node, folder: &Path, sensor: &SensorId) -> Result<NoteSigner, ControlError> {
    let path = folder.join("sensor.key");
    if path.exists() {
        return keys::read(&path);
    }
    let root = crate::ledger::installed_root(node)?;
    let known: Vec<&str> = root.sensors.iter().map(|(id, _)| id.as_str()).collect();
    Err(ControlError::Usage(format!(
        "this node has no sensor `{sensor}`; it has {}",
        known.join(", ")
    )))
}

impl Process<'_> {
    /// The gate. A refusal is on record when this returns.
    fn admitted(&mut self) -> Result<Admitted, ControlError> {
        let folder = read_folder(&self.plan.authority)?;
        match self.gate(&folder) {
            Ok(admitted) => {
                self.state.admit(admitted.state());
                self.state.save(&self.folder)?;
                Ok(admitted)
            }
            Err(refusal) => {
                self.keep_in_mind(&folder)?;
                Err(self.refuse_by(refusal, self.value_behind(refusal, &folder)))
            }
        }
    }

    /// What stops an authority is not forgotten when its file is taken away, whatever the gate said.
    fn keep_in_mind(&mut self, folder: &Folder) -> Result<(), ControlError> {
        let known = self.state.sensor_state();
        let Ok(trusted) = trust(folder, &self.led_on()) else {
            return Ok(());
        };
        let minded = remember(&trusted, folder, &known, self.host.seconds());
        if minded == known {
            return Ok(());
        }
        self.state.admit(&minded);
        self.state.save(&self.folder)
    }

    /// What is remembered, led on by the versions of the trust root that the folder has between the one remembered and its own: each is signed over to by the one before.
    fn led_on(&self) -> SensorState {
        let mut state = self.state.sensor_state();
        loop {
            let known = state.trust_root.as_deref().map(TrustRoot::remembered);
            let Some(Ok(known)) = known else {
                return state;
            };
            let name = earlier_root(known.version.saturating_add(1));
            let next = files::read(&self.plan.authority.join(name));
            let Some(next) = next.ok().flatten().filter(|n| known.succeed(n).is_ok()) else {
                return state;
            };
            state.trust_root = Some(next);
        }
    }

    /// The value of the schedule that a refusal of the gate rests on, with its mark.
    fn value_behind(&self, refusal: Refusal, folder: &Folder) -> Option<String> {
        let trusted = trust(folder, &self.led_on()).ok()?;
        value_behind(refusal, &trusted, folder)
    }

    fn gate(&self, folder: &Folder) -> Result<Admitted, Refusal> {
        let state = self.led_on();
        let trusted = trust(folder, &state)?;
        let pack = match &folder.pack {
            None => Err(Refusal::PackMissing),
            Some(bytes) => Pack::from_note(bytes, trusted.office())
                .map(|pack| (pack.hash(), pack.coverage()))
                .map_err(|_| Refusal::PackUnsigned),
        };
        let ask = Ask {
            sensor: self.plan.sensor.clone(),
            directions: self.plan.directions.clone(),
            home_country: self.plan.home_country.clone(),
            software: folder.software.as_ref().and_then(|_| self.software()),
            pack,
            now: self.host.seconds(),
        };
        admit(&trusted, folder, &state, &ask)
    }

    /// SHA-256 of the program file that becomes the sealed process, read once.
    fn software(&self) -> Option<[u8; 32]> {
        *self
            .software
            .get_or_init(|| files::hash(&self.plan.program.0).ok())
    }

    fn opened(&self, input: &Input) -> Result<OwnedFd, ControlError> {
        let opened = input.open().map_err(|e| input.unreadable(e));
        opened.map_err(|e| self.refuse_for(Refusal::InputUnreadable, e))
    }

    /// Reads one input, under an authority that is checked anew for it.
    fn read(
        &mut self,
        input: &Input,
        watch: &mut dyn Watch,
    ) -> Result<(Read, Vec<FindingFile>), ControlError> {
        // Before the gate: what comes behind it is news.
        let seen = orders::Seen::of(&self.plan.authority);
        let admitted = self.admitted()?;
        let descriptor = self.opened(input)?;
        let caller = self.caller()?;
        let mut store = LakeStore::new(self.node, self.host, self.signer, &caller, &admitted);
        let seal = store.seal_key();
        let seal = seal.map_err(|e| self.refuse_for(Refusal::KeysUnavailable, e))?;
        let stream = office::fresh_stream(self.host)?;
        let identify = identify::for_run(
            self.node,
            self.host,
            &admitted,
            &caller,
            (self.signer, stream),
        );
        let identify = identify.map_err(|e| self.refuse_for(Refusal::KeysUnavailable, e))?;
        store.begin(&seal).map_err(|e| self.fault(&admitted, e))?;
        self.state.open_run(stream);
        self.state.save(&self.folder)?;
        let Ok(mut recorder) = RunLog::connect(&self.node.ledger().socket, self.root()?) else {
            return Err(self.keep_refusal());
        };
        let known = admitted.state().time;
        let clock = clock::RunClock::begin(self.host, known, admitted.lease());
        let clock = clock.map_err(|refusal| self.refuse(refusal))?;
        let (name, length) = (input.name(), input.length());
        watch.begins(&name, length);
        let mut random = self.host.clone();
        let job = Job {
            admitted: &admitted,
            signer: self.signer,
            program: &self.plan.program,
            config: ChildConfig {
                identify,
                ..self.child(&admitted, input)?
            },
            input: descriptor,
            input_kind: input.kind(),
            stream,
            on_record: OnRecord {
                schedule: Some(admitted.schedule().hash()),
                software: admitted.software(),
            },
        };
        let stop = Arc::clone(&self.plan.stop);
        let means = Means {
            recorder: &mut recorder,
            store: &mut store,
            clock: &clock,
            random: &mut random,
            orders: &mut orders::News::new(self, &clock, &stop, seen),
            progress: &mut *watch,
        };
        let done = supervise(&job, means);
        watch.ends();
        let outcome = match done {
            Ok(outcome) => outcome,
            Err(SuperviseError::Seal) => return Err(self.refuse(Refusal::SealImpossible)),
            Err(error) => return Err(error.into()),
        };
        store.finish().map_err(|e| self.fault(&admitted, e))?;
        let findings = self.record(admitted.commitment(), &seal, &outcome.findings)?;
        // Not before: a fall until here is told at the next start.
        self.state.close_run(stream);
        self.state.save(&self.folder)?;
        let read = Read {
            name,
            live: input.is_live(),
            outcome,
        };
        Ok((read, findings))
    }

    /// What the sealed process is told before it is sealed.
    fn child(&self, admitted: &Admitted, input: &Input) -> Result<ChildConfig, ControlError> {
        let folder = read_folder(&self.plan.authority)?;
        let pack = folder
            .pack
            .as_deref()
            .and_then(|bytes| sakimori_tlog::note::Note::parse(bytes).ok());
        // The gate has just opened it; its hash is checked once more over what is handed on.
        let pack = pack.map(|note| note.text().to_owned()).unwrap_or_default();
        if sakimori_authority::text_hash(&pack) != admitted.statement().pack {
            return Err(ControlError::document(
                self.plan.authority.display(),
                "the pack was changed while the sensor started",
            ));
        }
        let seed: [u8; 16] = self.host.bytes().map_err(ControlError::Randomness)?;
        let seed = u128::from_le_bytes(seed);
        Ok(ChildConfig {
            pack,
            home_country: self.plan.home_country.clone(),
            home_prefixes: self.plan.home_prefixes.clone(),
            directions: admitted
                .directions()
                .iter()
                .map(ToString::to_string)
                .collect(),
            seed: [(seed >> 64) as u64, seed as u64],
            ticks: input.is_live(),
            identify: None,
            nowhere: false,
        })
    }

    fn record(
        &self,
        authority: [u8; 32],
        seal: &SealKey,
        findings: &[Finding],
    ) -> Result<Vec<FindingFile>, ControlError> {
        record_findings(self.node, self.host, authority, seal, findings)
    }

    /// The trust root that this sensor remembers.
    fn root(&self) -> Result<TrustRoot, ControlError> {
        let known = self.state.sensor_state().trust_root.unwrap_or_default();
        TrustRoot::remembered(&known).map_err(|e| {
            ControlError::document("the trust root that this sensor remembers", told(&e))
        })
    }

    /// The commission, whose shares are believed by the key of that trust root.
    fn caller(&self) -> Result<Caller, ControlError> {
        Caller::trusting(self.node, self.root()?.commission_holder, self.host)
    }

    fn journal(&self) -> Result<Journal<'_>, ControlError> {
        Journal::begin(&self.node.ledger().socket, Some(self.signer), self.host)
    }
}

/// The file in an authority folder of a version of the trust root before the folder's own.
pub(crate) fn earlier_root(version: u64) -> String {
    format!("trust-root-{version}.note")
}

/// The files of an authority folder (`docs/reference/formats.md` section 11).
fn read_folder(folder: &Path) -> Result<Folder, ControlError> {
    let read = |name: &str| files::read(&folder.join(name));
    Ok(Folder {
        trust_root: read("trust-root.note")?,
        statement: read("statement.note")?,
        decision: read("decision.entry")?,
        decision_body: read("decision.body")?,
        proof: read("decision.tlog-proof")?,
        lease: read("lease.note")?,
        pack: read("pack.note")?,
        schedule: read("schedule.note")?,
        software: read("software.note")?,
        ruling: read("ruling.note")?,
        suspensions: [
            read("suspension-commission.note")?,
            read("suspension-office.note")?,
            read("suspension-party.note")?,
        ],
    })
}
