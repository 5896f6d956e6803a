//! What names of targets lead to: looked up by the office's own resolver, the one that `alerts.json` names. In: targets, the resolver. Out: aliases and addresses of now, kept with their time; why nothing is known, in words. Never: silence taken for a
//! name that leads nowhere; a look without an end.
//!
//! A name is looked up before a plan is judged, reviewed, brought before the commission, approved or dispatched, and again and again while it is decided ([`super::beside`]). Where the resolver does not answer the last answer counts for an hour.

use super::{Room, kept};
use crate::api::alert::{resolver_at, resolver_of};
use crate::problem::{Answer, Code, Problem};
use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{Held, NamePaper, Owed, Strayed, keep_name, lives, measure, owe};
use sakimori_respond::plan::life::{Event, Stage};
use sakimori_respond::plan::{Judgement, Plan};
use sakimori_respond::safety::{Name, Seen, Target};
use sakimori_store::StoreError;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Names that are looked up at a time.
const AT_ONCE: usize = 16;
/// Longest look at all names of a measure; those that were not reached are told as not answered.
const LOOK_WAIT: Duration = Duration::from_secs(15);
/// Most names that one leads to, one after the other.
const CHAIN_MAX: usize = 16;
/// Most addresses and names that are kept of one; the engine refuses one with as many.
const SEEN_MAX: usize = 300;
/// How long an answer counts where no newer one is there, seconds.
const COUNTS_SECONDS: u64 = 3600;
/// How young an answer is that is not asked for again before an act, seconds.
const YOUNG_SECONDS: u64 = 5;
/// Most names that are remembered.
const NAMES_MAX: usize = 20_000;

/// What came of a look at a name: what it leads to, and why that may not be all; or why nothing is known.
type Said = Result<(Seen, Option<String>), String>;

/// What is known of one name.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The last answer, and when.
    answer: Option<(Seconds, Seen)>,
    /// When it was last asked for.
    asked: Seconds,
    /// Why the last look gave nothing, or not all.
    failed: Option<String>,
}

/// What is known of names, shared by whoever judges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Arc<Mutex<BTreeMap<String, Known>>>);

impl Names {
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What names lead to, of answers that count.
    pub(super) fn seen(&self, now: Seconds) -> BTreeMap<String, Seen> {
        let known = self.known();
        let counts = known.iter().filter_map(|(target, one)| {
            let (at, seen) = one.answer.as_ref()?;
            (now.0.saturating_sub(at.0) <= COUNTS_SECONDS).then(|| (target.clone(), seen.clone()))
        });
        counts.collect()
    }

    /// Why nothing new is known of a target.
    fn failed(&self, target: &str) -> Option<String> {
        self.known().get(target).and_then(|one| one.failed.clone())
    }

    /// Whether targets were asked for since the node began.
    fn were_asked(&self, targets: &BTreeSet<String>) -> bool {
        let known = self.known();
        targets.iter().all(|target| known.contains_key(target))
    }

    fn is_young(&self, target: &str, now: Seconds, young: u64) -> bool {
        let known = self.known();
        let asked = known.get(target).map(|one| one.asked);
        asked.is_some_and(|asked| asked <= now && now.0 - asked.0 < young)
    }

    fn note(&self, target: &str, said: &Said, now: Seconds) {
        let mut known = self.known();
        if known.len() >= NAMES_MAX && !known.contains_key(target) {
            let oldest = known.iter().min_by_key(|(_, one)| one.asked);
            let oldest = oldest.map(|(target, _)| target.clone());
            if let Some(oldest) = oldest {
                known.remove(&oldest);
            }
        }
        let one = known.entry(target.to_owned()).or_default();
        one.asked = now;
        match said {
            Ok((seen, None)) => {
                one.answer = Some((now, seen.clone()));
                one.failed = None;
            }
            // Half an answer takes the place of none that counts.
            Ok((seen, failed)) => {
                one.failed.clone_from(failed);
                match &mut one.answer {
                    Some((at, before)) if now.0.saturating_sub(at.0) <= COUNTS_SECONDS => {
                        for alias in &seen.aliases {
                            add(&mut before.aliases, alias.clone());
                        }
                        for address in &seen.addresses {
                            add(&mut before.addresses, *address);
                        }
                    }
                    answer => *answer = Some((now, seen.clone())),
                }
            }
            Err(why) => one.failed = Some(why.clone()),
        }
    }
}

/// The name of a target, where it is one.
fn name_of(target: &str) -> Option<Name> {
    match Target::parse(target) {
        Ok(Target::Name { name, .. }) => Some(name),
        _ => None,
    }
}

/// Targets of plans that are names.
pub(super) fn names_in<'p>(plans: impl IntoIterator<Item = &'p Plan>) -> BTreeSet<String> {
    let aims = plans.into_iter().flat_map(|plan| &plan.aims);
    let names = aims.filter(|aim| name_of(&aim.target).is_some());
    names.map(|aim| aim.target.clone()).collect()
}

/// Records of a type and of the names that lead to them; nothing where the answer is that there are none.
async fn records(dns: &TokioResolver, name: &str, of: RecordType) -> Result<Vec<RData>, String> {
    // With the last dot no other name is tried.
    match dns.lookup(format!("{name}."), of).await {
        Ok(found) => {
            let data = found.answers().iter().map(|record| record.data.clone());
            Ok(data.take(2 * SEEN_MAX).collect())
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none)))
            if matches!(
                none.response_code,
                ResponseCode::NoError | ResponseCode::NXDomain
            ) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// What a name leads to now, and why that may not be all: what was answered is judged whatever else was not, for otherwise whoever has the name hides by one bad answer where it leads.
async fn look_up(dns: &TokioResolver, name: &Name) -> Said {
    let mut seen = Seen::default();
    let mut missing = None;
    let mut at = name.to_string();
    let mut been = BTreeSet::from([at.clone()]);
    // An alias that leads to nothing is not in the answer for addresses: it is asked for by itself, name by name.
    for _ in 0..CHAIN_MAX {
        let (v4, v6, alias) = tokio::join!(
            records(dns, &at, RecordType::A),
            records(dns, &at, RecordType::AAAA),
            records(dns, &at, RecordType::CNAME),
        );
        let mut last = None;
        let mut found = false;
        let mut all = Vec::new();
        for answer in [v4, v6, alias] {
            match answer {
                Ok(records) => all.extend(records),
                Err(words) => missing = missing.or(Some(words)),
            }
        }
        for data in all {
            match data {
                RData::A(a) => {
                    found = true;
                    add(&mut seen.addresses, IpAddr::V4(a.0));
                }
                RData::AAAA(aaaa) => {
                    found = true;
                    add(&mut seen.addresses, IpAddr::V6(aaaa.0));
                }
                RData::CNAME(cname) => {
                    let text = cname.0.to_string().to_ascii_lowercase();
                    let text = text.strip_suffix('.').unwrap_or(&text).to_owned();
                    // One that is no name of hosts is in no list; where it leads to is judged.
                    if let Ok(alias) = Name::parse(&text)
                        && alias != *name
                    {
                        add(&mut seen.aliases, alias);
                    }
                    if been.insert(text.clone()) {
                        last = Some(text);
                    }
                }
                _ => {}
            }
        }
        match last {
            Some(next) if !found => at = next,
            _ => return said(seen, missing),
        }
    }
    let on = format!("{name} leads on and on");
    said(seen, missing.or(Some(on)))
}

fn said(seen: Seen, missing: Option<String>) -> Said {
    match missing {
        Some(words) if seen == Seen::default() => Err(words),
        missing => Ok((seen, missing)),
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if list.len() < SEEN_MAX && !list.contains(&one) {
        list.push(one);
    }
}

/// Looks names up, some at a time, and all within a bound.
async fn look_all(dns: Option<TokioResolver>, targets: Vec<String>) -> Vec<(String, Said)> {
    let Some(dns) = dns else {
        let none = "no resolver is set at the office's node";
        let each = targets
            .into_iter()
            .map(|target| (target, Err(none.to_owned())));
        return each.collect();
    };
    let mut left: BTreeSet<String> = targets.into_iter().collect();
    let mut done = Vec::with_capacity(left.len());
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut all = JoinSet::new();
    for target in &left {
        let (dns, room, target) = (dns.clone(), Arc::clone(&room), target.clone());
        all.spawn(async move {
            // It is never closed.
            let _seat = room.acquire().await;
            let said = match name_of(&target) {
                Some(name) => look_up(&dns, &name).await,
                None => Ok((Seen::default(), None)),
            };
            (target, said)
        });
    }
    let gather = async {
        while let Some(one) = all.join_next().await {
            if let Ok((target, said)) = one {
                left.remove(&target);
                done.push((target, said));
            }
        }
    };
    // What comes later than that comes too late; its tasks end with the set.
    let _ = tokio::time::timeout(LOOK_WAIT, gather).await;
    let late = left.into_iter().map(|target| {
        let words = "the resolver did not answer in time";
        (target, Err(words.to_owned()))
    });
    done.extend(late);
    done
}

fn paper(target: &str, said: &Said) -> NamePaper {
    let nothing = Seen::default();
    let (seen, unanswered) = match said {
        Ok((seen, missing)) => (seen, missing.clone()),
        Err(why) => (&nothing, Some(why.clone())),
    };
    // Resolvers turn the order of addresses; that is no other answer.
    let mut addresses: Vec<IpAddr> = seen.addresses.clone();
    addresses.sort_unstable();
    NamePaper {
        target: target.to_owned(),
        aliases: seen.aliases.iter().map(ToString::to_string).collect(),
        addresses: addresses.iter().map(ToString::to_string).collect(),
        unanswered,
    }
}

impl Room {
    /// Looks up the names among the targets of a plan, before it is judged.
    ///
    /// # Errors
    /// What the settings or the store say; a resolver that does not answer is no error.
    pub async fn look(&self, plan: &Plan) -> Answer<()> {
        self.names_anew(names_in([plan]), YOUNG_SECONDS).await
    }

    /// Looks up the names of a measure before something that leads to an effect is judged.
    pub(super) async fn look_before(&self, id: AuthorityId, event: &Event) -> Answer<()> {
        if let Event::Redraft { plan, .. } = event {
            return self.look(plan).await;
        }
        let held = measure(&*self.store, id).await.map_err(|e| kept(&e))?;
        self.look(held.state().plan()).await
    }

    /// Whether an event of a round waits until the names of its plan were looked up since the node began: until then nobody can tell what they lead to. It comes again with the next round.
    pub(super) fn waits_for_names(&self, plan: &Plan, event: &Event) -> bool {
        super::needs_lists(event) && !self.names.were_asked(&names_in([plan]))
    }

    /// Looks up the names of all measures that are before the commission or decided, where no answer is as young as that, in seconds.
    pub(super) async fn names_of_now(&self, young: u64) -> Answer<Vec<Held>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let lives = |one: &Held| {
            let stage = one.state().stage();
            stage.is_decided() || matches!(stage, Stage::Asked | Stage::Questioned)
        };
        let all: Vec<Held> = all.into_iter().filter(lives).collect();
        let plans = all.iter().map(|one| one.state().plan());
        self.names_anew(names_in(plans), young).await?;
        Ok(all)
    }

    /// Looks up targets of which no answer is as young as that, in seconds.
    pub(super) async fn names_anew(&self, targets: BTreeSet<String>, young: u64) -> Answer<()> {
        let now = self.now();
        let old = targets
            .into_iter()
            .filter(|target| !self.names.is_young(target, now, young));
        let old: Vec<String> = old.collect();
        if old.is_empty() {
            return Ok(());
        }
        let folder = self.folder.clone();
        let resolver = tokio::task::spawn_blocking(move || resolver_of(&folder)).await;
        let resolver = resolver.map_err(|e| Problem::hidden(Code::Fault, e))??;
        for (target, said) in look_all(resolver.and_then(resolver_at), old).await {
            self.names.note(&target, &said, now);
            let paper = paper(&target, &said);
            let keeping = keep_name(&*self.store, &paper, now, super::BY).await;
            keeping.map_err(|e| kept(&e))?;
        }
        Ok(())
    }

    /// Calls a person where a decided measure's target leads to what it could not have been approved with, once for each decision; gives what else asks for a look.
    pub(super) async fn looks(&self, one: &Held) -> Answer<Vec<String>> {
        let said = self.with(super::BY, async |measures| {
            let strayed = measures.strayed(one).await?;
            Ok((strayed, measures.cautions_decided(one).await?))
        });
        let (strayed, cautions) = said.await?;
        let id = one.state().plan().id;
        let cautions = cautions.into_iter();
        let each = cautions.flat_map(|(target, all)| {
            let all = all.into_iter();
            all.map(move |words| format!("{target}: {words}"))
        });
        let mut looks: Vec<String> = each.collect();
        for Strayed {
            target,
            forbids,
            words,
            version,
        } in strayed
        {
            if !forbids {
                looks.push(words);
                continue;
            }
            // Its id is its own: it is owed once, whatever falls between and however often the name moves.
            let hash: [u8; 32] = Sha256::digest(format!("strayed {id} {version} {target}")).into();
            let mut own = [0; 16];
            own.copy_from_slice(&hash[..16]);
            let page = owe(own, id, Owed::Page { words }, self.now(), super::BY);
            let page = page.map_err(|e| kept(&e))?;
            match self.store.apply(&[page]).await {
                Ok(()) | Err(StoreError::Exists { .. } | StoreError::Stale { .. }) => {}
                Err(error) => return Err(kept(&error.into())),
            }
        }
        Ok(looks)
    }

    /// What the lists and the names of now say of a plan.
    ///
    /// # Errors
    /// [`Code::Refused`]: there are no lists, or they have ended.
    pub fn judgement(&self, plan: &Plan) -> Answer<Judgement> {
        let (bundle, protected) = self.protected()?;
        let seen = self.names.seen(self.now());
        let (version, sha256) = (bundle.lists.version, bundle.digest);
        Ok(Judgement::of(plan, protected, &seen, version, sha256))
    }

    /// What a person looks at before saying yes to a plan, by the lists and the names of now: targets that are forbidden, entries that it runs into and that do not forbid it, names of which nothing is known; tickets that nobody here can look up.
    pub fn cautions(&self, plan: &Plan) -> Vec<String> {
        let Ok(judged) = self.judgement(plan) else {
            return Vec::new();
        };
        let seen = self.names.seen(self.now());
        // What forbids it comes first: who proposes it is told at once, not only who finds it in order.
        let aims = plan.aims.iter();
        let mut words: Vec<String> = aims
            .filter_map(|aim| judged.of_target(&aim.target).err())
            .map(|why| format!("forbidden: {why}"))
            .collect();
        let cautions = judged.cautions.iter();
        let each = cautions
            .flat_map(|(target, all)| all.iter().map(move |one| format!("{target}: {one}")));
        words.extend(each);
        for target in names_in([plan]) {
            match (self.names.failed(&target), seen.contains_key(&target)) {
                (Some(why), true) => words.push(format!(
                    "{target}: what it leads to was not answered in full just now, what is known counts: {why}"
                )),
                (Some(why), false) => words.push(format!(
                    "{target}: nobody knows what it leads to: {why}"
                )),
                (None, false) => words.push(format!("{target}: what it leads to was not looked up")),
                (None, true) => {}
            }
        }
        words.extend(super::known::elsewhere(plan));
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nobody_asked_for_since_the_start_is_waited_for_and_one_without_an_answer_is_not()
    {
        let names = Names::default();
        let of = |targets: &[&str]| targets.iter().map(|one| (*one).to_owned()).collect();
        let both: BTreeSet<String> = of(&["bad.example", "worse.example"]);
        assert!(names.were_asked(&of(&[])), "addresses lead nowhere");
        assert!(!names.were_asked(&both));
        let silent = Err("the resolver did not answer in time".to_owned());
        names.note("bad.example", &silent, Seconds(1));
        assert!(!names.were_asked(&both));
        names.note("worse.example", &Ok((Seen::default(), None)), Seconds(1));
        assert!(names.were_asked(&both));
    }
}
