//! The plainest product: fields with values, and tables of counts. In: names, what each tells, values. Out: JSON with sorted keys. Never: what a field tells in what
//! leaves: that is for the gate.

use crate::content::{Field, FieldKind, Minimise};
use crate::pseudonym::Tagger;
use crate::rest::Keep;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The group of all that were too small.
const OTHERS: &str = "others";

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Column {
    /// [`FieldKind::code`].
    kind: u8,
    /// For tags: what its values are, as `mail`.
    domain: String,
    values: Vec<String>,
}

/// A product of fields and counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    columns: BTreeMap<String, Column>,
    counts: BTreeMap<String, BTreeMap<String, u64>>,
}

/// As it leaves.
#[derive(Serialize)]
struct Leaving<'s> {
    counts: &'s BTreeMap<String, BTreeMap<String, u64>>,
    fields: BTreeMap<&'s str, &'s [String]>,
}

impl Sheet {
    /// A sheet with one plain field `text`.
    pub fn plain(text: &str) -> Self {
        Self::default().with("text", FieldKind::Plain, "text", [text])
    }

    /// With a field: its name (1 to 64 of `a-z 0-9 . _ -`), what it tells, what its values are (fields of one domain get tags that join), the values.
    #[must_use]
    pub fn with<'v>(
        mut self,
        name: &str,
        kind: FieldKind,
        domain: &str,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Self {
        let column = Column {
            kind: kind.code(),
            domain: domain.to_owned(),
            values: values.into_iter().map(str::to_owned).collect(),
        };
        self.columns.insert(name.to_owned(), column);
        self
    }

    /// With a table of counts: cases by group. A table is a plain field.
    #[must_use]
    pub fn with_counts<'v>(
        mut self,
        name: &str,
        groups: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> Self {
        let groups = groups
            .into_iter()
            .map(|(group, cases)| (group.to_owned(), cases));
        self.counts.insert(name.to_owned(), groups.collect());
        self
    }

    /// The values of a field; nothing where it is not there.
    pub fn values(&self, name: &str) -> &[String] {
        self.columns.get(name).map_or(&[], |column| &column.values)
    }

    /// The groups of a table; `None` where it is not there.
    pub fn groups(&self, name: &str) -> Option<&BTreeMap<String, u64>> {
        self.counts.get(name)
    }
}

impl Minimise for Sheet {
    fn fields(&self) -> Vec<Field> {
        let field = |name: &String, kind| Field {
            name: name.clone(),
            kind,
        };
        // A number that no version knows can only have been read from a store; it tells most.
        let kind = |code| FieldKind::from_code(code).unwrap_or(FieldKind::Report);
        let columns = self.columns.iter();
        let columns = columns.map(|(name, column)| field(name, kind(column.kind)));
        let tables = self.counts.keys().map(|name| field(name, FieldKind::Plain));
        columns.chain(tables).collect()
    }

    fn remove(&mut self, field: &str) {
        self.columns.remove(field);
        self.counts.remove(field);
    }

    fn pseudonymise(&mut self, field: &str, tagger: &Tagger<'_>) {
        if let Some(column) = self.columns.get_mut(field) {
            for value in &mut column.values {
                *value = tagger.tag(&column.domain, value);
            }
            column.kind = FieldKind::Pseudonym.code();
        }
    }

    fn aggregate(&mut self, least: u64) {
        for groups in self.counts.values_mut() {
            if groups.values().all(|cases| *cases >= least) {
                continue;
            }
            let mut small = 0_u64;
            groups.retain(|group, cases| {
                let stays = *cases >= least && group != OTHERS;
                if !stays {
                    small = small.saturating_add(*cases);
                }
                stays
            });
            // Too few together as well: they are left out.
            if small >= least {
                groups.insert(OTHERS.to_owned(), small);
            }
        }
    }

    fn smallest_group(&self) -> Option<u64> {
        let cases = self.counts.values().flat_map(BTreeMap::values);
        cases.min().copied()
    }

    fn bytes(&self) -> Vec<u8> {
        let fields = self.columns.iter();
        let leaving = Leaving {
            counts: &self.counts,
            fields: fields
                .map(|(name, column)| (name.as_str(), column.values.as_slice()))
                .collect(),
        };
        // Texts and numbers in maps of text: there is nothing that JSON has not.
        serde_json::to_vec(&leaving).unwrap_or_default()
    }
}

impl Keep for Sheet {
    fn keep(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_groups_are_put_together_or_left_out() {
        let check = |groups: &[(&str, u64)], least, expected: &[(&str, u64)]| {
            let mut sheet = Sheet::default().with_counts("t", groups.iter().copied());
            sheet.aggregate(least);
            let left: Vec<_> = sheet
                .groups("t")
                .unwrap()
                .iter()
                .map(|(g, n)| (g.as_str(), *n))
                .collect();
            assert_eq!(left, expected);
        };
        check(&[("a", 5), ("b", 9)], 5, &[("a", 5), ("b", 9)]);
        check(
            &[("a", 4), ("b", 9), ("c", 1)],
            5,
            &[("b", 9), ("others", 5)],
        );
        check(&[("a", 4), ("b", 9)], 5, &[("b", 9)]);
        check(&[("a", 4), ("others", 9)], 5, &[("others", 13)]);
        check(&[("a", 1)], 2, &[]);
        check(&[], 2, &[]);
    }

    #[test]
    fn what_leaves_says_values_and_counts_and_not_what_they_tell() {
        let sheet = Sheet::plain("a beacon")
            .with("who", FieldKind::Party, "operator", ["acme"])
            .with_counts("sectors", [("energy", 7)]);
        let text = String::from_utf8(sheet.bytes()).unwrap();
        assert_eq!(
            text,
            r#"{"counts":{"sectors":{"energy":7}},"fields":{"text":["a beacon"],"who":["acme"]}}"#
        );
        assert_eq!(Sheet::read(&sheet.keep()), Some(sheet));
        assert_eq!(Sheet::read(b"{}"), None);
    }
}
