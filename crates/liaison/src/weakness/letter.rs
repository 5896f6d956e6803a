//! Official letters to makers: a request for measures, an urgent notice (Act 42/2025 art. 42). In: the event that issues one, the office's key. Out: a document, and a signed note about it that
//! anyone who has the office's public key verifies, offline; a mail that announces it. Never: a word of the weakness in a mail, which others on its way can read.
//!
//! The note is one of formats, section 10, first line `sakimori/weakness-letter/v1`; the document is `docs/reference/weaknesses.md`, "Letters".

use super::WeaknessError;
use super::{By, OWNER, leaving};
use crate::LiaisonError;
use crate::alert::{Letter as Mail, Message, message};
use crate::asset::Act as Deed;
use crate::paper::{self, Document, Written};
use sakimori_advisory::room::{Act, Event, Room};
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Store};
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::note::{Note, NoteError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

const HEADER: &str = "sakimori/weakness-letter/v1";
/// Longest note in bytes, its signature included: six lines and one signature.
const NOTE_BYTES_MAX: usize = 4096;
/// Longest file in bytes: three texts of 16,000 characters, escaped twice, and a note.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Longest id of a case in a note.
const CASE_BYTES_MAX: usize = 64;

/// What a letter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The minister of the maker's sector requests measures.
    Request,
    /// The Prime Minister or the minister of the infrastructure notifies directly, for there is no time.
    Notice,
}

impl Kind {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Notice => "notice",
        }
    }
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The form of this document: `sakimori/weakness-letter/v1`.
    pub format: String,
    /// The case.
    pub case: String,
    /// Its number among those to this maker.
    pub letter: u64,
    /// What it is.
    pub kind: Kind,
    /// On which basis.
    pub law: String,
    /// To whom.
    pub maker: String,
    /// Whose it is.
    pub minister: String,
    /// Of a notice: as what they notify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifier: Option<String>,
    /// Why there is a basis: why the product is a specific important computer, or why there is no time.
    pub ground: String,
    /// What is requested, or told.
    pub text: String,
    /// By when an answer is due; a notice asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_by: Option<String>,
    /// When it was issued.
    pub issued_at: String,
}

/// The document of an event that issues a letter, as bytes are hashed; none for other events.
pub fn document(room: &Room, event: &Event) -> Option<(String, Kind)> {
    let (kind, maker, minister, notifier, ground, text, reply_by) = match &event.act {
        Act::Requested {
            maker,
            minister,
            ground,
            text,
            reply_by,
        } => {
            let by = Some(reply_by.to_string());
            (Kind::Request, maker, minister, None, ground, text, by)
        }
        Act::Notified {
            maker,
            notifier,
            minister,
            urgency,
            text,
        } => {
            let as_what = Some(notifier.words().to_owned());
            (Kind::Notice, maker, minister, as_what, urgency, text, None)
        }
        _ => return None,
    };
    let said = Text {
        format: HEADER.to_owned(),
        case: room.id().to_owned(),
        letter: number(room, maker),
        kind,
        law: "Act 42/2025 art. 42".to_owned(),
        maker: maker.clone(),
        minister: minister.trim().to_owned(),
        notifier,
        ground: ground.replace("\r\n", "\n").trim().to_owned(),
        text: text.replace("\r\n", "\n").trim().to_owned(),
        reply_by,
        issued_at: event.at.to_string(),
    };
    serde_json::to_string(&said).ok().map(|text| (text, kind))
}

/// The number of the next letter to a maker of a case.
pub fn number(room: &Room, maker: &str) -> u64 {
    let known = room.makers().get(maker);
    known.map_or(1, |maker| maker.next_letter() as u64)
}

/// What the note of a letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The case.
    pub case: String,
    /// Its number among those to the maker.
    pub number: u64,
    /// What it is.
    pub kind: Kind,
    /// SHA-256 of its document.
    pub document: [u8; 32],
    /// When it was issued.
    pub time: Seconds,
    /// The index of its entry in the log.
    pub entry: u64,
}

/// Why a letter proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// Too long.
    #[error("the {what} is longer than {most} bytes")]
    TooLong {
        /// File or note.
        what: &'static str,
        /// The bound.
        most: usize,
    },
    /// No file of a letter, or no document in it.
    #[error("the {0} is not what stands in a letter")]
    Form(&'static str, #[source] serde_json::Error),
    /// No note, or not signed by the office.
    #[error("the letter has no note that the office signed")]
    Note(#[source] NoteError),
    /// The note breaks its grammar.
    #[error("line {0} of the note is not what stands there")]
    Line(usize),
    /// The note is for another document.
    #[error("the note is for another document than this one")]
    Other,
}

/// A letter as it is handed over: the document's text, and the note about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The document, [`Text`] as JSON; the note is for these bytes.
    pub document: String,
    /// The signed note.
    pub note: String,
}

impl Document for Signed {
    const KIND: &'static str = "weakness-letter";
}

impl Letter {
    /// Signs a letter with the office's key; `None` never happens for one that was made here.
    pub fn sign(&self, document: String, office: &NoteSigner) -> Option<Signed> {
        let note = Note::sign(&self.to_string(), &[office], self.time.0)?;
        let note = String::from_utf8(note.to_bytes()).ok()?;
        Some(Signed { document, note })
    }
}

impl Signed {
    /// Reads a file as it was handed over, and checks the office's signature, the document's hash, and that both say the same.
    ///
    /// # Errors
    /// [`LetterError`]: it proves nothing.
    pub fn check(file: &[u8], office: &VerifierKey) -> Result<(Letter, Text), LetterError> {
        let (what, most) = ("file", FILE_BYTES_MAX);
        if file.len() > most {
            return Err(LetterError::TooLong { what, most });
        }
        let signed: Self =
            serde_json::from_slice(file).map_err(|e| LetterError::Form("file", e))?;
        let letter = Letter::check(signed.note.as_bytes(), office)?;
        let hash: [u8; 32] = Sha256::digest(&signed.document).into();
        if hash != letter.document {
            return Err(LetterError::Other);
        }
        let text = signed
            .text()
            .map_err(|e| LetterError::Form("document", e))?;
        let same = (text.case.as_str(), text.letter, text.kind)
            == (letter.case.as_str(), letter.number, letter.kind)
            && text.issued_at == letter.time.to_string();
        if same {
            Ok((letter, text))
        } else {
            Err(LetterError::Other)
        }
    }

    /// What it says; the signature is not looked at.
    ///
    /// # Errors
    /// Its document is none.
    pub fn text(&self) -> Result<Text, serde_json::Error> {
        serde_json::from_str(&self.document)
    }
}

impl Letter {
    fn check(note: &[u8], office: &VerifierKey) -> Result<Self, LetterError> {
        let (what, most) = ("note", NOTE_BYTES_MAX);
        if note.len() > most {
            return Err(LetterError::TooLong { what, most });
        }
        let note = Note::parse(note).map_err(LetterError::Note)?;
        note.verify(std::slice::from_ref(office))
            .map_err(LetterError::Note)?;
        note.text().parse()
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\ncase: {}\nletter: {}\nkind: {}\ndocument: sha256:{}\ntime: {}\nentry: {}\n",
            self.case,
            self.number,
            self.kind.word(),
            hex(&self.document),
            self.time,
            self.entry,
        )
    }
}

impl FromStr for Letter {
    type Err = LetterError;

    fn from_str(text: &str) -> Result<Self, LetterError> {
        let lines: Vec<&str> = text.split('\n').collect();
        let value = |place: usize, start: &str| {
            let line = lines.get(place).and_then(|line| line.strip_prefix(start));
            line.ok_or(LetterError::Line(place + 1))
        };
        let number = |place: usize, start: &str| -> Result<u64, LetterError> {
            let digits = value(place, start)?;
            let plain = digits.bytes().all(|b| b.is_ascii_digit());
            let read = digits.parse().ok().filter(|_| plain);
            read.ok_or(LetterError::Line(place + 1))
        };
        if !value(0, HEADER)?.is_empty() {
            return Err(LetterError::Line(1));
        }
        let case = value(1, "case: ")?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if case.is_empty() || case.len() > CASE_BYTES_MAX || !case.bytes().all(plain) {
            return Err(LetterError::Line(2));
        }
        let kind = match value(3, "kind: ")? {
            "request" => Kind::Request,
            "notice" => Kind::Notice,
            _ => return Err(LetterError::Line(4)),
        };
        let document = value(4, "document: sha256:")?;
        let time = value(5, "time: ")?.parse();
        if lines.get(7) != Some(&"") || lines.len() != 8 {
            return Err(LetterError::Line(8));
        }
        Ok(Self {
            case: case.to_owned(),
            number: number(2, "letter: ")?,
            kind,
            document: unhex(document).ok_or(LetterError::Line(5))?,
            time: time.map_err(|_| LetterError::Line(6))?,
            entry: number(6, "entry: ")?,
        })
    }
}

/// The name of a letter in its case: a mark of the maker, and the number.
pub fn id(maker: &str, number: u64) -> String {
    let tag = leaving::tag('m', maker);
    tag.map_or_else(String::new, |tag| format!("{tag}.{number}"))
}

/// The name of a letter in the store.
fn name(case: &str, id: &str) -> String {
    format!("{case}-{id}")
}

fn mail_name(case: &str, id: &str) -> String {
    format!("weakness-letter-{}-{id}", case.to_ascii_lowercase())
}

/// The changes that keep a letter and announce it by mail, where the maker can be reached.
pub(super) fn changes(
    signed: &Signed,
    room: &Room,
    by: By<'_>,
) -> Result<Vec<Change>, WeaknessError> {
    let case = room.id();
    let unread = |source| LiaisonError::Unreadable {
        kind: Signed::KIND,
        id: case.to_owned(),
        source,
    };
    let text = signed.text().map_err(unread)?;
    let id = id(&text.maker, text.letter);
    let standing = by.standing(text.kind.word(), None);
    let kept = paper::first(OWNER, &name(case, &id), signed, standing)?;
    let contact = room.makers().get(&text.maker);
    let contact = contact.and_then(|maker| maker.contact.clone());
    let mut all = vec![kept];
    if let Some(to) = contact {
        let deed = Deed {
            owner: OWNER,
            by: by.who,
            at: by.at,
        };
        let (subject, body) = mail(&text, &signed.note);
        let mail = Mail::mail(&mail_name(case, &id), &to, subject, body);
        all.push(message(&deed, mail)?);
        all.push(by.audit("weakness-mail", case, &id));
    }
    Ok(all)
}

/// What the mail says: that there is a letter, whose, by when, and the note by which it is known again. Mails are read on their way: of the weakness there is nothing.
fn mail(text: &Text, note: &str) -> (String, String) {
    let (ja, en) = match text.kind {
        Kind::Request => ("措置の要請", "A request for measures"),
        Kind::Notice => ("緊急の通知", "An urgent notice"),
    };
    let due = text
        .reply_by
        .as_ref()
        .map_or(String::new(), |by| format!("回答期限 / Answer by: {by}\n"));
    let subject = format!("{ja} / {en} ({}, {})", text.case, text.letter);
    let body = format!(
        "{maker}\n\n\
         法第42条に基づく{ja}を発出しました。/ {en} under {law} was issued to you.\n\n\
         発出者 / By: {minister}\n\
         案件 / Case: {case}, {number}\n\
         発出日時 / Issued: {issued}\n\
         {due}\n\
         公表前のため、内容はこのメールに記載していません。お渡しした貴社の部屋のアドレスで確認してください。アドレスをお持ちでない場合は調整部署に連絡してください。\n\
         What it says is not in this mail, because it may not be public yet. Read it in your room, at the address that you were given; who has none asks the office for it.\n\n\
         以下は調整部署の署名です。文書の確認に使用します。/ The office's signed note, by which the document is known:\n\n{note}",
        maker = text.maker,
        law = text.law,
        minister = text.minister,
        case = text.case,
        number = text.letter,
        issued = text.issued_at,
    );
    (subject, body)
}

/// A letter with what became of its mail.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The letter.
    pub signed: Signed,
    /// What it says.
    pub text: Text,
    /// To whom the mail goes, where it stands, what the last attempt said; none where the maker had no address.
    pub mail: Option<(String, String, String)>,
}

/// A letter of a case, by its [`id`].
///
/// # Errors
/// [`LiaisonError::Missing`]; what the store says.
pub async fn letter(
    store: &(impl Store + ?Sized),
    (case, id): (&str, &str),
) -> Result<Kept, WeaknessError> {
    let kept: Written<Signed> = paper::newest(store, OWNER, &name(case, id)).await?;
    let unread = |source| LiaisonError::Unreadable {
        kind: Signed::KIND,
        id: kept.id.clone(),
        source,
    };
    let text = kept.said.text().map_err(unread)?;
    let mail = store
        .paper(OWNER, Message::KIND, &mail_name(case, id))
        .await?;
    let mail = mail.map(paper::read::<Message>).transpose()?;
    Ok(Kept {
        text,
        mail: mail.map(|mail| (mail.said.to, mail.state, mail.said.why)),
        signed: kept.said,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_tlog::key::KeyKind;

    fn signer_of(seed: u8) -> NoteSigner {
        NoteSigner::from_seed("office.example/node", KeyKind::Ed25519, &[seed; 32]).unwrap()
    }

    fn signer() -> NoteSigner {
        signer_of(7)
    }

    fn one() -> (Letter, String) {
        let text = Text {
            format: HEADER.to_owned(),
            case: "WK-2026-ABCD".to_owned(),
            letter: 9,
            kind: Kind::Request,
            law: "Act 42/2025 art. 42".to_owned(),
            maker: "例電機".to_owned(),
            minister: "経済産業省".to_owned(),
            notifier: None,
            ground: "It is a specific important computer.".to_owned(),
            text: "Port 502: mend it.".to_owned(),
            reply_by: Some("2026-12-20T17:00:00Z".to_owned()),
            issued_at: "2026-12-01T00:00:00Z".to_owned(),
        };
        let document = serde_json::to_string(&text).unwrap();
        let letter = Letter {
            case: text.case,
            number: 9,
            kind: Kind::Request,
            document: Sha256::digest(&document).into(),
            time: text.issued_at.parse().unwrap(),
            entry: 41,
        };
        (letter, document)
    }

    fn file(signed: &Signed) -> Vec<u8> {
        serde_json::to_vec(signed).unwrap()
    }

    #[test]
    fn a_letter_is_known_by_the_office_s_key_alone_and_each_change_of_it_is_told() {
        let (letter, document) = one();
        let signed = letter.sign(document.clone(), &signer()).unwrap();
        let key = signer().verifier().clone();
        let (read, text) = Signed::check(&file(&signed), &key).unwrap();
        assert_eq!((read, text.maker.as_str()), (letter.clone(), "例電機"));
        let other = signer_of(8);
        assert!(Signed::check(&file(&signed), other.verifier()).is_err());
        let moved = Signed {
            document: document.replace("mend", "Mend"),
            ..signed.clone()
        };
        let said = Signed::check(&file(&moved), &key).unwrap_err();
        assert!(matches!(said, LetterError::Other), "{said}");
        let forged = Signed {
            note: signed.note.replace("entry: 41", "entry: 42"),
            ..signed.clone()
        };
        assert!(Signed::check(&file(&forged), &key).is_err());
        // A note about another letter, however well it is signed, is not for this one.
        let ninth = Letter {
            number: 8,
            ..letter
        };
        let eighth = ninth.sign(document, &signer()).unwrap();
        let said = Signed::check(&file(&eighth), &key).unwrap_err();
        assert!(matches!(said, LetterError::Other), "{said}");
        assert!(Signed::check(b"{}", &key).is_err());
        assert!(Signed::check(&vec![b' '; FILE_BYTES_MAX + 1], &key).is_err());
    }

    #[test]
    fn a_note_has_its_lines_and_no_others() {
        let (letter, _) = one();
        let text = letter.to_string();
        assert_eq!(text.parse::<Letter>().unwrap(), letter);
        for (from, to, line) in [
            ("v1", "v2", 1),
            ("WK-", "WK ", 2),
            ("letter: 9", "letter: +9", 3),
            ("request", "demand", 4),
            ("sha256:", "sha512:", 5),
            ("time: ", "time:  ", 6),
            ("entry: 41", "entry: -1", 7),
            ("entry: 41\n", "entry: 41\nmore: x\n", 8),
        ] {
            let bad = text.replacen(from, to, 1).parse::<Letter>().unwrap_err();
            assert!(
                matches!(bad, LetterError::Line(at) if at == line),
                "{to}: {bad}"
            );
        }
    }

    #[test]
    fn a_mail_says_that_there_is_a_letter_and_nothing_of_the_weakness() {
        let (letter, document) = one();
        let signed = letter.sign(document, &signer()).unwrap();
        let (subject, body) = mail(&signed.text().unwrap(), &signed.note);
        assert!(subject.contains("WK-2026-ABCD") && body.contains("2026-12-20T17:00:00Z"));
        assert!(body.contains(&signed.note) && body.contains("経済産業省"));
        for secret in ["Port 502", "specific important computer"] {
            assert!(!body.contains(secret) && !subject.contains(secret));
        }
    }
}
