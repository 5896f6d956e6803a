//! The mirror's copy against the log. In: two folders. Out: whether they tell one history with the same bodies. Never: a choice between them: where they differ, the office
//! has to explain itself.

use crate::VerifyError;
use crate::body::Body;
use crate::checkpoint::{self, CHECKPOINT, PENDING, Signed, Trust};
use crate::code::{Code, Subject};
use crate::envelope::Envelope;
use crate::files::{Folder, Found};
use crate::limits::STORED_BYTES_MAX;
use crate::report::{Place, Sink};
use crate::target::body_name;
use crate::tree::{Allowed, Leaf, Stated, Walked, strays, walk};
use sakimori_tlog::merkle::Hash;

/// What the log's own walk found.
pub(crate) struct Log<'l> {
    pub(crate) folder: &'l Folder,
    pub(crate) stated: Stated,
    pub(crate) walked: &'l Walked,
}

/// Verifies the mirror's files, and holds them against the log's.
///
/// # Errors
/// [`VerifyError`]: a folder cannot be read.
pub(crate) fn compare(
    folder: &Folder,
    signed: Option<Signed>,
    log: &Log<'_>,
    sink: &mut Sink,
    step: &mut dyn FnMut(),
) -> Result<(), VerifyError> {
    let Some(signed) = signed else {
        return Ok(());
    };
    let stated = signed.stated();
    let mut bodies = Vec::new();
    let mut read = 0;
    let mut visit = |sink: &mut Sink, leaf: &Leaf<'_>| {
        step();
        let Ok(envelope) = Envelope::read(leaf.entry) else {
            return Ok(());
        };
        bodies.push(envelope.body);
        read += 1;
        body(folder, log.folder, leaf.index, &envelope, sink)
    };
    let walked = walk(folder, stated, &[log.stated.size], sink, &mut visit)?;
    history(&signed, stated, &walked, log, sink);
    bodies.sort_unstable();
    bodies.dedup();
    let allowed = Allowed {
        files: &[CHECKPOINT, PENDING],
        extent: walked.extent,
        bodies: (read == walked.extent).then_some(&bodies),
    };
    strays(folder, &allowed, sink)
}

/// Checks the signatures of a mirror's two checkpoints.
pub(crate) fn signatures(
    folder: &Folder,
    signed: Option<&Signed>,
    trust: Trust<'_>,
    now: Option<u64>,
    sink: &mut Sink,
) -> Result<(), VerifyError> {
    if let Some(signed) = signed {
        signed.check(trust, now, sink);
    }
    if let Some(pending) = checkpoint::read(folder, PENDING, sink)? {
        pending.check_log(trust, sink);
    }
    Ok(())
}

/// Whether the smaller of the two is the beginning of the larger.
fn history(signed: &Signed, mirror: Stated, walked: &Walked, log: &Log<'_>, sink: &mut Sink) {
    let place = Place::file(&signed.file);
    let here: Option<&Hash> = log.walked.roots.get(&mirror.size);
    if mirror.size > log.stated.size {
        let what = format!(
            "the mirror cosigned {} entries, the log's checkpoint states {}",
            mirror.size, log.stated.size
        );
        sink.bad(Code::MirrorAhead, place.clone(), what);
    }
    let same = match here {
        Some(root) => *root == mirror.root,
        // The log has fewer entries: then its root has to be one of the mirror's.
        None => walked
            .roots
            .get(&log.stated.size)
            .is_none_or(|root| *root == log.stated.root),
    };
    if same {
        sink.good(Subject::Mirror);
    } else {
        let what = format!(
            "at the smaller of {} and {} entries, log and mirror have other roots",
            mirror.size, log.stated.size
        );
        sink.bad(Code::MirrorFork, place, what);
    }
}

/// Holds the mirror's body of an entry against its commitment, and against the log's.
fn body(
    mirror: &Folder,
    log: &Folder,
    index: u64,
    envelope: &Envelope,
    sink: &mut Sink,
) -> Result<(), VerifyError> {
    let name = body_name(&envelope.body);
    let place = |folder: &Folder| Place::leaf(folder.call(&name), index);
    let Found::Bytes(stored) = mirror.read(&name, STORED_BYTES_MAX)? else {
        sink.bad(
            Code::BodyMissing,
            place(mirror),
            "the mirror has not got the body of this entry, or no file that can be one",
        );
        return Ok(());
    };
    let fits =
        |stored: &[u8]| Body::read(stored).is_some_and(|body| body.is_committed_by(&envelope.body));
    if !fits(&stored) {
        sink.bad(
            Code::BodyWrong,
            place(mirror),
            "it is not the body that the entry commits to",
        );
    }
    match log.read(&name, STORED_BYTES_MAX)? {
        Found::Bytes(own) if own == stored => sink.good(Subject::Mirror),
        // Where one of the two is wrong by itself, that is told of it alone.
        Found::Bytes(own) if fits(&stored) && fits(&own) => {
            let what = format!("`{}` and `{}` differ", log.call(&name), mirror.call(&name));
            sink.bad(Code::MirrorBody, place(log), what.clone());
            sink.bad(Code::MirrorBody, place(mirror), what);
        }
        _ => {}
    }
    Ok(())
}
