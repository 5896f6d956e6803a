//! One author's stream at the ledger. In: acts. Out: their indices, proofs. Never: an entry out of its order; a second stream under one id.

use crate::error::ControlError;
use crate::host::Host;
use sakimori_authority::TrustRoot;
use sakimori_custody::entry::{
    Act, Author, Chain, Entry, EntryType, Envelope, Salt, Seal, StoredBody,
};
use sakimori_custody::ids::{BucketId, StreamId};
use sakimori_custody::keys::BucketKey;
use sakimori_ledger::client::{Client, ClientError};
use sakimori_ledger::socket::Problem;
use sakimori_sensor::supervisor::{Recorder, RecorderError};
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::proof::TlogProof;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a proof is waited for: a checkpoint with its cosignature takes some 20 ms.
pub const PROOF_WAIT: Duration = Duration::from_secs(20);

/// A connection to the ledger that knows where it leads.
pub struct Log {
    client: Client,
    socket: PathBuf,
}

impl Log {
    /// Connects.
    ///
    /// # Errors
    /// [`ControlError::Ledger`]: no ledger listens there.
    pub fn connect(socket: &Path) -> Result<Self, ControlError> {
        let socket = socket.to_path_buf();
        match Client::connect(&socket) {
            Ok(client) => Ok(Self { client, socket }),
            Err(source) => Err(ControlError::Ledger { socket, source }),
        }
    }

    /// Asks the ledger something.
    ///
    /// # Errors
    /// [`ControlError::Ledger`].
    pub fn ask<T>(
        &mut self,
        ask: impl FnOnce(&mut Client) -> Result<T, ClientError>,
    ) -> Result<T, ControlError> {
        let socket = &self.socket;
        ask(&mut self.client).map_err(|source| ControlError::Ledger {
            socket: socket.clone(),
            source,
        })
    }

    /// A tlog-proof of an entry, under a checkpoint that the mirror cosigned.
    ///
    /// # Errors
    /// [`ControlError::Ledger`]: the mirror was not done within [`PROOF_WAIT`], or the ledger failed.
    pub fn proof(&mut self, index: u64) -> Result<String, ControlError> {
        self.ask(|client| client.proof(index, PROOF_WAIT))
    }

    /// Whether there is an entry at an index, also one that is durable and not published yet.
    ///
    /// # Errors
    /// [`ControlError::Ledger`].
    pub fn has(&mut self, index: u64) -> Result<bool, ControlError> {
        self.ask(|client| match client.proof(index, Duration::ZERO) {
            Ok(_) | Err(ClientError::Problem(Problem::Unproven(_))) => Ok(true),
            Err(ClientError::Problem(Problem::NoEntry)) => Ok(false),
            Err(error) => Err(error),
        })
    }

    /// Every published entry, in order, until `each` says `false`.
    ///
    /// # Errors
    /// [`ControlError::Ledger`].
    pub fn each_entry(
        &mut self,
        mut each: impl FnMut(u64, &Envelope, &[u8]) -> bool,
    ) -> Result<(), ControlError> {
        let mut next = 0;
        loop {
            let page = self.ask(|client| client.entries(next, 1000))?;
            if page.is_empty() {
                return Ok(());
            }
            for leaf in page {
                if let Ok(envelope) = Envelope::decode(&leaf)
                    && !each(next, &envelope, &leaf)
                {
                    return Ok(());
                }
                next += 1;
            }
        }
    }

    /// As [`Log::each_entry`], after a wait for the entries that are durable by now and not published yet.
    ///
    /// # Errors
    /// [`ControlError::Ledger`]; that the mirror was not done within [`PROOF_WAIT`] is one.
    pub fn each_durable_entry(
        &mut self,
        each: impl FnMut(u64, &Envelope, &[u8]) -> bool,
    ) -> Result<(), ControlError> {
        let mut size = 0;
        loop {
            self.each_entry(|index, _, _| {
                size = index + 1;
                true
            })?;
            if !self.has(size)? {
                return self.each_entry(each);
            }
            self.proof(size)?;
        }
    }

    /// The open body of an entry.
    ///
    /// # Errors
    /// [`ControlError::Ledger`]; [`ControlError::Document`] where it is missing, sealed or another's.
    pub fn open_body(&mut self, envelope: &Envelope) -> Result<Vec<u8>, ControlError> {
        let stored = self.ask(|client| client.body(&envelope.body))?;
        let opened = stored
            .ok_or("it is missing")
            .and_then(|bytes| StoredBody::decode(&bytes).map_err(|_| "it has no known form"))
            .and_then(|body| {
                body.open(&envelope.body, None)
                    .map_err(|_| "it does not open")
            });
        opened.map_err(|problem| ControlError::document("the body of a log entry", problem))
    }
}

/// How often a run looks whether the log is there while it waits for it.
const PULSE_EVERY: Duration = Duration::from_millis(200);
/// How long a log that is there may take to say so. With the look of the supervisor, every 200 ms, a log that fails or hangs stops a run within a second.
const PULSE_WAIT: Duration = Duration::from_millis(500);

/// The log as a run sees it: asked all the time whether it is there, also while an entry waits for a slow disk. What a run begins with has to be in the mirror's copy too: a log that was
/// taken back or forked takes entries like any other, and no quorum stands behind them.
pub struct RunLog {
    client: Client,
    pulse: Client,
    /// Whose quorum the run's first entry waits for; nothing once it has it.
    root: Option<TrustRoot>,
}

impl RunLog {
    /// Connects, twice: an entry that waits must not keep the question waiting. `root` is the trust root that the sensor remembers.
    ///
    /// # Errors
    /// [`ControlError::Ledger`]: no ledger listens there.
    pub fn connect(socket: &Path, root: TrustRoot) -> Result<Self, ControlError> {
        let client = || {
            Client::connect(socket).map_err(|source| ControlError::Ledger {
                socket: socket.to_path_buf(),
                source,
            })
        };
        Ok(Self {
            client: client()?,
            pulse: client()?,
            root: Some(root),
        })
    }

    /// Waits until the quorum's cosignatures cover an entry, as long as the log is there, [`PROOF_WAIT`] at most.
    fn covered(
        &mut self,
        entry: &Entry,
        index: u64,
        root: &TrustRoot,
    ) -> Result<(), RecorderError> {
        for _ in 0..PROOF_WAIT.as_millis() / PULSE_EVERY.as_millis() {
            match self.client.proof(index, PULSE_EVERY) {
                Ok(text) if stands(&text, &entry.leaf, root) => return Ok(()),
                Ok(_) => break,
                Err(ClientError::Problem(Problem::Unproven(_))) => self.alive()?,
                Err(error) => return Err(failed(&error)),
            }
        }
        let told =
            "the commission's mirror and the witnesses have not cosigned the start of the run";
        Err(RecorderError(told.to_owned()))
    }
}

/// Whether a proof shows an entry under a checkpoint that the quorum of the trust root stands behind.
fn stands(text: &str, entry: &[u8], root: &TrustRoot) -> bool {
    let Ok(proof) = TlogProof::parse(text.as_bytes()) else {
        return false;
    };
    let mut keys = root.policy.keys();
    if !keys.contains(&root.mirror) {
        keys.push(root.mirror.clone());
    }
    let cosigned = proof.checkpoint.verify(&keys).is_ok_and(|verified| {
        root.policy.met_by(&verified) && verified.iter().any(|v| v.key == root.mirror)
    });
    cosigned && proof.check(entry).is_ok()
}

fn failed(error: &ClientError) -> RecorderError {
    RecorderError(crate::error::told(error))
}

impl Recorder for RunLog {
    fn record(&mut self, entries: &[Entry]) -> Result<u64, RecorderError> {
        let pulse = &mut self.pulse;
        let mut watch = || pulse.alive(PULSE_WAIT).map_err(io::Error::other);
        let placed = self
            .client
            .append_all_watched(entries, PULSE_EVERY, &mut watch);
        let placed = placed.map_err(|e| failed(&e))?;
        let (Some(&index), Some(entry)) = (placed.first(), entries.first()) else {
            return Err(RecorderError("there was nothing to record".to_owned()));
        };
        if let Some(root) = self.root.take() {
            self.covered(entry, index, &root)?;
        }
        Ok(index)
    }

    fn alive(&mut self) -> Result<(), RecorderError> {
        self.pulse.alive(PULSE_WAIT).map_err(|e| failed(&e))
    }
}

/// What is put on record, without time, stream and salt.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What kind of act.
    pub kind: EntryType,
    /// SHA-256 of the statement's text; zero if none.
    pub authority: [u8; 32],
    /// Numbers by kind.
    pub counters: Vec<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// An entry that was made and is not on record.
pub struct Prepared {
    /// The entry.
    pub entry: Entry,
    /// Where its stream is behind it.
    chain: Chain,
}

/// An author's stream, which is new with each run.
pub struct Journal<'k> {
    /// The connection.
    pub log: Log,
    chain: Chain,
    signer: Option<&'k NoteSigner>,
    host: Host,
}

impl<'k> Journal<'k> {
    /// Begins a stream. Without a signer its entries are unsigned, as those are whose bodies are signed notes.
    ///
    /// # Errors
    /// [`ControlError::Ledger`], [`ControlError::Randomness`].
    pub fn begin(
        socket: &Path,
        signer: Option<&'k NoteSigner>,
        host: &Host,
    ) -> Result<Self, ControlError> {
        let stream = StreamId(host.bytes().map_err(ControlError::Randomness)?);
        Ok(Self {
            log: Log::connect(socket)?,
            chain: Chain::new(stream),
            signer,
            host: host.clone(),
        })
    }

    /// Puts a deed on record with its body open; returns index and entry once it is durable.
    ///
    /// # Errors
    /// [`ControlError::Ledger`]: it is not known to be on record, the act must not happen.
    pub fn record(&mut self, deed: Deed) -> Result<(u64, Entry), ControlError> {
        self.put(deed, None)
    }

    /// As [`Journal::record`], with the body sealed under the key of a bucket, so that it ends with it.
    ///
    /// # Errors
    /// As [`Journal::record`].
    pub fn record_sealed(
        &mut self,
        deed: Deed,
        bucket: &BucketId,
        key: &BucketKey,
    ) -> Result<(u64, Entry, Salt), ControlError> {
        let nonce = self.host.bytes().map_err(ControlError::Randomness)?;
        let salt = Salt(self.host.bytes().map_err(ControlError::Randomness)?);
        let (index, entry) = self.put(deed, Some((salt, Seal { bucket, key, nonce })))?;
        Ok((index, entry, salt))
    }

    /// Makes the next entry of the stream, with its body open; nothing is on record yet.
    ///
    /// # Errors
    /// [`ControlError::Randomness`].
    pub fn prepare(&self, deed: Deed) -> Result<Prepared, ControlError> {
        self.make(deed, None)
    }

    /// Puts on record what was prepared; returns index and entry once it is durable.
    ///
    /// # Errors
    /// As [`Journal::record`].
    pub fn commit(&mut self, prepared: Prepared) -> Result<(u64, Entry), ControlError> {
        let Prepared { entry, chain } = prepared;
        let index = self.log.ask(|client| client.append(&entry))?;
        // The chain moves on only with an entry that is on record.
        self.chain = chain;
        Ok((index, entry))
    }

    fn put(
        &mut self,
        deed: Deed,
        seal: Option<(Salt, Seal<'_>)>,
    ) -> Result<(u64, Entry), ControlError> {
        let prepared = self.make(deed, seal)?;
        self.commit(prepared)
    }

    fn make(&self, deed: Deed, seal: Option<(Salt, Seal<'_>)>) -> Result<Prepared, ControlError> {
        let act = Act {
            kind: deed.kind,
            time: self.host.seconds(),
            authority: deed.authority,
            counters: deed.counters,
            body: deed.body,
        };
        let author = self.signer.map(|signer| Author {
            id: signer.verifier().id(),
            key: signer.ed25519(),
        });
        let mut chain = self.chain;
        let entry = if let Some((salt, seal)) = seal {
            chain.sealed_entry(act, salt, &seal, author.as_ref())
        } else {
            let salt = Salt(self.host.bytes().map_err(ControlError::Randomness)?);
            chain.entry(act, salt, author.as_ref())
        };
        Ok(Prepared { entry, chain })
    }
}
