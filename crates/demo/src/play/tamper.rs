//! One byte of a copy. In: a node. Out: what the verifier says of a copy of its log in which one byte is another. Never: a byte of the node itself changed; the copy goes.

use super::PlayError;
use sakimori_control::{ControlError, Host, Node};
use std::fs;
use std::path::{Path, PathBuf};

/// What was changed, and what the verifier said.
#[derive(Clone, Debug)]
pub struct Tampered {
    /// The file, below the log's folder.
    pub file: String,
    /// The byte.
    pub offset: usize,
    /// The report.
    pub report: sakimori_verify::Report,
}

/// Copies the log to a folder of its own, flips a byte in the middle of a bundle of entries, and verifies.
pub(super) fn tamper(node: &Node, host: &Host) -> Result<Tampered, PlayError> {
    let folder = tempfile::Builder::new().prefix("sakimori-copy-").tempdir();
    let folder = folder.map_err(ControlError::file("create", &std::env::temp_dir()))?;
    let copy = folder.path().join("log");
    copy_folder(&node.log(), &copy)?;
    let bundle = a_bundle(&copy.join("tile/entries"))?;
    let mut bytes = fs::read(&bundle).map_err(ControlError::file("read", &bundle))?;
    let offset = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(offset) {
        *byte ^= 1;
    }
    fs::write(&bundle, &bytes).map_err(ControlError::file("write", &bundle))?;
    let options = sakimori_verify::Options {
        trust_root: Some(node.trust_root()),
        now: Some(host.seconds().0),
        ..sakimori_verify::Options::default()
    };
    let report =
        sakimori_verify::verify(&copy, &options, &mut |_, _| {}).map_err(PlayError::Verify)?;
    let file = bundle
        .strip_prefix(&copy)
        .unwrap_or(&bundle)
        .display()
        .to_string();
    Ok(Tampered {
        file,
        offset,
        report,
    })
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), ControlError> {
    fs::create_dir_all(to).map_err(ControlError::file("create", to))?;
    let list = fs::read_dir(from).map_err(ControlError::file("list", from))?;
    for entry in list {
        let entry = entry.map_err(ControlError::file("list", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(ControlError::file("copy", &source))?;
        }
    }
    Ok(())
}

/// The first bundle in the order of paths.
fn a_bundle(folder: &Path) -> Result<PathBuf, ControlError> {
    let failed = || ControlError::file("list", folder);
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failed())?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    names.sort();
    let first = names
        .into_iter()
        .next()
        .ok_or_else(|| failed()(std::io::ErrorKind::NotFound.into()))?;
    if first.is_dir() {
        a_bundle(&first)
    } else {
        Ok(first)
    }
}
