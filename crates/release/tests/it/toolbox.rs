//! What the tests share: names, times, requests, products of each class.

use sakimori_custody::class::{
    Integrated, IntegratedControlled, IntegratedProvision, OperatorReport, PublicNotice,
    SelectedParty,
};
use sakimori_custody::ids::{Name, RecordId, StreamId};
use sakimori_custody::record::Hits;
use sakimori_custody::time::Seconds;
use sakimori_custody::{Covered, Held, Recorded, Released, Selected};
use sakimori_release::sheet::Sheet;
use sakimori_release::{
    Classed, Condition, ConditionKind, FieldKind, Marking, Pap, PseudonymKey, Recipient,
    RecipientKind, Request, Tlp, Transform, Work,
};

/// When everything happens.
pub(crate) const NOW: Seconds = Seconds(1_806_537_600);

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn key() -> PseudonymKey {
    PseudonymKey::new([7; 32])
}

pub(crate) fn to(kind: RecipientKind, who: &str) -> Recipient {
    Recipient::new(kind, name(who))
}

pub(crate) const fn marked(tlp: Tlp) -> Marking {
    Marking {
        tlp,
        pap: Pap::Amber,
    }
}

/// A condition about a recipient that holds for an hour on both sides of now.
pub(crate) fn condition(kind: ConditionKind, by: &str, who: &str) -> Condition {
    let times = [Seconds(NOW.0 - 3600), Seconds(NOW.0 + 3600)];
    Condition::new(kind, name(by), Some(name(who)), times, "a reason").unwrap()
}

pub(crate) fn request(recipients: Vec<Recipient>) -> Request {
    Request {
        actor: name("k.sato"),
        basis: "act42, to prevent damage".to_owned(),
        rights: "addresses are of the adversary alone".to_owned(),
        recipients,
        conditions: Vec::new(),
        transforms: Vec::new(),
        now: NOW,
    }
}

/// Records that were looked at on record.
pub(crate) fn looked_at(values: &[&'static str]) -> Vec<Held<Released, &'static str>> {
    let held = |(number, value): (usize, &&'static str)| {
        let id = RecordId {
            stream: StreamId([7; 8]),
            number: number as u64,
        };
        let mut hits = Hits::default();
        hits.insert(3);
        let covered = Covered::by(id, &hits).unwrap();
        let selected = Held::acquire(id, *value).select(&covered).unwrap();
        selected.release(Recorded::at(9))
    };
    values.iter().enumerate().map(held).collect()
}

fn rows(values: Vec<&'static str>) -> Sheet {
    Sheet::plain("a beacon")
        .with("source", FieldKind::Selected, "address", values)
        .with_counts("ports", [("443", 9), ("8443", 2)])
}

pub(crate) fn selected(tlp: Tlp) -> Classed<Selected, Sheet> {
    let mut product = Classed::<Selected, Sheet>::looked_at(looked_at(&["198.51.100.7"]), rows);
    product.mark(marked(tlp)).unwrap();
    product
}

pub(crate) fn party(tlp: Tlp) -> Classed<SelectedParty, Sheet> {
    let records = looked_at(&["198.51.100.7"]);
    let mut product = Classed::<SelectedParty, Sheet>::looked_at(name("acme"), records, rows);
    product.mark(marked(tlp)).unwrap();
    product
}

pub(crate) fn report(tlp: Tlp) -> Classed<OperatorReport, Sheet> {
    let sheet = Sheet::plain("ransomware")
        .with("note", FieldKind::Report, "text", ["they ask for money"])
        .with("who", FieldKind::Party, "operator", ["acme"])
        .with("contact", FieldKind::Personal, "mail", ["a@example.jp"]);
    let mut product = Classed::reported(name("acme"), sheet);
    product.mark(marked(tlp)).unwrap();
    product
}

/// An analysis that nothing was taken out of yet.
pub(crate) fn integrated(sheet: Sheet, tlp: Tlp) -> Classed<Integrated, Sheet> {
    let mut product = Classed::from_open_sources(sheet);
    product.mark(marked(tlp)).unwrap();
    product
}

/// A step without transforms and conditions.
pub(crate) fn plainly<'w>(key: &'w PseudonymKey, transforms: &'w [Transform]) -> Work<'w> {
    Work {
        transforms,
        conditions: &[],
        key,
        now: NOW,
    }
}

pub(crate) fn controlled(sheet: Sheet, tlp: Tlp) -> Classed<IntegratedControlled, Sheet> {
    let key = key();
    let ready = integrated(sheet, Tlp::Red).derive::<IntegratedProvision>(&plainly(&key, &[]));
    let mut product = ready.unwrap().derive(&plainly(&key, &[])).unwrap();
    product.mark(marked(tlp)).unwrap();
    product
}

pub(crate) fn notice(sheet: Sheet, tlp: Tlp) -> Classed<PublicNotice, Sheet> {
    let key = key();
    let ready = integrated(sheet, Tlp::Red).derive::<IntegratedProvision>(&plainly(&key, &[]));
    let mut product = ready.unwrap().derive(&plainly(&key, &[])).unwrap();
    product.mark(marked(tlp)).unwrap();
    product
}
