//! The schedule of duties in force, and the keys by which a node knows the office. In: the role's folder. Out: values, keys. Never: a schedule that the office did not sign.

use sakimori_control::error::told;
use sakimori_control::{ControlError, files};
use sakimori_cooperate::Terms;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use std::path::Path;

/// The schedule that is built in is in force from here: 1 October 2026, 00:00 in Japan.
const BUILT_IN_FROM: Seconds = Seconds(1_790_780_400);

/// The schedule that was brought last and is in force, a signed note.
const KEPT: &str = "duties.note";
/// A schedule that is signed and not in force yet.
const AHEAD: &str = "duties.next.note";

/// A signed schedule: what it says, and its note.
pub type Signed = (Terms, Vec<u8>);

/// The schedule of duties in force: the newest in the role's folder that one of the keys signed and whose time has come; the built-in one without it, whose unverified values say so.
///
/// # Errors
/// [`ControlError::Document`]: a note is damaged, or nobody's whose key is known.
pub fn duties(folder: &Path, keys: &[VerifierKey], now: Seconds) -> Result<Terms, ControlError> {
    let kept = signed(folder, keys)?.into_iter();
    let begun = kept.filter(|(terms, _)| terms.not_before <= now);
    let newest = begun.max_by_key(|(terms, _)| terms.version);
    Ok(newest.map_or_else(|| Terms::japan(BUILT_IN_FROM), |(terms, _)| terms))
}

/// The newest signed schedule in the role's folder, in force or not yet; none where there is only the built-in one.
///
/// # Errors
/// As [`duties`].
pub fn newest_duties(folder: &Path, keys: &[VerifierKey]) -> Result<Option<Signed>, ControlError> {
    let kept = signed(folder, keys)?.into_iter();
    Ok(kept.max_by_key(|(terms, _)| terms.version))
}

/// Keeps a signed schedule in the role's folder, where it is in force from its time on; `false` where it is the one that was newest already.
///
/// # Errors
/// [`ControlError::Document`]: none of the keys signed it, or it does not follow the one that is known: versions never go back, and no version has two texts.
pub fn keep_duties(
    folder: &Path,
    keys: &[VerifierKey],
    note: &[u8],
    now: Seconds,
) -> Result<bool, ControlError> {
    let refused = |why: String| ControlError::document("the schedule of duties", why);
    let terms = checked(note, keys).map_err(refused)?;
    let known = newest_duties(folder, keys)?;
    if let Some((known, before)) = &known {
        if *known == terms {
            return Ok(false);
        }
        if !terms.succeeds(known) {
            let (next, last) = (terms.version, known.version);
            return Err(refused(format!(
                "version {next} does not follow version {last}, which is known here"
            )));
        }
        // One whose time came in the meantime makes room for the one behind it.
        if known.not_before <= now && terms.not_before > now {
            files::write(&folder.join(KEPT), before, files::PUBLIC)?;
        }
    }
    let name = if terms.not_before <= now { KEPT } else { AHEAD };
    std::fs::create_dir_all(folder).map_err(ControlError::file("create", folder))?;
    files::write(&folder.join(name), note, files::PUBLIC)?;
    Ok(true)
}

/// What one of the keys signed.
fn checked(note: &[u8], keys: &[VerifierKey]) -> Result<Terms, String> {
    let mut why = "no key of the office is known to check it with".to_owned();
    for key in keys {
        match Terms::check(note, key) {
            Ok(terms) => return Ok(terms),
            Err(e) => why = told(&e),
        }
    }
    Err(why)
}

fn signed(folder: &Path, keys: &[VerifierKey]) -> Result<Vec<Signed>, ControlError> {
    let mut kept = Vec::new();
    for name in [KEPT, AHEAD] {
        let path = folder.join(name);
        let Some(bytes) = files::read(&path)? else {
            continue;
        };
        let terms = checked(&bytes, keys);
        let terms = terms.map_err(|why| ControlError::document(path.display(), why))?;
        kept.push((terms, bytes));
    }
    Ok(kept)
}

/// The office's verifier keys: the lines of `office.keys` in the operator's folder, none without it.
///
/// # Errors
/// [`ControlError::Document`]: a line is no key.
pub fn office_keys(folder: &Path) -> Result<Vec<VerifierKey>, ControlError> {
    let path = folder.join("office.keys");
    let bytes = files::read(&path)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let key = |line: &str| {
        let read = line.parse::<VerifierKey>();
        read.map_err(|e| ControlError::document(path.display(), e))
    };
    lines.map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_tlog::key::{KeyKind, NoteSigner};
    use sakimori_tlog::note::Note;

    #[test]
    fn a_schedule_is_the_office_s_or_the_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let now = Seconds(1_800_000_000);
        let built_in = duties(at, &[], now).unwrap();
        assert_eq!(built_in.not_before.to_string(), "2026-09-30T15:00:00Z");
        let signer = |seed| NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[seed; 32]);
        let (office, other) = (signer(1).unwrap(), signer(2).unwrap());
        let mut next = built_in;
        next.version = 2;
        let note = Note::sign(&next.to_string(), &[&office], 0).unwrap();
        std::fs::write(at.join("duties.note"), note.to_bytes()).unwrap();
        std::fs::write(at.join("office.keys"), format!("{}\n", other.verifier())).unwrap();
        let known = || office_keys(at).unwrap();
        assert!(duties(at, &known(), now).is_err(), "another's");
        assert!(duties(at, &[], now).is_err(), "nobody's");
        let both = format!("{}\n\n{}\n", other.verifier(), office.verifier());
        std::fs::write(at.join("office.keys"), both).unwrap();
        assert_eq!(duties(at, &known(), now).unwrap(), next);
        std::fs::write(at.join("office.keys"), "no key\n").unwrap();
        assert!(office_keys(at).is_err());
    }

    #[test]
    fn versions_never_go_back_and_none_is_in_force_before_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let signer = |seed| NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[seed; 32]);
        let (office, other) = (signer(1).unwrap(), signer(2).unwrap());
        let keys = [office.verifier().clone()];
        let now = Seconds(1_800_000_000);
        let made = |version, from: u64, by: &NoteSigner| {
            let mut terms = Terms::japan(Seconds(from));
            terms.version = version;
            let note = Note::sign(&terms.to_string(), &[by], 0).unwrap();
            note.to_bytes()
        };
        let keep = |note: &[u8], now| keep_duties(at, &keys, note, now);
        let version = |now| duties(at, &keys, now).unwrap().version;
        assert!(keep(&made(3, 5, &other), now).is_err(), "another's");
        assert!(keep(&made(3, 5, &office), now).unwrap());
        assert!(!keep(&made(3, 5, &office), now).unwrap(), "the same");
        for (older, from) in [(2, 5), (3, 6), (1, 5)] {
            assert!(keep(&made(older, from, &office), now).is_err(), "{older}");
        }
        assert!(keep(&made(4, now.0 + 10, &office), now).unwrap());
        assert_eq!((version(now), version(Seconds(now.0 + 10))), (3, 4));
        assert!(keep(&made(3, 5, &office), now).is_err(), "4 is known");
        // The fourth has begun when the fifth comes, which is ahead again.
        let later = Seconds(now.0 + 20);
        assert!(keep(&made(5, now.0 + 40, &office), later).unwrap());
        assert_eq!((version(later), version(Seconds(now.0 + 40))), (4, 5));
        assert!(keep(&made(7, 5, &office), later).unwrap());
        assert_eq!(version(later), 7);
        assert_eq!(newest_duties(at, &keys).unwrap().unwrap().0.version, 7);
    }
}
