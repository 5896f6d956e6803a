//! `taxii.json` in the office's folder: roots, collections, and who reads and writes them. In: the text. Out: a plan that the law's table of recipients lets stand. Never: a file of which
//! a part is passed over; a reader whose kind may not be given the collection's class.
//!
//! The reference is `docs/reference/taxii.md`.

use super::gate;
use super::plan::{Collection, Machine, Plan, Root, Standing, Term};
use sakimori_custody::class::Class;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_release::matrix::{Rule, look_up};
use sakimori_release::{ConditionKind, Marking, Pap, RecipientKind, Tlp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Longest body where the file says nothing, in bytes: a hundred thousand objects of some 670 bytes.
const BODY_BYTES_USUAL: u64 = 64 << 20;
/// Longest body that the file can allow, in bytes: what is read as one text of many objects (`json::Limits::MANY`).
pub(super) const BODY_BYTES_MAX: u64 = 128 << 20;
/// Requests of a machine in a minute where the file says nothing.
const REQUESTS_USUAL: u32 = 600;
/// Most requests of a machine in a minute that the file can allow.
const REQUESTS_MAX: u32 = 1_000_000;
/// Most machines, groups, roots, collections of a root, and names in a list.
const ITEMS_MAX: usize = 1000;
/// Longest text in bytes.
const TEXT_BYTES_MAX: usize = 2000;

/// Why a file is not taken. Who wrote it acts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub(super) struct ConfigError {
    /// Where: a path such as `roots[0].collections[1].read[0]`, or a line and column.
    pub(super) place: String,
    /// What is wrong there.
    pub(super) problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    description: Option<String>,
    contact: Option<String>,
    max_content_length: Option<u64>,
    requests_a_minute: Option<u32>,
    #[serde(default)]
    statements: Vec<String>,
    machines: Vec<MachineText>,
    #[serde(default)]
    groups: Vec<GroupText>,
    roots: Vec<RootText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MachineText {
    id: String,
    kind: String,
    tlp: String,
    #[serde(default)]
    tlp1_only: bool,
    member: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupText {
    name: String,
    machines: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootText {
    name: String,
    title: String,
    description: Option<String>,
    #[serde(default)]
    default: bool,
    collections: Vec<CollectionText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectionText {
    id: String,
    alias: Option<String>,
    title: String,
    description: Option<String>,
    class: String,
    tlp: String,
    #[serde(default)]
    read: Vec<String>,
    #[serde(default)]
    write: Vec<String>,
    #[serde(default)]
    conditions: Vec<ConditionText>,
    minimised: Option<String>,
    #[serde(default)]
    inbox: bool,
    gate: Option<GateText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GateText {
    by: String,
    reason: String,
    rights: String,
    until: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionText {
    kind: String,
    until: String,
    record: String,
}

type Checked<T> = Result<T, ConfigError>;

fn wrong<T>(place: impl Into<String>, problem: impl Into<String>) -> Checked<T> {
    Err(ConfigError {
        place: place.into(),
        problem: problem.into(),
    })
}

/// Reads a file.
///
/// # Errors
/// [`ConfigError`].
pub(super) fn read(text: &str) -> Checked<Plan> {
    let file: File = serde_json::from_str(text).map_err(|e| {
        let place = format!("line {}, column {}", e.line(), e.column());
        let told = e.to_string();
        let told = told.split(" at line ").next().unwrap_or_default();
        ConfigError {
            place,
            problem: told.to_owned(),
        }
    })?;
    described("", &file.title, file.description.as_deref())?;
    if let Some(contact) = &file.contact {
        written("contact", contact)?;
    }
    let machines = machines(&file.machines)?;
    let groups = groups(&file.groups, &machines)?;
    few("roots", file.roots.len())?;
    if file.roots.is_empty() {
        return wrong("roots", "there is none");
    }
    let house = House {
        machines: &machines,
        groups: &groups,
    };
    let mut roots = Vec::new();
    for (at, root) in file.roots.iter().enumerate() {
        roots.push(house.root(&format!("roots[{at}]"), root)?);
    }
    each_once(&roots)?;
    Ok(Plan {
        title: file.title,
        description: file.description,
        contact: file.contact,
        body_bytes_max: within(
            "max_content_length",
            file.max_content_length.unwrap_or(BODY_BYTES_USUAL),
            BODY_BYTES_MAX,
        )?,
        requests_a_minute: within(
            "requests_a_minute",
            file.requests_a_minute.unwrap_or(REQUESTS_USUAL),
            REQUESTS_MAX,
        )?,
        statements: statements(&file.statements)?,
        machines,
        roots,
    })
}

fn within<N: Copy + PartialOrd + Default + std::fmt::Display>(
    place: &str,
    value: N,
    most: N,
) -> Checked<N> {
    if value <= N::default() || value > most {
        return wrong(place, format!("{value} is not between 1 and {most}"));
    }
    Ok(value)
}

fn few(place: &str, count: usize) -> Checked<()> {
    if count > ITEMS_MAX {
        return wrong(place, format!("more than {ITEMS_MAX}"));
    }
    Ok(())
}

fn written(place: &str, text: &str) -> Checked<()> {
    let bad = text.trim().is_empty() || text.len() > TEXT_BYTES_MAX;
    if bad || text.chars().any(char::is_control) {
        return wrong(
            place,
            format!("a text of 1 to {TEXT_BYTES_MAX} bytes in one line is needed"),
        );
    }
    Ok(())
}

fn described(place: &str, title: &str, description: Option<&str>) -> Checked<()> {
    let dot = if place.is_empty() { "" } else { "." };
    written(&format!("{place}{dot}title"), title)?;
    description.map_or(Ok(()), |text| {
        written(&format!("{place}{dot}description"), text)
    })
}

/// A name that can stand in an address as it is.
fn named(place: &str, name: &str) -> Checked<()> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    let first = name.bytes().next();
    let good = first.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !good || name.len() > 32 || !name.bytes().all(plain) {
        return wrong(
            place,
            format!("`{name}` is no name: 1 to 32 of a-z, 0-9, `.`, `-`, a letter or digit first"),
        );
    }
    Ok(())
}

/// A UUID as it is written: 8-4-4-4-12 hex digits, small.
pub(super) fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || digit(b))
}

fn statements(list: &[String]) -> Checked<BTreeSet<String>> {
    few("statements", list.len())?;
    for (at, id) in list.iter().enumerate() {
        let place = format!("statements[{at}]");
        if !id.strip_prefix("marking-definition--").is_some_and(is_uuid) {
            return wrong(place, "it is no id of a marking-definition");
        }
        if super::sight::tlp_of(id).is_some() {
            return wrong(place, "it is a TLP marking, which is no mere statement");
        }
    }
    Ok(list.iter().cloned().collect())
}

fn machines(list: &[MachineText]) -> Checked<BTreeMap<String, Machine>> {
    few("machines", list.len())?;
    let mut machines = BTreeMap::new();
    for (at, one) in list.iter().enumerate() {
        let place = |field: &str| format!("machines[{at}].{field}");
        named(&place("id"), &one.id)?;
        let Some(kind) = RecipientKind::from_name(&one.kind) else {
            return wrong(
                place("kind"),
                format!("`{}` is no kind of recipient", one.kind),
            );
        };
        let machine = Machine {
            kind,
            tlp: tlp(&place("tlp"), &one.tlp)?,
            tlp1_only: one.tlp1_only,
            member: member(&place("member"), kind, one.member.as_deref())?,
        };
        if machines.insert(one.id.clone(), machine).is_some() {
            return wrong(place("id"), format!("`{}` is there twice", one.id));
        }
    }
    Ok(machines)
}

/// The member that a machine of the council reads for; no other has one.
fn member(place: &str, kind: RecipientKind, member: Option<&str>) -> Checked<Option<Name>> {
    match (kind, member) {
        (RecipientKind::Council, None) => wrong(
            place,
            "a machine of the kind `council` names the member that it reads for (Act 42/2025 art. 45)",
        ),
        (RecipientKind::Council, Some(member)) => name(place, member).map(Some),
        (_, Some(_)) => wrong(place, "it is for machines of the kind `council` alone"),
        (_, None) => Ok(None),
    }
}

fn name(place: &str, text: &str) -> Checked<Name> {
    text.parse()
        .or_else(|_| wrong(place, format!("`{text}` is no name")))
}

fn tlp(place: &str, word: &str) -> Checked<Tlp> {
    match Tlp::known(word) {
        Some(tlp) => Ok(tlp),
        None => wrong(place, format!("`{word}` is no marking of TLP")),
    }
}

fn groups(
    list: &[GroupText],
    machines: &BTreeMap<String, Machine>,
) -> Checked<BTreeMap<String, Vec<String>>> {
    few("groups", list.len())?;
    let mut groups = BTreeMap::new();
    for (at, group) in list.iter().enumerate() {
        let place = format!("groups[{at}]");
        named(&format!("{place}.name"), &group.name)?;
        few(&format!("{place}.machines"), group.machines.len())?;
        for (of, machine) in group.machines.iter().enumerate() {
            if !machines.contains_key(machine) {
                let place = format!("{place}.machines[{of}]");
                return wrong(place, format!("there is no machine `{machine}`"));
            }
        }
        let known = groups.insert(group.name.clone(), group.machines.clone());
        if known.is_some() || machines.contains_key(&group.name) {
            let place = format!("{place}.name");
            return wrong(place, format!("`{}` is there twice", group.name));
        }
    }
    Ok(groups)
}

/// Ids of collections are of the whole file, names of roots too; aliases are of their root.
fn each_once(roots: &[Root]) -> Checked<()> {
    let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let mut default = false;
    for (at, root) in roots.iter().enumerate() {
        let place = |field: &str| format!("roots[{at}].{field}");
        if !names.insert(&root.name) {
            return wrong(place("name"), format!("`{}` is there twice", root.name));
        }
        if root.default && default {
            return wrong(place("default"), "there is another default root");
        }
        default |= root.default;
        let mut aliases = BTreeSet::new();
        for (at, one) in root.collections.iter().enumerate() {
            let place = |field: &str| place(&format!("collections[{at}].{field}"));
            if !ids.insert(&one.id) {
                return wrong(place("id"), format!("`{}` is there twice", one.id));
            }
            if let Some(alias) = &one.alias
                && !aliases.insert(alias)
            {
                return wrong(place("alias"), format!("`{alias}` is there twice"));
            }
        }
    }
    Ok(())
}

/// Who there is.
struct House<'h> {
    machines: &'h BTreeMap<String, Machine>,
    groups: &'h BTreeMap<String, Vec<String>>,
}

impl House<'_> {
    fn root(&self, place: &str, root: &RootText) -> Checked<Root> {
        named(&format!("{place}.name"), &root.name)?;
        described(place, &root.title, root.description.as_deref())?;
        few(&format!("{place}.collections"), root.collections.len())?;
        let mut collections = Vec::new();
        for (at, one) in root.collections.iter().enumerate() {
            collections.push(self.collection(&format!("{place}.collections[{at}]"), one)?);
        }
        Ok(Root {
            name: root.name.clone(),
            title: root.title.clone(),
            description: root.description.clone(),
            default: root.default,
            collections,
        })
    }

    /// The machines that a list means.
    fn members(&self, place: &str, list: &[String]) -> Checked<BTreeMap<String, String>> {
        few(place, list.len())?;
        let mut members = BTreeMap::new();
        for (at, name) in list.iter().enumerate() {
            let place = format!("{place}[{at}]");
            if self.machines.contains_key(name) {
                members.insert(name.clone(), place);
            } else if let Some(group) = self.groups.get(name) {
                members.extend(group.iter().map(|one| (one.clone(), place.clone())));
            } else {
                return wrong(place, format!("there is no machine or group `{name}`"));
            }
        }
        Ok(members)
    }

    fn collection(&self, place: &str, one: &CollectionText) -> Checked<Collection> {
        let at = |field: &str| format!("{place}.{field}");
        if !is_uuid(&one.id) {
            return wrong(at("id"), "it is no UUID in small letters");
        }
        if let Some(alias) = &one.alias {
            named(&at("alias"), alias)?;
        }
        described(place, &one.title, one.description.as_deref())?;
        let Some(class) = Class::from_name(&one.class) else {
            return wrong(at("class"), format!("`{}` is no class", one.class));
        };
        let tlp = tlp(&at("tlp"), &one.tlp)?;
        let marking = Marking {
            tlp,
            pap: Pap::Clear,
        };
        if let Err(refused) = marking.fits(class) {
            return wrong(at("tlp"), refused.to_string());
        }
        let conditions = conditions(&at("conditions"), &one.conditions)?;
        if let Some(record) = &one.minimised {
            written(&at("minimised"), record)?;
        }
        let read = self.members(&at("read"), &one.read)?;
        let alone = read.len() == 1;
        let mut readers = BTreeMap::new();
        for (machine, place) in read {
            let Some(kind) = self.machines.get(&machine).map(|one| one.kind) else {
                continue;
            };
            let given = Given {
                conditions: &conditions,
                minimised: one.minimised.is_some(),
                alone,
            };
            readers.insert(machine, given.to(&place, class, kind)?);
        }
        let writers = self.members(&at("write"), &one.write)?;
        let gate = one.gate.as_ref();
        let gate = gate.map(|gate| standing(&at("gate"), gate)).transpose()?;
        let collection = Collection {
            id: one.id.clone(),
            alias: one.alias.clone(),
            title: one.title.clone(),
            description: one.description.clone(),
            class,
            tlp,
            readers,
            writers: writers.keys().cloned().collect(),
            conditions,
            inbox: one.inbox,
            gate,
        };
        for (writer, place) in &writers {
            self.posts(place, &collection, writer)?;
        }
        Ok(collection)
    }

    /// Holds what a machine posts for others to the release gate: the collection says how it goes through, and the gate would let it.
    fn posts(&self, place: &str, of: &Collection, writer: &str) -> Checked<()> {
        let council = |name: &String| self.machines.get(name).is_some_and(|m| m.member.is_some());
        if of.readers.keys().any(council) {
            let rule = "the council is given submissions with their opinion alone (Act 42/2025 art. 45): nobody writes what it reads";
            return wrong(place, rule);
        }
        if !of.is_shared(writer) {
            return Ok(());
        }
        if !of.inbox && of.gate.is_none() {
            let rule = format!(
                "others read what `{writer}` writes: `inbox` or `gate` says how it goes through the release gate"
            );
            return wrong(place, rule);
        }
        let tried = gate::tried(self.machines, of, writer);
        tried.or_else(|why| {
            wrong(
                place,
                format!("the release gate would let no post go: {why}"),
            )
        })
    }
}

fn standing(place: &str, gate: &GateText) -> Checked<Standing> {
    let at = |field: &str| format!("{place}.{field}");
    written(&at("reason"), &gate.reason)?;
    written(&at("rights"), &gate.rights)?;
    let Ok(until) = gate.until.parse::<Seconds>() else {
        let form = "it is no time such as 2027-04-01T00:00:00Z";
        return wrong(at("until"), form);
    };
    Ok(Standing {
        by: name(&at("by"), &gate.by)?,
        reason: gate.reason.clone(),
        rights: gate.rights.clone(),
        until,
    })
}

fn conditions(place: &str, list: &[ConditionText]) -> Checked<BTreeMap<ConditionKind, Term>> {
    few(place, list.len())?;
    let mut conditions = BTreeMap::new();
    for (at, one) in list.iter().enumerate() {
        let place = |field: &str| format!("{place}[{at}].{field}");
        let Some(kind) = ConditionKind::from_name(&one.kind) else {
            return wrong(place("kind"), format!("`{}` is no condition", one.kind));
        };
        let Ok(until) = one.until.parse::<Seconds>() else {
            let form = "it is no time such as 2027-04-01T00:00:00Z";
            return wrong(place("until"), form);
        };
        written(&place("record"), &one.record)?;
        let record = one.record.clone();
        if conditions.insert(kind, Term { until, record }).is_some() {
            return wrong(place("kind"), format!("`{kind}` is there twice"));
        }
    }
    Ok(conditions)
}

/// What stands for giving a collection to somebody.
struct Given<'g> {
    conditions: &'g BTreeMap<ConditionKind, Term>,
    minimised: bool,
    alone: bool,
}

impl Given<'_> {
    /// Holds a reader to the table of the law; answers until when it may read, where a condition ends.
    fn to(&self, place: &str, class: Class, kind: RecipientKind) -> Checked<Option<Seconds>> {
        let cell = look_up(class, kind);
        let refused = |why: &str| {
            let article = if cell.article.is_empty() {
                String::new()
            } else {
                format!(" (Act 42/2025 art. {})", cell.article)
            };
            wrong(place, format!("{class} to {kind}{article}: {why}"))
        };
        match cell.rule {
            Rule::Refuse => return refused("it may not be given"),
            Rule::Minimised if !self.minimised => {
                return refused(
                    "only the needed part may: `minimised` names the record of how it is made",
                );
            }
            Rule::Own if !self.alone => {
                return refused("each may have its own alone: such a collection has one reader");
            }
            Rule::Allow | Rule::AllowWith(_) | Rule::Controlled | Rule::Minimised | Rule::Own => {}
        }
        let mut until = None;
        for needed in cell.rule.conditions() {
            let Some(Term { until: end, .. }) = self.conditions.get(needed) else {
                return refused(&format!("`conditions` lacks `{needed}`"));
            };
            until = Some(until.map_or(*end, |earlier: Seconds| earlier.min(*end)));
        }
        Ok(until)
    }
}

#[cfg(test)]
mod matrix;
#[cfg(test)]
pub(crate) mod tests;
