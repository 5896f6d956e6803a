//! What the office found of things that somebody registered, on its way to their owners. In: indicators, registrations. Out: whose they are; a list for the intake. Never: a thing of one owner
//! in what another is told.

use super::registration::register;
use crate::error::LiaisonError;
use crate::product::{Known, Operators};
use sakimori_custody::time::Seconds;
use sakimori_exchange::feed::{Grade, Kind, Sighting};
use sakimori_exchange::list::What;
use sakimori_store::Papers;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the owners of a warning are told beside its words.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'a> {
    /// What it means.
    pub kind: Kind,
    /// What it is, in a word.
    pub about: &'a str,
    /// How far it is to be believed.
    pub grade: Grade,
    /// When it was seen.
    pub seen: Seconds,
}

/// Longest word for what it is, in bytes.
const ABOUT_BYTES_MAX: usize = 200;

/// Owners of what the indicators name, each with those that are its own; control has to be shown at this time.
///
/// # Errors
/// [`LiaisonError::Refused`] names an indicator that cannot be read; what the store says.
pub async fn owners(
    store: &(impl Papers + ?Sized),
    indicators: &[String],
    finding: Finding<'_>,
    now: Seconds,
) -> Result<BTreeMap<String, Vec<What>>, LiaisonError> {
    let register = register(store).await?;
    let mut all: BTreeMap<String, Vec<What>> = BTreeMap::new();
    for (at, text) in indicators.iter().enumerate() {
        let what = What::read(text).map_err(|rule| LiaisonError::Refused {
            field: format!("indicators[{at}]"),
            rule: rule.to_string(),
        })?;
        let sighting = Sighting {
            what: what.clone(),
            also: Vec::new(),
            when: finding.seen,
            source: String::new(),
            grade: finding.grade,
            kind: finding.kind,
            about: finding.about.to_owned(),
            fields: Vec::new(),
        };
        for found in register.matches(&sighting, now) {
            let own = all.entry(found.owner.to_owned()).or_default();
            if !own.contains(&what) {
                own.push(what.clone());
            }
        }
    }
    Ok(all)
}

/// What is known of all but one owner, whose own things its warning may name although another registered them too.
#[derive(Debug)]
pub struct Others {
    others: Known,
    own: Vec<What>,
}

impl Others {
    /// For an owner and what of a warning is its own.
    pub fn than(known: &Known, owner: &str, own: &[What]) -> Self {
        Self {
            others: known.but(owner),
            own: own.to_vec(),
        }
    }
}

impl Operators for Others {
    fn own(&self, what: &What) -> bool {
        let is_own = |thing: &What| thing == what || thing.host().as_ref() == Some(what);
        !self.own.iter().any(is_own) && self.others.own(what)
    }

    fn names(&self) -> &[String] {
        self.others.names()
    }
}

/// The indicators as a list that the intake reads. `id` makes two lists of the same indicators two feeds.
///
/// # Errors
/// [`LiaisonError::Refused`] where the word for what it is is empty, too long, or has a control character.
pub fn list(id: &str, indicators: &[What], finding: Finding<'_>) -> Result<String, LiaisonError> {
    let about = finding.about.trim();
    let control = about.chars().any(char::is_control);
    if about.is_empty() || about.len() > ABOUT_BYTES_MAX || control {
        return Err(LiaisonError::Refused {
            field: "about".to_owned(),
            rule: format!("is a word of 1 to {ABOUT_BYTES_MAX} bytes"),
        });
    }
    let kind = match finding.kind {
        Kind::ActiveCompromise => "compromise",
        Kind::Vulnerability => "vulnerability",
        Kind::Exposure => "exposure",
    };
    let quoted = about.replace('"', "\"\"");
    let mut out = String::from("indicator,kind,about,seen,source,product\n");
    for what in indicators {
        let thing = what.to_string().replace('"', "\"\"");
        let seen = finding.seen;
        // A write to a String cannot fail.
        let _ = writeln!(out, "\"{thing}\",{kind},\"{quoted}\",{seen},office,{id}");
    }
    Ok(out)
}
