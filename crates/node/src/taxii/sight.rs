//! What a machine is shown, by TLP. In: markings of objects, the strictest that machine and collection allow. Out: seen or withheld. Never: an object without a marking that is looser
//! than its collection; a marking that nobody knows and that is shown to more than those who see everything.

use super::plan::{Collection, Machine, Plan, Who};
use sakimori_custody::time::Seconds;
use sakimori_exchange::taxii::{Key, New, Outcome, Row, Sight, Store, StoreError, Wanted};
use sakimori_release::Tlp;
use std::collections::BTreeSet;

/// The markings of STIX 2.1 section 7.2.1.4 (TLP 1) and of OASIS' common objects (TLP 2.0).
const TLP: [(&str, Tlp); 9] = [
    ("613f2e26-407d-48c7-9eca-b8e91df99dc9", Tlp::Clear),
    ("34098fce-860f-48ae-8e50-ebd3cc5e41da", Tlp::Green),
    ("f88d31f6-486f-44da-b317-01333bde0b82", Tlp::Amber),
    ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Tlp::Red),
    ("94868c89-83c2-464b-929b-a1a8aa3c8487", Tlp::Clear),
    ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Tlp::Green),
    ("55d920b0-5e8b-4f79-9ee9-91f868d9b421", Tlp::Amber),
    ("939a9414-2ddd-4d32-a0cd-375ea402b003", Tlp::AmberStrict),
    ("e828b379-4e03-4974-9ac4-e53a884c97c1", Tlp::Red),
];

/// What stands in the place of a marking where an object has none; no id of an object is empty.
const UNMARKED: &str = "";

/// The TLP of a marking; `None` for one that is none of TLP.
pub(super) fn tlp_of(marking: &str) -> Option<Tlp> {
    let uuid = marking.strip_prefix("marking-definition--")?;
    TLP.iter().find(|(id, _)| *id == uuid).map(|(_, tlp)| *tlp)
}

/// What one machine is shown of one collection.
#[derive(Clone)]
pub(super) struct Seen<'s> {
    /// Who asks, and when.
    pub(super) who: &'s Who,
    pub(super) now: Seconds,
    /// What the other collections are.
    pub(super) plan: &'s Plan,
    /// The machine.
    pub(super) machine: Machine,
    /// The strictest marking of the collection.
    pub(super) strictest: Tlp,
}

impl Sight for Seen<'_> {
    /// An object of a collection that the machine reads is judged as there. What it may not read is hidden from it, unless the object says of itself that it is for everybody. What lies in no
    /// collection of the file (what a partner gave) goes by what it says of itself; where it says nothing, it hides nothing.
    fn sees_in(&self, collection: &str, row: &Row) -> bool {
        let within = |strictest: Tlp| {
            let there = Self {
                strictest,
                ..self.clone()
            };
            row.markings.iter().all(|marking| there.sees(marking))
        };
        match self.plan.collection(collection) {
            Some(of) if of.rights(self.who, self.now).read => within(of.tlp),
            // An object without a marking is that of its collection: none is for everybody by saying nothing.
            Some(_) => {
                let clear = |marking: &String| {
                    self.plan.statements.contains(marking) || tlp_of(marking) == Some(Tlp::Clear)
                };
                row.markings.iter().all(clear)
            }
            None => {
                let said = row.markings.iter().filter(|marking| *marking != UNMARKED);
                let there = Self {
                    strictest: Tlp::Red,
                    ..self.clone()
                };
                said.into_iter().all(|marking| there.sees(marking))
            }
        }
    }

    fn sees(&self, marking: &str) -> bool {
        if self.plan.statements.contains(marking) {
            return true;
        }
        let tlp = match marking {
            UNMARKED => self.strictest,
            // One that is not known is the strictest.
            other => tlp_of(other).unwrap_or(Tlp::Red),
        };
        let told = !self.machine.tlp1_only || tlp.version1().is_some();
        told && tlp <= self.strictest && tlp <= self.machine.tlp
    }
}

/// Why an object may not be in a collection: its marking is stricter than those of the collection, or looser than its class may carry.
pub(super) fn unfit(
    collection: &Collection,
    statements: &BTreeSet<String>,
    object: &New,
) -> Option<String> {
    let loosest = Tlp::loosest(collection.class);
    let markings = object.markings.iter();
    let mut judged = markings
        .filter(|marking| !statements.contains(*marking))
        .map(|marking| (marking, tlp_of(marking).unwrap_or(Tlp::Red)));
    let (marking, than) = judged
        .find_map(|(marking, tlp)| {
            if tlp > collection.tlp {
                return Some((
                    marking,
                    "stricter than",
                    collection.tlp.label(),
                    "strictest",
                ));
            }
            (tlp < loosest).then(|| (marking, "looser than", loosest.label(), "loosest"))
        })
        .map(|(marking, is, label, end)| {
            (
                marking,
                format!("{is} {label}, the {end} of this collection"),
            )
        })?;
    Some(format!("tlp: its marking {marking} is {than}"))
}

/// What a store is reached by: to read, or to change too.
pub(super) trait Reach {
    /// To read.
    fn get(&self) -> &dyn Store;
    /// To change; `None` where it may only be read.
    fn get_mut(&mut self) -> Option<&mut dyn Store>;
}

impl Reach for &dyn Store {
    fn get(&self) -> &dyn Store {
        *self
    }

    fn get_mut(&mut self) -> Option<&mut dyn Store> {
        None
    }
}

impl Reach for &mut dyn Store {
    fn get(&self) -> &dyn Store {
        *self
    }

    fn get_mut(&mut self) -> Option<&mut dyn Store> {
        Some(*self)
    }
}

/// A store in which what has no marking says so, so that it is judged as what the collection holds at the strictest. A definition of a marking is no secret.
pub(super) struct Marked<'s, R> {
    /// The store.
    pub(super) inner: R,
    /// Markings that say nothing of who may see an object.
    pub(super) statements: &'s BTreeSet<String>,
}

impl<R> Marked<'_, R> {
    fn mark(&self, mut rows: Vec<Row>) -> Vec<Row> {
        for row in &mut rows {
            let bare = row.markings.iter().all(|one| self.statements.contains(one));
            if bare && row.kind != "marking-definition" {
                row.markings.push(UNMARKED.to_owned());
            }
        }
        rows
    }
}

impl<R: Reach> Store for Marked<'_, R> {
    fn rows(
        &self,
        collection: &str,
        after: Option<u64>,
        wanted: &Wanted<'_>,
        at_most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.inner.get().rows(collection, after, wanted, at_most)?;
        Ok(self.mark(rows))
    }

    fn versions_of(&self, collection: &str, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        Ok(self.mark(self.inner.get().versions_of(collection, ids)?))
    }

    fn elsewhere(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<(String, Row)>, StoreError> {
        let found = self.inner.get().elsewhere(collection, ids)?;
        let (places, rows): (Vec<String>, Vec<Row>) = found.into_iter().unzip();
        Ok(places.into_iter().zip(self.mark(rows)).collect())
    }

    fn add(
        &mut self,
        collection: &str,
        objects: &[New],
        now_micros: u64,
    ) -> Result<Vec<Outcome>, StoreError> {
        let store = self.inner.get_mut().ok_or(StoreError)?;
        store.add(collection, objects, now_micros)
    }

    fn remove(
        &mut self,
        collection: &str,
        keys: &[Key],
        now_micros: u64,
    ) -> Result<(), StoreError> {
        let store = self.inner.get_mut().ok_or(StoreError)?;
        store.remove(collection, keys, now_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(id: &str) -> Who {
        Who {
            id: id.to_owned(),
            read: true,
            write: true,
        }
    }

    #[test]
    fn what_lies_in_another_collection_is_judged_as_there() {
        let plan = crate::taxii::config::read(crate::taxii::config::tests::GOOD).unwrap();
        // `m-1` reads the first collection, up to green, and not the second.
        let (who, machine) = (who("m-1"), plan.machines["m-1"].clone());
        let sight = Seen {
            who: &who,
            now: Seconds(0),
            plan: &plan,
            machine,
            strictest: Tlp::Red,
        };
        let shown = |collection: &str, uuid: &str| {
            let marking = match uuid {
                UNMARKED => UNMARKED.to_owned(),
                uuid => format!("marking-definition--{uuid}"),
            };
            let row = Row {
                key: Key {
                    id: "malware--1".to_owned(),
                    version: String::new(),
                    spec_version: sakimori_exchange::stix::SpecVersion::V21,
                },
                kind: "malware".to_owned(),
                date_added: 1,
                markings: vec![marking],
                references: Vec::new(),
                raw: String::new(),
            };
            sight.sees_in(collection, &row)
        };
        let [clear, green, amber, red] = [4, 5, 6, 8].map(|at| TLP[at].0);
        let all = [UNMARKED, clear, green, amber, red];
        let of = |collection: &str| all.map(|marking| shown(collection, marking));
        let open = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
        assert_eq!(of(open), [true, true, true, false, false]);
        let closed = "52892447-4d7e-4f70-b94d-d7f22742ff63";
        assert_eq!(of(closed), [false, true, false, false, false]);
        // What a partner gave lies in no collection of the file: `m-1` is shown amber at the strictest.
        let polled = "0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00";
        assert_eq!(of(polled), [true, true, true, true, false]);
    }

    #[test]
    fn markings_are_shown_up_to_the_stricter_of_machine_and_collection() {
        let mut plan = crate::taxii::config::read(crate::taxii::config::tests::GOOD).unwrap();
        plan.statements = BTreeSet::from(["marking-definition--a".to_owned()]);
        let who = who("m-1");
        let id = |uuid: &str| format!("marking-definition--{uuid}");
        let seen = |tlp, strictest, tlp1_only| {
            let machine = Machine {
                kind: sakimori_release::RecipientKind::Operator,
                tlp,
                tlp1_only,
                member: None,
            };
            let sight = Seen {
                who: &who,
                now: Seconds(0),
                plan: &plan,
                machine,
                strictest,
            };
            let all: Vec<bool> = TLP.iter().map(|(uuid, _)| sight.sees(&id(uuid))).collect();
            let unknown = sight.sees("marking-definition--b");
            (
                all,
                sight.sees(UNMARKED),
                unknown,
                sight.sees("marking-definition--a"),
            )
        };
        let t = true;
        let f = false;
        // In the order of the table: white, green, amber, red; clear, green, amber, amber+strict, red.
        assert_eq!(
            seen(Tlp::Red, Tlp::Red, f),
            (vec![t, t, t, t, t, t, t, t, t], t, t, t)
        );
        assert_eq!(
            seen(Tlp::Red, Tlp::Red, t),
            (vec![t, t, t, t, t, t, t, f, t], t, t, t)
        );
        assert_eq!(
            seen(Tlp::Green, Tlp::Amber, f),
            (vec![t, t, f, f, t, t, f, f, f], f, f, t)
        );
        assert_eq!(
            seen(Tlp::Red, Tlp::Amber, f),
            (vec![t, t, t, f, t, t, t, f, f], t, f, t)
        );
        assert_eq!(
            seen(Tlp::Clear, Tlp::Clear, f),
            (vec![t, f, f, f, t, f, f, f, f], t, f, t)
        );
    }
}
