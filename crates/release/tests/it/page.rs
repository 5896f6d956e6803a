//! `docs/reference/classes.md` is what the code gives.

use sakimori_custody::class::{Class, STEPS, StepNeeds};
use sakimori_release::content::may_hold;
use sakimori_release::matrix::{Cell, MATRIX, Rule, look_up};
use sakimori_release::{Code, ConditionKind, RecipientKind, Tlp};
use std::fmt::Write;

/// Files whose examples must not compile.
const SOURCES: [(&str, &str); 5] = [
    (
        "crates/custody/src/held.rs",
        include_str!("../../../custody/src/held.rs"),
    ),
    (
        "crates/custody/src/class.rs",
        include_str!("../../../custody/src/class.rs"),
    ),
    (
        "crates/release/src/classed.rs",
        include_str!("../../src/classed.rs"),
    ),
    (
        "crates/release/src/gate.rs",
        include_str!("../../src/gate.rs"),
    ),
    (
        "crates/release/src/council.rs",
        include_str!("../../src/council.rs"),
    ),
];

/// The sentence before each example that must not compile; one sentence may stand before several.
fn not_compiled(source: &str) -> Vec<String> {
    let (mut sentence, mut found, mut inside) = (String::new(), Vec::new(), false);
    for line in source.lines() {
        let Some(text) = line.trim_start().strip_prefix("///") else {
            continue;
        };
        let text = text.trim();
        if let Some(fence) = text.strip_prefix("```") {
            if !inside && fence.starts_with("compile_fail") {
                found.push(sentence.clone());
            }
            inside = !inside;
        } else if !inside {
            text.trim_end_matches(':').clone_into(&mut sentence);
        }
    }
    found
}

fn cell(cell: &Cell) -> String {
    let kinds = |kinds: &[ConditionKind]| {
        let words: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        words.join(" and ")
    };
    match cell.rule {
        Rule::Refuse => "–".to_owned(),
        Rule::AllowWith(with) => format!("with {}", kinds(with)),
        Rule::Controlled => format!("with {}", kinds(cell.rule.conditions())),
        rule => rule.name().to_owned(),
    }
}

fn classes(page: &mut String) -> std::fmt::Result {
    writeln!(
        page,
        "| class | in the law | TLP, loosest | may hold |\n|---|---|---|---|"
    )?;
    for class in Class::ALL {
        let kinds: Vec<&str> = may_hold(*class).iter().map(|kind| kind.name()).collect();
        let kinds = if kinds.is_empty() {
            "is no product".to_owned()
        } else {
            kinds.join(", ")
        };
        let tlp = Tlp::loosest(*class).label();
        writeln!(page, "| `{class}` | {} | {tlp} | {kinds} |", class.law())?;
    }
    writeln!(page, "\n## Steps\n\nOnly these, and none leads back.\n")?;
    writeln!(page, "| from | to | asks for |\n|---|---|---|")?;
    for (from, to, needs) in STEPS {
        let needs = match needs {
            StepNeeds::Seal => "the sealed process, art. 22",
            StepNeeds::Processing => "that what the next class may not hold was taken out",
            StepNeeds::ProcessingAndConsent => {
                "the same, and the party's consent (`party-consent`)"
            }
            StepNeeds::Content => "that nothing is there which the next class may not hold",
        };
        writeln!(page, "| `{from}` | `{to}` | {needs} |")?;
    }
    Ok(())
}

fn recipients(page: &mut String) -> std::fmt::Result {
    writeln!(page, "\n## Who may be given what\n")?;
    writeln!(
        page,
        "`–`: refused. `minimised`: after something was taken out of it for this audience. `its own`: to the one whose own it is.\n"
    )?;
    write!(page, "| class |")?;
    for kind in RecipientKind::ALL {
        write!(page, " `{kind}` |")?;
    }
    writeln!(page, "\n|---{}|", "|---".repeat(RecipientKind::ALL.len()))?;
    for class in Class::ALL {
        write!(page, "| `{class}` |")?;
        for kind in RecipientKind::ALL {
            write!(page, " {} |", cell(look_up(*class, *kind)))?;
        }
        writeln!(page)?;
    }
    writeln!(
        page,
        "\n## The words of the law\n\nArticles of Act 42/2025; `K` where nobody verified it.\n"
    )?;
    writeln!(
        page,
        "| class | recipient | article | words |\n|---|---|---|---|"
    )?;
    for row in MATRIX {
        let refused = row.cells.iter().all(|cell| cell.rule == Rule::Refuse);
        if refused {
            let text = row.cells[0].text;
            writeln!(
                page,
                "| `{}` | all | 38 to 42, 45, 72 | {text} |",
                row.class
            )?;
            continue;
        }
        for (kind, cell) in RecipientKind::COLUMNS.iter().zip(row.cells) {
            writeln!(
                page,
                "| `{}` | `{kind}` | {} | {} |",
                row.class, cell.article, cell.text
            )?;
        }
    }
    Ok(())
}

fn refusals(page: &mut String) -> std::fmt::Result {
    writeln!(
        page,
        "\n## Why the gate refuses\n\nA code never comes to mean something else.\n"
    )?;
    writeln!(page, "| number | code | meaning |\n|---|---|---|")?;
    for code in Code::ALL {
        writeln!(page, "| {} | `{code}` | {} |", code.code(), code.sentence())?;
    }
    writeln!(
        page,
        "\n## What does not compile\n\nEach is an example in the file that the compiler has to refuse.\n"
    )?;
    writeln!(page, "| file | what |\n|---|---|")?;
    for (file, source) in SOURCES {
        for sentence in not_compiled(source) {
            writeln!(page, "| `{file}` | {sentence} |")?;
        }
    }
    Ok(())
}

#[test]
fn the_page_of_classes_is_what_the_code_gives() {
    let mut page = String::from(
        "# Classes of information\n\nThe nine classes of Act 42/2025, the steps between them and who may be given what. Generated from `crates/custody/src/class.rs` and `crates/release/src`; \
        `SAKIMORI_BLESS=1 cargo test -p sakimori-release` writes it anew.\n\n",
    );
    classes(&mut page).unwrap();
    recipients(&mut page).unwrap();
    refusals(&mut page).unwrap();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/classes.md"
    );
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(path, page).unwrap();
    } else {
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, page, "run with SAKIMORI_BLESS=1 to write the page");
    }
}

#[test]
fn every_file_has_examples_that_must_not_compile() {
    for (file, source) in SOURCES {
        let examples = source.matches("```compile_fail").count();
        let found = not_compiled(source);
        assert!(examples > 0, "{file}");
        assert_eq!(found.len(), examples, "{file}");
        assert!(found.iter().all(|sentence| !sentence.is_empty()), "{file}");
    }
}
