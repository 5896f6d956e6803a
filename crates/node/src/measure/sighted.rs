//! Victims and endpoints, as the office's findings have them. In: findings that are there now. Out: sightings, each with the entry of its finding. Never: a victim's address beyond this process: what is kept of a sighting is the entry's number.

use sakimori_control::office::{FindingFile, findings};
use sakimori_control::{ControlError, Node};
use sakimori_custody::time::Seconds;
use sakimori_respond::effect::{Effect, Sighting};
use sakimori_respond::safety::meet;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most findings that are looked at, the newest.
const FINDINGS_MAX: usize = 20_000;

/// Sightings by the entry of their finding.
#[derive(Clone, Debug, Default)]
pub(super) struct Sighted(Vec<(u64, Sighting)>);

/// A finding as a sighting: of a beacon whoever sends is the victim, of a scan of one host whoever is scanned; a scan of many hosts names no victim.
fn sighting(finding: &Value) -> Option<Sighting> {
    let text = |field: &str| finding[field].as_str().map(str::to_owned);
    let behaviour = text("behaviour")?;
    let (source, destination) = (text("source")?, text("destination")?);
    let (victim, endpoint) = if behaviour.contains("scan") {
        (destination, source)
    } else {
        (source, destination)
    };
    // To the second: a finding has milliseconds.
    let first = text("first")?;
    let second = first.split('.').next()?.trim_end_matches('Z');
    Some(Sighting {
        kind: format!("{behaviour} {}", finding["selector"]),
        victim,
        endpoint,
        first: format!("{second}Z").parse().ok()?,
    })
}

impl Sighted {
    /// Of the findings that are there now. What was destroyed is not seen any more.
    ///
    /// # Errors
    /// What the files say.
    pub(super) fn of_now(node: &Node, now: Seconds) -> Result<Self, ControlError> {
        let (all, _) = findings(node, now, 0, usize::MAX)?;
        let newest = all.iter().rev().take(FINDINGS_MAX);
        let seen = |file: &FindingFile| sighting(&file.finding).map(|one| (file.index, one));
        Ok(Self(newest.filter_map(seen).collect()))
    }

    pub(super) fn sightings(&self) -> Vec<Sighting> {
        self.0.iter().map(|(_, one)| one.clone()).collect()
    }

    /// Entries of the findings that show the new endpoints of each target.
    pub(super) fn entries<'e>(&self, effect: &'e Effect) -> BTreeMap<&'e str, Vec<u64>> {
        let mut of: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for judged in effect.judged.iter().filter(|one| !one.moved.is_empty()) {
            let shows = |endpoint: &str| {
                let mut moved = judged.moved.iter();
                moved.any(|moved| moved.endpoint == endpoint || meet(&moved.endpoint, endpoint))
            };
            let entries = self.0.iter().filter(|(_, one)| shows(&one.endpoint));
            let mut entries: Vec<u64> = entries.map(|(index, _)| *index).collect();
            entries.sort_unstable();
            of.insert(&judged.target, entries);
        }
        of
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_finding_tells_who_was_attacked_with_what() {
        let finding = |behaviour: &str, to: Option<&str>| {
            json!({
                "behaviour": behaviour, "selector": 7, "source": "203.0.113.5", "destination": to, "first": "2027-04-01T00:00:03.250Z",
            })
        };
        let beacon = sighting(&finding("beacon", Some("198.51.100.7"))).unwrap();
        assert_eq!(
            (
                beacon.victim.as_str(),
                beacon.endpoint.as_str(),
                beacon.kind.as_str()
            ),
            ("203.0.113.5", "198.51.100.7", "beacon 7")
        );
        assert_eq!(beacon.first, "2027-04-01T00:00:03Z".parse().unwrap());
        let scan = sighting(&finding("vertical-scan", Some("198.51.100.7"))).unwrap();
        assert_eq!(
            (scan.victim.as_str(), scan.endpoint.as_str()),
            ("198.51.100.7", "203.0.113.5")
        );
        assert_eq!(sighting(&finding("horizontal-scan", None)), None);
        assert_eq!(sighting(&json!({"behaviour": "beacon"})), None);
    }
}
