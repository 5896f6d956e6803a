//! The listener: what strangers who hold connections can do to it.

use crate::maker::{NOW, log_signer, mirror_signer};
use crate::sim::SimDisk;
use axum::Router;
use axum::routing::get;
use sakimori_ledger::disk::{Disk, Folder, Source};
use sakimori_ledger::feed::{Feed, FeedError};
use sakimori_ledger::http::HttpPeer;
use sakimori_ledger::http::{Patience, either, serve_with, watched};
use sakimori_ledger::limits::HTTP_CONNECTIONS_MAX;
use sakimori_ledger::mirror::{ApproveAll, Mirror, MirrorParts};
use sakimori_ledger::reader::LogReader;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server with one path, whose answer waits for a timer.
struct Server {
    address: SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    thread: JoinHandle<std::io::Result<()>>,
}

fn server() -> Server {
    patient(Patience::default())
}

fn patient(patience: Patience) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let answer = || async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        "here"
    };
    let router = Router::new().route("/", get(answer));
    let thread = std::thread::spawn(move || {
        serve_with(listener, router, patience, async {
            let _ = stopped.await;
        })
    });
    Server {
        address,
        stop,
        thread,
    }
}

impl Server {
    fn connect(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        stream
    }

    fn stop(self) {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap().unwrap();
    }
}

fn status(stream: &mut TcpStream) -> std::io::Result<[u8; 12]> {
    let mut line = [0; 12];
    stream.read_exact(&mut line)?;
    Ok(line)
}

#[test]
fn a_connection_too_many_waits_until_another_is_closed() {
    let server = server();
    let mut held: Vec<TcpStream> = (0..HTTP_CONNECTIONS_MAX)
        .map(|_| server.connect())
        .collect();
    for stream in &mut held {
        assert_eq!(status(stream).unwrap(), *b"HTTP/1.1 200");
    }
    let mut late = server.connect();
    late.set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let waits = status(&mut late).map_err(|error| error.kind());
    assert_eq!(waits, Err(ErrorKind::WouldBlock));
    held.pop();
    late.set_read_timeout(None).unwrap();
    assert_eq!(status(&mut late).unwrap(), *b"HTTP/1.1 200");
    drop((held, late));
    server.stop();
}

#[test]
fn a_connection_that_is_idle_and_a_request_that_drips_are_ended() {
    let server = patient(Patience {
        idle: Duration::from_millis(150),
        request: Duration::from_millis(600),
    });
    let ended = |stream: &mut TcpStream| {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).map_or(0, |_| rest.len())
    };
    let mut silent = TcpStream::connect(server.address).unwrap();
    assert_eq!(ended(&mut silent), 0, "nothing came, nothing is answered");
    let mut half = TcpStream::connect(server.address).unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nhost:").unwrap();
    let answer = ended(&mut half);
    assert!(answer < 200, "half a header gets no answer: {answer} bytes");
    // One byte each 20 ms: never idle, and never done.
    let mut drip = TcpStream::connect(server.address).unwrap();
    let mut sent = 0;
    while drip.write_all(b"x").is_ok() && sent < 500 {
        sent += 1;
        std::thread::park_timeout(Duration::from_millis(20));
    }
    assert!(sent < 100, "{sent} bytes");
    let mut good = server.connect();
    assert_eq!(status(&mut good).unwrap(), *b"HTTP/1.1 200");
    drop(good);
    server.stop();
}

/// A folder whose file system turns read-only, as a kernel does after a fault of the device.
struct Failing(Folder, Arc<AtomicBool>);

impl Failing {
    fn good(&self) -> std::io::Result<()> {
        if self.1.load(Ordering::SeqCst) {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        Ok(())
    }
}

impl Source for Failing {
    fn read(&self, name: &str, bytes_max: usize) -> std::io::Result<Option<Vec<u8>>> {
        self.0.read(name, bytes_max)
    }

    fn read_from(&self, name: &str, offset: u64, bytes_max: usize) -> std::io::Result<Vec<u8>> {
        self.0.read_from(name, offset, bytes_max)
    }
}

impl Disk for Failing {
    fn append(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        self.good()?;
        self.0.append(name, bytes)
    }

    fn sync(&mut self, name: &str) -> std::io::Result<()> {
        self.good()?;
        self.0.sync(name)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        self.good()?;
        self.0.write(name, bytes)
    }

    fn commit(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        self.good()?;
        self.0.commit(name, bytes)
    }

    fn sync_all(&mut self) -> std::io::Result<()> {
        self.good()?;
        self.0.sync_all()
    }

    fn remove_folder(&mut self, name: &str) -> std::io::Result<()> {
        self.good()?;
        self.0.remove_folder(name)
    }
}

#[test]
fn a_mirror_whose_disk_failed_ends_its_process_instead_of_answering_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let disk = |name: &str| {
        let folder = Folder::new(&dir.path().join(name)).unwrap();
        Box::new(Failing(folder, Arc::clone(&broken)))
    };
    let mirror = Mirror::open(MirrorParts {
        log: disk("mirror"),
        wal: disk("wal"),
        log_key: log_signer().verifier().clone(),
        signer: mirror_signer(),
        approve: Box::new(ApproveAll),
    });
    let mirror = Arc::new(Mutex::new(mirror.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::new(&format!("http://{}", listener.local_addr().unwrap()));
    let (routes, failed) = watched(mirror, Arc::new(|| NOW));
    let never = std::future::pending();
    let served = std::thread::spawn(move || {
        serve_with(listener, routes, Patience::default(), either(never, failed))
    });
    let (world, notes) = crate::feed::log(&[3, 4]);
    let mut feed = Feed::new(vec![mirror_signer().verifier().clone()]);
    let mut offer = |note| {
        let mut reader = LogReader::new(SimDisk::new(&world, "log"), 0);
        feed.offer(&mut peer, &mut reader, note)
    };
    assert!(offer(&notes[0]).is_ok());
    broken.store(true, Ordering::SeqCst);
    let refused = offer(&notes[1]);
    assert!(matches!(
        refused,
        Err(FeedError::Refused { status: 500, .. })
    ));
    served.join().unwrap().unwrap();
    assert!(matches!(offer(&notes[1]), Err(FeedError::Away(_))));
}
