//! Lists of what a provider has: index.txt, changes.csv, ROLIE feed, service and category, metadata. In: documents in their places. Out: files. Never: a document that is
//! not in the tree. Source: CSAF 2.0, 7.1.7, 7.1.12, 7.1.13, 7.1.15 to 7.1.17; RFC 8322.

use super::bytes;
use super::case::label;
use super::openpgp::Sign;
use super::tree::{Files, Provider, Published, folder};
use crate::csaf::Edition;
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the lists of an edition.
pub(super) fn lists(
    files: &mut Files,
    provider: &Provider,
    edition: Edition,
    folders: &mut BTreeMap<Tlp, Vec<Published<'_>>>,
    signer: &dyn Sign,
) {
    // An empty public folder is one too: who looks finds that there is nothing.
    folders.entry(Tlp::Clear).or_default();
    let home = home(edition);
    let mut public = Vec::new();
    let mut newest = Seconds(0);
    for (tlp, published) in folders.iter_mut() {
        // The newest change first (7.1.13), and names in order where two are of one instant.
        published.sort_by(|a, b| {
            let by_time = b.case.release.cmp(&a.case.release);
            by_time.then_with(|| a.below.cmp(&b.below))
        });
        let folder = folder(*tlp, edition);
        let updated = published.first().map_or(Seconds(0), |p| p.case.release);
        let (mut index, mut changes) = (String::new(), String::new());
        for path in published.iter().map(|p| &p.below).collect::<BTreeSet<_>>() {
            index.extend([path, "\n"]);
        }
        for p in published.iter() {
            let changed = p.case.release.to_string();
            changes.extend(["\"", &p.below, "\",\"", &changed, "\"\n"]);
        }
        files.insert(format!("{folder}/index.txt"), index.into_bytes());
        files.insert(format!("{folder}/changes.csv"), changes.into_bytes());
        let label = label(*tlp, edition).unwrap_or_default();
        let name = format!(
            "csaf-feed-tlp-{}.json",
            label.to_ascii_lowercase().replace('+', "-")
        );
        let url = format!("{}/{folder}/{name}", provider.root);
        let feed = feed(provider, edition, &url, label, published, updated);
        files.insert(format!("{folder}/{name}"), bytes(feed));
        let service = bytes(service(provider, &collection(&url, label)));
        if *tlp != Tlp::Clear {
            // Those who may read it are told where it is; that it exists, and when it changed, is not for everybody.
            files.insert(format!("{folder}/service.json"), service);
            continue;
        }
        files.insert(format!("{home}/service.json"), service);
        newest = updated;
        let summary = format!("Advisories of {} for TLP:{label}", provider.name);
        let mut feed = json!({ "summary": summary, "tlp_label": label, "url": url });
        let directory = format!("{}/{folder}/", provider.root);
        let directory = match edition {
            Edition::V20 => json!({ "directory_url": directory }),
            Edition::V21 => {
                feed["last_updated"] = json!(updated.to_string());
                json!({ "directory": { "tlp_label": label, "url": directory } })
            }
        };
        let rolie = json!({
            "categories": [format!("{}/{home}/category.json", provider.root)],
            "feeds": [feed],
            "services": [format!("{}/{home}/service.json", provider.root)],
        });
        public.extend([json!({ "rolie": rolie }), directory]);
    }
    files.insert(format!("{home}/category.json"), bytes(category(folders)));
    let metadata = metadata(provider, edition, &public, newest, signer);
    files.insert(format!("{home}/provider-metadata.json"), bytes(metadata));
}

fn home(edition: Edition) -> &'static str {
    match edition {
        Edition::V20 => ".well-known/csaf",
        Edition::V21 => ".well-known/csaf/v2.1",
    }
}

const INFORMATION: &str = "urn:ietf:params:rolie:category:information-type";

fn feed(
    provider: &Provider,
    edition: Edition,
    url: &str,
    label: &str,
    published: &[Published<'_>],
    updated: Seconds,
) -> Value {
    let service = match label {
        "WHITE" | "CLEAR" => format!("{}/{}/service.json", provider.root, home(edition)),
        _ => url.rsplit_once('/').map_or(String::new(), |(folder, _)| {
            format!("{folder}/service.json")
        }),
    };
    let schema = match edition {
        Edition::V20 => "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json",
        Edition::V21 => "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json",
    };
    let entries = published.iter().map(|p| {
        let here = format!(
            "{}/{}/{}",
            provider.root,
            folder(p.case.tlp, edition),
            p.below
        );
        json!({
            "id": p.case.id,
            "title": p.case.title,
            "link": [
                { "rel": "self", "href": here },
                { "rel": "hash", "href": format!("{here}.sha256") },
                { "rel": "hash", "href": format!("{here}.sha512") },
                { "rel": "signature", "href": format!("{here}.asc") },
            ],
            "published": p.first.to_string(),
            "updated": p.case.release.to_string(),
            "summary": { "content": p.case.summary },
            "content": { "type": "application/json", "src": here },
            "format": { "schema": schema, "version": edition.text() },
        })
    });
    json!({ "feed": {
        "id": format!("csaf-feed-tlp-{}", label.to_ascii_lowercase().replace('+', "-")),
        "title": format!("Advisories of {} (TLP:{label})", provider.name),
        "link": [{ "rel": "self", "href": url }, { "rel": "service", "href": service }],
        "category": [{ "scheme": INFORMATION, "term": "csaf" }],
        "updated": updated.to_string(),
        "entry": entries.collect::<Vec<_>>(),
    } })
}

fn service(provider: &Provider, collection: &Value) -> Value {
    let title = format!("Advisories of {}", provider.name);
    json!({ "service": { "workspace": [{ "title": title, "collection": [collection] }] } })
}

fn collection(url: &str, label: &str) -> Value {
    let mut categories = vec![json!({ "scheme": INFORMATION, "term": "csaf" })];
    if !matches!(label, "WHITE" | "CLEAR") {
        categories.push(json!({ "scheme": "https://www.first.org/tlp/", "term": label }));
    }
    json!({
        "title": format!("Advisories, TLP:{label}"),
        "href": url,
        "categories": { "category": categories },
    })
}

/// Products of what everybody may read; that a maker has a case for others alone is not for everybody.
fn category(folders: &BTreeMap<Tlp, Vec<Published<'_>>>) -> Value {
    let public = folders.get(&Tlp::Clear).into_iter().flatten();
    let products = public.flat_map(|p| &p.case.products);
    let terms: BTreeSet<String> = products
        .map(|p| format!("{} {}", p.maker, p.name))
        .collect();
    let mut terms: Vec<Value> = terms
        .into_iter()
        .map(|term| json!({ "term": term }))
        .collect();
    if terms.is_empty() {
        terms.push(json!({ "scheme": INFORMATION, "term": "csaf" }));
    }
    json!({ "categories": { "category": terms } })
}

fn metadata(
    provider: &Provider,
    edition: Edition,
    distributions: &[Value],
    newest: Seconds,
    signer: &dyn Sign,
) -> Value {
    let fingerprint = signer.fingerprint();
    let key = format!(
        "{}/.well-known/csaf/openpgp/{fingerprint}.asc",
        provider.root
    );
    let mut metadata = json!({
        "canonical_url": format!("{}/{}/provider-metadata.json", provider.root, home(edition)),
        "distributions": distributions,
        "last_updated": newest.to_string(),
        "list_on_CSAF_aggregators": provider.aggregators,
        "metadata_version": edition.text(),
        "mirror_on_CSAF_aggregators": provider.aggregators,
        "public_openpgp_keys": [{ "fingerprint": fingerprint, "url": key }],
        "publisher": provider.publisher(edition),
        "role": "csaf_trusted_provider",
    });
    if edition == Edition::V21 {
        metadata["$schema"] =
            json!("https://docs.oasis-open.org/csaf/csaf/v2.1/schema/provider.json");
    }
    metadata
}
