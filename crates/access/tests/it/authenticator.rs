//! An authenticator in software: P-256, no attestation, user verified. In: the options that a browser would get. Out: the JSON that a browser would send. Never: an
//! answer that is not written by hand, so that each byte of it can be made wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One credential.
#[derive(Clone)]
pub(crate) struct Authenticator {
    key: SigningKey,
    pub(crate) credential: Vec<u8>,
    pub(crate) origin: String,
    pub(crate) host: String,
    /// User present and verified.
    pub(crate) flags: u8,
    pub(crate) counter: u32,
}

/// CBOR: a head of a major type with a length or number below 2^16.
fn head(major: u8, number: usize) -> Vec<u8> {
    let major = major << 5;
    match number {
        0..24 => vec![major | number as u8],
        24..256 => vec![major | 0x18, number as u8],
        _ => vec![major | 0x19, (number >> 8) as u8, number as u8],
    }
}

fn text(value: &str) -> Vec<u8> {
    [head(3, value.len()), value.as_bytes().to_vec()].concat()
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, value.len()), value.to_vec()].concat()
}

impl Authenticator {
    pub(crate) fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            credential: vec![seed; 24],
            origin: crate::house::ORIGIN.to_owned(),
            host: crate::house::HOST.to_owned(),
            flags: 0x05,
            counter: 0,
        }
    }

    /// The public key as COSE (RFC 9052): {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
    fn cose(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (&point.as_bytes()[1..33], &point.as_bytes()[33..]);
        let start = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21];
        [start, bytes(x), vec![0x22], bytes(y)].concat()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let host: [u8; 32] = Sha256::digest(&self.host).into();
        [&host[..], &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        let data = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false
        });
        data.to_string().into_bytes()
    }

    /// What a browser sends after `navigator.credentials.create`.
    pub(crate) fn create(&mut self, options: &str) -> Vec<u8> {
        let options: Value = serde_json::from_str(options).unwrap();
        let length = (self.credential.len() as u16).to_be_bytes();
        let data = [
            self.data(self.flags | 0x40),
            vec![0; 16],
            length.to_vec(),
            self.credential.clone(),
            self.cose(),
        ]
        .concat();
        let object = [
            head(5, 3),
            text("fmt"),
            text("none"),
            text("attStmt"),
            head(5, 0),
            text("authData"),
            bytes(&data),
        ]
        .concat();
        let id = base64url(&self.credential);
        let answer = json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "attestationObject": base64url(&object),
                "clientDataJSON": base64url(&self.client_data("webauthn.create", &options)),
            },
        });
        answer.to_string().into_bytes()
    }

    /// What a browser sends after `navigator.credentials.get`; the counter grows.
    pub(crate) fn get(&mut self, options: &str) -> Vec<u8> {
        if self.counter > 0 {
            self.counter += 1;
        }
        self.get_again(options)
    }

    /// The same with the counter as it is.
    pub(crate) fn get_again(&mut self, options: &str) -> Vec<u8> {
        let options: Value = serde_json::from_str(options).unwrap();
        let client = self.client_data("webauthn.get", &options);
        let data = self.data(self.flags);
        let hash: [u8; 32] = Sha256::digest(&client).into();
        let signed = [&data[..], &hash].concat();
        let signature: Signature = self.key.sign(&signed);
        let id = base64url(&self.credential);
        let answer = json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "authenticatorData": base64url(&data),
                "clientDataJSON": base64url(&client),
                "signature": base64url(signature.to_der().as_bytes()),
                "userHandle": null,
            },
        });
        answer.to_string().into_bytes()
    }
}
