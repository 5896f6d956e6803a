//! `BIRD`, by a file that its configuration includes and its program `birdc`. In: routes. Out: what stands in its tables from our four protocols. Never: a word in the file that is no
//! number of ours; a change of the owner's own files.

use super::call::{Said, call, shown};
use super::guard::{Kind, Line, Route, Table, line};
use super::speaker::{Marks, Seen, Speaker};
use super::state::{Readers, replace};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where its program, its socket and our file are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The program.
    #[serde(default = "program")]
    pub program: PathBuf,
    /// Its control socket.
    pub socket: PathBuf,
    /// The file of ours that its configuration includes, an absolute path. It is replaced in one step; a second one beside it, with `.trial` at its end, is what is tried.
    pub include: PathBuf,
}

fn program() -> PathBuf {
    PathBuf::from("/usr/sbin/birdc")
}

/// All of our protocols.
const PATTERN: &str = "\"sakimori_*\"";

const fn protocol(table: Table) -> &'static str {
    match table {
        Table::Route4 => "sakimori_route4",
        Table::Route6 => "sakimori_route6",
        Table::Flow4 => "sakimori_flow4",
        Table::Flow6 => "sakimori_flow6",
    }
}

/// The word for a kind of table.
const fn channel(table: Table) -> &'static str {
    match table {
        Table::Route4 => "ipv4",
        Table::Route6 => "ipv6",
        Table::Flow4 => "flow4",
        Table::Flow6 => "flow6",
    }
}

/// The speaker.
pub(super) struct Bird {
    config: Config,
    marks: Marks,
    /// Whether our protocols may stand still, because we or somebody else stopped them.
    still: bool,
}

impl Bird {
    pub(super) fn new(config: Config, marks: Marks) -> Result<Self, String> {
        let path = config.include.to_str().filter(|path| {
            // It stands in quotes in a command of birdc.
            path.starts_with('/') && path.chars().all(|c| c.is_ascii_graphic() && c != '"')
        });
        if path.is_none() {
            return Err(
                "the file that bird includes has no absolute path of plain characters".into(),
            );
        }
        Ok(Self {
            config,
            marks,
            still: true,
        })
    }

    fn ask(&self, read_only: bool, words: &[&str]) -> Result<Said, String> {
        let mut all = vec!["-s".to_owned(), self.config.socket.display().to_string()];
        if read_only {
            all.push("-r".to_owned());
        }
        all.extend(words.iter().map(|word| (*word).to_owned()));
        call(&self.config.program, &all)
    }

    fn trial(&self) -> PathBuf {
        let mut path = self.config.include.clone().into_os_string();
        path.push(".trial");
        path.into()
    }

    /// Reads the file anew.
    fn configure(&mut self) -> Result<(), String> {
        let said = self.ask(false, &["configure"])?;
        let text = said.good()?;
        if !text.contains("Reconfig") {
            return Err(shown(&text));
        }
        if self.still {
            self.ask(false, &["enable", PATTERN])?.good()?;
            self.still = false;
        }
        Ok(())
    }

    /// Stops our protocols: all that they announce is withdrawn, also where the owner's configuration cannot be read any more.
    fn stop(&mut self) -> Result<(), String> {
        self.still = true;
        self.ask(false, &["disable", PATTERN])?.good().map(drop)
    }

    /// Which of our protocols there are.
    fn protocols(&self) -> Result<BTreeSet<String>, String> {
        let said = self.ask(true, &["show", "protocols"])?.good()?;
        let names = said
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        Ok(names
            .filter(|name| name.starts_with("sakimori_"))
            .map(str::to_owned)
            .collect())
    }
}

/// The file: four protocols, whatever stands in them, so that a change moves routes alone.
fn written(routes: &BTreeSet<Route>, marks: &Marks) -> String {
    let tag = marks.tag;
    let mut out = String::from("# Written by the actuator and replaced at each change.\n");
    for table in Table::ALL {
        // A text takes whatever is written.
        let _ = writeln!(
            out,
            "protocol static {} {{\n  {};",
            protocol(table),
            channel(table)
        );
        let here = routes
            .iter()
            .map(Route::line)
            .filter(|line| line.table() == table);
        for line in here {
            let prefix = line.prefix();
            let (what, more) = match line.kind {
                Kind::Hole => {
                    let hop = if line.net.is_ipv4() {
                        marks.discard_v4.to_string()
                    } else {
                        marks.discard_v6.to_string()
                    };
                    let more = format!("bgp_community.add((65535,666)); bgp_next_hop = {hop};");
                    (format!("{prefix} blackhole"), more)
                }
                Kind::To | Kind::From => {
                    let side = if line.kind == Kind::To { "dst" } else { "src" };
                    // A rate of 0 bytes a second: RFC 8955 section 7.1.
                    let more = "bgp_ext_community.add((generic, 0x80060000, 0x0));".to_owned();
                    (format!("{} {{ {side} {prefix}; }}", channel(table)), more)
                }
            };
            let _ = writeln!(
                out,
                "  route {what} {{ bgp_large_community.add(({},{},{})); {more} }};",
                tag.number, tag.first, tag.second
            );
        }
        out.push_str("}\n");
    }
    out
}

/// A configuration that has nothing but our file's words, to be read and not used.
fn probe(routes: &BTreeSet<Route>, marks: &Marks) -> String {
    let head = "router id 192.0.2.1;\nipv4 table master4;\nipv6 table master6;\nflow4 table flowtab4;\nflow6 table flowtab6;\nprotocol device { }\n";
    format!("{head}{}", written(routes, marks))
}

/// The lines of one protocol as `show route` prints them.
fn shown_routes(table: Table, said: &str, seen: &mut Seen) {
    for text in said.lines() {
        let Some((net, state)) = text.split_once('[') else {
            continue;
        };
        let words: Vec<&str> = net.split_whitespace().collect();
        let found = match (table, words.as_slice()) {
            (Table::Route4 | Table::Route6, [prefix, "blackhole"]) => line(Kind::Hole, prefix),
            (Table::Flow4 | Table::Flow6, [family, "{", side, prefix, "}"])
                if *family == channel(table) =>
            {
                let kind = match *side {
                    "dst" => Some(Kind::To),
                    "src" => Some(Kind::From),
                    _ => None,
                };
                kind.zip(prefix.strip_suffix(';'))
                    .and_then(|(kind, prefix)| line(kind, prefix))
            }
            _ => None,
        };
        match found.filter(|found| found.table() == table) {
            Some(found) => {
                seen.ours.insert(found);
                // The best route to a net alone has the star, and is announced.
                if !state.contains("] * (") {
                    seen.idle.insert(found);
                }
            }
            None => seen.strange += 1,
        }
    }
}

/// The sessions in what `show protocols all` prints.
fn shown_sessions(said: &str) -> Vec<BTreeSet<Table>> {
    let mut sessions: Vec<BTreeSet<Table>> = Vec::new();
    let (mut up, mut here) = (false, None);
    for text in said.lines() {
        let words: Vec<&str> = text.split_whitespace().collect();
        if !text.starts_with([' ', '\t']) {
            here = None;
            if let [_, kind, ..] = words.as_slice() {
                up = *kind == "BGP" && words.last() == Some(&"Established");
                if up {
                    sessions.push(BTreeSet::new());
                }
            }
            continue;
        }
        match words.as_slice() {
            ["Channel", name] => {
                here = Table::ALL
                    .into_iter()
                    .find(|table| channel(*table) == *name);
            }
            ["State:", "UP"] if up => {
                if let (Some(table), Some(session)) = (here, sessions.last_mut()) {
                    session.insert(table);
                }
            }
            _ => {}
        }
    }
    sessions
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    replace(path, text.as_bytes(), Readers::AsBefore)
        .map_err(|error| format!("`{}`: {error}", path.display()))
}

impl Speaker for Bird {
    fn clear(&mut self) -> Result<(), String> {
        self.still = false;
        put(
            &self.config.include,
            &written(&BTreeSet::new(), &self.marks),
        )
    }

    /// However many there are, it is one new file.
    fn few(&self) -> usize {
        usize::MAX
    }

    /// It reads a configuration of these routes, and its own, without using either.
    fn rehearse(&mut self, routes: &BTreeSet<Route>) -> Result<(), String> {
        let trial = self.trial();
        put(&trial, &probe(routes, &self.marks))?;
        let quoted = format!("\"{}\"", trial.display());
        let checked = self.ask(false, &["configure", "check", &quoted]);
        std::fs::remove_file(&trial).ok();
        checked?.good()?;
        self.ask(false, &["configure", "check"])?.good()?;
        Ok(())
    }

    fn seen(&mut self) -> Result<Seen, String> {
        let mut seen = Seen::default();
        let there = self.protocols()?;
        for table in Table::ALL {
            let name = protocol(table);
            if there.contains(name) {
                let said = self.ask(true, &["show", "route", "protocol", name])?;
                shown_routes(table, &said.good()?, &mut seen);
            }
        }
        Ok(seen)
    }

    fn change(&mut self, wanted: &BTreeSet<Route>, there: &BTreeSet<Line>) -> Result<(), String> {
        let adds = wanted.iter().any(|route| !there.contains(route.line()));
        let before = std::fs::read(&self.config.include).unwrap_or_default();
        let text = written(wanted, &self.marks);
        let done = put(&self.config.include, &text).and_then(|()| self.configure());
        let Err(error) = done else { return Ok(()) };
        if adds {
            // What it did not take does not wait in the file for its next start.
            replace(&self.config.include, &before, Readers::AsBefore).ok();
            return Err(error);
        }
        // An end does not wait for a configuration that can be read, nor for a disk.
        self.stop().map_err(|also| format!("{error}; {also}"))
    }

    fn sessions(&mut self) -> Result<Vec<BTreeSet<Table>>, String> {
        let said = self.ask(true, &["show", "protocols", "all"])?.good()?;
        Ok(shown_sessions(&said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bird_prints_is_read() {
        let mut seen = Seen::default();
        let said = "BIRD 2.0.12 ready.\nTable flowtab4:\nflow4 { src 198.51.100.7/32; }  [sakimori_flow4 08:17:18.355] * (200)\nflow4 { dst 198.51.100.8/32; }  [sakimori_flow4 08:17:18.355] (200)\n";
        shown_routes(Table::Flow4, said, &mut seen);
        let from = line(Kind::From, "198.51.100.7/32").unwrap();
        let to = line(Kind::To, "198.51.100.8/32").unwrap();
        assert_eq!(seen.ours, [from, to].into());
        assert_eq!(seen.idle, [to].into());
        for said in [
            "flow4 { dst 198.51.100.8/32; proto 6; } [x] * (200)",
            "flow4 { } [x] * (200)",
            "198.51.100.8/32 unicast [x] * (200)",
            "flow6 { dst 2001:db8::1/128; } [x] * (200)",
        ] {
            let mut seen = Seen::default();
            shown_routes(Table::Flow4, said, &mut seen);
            assert_eq!((seen.ours.len(), seen.strange), (0, 1), "{said}");
        }
    }

    #[test]
    fn a_session_carries_the_channels_that_are_up() {
        let said = "BIRD 2.0.12 ready.\nName Proto Table State Since Info\nk4         Kernel     master4    up     08:20:15\n  Channel ipv4\n    State:          UP\n\nto_b       BGP        ---        up     08:17:19.190  Established   \n  BGP state:          Established\n  Channel ipv4\n    State:          UP\n  Channel flow6\n    State:          DOWN\n\nto_c       BGP        ---        start  08:17:19.190  Active\n  Channel ipv4\n    State:          UP\n";
        assert_eq!(shown_sessions(said), [BTreeSet::from([Table::Route4])]);
    }
}
