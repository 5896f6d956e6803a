//! A provider that lies as it is told to. In: claims. Out: HTTP on loopback with ES256 tokens. Never: a check that the other side should make.

use crate::authenticator::base64url;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a lie may change: header and claims before they are signed, the token afterwards, the documents.
#[derive(Clone, Default)]
pub(crate) struct Lie {
    pub(crate) header: Option<Value>,
    pub(crate) claims: Value,
    pub(crate) token: Token,
    pub(crate) issuer: Option<String>,
}

/// What comes from the token endpoint.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Token {
    #[default]
    Signed,
    /// A bit of the signature is another.
    Spoiled,
    Missing,
    /// Three megabytes.
    Large,
    /// A redirect.
    Elsewhere,
}

pub(crate) struct Fake {
    pub(crate) issuer: String,
    pub(crate) lie: Arc<Mutex<Lie>>,
    /// The last body that came to the token endpoint.
    pub(crate) asked: Arc<Mutex<String>>,
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[42; 32]).unwrap()
}

fn token(lie: &Lie) -> String {
    let header = lie
        .header
        .clone()
        .unwrap_or_else(|| json!({"alg": "ES256", "kid": "k1"}));
    let signed = format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(lie.claims.to_string().as_bytes())
    );
    let signature: Signature = key().sign(signed.as_bytes());
    let mut signature = signature.to_bytes().to_vec();
    if lie.token == Token::Spoiled {
        signature[40] ^= 1;
    }
    format!("{signed}.{}", base64url(&signature))
}

fn answer(path: &str, issuer: &str, lie: &Lie) -> String {
    let told = lie.issuer.clone().unwrap_or_else(|| issuer.to_owned());
    let point = key().verifying_key().to_sec1_point(false);
    let value = match path {
        "/.well-known/openid-configuration" => json!({
            "issuer": told,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }),
        "/jwks" => json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k1",
            "x": base64url(&point.as_bytes()[1..33]), "y": base64url(&point.as_bytes()[33..]),
        }]}),
        _ if lie.token == Token::Missing => json!({"access_token": "a", "token_type": "Bearer"}),
        _ => json!({"access_token": "a", "token_type": "Bearer", "id_token": token(lie)}),
    };
    value.to_string()
}

fn serve(stream: impl Read + Write, issuer: &str, lie: &Lie, asked: &Mutex<String>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split_whitespace().nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if path == "/token" {
        *asked.lock().unwrap() = String::from_utf8(body).ok()?;
    }
    let mut text = answer(&path, issuer, lie);
    if lie.token == Token::Large && path == "/token" {
        text = format!("{{\"x\":\"{}\"}}", "y".repeat(3 << 20));
    }
    let status = if lie.token == Token::Elsewhere && path == "/token" {
        format!("302 Found\r\nlocation: {issuer}/elsewhere")
    } else {
        "200 OK".to_owned()
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    let stream = reader.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(text.as_bytes()).ok()?;
    stream.flush().ok()
}

/// A certificate for loopback, as PEM for who trusts it, and the server's side of TLS with it.
fn tls() -> (Vec<u8>, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (made.cert.pem().into_bytes(), Arc::new(config))
}

impl Fake {
    /// One over TLS; answers its certificate too.
    pub(crate) fn over_tls() -> (Self, Vec<u8>) {
        let (pem, config) = tls();
        let wrap = move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            StreamOwned::new(connection, stream)
        };
        (Self::listen("https", wrap), pem)
    }

    pub(crate) fn start() -> Self {
        Self::listen("http", |stream| stream)
    }

    fn listen<S: Read + Write>(
        scheme: &str,
        wrap: impl Fn(TcpStream) -> S + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("{scheme}://{}", listener.local_addr().unwrap());
        let fake = Self {
            issuer: issuer.clone(),
            lie: Arc::default(),
            asked: Arc::default(),
        };
        let (lie, asked) = (Arc::clone(&fake.lie), Arc::clone(&fake.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lie = lie.lock().unwrap().clone();
                serve(wrap(stream), &issuer, &lie, &asked);
            }
        });
        fake
    }
}
