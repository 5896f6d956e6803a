//! What of a pattern can be proposed for a selection pack. In: a pattern and the heading of a pack. Out: the source text of a pack with the lint's findings, and whatever
//! the pack cannot say, by path and reason. Never: a pack that a sensor takes: somebody has to read it, complete it and sign it.
//!
//! A pack selects whatever fulfils one of its selectors. So a part of a pattern that narrows (a second condition, an order, a number of times) is left out and told:
//! the proposal is then wider than the pattern, and never narrower without a word.

use super::Pattern;
use super::ast::{
    Comparison, Literal, ObjectPath, Observation, Operator, PropertyTest, Qualifier, Step,
};
use super::compare::Prefix;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_select::{Lint, Pack, PackError, Rule, Severity, lint};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The lines of a pack that a pattern does not give.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Name of the pack.
    pub id: Name,
    /// When it is made.
    pub issued: Seconds,
    /// What it is for: one line of ASCII.
    pub purpose: String,
}

/// Something that the pack does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Path of the property, or the operator or qualifier.
    pub path: String,
    /// First byte in the pattern; 0 for what belongs to the whole.
    pub at: usize,
    /// Why, a sentence.
    pub reason: String,
    /// Whether the proposal selects more than the pattern because of it; else it selects less.
    pub wider: bool,
}

/// A proposal.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Source text of a pack; `None` where the pattern has nothing that a pack can say.
    pub source: Option<String>,
    /// What the lint says about it; selectors that it refuses one by one are left out and told.
    pub lint: Vec<Lint>,
    /// What the pack does not say.
    pub told: Vec<Told>,
}

impl Proposal {
    /// Whether the lint lets the proposal be compiled as it stands.
    pub fn compiles(&self) -> bool {
        self.source.is_some() && self.lint.iter().all(|one| one.severity != Severity::Error)
    }
}

/// Makes a proposal.
///
/// # Errors
/// [`PackError`] where the heading is none of a pack's; whoever wrote it acts on it.
pub fn propose(pattern: &Pattern, heading: &Heading) -> Result<Proposal, PackError> {
    let purpose = heading.purpose.as_str();
    let in_one_line = |byte: u8| (0x20..0x7f).contains(&byte) && byte != b'#';
    if !purpose.bytes().all(in_one_line) || purpose.trim() != purpose {
        return Err(PackError::Line {
            line: 4,
            problem: "has a purpose that is more than a line of ASCII, or a comment",
        });
    }
    let mut drawn = Drawn::default();
    drawn.observation(pattern.root());
    let rules = drawn.judge();
    if rules.is_empty() {
        return Ok(Proposal {
            source: None,
            lint: Vec::new(),
            told: drawn.told,
        });
    }
    let mut source = format!(
        "sakimori/pack/v1\nid: {}\nissued: {}\npurpose: {}\n",
        heading.id, heading.issued, heading.purpose
    );
    for (at, rule) in rules.iter().enumerate() {
        // A write to a String cannot fail.
        let _ = writeln!(source, "selector: {} {rule}", at + 1);
    }
    let pack = Pack::parse_source(&source)?;
    Ok(Proposal {
        lint: lint(pack.selectors()),
        source: Some(pack.canonical_text()),
        told: drawn.told,
    })
}

#[derive(Default)]
struct Drawn {
    /// Rules with the test that each comes from.
    rules: Vec<(Rule, String, usize)>,
    told: Vec<Told>,
}

impl Drawn {
    fn tell(&mut self, path: impl Into<String>, at: usize, reason: &str, wider: bool) {
        self.told.push(Told {
            path: path.into(),
            at,
            reason: reason.to_owned(),
            wider,
        });
    }

    fn observation(&mut self, observation: &Observation) {
        match observation {
            Observation::Test { comparison, .. } => {
                self.comparison(comparison);
            }
            Observation::Or(parts) => {
                for part in parts {
                    self.observation(part);
                }
            }
            Observation::And(parts) | Observation::FollowedBy(parts) => {
                let operator = match observation {
                    Observation::And(_) => "AND",
                    _ => "FOLLOWEDBY",
                };
                let before = self.rules.len();
                for part in parts {
                    self.observation(part);
                }
                if self.rules.len() > before {
                    let reason =
                        "A pack selects each part by itself and asks for no others with it.";
                    self.tell(operator, 0, reason, true);
                }
            }
            Observation::Qualified(inner, qualifier) => {
                let before = self.rules.len();
                self.observation(inner);
                if self.rules.len() > before {
                    let (name, reason) = match qualifier {
                        Qualifier::Within(_) => ("WITHIN", "A pack has no spans of time."),
                        Qualifier::Repeats(_) => ("REPEATS", "A pack does not count."),
                        Qualifier::StartStop(..) => (
                            "START STOP",
                            "A pack holds for as long as the authority that names it.",
                        ),
                    };
                    self.tell(name, 0, reason, true);
                }
            }
        }
    }

    /// Adds what one of the comparison's ways to be fulfilled selects; `false` where it selects nothing.
    fn comparison(&mut self, comparison: &Comparison) -> bool {
        match comparison {
            Comparison::Test(test) => self.test(test),
            Comparison::Or(parts) => {
                let mut any = false;
                for part in parts {
                    any |= self.comparison(part);
                }
                any
            }
            Comparison::And(parts) => self.every(parts),
        }
    }

    /// Conditions on one object. An endpoint takes three of them; else the first that a pack can say stands for all, and the others are told.
    fn every(&mut self, parts: &[Comparison]) -> bool {
        let tests: Vec<&PropertyTest> = parts
            .iter()
            .filter_map(|part| match part {
                Comparison::Test(test) => Some(test),
                _ => None,
            })
            .collect();
        if tests.len() == parts.len()
            && let Some((rule, test)) = endpoint(&tests)
        {
            self.rules.push((rule, test.path.to_string(), test.at));
            return true;
        }
        let narrows = "A pack cannot ask for two properties of one object but address, port and protocol; the selector stands without this condition.";
        let mut any = false;
        for part in parts {
            // The negative and what says nothing of its own only narrow what another condition selects.
            let told = self.told.len();
            if any {
                let mut inner = Vec::new();
                part.tests(&mut inner);
                for test in inner.into_iter().filter(|test| !only_kind(test)) {
                    self.tell(test.path.to_string(), test.at, narrows, true);
                }
            } else if self.comparison(part) {
                any = true;
                // Conditions that were passed over before are now conditions that narrow.
                for earlier in self.told.iter_mut().take(told).rev() {
                    if !parts_hold(parts, earlier.at) {
                        break;
                    }
                    earlier.wider = true;
                }
            }
        }
        any
    }

    fn test(&mut self, test: &PropertyTest) -> bool {
        match rules(test) {
            Ok((rules, remark)) => {
                let any = !rules.is_empty();
                for rule in rules {
                    self.rules.push((rule, test.path.to_string(), test.at));
                }
                if let Some(reason) = remark {
                    self.tell(test.path.to_string(), test.at, reason, true);
                }
                any
            }
            Err(reason) => {
                self.tell(test.path.to_string(), test.at, reason, false);
                false
            }
        }
    }

    /// The rules that the lint does not refuse one by one, each once; the others are told.
    fn judge(&mut self) -> Vec<Rule> {
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for (rule, path, at) in std::mem::take(&mut self.rules) {
            if !seen.insert(rule.to_string()) {
                continue;
            }
            let alone = [sakimori_select::Selector { id: 1, rule }];
            let refused = lint(&alone)
                .into_iter()
                .find(|one| one.severity == Severity::Error);
            let [selector] = alone;
            match refused {
                Some(refused) => {
                    let reason =
                        format!("The lint refuses `{}`: {}.", selector.rule, refused.reason);
                    self.tell(path, at, &reason, false);
                }
                None => out.push(selector.rule),
            }
        }
        out
    }
}

/// Whether one of the tests in `parts` begins at this byte.
fn parts_hold(parts: &[Comparison], at: usize) -> bool {
    let mut tests = Vec::new();
    for part in parts {
        part.tests(&mut tests);
    }
    tests.iter().any(|test| test.at == at)
}

const PATHLESS: &str = "Only addresses, names and endpoints of flows can be selected; this property is not in a mechanical record.";

/// Whether a test says no more than of which type the referred object is, which the address says itself.
fn only_kind(test: &PropertyTest) -> bool {
    let [Step::Key(side), Step::Key(kind)] = test.path.steps.as_slice() else {
        return false;
    };
    let known =
        matches!(&test.operator, Operator::Equal(Literal::Text(text)) if is_address_kind(text));
    kind == "type" && is_side(side) && known && !test.negated
}

fn is_side(key: &str) -> bool {
    matches!(key, "src_ref" | "dst_ref")
}

fn is_address_kind(text: &str) -> bool {
    matches!(text, "ipv4-addr" | "ipv6-addr" | "domain-name")
}

/// Whether a path is the value of an address or a name, and whether it may be either.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Address,
    Name,
    Either,
}

fn subject(path: &ObjectPath) -> Option<Subject> {
    if path.is("ipv4-addr", "value") || path.is("ipv6-addr", "value") {
        return Some(Subject::Address);
    }
    if path.is("domain-name", "value") {
        return Some(Subject::Name);
    }
    match path.steps.as_slice() {
        [Step::Key(side), Step::Key(value)]
            if path.kind == "network-traffic" && is_side(side) && value == "value" =>
        {
            Some(Subject::Either)
        }
        _ => None,
    }
}

type Drawing = Result<(Vec<Rule>, Option<&'static str>), &'static str>;

/// The rules of one test, and in what they are wider than it.
fn rules(test: &PropertyTest) -> Drawing {
    let Some(subject) = subject(&test.path) else {
        return Err(unsayable(&test.path));
    };
    if test.negated {
        return Err("A pack selects what is named and cannot select all the rest.");
    }
    let one = |text: &str| one(text, subject);
    match &test.operator {
        Operator::Equal(Literal::Text(text)) => Ok((vec![one(text)?], None)),
        Operator::In(literals) => {
            let texts = literals.iter().map(|literal| match literal {
                Literal::Text(text) => one(text),
                _ => Err("The value is no text."),
            });
            Ok((texts.collect::<Result<_, _>>()?, None))
        }
        Operator::IsSubset(text) if subject != Subject::Name => Ok((vec![address(text)?], None)),
        Operator::Like(text) if subject != Subject::Address => {
            let below = text.strip_prefix("%.").unwrap_or_default();
            if below.is_empty() || below.contains(['%', '_']) {
                return Err(
                    "A pack has whole names and whatever is below a name, and no other pattern of names.",
                );
            }
            let rule = Rule::parse(&["subdomains", below]).map_err(|_| NO_NAME)?;
            let wider = "The selector takes the name itself too, and not only those below it.";
            Ok((vec![rule], Some(wider)))
        }
        Operator::Matches(_) => Err("A pack has no regular expressions."),
        Operator::NotEqual(_) => {
            Err("A pack selects what is named and cannot select all the rest.")
        }
        _ => Err("A pack has no such comparison."),
    }
}

const NO_NAME: &str = "The value is no domain name in ASCII (A-label) form.";

fn one(text: &str, subject: Subject) -> Result<Rule, &'static str> {
    let address = address(text);
    match subject {
        Subject::Address => address,
        Subject::Either if address.is_ok() => address,
        // The names of TLS, QUIC, DNS are read by their text; what parses as an address is none.
        _ if address.is_ok() => Err(NO_NAME),
        _ => Rule::parse(&["domain", text]).map_err(|_| NO_NAME),
    }
}

/// An address or, with a length, the prefix of that length.
fn address(text: &str) -> Result<Rule, &'static str> {
    let no_address = "The value is no address or prefix.";
    if !text.contains('/') {
        return Rule::parse(&["address", text]).map_err(|_| no_address);
    }
    Prefix::parse(text).ok_or(no_address)?;
    Rule::parse(&["prefix", text])
        .map_err(|_| "The value is a prefix whose bits behind its length are not zero.")
}

fn unsayable(path: &ObjectPath) -> &'static str {
    match path.kind.as_str() {
        "url" => "A URL is content; a pack that took its host would select far more.",
        "file" | "artifact" => "Files and their hashes are content, which no sensor looks at.",
        "mac-addr" => "Addresses of the local network do not cross a border.",
        "email-addr" | "email-message" => "Mail addresses and mails are content.",
        "network-traffic" => {
            "A port or protocol alone is everybody's; with an address on the same side it can be selected."
        }
        _ => PATHLESS,
    }
}

/// Address, port and protocol of one side of a flow, and nothing else but the type of the address.
fn endpoint<'p>(tests: &[&'p PropertyTest]) -> Option<(Rule, &'p PropertyTest)> {
    let (mut value, mut port, mut protocol) = (None, None, None);
    for test in tests {
        if test.path.kind != "network-traffic" || test.negated {
            return None;
        }
        let place = match (test.path.steps.as_slice(), &test.operator) {
            ([Step::Key(side), Step::Key(key)], Operator::Equal(Literal::Text(text)))
                if is_side(side) && key == "value" =>
            {
                value
                    .replace((side.as_str(), text.as_str(), *test))
                    .is_some()
            }
            ([Step::Key(key)], Operator::Equal(Literal::Number(number)))
                if key == "src_port" || key == "dst_port" =>
            {
                port.replace((key.as_str(), number.as_str())).is_some()
            }
            (
                [Step::Key(key), Step::Any | Step::Index(_)],
                Operator::Equal(Literal::Text(text)),
            ) if key == "protocols" && matches!(text.as_str(), "tcp" | "udp" | "sctp") => {
                protocol.replace(text.as_str()).is_some()
            }
            _ if only_kind(test) => false,
            _ => return None,
        };
        if place {
            return None;
        }
    }
    let (side, text, test) = value?;
    let (port_key, port) = port?;
    if side.get(..3) != port_key.get(..3) {
        return None;
    }
    let rule = Rule::parse(&["endpoint", text, port, protocol?]).ok()?;
    Some((rule, test))
}
