//! The one agent by which nodes call each other. In: an own identity, the hash of the other's certificate. Out: an HTTP agent that speaks TLS 1.3 with that certificate's holder
//! alone. Never: a redirect, a proxy, a second try, a name that stands in for the hash.

use super::{Fingerprint, Identity, Peer, Peers};
use crate::error::ControlError;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    StreamOwned,
};
use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, TcpConnector,
    Transport, TransportAdapter,
};

/// Makes agents of a role.
pub struct Agents {
    identity: Identity,
    peers: Peers,
}

impl Agents {
    /// The identity and the peers of a role's folder.
    ///
    /// # Errors
    /// [`ControlError`]: there is no identity yet, or a file is damaged.
    pub fn open(role_folder: &Path) -> Result<Self, ControlError> {
        Ok(Self {
            identity: Identity::read(role_folder)?,
            peers: Peers::read(role_folder)?,
        })
    }

    /// The peer of a name that can be called.
    ///
    /// # Errors
    /// [`ControlError::Usage`] where it is unknown or has no address.
    pub fn peer(&self, name: &str) -> Result<&Peer, ControlError> {
        let peer = self.peers.named(name).filter(|peer| !peer.url.is_empty());
        peer.ok_or_else(|| {
            ControlError::Usage(format!(
                "this node knows no peer `{name}` with an address; `sakimori node join` makes it known"
            ))
        })
    }

    /// An agent that calls one peer.
    ///
    /// # Errors
    /// [`ControlError::Usage`] where the identity does not serve.
    pub fn agent(&self, peer: &Peer, wait: Duration) -> Result<Agent, ControlError> {
        let unfit = |e: &dyn fmt::Display| {
            ControlError::Usage(format!("the node's certificate cannot be used: {e}"))
        };
        let pin = peer
            .fingerprint()
            .ok_or_else(|| unfit(&"the peer's is none"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| unfit(&e))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned { pin, provider }))
            .with_client_auth_cert(self.identity.chain.clone(), self.identity.key())
            .map_err(|e| unfit(&e))?;
        let tls = Tls(Arc::new(config));
        let connector = ().chain(TcpConnector::default()).chain(tls);
        Ok(Agent::with_parts(
            settings(wait),
            connector,
            DefaultResolver::default(),
        ))
    }
}

/// An agent without TLS, for loopback.
pub fn plain_agent(wait: Duration) -> Agent {
    settings(wait).into()
}

fn settings(wait: Duration) -> ureq::config::Config {
    Agent::config_builder()
        .timeout_global(Some(wait))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .build()
}

/// Takes one certificate, whatever name and time it is for.
#[derive(Debug)]
struct Pinned {
    pin: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if Fingerprint::of(end_entity) == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Puts TLS over every connection.
struct Tls(Arc<ClientConfig>);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Secured>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else {
            return Ok(None);
        };
        let host = details.uri.host().unwrap_or_default();
        let host = host.trim_matches(['[', ']']).to_owned();
        let name =
            ServerName::try_from(host).map_err(|_| ureq::Error::Tls("the host is no name"))?;
        let other = |e: rustls::Error| ureq::Error::Other(Box::new(e));
        let mut conn = ClientConnection::new(Arc::clone(&self.0), name).map_err(other)?;
        let mut sock = TransportAdapter::new(transport.boxed(), Arc::clone(&details.current_time));
        sock.set_timeout(details.timeout);
        conn.complete_io(&mut sock)?;
        let buffers = LazyBuffers::new(
            details.config.input_buffer_size(),
            details.config.output_buffer_size(),
        );
        Ok(Some(Either::B(Secured {
            buffers,
            stream: StreamOwned { conn, sock },
        })))
    }
}

struct Secured {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secured")
    }
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        self.stream.write_all(output)?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
