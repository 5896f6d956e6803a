//! The schedule of duties as a signed text.

use super::terms;
use sakimori_cooperate::Terms;
use sakimori_cooperate::terms::TermsError;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::note::Note;

#[test]
fn the_schedule_reads_back_from_its_text_and_from_its_note() {
    let terms = terms();
    let text = terms.to_string();
    assert_eq!(Terms::parse(&text).as_ref(), Ok(&terms));
    let mut next = terms.clone();
    next.full.source.verified = false;
    assert!(terms.succeeds(&terms) && !next.succeeds(&terms));
    next.version = 2;
    assert!(next.succeeds(&terms) && !terms.succeeds(&next));
    let office = NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[7; 32]).unwrap();
    let other = NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[8; 32]).unwrap();
    let note = Note::sign(&text, &[&office], 0).unwrap().to_bytes();
    assert_eq!(Terms::check(&note, office.verifier()).as_ref(), Ok(&terms));
    assert!(matches!(
        Terms::check(&note, other.verifier()),
        Err(TermsError::Note(_))
    ));
    let mut changed = note.clone();
    let at = text.find("30 days").unwrap();
    changed[at] = b'4';
    assert!(Terms::check(&changed, office.verifier()).is_err());
}

#[test]
fn every_line_that_is_changed_dropped_or_doubled_is_refused_or_means_something_else() {
    let terms = terms();
    let text = terms.to_string();
    let lines: Vec<&str> = text.lines().collect();
    for at in 0..lines.len() {
        for count in [0, 2] {
            let mut edited = lines.clone();
            let line = edited.remove(at);
            for _ in 0..count {
                edited.insert(at, line);
            }
            let edited = format!("{}\n", edited.join("\n"));
            assert_ne!(
                Terms::parse(&edited).ok().as_ref(),
                Some(&terms),
                "{at} {count}"
            );
        }
    }
    for (from, to) in [
        ("30 days", "030 days"),
        ("30 days", "0 days"),
        ("30 days", "9999 days"),
        ("6 months", "6 days"),
        ("3 to 5 days", "6 to 5 days"),
        ("verified |", "certain |"),
        ("version: 1", "version: 0"),
        ("counting = japan", "counting = other"),
        ("sender adjacent-router", "adjacent-router sender"),
        ("2026-10-01 |", "2026-13-01 |"),
        ("route: gas = meti", "route: gas = mof"),
    ] {
        assert!(text.contains(from), "{from}");
        let edited = text.replacen(from, to, 1);
        assert!(Terms::parse(&edited).is_err(), "{from} -> {to}");
    }
}

#[test]
fn a_row_for_a_bureau_is_kept_with_its_source() {
    let row = "bureau: mlit 13 = 関東運輸局 | unverified | a table of the office\n";
    let text = format!("{}{row}", terms());
    let terms = Terms::parse(&text).unwrap();
    assert_eq!(terms.bureaus[0].value.bureau, "関東運輸局");
    assert_eq!(terms.to_string(), text);
    assert!(Terms::parse(&format!("{text}{row}")).is_err());
    assert!(Terms::parse(&text.replace("mlit 13", "mlit 48")).is_err());
}

#[test]
fn every_figure_is_shown_with_its_source_and_mark() {
    let row = "bureau: mlit 13 = 関東運輸局 | unverified | a table of the office\n";
    let terms = Terms::parse(&format!("{}{row}", terms())).unwrap();
    let figures = terms.figures();
    let lines = terms.to_string().lines().count();
    assert_eq!(
        figures.len(),
        lines - 3,
        "all but the three lines of the head"
    );
    let found = |key: &str| {
        let found = figures.iter().find(|each| each.key == key);
        let found = found.unwrap_or_else(|| panic!("{key}"));
        (found.value.as_str(), found.mark(), found.source.is_empty())
    };
    assert_eq!(found("report.full"), ("30 days", "", false));
    let target = found("report.prompt-target");
    assert_eq!(target, ("3 to 5 days", "UNVERIFIED", false));
    assert_eq!(found("bureau mlit 13"), ("関東運輸局", "UNVERIFIED", false));
    assert_eq!(found("route gas").0, "meti");
    assert!(found("widely-used").0.starts_with("Microsoft / Windows / "));
}

#[test]
fn a_draft_is_told_what_it_lacks() {
    let known = terms();
    let mut next = known.clone();
    next.full.source.verified = false;
    next.routes.retain(|row| row.value.sector.id() != "gas");
    let remarks = next.remarks(Some(&known)).join("\n");
    for part in [
        "figures are UNVERIFIED",
        "no route for gas:",
        "no bureau of meti, mlit, mic, fsa:",
        "version 1 does not follow version 1",
    ] {
        assert!(remarks.contains(part), "{part}\n{remarks}");
    }
    next.version = 2;
    assert!(!next.remarks(Some(&known)).join("").contains("follow"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_schedule_that_writes_the_same_or_an_error(
        cut in 0usize..4000, junk in "[ -~\n]{0,40}"
    ) {
        let text = terms().to_string();
        let at = cut.min(text.len());
        let (before, behind) = text.split_at(at);
        let edited = format!("{before}{junk}{behind}");
        if let Ok(read) = Terms::parse(&edited) {
            proptest::prop_assert_eq!(read.to_string(), edited);
        }
    }
}
