//! The council's collections (Act 42/2025 art. 45). In: a machine that reads for a member; a submission that was given, with its opinion. Out: whether the machine reads now; objects in the
//! collection. Never: a reader whose member has no consent on record or has left; an object of a submission without the opinion on its handling.

use super::fail::{Done, hidden};
use super::plan::{Collection, Who};
use super::{Taxii, post};
use crate::app::{App, Shared};
use crate::part::Part;
use crate::problem::{Answer, Code, Problem};
use sakimori_custody::class::Class;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::council;
use sakimori_liaison::product::{Maker, uuid_of};
use sakimori_liaison::share::council::{Copy, objects};
use sakimori_release::Tlp;

impl Taxii {
    /// A machine as it may read now: one that reads for a member of the council reads while that is a member.
    pub(super) async fn seated(&self, app: &Shared, mut who: Who) -> Done<Who> {
        let machine = self.plan.machines.get(&who.id);
        if let Some(member) = machine.and_then(|machine| machine.member.as_ref()) {
            let council = council::council(app.store.as_ref()).await;
            let council = council.map_err(hidden)?;
            who.read &= council.is_member(member, app.host.seconds());
        }
        Ok(who)
    }

    /// Whether the council reads a collection.
    pub(super) fn is_council(&self, of: &Collection) -> bool {
        let machine = |name: &String| self.plan.machines.get(name);
        of.readers
            .keys()
            .any(|name| machine(name).is_some_and(|one| one.member.is_some()))
    }

    /// Holds a submission to a collection of the council: its class, its marking, and each reader there reads for one of those whom it is given to.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Refused`].
    pub(crate) fn suits_council(
        &self,
        collection: &str,
        (class, tlp): (Class, Tlp),
        members: &[Name],
    ) -> Answer<()> {
        let found = self.plan.collection(collection);
        let found =
            found.ok_or_else(|| Problem::new(Code::NotFound, "there is no such collection"))?;
        let no = |why: String| Err(Problem::new(Code::Refused, format!("collection: {why}")));
        if found.class != class {
            return no(format!(
                "it is for {}, the submission is {class}",
                found.class
            ));
        }
        if tlp > found.tlp {
            return no(format!("it holds {} at the strictest", found.tlp.label()));
        }
        for name in found.readers.keys() {
            let member = self.plan.machines.get(name).and_then(|m| m.member.as_ref());
            if !member.is_some_and(|member| members.contains(member)) {
                return no(format!(
                    "`{name}` reads it, and for no member that it is given to"
                ));
            }
        }
        Ok(())
    }

    /// Puts a submission that was given into a collection, with its opinion. Waits for the database.
    ///
    /// # Errors
    /// [`Code::Fault`]: what is there of it stays.
    pub(crate) fn give_council(
        &self,
        app: &App,
        collection: &str,
        copy: &Copy<'_>,
    ) -> Answer<usize> {
        let Part::Office(office) = &app.part else {
            return Err(Problem::new(Code::NotImplemented, ""));
        };
        // The office is known by its key; that there is one is no news.
        let key = office.trust_root().office.to_string();
        let maker = Maker {
            uuid: uuid_of(key.as_bytes()),
            since: Seconds(0),
            name: "office".to_owned(),
        };
        let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
        let all = objects(copy, &maker, app.host.seconds(), || app.host.bytes());
        let body = format!("{{\"objects\":[{}]}}", all.map_err(fault)?.join(","));
        let given = post::own(app, self, collection, body.as_bytes());
        given.map_err(|fail| {
            let cause = fail.cause.unwrap_or_else(|| fail.error.to_string());
            Problem::hidden(Code::Fault, cause)
        })
    }
}
