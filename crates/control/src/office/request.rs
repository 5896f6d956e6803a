//! Requests to the commission and what is said about them. In: what is asked for and why, who asks. Out: a request on record with the text that is to be signed, answers. Never: a request that leaves
//! a field open; one that the book forbids, on record all the same.

use super::desk::{Desk, forbidden};
use super::sign_pack;
use crate::error::{ControlError, told};
use crate::host::Host;
use crate::journal::Deed;
use crate::layout::Node;
use crate::ledger::installed_root;
use crate::{files, keys};
use sakimori_authority::Sitting;
use sakimori_authority::measure::{Measure, SECONDS_MAX};
use sakimori_authority::root::{Member, Role, TrustRoot};
use sakimori_authority::ruling::{Matter, Ruling};
use sakimori_authority::schedule::Key;
use sakimori_authority::statement::{Basis, Caps, Kind, Statement};
use sakimori_authority::text_hash;
use sakimori_custody::coverage::Coverage;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, Name, SensorId, hex};
use sakimori_custody::record::{Country, Direction};
use sakimori_custody::time::Seconds;
use sakimori_oversight::book::Book;
use sakimori_oversight::refused::{Code, Refused};
use sakimori_select::Pack;
use sakimori_tlog::merkle::leaf_hash;
use sakimori_tlog::note::Note;
use serde_json::json;

/// Why the office asks, and who of it (necessity is a precondition, Act 42/2025 art. 17).
#[derive(Clone, Debug)]
pub struct Reasons {
    /// The officer who asks; no member of the commission.
    pub requester: Name,
    /// Facts.
    pub facts: String,
    /// Why it is necessary.
    pub necessity: String,
    /// What else was weighed.
    pub alternatives: String,
    /// What it means for the rights of people, and what is done about it.
    pub rights: String,
    /// Which share of the traffic is expected to be selected, per million.
    pub expected_share_ppm: u64,
}

impl Reasons {
    /// Whether every field says something.
    ///
    /// # Errors
    /// [`ControlError::Usage`] names the field that does not.
    fn said(&self) -> Result<(), ControlError> {
        for (what, text) in [
            ("facts", &self.facts),
            ("necessity", &self.necessity),
            ("alternatives", &self.alternatives),
            ("rights considerations", &self.rights),
        ] {
            if text.trim().is_empty() {
                return Err(ControlError::Usage(format!(
                    "a request without {what} cannot be made"
                )));
            }
        }
        if self.expected_share_ppm > 1_000_000 {
            return Err(ControlError::Usage(
                "the expected share of traffic is counted per million".to_owned(),
            ));
        }
        Ok(())
    }
}

/// What kinds of statements are asked for, with what is usual for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// An agreement with an infrastructure operator (arts. 11, 12): the party can suspend it at once.
    Agreement,
    /// Traffic abroad that only passes through (art. 17).
    OutOut,
    /// From abroad to named machines at home (art. 32).
    OutIn,
    /// From named machines at home to abroad (art. 33).
    InOut,
    /// A measure against an attacking machine.
    Measure,
    /// Handing out selected records.
    Disclosure,
}

/// What a template says of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// Kind of the statement.
    pub kind: Kind,
    /// Code of the article.
    pub basis: &'static str,
    /// Directions.
    pub directions: &'static [Direction],
    /// Conditions that go into the text.
    pub conditions: &'static str,
}

impl Template {
    /// Every template with its name.
    pub const ALL: [(&'static str, Self); 6] = [
        ("agreement", Self::Agreement),
        ("out-out", Self::OutOut),
        ("out-in", Self::OutIn),
        ("in-out", Self::InOut),
        ("measure", Self::Measure),
        ("disclosure", Self::Disclosure),
    ];

    /// A template by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, template)| *template)
    }

    /// What is usual.
    pub const fn usual(self) -> Usual {
        use Direction::{InOut, OutIn, OutOut};
        let (kind, basis, directions, conditions): (_, _, &[Direction], _) = match self {
            Self::Agreement => (
                Kind::Agreement,
                "act42-11",
                &[OutIn, InOut],
                "only traffic of the party; only mechanical fields leave the seal; the party may look at every receipt and suspends at once with its own key",
            ),
            Self::OutOut => (
                Kind::Acquisition,
                "act42-17",
                &[OutOut],
                "only equipment that relays between places abroad; the selection conditions are those of the pack",
            ),
            Self::OutIn => (
                Kind::Acquisition,
                "act42-32",
                &[OutIn],
                "only traffic with the machines abroad that the pack names",
            ),
            Self::InOut => (
                Kind::Acquisition,
                "act42-33",
                &[InOut],
                "only traffic with the machines abroad that the pack names",
            ),
            Self::Measure => (Kind::Measure, "police-6-2", &[OutIn, InOut], "none"),
            Self::Disclosure => (
                Kind::Disclosure,
                "act42-17",
                &[OutIn, InOut, OutOut],
                "none",
            ),
        };
        Usual {
            kind,
            basis,
            directions,
            conditions,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What the statement allows.
    pub kind: Kind,
    /// Article, such as `act42-17`.
    pub basis: Name,
    /// First second.
    pub not_before: Seconds,
    /// Last second.
    pub not_after: Seconds,
    /// Sensors.
    pub sensors: Vec<SensorId>,
    /// Directions.
    pub directions: Vec<Direction>,
    /// Bounds.
    pub caps: Caps,
    /// Days that records are kept.
    pub keep_days: u64,
    /// Conditions, or `none`.
    pub conditions: String,
    /// The authority that this one renews.
    pub replaces: Option<AuthorityId>,
    /// Who decides, and how the sitting votes; `None` leaves the sitting to the commission, see [`decided`].
    pub decided: Option<Basis>,
}

/// A sitting that has not taken place: everybody may come, nobody has voted. Its text decides nothing.
///
/// # Errors
/// [`ControlError::Document`]: the trust root names no chair, which no root that reads does.
pub fn open_sitting(root: &TrustRoot) -> Result<Sitting, ControlError> {
    let is_chair = |member: &&Member| member.role == Role::Chair;
    let chair = root.members.iter().find(is_chair);
    let chair =
        chair.ok_or_else(|| ControlError::document("the trust root", "it names no chair"))?;
    Ok(Sitting {
        present: root
            .members
            .iter()
            .map(|member| member.id.clone())
            .collect(),
        presiding: chair.id.clone(),
        votes_for: Vec::new(),
        votes_against: Vec::new(),
        recused: Vec::new(),
    })
}

/// The text that a sitting decides: what was asked for, with the request that it answers, the conditions that it adds, and its votes.
///
/// # Errors
/// [`ControlError::Document`]: the text does not read back, such as for conditions of more than one line.
pub fn decided(
    draft: &Statement,
    request: [u8; 32],
    conditions: Option<&str>,
    sitting: Sitting,
) -> Result<Statement, ControlError> {
    let statement = Statement {
        request,
        conditions: conditions.map_or_else(|| draft.conditions.clone(), str::to_owned),
        decided: Basis::Sitting(sitting),
        ..draft.clone()
    };
    readable(&statement)?;
    Ok(statement)
}

/// Puts a request on record and returns the statement that the commission, or the party, is asked to sign.
///
/// # Errors
/// [`ControlError`]: a reason is missing, the pack is refused, the book forbids it, or the log does not answer.
pub fn draft(
    node: &Node,
    host: &Host,
    pack: &Pack,
    draft: &Draft,
    reasons: &Reasons,
) -> Result<Statement, ControlError> {
    reasons.said()?;
    if draft.kind == Kind::Measure {
        return Err(ControlError::Usage(
            "a measure is asked for with its text, not with a pack".to_owned(),
        ));
    }
    let root = installed_root(node)?;
    let statement = drafted(&root, host, (pack.hash(), pack.coverage()), draft)?;
    sign_pack(node, pack)?;
    put(node, host, statement, reasons)
}

/// As [`draft`], for a measure: what its two officers signed goes on record first, so that everybody reads what is decided. Its actuators are the statement's, and what it is against is counted there.
///
/// # Errors
/// As [`draft`]; [`ControlError::Document`]: the measure is none, does not fit its route, or is to last longer than it may.
pub fn draft_measure(
    node: &Node,
    host: &Host,
    note: &[u8],
    draft: &Draft,
    reasons: &Reasons,
) -> Result<Statement, ControlError> {
    reasons.said()?;
    let root = installed_root(node)?;
    let measure = proposed(node, host, note)?;
    let draft = Draft {
        kind: Kind::Measure,
        sensors: measure.names(),
        ..draft.clone()
    };
    if draft.not_after.0.saturating_sub(draft.not_before.0) > SECONDS_MAX {
        return Err(ControlError::document(
            "the draft",
            "a measure lasts seven days at most",
        ));
    }
    let statement = drafted(&root, host, (measure.hash(), measure.coverage()), &draft)?;
    propose(node, host, note)?;
    put(node, host, statement, reasons)
}

/// A measure that its two officers signed, held against its route and the home countries of the schedule in force.
fn proposed(node: &Node, host: &Host, note: &[u8]) -> Result<Measure, ControlError> {
    let bad = |e: &dyn std::error::Error| ControlError::document("the measure", told(e));
    let root = super::record::root(node, host.seconds())?;
    let (measure, _) = Measure::check(note, &root).map_err(|e| bad(&e))?;
    fits_route(node, host, &measure)?;
    Ok(measure)
}

/// Whether the people of a measure fit its route and the places of its targets, by the home countries of the schedule in force.
///
/// # Errors
/// [`ControlError::Document`]: they do not, or there is no schedule; [`ControlError::Ledger`].
pub fn fits_route(node: &Node, host: &Host, measure: &Measure) -> Result<(), ControlError> {
    let book = super::record::book(node)?;
    let scheduled = book.schedule_at(host.seconds());
    let scheduled = scheduled
        .ok_or_else(|| ControlError::document("the measure", "there is no schedule in force"))?;
    let home = scheduled.schedule.rules.home_countries.iter();
    let home: Vec<Country> = home.filter_map(|country| Country::new(country.0)).collect();
    let fits = measure.route(&home);
    fits.map_err(|e| ControlError::document("the measure", e))
}

/// Puts a measure on record as its two officers signed it, and keeps it beside the packs; one that is there is not entered again. Returns the index of its entry.
///
/// # Errors
/// [`ControlError::Document`]: it is none, or does not fit its route; [`ControlError::Forbidden`]; [`ControlError::Ledger`].
pub fn propose(node: &Node, host: &Host, note: &[u8]) -> Result<u64, ControlError> {
    let measure = proposed(node, host, note)?;
    let mut desk = Desk::open(node, host, None)?;
    let known = desk.book().measure_text(&measure.hash()).map(|m| m.index);
    let index = if let Some(index) = known {
        index
    } else {
        let (index, _) = desk.enter(Deed {
            kind: EntryType::Proposal,
            authority: [0; 32],
            counters: vec![measure.revision],
            body: note.to_vec(),
        })?;
        index
    };
    files::write(&node.pack(&measure.hash()), note, files::PUBLIC)?;
    Ok(index)
}

/// The measure of a statement as this folder keeps it, whose text has the hash that the statement names; `None` where it is not there, or the statement is of no measure.
///
/// # Errors
/// [`ControlError::File`].
pub fn measure_note(node: &Node, statement: &Statement) -> Result<Option<Note>, ControlError> {
    if statement.kind != Kind::Measure {
        return Ok(None);
    }
    let bytes = files::read(&node.pack(&statement.pack))?;
    let note = bytes.and_then(|bytes| Note::parse(&bytes).ok());
    Ok(note.filter(|note| text_hash(note.text()) == statement.pack))
}

/// Puts the request for a draft on record.
fn put(
    node: &Node,
    host: &Host,
    mut statement: Statement,
    reasons: &Reasons,
) -> Result<Statement, ControlError> {
    let (kind, replaces) = (statement.kind, statement.replaces);
    let text = statement.to_string();
    statement.request = ask(node, host, kind, &text, replaces, reasons)?;
    Ok(statement)
}

/// The text of a draft, with no request behind it yet.
pub(super) fn drafted(
    root: &TrustRoot,
    host: &Host,
    (pack, coverage): ([u8; 32], Coverage),
    draft: &Draft,
) -> Result<Statement, ControlError> {
    let decided = match &draft.decided {
        Some(decided) => decided.clone(),
        None => Basis::Sitting(open_sitting(root)?),
    };
    let statement = Statement {
        id: AuthorityId(host.bytes().map_err(ControlError::Randomness)?),
        kind: draft.kind,
        basis: draft.basis.to_string(),
        request: [0; 32],
        not_before: draft.not_before,
        not_after: draft.not_after,
        sensors: draft.sensors.clone(),
        directions: draft.directions.clone(),
        pack,
        coverage,
        caps: draft.caps,
        keep_days: draft.keep_days,
        conditions: draft.conditions.clone(),
        replaces: draft.replaces,
        root: root.version,
        decided,
    };
    readable(&statement)?;
    Ok(statement)
}

/// A statement that does not read back is told now and not when the members have signed it.
fn readable(statement: &Statement) -> Result<(), ControlError> {
    match Statement::parse(&statement.to_string()) {
        Ok(read) if read == *statement => Ok(()),
        Ok(_) => Err(ControlError::document(
            "the draft",
            "it does not read back as it was written",
        )),
        Err(e) => Err(ControlError::document("the draft", e)),
    }
}

/// Asks for a ruling: one showing of an identifier, a longer life of a bucket. Returns the text that a sitting signs once it has voted.
///
/// # Errors
/// As [`draft`].
pub fn draft_ruling(
    node: &Node,
    host: &Host,
    matter: Matter,
    kind: Kind,
    reasons: &Reasons,
    sitting: Option<Sitting>,
) -> Result<Ruling, ControlError> {
    reasons.said()?;
    let root = installed_root(node)?;
    let sitting = match sitting {
        Some(sitting) => sitting,
        None => open_sitting(&root)?,
    };
    let mut ruling = Ruling {
        id: AuthorityId(host.bytes().map_err(ControlError::Randomness)?),
        kind,
        matter,
        request: [0; 32],
        time: host.seconds(),
        reason: ascii_line(&reasons.necessity).unwrap_or_else(|| SEE_REQUEST.to_owned()),
        root: root.version,
        sitting,
    };
    let text = ruling.to_string();
    Ruling::parse(&text).map_err(|e| ControlError::document("the draft", e))?;
    ruling.request = ask(node, host, kind, &text, None, reasons)?;
    Ok(ruling)
}

/// What stands as a ruling's reason where the request has said it in letters that a note does not take.
const SEE_REQUEST: &str = "see the request";

/// A text as the one line that a note takes; `None` where it has letters that a note does not take, for a reason is not signed in part.
pub(super) fn ascii_line(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let most = sakimori_authority::limits::REASON_BYTES_MAX;
    let printable = line.bytes().all(|b| (0x20..0x7f).contains(&b));
    (printable && !line.is_empty()).then(|| line.chars().take(most).collect())
}

/// Holds the share that a request expects against the schedule in force, before anybody has to read the request.
fn within_share(book: &Book, now: Seconds, share_ppm: u64) -> Result<(), ControlError> {
    let Some(known) = book.schedule_at(now) else {
        return Ok(());
    };
    if share_ppm <= known.schedule.rules.cap_share_ppm {
        return Ok(());
    }
    let key = Key::CapSharePpm;
    let source = known.schedule.mark(key).map_or("", |mark| &mark.source);
    let (name, value) = (key.name(), known.schedule.shown(key));
    let version = known.schedule.version;
    let what = format!(
        "it expects {share_ppm} packets of a million, and `{name}` of schedule version {version} is {value}, by {source}"
    );
    Err(forbidden(&Refused::new(Code::RequestShare, what)))
}

/// Puts a request on record; returns its leaf hash.
fn ask(
    node: &Node,
    host: &Host,
    kind: Kind,
    text: &str,
    replaces: Option<AuthorityId>,
    reasons: &Reasons,
) -> Result<[u8; 32], ControlError> {
    let office = keys::read(&node.office_key("office"))?;
    let mut desk = Desk::open(node, host, Some(&office))?;
    within_share(desk.book(), host.seconds(), reasons.expected_share_ppm)?;
    let body = json!({
        "kind": kind.to_string(),
        "requester": reasons.requester.to_string(),
        "facts": reasons.facts,
        "necessity": reasons.necessity,
        "alternatives": reasons.alternatives,
        "expected_share_ppm": reasons.expected_share_ppm,
        "rights": reasons.rights,
        "replaces": replaces.map(|id| id.to_string()),
        "draft": text,
    });
    let (_, entry) = desk.enter(Deed {
        kind: EntryType::Request,
        authority: [0; 32],
        counters: Vec::new(),
        body: body.to_string().into_bytes(),
    })?;
    Ok(leaf_hash(&entry.leaf))
}

/// Answers a question of the commission.
///
/// # Errors
/// [`ControlError::Forbidden`]: the question is not open; [`ControlError::Ledger`].
pub fn answer(
    node: &Node,
    host: &Host,
    question: u64,
    from: &Name,
    text: &str,
) -> Result<u64, ControlError> {
    let office = keys::read(&node.office_key("office"))?;
    let mut desk = Desk::open(node, host, Some(&office))?;
    let request = desk
        .book()
        .request_list()
        .values()
        .find(|request| request.open_questions().any(|post| post.index == question));
    let request = request.map(|request| request.leaf).ok_or_else(|| {
        ControlError::Usage(format!("entry {question} is no question that is open"))
    })?;
    let body = json!({"request": hex(&request), "from": from.to_string(), "text": text});
    let (index, _) = desk.enter(Deed {
        kind: EntryType::Answer,
        authority: [0; 32],
        counters: vec![question],
        body: body.to_string().into_bytes(),
    })?;
    Ok(index)
}
