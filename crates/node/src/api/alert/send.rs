//! Messages that leave the office's node: webhooks and mail. In: letters that are due, the node's settings. Out: what their receivers said. Never: a redirect that is followed; an
//! address of the node's own network, unless the administrator says that it is a closed one; a secret or a body in a log.

use super::guard::{Public, RECEIVER_WAIT, configured};
use super::settings::{MailServer, MailTls, Settings, secret_key, settings};
use crate::app::Shared;
use crate::problem::{Answer, Code, Problem};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::Failure;
use sakimori_liaison::alert::{self, Channel, Letter, Sent, Transport};
use sakimori_liaison::asset::Act;
use std::sync::{Arc, Mutex};
use ureq::unversioned::transport::DefaultConnector;

/// Sends letters from this node.
struct Post {
    agent: ureq::Agent,
    mail: Option<MailServer>,
    closed: bool,
}

impl Post {
    fn new(settings: Settings) -> Self {
        let config = configured().https_only(!settings.closed).build();
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
        let from: Mailbox = server.from.parse().map_err(|e| later(&e))?;
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

/// A message with a report for machines beside it.
pub(crate) struct Mailed {
    /// Its name, the same for every attempt.
    pub(crate) name: String,
    /// Where it goes.
    pub(crate) to: Vec<String>,
    /// Its subject.
    pub(crate) subject: String,
    /// What people read.
    pub(crate) text: String,
    /// What machines read: X-ARF, JSON.
    pub(crate) report: Option<String>,
}

/// The mail server of the office's node, for messages that a person or a rule sends now.
#[derive(Clone)]
pub(crate) struct MailPost(Arc<Post>);

impl MailPost {
    /// As it is set in the office's folder.
    ///
    /// # Errors
    /// [`Code::Unavailable`]: the settings cannot be read.
    pub(crate) fn open(folder: &std::path::Path) -> Answer<Self> {
        Ok(Self(Arc::new(Post::new(settings(folder)?))))
    }

    /// Who mail is from; none where no server is set.
    pub(crate) fn from(&self) -> Option<String> {
        self.0.mail.as_ref().map(|server| server.from.clone())
    }

    /// Hands a message to the server and waits until it has it.
    ///
    /// # Errors
    /// Words for people.
    pub(crate) fn send(&self, mail: &Mailed) -> Result<(), String> {
        let server = self.0.mail.as_ref().ok_or("no mail server is set")?;
        let from: Mailbox = server.from.parse().map_err(|e| format!("`from`: {e}"))?;
        let domain = from.email.domain().to_owned();
        let mut builder = Message::builder()
            .from(from)
            .subject(mail.subject.clone())
            .message_id(Some(format!("<{}@{domain}>", mail.name)));
        for to in &mail.to {
            builder = builder.to(to.parse().map_err(|e| format!("{to}: {e}"))?);
        }
        let message = match &mail.report {
            None => builder
                .header(ContentType::TEXT_PLAIN)
                .body(mail.text.clone()),
            Some(report) => {
                let json = ContentType::parse("application/json").map_err(|e| e.to_string())?;
                let report = Attachment::new("xarf.json".to_owned()).body(report.clone(), json);
                let text = SinglePart::plain(mail.text.clone());
                builder.multipart(MultiPart::mixed().singlepart(text).singlepart(report))
            }
        };
        let message = message.map_err(|e| e.to_string())?;
        let sent = self.0.transport(server)?.send(&message);
        sent.map(|_| ()).map_err(|e| e.to_string())
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
    let (post, key, timing) = app
        .blocking(|app| {
            let (key, _) = secret_key(app)?;
            let settings = settings(&app.folder)?;
            let timing = settings.timing();
            Ok((Arc::new(Post::new(settings)), key, timing))
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
    let transport = Threaded(post);
    let as_node = ("node", &key);
    let drawn = (&clock, &random);
    let sent = alert::work(&*app.store, as_node, drawn, &timing, &transport).await;
    Ok((digests, sent.map_err(away)?))
}
