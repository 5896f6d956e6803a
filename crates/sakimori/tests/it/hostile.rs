//! Bad input in every place where the program reads. In: damaged, endless, foreign files. Out: one line that names the file, the documented exit code. Never: a panic, a hang, a
//! half-written file.

use crate::captures::{HEADER, border};
use crate::node::{TestNode, default_pack};
use crate::program::{Ran, Running, fed, run, sakimori};
use sakimori_custody::entry::EntryType;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One line that names `object`, and nothing else.
#[track_caller]
fn one_line(ran: &Ran, code: i32, object: &str) {
    assert_eq!(ran.code, Some(code), "{object}: {ran:?}");
    assert_eq!(ran.out, "", "{object}");
    assert_eq!(ran.err.lines().count(), 1, "{object}: {ran:?}");
    assert!(ran.err.starts_with("sakimori: "), "{object}: {ran:?}");
    assert!(ran.err.contains(object), "`{object}` is not named: {ran:?}");
}

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// A file of `length` zeros that takes no room.
fn hollow(path: &Path, length: u64) {
    fs::File::create(path).unwrap().set_len(length).unwrap();
}

/// A captured record of the length that its header says, whatever follows.
fn record(length: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    out.extend([0; 8]);
    out.extend(length.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(bytes);
    out
}

/// Some kilobytes that become megabytes of packets without a byte, and how many.
fn bomb(folder: &Path) -> (Vec<u8>, u64) {
    let path = folder.join("bomb");
    let mut bytes = HEADER.to_vec();
    bytes.resize(HEADER.len() + (8 << 20), 0);
    fs::write(&path, &bytes).unwrap();
    let packed = Command::new("gzip").arg(&path).status().unwrap();
    assert!(packed.success());
    (
        fs::read(path.with_extension("gz")).unwrap(),
        bytes.len() as u64,
    )
}

/// Name, bytes, status of the run and the byte at which it ended.
fn damaged() -> Vec<(String, Vec<u8>, &'static str, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.pcap");
    border(&path, 1, 8).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut all: Vec<(String, Vec<u8>, &str, u64)> = Vec::new();
    for length in (97..whole.len()).step_by(97) {
        // A record is 16 bytes of header and a frame of 54.
        let past = (length - HEADER.len()) % 70;
        let status = if past == 0 { "complete" } else { "cut-short" };
        // What is told is where the record that is not whole begins.
        let at = (length - past) as u64;
        all.push((
            format!("cut-{length}.pcap"),
            whole[..length].to_vec(),
            status,
            at,
        ));
    }
    let mut add = |name: &str, bytes: &[u8], status, at| {
        all.push((name.to_owned(), bytes.to_vec(), status, at));
    };
    add("empty", b"", "not-a-capture", 0);
    add(
        "text",
        b"this is no capture, and it is a long text\n",
        "not-a-capture",
        0,
    );
    add("zeros", &[0; 4096], "not-a-capture", 0);
    // Compressed captures are read, and this is a damaged one.
    add(
        "damaged.gz",
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xed, 0xc1, 1, 1, 0, 0],
        "malformed",
        0,
    );
    let (bomb, length) = bomb(folder.path());
    add("bomb.gz", &bomb, "complete", length);
    add("half-a-header", &HEADER[..10], "cut-short", 0);
    add("no-packets", &HEADER, "complete", 24);
    add(
        "endless-record",
        &record(u32::MAX, &[0; 64]),
        "malformed",
        24,
    );
    add("long-record", &record(0x7fff_ffff, &[]), "malformed", 24);
    all
}

#[test]
fn damaged_captures_are_read_as_far_as_they_go_and_named_with_the_byte() {
    let node = TestNode::running();
    node.authorised();
    let folder = node.beside("captures");
    fs::create_dir(&folder).unwrap();
    let files = damaged();
    for (name, bytes, ..) in &files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    // Folders in folders are read too.
    fs::create_dir(folder.join("below")).unwrap();
    fs::write(folder.join("below/again.pcap"), &files[0].1).unwrap();
    let ran = node.sensor(&["--format", "json"], &folder).ended(1);
    let document = ran.json();
    let inputs = document["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), files.len() + 1);
    for (name, _, status, at) in &files {
        let path = folder.join(name).display().to_string();
        let input = inputs.iter().find(|i| i["name"] == path.as_str()).unwrap();
        assert_eq!(
            (&input["status"], &input["offset"]),
            (&Value::from(*status), &Value::from(*at)),
            "{name}"
        );
        let packets = |key: &str| input["packets"][key].as_u64().unwrap();
        assert_eq!(
            packets("read"),
            packets("selected") + packets("discarded") + packets("errors"),
            "{name}"
        );
        let told = ran
            .err
            .lines()
            .find(|l| l.contains(&format!("{path}, byte {at}: ")));
        assert_eq!(told.is_some(), *status != "complete", "{name}: {}", ran.err);
    }
    let stops = node.entries_of(EntryType::Stop);
    assert_eq!(stops.len(), files.len() + 1);
    node.verify().yes();
}

#[test]
fn what_is_no_file_is_refused_at_once_and_the_refusal_is_in_the_log() {
    let node = TestNode::running();
    node.authorised();
    let (fifo, link, file) = (
        node.beside("fifo"),
        node.beside("link"),
        node.beside("file"),
    );
    pipe(&fifo);
    std::os::unix::fs::symlink(&link, &link).unwrap();
    fs::write(&file, HEADER).unwrap();
    let inputs = [
        fifo,
        link,
        node.beside("missing"),
        file.join("below"),
        PathBuf::from("/dev/zero"),
    ];
    for input in &inputs {
        one_line(
            &node.sensor(&[], input),
            1,
            &format!(
                "(input-unreadable, code 53): cannot open {}",
                input.display()
            ),
        );
    }
    assert_eq!(node.entries_of(EntryType::Refusal).len(), inputs.len());
    // One of several is enough, and no other is read.
    let mut several = node.command(&["sensor", "run"]);
    one_line(&run(several.arg(&file).arg(&inputs[2])), 1, "missing");
    assert_eq!(node.entries_of(EntryType::Start).len(), 0);
    // A folder without a file is read to its end.
    let empty = node.beside("empty");
    fs::create_dir(&empty).unwrap();
    node.sensor(&[], &empty).yes();
}

#[test]
fn standard_input_ends_when_it_is_no_capture_or_when_it_is_closed() {
    let node = TestNode::running();
    node.authorised();
    let command = || {
        let mut command = node.command(&["sensor", "run", "--format", "json"]);
        command.arg("-");
        command
    };
    let text = fed(&mut command(), &b"y\n".repeat(1 << 20)).ended(1);
    assert!(
        text.err
            .contains("standard input, byte 0: this is no pcap or pcapng capture"),
        "{text:?}"
    );
    let path = node.beside("some.pcap");
    let packets = border(&path, 3, 2).unwrap();
    let bytes = fs::read(&path).unwrap();
    let whole = fed(&mut command(), &bytes).yes().json();
    assert_eq!(whole["packets"]["read"], packets);
    let cut = fed(&mut command(), &bytes[..bytes.len() - 1]).ended(1);
    assert_eq!(cut.json()["inputs"][0]["status"], "cut-short");
    // `yes` would go on for ever; it is the sensor that ends.
    let endless = Command::new("sh")
        .arg("-c")
        .arg("yes | \"$0\" sensor run --dir \"$1\" -")
        .arg(env!("CARGO_BIN_EXE_sakimori"))
        .arg(node.dir())
        .stdin(Stdio::null())
        .output();
    assert_eq!(endless.unwrap().status.code(), Some(1));
    let closed = fed(&mut command(), b"").ended(1);
    assert_eq!(closed.json()["packets"]["read"], 0);
    node.verify().yes();
}

/// A file that is none of what is wanted: how it is made.
type Made = fn(&Path);

const NO_DOCUMENTS: &[(&str, i32, Made)] = &[
    ("empty", 1, |path| fs::write(path, "").unwrap()),
    ("binary", 1, |path| {
        fs::write(path, [0, 159, 146, 150, 255]).unwrap();
    }),
    ("a-line", 1, |path| fs::write(path, "hello\n").unwrap()),
    ("a-megabyte", 1, |path| {
        fs::write(path, "a: b\n".repeat(1 << 18)).unwrap();
    }),
    ("too-long", 2, |path| hollow(path, 67 << 20)),
    ("folder", 2, |path| fs::create_dir(path).unwrap()),
    ("missing", 2, |_| {}),
    ("pipe", 2, pipe),
    ("loop", 75, |path| {
        std::os::unix::fs::symlink(path, path).unwrap();
    }),
];

#[test]
fn a_document_that_is_none_is_named_and_nothing_is_written() {
    let node = TestNode::running();
    let out = node.beside("out");
    let key = node.dir().join("commission/members/m1.key");
    for (name, code, make) in NO_DOCUMENTS {
        let path = node.beside(name);
        make(&path);
        let file = path.as_os_str();
        let words = |words: &[&str]| {
            let mut command = sakimori(words);
            command.arg(file);
            command
        };
        let mut commands = vec![
            words(&["pack", "lint"]),
            words(&["pack", "show"]),
            words(&["pack", "compile", "--out"]),
        ];
        commands[2] = sakimori(["pack", "compile"]);
        commands[2].arg(file).arg("--out").arg(&out);
        let mut sign = words(&["authority", "sign"]);
        sign.arg("--key").arg(&key).arg("--out").arg(&out);
        commands.push(sign);
        let mut submit = node.command(&["authority", "submit"]);
        submit.arg(file);
        commands.push(submit);
        for mut command in commands {
            let told = format!("{command:?}");
            let ran = run(&mut command);
            assert_eq!(ran.code, Some(*code), "{told}: {ran:?}");
            assert_eq!(ran.out, "", "{told}");
            let line = ran.last_line();
            assert!(line.starts_with("sakimori: "), "{told}: {ran:?}");
            assert!(
                line.contains(&path.display().to_string()),
                "{told}: {ran:?}"
            );
            assert!(!out.exists(), "{told}");
        }
    }
}

#[test]
fn a_pack_that_is_wrong_in_a_line_is_named_with_the_line() {
    let node = TestNode::new();
    let head = "sakimori/pack/v1\nid: a\nissued: 2027-04-01T00:00:00Z\npurpose: p\n";
    let path = node.beside("a.pack");
    for (lines, wanted) in [
        ("selector: 1 address 1.2.3\n", "line 5"),
        (
            "selector: 1 address 1.2.3.4\nselector: 1 address 1.2.3.5\n",
            "the same id",
        ),
        ("selector: 0 address 1.2.3.4\n", "line 5"),
        ("selector: 1 prefix 1.2.3.4/33\n", "line 5"),
        ("selector: 1 domain *.example\n", "line 5"),
        ("selector: 1 content password\n", "line 5"),
        ("# a comment\n\nselector: 1 behaviour sorcery\n", "line 7"),
        ("colour: red\n", "line 5"),
        ("id: b\n", "line 5"),
    ] {
        fs::write(&path, format!("{head}{lines}")).unwrap();
        let ran = run(sakimori(["pack", "lint"]).arg(&path));
        one_line(&ran, 1, &path.display().to_string());
        assert!(ran.err.contains(wanted), "{lines}: {ran:?}");
    }
}

#[test]
fn a_statement_that_is_wrong_in_a_line_is_not_signed_and_stays_as_it_was() {
    let node = TestNode::running();
    let statement = node.authorised().to_string();
    let key = node.dir().join("commission/members/m1.key");
    let path = node.beside("statement.txt");
    for (from, to) in [
        ("kind: acquisition\n", "kind: surveillance\n"),
        ("kind: acquisition\n", ""),
        ("root: 1\n", "root: 01\n"),
        ("root: 1\n", "root: 1\nnote: x\n"),
        ("root: 1\n", "root: 1\nroot: 1\n"),
        ("directions: out-in", "directions: sideways"),
        ("present: m1 m2 m4", "present: m1 m1 m4"),
        ("retention: bucket 1d", "retention: bucket 2d"),
        ("conditions: none", "conditions: \u{202e}none"),
        ("not-before: 2", "not-before: 9999-2"),
    ] {
        assert!(statement.contains(from), "{from}");
        let wrong = statement.replacen(from, to, 1);
        fs::write(&path, &wrong).unwrap();
        let mut command = sakimori(["authority", "sign", "--key"]);
        let ran = run(command.arg(&key).arg(&path));
        one_line(&ran, 1, &path.display().to_string());
        assert!(ran.err.contains("line "), "{to}: {ran:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), wrong, "{to}");
    }
}

/// Changes a file of the node; what the command says then has to name it. The file is as before afterwards.
fn with(node: &TestNode, file: &str, bytes: Option<&[u8]>, command: &mut Command, code: i32) {
    let path = node.dir().join(file);
    let before = fs::read(&path).unwrap();
    match bytes {
        Some(bytes) => fs::write(&path, bytes).unwrap(),
        None => fs::remove_file(&path).unwrap(),
    }
    let ran = run(command);
    fs::write(&path, before).unwrap();
    one_line(&ran, code, &path.display().to_string());
}

const NO_KEYS: [&[u8]; 3] = [b"", b"PRIVATE+KEY+x", &[0xff; 100]];

#[test]
fn a_damaged_memory_or_key_is_named_and_nothing_runs() {
    let node = TestNode::running();
    let statement = node.authorised();
    let capture = node.beside("empty.pcap");
    fs::write(&capture, HEADER).unwrap();
    let sensor = || {
        let mut command = node.command(&["sensor", "run"]);
        command.arg(&capture);
        command
    };
    let query = || node.command(&["query", "--purpose", "p", "--case", "c"]);
    let memory = "sensor/s-01/state.json";
    let state = fs::read(node.dir().join(memory)).unwrap();
    let half = &state[..state.len() / 2];
    for bytes in [b"".as_slice(), b"{}", b"[1, 2]", &[0xff; 100], half] {
        with(&node, memory, Some(bytes), &mut sensor(), 1);
    }
    with(&node, memory, None, &mut sensor(), 2);
    let decided = format!("office/authorities/{}/statement.note", statement.id);
    for bytes in NO_KEYS {
        let bytes = Some(bytes);
        with(&node, "sensor/s-01/sensor.key", bytes, &mut sensor(), 1);
        with(&node, "office/keys/office.key", bytes, &mut query(), 1);
        with(&node, "trust-root.note", bytes, &mut query(), 1);
        with(&node, &decided, bytes, &mut query(), 1);
    }
    // Whatever was tried, the node is as it was.
    run(&mut sensor()).yes();
    node.verify().yes();
}

#[test]
fn a_ledger_or_commission_with_a_damaged_key_is_not_started() {
    let mut node = TestNode::running();
    node.authorised();
    node.stop();
    let ledger = || node.command(&["ledger", "run", "--attached"]);
    let commission = || node.command(&["commission", "run", "--attached"]);
    for bytes in NO_KEYS {
        let bytes = Some(bytes);
        with(&node, "ledger/log.key", bytes, &mut ledger(), 1);
        for key in ["lease", "mirror", "share"] {
            let file = format!("commission/keys/{key}.key");
            with(&node, &file, bytes, &mut commission(), 1);
        }
        let root = "commission/trust-root.note";
        with(&node, root, bytes, &mut commission(), 1);
    }
    node.start();
    node.verify().yes();
}

#[test]
fn a_damaged_lake_is_named_to_who_asks_and_in_the_log_of_who_writes() {
    let node = TestNode::running();
    node.decided(&abroad(), &node.draft());
    let capture = node.beside("some.pcap");
    border(&capture, 10, 3).unwrap();
    node.sensor(&[], &capture).yes();
    let files = node.lake_files();
    let of = |end: &str| {
        files
            .iter()
            .find(|f| f.to_string_lossy().ends_with(end))
            .unwrap()
    };
    let inside = |path: &Path| path.strip_prefix(node.dir()).unwrap().display().to_string();
    let bucket = inside(of("bucket.json"));
    let query = || node.command(&["query", "--purpose", "p", "--case", "c"]);
    for bytes in [b"".as_slice(), b"{}", &[0xff; 64]] {
        with(&node, &bucket, Some(bytes), &mut query(), 1);
    }
    let faults = node.entries_of(EntryType::Fault).len();
    let mut sensor = node.command(&["sensor", "run"]);
    with(&node, &bucket, Some(b"{}"), sensor.arg(&capture), 1);
    assert_eq!(node.entries_of(EntryType::Fault).len(), faults + 1);
    let object = of(".parquet");
    let mut bytes = fs::read(object).unwrap();
    // In the first column, which every question reads.
    bytes[200] ^= 1;
    with(&node, &inside(object), Some(&bytes), &mut query(), 1);
    run(&mut query()).yes();
    node.sensor(&[], &capture).yes();
    node.verify().yes();
}

fn abroad() -> sakimori_select::Pack {
    let source = default_pack().canonical_text() + "selector: 100 prefix 25.66.135.0/24\n";
    sakimori_select::Pack::parse_source(&source).unwrap()
}

#[test]
fn a_damaged_proof_or_log_is_no_proof() {
    let mut node = TestNode::running();
    let statement = node.authorised();
    node.stop();
    let folder = node.node.authority(statement.id, &crate::node::sensor());
    let proof = fs::read_to_string(folder.join("decision.tlog-proof")).unwrap();
    let path = node.beside("a.tlog-proof");
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("binary", vec![0xff; 300]),
        ("half", proof.as_bytes()[..proof.len() / 2].to_vec()),
        (
            "another index",
            proof
                .replace("index 3", "index 99999999999999999999")
                .into_bytes(),
        ),
        (
            "long",
            b"c2sp.org/tlog-proof@v1\n"
                .iter()
                .chain(b"AAAA\n".repeat(1 << 18).iter())
                .copied()
                .collect(),
        ),
    ] {
        fs::write(&path, bytes).unwrap();
        fs::copy(folder.join("decision.entry"), node.beside("a.entry")).unwrap();
        let mut command = sakimori(["verify", "--trust-root"]);
        let ran = run(command.arg(node.node.trust_root()).arg(&path));
        assert_ne!(ran.code, Some(0), "{what}: {ran:?}");
        assert!(matches!(ran.code, Some(1 | 2)), "{what}: {ran:?}");
    }
    let checkpoint = node.dir().join("log/checkpoint");
    for bytes in [b"".as_slice(), &[0xff; 200], b"log.example\n1\nAAAA\n"] {
        fs::write(&checkpoint, bytes).unwrap();
        let ran = run(sakimori(["verify"]).arg(node.dir()));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(
            format!("{}{}", ran.out, ran.err).contains("checkpoint"),
            "{ran:?}"
        );
    }
    for target in ["/dev/null", "/dev/zero", "/", "/nowhere"] {
        let ran = run(&mut sakimori(["verify", target]));
        assert!(matches!(ran.code, Some(1 | 2 | 75)), "{target}: {ran:?}");
        assert_eq!(ran.out, "", "{target}");
    }
}

#[test]
fn a_log_that_is_damaged_is_not_written_to() {
    let mut node = TestNode::running();
    node.authorised();
    node.stop();
    // The commission's copy must be there for the ledger's start to come so far.
    for file in ["ledger/signed/checkpoint.signed", "log/checkpoint"] {
        let path = node.dir().join(file);
        let before = fs::read(&path).unwrap();
        fs::write(&path, "no checkpoint\n").unwrap();
        let ran = run(&mut node.command(&["ledger", "run", "--attached"]));
        assert!(matches!(ran.code, Some(1 | 75)), "{file}: {ran:?}");
        assert_eq!(ran.out, "", "{file}");
        assert_eq!(ran.err.lines().count(), 1, "{file}: {ran:?}");
        fs::write(&path, before).unwrap();
    }
    node.start();
    node.verify().yes();
}

#[test]
fn a_long_input_can_be_ended_from_outside() {
    let node = TestNode::running();
    node.authorised();
    let mut command = node.command(&["sensor", "run", "--format", "json"]);
    let mut running = Running::start(command.arg("-").stdin(Stdio::piped()));
    let mut input = running.input().unwrap();
    std::io::Write::write_all(&mut input, &HEADER).unwrap();
    assert!(running.goes_on(std::time::Duration::from_millis(300)));
    drop(input);
    assert_eq!(running.end().yes().json()["packets"]["read"], 0);
}
