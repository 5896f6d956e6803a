//! `ExaBGP`, by its named pipes. In: routes. Out: what it has to say to its peers. Never: a route taken for announced because a command was taken: what it then shows is what counts.

use super::call::shown;
use super::guard::{Kind, Line, Route, Table, line, line_of};
use super::pipe::Pipes;
use super::speaker::{Marks, Seen, Speaker};
use sakimori_respond::flowspec::Rule;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Where its pipes are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The folder of its pipes, such as `/run/exabgp`.
    pub folder: PathBuf,
    /// Their name without `.in` and `.out`: `exabgp_api_pipename`.
    pub pipe_name: String,
}

/// The speaker.
pub(super) struct Exabgp {
    pipes: Pipes,
    marks: Marks,
}

/// The name of a table in its JSON, and where a line of text begins.
const fn family(table: Table) -> &'static str {
    match table {
        Table::Route4 => "ipv4 unicast",
        Table::Route6 => "ipv6 unicast",
        Table::Flow4 => "ipv4 flow",
        Table::Flow6 => "ipv6 flow",
    }
}

impl Exabgp {
    pub(super) fn new(config: &Config, marks: Marks) -> Result<Self, String> {
        let name = &config.pipe_name;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        // It becomes a part of a path there.
        if name.is_empty() || !name.chars().all(plain) {
            return Err(
                "the name of ExaBGP's pipes has other characters than a-z, 0-9, - and _".into(),
            );
        }
        let pipes = Pipes::new(&config.folder, name);
        Ok(Self { pipes, marks })
    }

    fn named(&self, line: &Line) -> String {
        let prefix = line.prefix();
        let tag = self.marks.tag;
        match line.kind {
            Kind::Hole => {
                let hop = if line.net.is_ipv4() {
                    self.marks.discard_v4.to_string()
                } else {
                    self.marks.discard_v6.to_string()
                };
                format!(
                    "route {prefix} next-hop {hop} community [65535:666] large-community [{tag}]"
                )
            }
            Kind::To | Kind::From => {
                let side = if line.kind == Kind::To {
                    "destination"
                } else {
                    "source"
                };
                format!(
                    "flow route {{ match {{ {side} {prefix}; }} then {{ discard; large-community [{tag}]; }} }}"
                )
            }
        }
    }

    /// One line of `show adj-rib out extensive`.
    fn shown_route(&self, text: &str, seen: &mut Seen) {
        let words: Vec<&str> = text
            .split_whitespace()
            .filter(|word| !matches!(*word, "[" | "]"))
            .collect();
        let tag = self.marks.tag.to_string();
        let tagged = words
            .iter()
            .any(|word| word.trim_matches(['[', ']', ',']) == tag);
        let v6 = words.contains(&"ipv6");
        let found = if let Some(at) = words.iter().position(|word| *word == "unicast") {
            words
                .get(at + 1)
                .and_then(|prefix| line(Kind::Hole, prefix))
        } else {
            flow(&words, v6)
        };
        match (found, tagged) {
            (Some(found), true) => {
                seen.ours.insert(found);
            }
            (Some(found), false) => {
                seen.theirs.insert(found);
            }
            (None, true) => seen.strange += 1,
            (None, false) => {}
        }
    }
}

/// The rule in the words of a line: behind the last `flow`, before its attributes.
fn flow(words: &[&str], v6: bool) -> Option<Line> {
    const ATTRIBUTES: [&str; 8] = [
        "extended-community",
        "large-community",
        "community",
        "next-hop",
        "origin",
        "as-path",
        "local-preference",
        "rd",
    ];
    let at = words.iter().rposition(|word| *word == "flow")?;
    let rule: Vec<&str> = words
        .iter()
        .skip(at + 1)
        .take_while(|word| !ATTRIBUTES.contains(*word))
        .copied()
        .collect();
    line_of(&Rule::parse(&rule.join(" "), v6).ok()?)
}

impl Speaker for Exabgp {
    /// What is announced by hand is in its memory alone.
    fn clear(&mut self) -> Result<(), String> {
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
        let said = self.pipes.ask(&["show adj-rib out extensive".to_owned()])?;
        let mut seen = Seen::default();
        for text in said.lines().filter(|text| text.starts_with("neighbor ")) {
            self.shown_route(text, &mut seen);
        }
        // A route for one peer alone is the owner's; ours go to all of them.
        seen.theirs.retain(|line| !seen.ours.contains(line));
        Ok(seen)
    }

    fn change(&mut self, wanted: &BTreeSet<Route>, there: &BTreeSet<Line>) -> Result<(), String> {
        let lines: BTreeSet<Line> = wanted.iter().map(|route| *route.line()).collect();
        let gone = there.difference(&lines);
        let new = lines.difference(there);
        let commands: Vec<String> = gone
            .map(|line| format!("withdraw {}", self.named(line)))
            .chain(new.map(|line| format!("announce {}", self.named(line))))
            .collect();
        self.pipes.ask(&commands).map(drop)
    }

    fn sessions(&mut self) -> Result<Vec<BTreeSet<Table>>, String> {
        let said = self.pipes.ask(&["show neighbor json".to_owned()])?;
        let list: Vec<Value> = serde_json::from_str(&said)
            .map_err(|_| format!("exabgp did not answer in JSON: {}", shown(&said)))?;
        let up = list
            .iter()
            .filter(|one| one.get("state").and_then(Value::as_str) == Some("up"));
        Ok(up
            .map(|session| {
                let has = |side: &str, table: Table| {
                    let families = session.pointer(side);
                    let here = families.and_then(|families| families.get(family(table)));
                    here.and_then(Value::as_bool) == Some(true)
                };
                let both =
                    |table: &Table| has("/local/families", *table) && has("/peer/families", *table);
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

    fn speaker(pipe_name: &str) -> Result<Exabgp, String> {
        let config = Config {
            folder: PathBuf::from("/nowhere"),
            pipe_name: pipe_name.to_owned(),
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
        Exabgp::new(&config, marks)
    }

    #[test]
    fn what_exabgp_prints_is_read() {
        const HEAD: &str = "neighbor 10.9.0.2 local-ip 10.9.0.1 local-as 64512 peer-as 64512 router-id 10.9.0.1 family-allowed in-open";
        let speaker = speaker("sakimori").unwrap();
        let check = |text: &str| {
            let mut seen = Seen::default();
            speaker.shown_route(&format!("{HEAD} {text}"), &mut seen);
            seen
        };
        let hole = line(Kind::Hole, "198.51.100.7/32").unwrap();
        let tag = "large-community 64512:21315:1";
        let route = "ipv4 unicast 198.51.100.7/32 next-hop 192.0.2.1 community blackhole";
        assert_eq!(check(&format!("{route} {tag}")).ours, [hole].into());
        assert_eq!(check(route).theirs, [hole].into());
        let many = format!("{route} large-community [ 64512:1:1 64512:21315:1 ]");
        assert_eq!(check(&many).ours, [hole].into());
        let rate = "extended-community rate-limit:0";
        let to = line(Kind::To, "2001:db8::7/128").unwrap();
        let rule = format!("ipv6 flow flow destination-ipv6 2001:db8::7/128/0 {rate} {tag}");
        assert_eq!(check(&rule).ours, [to].into());
        for rule in [
            "destination-ipv4 198.51.100.7/32 protocol =tcp",
            "protocol =tcp",
            "",
            "destination-ipv6 2001:db8::7/128/64",
            "nonsense",
        ] {
            let seen = check(&format!("ipv4 flow flow {rule} {rate} {tag}"));
            assert_eq!((seen.ours.len(), seen.strange), (0, 1), "{rule}");
        }
    }

    #[test]
    fn the_name_of_the_pipes_is_no_path() {
        for name in ["", "../run/x", "a b", "a;b"] {
            assert!(speaker(name).is_err(), "{name}");
        }
    }
}
