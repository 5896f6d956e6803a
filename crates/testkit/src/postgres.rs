//! A `PostgreSQL` server of a test's own. In: the programs of Debian's package `postgresql`. Out: URLs of empty databases on it. Never: the machine's own server, a
//! port, a file that stays.

#![expect(
    clippy::expect_used,
    reason = "a test whose server does not start has failed"
)]

use crate::{in_path, skip};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A server that ends with this value, or with the process that made it.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    folder: PathBuf,
    port: u16,
    made: AtomicU32,
}

/// A program of the server: on the search path, else where Debian puts the newest version.
fn program(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let newest = versions
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let file = entry.path().join("bin").join(name);
            file.is_file().then_some((version, file))
        })
        .max()
        .map(|(_, file)| file);
    newest.or_else(|| in_path(name))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A command as the user that may run a server: never root. It ends with this process.
fn command(setpriv: &Path, program: &Path) -> Command {
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "QUIT"]);
    if is_root() {
        command.args([
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
            "--init-groups",
        ]);
    }
    command.arg("--").arg(program).current_dir("/");
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end and gives its words back.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Reads the server's words until it is ready, and lets a thread read on, so that the server never waits for a reader.
fn wait(words: ChildStderr) {
    let mut lines = BufReader::new(words).lines();
    let mut said = String::new();
    let ready = lines.by_ref().map_while(Result::ok).any(|line| {
        said.push_str(&line);
        said.push('\n');
        line.contains("ready to accept connections")
    });
    assert!(ready, "the server ended: {said}");
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
}

/// A certificate and its key, PEM.
type Tls<'t> = (&'t str, &'t str);

/// A port of loopback that is free now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a port");
    listener.local_addr().expect("it is bound").port()
}

/// Writes what a server needs for TLS on loopback, and lets nobody in without. Answers its settings.
fn prepare_tls(data: &Path, (certificate, key): Tls<'_>, port: u16) -> Vec<String> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    let owner = std::fs::metadata(data).expect("initdb made it");
    let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
    let texts = [
        ("server.crt", certificate),
        ("server.key", key),
        ("pg_hba.conf", rules),
    ];
    for (name, text) in texts {
        let path = data.join(name);
        let mut options = std::fs::OpenOptions::new();
        options.create(true).write(true).truncate(true).mode(0o600);
        let mut file = options.open(&path).expect("the folder can be written");
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("the disk has room");
        std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid()))
            .expect("a file is given to the server's user");
    }
    vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "ssl=on".to_owned(),
    ]
}

impl Postgres {
    /// A server on a socket in a folder of its own, or `None` with a line that says which test is skipped.
    ///
    /// # Panics
    /// With `CI=true` where the programs are missing; where they are there and the server does not start.
    pub fn start(test: &str) -> Option<Self> {
        Self::start_with(test, None, false)
    }

    /// As [`Postgres::start`], and what is committed is on the disk, as on a server that is in use: for what measures.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn durable(test: &str) -> Option<Self> {
        Self::start_with(test, None, true)
    }

    /// One that answers on loopback too, over TLS with this certificate and key (PEM) and not without.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn over_tls(test: &str, certificate: &str, key: &str) -> Option<Self> {
        Self::start_with(test, Some((certificate, key)), false)
    }

    fn start_with(test: &str, tls: Option<Tls<'_>>, durable: bool) -> Option<Self> {
        let programs = ["initdb", "postgres"].map(program);
        let [Some(initdb), Some(postgres)] = programs else {
            skip(test, "PostgreSQL is missing; apt-get install postgresql");
            return None;
        };
        let Some(setpriv) = in_path("setpriv") else {
            skip(test, "the program `setpriv` is missing");
            return None;
        };
        let mktemp = Path::new("mktemp");
        let folder = run(command(&setpriv, mktemp).args(["-d", "/tmp/sakimori-pg-XXXXXX"]));
        // It is removed in the end: nothing but what was made just now.
        assert!(
            folder.starts_with("/tmp/sakimori-pg-"),
            "mktemp said `{folder}`"
        );
        let folder = PathBuf::from(folder);
        let data = folder.join("data");
        run(command(&setpriv, &initdb)
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"]));
        let port = tls.map_or(5432, |_| free_port());
        let road = tls.map_or_else(
            || vec!["listen_addresses=".to_owned()],
            |tls| prepare_tls(&data, tls, port),
        );
        let mut server = command(&setpriv, &postgres);
        server.arg("-D").arg(&data);
        // A test asks what holds when the server lives; that its disk is slow is no part of it.
        let fsync = if durable { "fsync=on" } else { "fsync=off" };
        let own = [fsync, "max_connections=60"].map(str::to_owned);
        let socket = format!("unix_socket_directories={}", folder.display());
        for setting in road.into_iter().chain(own).chain([socket]) {
            server.args(["-c", &setting]);
        }
        let mut server = server
            .env("LC_ALL", "C")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("setpriv starts");
        wait(server.stderr.take().expect("its words are piped"));
        Some(Self {
            server,
            folder,
            port,
            made: AtomicU32::new(0),
        })
    }

    /// The port that a server over TLS listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn url_of(&self, database: &str) -> String {
        format!(
            "postgres://postgres@localhost:{}/{database}?host={}&sslmode=disable",
            self.port,
            self.folder.display()
        )
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// Where the server does not make one.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.made.fetch_add(1, Ordering::Relaxed));
        let createdb = program("createdb").expect("createdb comes with the server");
        run(Command::new(createdb).arg("-h").arg(&self.folder).args([
            "-p",
            &self.port.to_string(),
            "-U",
            "postgres",
            &name,
        ]));
        self.url_of(&name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT is the server's immediate end; its children go with it. The id is our own child's, which has not been waited for.
        let id = self.server.id().to_string();
        Command::new("kill").args(["-QUIT", &id]).status().ok();
        self.server.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
