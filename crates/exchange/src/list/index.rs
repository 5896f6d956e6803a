//! What look-ups need. In: entries of warning lists, things that somebody owns. Out: nested ranges and a set of names. Never: a look at more entries than those that
//! hold what is asked for.

use sakimori_select::Prefix;
use std::collections::BTreeMap;

/// Prefixes in order, each with the narrowest that holds it.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    prefix: Prefix,
    list: u32,
    entry: u32,
    parent: Option<u32>,
}

impl Ranges {
    pub(crate) fn new(mut all: Vec<(Prefix, u32, u32)>) -> Self {
        all.sort_by_key(|(prefix, list, entry)| (prefix.first, prefix.bits, *list, *entry));
        let mut rows: Vec<Row> = Vec::with_capacity(all.len());
        let mut open: Vec<u32> = Vec::new();
        for (prefix, list, entry) in all {
            while let Some(last) = open.last() {
                let holds = rows
                    .get(*last as usize)
                    .is_some_and(|row| row.prefix.last() >= prefix.first);
                if holds {
                    break;
                }
                open.pop();
            }
            let parent = open.last().copied();
            open.push(rows.len() as u32);
            rows.push(Row {
                prefix,
                list,
                entry,
                parent,
            });
        }
        Self { rows }
    }

    /// Every prefix that holds a range, the narrowest first.
    pub(crate) fn holding(&self, first: u128, bits: u8, add: &mut impl FnMut((u32, u32))) {
        let last = first | u128::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
        let behind = self
            .rows
            .partition_point(|row| (row.prefix.first, row.prefix.bits) <= (first, bits));
        let mut at = behind.checked_sub(1).map(|at| at as u32);
        while let Some(row) = at.and_then(|at| self.rows.get(at as usize)) {
            if row.prefix.first <= first && row.prefix.last() >= last {
                add((row.list, row.entry));
            }
            at = row.parent;
        }
    }
}

/// Names whose everything below is meant too.
#[derive(Debug, Default)]
pub(crate) struct Suffixes {
    names: BTreeMap<String, Vec<(u32, u32)>>,
}

impl Suffixes {
    pub(crate) fn add(&mut self, entry: &str, list: u32, at: u32) {
        let name = entry.trim_start_matches('.').trim_end_matches('.');
        let name = name.to_lowercase();
        self.names.entry(name).or_default().push((list, at));
    }

    /// Every entry that is the name or above it, the narrowest first.
    pub(crate) fn holding(&self, name: &str, add: &mut impl FnMut((u32, u32))) {
        let mut rest = Some(name);
        while let Some(name) = rest {
            if let Some(found) = self.names.get(name) {
                found.iter().copied().for_each(&mut *add);
            }
            rest = name.split_once('.').map(|(_, above)| above);
        }
    }
}
