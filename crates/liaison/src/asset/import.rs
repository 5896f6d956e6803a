//! What changes a register: a list, answers, what is said of the operator. In: those, who acts, the time. Out: one transaction. Never: half of a list; a number that is
//! given twice; an entry that was told of and vanishes before that is told.

use super::duty::{class_of, due_of, scope};
use super::parts::{changes, load};
use super::{Act, Entry, FILINGS_MAX, Head, Profile, REGISTER_MAX, Register};
use crate::error::LiaisonError;
use sakimori_advisory::matching::names::{Aliases, maker_key};
use sakimori_advisory::version::cpe::Cpe;
use sakimori_advisory::version::purl::Purl;
use sakimori_cooperate::Terms;
use sakimori_cooperate::asset::Asset;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::form::{ListError, read_csv, read_list_workbook};
use sakimori_cooperate::scope::{Questions, Scope};
use sakimori_store::Store;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Reads a list: a workbook by its first bytes, else CSV in UTF-8 or `Shift_JIS`.
///
/// # Errors
/// [`ListError`] names every cell that is wrong; nothing is taken then.
pub fn read_list(bytes: &[u8]) -> Result<Vec<Asset>, ListError> {
    if bytes.starts_with(b"PK") {
        return read_list_workbook(bytes);
    }
    read_csv(bytes, None)
}

/// What a list is to the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is the whole register: what is not in it is not used any more.
    Whole,
    /// It comes to what is there.
    More,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Entries that are new.
    pub added: Vec<Added>,
    /// Numbers of entries that say something else now.
    pub changed: Vec<u64>,
    /// Numbers of entries that are not used any more.
    pub removed: Vec<u64>,
    /// How many are as they were.
    pub same: usize,
}

/// A new entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its number.
    pub number: u64,
    /// Its maker.
    pub maker: String,
    /// Its product.
    pub product: String,
}

/// What makes two lines of lists the same entry. Class, version, count, whether it is bespoke and the names that programs know may differ.
type Same = (String, String, String, String, String, Date);

fn same(asset: &Asset) -> Same {
    (
        asset.maker.clone(),
        asset.product.clone(),
        asset.model.clone(),
        asset.equipment.clone(),
        format!("{:?} {:?}", asset.location, asset.part),
        asset.introduced,
    )
}

/// Holds CPE names and package URLs to their grammar: one that is not read would find nothing, and nobody would know.
fn names_read(list: &[Asset]) -> Result<(), LiaisonError> {
    for (at, asset) in list.iter().enumerate() {
        let cpe = (!asset.cpe.is_empty()).then(|| Cpe::read(&asset.cpe));
        let purl = (!asset.purl.is_empty()).then(|| Purl::read(&asset.purl));
        let cpe = cpe.and_then(Result::err).map(|e| ("cpe", e.to_string()));
        let purl = purl.and_then(Result::err).map(|e| ("purl", e.to_string()));
        if let Some((column, what)) = cpe.or(purl) {
            return Err(LiaisonError::Refused {
                field: format!("{} {}, column {column}", asset.maker, asset.product),
                rule: format!("{what} (asset {} of the list)", at + 1),
            });
        }
    }
    Ok(())
}

/// Takes a list, all of it or nothing. `on` is the day on which what changed did change.
///
/// # Errors
/// [`LiaisonError::Refused`]: the register would be too large, or a CPE name or package URL is none; what the store says.
pub async fn import(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    list: Vec<Asset>,
    (how, on): (How, Date),
    terms: &Terms,
) -> Result<Imported, LiaisonError> {
    names_read(&list)?;
    let register = load(store, act.owner).await?;
    let mut head = register.said();
    let (entries, done) = merged(&register, &mut head, list, how, on);
    if entries.len() > REGISTER_MAX {
        return Err(LiaisonError::Refused {
            field: "list".to_owned(),
            rule: format!("the register would have more than {REGISTER_MAX} entries"),
        });
    }
    let due = due_of(&head, &entries, terms);
    let mut all = changes(&register, &head, &entries, &act, due)?;
    let detail = format!(
        "{} added, {} changed, {} removed, {} the same",
        done.added.len(),
        done.changed.len(),
        done.removed.len(),
        done.same
    );
    all.push(act.audit("import-assets", act.owner, detail));
    store.apply(&all).await?;
    Ok(done)
}

fn merged(
    register: &Register,
    head: &mut Head,
    list: Vec<Asset>,
    how: How,
    on: Date,
) -> (Vec<Entry>, Imported) {
    let mut entries = register.entries.clone();
    let mut known: HashMap<Same, VecDeque<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if how == How::Whole && entry.is_in_use() {
            known.entry(same(&entry.asset)).or_default().push_back(at);
        }
    }
    let mut done = Imported::default();
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    let mut new = Vec::new();
    for asset in list {
        let at = known.get_mut(&same(&asset)).and_then(VecDeque::pop_front);
        match at.and_then(|at| Some((at, entries.get_mut(at)?))) {
            Some((at, entry)) => {
                kept.insert(at);
                if entry.asset == asset {
                    done.same += 1;
                    continue;
                }
                done.changed.push(entry.number);
                if entry.asset.class != asset.class {
                    // The answers gave another class than the list: they are asked anew.
                    entry.questions = None;
                }
                entry.asset = asset;
                mark(entry, on);
            }
            None => new.push(asset),
        }
    }
    if how == How::Whole {
        for (at, entry) in entries.iter_mut().enumerate() {
            if entry.is_in_use() && !kept.contains(&at) {
                done.removed.push(entry.number);
                entry.removed_on = Some(on);
            }
        }
        // What nobody was told of needs no farewell.
        entries.retain(|entry| entry.is_in_use() || entry.told.is_some());
    }
    for asset in new {
        let number = head.next;
        head.next += 1;
        done.added.push(Added {
            number,
            maker: asset.maker.clone(),
            product: asset.product.clone(),
        });
        entries.push(Entry {
            number,
            asset,
            questions: None,
            told: None,
            changed_on: None,
            removed_on: None,
        });
    }
    (entries, done)
}

/// Notes whether an entry is another than what was told.
fn mark(entry: &mut Entry, on: Date) {
    let differs = entry
        .told
        .as_ref()
        .is_some_and(|told| *told != entry.item());
    entry.changed_on = differs.then(|| entry.changed_on.unwrap_or(on));
}

/// Takes the answers about the computer of an entry. The class that they bear out takes the place of the list's.
///
/// # Errors
/// [`LiaisonError::Missing`]; what the store says.
pub async fn answer(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    number: u64,
    questions: Questions,
    terms: &Terms,
) -> Result<Scope, LiaisonError> {
    let register = load(store, act.owner).await?;
    register.entry(number)?;
    let mut entries = register.entries.clone();
    let mut judged = None;
    for entry in entries.iter_mut().filter(|entry| entry.number == number) {
        entry.questions = Some(questions);
        if let Some(class) = class_of(&questions, terms) {
            entry.asset.class = class;
        }
        mark(entry, Date::of(act.at));
        judged = Some(scope(entry, terms));
    }
    let head = register.said();
    let due = due_of(&head, &entries, terms);
    let mut all = changes(&register, &head, &entries, &act, due)?;
    all.push(act.audit("answer-scope", &number.to_string(), String::new()));
    store.apply(&all).await?;
    judged.ok_or_else(|| LiaisonError::Missing {
        what: format!("entry {number} in the register"),
    })
}

/// Takes what is said of the operator.
///
/// # Errors
/// [`LiaisonError::Refused`]: too many filings; what the store says.
pub async fn profile(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    said: Profile,
    terms: &Terms,
) -> Result<(), LiaisonError> {
    if said.filings.len() > FILINGS_MAX {
        return Err(LiaisonError::Refused {
            field: "filings".to_owned(),
            rule: format!("are more than {FILINGS_MAX}"),
        });
    }
    let register = load(store, act.owner).await?;
    let mut head = register.said();
    let differs = head.told.as_ref().is_some_and(|told| *told != said.outline);
    head.outline_changed_on = differs.then(|| head.outline_changed_on.unwrap_or(Date::of(act.at)));
    head.profile = Some(said);
    let due = due_of(&head, &register.entries, terms);
    let mut all = changes(&register, &head, &register.entries, &act, due)?;
    all.push(act.audit("outline-operator", act.owner, String::new()));
    store.apply(&all).await?;
    Ok(())
}

/// What the table of names says about the names of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// A name of the list, what it means, who says so.
    pub known: Vec<(String, String, String)>,
    /// Ways of writing that are taken for one maker.
    pub alike: Vec<Vec<String>>,
}

/// Looks up the makers of a list, so that who brought it sees under which name they are matched.
pub fn names<'a>(list: impl Iterator<Item = &'a Asset>, aliases: &Aliases) -> Names {
    let mut written: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut out = Names::default();
    let mut told = BTreeSet::new();
    for asset in list {
        let key = aliases.maker(&asset.maker);
        let own = maker_key(&asset.maker);
        if own != key && told.insert(asset.maker.as_str()) {
            let pair = aliases
                .pairs()
                .iter()
                .find(|pair| maker_key(&pair.written) == own && maker_key(&pair.means) == key);
            if let Some(pair) = pair {
                out.known
                    .push((asset.maker.clone(), pair.means.clone(), pair.source.clone()));
            }
        }
        written.entry(key).or_default().insert(&asset.maker);
    }
    let several = written.into_values().filter(|ways| ways.len() > 1);
    out.alike = several
        .map(|ways| ways.into_iter().map(str::to_owned).collect())
        .collect();
    out
}
