//! Tags and blobs: they join where they may, open for whom they may, and read back.

use super::IdentifierField::{DestinationMail, SourceMail, User};
use super::*;
use crate::epoch::{EpochId, EpochSecret};
use crate::keys::Share;
use proptest::prelude::*;

const RUN: StreamId = StreamId([7; 8]);
const AUTHORITY: &str = "000102030405060708090a0b0c0d0e0f";

fn epoch(text: &str) -> EpochId {
    text.parse().unwrap()
}

fn secret(office: u8, commission: u8, of: &str) -> EpochSecret {
    EpochSecret::combine(
        &Share::new([office; 32]),
        &Share::new([commission; 32]),
        epoch(of),
    )
}

fn sealer(office: u8, commission: u8, of: &str, seed: u8) -> Sealer {
    Sealer::new(
        &secret(office, commission, of).writing(),
        of,
        RUN,
        [seed; 32],
    )
    .unwrap()
}

fn first() -> String {
    format!("{AUTHORITY}/2027-03-03/30")
}

#[test]
fn tags_join_within_an_authority_and_epoch_and_nowhere_else() {
    let next = format!("{AUTHORITY}/2027-04-02/30");
    let other = format!("{}/2027-03-03/30", AUTHORITY.replace("00", "ff"));
    let tag = |office, of: &str, field, value: &[u8]| {
        sealer(office, 2, of, 7).seal(0, field, value).unwrap().tag
    };
    let this = tag(1, &first(), SourceMail, b"alice@example.org");
    assert_eq!(
        this,
        tag(1, &first(), DestinationMail, b"alice@example.org")
    );
    for differs in [
        tag(1, &first(), User, b"alice@example.org"),
        tag(1, &first(), SourceMail, b"bob@example.org"),
        tag(1, &next, SourceMail, b"alice@example.org"),
        tag(1, &other, SourceMail, b"alice@example.org"),
        tag(3, &first(), SourceMail, b"alice@example.org"),
    ] {
        assert_ne!(this, differs);
    }
}

#[test]
fn only_the_secret_of_both_shares_opens_and_only_what_was_sealed() {
    let of = first();
    let sealed = sealer(1, 2, &of, 7).seal(5, User, b"alice").unwrap();
    let opened = secret(1, 2, &of).reader().open(RUN, &sealed).unwrap();
    assert_eq!(
        (opened.value.as_slice(), opened.whole),
        (&b"alice"[..], true)
    );
    for (office, commission) in [(1, 0), (0, 2), (2, 3), (1, 1)] {
        assert_eq!(
            secret(office, commission, &of).reader().open(RUN, &sealed),
            None
        );
    }
    assert_eq!(
        secret(1, 2, &format!("{AUTHORITY}/2027-04-02/30"))
            .reader()
            .open(RUN, &sealed),
        None
    );
    let reader = secret(1, 2, &of).reader();
    assert_eq!(reader.open(StreamId([8; 8]), &sealed), None);
    let mut other = sealed;
    other.record = 6;
    assert_eq!(reader.open(RUN, &other), None);
    let mut other = sealed;
    other.field = SourceMail;
    assert_eq!(reader.open(RUN, &other), None);
    for at in 0..BLOB_BYTES {
        let mut other = sealed;
        other.blob[at] ^= 1;
        assert_eq!(reader.open(RUN, &other), None, "byte {at}");
    }
    for at in 0..TAG_BYTES {
        let mut other = sealed;
        other.tag[at] ^= 1;
        assert_eq!(reader.open(RUN, &other), None);
    }
}

#[test]
fn one_seed_gives_the_same_bytes_and_another_gives_others_under_the_same_tag() {
    let of = first();
    let write = |seed| {
        let mut sealer = sealer(1, 2, &of, seed);
        [0, 1].map(|record| sealer.seal(record, User, b"alice").unwrap())
    };
    assert_eq!(write(7), write(7));
    let (one, other) = (write(7), write(8));
    assert_eq!(one[0].tag, other[0].tag);
    assert_ne!(one[0].blob, other[0].blob);
    assert_ne!(one[0].blob, one[1].blob, "a value is sealed anew each time");
}

/// Our use of HPKE is the suite of the RFC: its first test vector (appendix A.2 is this suite; the key pair is derived as §7.1.3 says).
#[test]
fn the_key_pair_is_that_of_the_rfc() {
    let hex = |text: &str| -> Vec<u8> {
        let digit = |d: u8| (d as char).to_digit(16).unwrap() as u8;
        let (pairs, _) = text.as_bytes().as_chunks::<2>();
        pairs
            .iter()
            .map(|[a, b]| digit(*a) << 4 | digit(*b))
            .collect()
    };
    // RFC 9180 A.2.1: ikmR and pkRm.
    let seed = hex("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df");
    let public = hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
    assert_eq!(recipient(&seed.try_into().unwrap()).to_vec(), public);
}

proptest! {
    #[test]
    fn any_value_is_sealed_to_the_same_length_and_opens(value in prop::collection::vec(any::<u8>(), 0..340), code in 1u8..4) {
        let of = first();
        let field = IdentifierField::from_code(code).unwrap();
        let sealed = sealer(1, 2, &of, 7).seal(9, field, &value);
        if value.is_empty() || value.len() > VALUE_BYTES_MAX {
            prop_assert!(sealed.is_none());
        } else {
            let sealed = sealed.unwrap();
            let opened = secret(1, 2, &of).reader().open(RUN, &sealed).unwrap();
            prop_assert_eq!(opened.whole, value.len() <= WHOLE_BYTES_MAX);
            prop_assert!(value.starts_with(&opened.value));
            prop_assert_eq!(Identifier::decode(&sealed.encode()), Ok(sealed));
        }
    }
}
