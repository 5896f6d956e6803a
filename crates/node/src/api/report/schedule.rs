//! The schedule of duties in force, and the keys by which a node knows the office. In: the role's folder. Out: values, keys. Never: a schedule that the office did not sign.

use sakimori_control::{ControlError, files};
use sakimori_cooperate::Terms;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use std::path::Path;

/// The schedule that is built in is in force from here: 1 October 2026, 00:00 in Japan.
const BUILT_IN_FROM: Seconds = Seconds(1_790_780_400);

/// The schedule of duties: `duties.note` in the role's folder, which one of the keys signed; the built-in one without it, whose unverified values say so.
///
/// # Errors
/// [`ControlError::Document`]: the note is not in force.
pub fn duties(folder: &Path, keys: &[VerifierKey]) -> Result<Terms, ControlError> {
    let path = folder.join("duties.note");
    let Some(bytes) = files::read(&path)? else {
        return Ok(Terms::japan(BUILT_IN_FROM));
    };
    let mut refused = None;
    for key in keys {
        match Terms::check(&bytes, key) {
            Ok(terms) => return Ok(terms),
            Err(e) => refused = Some(e),
        }
    }
    Err(match refused {
        Some(e) => ControlError::document(path.display(), e),
        None => ControlError::Usage(format!(
            "{}: no key of the office is known to check it with",
            path.display()
        )),
    })
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
        let built_in = duties(at, &[]).unwrap();
        assert_eq!(built_in.not_before.to_string(), "2026-09-30T15:00:00Z");
        let signer = |seed| NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[seed; 32]);
        let (office, other) = (signer(1).unwrap(), signer(2).unwrap());
        let mut next = built_in;
        next.version = 2;
        let note = Note::sign(&next.to_string(), &[&office], 0).unwrap();
        std::fs::write(at.join("duties.note"), note.to_bytes()).unwrap();
        std::fs::write(at.join("office.keys"), format!("{}\n", other.verifier())).unwrap();
        assert!(duties(at, &office_keys(at).unwrap()).is_err(), "another's");
        assert!(duties(at, &[]).is_err(), "nobody's");
        let both = format!("{}\n\n{}\n", other.verifier(), office.verifier());
        std::fs::write(at.join("office.keys"), both).unwrap();
        assert_eq!(duties(at, &office_keys(at).unwrap()).unwrap(), next);
        std::fs::write(at.join("office.keys"), "no key\n").unwrap();
        assert!(office_keys(at).is_err());
    }
}
