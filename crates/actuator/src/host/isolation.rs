//! The host speaks to its management, resolver and exceptions alone, by nftables. In: the owner's policy, seconds. Out: a table of our own, read back. Never: a rule of others changed; an isolation that
//! outlasts its end, this process, or both.
//!
//! Three things let go, each by itself. Every rule that drops stands behind `meta nfproto != @armed accept`, and the elements of that set carry the end as their timeout: when it is over the kernel passes everything,
//! whoever still runs. The table has `flags owner`: it goes with the process that made it, which is one `nft -i` that this process holds. And the agent's own timer takes it away.
//!
//! Both ways are named: replies of a permitted host pass as well as questions to it. Nothing is accepted for being part of an open connection, so connections that were open stop too.

use super::limits::FILTER_WAIT;
use super::now;
use super::policy::{Block, Policy};
use crate::substrate::{Fault, Met};
use rustix::event::{PollFd, Timespec, poll};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};

/// Steps of waiting, nanoseconds.
const STEP_NS: i32 = 10_000_000;
/// Longest listing of our table that is read, bytes.
const LISTING_BYTES_MAX: u64 = 1 << 20;
/// Rules of our table that drop; each has a counter.
const DROPS: usize = 3;

/// The table while there is one.
pub(super) struct Isolation {
    /// How `nft` is called, such as `nft` alone.
    nft: Vec<OsString>,
    table: String,
    held: Option<Child>,
    /// The rules that are in force, as they would be for one second.
    told: String,
}

/// What our table shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shown {
    owned: bool,
    armed: bool,
    whole: bool,
    met: Met,
}

impl Isolation {
    pub(super) fn new(nft: Vec<OsString>) -> Self {
        // With the number of this process: an earlier one that still ends has another table.
        let table = format!("sakimori_host_{}", std::process::id());
        Self {
            nft,
            table,
            held: None,
            told: String::new(),
        }
    }

    fn command(&self) -> Result<Command, Fault> {
        let (program, before) = self
            .nft
            .split_first()
            .ok_or_else(|| now("no program for nftables is set"))?;
        let mut command = Command::new(program);
        command.args(before);
        Ok(command)
    }

    /// Has the kernel judge the rules without a change.
    pub(super) fn rehearse(&self, policy: &Policy) -> Result<(), Fault> {
        let text = rules(&self.table, policy, 1);
        let mut command = self.command()?;
        let mut child = command
            .args(["-c", "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| now(format!("nft cannot be started: {e}")))?;
        if let Some(mut input) = child.stdin.take() {
            input
                .write_all(text.replace("; add ", "\nadd ").as_bytes())
                .map_err(|e| now(format!("nft takes no rules: {e}")))?;
        }
        let done = child
            .wait_with_output()
            .map_err(|e| now(format!("nft does not end: {e}")))?;
        if done.status.success() {
            Ok(())
        } else {
            Err(now(format!(
                "nft refuses the rules: {}",
                String::from_utf8_lossy(&done.stderr)
            )))
        }
    }

    /// Puts the isolation in force for so many seconds from now, or lets it end at another time.
    pub(super) fn arm(&mut self, policy: &Policy, seconds: u64) -> Result<(), Fault> {
        if !self.is_of_another(policy) && self.shown().is_ok_and(|shown| shown.owned && shown.whole)
        {
            let table = &self.table;
            let again = format!("flush set inet {table} armed; {}", arm(table, seconds));
            self.tell(&again)?;
        } else {
            self.let_go();
            self.hold()?;
            let text = rules(&self.table, policy, seconds);
            self.tell(&text)?;
            self.told = rules(&self.table, policy, 1);
        }
        self.wait(|shown| shown.is_some_and(|shown| shown.owned && shown.armed && shown.whole))
    }

    /// Takes the isolation away.
    pub(super) fn release(&mut self) -> Result<(), Fault> {
        self.let_go();
        self.wait(|shown| shown.is_none())
    }

    /// Whether what is in force was made of another policy.
    pub(super) fn is_of_another(&self, policy: &Policy) -> bool {
        self.held.is_some() && self.told != rules(&self.table, policy, 1)
    }

    /// Whether it is in force.
    pub(super) fn is_armed(&mut self) -> bool {
        self.held.is_some()
            && self
                .shown()
                .is_ok_and(|shown| shown.owned && shown.armed && shown.whole)
    }

    /// What it dropped.
    pub(super) fn met(&mut self) -> Met {
        self.shown().map(|shown| shown.met).unwrap_or_default()
    }

    fn hold(&mut self) -> Result<(), Fault> {
        let mut command = self.command()?;
        let child = command
            .arg("-i")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| now(format!("nft cannot be started: {e}")))?;
        self.held = Some(child);
        Ok(())
    }

    /// The table goes with the process that owns it.
    pub(super) fn let_go(&mut self) {
        if let Some(mut child) = self.held.take() {
            drop(child.stdin.take());
            // It can be gone already; then there is nothing to end.
            drop(child.kill());
            drop(child.wait());
        }
    }

    fn tell(&mut self, line: &str) -> Result<(), Fault> {
        let input = self.held.as_mut().and_then(|child| child.stdin.as_mut());
        let input = input.ok_or_else(|| now("no nft is held"))?;
        let written = input
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| input.flush());
        written.map_err(|e| now(format!("nft takes no line: {e}")))
    }

    /// Waits until our table shows something, or is not there, for a bounded time.
    fn wait(&self, holds: impl Fn(Option<Shown>) -> bool) -> Result<(), Fault> {
        let steps = FILTER_WAIT.as_nanos() / u128::from(STEP_NS.unsigned_abs());
        for _ in 0..steps {
            let shown = self.listing()?.map(|text| read(&text));
            if holds(shown) {
                return Ok(());
            }
            let mut none: [PollFd<'_>; 0] = [];
            let time = Timespec {
                tv_sec: 0,
                tv_nsec: STEP_NS.into(),
            };
            poll(&mut none, Some(&time)).map_err(|e| now(format!("no time passes: {e}")))?;
        }
        Err(now("nftables does not show what it was told"))
    }

    fn shown(&self) -> Result<Shown, Fault> {
        let text = self.listing()?;
        Ok(text.map(|text| read(&text)).unwrap_or_default())
    }

    /// Our table as text; nothing where there is none.
    fn listing(&self) -> Result<Option<String>, Fault> {
        let mut child = self
            .command()?
            .args(["list", "table", "inet", &self.table])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| now(format!("nft cannot be started: {e}")))?;
        let mut text = String::new();
        if let Some(output) = child.stdout.take() {
            let read = output.take(LISTING_BYTES_MAX).read_to_string(&mut text);
            read.map_err(|e| now(format!("nft cannot be read: {e}")))?;
        }
        let done = child
            .wait()
            .map_err(|e| now(format!("nft does not end: {e}")))?;
        Ok(done.success().then_some(text))
    }
}

impl Drop for Isolation {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Reads the listing of our table.
fn read(text: &str) -> Shown {
    let mut shown = Shown::default();
    let mut set = "";
    let mut drops = 0;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix("set ")
            .and_then(|rest| rest.strip_suffix(" {"))
        {
            set = name;
        } else if line == "flags owner" {
            shown.owned = true;
        } else if line.starts_with("elements = {") && set == "armed" {
            shown.armed = true;
        } else if let Some((_, counter)) = line.split_once("counter packets ")
            && let Some((packets, bytes)) = counter
                .strip_suffix(" drop")
                .and_then(|rest| rest.split_once(" bytes "))
        {
            drops += 1;
            shown.met.times = shown.met.times.saturating_add(packets.parse().unwrap_or(0));
            shown.met.bytes = shown.met.bytes.saturating_add(bytes.parse().unwrap_or(0));
        }
    }
    shown.whole = drops == DROPS;
    shown
}

fn arm(table: &str, seconds: u64) -> String {
    // Nothing behind the end: an element without a timeout would stay for ever.
    let seconds = seconds.max(1);
    format!("add element inet {table} armed {{ ipv4 timeout {seconds}s, ipv6 timeout {seconds}s }}")
}

/// All of our table in one line, which the kernel takes whole or not at all.
fn rules(table: &str, policy: &Policy, seconds: u64) -> String {
    let mut line = format!(
        "add table inet {table} {{ flags owner; }}; add set inet {table} armed {{ type nf_proto; flags timeout; }}; add set inet {table} open4 {{ type ipv4_addr; flags interval; auto-merge; }}; \
         add set inet {table} open6 {{ type ipv6_addr; flags interval; auto-merge; }}; add set inet {table} dns4 {{ type ipv4_addr; }}; add set inet {table} dns6 {{ type ipv6_addr; }}"
    );
    let blocks = || {
        policy
            .management
            .iter()
            .chain(&policy.exceptions)
            .map(shown_block)
    };
    let dns = || {
        policy
            .dns
            .iter()
            .map(|address| (address.is_ipv4(), address.to_string()))
    };
    for (set, elements) in [
        ("open4", joined(blocks(), true)),
        ("open6", joined(blocks(), false)),
        ("dns4", joined(dns(), true)),
        ("dns6", joined(dns(), false)),
    ] {
        if !elements.is_empty() {
            let _ = write!(line, "; add element inet {table} {set} {{ {elements} }}");
        }
    }
    for hook in ["input", "output", "forward"] {
        let _ = write!(
            line,
            "; add chain inet {table} {hook} {{ type filter hook {hook} priority -310; policy accept; }}"
        );
        let mut rule = |text: &str| {
            let _ = write!(line, "; add rule inet {table} {hook} {text}");
        };
        rule("meta nfproto != @armed accept");
        let both = hook == "forward";
        if hook == "input" || both {
            rule("ip saddr @open4 accept");
            rule("ip6 saddr @open6 accept");
        }
        if hook == "output" || both {
            rule("ip daddr @open4 accept");
            rule("ip6 daddr @open6 accept");
        }
        let (loopback, end, port) = if hook == "input" {
            ("iif", "saddr", "sport")
        } else {
            ("oif", "daddr", "dport")
        };
        if !both {
            rule(&format!("{loopback} lo accept"));
            for (family, set) in [("ip", "dns4"), ("ip6", "dns6")] {
                rule(&format!(
                    "{family} {end} @{set} meta l4proto {{ tcp, udp }} th {port} 53 accept"
                ));
            }
            // Without them no address of IPv6 on the link is reached, the management's neither (RFC 4861).
            rule(
                "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept",
            );
        }
        rule("counter drop");
    }
    let _ = write!(line, "; {}", arm(table, seconds));
    line
}

fn shown_block(block: &Block) -> (bool, String) {
    let cut = match block.first {
        IpAddr::V4(first) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(block.bits))
                .unwrap_or(0);
            IpAddr::V4((u32::from(first) & mask).into())
        }
        IpAddr::V6(first) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(block.bits))
                .unwrap_or(0);
            IpAddr::V6((u128::from(first) & mask).into())
        }
    };
    (cut.is_ipv4(), format!("{cut}/{}", block.bits))
}

fn joined(all: impl Iterator<Item = (bool, String)>, v4: bool) -> String {
    let of: Vec<String> = all
        .filter(|(is_v4, _)| *is_v4 == v4)
        .map(|(_, text)| text)
        .collect();
    of.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_for_owner_end_rules_and_counters() {
        let whole = "table inet sakimori_host_7 { # progname nft\n\tflags owner\n\n\tset armed {\n\t\ttype nf_proto\n\t\tflags timeout\n\t\telements = { ipv4 timeout 9s expires 8s }\n\t}\n\n\tset dns4 {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1 }\n\t}\n\n\tchain input {\n\t\tcounter packets 2 bytes 100 drop\n\t}\n\tchain output {\n\t\tcounter packets 3 bytes 11 drop\n\t}\n\tchain forward {\n\t\tcounter packets 0 bytes 0 drop\n\t}\n}\n";
        let met = Met {
            times: 5,
            bytes: 111,
        };
        let all = Shown {
            owned: true,
            armed: true,
            whole: true,
            met,
        };
        assert_eq!(read(whole), all);
        let over = whole.replace("\t\telements = { ipv4 timeout 9s expires 8s }\n", "");
        assert_eq!(
            read(&over),
            Shown {
                armed: false,
                ..all
            }
        );
        assert!(!read(&whole.replace("flags owner", "")).owned);
        assert!(!read(&whole.replace("bytes 0 drop", "bytes 0 accept")).whole);
    }

    #[test]
    fn nothing_is_accepted_for_being_part_of_an_open_connection_and_every_end_has_a_timeout() {
        let text = "sakimori/host-policy/v1\nmanagement: 192.0.2.9/24\nmanagement: 2001:db8::1\ndns: 192.0.2.53\n";
        let line = rules("t", &Policy::parse(text).unwrap(), 0);
        assert!(!line.contains("ct "));
        assert!(!line.contains('\n'));
        assert!(line.contains("open4 { 192.0.2.0/24 }"));
        assert!(line.contains("open6 { 2001:db8::1/128 }"));
        assert!(line.ends_with("armed { ipv4 timeout 1s, ipv6 timeout 1s }"));
        assert_eq!(
            line.matches("meta nfproto != @armed accept; ").count(),
            DROPS
        );
        assert_eq!(line.matches("counter drop").count(), DROPS);
    }
}
