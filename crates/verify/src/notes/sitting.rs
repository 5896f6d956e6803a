//! The sitting, section 10.2: who was there and how they voted. In: five lines of a statement, the members. Out: a decision, or why there is none. Never: a vote of
//! somebody who is absent or recused.

use super::grammar::{Broken, Lines};
use super::is_name;
use super::root::TrustRoot;
use super::statement::StatementError;
use crate::limits::OTHERS_PRESENT_MIN;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;

/// The five lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sitting {
    pub(crate) present: Vec<String>,
    presiding: String,
    votes_for: Vec<String>,
    votes_against: Vec<String>,
    recused: Vec<String>,
}

impl Sitting {
    pub(crate) fn read(lines: &mut Lines<'_>) -> Result<Self, Broken> {
        let present = names(lines, "present")?;
        let presiding = lines.parsed("presiding", |text| is_name(text).then(|| text.to_owned()))?;
        Ok(Self {
            present,
            presiding,
            votes_for: names(lines, "for")?,
            votes_against: names(lines, "against")?,
            recused: names(lines, "recused")?,
        })
    }

    /// Whether somebody voted.
    pub(crate) fn has_voter(&self, id: &str) -> bool {
        self.votes_for
            .iter()
            .chain(&self.votes_against)
            .any(|voter| voter == id)
    }

    /// Whether everybody who was present and not recused voted for it.
    pub(super) fn is_of_all(&self) -> bool {
        let voted = |id: &String| self.recused.contains(id) || self.votes_for.contains(id);
        self.votes_against.is_empty() && self.present.iter().all(voted)
    }

    /// Whether the members decided for the text with so many votes; otherwise why not.
    fn decided(&self, root: &TrustRoot, floor: u64) -> Result<(), String> {
        let lists = [
            &self.present,
            &self.votes_for,
            &self.votes_against,
            &self.recused,
        ];
        let named = lists.into_iter().flatten().chain([&self.presiding]);
        if let Some(stranger) = named.into_iter().find(|name| root.member(name).is_none()) {
            return Err(format!("`{stranger}` is no member of the commission"));
        }
        let free = |name: &&String| self.present.contains(name) && !self.recused.contains(name);
        if !root
            .member(&self.presiding)
            .is_some_and(|member| member.leads)
        {
            return Err(format!(
                "`{}` presided, who is neither chair nor deputy",
                self.presiding
            ));
        }
        if !free(&&self.presiding) {
            return Err(format!(
                "`{}` presided and was absent or recused",
                self.presiding
            ));
        }
        let others = self
            .present
            .iter()
            .filter(|name| free(name) && **name != self.presiding);
        let others = others.count();
        if others < OTHERS_PRESENT_MIN {
            return Err(format!(
                "{others} members were present besides the presiding one"
            ));
        }
        let mut votes = self.votes_for.iter().chain(&self.votes_against);
        if let Some(name) = votes.find(|name| !free(name)) {
            return Err(format!("`{name}` voted and was absent or recused"));
        }
        if let Some(name) = self
            .votes_for
            .iter()
            .find(|name| self.votes_against.contains(name))
        {
            return Err(format!("`{name}` voted for and against"));
        }
        self.counted(floor)
    }

    fn counted(&self, floor: u64) -> Result<(), String> {
        let (votes_for, against) = (self.votes_for.len(), self.votes_against.len());
        let casting = votes_for == against && self.votes_for.contains(&self.presiding);
        if votes_for <= against && !casting {
            return Err(format!(
                "{votes_for} for and {against} against is no majority"
            ));
        }
        if (votes_for as u64) < floor {
            return Err(format!(
                "{votes_for} votes for, where this kind needs {floor}"
            ));
        }
        Ok(())
    }
}

/// Whether all who were present signed a note and nobody else of the members, and `others` too, and the sitting decided for it.
pub(super) fn sat(
    note: &Note,
    root: &TrustRoot,
    sitting: &Sitting,
    others: &[VerifierKey],
    floor: u64,
) -> Result<(), StatementError> {
    let wrong = |what: String| Err(StatementError::Signature(what));
    let keys: Vec<VerifierKey> = root
        .members
        .iter()
        .map(|member| &member.key)
        .chain(others)
        .cloned()
        .collect();
    let verified = match note.verify(&keys) {
        Ok(verified) => verified,
        Err(error) => return wrong(error.to_string()),
    };
    let signed = |key: &VerifierKey| verified.iter().any(|v| v.key == *key);
    if let Some(other) = others.iter().find(|key| !signed(key)) {
        return wrong(format!("`{}` has not signed", other.name()));
    }
    for member in &root.members {
        let id = &member.id;
        match (sitting.present.contains(id), signed(&member.key)) {
            (true, false) => return wrong(format!("`{id}` was present and has not signed")),
            (false, true) => return wrong(format!("`{id}` has signed and is not called present")),
            _ => {}
        }
    }
    sitting
        .decided(root, floor)
        .map_err(StatementError::Sitting)
}

fn names(lines: &mut Lines<'_>, key: &str) -> Result<Vec<String>, Broken> {
    let words = lines.words(key)?;
    if let Some(word) = words.iter().find(|word| !is_name(word)) {
        return Err(lines.broken(format!("{} is no name", crate::quote(word))));
    }
    Ok(words.into_iter().map(str::to_owned).collect())
}
