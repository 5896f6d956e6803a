//! Key files: one private key of a note signer each, mode 0600. In: a name, random bytes. Out: signers. Never: a key that replaces another.

use crate::error::ControlError;
use crate::files;
use crate::host::Host;
use sakimori_tlog::PostQuantumCosigner;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use std::path::Path;
use zeroize::Zeroizing;

/// Makes a key and writes it to a file that was not there.
///
/// # Errors
/// [`ControlError::Usage`] where there is a file already, or the name is none of a key; [`ControlError::File`]; [`ControlError::Randomness`].
pub fn create(
    path: &Path,
    name: &str,
    kind: KeyKind,
    host: &Host,
) -> Result<NoteSigner, ControlError> {
    if path.exists() {
        let path = path.display();
        return Err(ControlError::Usage(format!(
            "{path} is there already; a key is never replaced"
        )));
    }
    let seed = Zeroizing::new(host.bytes().map_err(ControlError::Randomness)?);
    let signer = NoteSigner::from_seed(name, kind, &seed)
        .map_err(|e| ControlError::Usage(format!("`{name}` cannot name a key: {e}")))?;
    files::write(path, signer.to_text().as_bytes(), files::PRIVATE)?;
    Ok(signer)
}

/// Reads a key file.
///
/// # Errors
/// [`ControlError::File`] where there is none; [`ControlError::Document`] where it holds something else.
pub fn read(path: &Path) -> Result<NoteSigner, ControlError> {
    let bytes = Zeroizing::new(files::read_present(path)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| ControlError::document(path.display(), "it is no key file"))?;
    NoteSigner::from_text(text).map_err(|e| ControlError::document(path.display(), e))
}

/// Makes an ML-DSA-44 key that cosigns and writes it to a file that was not there.
///
/// # Errors
/// As [`create`].
pub fn create_post_quantum(
    path: &Path,
    name: &str,
    host: &Host,
) -> Result<PostQuantumCosigner, ControlError> {
    if path.exists() {
        let path = path.display();
        return Err(ControlError::Usage(format!(
            "{path} is there already; a key is never replaced"
        )));
    }
    let seed = Zeroizing::new(host.bytes().map_err(ControlError::Randomness)?);
    let unnamed = |e| ControlError::Usage(format!("`{name}` cannot name a key: {e}"));
    let text = PostQuantumCosigner::to_text(name, &seed).map_err(unnamed)?;
    files::write(path, text.as_bytes(), files::PRIVATE)?;
    PostQuantumCosigner::from_seed(name, &seed).map_err(unnamed)
}

/// Reads the file of an ML-DSA-44 key; `None` where there is none.
///
/// # Errors
/// [`ControlError::Document`] where it holds something else; [`ControlError::File`].
pub fn read_post_quantum(path: &Path) -> Result<Option<PostQuantumCosigner>, ControlError> {
    let Some(bytes) = files::read(path)?.map(Zeroizing::new) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| ControlError::document(path.display(), "it is no key file"))?;
    let read = PostQuantumCosigner::from_text(text);
    read.map(Some)
        .map_err(|e| ControlError::document(path.display(), e))
}
