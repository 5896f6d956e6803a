//! A measure's report in the words of CASE 1.3 and UCO, as JSON-LD. In: the measure, its chain of custody, the verdicts. Out: one graph: the investigation, who acted, each item with its hash and
//! provenance, each act with what it was done to, each target with its verdict. Never: content of an item; an id that differs from run to run.
//!
//! CASE: <https://caseontology.org>, ontology 1.3.0; checked by `case_validate` of `case-utils` in the tests.

use super::chain::{Chain, Kind, Link};
use crate::effect::{Effect, Judgement};
use crate::safety::Target;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What is told of a measure.
#[derive(Clone, Copy, Debug)]
pub struct Measure<'m> {
    /// SHA-256 that names the measure.
    pub id: [u8; 32],
    /// Its name, for people.
    pub name: &'m str,
    /// Why it was done.
    pub purpose: &'m str,
    /// Who answers for it.
    pub office: &'m str,
    /// When it began.
    pub begin: Seconds,
    /// When it ended; nothing while it is in force.
    pub end: Option<Seconds>,
}

/// Namespaces of CASE 1.3 and UCO 1.3.
fn context() -> Value {
    json!({
        "kb": "urn:sakimori:report:",
        "case-investigation": "https://ontology.caseontology.org/case/investigation/",
        "case-vocabulary": "https://ontology.caseontology.org/case/vocabulary/",
        "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
        "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
        "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
        "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
        "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
        "uco-vocabulary": "https://ontology.unifiedcyberontology.org/uco/vocabulary/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// Ids of the graph: UUIDs of version 5 (RFC 9562 section 5.5) over the measure and the part, so that the same report has the same ids.
struct Ids {
    measure: String,
}

impl Ids {
    /// The namespace of URLs, RFC 9562 section 6.6.
    const NAMESPACE: u128 = 0x6ba7_b811_9dad_11d1_80b4_00c0_4fd4_30c8;

    fn of(&self, word: &str, part: &str) -> String {
        let mut hash = Sha1::new();
        hash.update(Self::NAMESPACE.to_be_bytes());
        hash.update(format!(
            "urn:sakimori:report:{}:{word}:{part}",
            self.measure
        ));
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        for (byte, from) in bytes.iter_mut().zip(digest.iter()) {
            *byte = *from;
        }
        let bits = u128::from_be_bytes(bytes);
        let bits = (bits & !(0xf << 76)) | (5 << 76);
        let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
        let digits = format!("{bits:032x}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!(
            "kb:{word}-{}-{}-{}-{}-{}",
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32)
        )
    }

    fn reference(&self, word: &str, part: &str) -> Value {
        json!({ "@id": self.of(word, part) })
    }
}

fn time(at: Seconds) -> Value {
    json!({ "@type": "xsd:dateTime", "@value": at.to_string() })
}

/// The graph of a measure. Bytes of items are not in it, their hashes are.
pub fn export(measure: &Measure<'_>, chain: &Chain, effect: Option<&Effect>) -> Value {
    let ids = Ids {
        measure: hex(&measure.id),
    };
    let mut graph = Vec::new();
    let mut inside = Vec::new();
    let mut people = BTreeSet::from([measure.office]);
    for link in chain.links() {
        people.insert(&link.who);
    }
    for who in people {
        graph.push(json!({
            "@id": ids.of("identity", who),
            "@type": "uco-identity:Identity",
            "uco-core:name": who,
        }));
    }
    for link in chain.links() {
        match link.kind {
            Kind::Item => item(&ids, link, &mut graph, &mut inside),
            Kind::Act => act(&ids, link, &mut graph, &mut inside),
        }
    }
    if let Some(effect) = effect {
        for judged in &effect.judged {
            target(&ids, judged, &mut graph, &mut inside);
        }
        graph.push(verdicts(&ids, measure, effect));
        inside.push(ids.reference("act", "verdicts"));
    }
    graph.insert(0, investigation(&ids, measure, chain, inside));
    json!({ "@context": context(), "@graph": graph })
}

fn investigation(ids: &Ids, measure: &Measure<'_>, chain: &Chain, inside: Vec<Value>) -> Value {
    let mut out = json!({
        "@id": ids.of("investigation", ""),
        "@type": "case-investigation:Investigation",
        "uco-core:name": measure.name,
        "uco-core:description": format!("{}; measure {}, chain of custody {}", measure.purpose, hex(&measure.id), hex(&chain.head())),
        "case-investigation:focus": measure.purpose,
        "case-investigation:investigationForm": { "@type": "case-vocabulary:InvestigationFormVocab", "@value": "incident" },
        "uco-core:startTime": [time(measure.begin)],
    });
    if let Some(end) = measure.end {
        out["uco-core:endTime"] = json!([time(end)]);
    }
    if !inside.is_empty() {
        out["uco-core:object"] = inside.into();
    }
    out
}

/// What came in: its record of provenance, the act by which it was taken in, and what is known of its bytes.
fn item(ids: &Ids, link: &Link, graph: &mut Vec<Value>, inside: &mut Vec<Value>) {
    let n = link.n.to_string();
    graph.push(content(ids, link));
    graph.push(json!({
        "@id": ids.of("provenance", &n),
        "@type": "case-investigation:ProvenanceRecord",
        "uco-core:description": link.what,
        "case-investigation:exhibitNumber": n,
        "uco-core:object": [ids.reference("item", &n)],
    }));
    graph.push(json!({
        "@id": ids.of("act", &n),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": "taken in",
        "uco-core:description": link.what,
        "uco-action:startTime": time(link.time),
        "uco-action:endTime": time(link.time),
        "uco-action:performer": ids.reference("identity", &link.who),
        "uco-action:result": [ids.reference("provenance", &n), ids.reference("item", &n)],
    }));
    inside.push(ids.reference("provenance", &n));
    inside.push(ids.reference("act", &n));
}

/// What was done, with the record of it.
fn act(ids: &Ids, link: &Link, graph: &mut Vec<Value>, inside: &mut Vec<Value>) {
    let n = link.n.to_string();
    graph.push(content(ids, link));
    graph.push(json!({
        "@id": ids.of("act", &n),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": "act",
        "uco-core:description": link.what,
        "uco-action:startTime": time(link.time),
        "uco-action:endTime": time(link.time),
        "uco-action:performer": ids.reference("identity", &link.who),
        "uco-action:result": [ids.reference("item", &n)],
    }));
    inside.push(ids.reference("act", &n));
}

fn content(ids: &Ids, link: &Link) -> Value {
    let n = link.n.to_string();
    json!({
        "@id": ids.of("item", &n),
        "@type": "uco-observable:ObservableObject",
        "uco-core:description": link.what,
        "uco-core:hasFacet": [{
            "@id": ids.of("content", &n),
            "@type": "uco-observable:ContentDataFacet",
            "uco-observable:sizeInBytes": { "@type": "xsd:integer", "@value": link.bytes.to_string() },
            "uco-observable:hash": [{
                "@id": ids.of("hash", &n),
                "@type": "uco-types:Hash",
                "uco-types:hashMethod": { "@type": "uco-vocabulary:HashNameVocab", "@value": "SHA256" },
                "uco-types:hashValue": { "@type": "xsd:hexBinary", "@value": hex(&link.sha256) },
            }],
        }],
    })
}

/// A target: an address or name has the facet of its kind.
fn target(ids: &Ids, judged: &Judgement, graph: &mut Vec<Value>, inside: &mut Vec<Value>) {
    let text = judged.target.as_str();
    let mut out = json!({
        "@id": ids.of("target", text),
        "@type": "uco-observable:ObservableObject",
        "uco-core:name": text,
        "uco-core:description": format!("{}: {}", judged.verdict, judged.reasons.join("; ")),
    });
    if let Some((kind, facet, property, value)) = facet(text) {
        out["@type"] = json!(format!("uco-observable:{kind}"));
        out["uco-core:hasFacet"] = json!([{
            "@id": ids.of("facet", text),
            "@type": format!("uco-observable:{facet}"),
            (format!("uco-observable:{property}")): value,
        }]);
    }
    graph.push(out);
    inside.push(ids.reference("target", text));
}

/// The class of an observable, its facet, the facet's property and its value.
fn facet(text: &str) -> Option<(&'static str, &'static str, &'static str, String)> {
    match Target::parse(text).ok()? {
        Target::Name { name, .. } => {
            Some(("DomainName", "DomainNameFacet", "value", name.to_string()))
        }
        Target::Net(prefix) if prefix.bits == 128 => {
            let address = Ipv6Addr::from(prefix.first);
            let (kind, facet, shown) = match address.to_ipv4_mapped() {
                Some(address) => ("IPv4Address", "IPv4AddressFacet", four(address)),
                None => ("IPv6Address", "IPv6AddressFacet", address.to_string()),
            };
            Some((kind, facet, "addressValue", shown))
        }
        // A block has no class of its own that says where it ends.
        Target::Net(_) => None,
    }
}

fn four(address: Ipv4Addr) -> String {
    address.to_string()
}

/// The judgement as an act of the office.
fn verdicts(ids: &Ids, measure: &Measure<'_>, effect: &Effect) -> Value {
    let objects: Vec<Value> = effect
        .judged
        .iter()
        .map(|judged| ids.reference("target", &judged.target))
        .collect();
    json!({
        "@id": ids.of("act", "verdicts"),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": "effect judged",
        "uco-core:description": effect.to_string(),
        "uco-action:startTime": time(effect.at),
        "uco-action:endTime": time(effect.at),
        "uco-action:performer": ids.reference("identity", measure.office),
        "uco-action:object": objects,
    })
}
