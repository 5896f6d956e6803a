//! What may be announced. In: a deed with its target, or a rule. Out: routes; nothing else makes one, and a speaker takes nothing else. Never: a route that is wider than its bound, a rule
//! that asks for no address, a default route, whoever asks for it: routers and daemons take all of them.

use sakimori_respond::engine::Deed;
use sakimori_respond::flowspec::{Component, Dialect, Field, Numbers, Prefix, Rule};
use sakimori_respond::safety::{SIZE_MAX, Target};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where IPv4 lies among addresses of IPv6 (RFC 4291 section 2.5.5.2).
const MAPPED: u128 = 0xffff << 32;
/// Most blocks that an owner names as never to be touched.
pub const NEVER_MAX: usize = 4096;
/// Blocks that are no single machine elsewhere (RFC 6890, RFC 5771, RFC 4291): this network, loopback, link-local, multicast and what is reserved behind it; unspecified, loopback and
/// IPv4-compatible, link-local, multicast.
const SPECIAL: [(u128, u8); 7] = [
    (MAPPED, 96 + 8),
    (MAPPED | (127 << 24), 96 + 8),
    (MAPPED | (0xa9fe << 16), 96 + 16),
    (MAPPED | (0xe0 << 24), 96 + 3),
    (0, 96),
    (0xfe80 << 112, 10),
    (0xff00 << 112, 8),
];

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// What goes there is discarded: a route with the community 65535:666 (RFC 7999) and a next hop that leads nowhere (RFC 5635).
    Hole,
    /// A rule on what goes there, with a rate of 0 (RFC 8955 section 7.1).
    To,
    /// A rule on what comes from there, with a rate of 0.
    From,
}

/// A table of BGP: an address family and what is carried of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Routes of IPv4.
    Route4,
    /// Routes of IPv6.
    Route6,
    /// Rules of IPv4 (RFC 8955).
    Flow4,
    /// Rules of IPv6 (RFC 8956).
    Flow6,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Route4, Self::Route6, Self::Flow4, Self::Flow6];
}

/// What a speaker says that it announces, of whatever width: it can be withdrawn, not announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// What it does.
    pub kind: Kind,
    /// The first address.
    pub net: IpAddr,
    /// Bits that count.
    pub bits: u8,
}

impl Line {
    /// Where it stands.
    pub const fn table(&self) -> Table {
        match (self.kind, self.net) {
            (Kind::Hole, IpAddr::V4(_)) => Table::Route4,
            (Kind::Hole, IpAddr::V6(_)) => Table::Route6,
            (Kind::To | Kind::From, IpAddr::V4(_)) => Table::Flow4,
            (Kind::To | Kind::From, IpAddr::V6(_)) => Table::Flow6,
        }
    }

    /// Its prefix as all speakers read and write it.
    pub fn prefix(&self) -> String {
        format!("{}/{}", self.net, self.bits)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.kind {
            Kind::Hole => "black hole",
            Kind::To => "rule to",
            Kind::From => "rule from",
        };
        write!(f, "{words} {}", self.prefix())
    }
}

/// A route that may be announced. Only [`Guard`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route(Line);

impl Route {
    /// What is announced.
    pub const fn line(&self) -> &Line {
        &self.0
    }
}

/// Which of its flows a rule drops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sides {
    /// Those that go there.
    To,
    /// Those that come from there. Peers that hold rules against routes (RFC 8955 section 6) take no such rule.
    From,
    /// Both, by two rules.
    #[default]
    Both,
}

/// Why something may not be announced. Who asks for it acts on it; no try will help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a thing that BGP does.
    #[error("BGP does not do {0}")]
    Deed(&'static str),
    /// Not an address or block.
    #[error("the target is no address or block of addresses")]
    NoAddress,
    /// Wider than its bound.
    #[error("a prefix of {bits} bits is wider than the {least} that are allowed")]
    Wide {
        /// Its bits.
        bits: u8,
        /// The fewest that are allowed.
        least: u8,
    },
    /// Of a block that is no machine elsewhere.
    #[error("it lies in a block that is no single machine elsewhere")]
    Special,
    /// It touches what the owner named.
    #[error("it touches a block that the owner of this speaker never lets go")]
    Never,
    /// A rule that asks for no prefix, or for one that begins behind its first bit.
    #[error("a rule without the address of its target matches what is not meant")]
    NoPrefix,
    /// The bytes of the rule do not give the rule.
    #[error("the rule does not come back from its bytes")]
    Bytes,
    /// The configuration cannot be.
    #[error("the configuration of what may be announced cannot be: {0}")]
    Configuration(String),
}

/// What may be announced, by the owner's word.
#[derive(Clone, Debug)]
pub struct Guard {
    sides: Sides,
    least_v4: u8,
    least_v6: u8,
    never: Vec<(u128, u8)>,
}

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

/// Whether two blocks have an address in common.
fn meet(one: (u128, u8), other: (u128, u8)) -> bool {
    let bits = mask(one.1.min(other.1));
    one.0 & bits == other.0 & bits
}

fn within(inner: (u128, u8), outer: (u128, u8)) -> bool {
    inner.1 >= outer.1 && meet(inner, outer)
}

/// An address in the space of mapped addresses.
fn space(net: IpAddr, bits: u8) -> (u128, u8) {
    match net {
        IpAddr::V4(net) => (MAPPED | u128::from(u32::from(net)), bits.saturating_add(96)),
        IpAddr::V6(net) => (net.into(), bits),
    }
}

/// An address of the space, and its bits, as BGP carries them.
fn carried(first: u128, bits: u8) -> (IpAddr, u8) {
    if bits >= 96 && first & mask(96) == MAPPED {
        (Ipv4Addr::from(first as u32).into(), bits - 96)
    } else {
        (Ipv6Addr::from(first).into(), bits)
    }
}

/// Reads a block or address.
fn block(text: &str) -> Result<(u128, u8), Refused> {
    match Target::parse(text) {
        Ok(Target::Net(prefix)) => Ok((prefix.first, prefix.bits)),
        _ => Err(Refused::NoAddress),
    }
}

impl Guard {
    /// A guard of the owner's configuration. Bounds are in bits: a rule's prefix has at least so many; they cannot be set below the /24 and /120 of 256 addresses.
    ///
    /// # Errors
    /// [`Refused::Configuration`]; the owner acts on it.
    pub fn new(
        sides: Sides,
        least_v4: u8,
        least_v6: u8,
        never: &[String],
    ) -> Result<Self, Refused> {
        // So many bits at the end name as many addresses as a block may have at most.
        let room = SIZE_MAX.ilog2() as u8;
        let wrong = |text: String| Err(Refused::Configuration(text));
        if !(32 - room..=32).contains(&least_v4) || !(128 - room..=128).contains(&least_v6) {
            return wrong(format!(
                "bounds of /{least_v4} and /{least_v6} are wider than /{} and /{}, or longer than an address",
                32 - room,
                128 - room
            ));
        }
        if never.len() > NEVER_MAX {
            return wrong(format!("more than {NEVER_MAX} blocks"));
        }
        let mut blocks = Vec::with_capacity(never.len());
        for text in never {
            match block(text) {
                Ok(found) => blocks.push(found),
                Err(_) => return wrong(format!("`{text}` is no block of addresses")),
            }
        }
        Ok(Self {
            sides,
            least_v4,
            least_v6,
            never: blocks,
        })
    }

    /// The routes of an effect, one or two.
    ///
    /// # Errors
    /// [`Refused`]; nothing may be announced for it.
    pub fn routes(&self, deed: Deed, target: &str) -> Result<Vec<Route>, Refused> {
        let kinds: &[Kind] = match (deed, self.sides) {
            (Deed::BlackHole, _) => &[Kind::Hole],
            (Deed::FlowRule, Sides::To) => &[Kind::To],
            (Deed::FlowRule, Sides::From) => &[Kind::From],
            (Deed::FlowRule, Sides::Both) => &[Kind::To, Kind::From],
            (deed, _) => return Err(Refused::Deed(deed.name())),
        };
        let (first, bits) = block(target)?;
        let (net, bits) = carried(first, bits);
        kinds
            .iter()
            .map(|kind| {
                let line = Line {
                    kind: *kind,
                    net,
                    bits,
                };
                match kind {
                    Kind::Hole => self.hole(&line)?,
                    Kind::To | Kind::From => self.rule(&rule_of(&line)?)?,
                }
                Ok(Route(line))
            })
            .collect()
    }

    /// Whether a black hole is one address that may be taken.
    fn hole(&self, line: &Line) -> Result<(), Refused> {
        let whole = if line.net.is_ipv4() { 32 } else { 128 };
        self.prefix(line.net, line.bits, whole)
    }

    /// Judges a rule as it would be sent: its bytes are made and read again, and each prefix of it is held against the bounds.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn rule(&self, rule: &Rule) -> Result<(), Refused> {
        let v6 = rule.is_v6();
        let bytes = rule.encode(Dialect::Rfc8956);
        let read = Rule::decode(&bytes, v6, Dialect::Rfc8956);
        if read.as_ref() != Ok(rule) {
            return Err(Refused::Bytes);
        }
        let least = if v6 { self.least_v6 } else { self.least_v4 };
        let mut named = false;
        for component in rule.components() {
            if let Numbers::Prefix(prefix) = &component.asked {
                if prefix.offset != 0 {
                    return Err(Refused::NoPrefix);
                }
                self.prefix(prefix.address, prefix.length, least)?;
                named = true;
            }
        }
        if named {
            Ok(())
        } else {
            Err(Refused::NoPrefix)
        }
    }

    fn prefix(&self, net: IpAddr, bits: u8, least: u8) -> Result<(), Refused> {
        if bits < least {
            return Err(Refused::Wide { bits, least });
        }
        let here = space(net, bits);
        if SPECIAL.iter().any(|special| within(here, *special)) {
            return Err(Refused::Special);
        }
        if self.never.iter().any(|never| meet(here, *never)) {
            return Err(Refused::Never);
        }
        Ok(())
    }
}

/// The rule of a line: its one prefix.
fn rule_of(line: &Line) -> Result<Rule, Refused> {
    let field = if line.kind == Kind::From {
        Field::Source
    } else {
        Field::Destination
    };
    let prefix = Prefix::new(line.net, line.bits, 0).ok_or(Refused::NoPrefix)?;
    let component = Component {
        field,
        asked: Numbers::Prefix(prefix),
    };
    Rule::new(line.net.is_ipv6(), vec![component]).map_err(|_| Refused::NoPrefix)
}

/// The line of a rule that a speaker showed; nothing for one that is not of this make.
pub(super) fn line_of(rule: &Rule) -> Option<Line> {
    let [component] = rule.components() else {
        return None;
    };
    let (kind, Numbers::Prefix(prefix)) = (
        match component.field {
            Field::Destination => Kind::To,
            Field::Source => Kind::From,
            _ => return None,
        },
        &component.asked,
    ) else {
        return None;
    };
    (prefix.offset == 0).then_some(Line {
        kind,
        net: prefix.address,
        bits: prefix.length,
    })
}

/// A prefix as speakers write it; nothing where it is none. Bits behind the length are cut off.
pub(super) fn line(kind: Kind, text: &str) -> Option<Line> {
    let mut parts = text.split('/');
    let net: IpAddr = parts.next()?.parse().ok()?;
    let bits: u8 = parts.next()?.parse().ok()?;
    // ExaBGP and GoBGP write the offset of a rule for IPv6 behind it.
    if parts.next().is_some_and(|offset| offset != "0") || parts.next().is_some() {
        return None;
    }
    let prefix = Prefix::new(net, bits, 0)?;
    Some(Line {
        kind,
        net: prefix.address,
        bits,
    })
}

#[cfg(test)]
mod tests;
