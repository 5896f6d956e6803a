//! Messages that leave the office's node: webhooks and mail. In: letters that are due, the node's settings. Out: what their receivers said. Never: a redirect that is followed; an
//! address of the node's own network, unless the administrator says that it is a closed one; a secret or a body in a log.

use crate::app::{App, Shared};
use crate::problem::{Answer, Code, Problem};
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use sakimori_control::error::told;
use sakimori_control::files;
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::Failure;
use sakimori_liaison::alert::{self, Channel, Letter, SecretKey, Sent, Timing, Transport};
use sakimori_liaison::asset::Act;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Longest wait for a receiver: one that is slower is tried again.
const RECEIVER_WAIT: Duration = Duration::from_secs(10);
/// Where the system keeps the certificates that it trusts.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Settings in the role's folder.
const SETTINGS: &str = "alerts.json";
/// The key that the secrets of webhooks are made of, in the role's folder.
const KEY: &str = "webhook.key";

/// What an administrator sets for messages.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// The node is in a network of its own: addresses without TLS and addresses of that network are let through.
    closed: bool,
    /// The mail server; without it no mail leaves.
    mail: Option<MailServer>,
}

/// A mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailServer {
    /// Its name.
    host: String,
    /// Its port.
    port: u16,
    /// `implicit`, `starttls`, or `none`, which a closed network alone may have.
    tls: MailTls,
    /// Who the mail is from.
    from: String,
    /// Who signs in there, if anybody has to.
    user: Option<String>,
    /// A file with that password.
    password_file: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MailTls {
    Implicit,
    Starttls,
    None,
}

fn settings(folder: &Path) -> Answer<Settings> {
    let path = folder.join(SETTINGS);
    let away = |e: String| Problem::hidden(Code::Unavailable, e);
    let Some(bytes) = files::read(&path).map_err(|e| away(told(&e)))? else {
        return Ok(Settings::default());
    };
    serde_json::from_slice(&bytes).map_err(|e| away(format!("{}: {e}", path.display())))
}

/// The key of webhook secrets, made where there is none, and whether the network is a closed one.
pub(super) fn secret_key(app: &App) -> Answer<(SecretKey, bool)> {
    let closed = settings(&app.folder)?.closed;
    let path = app.folder.join(KEY);
    let away = |e: String| Problem::hidden(Code::Unavailable, e);
    if let Some(bytes) = files::read(&path).map_err(|e| away(told(&e)))? {
        let key = bytes.try_into().map(SecretKey::new);
        let key = key.map_err(|_| away(format!("{}: has not 32 bytes", path.display())))?;
        return Ok((key, closed));
    }
    let mut key = [0u8; 32];
    let mut source = app.host.source();
    source(&mut key).map_err(|e| away(e.to_string()))?;
    files::write(&path, &key, 0o600).map_err(|e| away(told(&e)))?;
    Ok((SecretKey::new(key), closed))
}

/// Whether an address is one that anybody on the internet may have: none of loopback, of a private network, of the link, of several receivers.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special =
                a == 0 || a >= 240 || (a == 198 && (18..20).contains(&b)) || (a == 192 && b == 0);
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || shared
                || special)
        }
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| {
            // Global unicast (RFC 4291 section 2.4), without documentation, Teredo and 6to4, behind which any IPv4 address may stand.
            (0x2000..0x4000).contains(first)
                && !matches!(
                    v6.segments(),
                    [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..]
                )
        }),
    }
}

/// Looks names up and passes on public addresses alone. The connection goes to what was looked at here, so that a second answer of the name's server changes nothing.
#[derive(Debug)]
struct Public;

impl Resolver for Public {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let mut public = self.empty();
        for address in found.iter().filter(|a: &&SocketAddr| is_public(a.ip())) {
            public.push(*address);
        }
        if public.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(public)
    }
}

/// The certificates that the system trusts.
fn roots() -> Vec<Certificate<'static>> {
    let pem = std::fs::read(SYSTEM_ROOTS).unwrap_or_default();
    let items = ureq::tls::parse_pem(&pem).filter_map(Result::ok);
    items
        .filter_map(|item| match item {
            PemItem::Certificate(root) => Some(root),
            _ => None,
        })
        .collect()
}

/// Sends letters from this node.
struct Post {
    agent: ureq::Agent,
    mail: Option<MailServer>,
    closed: bool,
}

impl Post {
    fn new(settings: Settings) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(roots()))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(RECEIVER_WAIT))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .https_only(!settings.closed)
            .tls_config(tls)
            .build();
        let agent = if settings.closed {
            ureq::Agent::new_with_config(config)
        } else {
            ureq::Agent::with_parts(config, DefaultConnector::default(), Public)
        };
        Self {
            agent,
            mail: settings.mail,
            closed: settings.closed,
        }
    }

    fn webhook(&self, letter: &Letter) -> Result<(), Failure> {
        let Some(headers) = &letter.headers else {
            return Err(Failure::Never("the message is not signed".to_owned()));
        };
        let sent = self
            .agent
            .post(&letter.to)
            .header("content-type", "application/json")
            .header("webhook-id", &headers.id)
            .header("webhook-timestamp", &headers.timestamp)
            .header("webhook-signature", &headers.signature)
            .send(letter.body.as_bytes());
        match sent.map(|answer| answer.status().as_u16()) {
            Ok(200..=299) => Ok(()),
            Ok(410) => Err(Failure::Never(
                "the receiver says that it is gone (410)".to_owned(),
            )),
            Ok(300..=399) => Err(Failure::Later(
                "the receiver sends it elsewhere, which is not followed".to_owned(),
            )),
            Ok(status) => Err(Failure::Later(format!("the receiver says {status}"))),
            Err(e) => Err(Failure::Later(e.to_string())),
        }
    }

    fn mail(&self, letter: &Letter) -> Result<(), Failure> {
        let later = |e: &dyn std::fmt::Display| Failure::Later(e.to_string());
        let never = |e: &dyn std::fmt::Display| Failure::Never(e.to_string());
        let server = self.mail.as_ref();
        let server = server.ok_or_else(|| later(&"no mail server is set"))?;
        let to = letter.to.parse().map_err(|e| never(&e))?;
        let from: lettre::message::Mailbox = server.from.parse().map_err(|e| later(&e))?;
        let domain = from.email.domain().to_owned();
        let message = Message::builder()
            .from(from)
            .to(to)
            .subject(letter.subject.clone())
            // The same for every attempt: a receiver that got it twice can tell.
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body.clone())
            .map_err(|e| never(&e))?;
        let transport = self.transport(server).map_err(|e| later(&e))?;
        match transport.send(&message) {
            Ok(_) => Ok(()),
            Err(e) if e.is_permanent() => Err(never(&e)),
            Err(e) => Err(later(&e)),
        }
    }

    fn transport(&self, server: &MailServer) -> Result<SmtpTransport, String> {
        let parameters = || {
            TlsParameters::builder(server.host.clone())
                .build_rustls()
                .map_err(|e| e.to_string())
        };
        let tls = match server.tls {
            MailTls::Implicit => Tls::Wrapper(parameters()?),
            MailTls::Starttls => Tls::Required(parameters()?),
            MailTls::None if self.closed => Tls::None,
            MailTls::None => return Err("mail without TLS is for a closed network".to_owned()),
        };
        let mut builder = SmtpTransport::builder_dangerous(server.host.clone())
            .port(server.port)
            .tls(tls)
            .timeout(Some(RECEIVER_WAIT));
        if let (Some(user), Some(file)) = (&server.user, &server.password_file) {
            let password = std::fs::read_to_string(file).map_err(|e| e.to_string())?;
            builder =
                builder.credentials(Credentials::new(user.clone(), password.trim().to_owned()));
        }
        Ok(builder.build())
    }
}

/// The post in a thread that may wait for a receiver.
struct Threaded(Arc<Post>);

impl Transport for Threaded {
    async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let (post, letter) = (Arc::clone(&self.0), letter.clone());
        let sent = tokio::task::spawn_blocking(move || match letter.channel {
            Channel::Webhook => post.webhook(&letter),
            Channel::Mail => post.mail(&letter),
        });
        sent.await
            .unwrap_or_else(|e| Err(Failure::Later(e.to_string())))
    }
}

/// A round of the office's node by itself: digests that are due are made, messages that are due are sent.
pub(crate) async fn round(app: &Shared) {
    match sent(app).await {
        Ok((digests, sent)) if digests == 0 && sent == Sent::default() => {}
        Ok((digests, sent)) => tracing::info!(
            digests,
            delivered = sent.delivered,
            later = sent.later,
            given_up = sent.given_up,
            "messages of the early warning"
        ),
        Err(problem) => tracing::warn!(
            code = problem.code.word(),
            detail = problem.detail,
            cause = problem.cause,
            "messages of the early warning wait"
        ),
    }
}

async fn sent(app: &Shared) -> Answer<(u64, Sent)> {
    let act = Act {
        owner: "office",
        by: "node",
        at: app.host.seconds(),
    };
    let away = |e| crate::api::report::no(&e);
    let digests = alert::digest(&*app.store, act).await.map_err(away)?;
    let due = app
        .store
        .due(sakimori_store::View::All, "alert-message", act.at.0)
        .await
        .map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    if due.is_empty() {
        return Ok((digests, Sent::default()));
    }
    let (post, key) = app
        .blocking(|app| {
            let (key, _) = secret_key(app)?;
            Ok((Arc::new(Post::new(settings(&app.folder)?)), key))
        })
        .await?;
    let clock_app = Arc::clone(app);
    let clock = move || -> Seconds { clock_app.host.seconds() };
    let source = Mutex::new(app.host.source());
    let random = move || {
        let mut bytes = [0u8; 4];
        let mut source = source
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // Without randomness delays are not spread, and nothing else follows.
        let _ = source(&mut bytes);
        u32::from_le_bytes(bytes)
    };
    let (timing, transport) = (Timing::default(), Threaded(post));
    let as_node = ("node", &key);
    let drawn = (&clock, &random);
    let sent = alert::work(&*app.store, as_node, drawn, &timing, &transport).await;
    Ok((digests, sent.map_err(away)?))
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn addresses_of_networks_of_one_s_own_are_no_receivers() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("2606:4700::1111", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("198.18.0.1", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("64:ff9b::7f00:1", false),
        ] {
            let parsed = address.parse().expect("an address");
            assert_eq!(is_public(parsed), public, "{address}");
        }
    }
}
