//! A rule as text, in the words of `ExaBGP`, which daemons and people read. In: text, or a rule. Out: a rule, or text. Never: a word that is guessed.

use super::component::{Compare, Component, Field, FlagTerm, NumberTerm, Numbers, Prefix, Rule};
use super::{FlowError, TERMS_MAX};
use std::fmt;

/// Why a text is no rule. Who wrote it acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A word that is not known.
    #[error("`{0}` is no field, value or mark of a rule")]
    Word(String),
    /// The text ends too early.
    #[error("the text ends behind `{0}`")]
    End(String),
    /// What the words say is no rule.
    #[error(transparent)]
    Rule(#[from] FlowError),
}

const PROTOCOLS: [(&str, u64); 13] = [
    ("icmp", 1),
    ("igmp", 2),
    ("tcp", 6),
    ("egp", 8),
    ("udp", 17),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ospf", 89),
    ("ipip", 94),
    ("pim", 103),
    ("sctp", 132),
];
/// Read, and written as its number: `ExaBGP` has no word for it.
const ICMP_V6: (&str, u64) = ("icmpv6", 58);
/// Types of ICMP for IPv4; those of IPv6 are others, and stand as numbers.
const ICMP: [(&str, u64); 16] = [
    ("echo-reply", 0),
    ("unreachable", 3),
    ("redirect", 5),
    ("echo-request", 8),
    ("router-advertisement", 9),
    ("router-solicit", 10),
    ("time-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp", 13),
    ("timestamp-reply", 14),
    ("photuris", 40),
    ("experimental-mobility", 41),
    ("extended-echo-request", 42),
    ("extended-echo-reply", 43),
    ("experimental-one", 253),
    ("experimental-two", 254),
];
const TCP: [(&str, u16); 10] = [
    ("fin", 0x01),
    ("syn", 0x02),
    ("rst", 0x04),
    ("push", 0x08),
    ("ack", 0x10),
    ("urg", 0x20),
    // Read; `urg` is what is written.
    ("urgent", 0x20),
    ("ece", 0x40),
    ("cwr", 0x80),
    ("ns", 0x100),
];
const FRAGMENTS: [(&str, u16); 4] = [
    ("dont-fragment", 0x01),
    ("is-fragment", 0x02),
    ("first-fragment", 0x04),
    ("last-fragment", 0x08),
];

fn word(field: Field, v6: bool) -> &'static str {
    match (field, v6) {
        (Field::Destination, false) => "destination-ipv4",
        (Field::Destination, true) => "destination-ipv6",
        (Field::Source, false) => "source-ipv4",
        (Field::Source, true) => "source-ipv6",
        (Field::Protocol, true) => "next-header",
        (Field::Dscp, true) => "traffic-class",
        _ => field.name(),
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("flow")?;
        for component in self.components() {
            write!(f, " {}", word(component.field, self.is_v6()))?;
            let values = component.values(self.is_v6());
            // One alternative of several terms stands in brackets too, as ExaBGP writes it.
            match values.as_slice() {
                [one] if !one.contains('&') => write!(f, " {one}")?,
                several => write!(f, " [ {} ]", several.join(" "))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)?;
        if self.address.is_ipv6() {
            write!(f, "/{}", self.offset)?;
        }
        Ok(())
    }
}

/// Words that a number of a field has.
const fn words(field: Field, v6: bool) -> &'static [(&'static str, u64)] {
    match (field, v6) {
        (Field::Protocol, _) => &PROTOCOLS,
        (Field::IcmpType, false) => &ICMP,
        _ => &[],
    }
}

fn bits(field: Field, value: u16) -> String {
    let names: &[(&str, u16)] = if field == Field::Fragment {
        &FRAGMENTS
    } else {
        &TCP
    };
    let mut left = value;
    let mut out: Vec<String> = Vec::new();
    for (name, bit) in names {
        if left & bit != 0 {
            out.push((*name).to_owned());
            left &= !bit;
        }
    }
    if left != 0 || out.is_empty() {
        out.push(format!("0x{left:x}"));
    }
    out.join("+")
}

impl Component {
    /// Its alternatives as text; terms that hold together are one.
    pub fn values(&self, v6: bool) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut add = |and: bool, text: String| match out.last_mut() {
            Some(last) if and => {
                last.push('&');
                last.push_str(&text);
            }
            _ => out.push(text),
        };
        match &self.asked {
            Numbers::Prefix(prefix) => add(false, prefix.to_string()),
            Numbers::Numbers(terms) => {
                for term in terms {
                    let known = words(self.field, v6).iter();
                    let name = known.copied().find(|(_, code)| *code == term.value);
                    let value = match (term.compare, name) {
                        (Compare::Always | Compare::Never, _) if term.value == 0 => String::new(),
                        (_, Some((name, _))) => name.to_owned(),
                        (_, None) => term.value.to_string(),
                    };
                    add(term.and, format!("{}{value}", term.compare));
                }
            }
            Numbers::Flags(terms) => {
                for term in terms {
                    let sign = match (term.not, term.all) {
                        (false, false) => "",
                        (false, true) => "=",
                        (true, false) => "!",
                        (true, true) => "!=",
                    };
                    add(term.and, format!("{sign}{}", bits(self.field, term.bits)));
                }
            }
        }
        out
    }
}

fn number(field: Field, v6: bool, text: &str, and: bool) -> Option<NumberTerm> {
    // Longer signs first: `>=` begins as `>` does.
    const SIGNS: [Compare; 8] = [
        Compare::Unequal,
        Compare::AtLeast,
        Compare::AtMost,
        Compare::Equal,
        Compare::More,
        Compare::Less,
        Compare::Always,
        Compare::Never,
    ];
    let (rest, compare) = SIGNS
        .iter()
        .find_map(|sign| text.strip_prefix(sign.name()).map(|rest| (rest, *sign)))
        .unwrap_or((text, Compare::Equal));
    let lower = rest.to_ascii_lowercase();
    let also = (field == Field::Protocol).then_some(ICMP_V6);
    let mut known = words(field, v6).iter().copied().chain(also);
    let value = match known.find(|(name, _)| *name == lower) {
        Some((_, code)) => code,
        None if rest.is_empty() && matches!(compare, Compare::Always | Compare::Never) => 0,
        None => rest.parse().ok()?,
    };
    Some(NumberTerm {
        and,
        compare,
        value,
    })
}

fn flag(field: Field, text: &str, and: bool) -> Option<FlagTerm> {
    let signs = [
        ("!=", (true, true)),
        ("!", (true, false)),
        ("=", (false, true)),
    ];
    let (rest, (not, all)) = signs
        .iter()
        .find_map(|(sign, means)| text.strip_prefix(sign).map(|rest| (rest, *means)))
        .unwrap_or((text, (false, false)));
    let names: &[(&str, u16)] = if field == Field::Fragment {
        &FRAGMENTS
    } else {
        &TCP
    };
    let mut value = 0;
    for part in rest.split('+') {
        let part = part.to_ascii_lowercase();
        let named = names
            .iter()
            .find(|(name, _)| *name == part)
            .map(|(_, bit)| *bit);
        let digits = || u16::from_str_radix(part.strip_prefix("0x")?, 16).ok();
        value |= named.or_else(digits)?;
    }
    Some(FlagTerm {
        and,
        not,
        all,
        bits: value,
    })
}

fn prefix(text: &str) -> Option<Prefix> {
    let mut parts = text.split('/');
    let address = parts.next()?.parse().ok()?;
    let length = parts.next()?.parse().ok()?;
    let offset = parts.next().map_or(Some(0), |offset| offset.parse().ok())?;
    if parts.next().is_some() {
        return None;
    }
    Prefix::new(address, length, offset)
}

fn asked(field: Field, v6: bool, values: &[&str]) -> Result<Numbers, TextError> {
    let unknown = |text: &str| TextError::Word(text.to_owned());
    if let (Field::Destination | Field::Source, [one]) = (field, values) {
        return prefix(one).map(Numbers::Prefix).ok_or_else(|| unknown(one));
    }
    let (mut numbers, mut flags) = (Vec::new(), Vec::new());
    for value in values {
        for (at, part) in value.split('&').enumerate() {
            if matches!(field, Field::TcpFlags | Field::Fragment) {
                flags.push(flag(field, part, at > 0).ok_or_else(|| unknown(part))?);
            } else {
                numbers.push(number(field, v6, part, at > 0).ok_or_else(|| unknown(part))?);
            }
        }
    }
    if numbers.len().max(flags.len()) > TERMS_MAX {
        return Err(FlowError::Many("terms").into());
    }
    Ok(if numbers.is_empty() {
        Numbers::Flags(flags)
    } else {
        Numbers::Numbers(numbers)
    })
}

impl Rule {
    /// Reads a rule as [`fmt::Display`] writes it; `flow` in front may be left out.
    ///
    /// # Errors
    /// [`TextError`] with the word.
    pub fn parse(text: &str, v6: bool) -> Result<Self, TextError> {
        let mut words = text.split_whitespace().peekable();
        let _ = words.next_if_eq(&"flow");
        let mut components = Vec::new();
        while let Some(name) = words.next() {
            let field = Field::ALL.iter().find(|field| word(**field, v6) == name);
            let field = *field.ok_or_else(|| TextError::Word(name.to_owned()))?;
            let end = || TextError::End(name.to_owned());
            let first = words.next().ok_or_else(end)?;
            let mut values = Vec::new();
            if first == "[" {
                loop {
                    match words.next().ok_or_else(end)? {
                        "]" => break,
                        value => values.push(value),
                    }
                }
            } else {
                values.push(first);
            }
            let asked = asked(field, v6, &values)?;
            components.push(Component { field, asked });
        }
        Ok(Self::new(v6, components)?)
    }
}
