//! Who takes part, and with which command line. In: a workload. Out: commands. Never: a contender with other time-outs than the sensor's, where it has them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One that takes part.
pub(super) struct Contender {
    /// Name in the table.
    pub(super) name: &'static str,
    /// What it does with the packets.
    pub(super) job: &'static str,
    /// The program, to be found in the path or beside this one.
    program: PathBuf,
    arguments: fn(&Files<'_>) -> Vec<String>,
    /// The Debian package that has it.
    package: Option<&'static str>,
}

/// The files of a run.
pub(super) struct Files<'a> {
    /// The workload.
    pub(super) input: &'a Path,
    /// A folder in memory for what is written.
    pub(super) folder: &'a Path,
    /// A UDP port that nobody reads.
    pub(super) port: u16,
}

impl Files<'_> {
    fn input(&self) -> String {
        self.input.display().to_string()
    }

    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

fn texts(parts: &[&str]) -> Vec<String> {
    parts.iter().map(ToString::to_string).collect()
}

impl Contender {
    /// The command line for a workload.
    pub(super) fn command(&self, files: &Files<'_>) -> Vec<String> {
        let mut command = vec![self.program.display().to_string()];
        command.extend((self.arguments)(files));
        command
    }

    /// Whether its program is on this machine.
    pub(super) fn is_here(&self) -> bool {
        self.program.is_file() || found(&self.program).is_some()
    }

    /// Whether it is of this repository.
    pub(super) const fn is_ours(&self) -> bool {
        self.package.is_none()
    }

    /// Where to get it.
    pub(super) fn package(&self) -> &'static str {
        self.package.unwrap_or("this repository")
    }

    /// Its version, as the package manager tells it.
    pub(super) fn version(&self) -> Option<String> {
        let query = ["-W", "-f=${Version}", self.package?];
        let told = Command::new("dpkg-query").args(query).output().ok()?;
        let text = String::from_utf8(told.stdout).ok()?;
        Some(text).filter(|text| told.status.success() && !text.is_empty())
    }
}

/// Where a program is in the path.
pub(super) fn found(program: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|full| full.is_file())
}

/// Everyone: `ours` is the sensor's example `measure`.
pub(super) fn all(ours: &Path) -> Vec<Contender> {
    let own = |name, job, arguments| Contender {
        name,
        job,
        program: ours.to_path_buf(),
        arguments,
        package: None,
    };
    let peer = |name, job, package, arguments| Contender {
        name,
        job,
        program: PathBuf::from(name),
        arguments,
        package: Some(package),
    };
    vec![
        own(
            "headers touched",
            "reads the file, touches each packet's headers",
            |f| vec!["touch".into(), f.input()],
        ),
        own(
            "sakimori, nothing domestic",
            "seal, direction, records, protocol facts, selectors, behaviours, receipts in a log",
            |f| vec!["nowhere".into(), f.input(), f.at("log")],
        ),
        own(
            "sakimori, home JP",
            "the same; domestic pairs discarded",
            |f| vec!["jp".into(), f.input(), f.at("log")],
        ),
        peer(
            "softflowd",
            "flow records, exported as IPFIX",
            "softflowd",
            softflowd,
        ),
        peer(
            "nfpcapd",
            "flow records, written to memory",
            "nfdump",
            |f| {
                vec![
                    "-r".into(),
                    f.input(),
                    "-w".into(),
                    f.at("nfpcapd"),
                    "-e".into(),
                    "300,60".into(),
                ]
            },
        ),
        peer("ndpiReader", "protocol facts", "libndpi-bin", |f| {
            vec!["-q".into(), "-i".into(), f.input()]
        }),
    ]
}

/// Foreground, IPv6 too, room for every flow, the sensor's time-outs.
fn softflowd(files: &Files<'_>) -> Vec<String> {
    let mut arguments = texts(&["-d", "-6", "-m", "1000000", "-v", "10"]);
    for limit in [
        "tcp=60",
        "udp=60",
        "icmp=60",
        "general=60",
        "tcp.rst=5",
        "tcp.fin=5",
        "maxlife=300",
    ] {
        arguments.extend(texts(&["-t", limit]));
    }
    arguments.extend([
        "-p".into(),
        files.at("softflowd.pid"),
        "-c".into(),
        files.at("softflowd.ctl"),
    ]);
    arguments.extend([
        "-n".into(),
        format!("127.0.0.1:{}", files.port),
        "-r".into(),
        files.input(),
    ]);
    arguments
}
