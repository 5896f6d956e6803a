//! Throwaway keys. In: who. Out: a key that everyone can make. Never: a key that guards anything.

use sakimori_tlog::key::{KeyKind, NoteSigner};
use sha2::{Digest, Sha256};

/// The key of `who`: `m1` … `m5`, `lease`, `mirror`, `secretariat`, `office`, `o1` (requester), `o2` (legal officer), `o3` (supervisor), `office-share`,
/// `commission-share`, `party`, `suspend`, `log`, `s-01`, `s-02`, `counter-01`, or an actuator's as `a-01`; `audit` is a witness that the default policy has not. With `!` before it, a stranger's key of the same name; `m5=m4` is the key of `m4` under
/// the name of `m5`.
///
/// # Panics
/// For a name that no key can have.
#[expect(clippy::expect_used, reason = "the names are fixed by the tests")]
pub fn signer(who: &str) -> NoteSigner {
    let (named, held) = who.split_once('=').unwrap_or((who, who));
    let plain = named.trim_start_matches('!');
    let name = match plain {
        "log" => "log.example".to_owned(),
        "party" | "suspend" => format!("party.example/{plain}"),
        "office" | "office-share" | "o1" | "o2" | "o3" | "o4" => format!("office.example/{plain}"),
        carrier
            if ["s-", "a-", "counter-"]
                .iter()
                .any(|begin| carrier.starts_with(begin)) =>
        {
            format!("carrier.example/{carrier}")
        }
        of_commission => format!("commission.example/{of_commission}"),
    };
    let kind = if matches!(plain, "mirror" | "audit") {
        KeyKind::Cosigner
    } else {
        KeyKind::Ed25519
    };
    let seed = Sha256::digest(format!("a throwaway key of {held}"));
    NoteSigner::from_seed(&name, kind, &seed.into()).expect("the name is one of a key")
}
