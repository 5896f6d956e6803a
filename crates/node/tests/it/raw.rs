//! What is no HTTP, or only nearly: bytes behind a good handshake. In: a TLS stream without a library of HTTP. Out: an answer, or an end in time, and a node that goes on. Never: a certificate that
//! is looked at; the test knows whom it called.

use crate::nation::{Caller, options, people};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use sakimori_control::Host;
use sakimori_node::{Role, Running, start};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Takes any certificate.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn connect(
    address: SocketAddr,
    version: &'static rustls::SupportedProtocolVersion,
) -> std::io::Result<Stream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut conn = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut tcp = TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
    conn.complete_io(&mut tcp)?;
    Ok(StreamOwned::new(conn, tcp))
}

/// All that comes until the other end closes, or nothing more comes in time.
fn rest(stream: &mut Stream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut says no goodbye.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn operator() -> (tempfile::TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::system();
    people(Role::Operator, folder.path(), &host);
    let running = start(&options(Role::Operator, folder.path()), &host).unwrap();
    (folder, running)
}

#[test]
fn bytes_that_are_no_request_end_the_connection_and_nothing_else() {
    let (folder, node) = operator();
    let end = "connection: close\r\n\r\n";
    let many = "x: y\r\n".repeat(200);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".to_vec()),
        ("HTTP/0.9", b"GET /healthz\r\n\r\n".to_vec()),
        ("HTTP/2 without leave", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("a version of another", format!("GET / HTTP/9.9\r\n{end}").into_bytes()),
        ("a long head", format!("GET / HTTP/1.1\r\nx: {}\r\n{end}", "a".repeat(70_000)).into_bytes()),
        ("a long target", format!("GET /{} HTTP/1.1\r\nhost: a\r\n{end}", "a".repeat(70_000)).into_bytes()),
        ("many fields", format!("GET / HTTP/1.1\r\nhost: a\r\n{many}{end}").into_bytes()),
        ("a zero byte in a name", b"GET / HTTP/1.1\r\nho\0st: a\r\n\r\n".to_vec()),
        ("a space before the colon", b"GET / HTTP/1.1\r\nhost : a\r\n\r\n".to_vec()),
        ("a folded field", b"GET / HTTP/1.1\r\nhost: a\r\n b\r\n\r\n".to_vec()),
        (
            "two lengths",
            b"POST /v1/enrol/start HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef".to_vec(),
        ),
        (
            "a length that is none",
            b"POST /v1/enrol/start HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n".to_vec(),
        ),
        (
            "a length beyond all numbers",
            b"POST /v1/enrol/start HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999999\r\n\r\n".to_vec(),
        ),
        (
            "chunks that are none",
            b"POST /v1/enrol/start HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        ),
        (
            "an encoding that nobody knows",
            b"POST /v1/enrol/start HTTP/1.1\r\nhost: a\r\ntransfer-encoding: rot13\r\n\r\nabc".to_vec(),
        ),
        ("a target that is none", b"GET \xff\xfe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec()),
        ("a tunnel", b"CONNECT other.example:443 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec()),
        ("a whole address", b"GET http://other.example/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec()),
    ];
    for (what, bytes) in &cases {
        let mut stream = connect(node.address, &rustls::version::TLS13).unwrap();
        // It may be cut off while it still writes.
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        let said = rest(&mut stream);
        let status = said.split(' ').nth(1).unwrap_or("none");
        let fine = said.is_empty() || status.starts_with('4') || status.starts_with('3');
        assert!(fine, "{what}: {said}");
    }
    let caller = Caller::stranger(&folder.path().join("operator"), &node.address.to_string());
    assert_eq!(caller.get("/healthz").status, 200);
}

#[test]
fn two_messages_in_one_are_never_taken_for_two() {
    let (_folder, node) = operator();
    let smuggled = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let both = format!(
        "POST /v1/enrol/start HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
        smuggled.len() + 5
    );
    let mut stream = connect(node.address, &rustls::version::TLS13).unwrap();
    stream.write_all(both.as_bytes()).unwrap();
    let said = rest(&mut stream);
    // A refusal that did not read its body to the end closes, so that what stands behind it is never read as a request.
    assert!(!said.contains("alive"), "{said}");
}

#[test]
fn a_head_that_drips_is_cut_off_and_old_versions_of_tls_are_told_apart() {
    let (_folder, node) = operator();
    let mut old = connect(node.address, &rustls::version::TLS12).unwrap();
    old.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    assert!(
        rest(&mut old).contains("alive"),
        "browsers may still have 1.2"
    );
    let mut stream = connect(node.address, &rustls::version::TLS13).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: local")
        .unwrap();
    let said = rest(&mut stream);
    assert!(!said.contains("alive"), "{said}");
    // The read above would have waited for half a minute; the node waits for half of that.
    let again = stream.sock.read(&mut [0]);
    assert!(
        !matches!(&again, Err(e) if e.kind() == std::io::ErrorKind::WouldBlock),
        "{again:?}"
    );
}

#[test]
fn a_request_in_flight_is_finished_when_the_node_stops() {
    let (folder, node) = operator();
    // A connection is open and idle when the node is told to stop.
    let idle = connect(node.address, &rustls::version::TLS13).unwrap();
    let mut stream = connect(node.address, &rustls::version::TLS13).unwrap();
    let body = br#"{"person":"nobody"}"#;
    let head = format!(
        "POST /v1/sign-in/passkey/start HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut begun = [0; 25];
    stream.read_exact(&mut begun).unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 100"), "the body is waited for");
    node.stop();
    // It takes nobody new from now on.
    while TcpStream::connect(node.address).is_ok() {}
    stream.write_all(body).unwrap();
    let said = rest(&mut stream);
    assert!(
        said.contains("sign-in-failed"),
        "its answer comes all the same: {said}"
    );
    node.wait().unwrap();
    drop(idle);
    // What it held is free: it can be started again.
    start(&options(Role::Operator, folder.path()), &Host::system()).unwrap();
}
