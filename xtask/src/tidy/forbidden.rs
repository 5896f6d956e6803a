//! The project holds no code that logs in to, scans, exploits or changes a machine whose owner has not installed an actuator. In: all packages, all code. Out: libraries
//! and programs for that. Never: a judgement on intent; what is on the lists is refused whatever it is for.

use super::Problem;
use super::repository::Repository;
use super::source::spoken;

/// Libraries for remote login, scanning, raw packets, exploitation; a name stands for itself and for what begins with it and a dash or underscore.
const LIBRARIES: [&str; 22] = [
    "async-ssh2",
    "impacket",
    "ironrdp",
    "libssh",
    "libssh2",
    "masscan",
    "metasploit",
    "msfrpc",
    "nmap",
    "openssh",
    "paramiko",
    "pnet",
    "psexec",
    "rdp",
    "russh",
    "rustscan",
    "smb",
    "ssh",
    "ssh2",
    "telnet",
    "thrussh",
    "winrm",
];

/// Programs that no code starts.
const PROGRAMS: [&str; 16] = [
    "ssh",
    "scp",
    "sftp",
    "sshpass",
    "telnet",
    "rsh",
    "rlogin",
    "nmap",
    "masscan",
    "zmap",
    "hydra",
    "sqlmap",
    "msfconsole",
    "psexec",
    "winrs",
    "nc",
];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let libraries = repository
        .packages
        .iter()
        .filter(|package| is_forbidden(&package.name));
    let mut problems: Vec<Problem> = libraries
        .map(|package| {
            Problem::new(
                package.name.as_str(),
                "is a library for reaching into other machines",
            )
        })
        .collect();
    let code = repository
        .files
        .iter()
        .filter(|file| file.is("rs") || file.is("py"));
    for file in code {
        let text = spoken(&file.text);
        for program in PROGRAMS.iter().filter(|program| starts(&text, program)) {
            problems.push(Problem::new(
                file.path.as_str(),
                format!("starts `{program}`"),
            ));
        }
    }
    problems
}

fn is_forbidden(name: &str) -> bool {
    LIBRARIES.iter().any(|library| {
        name.strip_prefix(library)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    })
}

/// Whether a program's name stands where a command begins, with or without a folder before it.
fn starts(text: &str, program: &str) -> bool {
    let openings = [
        "Command::new(\"",
        "run([\"",
        "Popen([\"",
        "call([\"",
        "check_output([\"",
    ];
    let mut begins = openings.iter().flat_map(|opening| {
        text.match_indices(opening)
            .map(|(at, found)| at + found.len())
    });
    begins.any(|at| {
        let named = text
            .get(at..)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        named.rsplit('/').next() == Some(program)
    })
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::{other, with_files};
    use super::*;

    #[test]
    fn libraries_and_programs_for_other_machines_are_found() {
        let packages = [
            "russh",
            "russh-keys",
            "pnet_datalink",
            "sshd-lookalike",
            "smbus",
        ];
        let packages = packages.map(|name| other(name, None, &[])).to_vec();
        let remote = format!("Command::new(\"/usr/bin/{}\")", "ssh");
        let files = [
            ("a.rs", remote.as_str()),
            ("b.rs", "name(\"ssh\"); // Command::new(\"nmap\")"),
        ];
        let repository = Repository {
            packages,
            ..with_files(&files)
        };
        let found: Vec<_> = check(&repository).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "russh: is a library for reaching into other machines",
                "russh-keys: is a library for reaching into other machines",
                "pnet_datalink: is a library for reaching into other machines",
                "a.rs: starts `ssh`",
            ]
        );
    }
}
