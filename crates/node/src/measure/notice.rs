//! Notices of measures: drafted, sent, answered. In: what was seen, a registry's answer, the office's mail server, replies as files. Out: tickets with their steps. Never: an address that nobody named; a state that a stranger's mail sets but that of a
//! mail that did not arrive.

use super::desk::Settings;
use super::kept;
use crate::api::alert::send::{MailPost, Mailed};
use crate::problem::{Answer, Code, Problem};
use sakimori_control::Host;
use sakimori_control::error::told;
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::Language;
use sakimori_liaison::measure::{Held, NoticePaper, keep_notice, notice, notices};
use sakimori_liaison::paper::Written;
use sakimori_respond::notice::mail::{self, Notice};
use sakimori_respond::notice::xarf::{Party, Protocol, Report, Traffic, What};
use sakimori_respond::notice::{Abuse, Reference, State, abuse, reply};
use sakimori_respond::plan::life::Duty;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};
use std::path::Path;
use utoipa::ToSchema;

/// An abuse notice that is to be drafted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNotice {
    /// The measure, hex; none for a notice that is tried before there is a measure.
    pub measure: Option<String>,
    /// What it is about: an address or a name.
    pub target: String,
    /// Its port.
    pub port: u16,
    /// Of traffic: `tcp` or `udp`, as it was seen. A report of traffic without it is none, and nobody guesses it.
    pub protocol: Option<String>,
    /// Of traffic: the port of who was attacked, where it is one; without it the report says nothing of it.
    pub to_port: Option<u16>,
    /// What was seen: `ddos`, `login-attack`, `port-scan`, `infected-host`, `phishing`, `malware`, `botnet`, `compromised-server`.
    pub what: String,
    /// More of what was seen: the URL, the evidence, the method; not for traffic.
    pub detail: Option<String>,
    /// First seen, RFC 3339.
    pub first: String,
    /// Last seen, RFC 3339.
    pub last: String,
    /// In words.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub words: String,
    /// Who was hit, or speaks for who was: the organisation.
    pub reporter: String,
    /// The reporter's mail address.
    pub contact: String,
    /// Whether it is in English; in Japanese without it.
    #[serde(default)]
    pub english: bool,
    /// The registry's answer (RDAP) that names the contact for abuse.
    #[schema(value_type = Option<Object>)]
    pub rdap: Option<serde_json::Value>,
    /// The contact, where a person knows it from elsewhere.
    pub to: Option<String>,
    /// Where `to` comes from.
    pub found: Option<String>,
}

fn refuse(words: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Refused, words)
}

fn time(field: &str, text: &str) -> Answer<Seconds> {
    let bad = |_| Problem::new(Code::Incomplete, format!("`{field}` is no time"));
    text.parse().map_err(bad)
}

impl NewNotice {
    fn contact(&self) -> Answer<(Abuse, String)> {
        if let Some(to) = &self.to {
            let found = self.found.clone().unwrap_or_default();
            if found.trim().is_empty() {
                return Err(Problem::new(
                    Code::Incomplete,
                    "`found` says where `to` comes from",
                ));
            }
            let address = to.trim().to_owned();
            return Ok((
                Abuse {
                    address,
                    roles: Vec::new(),
                    depth: 0,
                },
                found,
            ));
        }
        let answer = self.rdap.as_ref();
        let answer = answer
            .ok_or_else(|| Problem::new(Code::Incomplete, "`rdap` or `to` names who it goes to"))?;
        let found = abuse(answer.to_string().as_bytes()).map_err(|e| refuse(told(&e)))?;
        let words = format!("a registry names it for {}", found.roles.join(", "));
        Ok((found, words))
    }

    fn what(&self) -> Answer<What> {
        let traffic = || {
            let said = self.protocol.as_deref().and_then(Protocol::from_name);
            let words = "`protocol` of traffic is `tcp` or `udp`";
            Ok::<_, Problem>(Traffic {
                protocol: said.ok_or_else(|| Problem::new(Code::Incomplete, words))?,
                first: time("first", &self.first)?,
                last: time("last", &self.last)?,
                to_port: self.to_port,
            })
        };
        let detail = || {
            let detail = self.detail.clone().filter(|text| !text.trim().is_empty());
            detail.ok_or_else(|| Problem::new(Code::Incomplete, "`detail` is missing"))
        };
        Ok(match self.what.as_str() {
            "ddos" => What::Ddos(traffic()?),
            "login-attack" => What::LoginAttack(traffic()?),
            "port-scan" => What::PortScan(traffic()?),
            "infected-host" => What::InfectedHost(traffic()?),
            "phishing" => What::Phishing { url: detail()? },
            "malware" => What::Malware {
                url: detail()?,
                sha256: None,
            },
            "botnet" => What::Botnet {
                evidence: detail()?,
                server: None,
            },
            "compromised-server" => What::CompromisedServer { method: detail()? },
            _ => {
                return Err(Problem::new(
                    Code::Incomplete,
                    "`what` is none of the words",
                ));
            }
        })
    }
}

fn party(org: &str, contact: &str) -> Party {
    let domain = contact.split_once('@').map_or("", |(_, domain)| domain);
    Party {
        org: org.to_owned(),
        contact: contact.to_owned(),
        domain: domain.to_owned(),
    }
}

/// The office's mail server.
pub struct Post(MailPost);

impl Post {
    /// The mail server that is set in the office's folder.
    ///
    /// # Errors
    /// [`Code::Unavailable`]: the settings cannot be read.
    pub fn open(folder: &Path) -> Answer<Self> {
        MailPost::open(folder).map(Self)
    }

    /// Who mail is from.
    ///
    /// # Errors
    /// [`Code::Unavailable`]: no mail server is set.
    pub fn from(&self) -> Answer<String> {
        let from = self.0.from();
        from.ok_or_else(|| Problem::new(Code::Unavailable, "no mail server is set"))
    }
}

/// The part of a message that people read.
fn readable(bytes: &[u8]) -> Option<String> {
    use base64::Engine as _;
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, part) = text.split_once("Content-Type: text/plain; charset=utf-8\r\n")?;
    let (_, body) = part.split_once("\r\n\r\n")?;
    let (body, _) = body.split_once("\r\n--=_")?;
    let body: String = body.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(body)
        .ok()?;
    String::from_utf8(bytes).ok()
}

fn reference(host: &Host) -> Answer<Reference> {
    let random = host.bytes().map_err(|e| Problem::hidden(Code::Fault, e))?;
    Ok(Reference::new(random))
}

async fn begin(
    store: &dyn Store,
    reference: Reference,
    paper: &NoticePaper,
    at: Seconds,
    by: &str,
) -> Answer<Written<NoticePaper>> {
    let change = paper.begin(reference, at, by).map_err(|e| kept(&e))?;
    let applied = store.apply(&[change]).await;
    applied.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    notice(store, reference).await.map_err(|e| kept(&e))
}

/// Drafts a notice to a contact for abuse: mail that people read, with the report in X-ARF v4.
///
/// # Errors
/// [`Code::Incomplete`], [`Code::Refused`]: it cannot be written, or the registry names nobody; what the store says.
pub async fn draft_notice(
    store: &dyn Store,
    post: &Post,
    said: &Settings,
    new: &NewNotice,
    (host, by): (&Host, &str),
) -> Answer<Written<NoticePaper>> {
    let (contact, found) = new.contact()?;
    let from = post.from()?;
    let address = from.rsplit(['<', ' ']).next().unwrap_or(&from);
    let address = address.trim_end_matches('>').to_owned();
    let now = host.seconds();
    let organisation = if said.organisation.is_empty() {
        &new.reporter
    } else {
        &said.organisation
    };
    let id = host.bytes().map_err(|e| Problem::hidden(Code::Fault, e))?;
    let report = Report {
        id,
        at: time("last", &new.last)?,
        reporter: party(&new.reporter, &new.contact),
        sender: party(organisation, &address),
        source: new.target.clone(),
        source_port: new.port,
        what: new.what()?,
        // What the office holds leaves by the measure's own rules alone, not beside a notice.
        evidence: Vec::new(),
        description: new.words.clone(),
    };
    let reference = reference(host)?;
    let written = mail::write(&Notice {
        reference,
        to: &contact,
        from: &address,
        report: &report,
        language: if new.english {
            Language::English
        } else {
            Language::Japanese
        },
        at: now,
        original: None,
    });
    let written = written.map_err(|e| refuse(told(&e)))?;
    let text = readable(&written.bytes);
    let text = text.ok_or_else(|| Problem::hidden(Code::Fault, "the notice has no text"))?;
    let paper = NoticePaper {
        measure: new.measure.clone(),
        duty: None,
        target: new.target.clone(),
        to: vec![written.to],
        found,
        subject: written.subject,
        text,
        report: Some(report.write().map_err(|e| refuse(told(&e)))?),
        steps: Vec::new(),
    };
    begin(store, reference, &paper, now, by).await
}

/// The notice that a duty of a measure asks for: the one that was drafted, or a new one.
pub(super) async fn draft_owed(
    store: &dyn Store,
    host: &Host,
    said: &Settings,
    held: &Held,
    duty: &Duty,
) -> Answer<Written<NoticePaper>> {
    let plan = held.state().plan();
    let id = plan.id.to_string();
    let owed = serde_json::to_string(duty).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let (all, _) = notices(store, Some(&id)).await.map_err(|e| kept(&e))?;
    let same = |one: &Written<NoticePaper>| {
        one.said.duty.as_deref() == Some(owed.as_str()) && one.state != State::Bounced.name()
    };
    if let Some(found) = all.into_iter().find(same) {
        return Ok(found);
    }
    let to = match duty {
        Duty::Administrator(name) => said.administrators.get(name.as_str()),
        _ => None,
    };
    let reference = reference(host)?;
    let of = |aim: &&sakimori_respond::plan::Aim| match duty {
        Duty::Administrator(name) => aim.controller == *name,
        _ => true,
    };
    let aims = plan.aims.iter().filter(of).take(100);
    let lines: Vec<String> = aims
        .map(|aim| format!("  {} {} ({})", aim.deed, aim.target, aim.actuator))
        .collect();
    let until = held.state().until().map(|at| at.to_string());
    let (lines, until) = (lines.join("\n"), until.unwrap_or_default());
    let authority = held.state().authority().map(|id| id.to_string());
    let authority = authority.unwrap_or_default();
    let (subject, text) = if said.english {
        (
            format!("[{reference}] Notice of a measure"),
            format!(
                "Reference: {reference}\n\nUnder approval {authority} of the commission this is done until {until} at the latest:\n\n{lines}\n\n\
You may complain: name the address or name. You get a reference and an answer within a day.\n\n{}\n",
                said.organisation
            ),
        )
    } else {
        (
            format!("[{reference}] 措置の通知"),
            format!(
                "受付番号: {reference}\n\n委員会の承認 {authority} に基づき、遅くとも {until} まで次の措置を行います。\n\n{lines}\n\n\
異議がある場合は、対象のアドレス又は名前を添えて申し出てください。受付番号を交付し、一日以内に回答します。\n\n{}\n",
                said.organisation
            ),
        )
    };
    let paper = NoticePaper {
        measure: Some(id),
        duty: Some(owed),
        target: plan
            .aims
            .first()
            .map(|aim| aim.target.clone())
            .unwrap_or_default(),
        to: to.cloned().into_iter().collect(),
        found: "the office's settings".to_owned(),
        subject,
        text,
        report: None,
        steps: Vec::new(),
    };
    begin(store, reference, &paper, host.seconds(), "node").await
}

/// Sends a notice, to the addresses that it has or to another one, and enters that it was handed to the mail server.
///
/// # Errors
/// [`Code::Refused`]: it cannot be sent from where it stands, or has no address; [`Code::Unavailable`]: the mail server does not take it, and it is as before.
pub async fn send_notice(
    store: &dyn Store,
    post: &Post,
    reference: Reference,
    to: Option<&str>,
    host: &Host,
    by: &str,
) -> Answer<Written<NoticePaper>> {
    let written = notice(store, reference).await.map_err(|e| kept(&e))?;
    let ticket = written.said.ticket(reference).map_err(|e| kept(&e))?;
    if !ticket.state().leads_to(State::Sent) {
        let words = format!("{reference} is {}: it is not sent", ticket.state());
        return Err(refuse(words));
    }
    let to: Vec<String> = match to {
        Some(to) => vec![to.to_owned()],
        None => written.said.to.clone(),
    };
    if to.is_empty() {
        return Err(refuse(format!("{reference} has no address")));
    }
    let mail = Mailed {
        name: reference.to_string(),
        to: to.clone(),
        subject: written.said.subject.clone(),
        text: written.said.text.clone(),
        report: written.said.report.clone(),
    };
    let sender = post.0.clone();
    let sent = tokio::task::spawn_blocking(move || sender.send(&mail)).await;
    let sent = sent.map_err(|e| Problem::hidden(Code::Fault, e))?;
    sent.map_err(|words| Problem::new(Code::Unavailable, words))?;
    let words = format!("to {}", to.join(", "));
    let now = host.seconds();
    let done = keep_notice(store, reference, State::Sent, &words, now, by).await;
    done.map_err(|e| kept(&e))
}

/// Enters what happened to a notice.
///
/// # Errors
/// [`Code::Refused`]: it does not follow, or the state is none; [`Code::NotFound`].
pub async fn step_notice(
    store: &dyn Store,
    reference: Reference,
    (state, words): (&str, &str),
    host: &Host,
    by: &str,
) -> Answer<Written<NoticePaper>> {
    let state = State::from_name(state);
    let state = state.ok_or_else(|| Problem::new(Code::Incomplete, "`state` is none"))?;
    let done = keep_notice(store, reference, state, words, host.seconds(), by).await;
    done.map_err(|e| kept(&e))
}

/// Reads a reply: each notice that it names gets its words. A message that says that the notice did not arrive sets that state; all else a person enters. Gives the notices that are known, and what the reply says.
///
/// # Errors
/// [`Code::Refused`]: it is no message, or names no notice that is known.
pub async fn read_reply(
    store: &dyn Store,
    bytes: &[u8],
    host: &Host,
    by: &str,
) -> Answer<(Vec<Written<NoticePaper>>, reply::Reply)> {
    let said = reply::read(bytes).map_err(|e| refuse(told(&e)))?;
    let mut found = Vec::new();
    for reference in &said.references {
        let Ok(written) = notice(store, *reference).await else {
            continue;
        };
        let mut written = written;
        if let Some(state) = said.state() {
            let words = format!("{}: {}", said.from, said.subject);
            let now = host.seconds();
            // A second message of the same kind changes nothing.
            if let Ok(kept) = keep_notice(store, *reference, state, &words, now, by).await {
                written = kept;
            }
        }
        found.push(written);
    }
    if found.is_empty() {
        return Err(refuse("the message names no notice of this node"));
    }
    Ok((found, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_that_people_read_is_that_of_the_message() {
        let report = Report {
            id: [7; 16],
            at: Seconds(1_790_000_000),
            reporter: party("Port authority", "soc@port.example"),
            sender: party("Office", "office@office.example"),
            source: "198.51.100.7".to_owned(),
            source_port: 443,
            what: What::Botnet {
                evidence: "beacons".to_owned(),
                server: None,
            },
            evidence: Vec::new(),
            description: String::new(),
        };
        let contact = Abuse {
            address: "abuse@host.example".to_owned(),
            roles: Vec::new(),
            depth: 0,
        };
        let reference = Reference::new([1; 10]);
        let written = mail::write(&Notice {
            reference,
            to: &contact,
            from: "office@office.example",
            report: &report,
            language: Language::Japanese,
            at: Seconds(1_790_000_000),
            original: None,
        });
        let text = readable(&written.unwrap().bytes).unwrap();
        assert!(text.contains(&format!("受付番号: {reference}")), "{text}");
        assert!(text.ends_with("office@office.example\n"), "{text}");
        assert_eq!(readable(b"no message"), None);
    }
}
