//! The commission's process: a verified mirror of the log, leases and halves of bucket keys. In: the log's uploads, signed requests. Out: cosignatures, leases, shares,
//! attestations. Never: a lease for what its own copy does not show as decided; a share for what is not on record there; a whole bucket key.
//!
//! It has keys and a folder of its own and trusts nobody's word: what it hands out depends on its copy of the log, its clock and its members' signatures alone. It listens on
//! loopback; what it says there is not encrypted.

mod ask;
mod client;
mod epoch;
mod register;
mod request;
mod retention;
mod serve;
mod urgent;

pub use ask::ask;
pub use client::{CallError, Caller, commission_of};
pub use epoch::{EpochDestroyRequest, EpochShareRequest, ReidentifyRequest};
pub use register::{Admission, Register};
pub use request::{DestroyRequest, LeaseRequest, ShareRequest, Use};
pub use serve::{Running, hold, paths, start};
pub use urgent::{Alarm, round};

use crate::error::{ControlError, told};
use crate::host::Host;
use crate::{files, keys};
use register::Decided;
use sakimori_authority::lease::{Ask, Lease};
use sakimori_authority::root::TrustRoot;
use sakimori_authority::statement::Statement;
use sakimori_custody::ids::{AuthorityId, BucketId, SensorId};
use sakimori_custody::keys::Share;
use sakimori_custody::time::Seconds;
use sakimori_lake::{ShareError, ShareVault};
use sakimori_ledger::disk::Folder;
use sakimori_ledger::http::SharedMirror;
use sakimori_ledger::mirror::{Mirror, MirrorParts};
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::note::Note;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// How far a request's time may lie from the commission's clock, seconds.
const REQUEST_SECONDS_MAX: u64 = 300;
/// How long after its query entry a share may be asked for, seconds; entries carry whole minutes.
const QUERY_SECONDS_MAX: u64 = 15 * 60;

/// Longest life of a lease, seconds, whatever is asked for: a suspension reaches a sensor that nobody reaches with the end of its lease. As long as the office asks for, which renews at half.
const LEASE_SECONDS_MAX: u64 = 12 * 3600;

/// The commission's part of the node.
pub struct Commission {
    mirror: SharedMirror,
    register: Arc<Mutex<Register>>,
    lease_key: NoteSigner,
    share_key: NoteSigner,
    shares: ShareVault,
    /// What is left of halves that were destroyed: their buckets' names.
    destroyed: PathBuf,
    /// Held over each look at what was destroyed and what is done upon it: no share is made or given behind a tombstone. Taken before every other lock.
    keeping: Mutex<()>,
    /// Names of the rulings of re-identification that are used; one request at a time looks there.
    used: Mutex<PathBuf>,
    /// Signs the commission's own entries.
    secretariat: NoteSigner,
    watch: Mutex<urgent::Watch>,
    host: Host,
}

/// What a sensor is told that has no lease.
const UNLEASED: &str = "no lease of this sensor is on record and in force";

/// Why a request is not met; the asker acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Status code.
    pub status: u16,
    /// One line.
    pub reason: String,
}

fn denied(status: u16, reason: impl std::fmt::Display) -> Denied {
    Denied {
        status,
        reason: format!("{reason}"),
    }
}

impl Commission {
    /// Opens the commission's folder: keys, mirror, shares.
    ///
    /// # Errors
    /// [`ControlError`]: a key or the trust root is missing, or the mirror's copy is damaged or lacks a body that lies open.
    ///
    /// # Cost
    /// Reads and hashes the whole copy of the log.
    pub fn open(folder: &Path, host: &Host) -> Result<Self, ControlError> {
        let key = |name: &str| keys::read(&folder.join(format!("keys/{name}.key")));
        let path = folder.join("trust-root.note");
        let root = files::read_present(&path)?;
        let root =
            TrustRoot::open(&root).map_err(|e| ControlError::document(path.display(), told(&e)))?;
        let log_key = root.policy.logs().first().cloned();
        let log_key =
            log_key.ok_or_else(|| ControlError::document(path.display(), "it names no log"))?;
        let register = Arc::new(Mutex::new(Register::new(root.clone())));
        let disk = |name: &str| {
            let path = folder.join(name);
            Folder::new(&path)
                .map(Box::new)
                .map_err(ControlError::file("open", &path))
        };
        let mirror = Mirror::open(MirrorParts {
            log: disk("mirror")?,
            wal: disk("mirror-state")?,
            log_key,
            signer: key("mirror")?,
            approve: Box::new(register::Approver(Arc::clone(&register))),
        });
        let mut mirror = mirror
            .map_err(|e| ControlError::document(folder.join("mirror").display(), told(&e)))?;
        if let Some(second) = keys::read_post_quantum(&folder.join("keys/mirror-mldsa44.key"))? {
            mirror.cosign_with(second);
        }
        let mut outside = root.policy.witnesses();
        outside.retain(|key| key.name() != mirror.key().name());
        mirror.keep_cosignatures_of(outside);
        lock(&register).read_bodies(&mirror.reader())?;
        let commission = Self {
            mirror: Arc::new(Mutex::new(mirror)),
            register,
            lease_key: key("lease")?,
            share_key: key("share")?,
            shares: ShareVault::at(folder.join("shares")),
            destroyed: folder.join("destroyed"),
            keeping: Mutex::new(()),
            used: Mutex::new(folder.join("reidentified")),
            secretariat: key("secretariat")?,
            watch: Mutex::new(urgent::Watch::open(folder)?),
            host: host.clone(),
        };
        // The clock that destroys begins with the process and with what the copy says.
        commission.believed(host.seconds());
        Ok(commission)
    }

    /// Number of entries that the mirror has cosigned for.
    fn verified_size(&self) -> u64 {
        lock(&self.mirror).size()
    }

    /// Gives a lease for a sensor of an authority that is in force and in the commission's own copy.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn lease(&self, body: &[u8]) -> Result<Vec<u8>, Denied> {
        let root = self.trust_root();
        let office = std::slice::from_ref(&root.office);
        let (request, now) = self.opened(body, office, LeaseRequest::parse)?;
        fresh(request.time, now)?;
        let tree_size = self.verified_size();
        let decided = self.decided(request.authority, tree_size)?;
        lock(&self.register)
            .leases(request.authority, &request.sensor, now)
            .map_err(|why| denied(403, why))?;
        decided_under(&decided.statement, &root)?;
        // An urgent act ends with its deadline.
        let left = self
            .urgent_deadline(request.authority)
            .map(|end| end.0.saturating_sub(now.0));
        if left == Some(0) {
            return Err(denied(403, "the urgent act has ended"));
        }
        let id = self.host.bytes().map_err(|e| denied(500, e))?;
        let seconds = request.seconds.min(LEASE_SECONDS_MAX);
        let ask = Ask {
            id: AuthorityId(id),
            sensor: request.sensor,
            seconds: left.map_or(seconds, |left| left.min(seconds)),
            tree_size,
        };
        let lease = Lease::issue(&decided.statement, &decided.text, &ask, now)
            .map_err(|e| denied(403, e))?;
        let note = Note::sign(&lease.to_string(), &[&self.lease_key], now.0);
        note.map(|note| note.to_bytes())
            .ok_or_else(|| denied(500, "the lease cannot be signed"))
    }

    /// Gives the commission's half of a bucket key, signed for this request: to a sensor that may fill the bucket now, or to an office whose query is on record.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn share(&self, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, Denied> {
        let root = self.trust_root();
        let (keys, office) = (self.askers(), Some(&root.office));
        let (request, now) = self.opened(body, &keys, ShareRequest::parse)?;
        fresh(request.time, now)?;
        let decided = self.decided(request.bucket.authority, self.verified_size())?;
        let keeping = lock(&self.keeping);
        let share = match request.purpose {
            Use::Write => {
                signed_by(body, root.sensor(&request.bucket.sensor))?;
                self.quarantine(request.bucket.authority, false, now)?;
                self.share_to_fill(&decided, &request.bucket, now)?
            }
            Use::Query { entry } => {
                signed_by(body, office)?;
                self.quarantine(request.bucket.authority, true, now)?;
                self.may_query(&decided, entry, &request.bucket, now)?;
                self.is_kept(&decided, &request.bucket, now)?;
                self.shares.read(&request.bucket)
            }
        };
        drop(keeping);
        let share = share.map_err(|e| match e {
            ShareError::Missing(_) => denied(410, told(&e)),
            _ => denied(500, told(&e)),
        })?;
        let text = request::share_text(body, &share);
        let note = Note::sign(&text, &[&self.share_key], now.0);
        note.map(|note| Zeroizing::new(note.to_bytes()))
            .ok_or_else(|| denied(500, "the share cannot be signed"))
    }

    fn askers(&self) -> Vec<VerifierKey> {
        let root = self.trust_root();
        let sensors = root.sensors.into_iter().map(|(_, key)| key);
        sensors.chain([root.office]).collect()
    }

    /// A request's text, once one of `keys` signed it.
    fn opened<T>(
        &self,
        body: &[u8],
        keys: &[VerifierKey],
        parse: fn(&str) -> Option<T>,
    ) -> Result<(T, Seconds), Denied> {
        let note = Note::parse(body).map_err(|e| denied(400, e))?;
        note.verify(keys).map_err(|e| denied(403, e))?;
        let request = parse(note.text()).ok_or_else(|| denied(400, "the request is malformed"))?;
        Ok((request, self.host.seconds()))
    }

    fn decided(&self, id: AuthorityId, verified: u64) -> Result<Decided, Denied> {
        let decided = lock(&self.register).decided(id);
        decided
            .filter(|decided| decided.index < verified)
            .ok_or_else(|| {
                denied(
                    404,
                    "the commission's copy of the log holds no such decision in force",
                )
            })
    }

    /// Whether a sensor may begin something now: its authority stands, and a lease of it is on record whose last second is not over. The two minutes that entries are allowed are for what
    /// was read in time, and for nothing new.
    fn may_begin(&self, decided: &Decided, sensor: &SensorId, now: Seconds) -> Result<(), Denied> {
        let register = lock(&self.register);
        let lets = register.lets_begin(decided.statement.id, sensor, now);
        lets.map_err(|why| denied(403, why))?;
        if register.is_leased_now(decided.statement.id, sensor, now) {
            Ok(())
        } else {
            Err(denied(403, UNLEASED))
        }
    }

    /// The half of a bucket that a sensor may fill: made on the bucket's own day; later only read, for windows that a fall has left there.
    ///
    /// A sensor whose authority was stopped, or whose lease ended, no more than two minutes ago is given a half that is there already, so that it can close the window that it read in time; so long does
    /// the log take its receipt. Later it gets none, not of other days either, until its authority goes on: what lies in its spool is of no use to anybody before that.
    fn share_to_fill(
        &self,
        decided: &Decided,
        bucket: &BucketId,
        now: Seconds,
    ) -> Result<Result<Share, ShareError>, Denied> {
        let begins = self.may_begin(decided, &bucket.sensor, now);
        let closes = lock(&self.register).is_leased(&decided.commitment, &bucket.sensor, now);
        let begins = match begins {
            Err(why) if !closes => return Err(why),
            begins => begins,
        };
        self.is_kept(decided, bucket, now)?;
        let moment_ago = Seconds(now.0.saturating_sub(REQUEST_SECONDS_MAX));
        let is_of_now = (moment_ago.day()..=now.day()).contains(&bucket.day);
        if is_of_now && begins.is_ok() {
            let random = self.host.bytes().map_err(|e| denied(500, e))?;
            return Ok(self.shares.obtain(bucket, random));
        }
        match (self.shares.read(bucket), begins) {
            (Err(ShareError::Missing(_)), Err(why)) => Err(why),
            (share, _) => Ok(share),
        }
    }

    fn may_query(
        &self,
        decided: &Decided,
        entry: u64,
        bucket: &BucketId,
        now: Seconds,
    ) -> Result<(), Denied> {
        let unknown = || {
            denied(
                403,
                format!(
                    "entry {entry} of the commission's copy is no query that is open and says why"
                ),
            )
        };
        let query = lock(&self.register).query(entry).ok_or_else(unknown)?;
        // What is not cosigned may never be: its entry would not be on record.
        if entry >= self.verified_size() {
            return Err(unknown());
        }
        if query.authority != decided.commitment {
            return Err(denied(
                403,
                format!("the query of entry {entry} is under another authority"),
            ));
        }
        if !query.buckets.contains(&bucket.to_string()) {
            return Err(denied(
                403,
                format!("the query of entry {entry} does not name this bucket"),
            ));
        }
        let young = now.0.saturating_sub(QUERY_SECONDS_MAX)..=now.plus(REQUEST_SECONDS_MAX).0;
        if young.contains(&query.time.0) {
            Ok(())
        } else {
            Err(denied(
                403,
                format!(
                    "the query of entry {entry} is of {}, the commission's clock says {now}",
                    query.time
                ),
            ))
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A lease is for the version of the trust root that its statement was decided under: the next version takes none of it over.
fn decided_under(statement: &Statement, root: &TrustRoot) -> Result<(), Denied> {
    if statement.root == root.version {
        return Ok(());
    }
    let (old, new) = (statement.root, root.version);
    Err(denied(
        403,
        format!(
            "it was decided under version {old} of the trust root, in force is version {new}: it is to be decided anew"
        ),
    ))
}

fn signed_by(body: &[u8], key: Option<&VerifierKey>) -> Result<(), Denied> {
    let note = Note::parse(body).map_err(|e| denied(400, e))?;
    let key = key.ok_or_else(|| denied(403, "the trust root has no key of this sensor"))?;
    note.verify(std::slice::from_ref(key))
        .map_err(|e| denied(403, e))?;
    Ok(())
}

fn fresh(time: Seconds, now: Seconds) -> Result<(), Denied> {
    if time.0.abs_diff(now.0) <= REQUEST_SECONDS_MAX {
        Ok(())
    } else {
        Err(denied(
            403,
            format!("the request is of {time}, the commission's clock says {now}"),
        ))
    }
}
