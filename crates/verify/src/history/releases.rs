//! What left by the release gate. In: entries of type 45. Out: problems (I13). Never: whose own a product was, which the log does not say.
//!
//! `docs/reference/formats.md` section 20; the table is written anew from that page.

use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::notes::is_name;
use crate::report::Sink;
use crate::time::read_time;
use crate::unhex;
use std::collections::BTreeSet;

/// What a class becomes in one step.
const STEPS: [(&str, &[&str]); 7] = [
    ("acquired", &["selected", "selected-party"]),
    ("selected", &["released-selected"]),
    ("selected-party", &["released-selected"]),
    ("released-selected", &["integrated"]),
    ("operator-report", &["integrated"]),
    ("integrated", &["integrated-provision"]),
    (
        "integrated-provision",
        &["integrated-controlled", "public-notice"],
    ),
];
/// Classes that nothing comes behind.
const LAST: [&str; 2] = ["integrated-controlled", "public-notice"];
const KINDS: &str = "state-agency police-defence carrier foreign-government operator public supplier council contractor reporter party";
const CONDITIONS: &str = "need protection-assessment equivalent-protection party-consent prior-consent fix-method controlled-handling competent-minister opinion-override";
/// From open to strict.
const TLP: [&str; 5] = ["clear", "green", "amber", "amber+strict", "red"];
const PAP: [&str; 4] = ["clear", "green", "amber", "red"];
/// Stands among conditions where only the needed part may go.
const CUT: &str = "*";

/// Whom a class may be given to, and what that asks for.
fn given(class: &str, kind: &str) -> Option<&'static [&'static str]> {
    Some(match (class, kind) {
        ("selected", "state-agency" | "police-defence") => &["need"],
        ("selected", "carrier") => &["protection-assessment"],
        ("selected-party", "state-agency" | "police-defence") => &["need", "prior-consent"],
        ("selected-party", "carrier") => &["protection-assessment", "prior-consent"],
        ("integrated", "carrier") | ("integrated-controlled", "contractor") => &[CUT],
        ("integrated-controlled", "state-agency") => &["controlled-handling"],
        ("integrated-controlled", "foreign-government") => &["equivalent-protection"],
        ("public-notice", "supplier") => &["fix-method"],
        ("operator-report", "state-agency") => &["competent-minister"],
        ("selected-party", "party")
        | ("operator-report", "reporter")
        | ("integrated", "state-agency" | "police-defence")
        | ("integrated-controlled", "police-defence" | "carrier" | "council")
        | (
            "public-notice",
            "state-agency" | "police-defence" | "carrier" | "foreign-government" | "operator"
            | "public" | "council" | "contractor",
        ) => &[],
        _ => return None,
    })
}

/// Whether a class is that one, or becomes it.
fn leads(from: &str, to: &str) -> bool {
    let next = STEPS.iter().find(|(class, _)| *class == from);
    from == to || next.is_some_and(|(_, next)| next.iter().any(|class| leads(class, to)))
}

struct Condition {
    kind: String,
    recipient: String,
    given: u64,
    until: u64,
}

struct Release {
    from: Vec<String>,
    to: String,
    recipients: Vec<(String, String)>,
    conditions: Vec<Condition>,
    /// How much was done to it.
    transforms: usize,
    tlp: usize,
    /// Whether basis and rights say something.
    said: bool,
    product: bool,
    released: bool,
}

/// An entry of type 45.
pub(super) fn release(seen: &Seen<'_>, sink: &mut Sink) {
    let Some(release) = told(seen.open().map(read), &seen.place(), sink) else {
        return;
    };
    let before = sink.count();
    let bad = |sink: &mut Sink, code, what: String| sink.bad(code, seen.place(), what);
    if let Some(what) = open(&release, [seen.counter(0), seen.counter(1)]) {
        bad(sink, Code::ReleaseFields, what.to_owned());
    }
    if release.released {
        let class = &release.to;
        if let Some(from) = release.from.iter().find(|from| !leads(from, class)) {
            let what = format!("`{from}` does not become `{class}`");
            bad(sink, Code::ReleaseClass, what);
        }
        for (kind, name) in &release.recipients {
            let Some(wanted) = given(class, kind) else {
                let what = format!("`{class}` is not for {kind}/{name}");
                bad(sink, Code::ReleaseClass, what);
                continue;
            };
            for word in wanted {
                if !holds(&release, word, name, seen) {
                    let what = format!("`{word}` of {kind}/{name} is not there or does not hold");
                    bad(sink, Code::ReleaseCondition, what);
                }
            }
        }
        let public = release.recipients.iter().any(|(kind, _)| kind == "public");
        if release.tlp < loosest(class) || public && release.tlp != 0 {
            let what = format!("`{class}` is marked `{}`", TLP[release.tlp]);
            bad(sink, Code::ReleaseTlp, what);
        }
    }
    if sink.count() == before {
        sink.good(Subject::People);
    }
}

/// What it leaves open, or contradicts.
fn open(release: &Release, counters: [u64; 2]) -> Option<&'static str> {
    let Release {
        released,
        recipients,
        from,
        ..
    } = release;
    let classes: BTreeSet<_> = from.iter().collect();
    let names: BTreeSet<_> = recipients.iter().collect();
    if (counters[0] == 0) != *released || counters[1] != recipients.len() as u64 {
        return Some("its counters are not what it says");
    }
    if release.product != *released {
        return Some("it names a product that did not leave, or none that did");
    }
    let once = classes.len() == from.len() && names.len() == recipients.len();
    let named = !classes.is_empty() && !names.is_empty();
    let whole = !released || release.said && once && named;
    (!whole).then_some("basis, rights, classes or recipients are missing or stand twice")
}

/// Whether what is asked for is there, and holds in the minute of the entry.
fn holds(release: &Release, word: &str, recipient: &str, seen: &Seen<'_>) -> bool {
    if word == CUT {
        return release.transforms > 0;
    }
    release.conditions.iter().any(|said| {
        said.kind == word
            && (said.recipient == "-" || said.recipient == recipient)
            && said.given <= seen.latest()
            && said.until >= seen.envelope.time
    })
}

/// The loosest marking of a class, as its place in the list.
fn loosest(class: &str) -> usize {
    match class {
        "public-notice" => 0,
        "acquired" | "released-selected" | "integrated-provision" => 4,
        _ => 3,
    }
}

fn read(body: &[u8]) -> Result<Release, String> {
    let keys = [
        "actor",
        "class_from",
        "class_to",
        "recipients",
        "basis",
        "rights",
        "conditions",
        "transforms",
        "tlp",
        "pap",
        "product_sha256",
        "outcome",
    ];
    let fields = Fields::read(body, &keys)?;
    let is_class =
        |text: &str| LAST.contains(&text) || STEPS.iter().any(|(class, _)| *class == text);
    let class = |text: &str| is_class(text).then(|| text.to_owned());
    let place = |list: &[&str], text: &str| list.iter().position(|word| *word == text);
    fields.parsed("actor", |text| is_name(text).then_some(()))?;
    fields.parsed("pap", |text| place(&PAP, text))?;
    let transforms = fields.list("transforms", |text| (!text.is_empty()).then_some(()))?;
    let product = fields.parsed("product_sha256", |text| match text {
        "" => Some(false),
        text => unhex::<32>(text).map(|_| true),
    })?;
    let released = fields.parsed("outcome", |text| match text {
        "released" => Some(true),
        text => {
            let word = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
            ((1..=32).contains(&text.len()) && text.bytes().all(word)).then_some(false)
        }
    })?;
    let (basis, rights) = (fields.text("basis")?, fields.text("rights")?);
    Ok(Release {
        from: fields.list("class_from", class)?,
        to: fields.parsed("class_to", class)?,
        recipients: fields.list("recipients", recipient)?,
        conditions: fields.list("conditions", condition)?,
        transforms: transforms.len(),
        tlp: fields.parsed("tlp", |text| place(&TLP, text))?,
        said: !basis.trim().is_empty() && !rights.trim().is_empty(),
        product,
        released,
    })
}

fn recipient(text: &str) -> Option<(String, String)> {
    let (kind, name) = text.split_once('/')?;
    let known = KINDS.split(' ').any(|word| word == kind) && is_name(name);
    known.then(|| (kind.to_owned(), name.to_owned()))
}

fn condition(text: &str) -> Option<Condition> {
    let parts: Vec<&str> = text.split('/').collect();
    let [kind, recipient, by, given, until] = parts[..] else {
        return None;
    };
    let known = CONDITIONS.split(' ').any(|word| word == kind);
    let named = is_name(by) && (recipient == "-" || is_name(recipient));
    (known && named).then_some(())?;
    Some(Condition {
        kind: kind.to_owned(),
        recipient: recipient.to_owned(),
        given: read_time(given)?,
        until: read_time(until)?,
    })
}
