//! The project holds no code that logs in to, scans, exploits or changes a machine whose owner has not installed an actuator. In: all packages, all code. Out: libraries
//! and programs for that. Never: a judgement on intent; what is on the lists is refused whatever it is for. A name that a program puts together from parts is not seen.

use super::Problem;
use super::repository::{File, Repository};
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

/// What code has that starts programs, in Rust and in Python.
const STARTS: [&str; 5] = [
    "Command::new(",
    "subprocess",
    "Popen",
    "os.exec",
    "os.spawn",
];

/// What code has that lets a shell read a line, beside a shell by its name.
const SHELL_CALLS: [&str; 3] = ["os.system", "os.popen", "shell=True"];

/// Programs that read lines of commands.
const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ksh", "zsh"];

/// Words of a shell behind which a command begins.
const BEFORE: [&str; 13] = [
    "!", "do", "elif", "else", "env", "exec", "if", "nohup", "sudo", "then", "time", "until",
    "while",
];

/// This file: it names what is forbidden.
const OWN: &str = "xtask/src/tidy/forbidden.rs";

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
    for file in repository.files.iter().filter(|file| file.path != OWN) {
        for program in PROGRAMS.iter().filter(|program| starts(file, program)) {
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

/// Whether a file starts a program: code that names it, or a line of a shell.
fn starts(file: &File, program: &str) -> bool {
    if is_script(file) {
        let lines = file.text.lines();
        return lines
            .filter(|line| !line.trim_start().starts_with('#'))
            .any(|line| commands(line).any(|word| is(word, program)));
    }
    if !file.is("rs") && !file.is("py") {
        return false;
    }
    let text = spoken(&file.text);
    if named_by_a_constant(&text, program) {
        return true;
    }
    if !STARTS
        .iter()
        .chain(&SHELL_CALLS)
        .any(|call| text.contains(call))
    {
        return false;
    }
    let by_shell = SHELL_CALLS.iter().any(|call| text.contains(call))
        || pieces(&text).any(|piece| SHELLS.iter().any(|shell| is(piece, shell)));
    pieces(&text).any(|piece| {
        is(piece, program) || (by_shell && commands(piece).any(|word| is(word, program)))
    })
}

/// A script of a shell, by its ending or its first line.
fn is_script(file: &File) -> bool {
    let first = file.text.lines().next().unwrap_or_default();
    let by = first.strip_prefix("#!").map(|line| line.split([' ', '/']));
    let by_shell = by.is_some_and(|mut words| words.any(|word| SHELLS.contains(&word)));
    SHELLS.iter().any(|shell| file.is(shell)) || by_shell
}

/// Whether a word is a program's name, with or without a folder before it; below `/etc` lie settings.
fn is(word: &str, program: &str) -> bool {
    word.rsplit('/').next() == Some(program) && !word.starts_with("/etc/")
}

/// What stands between quotes, and what does not: a literal is one of these, whatever else is on its line.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split(['"', '\'']))
}

/// Whether a constant of Rust has the name, alone or in a list: whoever starts it may be in another file.
fn named_by_a_constant(text: &str, program: &str) -> bool {
    let mut inside = false;
    text.lines().any(|line| {
        let words = line.trim_start();
        let words = words.strip_prefix("pub").map_or(words, |rest| {
            rest.split_once(' ').map_or(rest, |(_, behind)| behind)
        });
        inside |= words.starts_with("const ") || words.starts_with("static ");
        let found = inside && pieces(line).any(|piece| is(piece, program));
        inside &= !line.trim_end().ends_with([';', '{']);
        found
    })
}

/// The words of a line of a shell that are commands.
fn commands(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split([';', '|', '&', '(', ')', '{', '}', '`', '"', '\'']);
    parts.filter_map(|part| {
        let mut words = part.split_whitespace();
        words.find(|word| !BEFORE.contains(word) && !word.contains('='))
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
        let files = [
            ("a.rs", "Command::new(\"/usr/bin/ssh\")"),
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

    #[test]
    fn a_program_is_found_however_it_is_named_and_a_word_is_none() {
        let found = |path: &str, text: &str| {
            let problems = check(&with_files(&[(path, text)]));
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        for (path, text) in [
            ("a.rs", "let program = \"ssh\";\nCommand::new(program)"),
            ("a.rs", "const PROGRAM: &str = \"/usr/bin/ssh\";"),
            (
                "a.rs",
                "pub(crate) static ALL: [&str; 2] = [\n    \"ls\",\n    \"ssh\",\n];",
            ),
            (
                "a.rs",
                "Command::new(\"sh\").args([\"-c\", \"cd x && ssh host\"])",
            ),
            (
                "a.rs",
                "Command::new(SHELL)\n\"/bin/bash\"\n\"A=1 exec /usr/bin/ssh host\"",
            ),
            ("a.py", "import subprocess\nsubprocess.run(['ssh', 'host'])"),
            ("a.py", "os.system('true; ssh host')"),
            ("a.sh", "set -e\nif ! ssh host; then exit 1; fi"),
            ("run", "#!/usr/bin/env bash\nls | sudo ssh host"),
            ("run", "#!/bin/sh\necho \"$(ssh host)\""),
        ] {
            assert_eq!(
                found(path, text),
                [format!("{path}: starts `ssh`")],
                "{text}"
            );
        }
        for (path, text) in [
            ("a.rs", "Command::new(\"ls\").arg(\"/etc/ssh/config\")"),
            (
                "a.rs",
                "const KINDS: [&str; 1] = [\"ssh-key\"];\nname(\"ssh\")",
            ),
            (
                "a.rs",
                "const KEPT: &str = \"/etc/ssh\";\nCommand::new(\"ls\")",
            ),
            ("a.rs", "const fn kind() {\n    name(\"ssh\")\n}"),
            ("a.rs", "Command::new(\"sh\").arg(\"echo no ssh here\")"),
            ("a.sh", "# ssh host\necho ssh"),
            ("a.md", "#!/bin/sh is a line, and ssh a program"),
        ] {
            assert_eq!(found(path, text), [""; 0], "{text}");
        }
    }
}
