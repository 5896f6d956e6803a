//! The page of the rules' codes is generated from the tables.

use sakimori_oversight::refused::{Code, Told};
use std::fmt::Write;
use std::path::Path;

#[test]
fn the_page_of_the_rules_is_that_of_the_tables() {
    let mut page = "# Rules of the log: codes\n\nWhat writer and mirror refuse, what stands as an entry on which nothing rests, and what is told. Generated from `crates/oversight/src/refused.rs`; a test holds the two together. \
        The rules themselves: [formats, section 18](formats.md#18-what-the-log-has-to-show-rules-for-mirror-and-verifiers).\n\n\
        ## Refused, or void\n\n| rule | code | meaning |\n|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        let (rule, sentence) = (code.rule(), code.sentence());
        writeln!(page, "| {rule} | `{code}` | {sentence} |").unwrap();
    }
    page.push_str("\n## Told\n\n| rule | code | meaning |\n|---|---|---|\n");
    for told in Told::ALL {
        let (rule, sentence) = (told.rule(), told.sentence());
        writeln!(page, "| {rule} | `{told}` | {sentence} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/rules.md");
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "bless with SAKIMORI_BLESS=1");
}
