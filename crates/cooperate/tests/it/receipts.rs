//! Receipts that anyone verifies.

use super::{at, name};
use sakimori_cooperate::Receipt;
use sakimori_cooperate::receipt::ReceiptError;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::note::Note;

fn office(seed: u8) -> NoteSigner {
    NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[seed; 32]).unwrap()
}

fn receipt() -> Receipt {
    let time = at("2026-10-03T00:00:00Z");
    Receipt::of(b"a report", name("c-1"), name("water-1"), time)
}

#[test]
fn a_receipt_is_for_its_bytes_its_office_and_nothing_else() {
    let bytes = receipt().sign(&office(1)).unwrap();
    let key = office(1);
    let key = key.verifier();
    assert_eq!(
        Receipt::check_report(&bytes, b"a report", key),
        Ok(receipt())
    );
    assert_eq!(
        Receipt::check_report(&bytes, b"another report", key),
        Err(ReceiptError::OtherReport)
    );
    assert!(matches!(
        Receipt::check(&bytes, office(2).verifier()),
        Err(ReceiptError::Note(_))
    ));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Receipt::check(&changed, key).is_err(), "byte {at}");
    }
    let text = "sakimori/receipt/v1
case: c-1
operator: water-1
report: sha256:";
    assert!(receipt().to_string().starts_with(text));
}

#[test]
fn a_signed_text_of_another_grammar_is_no_receipt() {
    let key = office(1);
    let good = receipt().to_string();
    let lines: Vec<&str> = good.lines().collect();
    let mut texts = vec![
        format!("{good}more: 1\n"),
        format!("{good}\n"),
        good.replace("receipt/v1", "receipt/v2"),
        good.replace("c-1", "C 1"),
        good.replace("sha256:", "sha512:"),
        good.replace("00:00:00Z", "00:00:00"),
        good.replace(": ", ":  "),
    ];
    for at in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        texts.push(format!("{}\n", fewer.join("\n")));
        let mut swapped = lines.clone();
        swapped.swap(at, (at + 1) % lines.len());
        texts.push(format!("{}\n", swapped.join("\n")));
    }
    for text in texts {
        let note = Note::sign(&text, &[&key], 0).unwrap();
        let checked = Receipt::check(&note.to_bytes(), key.verifier());
        assert!(matches!(checked, Err(ReceiptError::Line(_))), "{text}");
    }
    let long = format!("{good}{}\n", "x".repeat(5000));
    let note = Note::sign(&long, &[&key], 0).unwrap();
    assert_eq!(
        Receipt::check(&note.to_bytes(), key.verifier()),
        Err(ReceiptError::TooLong)
    );
}
