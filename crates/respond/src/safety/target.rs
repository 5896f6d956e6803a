//! What a measure is aimed at, judged. In: a target, what is known of it now, the protected lists. Out: all that it runs into, and what else could be done. Never: a judgement on the target alone
//! where a name has addresses, or is another's name.

use super::Class;
use super::name::{Name, NameError};
use super::net::{SIZE_MAX, SIZE_PLAIN, cut, host, shown, size, unwrapped};
use super::protected::{Hit, How, Protected};
use sakimori_select::Prefix;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// Most names and addresses of what is known of a name.
const SEEN_MAX: usize = 256;
/// The list that public suffixes are told under.
const SUFFIXES: &str = "public suffixes";
/// Lists of names below which everybody registers: their entries themselves are never touched, what lies below one may be.
const PARENTS: [&str; 2] = ["dynamic-names", "second-level-tlds"];
/// The list that sizes are told under.
const SIZES: &str = "size of the block";

/// What a measure is aimed at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A block of addresses, or one address, in the space of mapped addresses.
    Net(Prefix),
    /// A name, and whether all below it is meant.
    Name {
        /// The name.
        name: Name,
        /// Whether all below it is meant too.
        below: bool,
    },
}

/// Why a text is no target. Who wrote it acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A prefix length that cannot be.
    #[error("the length of the prefix cannot be")]
    Length,
    /// Bits behind the length of a prefix.
    #[error("bits behind the length of the prefix are set; which block is meant is not clear")]
    Bits,
}

impl Target {
    /// Reads `198.51.100.7`, `2001:db8::/120`, `bad.example` or `*.bad.example` (with all below it).
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let (address, bits) = text
            .split_once('/')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        if let Ok(address) = address.parse::<IpAddr>() {
            let whole = host(address);
            let more = if address.is_ipv4() { 96 } else { 0 };
            let bits = match bits {
                None => whole.bits,
                Some(bits) => {
                    let bits: u8 = bits.parse().map_err(|_| TargetError::Length)?;
                    bits.checked_add(more)
                        .filter(|bits| *bits <= 128)
                        .ok_or(TargetError::Length)?
                }
            };
            let net = cut(whole.first, bits);
            return if net.first == whole.first {
                Ok(Self::Net(net))
            } else {
                Err(TargetError::Bits)
            };
        }
        let bare = text.strip_prefix("*.");
        let name = Name::parse(bare.unwrap_or(text))?;
        Ok(Self::Name {
            name,
            below: bare.is_some(),
        })
    }
}

impl Target {
    /// Whether two targets have something in common: an address, in whatever form it is carried, or a name.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Net(one), Self::Net(two)) => {
                let (one, two) = (unwrapped(*one), unwrapped(*two));
                let same = |one: &Prefix, two: &Prefix| {
                    let bits = one.bits.min(two.bits);
                    cut(one.first, bits) == cut(two.first, bits)
                };
                one.iter().any(|one| two.iter().any(|two| same(one, two)))
            }
            (
                Self::Name { name: one, below },
                Self::Name {
                    name: two,
                    below: below_two,
                },
            ) => {
                let lies = |name: &Name, above: &Name| {
                    let rest = name.as_str().strip_suffix(above.as_str());
                    rest.is_some_and(|rest| rest.ends_with('.'))
                };
                one == two || (*below && lies(two, one)) || (*below_two && lies(one, two))
            }
            _ => false,
        }
    }
}

/// Whether two texts of targets have something in common. What is neither address nor name is a thing of a host, which is itself alone.
pub fn meet(one: &str, two: &str) -> bool {
    match (Target::parse(one), Target::parse(two)) {
        (Ok(one), Ok(two)) => one.meets(&two),
        _ => one == two,
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(prefix) => f.pad(&shown(*prefix)),
            Self::Name { name, below: true } => write!(f, "*.{name}"),
            Self::Name { name, below: false } => f.pad(name.as_str()),
        }
    }
}

/// What is known of a name now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Names that it is another name of, one after the other (CNAME, DNAME).
    pub aliases: Vec<Name>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// A target with all that it runs into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Every entry, the strongest class last.
    pub hits: Vec<Hit>,
    /// What could be done instead, for people.
    pub instead: Option<String>,
}

impl Judged {
    /// The strongest class that it runs into.
    pub fn class(&self) -> Option<Class> {
        self.hits.iter().map(|hit| hit.class).max()
    }
}

impl Protected {
    /// Judges a target. An address in the lists hits a name too: whoever blocks the name takes away what is there.
    pub fn judge(&self, target: &Target, seen: &Seen) -> Judged {
        let mut hits = BTreeSet::new();
        let mut instead = None;
        match target {
            Target::Net(prefix) => {
                self.net(*prefix, &mut hits);
                let addresses = size(*prefix);
                if addresses > SIZE_PLAIN {
                    let class = if addresses > SIZE_MAX {
                        Class::Never
                    } else {
                        Class::Level2
                    };
                    hits.insert(own(class, SIZES, format!("{addresses} addresses"), target));
                    instead = Some("name the addresses one by one".to_owned());
                }
            }
            Target::Name { name, below } => {
                self.name(name, *below, &mut hits);
                for alias in seen.aliases.iter().take(SEEN_MAX) {
                    self.name(alias, false, &mut hits);
                }
                for address in seen.addresses.iter().take(SEEN_MAX) {
                    self.net(host(*address), &mut hits);
                }
                let is_parent = |hit: &Hit| {
                    let of = |list: &&str| {
                        let rest = hit.list.strip_prefix(*list);
                        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
                    };
                    hit.met == name.as_str() && hit.how != How::Inside && PARENTS.iter().any(of)
                };
                let listed: Vec<Hit> = hits.iter().filter(|hit| is_parent(hit)).cloned().collect();
                let suffix = name.is_suffix().is_some();
                if suffix {
                    hits.insert(own(Class::Never, SUFFIXES, name.to_string(), target));
                }
                for hit in &listed {
                    let class = Class::Never;
                    hits.insert(Hit {
                        class,
                        ..hit.clone()
                    });
                }
                if suffix || !listed.is_empty() {
                    instead = Some(format!(
                        "everybody registers names below {name}; name the one that is meant, such as `bad.{name}`"
                    ));
                }
            }
        }
        let most = seen.aliases.len().max(seen.addresses.len());
        if most > SEEN_MAX {
            hits.insert(own(
                Class::Never,
                "what is known of the name",
                format!("{most} names or addresses: too many to be judged"),
                target,
            ));
        }
        let mut hits: Vec<Hit> = hits.into_iter().collect();
        hits.sort();
        Judged { hits, instead }
    }
}

fn own(class: Class, list: &str, entry: String, target: &Target) -> Hit {
    Hit {
        class,
        list: list.to_owned(),
        entry,
        how: How::Same,
        met: target.to_string(),
    }
}
