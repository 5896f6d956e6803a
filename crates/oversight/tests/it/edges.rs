//! Edges that the tables of refusals pass over: days and months that turn, roots that begin later, bodies that are sealed, entries that were cosigned before.

use crate::history::{empty, good, judge, read};
use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt, Seal};
use sakimori_custody::ids::StreamId;
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::Seconds;
use sakimori_oversight::refused::{Code, Refused};
use sakimori_oversight::{Book, Judged, Taken};
use sakimori_testkit::folder::{Plan, signer};
use sakimori_testkit::history::{FIRST, SECOND, Story, hour};

/// What becomes of the last step of a story: refused, void, or taken.
fn last(story: &Story) -> Result<Option<Code>, Code> {
    match read(story) {
        Err((_, why)) => Err(why.code),
        Ok(book) => {
            let index = book.size() - 1;
            let void = book.void().iter().find(|(at, _)| *at == index);
            Ok(void.map(|(_, why)| why.code))
        }
    }
}

#[test]
fn a_budget_is_one_of_a_day_in_utc() {
    for (time, wanted) in [
        (hour(24) - 60, Err(Code::QueryBudget)),
        (hour(24), Ok(None)),
    ] {
        let story = Story::good()
            .with("answered", |s| {
                s.count(0, 100_000);
            })
            .again("query", "answered", |s| s.time = time)
            .up_to("query again");
        assert_eq!(last(&story), wanted);
        let story = Story::good()
            .with("schedule", |s| {
                s.edit("budget.exports = 10", "budget.exports = 1");
            })
            .again("export", "export", |s| s.time = time)
            .up_to("export again");
        let wanted = wanted.map_err(|_| Code::ExportBudget);
        assert_eq!(last(&story), wanted);
    }
    // Another actor has a budget of its own.
    let story = Story::good()
        .with("access of a supervisor", |s| {
            s.edit("\"supervisor\"", "\"analyst\"");
        })
        .with("answered", |s| {
            s.count(0, 100_000);
        })
        .again("query", "answered", |s| {
            s.edit("a.tanaka", "k.sato");
        })
        .up_to("query again");
    assert_eq!(last(&story), Ok(None));
}

#[test]
fn urgent_acts_are_counted_by_the_month_of_utc() {
    let third = "7c".repeat(16);
    let may = 30 * 86_400 + hour(0);
    for (time, wanted) in [(may - 60, Ok(Some(Code::UrgentMonth))), (may, Ok(None))] {
        let text = |at: u64| Seconds(at).to_string();
        let story = Story::good()
            .with("schedule", |s| {
                s.edit("urgent.month = 4", "urgent.month = 1");
            })
            .again("urgent request", "kept longer", |s| {
                s.edit(SECOND, &third);
                s.time = time;
            })
            .again("urgent", "urgent request again", |s| {
                s.edit(SECOND, &third)
                    .edit("{leaf:urgent request}", "{leaf:urgent request again}")
                    .edit(&text(hour(11)), &text(time))
                    .edit(&text(hour(35)), &text(time + 86_400));
                s.authority = "urgent again".to_owned();
            })
            .up_to("urgent again");
        assert_eq!(last(&story), wanted, "{}", text(time));
    }
}

#[test]
fn a_trust_root_counts_from_its_beginning_and_its_keys_with_it() {
    let folder = Plan::second_root().build().folder;
    let note = sakimori_tlog::note::Note::parse(&folder.trust_root).unwrap();
    let later = note.text().replace(
        "not-before: 2027-04-01T00:00:00Z",
        "not-before: 2027-04-01T03:01:00Z",
    );
    // The second root has another office.
    let office = signer("office").verifier().to_string();
    let moved = signer("!office").verifier().to_string();
    let later = later.replace(&format!("office: {office}"), &format!("office: {moved}"));
    let rotated = Story::good().again("root", "request", |s| {
        s.body.clone_from(&later);
        s.count(0, 2);
        s.signers = vec!["m1", "m3", "m4"];
    });
    let decided = |rotated: &Story, time: u64, root: u64| {
        let story = rotated.clone().up_to("decision");
        last(&story.with("decision", |s| {
            s.edit("root: 1", &format!("root: {root}"));
            s.time = time;
        }))
    };
    let asked = |rotated: &Story, time: u64, by: &'static str| {
        let story = rotated.clone().again("request", "decision", |s| {
            s.time = time;
            s.by = by;
        });
        last(&story.up_to("request again"))
    };
    let (bad, unsigned) = (Ok(Some(Code::StatementBad)), Err(Code::EntryUnsigned));
    assert_eq!(decided(&rotated, hour(3), 1), Ok(None));
    assert_eq!(decided(&rotated, hour(3), 2), bad);
    assert_eq!(decided(&rotated, hour(3) + 60, 1), bad);
    assert_eq!(decided(&rotated, hour(3) + 60, 2), Ok(None));
    assert_eq!(asked(&rotated, hour(3), "office"), Ok(None));
    assert_eq!(asked(&rotated, hour(3) + 60, "office"), unsigned);
    assert_eq!(asked(&rotated, hour(3) + 60, "!office"), Ok(None));
    assert_eq!(asked(&rotated, hour(3), "!office"), unsigned);
    // Begins it within the minute, both count in it, and nothing before it.
    let within = rotated.clone().with("root again", |s| {
        s.edit("2027-04-01T03:01:00Z", "2027-04-01T03:01:59Z");
    });
    for (root, by) in [(1, "office"), (2, "!office")] {
        assert_eq!(decided(&within, hour(3) + 60, root), Ok(None));
        assert_eq!(asked(&within, hour(3) + 60, by), Ok(None));
    }
    assert_eq!(decided(&within, hour(3), 2), bad);
    assert_eq!(decided(&within, hour(3) + 120, 1), bad);
    assert_eq!(asked(&within, hour(3), "!office"), unsigned);
    assert_eq!(asked(&within, hour(3) + 120, "office"), unsigned);
}

#[test]
fn a_schedule_and_a_release_count_in_the_whole_minute_in_which_they_begin() {
    let of = |step: &str, begins: u64| {
        Story::good().with(step, |s| {
            s.edit("2027-04-01T00:00:00Z", &Seconds(begins).to_string());
        })
    };
    // The decision of hour 3 lasts for two years.
    let beyond = Ok(Some(Code::BeyondSchedule));
    for (begins, wanted) in [
        (hour(3), beyond),
        (hour(3) + 1, beyond),
        (hour(3) + 59, beyond),
        (hour(3) + 60, Ok(None)),
    ] {
        let story = of("schedule", begins).up_to("decision");
        let story = story.with("decision", |s| {
            s.edit("2027-06-30T00:00:00Z", "2029-03-31T00:00:00Z");
        });
        assert_eq!(last(&story), wanted, "{}", Seconds(begins));
    }
    // The run of hour 5 names no program.
    for (begins, wanted) in [
        (hour(5) + 59, Err(Code::StartSoftware)),
        (hour(5) + 60, Ok(None)),
    ] {
        let story = of("software", begins).up_to("start").with("start", |s| {
            s.edit(&"50".repeat(32), "");
        });
        assert_eq!(last(&story), wanted, "{}", Seconds(begins));
    }
    // A second schedule begins at this second: the run of hour 5 names the first, the second, or none.
    let starts = |begins: u64, named: &str| {
        let story = Story::good().again("schedule", "access", |s| {
            s.edit("version: 1", "version: 2")
                .edit("previous: none", "previous: sha256:{sha:schedule}")
                .edit("2027-04-01T00:00:00Z", &Seconds(begins).to_string());
            s.count(0, 2);
        });
        last(&story.up_to("start").with("start", |s| {
            s.edit("{sha:schedule}", named);
        }))
    };
    let (first, second) = ("{sha:schedule}", "{sha:schedule again}");
    let other = Err(Code::StartSchedule);
    for (begins, of_first, of_second) in [
        (hour(5) - 1, other, Ok(None)),
        (hour(5), other, Ok(None)),
        (hour(5) + 1, Ok(None), Ok(None)),
        (hour(5) + 59, Ok(None), Ok(None)),
        (hour(5) + 60, Ok(None), other),
    ] {
        assert_eq!(starts(begins, first), of_first, "{begins}");
        assert_eq!(starts(begins, second), of_second, "{begins}");
        assert_eq!(starts(begins, ""), other, "{begins}");
    }
}

#[test]
fn a_lease_names_the_root_of_its_statement_or_the_one_in_force() {
    let folder = Plan::second_root().build().folder;
    let note = sakimori_tlog::note::Note::parse(&folder.trust_root).unwrap();
    let later = note
        .text()
        .replace("2027-04-01T00:00:00Z", "2027-04-01T03:01:00Z");
    let leased = |root: u64| {
        let story = Story::good().again("root", "request", |s| {
            s.body.clone_from(&later);
            s.count(0, 2);
            s.signers = vec!["m1", "m3", "m4"];
        });
        last(&story.up_to("lease").with("lease", |s| {
            s.edit("root: 1", &format!("root: {root}"));
        }))
    };
    assert_eq!(leased(1), Ok(None));
    assert_eq!(leased(2), Ok(None));
    assert_eq!(leased(3), Ok(Some(Code::LeaseBad)));
}

/// The book up to a step, and that step's index.
fn filled(step: &str) -> (Book, u64) {
    let book = good(&Story::good().up_to(step));
    let size = book.size();
    (book, size)
}

fn take(book: &mut Book, index: u64, entry: &Entry, at: Judged) -> Result<Taken, Code> {
    let verdict = book.judge(index, &entry.leaf, &entry.stored, at);
    verdict.map_err(|why: Refused| why.code)
}

#[test]
fn a_finding_may_be_sealed_and_an_open_act_may_not() {
    let bucket = format!("{FIRST}/s-01/2027-04-01").parse().unwrap();
    let key = BucketKey::from_bytes([5; 32]);
    let seal = Seal {
        bucket: &bucket,
        key: &key,
        nonce: [1; 24],
    };
    let office = signer("office");
    let author = Author {
        id: office.verifier().id(),
        key: office.ed25519(),
    };
    let sealed = |kind, counters: &[u64]| {
        let act = Act {
            kind,
            time: Seconds(hour(6)),
            authority: [0; 32],
            counters: counters.to_vec(),
            body: b"{}".to_vec(),
        };
        Chain::new(StreamId([0x66; 8])).sealed_entry(act, Salt([1; 32]), &seal, Some(&author))
    };
    let now = Judged::at(Seconds(hour(6)));
    let (mut book, index) = filled("gap");
    let purge = sealed(EntryType::Purge, &[0]);
    assert_eq!(take(&mut book, index, &purge, now), Err(Code::BodyForm));
    let mut finding = sealed(EntryType::Finding, &[900, 1]);
    assert_eq!(
        take(&mut book.clone(), index, &finding, now),
        Ok(Taken::InForce)
    );
    // A body that went with its bucket is missed by nobody who takes in what was cosigned before; others ask for it.
    finding.stored.clear();
    assert_eq!(
        take(&mut book.clone(), index, &finding, now),
        Err(Code::BodyForm)
    );
    assert_eq!(
        take(&mut book, index, &finding, Judged::before()),
        Ok(Taken::InForce)
    );
}

#[test]
fn only_what_was_cosigned_before_is_taken_without_a_look_at_its_signature() {
    let written = Story::good().up_to("answer").write();
    let (answer, _) = written.split_last().unwrap();
    let mut forged = answer.entry.envelope.clone();
    let mut signature = forged.signature.unwrap();
    signature[0] ^= 1;
    forged.signature = Some(signature);
    let entry = Entry {
        leaf: forged.encode(),
        envelope: forged,
        stored: answer.entry.stored.clone(),
    };
    let (mut book, index) = filled("question");
    let now = Judged::at(Seconds(hour(2)));
    assert_eq!(
        take(&mut book, index, &entry, now),
        Err(Code::EntryUnsigned)
    );
    assert_eq!(
        take(&mut book, index, &entry, Judged::default()),
        Err(Code::EntryUnsigned)
    );
    assert_eq!(
        take(&mut book, index, &entry, Judged::before()),
        Ok(Taken::InForce)
    );
}

#[test]
fn an_unsigned_envelope_is_held_to_its_minute_its_size_and_its_body() {
    let written = Story::good().up_to("root").write();
    let good = &written[0].entry;
    let changed = |change: &dyn Fn(&mut sakimori_custody::entry::Envelope)| {
        let mut envelope = good.envelope.clone();
        change(&mut envelope);
        let entry = Entry {
            leaf: envelope.encode(),
            envelope,
            stored: good.stored.clone(),
        };
        take(&mut empty(), 0, &entry, Judged::default())
    };
    assert_eq!(changed(&|_| {}), Ok(Taken::InForce));
    assert_eq!(changed(&|e| e.time.0 += 1), Err(Code::EntryMinute));
    assert_eq!(changed(&|e| e.size_class += 1), Err(Code::BodySize));
    assert_eq!(changed(&|e| e.body[0] ^= 1), Err(Code::BodyWrong));
    assert_eq!(changed(&|e| e.sequence = 1), Err(Code::StreamChain));
    assert_eq!(changed(&|e| e.previous = [1; 32]), Err(Code::StreamChain));
    assert_eq!(
        changed(&|e| e.counters = vec![2]),
        Ok(Taken::Void(Code::RootChain.into()))
    );
}

#[test]
fn what_a_reader_passes_over_keeps_its_place_and_the_next_goes_on_behind_it() {
    let story = Story::good().up_to("running").with("running", |s| {
        s.edit("\"s-01\"", "\"s-02\"");
    });
    let written = story.write();
    let (last, before) = written.split_last().unwrap();
    let mut book = empty();
    for w in before {
        judge(&mut book, w).unwrap();
    }
    let why = judge(&mut book, last).unwrap_err();
    assert_eq!(why.code, Code::BodyFields);
    book.pass_over(last.index + 1, &last.entry.leaf, why.clone());
    assert_eq!(book.size(), last.index);
    book.pass_over(last.index, &last.entry.leaf, why.clone());
    assert_eq!(book.size(), last.index + 1);
    assert_eq!(book.void(), [(last.index, why)]);
    // The receipt behind it goes on in the same stream.
    let whole = story.with("running", |_| {});
    let mut next = Story::good().up_to("receipt 0").with("running", |s| {
        s.edit("\"s-01\"", "\"s-02\"");
    });
    next.steps.truncate(whole.steps.len() + 1);
    let receipt = next.write().pop().unwrap();
    assert_eq!(judge(&mut book, &receipt), Ok(Taken::InForce));
}

#[test]
fn a_request_counts_by_the_basis_of_its_draft_whether_that_is_a_statement_or_not() {
    let story = Story::good().up_to("request").with("request", |s| {
        s.edit("sakimori/authority/v1", "sakimori/authority/v2");
    });
    let book = good(&story);
    assert_eq!(book.headings(2027).sums().sum::<u64>(), 1);
    assert_eq!(book.request_list().len(), 1);
    let story = story.with("request", |s| {
        s.edit("basis: act42-17", "base: act42-17");
    });
    assert_eq!(good(&story).headings(2027).sums().sum::<u64>(), 0);
}
