//! Requests: who asked for what. In: request entries. Out: what each asked for, by its leaf. Never: a judgement on whether it was right to ask.

use super::schedules::Schedules;
use super::{Seen, told};
use crate::code::Code;
use crate::fields::Fields;
use crate::notes::{TrustRoot, name};
use crate::report::Sink;
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// What was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) requester: String,
    /// The id that the draft names.
    pub(super) id: Option<[u8; 16]>,
    /// The basis that the draft names.
    pub(super) basis: String,
    pub(super) share_ppm: u64,
    /// Whether facts, necessity, alternatives and rights say something, and no more is asked for than the schedule lets anybody ask for.
    complete: bool,
}

/// All requests, by leaf hash.
#[derive(Debug, Default)]
pub(super) struct Requests {
    by_leaf: BTreeMap<Hash, Asked>,
    /// Those that were granted or refused.
    decided: BTreeSet<Hash>,
}

impl Requests {
    pub(super) fn enter(
        &mut self,
        seen: &Seen<'_>,
        root: Option<&TrustRoot>,
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) {
        if let Some(mut asked) = told(seen.open().map(read), &seen.place(), sink) {
            if let Some(what) = asked.stranger(root) {
                sink.bad(Code::DecisionRequester, seen.place(), what);
            }
            if !asked.complete {
                let what = "its facts, necessity, alternatives or rights say nothing";
                sink.bad(Code::RequestIncomplete, seen.place(), what);
            }
            if let Some(most) = schedules
                .number("cap.share-ppm", seen)
                .filter(|most| asked.share_ppm > *most)
            {
                let what = format!(
                    "{} per million is more than the {most} of `cap.share-ppm`",
                    asked.share_ppm
                );
                sink.bad(Code::RequestShare, seen.place(), what);
                asked.complete = false;
            }
            self.by_leaf.insert(seen.leaf, asked);
        }
    }

    pub(super) fn get(&self, leaf: &Hash) -> Option<&Asked> {
        self.by_leaf.get(leaf)
    }

    pub(super) fn has(&self, leaf: &Hash) -> bool {
        self.by_leaf.contains_key(leaf)
    }

    pub(super) fn is_open(&self, leaf: &Hash) -> bool {
        self.has(leaf) && !self.decided.contains(leaf)
    }

    /// A request has its answer.
    pub(super) fn close(&mut self, leaf: &Hash) {
        self.decided.insert(*leaf);
    }
}

impl Asked {
    /// Whether it asks for this authority, and says all that a request has to say.
    pub(super) fn is_for(&self, id: &[u8; 16]) -> bool {
        self.complete && self.id == Some(*id)
    }

    /// Why who asked may not: a member of the commission, or, where the trust root names officers, none of them.
    pub(super) fn stranger(&self, root: Option<&TrustRoot>) -> Option<String> {
        let root = root?;
        let who = crate::quote(&self.requester);
        if root.member(&self.requester).is_some() {
            Some(format!("{who}, a member of the commission, asked for it"))
        } else if !root.officers.is_empty() && root.officer(&self.requester).is_none() {
            Some(format!("{who}, who asked for it, is no officer"))
        } else {
            None
        }
    }
}

fn read(body: &[u8]) -> Result<Asked, String> {
    let keys = [
        "kind",
        "requester",
        "facts",
        "necessity",
        "alternatives",
        "expected_share_ppm",
        "rights",
        "replaces",
        "draft",
    ];
    let fields = Fields::read(body, &keys)?;
    let mut complete = true;
    for key in ["facts", "necessity", "alternatives", "rights"] {
        complete &= !fields.text(key)?.trim().is_empty();
    }
    fields.text("kind")?;
    if !fields.get("replaces").is_null() {
        fields.parsed("replaces", unhex::<16>)?;
    }
    let draft = fields.text("draft")?;
    let line = |key: &str| {
        let mut lines = draft.split('\n');
        lines
            .find_map(|line| line.strip_prefix(key))
            .unwrap_or_default()
    };
    Ok(Asked {
        requester: fields.parsed("requester", name)?,
        id: unhex(line("id: ")),
        basis: line("basis: ").to_owned(),
        share_ppm: fields.number("expected_share_ppm")?,
        complete,
    })
}
