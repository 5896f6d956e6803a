//! A key in a PKCS#11 token: a smart card or a hardware module that signs and never gives its key away. In: a module's file, labels, a PIN. Out: signatures under notes. Never: a private key in this
//! process; a signature that does not verify.

use crate::error::ControlError;
use crate::files;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use sakimori_tlog::key::{KeyKind, VerifierKey};
use sakimori_tlog::note::Note;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// Longest PIN file and longest line of a prompt, bytes.
const PIN_BYTES_MAX: usize = 256;

/// Where a key is.
#[derive(Clone, Debug)]
pub struct Place {
    /// The module of the token's maker, a shared library.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// Label of key and public key in it.
    pub key: String,
    /// Name of the key in notes.
    pub name: String,
}

/// An Ed25519 key in a token, ready to sign.
pub struct TokenKey {
    session: Session,
    key: ObjectHandle,
    verifier: VerifierKey,
}

/// A PIN.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Reads the PIN from a file's first line.
    ///
    /// # Errors
    /// [`ControlError::File`], [`ControlError::Document`].
    pub fn from_file(path: &Path) -> Result<Self, ControlError> {
        let bytes = Zeroizing::new(files::read_present(path)?);
        let text = std::str::from_utf8(&bytes).ok();
        let line = text.and_then(|text| text.lines().next());
        let line = line.filter(|line| !line.is_empty() && line.len() <= PIN_BYTES_MAX);
        let line = line.ok_or_else(|| ControlError::document(path.display(), "it holds no PIN"))?;
        Ok(Self(Zeroizing::new(line.to_owned())))
    }

    /// Asks at the terminal, which does not show what is typed.
    ///
    /// # Errors
    /// [`ControlError::Usage`] where there is no terminal.
    pub fn from_terminal(token: &str) -> Result<Self, ControlError> {
        let asked = ask(token).map_err(|_| {
            ControlError::Usage(
                "there is no terminal to ask for the PIN; `--pin-file` names a file with it"
                    .to_owned(),
            )
        });
        asked.map(Self)
    }
}

fn ask(token: &str) -> std::io::Result<Zeroizing<String>> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let before = tcgetattr(&terminal)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    write!(terminal, "PIN of the token `{token}`: ")?;
    tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
    let mut line = Zeroizing::new(String::with_capacity(PIN_BYTES_MAX));
    let read = BufReader::new(&terminal).read_line(&mut line);
    tcsetattr(&terminal, OptionalActions::Flush, &before)?;
    writeln!(terminal)?;
    read?;
    let end = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(end);
    Ok(line)
}

fn failed(place: &Place) -> impl Fn(cryptoki::error::Error) -> ControlError {
    let what = format!("the token `{}` of {}", place.token, place.module.display());
    move |error| ControlError::document(&what, error)
}

impl TokenKey {
    /// Opens a token and finds the key by its label.
    ///
    /// # Errors
    /// [`ControlError::Document`]: the module cannot be loaded, no such token or key, or the PIN is wrong.
    pub fn open(place: &Place, pin: &Pin) -> Result<Self, ControlError> {
        let failed = failed(place);
        let module = Pkcs11::new(&place.module).map_err(&failed)?;
        module
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .map_err(&failed)?;
        let missing = |what: &str| {
            let token = format!("the token `{}` of {}", place.token, place.module.display());
            ControlError::document(token, what)
        };
        let slots = module.get_slots_with_token().map_err(&failed)?;
        let slot = slots.into_iter().find(|slot| {
            module
                .get_token_info(*slot)
                .is_ok_and(|info| info.label().trim_end() == place.token)
        });
        let slot = slot.ok_or_else(|| missing("there is none of this label"))?;
        let session = module.open_ro_session(slot).map_err(&failed)?;
        session
            .login(UserType::User, Some(&AuthPin::new(pin.0.as_str().into())))
            .map_err(&failed)?;
        let find = |class: ObjectClass| {
            let template = [
                Attribute::Class(class),
                Attribute::KeyType(KeyType::EC_EDWARDS),
                Attribute::Label(place.key.as_bytes().to_vec()),
            ];
            match session.find_objects(&template).map_err(&failed)?.as_slice() {
                [one] => Ok(*one),
                [] => Err(missing(
                    "it has no Ed25519 key of this label, or not both of its halves",
                )),
                _ => Err(missing("it has several keys of this label")),
            }
        };
        let (key, public) = (
            find(ObjectClass::PRIVATE_KEY)?,
            find(ObjectClass::PUBLIC_KEY)?,
        );
        let point = session
            .get_attributes(public, &[AttributeType::EcPoint])
            .map_err(&failed)?;
        let point = point.iter().find_map(|attribute| match attribute {
            Attribute::EcPoint(bytes) => public_key(bytes),
            _ => None,
        });
        let point = point.ok_or_else(|| missing("its public key is none of Ed25519"))?;
        let verifier = VerifierKey::new(&place.name, KeyKind::Ed25519, &point)
            .map_err(|e| ControlError::Usage(format!("`{}` cannot name a key: {e}", place.name)))?;
        Ok(Self {
            session,
            key,
            verifier,
        })
    }

    /// The public half, under the name that was given.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a note's text and adds the signature.
    ///
    /// # Errors
    /// [`ControlError::Document`]: the token does not sign, or its signature does not verify.
    pub fn sign(&self, note: &mut Note) -> Result<(), ControlError> {
        let name = self.verifier.name();
        let what = || format!("the token's key `{name}`");
        let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let signature = self.session.sign(&pure, self.key, note.text().as_bytes());
        let signature = signature.map_err(|e| ControlError::document(what(), e))?;
        if !self.verifier.verifies(note.text().as_bytes(), &signature) {
            return Err(ControlError::document(
                what(),
                "its signature does not verify",
            ));
        }
        note.add_signature(&self.verifier, &signature);
        Ok(())
    }
}

/// The 32 bytes of a public key: as they are, or in an octet string as PKCS#11 2.40 has them.
fn public_key(point: &[u8]) -> Option<[u8; 32]> {
    let bytes = match point {
        [0x04, 0x20, rest @ ..] => rest,
        bytes => bytes,
    };
    bytes.try_into().ok()
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
