//! What this program becomes when a test starts it. In: its arguments. Out: a helper, a parser, a process that tries to get out, one end of a connection. Never: a test.

use crate::world::{Falls, settings_below};
use sakimori_actuator::host::works::AfterStep;
use sakimori_actuator::host::{confine, helper, parser};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The port on which a planted server answers.
pub(crate) const PORT: u16 = 4711;

/// Becomes what the first argument names; nothing where it names nothing of ours.
pub(crate) fn become_one(args: &[String]) -> Option<ExitCode> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let good = match words.as_slice() {
        ["role-helper", folder, nft @ ..] => {
            let settings = settings_below(Path::new(folder), nft);
            match helper::serve(helper::stream().unwrap(), settings, Box::new(|_| {})) {
                Ok(()) => true,
                Err(e) => {
                    println!("{e}");
                    false
                }
            }
        }
        ["role-parser"] => parser::serve().is_ok(),
        ["role-try", what] => confine::confine().is_ok() && attempt(what),
        ["role-fall", folder, step, what, target] => {
            Falls::below(Path::new(folder)).fall(step.parse().unwrap(), what, target)
        }
        ["role-listen"] => listen(),
        ["role-connect", address] => connect(address),
        ["role-flow", address] => flow(address),
        ["role-ask", address] => ask(address),
        _ => return None,
    };
    Some(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

/// Every way out that is tried; each must kill.
pub(crate) const ATTEMPTS: [&str; 11] = [
    "other", "open", "create", "tcp", "udp", "unix", "fork", "signal", "rename", "thread", "number",
];

/// Tries one way out. Whoever comes back from it has got out, or was refused in a way that does not kill.
fn attempt(what: &str) -> bool {
    match what {
        "other" => drop(rustix::io::write(rustix::stdio::stderr(), b"x")),
        "open" => drop(std::fs::read("/etc/hostname")),
        "create" => drop(std::fs::write("/tmp/sakimori-must-not-be", "x")),
        "tcp" => drop(TcpStream::connect("127.0.0.1:9")),
        "udp" => drop(UdpSocket::bind("127.0.0.1:0")),
        "unix" => drop(std::os::unix::net::UnixStream::pair()),
        "fork" => drop(std::process::Command::new("/bin/true").spawn()),
        "signal" => drop(rustix::process::test_kill_process(
            rustix::process::Pid::INIT,
        )),
        "rename" => drop(std::fs::rename("/tmp/a", "/tmp/b")),
        "thread" => drop(std::thread::Builder::new().spawn(|| {})),
        "number" => drop(rustix::process::getpgid(None)),
        "nothing" => {}
        _ => return false,
    }
    true
}

/// What kills this process, as a fall does.
pub(crate) fn falling(at: usize) -> AfterStep {
    let mut left = at;
    Box::new(move |_| {
        if left == 0 {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
                .unwrap();
        }
        left -= 1;
    })
}

/// Answers every byte with itself, on any address, until it is killed.
fn listen() -> bool {
    let v4 = TcpListener::bind(("0.0.0.0", PORT)).unwrap();
    let dns = TcpListener::bind(("0.0.0.0", 53)).unwrap();
    std::thread::spawn(move || serve(&dns));
    println!("ready");
    std::io::stdout().flush().unwrap();
    serve(&v4);
    true
}

fn serve(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || {
            let (mut stream, mut byte) = (stream, [0]);
            while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
        });
    }
}

fn open(address: &str, wait: Duration) -> Option<TcpStream> {
    let stream = TcpStream::connect_timeout(&address.parse().unwrap(), wait).ok()?;
    stream.set_read_timeout(Some(wait)).unwrap();
    Some(stream)
}

/// Whether a server answers a byte.
fn connect(address: &str) -> bool {
    let stream = open(address, Duration::from_millis(400));
    stream.is_some_and(|mut stream| {
        stream.write_all(b"x").is_ok() && stream.read_exact(&mut [0]).is_ok()
    })
}

/// One connection for as many bytes as are written to this process, with a line for each answer.
fn flow(address: &str) -> bool {
    let mut stream = open(address, Duration::from_millis(800)).unwrap();
    for byte in std::io::stdin().lock().bytes().flatten() {
        let answered = stream.write_all(&[byte]).is_ok() && stream.read_exact(&mut [0]).is_ok();
        println!("{}", if answered { "answered" } else { "silent" });
        std::io::stdout().flush().unwrap();
        if !answered {
            return true;
        }
    }
    true
}

/// Whether a datagram can be sent at all: a rule that drops what goes out refuses it.
fn ask(address: &str) -> bool {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.send_to(b"x", address).is_ok()
}
