//! A BGP UPDATE that carries rules: RFC 4271 section 4.3, RFC 4760, RFC 8955 section 4. In: bytes of a message. Out: rules that are announced or withdrawn, with their attributes; and the bytes.
//! Never: an attribute that is lost between the two.

use super::bytes::Rest;
use super::community::Community;
use super::component::Rule;
use super::{Dialect, FlowError, MESSAGE_BYTES_MAX, RULE_BYTES_MAX};
use std::collections::BTreeMap;

const MARKER: [u8; 16] = [0xff; 16];
const UPDATE: u8 = 2;
/// Bytes before the attributes: header, routes that are withdrawn, lengths.
const HEAD_BYTES: usize = 23;
const FLAGS_OPTIONAL: u8 = 0x80;
const FLAGS_TRANSITIVE: u8 = 0x40;
const FLAG_EXTENDED: u8 = 0x10;
/// Types of attributes: what is announced, what is taken back.
const REACH: u8 = 14;
const UNREACH: u8 = 15;
const SAFI_FLOW: u8 = 133;
const SAFI_FLOW_VPN: u8 = 134;

/// Which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Family {
    /// Whether for IPv6.
    pub v6: bool,
    /// Whether each has a route distinguisher.
    pub vpn: bool,
}

/// A rule as it is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nlri {
    /// The route distinguisher, where the family has one.
    pub rd: Option<[u8; 8]>,
    /// The rule.
    pub rule: Rule,
}

/// Attributes of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// Where it comes from.
    pub origin: Option<u8>,
    /// The path, as it was sent.
    pub as_path: Option<Vec<u8>>,
    /// How much it is preferred.
    pub local_preference: Option<u32>,
    /// Communities, RFC 1997.
    pub communities: Vec<u32>,
    /// Extended communities, RFC 4360.
    pub extended: Vec<Community>,
    /// All others by their type, as they were sent: they are handed on.
    pub others: BTreeMap<u8, Vec<u8>>,
}

/// How an attribute begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its flags, RFC 4271 section 4.3.
    pub flags: u8,
    /// Its type.
    pub code: u8,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The family; a message without rules and without an end has none.
    pub family: Option<Family>,
    /// What is announced.
    pub announced: Vec<Nlri>,
    /// The next hop of what is announced, as it was sent: rules need none, and it is not looked at (RFC 8955 section 4).
    pub next_hop: Vec<u8>,
    /// What is taken back; without a rule, of a family, it is the end of what there was to say (RFC 4724 section 2).
    pub withdrawn: Option<Vec<Nlri>>,
    /// Attributes.
    pub attributes: Attributes,
    /// How the attributes begin that were read, in the order of the message. Those without an entry are written with the flags of the specification: rules first (RFC 7606 section 5.1), then by type.
    pub heads: Vec<Head>,
}

fn family(afi: u64, safi: u8) -> Result<Family, FlowError> {
    let v6 = match afi {
        1 => false,
        2 => true,
        _ => return Err(FlowError::Value("the address family")),
    };
    let vpn = match safi {
        SAFI_FLOW => false,
        SAFI_FLOW_VPN => true,
        _ => return Err(FlowError::Value("the subsequent address family")),
    };
    Ok(Family { v6, vpn })
}

fn rules(mut rest: Rest<'_>, family: Family, dialect: Dialect) -> Result<Vec<Nlri>, FlowError> {
    const WHAT: &str = "a rule";
    let mut out = Vec::new();
    while !rest.0.is_empty() {
        let first = rest.byte(WHAT)?;
        let length = if first < 0xf0 {
            usize::from(first)
        } else {
            (usize::from(first & 0x0f) << 8) | usize::from(rest.byte(WHAT)?)
        };
        let mut inner = Rest(rest.take(length, WHAT)?);
        let rd = if family.vpn {
            let bytes = inner.take(8, "a route distinguisher")?;
            Some(
                bytes
                    .try_into()
                    .map_err(|_| FlowError::End("a route distinguisher"))?,
            )
        } else {
            None
        };
        let rule = Rule::decode(inner.0, family.v6, dialect)?;
        out.push(Nlri { rd, rule });
    }
    Ok(out)
}

fn put_rules(out: &mut Vec<u8>, nlri: &[Nlri], dialect: Dialect) -> Result<(), FlowError> {
    for one in nlri {
        let mut bytes = one.rd.map_or_else(Vec::new, |rd| rd.to_vec());
        bytes.extend(one.rule.encode(dialect));
        if bytes.len() > RULE_BYTES_MAX {
            return Err(FlowError::Length("a rule"));
        }
        if bytes.len() < 0xf0 {
            out.push(bytes.len() as u8);
        } else {
            out.extend((0xf000 | bytes.len() as u16).to_be_bytes());
        }
        out.extend(bytes);
    }
    Ok(())
}

impl Update {
    /// Reads a message with its header.
    ///
    /// # Errors
    /// [`FlowError`]; who sent it acts on it.
    pub fn decode(bytes: &[u8], dialect: Dialect) -> Result<Self, FlowError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(FlowError::Length("the message"));
        }
        let mut rest = Rest(bytes);
        if rest.take(16, "the header")? != MARKER {
            return Err(FlowError::NotUpdate);
        }
        let length = rest.number(2, "the header")?;
        if length != bytes.len() as u64 {
            return Err(FlowError::Length("the message"));
        }
        if rest.byte("the header")? != UPDATE {
            return Err(FlowError::NotUpdate);
        }
        if rest.number(2, "the routes that are withdrawn")? != 0 {
            return Err(FlowError::Value("the list of routes that are withdrawn"));
        }
        let total = rest.number(2, "the attributes")?;
        if total != rest.0.len() as u64 {
            return Err(FlowError::Length("the attributes"));
        }
        let mut update = Self {
            family: None,
            announced: Vec::new(),
            next_hop: Vec::new(),
            withdrawn: None,
            attributes: Attributes::default(),
            heads: Vec::new(),
        };
        while !rest.0.is_empty() {
            let flags = rest.byte("an attribute")?;
            let code = rest.byte("an attribute")?;
            let wide = flags & FLAG_EXTENDED != 0;
            let length = rest.number(if wide { 2 } else { 1 }, "an attribute")?;
            let value = rest.take(length as usize, "an attribute")?;
            let seen = update.heads.iter().any(|head| head.code == code);
            match code {
                REACH | UNREACH if seen => return Err(FlowError::Many("attributes of one type")),
                // The first counts: RFC 7606 section 3 (g).
                _ if seen => continue,
                _ => update.heads.push(Head { flags, code }),
            }
            update.attribute(code, value, dialect)?;
        }
        Ok(update)
    }

    fn attribute(&mut self, code: u8, value: &[u8], dialect: Dialect) -> Result<(), FlowError> {
        let mut rest = Rest(value);
        match code {
            1 => self.attributes.origin = Some(rest.byte("the origin")?),
            2 => {
                self.attributes.as_path = Some(value.to_vec());
                return Ok(());
            }
            5 => self.attributes.local_preference = Some(rest.number(4, "the preference")? as u32),
            8 => {
                while !rest.0.is_empty() {
                    self.attributes
                        .communities
                        .push(rest.number(4, "a community")? as u32);
                }
            }
            16 => {
                while !rest.0.is_empty() {
                    let bytes = rest.take(8, "an extended community")?;
                    let bytes = bytes
                        .try_into()
                        .map_err(|_| FlowError::End("an extended community"))?;
                    self.attributes.extended.push(Community::decode(bytes));
                }
            }
            REACH => {
                let family = family(
                    rest.number(2, "what is announced")?,
                    rest.byte("what is announced")?,
                )?;
                let length = usize::from(rest.byte("the next hop")?);
                self.next_hop = rest.take(length, "the next hop")?.to_vec();
                rest.byte("what is announced")?;
                self.announced = rules(Rest(rest.0), family, dialect)?;
                if self.announced.is_empty() {
                    return Err(FlowError::End("what is announced"));
                }
                self.of(family)?;
                return Ok(());
            }
            UNREACH => {
                let family = family(
                    rest.number(2, "what is withdrawn")?,
                    rest.byte("what is withdrawn")?,
                )?;
                self.withdrawn = Some(rules(Rest(rest.0), family, dialect)?);
                self.of(family)?;
                return Ok(());
            }
            _ => {
                self.attributes.others.insert(code, value.to_vec());
                return Ok(());
            }
        }
        if rest.0.is_empty() {
            Ok(())
        } else {
            Err(FlowError::Length("an attribute"))
        }
    }

    fn of(&mut self, family: Family) -> Result<(), FlowError> {
        match self.family {
            Some(before) if before != family => Err(FlowError::Value("the address family")),
            _ => {
                self.family = Some(family);
                Ok(())
            }
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// [`FlowError::Length`]: it is longer than a message may be.
    pub fn encode(&self, dialect: Dialect) -> Result<Vec<u8>, FlowError> {
        let mut values = self.attributes.values();
        let family = self.family.map(Family::bytes);
        if let (Some(nlri), Some(family)) = (&self.withdrawn, family) {
            let mut value = family.to_vec();
            put_rules(&mut value, nlri, dialect)?;
            values.insert(UNREACH, value);
        }
        if let (Some(family), false) = (family, self.announced.is_empty()) {
            let mut value = family.to_vec();
            let length = u8::try_from(self.next_hop.len());
            value.push(length.map_err(|_| FlowError::Length("the next hop"))?);
            value.extend(&self.next_hop);
            value.push(0);
            put_rules(&mut value, &self.announced, dialect)?;
            values.insert(REACH, value);
        }
        let first = [UNREACH, REACH].map(Head::of);
        let behind: Vec<Head> = values.keys().copied().map(Head::of).collect();
        let mut out = Written::default();
        for head in self.heads.iter().chain(&first).chain(&behind) {
            if let Some(value) = values.remove(&head.code) {
                out.put(*head, &value)?;
            }
        }
        out.message()
    }
}

impl Head {
    /// How an attribute begins by the specifications.
    const fn of(code: u8) -> Self {
        let flags = match code {
            1..=3 | 5 | 6 => FLAGS_TRANSITIVE,
            4 | 9 | 10 | REACH | UNREACH => FLAGS_OPTIONAL,
            _ => FLAGS_OPTIONAL | FLAGS_TRANSITIVE,
        };
        Self { flags, code }
    }
}

impl Family {
    /// As the attributes name it.
    const fn bytes(self) -> [u8; 3] {
        let afi = if self.v6 { 2 } else { 1 };
        let safi = if self.vpn { SAFI_FLOW_VPN } else { SAFI_FLOW };
        [0, afi, safi]
    }
}

/// Attributes as they are written.
#[derive(Default)]
struct Written(Vec<u8>);

impl Written {
    fn put(&mut self, head: Head, value: &[u8]) -> Result<(), FlowError> {
        let Head { flags, code } = head;
        let length = u16::try_from(value.len()).map_err(|_| FlowError::Length("an attribute"))?;
        if flags & FLAG_EXTENDED == 0 && length <= 0xff {
            self.0.extend([flags, code, length as u8]);
        } else {
            self.0.extend([flags | FLAG_EXTENDED, code]);
            self.0.extend(length.to_be_bytes());
        }
        self.0.extend(value);
        Ok(())
    }

    /// The whole message.
    fn message(self) -> Result<Vec<u8>, FlowError> {
        let total = HEAD_BYTES + self.0.len();
        if total > MESSAGE_BYTES_MAX {
            return Err(FlowError::Length("the message"));
        }
        let mut out = MARKER.to_vec();
        out.extend((total as u16).to_be_bytes());
        out.extend([UPDATE, 0, 0]);
        out.extend((self.0.len() as u16).to_be_bytes());
        out.extend(self.0);
        Ok(out)
    }
}

impl Attributes {
    /// The values by their types.
    fn values(&self) -> BTreeMap<u8, Vec<u8>> {
        let mut out = self.others.clone();
        let mut put = |code: u8, value: Option<Vec<u8>>| {
            out.extend(value.map(|value| (code, value)));
        };
        put(1, self.origin.map(|origin| vec![origin]));
        put(2, self.as_path.clone());
        let preference = self.local_preference;
        put(5, preference.map(|number| number.to_be_bytes().to_vec()));
        let communities = self.communities.iter().flat_map(|one| one.to_be_bytes());
        put(
            8,
            Some(communities.collect()).filter(|value: &Vec<u8>| !value.is_empty()),
        );
        let extended = self.extended.iter().flat_map(|one| one.encode());
        put(
            16,
            Some(extended.collect()).filter(|value: &Vec<u8>| !value.is_empty()),
        );
        out
    }
}
