//! How the table begins. In: what is there, the program. Out: an empty table of ours that goes with its process, or the reason why there is none. Never: a table of others taken away; one of ours that would stay.

use super::Nftables;
use super::child::{Child, once};
use super::config::ConfigError;
use super::table::{Layout, listing};
use std::io;

/// Bytes of a listing beside its elements, and for each of these.
const LISTING_BYTES: (usize, usize) = (256 * 1024, 512);

/// Why the packet filter does not begin. Its owner acts on it; nothing of ours is in force.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The program cannot be run, or takes too long.
    #[error("{program} cannot be asked")]
    Program {
        /// Which.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It refused to make the table.
    #[error("table inet {table} cannot be made: {why}")]
    Refused {
        /// Which.
        table: String,
        /// Its words.
        why: String,
    },
    /// The table is there without the flag.
    #[error(
        "table inet {0} would stay when this process ends: nft or the kernel takes no notice of `flags owner` (needs Linux 5.12 and nft 1.0.0)"
    )]
    NotOwned(String),
    /// Another process has it.
    #[error("table inet {0} belongs to another process; is the actuator running twice?")]
    Taken(String),
    /// A table of others has this name.
    #[error("table inet {table} has `{part}`, which is not of this program; choose another name")]
    Foreign {
        /// Which.
        table: String,
        /// What in it.
        part: String,
    },
}

impl Nftables {
    fn trouble(&self, source: io::Error) -> StartError {
        StartError::Program {
            program: self.program.join(" "),
            source,
        }
    }

    fn refused(&self, why: &dyn std::fmt::Display) -> StartError {
        StartError::Refused {
            table: self.layout.table.clone(),
            why: why.to_string(),
        }
    }

    /// The table as people read it, by a process of its own; nothing where there is none.
    pub(super) fn shown(&self) -> Result<Option<String>, StartError> {
        let words = ["-t", "list", "table", "inet", &self.layout.table];
        let said = once(&self.program, &words, "", self.answer_ms_max)
            .map_err(|error| self.trouble(error))?;
        if said.well {
            return Ok(Some(said.text));
        }
        let why = said.refusal();
        if why.starts_with("No such file or directory") {
            return Ok(None);
        }
        Err(self.refused(&why))
    }

    /// Makes the table and holds it.
    pub(super) fn open(&mut self) -> Result<(), StartError> {
        if let Some(text) = self.shown()? {
            self.sweep(&text)?;
        }
        let (base, each) = LISTING_BYTES;
        let bytes_max = each.saturating_mul(self.layout.effects_max) + base;
        let mut child = Child::begin(&self.program, &self.layout.table, bytes_max)
            .map_err(|error| self.trouble(error))?;
        let lines = [self.layout.owned(), self.layout.lay()];
        let said = child
            .ask(&lines, self.answer_ms_max)
            .map_err(|trouble| self.refused(&trouble))?;
        if let Some(why) = said.refusal() {
            return Err(self.refused(&why));
        }
        // In JSON the flag cannot be read back: nft 1.0.6 says something else in its place.
        let text = self.shown()?;
        if !text.is_some_and(|text| is_owned(&text)) {
            child.ask(&[self.layout.gone()], self.answer_ms_max).ok();
            return Err(StartError::NotOwned(self.layout.table.clone()));
        }
        let said = child
            .ask(&self.layout.list(), self.answer_ms_max)
            .map_err(|trouble| self.refused(&trouble))?;
        let found = listing(&said.json()).unwrap_or_default();
        if found.shape.len() != self.layout.parts() || !found.elements.is_empty() {
            return Err(self.refused(&"what was made is not what is there"));
        }
        self.shape = found.shape;
        self.child = Some(child);
        Ok(())
    }

    /// Takes away what an earlier run left behind.
    fn sweep(&mut self, text: &str) -> Result<(), StartError> {
        let table = self.layout.table.clone();
        if is_owned(text) {
            return Err(StartError::Taken(table));
        }
        if let Some(part) = foreign(text) {
            return Err(StartError::Foreign { table, part });
        }
        let words = ["delete", "table", "inet", &table];
        let said = once(&self.program, &words, "", self.answer_ms_max)
            .map_err(|error| self.trouble(error))?;
        if !said.well {
            return Err(self.refused(&said.refusal()));
        }
        self.counts.orphans += 1;
        tracing::warn!(
            table = self.layout.table,
            "a table that an earlier run left behind was taken away"
        );
        Ok(())
    }
}

/// Whether a table as people read it goes with its process.
fn is_owned(text: &str) -> bool {
    let flags = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("flags "));
    // In a table the first; sets have flags of their own.
    flags
        .take(1)
        .any(|flags| flags.split([',', ' ']).any(|flag| flag == "owner"))
}

/// What in a table as people read it is not of this program.
fn foreign(text: &str) -> Option<String> {
    let opened = text
        .lines()
        .skip(1)
        .filter_map(|line| line.trim().strip_suffix(" {"));
    let mut parts = opened.filter_map(|line| line.split_once(' '));
    parts
        .find(|(kind, name)| !Layout::is_ours(kind, name))
        .map(|(kind, name)| format!("{kind} {name}").escape_debug().take(80).collect())
}
