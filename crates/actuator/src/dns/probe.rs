//! Whether resolvers answer names as the zone says: the zone alone shows what they were told. In: the zone as it was read. Out: rules that are not answered as they say. Never: more questions than a bound; an
//! answer that is taken for ours because none came.

use super::follower::{Follower, Reply, Wait, each};
use super::policy::{Answer, Reach};
use super::primary::Trouble;
use super::view::View;
use super::{Rpz, now};
use crate::substrate::Fault;
use domain::base::Rtype;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// Names that are asked for at each resolver in one look. Over many looks all are.
const PROBES_MAX: usize = 512;
/// Between two questions for the same.
const PAUSE: Duration = Duration::from_millis(20);

impl Rpz {
    /// The rules that can be asked for by their own name, and what they answer.
    fn rules(&self, view: &View) -> BTreeMap<Reach, Answer> {
        let keys = view.keys();
        let wanted = self.means.wanted(keys.keys()).into_iter();
        wanted
            .filter(|(name, (_, entry))| entry.answer != Answer::Pass && *name == entry.rule.name)
            .map(|(_, (_, entry))| (entry.rule, entry.answer))
            .collect()
    }

    /// What is asked for, and what the sinkhole's answer is.
    fn led(&self) -> (Rtype, BTreeSet<IpAddr>) {
        let of = |four: bool| -> BTreeSet<IpAddr> {
            let sinkhole = self.means.sinkhole.iter().copied();
            sinkhole
                .filter(|address| address.is_ipv4() == four)
                .collect()
        };
        let four = of(true);
        if four.is_empty() && !self.means.sinkhole.is_empty() {
            (Rtype::AAAA, of(false))
        } else {
            (Rtype::A, four)
        }
    }

    /// Waits until every resolver answers one rule as it says.
    pub(super) fn answered(&self, view: &View, reach: &Reach, wait: &Wait) -> Result<(), Fault> {
        let Some(answer) = self.rules(view).remove(reach) else {
            // Its own name is another rule's: the state of the zone has to be enough.
            return Ok(());
        };
        let (qtype, led) = self.led();
        let question = [(reach.name.clone(), qtype)];
        let clock = &self.clock;
        let ask = |one: &Follower| -> Result<(), Trouble> {
            loop {
                let answers = one.ask(&question, wait)?;
                let reply = answers.get(&reach.name);
                if as_said(reply, &answer, &led) {
                    return Ok(());
                }
                if wait.is_over(clock.counted()) {
                    let (name, target) = (&one.resolver.name, &reach.name);
                    return Err(format!("{name}: {target} is not answered as the zone says"));
                }
                std::thread::park_timeout(PAUSE);
            }
        };
        let asked = each(&self.followers, ask);
        let troubles: Vec<Trouble> = asked.into_iter().filter_map(Result::err).collect();
        if troubles.is_empty() {
            Ok(())
        } else {
            Err(now(troubles.join("; ")))
        }
    }

    /// Asks each resolver for as many rules as one look does.
    pub(super) fn probe(&mut self, view: &View, wait: &Wait) -> Result<(), Fault> {
        let rules = self.rules(view);
        let behind = |reach: &&Reach| self.asked.as_ref().is_none_or(|asked| *reach > asked);
        let rest = rules.keys().filter(behind);
        // Those behind the last one of before, then from the beginning; twice the same makes no second question.
        let round: Vec<&Reach> = rest.chain(rules.keys()).take(PROBES_MAX).collect();
        let last = round.last().map(|reach| (*reach).clone());
        let round: BTreeSet<&Reach> = round.into_iter().collect();
        let (qtype, led) = self.led();
        let questions: Vec<(String, Rtype)> = round
            .iter()
            .map(|reach| (reach.name.clone(), qtype))
            .collect();
        let asked = each(&self.followers, |one| one.ask(&questions, wait));
        for (at, answers) in asked.into_iter().enumerate() {
            let answers = answers.map_err(now)?;
            let unmet = self.unmet.entry(at).or_default();
            unmet.retain(|reach| rules.contains_key(reach));
            for reach in &round {
                let answer = rules.get(*reach).unwrap_or(&Answer::Pass);
                if as_said(answers.get(&reach.name), answer, &led) {
                    unmet.remove(*reach);
                } else {
                    unmet.insert((*reach).clone());
                }
            }
        }
        self.asked = last.filter(|_| rules.len() > PROBES_MAX);
        Ok(())
    }
}

/// Whether a reply is what a rule says. None at all is not.
fn as_said(reply: Option<&Reply>, answer: &Answer, led: &BTreeSet<IpAddr>) -> bool {
    reply.is_some_and(|reply| match answer {
        Answer::None => reply.no_such_name,
        Answer::Sinkhole(_) => reply.addresses == *led,
        Answer::Pass => true,
    })
}
