//! What operators own. In: a thing, a way to show control of it, random bytes, what a look found. Out: a challenge; a registration that holds until a day. Never: a look that is
//! made here; a claim of one operator that another learns of.
//!
//! A registration keeps the token, the times and the number of looks. The proof is made of them anew by [`Proof::ask`] and [`Proof::found`], so that what holds is what the
//! rules say of it and not a flag in a database.

use super::Timing;
use super::stand::{Tried, first_look, standing, tried};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{
    Challenge, Evidence, Method, Periods, Proof, ProofError, Register, Registration,
};
use sakimori_exchange::list::What;
use sakimori_store::{Papers, Store, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::net::Ipv4Addr;

/// Most things that one operator registers: a large carrier has some thousand prefixes.
pub const REGISTRATIONS_OF_ONE_MAX: u64 = 10_000;

/// Most claims of one operator that are asked and not shown yet: each has the office's node look, or write to somebody.
pub const OPEN_OF_ONE_MAX: u64 = 100;

/// Shortest prefix of IPv4 that is registered: the widest that a registry gave to one holder.
const BITS_MIN_V4: u8 = 8;
/// Shortest prefix of IPv6 that is registered: the widest that a registry gave to one holder.
const BITS_MIN_V6: u8 = 19;
/// Bits before an address of IPv4 in the space of mapped addresses.
const MAPPED_BITS: u8 = 96;

/// A challenge and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The token, 40 hex digits.
    pub token: String,
    /// When it was asked.
    pub asked_at: u64,
    /// Seconds in which it can be met.
    pub challenge_seconds: u64,
    /// Seconds that it holds once it is met.
    pub proof_seconds: u64,
    /// How often somebody looked.
    pub looks: u32,
    /// When it was met.
    pub verified_at: Option<u64>,
    /// Who looked last.
    pub looked_by: String,
    /// Seconds before its end from which it can be renewed.
    #[serde(default)]
    pub renewal_seconds: u64,
    /// When the office's node looks next by itself; nothing where it does not.
    #[serde(default)]
    pub next_look: Option<u64>,
    /// How often the office's node looked by itself.
    #[serde(default)]
    pub tries: u32,
    /// Who was written to, of a challenge that goes by mail.
    #[serde(default)]
    pub written_to: Option<String>,
}

/// A thing that an operator registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationPaper {
    /// The thing.
    pub asset: String,
    /// How control is shown.
    pub method: String,
    /// What is shown, if it is.
    pub shown: Option<Claim>,
    /// What is asked, if it is.
    pub asked: Option<Claim>,
    /// What the last looks gave, the last one behind; all of them are in the versions before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// When the proof was shown of whose end the operator was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<u64>,
}

impl Document for RegistrationPaper {
    const KIND: &'static str = "registration";
}

const METHODS: [(Method, &str); 4] = [
    (Method::DnsTxt, "dns-txt"),
    (Method::HttpFile, "http-file"),
    (Method::MailToContact, "mail-to-contact"),
    (Method::RegistryPaper, "registry-paper"),
];

/// The word of a method.
pub fn method_word(method: Method) -> &'static str {
    let found = METHODS.iter().find(|(each, _)| *each == method);
    found.map_or("", |(_, word)| word)
}

/// The method of a word.
pub fn method_of(word: &str) -> Option<Method> {
    let found = METHODS.iter().find(|(_, each)| *each == word);
    found.map(|(method, _)| *method)
}

fn refused(field: &str, rule: &(impl ToString + ?Sized)) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.to_string(),
    }
}

fn proof_error(error: &ProofError) -> LiaisonError {
    refused("proof", error)
}

/// What a look found, owned by who looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// TXT records of the place.
    Txt(Vec<String>),
    /// The beginning of the file.
    File(Vec<u8>),
    /// An answer by mail.
    Mail {
        /// Its text.
        text: String,
        /// Whether its sender is the registered contact, as the mail's own checks say.
        from_contact: bool,
    },
    /// A paper that an officer saw.
    Paper {
        /// Who saw it.
        officer: String,
        /// The reference on it.
        reference: String,
    },
    /// Nothing was found, or the place could not be reached.
    Nothing,
}

impl Found {
    /// The word for it on record.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Txt(_) => "txt",
            Self::File(_) => "file",
            Self::Mail { .. } => "mail",
            Self::Paper { .. } => "paper",
            Self::Nothing => "nothing",
        }
    }

    fn evidence(&self) -> Evidence<'_> {
        match self {
            Self::Txt(records) => Evidence::Txt(records),
            Self::File(bytes) => Evidence::File(bytes),
            Self::Mail { text, from_contact } => Evidence::Mail {
                text,
                from_contact: *from_contact,
            },
            Self::Paper { officer, reference } => Evidence::Paper { officer, reference },
            Self::Nothing => Evidence::Nothing,
        }
    }
}

/// Where to look, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// How control is shown.
    pub method: Method,
    /// Where, what has to stand there, until when.
    pub challenge: Challenge,
}

impl RegistrationPaper {
    fn thing(&self) -> Result<(What, Method), LiaisonError> {
        let asset = What::read(&self.asset).map_err(|why| refused("asset", why))?;
        let method = method_of(&self.method).ok_or_else(|| refused("method", "is not known"))?;
        Ok((asset, method))
    }

    /// The proof that a claim is, made anew by the rules.
    fn proof(&self, claim: &Claim) -> Result<Proof, LiaisonError> {
        let (asset, method) = self.thing()?;
        let token = unhex::<20>(&claim.token).ok_or_else(|| refused("token", "is none"))?;
        let (asked, periods) = (Seconds(claim.asked_at), claim.periods());
        let mut proof =
            Proof::ask(asset, method, token, asked, periods).map_err(|e| proof_error(&e))?;
        let misses = claim.looks - u32::from(claim.verified_at.is_some() && claim.looks > 0);
        for _ in 0..misses {
            // Each look that found nothing is an error by the rules, and counts.
            let _ = proof.found(&Evidence::Nothing, asked, periods);
        }
        if let (Some(at), Some(challenge)) = (claim.verified_at, proof.challenge()) {
            let text = challenge.text;
            let found = match method {
                Method::DnsTxt => Found::Txt(vec![text]),
                Method::HttpFile => Found::File(text.into_bytes()),
                Method::MailToContact => Found::Mail {
                    text,
                    from_contact: true,
                },
                Method::RegistryPaper => Found::Paper {
                    officer: claim.looked_by.clone(),
                    reference: text,
                },
            };
            proof
                .found(&found.evidence(), Seconds(at), periods)
                .map_err(|e| proof_error(&e))?;
        }
        Ok(proof)
    }

    /// From when the proof that holds can be renewed.
    pub fn renewable_from(&self, now: Seconds) -> Option<Seconds> {
        let until = self.holds_until(now)?;
        let claim = self.shown.as_ref()?;
        Some(Seconds(until.0.saturating_sub(claim.renewal_seconds)))
    }

    /// Until when control is shown; nothing where it is not.
    pub fn holds_until(&self, now: Seconds) -> Option<Seconds> {
        let claim = self.shown.as_ref()?;
        let proof = self.proof(claim).ok()?;
        let until = Seconds(claim.verified_at?).plus(claim.proof_seconds);
        proof.holds(now).then_some(until)
    }

    /// Where somebody has to look, if a challenge is open.
    pub fn look(&self) -> Option<Look> {
        let claim = self.asked.as_ref()?;
        let proof = self.proof(claim).ok()?;
        Some(Look {
            method: proof.method(),
            challenge: proof.challenge()?,
        })
    }
}

impl Claim {
    const fn periods(&self) -> Periods {
        Periods {
            challenge_seconds: self.challenge_seconds,
            proof_seconds: self.proof_seconds,
            renewal_seconds: self.renewal_seconds,
        }
    }
}

/// The id of a registration: the same thing and method of one operator are one.
fn id(asset: &What, method: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(method);
    hash.update([0]);
    hash.update(asset.to_string());
    let full = hex(&<[u8; 32]>::from(hash.finalize()));
    let short: String = full.chars().take(24).collect();
    format!("r-{short}")
}

/// Whether a prefix is wider than what a registry ever gave to one holder.
fn too_wide(asset: &What) -> bool {
    let What::Prefix(prefix) = asset else {
        return false;
    };
    // All of IPv4 is a prefix of 96 bits in the space of mapped addresses, and lies in some that are wider.
    let common = prefix.bits.min(MAPPED_BITS);
    let first = |number: u128| number.checked_shr(128 - u32::from(common)).unwrap_or(0);
    let mapped = u128::from(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped());
    let least = if first(prefix.first) == first(mapped) {
        MAPPED_BITS + BITS_MIN_V4
    } else {
        BITS_MIN_V6
    };
    prefix.bits < least
}

/// Reads a thing that can be claimed.
fn claimable(asset: &str) -> Result<What, LiaisonError> {
    let what = What::read(asset).map_err(|why| refused("asset", &format!("`{asset}` {why}")))?;
    if too_wide(&what) {
        let rule = format!(
            "`{asset}` is wider than /{BITS_MIN_V4} of IPv4 or /{BITS_MIN_V6} of IPv6, which no operator has"
        );
        return Err(refused("asset", &rule));
    }
    Ok(what)
}

/// Whether an operator may register one thing more.
async fn room(store: &(impl Papers + ?Sized), owner: &str) -> Result<(), LiaisonError> {
    let states = store
        .states(View::Of(owner), RegistrationPaper::KIND)
        .await?;
    let count: u64 = states.iter().map(|(_, count)| count).sum();
    if count >= REGISTRATIONS_OF_ONE_MAX {
        return Err(LiaisonError::Full {
            what: "registrations",
            most: REGISTRATIONS_OF_ONE_MAX,
        });
    }
    Ok(())
}

/// Claims a thing, or asks to renew its proof. `random` has to be new for each call.
///
/// # Errors
/// [`LiaisonError::Refused`]: the thing cannot be read or shown this way, it is too wide a prefix, a proof holds and cannot be renewed yet; [`LiaisonError::Full`]; what the store says.
pub async fn ask(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (asset, method): (&str, Method),
    random: [u8; 20],
    timing: &Timing,
) -> Result<(String, Look), LiaisonError> {
    let asset = claimable(asset)?;
    let word = method_word(method);
    let id = id(&asset, word);
    let kept = store.paper(act.owner, RegistrationPaper::KIND, &id).await?;
    let kept = kept.map(paper::read::<RegistrationPaper>).transpose()?;
    if kept.is_none() {
        room(store, act.owner).await?;
    }
    if let Some(kept) = &kept {
        not_written_again(&kept.said, act.at, timing)?;
    }
    // One that is open is asked again, one that holds is renewed: neither makes one more.
    let counted = |kept: &Written<RegistrationPaper>| {
        kept.state == "asked" || kept.said.holds_until(act.at).is_some()
    };
    if !kept.as_ref().is_some_and(counted) {
        not_too_many(store, act.owner).await?;
    }
    let shown = kept.as_ref().and_then(|kept| kept.said.shown.clone());
    let proof = match (&kept, &shown) {
        (Some(kept), Some(claim)) => {
            let known = kept.said.proof(claim)?;
            known.renew(random, act.at, timing.periods)
        }
        _ => Proof::ask(asset.clone(), method, random, act.at, timing.periods),
    };
    let proof = proof.map_err(|e| proof_error(&e))?;
    let before = kept.as_ref().map(|kept| &kept.said);
    // Who asks again while a challenge is open gets another one, and no further looks with it.
    let open = before.and_then(|said| said.open_claim(act.at));
    let (tries, next_look) = match open {
        Some(claim) if claim.written_to.is_none() => (claim.tries, claim.next_look),
        Some(claim) if claim.tries >= timing.looks.tries_max => (claim.tries, None),
        Some(claim) => (claim.tries, first_look(method, act.at, timing)),
        None => (0, first_look(method, act.at, timing)),
    };
    let said = RegistrationPaper {
        asset: asset.to_string(),
        method: word.to_owned(),
        shown,
        asked: Some(Claim {
            token: hex(&random),
            asked_at: act.at.0,
            challenge_seconds: timing.periods.challenge_seconds,
            proof_seconds: timing.periods.proof_seconds,
            renewal_seconds: timing.periods.renewal_seconds,
            looks: 0,
            verified_at: None,
            looked_by: String::new(),
            next_look,
            tries,
            written_to: None,
        }),
        tried: Vec::new(),
        reminded: before.and_then(|said| said.reminded),
    };
    let (state, due) = standing(&said, act.at);
    let standing = act.standing(state, due);
    let change = match &kept {
        Some(kept) => kept.next(&said, standing)?,
        None => paper::first(act.owner, &id, &said, standing)?,
    };
    let audit = act.audit("claim", &said.asset, word.to_owned());
    store.apply(&[change, audit]).await?;
    let challenge = proof.challenge().ok_or_else(|| LiaisonError::Missing {
        what: format!("challenge for {asset}"),
    })?;
    Ok((id, Look { method, challenge }))
}

/// Who claims a thousand things that it does not own would keep the office's node from looking at what others claim.
async fn not_too_many(store: &(impl Papers + ?Sized), owner: &str) -> Result<(), LiaisonError> {
    let states = store
        .states(View::Of(owner), RegistrationPaper::KIND)
        .await?;
    let asked = states.iter().find(|(state, _)| state == "asked");
    if asked.is_some_and(|(_, count)| *count >= OPEN_OF_ONE_MAX) {
        let rule = format!("{OPEN_OF_ONE_MAX} claims are open; show one first, or wait for an end");
        return Err(refused("asset", &rule));
    }
    Ok(())
}

/// Who asks again and again would have the office's node write again and again to somebody else.
fn not_written_again(
    said: &RegistrationPaper,
    now: Seconds,
    timing: &Timing,
) -> Result<(), LiaisonError> {
    let Some(claim) = said.asked.as_ref() else {
        return Ok(());
    };
    let wait = Seconds(claim.asked_at).plus(timing.looks.delay_seconds_max);
    if claim.written_to.is_some() && now < wait {
        let rule = format!("the contact was written to; ask again from {wait}");
        return Err(refused("proof", &rule));
    }
    Ok(())
}

/// An open claim, and its proof as the rules have it.
pub(super) fn open(
    kept: &Written<RegistrationPaper>,
) -> Result<(Claim, Proof, Challenge), LiaisonError> {
    let missing = || LiaisonError::Missing {
        what: format!("open challenge for `{}`", kept.said.asset),
    };
    let claim = kept.said.asked.clone().ok_or_else(missing)?;
    let proof = kept.said.proof(&claim)?;
    let challenge = proof.challenge().ok_or_else(missing)?;
    Ok((claim, proof, challenge))
}

/// Looks, by what the caller hands in, whether the challenge of a claim is met. A look that finds nothing is counted, and the challenge stays open.
///
/// # Errors
/// [`LiaisonError::Missing`] where no challenge is open; [`LiaisonError::Refused`] where what was asked for is not there, or the time is over; what the store says.
pub async fn prove<F>(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    id: &str,
    look: impl FnOnce(Look) -> F,
) -> Result<Seconds, LiaisonError>
where
    F: Future<Output = Found>,
{
    let kept = paper::newest::<RegistrationPaper>(store, act.owner, id).await?;
    let (claim, proof, challenge) = open(&kept)?;
    let found = look(Look {
        method: proof.method(),
        challenge,
    })
    .await;
    judged(store, act, &kept, (claim, proof), (&found, "")).await
}

/// Takes what a look at an open claim found, and what is to be said of it.
pub(super) async fn judged(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    kept: &Written<RegistrationPaper>,
    (mut claim, mut proof): (Claim, Proof),
    (found, words): (&Found, &str),
) -> Result<Seconds, LiaisonError> {
    let missing = || LiaisonError::Missing {
        what: format!("open challenge for `{}`", kept.said.asset),
    };
    let periods = claim.periods();
    let outcome = proof.found(&found.evidence(), act.at, periods);
    if matches!(
        outcome,
        Err(ProofError::Ended { .. } | ProofError::TooOften { .. })
    ) {
        return Err(outcome.map_or_else(|e| proof_error(&e), |()| missing()));
    }
    claim.looks += 1;
    act.by.clone_into(&mut claim.looked_by);
    let mut said = kept.said.clone();
    let (word, row) = if outcome.is_ok() {
        ("shown", "shown")
    } else {
        ("not shown", found.word())
    };
    tried(&mut said, &act, row, words);
    if outcome.is_ok() {
        claim.verified_at = Some(act.at.0);
        claim.next_look = None;
        said.shown = Some(claim);
        said.asked = None;
    } else {
        said.asked = Some(claim);
    }
    let (state, due) = standing(&said, act.at);
    let changes = [
        kept.next(&said, act.standing(state, due))?,
        act.audit("prove", &said.asset, word.to_owned()),
    ];
    store.apply(&changes).await?;
    let until = act.at.plus(periods.proof_seconds);
    outcome.map(|()| until).map_err(|e| proof_error(&e))
}

/// The registrations in a view, at most `most`, oldest change first; `true` beside them where there are more.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn registrations(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    most: usize,
) -> Result<(Vec<Written<RegistrationPaper>>, bool), LiaisonError> {
    registrations_in(store, view, None, most).await
}

/// As [`registrations`], of those alone that stand there: `asked`, `shown` or `ended`.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn registrations_in(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    state: Option<&str>,
    most: usize,
) -> Result<(Vec<Written<RegistrationPaper>>, bool), LiaisonError> {
    paper::all(store, view, state, most).await
}

/// All things whose control was shown, ready for look-ups.
pub(super) async fn register(store: &(impl Papers + ?Sized)) -> Result<Register, LiaisonError> {
    let most = sakimori_exchange::alert::REGISTRATIONS_MAX;
    let (all, more) =
        paper::all::<RegistrationPaper>(store, View::All, Some("shown"), most).await?;
    if more {
        return Err(LiaisonError::Full {
            what: "registrations",
            most: most as u64,
        });
    }
    let mut rows = Vec::with_capacity(all.len());
    for (number, kept) in (1u64..).zip(all) {
        let Some(claim) = &kept.said.shown else {
            continue;
        };
        rows.push(Registration {
            id: number,
            proof: kept.said.proof(claim)?,
            owner: kept.owner,
        });
    }
    Ok(Register::new(rows).0)
}
