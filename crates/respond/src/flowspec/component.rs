//! Components of a rule. In: their parts. Out: a rule whose components stand in their order, each once. Never: a rule without a component.

use super::{COMPONENTS_MAX, FlowError};
use sakimori_custody::record::coded;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

coded! {
    /// What of a packet a component looks at, RFC 8955 section 4.2.2, RFC 8956 section 3. The numbers are the specification's.
    Field: u8 {
        /// Where it goes.
        Destination = 1 "destination",
        /// Where it comes from.
        Source = 2 "source",
        /// The protocol above IP; of IPv6 the last next header.
        Protocol = 3 "protocol",
        /// Either port.
        Port = 4 "port",
        /// The port it goes to.
        DestinationPort = 5 "destination-port",
        /// The port it comes from.
        SourcePort = 6 "source-port",
        /// Type of ICMP.
        IcmpType = 7 "icmp-type",
        /// Code of ICMP.
        IcmpCode = 8 "icmp-code",
        /// Flags of TCP.
        TcpFlags = 9 "tcp-flags",
        /// Length of the packet, without the link's header.
        PacketLength = 10 "packet-length",
        /// Differentiated services; of IPv6 the traffic class.
        Dscp = 11 "dscp",
        /// What part of a packet it is.
        Fragment = 12 "fragment",
        /// The flow label of IPv6.
        FlowLabel = 13 "flow-label",
    }
}

/// A prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// The address; bits behind the length and before the offset are zero.
    pub address: IpAddr,
    /// Bits that count, from the first on.
    pub length: u8,
    /// Bits at the beginning that do not count; IPv6 alone has them.
    pub offset: u8,
}

impl Prefix {
    /// A prefix, with the bits that do not count set to zero: those behind the length, and those before the offset (RFC 8956 section 3.1: the offset is less than the length, or both are zero).
    pub fn new(address: IpAddr, length: u8, offset: u8) -> Option<Self> {
        let address = match address {
            IpAddr::V4(address) if length <= 32 && offset == 0 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                IpAddr::V4((u32::from(address) & mask).into())
            }
            IpAddr::V6(address)
                if length <= 128 && (offset < length || (offset == 0 && length == 0)) =>
            {
                let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                let counts = u128::MAX.checked_shr(offset.into()).unwrap_or(0);
                IpAddr::V6((u128::from(address) & mask & counts).into())
            }
            _ => return None,
        };
        Some(Self {
            address,
            length,
            offset,
        })
    }
}

coded! {
    /// How a field is compared with a number, RFC 8955 section 4.2.1.1: the numbers are its three bits.
    Compare: u8 {
        /// Never.
        Never = 0 "false",
        /// The same.
        Equal = 1 "=",
        /// More.
        More = 2 ">",
        /// Not less.
        AtLeast = 3 ">=",
        /// Less.
        Less = 4 "<",
        /// Not more.
        AtMost = 5 "<=",
        /// Another.
        Unequal = 6 "!=",
        /// Always.
        Always = 7 "true",
    }
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NumberTerm {
    /// Whether it holds together with the term before it; otherwise either is enough.
    pub and: bool,
    /// How.
    pub compare: Compare,
    /// The number.
    pub value: u64,
}

impl NumberTerm {
    /// That it is the number.
    pub const fn is(value: u64) -> Self {
        Self {
            and: false,
            compare: Compare::Equal,
            value,
        }
    }
}

/// A comparison with bits, RFC 8955 section 4.2.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlagTerm {
    /// Whether it holds together with the term before it; otherwise either is enough.
    pub and: bool,
    /// Whether the opposite holds.
    pub not: bool,
    /// Whether all of the bits have to be set, and not one of them.
    pub all: bool,
    /// The bits.
    pub bits: u16,
}

/// What stands in a component.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Numbers {
    /// A prefix.
    Prefix(Prefix),
    /// Comparisons with numbers.
    Numbers(Vec<NumberTerm>),
    /// Comparisons with bits.
    Flags(Vec<FlagTerm>),
}

/// A component: a field, and what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Component {
    /// The field.
    pub field: Field,
    /// What is asked.
    pub asked: Numbers,
}

/// A rule: all of its components have to match. Two are the same where they ask the same, in however many bytes a peer wrote it.
#[derive(Clone, Debug, Eq)]
pub struct Rule {
    components: Vec<Component>,
    v6: bool,
    /// In how many bytes a peer wrote each term; nothing of a rule that is made here.
    pub(super) widths: Vec<u8>,
}

/// The bits of a fragment component, RFC 8955 section 4.2.2.12. IPv6 says of no packet that it may not be cut: RFC 8956 section 3.6.
pub(super) const fn fragment_bits(v6: bool) -> u16 {
    if v6 { 0x0e } else { 0x0f }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        (self.v6, &self.components) == (other.v6, &other.components)
    }
}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.v6, &self.components).hash(state);
    }
}

impl Rule {
    /// A rule of components, in whatever order they come.
    ///
    /// # Errors
    /// [`FlowError::Empty`], [`FlowError::Order`] for one that is there twice, [`FlowError::Value`] for a field that the family does not have.
    pub fn new(v6: bool, mut components: Vec<Component>) -> Result<Self, FlowError> {
        components.sort_by_key(|component| component.field);
        Self::ordered(v6, components)
    }

    pub(super) fn ordered(v6: bool, components: Vec<Component>) -> Result<Self, FlowError> {
        if components.is_empty() {
            return Err(FlowError::Empty);
        }
        if components.len() > COMPONENTS_MAX {
            return Err(FlowError::Many("components"));
        }
        for pair in components.windows(2) {
            if let [before, after] = pair
                && before.field >= after.field
            {
                return Err(FlowError::Order(after.field.code()));
            }
        }
        for component in &components {
            component.fits(v6)?;
        }
        Ok(Self {
            components,
            v6,
            widths: Vec::new(),
        })
    }

    /// Its components, in the order of their types.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Whether it is for IPv6.
    pub const fn is_v6(&self) -> bool {
        self.v6
    }

    /// What is asked of a field.
    pub fn asked(&self, field: Field) -> Option<&Numbers> {
        let found = self
            .components
            .iter()
            .find(|component| component.field == field);
        found.map(|component| &component.asked)
    }
}

impl Component {
    /// Whether the field takes what is asked of it.
    fn fits(&self, v6: bool) -> Result<(), FlowError> {
        let name = self.field.name();
        if self.field == Field::FlowLabel && !v6 {
            return Err(FlowError::Value(name));
        }
        match (&self.asked, self.field) {
            (Numbers::Prefix(prefix), Field::Destination | Field::Source)
                if prefix.address.is_ipv6() == v6 =>
            {
                Ok(())
            }
            (Numbers::Flags(terms), Field::TcpFlags | Field::Fragment) => {
                let known = match self.field {
                    Field::Fragment => fragment_bits(v6),
                    _ => 0xffff,
                };
                let good = !terms.is_empty() && terms.iter().all(|term| term.bits & !known == 0);
                if good {
                    Ok(())
                } else {
                    Err(FlowError::Value(name))
                }
            }
            (Numbers::Numbers(terms), field) if !terms.is_empty() => {
                let most = match field {
                    Field::Protocol | Field::IcmpType | Field::IcmpCode => 0xff,
                    // RFC 8956 leaves it as RFC 8955 section 4.2.2.11 has it, with six bits; daemons write the whole traffic class of IPv6 (RFC 8200 section 3) here, and are read.
                    Field::Dscp => {
                        if v6 {
                            0xff
                        } else {
                            0x3f
                        }
                    }
                    Field::Port
                    | Field::DestinationPort
                    | Field::SourcePort
                    | Field::PacketLength => 0xffff,
                    Field::FlowLabel => 0xf_ffff,
                    Field::Destination | Field::Source | Field::TcpFlags | Field::Fragment => {
                        return Err(FlowError::Value(name));
                    }
                };
                let good = terms.iter().all(|term| term.value <= most);
                if good {
                    Ok(())
                } else {
                    Err(FlowError::Value(name))
                }
            }
            _ => Err(FlowError::Value(name)),
        }
    }
}
