//! `exchange feed take` and `make`. In: a feed as a folder or at a peer's node, files with events. Out: events in a folder, a feed in a folder, what was refused or left out. Never: an
//! event that is not the one that the feed lists; an address that is none of this node's peers.

use super::line;
use crate::arguments::exchange::{Feed, UpTo};
use crate::failure::Failure;
use crate::show;
use sakimori_control::tls::Agents;
use sakimori_control::{ControlError, files};
use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::feed::{self, Hashed, Listed, Reach};
use sakimori_exchange::misp::{self, Event};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Longest wait for a file.
const FILE_WAIT: Duration = Duration::from_mins(2);
/// Longest file of a feed in bytes: that of every document here.
const FILE_BYTES_MAX: u64 = files::DOCUMENT_BYTES_MAX;

pub(super) fn run(command: Feed) -> Result<ExitCode, Failure> {
    match command {
        Feed::Take {
            feed,
            into,
            folder,
            partner,
            most,
        } => {
            let from = match (folder, partner) {
                (Some(folder), Some(partner)) => Source::peer(&folder, &partner, &feed)?,
                _ => Source::Folder(PathBuf::from(feed)),
            };
            take(&from, &into, most)
        }
        Feed::Make {
            files,
            out,
            up_to,
            unmarked,
        } => {
            let reach = Reach::of(word(up_to), unmarked);
            let reach = reach.ok_or_else(|| Failure::usage("this mark is not known"))?;
            make(&files, &out, reach)
        }
    }
}

const fn word(up_to: UpTo) -> &'static str {
    match up_to {
        UpTo::Clear => "clear",
        UpTo::Green => "green",
        UpTo::Amber => "amber",
        UpTo::AmberStrict => "amber+strict",
        UpTo::Red => "red",
    }
}

/// Where a feed is.
enum Source {
    Folder(PathBuf),
    Peer { base: String, call: Call },
}

/// Reads an address; `None` where nothing is there.
type Call = Box<dyn Fn(&str) -> Result<Option<Vec<u8>>, String>>;

impl Source {
    /// A feed at the node of a peer, whose certificate this node knows.
    fn peer(folder: &Path, name: &str, path: &str) -> Result<Self, Failure> {
        let plain = path.starts_with('/')
            && path.ends_with('/')
            && !path.contains("..")
            && path
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"?#%\\".contains(&b));
        if !plain {
            return Err(Failure::usage(ControlError::Usage(format!(
                "`{path}` is no path of a feed: `/…/`, without `..`, `?`, `#` and escapes"
            ))));
        }
        let agents = Agents::open(folder)?;
        let peer = agents.peer(name)?;
        let agent = agents.agent(peer, FILE_WAIT)?;
        let base = format!("{}{path}", peer.url.trim_end_matches('/'));
        let call = move |url: &str| {
            let answer = agent.get(url).call();
            let answer = answer.map_err(|e| format!("it cannot be called: {}", e.into_io()))?;
            match answer.status().as_u16() {
                200 => {}
                404 => return Ok(None),
                other => return Err(format!("it answers {other}")),
            }
            let mut bytes = Vec::new();
            let mut reader = answer.into_body().into_reader().take(FILE_BYTES_MAX + 1);
            let read = reader.read_to_end(&mut bytes);
            read.map_err(|e| format!("it breaks off: {e}"))?;
            if bytes.len() as u64 > FILE_BYTES_MAX {
                return Err(format!("it has more than {FILE_BYTES_MAX} bytes"));
            }
            Ok(Some(bytes))
        };
        Ok(Self::Peer {
            base,
            call: Box::new(call),
        })
    }

    fn name(&self, file: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(file).display().to_string(),
            Self::Peer { base, .. } => format!("{base}{file}"),
        }
    }

    /// A file of the feed; `None` where there is none.
    fn get(&self, file: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Folder(folder) => Ok(files::read(&folder.join(file))?),
            Self::Peer { call, .. } => {
                let name = self.name(file);
                call(&name).map_err(|what| Failure::no(format!("{name}: {what}")))
            }
        }
    }
}

/// The time of an event that is kept here.
fn known(into: &Path, uuid: &str) -> Option<Seconds> {
    let bytes = files::read(&file_of(into, uuid)).ok().flatten()?;
    let event = misp::read(&bytes).ok()?.pop()?;
    // An event without a time is older than any that has one.
    Some(event.timestamp.unwrap_or(Seconds(0)))
}

fn file_of(folder: &Path, uuid: &str) -> PathBuf {
    folder.join(format!("{}.json", uuid.to_ascii_lowercase()))
}

fn take(from: &Source, into: &Path, most: usize) -> Result<ExitCode, Failure> {
    let no = |file: &str, what: &str| Failure::no(format!("{}: {what}", from.name(file)));
    let manifest = from.get("manifest.json")?;
    let manifest = manifest.ok_or_else(|| no("manifest.json", "there is no such file"))?;
    let manifest = feed::read_manifest(&manifest).map_err(|e| no("manifest.json", &line(&e)))?;
    let hashes: Option<Vec<Hashed>> = from
        .get("hashes.csv")?
        .map(|bytes| feed::read_hashes(&bytes).map_err(|e| no("hashes.csv", &line(&e))))
        .transpose()?;
    if hashes.is_none() {
        show::say("there is no list of hashes: values are not compared");
    }
    let by_event = hashes.as_deref().map(feed::by_event);
    let nothing = std::collections::BTreeSet::new();
    let fresh = feed::to_fetch(&manifest, |uuid| known(into, uuid));
    let (mut kept, mut refused) = (0usize, 0usize);
    for listed in fresh.iter().take(most) {
        let said = by_event
            .as_ref()
            .map(|all| all.get(listed.uuid.as_str()).unwrap_or(&nothing));
        match one(from, listed, said) {
            Ok(bytes) => {
                files::write(&file_of(into, &listed.uuid), &bytes, files::PUBLIC)?;
                kept += 1;
            }
            Err(failure) => {
                show::say(&format!("{}: refused: {}", listed.uuid, failure.message));
                refused += 1;
            }
        }
    }
    let left = fresh.len().saturating_sub(most);
    let more = if left > 0 {
        format!(", {left} are left for the next run")
    } else {
        String::new()
    };
    show::line(&format!(
        "{} in the manifest, {} new or newer, {kept} kept, {refused} refused{more}",
        manifest.len(),
        fresh.len(),
    ));
    Ok(ExitCode::from(u8::from(refused > 0)))
}

fn one(
    from: &Source,
    listed: &Listed,
    said: Option<&std::collections::BTreeSet<&str>>,
) -> Result<Vec<u8>, Failure> {
    let bytes = from.get(&format!("{}.json", listed.uuid))?;
    let bytes = bytes.ok_or_else(|| Failure::no("there is no such file".to_owned()))?;
    feed::check(listed, said, &bytes).map_err(|e| Failure::no(line(&e)))?;
    Ok(bytes)
}

fn make(paths: &[PathBuf], out: &Path, reach: Reach) -> Result<ExitCode, Failure> {
    let mut events: Vec<Event> = Vec::new();
    for path in paths {
        let bytes = files::read_present(path)?;
        let read = misp::read(&bytes);
        events.extend(read.map_err(|e| Failure::no(format!("{}: {}", path.display(), line(&e))))?);
    }
    let made = feed::make(&events, reach).map_err(|e| Failure::no(line(&e)))?;
    for (what, why) in &made.left {
        show::say(&format!("{what}: left out: {why}"));
    }
    if made.events.is_empty() {
        return Err(Failure::no(
            "there is no event that the feed may hold".to_owned(),
        ));
    }
    for (uuid, text) in &made.events {
        files::write(
            &out.join(format!("{uuid}.json")),
            text.as_bytes(),
            files::PUBLIC,
        )?;
    }
    // The manifest comes last: who reads in between finds every event that it names.
    files::write(
        &out.join("hashes.csv"),
        made.hashes.as_bytes(),
        files::PUBLIC,
    )?;
    files::write(
        &out.join("manifest.json"),
        made.manifest.as_bytes(),
        files::PUBLIC,
    )?;
    show::line(&format!(
        "{} events, {} hashes",
        made.events.len(),
        made.hashes.lines().count()
    ));
    Ok(ExitCode::SUCCESS)
}
