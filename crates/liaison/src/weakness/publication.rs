//! What goes out. In: cases, who publishes, a signer, an instant. Out: the files of a provider at that instant, and when the next one has to be made; a folder that holds them. Never: a
//! version before its hour; a folder that is half of one and half of another.

use super::WeaknessError;
use super::case::{load, with_releases};
use sakimori_advisory::csaf::Edition;
use sakimori_advisory::limits::PUBLISHED_MAX;
use sakimori_advisory::publish::tree::Files;
use sakimori_advisory::publish::{Case, DocumentError, Provider, Sign, document, tree};
use sakimori_advisory::room::Room;
use sakimori_advisory::room::going_out::{Assigner, records};
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;
use sakimori_store::Store;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Who publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct House {
    /// As documents and lists name it.
    pub provider: Provider,
    /// As an assigner of CVE ids; without it there are no records.
    pub assigner: Option<Assigner>,
}

/// What is published at an instant.
#[derive(Clone, Debug)]
pub struct Published {
    /// The files, by path below the web root.
    pub files: Files,
    /// The newest version of each case that everybody may read, by id.
    pub open: Vec<Case>,
    /// The newest version of each case that is for operators alone, by id.
    pub shared: Vec<Case>,
    /// The instant at which there is more, as far as is known now.
    pub next: Option<Seconds>,
}

/// Every version of every case that has an hour, also one that is still ahead.
///
/// # Errors
/// What the store says; [`WeaknessError::Many`].
pub async fn versions(store: &(impl Store + ?Sized)) -> Result<Vec<Case>, WeaknessError> {
    let mut versions = Vec::new();
    for id in with_releases(store, PUBLISHED_MAX).await? {
        versions.extend(load(store, &id).await?.room.versions());
    }
    Ok(versions)
}

/// The address of a case's page.
pub fn page_of(provider: &Provider, id: &str) -> String {
    format!("{}/advisories/{}", provider.root, id.to_ascii_lowercase())
}

/// What is public at an instant: documents, lists, hashes, signatures, records. It costs some milliseconds a document.
///
/// # Errors
/// [`WeaknessError::Publish`], [`WeaknessError::Record`]: what was public stays, and somebody has to look.
pub fn at(
    house: &House,
    versions: &[Case],
    now: Seconds,
    signer: &dyn Sign,
) -> Result<Published, WeaknessError> {
    let mut files = tree(&house.provider, versions, now, signer)?;
    let mut open: Vec<&Case> = Vec::new();
    for case in versions.iter().filter(|case| case.release <= now) {
        open.retain(|other| other.id != case.id || other.release > case.release);
        if !open.iter().any(|other| other.id == case.id) {
            open.push(case);
        }
    }
    let shared = open
        .iter()
        .filter(|case| !matches!(case.tlp, Tlp::Clear | Tlp::Red));
    let shared = shared.map(|case| (*case).clone()).collect();
    open.retain(|case| case.tlp == Tlp::Clear);
    if let Some(assigner) = &house.assigner {
        for case in &open {
            let page = page_of(&house.provider, &case.id);
            files.extend(records(case, assigner, &page)?);
        }
    }
    let ahead = versions.iter().map(|case| case.release);
    Ok(Published {
        files,
        open: open.into_iter().cloned().collect(),
        shared,
        next: ahead.filter(|release| *release > now).min(),
    })
}

/// Holds a draft against the schema and the mandatory tests of both editions, and against the record's format, before somebody approves it.
///
/// # Errors
/// [`WeaknessError::Document`], [`WeaknessError::Record`] with what has to be mended.
pub fn check(house: &House, room: &Room, now: Seconds) -> Result<(), WeaknessError> {
    let release = room.hour().map_or(now, |hour| hour.at.max(now));
    let Some(case) = room.trial(release) else {
        return Ok(());
    };
    for edition in [Edition::V20, Edition::V21] {
        match document(&case, &house.provider, edition) {
            // What an edition has no label for has the other edition alone.
            Ok(_) | Err(DocumentError::Recipients { .. }) => {}
            Err(e) => return Err(e.into()),
        }
    }
    if let Some(assigner) = &house.assigner {
        records(&case, assigner, &page_of(&house.provider, &case.id))?;
    }
    Ok(())
}

/// Name of the link that leads to the tree in force.
pub const CURRENT: &str = "current";
/// Name of a tree while it is removed; what a fall left of one goes before the next.
const GONE: &str = "tree.gone";

fn disk(path: &Path) -> impl FnOnce(io::Error) -> WeaknessError + '_ {
    |source| WeaknessError::Disk {
        path: path.to_owned(),
        source,
    }
}

/// Writes the files into a folder of their own below `home` and then lets `home/current` lead there, in one step: whoever reads through it sees all of the old tree or all of the new one.
/// The tree before is kept for those who are reading it; older ones are removed.
///
/// # Errors
/// [`WeaknessError::Disk`]; `current` leads where it led.
pub fn write(home: &Path, files: &Files, now: Seconds) -> Result<(), WeaknessError> {
    fs::create_dir_all(home).map_err(disk(home))?;
    let name = format!("tree-{}-{}", now.0, digest(files));
    let whole = home.join(&name);
    if !whole.exists() {
        let part = home.join(format!("{name}.part"));
        if part.exists() {
            fs::remove_dir_all(&part).map_err(disk(&part))?;
        }
        for (path, bytes) in files {
            let file = part.join(path);
            put(&file, bytes).map_err(disk(&file))?;
        }
        sync_folders(&part).map_err(disk(&part))?;
        fs::rename(&part, &whole).map_err(disk(&whole))?;
    }
    let before = fs::read_link(home.join(CURRENT)).ok();
    let fresh = home.join(format!("{CURRENT}.part"));
    if fresh.symlink_metadata().is_ok() {
        fs::remove_file(&fresh).map_err(disk(&fresh))?;
    }
    std::os::unix::fs::symlink(&name, &fresh).map_err(disk(&fresh))?;
    let current = home.join(CURRENT);
    fs::rename(&fresh, &current).map_err(disk(&current))?;
    fs::File::open(home)
        .and_then(|folder| folder.sync_all())
        .map_err(disk(home))?;
    tidy(home, &[Some(PathBuf::from(name)), before])
}

/// The first bytes of a hash over paths and contents.
fn digest(files: &Files) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for (path, bytes) in files {
        hash.update((path.len() as u64).to_be_bytes());
        hash.update(path);
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    }
    let hash = hash.finalize();
    sakimori_custody::ids::hex(hash.get(..8).unwrap_or_default())
}

fn put(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut out = fs::File::create_new(file)?;
    out.write_all(bytes)?;
    out.sync_all()
}

/// Makes the names in all folders durable.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    fs::File::open(folder)?.sync_all()
}

/// Removes trees that nobody is led to any more; only folders that this file made are touched.
fn tidy(home: &Path, kept: &[Option<PathBuf>]) -> Result<(), WeaknessError> {
    for entry in fs::read_dir(home).map_err(disk(home))? {
        let entry = entry.map_err(disk(home))?;
        let name = PathBuf::from(entry.file_name());
        let text = name.to_string_lossy();
        let ours = text.starts_with("tree-") && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if ours && !kept.contains(&Some(name.clone())) {
            // In one piece: whoever looks at it has all of it or nothing.
            let (path, gone) = (entry.path(), home.join(GONE));
            if gone.exists() {
                fs::remove_dir_all(&gone).map_err(disk(&gone))?;
            }
            fs::rename(&path, &gone).map_err(disk(&path))?;
            fs::remove_dir_all(&gone).map_err(disk(&gone))?;
        }
    }
    Ok(())
}
