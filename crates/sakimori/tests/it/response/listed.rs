//! The office's newest protected lists at an actuator of an owner who takes them. In: a signed bundle. Out: what the actuator says. Never: a bundle that the actuator does not verify by itself.

use super::office::Office;

#[test]
fn newer_lists_are_verified_and_taken_by_the_owner_s_actuator() {
    let (office, _relay) = Office::rehearsing();
    // It has what its owner gave it: nothing is sent again.
    let before = office.brought();
    assert_eq!(
        (&before["version"], &before["state"]),
        (&1.into(), &"taken".into()),
        "{before}"
    );
    office.newer_lists(2);
    let taken = office.brought();
    assert_eq!(
        (&taken["version"], &taken["state"]),
        (&2.into(), &"taken".into()),
        "{taken}"
    );
    // The owner's own word tells which it uses.
    let status = office.owner(&["show"]);
    assert!(
        status.contains("version of the protected lists: 2"),
        "{status}"
    );
}
