//! Where a node keeps its things. In: its folder. Out: paths (`docs/reference/formats.md` section 13). Never: a file touched.

use sakimori_custody::ids::{AuthorityId, SensorId, hex};
use sakimori_lake::{Lake, ShareVault};
use sakimori_ledger::service::Config;
use std::path::{Path, PathBuf};

/// A node's folder. One organisation has its own part of it; in a demonstration one folder has all of them.
#[derive(Clone, Debug)]
pub struct Node(PathBuf);

impl Node {
    /// Names the folder; nothing is read or made.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where the ledger keeps log and state.
    pub fn ledger(&self) -> Config {
        Config::below(&self.0)
    }

    /// The log's key.
    pub fn log_key(&self) -> PathBuf {
        self.0.join("ledger/log.key")
    }

    /// The log that everybody may read.
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The trust root that was installed: version 1.
    pub fn trust_root(&self) -> PathBuf {
        self.0.join("trust-root.note")
    }

    /// A version of the trust root that was entered after the pinned one.
    pub fn later_trust_root(&self, version: u64) -> PathBuf {
        self.0.join(format!("trust-roots/{version}.note"))
    }

    /// The file of a version of the trust root.
    pub fn root_file(&self, version: u64) -> PathBuf {
        if version == 1 {
            self.trust_root()
        } else {
            self.later_trust_root(version)
        }
    }

    /// A key of the office: `office` or `share`.
    pub fn office_key(&self, name: &str) -> PathBuf {
        self.0.join(format!("office/keys/{name}.key"))
    }

    /// The office's halves of bucket keys.
    pub fn office_shares(&self) -> ShareVault {
        ShareVault::at(self.0.join("office/shares"))
    }

    /// What a sensor is given of an authority.
    pub fn authority(&self, id: AuthorityId, sensor: &SensorId) -> PathBuf {
        self.0.join(format!("office/authorities/{id}/{sensor}"))
    }

    /// The statement of an authority, as the office keeps it.
    pub fn statement(&self, id: AuthorityId) -> PathBuf {
        self.0
            .join(format!("office/authorities/{id}/statement.note"))
    }

    /// All authorities' folders.
    pub fn authorities(&self) -> PathBuf {
        self.0.join("office/authorities")
    }

    /// A pack that the office signed, by its hash.
    pub fn pack(&self, hash: &[u8; 32]) -> PathBuf {
        self.0.join(format!("office/packs/{}.note", hex(hash)))
    }

    /// The commission's own folder.
    pub fn commission(&self) -> PathBuf {
        self.0.join("commission")
    }

    /// The text by which the commission's process tells where it listens.
    pub fn commission_address(&self) -> PathBuf {
        self.0.join("commission/address")
    }

    /// A sensor's own folder.
    pub fn sensor(&self, id: &SensorId) -> PathBuf {
        self.0.join("sensor").join(id.as_str())
    }

    /// Selected records.
    pub fn lake(&self) -> Lake {
        Lake::at(self.0.join("lake"))
    }

    /// Held by whoever writes findings.
    pub fn findings_lock(&self) -> PathBuf {
        self.0.join("office/findings.lock")
    }

    /// Findings, their entries and proofs.
    pub fn findings(&self) -> PathBuf {
        self.0.join("findings")
    }
}
