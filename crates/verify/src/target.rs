//! From a path to a report. In: a target and options. Out: the report. Never: an order of checks in which an unchecked byte is believed: what a checkpoint states is
//! computed anew before its signatures are worth anything.

use crate::body::{Body, size_class};
use crate::checkpoint::{self, CHECKPOINT, PENDING, Signed, Trust};
use crate::code::{Code, Subject};
use crate::envelope::Envelope;
use crate::files::{self, Folder, Found};
use crate::findings::{self, Against, PROOF};
use crate::history::{History, Seen};
use crate::limits::{STORED_BYTES_MAX, TRUST_ROOT_FILE_BYTES_MAX};
use crate::mirror;
use crate::notes::{RootError, TrustRoot};
use crate::report::{Kind, Place, Report, Sink};
use crate::tree::{Allowed, Leaf, Stated, Walked, strays, walk};
use crate::{Options, VerifyError, hex};
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::tile::entries_at;
use std::path::{Path, PathBuf};

/// The mirror's copy in a bundle, or in the folder of a commission's node.
const MIRROR: &str = "commission/mirror";

/// Verifies a log's folder, a mirror's copy, a bundle, or a `.tlog-proof` file. `progress` is told how many entries are done, of how many.
///
/// # Errors
/// [`VerifyError`]: nothing can be said, because files cannot be read or nothing is there to verify. What is wrong with their content is in the report.
///
/// # Cost
/// Reads every file once; some 150 µs an entry for its signature, and a microsecond for its hashes.
pub fn verify(
    target: &Path,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, VerifyError> {
    let pinned = options.trust_root.as_deref().map(read_root).transpose()?;
    let mut sink = Sink::new();
    let meta = std::fs::metadata(target).map_err(|source| {
        let file = target.to_owned();
        if files::is_absent(&source) {
            VerifyError::NoTarget(file)
        } else {
            VerifyError::Io { file, source }
        }
    })?;
    if meta.is_file() {
        return verify_proof(target, options, pinned, sink);
    }
    let bundle = target.join("log").is_dir();
    let pinned = match pinned {
        None if bundle => installed(target, &mut sink)?,
        other => other,
    };
    let log = target.join(CHECKPOINT).exists() || target.join("tile").is_dir();
    if bundle {
        beside(target, &mut sink);
    }
    let job = match (bundle, log) {
        (true, _) => Job {
            kind: Kind::Bundle,
            log: Folder::new(target.join("log"), "log"),
            mirror: mirror_of(target, options),
            findings: Some(Folder::new(target.join("findings"), "findings")),
        },
        (false, true) => Job {
            kind: Kind::Log,
            log: Folder::new(target, ""),
            mirror: mirror_of(target, options),
            findings: None,
        },
        // A commission's node has its verified copy alone.
        (false, false) if target.join(MIRROR).is_dir() => Job {
            kind: Kind::Log,
            log: Folder::new(target.join(MIRROR), MIRROR),
            mirror: options
                .mirror
                .as_ref()
                .map(|path| Folder::new(path, path.display().to_string())),
            findings: None,
        },
        (false, false) => return Err(VerifyError::NoTarget(target.to_owned())),
    };
    let stated = job.run(options, pinned, &mut sink, progress)?;
    Ok(sink.finish(job.kind, stated.size, stated.root))
}

/// Tells what a bundle has of a second log beside its own, or in the place of its folders: a reader could take it for what was verified.
fn beside(target: &Path, sink: &mut Sink) {
    for name in [CHECKPOINT, "tile", "bodies", "pending"] {
        if target.join(name).symlink_metadata().is_ok() {
            let what =
                "it is of a log beside the bundle's own, which is in `log`; it is not verified";
            sink.bad(Code::Stray, Place::file(name), what);
        }
    }
    for name in ["findings", "commission", MIRROR] {
        if Folder::new(target.join(name), name).is_no_folder() {
            sink.bad(Code::FileForm, Place::file(name), "it is no folder");
        }
    }
}

/// The trust root that was installed with a bundle: the log's has to be the same, but who vouches for it is the same office.
fn installed(target: &Path, sink: &mut Sink) -> Result<Option<TrustRoot>, VerifyError> {
    let name = "trust-root.note";
    let file = target.join(name);
    if file.symlink_metadata().is_err() {
        return Ok(None);
    }
    sink.note("the trust root is the bundle's own: nobody but the bundle says that it is the commission's");
    match read_root(&file) {
        Err(VerifyError::TrustRoot { reason, .. }) => {
            sink.bad(Code::TrustRootMalformed, Place::file(name), reason);
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Reads the trust root that the reader trusts. Who signed it is the reader's to know.
fn read_root(file: &Path) -> Result<TrustRoot, VerifyError> {
    let io = |source| VerifyError::Io {
        file: file.to_owned(),
        source,
    };
    let bad = |reason: String| VerifyError::TrustRoot {
        file: file.to_owned(),
        reason,
    };
    match files::read(file, TRUST_ROOT_FILE_BYTES_MAX).map_err(io)? {
        Found::Bytes(bytes) => TrustRoot::read(&bytes).map_err(|error| match error {
            RootError::Malformed(reason)
            | RootError::Unsigned(reason)
            | RootError::Chain(reason) => bad(reason),
        }),
        Found::Nothing => Err(io(std::io::ErrorKind::NotFound.into())),
        Found::TooLong => Err(bad(format!(
            "it is longer than {TRUST_ROOT_FILE_BYTES_MAX} bytes"
        ))),
        Found::NoFile => Err(bad("it is no regular file".to_owned())),
    }
}

/// The mirror that was named, or the bundle's own.
fn mirror_of(target: &Path, options: &Options) -> Option<Folder> {
    match &options.mirror {
        Some(path) => Some(Folder::new(path, path.display().to_string())),
        None => target
            .join(MIRROR)
            .is_dir()
            .then(|| Folder::new(target.join(MIRROR), MIRROR)),
    }
}

/// Name of a body's file below the log's folder.
pub(crate) fn body_name(commitment: &Hash) -> String {
    let name = hex(commitment);
    let (first, _) = name.split_at_checked(2).unwrap_or_default();
    format!("bodies/{first}/{name}")
}

/// Folders that are verified together.
struct Job {
    kind: Kind,
    log: Folder,
    mirror: Option<Folder>,
    findings: Option<Folder>,
}

impl Job {
    fn run(
        &self,
        options: &Options,
        pinned: Option<TrustRoot>,
        sink: &mut Sink,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Stated, VerifyError> {
        // The mirror's first: a live log only ever gets ahead of what was read before.
        let mirrored = match &self.mirror {
            Some(mirror) => checkpoint::read(mirror, CHECKPOINT, sink)?,
            None => None,
        };
        let (stems, mut marks) = self.proofs(sink)?;
        let signed = checkpoint::read(&self.log, CHECKPOINT, sink)?;
        let stated = signed.as_ref().map_or_else(Stated::nothing, Signed::stated);
        let mirror_size = mirrored.as_ref().map_or(0, |m| m.checkpoint.size);
        let total = stated.size.saturating_add(mirror_size);
        let mut done = 0;
        let mut step = || {
            done += 1;
            progress(done, total.max(done));
        };
        marks.push(mirror_size);
        let mut reading = Reading::new(&self.log, stated.size, pinned, options.log_key.is_some());
        let walked = walk(&self.log, stated, &marks, sink, &mut |sink, leaf| {
            step();
            reading.leaf(leaf, sink)
        })?;
        reading.finish(&walked, options.now, sink)?;
        let newest = reading.history.newest_root().map(Trust::Root);
        let trust = options.log_key.as_ref().map(Trust::Log).or(newest);
        self.signatures(signed.as_ref(), trust, options.now, sink)?;
        let cosigned = signed
            .as_ref()
            .zip(trust)
            .and_then(|(signed, trust)| signed.cosigned(trust));
        if let Some(cosigned) = cosigned {
            let bundle = |index| bundle_name(&self.log, index, walked.extent);
            reading.history.covered(cosigned, &bundle, sink);
        }
        if let Some(mirror) = &self.mirror {
            if let Some(trust) = trust {
                mirror::signatures(mirror, mirrored.as_ref(), trust, options.now, sink)?;
            }
            let log = mirror::Log {
                folder: &self.log,
                stated,
                walked: &walked,
            };
            mirror::compare(mirror, mirrored, &log, sink, &mut step)?;
        }
        let against = Against {
            trust,
            now: options.now,
            roots: Some(&walked.roots),
            finding: true,
        };
        if let Some(folder) = &self.findings {
            for stem in stems {
                if let Some(proof) = findings::read(folder, &stem, sink)? {
                    findings::check(folder, &stem, proof, &against, sink)?;
                }
            }
        }
        Ok(stated)
    }

    /// Checks who signed the log's checkpoint, and the pending one where the folder is a mirror's.
    fn signatures(
        &self,
        signed: Option<&Signed>,
        trust: Option<Trust<'_>>,
        now: Option<u64>,
        sink: &mut Sink,
    ) -> Result<(), VerifyError> {
        match (signed, trust) {
            (_, Some(trust)) => mirror::signatures(&self.log, signed, trust, now, sink),
            (Some(signed), None) => {
                let what = "there is no trust root to check its signatures with";
                sink.bad(Code::CheckpointLog, Place::file(&signed.file), what);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Stems of the findings' proofs, and the sizes of their checkpoints, which the walk has to pass by. The proofs themselves are read again
    /// when they are checked: there may be more of them than memory.
    fn proofs(&self, sink: &mut Sink) -> Result<(Vec<String>, Vec<u64>), VerifyError> {
        let Some(folder) = &self.findings else {
            return Ok((Vec::new(), Vec::new()));
        };
        let stems = findings::stems(folder, sink)?;
        let mut sizes = Vec::new();
        for stem in &stems {
            let proof = findings::read(folder, stem, &mut Sink::new())?;
            sizes.extend(proof.map(|proof| proof.stated().0));
        }
        Ok((stems, sizes))
    }
}

/// The entries of a log as they come by.
struct Reading<'r> {
    folder: &'r Folder,
    history: History,
    /// Whether entries are not looked into.
    plain: bool,
    commitments: Vec<Hash>,
    size: u64,
    /// Entries read so far.
    read: u64,
    /// The first entry that cannot be read: what comes behind it is not followed, because it may go back to it.
    lost: Option<u64>,
}

impl<'r> Reading<'r> {
    fn new(folder: &'r Folder, size: u64, pinned: Option<TrustRoot>, plain: bool) -> Self {
        let history = History::new(pinned);
        Self {
            folder,
            history,
            plain,
            commitments: Vec::new(),
            size,
            read: 0,
            lost: None,
        }
    }

    fn leaf(&mut self, leaf: &Leaf<'_>, sink: &mut Sink) -> Result<(), VerifyError> {
        if self.plain {
            return Ok(());
        }
        if leaf.index != self.read {
            self.lose(self.read);
        }
        self.read = leaf.index + 1;
        let bundle = bundle_name(self.folder, leaf.index, u64::MAX);
        let envelope = match Envelope::read(leaf.entry) {
            Ok(envelope) => envelope,
            Err(malformed) => {
                let what = format!("it leaves the form of an entry {malformed}");
                sink.bad(Code::EntryForm, Place::leaf(bundle, leaf.index), what);
                self.lose(leaf.index);
                return Ok(());
            }
        };
        sink.good(Subject::Entries);
        self.commitments.push(envelope.body);
        let stored = self.stored(leaf.index, &envelope, sink)?;
        let body = stored.as_deref().and_then(Body::read);
        let body = body.filter(|body| body.is_committed_by(&envelope.body));
        if body.is_none() {
            self.lose(leaf.index);
        }
        if leaf.signed && self.lost.is_none() {
            let seen = Seen {
                index: leaf.index,
                leaf: leaf.hash,
                entry: leaf.entry,
                envelope: &envelope,
                body: body.as_ref(),
                file: &bundle,
            };
            self.history.entry(&seen, sink);
        }
        Ok(())
    }

    fn lose(&mut self, index: u64) {
        self.lost.get_or_insert(index);
    }

    /// The stored body of an entry; what is wrong with it is told here.
    fn stored(
        &self,
        index: u64,
        envelope: &Envelope,
        sink: &mut Sink,
    ) -> Result<Option<Vec<u8>>, VerifyError> {
        let name = body_name(&envelope.body);
        let place = Place {
            stream: Some(envelope.stream),
            ..Place::leaf(self.folder.call(&name), index)
        };
        let stored = match self.folder.read(&name, STORED_BYTES_MAX)? {
            Found::Bytes(stored) => stored,
            found => {
                let (code, what) = match found {
                    Found::Nothing => (Code::BodyMissing, "the body of this entry is missing"),
                    Found::TooLong => (Code::BodyForm, "it is longer than any body"),
                    _ => (Code::BodyForm, "it is no regular file"),
                };
                sink.bad(code, place, what);
                return Ok(None);
            }
        };
        match Body::read(&stored) {
            None => sink.bad(Code::BodyForm, place, "it is of no known form"),
            Some(body) if !body.is_committed_by(&envelope.body) => sink.bad(
                Code::BodyWrong,
                place,
                "it is not the body that the entry commits to",
            ),
            Some(body) if size_class(body.length()) != envelope.size_class => {
                let what = format!(
                    "its {} bytes are not of size class {}",
                    body.length(),
                    envelope.size_class
                );
                sink.bad(Code::BodySize, place, what);
            }
            Some(_) => sink.good(Subject::Bodies),
        }
        Ok(Some(stored))
    }

    /// What can be said once all entries have come by: acts without an end, entries that are not signed for, files that nothing accounts for.
    fn finish(
        &mut self,
        walked: &Walked,
        now: Option<u64>,
        sink: &mut Sink,
    ) -> Result<(), VerifyError> {
        if self.read < walked.extent {
            self.lose(self.read);
        }
        match self.lost.filter(|_| !self.plain) {
            Some(lost) => sink.note(format!(
                "entry {lost} cannot be read; what the entries from there on say is not followed"
            )),
            // Without a checkpoint no entry was looked into.
            None if self.plain || self.size == 0 => {}
            None => {
                let bundle = |index| bundle_name(self.folder, index, walked.extent);
                self.history.finish(now, &bundle, sink);
            }
        }
        if let Some(behind) = walked.extent.checked_sub(self.size).filter(|&n| n > 0) {
            sink.note(format!(
                "{behind} entries are not, or not yet, signed for by the checkpoint"
            ));
        }
        self.commitments.sort_unstable();
        self.commitments.dedup();
        let allowed = Allowed {
            files: &[CHECKPOINT, PENDING],
            extent: walked.extent,
            bodies: self.lost.is_none().then_some(&self.commitments),
        };
        strays(self.folder, &allowed, sink)
    }
}

/// How a report calls the bundle of an entry.
fn bundle_name(folder: &Folder, index: u64, extent: u64) -> String {
    entries_at(index, extent).map_or_else(String::new, |tile| folder.call(&tile.path()))
}

/// One proof, with its entry beside it. The trust root is the one given, or that of the log beside the proof's folder.
fn verify_proof(
    target: &Path,
    options: &Options,
    pinned: Option<TrustRoot>,
    mut sink: Sink,
) -> Result<Report, VerifyError> {
    let name = target
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let stem = name.as_deref().and_then(|name| name.strip_suffix(PROOF));
    let Some(stem) = stem.filter(|stem| !stem.is_empty()) else {
        return Err(VerifyError::NoTarget(target.to_owned()));
    };
    let beside = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let beside: PathBuf = beside.map_or_else(|| ".".into(), Path::to_path_buf);
    let folder = Folder::new(&beside, "");
    let Some(proof) = findings::read(&folder, stem, &mut sink)? else {
        return Ok(sink.finish(Kind::Proof, 0, [0; 32]));
    };
    let (size, root) = proof.stated();
    let pinned = match pinned {
        Some(root) => Some(root),
        None if options.log_key.is_some() => None,
        None => {
            let root = root_of_log(&beside.join("../log"))?;
            if root.is_some() {
                sink.note("the trust root is that of the log beside the proof: nobody but the log says that it is the commission's");
            }
            root
        }
    };
    let trust = options
        .log_key
        .as_ref()
        .map(Trust::Log)
        .or(pinned.as_ref().map(Trust::Root));
    let finding = folder.has(&format!("{stem}.json"));
    let against = Against {
        trust,
        now: options.now,
        roots: None,
        finding,
    };
    findings::check(&folder, stem, proof, &against, &mut sink)?;
    Ok(sink.finish(Kind::Proof, size, root))
}

/// The newest trust root of a log, as the log itself has it.
fn root_of_log(path: &Path) -> Result<Option<TrustRoot>, VerifyError> {
    if !path.is_dir() {
        return Ok(None);
    }
    let mut sink = Sink::new();
    let folder = Folder::new(path, "log");
    let Some(signed) = checkpoint::read(&folder, CHECKPOINT, &mut sink)? else {
        return Ok(None);
    };
    let stated = signed.stated();
    let mut reading = Reading::new(&folder, stated.size, None, false);
    walk(&folder, stated, &[], &mut sink, &mut |sink, leaf| {
        reading.leaf(leaf, sink)
    })?;
    Ok(reading.history.newest_root().cloned())
}
