//! A rule as bytes. In: bytes of a peer. Out: a rule; and its bytes, each number in as few as it takes, or in as many as the peer gave it: by its bytes a rule is known again (RFC 8955 section 4).
//! Never: a byte that is left over.

use super::component::{
    Compare, Component, Field, FlagTerm, NumberTerm, Numbers, Prefix, Rule, fragment_bits,
};
use super::{Dialect, FlowError, RULE_BYTES_MAX};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const LAST: u8 = 0x80;
const AND: u8 = 0x40;
/// The bits of a comparison.
const COMPARE: u8 = 0x07;
const NOT: u8 = 0x02;
const MATCH: u8 = 0x01;
/// The bits of a code point; the others are taken for 0, RFC 8955 section 4.2.2.11.
const DSCP: u64 = 0x3f;

/// What is still to be read.
pub(super) struct Rest<'b>(pub(super) &'b [u8]);

impl<'b> Rest<'b> {
    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, FlowError> {
        let (first, rest) = self.0.split_first().ok_or(FlowError::End(what))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn take(&mut self, count: usize, what: &'static str) -> Result<&'b [u8], FlowError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(FlowError::End(what))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of one to eight bytes, the highest first.
    pub(super) fn number(&mut self, count: usize, what: &'static str) -> Result<u64, FlowError> {
        let bytes = self.take(count, what)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }
}

impl Rule {
    /// Reads one rule, without its length.
    ///
    /// # Errors
    /// [`FlowError`]; who sent it acts on it.
    pub fn decode(bytes: &[u8], v6: bool, dialect: Dialect) -> Result<Self, FlowError> {
        if bytes.len() > RULE_BYTES_MAX {
            return Err(FlowError::Length("a rule"));
        }
        let mut rest = Rest(bytes);
        let mut components: Vec<Component> = Vec::new();
        let mut widths = Vec::new();
        while !rest.0.is_empty() {
            let code = rest.byte("a component")?;
            let field = Field::from_code(code).ok_or(FlowError::Unknown(code))?;
            if components.last().is_some_and(|last| last.field >= field) {
                return Err(FlowError::Order(code));
            }
            let asked = match field {
                Field::Destination | Field::Source => {
                    Numbers::Prefix(prefix(&mut rest, v6, dialect)?)
                }
                Field::TcpFlags => Numbers::Flags(flags(&mut rest, 2, &mut widths)?),
                Field::Fragment => {
                    let mut terms = flags(&mut rest, 1, &mut widths)?;
                    for term in &mut terms {
                        // The others are reserved, and not looked at.
                        term.bits &= fragment_bits(v6);
                    }
                    Numbers::Flags(terms)
                }
                Field::Dscp => {
                    let mut terms = numbers(&mut rest, 1, &mut widths)?;
                    for term in terms.iter_mut().filter(|_| !v6) {
                        term.value &= DSCP;
                    }
                    Numbers::Numbers(terms)
                }
                _ => Numbers::Numbers(numbers(&mut rest, 8, &mut widths)?),
            };
            components.push(Component { field, asked });
        }
        let mut rule = Self::ordered(v6, components)?;
        rule.widths = widths;
        Ok(rule)
    }

    /// Its bytes, without the length.
    pub fn encode(&self, dialect: Dialect) -> Vec<u8> {
        let mut out = Vec::new();
        let mut widths = self.widths.iter().copied();
        for component in self.components() {
            out.push(component.field.code());
            match &component.asked {
                Numbers::Prefix(prefix) => put_prefix(&mut out, prefix, dialect),
                Numbers::Numbers(terms) => put_numbers(&mut out, terms, &mut widths),
                Numbers::Flags(terms) => put_flags(&mut out, terms, &mut widths),
            }
        }
        out
    }
}

fn prefix(rest: &mut Rest<'_>, v6: bool, dialect: Dialect) -> Result<Prefix, FlowError> {
    const WHAT: &str = "a prefix";
    let length = rest.byte(WHAT)?;
    if !v6 {
        let mut octets = [0; 4];
        let bytes = rest.take(usize::from(length).div_ceil(8), WHAT)?;
        octets
            .get_mut(..bytes.len())
            .ok_or(FlowError::Length(WHAT))?
            .copy_from_slice(bytes);
        let address = IpAddr::V4(Ipv4Addr::from(octets));
        return Prefix::new(address, length, 0).ok_or(FlowError::Length(WHAT));
    }
    let offset = rest.byte(WHAT)?;
    if length > 128 || offset > length || (offset == length && length != 0) {
        return Err(FlowError::Length(WHAT));
    }
    let skipped = if dialect == Dialect::Whole { 0 } else { offset };
    let bytes = rest.take(usize::from(length - skipped).div_ceil(8), WHAT)?;
    let mut octets = [0; 16];
    octets
        .get_mut(..bytes.len())
        .ok_or(FlowError::Length(WHAT))?
        .copy_from_slice(bytes);
    let bits = u128::from_be_bytes(octets)
        .checked_shr(u32::from(skipped))
        .unwrap_or(0);
    let address = IpAddr::V6(Ipv6Addr::from(bits));
    Prefix::new(address, length, offset).ok_or(FlowError::Length(WHAT))
}

fn put_prefix(out: &mut Vec<u8>, prefix: &Prefix, dialect: Dialect) {
    out.push(prefix.length);
    match prefix.address {
        IpAddr::V4(address) => {
            let bytes = usize::from(prefix.length).div_ceil(8);
            out.extend(address.octets().into_iter().take(bytes));
        }
        IpAddr::V6(address) => {
            out.push(prefix.offset);
            let skipped = if dialect == Dialect::Whole {
                0
            } else {
                prefix.offset
            };
            let bits = u128::from(address)
                .checked_shl(u32::from(skipped))
                .unwrap_or(0);
            let bytes = usize::from(prefix.length - skipped).div_ceil(8);
            out.extend(bits.to_be_bytes().into_iter().take(bytes));
        }
    }
}

/// The head of a term: operator and value. Its value has at most so many bytes; how many, is noted.
fn term(
    rest: &mut Rest<'_>,
    what: &'static str,
    most: u8,
    widths: &mut Vec<u8>,
) -> Result<(u8, u64), FlowError> {
    let head = rest.byte(what)?;
    let bytes = 1u8 << ((head >> 4) & 0x03);
    if bytes > most {
        return Err(FlowError::Length(what));
    }
    widths.push(bytes);
    Ok((head, rest.number(bytes.into(), what)?))
}

fn numbers(
    rest: &mut Rest<'_>,
    most: u8,
    widths: &mut Vec<u8>,
) -> Result<Vec<NumberTerm>, FlowError> {
    let mut terms = Vec::new();
    loop {
        let (head, value) = term(rest, "a number", most, widths)?;
        terms.push(NumberTerm {
            // The first has none before it; RFC 8955 section 4.2.1.1: it is to be sent as 0 and not looked at.
            and: head & AND != 0 && !terms.is_empty(),
            compare: Compare::from_code(head & COMPARE).unwrap_or(Compare::Never),
            value,
        });
        if head & LAST != 0 {
            return Ok(terms);
        }
    }
}

fn flags(rest: &mut Rest<'_>, most: u8, widths: &mut Vec<u8>) -> Result<Vec<FlagTerm>, FlowError> {
    let mut terms = Vec::new();
    loop {
        let (head, value) = term(rest, "flags", most, widths)?;
        terms.push(FlagTerm {
            and: head & AND != 0 && !terms.is_empty(),
            not: head & NOT != 0,
            all: head & MATCH != 0,
            bits: u16::try_from(value).map_err(|_| FlowError::Length("flags"))?,
        });
        if head & LAST != 0 {
            return Ok(terms);
        }
    }
}

/// How many bytes a number takes.
const fn width(value: u64) -> u8 {
    match value {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

fn put(out: &mut Vec<u8>, head: u8, value: u64, least: Option<u8>) {
    let bytes = width(value).max(least.unwrap_or(1));
    out.push(head | ((bytes.ilog2() as u8) << 4));
    let skipped = 8 - usize::from(bytes);
    out.extend(value.to_be_bytes().into_iter().skip(skipped));
}

fn put_numbers(out: &mut Vec<u8>, terms: &[NumberTerm], widths: &mut impl Iterator<Item = u8>) {
    for (at, term) in terms.iter().enumerate() {
        let bit = |on: bool, bit: u8| if on { bit } else { 0 };
        let head = bit(at + 1 == terms.len(), LAST) | bit(term.and, AND) | term.compare.code();
        put(out, head, term.value, widths.next());
    }
}

fn put_flags(out: &mut Vec<u8>, terms: &[FlagTerm], widths: &mut impl Iterator<Item = u8>) {
    for (at, term) in terms.iter().enumerate() {
        let bit = |on: bool, bit: u8| if on { bit } else { 0 };
        let head = bit(at + 1 == terms.len(), LAST)
            | bit(term.and, AND)
            | bit(term.not, NOT)
            | bit(term.all, MATCH);
        put(out, head, u64::from(term.bits), widths.next());
    }
}
