//! What the office itself puts into a collection: products that were let go. In: a collection, for whom the product is, its objects. Out: objects that are there, or why not. Never: a collection
//! with a reader for whom the product is not.

use super::{Taxii, post};
use crate::app::Shared;
use crate::problem::{Answer, Code, Problem};
use sakimori_custody::class::Class;
use sakimori_release::Recipient;

impl Taxii {
    /// Holds a product to a collection: its class, and each of its readers among those for whom the product is.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Refused`].
    pub(crate) fn suits(
        &self,
        collection: &str,
        class: Class,
        recipients: &[Recipient],
    ) -> Answer<()> {
        let found = self.plan.collection(collection);
        let found =
            found.ok_or_else(|| Problem::new(Code::NotFound, "there is no such collection"))?;
        let no = |why: String| Err(Problem::new(Code::Refused, format!("collection: {why}")));
        if self.is_council(found) {
            return no("the council is given submissions with their opinion alone".to_owned());
        }
        if found.class != class {
            return no(format!("it is for {}, the product is {class}", found.class));
        }
        for name in found.readers.keys() {
            let kind = self.plan.machines.get(name).map(|machine| machine.kind);
            let named = recipients
                .iter()
                .any(|to| Some(to.kind) == kind && to.name.as_str() == name);
            if !named {
                return no(format!("`{name}` reads it and is not among the recipients"));
            }
        }
        Ok(())
    }

    /// Adds the objects of a product. Waits for the database.
    ///
    /// # Errors
    /// [`Code::Fault`]: what is there of it stays; the same objects may be added again.
    pub(crate) fn give(&self, app: &Shared, collection: &str, objects: &[String]) -> Answer<usize> {
        let body = format!("{{\"objects\":[{}]}}", objects.join(","));
        let given = post::own(app, self, collection, body.as_bytes());
        given.map_err(|fail| {
            let cause = fail.cause.unwrap_or_else(|| fail.error.to_string());
            Problem::hidden(Code::Fault, cause)
        })
    }
}
