//! One office polls another's collection: ATT&CK over the wire, with stops between, and nothing missing.
//! In: two offices on loopback. Out: verdicts. Never: an address beyond loopback.

use super::attack::{filled, objects};
use super::house::{House, OPEN, plan, thing};
use sakimori_liaison::poll::{Cursor, Poll};
use sakimori_node::taxii::partner::{Keeper, Page, RunError, Source, run};
use serde_json::json;
use std::collections::BTreeSet;

/// Keeps pages in memory, and fails at some.
#[derive(Default)]
struct Kept {
    texts: BTreeSet<String>,
    cursor: Cursor,
    pages: u32,
    fails_at: Option<u32>,
    loses_mark_at: Option<u32>,
    waited: Vec<u64>,
}

impl Keeper for Kept {
    fn keep(&mut self, page: Page<'_>) -> Result<(), String> {
        self.pages += 1;
        if self.fails_at == Some(self.pages) {
            return Err("the disk is full".to_owned());
        }
        assert!(page.refused.is_empty());
        let texts = page.objects.iter().map(|one| one.raw().to_owned());
        self.texts.extend(texts);
        Ok(())
    }

    fn mark(&mut self, cursor: &Cursor) -> Result<(), String> {
        if self.loses_mark_at == Some(self.pages) {
            return Err("the disk is full".to_owned());
        }
        // As it is kept.
        self.cursor = serde_json::from_str(&serde_json::to_string(cursor).unwrap()).unwrap();
        Ok(())
    }

    fn wait(&mut self, seconds: u64) {
        self.waited.push(seconds);
    }
}

fn source(house: &House, machine: &str) -> Source {
    let address = house.running.as_ref().unwrap().address;
    Source {
        collection: format!("https://{address}/taxii2/notices/collections/{OPEN}/"),
        authorization: Some(format!("Bearer {}", house.token(machine))),
    }
}

#[test]
fn an_office_that_polls_another_has_every_object_however_often_it_stops() {
    let test = "an_office_that_polls_another_has_every_object_however_often_it_stops";
    let Some(sent) = objects(test) else {
        return;
    };
    let mut house = House::start(&plan());
    filled(&house, &sent);
    let now = || house.host.millis().0 * 1000;
    let mut kept = Kept {
        fails_at: Some(2),
        ..Kept::default()
    };
    let agent = house.agent();
    let again = |kept: &mut Kept, now: u64, agent: &ureq::Agent, house: &House| {
        let mut poll = Poll::resume(kept.cursor.clone(), now);
        run(agent, &source(house, "reader"), &mut poll, kept)
    };
    // The first page is kept, the second is not.
    let stopped = again(&mut kept, now(), &agent, &house);
    assert!(matches!(stopped, Err(RunError::Keep(_))), "{stopped:?}");
    assert_eq!(kept.texts.len(), 1000);
    // The partner's node is started anew meanwhile; its positions hold. The page is kept, and where it ended is not.
    let (time, mut next) = (
        now(),
        Kept {
            loses_mark_at: Some(3),
            fails_at: None,
            ..kept
        },
    );
    house.again();
    let agent = house.agent();
    let stopped = again(&mut next, time, &agent, &house);
    assert!(matches!(stopped, Err(RunError::Keep(_))), "{stopped:?}");
    let ran = again(&mut next, time, &agent, &house).unwrap();
    assert_eq!((ran.pages, ran.objects, ran.more), (1, 826, false));
    let all: BTreeSet<String> = sent.iter().cloned().collect();
    assert!(next.texts == all, "every object, byte for byte");
    // What is added later comes with the next run, what was there comes again and is known.
    let new = thing(1, 0, "");
    let said = house.machine("writer").post(
        &format!("/taxii2/notices/collections/{OPEN}/objects/"),
        std::slice::from_ref(&new),
    );
    assert_eq!(said.status, 202);
    again(&mut next, time + 1_000_000, &agent, &house).unwrap();
    assert!(next.texts.contains(&new) && next.texts.len() == sent.len() + 1);
    // Whom the partner does not know is told so.
    let mut poll = Poll::resume(Cursor::default(), time);
    let mut stranger = source(&house, "reader");
    stranger.authorization = Some("Bearer sak_no".to_owned());
    let refused = run(&agent, &stranger, &mut poll, &mut next);
    assert!(matches!(refused, Err(RunError::Poll(_))), "{refused:?}");
}

#[test]
fn a_busy_partner_is_asked_again_when_it_says_and_not_for_ever() {
    let mut slow = plan();
    slow["requests_a_minute"] = json!(1);
    let house = House::start(&slow);
    let agent = house.agent();
    let mut kept = Kept::default();
    assert_eq!(house.machine("reader").get("/taxii2/").status, 200);
    let mut poll = Poll::resume(Cursor::default(), 1);
    let busy = run(&agent, &source(&house, "reader"), &mut poll, &mut kept);
    assert!(matches!(busy, Err(RunError::Busy)), "{busy:?}");
    assert_eq!(kept.waited.len(), 5);
    assert!(kept.waited.iter().all(|seconds| (1..=60).contains(seconds)));
}

#[test]
fn what_a_partner_gives_is_kept_judged_and_given_to_nobody_without_the_gate() {
    use crate::nation::{join, options};
    use sakimori_node::Role;
    use sakimori_node::taxii::partner::{Collected, Errand, collect};
    let partner = House::start(&plan());
    let sent: Vec<String> = (0..30).map(|n| thing(n, 0, "")).collect();
    let path = format!("/taxii2/notices/collections/{OPEN}/");
    let said = partner
        .machine("writer")
        .post(&format!("{path}objects/"), &sent);
    assert_eq!(said.status, 202);
    let own = House::start(&plan());
    let address = partner.running.as_ref().unwrap().address.to_string();
    join(&own.office(), "partner", &partner.office(), &address, &[]);
    let options = options(Role::Office, &own.folder.path().join("a"));
    let errand = |into: &str| Errand {
        partner: "partner".to_owned(),
        path: path.clone(),
        authorization: Some(format!("Bearer {}", partner.token("reader"))),
        into: into.to_owned(),
        by: "o1".to_owned(),
    };
    let fetch = |errand: Errand| {
        let work = async |access: &sakimori_access::Access| {
            collect(access, &own.office(), &own.host, errand).await
        };
        sakimori_node::with_access(&options, &own.host, work).unwrap()
    };
    let inbox = "0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00";
    let told = |done: &Collected| {
        (
            done.ran.pages,
            done.ran.objects,
            done.kept,
            done.refused.len(),
        )
    };
    assert_eq!(told(&fetch(errand(inbox)).unwrap()), (1, 30, 30, 0));
    // Another run finds them again and keeps them once.
    assert_eq!(told(&fetch(errand(inbox)).unwrap()), (1, 30, 30, 0));
    let refused = fetch(errand(OPEN)).unwrap_err().to_string();
    assert!(refused.contains("release gate"), "{refused}");
    let mut stranger = errand(inbox);
    stranger.authorization = None;
    let refused = fetch(stranger).unwrap_err().to_string();
    assert!(refused.contains("status 401"), "{refused}");
    let (rows, lines) = sakimori_node::with_access(
        &options,
        &own.host,
        async |access: &sakimori_access::Access| {
            let ids: Vec<String> = (0..30).map(super::house::id).collect();
            let rows = access.store().object_versions(inbox, &ids).await.unwrap();
            (rows.len(), access.store().audit(0).await.unwrap())
        },
    )
    .unwrap();
    assert_eq!(rows, 30);
    let polled: Vec<&str> = lines
        .iter()
        .filter(|line| line.act == "polled")
        .map(|line| line.detail.as_str())
        .collect();
    assert_eq!(polled.len(), 3);
    assert_eq!(polled[0], "30 objects, 30 kept");
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn a_timetable_polls_when_it_is_due_and_what_came_is_seen_by_the_office_alone() {
    use crate::nation::join;
    use crate::uses::pause;
    let partner = House::start(&plan());
    let sent: Vec<String> = (0..30).map(|n| thing(n, 0, "")).collect();
    let path = format!("/taxii2/notices/collections/{OPEN}/");
    let writer = partner.machine("writer");
    assert_eq!(writer.post(&format!("{path}objects/"), &sent).status, 202);
    let mut own = House::start(&plan());
    let address = partner.running.as_ref().unwrap().address.to_string();
    join(&own.office(), "partner", &partner.office(), &address, &[]);
    let officer = own.person("o2");
    assert_eq!(officer.get("/v1/shared/inbox").json()["rows"], json!([]));
    let [good, bad] = [
        "0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00",
        "1cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00",
    ];
    std::fs::write(own.office().join("a.secret"), partner.token("reader")).unwrap();
    std::fs::write(own.office().join("b.secret"), "sak_no").unwrap();
    let line = |into: &str, secret: &str| json!({"partner": "partner", "collection": path, "into": into, "every_minutes": 60, "secret": secret});
    let polls = json!({"polls": [line(good, "a.secret"), line(bad, "b.secret")]});
    std::fs::write(own.office().join("taxii-polls.json"), polls.to_string()).unwrap();
    own.again();
    let officer = own.person("o2");
    let rows = || {
        officer.get("/v1/shared/inbox").json()["rows"]
            .as_array()
            .unwrap()
            .clone()
    };
    let both = (0..1200).any(|_| {
        pause();
        rows().len() == 2
    });
    assert!(both, "{:?}", rows());
    let all = rows();
    let source = &all[0]["sources"][0];
    assert_eq!(
        (&all[0]["collection"], &source["kept"]),
        (&json!(good), &json!(30))
    );
    assert_eq!(
        (&source["by"], &source["failed"]),
        (&json!("timetable"), &json!(null))
    );
    let failed = &all[1]["sources"][0];
    assert!(
        failed["failed"].as_str().unwrap().contains("401"),
        "{failed}"
    );
    assert_eq!(failed["good"], json!(null));
    let objects = officer.get(&format!("/v1/shared/inbox/{good}")).json();
    let objects = objects["rows"].as_array().unwrap();
    assert_eq!(objects.len(), 30);
    let after = objects[28]["place"].as_u64().unwrap();
    let rest = officer
        .get(&format!("/v1/shared/inbox/{good}?after={after}"))
        .json();
    assert_eq!(rest["rows"].as_array().unwrap().len(), 1);
    assert_eq!(rest["rows"][0]["object"]["id"], super::house::id(29));
    let page = officer.get(&format!("/shared/inbox/{good}")).text();
    assert!(page.contains(&super::house::id(3)), "{page}");
    assert!(officer.get("/shared").text().contains(good));
    // A collection of the file is none that was polled, and others of the node do not look.
    assert_eq!(
        officer.get(&format!("/v1/shared/inbox/{OPEN}")).code(),
        "not-found"
    );
    for who in ["o1", "admin", "a1"] {
        let person = own.person(who);
        for path in [
            "/v1/shared/inbox".to_owned(),
            format!("/v1/shared/inbox/{good}"),
            "/shared".to_owned(),
        ] {
            assert_eq!(person.get(&path).code(), "not-allowed", "{who} {path}");
        }
    }
    // What was polled is given to nobody by an edited file.
    let mut given = plan();
    given["roots"][0]["collections"][0]["id"] = json!(good);
    own.plan(&given);
    own.running.take().unwrap().stop();
    let options = crate::nation::options(sakimori_node::Role::Office, &own.folder.path().join("a"));
    let refused = sakimori_node::start(&options, &own.host).err().unwrap();
    let refused = sakimori_control::error::told(&refused);
    assert!(refused.contains("the partner partner brought"), "{refused}");
}
