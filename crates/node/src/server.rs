//! Connections. In: a listener, a certificate, routes. Out: requests with the caller's certificate beside them. Never: a request without TLS; a connection that may wait without
//! end; a certificate that counts before somebody looked it up.

use crate::limits::{
    ANSWER_WAIT, CONNECTIONS_MAX, CONNECTIONS_OF_ONE_MAX, HANDSHAKE_WAIT, HEADER_BYTES_MAX,
    HEADER_WAIT, HEADERS_MAX, STOP_WAIT,
};
use crate::metrics::Metrics;
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use sakimori_control::ControlError;
use sakimori_control::tls::{Fingerprint, Identity};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::Service;

/// Who is at the other end, as far as the connection tells.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its address.
    pub address: SocketAddr,
    /// The certificate whose key it holds, if it showed one.
    pub certificate: Option<CertificateDer<'static>>,
}

impl Connection {
    /// Hash of the certificate.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.certificate.as_ref().map(Fingerprint::of)
    }
}

/// TLS 1.3 for nodes, 1.2 for browsers that lack it; a client's certificate is asked for and taken whoever it is of, and counts by its hash alone.
///
/// # Errors
/// [`ControlError::Usage`]: the identity does not serve.
pub fn tls(identity: &Identity) -> Result<Arc<ServerConfig>, ControlError> {
    let unfit = |e: rustls::Error| {
        ControlError::Usage(format!("the node's certificate cannot be used: {e}"))
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(unfit)?
        .with_client_cert_verifier(Arc::new(AnyKey(provider)))
        .with_single_cert(identity.chain.clone(), identity.key())
        .map_err(unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Holds a client to the key of the certificate that it shows. Whose certificate it is, is asked where it matters.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyKey {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// A connection's place among those of its address.
struct Seat {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    /// A place for one more; `None` where the address has as many as it may.
    fn seat(&self, address: IpAddr) -> Option<Seat> {
        let address = neighbourhood(address);
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // BOUND: no more addresses than connections.
        let count = crowd.entry(address).or_default();
        if *count >= CONNECTIONS_OF_ONE_MAX {
            return None;
        }
        *count += 1;
        drop(crowd);
        Some(Seat {
            crowd: self.clone(),
            address,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = crowd.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                crowd.remove(&self.address);
            }
        }
    }
}

/// What one stranger has: an address, or a /64 of IPv6.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Serves until `stop` is ready, then lets requests in flight end, at most [`STOP_WAIT`].
pub async fn serve(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    router: Router,
    metrics: Arc<Metrics>,
    stop: impl Future<Output = ()>,
) {
    let acceptor = TlsAcceptor::from(config);
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let crowd = Crowd::default();
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        if free.available_permits() == 0 {
            metrics.connections_full();
        }
        let accepted = async {
            // BOUND: only a closed semaphore has no permit to give, and nobody closes this one.
            let place = Arc::clone(&free).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, address)) = accepted else {
            // Where the process has no file left for a connection, the next one is not waited for in a busy loop.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let Some(seat) = crowd.seat(address.ip()) else {
            metrics.connections_full();
            drop(stream);
            continue;
        };
        let talk = talk(
            (stream, address),
            acceptor.clone(),
            router.clone(),
            Arc::clone(&metrics),
            graceful.watcher(),
        );
        tokio::spawn(async move {
            talk.await;
            drop((seat, place));
        });
    }
    drop(listener);
    // Requests that take longer are cut off: the node has been told to end.
    let _ = tokio::time::timeout(STOP_WAIT, graceful.shutdown()).await;
}

async fn talk(
    (stream, address): (TcpStream, SocketAddr),
    acceptor: TlsAcceptor,
    router: Router,
    metrics: Arc<Metrics>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Small answers must not wait for more.
    let _ = stream.set_nodelay(true);
    let handshake = tokio::time::timeout(HANDSHAKE_WAIT, acceptor.accept(stream)).await;
    let Ok(Ok(stream)) = handshake else {
        metrics.handshake_failed();
        return;
    };
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().and_then(|chain| chain.first());
    let connection = Connection {
        address,
        certificate: shown.cloned(),
    };
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(connection.clone());
        router.clone().call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_WAIT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX.max(8192))
        .serve_connection(TokioIo::new(stream), service);
    // An answer that nobody reads must end too; uploads to the mirror are bounded by the answer's own wait.
    let bounded = tokio::time::timeout(ANSWER_WAIT * 60, watcher.watch(served));
    // What a client breaks off is its own affair.
    let _ = bounded.await;
}
