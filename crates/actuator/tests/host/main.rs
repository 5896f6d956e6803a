//! The host agent with real processes, files and namespaces of this machine. In: what is planted in folders of its own. Out: what was done to it, and that it is as before. Never: a process or file that a test did
//! not make, but for those of which it is shown that they are refused.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program of tests: a check that fails may stop it, and it speaks to whoever runs it"
)]

mod falls;
mod files;
mod network;
mod processes;
mod roles;
mod split;
#[path = "../shared/times.rs"]
mod times;
mod world;

use std::panic::catch_unwind;
use std::process::ExitCode;

/// Every test by its name.
const TESTS: &[(&str, fn())] = &[
    (
        "a_fresh_install_does_nothing_until_the_owner_allows_it",
        processes::fresh,
    ),
    (
        "a_policy_that_others_can_write_allows_nothing",
        processes::policy_of_others,
    ),
    (
        "a_planted_process_is_frozen_and_goes_on_at_its_end_without_the_engine",
        processes::frozen,
    ),
    (
        "a_process_is_stopped_for_good_after_it_was_frozen_and_not_before",
        processes::stopped,
    ),
    (
        "catalogue_wazuh_a_protected_program_is_not_touched_whatever_else_is_allowed",
        processes::protected,
    ),
    (
        "first_process_kernel_threads_agent_and_remote_login_are_refused",
        processes::never_touched,
    ),
    (
        "another_start_another_program_and_a_thread_are_refused",
        processes::identity,
    ),
    (
        "a_process_that_starts_another_program_meanwhile_is_never_left_frozen",
        processes::exec_race,
    ),
    (
        "two_measures_hold_one_process_until_the_last_goes",
        processes::two_measures,
    ),
    (
        "a_process_that_somebody_else_stopped_stays_so",
        processes::stopped_before,
    ),
    (
        "a_process_that_somebody_lets_go_on_is_seen_and_frozen_again",
        processes::undone_by_others,
    ),
    (
        "a_process_that_somebody_else_stops_again_and_again_is_let_go_once_and_for_all",
        processes::stopped_again_and_again,
    ),
    (
        "a_veto_of_the_owner_takes_back_what_is_in_force",
        processes::veto,
    ),
    (
        "an_effect_that_comes_again_changes_its_end_alone",
        processes::again,
    ),
    (
        "a_planted_file_is_put_away_and_comes_back_bit_for_bit",
        files::round_trip,
    ),
    (
        "a_file_in_the_store_cannot_be_started_or_changed_through_an_open_descriptor",
        files::harmless,
    ),
    (
        "links_second_names_and_what_is_no_plain_file_are_refused",
        files::kinds,
    ),
    (
        "a_path_that_is_swapped_for_a_link_moves_nothing_else",
        files::swapped_file,
    ),
    (
        "a_folder_that_is_swapped_for_a_link_moves_nothing_else",
        files::swapped_folder,
    ),
    (
        "a_place_that_is_taken_keeps_the_file_fixed_in_the_store_until_it_is_free_and_that_is_said",
        files::taken,
    ),
    (
        "two_measures_hold_one_file_until_the_last_goes",
        files::two_measures,
    ),
    (
        "acceptance_03_a_fall_behind_any_step_leaves_a_process_in_force_or_as_it_was",
        falls::process,
    ),
    (
        "acceptance_03_a_fall_behind_any_step_leaves_a_file_in_force_or_as_it_was",
        falls::file,
    ),
    (
        "a_helper_that_is_killed_leaves_its_records_to_the_next",
        falls::killed,
    ),
    (
        "acceptance_04_an_end_comes_when_nobody_asks_any_more_and_all_else_is_killed",
        falls::alone,
    ),
    (
        "acceptance_04_after_a_new_start_of_the_machine_only_files_are_held_and_not_for_longer",
        falls::reboot,
    ),
    ("the_owner_s_stop_takes_everything_back", falls::release),
    (
        "a_full_disk_begins_nothing_and_holds_no_end_up",
        falls::full_disk,
    ),
    (
        "a_damaged_record_is_told_and_the_others_are_still_ended",
        falls::damaged,
    ),
    (
        "the_parser_has_no_root_and_every_way_out_kills_it",
        split::confined,
    ),
    ("a_parser_that_is_root_does_not_start", split::root),
    (
        "a_question_that_is_none_is_refused_and_nothing_more_is_heard",
        split::malformed,
    ),
    ("half_a_question_holds_no_end_up", split::half),
    (
        "lines_that_are_none_are_refused_and_the_next_is_heard",
        split::lines,
    ),
    (
        "acceptance_05_an_isolated_host_speaks_to_its_management_alone_and_is_released_within_two_seconds",
        network::isolated,
    ),
    (
        "acceptance_06_an_open_flow_dies_and_the_management_s_goes_on",
        network::open_flow,
    ),
    (
        "catalogue_nft_an_exempt_host_is_answered_both_ways",
        network::both_ways,
    ),
    (
        "catalogue_a_rule_is_not_left_behind_when_the_helper_is_killed",
        network::killed,
    ),
    ("an_isolation_ends_by_the_kernel_alone", network::by_itself),
    (
        "an_isolation_follows_the_owner_s_policy_while_it_lasts",
        network::policy_changes,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(code) = roles::become_one(&args) {
        return code;
    }
    run_tests(&args)
}

/// Runs the tests whose names hold one of the words given, one after the other: they count processes of this one.
fn run_tests(args: &[String]) -> ExitCode {
    let (flags, words): (Vec<_>, Vec<_>) = args.iter().partition(|arg| arg.starts_with('-'));
    if flags.iter().any(|flag| *flag == "--list") {
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
        let run = || {
            if world::is_ready(name) {
                test();
            }
        };
        let good = catch_unwind(run).is_ok();
        println!("test {name} ... {}", if good { "ok" } else { "FAILED" });
        *(if good { &mut passed } else { &mut failed }) += 1;
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {left_out} filtered out\n"
    );
    ExitCode::from(if failed == 0 { 0 } else { 101 })
}
