//! The desk of an author: the book of all that is on record, and a stream of its own. In: deeds. Out: entries on record. Never: an entry on which nothing could rest, put on record all the same.

use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal, Log};
use crate::layout::Node;
use crate::ledger::pinned_root;
use sakimori_custody::entry::{Entry, Envelope};
use sakimori_oversight::book::{Book, Judged, Taken};
use sakimori_oversight::refused::Refused;
use sakimori_tlog::key::NoteSigner;

/// Entries that are read at once.
const PAGE_ENTRIES: u32 = 1000;

/// A book with a stream beside it.
pub(crate) struct Desk<'k> {
    book: Book,
    /// Whether the book has an entry that the log has not at that place.
    parted: bool,
    node: Node,
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
    let mut book = Book::new(pinned_root(node)?);
    follow(&mut book, log)?;
    Ok(book)
}

/// Brings a book up to everything that is durable by now.
///
/// # Errors
/// As [`book`].
///
/// # Cost
/// Reads what came since.
pub fn follow(book: &mut Book, log: &mut Log) -> Result<(), ControlError> {
    loop {
        let from = book.size();
        let page = log.ask(|client| client.entries(from, PAGE_ENTRIES))?;
        if page.is_empty() {
            if !log.has(from)? {
                return Ok(());
            }
            // It is durable and not published yet.
            log.proof(from)?;
        }
        for (index, leaf) in (from..).zip(page) {
            let body = Envelope::decode(&leaf).map(|envelope| envelope.body);
            let stored = match body {
                Ok(body) => log.ask(|client| client.body(&body))?,
                Err(_) => None,
            };
            let stored = stored.unwrap_or_default();
            if let Err(why) = book.judge(index, &leaf, &stored, Judged::before()) {
                book.pass_over(index, &leaf, why);
            }
        }
    }
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
            parted: false,
            journal,
            node: node.clone(),
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
        // Others write too: what came meanwhile counts, and an entry is judged at the place that it will have.
        if self.parted {
            self.book = book(&self.node, &mut self.journal.log)?;
            self.parted = false;
        }
        follow(&mut self.book, &mut self.journal.log)?;
        let prepared = self.journal.prepare(deed)?;
        let entry = &prepared.entry;
        let at = Judged::at(self.host.seconds());
        let next = self.book.size();
        self.parted = true;
        match self.book.judge(next, &entry.leaf, &entry.stored, at) {
            Ok(Taken::Void(why)) | Err(why) => return Err(forbidden(&why)),
            Ok(_) => {}
        }
        let (index, entry) = self.journal.commit(prepared)?;
        self.parted = index != next;
        Ok((index, entry))
    }
}

/// What the book says of an entry that would not count.
pub(super) fn forbidden(why: &Refused) -> ControlError {
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
