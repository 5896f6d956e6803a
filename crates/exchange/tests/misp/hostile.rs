//! Texts of strangers that are no longer what they were: every reader answers, and what it takes it can give back.

use proptest::prelude::*;
use sakimori_custody::time::Seconds;
use sakimori_exchange::{ddos, feed, list, misp, warning};

/// Good texts that are changed: an event with everything, its STIX, a warning list, a report.
const TEXTS: [&str; 6] = [
    r#"{"Event":{"uuid":"57c4445b-c548-4654-af0b-4be3950d210f","info":"x","timestamp":"1603642920","distribution":"1","Tag":[{"name":"tlp:amber"}],"Galaxy":[{"type":"tool","name":"Tool","GalaxyCluster":[{"uuid":"57c4445b-c548-4654-af0b-4be3950d2101","value":"a","type":"tool","meta":{"refs":["https://a.example"],"kill_chain":["a:b"]}}]}],"Attribute":[{"uuid":"57c4445b-c548-4654-af0b-4be3950d2102","type":"domain|ip","value":"a.example|192.0.2.1","to_ids":true},{"type":"malware-sample","value":"a|b2a5abfeef9e36964281a31e17b57c97","data":"AAAA"},{"type":"regkey|value","value":"HKLM\\x|%A%"}],"Object":[{"uuid":"57c4445b-c548-4654-af0b-4be3950d2103","name":"email","meta-category":"network","Attribute":[{"type":"email-src","object_relation":"from","value":"a@b.example","to_ids":true},{"type":"email-src-display-name","object_relation":"from-display-name","value":"a b"}],"ObjectReference":[{"referenced_uuid":"57c4445b-c548-4654-af0b-4be3950d2102","relationship_type":"x"}]}]}}"#,
    r#"{"objects":[{"type":"grouping","id":"grouping--57c4445b-c548-4654-af0b-4be3950d210f","name":"x","modified":"2020-10-25T16:22:00.000Z","object_refs":["observed-data--57c4445b-c548-4654-af0b-4be3950d2102","indicator--57c4445b-c548-4654-af0b-4be3950d2102"]},{"type":"observed-data","id":"observed-data--57c4445b-c548-4654-af0b-4be3950d2102","labels":["misp:type=\"domain|ip\""],"object_refs":["domain-name--57c4445b-c548-4654-af0b-4be3950d2102","ipv4-addr--57c4445b-c548-4654-af0b-4be3950d2102"]},{"type":"domain-name","id":"domain-name--57c4445b-c548-4654-af0b-4be3950d2102","value":"a.example","resolves_to_refs":["ipv4-addr--57c4445b-c548-4654-af0b-4be3950d2102","domain-name--57c4445b-c548-4654-af0b-4be3950d2102"]},{"type":"ipv4-addr","id":"ipv4-addr--57c4445b-c548-4654-af0b-4be3950d2102","value":"192.0.2.1"},{"type":"indicator","id":"indicator--57c4445b-c548-4654-af0b-4be3950d2102","labels":["misp:name=\"file\""],"pattern":"[file:hashes.MD5 = 'a' AND (file:content_ref.payload_bin = 'b' AND file:content_ref.x_misp_filename = 'c')]","pattern_type":"stix"}]}"#,
    r#"{"name":"a","type":"regex","version":1,"list":["/^a+$/i","b"],"matching_attributes":["domain"]}"#,
    "timestamp,ip,port\n2026-11-26 21:04:05,203.0.113.9,445\n",
    r#"{"classification.type":"infected-system","time.source":"2026-11-26T21:04:05+00:00","source.ip":"203.0.113.9","feed.accuracy":50.0}"#,
    "hxxp://evil[.]example/ # a\n203.0.113.0/24\nAS64496\n",
];

/// A text in which some bytes are others, or a part is gone or doubled.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let changes =
        proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 0..6);
    (0..TEXTS.len(), changes).prop_map(|(which, changes)| {
        let mut bytes = TEXTS[which].as_bytes().to_vec();
        for (at, byte, kind) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => {
                    let tail = bytes[at..].to_vec();
                    bytes.extend_from_slice(&tail[..tail.len().min(64)]);
                }
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn every_reader_answers_whatever_it_is_given(bytes in changed()) {
        if let Ok(mut events) = misp::read(&bytes) {
            events.retain(|event| event.uuid.is_some());
            let written = misp::to_stix(&events, Seconds(0)).unwrap();
            let back = misp::from_stix(written.bundle("57c4445b-c548-4654-af0b-4be3950d210f").as_bytes());
            prop_assert_eq!(back.map_or(0, |back| back.events.len()), events.len());
        }
        if let Ok(back) = misp::from_stix(&bytes) {
            for event in &back.events {
                prop_assert_eq!(&misp::read(event.text().as_bytes()).unwrap()[0].uuid, &event.uuid);
            }
        }
        let grade = "C3".parse().unwrap();
        for report in &feed::REPORTS {
            let _ = feed::read_shadowserver(&bytes, report, grade);
        }
        let _ = (feed::read_intelmq(&bytes, grade), feed::read_n6(&bytes, grade));
        let _ = (list::read_csv(&bytes, None), ddos::read(&bytes));
        let _ = (misp::feed::read_manifest(&bytes), misp::feed::read_hashes(&bytes));
        if let Ok(items) = list::read_plain(&bytes) {
            for item in items {
                // What was read is written so that it is read as the same.
                prop_assert_eq!(list::What::read(&item.what.to_string()), Ok(item.what));
            }
        }
        if let Ok(list) = warning::WarningList::read(&bytes)
            && let Ok(warnings) = warning::Warnings::new(vec![list])
        {
            let _ = warnings.hits(&list::What::Domain("aaa.example".to_owned()));
        }
    }
}
