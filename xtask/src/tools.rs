//! What a run needs of the machine: programs, Debian packages, a Python package, a watch. In: names. Out: a search path on which they are found. Never: a file
//! outside the target folder; packages come from the machine's own package manager.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Why a verb ended, where that is neither a finding nor a failure of what was called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    /// Something is missing on this machine.
    #[error("{0}")]
    Missing(String),
}

impl Stop {
    /// The command line is wrong.
    pub(crate) fn usage(text: &str) -> anyhow::Error {
        Self::Usage(text.to_owned()).into()
    }
}

/// A program that tests call, and the Debian package that has it.
struct Tool {
    program: &'static str,
    package: &'static str,
}

/// What the tests call besides the project's own programs.
const TOOLS: [Tool; 20] = [
    Tool {
        program: "strace",
        package: "strace",
    },
    Tool {
        program: "capinfos",
        package: "wireshark-common",
    },
    Tool {
        program: "tshark",
        package: "tshark",
    },
    Tool {
        program: "python3",
        package: "python3",
    },
    // A validator of advisories that others wrote runs in it; a test installs that in its version.
    Tool {
        program: "node",
        package: "nodejs",
    },
    Tool {
        program: "npm",
        package: "npm",
    },
    // The tests load its module; this program comes with it.
    Tool {
        program: "softhsm2-util",
        package: "softhsm2",
    },
    Tool {
        program: "chromium",
        package: "chromium",
    },
    Tool {
        program: "chromedriver",
        package: "chromium-driver",
    },
    // Namespaces of the tests' own, and signals to their processes.
    Tool {
        program: "ip",
        package: "iproute2",
    },
    // It reads the rules that are made of a flood's fingerprint, and loads none.
    Tool {
        program: "nft",
        package: "nftables",
    },
    // It serves a zone of the tests' own on loopback, and follows another; `unbound-control` comes with it.
    Tool {
        program: "unbound",
        package: "unbound",
    },
    // BGP speakers in namespaces of the tests' own; neither is started as a service.
    Tool {
        program: "gobgpd",
        package: "gobgpd",
    },
    Tool {
        program: "bird",
        package: "bird2",
    },
    // It ends a speaker with whoever holds it.
    Tool {
        program: "setpriv",
        package: "util-linux",
    },
    // A server of policy zones and a resolver, on loopback too.
    Tool {
        program: "named",
        package: "bind9",
    },
    Tool {
        program: "nsupdate",
        package: "bind9-dnsutils",
    },
    // A message bus; it is started by the tests alone, on loopback.
    Tool {
        program: "nats-server",
        package: "nats-server",
    },
    Tool {
        program: "kill",
        package: "procps",
    },
    // The server itself is not on the search path; this program comes with it.
    Tool {
        program: "pg_ctlcluster",
        package: "postgresql",
    },
];

/// What others wrote in Python: a reader of logs, an `OpenID` provider, the signatures of the second verifier, what OASIS judges STIX with and speaks TAXII with, and
/// what draws requests from an interface's document, a mail server, the columns of Shadowserver's reports, and a BGP speaker.
const PYTHON_PACKAGES: [&str; 10] = [
    "tlog-scales==0.0.3",
    "oidc-provider-mock==0.3.4",
    "cryptography>=48",
    "stix2-validator==3.2.0",
    "stix2-patterns==2.1.2",
    "taxii2-client==2.3.0",
    "schemathesis==4.32.0",
    "aiosmtpd==1.4.6",
    "intelmq==3.1.0",
    "exabgp==5.0.15",
];
/// How to see whether they are there.
const PYTHON_PROBE: &str = "import tlog_scales, oidc_provider_mock, stix2validator, stix2patterns, taxii2client, schemathesis, aiosmtpd, intelmq, exabgp; from cryptography.hazmat.primitives.asymmetric import mldsa";

/// Whether a missing tool or missing data is a failure.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").as_deref() == Ok("true")
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::root().join("target"), PathBuf::from)
}

/// Cargo, in the root of the repository.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(crate::root());
    cargo
}

/// A command as one types it.
pub(crate) fn shown(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let mut words = vec![name.to_string_lossy()];
    words.extend(command.get_args().map(std::ffi::OsStr::to_string_lossy));
    words.join(" ")
}

/// Runs a command whose words are for people.
///
/// # Errors
/// Where it cannot be started or does not end with 0; the command is named.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let text = shown(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{text}`"))?;
    if !status.success() {
        bail!("`{text}` ended with {status}");
    }
    Ok(())
}

/// Runs a command, hands each line of its output on to the terminal, and shows it to `look` first.
///
/// # Errors
/// Where it cannot be started; whether it succeeded is the answer.
pub(crate) fn watched(command: &mut Command, look: &mut dyn FnMut(&str)) -> Result<bool> {
    let text = shown(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{text}`"))?;
    let (send, lines) = std::sync::mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|s| Box::new(s) as _),
        child.stderr.take().map(|s| Box::new(s) as _),
    ];
    for (number, stream) in streams.into_iter().flatten().enumerate() {
        let send = send.clone();
        std::thread::spawn(move || pass_on(stream, number == 0, &send));
    }
    drop(send);
    for line in lines {
        look(&line);
    }
    Ok(child.wait()?.success())
}

/// Copies one stream line by line.
fn pass_on(stream: impl Read, standard: bool, send: &std::sync::mpsc::Sender<String>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        // A terminal that is gone is no reason to stop counting.
        if standard {
            std::io::stdout().write_all(&line).ok();
        } else {
            std::io::stderr().write_all(&line).ok();
        }
        let text = String::from_utf8_lossy(&line);
        if send.send(text.trim_end().to_owned()).is_err() {
            return;
        }
        line.clear();
    }
}

/// Runs a piece of work and says how many seconds it took.
#[expect(
    clippy::disallowed_methods,
    reason = "people want to know how long a step took"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = Instant::now();
    let done = work();
    (done, begin.elapsed().as_secs_f64())
}

/// Makes the machine ready: installs what is missing, where that is possible, and returns the search path for the tests.
///
/// # Errors
/// [`Stop::Missing`] under `CI=true`, naming what is missing; elsewhere that is told in one line.
pub(crate) fn prepare() -> Result<OsString> {
    if let Err(error) = install(&missing_packages()) {
        eprintln!("{error:#}");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let still = missing_packages();
    if !still.is_empty() {
        missing(&format!(
            "missing on this machine: {}; as root: apt-get install {}",
            still.join(", "),
            still.join(" ")
        ))?;
    }
    if still.contains(&"python3") || speaks(Path::new("python3"), PYTHON_PROBE) {
        return Ok(path);
    }
    match python_packages() {
        Ok(bin) => Ok(std::env::join_paths(
            std::iter::once(bin).chain(std::env::split_paths(&path)),
        )?),
        Err(error) => {
            missing(&format!(
                "missing on this machine: Python packages {} ({error:#})",
                PYTHON_PACKAGES.join(", ")
            ))?;
            Ok(path)
        }
    }
}

/// Says what is missing; under `CI=true` that ends the run.
///
/// # Errors
/// [`Stop::Missing`] under `CI=true`.
pub(crate) fn missing(text: &str) -> Result<()> {
    if in_ci() {
        return Err(Stop::Missing(text.to_owned()).into());
    }
    eprintln!("{text}; the tests that need it are skipped by name");
    Ok(())
}

fn missing_packages() -> Vec<&'static str> {
    let lacking = |tool: &&Tool| sakimori_testkit::in_path(tool.program).is_none();
    TOOLS
        .iter()
        .filter(lacking)
        .map(|tool| tool.package)
        .collect()
}

/// Installs Debian packages where this process may; elsewhere it does nothing.
fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() || !is_root() || sakimori_testkit::in_path("apt-get").is_none() {
        return Ok(());
    }
    eprintln!("installing {}", packages.join(" "));
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        apt
    };
    succeed(apt().args(["-qq", "update"]))?;
    succeed(
        apt()
            .args(["-qq", "-y", "--no-install-recommends", "install"])
            .args(packages),
    )
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Whether a Python runs a line.
fn speaks(python: &Path, line: &str) -> bool {
    let mut command = Command::new(python);
    command
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The folder of programs of a Python environment that has the packages; made below the target folder at the first call.
fn python_packages() -> Result<PathBuf> {
    let home = target().join("xtask/python");
    let bin = home.join("bin");
    let python = bin.join("python3");
    if speaks(&python, PYTHON_PROBE) {
        return Ok(bin);
    }
    if !speaks(Path::new("python3"), "import ensurepip, venv") {
        install(&["python3-venv"])?;
    }
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&home),
    )?;
    succeed(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .arg("--disable-pip-version-check")
            .args(PYTHON_PACKAGES),
    )?;
    Ok(bin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_are_read_to_their_end_and_the_outcome_is_told() {
        let mut seen = Vec::new();
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo out; echo err >&2; exit 3"]);
        assert!(!watched(&mut shell, &mut |line| seen.push(line.to_owned())).unwrap());
        seen.sort();
        assert_eq!(seen, ["err", "out"]);
    }

    #[test]
    fn a_command_that_fails_is_named() {
        let error = succeed(Command::new("sh").args(["-c", "exit 4"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`sh -c exit 4` ended with exit status: 4"
        );
    }
}
