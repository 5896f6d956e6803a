//! Files that do not belong together.

use super::{of_notes, report};
use crate::maker::{
    COSIGNED, Made, Tree, bundle, codes, good, make, options, place, publish, story, verify, write,
};
use sakimori_testkit::folder::{Part, Plan, signer};
use sakimori_verify::{Options, Report, render};
use std::os::unix::ffi::OsStrExt;

#[test]
fn entries_that_are_dropped_swapped_or_repeated_are_named() {
    let raw = |what: &str, wanted: &[&str], change: fn(&mut Vec<Made>)| {
        let mut made = good();
        change(&mut made);
        let report = report(&made, &options());
        let codes = codes(&report);
        assert!(
            wanted.iter().all(|code| codes.contains(code)),
            "{what}: {}",
            render::text(&report)
        );
    };
    raw(
        "a receipt dropped from its stream",
        &["receipt-missing", "stream-gap"],
        |made| {
            made.remove(place::RECEIPT + 1);
        },
    );
    raw("receipts swapped", &["stream-gap"], |made| {
        made.swap(place::RECEIPT, place::RECEIPT + 1);
    });
    raw("an entry repeated", &["stream-gap"], |made| {
        made.insert(place::RECEIPT + 1, made[place::RECEIPT].clone());
    });
    raw("a stream that forks", &["stream-chain"], |made| {
        let mut other = story(&Plan::default().build());
        other[place::RECEIPT].time += 1;
        other[place::RECEIPT].counters[0] = 5;
        made[place::RECEIPT] = make(&other)[place::RECEIPT].clone();
    });
    raw("an entry that is none", &["entry-form"], |made| {
        made[place::REFUSAL].leaf = b"hello".to_vec();
    });
    raw("an entry with a byte behind it", &["entry-form"], |made| {
        made[place::REFUSAL].leaf.push(0);
    });
    raw("an empty entry", &["entry-form"], |made| {
        made[place::REFUSAL].leaf.clear();
    });
    raw("a body that another entry has", &["body-wrong"], |made| {
        made[place::STOP].stored = made[place::START].stored.clone();
    });
    raw("a body of another form", &["body-form"], |made| {
        made[place::STOP].stored[32] = 2;
    });
    raw("a sealed body that is too short", &["body-form"], |made| {
        made[place::CLOSED].stored.truncate(150);
    });
    raw("a sealed body of another size", &["body-size"], |made| {
        made[place::CLOSED].stored.extend([0; 256]);
    });
}

/// A bundle that is changed on disk.
#[track_caller]
fn on_disk(what: &str, wanted: &[&str], change: impl FnOnce(&std::path::Path, &[Made])) {
    let dir = crate::maker::folder();
    let made = good();
    bundle(dir.path(), &made);
    change(dir.path(), &made);
    let report = verify(dir.path(), &options());
    let codes = codes(&report);
    assert!(
        !wanted.is_empty() && wanted.iter().all(|code| codes.contains(code)),
        "{what}: {}",
        render::text(&report)
    );
}

#[test]
fn a_log_that_is_rolled_back_or_forked_is_named() {
    on_disk("an older checkpoint", &["mirror-ahead"], |dir, made| {
        let older = Tree::of(made).checkpoint(9, &["log", "mirror"]);
        write(&dir.join("log/checkpoint"), older.to_bytes());
    });
    on_disk(
        "an older log",
        &["mirror-ahead", "proof-checkpoint"],
        |dir, made| {
            std::fs::remove_dir_all(dir.join("log")).unwrap();
            publish(&dir.join("log"), &made[..9], &[], &["log", "mirror"]);
        },
    );
    let other = || {
        let mut story = story(&Plan::default().build());
        story[place::REFUSAL].time += 60;
        make(&story)
    };
    on_disk("a fork at the mirror", &["mirror-fork"], |dir, _| {
        std::fs::remove_dir_all(dir.join("commission/mirror")).unwrap();
        publish(
            &dir.join("commission/mirror"),
            &other(),
            &[],
            &["log", "mirror"],
        );
    });
    on_disk("a fork at an older mirror", &["mirror-fork"], |dir, _| {
        std::fs::remove_dir_all(dir.join("commission/mirror")).unwrap();
        let mut story = story(&Plan::default().build());
        story[place::STOP].time += 60;
        publish(
            &dir.join("commission/mirror"),
            &make(&story)[..10],
            &[],
            &["log", "mirror"],
        );
    });
    on_disk(
        "a fork at a mirror that is ahead",
        &["mirror-ahead", "mirror-fork"],
        |dir, made| {
            std::fs::remove_dir_all(dir.join("log")).unwrap();
            std::fs::remove_dir_all(dir.join("commission/mirror")).unwrap();
            publish(&dir.join("log"), &made[..15], &[], &["log", "mirror"]);
            let mut story = story(&Plan::default().build());
            story[place::REFUSAL].time += 60;
            story.push(story[place::REFUSAL].clone());
            publish(
                &dir.join("commission/mirror"),
                &make(&story),
                &[],
                &["log", "mirror"],
            );
        },
    );
}

#[test]
fn a_checkpoint_that_too_few_stand_behind_is_named() {
    let signed = |who: &[&str], now, wanted: &[&str]| {
        let dir = crate::maker::folder();
        publish(dir.path(), &good(), &[], who);
        assert_eq!(
            codes(&verify(dir.path(), &Options { now, ..options() })),
            wanted,
            "{who:?}"
        );
    };
    let now = options().now;
    signed(&["log", "mirror"], now, &[]);
    signed(&["log", "mirror", "audit"], now, &[]);
    let dir = crate::maker::folder();
    publish(dir.path(), &good(), &[], &["log", "mirror", "audit", "log"]);
    let notes = verify(dir.path(), &options()).notes;
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("2 signature lines of `checkpoint`")),
        "{notes:?}"
    );
    signed(&["log"], now, &["checkpoint-mirror"]);
    signed(&["mirror"], now, &["checkpoint-log"]);
    signed(&["!log", "mirror"], now, &["checkpoint-log"]);
    signed(&["log", "!mirror"], now, &["checkpoint-mirror"]);
    signed(&["log", "audit"], now, &["checkpoint-mirror"]);
    signed(&[], now, &["checkpoint-malformed"]);
    signed(
        &["log", "mirror"],
        Some(COSIGNED - 301),
        &["checkpoint-time"],
    );
    signed(&["log", "mirror"], Some(COSIGNED - 300), &[]);
    signed(&["log", "mirror"], None, &[]);
    let audit = format!(
        "policy: witness audit {}\npolicy: group both all mirror audit\npolicy: quorum both\n",
        signer("audit").verifier()
    );
    let sample = Plan::default()
        .edit(Part::TrustRoot, "policy: quorum mirror\n", &audit)
        .build();
    assert_eq!(codes(&of_notes(&sample)), ["checkpoint-quorum"]);
}

#[test]
fn files_that_are_missing_strange_or_too_many_are_named() {
    on_disk("a body is gone", &["body-missing"], |dir, made| {
        let name = sakimori_custody::ids::hex(&made[place::STOP].commitment);
        std::fs::remove_file(dir.join("log/bodies").join(&name[..2]).join(name)).unwrap();
    });
    on_disk("a body too many", &["stray"], |dir, _| {
        write(&dir.join("log/bodies/00").join("00".repeat(32)), "x");
    });
    on_disk("a tile behind the end", &["stray"], |dir, _| {
        write(&dir.join("log/tile/0/001"), [0; 8192]);
    });
    on_disk("a tile too wide", &["stray"], |dir, _| {
        write(&dir.join("log/tile/1/000.p/1"), [0; 32]);
    });
    on_disk("a file beside", &["stray"], |dir, _| {
        write(&dir.join("log/notes.txt"), "x");
    });
    on_disk("a file beside the findings", &["stray"], |dir, _| {
        write(&dir.join("findings/readme"), "x");
    });
    for folder in ["log/bodies", "log/tile/0", "findings"] {
        on_disk("a folder whose name is no text", &["stray"], |dir, _| {
            let name = std::ffi::OsStr::from_bytes(b"\xff");
            write(&dir.join(folder).join(name).join("x"), "x");
        });
    }
    on_disk("a folder for a file", &["file-form"], |dir, _| {
        let tile = dir.join("log/tile/0/000.p/15");
        std::fs::remove_file(&tile).unwrap();
        std::fs::create_dir(&tile).unwrap();
    });
    on_disk("a link for a file", &["checkpoint-malformed"], |dir, _| {
        let checkpoint = dir.join("log/checkpoint");
        std::fs::rename(&checkpoint, dir.join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(dir.join("elsewhere"), checkpoint).unwrap();
    });
    for (name, wanted) in [
        ("log/bodies/00", "stray"),
        ("log/bodies", "body-missing"),
        ("log/tile", "file-missing"),
        ("log/tile/0/000.p", "file-missing"),
        ("log/checkpoint", "checkpoint-malformed"),
        ("commission/mirror/bodies", "stray"),
        ("commission/mirror", "file-form"),
        ("commission", "file-form"),
        ("findings", "file-form"),
    ] {
        on_disk("a link that leads to itself", &[wanted], |dir, _| {
            let path = dir.join(name);
            let _ = std::fs::remove_dir_all(&path);
            let _ = std::fs::remove_file(&path);
            std::os::unix::fs::symlink(&path, &path).unwrap();
        });
    }
    for name in ["checkpoint", "tile", "bodies", "pending"] {
        on_disk("another log around the bundle's", &["stray"], |dir, _| {
            std::fs::rename(dir.join("commission/mirror"), dir.join("other")).unwrap();
            std::fs::rename(dir.join("other").join(name), dir.join(name)).unwrap();
        });
    }
    on_disk("no checkpoint", &["checkpoint-missing"], |dir, _| {
        std::fs::remove_file(dir.join("log/checkpoint")).unwrap();
    });
    on_disk(
        "both files of the last entries",
        &["file-missing"],
        |dir, _| {
            std::fs::remove_dir_all(dir.join("log/tile")).unwrap();
        },
    );
    on_disk(
        "a finding without its document",
        &["finding-file"],
        |dir, _| std::fs::remove_file(dir.join("findings/1.json")).unwrap(),
    );
    on_disk("a finding of other records", &["finding-file"], |dir, _| {
        write(
            &dir.join("findings/1.json"),
            br#"{"confidence":0.8,"records":[]}"#,
        );
    });
    on_disk(
        "another entry beside the proof",
        &["finding-file", "proof-wrong"],
        |dir, made| {
            write(&dir.join("findings/1.entry"), &made[place::STOP].leaf);
        },
    );
}

#[test]
fn a_trust_root_that_was_installed_with_a_bundle_is_held_against_the_logs() {
    let own = Plan::default().build().folder.trust_root;
    let other = Plan::default()
        .edit(
            Part::TrustRoot,
            "floor: acquisition 2",
            "floor: acquisition 1",
        )
        .build()
        .folder
        .trust_root;
    for (root, wanted) in [
        (own.as_slice(), [].as_slice()),
        (&other, &["trust-root-other"]),
        (b"none", &["trust-root-malformed"]),
    ] {
        let dir = crate::maker::folder();
        bundle(dir.path(), &good());
        write(&dir.path().join("trust-root.note"), root);
        let report = verify(dir.path(), &options());
        assert_eq!(codes(&report), wanted, "{}", render::text(&report));
        let said = |note: &String| note.contains("nobody but the bundle says");
        assert!(report.notes.iter().any(said), "{:?}", report.notes);
    } // A log's own folder has no such file, and nobody reads it there.
    let dir = crate::maker::folder();
    publish(dir.path(), &good(), &[], &["log", "mirror"]);
    write(&dir.path().join("trust-root.note"), &other);
    assert_eq!(codes(&verify(dir.path(), &options())), ["stray"]);
}

#[test]
fn folders_deeper_than_a_log_has_are_named_and_not_walked() {
    let log = |folders: usize| {
        let dir = crate::maker::folder();
        publish(dir.path(), &good(), &[], &["log", "mirror"]);
        std::fs::create_dir_all(dir.path().join("x/".repeat(folders))).unwrap();
        verify(dir.path(), &options())
    };
    // Twelve are more than a tile's path has; empty ones hold no file that could be anybody's.
    assert!(log(12).ok());
    let report = log(17);
    let named: Vec<_> = report
        .problems
        .iter()
        .map(|p| (p.code.name(), p.place.file.clone()))
        .collect();
    let place = ["x"; 13].join("/");
    assert_eq!(named, [("stray", Some(place))]);
}

#[test]
fn a_file_of_a_tile_has_a_width_of_1_to_255_in_its_one_form() {
    let tree =
        |report: &Report| -> Vec<u64> { report.checks.iter().map(|check| check.count).collect() };
    let dir = crate::maker::folder();
    publish(dir.path(), &good(), &[], &["log", "mirror"]);
    let counted = tree(&verify(dir.path(), &options()));
    for place in ["tile/0/000.p", "tile/entries/000.p"] {
        let folder = dir.path().join(place);
        let bytes = std::fs::read(folder.join("15")).unwrap();
        for name in ["0", "015", "+15", "256", "300"] {
            write(&folder.join(name), &bytes);
            let report = verify(dir.path(), &options());
            let text = render::text(&report);
            assert_eq!(codes(&report), ["stray"], "{place}/{name}: {text}");
            assert_eq!(report.problems.len(), 1, "{place}/{name}: {text}");
            assert_eq!(tree(&report), counted, "{place}/{name}: {text}");
            std::fs::remove_file(folder.join(name)).unwrap();
        }
    }
}

#[test]
fn tile_and_bundle_that_are_changed_together_lead_to_another_root() {
    on_disk(
        "an entry and its hash",
        &["entry-signature", "root-wrong"],
        |dir, made| {
            let mut changed = made.to_vec();
            let last = changed[place::REFUSAL].leaf.len() - 1;
            changed[place::REFUSAL].leaf[last] ^= 1;
            let checkpoint = std::fs::read(dir.join("log/checkpoint")).unwrap();
            std::fs::remove_dir_all(dir.join("log")).unwrap();
            publish(&dir.join("log"), &changed, &[], &["log", "mirror"]);
            write(&dir.join("log/checkpoint"), checkpoint);
        },
    );
    on_disk(
        "a bundle and its tile in two places",
        &["files-differ", "root-wrong", "tile-wrong"],
        |dir, _| {
            for (file, at) in [
                ("log/tile/entries/000.p/15", 300),
                ("log/tile/0/000.p/15", 400),
            ] {
                let mut bytes = std::fs::read(dir.join(file)).unwrap();
                bytes[at] ^= 1;
                write(&dir.join(file), bytes);
            }
        },
    );
}
