//! NATS: commands as requests, answers as replies, by the rules of HTTPS. In: messages on the actuator's subject. Out: what the runner says. Never: an approval: those travel apart; a connection without TLS.
//!
//! The subjects follow the transfer specification over MQTT (`oc2/cmd/device/ID`) with the separators of NATS: commands come on `oc2.cmd.device.NAME`; a command without a reply subject is answered on `oc2.rsp.device.NAME`. The headers
//! `Content-Type` and `X-Request-ID` are those of HTTP. Who may publish there, the server's owner says; what is approved, no server can.

use crate::config::NatsConfig;
use crate::files;
use crate::runner::{Ask, Handle, Said};
use async_nats::{ConnectOptions, HeaderMap, Message};
use futures_util::StreamExt as _;
use sakimori_respond::consumer::Reply;
use sakimori_respond::openc2::{MEDIA_TYPE, MESSAGE_BYTES_MAX, Status};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// Most commands at a time.
const COMMANDS_MAX: usize = 64;
/// Longest wait for the runner.
const ANSWER_WAIT: Duration = Duration::from_secs(15);

/// The subject of commands.
pub fn subject(name: &str) -> String {
    format!("oc2.cmd.device.{name}")
}

/// The subject of answers to commands that name none.
pub fn answers(name: &str) -> String {
    format!("oc2.rsp.device.{name}")
}

fn seed(config: &NatsConfig) -> io::Result<Option<zeroize::Zeroizing<String>>> {
    let Some(path) = &config.nkey else {
        return Ok(None);
    };
    let bytes = files::read(path, 4096)?.ok_or_else(|| io::Error::other("there is no nkey"))?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(Some(zeroize::Zeroizing::new(text.trim().to_owned())))
}

/// Listens for as long as the process runs; a server that is gone is looked for again and again, and nothing in force waits for it.
///
/// # Errors
/// A file of the configuration that cannot be used.
pub async fn listen(config: NatsConfig, name: String, handle: Handle) -> io::Result<()> {
    let mut options = ConnectOptions::new()
        .name(format!("sakimori-actuator {name}"))
        .require_tls(true)
        .add_root_certificates(config.authorities.clone())
        .retry_on_initial_connect();
    if let (Some(certificate), Some(key)) = (&config.certificate, &config.key) {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    if let Some(seed) = seed(&config)? {
        options = options.nkey(seed.to_string());
    }
    let client = options
        .connect(config.server.as_str())
        .await
        .map_err(io::Error::other)?;
    let subscribed = client.subscribe(subject(&name)).await;
    let mut messages = subscribed.map_err(io::Error::other)?;
    let free = Arc::new(Semaphore::new(COMMANDS_MAX));
    let producer = config.producer.unwrap_or_else(|| "nats".to_owned());
    while let Some(message) = messages.next().await {
        // BOUND: nobody closes the semaphore.
        let place = Arc::clone(&free).acquire_owned().await.ok();
        let (client, name, handle) = (client.clone(), name.clone(), handle.clone());
        let producer = producer.clone();
        tokio::spawn(async move {
            answer(&client, message, (&name, producer), &handle).await;
            drop(place);
        });
    }
    Ok(())
}

async fn answer(
    client: &async_nats::Client,
    message: Message,
    (name, producer): (&str, String),
    handle: &Handle,
) {
    let header = |name: &str| {
        let headers = message.headers.as_ref();
        let value = headers.and_then(|headers| headers.get(name));
        value.map(|value| value.as_str().to_owned())
    };
    let id = header("X-Request-ID");
    let media_type = header("Content-Type").unwrap_or_default();
    let said = if message.payload.len() > MESSAGE_BYTES_MAX {
        refused(name, Status::BadRequest, "the body is too long")
    } else {
        let (send, receive) = oneshot::channel();
        handle.ask(Ask::Command {
            producer,
            body: message.payload.to_vec(),
            media_type,
            answer: Box::new(move |said| drop(send.send(said))),
        });
        match tokio::time::timeout(ANSWER_WAIT, receive).await {
            Ok(Ok(said)) => said,
            _ => refused(
                name,
                Status::ServiceUnavailable,
                "the actuator does not answer",
            ),
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", MEDIA_TYPE);
    if let Some(status) = said.status {
        headers.insert("Status", status.code().to_string());
    }
    if let Some(id) = id.filter(|id| id.len() <= 128) {
        headers.insert("X-Request-ID", id.as_str());
    }
    if said.status.is_none() && message.reply.is_none() {
        return;
    }
    let to = message
        .reply
        .map_or_else(|| answers(name), |reply| reply.to_string());
    let sent = client.publish_with_headers(to, headers, said.body.into());
    if let Err(error) = sent.await {
        tracing::warn!(%error, "an answer cannot be sent over NATS");
    }
}

fn refused(name: &str, status: Status, words: &str) -> Said {
    Said {
        status: Some(status),
        body: Reply::refused(status, words).bytes(name, 0),
    }
}
