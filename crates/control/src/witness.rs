//! Outside witnesses: a process that cosigns checkpoints, and how a log and its trust root know it. In: a folder, keys of logs, an address. Out: a witness that
//! runs; lines of a policy. Never: an entry or a body, which no witness sees.
//!
//! A witness's folder: `witness.key` (Ed25519, kind 4), `witness-mldsa44.key` (kind 6), `logs` (one verifier key a line), `seen/` (the last checkpoint of each log),
//! `lock`, `address`.

use crate::error::{ControlError, told};
use crate::host::Host;
use crate::{files, keys};
use sakimori_ledger::disk::Folder;
use sakimori_ledger::http::{Clock, HttpPeer, Patience, either, serve_with, witness_router};
use sakimori_ledger::service::WitnessLink;
use sakimori_ledger::witness::{Witness, WitnessParts};
use sakimori_tlog::key::{KeyKind, VerifierKey};
use sakimori_tlog::policy::Policy;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// An outside witness, as whoever makes a trust root names it: `NAME=URL=VKEY`, with a second `=VKEY` where it has a second key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// What the policy calls it.
    pub name: String,
    /// Its submission prefix, such as `http://witness.example:7790`.
    pub url: String,
    /// Keys with which it cosigns.
    pub keys: Vec<VerifierKey>,
}

impl FromStr for Outside {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '=');
        let (Some(name), Some(url), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("a witness is NAME=URL=VKEY".to_owned());
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let taken = [
            "mirror",
            "mirror-mldsa44",
            "commission",
            "outside",
            "whole",
            "none",
        ];
        if name.is_empty() || !name.chars().all(plain) || taken.contains(&name) {
            return Err(format!("`{name}` cannot name a witness"));
        }
        if !url.starts_with("http://") || url.contains(char::is_whitespace) {
            return Err(format!(
                "`{url}` is no address of a witness: http://HOST:PORT"
            ));
        }
        let keys = split_keys(rest)
            .iter()
            .map(|key| cosigner(key))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            name: name.to_owned(),
            url: url.to_owned(),
            keys,
        })
    }
}

/// Keys end in base64, which has `=` at its end alone: one behind it begins another key where a name follows.
fn split_keys(text: &str) -> Vec<&str> {
    let cut = text
        .match_indices('=')
        .map(|(at, _)| at)
        .find(|&at| text.get(at + 1..).is_some_and(|rest| rest.contains('+')));
    match cut.and_then(|at| text.split_at_checked(at)) {
        // Padding before the cut belongs to the first key.
        Some((first, rest)) => {
            let second = rest.trim_start_matches('=');
            let padding = rest.len() - second.len() - 1;
            let first = text.get(..first.len() + padding).unwrap_or(first);
            vec![first, second]
        }
        None => vec![text],
    }
}

fn cosigner(text: &str) -> Result<VerifierKey, String> {
    let key: VerifierKey = text.parse().map_err(|e| format!("`{text}`: {e}"))?;
    match key.kind() {
        KeyKind::Cosigner | KeyKind::CosignerMlDsa44 => Ok(key),
        _ => Err(format!("the key of {} does not cosign", key.name())),
    }
}

/// The policy lines of a trust root: the mirror with one or two keys, and `needed` of the outside witnesses.
pub fn policy_lines(
    log: &VerifierKey,
    mirror: &[VerifierKey],
    outside: &[Outside],
    needed: usize,
) -> Vec<String> {
    let mut lines = vec![format!("log {log}")];
    let mut members = vec![party(&mut lines, "mirror", "commission", "all", mirror, "")];
    let mut parties = Vec::new();
    for witness in outside {
        let url = format!(" {}", witness.url);
        let both = format!("{}-any", witness.name);
        parties.push(party(
            &mut lines,
            &witness.name,
            &both,
            "any",
            &witness.keys,
            &url,
        ));
    }
    if !parties.is_empty() {
        lines.push(format!("group outside {needed} {}", parties.join(" ")));
        members.push("outside".to_owned());
    }
    if let [alone] = members.as_slice() {
        lines.push(format!("quorum {alone}"));
    } else {
        lines.push(format!("group whole all {}", members.join(" ")));
        lines.push("quorum whole".to_owned());
    }
    lines
}

/// Adds the lines of one party; returns what it is called.
fn party(
    lines: &mut Vec<String>,
    name: &str,
    both: &str,
    rule: &str,
    keys: &[VerifierKey],
    url: &str,
) -> String {
    let mut names = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let own = match (number, key.kind()) {
            (0, _) => name.to_owned(),
            (_, KeyKind::CosignerMlDsa44) => format!("{name}-mldsa44"),
            _ => format!("{name}-{number}"),
        };
        lines.push(format!("witness {own} {key}{url}"));
        names.push(own);
    }
    if names.len() == 1 {
        return name.to_owned();
    }
    lines.push(format!("group {both} {rule} {}", names.join(" ")));
    both.to_owned()
}

/// The outside witnesses of a policy: those with an address, the keys at one address together.
pub fn links(policy: &Policy) -> Vec<WitnessLink> {
    let mut by_address: BTreeMap<&str, Vec<VerifierKey>> = BTreeMap::new();
    for (key, address) in policy.addresses() {
        by_address.entry(address).or_default().push(key.clone());
    }
    let link = |(address, keys): (&str, Vec<VerifierKey>)| WitnessLink {
        name: keys.first().map_or(address, |key| key.name()).to_owned(),
        peer: Box::new(HttpPeer::new(address)),
        keys,
    };
    by_address.into_iter().map(link).collect()
}

/// The keys of a policy that a name has, such as those of the mirror.
pub fn keys_of(policy: &Policy, name: &str) -> Vec<VerifierKey> {
    let mut keys = policy.witnesses();
    keys.retain(|key| key.name() == name);
    keys
}

/// Makes a witness's folder with two keys; returns them.
///
/// # Errors
/// [`ControlError::Usage`] where there is one already, or the name is none of a key.
pub fn create(
    folder: &Path,
    name: &str,
    logs: &[VerifierKey],
    host: &Host,
) -> Result<Vec<VerifierKey>, ControlError> {
    let first = keys::create(&folder.join("witness.key"), name, KeyKind::Cosigner, host)?;
    let path = folder.join("witness-mldsa44.key");
    let second = keys::create_post_quantum(&path, name, host)?;
    let mut lines = logs.iter().map(ToString::to_string).collect::<Vec<_>>();
    lines.push(String::new());
    let lines = lines.join("\n");
    files::write(&folder.join("logs"), lines.as_bytes(), files::PUBLIC)?;
    Ok(vec![first.verifier().clone(), second.verifier().clone()])
}

/// The logs that a witness knows; empty lines and those that begin with `#` say nothing.
fn logs(folder: &Path) -> Result<Vec<VerifierKey>, ControlError> {
    let path = folder.join("logs");
    let bytes = files::read_present(&path)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim);
    let said = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    said.map(|line| {
        let key: Result<VerifierKey, _> = line.parse();
        let key = key.map_err(|e| ControlError::document(path.display(), e))?;
        if key.kind() == KeyKind::Ed25519 {
            Ok(key)
        } else {
            let why = format!("the key of {} signs no checkpoints", key.name());
            Err(ControlError::document(path.display(), why))
        }
    })
    .collect()
}

/// A witness that listens. Dropping it stops it.
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    witness: Arc<Mutex<Witness>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    /// Two processes must not cosign with one memory.
    _lock: File,
}

/// Opens a witness's folder and listens; writes the address into the folder. What it says is public and signed, so it may listen anywhere.
///
/// # Errors
/// [`ControlError`]: keys or logs are missing, what it saw is damaged, it runs already, or the address cannot be had.
pub fn start(folder: &Path, listen: SocketAddr, host: &Host) -> Result<Running, ControlError> {
    let lock = files::lock(&folder.join("lock"), || {
        format!("the witness of {} runs already", folder.display())
    })?;
    let seen = folder.join("seen");
    let disk = Folder::new(&seen).map_err(ControlError::file("open", &seen))?;
    let witness = Witness::open(WitnessParts {
        disk: Box::new(disk),
        logs: logs(folder)?,
        signer: keys::read(&folder.join("witness.key"))?,
        post_quantum: keys::read_post_quantum(&folder.join("witness-mldsa44.key"))?,
    });
    let witness = witness.map_err(|e| ControlError::document(seen.display(), told(&e)))?;
    let witness = Arc::new(Mutex::new(witness));
    let path = folder.join("address");
    let listener = TcpListener::bind(listen).map_err(ControlError::file("listen for", &path))?;
    let address = listener
        .local_addr()
        .map_err(ControlError::file("listen for", &path))?;
    let text = format!("http://{address}\n");
    files::write(&path, text.as_bytes(), files::PUBLIC)?;
    let host = host.clone();
    let clock: Clock = Arc::new(move || host.seconds());
    let (routes, failed) = witness_router(Arc::clone(&witness), clock);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        // A sender that is dropped stops it too.
        let stopped = async {
            let _ = stopped.await;
        };
        serve_with(
            listener,
            routes,
            Patience::default(),
            either(stopped, failed),
        )
    });
    Ok(Running {
        address,
        witness,
        stop: Some(stop),
        thread: Some(thread),
        _lock: lock,
    })
}

impl Running {
    /// Waits until it has stopped by itself.
    ///
    /// # Errors
    /// The listener's; the disk failed; or the thread that served fell.
    pub fn wait(mut self) -> io::Result<()> {
        let fell = |_| Err(io::Error::other("the serving thread fell"));
        let ended = self
            .thread
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or_else(fell));
        let witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
        if witness.is_stopped() {
            return Err(io::Error::other("its disk failed"));
        }
        ended
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_tlog::PostQuantumCosigner;
    use sakimori_tlog::key::NoteSigner;

    fn key(name: &str, kind: KeyKind) -> VerifierKey {
        NoteSigner::from_seed(name, kind, &[7; 32])
            .unwrap()
            .verifier()
            .clone()
    }

    fn later(name: &str) -> VerifierKey {
        PostQuantumCosigner::from_seed(name, &[7; 32])
            .unwrap()
            .verifier()
            .clone()
    }

    #[test]
    fn a_witness_is_read_with_one_key_or_two_and_refused_with_a_reason() {
        let (one, two) = (
            key("court.example", KeyKind::Cosigner),
            later("court.example"),
        );
        let read: Outside = format!("court=http://127.0.0.1:1={one}").parse().unwrap();
        assert_eq!(read.keys, std::slice::from_ref(&one));
        let read: Outside = format!("court=http://127.0.0.1:1={one}={two}")
            .parse()
            .unwrap();
        assert_eq!(read.keys, [one.clone(), two.clone()]);
        let read: Outside = format!("court=http://127.0.0.1:1={two}={one}")
            .parse()
            .unwrap();
        assert_eq!(read.keys, [two, one.clone()]);
        let plain = key("court.example", KeyKind::Ed25519);
        for bad in [
            "court".to_owned(),
            format!("mirror=http://127.0.0.1:1={one}"),
            format!("Court=http://127.0.0.1:1={one}"),
            format!("court=ftp://127.0.0.1:1={one}"),
            format!("court=http://127.0.0.1:1={plain}"),
            "court=http://127.0.0.1:1=x".to_owned(),
        ] {
            assert!(bad.parse::<Outside>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_policy_asks_for_the_mirror_and_so_many_of_the_others() {
        let log = key("log.example", KeyKind::Ed25519);
        let mirror = [
            key("commission.example/mirror", KeyKind::Cosigner),
            later("commission.example/mirror"),
        ];
        let outside: Vec<Outside> = ["court", "audit"]
            .into_iter()
            .map(|name| Outside {
                name: name.to_owned(),
                url: format!("http://{name}.example"),
                keys: vec![
                    key(&format!("{name}.example"), KeyKind::Cosigner),
                    later(name),
                ],
            })
            .collect();
        let text = policy_lines(&log, &mirror[..1], &[], 0).join("\n") + "\n";
        let alone = Policy::parse(&text).unwrap();
        assert_eq!(text.lines().last(), Some("quorum mirror"));
        assert!(links(&alone).is_empty());
        let text = policy_lines(&log, &mirror, &outside, 2).join("\n") + "\n";
        let policy = Policy::parse(&text).unwrap();
        assert_eq!(keys_of(&policy, "commission.example/mirror"), mirror);
        let links = links(&policy);
        let keys: Vec<usize> = links.iter().map(|link| link.keys.len()).collect();
        assert_eq!(keys, [2, 2]);
        let signed = |keys: &[&VerifierKey]| {
            let verified = keys.iter().map(|key| sakimori_tlog::note::Verified {
                key: (*key).clone(),
                time: None,
            });
            policy.met_by(&verified.collect::<Vec<_>>())
        };
        let [court, audit] = [&outside[0].keys, &outside[1].keys];
        assert!(signed(&[
            &log, &mirror[0], &mirror[1], &court[0], &audit[1]
        ]));
        assert!(!signed(&[
            &log, &mirror[0], &mirror[1], &court[0], &court[1]
        ]));
        assert!(!signed(&[&log, &mirror[0], &court[0], &audit[0]]));
    }
}
