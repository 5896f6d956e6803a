//! The next version of the trust root. In: the version in force, who comes and who goes. Out: a text to be signed by majorities of the old and of the new members. Never: a key of an organisation's
//! processes changed: log, mirror, leases, shares, secretariat and office keep theirs.

use crate::error::{ControlError, told};
use crate::host::Host;
use crate::layout::Node;
use crate::ledger::root_note;
use sakimori_authority::root::TrustRoot;
use sakimori_custody::ids::hex;
use sakimori_tlog::note::Note;

/// Who comes and who goes. A line is what stands behind the key of its kind in the text, such as `m6 member commission.example/m6+…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootChange {
    /// Kind and id of lines that go, such as (`member`, `m5`).
    pub remove: Vec<(String, String)>,
    /// Kind and value of lines that come; they take the place of one of the same id.
    pub add: Vec<(String, String)>,
}

/// The text of the next version of the trust root.
///
/// # Errors
/// [`ControlError::Usage`]: nothing would change, or nobody of that id is there; [`ControlError::Document`]: what comes of it is no trust root, or keys would change that cannot.
pub fn root_text(node: &Node, host: &Host, change: &RootChange) -> Result<String, ControlError> {
    let bad = |e: &dyn std::error::Error| ControlError::document("the trust root", told(e));
    let note = Note::parse(&root_note(node)?).map_err(|e| bad(&e))?;
    let known = TrustRoot::drafted(note.text()).map_err(|e| bad(&e))?;
    if *change == RootChange::default() {
        return Err(ControlError::Usage(
            "name who comes or goes: nothing would change".to_owned(),
        ));
    }
    let mut lines: Vec<String> = note.text().lines().map(str::to_owned).collect();
    for (kind, id) in &change.remove {
        let before = lines.len();
        lines.retain(|line| !is_of(line, kind, id));
        if lines.len() == before {
            return Err(ControlError::Usage(format!(
                "the trust root has no {kind} `{id}`"
            )));
        }
    }
    for (kind, value) in &change.add {
        put(&mut lines, kind, value);
    }
    let fixed = [
        ("version", known.version.saturating_add(1).to_string()),
        ("not-before", host.seconds().to_string()),
        ("previous", format!("sha256:{}", hex(&known.hash()))),
    ];
    for (key, value) in fixed {
        let start = format!("{key}: ");
        for line in lines.iter_mut().filter(|line| line.starts_with(&start)) {
            *line = format!("{start}{value}");
        }
    }
    let text = lines.join("\n") + "\n";
    let next = TrustRoot::drafted(&text).map_err(|e| bad(&e))?;
    follows(&known, &next, host)?;
    Ok(text)
}

/// Whether a line is of this kind and about this id.
fn is_of(line: &str, kind: &str, id: &str) -> bool {
    let value = line.strip_prefix(kind).and_then(|l| l.strip_prefix(": "));
    value.is_some_and(|value| value.split(' ').next() == Some(id))
}

/// Puts a line in the place of the one of its id, else behind the last of its kind, else where its kind stands in the grammar.
fn put(lines: &mut Vec<String>, kind: &str, value: &str) {
    let line = format!("{kind}: {value}");
    let id = value.split(' ').next().unwrap_or_default();
    if let Some(place) = lines.iter_mut().find(|line| is_of(line, kind, id)) {
        *place = line;
        return;
    }
    let start = format!("{kind}: ");
    let of_kind = lines.iter().rposition(|line| line.starts_with(&start));
    let behind = |key: &str| lines.iter().rposition(|line| line.starts_with(key));
    let at = of_kind.or_else(|| match kind {
        "counter" => behind("sensor: ").or_else(|| behind("officer: ")),
        "sensor" => behind("officer: "),
        _ => None,
    });
    let at = at.or_else(|| behind("office: ")).unwrap_or_default();
    lines.insert(at.saturating_add(1).min(lines.len()), line);
}

/// Whether a version can come into force at this node: its processes have the keys that it names, and it has begun.
///
/// # Errors
/// [`ControlError::Document`] says what to do.
pub(super) fn follows(
    known: &TrustRoot,
    next: &TrustRoot,
    host: &Host,
) -> Result<(), ControlError> {
    let bad = |what: String| Err(ControlError::document("the trust root", what));
    if !next.keeps_keys_of(known) {
        return bad(
            "the commission's name, the witness policy and the keys of log, mirror, leases, share holders, secretariat and office cannot change while a node runs; members, officers, sensors, counters and floors can"
                .to_owned(),
        );
    }
    let now = host.seconds();
    if next.not_before > now {
        return bad(format!(
            "it begins at {}, the clock says {now}: it is entered once it begins",
            next.not_before
        ));
    }
    if next.not_before < known.not_before {
        return bad(format!(
            "it begins at {}, before the version in force, {}",
            next.not_before, known.not_before
        ));
    }
    Ok(())
}
