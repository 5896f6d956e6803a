//! The council over the store: consent, opinions, overrides, copies. In: products that the gate let go. Out: verdicts. Never: a copy of another member.

use sakimori_custody::Recorded;
use sakimori_custody::class::{Integrated, IntegratedControlled, IntegratedProvision};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::asset::Act;
use sakimori_liaison::council::{
    Reply, answered, ask_for, copies, council, give, invitation, invitations, invite, is_overdue,
    join, leave, materials, overrides, reply, standing,
};
use sakimori_release::condition::{Condition, ConditionKind};
use sakimori_release::council::{Copies, Opinion, Submission};
use sakimori_release::sheet::Sheet;
use sakimori_release::{
    Classed, Code, Marking, Pap, PseudonymKey, Recipient, RecipientKind, Request, Tlp, Work,
};
use sakimori_store::{Change, NEWEST, SqliteStore, Store, View};

const NOW: Seconds = Seconds(1_806_537_600);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

const fn act<'a>(owner: &'a str, by: &'a str, at: Seconds) -> Act<'a> {
    Act { owner, by, at }
}

fn request(members: &[&str], conditions: &[Condition]) -> Request {
    let to = |member: &&str| Recipient::new(RecipientKind::Council, name(member));
    Request {
        actor: name("k.sato"),
        basis: "act42, to prevent damage".to_owned(),
        rights: "addresses are of the adversary alone".to_owned(),
        recipients: members.iter().map(to).collect(),
        conditions: conditions.to_vec(),
        transforms: Vec::new(),
        now: NOW,
    }
}

/// A product with secrets, as the law leads to it.
fn product() -> Classed<IntegratedControlled, Sheet> {
    let key = PseudonymKey::new([7; 32]);
    let work = Work {
        transforms: &[],
        conditions: &[],
        key: &key,
        now: NOW,
    };
    let mut own: Classed<Integrated, Sheet> = Classed::from_open_sources(Sheet::plain("a warning"));
    let marked = |tlp| Marking {
        tlp,
        pap: Pap::Amber,
    };
    own.mark(marked(Tlp::Red)).unwrap();
    let ready: Classed<IntegratedProvision, Sheet> = own.derive(&work).unwrap();
    let mut product: Classed<IntegratedControlled, Sheet> = ready.derive(&work).unwrap();
    product.mark(marked(Tlp::AmberStrict)).unwrap();
    product
}

/// Copies for members, or why the gate lets none go.
async fn asked(
    store: &SqliteStore,
    opinion: Option<Opinion>,
    request: &Request,
    entry: u64,
) -> Result<Copies<IntegratedControlled, Sheet>, Code> {
    let mut council = council(store).await.unwrap();
    let submission = Submission::new(product(), name("acme"), opinion);
    let pending = submission.ask(&council, request, &PseudonymKey::new([7; 32]));
    let pending = pending.map_err(|refusal| refusal.refused.code)?;
    Ok(pending.recorded(Recorded::at(entry), &mut council))
}

/// The office invites, `h.abe` of the member's node consents, and that is entered.
async fn joined(store: &SqliteStore, member: &str, at: Seconds, entry: u64) {
    invite(store, act(member, "o2", at)).await.unwrap();
    let kept = invitation(store, member).await.unwrap();
    let by = act(member, member, at);
    answered(store, by, (&kept, "h.abe"), true).await.unwrap();
    let kept = invitation(store, member).await.unwrap();
    join(store, by, &kept, Recorded::at(entry)).await.unwrap();
}

fn words(sheet: &Sheet) -> String {
    format!("{sheet:?}")
}

#[tokio::test]
async fn members_join_by_consent_and_every_copy_shows_the_opinion() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap();
    let early = Seconds(NOW.0 - 100);
    for member in ["borea", "corda"] {
        joined(&store, member, early, 4).await;
    }
    let kept = standing(&store, "borea").await.unwrap().invitation.unwrap();
    let twice = join(&store, act("borea", "borea", NOW), &kept, Recorded::at(5)).await;
    assert_eq!(told(twice), "there is no invitation to the council");
    let stranger = asked(&store, None, &request(&["delta"], &[]), 8).await;
    assert_eq!(stranger.err(), Some(Code::NotMember));
    let opinion = Opinion::new("for engineers alone", None, Tlp::AmberStrict).unwrap();
    let both = request(&["borea", "corda"], &[]);
    let given = asked(&store, Some(opinion), &both, 8).await.unwrap();
    let office = act("office", "k.sato", NOW);
    assert_eq!(give(&store, office, &given, words, None).await.unwrap(), 2);
    assert!(
        give(&store, office, &given, words, None).await.is_err(),
        "the same entry is given once"
    );
    for member in ["borea", "corda"] {
        let own = copies(&store, View::Of(member), NEWEST).await.unwrap();
        let copy = &own.first().unwrap().said;
        assert_eq!(
            (own.len(), copy.opinion.as_deref()),
            (1, Some("for engineers alone"))
        );
        assert!(copy.content.contains("a warning") && !copy.overridden);
    }
    assert!(
        copies(&store, View::Of("delta"), NEWEST)
            .await
            .unwrap()
            .is_empty()
    );
    let entry = || Change::Outgo {
        id: "left".to_owned(),
        kind: 4,
        body: b"{}".to_vec(),
        created: early.0,
    };
    leave(&store, act("corda", "corda", early), Some("h.abe"), entry())
        .await
        .unwrap();
    let twice = leave(&store, act("corda", "corda", early), None, entry()).await;
    assert!(matches!(twice, Err(LiaisonError::Refused { .. })));
    let waiting = store.outgoing().await.unwrap();
    assert_eq!(waiting.len(), 1, "what the log is told waits for it");
    let gone = asked(&store, None, &request(&["corda"], &[]), 9).await;
    assert_eq!(gone.err(), Some(Code::NotMember));
    assert_eq!(overrides(&store).await.unwrap(), (1, 0));
    store.close().await;
}

#[tokio::test]
async fn against_an_opinion_it_goes_with_a_reason_alone_and_that_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap();
    let early = Seconds(NOW.0 - 100);
    for member in ["borea", "corda"] {
        joined(&store, member, early, 4).await;
    }
    let opinion =
        || Opinion::new("not to corda", Some(vec![name("borea")]), Tlp::AmberStrict).unwrap();
    let without = asked(&store, Some(opinion()), &request(&["corda"], &[]), 8).await;
    assert_eq!(without.err(), Some(Code::OpinionAgainst));
    let times = [Seconds(NOW.0 - 60), Seconds(NOW.0 + 60)];
    let over = Condition::new(
        ConditionKind::OpinionOverride,
        name("k.sato"),
        Some(name("corda")),
        times,
        "lives are at stake",
    );
    let both = request(&["borea", "corda"], &[over.unwrap()]);
    let given = asked(&store, Some(opinion()), &both, 8).await.unwrap();
    let office = act("office", "k.sato", NOW);
    for no in [None, Some(" ")] {
        let refused = give(&store, office, &given, words, no).await;
        assert!(matches!(refused, Err(LiaisonError::Refused { .. })));
    }
    give(&store, office, &given, words, Some("lives are at stake"))
        .await
        .unwrap();
    let copy = copies(&store, View::Of("corda"), NEWEST).await.unwrap();
    let copy = &copy.first().unwrap().said;
    assert_eq!(
        (copy.overridden, copy.reason.as_deref()),
        (true, Some("lives are at stake"))
    );
    let marked = [&copy.tlp, &copy.pap, &copy.class];
    assert_eq!(
        marked,
        ["TLP:AMBER+STRICT", "PAP:AMBER", "integrated-controlled"]
    );
    assert_eq!(copy.overridden_by.as_deref(), Some("k.sato"));
    assert_eq!(
        copy.opinion.as_deref(),
        Some("not to corda"),
        "the opinion stays on the copy"
    );
    assert_eq!(overrides(&store).await.unwrap(), (1, 1));
}

async fn empty(folder: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap()
}

fn told<T: std::fmt::Debug>(said: Result<T, LiaisonError>) -> String {
    said.unwrap_err().to_string()
}

#[tokio::test]
async fn an_invitation_is_no_membership_and_is_answered_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = empty(&folder).await;
    let word = async |member| standing(&store, member).await.unwrap().word();
    assert_eq!(word("acme").await, "none");
    assert_eq!(
        told(invitation(&store, "acme").await),
        "there is no invitation to the council"
    );
    invite(&store, act("acme", "o2", NOW)).await.unwrap();
    assert_eq!(
        told(invite(&store, act("acme", "o2", NOW)).await),
        "member: acme is invited"
    );
    assert_eq!(
        told(invite(&store, act("A B", "o2", NOW)).await),
        "member: `A B` is no name"
    );
    assert_eq!(word("acme").await, "invited");
    assert!(!council(&store).await.unwrap().is_member(&name("acme"), NOW));
    let kept = invitation(&store, "acme").await.unwrap();
    answered(&store, act("acme", "acme", NOW), (&kept, "h.abe"), false)
        .await
        .unwrap();
    assert_eq!(word("acme").await, "declined");
    // Who read the same invitation is late.
    let late = answered(&store, act("acme", "acme", NOW), (&kept, "h.abe"), true).await;
    assert!(late.is_err());
    invite(&store, act("acme", "o2", NOW)).await.unwrap();
    assert_eq!(invitations(&store).await.unwrap().len(), 1);
    let kept = invitation(&store, "acme").await.unwrap();
    assert!(
        answered(&store, act("acme", "acme", NOW), (&kept, "No Name"), true)
            .await
            .is_err()
    );
    let none = join(&store, act("acme", "acme", NOW), &kept, Recorded::at(7)).await;
    assert_eq!(
        told(none),
        "there is no invitation to the council",
        "nobody consented"
    );
    answered(&store, act("acme", "acme", NOW), (&kept, "h.abe"), true)
        .await
        .unwrap();
    let kept = invitation(&store, "acme").await.unwrap();
    join(&store, act("acme", "acme", NOW), &kept, Recorded::at(7))
        .await
        .unwrap();
    assert_eq!(word("acme").await, "member");
    assert!(invitations(&store).await.unwrap().is_empty());
    assert_eq!(
        told(invite(&store, act("acme", "o2", NOW)).await),
        "member: acme is a member"
    );
    assert_eq!(word("borea").await, "none");
}

#[tokio::test]
async fn a_consent_that_stopped_half_way_is_taken_up_as_it_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = empty(&folder).await;
    let word = async |member| standing(&store, member).await.unwrap().word();
    invite(&store, act("acme", "o2", NOW)).await.unwrap();
    let kept = invitation(&store, "acme").await.unwrap();
    answered(&store, act("acme", "acme", NOW), (&kept, "h.abe"), true)
        .await
        .unwrap();
    // Here it stopped before its entry: it is no member, is invited as before, and is taken up as it was said.
    assert_eq!(word("acme").await, "invited");
    assert_eq!(invitations(&store).await.unwrap().len(), 1);
    assert_eq!(
        told(invite(&store, act("acme", "o2", NOW)).await),
        "member: acme is invited"
    );
    let kept = invitation(&store, "acme").await.unwrap();
    let no = answered(&store, act("acme", "acme", NOW), (&kept, "c.ito"), false).await;
    assert_eq!(told(no), "there is no invitation to the council");
    answered(&store, act("acme", "acme", NOW), (&kept, "c.ito"), true)
        .await
        .unwrap();
    join(&store, act("acme", "acme", NOW), &kept, Recorded::at(7))
        .await
        .unwrap();
    assert_eq!(word("acme").await, "member");
    let late = join(&store, act("acme", "acme", NOW), &kept, Recorded::at(8)).await;
    assert_eq!(told(late), "member: acme is a member");
    let stands = standing(&store, "acme").await.unwrap();
    assert_eq!(stands.member.unwrap().said.by, "acme/h.abe");
    assert_eq!(stands.invitation.unwrap().state, "accepted");
    assert_eq!(
        told(invitation(&store, "acme").await),
        "there is no invitation to the council"
    );
    let by: Vec<String> = store
        .audit(0)
        .await
        .unwrap()
        .into_iter()
        .map(|line| line.by)
        .collect();
    assert!(
        by.iter().all(|by| ["acme", "o2"].contains(&by.as_str())),
        "{by:?}"
    );
}

#[tokio::test]
async fn material_has_a_day_and_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = empty(&folder).await;
    let by = Seconds(NOW.0 + 100);
    let ask = async |member, subject, by| {
        let asked = ask_for(&store, act(member, "o2", NOW), "m-1", (subject, "All."), by);
        asked.await.map_err(|e| e.to_string())
    };
    assert_eq!(
        ask("acme", "Logs", by).await.unwrap_err(),
        "member: acme is no member"
    );
    joined(&store, "acme", NOW, 7).await;
    for (subject, by, field) in [
        ("", by, "subject: "),
        ("a\nb", by, "subject: "),
        ("Logs", NOW, "reply_by: "),
        ("Logs", Seconds(NOW.0 + 400 * 86_400), "reply_by: "),
    ] {
        let said = ask("acme", subject, by).await.unwrap_err();
        assert!(said.starts_with(field), "{said}");
    }
    ask("acme", "Logs", by).await.unwrap();
    let all = materials(&store, View::Of("acme"), NEWEST).await.unwrap();
    assert!(!is_overdue(&all[0], by) && is_overdue(&all[0], Seconds(by.0 + 1)));
    assert!(
        materials(&store, View::Of("borea"), NEWEST)
            .await
            .unwrap()
            .is_empty()
    );
    let say = async |member, said| {
        let kept = reply(&store, act(member, member, NOW), "m-1", ("a.sato", said)).await;
        kept.map_err(|e| e.to_string())
    };
    let missing = say("borea", Reply::Given("x".to_owned()))
        .await
        .unwrap_err();
    assert_eq!(missing, "there is no council-material `m-1`");
    let without = say("acme", Reply::Refused(" ".to_owned()))
        .await
        .unwrap_err();
    assert!(without.starts_with("refused: "), "{without}");
    say("acme", Reply::Refused("sealed".to_owned()))
        .await
        .unwrap();
    assert_eq!(
        say("acme", Reply::Given("x".to_owned())).await.unwrap_err(),
        "answer: was given before"
    );
    let all = materials(&store, View::Of("acme"), NEWEST).await.unwrap();
    assert_eq!((all[0].state.as_str(), all[0].due), ("refused", None));
    let replied = all[0].said.replied.clone();
    assert_eq!(replied, Some(("acme/a.sato".to_owned(), NOW.0)));
    assert_eq!(all[0].by, "acme", "what the node brought is the node's");
    assert!(!is_overdue(&all[0], Seconds(by.0 + 1)));
}
