//! Keys of a new actuator. In: a folder, a name. Out: a note key, a certificate with its key. Never: a key in the place of another.

use super::CommandError;
use crate::{files, tls};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::CertificateDer;
use sakimori_custody::ids::hex;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use std::fmt::Display;
use std::path::Path;
use zeroize::Zeroizing;

fn failed(why: impl Display) -> CommandError {
    CommandError::Keys(why.to_string())
}

/// Makes what is not there; gives what the office and the producers need.
pub(super) fn make(dir: &Path, name: &str, host: &[String]) -> Result<String, CommandError> {
    files::folder(dir).map_err(failed)?;
    let (key, secret, certificate) = (
        dir.join("actuator.key"),
        dir.join("tls-key.pem"),
        dir.join("certificate.pem"),
    );
    for path in [&key, &secret, &certificate] {
        if path.exists() {
            return Err(failed(format!("`{}` is there", path.display())));
        }
    }
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(failed)?;
    let signer = NoteSigner::from_seed(name, KeyKind::Ed25519, &seed).map_err(failed)?;
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let mut params = CertificateParams::new(host.to_vec()).map_err(failed)?;
    let common = format!("sakimori actuator {name}");
    params.distinguished_name.push(DnType::CommonName, common);
    let made = params.self_signed(&pair).map_err(failed)?;
    let hash = tls::fingerprint(&CertificateDer::from(made.der().to_vec()));
    let text = Zeroizing::new(pair.serialize_pem());
    files::write(&key, signer.to_text().as_bytes()).map_err(failed)?;
    files::write(&secret, text.as_bytes()).map_err(failed)?;
    files::write(&certificate, made.pem().as_bytes()).map_err(failed)?;
    Ok(format!(
        "key of receipts, for measures: {}\nSHA-256 of the certificate, for producers: {}\n",
        signer.verifier(),
        hex(&hash)
    ))
}
