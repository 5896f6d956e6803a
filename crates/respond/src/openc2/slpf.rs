//! The profile for stateless packet filtering, version 1.0 (`slpf`). In: what stands in its namespace. Out: its arguments and specifiers as types. Never: a direction that is guessed: the
//! profile contradicts itself on what is meant where none is said.

use super::LIMITS;
use super::at::{At, Fault};
use super::profile::Profile;
use super::terms::Action;
use sakimori_custody::record::coded;
use sakimori_exchange::json::{self, Node};

coded! {
    /// Which traffic a rule is for.
    Direction: u8 {
        /// All.
        Both = 0 "both",
        /// What comes in.
        Ingress = 1 "ingress",
        /// What goes out.
        Egress = 2 "egress",
    }
}
coded! {
    /// What becomes of a packet that is denied.
    DropProcess: u8 {
        /// It is dropped, and nobody is told.
        None = 0 "none",
        /// Its sender is told that the host is out of reach.
        Reject = 1 "reject",
        /// Its sender is told that it arrived.
        FalseAck = 2 "false_ack",
    }
}

/// The profile.
#[derive(Clone, Copy, Debug)]
pub struct Slpf;

/// Arguments of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlpfArgs {
    /// What becomes of packets that are denied.
    pub drop_process: Option<DropProcess>,
    /// Whether a restart leaves the rule.
    pub persistent: Option<bool>,
    /// Which traffic.
    pub direction: Option<Direction>,
    /// Where in the list.
    pub insert_rule: Option<u64>,
}

/// Which packet filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlpfSpecifiers {
    /// Its name in DNS.
    pub hostname: Option<String>,
    /// A group that it is in.
    pub named_group: Option<String>,
    /// Its number in an inventory.
    pub asset_id: Option<String>,
    /// Its number of several parts.
    pub asset_tuple: Option<Vec<String>>,
}

const NETS: [&str; 4] = ["ipv4_net", "ipv6_net", "ipv4_connection", "ipv6_connection"];

impl SlpfArgs {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Where in the arguments, and why.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::of(&json::read(text, LIMITS)?)
    }

    fn of(node: &Node<'_>) -> Result<Self, Fault> {
        let at = At::ROOT;
        let node = at.record(
            node,
            &["drop_process", "persistent", "direction", "insert_rule"],
        )?;
        let drop = |at: &At<'_>, node: &Node<'_>| {
            DropProcess::from_name(at.text(node)?)
                .ok_or_else(|| at.fault("one of `none`, `reject`, `false_ack` is asked for"))
        };
        let direction = |at: &At<'_>, node: &Node<'_>| {
            Direction::from_name(at.text(node)?)
                .ok_or_else(|| at.fault("one of `both`, `ingress`, `egress` is asked for"))
        };
        let truth = |at: &At<'_>, node: &Node<'_>| {
            node.as_bool()
                .ok_or_else(|| at.fault("`true` or `false` is asked for"))
        };
        Ok(Self {
            drop_process: at.optional(node, "drop_process", drop)?,
            persistent: at.optional(node, "persistent", truth)?,
            direction: at.optional(node, "direction", direction)?,
            insert_rule: at.optional(node, "insert_rule", |at, node| at.number(node))?,
        })
    }
}

impl SlpfSpecifiers {
    /// Reads the specifiers.
    ///
    /// # Errors
    /// Where in the specifiers, and why.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::of(&json::read(text, LIMITS)?)
    }

    fn of(node: &Node<'_>) -> Result<Self, Fault> {
        let at = At::ROOT;
        if node.is_object() && node.members().is_empty() {
            return Ok(Self::default());
        }
        let node = at.record(
            node,
            &["hostname", "named_group", "asset_id", "asset_tuple"],
        )?;
        let owned = |at: &At<'_>, node: &Node<'_>| at.text(node).map(str::to_owned);
        let tuple = |at: &At<'_>, node: &Node<'_>| {
            let items = node.items();
            if items.is_empty() || items.len() > 10 {
                return Err(at.fault("a list of 1 to 10 texts is asked for"));
            }
            let each = items.iter().enumerate();
            each.map(|(number, item)| at.item(number).text(item).map(str::to_owned))
                .collect()
        };
        Ok(Self {
            hostname: at.optional(node, "hostname", owned)?,
            named_group: at.optional(node, "named_group", owned)?,
            asset_id: at.optional(node, "asset_id", owned)?,
            asset_tuple: at.optional(node, "asset_tuple", tuple)?,
        })
    }
}

fn shown(fault: &Fault) -> String {
    fault.to_string()
}

impl Profile for Slpf {
    fn nsid(&self) -> &'static str {
        "slpf"
    }

    fn target(&self, name: &str, value: &Node<'_>) -> Result<(), String> {
        if name != "rule_number" {
            return Err("the profile has no such target".to_owned());
        }
        At::ROOT
            .number(value)
            .map(|_| ())
            .map_err(|fault| fault.rule)
    }

    fn args(&self, value: &Node<'_>) -> Result<(), String> {
        SlpfArgs::of(value)
            .map(|_| ())
            .map_err(|fault| shown(&fault))
    }

    fn specifiers(&self, value: &Node<'_>) -> Result<(), String> {
        SlpfSpecifiers::of(value)
            .map(|_| ())
            .map_err(|fault| shown(&fault))
    }

    fn results(&self, value: &Node<'_>) -> Result<(), String> {
        let at = At::ROOT;
        let node = at
            .record(value, &["rule_number"])
            .map_err(|fault| shown(&fault))?;
        at.optional(node, "rule_number", |at, node| at.number(node))
            .map(|_| ())
            .map_err(|fault| shown(&fault))
    }

    fn pairs(&self) -> &[(Action, &[&str])] {
        &[
            (Action::Query, &["features"]),
            (Action::Allow, &NETS),
            (Action::Deny, &NETS),
            (Action::Delete, &["slpf:rule_number"]),
            (Action::Update, &["file"]),
        ]
    }
}
