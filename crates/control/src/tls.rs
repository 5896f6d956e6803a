//! How nodes know each other: one certificate per node, pinned by its hash. In: a role's folder. Out: its key and certificate, the peers that it knows, an agent that calls
//! them. Never: trust in a name, an authority of certificates or an address; a key that replaces another.
//!
//! Certificates are self-signed: what counts is the SHA-256 of the whole certificate, which two administrators tell each other (`sakimori node join`). An administrator may put
//! a certificate of another kind in its place; then its hash is what peers pin.

mod agent;
mod peers;

pub use agent::{Agents, plain_agent};
pub use peers::{May, Peer, Peers};

use crate::error::{ControlError, told};
use crate::files;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sakimori_custody::ids::{hex, unhex};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use zeroize::Zeroizing;

/// SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate.as_ref()).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        unhex(text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no SHA-256 of a certificate (64 hex digits)"))
    }
}

/// A node's key and certificate.
pub struct Identity {
    /// The certificate, and what an administrator put behind it.
    pub chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Where a role keeps its certificate.
    pub fn certificate_path(role_folder: &Path) -> PathBuf {
        role_folder.join("tls/certificate.pem")
    }

    fn key_path(role_folder: &Path) -> PathBuf {
        role_folder.join("tls/key.pem")
    }

    /// Reads the identity of a role's folder, and makes it where there is none. `names` are the host names and addresses that a browser will use.
    ///
    /// # Errors
    /// [`ControlError`]: a file is damaged, one of the two is missing, or a name is none.
    pub fn open(role_folder: &Path, names: &[String]) -> Result<Self, ControlError> {
        let (certificate, key) = (
            Self::certificate_path(role_folder),
            Self::key_path(role_folder),
        );
        if !certificate.exists() && !key.exists() {
            Self::create(role_folder, names)?;
        }
        Self::read(role_folder)
    }

    /// Reads the identity of a role's folder.
    ///
    /// # Errors
    /// [`ControlError`]: there is none, or a file is damaged.
    pub fn read(role_folder: &Path) -> Result<Self, ControlError> {
        let path = Self::key_path(role_folder);
        let text = Zeroizing::new(files::read_present(&path)?);
        let key = PrivateKeyDer::from_pem_slice(&text)
            .map_err(|e| ControlError::document(path.display(), e))?;
        Ok(Self {
            chain: certificates(&Self::certificate_path(role_folder))?,
            key,
        })
    }

    fn create(role_folder: &Path, names: &[String]) -> Result<(), ControlError> {
        let failed = |e: rcgen::Error| ControlError::Usage(format!("no certificate: {e}"));
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
        let role = role_folder.file_name().unwrap_or_default();
        let name = format!("sakimori {}", role.to_string_lossy());
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).map_err(failed)?;
        let secret = Zeroizing::new(key.serialize_pem());
        // The key first: a certificate without its key would be taken for one.
        files::write(
            &Self::key_path(role_folder),
            secret.as_bytes(),
            files::PRIVATE,
        )?;
        files::write(
            &Self::certificate_path(role_folder),
            certificate.pem().as_bytes(),
            files::PUBLIC,
        )
    }

    /// The hash that peers pin.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.chain.first().map(Fingerprint::of)
    }

    /// The private key, for a TLS library.
    pub fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }
}

/// The certificates of a PEM file, at least one.
///
/// # Errors
/// [`ControlError`]: there is none, or the file is damaged.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ControlError> {
    let text = files::read_present(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|e| ControlError::document(path.display(), told(&e)))?;
    if chain.is_empty() {
        return Err(ControlError::document(
            path.display(),
            "it holds no certificate",
        ));
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_identity_is_made_once_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let role = folder.path().join("office");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = Identity::open(&role, &names).unwrap().fingerprint();
        let again = Identity::open(&role, &[]).unwrap().fingerprint();
        assert!(made.is_some());
        assert_eq!(made, again);
        let mode = std::fs::metadata(Identity::key_path(&role)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, files::PRIVATE);
        std::fs::remove_file(Identity::certificate_path(&role)).unwrap();
        assert!(
            Identity::open(&role, &names).is_err(),
            "half of one is none"
        );
    }

    #[test]
    fn a_fingerprint_reads_back_and_no_other_text_is_one() {
        let fingerprint = Fingerprint([0xab; 32]);
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        for text in ["", "ab", &"AB".repeat(32), &"zz".repeat(32)] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }
}
