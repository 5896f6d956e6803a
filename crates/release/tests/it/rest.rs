//! Products at rest open as their own class and as no other.

use crate::toolbox::{controlled, marked, name, report};
use sakimori_custody::class::{
    ClassType, IntegratedControlled, IntegratedProvision, OperatorReport, PublicNotice,
};
use sakimori_release::rest::{RestError, RestKey, keep, open};
use sakimori_release::sheet::Sheet;
use sakimori_release::{Classed, FieldKind, Tlp, ask};

fn error<C: ClassType>(bytes: &[u8], key: &RestKey) -> Option<RestError> {
    open::<C, Sheet>(bytes, key).err()
}

#[test]
fn a_kept_product_opens_as_its_class_with_marking_owner_and_past() {
    let key = RestKey::new([5; 32]);
    let sheet = Sheet::plain("x").with("how", FieldKind::Secret, "text", ["so"]);
    let product = controlled(sheet, Tlp::AmberStrict);
    let bytes = keep(&product, &key, [1; 24]).unwrap();
    let back: Classed<IntegratedControlled, Sheet> = open(&bytes, &key).unwrap();
    assert_eq!(back.marking(), marked(Tlp::AmberStrict));
    let asked = crate::toolbox::request(vec![crate::toolbox::to(
        sakimori_release::RecipientKind::Council,
        "acme",
    )]);
    let tags = crate::toolbox::key();
    let before = ask(&product, &asked, &tags).unwrap();
    let after = ask(&back, &asked, &tags).unwrap();
    assert_eq!(
        before.record(),
        after.record(),
        "the same entry, with its steps"
    );
    let own = keep(&report(Tlp::Red), &key, [2; 24]).unwrap();
    let own: Classed<OperatorReport, Sheet> = open(&own, &key).unwrap();
    assert_eq!(own.owner(), Some(&name("acme")));
}

#[test]
fn it_opens_as_no_other_class_with_no_other_key_and_not_changed() {
    let key = RestKey::new([5; 32]);
    let bytes = keep(&controlled(Sheet::plain("x"), Tlp::Red), &key, [1; 24]).unwrap();
    let closed = |class| Some(RestError::Closed(class));
    assert_eq!(
        error::<PublicNotice>(&bytes, &key),
        closed(PublicNotice::CLASS)
    );
    assert_eq!(
        error::<IntegratedProvision>(&bytes, &key),
        closed(IntegratedProvision::CLASS)
    );
    let other = RestKey::new([6; 32]);
    assert_eq!(
        error::<IntegratedControlled>(&bytes, &other),
        closed(IntegratedControlled::CLASS)
    );
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(
            error::<IntegratedControlled>(&changed, &key).is_some(),
            "byte {at}"
        );
        let cut = error::<IntegratedControlled>(&bytes[..at], &key);
        assert!(cut.is_some(), "cut at {at}");
    }
    assert_eq!(format!("{key:?}"), "RestKey(..)");
}
