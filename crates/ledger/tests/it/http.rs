//! The listener: what strangers who hold connections can do to it.

use axum::Router;
use axum::routing::get;
use sakimori_ledger::http::serve;
use sakimori_ledger::limits::HTTP_CONNECTIONS_MAX;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server with one path, whose answer waits for a timer.
struct Server {
    address: SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    thread: JoinHandle<std::io::Result<()>>,
}

fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let answer = || async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        "here"
    };
    let router = Router::new().route("/", get(answer));
    let thread = std::thread::spawn(move || {
        serve(listener, router, async {
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
