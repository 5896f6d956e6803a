//! `authority sign` and `key`: signatures on one's own machine. In: a text, key files, tokens. Out: notes. Never: a signature under a text that was not shown.

use crate::arguments::{Key, Sign, SignWith};
use crate::failure::Failure;
use crate::show;
use sakimori_authority::statement::{Kind, Statement};
use sakimori_authority::text_hash;
use sakimori_control::token::{Pin, Place, TokenKey};
use sakimori_control::{Host, files, keys, office};
use sakimori_respond::plan::sworn;
use sakimori_respond::safety::list::Lists;
use sakimori_tlog::key::{KeyKind, VerifierKey};
use sakimori_tlog::note::Note;
use std::path::Path;
use std::process::ExitCode;

/// First line of the protected lists.
const SAFETY_LISTS: &str = "sakimori/safety-lists/v1\n";

/// A text or a note that is being signed.
fn open(file: &Path) -> Result<Note, Failure> {
    let bytes = files::read_present(file)?;
    let not = |problem: &str| Failure::no(format!("{}: {problem}", file.display()));
    if let Ok(note) = Note::parse(&bytes) {
        return Ok(note);
    }
    let text = String::from_utf8(bytes).map_err(|_| not("it is no text"))?;
    Note::sign(&text, &[], 0).ok_or_else(|| not("it is no text that can be signed"))
}

pub(in crate::commands) fn sign(arguments: &Sign, host: &Host) -> Result<ExitCode, Failure> {
    let file = &arguments.file;
    let mut note = open(file)?;
    let wrong = |e: &dyn std::fmt::Display| Failure::no(format!("{}: {e}", file.display()));
    // The protected lists, observations and orders of a dispatch are no entries of the log, and are signed all the same.
    if note.text().starts_with(SAFETY_LISTS) {
        Lists::parse(note.text()).map_err(|e| wrong(&e))?;
    } else if let Some(read) = sworn::reads(note.text()) {
        read.map_err(|e| wrong(&e))?;
    } else {
        office::check_text(note.text()).map_err(|e| wrong(&e))?;
    }
    if let Some(measure) = measure(note.text(), arguments.measure.as_deref())? {
        show::say(&measure);
    }
    show::say(note.text());
    if !with(&mut note, &arguments.with, host)? {
        return Err(Failure::usage("name a key file with `--key`, or a token"));
    }
    let out = arguments.out.as_deref().unwrap_or(file);
    files::write(out, &note.to_bytes(), files::PUBLIC)?;
    show::line(&out.display().to_string());
    Ok(ExitCode::SUCCESS)
}

/// The text of the measure that a statement names, which whoever signs the statement reads too; `None` for any other text.
fn measure(text: &str, file: Option<&Path>) -> Result<Option<String>, Failure> {
    let statement = Statement::parse(text).ok();
    let Some(statement) = statement.filter(|statement| statement.kind == Kind::Measure) else {
        return Ok(None);
    };
    let file = file.ok_or_else(|| {
        Failure::usage("a statement of a measure is signed with the measure before one's eyes: name it with `--measure`")
    })?;
    let measure = open(file)?;
    if text_hash(measure.text()) != statement.pack {
        let file = file.display();
        return Err(Failure::no(format!(
            "{file}: it is not the measure that the statement names"
        )));
    }
    Ok(Some(measure.text().to_owned()))
}

/// Signs with everything that was named; `false` where nothing was.
pub(super) fn with(note: &mut Note, with: &SignWith, host: &Host) -> Result<bool, Failure> {
    for path in &with.keys {
        let signer = keys::read(path)?;
        if !has_signed(note, signer.verifier()) {
            note.add(&signer, host.seconds().0);
            show::say(&format!("signed by {}", signer.verifier().name()));
        }
    }
    let token = token(with)?;
    if let Some(token) = &token
        && !has_signed(note, token.verifier())
    {
        token.sign(note)?;
        show::say(&format!(
            "signed by {}, in its token",
            token.verifier().name()
        ));
    }
    Ok(token.is_some() || !with.keys.is_empty())
}

fn has_signed(note: &Note, key: &VerifierKey) -> bool {
    let signed = note.verify(std::slice::from_ref(key)).is_ok();
    if signed {
        show::say(&format!("{} has signed already", key.name()));
    }
    signed
}

/// The key in the token that was named.
fn token(with: &SignWith) -> Result<Option<TokenKey>, Failure> {
    let (Some(module), Some(token), Some(label)) =
        (&with.pkcs11_module, &with.token, &with.key_label)
    else {
        return Ok(None);
    };
    let place = Place {
        module: module.clone(),
        token: token.clone(),
        key: label.clone(),
        name: with.key_name.clone().unwrap_or_else(|| label.clone()),
    };
    let pin = match &with.pin_file {
        Some(file) => Pin::from_file(file)?,
        None => Pin::from_terminal(token)?,
    };
    Ok(Some(TokenKey::open(&place, &pin)?))
}

pub(in crate::commands) fn key(command: Key, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Key::New { name, out } => {
            let signer = keys::create(&out, &name, KeyKind::Ed25519, host)?;
            show::line(&signer.verifier().to_string());
            show::say(&format!(
                "{} is yours alone; the line above is what others are given",
                out.display()
            ));
        }
        Key::Show { with } => {
            for path in &with.keys {
                show::line(&keys::read(path)?.verifier().to_string());
            }
            let token = token(&with)?;
            if let Some(token) = &token {
                show::line(&token.verifier().to_string());
            }
            if token.is_none() && with.keys.is_empty() {
                return Err(Failure::usage("name a key file with `--key`, or a token"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
