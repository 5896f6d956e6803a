//! The package on a stick, signed by an operator's node and held against the certificate that the office's node pins. In: a package, a role's folder. Out: the signed package; the package
//! of the operator whose node signed it. Never: a package of a node that nobody pinned, or of one operator in another's name.
//!
//! The file is text: [`SEALED`], `certificate: ` (DER, hex), `scheme: ` (the number of the signature scheme in TLS, RFC 8446, 4.2.3), `signature: ` (hex), an empty line, then the
//! package byte for byte. What is signed is the first line with its end, then the package.

use rustls::SignatureScheme;
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::CertificateDer;
use sakimori_control::ControlError;
use sakimori_control::error::told;
use sakimori_control::tls::{Fingerprint, Identity, May, Peers};
use sakimori_cooperate::form::read_json;
use sakimori_cooperate::limits::FILE_BYTES_MAX;
use sakimori_custody::ids::{hex, unhex};
use sakimori_liaison::report::Handover;
use std::path::Path;

/// First line of a signed package.
pub const SEALED: &str = "sakimori/sealed-handover/v1";
/// Longest certificate, bytes: one of a usual key has less than a thousand.
const CERTIFICATE_BYTES_MAX: usize = 16 << 10;
/// Longest signed package: a package, and what stands around it.
pub const SEALED_BYTES_MAX: usize = FILE_BYTES_MAX + 4 * CERTIFICATE_BYTES_MAX;

fn refused(why: impl std::fmt::Display) -> ControlError {
    ControlError::document("the package", why)
}

/// What is signed of a package.
fn message(package: &[u8]) -> Vec<u8> {
    [SEALED.as_bytes(), b"\n", package].concat()
}

/// Signs a package with the key of a node's certificate, which is made where there is none yet.
///
/// # Errors
/// [`ControlError`]: the node's certificate or key cannot be read, or its key is of a kind that signs nothing.
pub fn seal(package: &Handover, role_folder: &Path) -> Result<Vec<u8>, ControlError> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let identity = Identity::open(role_folder, &names)?;
    let certificate = identity.chain.first();
    let certificate = certificate.ok_or_else(|| refused("this node has no certificate"))?;
    let key = any_supported_type(&identity.key()).map_err(refused)?;
    let schemes: Vec<SignatureScheme> = default_provider()
        .signature_verification_algorithms
        .supported_schemes();
    let signer = key.choose_scheme(&schemes);
    let signer = signer.ok_or_else(|| refused("this node's key signs nothing"))?;
    let mut body = serde_json::to_vec_pretty(package).map_err(refused)?;
    body.push(b'\n');
    let signature = signer.sign(&message(&body)).map_err(refused)?;
    let head = format!(
        "{SEALED}\ncertificate: {}\nscheme: {}\nsignature: {}\n\n",
        hex(certificate),
        u16::from(signer.scheme()),
        hex(&signature)
    );
    Ok([head.as_bytes(), &body].concat())
}

/// Whether a file is a signed package, well or badly signed.
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(SEALED.as_bytes())
}

/// Reads a signed package and holds it against the peers of the office's folder: the certificate is pinned, may report, and is that of the operator whose package it is.
///
/// # Errors
/// [`ControlError::Document`]: it is no package, or not one that a pinned node signed.
pub fn opened(bytes: &[u8], role_folder: &Path) -> Result<Handover, ControlError> {
    let damaged = || refused("is no signed package");
    if bytes.len() > SEALED_BYTES_MAX {
        return Err(refused("is longer than a package can be"));
    }
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let end = end.ok_or_else(damaged)?;
    let (head, body) = bytes.split_at_checked(end + 2).ok_or_else(damaged)?;
    let head = std::str::from_utf8(head).map_err(|_| damaged())?;
    let mut lines = head.lines();
    if lines.next() != Some(SEALED) {
        return Err(damaged());
    }
    let mut value = |name: &str| {
        let line = lines.next()?;
        line.strip_prefix(name)?.strip_prefix(": ")
    };
    let (certificate, scheme, signature) = (
        value("certificate").and_then(unhexed),
        value("scheme").and_then(|text| text.parse::<u16>().ok()),
        value("signature").and_then(unhexed),
    );
    let (Some(certificate), Some(scheme), Some(signature)) = (certificate, scheme, signature)
    else {
        return Err(damaged());
    };
    let certificate = CertificateDer::from(certificate);
    let peers = Peers::read(role_folder)?;
    let peer = peers.holding(Fingerprint::of(&certificate));
    let peer = peer.filter(|peer| peer.may.contains(&May::Report));
    let peer = peer.ok_or_else(|| {
        refused("is signed with a certificate that this node does not know: `sakimori node join`")
    })?;
    verified(&certificate, scheme, (&message(body), &signature))?;
    let package: Handover = read_json(body).map_err(|e| refused(told(&e)))?;
    if package.operator != peer.name {
        let (said, name) = (&package.operator, &peer.name);
        return Err(refused(format!(
            "is of `{said}` and signed by the node of `{name}`"
        )));
    }
    Ok(package)
}

/// Bytes of hex digits, of a bounded length.
fn unhexed(text: &str) -> Option<Vec<u8>> {
    let fits = (2..=CERTIFICATE_BYTES_MAX * 2).contains(&text.len());
    let pairs = text.as_bytes().chunks_exact(2);
    if !fits || !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| unhex::<1>(std::str::from_utf8(pair).ok()?).map(|[byte]| byte))
        .collect()
}

fn verified(
    certificate: &CertificateDer<'_>,
    scheme: u16,
    (message, signature): (&[u8], &[u8]),
) -> Result<(), ControlError> {
    let bad = || refused("has a signature that does not hold");
    let holder = webpki::EndEntityCert::try_from(certificate).map_err(|_| bad())?;
    let known = default_provider().signature_verification_algorithms.mapping;
    let algorithms = known
        .iter()
        .find(|(each, _)| u16::from(*each) == scheme)
        .map(|(_, algorithms)| *algorithms)
        .unwrap_or_default();
    let holds = algorithms.iter().any(|algorithm| {
        holder
            .verify_signature(*algorithm, message, signature)
            .is_ok()
    });
    holds.then_some(()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_control::tls::Peer;
    use std::path::PathBuf;

    fn package(operator: &str) -> Handover {
        let said = serde_json::json!({
            "format": "sakimori/handover/v1", "operator": operator, "made_at": "2026-10-02T00:00:00Z", "filers": [], "reports": ["{}\n"],
        });
        serde_json::from_value(said).unwrap()
    }

    fn pinned(folder: &Path, office: &Path, name: &str, may: May) -> PathBuf {
        let own = folder.join(name);
        let identity = Identity::open(&own, &["localhost".to_owned()]).unwrap();
        let peer = Peer {
            name: name.to_owned(),
            url: String::new(),
            sha256: identity.fingerprint().unwrap().to_string(),
            may: vec![may],
        };
        Peers::join(office, peer).unwrap();
        own
    }

    #[test]
    fn a_package_is_taken_as_its_pinned_node_signed_it_and_in_no_other_way() {
        let folder = tempfile::tempdir().unwrap();
        let office = folder.path().join("office");
        let water = pinned(folder.path(), &office, "water-1", May::Report);
        let reader = pinned(folder.path(), &office, "rail-1", May::Read);
        let stranger = folder.path().join("gas-1");
        let sealed = seal(&package("water-1"), &water).unwrap();
        assert!(is_sealed(&sealed));
        assert_eq!(opened(&sealed, &office).unwrap(), package("water-1"));
        let why = |bytes: &[u8]| opened(bytes, &office).unwrap_err().to_string();
        assert!(why(&seal(&package("gas-1"), &stranger).unwrap()).contains("does not know"));
        assert!(why(&seal(&package("rail-1"), &reader).unwrap()).contains("does not know"));
        let other = why(&seal(&package("gas-1"), &water).unwrap());
        assert!(other.contains("signed by the node of `water-1`"), "{other}");
        // No byte of it can be another, but for the case of a hex digit, which means the same.
        let text = String::from_utf8(sealed.clone()).unwrap();
        for (from, to) in [
            ("2026-10-02", "2026-10-03"),
            ("{}", "[]"),
            ("\"water-1\"", "\"water-2\""),
        ] {
            assert!(text.contains(from));
            assert!(
                why(text.replacen(from, to, 1).as_bytes()).contains("does not hold"),
                "{from}"
            );
        }
        for cut in [1, SEALED.len() + 1, sealed.len() / 2, sealed.len() - 1] {
            assert!(opened(&sealed[..cut], &office).is_err(), "{cut}");
        }
        for (from, to) in [
            ("scheme: ", "scheme: 9"),
            ("scheme: ", "scheme: x"),
            ("signature: ", "signature: 00"),
        ] {
            assert!(
                opened(text.replacen(from, to, 1).as_bytes(), &office).is_err(),
                "{to}"
            );
        }
        let plain = serde_json::to_vec(&package("water-1")).unwrap();
        assert!(!is_sealed(&plain) && opened(&plain, &office).is_err());
        assert!(opened(&vec![b'\n'; SEALED_BYTES_MAX + 1], &office).is_err());
    }
}
