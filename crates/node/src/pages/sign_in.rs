//! Sign-in and the registration of a passkey. In: whether a provider is set up. Out: a page and its one script. Never: a password; a script from elsewhere.

use super::{Reader, page};
use crate::words::Word;
use maud::{Markup, html};
use sha2::{Digest, Sha256};

/// The script: what the browser's authenticator needs.
pub const SCRIPT: &str = include_str!("../../assets/passkey.js");

/// The script's hash as browsers want it.
fn integrity() -> String {
    let hash = Sha256::digest(SCRIPT.as_bytes());
    format!("sha256-{}", base64(&hash))
}

/// Base64 of the standard alphabet with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let six = (bits >> (18 - 6 * at)) & 63;
            let letter = ALPHABET.get(six as usize).copied().unwrap_or(b'=');
            text.push(if at <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

/// The policy of the sign-in page: that script and no other, and calls to this node.
pub fn csp() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        integrity()
    )
}

/// The page.
pub fn sign_in(reader: &Reader, provider: bool) -> Markup {
    let say = |word: Word| reader.say(word);
    let content = html! {
        p .small { (say(Word::SignInNotApproval)) }
        noscript { p .warn { (say(Word::NeedsScript)) } }
        section {
            h2 { (say(Word::SignInPasskey)) }
            form #passkey {
                label for="person" { (say(Word::Person)) }
                input #person name="person" required autocomplete="username webauthn" spellcheck="false";
                button { (say(Word::SignIn)) }
                output .warn role="alert" {}
            }
        }
        @if provider {
            section {
                h2 { (say(Word::SignInProvider)) }
                p { a href="/sign-in/provider" { (say(Word::SignInProvider)) } }
            }
        }
        section {
            h2 { (say(Word::EnrolTitle)) }
            form #enrol {
                label for="code" { (say(Word::EnrolCode)) }
                input #code name="code" required autocomplete="one-time-code" spellcheck="false";
                label for="label" { (say(Word::PasskeyLabel)) }
                input #label name="label" required autocomplete="off" value="passkey";
                button { (say(Word::EnrolButton)) }
                output .warn role="alert" {}
            }
        }
        script src="/passkey.js" integrity=(integrity()) defer {}
    };
    page(reader, say(Word::SignIn), &content)
}

/// The page behind a provider's. A redirect would not bring the cookie, which goes to no page that another site led to; the browser comes back by itself.
pub fn signed_in(reader: &Reader) -> Markup {
    let content = html! {
        meta http-equiv="refresh" content="0; url=/";
        p { a href="/" { (reader.say(Word::Requests)) } }
    };
    page(reader, reader.say(Word::Done), &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }

    #[test]
    fn the_policy_allows_the_script_of_the_page_alone() {
        let page = sign_in(
            &Reader {
                language: crate::words::Language::En,
                name: None,
                role: Word::Commission,
                form_token: String::new(),
            },
            false,
        )
        .into_string();
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains(&integrity()));
        assert!(csp().contains(&integrity()));
        assert!(!csp().contains("unsafe"));
    }
}
