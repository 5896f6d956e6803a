//! The desk: from a request to the text that is signed, and what this node computes about it. In: a request of the docket, the commission's part, a sitting. Out: what the decision
//! page and the interface show. Never: a number of the request that is shown as computed here.

use crate::docket::{Asked, Docket, Outcome, value};
use crate::extract::written;
use crate::pages::{Decision, Numbered};
use crate::part::{CommissionPart, OfficePart, Part, refused};
use crate::problem::{Answer, Code, Problem};
use crate::words::Word;
use sakimori_authority::measure::Measure;
use sakimori_authority::root::TrustRoot;
use sakimori_authority::schedule::{Key, Passed};
use sakimori_authority::statement::{Basis, Caps, Kind, Statement};
use sakimori_authority::{Schedule, Sitting};
use sakimori_control::office as cases;
use sakimori_control::office::sitting as read_sitting;
use sakimori_custody::coverage::Coverage;
use sakimori_custody::ids::hex;
use sakimori_custody::record::Direction;
use sakimori_custody::time::DAY_SECONDS;
use sakimori_select::Pack;
use sakimori_tlog::note::Note;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// Bytes that leave the seal per record: a record has so many.
const FLOW_BYTES: u64 = 176;

/// The sitting lines as a form or query gives them: ids with spaces between.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SittingQuery {
    /// Everybody who was there.
    #[serde(default)]
    pub present: String,
    /// Who presided.
    #[serde(default)]
    pub presiding: String,
    /// Who voted for.
    #[serde(default)]
    pub r#for: String,
    /// Who voted against.
    #[serde(default)]
    pub against: String,
    /// Who is recused.
    #[serde(default)]
    pub recused: String,
    /// Conditions of the sitting, one line, which are added to those that the request offers.
    #[serde(default)]
    pub conditions: String,
}

impl SittingQuery {
    /// Whether nothing was entered yet.
    pub fn is_empty(&self) -> bool {
        self.present.trim().is_empty() && self.presiding.trim().is_empty()
    }

    /// As a sitting.
    ///
    /// # Errors
    /// [`Code::Incomplete`] for a name that is none.
    pub fn sitting(&self) -> Answer<Sitting> {
        fn names(text: &str) -> Vec<&str> {
            text.split_whitespace()
                .filter(|name| *name != "none")
                .collect()
        }
        read_sitting(
            &names(&self.present),
            self.presiding.trim(),
            &names(&self.r#for),
            &names(&self.against),
            &names(&self.recused),
        )
        .map_err(|e| Problem::new(Code::Incomplete, sakimori_control::error::told(&e)))
    }

    /// The conditions that the sitting adds; `None` where it adds none.
    ///
    /// # Errors
    /// [`Code::Incomplete`] for more than a line.
    pub fn added(&self) -> Answer<Option<String>> {
        let text = self.conditions.trim();
        if text.is_empty() || text == "none" {
            return Ok(None);
        }
        if text.contains(['\r', '\n']) {
            return Err(Problem::new(Code::Incomplete, "`conditions` is one line"));
        }
        written("conditions", text).map(Some)
    }

    /// As a query again; names hold no character that would have to be escaped once they were read as a sitting.
    fn query(&self) -> String {
        let field = |text: &str| text.split_whitespace().collect::<Vec<_>>().join("+");
        format!(
            "present={}&presiding={}&for={}&against={}&recused={}&conditions={}",
            field(&self.present),
            field(&self.presiding),
            field(&self.r#for),
            field(&self.against),
            field(&self.recused),
            escaped(self.conditions.trim())
        )
    }
}

/// A text as a value of a query.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
        out
    })
}

/// The conditions of a decision: those that the request offers stay, those of the sitting are added.
fn conditions(offered: &str, added: Option<&str>) -> String {
    match (offered, added) {
        (offered, None) => offered.to_owned(),
        ("none", Some(added)) => added.to_owned(),
        (offered, Some(added)) => format!("{offered}; {added}"),
    }
}

/// What a decision's conditions add to those that a request offers; as they are, where they are others: the text that is made of them is another then.
pub fn added_to(offered: &str, decided: &str) -> Option<String> {
    if offered == decided {
        return None;
    }
    let rest = decided.strip_prefix(offered);
    let added = rest.and_then(|rest| rest.strip_prefix("; "));
    Some(added.unwrap_or(decided).to_owned())
}

/// What is asked for and why, as the interface takes it. Every field is required but `conditions`, `replaces` and `not_before`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// `acquisition`, `measure` or `disclosure`; agreements are drafted at the command line.
    pub kind: String,
    /// Code of the article.
    #[schema(example = "act42-17")]
    pub basis: String,
    /// First second, RFC 3339 in UTC; now without it.
    #[serde(default)]
    pub not_before: Option<String>,
    /// Last second, RFC 3339 in UTC.
    pub not_after: String,
    /// Sensors; of a measure none, it names its actuators.
    pub sensors: Vec<String>,
    /// `out-in`, `in-out`, `out-out`.
    pub directions: Vec<String>,
    /// Most packets selected, per million read.
    pub match_ppm: u64,
    /// Most records a day.
    pub day_records: u64,
    /// Days that records are kept.
    pub keep_days: u64,
    /// Conditions, one line; none without it.
    #[serde(default)]
    pub conditions: Option<String>,
    /// The authority that this one renews.
    #[serde(default)]
    pub replaces: Option<String>,
    /// Facts behind the request.
    pub facts: String,
    /// Why it is necessary.
    pub necessity: String,
    /// What else was weighed.
    pub alternatives: String,
    /// Expected share of the traffic that is selected, per million.
    pub expected_share_ppm: u64,
    /// Rights of those whose traffic it is, and what is done about them.
    pub rights: String,
    /// The source of the selection pack (`docs/reference/formats.md` 10.4), or the measure as its two officers signed it (10.10).
    pub pack: String,
}

/// A request that is on record.
#[derive(Serialize, ToSchema)]
pub struct Submitted {
    /// Leaf hash of its entry, in hex.
    request: String,
    /// Id of the authority that it asks for.
    authority: String,
    /// The statement's text, before a sitting is in it.
    text: String,
}

fn read<T: FromStr>(field: &str, text: &str) -> Answer<T> {
    let read = text.parse();
    read.map_err(|_| Problem::new(Code::Incomplete, format!("`{field}` cannot be read")))
}

/// Puts a request on record.
///
/// # Errors
/// [`Code::Incomplete`] names the field; what the office's use case says.
pub fn submit(office: &OfficePart, requester: &str, request: &NewRequest) -> Answer<Submitted> {
    let now = office.host().seconds();
    let not_before = request.not_before.as_deref();
    let replaces = request.replaces.as_deref();
    let sensors = request.sensors.iter().map(|id| read("sensors", id));
    let directions = request.directions.iter().map(|name| {
        Direction::from_name(name)
            .ok_or_else(|| Problem::new(Code::Incomplete, "`directions` cannot be read"))
    });
    let kind = Kind::from_name(&request.kind).filter(|kind| *kind != Kind::Agreement);
    let draft = cases::Draft {
        kind: kind.ok_or_else(|| Problem::new(Code::Incomplete, "`kind` cannot be read"))?,
        basis: read("basis", &request.basis)?,
        not_before: not_before.map_or(Ok(now), |text| read("not_before", text))?,
        not_after: read("not_after", &request.not_after)?,
        sensors: sensors.collect::<Answer<_>>()?,
        directions: directions.collect::<Answer<_>>()?,
        caps: Caps {
            match_ppm: request.match_ppm,
            flow_bytes: FLOW_BYTES,
            day_records: request.day_records,
        },
        keep_days: request.keep_days,
        conditions: request
            .conditions
            .clone()
            .unwrap_or_else(|| "none".to_owned()),
        replaces: replaces.map(|text| read("replaces", text)).transpose()?,
        decided: None,
    };
    let reasons = cases::Reasons {
        requester: read("requester", requester)?,
        facts: written("facts", &request.facts)?,
        necessity: written("necessity", &request.necessity)?,
        alternatives: written("alternatives", &request.alternatives)?,
        rights: written("rights", &request.rights)?,
        expected_share_ppm: request.expected_share_ppm,
    };
    let (node, host) = (office.node(), office.host());
    let statement = if draft.kind == Kind::Measure {
        cases::draft_measure(node, host, request.pack.as_bytes(), &draft, &reasons)
    } else {
        let pack = Pack::parse_source(&request.pack)
            .map_err(|e| Problem::new(Code::Refused, format!("the pack: {e}")))?;
        cases::draft(node, host, &pack, &draft, &reasons)
    };
    let statement = statement.map_err(|e| refused(&e))?;
    office.settle()?;
    Ok(Submitted {
        request: hex(&statement.request),
        authority: statement.id.to_string(),
        text: statement.to_string(),
    })
}

/// The text that a sitting signs for a request.
///
/// # Errors
/// [`Code::Conflict`] where it is decided; [`Code::NotInForce`] where the draft is none or the sitting would decide nothing.
pub fn text(
    asked: &Asked,
    (sitting, added): (&Sitting, Option<&str>),
    root: &TrustRoot,
) -> Answer<Statement> {
    if let Outcome::Decided { index, .. } = asked.outcome {
        return Err(Problem::new(
            Code::Conflict,
            format!("it is decided by entry {index}"),
        ));
    }
    let draft = asked.draft.as_ref();
    let mut statement = draft
        .map_err(|e| Problem::new(Code::NotInForce, e))?
        .clone();
    if !matches!(statement.decided, Basis::Sitting(_)) {
        return Err(Problem::new(
            Code::Refused,
            "it is signed by others than a sitting",
        ));
    }
    statement.root = root.version;
    statement.conditions = conditions(&statement.conditions, added);
    statement.decided = Basis::Sitting(sitting.clone());
    let text = statement.to_string();
    match Statement::parse(&text) {
        Ok(read) if read == statement => Ok(statement),
        Ok(_) => Err(Problem::new(Code::NotInForce, "it does not read back")),
        Err(e) => Err(Problem::new(Code::NotInForce, e)),
    }
}

/// Who of a sitting has signed a text.
pub fn signatures(root: &TrustRoot, sitting: &Sitting, note: Option<&Note>) -> Vec<(String, bool)> {
    let signed = |name: &sakimori_custody::ids::Name| {
        let key = root.members.iter().find(|m| m.id == *name).map(|m| &m.key);
        let with = |key| note.is_some_and(|note| note.verify(std::slice::from_ref(key)).is_ok());
        key.is_some_and(with)
    };
    let present = sitting.present.iter();
    present
        .map(|name| (name.to_string(), signed(name)))
        .collect()
}

/// A request and what its page needs of the docket, which must not be held while another node is asked for the pack.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The request.
    pub asked: Asked,
    /// The statement that its draft replaces, where it is on record.
    before: Option<Statement>,
    schedule: Vec<(String, String, bool)>,
    rules: Option<Schedule>,
}

impl Taken {
    /// Takes a request out of the docket.
    pub fn of(docket: &Docket, hash: &[u8; 32]) -> Option<Self> {
        let asked = docket.request(hash)?.clone();
        let replaces = asked.draft.as_ref().ok().and_then(|draft| draft.replaces);
        let before = replaces.and_then(|id| docket.statement(id));
        Some(Self {
            before: before.map(|(_, statement, _)| statement.clone()),
            schedule: docket.schedule(),
            rules: docket.rules(),
            asked,
        })
    }
}

/// What the decision page shows of a request.
pub fn decision(part: &Part, taken: &Taken, query: &SittingQuery) -> Decision {
    let asked = &taken.asked;
    let entered = [
        &query.present,
        &query.presiding,
        &query.r#for,
        &query.against,
        &query.recused,
    ];
    let mut shown = Decision {
        sitting: entered.map(Clone::clone),
        conditions: query.conditions.clone(),
        schedule: taken.schedule.clone(),
        ..Decision::default()
    };
    if let Ok(draft) = &asked.draft {
        let selected = selected(part, draft);
        shown.pack_known = selected.is_some();
        let (coverage, lines) = selected.unzip();
        let rules = taken.rules.as_ref();
        shown.within = rules.map(|rules| within(draft, asked, rules));
        shown.numbers = numbers(
            (draft, asked.body.expected_share_ppm),
            coverage,
            &shown.schedule,
        );
        shown.selectors = lines.unwrap_or_default();
        let before = taken.before.as_ref();
        shown.difference = before.map(|before| difference(&before.to_string(), &draft.to_string()));
    }
    if let Part::Commission(commission) = part
        && !query.is_empty()
    {
        fill_text(commission, asked, query, &mut shown);
    }
    shown
}

fn fill_text(
    commission: &CommissionPart,
    asked: &Asked,
    query: &SittingQuery,
    shown: &mut Decision,
) {
    let root = &commission.trust_root();
    let made = query.sitting().and_then(|sitting| {
        let added = query.added()?;
        let statement = text(asked, (&sitting, added.as_deref()), root)?;
        Ok((sitting, statement))
    });
    match made {
        Ok((sitting, statement)) => {
            let text = statement.to_string();
            let hash = hex(&Sha256::digest(text.as_bytes()));
            shown.signatures = signatures(root, &sitting, commission.collected(&text).as_ref());
            shown.query = query.query();
            shown.trouble = sitting
                .verdict(root, statement.kind)
                .err()
                .map(|e| e.to_string());
            shown.text = Some((text, hash));
        }
        Err(problem) => shown.trouble = Some(problem.detail),
    }
}

/// Whether a draft stays within the schedule. Votes are counted once a sitting is entered, not before.
fn within(draft: &Statement, asked: &Asked, rules: &Schedule) -> Result<(), String> {
    let share = asked.body.expected_share_ppm;
    if share > rules.rules.cap_share_ppm {
        let most = rules.shown(Key::CapSharePpm);
        return Err(format!(
            "the expected share is {share}; `cap.share-ppm` is {most}"
        ));
    }
    match draft.within(rules) {
        Err(beyond) if !matches!(beyond.passed, Passed::Floor { .. }) => Err(beyond.to_string()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What a draft selects, or what its measure does: how much it covers and its lines, where they can be had and have the hash that the draft names.
fn selected(part: &Part, draft: &Statement) -> Option<(Coverage, Vec<String>)> {
    let bytes = match part {
        Part::Commission(commission) => commission.pack(&draft.pack)?,
        Part::Office(office) => office.pack(&draft.pack).ok()?,
        Part::Operator(_) => return None,
    };
    let note = Note::parse(&bytes).ok()?;
    let (hash, coverage, lines) = if draft.kind == Kind::Measure {
        let measure = Measure::parse(note.text()).ok()?;
        // Whoever decides reads every line of it.
        let lines = note.text().lines().map(str::to_owned).collect();
        (measure.hash(), measure.coverage(), lines)
    } else {
        let pack = Pack::parse_source(note.text()).ok()?;
        let text = pack.canonical_text();
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("selector: "));
        (
            pack.hash(),
            pack.coverage(),
            lines.map(str::to_owned).collect(),
        )
    };
    if hash != draft.pack {
        return None;
    }
    if let Part::Commission(commission) = part {
        commission.keep_pack(&draft.pack, &bytes);
    }
    Some((coverage, lines))
}

/// The numbers of a draft, beside what was computed here and the schedule's bounds.
fn numbers(
    (draft, share): (&Statement, u64),
    computed: Option<Coverage>,
    schedule: &[(String, String, bool)],
) -> Vec<Numbered> {
    let bound = |key: &str| {
        let row = schedule.iter().find(|(name, ..)| name == key);
        row.map(|(_, value, verified)| (value.clone(), *verified))
    };
    let row = |what, asked: String, computed: Option<String>, key: &str| {
        let bound = bound(key);
        Numbered {
            what: Some(what),
            asked,
            compared: computed.is_some(),
            computed,
            verified: bound.as_ref().is_some_and(|(_, verified)| *verified),
            bound: bound.map(|(value, _)| value),
        }
    };
    let seconds = draft.not_after.0.saturating_sub(draft.not_before.0) + 1;
    let days = seconds.div_ceil(DAY_SECONDS);
    let period = format!("{} – {}", draft.not_before, draft.not_after);
    let key = period_key(draft, &bound);
    let mut rows = vec![
        Numbered {
            computed: Some(format!("{days} d")),
            compared: false,
            ..row(Word::Period, period, None, &key)
        },
        row(Word::Share, share.to_string(), None, "cap.share-ppm"),
        row(
            Word::Keep,
            draft.keep_days.to_string(),
            None,
            "retention.days",
        ),
        row(
            Word::MatchPpm,
            draft.caps.match_ppm.to_string(),
            None,
            "cap.match-ppm",
        ),
        row(
            Word::DayRecords,
            draft.caps.day_records.to_string(),
            None,
            "cap.day-records",
        ),
    ];
    let claimed = draft.coverage;
    let counted = |what, of: fn(&Coverage) -> String| {
        let here = computed.as_ref().map(of);
        row(what, of(&claimed), here, "")
    };
    rows.push(Numbered {
        what: Some(Word::PackHash),
        asked: hex(&draft.pack),
        computed: computed.as_ref().map(|_| hex(&draft.pack)),
        compared: true,
        ..Numbered::default()
    });
    rows.extend([
        counted(Word::CoverageV4, |c| c.v4.to_string()),
        counted(Word::CoverageV6, |c| c.v6_48.to_string()),
        counted(Word::CoverageDomains, |c| c.domains.to_string()),
        counted(Word::CoverageJa4, |c| c.ja4.to_string()),
        counted(Word::CoverageBehaviours, |c| c.behaviours.to_string()),
    ]);
    rows
}

/// The key of the shortest period that bounds a draft.
fn period_key(draft: &Statement, bound: &dyn Fn(&str) -> Option<(String, bool)>) -> String {
    let keys = draft
        .directions
        .iter()
        .map(|direction| format!("period.{}", direction.name()));
    let shortest = keys
        .filter_map(|key| bound(&key).map(|(value, _)| (months(&value), key)))
        .min();
    shortest.map_or_else(|| "period.agreement".to_owned(), |(_, key)| key)
}

/// The number of `N months`.
fn months(value: &str) -> u64 {
    let number = value.split(' ').next().and_then(|n| n.parse().ok());
    number.unwrap_or(u64::MAX)
}

/// The lines of two statements that differ: key, before, now.
fn difference(before: &str, now: &str) -> Vec<(String, String, String)> {
    let mut keys: Vec<&str> = Vec::new();
    for text in [now, before] {
        let names = text.lines().filter_map(|line| line.split_once(": "));
        for (key, _) in names {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    let of = |text, key| value(text, key).unwrap_or_default().to_owned();
    keys.into_iter()
        .map(|key| (key.to_owned(), of(before, key), of(now, key)))
        .filter(|(key, before, now)| before != now && key != "request" && key != "id")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sitting_adds_conditions_and_takes_none_of_the_request_s_away() {
        for (offered, added, decided) in [
            ("none", None, "none"),
            ("none", Some("a report a week"), "a report a week"),
            ("no names", None, "no names"),
            (
                "no names",
                Some("a report; weekly"),
                "no names; a report; weekly",
            ),
        ] {
            assert_eq!(conditions(offered, added), decided);
            assert_eq!(added_to(offered, decided).as_deref(), added);
        }
        // What a note leaves out or changes is in the text all the same, which is another then.
        for decided in ["none", "no name", "a report"] {
            let added = added_to("no names", decided);
            assert_ne!(conditions("no names", added.as_deref()), decided);
        }
        assert_eq!(escaped("a+b & ü"), "a%2Bb%20%26%20%C3%BC");
    }

    #[test]
    fn the_difference_names_each_line_that_changed() {
        let before = "sakimori/authority/v1\nid: a\nsensors: s-01\ncaps: 1\nreplaces: none\n";
        let now = "sakimori/authority/v1\nid: b\nsensors: s-01 s-02\ncaps: 1\nreplaces: a\n";
        let lines = difference(before, now);
        let expected = [("sensors", "s-01", "s-01 s-02"), ("replaces", "none", "a")];
        let read: Vec<_> = lines
            .iter()
            .map(|(k, b, n)| (k.as_str(), b.as_str(), n.as_str()))
            .collect();
        assert_eq!(read, expected);
        assert!(difference(now, now).is_empty());
    }
}
