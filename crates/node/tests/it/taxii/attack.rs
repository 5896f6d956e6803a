//! ATT&CK for ICS through a collection: in and out, byte for byte, page by page.
//! In: the bundle of the test data. Out: verdicts. Never: an object that is compared by what it says and not by its bytes.

use super::house::{House, OPEN, TAXII, open, plan};
use sakimori_exchange::stix::{Bundle, Envelope};
use serde_json::json;
use std::collections::BTreeMap;

/// The bundle's objects as text, in their order.
pub(crate) fn objects(test: &str) -> Option<Vec<String>> {
    let path = sakimori_testkit::data(test, "exchange/stix/attack")?;
    let files = sakimori_testkit::files_below(&path);
    let file = files
        .iter()
        .find(|file| file.extension().is_some_and(|end| end == "json"));
    let text = std::fs::read_to_string(file.unwrap()).unwrap();
    let bundle = Bundle::read(&text).unwrap();
    let raw = |object: &Result<sakimori_exchange::stix::Object, _>| {
        object.as_ref().unwrap().raw().to_owned()
    };
    Some(bundle.objects.iter().map(raw).collect())
}

/// Sends objects and waits until they are there.
pub(crate) fn filled(house: &House, objects: &[String]) {
    let writer = house.machine("writer");
    for part in objects.chunks(1000) {
        let said = writer.post(&open("objects/"), part);
        assert_eq!(said.status, 202, "{}", said.text());
        let said = said.json();
        assert_eq!(said["failures"], json!(null));
        assert_eq!(said["success_count"], part.len());
    }
}

#[test]
fn every_object_of_attack_comes_out_as_it_went_in_whatever_the_page() {
    let test = "every_object_of_attack_comes_out_as_it_went_in_whatever_the_page";
    let Some(sent) = objects(test) else {
        return;
    };
    assert_eq!(sent.len(), 1826);
    let house = House::start(&plan());
    filled(&house, &sent);
    let reader = house.machine("reader");
    let (mut came, mut dates, mut next) = (Vec::new(), Vec::new(), String::new());
    for limit in [7, 1000, 333].iter().cycle() {
        let page = reader.get(&open(&format!("objects/?limit={limit}{next}")));
        assert_eq!(page.header("content-type"), Some(TAXII));
        let envelope = Envelope::read(&page.text()).unwrap();
        assert!(envelope.objects.len() <= *limit);
        came.extend(
            envelope
                .objects
                .iter()
                .map(|one| one.as_ref().unwrap().raw().to_owned()),
        );
        for name in ["x-taxii-date-added-first", "x-taxii-date-added-last"] {
            dates.push(page.header(name).unwrap().to_owned());
        }
        let Some(position) = envelope.next else {
            break;
        };
        next = format!("&next={position}");
    }
    assert!(
        came == sent,
        "every byte, in the order in which it was sent"
    );
    assert!(dates.is_sorted());
    // Every object alone, too: some of each kind.
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    for text in &sent {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let of = |name: &str| value[name].as_str().unwrap().to_owned();
        kinds.insert(of("type"), of("id"));
    }
    for (kind, id) in kinds {
        let said = reader.get(&format!("/taxii2/notices/collections/{OPEN}/objects/{id}/"));
        let envelope = Envelope::read(&said.text()).unwrap();
        let object = envelope.objects.first().unwrap().as_ref().unwrap();
        assert!(sent.iter().any(|text| text == object.raw()), "{kind}");
    }
}
