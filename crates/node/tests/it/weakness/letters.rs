//! Official letters and what is on record of a case. In: a node with a clock that the test sets, a mail server that a test started. Out: verdicts. Never: an act by which something leaves
//! without its entry.

use super::{House, START, event, good};
use crate::uses::entries;
use sakimori_control::keys;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_liaison::weakness::leaving;
use sakimori_liaison::weakness::letter::Signed;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl House {
    /// What the log has of releases, oldest first.
    pub(super) fn releases(&self) -> Vec<(u64, Value)> {
        entries(&self.nation, &[EntryType::Release])
    }
}

fn request(maker: &str) -> Value {
    json!({ "requested": {
        "maker": maker, "minister": "経済産業省", "ground": "It is a specific important computer.",
        "text": "Port 502: please mend it.", "reply_by": Seconds(START + 2000).to_string(),
    } })
}

#[test]
fn a_request_is_on_record_signed_and_verified_offline_and_no_other_maker_reads_it() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let contact =
        json!({ "maker-contact": { "maker": "Alpha Works", "mail": "psirt@alpha.example" } });
    good(&event(&boss, &case, 4, &contact));
    assert_eq!(house.releases(), [], "nothing has left yet");
    // What the case does not take leaves no entry: nobody knows this maker.
    assert_eq!(
        event(&boss, &case, 5, &request("Gamma Works")).code(),
        "refused"
    );
    assert_eq!(
        event(&boss, &case, 4, &request("Alpha Works")).code(),
        "stale"
    );
    assert_eq!(house.releases(), []);
    let said = event(&boss, &case, 5, &request("Alpha Works"));
    good(&said);
    let on_record = house.releases();
    let [(index, body)] = on_record.as_slice() else {
        panic!("{on_record:?}");
    };
    assert_eq!(said.json()["entries"][5], *index);
    assert_eq!(body["outcome"], "released");
    assert_eq!(
        (&body["actor"], &body["class_to"], &body["tlp"]),
        (
            &json!("o3"),
            &json!("public-notice"),
            &json!("amber+strict")
        )
    );
    let maker = leaving::tag('m', "Alpha Works").unwrap();
    assert_eq!(body["recipients"], json!([format!("supplier/{maker}")]));
    assert!(
        !body.to_string().contains("Alpha"),
        "the log names no maker"
    );
    // The file is what the office signed, and the entry names its bytes.
    let id = said.json()["letters"][0].as_str().unwrap().to_owned();
    let path = format!("/v1/weaknesses/{case}/letters/{id}");
    let file = boss.get(&path).json();
    assert_eq!(file["mail"]["state"], "waiting");
    assert_eq!(file["mail"]["to"], "psirt@alpha.example");
    let document = file["document"].as_str().unwrap();
    assert_eq!(body["product_sha256"], hex(&Sha256::digest(document)));
    let links = [
        house.link(&case, 6, "Alpha Works"),
        house.link(&case, 7, "Beta Works"),
    ];
    let [alpha, beta] = links.map(|path| path.replace("/weaknesses/room/", "/v1/maker-rooms/"));
    let stranger = house.stranger();
    let given = stranger.get(&format!("{alpha}/letters/1"));
    good(&given);
    let key = keys::read(&house.nation.office_node().office_key("office")).unwrap();
    let (letter, text) = Signed::check(&given.body, key.verifier()).unwrap();
    assert_eq!(
        (letter.entry, letter.number, text.maker.as_str()),
        (*index, 1, "Alpha Works")
    );
    assert_eq!(text.text, "Port 502: please mend it.");
    assert_eq!(
        stranger.get(&format!("{beta}/letters/1")).code(),
        "not-found"
    );
    assert_eq!(
        stranger.get(&format!("{alpha}/letters/2")).code(),
        "not-found"
    );
    assert_eq!(stranger.get(&path).code(), "not-signed-in");
    assert_eq!(house.person("o1").get(&path).code(), "not-allowed");
    // The page has all of it; where the mail went is for the office.
    let own = boss
        .get(&format!("/weaknesses/cases/{case}/letters/{id}"))
        .text();
    let page = stranger
        .get(&format!(
            "{}/letters/1",
            alpha.replace("/v1/maker-rooms/", "/weaknesses/room/")
        ))
        .text();
    for text in [&own, &page] {
        assert!(
            text.contains("経済産業省") && text.contains("sakimori/weakness-letter/v1"),
            "{text}"
        );
        assert!(text.contains("Port 502: please mend it.") && !text.contains("<script"));
    }
    assert!(own.contains("psirt@alpha.example") && !page.contains("psirt@alpha.example"));
}

#[test]
fn every_act_by_which_something_leaves_is_on_record_and_what_only_the_office_sees_is_not() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let told = json!({ "told": { "maker": "Alpha Works", "text": "Look at port 502.", "answer_by": Seconds(START + 1000).to_string() } });
    let notified = json!({ "notified": { "maker": "Beta Works", "notifier": "prime-minister", "minister": "内閣府", "urgency": "It is used.", "text": "Stop it." } });
    let hour = json!({ "hour-set": { "hour": "2027-03-01T10:00:00+09:00", "why": "ninety days" } });
    let approved = json!({ "approved": { "summary": "First version" } });
    let leaked = json!({ "leaked": { "why": "It is on a forum." } });
    let draft = super::publication::draft("EX-100 takes commands", "clear");
    let mut recipients = Vec::new();
    for (act, on) in [told, notified, draft, hour, approved, leaked]
        .iter()
        .zip(4..)
    {
        good(&event(&boss, &case, on, act));
        recipients.push(house.releases().len());
    }
    assert_eq!(recipients, [1, 2, 2, 2, 3, 4]);
    let releases = house.releases();
    let of = |place: usize| &releases[place].1;
    assert!(
        of(1)["basis"]
            .as_str()
            .unwrap()
            .contains("notified directly")
    );
    assert_eq!(
        (&of(2)["recipients"], &of(2)["tlp"]),
        (&json!(["public/web"]), &json!("clear"))
    );
    let leak = of(3)["recipients"].as_array().unwrap();
    assert_eq!((leak.len(), &of(3)["tlp"]), (3, &json!("clear")));
    assert!(
        releases
            .iter()
            .all(|(_, body)| body["outcome"] == "released")
    );
    // The page names the entries beside the events.
    let page = boss.get(&format!("/weaknesses/cases/{case}")).text();
    assert!(
        page.contains(&format!("log entry {}", releases[0].0)),
        "{page}"
    );
}
