//! Urgent acts as the commission sees them: alarmed by its own copy, quarantined until it rules, destroyed by default. In: the book of its copy, its clock. Out: alarms, attestations, lapses. Never: a
//! share of a quarantined bucket for a query; a bucket that lives on because nobody answered.
//!
//! All of it is a function of the copy, the shares that are there and the time, and may be done again: a process that falls between two steps goes on where it was.

use super::{Commission, Denied, denied, lock, request};
use crate::error::ControlError;
use crate::files;
use crate::host::Host;
use crate::journal::Log;
use sakimori_authority::clock::BoundedClock;
use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt};
use sakimori_custody::ids::{AuthorityId, BucketId, StreamId};
use sakimori_custody::time::Seconds;
use sakimori_oversight::book::{Urgent, UrgentEnd};
use sakimori_oversight::limits::{AHEAD_SECONDS_MAX, LAPSE_SECONDS_MAX};
use sakimori_tlog::note::Note;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How long behind its deadline silence destroys, seconds: only when the book takes no ruling any more, with the difference that two organisations' clocks may have.
const SILENCE_SECONDS: u64 = LAPSE_SECONDS_MAX + AHEAD_SECONDS_MAX;
/// How often the time is kept, seconds: far below the day that a start bridges.
const REMEMBER_SECONDS: u64 = 600;
/// How long entries that were handed out are waited for in the copy before they are made again, seconds.
const AGAIN_SECONDS: u64 = 60;

/// An urgent act that the commission's copy shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its authority.
    pub authority: AuthorityId,
    /// Index of its entry.
    pub index: u64,
    /// When it was entered.
    pub time: Seconds,
    /// Until when it is answered, or what it brought is destroyed.
    pub deadline: Seconds,
    /// Its article.
    pub basis: String,
}

type Hook = Box<dyn Fn(&Alarm) + Send + Sync>;

/// What is remembered of urgent acts beside the copy.
pub(super) struct Watch {
    /// Where alarms are kept, one file each.
    folder: PathBuf,
    hook: Option<Hook>,
    /// When entries about an act were last made.
    made: BTreeMap<AuthorityId, Seconds>,
    /// The clock of this process, from its start on.
    clock: Option<BoundedClock>,
    /// Where its time is kept for the next process.
    kept: PathBuf,
    /// The newest time that is kept there.
    remembered: Seconds,
}

impl Watch {
    /// What an earlier process left in the commission's folder.
    pub(super) fn open(folder: &Path) -> Result<Self, ControlError> {
        let kept = folder.join("clock");
        let text = files::read(&kept)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let remembered = match text.strip_suffix('\n') {
            Some(time) => time
                .parse()
                .map_err(|e| ControlError::document(kept.display(), e))?,
            None => Seconds(0),
        };
        Ok(Self {
            folder: folder.join("alarms"),
            hook: None,
            made: BTreeMap::new(),
            clock: None,
            kept,
            remembered,
        })
    }
}

impl Commission {
    /// Who is told of each urgent act, once, as soon as the commission's own copy shows it.
    pub fn on_alarm(&self, hook: impl Fn(&Alarm) + Send + Sync + 'static) {
        lock(&self.watch).hook = Some(Box::new(hook));
    }

    /// How many urgent acts the commission was alarmed of, ever.
    pub fn alarms(&self) -> u64 {
        let folder = lock(&self.watch).folder.clone();
        let count = std::fs::read_dir(folder).map_or(0, |list| list.flatten().count());
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Urgent acts that wait for the commission's word.
    pub fn urgent_open(&self) -> Vec<Alarm> {
        let urgents = self.urgents();
        let open = urgents.iter().filter(|(_, urgent)| urgent.end.is_none());
        open.map(|(id, urgent)| alarm(*id, urgent)).collect()
    }

    /// Urgent acts that are on record and cosigned.
    fn urgents(&self) -> BTreeMap<AuthorityId, Urgent> {
        let verified = self.verified_size();
        let register = lock(&self.register);
        let all = register.book().urgent_list().iter();
        let cosigned = all.filter(|(_, urgent)| urgent.index < verified);
        cosigned.map(|(id, urgent)| (*id, urgent.clone())).collect()
    }

    /// What is due: each new urgent act is told, and what was refused, met by silence or kept beyond its end is destroyed. Returns the entries that the log has to take, the commission's own words; they
    /// are made again until its copy shows them.
    ///
    /// # Errors
    /// [`ControlError`]: an alarm could not be kept or a share not destroyed; the next round tries again.
    pub fn tick(&self, now: Seconds) -> Result<Vec<Entry>, ControlError> {
        let now = self.believed(now);
        self.remember(now)?;
        // What fails here keeps nothing else alive, and is told where no word of the commission waits for it.
        let ended = self.end_epochs(now).and(self.end_buckets(now));
        let urgents = self.urgents();
        for (id, urgent) in &urgents {
            self.tell(&alarm(*id, urgent))?;
        }
        let mut entries = Vec::new();
        for (id, urgent) in &urgents {
            if let Some(reason) = ends(urgent, now) {
                entries.extend(self.destroy_all(*id, reason, now)?);
            }
        }
        if entries.is_empty() {
            ended?;
        }
        Ok(entries)
    }

    /// The time by which something may be destroyed: a wall clock that is set ahead is not believed before the copy's newest entry bears it out, also over a start of the process, and one that is set back
    /// keeps nothing alive. It begins from the copy's newest entry, or where an earlier process was: where the wall clock is more than a day ahead of that, or behind it, that and what was counted since is the time.
    pub(super) fn believed(&self, wall: Seconds) -> Seconds {
        let newest = lock(&self.register).book().newest();
        let counted = self.host.counted_ms();
        let mut watch = lock(&self.watch);
        if watch.clock.is_none() {
            let begin = |cosigned, wall| BoundedClock::begin(Seconds(0), cosigned, wall, counted);
            // At the first start of all nothing else is known, and nothing is there to be destroyed.
            let known = match newest.max(watch.remembered) {
                Seconds(0) => wall,
                known => known,
            };
            watch.clock = begin(known, wall).or_else(|_| begin(known, known)).ok();
        }
        watch.clock.as_mut().map_or(newest, |clock| {
            clock.witness(0, newest, counted);
            clock.judge(wall, counted).time()
        })
    }

    /// Keeps the time for the next process, so that a quiet log and a fall do not make it begin a day ago.
    fn remember(&self, now: Seconds) -> Result<(), ControlError> {
        let mut watch = lock(&self.watch);
        if now < watch.remembered.plus(REMEMBER_SECONDS) {
            return Ok(());
        }
        files::write(&watch.kept, format!("{now}\n").as_bytes(), files::PRIVATE)?;
        watch.remembered = now;
        Ok(())
    }

    /// Keeps an alarm and calls who listens; one that is kept was told.
    fn tell(&self, alarm: &Alarm) -> Result<(), ControlError> {
        let watch = lock(&self.watch);
        let path = watch.folder.join(format!("{}.json", alarm.authority));
        if path.exists() {
            return Ok(());
        }
        if let Some(hook) = &watch.hook {
            hook(alarm);
        }
        let text = json!({
            "authority": alarm.authority.to_string(),
            "entry": alarm.index,
            "time": alarm.time.to_string(),
            "deadline": alarm.deadline.to_string(),
            "basis": alarm.basis,
        });
        // Behind the call: one that falls in between is told twice and never not at all.
        files::write(&path, format!("{text}\n").as_bytes(), files::PRIVATE)
    }

    /// Destroys every share of an urgent act's buckets; makes the attestations and the lapse, unless they are on their way.
    fn destroy_all(
        &self,
        id: AuthorityId,
        reason: &str,
        now: Seconds,
    ) -> Result<Vec<Entry>, ControlError> {
        let failed = |e: Denied| ControlError::document(format!("the shares of {id}"), e.reason);
        let there = self.shares.list()?;
        for bucket in there.into_iter().filter(|bucket| bucket.authority == id) {
            let keeping = lock(&self.keeping);
            self.bury(&bucket)?;
            drop(keeping);
        }
        let made = lock(&self.watch).made.get(&id).copied();
        if made.is_some_and(|at| now < at.plus(AGAIN_SECONDS) && now >= at) {
            return Ok(Vec::new());
        }
        let destroyed = self.destroyed_of(id)?;
        let mut entries = Vec::new();
        for bucket in &destroyed {
            let text = request::attestation(bucket, now);
            let note = Note::sign(&text, &[&self.share_key], now.0);
            let note =
                note.ok_or_else(|| failed(denied(500, "the attestation cannot be signed")))?;
            entries.push(self.entry(
                EntryType::Attestation,
                id,
                Vec::new(),
                note.to_bytes(),
                now,
            )?);
        }
        let names: Vec<String> = destroyed.iter().map(ToString::to_string).collect();
        let body = json!({"urgent": id.to_string(), "reason": reason, "destroyed": names});
        let count = vec![names.len() as u64];
        let body = body.to_string().into_bytes();
        entries.push(self.entry(EntryType::Lapse, id, count, body, now)?);
        lock(&self.watch).made.insert(id, now);
        Ok(entries)
    }

    /// Buckets of an authority whose share was destroyed, in their order.
    fn destroyed_of(&self, id: AuthorityId) -> Result<BTreeSet<BucketId>, ControlError> {
        let list = match std::fs::read_dir(&self.destroyed) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            list => list.map_err(ControlError::file("list", &self.destroyed))?,
        };
        let names = list
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let buckets = names.filter_map(|name| name.replace('_', "/").parse::<BucketId>().ok());
        Ok(buckets.filter(|bucket| bucket.authority == id).collect())
    }

    /// An entry of the commission's own, in a stream of its own.
    fn entry(
        &self,
        kind: EntryType,
        id: AuthorityId,
        counters: Vec<u64>,
        body: Vec<u8>,
        now: Seconds,
    ) -> Result<Entry, ControlError> {
        let authority = lock(&self.register)
            .book()
            .authority(id)
            .map(|a| a.commitment);
        let act = Act {
            kind,
            time: now,
            authority: authority.unwrap_or_default(),
            counters,
            body,
        };
        let stream = StreamId(self.host.bytes().map_err(ControlError::Randomness)?);
        let salt = Salt(self.host.bytes().map_err(ControlError::Randomness)?);
        let secretariat = Author {
            id: self.secretariat.verifier().id(),
            key: self.secretariat.ed25519(),
        };
        // An attestation is a signed note itself.
        let author = (kind != EntryType::Attestation).then_some(&secretariat);
        Ok(Chain::new(stream).entry(act, salt, author))
    }

    /// An urgent act's share is given for writing until it ends, and for queries from its ratification on.
    pub(super) fn quarantine(
        &self,
        id: AuthorityId,
        query: bool,
        now: Seconds,
    ) -> Result<(), Denied> {
        // Before the register: the mirror holds its own lock when it asks the register.
        let verified = self.verified_size();
        let register = lock(&self.register);
        let Some(urgent) = register.book().urgent_list().get(&id) else {
            return Ok(());
        };
        match urgent.end {
            Some(UrgentEnd::Ratified(index, _)) if index < verified => Ok(()),
            Some(UrgentEnd::Refused(..) | UrgentEnd::Lapsed(..)) => Err(denied(
                403,
                "the urgent act was not ratified; what it brought is destroyed",
            )),
            _ if query => Err(denied(
                403,
                "the bucket is quarantined until a sitting of the commission ratifies the urgent act",
            )),
            _ if now > urgent.deadline => Err(denied(403, "the urgent act has ended")),
            _ => Ok(()),
        }
    }

    /// The last second of a lease under an urgent act: its deadline, whoever ratifies it later.
    pub(super) fn urgent_deadline(&self, id: AuthorityId) -> Option<Seconds> {
        let register = lock(&self.register);
        let urgent = register.book().urgent_list().get(&id)?;
        let ratified = matches!(urgent.end, Some(UrgentEnd::Ratified(..)));
        (!ratified).then_some(urgent.deadline)
    }
}

/// One round over the ledger's socket: what is due, and the commission's own words into the log. A log that does not answer gets them in a later round; what had to be destroyed is.
///
/// # Errors
/// As [`Commission::tick`]; [`ControlError::Ledger`].
pub fn round(commission: &Commission, socket: &Path, host: &Host) -> Result<(), ControlError> {
    let entries = commission.tick(host.seconds())?;
    if entries.is_empty() {
        return Ok(());
    }
    let mut log = Log::connect(socket)?;
    let mut last = None;
    for entry in &entries {
        last = Some(log.ask(|client| client.append(entry))?);
    }
    // Then the commission's own copy holds it, and the next round does not say it again.
    match last {
        Some(last) => log.proof(last).map(|_| ()),
        None => Ok(()),
    }
}

fn alarm(id: AuthorityId, urgent: &Urgent) -> Alarm {
    Alarm {
        authority: id,
        index: urgent.index,
        time: urgent.time,
        deadline: urgent.deadline,
        basis: urgent.basis.clone(),
    }
}

/// Why what an urgent act brought is destroyed now; `None` where it is not, or where that is on record.
const fn ends(urgent: &Urgent, now: Seconds) -> Option<&'static str> {
    match urgent.end {
        _ if urgent.lapse.is_some() => None,
        Some(UrgentEnd::Refused(..)) => Some("refused"),
        None if now.0 > urgent.deadline.0.saturating_add(SILENCE_SECONDS) => Some("silence"),
        Some(UrgentEnd::Ratified(..) | UrgentEnd::Lapsed(..)) | None => None,
    }
}
