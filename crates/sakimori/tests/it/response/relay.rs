//! A wire between office and actuator that stops where a test wants. In: TCP, whose bytes are not looked at. Out: the same bytes, none, or none from a moment on. Never: a byte that is changed.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the wire lets through.
#[derive(Clone)]
pub(crate) enum Gate {
    /// Everything.
    Open,
    /// Nothing of a connection that comes.
    Shut,
    /// No answer any more, once a file holds a text.
    NoAnswer(PathBuf, &'static str),
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    gate: Arc<Mutex<Gate>>,
    seen: Arc<AtomicUsize>,
}

impl Gate {
    fn answers(&self) -> bool {
        match self {
            Self::Open => true,
            Self::Shut => false,
            Self::NoAnswer(file, text) => {
                let read = std::fs::read_to_string(file).unwrap_or_default();
                !read.contains(text)
            }
        }
    }
}

impl Relay {
    /// A wire to a port of this machine.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            gate: Arc::new(Mutex::new(Gate::Open)),
            seen: Arc::default(),
        };
        let (gate, seen) = (Arc::clone(&relay.gate), Arc::clone(&relay.seen));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                seen.fetch_add(1, Ordering::SeqCst);
                let gate = Arc::clone(&gate);
                std::thread::spawn(move || carry(&client, port, &gate));
            }
        });
        relay
    }

    pub(crate) fn set(&self, gate: Gate) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// Connections that have come.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

fn now(gate: &Mutex<Gate>) -> Gate {
    let gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
    gate.clone()
}

fn carry(client: &TcpStream, port: u16, gate: &Arc<Mutex<Gate>>) {
    if matches!(now(gate), Gate::Shut) {
        // Whoever called is heard by nobody, until he goes away.
        let mut lost = [0; 4096];
        let mut client = client;
        while client.read(&mut lost).is_ok_and(|read| read > 0) {}
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
        return;
    };
    let back = (server.try_clone(), client.try_clone());
    let (Ok(mut from), Ok(mut to)) = back else {
        return;
    };
    let watched = Arc::clone(gate);
    std::thread::spawn(move || {
        let mut bytes = [0; 16_384];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            // An answer is written behind its effect: what the file says is so by now.
            if !now(&watched).answers() {
                continue;
            }
            if to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (client, &server);
    let mut bytes = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Write);
}
