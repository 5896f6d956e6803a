//! A notice as mail. In: the report, whom it goes to, its number, the time. Out: one message (RFC 5322) that people read in Japanese or English, with the report as X-ARF beside it, or in the form of
//! RFC 5965 where mail is what is reported. Never: a header that a text of others writes; a word that orders: a notice asks.

use super::contact::Abuse;
use super::ticket::Reference;
use super::xarf::{self, Report, ReportError, What};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sakimori_custody::ids::hex;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_exchange::alert::Language;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Longest original message of a report on mail, in bytes.
pub const ORIGINAL_BYTES_MAX: usize = 1 << 20;
/// Longest line of a message, RFC 5322 section 2.1.1.
const LINE_BYTES_MAX: usize = 998;
/// Longest line of base64, RFC 2045 section 6.8.
const BASE64_LINE: usize = 76;
/// Bytes of one encoded word, so that it has at most 75 characters (RFC 2047 section 2).
const WORD_BYTES: usize = 45;

/// A notice that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'n> {
    /// Its number.
    pub reference: Reference,
    /// Whom it goes to, as a registry named it.
    pub to: &'n Abuse,
    /// The sender's address; answers come to it.
    pub from: &'n str,
    /// What is reported.
    pub report: &'n Report,
    /// In which language.
    pub language: Language,
    /// When it is written.
    pub at: Seconds,
    /// The message that is reported, for [`What::Spam`] alone: then the form is that of RFC 5965.
    pub original: Option<&'n [u8]>,
}

/// Why no mail is written. Who makes the notice acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The report cannot be written.
    #[error("the report cannot be written")]
    Report(#[from] ReportError),
    /// An address that is none.
    #[error("`{0}` is no mail address")]
    Address(&'static str),
    /// The original message is too long, not plain ASCII, or has lines that are too long: RFC 5965 wants it as it was.
    #[error(
        "the original message cannot be carried as it was; leave it out, and the report goes as X-ARF"
    )]
    Original,
    /// An original message where no mail is reported.
    #[error("only a report on mail carries a message")]
    NoMail,
}

/// A message, ready to be handed to a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's receiver.
    pub to: String,
    /// The subject as people read it.
    pub subject: String,
    /// All bytes: header and body, lines with CRLF.
    pub bytes: Vec<u8>,
}

/// Writes a notice.
///
/// # Errors
/// [`MailError`]: nothing is written.
pub fn write(notice: &Notice<'_>) -> Result<Mail, MailError> {
    if !xarf::is_address(notice.from) {
        return Err(MailError::Address("from"));
    }
    if !xarf::is_address(&notice.to.address) {
        return Err(MailError::Address("to"));
    }
    let report = notice.report.write()?;
    let text = words(notice);
    let subject = subject(notice);
    let (kind, parts) = match notice.original {
        None => (
            "multipart/mixed",
            vec![
                encoded("text/plain; charset=utf-8", None, text.as_bytes()),
                encoded("application/json", Some("xarf.json"), report.as_bytes()),
            ],
        ),
        Some(original) => (
            "multipart/report; report-type=feedback-report",
            vec![
                encoded("text/plain; charset=utf-8", None, text.as_bytes()),
                feedback(notice)?,
                message(original)?,
            ],
        ),
    };
    // The boundary is made of the parts: it stands in none of them.
    let boundary = format!("=_{}", hex(&Sha256::digest(parts.concat())));
    let mut out = header(notice, &subject, kind, &boundary);
    for part in &parts {
        let _ = write!(out, "--{boundary}\r\n{part}\r\n");
    }
    let _ = write!(out, "--{boundary}--\r\n");
    Ok(Mail {
        from: notice.from.to_owned(),
        to: notice.to.address.clone(),
        subject,
        bytes: out.into_bytes(),
    })
}

fn header(notice: &Notice<'_>, subject: &str, kind: &str, boundary: &str) -> String {
    let domain = notice.from.split_once('@').map_or("", |(_, domain)| domain);
    format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{reference}@{domain}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: {kind};\r\n boundary=\"{boundary}\"\r\n\r\n",
        from = notice.from,
        to = notice.to.address,
        subject = header_text(subject),
        date = date(notice.at),
        reference = notice.reference,
    )
}

/// A text in a header: as it is where it is ASCII, else in encoded words (RFC 2047).
fn header_text(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.is_ascii() && text.len() < 900 {
        return text;
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        if word.len() + character.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(character);
    }
    words.push(word);
    let encoded: Vec<String> = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    encoded.join("\r\n ")
}

/// A time as RFC 5322 section 3.3 writes it.
fn date(at: Seconds) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let day = DAYS
        .get((at.0 / DAY_SECONDS % 7) as usize)
        .copied()
        .unwrap_or_default();
    let month = part(5, 7)
        .parse::<usize>()
        .ok()
        .and_then(|month| month.checked_sub(1));
    let month = month
        .and_then(|month| MONTHS.get(month))
        .copied()
        .unwrap_or_default();
    format!(
        "{day}, {} {month} {} {} +0000",
        part(8, 10),
        part(0, 4),
        part(11, 19)
    )
}

/// A part in base64.
fn encoded(kind: &str, name: Option<&str>, bytes: &[u8]) -> String {
    let mut out = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n");
    if let Some(name) = name {
        let _ = write!(
            out,
            "Content-Disposition: attachment; filename=\"{name}\"\r\n"
        );
    }
    out.push_str("\r\n");
    let text = STANDARD.encode(bytes);
    let mut rest = text.as_str();
    while let Some((line, behind)) = rest.split_at_checked(BASE64_LINE) {
        out.push_str(line);
        out.push_str("\r\n");
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The second part of RFC 5965 section 3.
fn feedback(notice: &Notice<'_>) -> Result<String, MailError> {
    let What::Spam { from } = &notice.report.what else {
        return Err(MailError::NoMail);
    };
    let mut out = format!(
        "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Sakimori/1\r\nVersion: 1\r\nOriginal-Mail-From: <{from}>\r\nArrival-Date: {}\r\n",
        date(notice.report.at)
    );
    if notice.report.source.parse::<std::net::IpAddr>().is_ok() {
        let _ = write!(out, "Source-IP: {}\r\n", notice.report.source);
    }
    Ok(out)
}

/// The third part: the message as it was.
fn message(original: &[u8]) -> Result<String, MailError> {
    let text = std::str::from_utf8(original).map_err(|_| MailError::Original)?;
    let plain = text
        .bytes()
        .all(|b| matches!(b, b'\t' | b'\r' | b'\n' | 0x20..=0x7e));
    let lines = text
        .lines()
        .all(|line| line.len() <= LINE_BYTES_MAX && !line.contains('\r'));
    if !plain || !lines || original.is_empty() || original.len() > ORIGINAL_BYTES_MAX {
        return Err(MailError::Original);
    }
    let lines: Vec<&str> = text.lines().collect();
    Ok(format!(
        "Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n{}\r\n",
        lines.join("\r\n")
    ))
}

fn subject(notice: &Notice<'_>) -> String {
    let (category, kind) = notice.report.what.names();
    let (reference, source) = (notice.reference, &notice.report.source);
    match notice.language {
        Language::English => format!("[{reference}] Abuse notice: {category}/{kind} from {source}"),
        Language::Japanese => {
            format!("[{reference}] 不正利用の通知: {category}/{kind} 発信元 {source}")
        }
    }
}

/// When, by report.
fn when(report: &Report) -> String {
    match &report.what {
        What::Ddos(t) | What::LoginAttack(t) | What::PortScan(t) | What::InfectedHost(t) => {
            format!("{} – {}", t.first, t.last)
        }
        _ => report.at.to_string(),
    }
}

/// The place that is reported, where it is more than the source.
fn place(report: &Report) -> Option<&str> {
    match &report.what {
        What::Phishing { url } | What::Malware { url, .. } => Some(url),
        What::Botnet { evidence, .. } => Some(evidence),
        What::CompromisedServer { method } => Some(method),
        _ => None,
    }
}

/// The text that people read.
fn words(notice: &Notice<'_>) -> String {
    let report = notice.report;
    let (category, kind) = report.what.names();
    let detail = place(report).unwrap_or("-");
    let more = if report.description.is_empty() {
        "-"
    } else {
        &report.description
    };
    let mut out = String::new();
    let _ = match notice.language {
        Language::English => write!(
            out,
            "Reference: {}\nPlease keep it in the subject of your answer.\n\n\
What was seen:   {category}/{kind}\nWhere from:      {} (port {})\nWhen (UTC):      {}\nDetail:          {detail}\nIn words:        {more}\nReported for:    {}\n\n\
What we ask of you: look into it, and put an end to it as your own rules allow. Then tell us in one line which holds: received, working on it, down, or nothing done and why.\n\n\
This notice asks and orders nothing. It came to this address because a registry names it for abuse; if that is wrong, please tell us. If you think that this notice is wrong, answer with the reference: it is looked at again by a person who did not send it.\n\n{}\n{}\n",
            notice.reference,
            report.source,
            report.source_port,
            when(report),
            report.reporter.org,
            report.sender.org,
            notice.from
        ),
        Language::Japanese => write!(
            out,
            "受付番号: {}\n返信の際は、件名にこの番号を残してください。\n\n\
観測した事象: {category}/{kind}\n発信元: {} (ポート {})\n日時 (UTC): {}\n詳細: {detail}\n説明: {more}\n被害を受けた者: {}\n\n\
お願い: 内容をご確認のうえ、貴社の定めに従って停止の措置をご検討ください。その後、「受領」「対応中」「停止済み」「対応しない(その理由)」のいずれかを一行でお知らせください。\n\n\
この通知は依頼であり、命令ではありません。登録情報に不正利用の連絡先として記載されているため、このアドレスへお送りしました。誤りであればお知らせください。通知の内容に異議がある場合は、受付番号を添えて返信してください。送信者とは別の担当者が改めて確認します。\n\n{}\n{}\n",
            notice.reference,
            report.source,
            report.source_port,
            when(report),
            report.reporter.org,
            report.sender.org,
            notice.from
        ),
    };
    out
}
