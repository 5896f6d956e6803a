//! `GoBGP`, by its program `gobgp` over its socket. In: routes. Out: what stands in its table. Never: a path that it learned of a peer, taken for one of its own.

use super::call::{call, shown};
use super::guard::{Kind, Line, Route, Table, line};
use super::speaker::{Marks, Seen, Speaker};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;

/// Where its program and its socket are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The program.
    #[serde(default = "program")]
    pub program: PathBuf,
    /// The socket of its interface, as `--api-hosts unix://…` names it. Another machine's cannot be named.
    pub socket: PathBuf,
}

fn program() -> PathBuf {
    PathBuf::from("/usr/bin/gobgp")
}

/// The speaker.
pub(super) struct Gobgp {
    config: Config,
    marks: Marks,
}

/// Types of path attributes: RFC 8092, and our own.
const LARGE_COMMUNITY: u64 = 32;
/// Components of rules, RFC 8955 section 4.2.2.
const DESTINATION: u64 = 1;
const SOURCE: u64 = 2;

const fn family(table: Table) -> &'static str {
    match table {
        Table::Route4 => "ipv4",
        Table::Route6 => "ipv6",
        Table::Flow4 => "ipv4-flowspec",
        Table::Flow6 => "ipv6-flowspec",
    }
}

/// A capability of RFC 4760, as the interface shows it: `afi` and `safi` of a table in its own encoding.
const fn capability(table: Table) -> &'static str {
    match table {
        Table::Route4 => "CgQIARAB",
        Table::Route6 => "CgQIAhAB",
        Table::Flow4 => "CgUIARCFAQ==",
        Table::Flow6 => "CgUIAhCFAQ==",
    }
}

/// The words that name a line.
fn named(line: &Line) -> Vec<String> {
    let prefix = line.prefix();
    let words: &[&str] = match line.kind {
        Kind::Hole => &[&prefix],
        Kind::To => &["match", "destination", &prefix],
        Kind::From => &["match", "source", &prefix],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl Gobgp {
    pub(super) const fn new(config: Config, marks: Marks) -> Self {
        Self { config, marks }
    }

    fn ask(&self, words: &[&str], more: Vec<String>) -> Result<String, String> {
        let target = format!("unix://{}", self.config.socket.display());
        let mut all = vec!["--target".to_owned(), target];
        all.extend(words.iter().map(|word| (*word).to_owned()));
        all.extend(more);
        call(&self.config.program, &all)?.good()
    }

    fn json(&self, words: &[&str]) -> Result<Value, String> {
        let said = self.ask(&[&["-j"], words].concat(), Vec::new())?;
        let read = serde_json::from_str(&said);
        read.map_err(|_| format!("gobgp did not answer in JSON: {}", shown(&said)))
    }

    fn add(&self, line: &Line) -> Result<(), String> {
        let mut words = named(line);
        let tag = self.marks.tag.to_string();
        let more: Vec<String> = match line.kind {
            Kind::Hole => {
                let hop = if line.net.is_ipv4() {
                    self.marks.discard_v4.to_string()
                } else {
                    self.marks.discard_v6.to_string()
                };
                vec![
                    "nexthop".into(),
                    hop,
                    "community".into(),
                    "65535:666".into(),
                ]
            }
            Kind::To | Kind::From => vec!["then".into(), "discard".into()],
        };
        words.extend(more);
        words.extend(["large-community".to_owned(), tag]);
        let said = self.ask(&["global", "rib", "add", "-a", family(line.table())], words)?;
        complaint(&said)
    }

    fn table(&self, table: Table, seen: &mut Seen) -> Result<(), String> {
        let read = self.json(&["global", "rib", "-a", family(table)])?;
        let unread = || format!("the table {} of gobgp cannot be read", family(table));
        for paths in read.as_object().ok_or_else(unread)?.values() {
            for path in paths.as_array().ok_or_else(unread)? {
                self.path(table, path, seen);
            }
        }
        Ok(())
    }

    fn path(&self, table: Table, path: &Value, seen: &mut Seen) {
        // A path of a peer names it; one that was put here by hand names nobody.
        let peer = ["neighbor-ip", "source-id"].iter().any(|field| {
            let named = path.get(field).and_then(Value::as_str);
            named.is_some_and(|name| !name.is_empty() && name != "<nil>")
        });
        if peer {
            return;
        }
        let found = line_of(table, path.get("nlri"));
        match (found, self.tagged(path)) {
            (Some(found), true) => {
                seen.ours.insert(found);
                if path.get("best").and_then(Value::as_bool) != Some(true) {
                    seen.idle.insert(found);
                }
            }
            (Some(found), false) => {
                seen.theirs.insert(found);
            }
            (None, true) => seen.strange += 1,
            (None, false) => {}
        }
    }

    fn tagged(&self, path: &Value) -> bool {
        let tag = self.marks.tag;
        let attributes = path.get("attrs").and_then(Value::as_array);
        let mut large = attributes
            .into_iter()
            .flatten()
            .filter(|one| one.get("type").and_then(Value::as_u64) == Some(LARGE_COMMUNITY))
            .filter_map(|one| one.get("value").and_then(Value::as_array))
            .flatten();
        large.any(|one| {
            let part = |name: &str| one.get(name).and_then(Value::as_u64);
            part("ASN") == Some(tag.number.into())
                && part("LocalData1") == Some(tag.first.into())
                && part("LocalData2") == Some(tag.second.into())
        })
    }
}

/// `gobgp` says a complaint in words and ends well at times.
fn complaint(said: &str) -> Result<(), String> {
    if said.contains("rror") || said.contains("usage:") {
        return Err(shown(said));
    }
    Ok(())
}

/// The line of what stands in a table; nothing for a rule of another form.
fn line_of(table: Table, nlri: Option<&Value>) -> Option<Line> {
    let nlri = nlri?;
    let prefix = |value: &Value| {
        value
            .get("prefix")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let found = match table {
        Table::Route4 | Table::Route6 => line(Kind::Hole, &prefix(nlri)?)?,
        Table::Flow4 | Table::Flow6 => {
            let [component] = nlri.get("value")?.as_array()?.as_slice() else {
                return None;
            };
            let kind = match component.get("type")?.as_u64()? {
                DESTINATION => Kind::To,
                SOURCE => Kind::From,
                _ => return None,
            };
            let value = component.get("value")?;
            let offset = component.get("offset").or_else(|| value.get("offset"));
            if offset.is_some_and(|offset| offset.as_u64() != Some(0)) {
                return None;
            }
            line(kind, &prefix(value)?)?
        }
    };
    (found.table() == table).then_some(found)
}

impl Speaker for Gobgp {
    /// What is announced by hand is in its memory alone; the socket of one that was killed is in the way of the next.
    fn clear(&mut self) -> Result<(), String> {
        let socket = &self.config.socket;
        let is_socket =
            std::fs::symlink_metadata(socket).is_ok_and(|found| found.file_type().is_socket());
        if is_socket {
            std::fs::remove_file(socket)
                .map_err(|error| format!("`{}`: {error}", socket.display()))?;
        }
        Ok(())
    }

    fn few(&self) -> usize {
        16
    }

    /// It has no trial; that it answers and that nothing of the owner would be replaced is what can be known before.
    fn rehearse(&mut self, routes: &BTreeSet<Route>) -> Result<(), String> {
        let seen = self.seen()?;
        let taken = routes
            .iter()
            .find(|route| seen.theirs.contains(route.line()));
        taken.map_or(Ok(()), |route| {
            Err(format!("the owner announces {} already", route.line()))
        })
    }

    fn seen(&mut self) -> Result<Seen, String> {
        let mut seen = Seen::default();
        for table in Table::ALL {
            self.table(table, &mut seen)?;
        }
        Ok(seen)
    }

    fn change(&mut self, wanted: &BTreeSet<Route>, there: &BTreeSet<Line>) -> Result<(), String> {
        let lines: BTreeSet<Line> = wanted.iter().map(|route| *route.line()).collect();
        // Withdrawals first: what fails behind them has taken nothing more.
        for line in there.difference(&lines) {
            let words = ["global", "rib", "del", "-a", family(line.table())];
            let said = self.ask(&words, named(line))?;
            complaint(&said)?;
        }
        for line in lines.difference(there) {
            self.add(line)?;
        }
        Ok(())
    }

    fn sessions(&mut self) -> Result<Vec<BTreeSet<Table>>, String> {
        const ESTABLISHED: u64 = 6;
        let read = self.json(&["neighbor"])?;
        let unread = || "the sessions of gobgp cannot be read".to_owned();
        // Without a session there is no list.
        let none = Vec::new();
        let list = if read.is_null() {
            &none
        } else {
            read.as_array().ok_or_else(unread)?
        };
        let up = list.iter().filter(|session| {
            let state = session.pointer("/state/session_state");
            state.and_then(Value::as_u64) == Some(ESTABLISHED)
        });
        Ok(up
            .map(|session| {
                let has = |side: &str, table: Table| {
                    let list = session.pointer(side).and_then(Value::as_array);
                    list.into_iter()
                        .flatten()
                        .filter_map(|one| one.get("value").and_then(Value::as_str))
                        .any(|value| value == capability(table))
                };
                let both = |table: &Table| {
                    has("/state/remote_cap", *table) && has("/state/local_cap", *table)
                };
                Table::ALL.into_iter().filter(both).collect()
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::speaker::Tag;
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn speaker() -> Gobgp {
        let config = Config {
            program: program(),
            socket: PathBuf::from("/nowhere"),
        };
        let marks = Marks {
            tag: Tag {
                number: 64512,
                first: 21315,
                second: 1,
            },
            discard_v4: Ipv4Addr::new(192, 0, 2, 1),
            discard_v6: Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1),
        };
        Gobgp::new(config, marks)
    }

    fn seen(table: Table, paths: &str) -> Seen {
        let mut seen = Seen::default();
        let read: Vec<Value> = serde_json::from_str(paths).unwrap();
        for path in &read {
            speaker().path(table, path, &mut seen);
        }
        seen
    }

    const OURS: &str =
        r#""attrs":[{"type":32,"value":[{"ASN":64512,"LocalData1":21315,"LocalData2":1}]}]"#;

    #[test]
    fn what_is_ours_and_what_is_the_owners_is_told_apart() {
        let hole = |more: &str| {
            format!(r#"[{{"nlri":{{"prefix":"198.51.100.7/32"}},"best":true,{more}}}]"#)
        };
        let line = line(Kind::Hole, "198.51.100.7/32").unwrap();
        let ours = seen(Table::Route4, &hole(OURS));
        assert_eq!(ours.ours, [line].into());
        let theirs = seen(Table::Route4, &hole(r#""attrs":[]"#));
        assert_eq!(theirs.theirs, [line].into());
        let learned = seen(
            Table::Route4,
            &hole(&format!(r#"{OURS},"neighbor-ip":"10.9.0.2""#)),
        );
        assert_eq!(learned, Seen::default());
    }

    #[test]
    fn rules_of_another_form_are_counted_and_left() {
        let rule = |value: &str| format!(r#"[{{"nlri":{{"value":{value}}},"best":true,{OURS}}}]"#);
        let one = seen(
            Table::Flow6,
            &rule(r#"[{"type":2,"value":{"prefix":"2001:db8::7/128"},"offset":0}]"#),
        );
        assert_eq!(
            one.ours,
            [line(Kind::From, "2001:db8::7/128").unwrap()].into()
        );
        for value in [
            "[]",
            "7",
            r#"[{"type":3,"value":[{"op":129,"value":6}]}]"#,
            r#"[{"type":1,"value":{"prefix":"2001:db8::7/128"},"offset":64}]"#,
            r#"[{"type":1,"value":{"prefix":"198.51.100.7/32"}}]"#,
            r#"[{"type":1,"value":{"prefix":"2001:db8::7/999"}}]"#,
            r#"[{"type":1,"value":{"prefix":"2001:db8::7/128"}},{"type":3,"value":[]}]"#,
        ] {
            assert_eq!(seen(Table::Flow6, &rule(value)).strange, 1, "{value}");
        }
    }
}
