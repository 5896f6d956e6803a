use super::*;
use sakimori_authority::schedule::{Key, fictional};
use sakimori_custody::time::Millis;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A machine whose random bytes differ from call to call.
fn host() -> Host {
    let calls = AtomicU8::new(1);
    let random = move |place: &mut [u8]| {
        place.fill(calls.fetch_add(1, Ordering::Relaxed));
        Ok(())
    };
    Host::new(Arc::new(|| Millis(1_806_537_600_000)), Arc::new(random))
}

fn parties() -> Parties {
    Parties::example(vec!["s-01".parse().unwrap(), "s-02".parse().unwrap()])
}

#[test]
fn a_new_node_has_a_key_for_each_office_and_the_trust_root_names_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::at(folder.path());
    let root = create(&node, &parties(), &host()).unwrap();
    let held = |path: PathBuf| keys::read(&path).unwrap().verifier().clone();
    assert_eq!(held(commission_key(&node, "secretariat")), root.secretariat);
    assert_eq!(held(node.office_key("office")), root.office);
    let roles: Vec<OfficerRole> = root.officers.iter().map(|o| o.role).collect();
    assert_eq!(roles, OfficerRole::ALL);
    for officer in &root.officers {
        let key = held(officer_key(&node, officer.id.as_str()));
        assert_eq!(key, officer.key);
    }
    for (sensor, counter) in &root.counters {
        assert_eq!(held(counter_key(&node, sensor)), *counter);
    }
    assert_eq!((root.sensors.len(), root.counters.len()), (2, 2));
    assert!(create(&node, &parties(), &host()).is_err(), "twice");
}

#[test]
fn a_new_node_begins_under_japan_s_schedule_of_which_nothing_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::at(folder.path());
    let root = create(&node, &parties(), &host()).unwrap();
    let bytes = files::read_present(&first_schedule(&node)).unwrap();
    let (schedule, _) = Schedule::check(&bytes, &root).unwrap();
    assert_eq!(
        (schedule.version, schedule.not_before),
        (1, root.not_before)
    );
    assert_eq!(schedule.unverified(), Key::ALL);
    assert_eq!(schedule.rules.urgent(Kind::Acquisition), None);
    assert_eq!(schedule.rules.urgent(Kind::Measure), Some(2));
    let sources = schedule.marks.iter().filter(|m| m.source.contains("Act"));
    assert!(sources.count() >= 15);
}

#[test]
fn a_node_of_another_country_begins_under_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::at(folder.path());
    let root = create_under(&node, &parties(), &host(), fictional).unwrap();
    let bytes = files::read_present(&first_schedule(&node)).unwrap();
    let (schedule, _) = Schedule::check(&bytes, &root).unwrap();
    assert_eq!(schedule.jurisdiction.to_string(), "XX");
    assert_eq!(schedule.rules.urgent(Kind::Acquisition), Some(24));
}

#[test]
fn the_folders_of_office_commission_sensors_and_ledger_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let node = Node::at(folder.path().join("node"));
    let parties = Parties::example(vec!["s-01".parse().unwrap()]);
    create(&node, &parties, &Host::system()).unwrap();
    for name in [
        "office",
        "office/keys",
        "office/officers",
        "commission",
        "commission/keys",
        "commission/members",
        "sensor",
        "sensor/s-01",
        "lake",
        "ledger",
    ] {
        let of = fs::metadata(node.folder().join(name)).unwrap();
        assert_eq!(of.permissions().mode() & 0o777, 0o700, "{name}");
    }
    // The node's own is as any other: who may read the log gets there.
    let usual = folder.path().join("usual");
    fs::create_dir(&usual).unwrap();
    let [own, usual] =
        [node.folder(), &usual].map(|path| fs::metadata(path).unwrap().permissions());
    assert_eq!(own.mode(), usual.mode());
}
