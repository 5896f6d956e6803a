//! The nodes that a node knows. In: `peers.json` of a role's folder. Out: who a certificate belongs to, and what its holder may call. Never: a peer without a certificate, two
//! peers with one.

use super::Fingerprint;
use crate::error::ControlError;
use crate::files;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a peer may call here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum May {
    /// Bring the log to the mirror.
    Mirror,
    /// Read the mirror's copy and the log's published state.
    Read,
    /// Ask for leases.
    Lease,
    /// Ask for halves of bucket keys, and for their end.
    Share,
    /// Append entries of its own, signed by a key of the trust root.
    Entries,
    /// Bring suspensions of an agreement, signed by the party's key.
    Suspend,
    /// Read metrics.
    Metrics,
    /// Bring reports and answers of its own operator, and take what is addressed to it.
    Report,
}

impl May {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Mirror,
        Self::Read,
        Self::Lease,
        Self::Share,
        Self::Entries,
        Self::Suspend,
        Self::Metrics,
        Self::Report,
    ];

    /// The word in `peers.json`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mirror => "mirror",
            Self::Read => "read",
            Self::Lease => "lease",
            Self::Share => "share",
            Self::Entries => "entries",
            Self::Suspend => "suspend",
            Self::Metrics => "metrics",
            Self::Report => "report",
        }
    }
}

/// A node that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Its name: `office`, `commission`, or one of an operator.
    pub name: String,
    /// Where it listens, such as `https://192.0.2.7:7790`; empty for one that only calls.
    pub url: String,
    /// SHA-256 of its certificate, in hex.
    pub sha256: String,
    /// What it may call.
    pub may: Vec<May>,
}

impl Peer {
    /// The hash that its certificate must have.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.sha256.parse().ok()
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    peers: Vec<Peer>,
}

/// The peers of a role's folder.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    peers: Vec<Peer>,
}

/// Most peers of a node.
const PEERS_MAX: usize = 1024;

impl Peers {
    /// Where they are listed.
    pub fn path(role_folder: &Path) -> PathBuf {
        role_folder.join("peers.json")
    }

    /// Reads the list; an absent file is an empty one.
    ///
    /// # Errors
    /// [`ControlError`]: the file is damaged, or names a peer or a certificate twice.
    pub fn read(role_folder: &Path) -> Result<Self, ControlError> {
        let path = Self::path(role_folder);
        let Some(bytes) = files::read(&path)? else {
            return Ok(Self::default());
        };
        let listed: Listed = serde_json::from_slice(&bytes)
            .map_err(|e| ControlError::document(path.display(), e))?;
        Self::checked(listed.peers).map_err(|e| ControlError::document(path.display(), e))
    }

    fn checked(peers: Vec<Peer>) -> Result<Self, String> {
        if peers.len() > PEERS_MAX {
            return Err(format!("it names more than {PEERS_MAX} peers"));
        }
        for (at, peer) in peers.iter().enumerate() {
            if peer.fingerprint().is_none() {
                return Err(format!("the sha256 of `{}` is none", peer.name));
            }
            let before = peers.iter().take(at);
            if before
                .into_iter()
                .any(|other| other.name == peer.name || other.sha256 == peer.sha256)
            {
                return Err(format!("`{}` or its certificate is named twice", peer.name));
            }
        }
        Ok(Self { peers })
    }

    /// Adds a peer, or replaces the one of its name, and writes the list.
    ///
    /// # Errors
    /// [`ControlError`]: the list cannot be read or written, or the certificate is another peer's.
    pub fn join(role_folder: &Path, peer: Peer) -> Result<(), ControlError> {
        let mut peers = Self::read(role_folder)?.peers;
        peers.retain(|other| other.name != peer.name);
        peers.push(peer);
        let path = Self::path(role_folder);
        let checked =
            Self::checked(peers).map_err(|e| ControlError::document(path.display(), e))?;
        let listed = Listed {
            peers: checked.peers,
        };
        let mut text = serde_json::to_vec_pretty(&listed)
            .map_err(|e| ControlError::document(path.display(), e))?;
        text.push(b'\n');
        files::write(&path, &text, files::PRIVATE)
    }

    /// The peer of a name.
    pub fn named(&self, name: &str) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.name == name)
    }

    /// The peer whose certificate has this hash.
    pub fn holding(&self, fingerprint: Fingerprint) -> Option<&Peer> {
        let of = |peer: &&Peer| peer.fingerprint() == Some(fingerprint);
        self.peers.iter().find(of)
    }

    /// All of them.
    pub fn all(&self) -> &[Peer] {
        &self.peers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(name: &str, byte: u8) -> Peer {
        Peer {
            name: name.to_owned(),
            url: "https://127.0.0.1:1".to_owned(),
            sha256: Fingerprint([byte; 32]).to_string(),
            may: vec![May::Mirror, May::Lease],
        }
    }

    #[test]
    fn a_peer_is_found_by_name_and_certificate_and_replaced_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Peers::read(folder.path()).unwrap().all().is_empty());
        Peers::join(folder.path(), peer("office", 1)).unwrap();
        Peers::join(folder.path(), peer("office", 2)).unwrap();
        Peers::join(folder.path(), peer("operator", 3)).unwrap();
        let taken = Peers::join(folder.path(), peer("stranger", 3));
        assert!(taken.is_err(), "one certificate is of one peer");
        let peers = Peers::read(folder.path()).unwrap();
        assert_eq!(peers.all().len(), 2);
        assert_eq!(peers.named("office"), Some(&peer("office", 2)));
        assert_eq!(peers.holding(Fingerprint([1; 32])), None);
        assert_eq!(
            peers.holding(Fingerprint([3; 32])).unwrap().name,
            "operator"
        );
    }

    #[test]
    fn a_list_with_other_words_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "{}",
            "[]",
            r#"{"peers":[{"name":"a","url":"","sha256":"00","may":[]}]}"#,
            r#"{"peers":[],"more":1}"#,
        ] {
            std::fs::write(Peers::path(folder.path()), text).unwrap();
            assert!(Peers::read(folder.path()).is_err(), "{text}");
        }
    }

    #[test]
    fn each_word_is_the_one_of_the_file() {
        for may in May::ALL {
            let text = serde_json::to_string(&may).unwrap();
            assert_eq!(text, format!("\"{}\"", may.word()));
        }
    }
}
