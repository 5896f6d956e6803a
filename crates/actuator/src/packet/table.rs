//! The table as nftables has it. In: prefixes, what is to be added. Out: commands as JSON, what a listing says. Never: a text of others in a command: addresses and numbers are written anew from what was read.
//!
//! There is a set for each length of prefix that the owner allows, looked up with the address cut to that length, instead of one set of intervals for all: a prefix and an address in it can both be held, each
//! with its own timer and counter, while intervals of one set must not overlap.

use super::net::Net;
use crate::substrate::Met;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Before connection tracking (-200), translation (-100) and what others filter (0), behind defragmentation (-400); the numbers are the kernel's (`nf_ip_hook_priorities`).
const BEFORE_ALL: i32 = -310;
/// Behind translation of destinations, before that of sources (100): a target that is reached by a translated address is met here.
const BEFORE_SOURCES: i32 = 90;

/// An element as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// With what.
    pub(super) net: Net,
    /// Its timer in seconds, never 0.
    pub(super) seconds: u64,
    /// What tells it from every other: 32 hex digits.
    pub(super) mark: String,
    /// For people, with the mark in it.
    pub(super) comment: String,
}

/// An element as it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its comment.
    pub(super) comment: String,
    /// Its timer in seconds; 0 where it has none.
    pub(super) seconds: u64,
    /// What it met.
    pub(super) met: Met,
}

/// What a table has: its elements, and all else in a form that compares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The elements by their prefix.
    pub(super) elements: BTreeMap<Net, Listed>,
    /// Sets, chains and rules, without what the kernel numbers.
    pub(super) shape: Vec<Value>,
}

/// How the table is laid out.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Its name.
    pub(super) table: String,
    /// What is never dropped.
    pub(super) exempt: Vec<Net>,
    /// Most addresses of a target.
    pub(super) addresses_max: u32,
    /// Most elements of a set.
    pub(super) effects_max: usize,
}

/// One of the two families.
struct Family {
    /// The chain that judges it.
    chain: &'static str,
    /// As `meta nfproto` names it.
    proto: &'static str,
    /// As a header is named.
    header: &'static str,
    /// The type of its sets.
    kind: &'static str,
    /// The set of its exemptions.
    exempt: &'static str,
    /// What the names of its sets begin with.
    name: &'static str,
    /// The length of an address.
    bits: u8,
}

const FAMILIES: [Family; 2] = [
    Family {
        chain: "four",
        proto: "ipv4",
        header: "ip",
        kind: "ipv4_addr",
        exempt: "exempt_v4",
        name: "v4",
        bits: 32,
    },
    Family {
        chain: "six",
        proto: "ipv6",
        header: "ip6",
        kind: "ipv6_addr",
        exempt: "exempt_v6",
        name: "v6",
        bits: 128,
    },
];
/// Where packets are met: name and hook, priority.
const HOOKS: [(&str, i32); 3] = [
    ("prerouting", BEFORE_ALL),
    ("output", BEFORE_ALL),
    ("postrouting", BEFORE_SOURCES),
];

/// The set that has a prefix.
fn set_of(net: Net) -> String {
    let family = if net.first.is_ipv4() { "v4" } else { "v6" };
    format!("{family}_{}", net.bits)
}

fn mask(bits_of: u8, bits: u8) -> String {
    if bits_of == 32 {
        let ones = u32::MAX.checked_shl(u32::from(32 - bits)).unwrap_or(0);
        return Ipv4Addr::from(ones).to_string();
    }
    let ones = u128::MAX.checked_shl(u32::from(128 - bits)).unwrap_or(0);
    Ipv6Addr::from(ones).to_string()
}

fn matches(left: &Value, right: &str) -> Value {
    json!({"match": {"op": "==", "left": left, "right": right}})
}

/// Commands as one line, which are done together or not at all.
fn together(commands: Vec<Value>) -> String {
    let whole = BTreeMap::from([("nftables", commands)]);
    // Texts, numbers and lists of them can be written always.
    serde_json::to_string(&whole).unwrap_or_default()
}

impl Layout {
    /// The lengths of prefixes of a family, the narrowest first: a packet counts where it is met first.
    fn lengths(&self, bits: u8) -> impl Iterator<Item = u8> + use<> {
        let most = self.addresses_max.max(1).ilog2() as u8;
        (bits - most.min(8)..=bits).rev()
    }

    fn within(&self, mut object: Map<String, Value>) -> Value {
        object.insert("family".to_owned(), "inet".into());
        object.insert("table".to_owned(), self.table.as_str().into());
        Value::Object(object)
    }

    fn add(&self, kind: &str, object: Value) -> Value {
        let object = match object {
            Value::Object(object) => self.within(object),
            other => other,
        };
        json!({"add": {kind: object}})
    }

    fn rule(&self, chain: &str, expr: &[Value]) -> Value {
        self.add("rule", json!({"chain": chain, "expr": expr}))
    }

    /// The line that makes the table so that it goes with the process that made it. As text: `nft` 1.0.6 takes no notice of the flag in JSON.
    pub(super) fn owned(&self) -> String {
        format!("add table inet {} {{ flags owner; }}", self.table)
    }

    /// The line that takes the table away.
    pub(super) fn gone(&self) -> String {
        together(vec![
            json!({"delete": {"table": {"family": "inet", "name": self.table}}}),
        ])
    }

    /// The lines that list all that [`Layout::lay`] makes, part by part: of an owned table as a whole `nft` 1.0.6 writes a flag in JSON that it takes from anywhere in its memory, and at times ends by it.
    pub(super) fn list(&self) -> Vec<String> {
        let one = |kind: &str, name: &str| {
            let object = json!({"family": "inet", "table": self.table, "name": name});
            together(vec![json!({"list": {kind: object}})])
        };
        let mut lines = Vec::new();
        for family in &FAMILIES {
            lines.push(one("set", family.exempt));
            let lengths = self.lengths(family.bits);
            lines.extend(lengths.map(|bits| one("set", &format!("{}_{bits}", family.name))));
        }
        lines.extend(FAMILIES.iter().map(|family| one("chain", family.chain)));
        lines.extend(HOOKS.iter().map(|(hook, _)| one("chain", hook)));
        lines
    }

    /// The line that makes everything in the table.
    pub(super) fn lay(&self) -> String {
        let mut commands = Vec::new();
        for family in &FAMILIES {
            self.lay_sets(family, &mut commands);
        }
        for family in &FAMILIES {
            commands.push(self.add("chain", json!({"name": family.chain})));
            self.lay_rules(family, &mut commands);
        }
        for (hook, priority) in HOOKS {
            let chain = json!({"name": hook, "type": "filter", "hook": hook, "prio": priority, "policy": "accept"});
            commands.push(self.add("chain", chain));
            for family in &FAMILIES {
                let meta = json!({"meta": {"key": "nfproto"}});
                let expr = [
                    matches(&meta, family.proto),
                    json!({"goto": {"target": family.chain}}),
                ];
                commands.push(self.rule(hook, &expr));
            }
        }
        together(commands)
    }

    fn lay_sets(&self, family: &Family, commands: &mut Vec<Value>) {
        let own = |net: &&Net| net.first.is_ipv4() == (family.bits == 32);
        let exempt: Vec<Value> = self
            .exempt
            .iter()
            .filter(own)
            .map(|net| exempted(*net, family.bits))
            .collect();
        let mut set = json!({"name": family.exempt, "type": family.kind, "flags": ["interval"]});
        if !exempt.is_empty() {
            set["elem"] = exempt.into();
        }
        commands.push(self.add("set", set));
        for bits in self.lengths(family.bits) {
            let set = json!({
                "name": format!("{}_{bits}", family.name),
                "type": family.kind,
                "flags": ["timeout"],
                "size": self.effects_max,
                "stmt": [{"counter": null}],
            });
            commands.push(self.add("set", set));
        }
    }

    /// What is exempt passes both as source and as destination: else its answers would die. Then what is blocked is dropped in both directions, each packet for itself, so that open flows end too.
    fn lay_rules(&self, family: &Family, commands: &mut Vec<Value>) {
        let field = |field: &str| json!({"payload": {"protocol": family.header, "field": field}});
        let sides = [field("saddr"), field("daddr")];
        for side in &sides {
            let set = format!("@{}", family.exempt);
            let expr = [matches(side, &set), json!({"accept": null})];
            commands.push(self.rule(family.chain, &expr));
        }
        for bits in self.lengths(family.bits) {
            let set = format!("@{}_{bits}", family.name);
            for side in &sides {
                let cut = if bits == family.bits {
                    side.clone()
                } else {
                    json!({"&": [side, mask(family.bits, bits)]})
                };
                let expr = [matches(&cut, &set), json!({"drop": null})];
                commands.push(self.rule(family.chain, &expr));
            }
        }
    }

    /// How many sets, chains and rules [`Layout::lay`] makes.
    pub(super) fn parts(&self) -> usize {
        let lengths = self.lengths(32).count();
        let sets = 2 * (1 + lengths);
        let rules = 2 * 2 * (1 + lengths) + HOOKS.len() * 2;
        sets + 2 + HOOKS.len() + rules
    }

    /// Whether a set or chain of this name is one that this substrate makes under any configuration.
    pub(super) fn is_ours(kind: &str, name: &str) -> bool {
        match kind {
            "chain" => {
                HOOKS.iter().any(|(hook, _)| *hook == name)
                    || FAMILIES.iter().any(|family| family.chain == name)
            }
            "set" => FAMILIES.iter().any(|family| {
                let lengths = name
                    .strip_prefix(family.name)
                    .and_then(|rest| rest.strip_prefix('_'));
                let length: Option<u8> = lengths.and_then(|bits| bits.parse().ok());
                family.exempt == name
                    || length.is_some_and(|bits| (family.bits - 8..=family.bits).contains(&bits))
            }),
            _ => false,
        }
    }

    /// The line that puts an element in, in the place of another where there is one; the packets in between meet one of them.
    pub(super) fn put(&self, element: &Element, instead: bool) -> String {
        let mut commands = Vec::new();
        if instead {
            commands.push(self.delete(element.net));
        }
        let inner = json!({"elem": {
            "val": element.net.first.to_string(),
            "timeout": element.seconds.max(1),
            "comment": element.comment,
        }});
        let object = json!({"name": set_of(element.net), "elem": [inner]});
        commands.push(self.add("element", object));
        together(commands)
    }

    /// The line that takes elements away.
    pub(super) fn take(&self, nets: impl IntoIterator<Item = Net>) -> String {
        together(nets.into_iter().map(|net| self.delete(net)).collect())
    }

    fn delete(&self, net: Net) -> Value {
        let object = json!({"family": "inet", "table": self.table, "name": set_of(net), "elem": [net.first.to_string()]});
        json!({"delete": {"element": object}})
    }

    /// The line that asks for one element. As text: there is no such question in JSON.
    pub(super) fn ask(&self, net: Net) -> String {
        let (set, first) = (set_of(net), net.first);
        format!("get element inet {} {set} {{ {first} }}", self.table)
    }

    /// Lines that would make a table with one element, for a check that changes nothing.
    pub(super) fn trial(&self, net: Net) -> String {
        let table = format!("{}_try", self.table);
        let own = Self {
            table: table.clone(),
            ..self.clone()
        };
        let kind = if net.first.is_ipv4() {
            "ipv4_addr"
        } else {
            "ipv6_addr"
        };
        let set = json!({"name": set_of(net), "type": kind, "flags": ["timeout"], "stmt": [{"counter": null}]});
        let element = json!({"elem": {"val": net.first.to_string(), "timeout": 60}});
        together(vec![
            json!({"add": {"table": {"family": "inet", "name": table}}}),
            own.add("set", set),
            own.add("element", json!({"name": set_of(net), "elem": [element]})),
        ])
    }
}

fn exempted(net: Net, bits: u8) -> Value {
    let first = net.first.to_string();
    if net.bits == bits {
        return first.into();
    }
    json!({"prefix": {"addr": first, "len": net.bits}})
}

/// Reads what [`Layout::list`] lists; `None` where it is nothing of the kind.
pub(super) fn listing(answers: &[Value]) -> Option<Listing> {
    let mut out = Listing::default();
    let mut objects = Vec::new();
    for answer in answers {
        objects.extend(answer.get("nftables")?.as_array()?);
    }
    for object in objects {
        let (kind, body) = object.as_object()?.iter().next()?;
        match kind.as_str() {
            "metainfo" | "table" => {}
            "set" => {
                let mut set = body.as_object()?.clone();
                let name = set.get("name")?.as_str()?.to_owned();
                if let Some(bits) = blocked(&name) {
                    let elements = set.remove("elem");
                    let elements = elements.as_ref().and_then(Value::as_array);
                    for element in elements.into_iter().flatten() {
                        let (net, listed) = element_of(element, bits)?;
                        out.elements.insert(net, listed);
                    }
                }
                set.remove("handle");
                out.shape.push(json!({kind.as_str(): set}));
            }
            _ => {
                let mut body = body.as_object()?.clone();
                body.remove("handle");
                out.shape.push(json!({kind.as_str(): body}));
            }
        }
    }
    Some(out)
}

/// The length of the prefixes of a set, where it is one of what is blocked.
fn blocked(set: &str) -> Option<u8> {
    let (family, bits) = set.split_once('_')?;
    if family != "v4" && family != "v6" {
        return None;
    }
    bits.parse().ok()
}

fn element_of(element: &Value, bits: u8) -> Option<(Net, Listed)> {
    let inner = element.get("elem").unwrap_or(element);
    let text = inner.as_str().or_else(|| inner.get("val")?.as_str())?;
    let first: IpAddr = text.parse().ok()?;
    let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(0);
    let counter = inner.get("counter");
    let listed = Listed {
        comment: inner
            .get("comment")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        seconds: number(inner.get("timeout")),
        met: Met {
            times: number(counter.and_then(|counter| counter.get("packets"))),
            bytes: number(counter.and_then(|counter| counter.get("bytes"))),
        },
    };
    Some((Net { first, bits }, listed))
}

/// What the answer to [`Layout::ask`] says that an element met, in the form of text or of JSON; nothing where there is no element.
pub(super) fn met_in(answer: &str) -> Option<Met> {
    let number = |word: &str| -> Option<u64> {
        let (_, rest) = answer.rsplit_once(word)?;
        let digits = rest.trim_start_matches(['"', ':', ' ']);
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        digits.get(..end)?.parse().ok()
    };
    Some(Met {
        times: number("packets")?,
        bytes: number("bytes")?,
    })
}
