//! The office's part: the ledger in this process, notes that become entries, entries of other nodes, what is due. In: the office's folder, notes, time. Out: entries, renewed leases.
//! Never: an entry of another node that breaks its stream or is not its own; a decision.

use super::operator::unhex_bytes;
use super::refused;
use super::voids;
use crate::docket::Docket;
use crate::metrics::Gauge;
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::root::TrustRoot;
use sakimori_authority::statement::Basis;
use sakimori_authority::suspension::Suspension;
use sakimori_control::error::told as words;
use sakimori_control::journal::Log;
use sakimori_control::ledger::{installed_root, start_linked};
use sakimori_control::{ControlError, Host, Node, files, keys, office, setup};
use sakimori_custody::entry::{EntryType, Envelope, StoredBody};
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_custody::time::Seconds;
use sakimori_ledger::service::Service;
use sakimori_oversight::book::{Book, Judged, Taken};
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use utoipa::ToSchema;

/// Agreements on record by id, each with the index of its decision: those of one party, or of all without one.
fn agreed(book: &Book, party: Option<&str>) -> BTreeMap<AuthorityId, u64> {
    let listed = book.authority_list().iter();
    let of = listed.filter(|(_, authority)| match &authority.statement.decided {
        Basis::Agreement { party: name, .. } => party.is_none_or(|party| name.as_str() == party),
        Basis::Sitting(_) | Basis::Urgent { .. } => false,
    });
    of.map(|(id, authority)| (*id, authority.index)).collect()
}

/// The authority that a suspension is about.
fn suspends(envelope: &Envelope, stored: Option<&[u8]>) -> Option<AuthorityId> {
    let body = StoredBody::decode(stored?).ok()?;
    let body = body.open(&envelope.body, None).ok()?;
    let note = Note::parse(&body).ok()?;
    Some(Suspension::parse(note.text()).ok()?.authority)
}

/// Entries of the secretariat and the commission's own (`docs/reference/formats.md` section 7).
const SECRETARIAT: [EntryType; 10] = [
    EntryType::Access,
    EntryType::Misuse,
    EntryType::Question,
    EntryType::Lapse,
    EntryType::Challenge,
    EntryType::Inspection,
    EntryType::Notice,
    EntryType::Demand,
    EntryType::Recommendation,
    EntryType::Report,
];

/// An entry that another node made and signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeerEntry {
    /// The envelope, CBOR in hex.
    #[schema(max_length = 16_384)]
    pub envelope: String,
    /// The stored body in hex.
    #[schema(max_length = 2_099_200)]
    pub body: String,
}

/// An entry of the log as it is listed for a peer.
#[derive(Serialize, ToSchema)]
pub struct ListedEntry {
    /// Its index.
    index: u64,
    /// The envelope, CBOR in hex.
    envelope: String,
    /// The stored body in hex, where it is there.
    body: Option<String>,
}

/// Agreements and what was noted about them, from an index on.
#[derive(Serialize, ToSchema)]
pub struct AgreementPage {
    /// Entries.
    entries: Vec<ListedEntry>,
    /// Index up to which this page looked.
    size: u64,
}

/// The office's part.
pub struct OfficePart {
    node: Node,
    host: Host,
    root: TrustRoot,
    service: Mutex<Option<Service>>,
    /// The book that entries of other nodes are held against, as far as it is known to be the log's.
    book: Mutex<Option<Book>>,
}

impl OfficePart {
    /// Opens the office's folder and starts the ledger.
    ///
    /// # Errors
    /// [`ControlError`]: there is no node, the log is damaged or in use, or the commission is not known.
    pub fn open(node: &Node, host: &Host) -> Result<Self, ControlError> {
        let root = installed_root(node)?;
        let service = start_linked(node, host)?;
        // A log that is new begins with its trust root. Where the commission is away it is tried again in the rounds.
        if let Err(e) = setup::enter_trust_root(node, host) {
            tracing::warn!(cause = words(&e), "the trust root is not cosigned yet");
        }
        Ok(Self {
            node: node.clone(),
            host: host.clone(),
            root,
            service: Mutex::new(Some(service)),
            book: Mutex::new(None),
        })
    }

    /// The trust root in force.
    pub fn trust_root(&self) -> TrustRoot {
        // One that cannot be read now is the one that the node began with.
        installed_root(&self.node).unwrap_or_else(|_| self.root.clone())
    }

    /// The office's node, for use cases.
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// The machine.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Stops the ledger once nothing asks it any more.
    pub fn stop(&self) {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = service.take() {
            service.stop();
        }
    }

    fn log(&self) -> Answer<Log> {
        Log::connect(&self.node.ledger().socket).map_err(|e| refused(&e))
    }

    pub(super) fn follow(&self, docket: &mut Docket) -> Answer<()> {
        let (size, void) = self.with_book(|book| (book.size(), voids(book, docket.next)))?;
        let mut log = self.log()?;
        loop {
            let from = docket.next;
            let most = 500.min(size.saturating_sub(from)) as u32;
            if most == 0 {
                return Ok(());
            }
            let page = log
                .ask(|client| client.entries(from, most))
                .map_err(|e| refused(&e))?;
            if page.is_empty() {
                return Ok(());
            }
            for leaf in page {
                if void.contains(&docket.next) {
                    docket.pass_by(docket.next);
                    continue;
                }
                let body = Envelope::decode(&leaf).ok().map(|envelope| envelope.body);
                let stored = match body {
                    Some(commitment) => log
                        .ask(|client| client.body(&commitment))
                        .map_err(|e| refused(&e))?,
                    None => None,
                };
                docket.follow(docket.next, &leaf, stored.as_deref());
            }
        }
    }

    pub(super) fn ready(&self) -> Answer<()> {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        match service.as_ref().map(Service::stopped) {
            Some(None) => self.log().map(|_| ()),
            Some(Some(reason)) => Err(Problem::hidden(Code::LogUnavailable, reason)),
            None => Err(Problem::hidden(Code::LogUnavailable, "it has stopped")),
        }
    }

    pub(super) fn failed(&self) -> Option<String> {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        service.as_ref().and_then(Service::stopped)
    }

    /// Size of the last checkpoint that the commission cosigned, when it did, and whether entries wait for the next.
    fn cosigned(&self) -> Option<(u64, u64, bool)> {
        let mut log = self.log().ok()?;
        let note = log
            .ask(sakimori_ledger::client::Client::checkpoint)
            .ok()??;
        let note = Note::parse(&note).ok()?;
        let size = note.text().lines().nth(1)?.parse::<u64>().ok()?;
        let mirror = std::slice::from_ref(&self.root.mirror);
        let times = note.verify(mirror).ok()?.into_iter().filter_map(|v| v.time);
        let waits = log.has(size).ok()?;
        Some((size, times.max().unwrap_or_default(), waits))
    }

    pub(super) fn gauges(&self) -> Vec<Gauge> {
        let (size, time, waits) = self.cosigned().unwrap_or_default();
        let leases = self.leases();
        let running = leases
            .iter()
            .filter(|(.., until)| *until > self.host.seconds());
        vec![
            Gauge {
                name: "log_entries",
                help: "Entries under the last checkpoint that the commission cosigned.",
                value: size as f64,
            },
            Gauge {
                name: "log_cosigned_seconds",
                help: "Unix time of the commission's last cosignature.",
                value: time as f64,
            },
            Gauge {
                name: "mirror_behind",
                help: "1 where entries are durable that the commission has not cosigned, else 0.",
                value: f64::from(u8::from(waits)),
            },
            Gauge {
                name: "leases_in_force",
                help: "Leases of sensors that have not ended.",
                value: running.count() as f64,
            },
        ]
    }

    /// Puts the trust root on record where the log is empty.
    ///
    /// # Errors
    /// [`ControlError::Ledger`]: the commission has not cosigned yet; try again.
    pub fn begin(&self) -> Result<u64, ControlError> {
        setup::enter_trust_root(&self.node, &self.host)
    }

    /// Puts a signed note on record with all that follows from it, and waits for the commission's cosignature; returns its index.
    ///
    /// # Errors
    /// [`Code::NotInForce`], [`Code::Refused`] where the book forbids it, [`Code::LogUnavailable`].
    pub fn enter(&self, note: &[u8]) -> Answer<u64> {
        let entered = office::enter(&self.node, &self.host, note).map_err(|e| refused(&e))?;
        self.settle()?;
        Ok(entered.index)
    }

    /// Waits until everything that is durable is under a checkpoint that the commission cosigned: only then others see it.
    ///
    /// # Errors
    /// [`Code::LogUnavailable`]: the commission has not cosigned in time. What was entered stays entered.
    pub fn settle(&self) -> Answer<()> {
        let mut log = self.log()?;
        log.each_durable_entry(|_, _, _| false)
            .map_err(|e| refused(&e))
    }

    /// Appends an entry that the commission's node made: one of the secretariat's, signed by its key, or an attestation that the commission's share holder signed. The book has to
    /// count it.
    ///
    /// # Errors
    /// [`Code::EntryRefused`] says why it is not one; [`Code::LogUnavailable`].
    pub fn append_peer(&self, entry: &PeerEntry) -> Answer<u64> {
        let (leaf, stored) = (unhex_bytes(&entry.envelope), unhex_bytes(&entry.body));
        self.own_word(&leaf, &stored)?;
        self.append_judged(&leaf, &stored)
    }

    /// Appends an entry that this node made. One that the log has already is answered with its index.
    ///
    /// # Errors
    /// As [`OfficePart::append_peer`].
    pub(crate) fn append_own(&self, leaf: &[u8], stored: &[u8]) -> Answer<u64> {
        self.append_judged(leaf, stored)
    }

    /// The office's key.
    ///
    /// # Errors
    /// [`Code::Fault`].
    pub(crate) fn signer(&self) -> Answer<NoteSigner> {
        keys::read(&self.node.office_key("office")).map_err(|e| refused(&e))
    }

    /// A book that was kept, or a new one, up to everything that is durable by now.
    fn followed(&self, kept: Option<Book>, log: &mut Log) -> Answer<Book> {
        let book = match kept {
            Some(mut book) => office::follow(&mut book, log).map(|()| book),
            None => office::book(&self.node, log),
        };
        book.map_err(|e| refused(&e))
    }

    /// Reads the book of the office's own log, with everything that is durable by now.
    ///
    /// # Errors
    /// [`Code::LogUnavailable`].
    pub fn with_book<T>(&self, read: impl FnOnce(&Book) -> T) -> Answer<T> {
        let mut log = self.log()?;
        let mut kept = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let book = self.followed(kept.take(), &mut log)?;
        let done = read(&book);
        *kept = Some(book);
        drop(kept);
        Ok(done)
    }

    fn append_judged(&self, leaf: &[u8], stored: &[u8]) -> Answer<u64> {
        let mut log = self.log()?;
        // One at a time: each is judged at the place that it will have.
        let mut kept = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let mut book = self.followed(kept.take(), &mut log)?;
        if let Some(index) = index_of(&mut log, leaf)? {
            *kept = Some(book);
            return Ok(index);
        }
        let next = book.size();
        let judged = book.judge(next, leaf, stored, Judged::at(self.host.seconds()));
        if let Ok(Taken::Void(why)) | Err(why) = judged {
            let (rule, word) = (why.code.rule(), why.code.name());
            let text = format!("{rule} {word}: {}", why.detail);
            return Err(Problem::new(Code::EntryRefused, text));
        }
        let index = log
            .ask(|client| client.append_stored(leaf, stored))
            .map_err(|e| entry_refused(&e))?;
        // A book that has it at another place is made anew.
        *kept = Some(book).filter(|_| index == next);
        drop(kept);
        log.proof(index).map_err(|e| refused(&e))?;
        Ok(index)
    }

    /// Holds an entry to be the commission's own word.
    fn own_word(&self, leaf: &[u8], stored: &[u8]) -> Answer<()> {
        let refuse = |why: &str| Problem::new(Code::EntryRefused, why);
        let envelope = Envelope::decode(leaf).map_err(|e| Problem::new(Code::EntryRefused, e))?;
        let body = StoredBody::decode(stored).ok();
        let body = body.and_then(|body| body.open(&envelope.body, None).ok());
        let body = body.ok_or_else(|| refuse("its body is not the one that it commits to"))?;
        if envelope.kind == EntryType::Attestation {
            let holder = std::slice::from_ref(&self.root.commission_holder);
            let signed = Note::parse(&body).is_ok_and(|note| note.verify(holder).is_ok());
            return signed
                .then_some(())
                .ok_or_else(|| refuse("it is not signed by the commission's share holder"));
        }
        if !SECRETARIAT.contains(&envelope.kind) {
            return Err(refuse("this kind of entry is not the commission's own"));
        }
        let key = &self.root.secretariat;
        let signed = key
            .ed25519()
            .is_some_and(|public| envelope.signed_by(key.id(), &public));
        if signed {
            Ok(())
        } else {
            Err(refuse("it is not signed by the secretariat's key"))
        }
    }

    /// A pack that the office signed, by its hash.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub fn pack(&self, hash: &[u8; 32]) -> Answer<Vec<u8>> {
        let found = files::read(&self.node.pack(hash)).map_err(|e| refused(&e))?;
        found.ok_or_else(|| Problem::new(Code::NotFound, "no pack of this hash"))
    }

    /// Agreements and what suspends them, from an index on: those of one party, or of all without one.
    ///
    /// # Errors
    /// [`Code::LogUnavailable`].
    pub fn agreements(&self, from: u64, party: Option<&str>) -> Answer<AgreementPage> {
        let (size, void, shown) =
            self.with_book(|book| (book.size(), voids(book, from), agreed(book, party)))?;
        let most = 500.min(size.saturating_sub(from)) as u32;
        let page = if most == 0 {
            Vec::new()
        } else {
            let mut log = self.log()?;
            log.ask(|client| client.entries(from, most))
                .map_err(|e| refused(&e))?
        };
        let mut log = self.log()?;
        let mut entries = Vec::new();
        let mut next = from;
        for leaf in page {
            let index = next;
            next += 1;
            if void.contains(&index) {
                continue;
            }
            let Ok(envelope) = Envelope::decode(&leaf) else {
                continue;
            };
            if !matches!(envelope.kind, EntryType::Decision | EntryType::Suspension) {
                continue;
            }
            let stored = log
                .ask(|client| client.body(&envelope.body))
                .map_err(|e| refused(&e))?;
            let concerns = match envelope.kind {
                EntryType::Decision => shown.values().any(|decided| *decided == index),
                _ => suspends(&envelope, stored.as_deref())
                    .is_some_and(|authority| shown.contains_key(&authority)),
            };
            if concerns {
                entries.push(ListedEntry {
                    index,
                    envelope: hex(&leaf),
                    body: stored.as_deref().map(hex),
                });
            }
        }
        Ok(AgreementPage {
            entries,
            size: next,
        })
    }

    /// Who voted on the ruling of an entry that allows a showing; `None` where it allows none.
    ///
    /// # Errors
    /// [`Code::LogUnavailable`].
    pub fn voters_of_showing(&self, ruling: u64) -> Answer<Option<Vec<String>>> {
        self.with_book(|book| {
            let voters = book.voters_of_showing(ruling)?;
            Some(voters.iter().map(ToString::to_string).collect())
        })
    }

    /// Leases that lie in authority folders: authority, sensor, last second.
    fn leases(&self) -> Vec<(AuthorityId, sakimori_custody::ids::SensorId, Seconds)> {
        let mut found = Vec::new();
        for id in office::authorities(&self.node).unwrap_or_default() {
            let Ok(statement) = office::statement(&self.node, id) else {
                continue;
            };
            for sensor in &statement.sensors {
                let path = self.node.authority(id, sensor).join("lease.note");
                let Ok(Some(bytes)) = files::read(&path) else {
                    continue;
                };
                let lease =
                    sakimori_authority::lease::Lease::open(&bytes, &self.trust_root().lease_key);
                if let Ok(lease) = lease {
                    found.push((id, sensor.clone(), lease.not_after));
                }
            }
        }
        found
    }

    /// What is due: leases that end soon and whose authority goes on are renewed, buckets that have expired are destroyed. Says what was done and what failed.
    pub fn round(&self) -> Vec<String> {
        let mut told = Vec::new();
        match office::renew_due(&self.node, &self.host) {
            Ok(renewed) => told.extend(renewed.iter().map(|lease| {
                let (sensor, id) = (&lease.sensor, lease.authority);
                match &lease.until {
                    Ok(until) => format!("lease of {sensor} under {id} until {until}"),
                    Err(e) => format!("no lease of {sensor} under {id}: {}", words(e)),
                }
            })),
            Err(e) => told.push(format!("no lease was renewed: {}", words(&e))),
        }
        match sakimori_control::deletion::expire(&self.node, &self.host) {
            Ok(ended) => {
                told.extend(
                    ended
                        .gone
                        .iter()
                        .map(|d| format!("{} destroyed", d.deletion.bucket)),
                );
                let failed = ended.failed.iter();
                told.extend(failed.map(|(bucket, e)| {
                    format!(
                        "{bucket} not destroyed: {}",
                        sakimori_control::error::told(e)
                    )
                }));
            }
            Err(e) => told.push(format!(
                "no deletion: {}",
                sakimori_control::error::told(&e)
            )),
        }
        told
    }
}

/// The index of an entry that is on record already: an answer that was lost is given again.
fn index_of(log: &mut Log, leaf: &[u8]) -> Answer<Option<u64>> {
    let Ok(envelope) = Envelope::decode(leaf) else {
        return Ok(None);
    };
    let tip = log.ask(|client| client.tip(envelope.stream));
    if tip.map_err(|e| refused(&e))?.is_none() {
        return Ok(None);
    }
    let mut found = None;
    log.each_durable_entry(|index, _, known| {
        found = (known == leaf).then_some(index);
        found.is_none()
    })
    .map_err(|e| refused(&e))?;
    Ok(found)
}

/// An append that the log answers with a no is the author's affair.
fn entry_refused(error: &ControlError) -> Problem {
    match error {
        ControlError::Ledger {
            source: sakimori_ledger::client::ClientError::Problem(problem),
            ..
        } => Problem::new(Code::EntryRefused, problem),
        other => refused(other),
    }
}
