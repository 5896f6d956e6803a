//! The files of a provider. In: versions of cases, who publishes, a signer, the time. Out: paths below the web root, and bytes. Never: anything of a version whose release is
//! still ahead, be it a name in an index; TLP:RED, which has names and no folder. Source: CSAF 2.0, 7.1.8 to 7.1.20.

use super::case::{Case, label};
use super::document::{DocumentError, document};
use super::openpgp::{Sign, SignError};
use super::{bytes, feed};
use crate::csaf::{Edition, file_name};
use crate::limits::PUBLISHED_MAX;
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;

/// Paths below the web root, with `/` and without a leading one.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Who publishes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Name.
    pub name: String,
    /// Address that stands for it in documents.
    pub namespace: String,
    /// Why it may publish.
    pub authority: String,
    /// How to reach it.
    pub contact: String,
    /// `mailto:` or web address for `security.txt`.
    pub security_contact: String,
    /// Web root, `https://` without a slash at the end.
    pub root: String,
    /// What recipients may do, beside the label.
    pub distribution_text: Option<String>,
    /// Licence of the documents, an SPDX expression.
    pub licence: Option<String>,
    /// Whether aggregators may list and mirror it.
    pub aggregators: bool,
}

/// Why nothing is published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// A case gives no document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No signature.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Two cases would have one file.
    #[error("cases {first} and {second} would lie in one file, {path}")]
    SameFile {
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// The file.
        path: String,
    },
    /// The root is no web address.
    #[error("the provider's root `{root}` is no https address without a slash at its end")]
    Root {
        /// The root.
        root: String,
    },
    /// More than are published.
    #[error("more than {PUBLISHED_MAX} documents")]
    Many,
}

/// Where CSAF lies below the web root.
const HOME: &str = ".well-known/csaf";

impl Provider {
    /// The publisher in a document. The draft of 2.1 has moved the contact; without it a document keeps the schema of the one and the other.
    pub(super) fn publisher(&self, edition: Edition) -> Value {
        let mut publisher = json!({
            "category": "coordinator",
            "issuing_authority": self.authority,
            "name": self.name,
            "namespace": self.namespace,
        });
        if edition == Edition::V20 {
            publisher["contact_details"] = json!(self.contact);
        }
        publisher
    }

    /// The address of a case's document.
    pub(super) fn url_of(&self, case: &Case, edition: Edition, name: &str) -> String {
        format!(
            "{}/{}/{}/{name}",
            self.root,
            folder(case.tlp, edition),
            year(case)
        )
    }
}

/// The folder of an edition and of those who may read it. 2.1 has its own: one name, two documents.
pub(super) fn folder(tlp: Tlp, edition: Edition) -> String {
    let label = label(tlp, edition).unwrap_or_default();
    let label = label.to_ascii_lowercase().replace('+', "-");
    match edition {
        Edition::V20 => format!("{HOME}/{label}"),
        Edition::V21 => format!("{HOME}/v2.1/{label}"),
    }
}

/// Where the document of a case lies below the web root; none where the edition has no label for its marking, or its marking no folder.
pub fn path(case: &Case, edition: Edition) -> Option<String> {
    label(case.tlp, edition).filter(|_| case.tlp != Tlp::Red)?;
    let name = file_name::of(&case.id);
    Some(format!(
        "{}/{}/{name}",
        folder(case.tlp, edition),
        year(case)
    ))
}

/// The year of the first version, so that a document keeps its place (7.1.11).
fn year(case: &Case) -> u64 {
    let first = case.revisions.first().map_or(case.release, |r| r.date);
    first.year_month().0
}

/// A document in its place.
pub(super) struct Published<'c> {
    pub(super) case: &'c Case,
    /// Path below the folder, `2026/name.json`.
    pub(super) below: String,
    /// When its first version was released.
    pub(super) first: Seconds,
}

/// All files of a provider at the instant `now`: of each case its newest version whose release is not ahead. Folders for green and amber are for the server to guard.
///
/// # Errors
/// [`PublishError`]; then nothing is to be changed.
pub fn tree(
    provider: &Provider,
    versions: &[Case],
    now: Seconds,
    signer: &dyn Sign,
) -> Result<Files, PublishError> {
    if !provider.root.starts_with("https://") || provider.root.ends_with('/') {
        let root = provider.root.clone();
        return Err(PublishError::Root { root });
    }
    let mut newest: BTreeMap<&str, (&Case, Seconds)> = BTreeMap::new();
    for case in versions.iter().filter(|case| case.release <= now) {
        let (known, first) = newest.entry(&case.id).or_insert((case, case.release));
        *first = (*first).min(case.release);
        if case.release >= known.release {
            *known = case;
        }
    }
    if newest.len() > PUBLISHED_MAX {
        return Err(PublishError::Many);
    }
    let mut files = Files::new();
    let key_path = format!("{HOME}/openpgp/{}.asc", signer.fingerprint());
    files.insert(key_path, signer.public_key()?.into_bytes());
    for edition in [Edition::V20, Edition::V21] {
        let mut folders: BTreeMap<Tlp, Vec<Published<'_>>> = BTreeMap::new();
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for (case, first) in newest.values() {
            if case.tlp == Tlp::Red || label(case.tlp, edition).is_none() {
                continue;
            }
            let name = file_name::of(&case.id);
            let below = format!("{}/{name}", year(case));
            let path = format!("{}/{below}", folder(case.tlp, edition));
            if let Some(other) = names.insert(path.clone(), &case.id) {
                return Err(PublishError::SameFile {
                    first: other.to_owned(),
                    second: case.id.clone(),
                    path,
                });
            }
            let document = bytes(document(case, provider, edition)?);
            let signature = signer.sign(&document, case.release)?;
            let [sha256, sha512] = [
                hex(&Sha256::digest(&document)),
                hex(&Sha512::digest(&document)),
            ];
            files.insert(
                format!("{path}.sha256"),
                format!("{sha256}  {name}\n").into_bytes(),
            );
            files.insert(
                format!("{path}.sha512"),
                format!("{sha512}  {name}\n").into_bytes(),
            );
            files.insert(format!("{path}.asc"), signature.into_bytes());
            files.insert(path, document);
            let published = Published {
                case,
                below,
                first: *first,
            };
            folders.entry(case.tlp).or_default().push(published);
        }
        feed::lists(&mut files, provider, edition, &mut folders, signer);
    }
    files.insert(
        ".well-known/security.txt".to_owned(),
        security_txt(provider, now),
    );
    Ok(files)
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// RFC 9116, with the field of CSAF 2.0, 7.1.8. It expires: a file that nobody renews is not to be trusted.
fn security_txt(provider: &Provider, now: Seconds) -> Vec<u8> {
    let expires = now.day().start().plus_months(6);
    format!(
        "Contact: {}\nExpires: {expires}\nCSAF: {}/{HOME}/provider-metadata.json\nCSAF: {}/{HOME}/v2.1/provider-metadata.json\n",
        provider.security_contact, provider.root, provider.root,
    )
    .into_bytes()
}
