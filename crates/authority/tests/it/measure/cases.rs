//! Approvals that are right, and ones with one thing wrong. In: nothing. Out: samples with the name of the reason. Never: a sample with two things wrong, where that can be helped.

use sakimori_custody::entry::EntryType;
use sakimori_testkit::folder::{BEGIN, HOUR, Measure, Part, Plan, Sample, signer};

/// Name of a case, the sample, and the name of the reason, or `approved`.
pub(super) type Case = (&'static str, Sample, &'static str);

/// Name, part, what stands there, what stands there instead, reason.
type Edit = (&'static str, Part, &'static str, &'static str, &'static str);

const PACK: Part = Part::Pack;
const STATEMENT: Part = Part::Statement;
const LEASE: Part = Part::Lease;

/// One line other than it should be, signed and entered like the rest.
const EDITS: &[Edit] = &[
    (
        "a proposer who is no officer",
        PACK,
        "proposed: o1",
        "proposed: o9",
        "measure-unsigned",
    ),
    (
        "a measure for another trust root",
        PACK,
        "root: 1\n",
        "root: 2\n",
        "measure-unsigned",
    ),
    (
        "a measure with a line too many",
        PACK,
        "root: 1\n",
        "root: 1\nmore: 1\n",
        "measure-unsigned",
    ),
    (
        "one person proposes and reviews",
        PACK,
        "reviewed: o3",
        "reviewed: o1",
        "measure-route",
    ),
    (
        "one person orders and carries out",
        PACK,
        "superior: e-02",
        "superior: e-01",
        "measure-route",
    ),
    (
        "one person reviews and carries out",
        PACK,
        "e-01 national",
        "o3 national",
        "measure-route",
    ),
    (
        "the police route by the defence forces",
        PACK,
        "01 national",
        "01 defence",
        "measure-route",
    ),
    (
        "the defence route without an order",
        PACK,
        "route: police",
        "route: defence",
        "measure-route",
    ),
    (
        "an order on the police route",
        PACK,
        "order: none",
        ORDER,
        "measure-route",
    ),
    (
        "abroad without consultation",
        PACK,
        HOME,
        ABROAD,
        "measure-route",
    ),
    (
        "nobody knows where, without consultation",
        PACK,
        HOME,
        UNKNOWN,
        "measure-route",
    ),
    (
        "at home by a prefecture",
        PACK,
        "01 national",
        "01 prefectural",
        "approved",
    ),
    (
        "a statement that counts fewer effects",
        STATEMENT,
        "count 4",
        "count 3",
        "other-coverage",
    ),
    (
        "a statement that counts more effects",
        STATEMENT,
        "count 4",
        "count 5",
        "other-coverage",
    ),
    (
        "a statement that counts fewer addresses",
        STATEMENT,
        "v4 257",
        "v4 256",
        "other-coverage",
    ),
    (
        "a statement that counts more names",
        STATEMENT,
        "domains 1",
        "domains 2",
        "other-coverage",
    ),
    (
        "a statement for one actuator of two",
        STATEMENT,
        " a-01 a-02",
        " a-01",
        "other-coverage",
    ),
    (
        "a statement for one actuator more",
        STATEMENT,
        " a-01 a-02",
        " a-01 a-02 a-03",
        "other-coverage",
    ),
    (
        "a statement of acquisition",
        STATEMENT,
        "kind: measure",
        "kind: acquisition",
        "other-kind",
    ),
    (
        "too few votes",
        STATEMENT,
        "for: m1 m4 m5\nagainst: none",
        "for: m1 m4\nagainst: m5",
        "below-floor",
    ),
    (
        "a statement for another trust root",
        STATEMENT,
        "root: 1\n",
        "root: 2\n",
        "other-root",
    ),
    (
        "the lease of another actuator",
        LEASE,
        "sensor: a-01",
        "sensor: a-02",
        "lease-other-sensor",
    ),
    (
        "the lease of another approval",
        LEASE,
        "authority: 5a",
        "authority: 5b",
        "lease-other-authority",
    ),
    (
        "a lease that is too long",
        LEASE,
        "after: 2027-04-01",
        "after: 2027-04-02",
        "lease-too-long",
    ),
    (
        "a lease from before the decision",
        LEASE,
        "size: 3",
        "size: 2",
        "lease-before-decision",
    ),
    (
        "a lease from the future",
        LEASE,
        "01T01:00:00Z",
        "01T02:01:00Z",
        "clock-behind",
    ),
];

const HOME: &str = "block a-01 JP carrier.example 198";
const ABROAD: &str = "block a-01 KP carrier.example 198";
const UNKNOWN: &str = "block a-01 -- carrier.example 198";
const ORDER: &str =
    "order: sha256:0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d";
const RECORD: &str =
    "consultation: sha256:c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";

fn plan() -> Plan {
    Plan::measure(&Measure::default())
}

fn changed(plan: &Plan, change: impl FnOnce(&mut Sample)) -> Sample {
    let mut sample = plan.build();
    change(&mut sample);
    sample
}

pub(super) fn all() -> Vec<Case> {
    let edits = EDITS.iter().map(|&(name, part, from, to, reason)| {
        let sample = plan().edit(part, from, to).build();
        (name, sample, reason)
    });
    let mut all: Vec<Case> = vec![("as it should be", plan().build(), "approved")];
    all.extend(edits);
    for more in [
        routes(),
        signers(),
        deciders(),
        scopes(),
        files(),
        memories(),
        stops(),
        urgent(),
    ] {
        all.extend(more);
    }
    all
}

/// Abroad, or on an order: what takes two changes of the measure.
fn routes() -> Vec<Case> {
    let defence = plan().edit(PACK, "route: police", "route: defence");
    let defence = defence.edit(PACK, "order: none", ORDER);
    let body = |plan: &Plan, body| plan.clone().edit(PACK, "01 national", body).build();
    let consulted = plan().edit(PACK, "consultation: none", RECORD);
    let abroad = consulted.clone().edit(PACK, HOME, ABROAD);
    let unknown = consulted.edit(PACK, HOME, UNKNOWN).build();
    let forces = body(&defence, "01 defence");
    let prefecture = body(&defence, "01 prefectural");
    let outside = body(&abroad, "01 prefectural");
    vec![
        ("abroad after consultation", abroad.build(), "approved"),
        (
            "nobody knows where, after consultation",
            unknown,
            "approved",
        ),
        (
            "abroad by a prefecture, after consultation",
            outside,
            "measure-route",
        ),
        (
            "the defence route by the police, jointly",
            defence.build(),
            "approved",
        ),
        ("the defence route with its order", forces, "approved"),
        (
            "the defence route by a prefecture",
            prefecture,
            "measure-route",
        ),
    ]
}

/// Who signed what.
fn signers() -> Vec<Case> {
    let pack = |who: &[&'static str]| {
        let pack_signers = who.to_vec();
        Plan {
            pack_signers,
            ..plan()
        }
        .build()
    };
    let none = "measure-unsigned";
    vec![
        ("no officer signed the measure", pack(&["log"]), none),
        ("the proposer alone", pack(&["o1"]), none),
        ("the reviewer alone", pack(&["o3"]), none),
        (
            "another officer for the reviewer",
            pack(&["o1", "o2"]),
            none,
        ),
        (
            "a stranger with the reviewer's name",
            pack(&["o1", "!o3"]),
            none,
        ),
        (
            "the office's key for the reviewer's",
            pack(&["o1", "office"]),
            none,
        ),
    ]
}

/// Who decided, and who vouches for the rest.
fn deciders() -> Vec<Case> {
    let by = |who: &[&'static str]| {
        let statement_signers = who.to_vec();
        Plan {
            statement_signers,
            ..plan()
        }
        .build()
    };
    let with = |change: fn(&mut Plan)| {
        let mut plan = plan();
        change(&mut plan);
        plan.build()
    };
    let root = with(|p| p.root_signers.truncate(4));
    let lease = with(|p| p.lease_signers = vec!["!lease"]);
    let mirror = with(|p| p.checkpoint_signers.truncate(1));
    let ruling = with(|p| p.ruling_signers = vec!["m1", "m4"]);
    let suspension = with(|p| p.suspension = Some((0, vec!["m3"])));
    let strangers = by(&["!m1", "!m4", "!m5"]);
    let officers = by(&["o1", "o3"]);
    vec![
        (
            "a member present has not signed",
            by(&["m1", "m4"]),
            "signature-short",
        ),
        ("decided by strangers", strangers, "foreign-signature"),
        (
            "decided by the measure's officers",
            officers,
            "foreign-signature",
        ),
        ("a lease by another key", lease, "lease-unsigned"),
        (
            "a trust root that one did not sign",
            root,
            "trust-root-unsigned",
        ),
        (
            "a log that the mirror did not cosign",
            mirror,
            "mirror-missing",
        ),
        ("a ruling that nobody decided", ruling, "ruling-unsigned"),
        (
            "a suspension by a member",
            suspension,
            "suspension-unsigned",
        ),
    ]
}

/// Who asks, and for how long.
fn scopes() -> Vec<Case> {
    let with = |change: fn(&mut Measure)| {
        let mut measure = Measure::default();
        change(&mut measure);
        Plan::measure(&measure)
    };
    let key = |who: &str| {
        let mut measure = Measure::default();
        measure.actuators[0].1 = signer(who).verifier().to_string();
        Plan::measure(&measure).build()
    };
    let unnamed = changed(&plan(), |s| "a-03".clone_into(&mut s.asked.sensor));
    let second = changed(&with(|m| m.actuators.reverse()), |s| {
        "a-01".clone_into(&mut s.asked.sensor);
        s.folder.lease = plan().build().folder.lease;
    });
    let later = with(|m| m.starts = 20 * HOUR).build();
    let week = with(|m| m.lasts = 7 * 24 * HOUR).build();
    let longer = with(|m| m.lasts = 7 * 24 * HOUR + 1).build();
    vec![
        ("an actuator that is not named", unnamed, "other-actuator"),
        (
            "the actuator with another key",
            key("!a-01"),
            "other-actuator",
        ),
        (
            "the actuator with the other one's key",
            key("a-02"),
            "other-actuator",
        ),
        (
            "the lease of an approval with other lines",
            second,
            "lease-other-authority",
        ),
        ("level 2 by everybody who sits", level(plan()), "approved"),
        (
            "level 2, and one abstains",
            level(four("none")),
            "measure-level",
        ),
        (
            "level 2, and one votes against",
            level(four("m2")),
            "measure-level",
        ),
        (
            "level 1, and one votes against",
            four("m2").build(),
            "approved",
        ),
        ("seven days", week, "approved"),
        ("a second more than seven days", longer, "measure-too-long"),
        (
            "one that begins later is taken in before",
            later,
            "approved",
        ),
        (
            "an hour that is over",
            with(|m| m.lasts = HOUR).build(),
            "expired",
        ),
    ]
}

/// The same of level 2.
fn level(plan: Plan) -> Sample {
    plan.edit(PACK, "level: 1", "level: 2").build()
}

/// A sitting of four, of whom three vote for it.
fn four(against: &str) -> Plan {
    let plan = Plan {
        statement_signers: vec!["m1", "m2", "m4", "m5"],
        ..plan()
    };
    let plan = plan.edit(STATEMENT, "present: m1 m4", "present: m1 m2 m4");
    let line = format!("against: {against}");
    plan.edit(STATEMENT, "against: none", &line)
}

/// Files that are missing, of another approval, or no notes.
fn files() -> Vec<Case> {
    let other = || plan().edit(PACK, "most: 100", "most: 101").build().folder;
    let wider = || plan().edit(PACK, "203.0.113.0/24", "203.0.112.0/23");
    let wider = || wider().edit(STATEMENT, "v4 257", "v4 513").build().folder;
    let with = |change: &dyn Fn(&mut Sample)| changed(&plan(), change);
    vec![
        (
            "no measure",
            with(&|s| s.folder.pack.clear()),
            "measure-missing",
        ),
        (
            "no statement",
            with(&|s| s.folder.statement.clear()),
            "statement-missing",
        ),
        (
            "no decision",
            with(&|s| s.folder.decision_entry.clear()),
            "decision-missing",
        ),
        (
            "no proof",
            with(&|s| s.folder.decision_proof.clear()),
            "proof-missing",
        ),
        (
            "no schedule",
            with(&|s| s.folder.schedule.clear()),
            "schedule-missing",
        ),
        ("no lease", with(&|s| s.folder.lease.clear()), "approved"),
        (
            "a measure that is no note",
            with(&|s| s.folder.pack = b"block\n".to_vec()),
            "measure-unsigned",
        ),
        (
            "another measure",
            with(&|s| s.folder.pack = other().pack),
            "other-measure",
        ),
        (
            "a wider measure",
            with(&|s| s.folder.pack = wider().pack),
            "other-measure",
        ),
        (
            "a wider measure with a statement that nobody entered",
            with(&|s| {
                let wider = wider();
                s.folder.pack = wider.pack;
                s.folder.statement = wider.statement;
                s.folder.lease = wider.lease;
            }),
            "other-decision",
        ),
        (
            "the decision of another one",
            with(&|s| {
                let other = other();
                s.folder.decision_entry = other.decision_entry;
                s.folder.decision_body = other.decision_body;
                s.folder.decision_proof = other.decision_proof;
            }),
            "other-decision",
        ),
    ]
}

/// What the actuator remembers, and what time it is.
fn memories() -> Vec<Case> {
    let with = |change: &dyn Fn(&mut Sample)| changed(&plan(), change);
    vec![
        (
            "a proof of two days ago",
            with(&|s| s.asked.now += 24 * HOUR),
            "stale-checkpoint",
        ),
        (
            "a proof from the future",
            with(&|s| s.asked.now = BEGIN),
            "future-checkpoint",
        ),
        (
            "a log that went back",
            with(&|s| s.remembered.checkpoint_size = 5),
            "log-rolled-back",
        ),
        (
            "another log of the same size",
            with(&|s| s.remembered.checkpoint_size = 4),
            "log-rolled-back",
        ),
        (
            "a clock that went back",
            with(&|s| s.remembered.time = BEGIN + 3 * HOUR),
            "clock-behind",
        ),
        (
            "revoked, and the ruling taken away",
            with(&|s| s.remembered.revoked = true),
            "revoked",
        ),
        (
            "suspended, and the note taken away",
            with(&|s| s.remembered.suspensions = vec![(0, 1, true)]),
            "suspended",
        ),
    ]
}

/// Rulings and suspensions.
fn stops() -> Vec<Case> {
    let ruling = |from, to| plan().and_revoked().edit(Part::Ruling, from, to).build();
    let resumed = plan().and_suspended();
    let resumed = resumed.edit(Part::Suspension, "act: suspend", "act: resume");
    let office = Plan {
        suspension: Some((1, vec!["office"])),
        ..plan()
    }
    .build();
    let other = ruling("authority 5a", "authority 5b");
    let kind = ruling("kind: measure", "kind: acquisition");
    vec![
        ("revoked", plan().and_revoked().build(), "revoked"),
        (
            "a ruling about another authority",
            other,
            "ruling-malformed",
        ),
        ("a ruling of another kind", kind, "ruling-malformed"),
        (
            "suspended by the commission",
            plan().and_suspended().build(),
            "suspended",
        ),
        ("suspended by the office", office, "suspended"),
        ("resumed", resumed.build(), "approved"),
    ]
}

/// The urgent way: two officers of different roles, two hours from the entry.
fn urgent() -> Vec<Case> {
    let plan = || Plan::urgent_measure(&Measure::default());
    let by = |who: &[&'static str]| {
        Plan {
            statement_signers: who.to_vec(),
            ..plan()
        }
        .build()
    };
    let line = |part, from, to| plan().edit(part, from, to).build();
    let ruled = |outcome| {
        let ruled = plan().and_revoked();
        let ruled = ruled.edit(Part::Ruling, "about: authority", "about: urgent");
        ruled.edit(Part::Ruling, "outcome: revoked", outcome)
    };
    let over = |plan: &Plan| changed(plan, |s| s.asked.now = BEGIN + 2 * HOUR + 1);
    let entered = Plan {
        decision_kind: EntryType::Decision,
        ..plan()
    }
    .build();
    let longer = line(
        STATEMENT,
        "after: 2027-04-01T02:00:00Z",
        "after: 2027-04-01T02:00:01Z",
    );
    let off = line(
        Part::Schedule,
        "urgent.measure = 2 hours",
        "urgent.measure = off",
    );
    let one_role = plan().edit(Part::TrustRoot, "o3 supervisor", "o3 requester");
    let one_role = changed(&one_role, |s| {
        s.remembered.trust_root = s.folder.trust_root.clone();
    });
    vec![
        ("urgent", plan().build(), "approved"),
        ("urgent, of level 2", level(plan()), "measure-level"),
        ("urgent for a second too long", longer, "urgent-too-long"),
        ("urgent by one officer", by(&["o1"]), "urgent-officers"),
        (
            "urgent by an officer and a member",
            by(&["o1", "m1"]),
            "urgent-officers",
        ),
        ("urgent by two of one role", one_role, "urgent-officers"),
        ("urgent where the schedule has none", off, "urgent-off"),
        ("urgent, entered as a decision", entered, "other-decision"),
        (
            "urgent, refused by the commission",
            ruled("outcome: refused").build(),
            "revoked",
        ),
        (
            "urgent, ratified",
            ruled("outcome: ratified").build(),
            "approved",
        ),
        ("urgent, over", over(&plan()), "expired"),
        (
            "urgent, ratified, and over",
            over(&ruled("outcome: ratified")),
            "expired",
        ),
    ]
}
