//! The desk of an author: the book of all that is on record, and a stream of its own. In: deeds. Out: entries on record. Never: an entry on which nothing could rest, put on record all the same.

use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal, Log};
use crate::layout::Node;
use crate::ledger::installed_root;
use sakimori_custody::entry::Entry;
use sakimori_oversight::book::{Book, Judged, Taken};
use sakimori_oversight::refused::Refused;
use sakimori_tlog::key::NoteSigner;

/// A book with a stream beside it.
pub(crate) struct Desk<'k> {
    book: Book,
    /// The stream and the connection.
    pub(crate) journal: Journal<'k>,
    host: Host,
}

/// The book of everything that is durable in the node's log.
///
/// # Errors
/// [`ControlError::Ledger`]; [`ControlError::Document`]: a body is missing.
///
/// # Cost
/// Reads the whole log once.
pub fn book(node: &Node, log: &mut Log) -> Result<Book, ControlError> {
    let mut book = Book::new(installed_root(node)?);
    let mut entries = Vec::new();
    log.each_durable_entry(|_, envelope, leaf| {
        entries.push((envelope.body, leaf.to_vec()));
        true
    })?;
    for (index, (body, leaf)) in (0u64..).zip(entries) {
        let stored = log.ask(|client| client.body(&body))?.unwrap_or_default();
        if let Err(why) = book.judge(index, &leaf, &stored, Judged::before()) {
            book.pass_over(index, &leaf, why);
        }
    }
    Ok(book)
}

impl<'k> Desk<'k> {
    /// Reads the book and begins a stream.
    ///
    /// # Errors
    /// As [`book`].
    pub(crate) fn open(
        node: &Node,
        host: &Host,
        signer: Option<&'k NoteSigner>,
    ) -> Result<Self, ControlError> {
        let mut journal = Journal::begin(&node.ledger().socket, signer, host)?;
        Ok(Self {
            book: book(node, &mut journal.log)?,
            journal,
            host: host.clone(),
        })
    }

    /// What is on record.
    pub(crate) const fn book(&self) -> &Book {
        &self.book
    }

    /// Puts a deed on record, once the book says that it would count.
    ///
    /// # Errors
    /// [`ControlError::Forbidden`] with rule and code; nothing is on record then. [`ControlError::Ledger`].
    pub(crate) fn enter(&mut self, deed: Deed) -> Result<(u64, Entry), ControlError> {
        let prepared = self.journal.prepare(deed)?;
        let entry = &prepared.entry;
        let at = Judged::at(self.host.seconds());
        let next = self.book.size();
        match self.book.judge(next, &entry.leaf, &entry.stored, at) {
            Ok(Taken::Void(why)) | Err(why) => return Err(forbidden(&why)),
            Ok(_) => {}
        }
        self.journal.commit(prepared)
    }
}

/// What the book says of an entry that would not count.
fn forbidden(why: &Refused) -> ControlError {
    let detail = if why.detail.is_empty() {
        String::new()
    } else {
        format!(": {}", why.detail)
    };
    ControlError::Forbidden {
        rule: why.code.rule(),
        code: why.code.name(),
        sentence: why.code.sentence(),
        detail,
    }
}
