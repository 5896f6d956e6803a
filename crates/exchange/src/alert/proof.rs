//! Proof of control. In: what is claimed, a random token, what was found in DNS, at the host, in a mail, on paper, the time. Out: a challenge, and where it stands. Never: a
//! look-up; who looks hands in what was found.
//!
//! The challenges follow RFC 8555 section 8 (HTTP, DNS) and draft-ietf-dnsop-domain-verification-techniques; the contact is that of RDAP (RFC 9083).

use crate::list::What;
use sakimori_custody::time::Seconds;
use std::fmt::Write;

/// Most looks at one challenge: who needs more asks for a new one.
pub const LOOKS_MAX: u32 = 500;

/// How control is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A TXT record below the name.
    DnsTxt,
    /// A file at the host.
    HttpFile,
    /// An answer from the contact that the registry names.
    MailToContact,
    /// A paper of the registry, seen by an officer.
    RegistryPaper,
}

impl Method {
    /// Whether a thing can be shown to be controlled this way: a name by DNS, a host by a file, everything by its registered contact.
    pub const fn fits(self, asset: &What) -> bool {
        matches!(
            (self, asset),
            (Self::DnsTxt, What::Domain(_))
                | (Self::HttpFile, What::Domain(_) | What::Address(_))
                | (
                    Self::MailToContact | Self::RegistryPaper,
                    What::Address(_) | What::Prefix(_) | What::Domain(_) | What::As(_),
                )
        )
    }
}

/// How long things hold. The operator's schedule says them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// Seconds in which a challenge can be met.
    pub challenge_seconds: u64,
    /// Seconds that a proof holds.
    pub proof_seconds: u64,
    /// Seconds before its end from which it can be renewed.
    pub renewal_seconds: u64,
}

/// What the claimant has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Where: a name, a URL, or who is written to.
    pub place: String,
    /// What has to stand there, or be sent back.
    pub text: String,
    /// Until when.
    pub until: Seconds,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence<'e> {
    /// TXT records of the place.
    Txt(&'e [String]),
    /// The beginning of the file.
    File(&'e [u8]),
    /// The text of an answer, and whether it came from the registered contact.
    Mail {
        /// The text.
        text: &'e str,
        /// Whether its sender is the contact, as the mail's own checks say.
        from_contact: bool,
    },
    /// A paper that an officer saw.
    Paper {
        /// Who saw it.
        officer: &'e str,
        /// The reference on it.
        reference: &'e str,
    },
    /// Nothing was found, or the place could not be reached.
    Nothing,
}

/// Where a proof stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofState {
    /// Asked, not yet met.
    Asked {
        /// Until when it can be met.
        until: Seconds,
    },
    /// Met.
    Verified {
        /// When.
        at: Seconds,
        /// Until when it holds.
        expires: Seconds,
    },
    /// Not met in time, or no longer.
    Expired {
        /// Since when.
        since: Seconds,
    },
}

/// Why a proof cannot go on. The claimant acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// This way cannot show control of this thing.
    #[error("control of {asset} cannot be shown this way")]
    Method {
        /// The thing.
        asset: String,
    },
    /// The time is over.
    #[error("the challenge for {asset} has ended; ask for a new one")]
    Ended {
        /// The thing.
        asset: String,
    },
    /// Looked at too often.
    #[error("the challenge for {asset} was looked at {LOOKS_MAX} times; ask for a new one")]
    TooOften {
        /// The thing.
        asset: String,
    },
    /// What was found is not what was asked for.
    #[error("{place} does not show what was asked for")]
    NotShown {
        /// The place.
        place: String,
    },
    /// It still holds.
    #[error("the proof for {asset} holds and cannot be renewed yet")]
    TooEarly {
        /// The thing.
        asset: String,
    },
}

/// A proof of control of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    asset: What,
    method: Method,
    token: String,
    state: ProofState,
    looks: u32,
}

impl Proof {
    /// Asks for a proof. `random` has to be new for each.
    ///
    /// # Errors
    /// [`ProofError::Method`].
    pub fn ask(
        asset: What,
        method: Method,
        random: [u8; 20],
        now: Seconds,
        periods: Periods,
    ) -> Result<Self, ProofError> {
        if !method.fits(&asset) {
            let asset = asset.to_string();
            return Err(ProofError::Method { asset });
        }
        let mut token = String::with_capacity(40);
        for byte in random {
            // A write to a String cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        Ok(Self {
            asset,
            method,
            token,
            state: ProofState::Asked {
                until: now.plus(periods.challenge_seconds),
            },
            looks: 0,
        })
    }

    /// What is claimed.
    pub const fn asset(&self) -> &What {
        &self.asset
    }

    /// How it is shown.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Where it stands at a time.
    pub fn state(&self, now: Seconds) -> ProofState {
        match self.state {
            ProofState::Asked { until } | ProofState::Verified { expires: until, .. }
                if now >= until =>
            {
                ProofState::Expired { since: until }
            }
            ref other => other.clone(),
        }
    }

    /// Whether control is shown at a time.
    pub fn holds(&self, now: Seconds) -> bool {
        matches!(self.state(now), ProofState::Verified { .. })
    }

    /// What the claimant has to do; nothing, if control is shown.
    pub fn challenge(&self) -> Option<Challenge> {
        let ProofState::Asked { until } = self.state else {
            return None;
        };
        Some(Challenge {
            place: self.place(),
            text: self.expected(),
            until,
        })
    }

    fn place(&self) -> String {
        let host = match &self.asset {
            What::Address(std::net::IpAddr::V6(address)) => format!("[{address}]"),
            other => other.to_string(),
        };
        match self.method {
            Method::DnsTxt => format!("_sakimori-challenge.{host}"),
            Method::HttpFile => format!(
                "http://{host}/.well-known/sakimori-challenge/{}",
                self.token
            ),
            Method::MailToContact => format!("the registered contact of {host}"),
            Method::RegistryPaper => format!("the registry's paper for {host}"),
        }
    }

    fn expected(&self) -> String {
        match self.method {
            Method::DnsTxt | Method::HttpFile => format!("sakimori-verify={}", self.token),
            Method::MailToContact | Method::RegistryPaper => self.token.clone(),
        }
    }

    /// Takes what was found.
    ///
    /// # Errors
    /// [`ProofError`]; a challenge that is not met stays open until its end.
    pub fn found(
        &mut self,
        evidence: &Evidence<'_>,
        now: Seconds,
        periods: Periods,
    ) -> Result<(), ProofError> {
        let ProofState::Asked { until } = self.state else {
            return Ok(());
        };
        let asset = self.asset.to_string();
        if now >= until {
            return Err(ProofError::Ended { asset });
        }
        if self.looks >= LOOKS_MAX {
            return Err(ProofError::TooOften { asset });
        }
        self.looks += 1;
        if !self.shown(evidence) {
            let place = self.place();
            return Err(ProofError::NotShown { place });
        }
        self.state = ProofState::Verified {
            at: now,
            expires: now.plus(periods.proof_seconds),
        };
        Ok(())
    }

    fn shown(&self, evidence: &Evidence<'_>) -> bool {
        let expected = self.expected();
        match (self.method, evidence) {
            (Method::DnsTxt, Evidence::Txt(records)) => {
                records.iter().any(|record| record.trim() == expected)
            }
            (Method::HttpFile, Evidence::File(bytes)) => bytes.trim_ascii() == expected.as_bytes(),
            (Method::MailToContact, Evidence::Mail { text, from_contact }) => {
                // The token came to the contact alone; a forwarded answer of somebody else shows nothing.
                *from_contact && text.contains(&expected)
            }
            (Method::RegistryPaper, Evidence::Paper { officer, reference }) => {
                !officer.trim().is_empty() && reference.trim() == expected
            }
            _ => false,
        }
    }

    /// Asks anew before the end, or after it. What is verified holds until its end while the new challenge is open: the caller keeps both.
    ///
    /// # Errors
    /// [`ProofError::TooEarly`].
    pub fn renew(
        &self,
        random: [u8; 20],
        now: Seconds,
        periods: Periods,
    ) -> Result<Self, ProofError> {
        if let ProofState::Verified { expires, .. } = self.state(now)
            && now.plus(periods.renewal_seconds) < expires
        {
            let asset = self.asset.to_string();
            return Err(ProofError::TooEarly { asset });
        }
        Self::ask(self.asset.clone(), self.method, random, now, periods)
    }
}
