//! The sealed process and its supervisor, with real processes: this program starts itself as the sealed process, as ones that misbehave, and as ones that try to get out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program of tests: a check that fails may stop it, and it speaks to whoever runs it"
)]

mod captures;
mod children;
mod corpus;
mod faults;
mod hostile;
mod identifiers;
mod office;
mod orders;
#[path = "../it/run.rs"]
mod run;
mod runs;
mod trace;

use sakimori_sensor::child::CHILD_ARGUMENT;
use std::ffi::OsStr;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;

/// Every test by its name.
const TESTS: &[(&str, fn())] = &[
    (
        "a_capture_gives_start_receipts_records_and_stop_in_commit_order",
        runs::in_commit_order,
    ),
    (
        "the_end_of_the_authority_stops_an_endless_input_within_a_second",
        runs::expiry,
    ),
    (
        "the_process_ends_by_itself_where_the_log_holds_its_supervisor_up",
        runs::expiry_without_supervisor,
    ),
    (
        "a_lease_that_was_renewed_prolongs_the_run_and_an_earlier_one_does_not",
        orders::renewed,
    ),
    (
        "a_suspension_a_revocation_and_a_stop_end_a_run_with_its_last_receipt",
        orders::ended,
    ),
    (
        "a_lease_of_another_statement_prolongs_nothing",
        orders::another_statement,
    ),
    (
        "the_sealed_process_does_not_outlive_the_lease_of_a_supervisor_that_hangs",
        orders::hung,
    ),
    ("an_idle_input_has_receipts_too", runs::idle),
    (
        "a_run_over_midnight_writes_each_window_to_the_bucket_of_its_day",
        runs::midnight,
    ),
    ("a_pack_that_is_longer_than_a_pipe_arrives", runs::long_pack),
    ("damage_of_the_input_is_told_with_its_place", runs::damage),
    (
        "a_killed_process_is_a_fault_and_leaves_no_record_without_receipt",
        faults::killed,
    ),
    (
        "a_supervisor_that_wakes_up_behind_the_authority_signs_no_receipt",
        faults::woke_late,
    ),
    (
        "a_log_or_store_that_fails_at_any_call_stops_everything_behind_it",
        faults::failing_calls,
    ),
    (
        "what_no_sealed_process_does_is_a_fault",
        faults::misbehaviour,
    ),
    ("caps_are_never_exceeded", faults::caps),
    (
        "identifiers_leave_the_sealed_process_as_tags_and_blobs_under_the_receipts_commitment",
        identifiers::sealed,
    ),
    (
        "a_run_goes_over_to_the_keys_of_the_next_epoch",
        identifiers::turn,
    ),
    (
        "a_run_ends_with_the_epoch_of_its_identifiers",
        identifiers::epoch,
    ),
    (
        "an_inherited_descriptor_is_not_open_behind_the_seal",
        faults::stray_descriptor,
    ),
    (
        "a_program_that_cannot_be_started_is_told",
        faults::no_program,
    ),
    (
        "captures_through_the_sealed_process_give_what_the_pipeline_gives",
        corpus::sample,
    ),
    (
        "every_system_call_but_the_allowed_ones_kills",
        hostile::every_call,
    ),
    ("every_way_out_is_closed", hostile::every_escape),
    (
        "a_trace_shows_no_call_beyond_the_list_and_no_content_written",
        trace::trace,
    ),
];

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    let first = args.next().unwrap_or_default();
    if first == CHILD_ARGUMENT {
        let name = Path::new(&program).file_name().and_then(OsStr::to_str);
        return children::become_one(name.unwrap_or_default());
    }
    match first.to_str() {
        Some(hostile::ARGUMENT) => hostile::attempt(args),
        Some(trace::ARGUMENT) => trace::traced(args),
        Some(orders::ARGUMENT) => orders::hanging(args),
        _ => run_tests(),
    }
}

/// Runs the tests whose names hold one of the words given, one after the other: they count processes and descriptors of this one.
fn run_tests() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (flags, words): (Vec<_>, Vec<_>) = args.into_iter().partition(|arg| arg.starts_with('-'));
    if flags.iter().any(|flag| flag == "--list") {
        for (name, _) in TESTS {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let asked =
        |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let (mut passed, mut failed, mut left_out) = (0, 0, 0);
    for (name, test) in TESTS {
        if !asked(name) {
            left_out += 1;
            continue;
        }
        let good = catch_unwind(test).is_ok();
        println!("test {name} ... {}", if good { "ok" } else { "FAILED" });
        *(if good { &mut passed } else { &mut failed }) += 1;
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {left_out} filtered out\n"
    );
    ExitCode::from(if failed == 0 { 0 } else { 101 })
}
