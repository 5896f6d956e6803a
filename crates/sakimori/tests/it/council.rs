//! The council and products at the command line. In: a folder. Out: verdicts. Never: a network, a server.

use crate::program::{Ran, run, sakimori};
use serde_json::{Value, json};

fn says(folder: &std::path::Path, role: &str, words: &[&str]) -> Ran {
    let words = [words, &["--role", role, "--as", "o2"]].concat();
    let mut command = sakimori(&words);
    command
        .env("SAKIMORI_DIR", folder)
        .env("SAKIMORI_OPERATOR", "water-1");
    run(&mut command)
}

fn read(ran: Ran) -> Value {
    serde_json::from_str(&ran.ended(0).out).unwrap()
}

#[test]
fn the_office_invites_and_nobody_is_a_member_of_it_or_of_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let office = |words: &[&str]| says(folder.path(), "office", words);
    let show = ["council", "show", "--format", "json"];
    assert_eq!(read(office(&show)), json!([]));
    office(&["council", "invite", "water-1"]).ended(0);
    let again = office(&["council", "invite", "water-1"]).ended(1);
    assert!(again.err.contains("water-1 is invited"), "{again:?}");
    let members = read(office(&show));
    assert_eq!(
        (&members[0]["member"], &members[0]["state"]),
        (&json!("water-1"), &json!("invited"))
    );
    let ask = [
        "council",
        "ask",
        "water-1",
        "Logs",
        "--text",
        "All.",
        "--reply-by",
        "2100-01-01T00:00:00Z",
    ];
    let refused = office(&ask).ended(1);
    assert!(
        refused.err.contains("reply_by") || refused.err.contains("is no member"),
        "{refused:?}"
    );
    for list in ["submissions", "copies", "materials"] {
        assert_eq!(
            read(office(&["council", list, "--format", "json"])),
            json!([]),
            "{list}"
        );
    }
    // What is for the member's own node is not the office's to say.
    for word in ["consent", "decline", "leave"] {
        let told = office(&["council", word]).ended(2);
        assert!(told.err.contains("own node"), "{told:?}");
    }
    office(&["council", "answer", "m-1", "--given", "x"]).ended(2);
    assert_eq!(
        read(office(&["product", "list", "--format", "json"])),
        json!([])
    );
    let none = office(&["product", "show", "0011"]).ended(1);
    assert!(none.err.contains("there is no product"), "{none:?}");
}

#[test]
fn a_member_s_node_brings_nothing_of_who_may_not_sign_and_says_that_the_office_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let member = |words: &[&str]| says(folder.path(), "operator", words);
    for word in ["consent", "decline", "leave"] {
        let refused = member(&["council", word]).ended(1);
        assert!(
            refused.err.contains("no-account") || refused.err.contains("refused"),
            "{refused:?}"
        );
    }
    for words in [
        &["council", "show"][..],
        &["council", "copies"],
        &["product", "list"],
        &["product", "show", "x"],
    ] {
        let away = member(words).ended(75);
        assert!(away.err.contains("the office's node"), "{away:?}");
    }
    member(&["council", "invite", "gas-1"]).ended(2);
    member(&["council", "answer", "m-1"]).ended(2);
    member(&["council", "answer", "m-1", "--given", "x", "--refused", "y"]).ended(2);
}
