//! What the zone met, by the resolvers' own logs. In: lines that Unbound (`rpz-log: yes`, `rpz-log-name` the zone's name) and BIND (category `rpz`) write. Out: how many questions for which name. Never: our own
//! questions; a client's address, which is compared with ours and dropped; a number that no line stands for.

use super::config::Kind;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Most that is read at a time, in bytes. What a resolver wrote before is passed over and not counted: the number is then too small.
const READ_BYTES_MAX: u64 = 16 << 20;
/// Most names that are told apart between two readings.
const NAMES_MAX: usize = 100_000;

/// Where a log was read up to.
pub(super) struct Counter {
    path: PathBuf,
    kind: Kind,
    zone: String,
    own: SocketAddr,
    at: u64,
}

impl Counter {
    /// Begins at the end of what is there.
    pub(super) fn new(path: &Path, kind: Kind, zone: &str, own: SocketAddr) -> Self {
        let at = std::fs::metadata(path).map_or(0, |file| file.len());
        Self {
            path: path.to_owned(),
            kind,
            zone: zone.to_owned(),
            own,
            at,
        }
    }

    /// Names that were asked for since the last reading and answered by the zone, and how often.
    pub(super) fn read(&mut self) -> std::io::Result<BTreeMap<String, u64>> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        if length < self.at {
            // It was begun anew.
            self.at = 0;
        }
        let begin = self.at.max(length.saturating_sub(READ_BYTES_MAX));
        file.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        file.take(READ_BYTES_MAX).read_to_end(&mut bytes)?;
        // A line that is being written is read the next time.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        let whole = bytes
            .get(..whole.map_or(0, |at| at + 1))
            .unwrap_or_default();
        self.at = begin + whole.len() as u64;
        let mut counts = BTreeMap::new();
        for line in whole.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let Some((client, name)) = asked(&line, self.kind, &self.zone) else {
                continue;
            };
            if client == self.own.port() && is_local(&line, self.own) {
                continue;
            }
            if counts.len() < NAMES_MAX || counts.contains_key(&name) {
                *counts.entry(name).or_insert(0) += 1;
            }
        }
        Ok(counts)
    }
}

/// Whether a line can be of a question that we asked ourselves. Where we are bound to every address the resolver sees the one that leads to it, so the port alone is compared.
fn is_local(line: &str, own: SocketAddr) -> bool {
    let ip = own.ip();
    ip.is_unspecified() || line.contains(&ip.to_string())
}

/// The client's port and the name that it asked for.
fn asked(line: &str, kind: Kind, zone: &str) -> Option<(u16, String)> {
    let (client, name) = match kind {
        Kind::Unbound => {
            let (_, rest) = line.split_once("rpz: applied [")?;
            let (log, rest) = rest.split_once("] ")?;
            if log.trim_end_matches('.') != zone {
                return None;
            }
            let mut words = rest.split(' ');
            let (_trigger, _action) = (words.next()?, words.next()?);
            let (_, port) = words.next()?.rsplit_once('@')?;
            (port, words.next()?)
        }
        Kind::Bind => {
            let (before, rest) = line.split_once("): rpz QNAME ")?;
            let (client, _) = before.rsplit_once(" (")?;
            let (_, port) = client.rsplit_once('#')?;
            let (_, rest) = rest.split_once(" rewrite ")?;
            let (question, trigger) = rest.split_once(" via ")?;
            let of_zone = trigger.trim_end().strip_suffix(zone)?;
            if !of_zone.ends_with('.') {
                return None;
            }
            (port, question.split('/').next()?)
        }
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    (!name.is_empty() && name.len() <= 253).then_some((client.parse().ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_resolvers_are_read_and_others_are_not() {
        let unbound = "[1795853874] unbound[15297:0] info: rpz: applied [rpz.test] *.d.example. rpz-local-data 127.0.0.1@45470 X.d.example. A IN";
        let bind = "28-Nov-2026 08:17:53.959 client @0x7f61 127.0.0.1#55523 (y.d.example): rpz QNAME Local-Data rewrite y.d.example/A/IN via y.d.example.rpz.test";
        let read = |line, kind| asked(line, kind, "rpz.test");
        assert_eq!(
            read(unbound, Kind::Unbound),
            Some((45_470, "x.d.example".to_owned()))
        );
        assert_eq!(
            read(bind, Kind::Bind),
            Some((55_523, "y.d.example".to_owned()))
        );
        assert_eq!(asked(unbound, Kind::Unbound, "other.test"), None);
        assert_eq!(asked(bind, Kind::Bind, "z.test"), None);
        for line in [
            "",
            "rpz: applied [",
            "rpz: applied [rpz.test] a",
            "): rpz QNAME ",
            " (x): rpz QNAME a rewrite b via c",
        ] {
            assert_eq!(read(line, Kind::Unbound), None);
            assert_eq!(read(line, Kind::Bind), None);
        }
    }
}
