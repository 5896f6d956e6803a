//! The process itself: what it may hold, what it may reach, and what is left when it ends.

use crate::fixture::*;
use sakimori_custody::keys::BucketKey;
use sakimori_lake::session::{
    Frame, Kind, Limits, Request, SessionError, read_frame, run, write_request,
};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// A query process by hand.
fn start(program: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(program);
    let command = command.args(arguments).env_clear().current_dir("/");
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// The program's end for bytes on its pipe: exit, frames, standard error.
fn end(bytes: &[u8]) -> (ExitStatus, Vec<Frame>, Vec<u8>) {
    let mut child = start(engine(), &[]);
    // A process that refuses early does not read the rest.
    let _ = child.stdin.take().unwrap().write_all(bytes);
    let output = child.wait_with_output().unwrap();
    let mut rest = output.stdout.as_slice();
    let mut frames = Vec::new();
    while !rest.is_empty() {
        frames.push(read_frame(&mut rest).unwrap());
    }
    (output.status, frames, output.stderr)
}

fn bytes(request: &Request) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_request(&mut bytes, request).unwrap();
    bytes
}

#[test]
fn one_request_has_one_answer_and_the_process_ends() {
    let mut twice = bytes(&HOUSE.request("SELECT 1", Limits::default()));
    twice.extend(bytes(&HOUSE.request("SELECT 2", Limits::default())));
    let (status, frames, stderr) = end(&twice);
    assert_eq!(status.code(), Some(0));
    assert_eq!(frames[1], Frame::Rows(vec![vec![1.into()]]));
    assert_eq!(frames[2..], [Frame::End { rows: 1 }]);
    assert!(stderr.is_empty());
}

#[test]
fn garbage_on_the_pipe_is_refused_in_words() {
    let good = bytes(&HOUSE.request("SELECT 1", Limits::default()));
    let mut cases = vec![
        Vec::new(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 100_000],
    ];
    for cut in [1, 16, 19, 20, 100, good.len() - 65, good.len() - 1] {
        cases.push(good[..cut].to_vec());
    }
    for at in [0, 17, 30, 200] {
        let mut bad = good.clone();
        bad[at] ^= 0x80;
        cases.push(bad);
    }
    for case in cases {
        let (status, frames, stderr) = end(&case);
        assert_eq!(status.code(), Some(70));
        let [
            Frame::Error {
                kind: Kind::Engine,
                detail,
            },
        ] = frames.as_slice()
        else {
            panic!("{frames:?}");
        };
        assert!(
            detail.starts_with("the request does not read: "),
            "{detail}"
        );
        assert!(stderr.is_empty());
    }
}

#[test]
fn a_person_who_starts_it_is_told_what_it_is() {
    let output = start(engine(), &["--help"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("use `sakimori query`"), "{words}");
}

#[test]
fn exit_codes_follow_the_kind_of_the_end() {
    let slow = "SELECT count(*) FROM records a, records b, records c, records d";
    let hasty = Limits {
        deadline_ms: 200,
        ..Limits::default()
    };
    let cases = [
        ("SELECT 1", Limits::default(), 0),
        ("SELEC 1", Limits::default(), 1),
        (
            "SELECT 1",
            Limits {
                rows_max: 0,
                ..Limits::default()
            },
            1,
        ),
        (slow, hasty, 75),
    ];
    for (sql, limits, code) in cases {
        let (status, ..) = end(&bytes(&HOUSE.request(sql, limits)));
        assert_eq!(status.code(), Some(code), "{sql}");
    }
}

#[test]
fn a_wrong_key_is_refused_with_its_bucket_named() {
    let mut request = bytes(&HOUSE.request("SELECT count(*) FROM records", Limits::default()));
    let at = request.len() - 1;
    request[at] ^= 1;
    let (status, frames, _) = end(&request);
    assert_eq!(status.code(), Some(1));
    let detail = format!("the key does not open bucket {}", bucket(2));
    assert_eq!(
        frames,
        [Frame::Error {
            kind: Kind::Key,
            detail
        }]
    );
}

#[test]
fn a_bucket_that_is_gone_between_question_and_answer_is_named() {
    let house = House::new();
    let request = house.request("SELECT count(*) FROM records", Limits::default());
    let office = sakimori_lake::ShareVault::at(house.folder.path().join("office"));
    office.create(&bucket(1), [1; 32]).unwrap();
    house.lake.delete(&bucket(1), &office, at(23)).unwrap();
    let Err(SessionError::Ended {
        kind: Kind::Key,
        detail,
    }) = run(engine(), &request)
    else {
        panic!("an answer from a deleted bucket");
    };
    assert_eq!(
        detail,
        format!("bucket {} was deleted on 2027-04-01T23:00:00Z", bucket(1))
    );
}

#[test]
fn a_writer_at_work_is_never_seen_halfway() {
    let house = House::new();
    let more = AtomicBool::new(true);
    let counts = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = house.writer(1);
            let staged = writer.unresolved();
            for window in staged {
                writer.publish(window, at(6)).unwrap();
            }
            // BOUND: two thousand windows are more than are written while eight queries run.
            for index in 9..2_000 {
                if !more.load(Ordering::Relaxed) {
                    break;
                }
                put(&mut writer, 1, index, at(6 + index % 16));
            }
        });
        let count = |_| {
            let answer = house.ask("SELECT count(*) FROM records", Limits::default());
            answer.unwrap().rows[0][0].as_u64().unwrap()
        };
        let counts: Vec<u64> = (0..8).map(count).collect();
        more.store(false, Ordering::Relaxed);
        counts
    });
    assert!(counts.is_sorted(), "{counts:?}");
    assert!(counts.iter().all(|count| count % WINDOW == 0), "{counts:?}");
    assert!(
        counts[0] >= FIRST + SECOND && counts[7] > counts[0],
        "{counts:?}"
    );
}

#[test]
fn a_damaged_file_is_named() {
    let house = House::new();
    let request = house.request("SELECT * FROM records", Limits::default());
    let file = house.bucket_folder(1).join("hour-00-0.parquet");
    let mut damaged = std::fs::read(&file).unwrap();
    damaged[2_000] ^= 1;
    std::fs::write(&file, damaged).unwrap();
    let Err(e) = run(engine(), &request) else {
        panic!("an answer from a damaged file")
    };
    assert_eq!(e.kind(), Kind::Engine);
    assert!(e.to_string().contains("hour-00-0.parquet"), "{e}");
    std::fs::remove_file(&file).unwrap();
    let e = run(engine(), &request).unwrap_err();
    assert_eq!(e.kind(), Kind::Engine);
    assert!(e.to_string().contains("hour-00-0.parquet"), "{e}");
}

#[test]
fn a_process_that_is_killed_is_an_error_of_its_caller_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sakimori-query");
    let script = |body: &str| {
        std::fs::write(&program, format!("#!/bin/sh\n{body}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&program, mode).unwrap();
    };
    let limits = Limits {
        deadline_ms: 1,
        ..Limits::default()
    };
    let request = HOUSE.request("SELECT 1", limits);
    script("kill -9 $$");
    let e = run(&program, &request).unwrap_err();
    assert_eq!(
        e.to_string(),
        "the query process fell: it was ended by signal 9"
    );
    script("exec /bin/sleep 600");
    let e = run(&program, &request).unwrap_err();
    assert!(matches!(e, SessionError::Killed(2_001)), "{e}");
    script("exit 3");
    assert!(matches!(
        run(&program, &request),
        Err(SessionError::Fell(_))
    ));
    assert_eq!(rows("SELECT 1"), [[1]]);
}

/// Runs a query up to its first rows, which a sort gives only when all is computed, and leaves the process waiting to write the rest.
fn halfway(sql: &str, limits: Limits) -> (Child, String) {
    let mut child = start(engine(), &[]);
    let request = bytes(&HOUSE.request(sql, limits));
    child.stdin.take().unwrap().write_all(&request).unwrap();
    let output = child.stdout.as_mut().unwrap();
    assert!(matches!(read_frame(output).unwrap(), Frame::Columns(_)));
    assert!(matches!(read_frame(output).unwrap(), Frame::Rows(_)));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    (child, status)
}

fn kib(status: &str, name: &str) -> u64 {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    line.trim_start_matches(':')
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

const SORTED: &str = "SELECT a.* FROM records a CROSS JOIN (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) ORDER BY bytes_out DESC, record";

#[test]
fn the_process_stays_below_the_memory_that_it_states() {
    let limits = Limits {
        memory_bytes: 192 << 20,
        rows_max: 100_000,
        ..Limits::default()
    };
    let (mut child, status) = halfway(SORTED, limits);
    child.kill().unwrap();
    child.wait().unwrap();
    let (resident, writable) = (kib(&status, "VmHWM"), kib(&status, "VmData"));
    assert!(resident * 1024 <= limits.memory_bytes, "{status}");
    assert!(writable * 1024 <= limits.memory_bytes, "{status}");
}

#[test]
fn the_process_is_closed_while_it_computes() {
    let (mut child, status) = halfway(
        SORTED,
        Limits {
            rows_max: 100_000,
            ..Limits::default()
        },
    );
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    for (name, value) in [("NoNewPrivs", 1), ("Seccomp", 2), ("CoreDumping", 0)] {
        assert_eq!(kib(&status, name), value, "{name}");
    }
    for (name, value) in [
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max data size", "536870912"),
    ] {
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        assert_eq!(line.split_whitespace().next(), Some(value), "{name}");
    }
}

#[test]
fn the_process_ends_with_the_thread_that_asked() {
    let limits = Limits {
        rows_max: 100_000,
        ..Limits::default()
    };
    let asked = std::thread::spawn(move || halfway(SORTED, limits).0);
    let mut child = asked.join().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

/// The system calls of a run, in order, as strace shows them.
fn traced(strace: &Path, sql: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let log_name = log.display().to_string();
    let program = engine().display().to_string();
    let watched =
        "trace=%file,%network,%process,read,pread64,write,prctl,landlock_restrict_self,seccomp";
    let arguments = [
        "-f", "-qq", "-s", "256", "-o", &log_name, "-e", watched, &program,
    ];
    let mut child = start(strace, &arguments);
    let request = bytes(&HOUSE.request(sql, Limits::default()));
    child.stdin.take().unwrap().write_all(&request).unwrap();
    let mut answer = Vec::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut answer)
        .unwrap();
    assert!(child.wait().unwrap().success());
    whole(&std::fs::read_to_string(log).unwrap())
}

/// A line per call, where it began: one that another thread's call interrupts is written in two parts, and only the second says how it ended.
fn whole(log: &str) -> Vec<String> {
    let mut calls: Vec<String> = Vec::new();
    for line in log.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let rest = call.trim_start().strip_prefix("<... ");
        let Some((_, rest)) = rest.and_then(|rest| rest.split_once(" resumed>")) else {
            calls.push(line.to_owned());
            continue;
        };
        let begun = format!("{thread} ");
        let begun = calls.iter_mut().rev().find(|call| call.starts_with(&begun));
        let begun = begun.unwrap();
        *begun = begun.replace(" <unfinished ...>", rest);
    }
    calls
}

#[test]
fn a_call_in_two_parts_is_one_call() {
    let log =
        "7 openat(1, \"a\" <unfinished ...>\n8  read(3) = 0\n7 <... openat resumed>) = -1 EACCES";
    let calls = ["7 openat(1, \"a\") = -1 EACCES", "8  read(3) = 0"];
    assert_eq!(whole(log), calls);
}

/// The last call that has `what`.
fn last(calls: &[String], what: &str) -> Option<usize> {
    calls.iter().rposition(|call| call.contains(what))
}

/// The call that closed the process.
fn closed(calls: &[String]) -> usize {
    let filter = last(calls, "seccomp(SECCOMP_SET_MODE_FILTER");
    filter.or(last(calls, "PR_SET_SECCOMP")).unwrap()
}

#[test]
fn files_whose_statistics_exclude_the_question_are_not_read() {
    let name = "files_whose_statistics_exclude_the_question_are_not_read";
    let Some(strace) = sakimori_testkit::program(name, "strace") else {
        return;
    };
    let reads = |condition: &str| {
        let sql = format!("SELECT count(record), sum(bytes_out) FROM records WHERE {condition}");
        let calls = traced(&strace, &sql);
        let late = calls[closed(&calls)..].iter();
        late.filter(|call| call.contains("pread64(")).count()
    };
    // Three parts wait in spools, which have no statistics.
    let cases = [
        ("source = '10.0.0.1'", true),
        ("source IN ('10.0.0.1', '10.0.0.2')", true),
        ("in_prefix(destination, '10.0.0.0/8')", true),
        ("first < '2027-03-31T00:00:00Z'", true),
        ("direction = 'in-out'", true),
        ("source = '198.51.1.7'", false),
        ("first < '2027-04-02T00:00:00Z'", false),
    ];
    for (condition, excluded) in cases {
        let reads = reads(condition);
        assert_eq!(reads == 3, excluded, "{condition}: {reads}");
    }
}

#[test]
fn after_the_request_only_files_of_its_buckets_are_opened_and_after_that_none() {
    let name = "after_the_request_only_files_of_its_buckets_are_opened_and_after_that_none";
    let Some(strace) = sakimori_testkit::program(name, "strace") else {
        return;
    };
    let calls = traced(
        &strace,
        "SELECT source, count(*) FROM records GROUP BY source ORDER BY 2",
    );
    let (request, sealed) = (last(&calls, "sakimori/query/1").unwrap(), closed(&calls));
    assert!(request < sealed);
    let reaching = [
        "open(", "openat(", "openat2(", "creat(", "socket(", "connect(", "execve(", "unlink",
        "rename", "mkdir",
    ];
    let lake = HOUSE.folder.path().display().to_string();
    let outside = |call: &&String| {
        let reaches = reaching.iter().any(|name| call.contains(name));
        let written =
            call.contains("O_WRONLY") || call.contains("O_RDWR") || call.contains("O_CREAT");
        reaches && (written || !call.contains(&lake))
    };
    let opened = calls[request..sealed]
        .iter()
        .filter(|call| call.contains(&lake))
        .count();
    assert!(opened >= 6, "{calls:#?}");
    let strays: Vec<_> = calls[request..sealed].iter().filter(outside).collect();
    assert_eq!(strays, Vec::<&String>::new());
    let late = |call: &&String| {
        reaching.iter().any(|name| call.contains(name)) && !call.contains("EACCES")
    };
    let late: Vec<_> = calls[sealed..].iter().filter(late).collect();
    assert_eq!(late, Vec::<&String>::new());
}

#[test]
fn nothing_of_the_keys_is_on_disk_or_in_the_arguments() {
    let (mut child, _) = halfway(
        SORTED,
        Limits {
            rows_max: 100_000,
            ..Limits::default()
        },
    );
    let proc = |name: &str| std::fs::read(format!("/proc/{}/{name}", child.id()));
    let held = |bytes: &[u8], key: &BucketKey| {
        bytes.windows(32).any(|part| part == key.bytes())
            || bytes.windows(16).any(|part| part == *key.parquet())
    };
    let keys = [key(1), key(2)];
    for name in ["cmdline", "environ"] {
        let bytes = proc(name).unwrap_or_default();
        assert!(!keys.iter().any(|key| held(&bytes, key)), "{name}");
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9));
    let mut folders = vec![HOUSE.folder.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                assert!(
                    !keys.iter().any(|key| held(&bytes, key)),
                    "{}",
                    path.display()
                );
            }
        }
    }
}
