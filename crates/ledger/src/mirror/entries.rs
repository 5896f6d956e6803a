//! Bringing entries and bodies to the mirror. In: requests, the time. Out: answers, and the cosignature once all is durable. Never: an entry whose proof
//! does not lead to the pending checkpoint, or whose body is missing or sealed where everybody has to read it.
//!
//! A body is taken only for an entry that leads to a checkpoint which the log signed. A sealed one shows only to who has its key whose it is, so it never takes the
//! place of an open one.

use super::{CHECKPOINT, Mirror, Reply};
use crate::limits::WAITING_BYTES_MAX;
use crate::reader::ReadError;
use crate::request::{
    AddEntries, MirrorInfo, Package, PackageRange, TYPE_MIRROR_INFO, package_at, read_bodies,
};
use crate::tips::{Form, Next, Place};
use crate::wal::Record;
use sakimori_custody::entry::Envelope;
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::{Frontier, Hash, leaf_hash, verify_subtree};
use sakimori_tlog::tile::TILE_WIDTH;
use std::collections::BTreeSet;

/// The new entries of an authenticated package: their records with leaf hashes, and their places in their streams.
#[derive(Default)]
struct Checked {
    records: Vec<(Record, Hash)>,
    places: Vec<Next>,
}

fn wrong(text: &str) -> Reply {
    Reply::plain(422, format!("{text}\n"))
}

impl Mirror {
    /// `POST /add-bodies`: bodies ahead of the entries that commit to them. They are kept in memory until their entries are written with them. Only bodies are
    /// taken that entries name which lead to the pending checkpoint, so that the log's key vouches for each.
    pub fn add_bodies(&mut self, body: &[u8]) -> Reply {
        match self.try_add_bodies(body) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_add_bodies(&mut self, body: &[u8]) -> Result<Reply, Reply> {
        let malformed = || Reply::plain(400, "the request is malformed\n");
        let request = read_bodies(body).ok_or_else(malformed)?;
        if request.origin != self.origin() {
            return Err(Reply::plain(404, "the log is not known here\n"));
        }
        let named = self.named_by(request.upload)?;
        let mut fitting = Vec::with_capacity(request.bodies.len());
        for (commitment, stored) in request.bodies {
            if !named.contains(&commitment) {
                return Err(wrong("a body is of no entry that is brought"));
            }
            let Some(form) = Form::of(&commitment, &stored) else {
                return Err(wrong("a body is not the one that its commitment names"));
            };
            fitting.push((commitment, form, stored));
        }
        for (commitment, form, stored) in fitting {
            self.wait(commitment, form, stored);
        }
        Ok(Reply::plain(200, ""))
    }

    /// The commitments of the entries of an upload, which are held against the pending checkpoint and not taken.
    fn named_by(&self, upload: &[u8]) -> Result<BTreeSet<[u8; 32]>, Reply> {
        let (head, mut rest) = self.upload(upload)?;
        let (mut at, mut named) = (head.start, BTreeSet::new());
        while at < head.end {
            let range = package_at(at, head.end);
            let Some(package) = Package::read(&mut rest, range.entries.end - at) else {
                break;
            };
            self.authentic(&range, &package)?;
            let entries = package.entries.iter();
            named.extend(entries.filter_map(|entry| Some(Envelope::decode(entry).ok()?.body)));
            at = range.entries.end;
        }
        Ok(named)
    }

    /// Reads the head of an upload that this mirror can use now.
    fn upload<'b>(&self, bytes: &'b [u8]) -> Result<(AddEntries, &'b [u8]), Reply> {
        let malformed = || Reply::plain(400, "no package could be used\n");
        let (head, rest) = AddEntries::decode(bytes).ok_or_else(malformed)?;
        if head.origin != self.origin() {
            return Err(Reply::plain(404, "the log is not known here\n"));
        }
        // An upload that begins before the bundle that is being filled would only bring again what is here.
        let oldest = self.store.size() / TILE_WIDTH * TILE_WIDTH;
        let starts = (oldest..=self.store.size()).contains(&head.start);
        if head.end != self.pending_size() || !starts {
            return Err(self.info(409));
        }
        Ok((head, rest))
    }

    /// Keeps a body until its entry comes. An open one that waits is the one that is committed to: nothing takes its place.
    fn wait(&mut self, commitment: [u8; 32], form: Form, stored: Vec<u8>) {
        if matches!(self.waiting.get(&commitment), Some((Form::Open, _))) {
            return;
        }
        self.forget(&commitment);
        if self.waiting_bytes + stored.len() > WAITING_BYTES_MAX {
            self.waiting.clear();
            self.waiting_bytes = 0;
        }
        self.waiting_bytes += stored.len();
        self.waiting.insert(commitment, (form, stored));
    }

    fn forget(&mut self, commitment: &[u8; 32]) {
        if let Some((_, body)) = self.waiting.remove(commitment) {
            self.waiting_bytes -= body.len();
        }
    }

    /// `POST /add-entries`: takes packages in order, and at the end of the pending checkpoint makes all durable and cosigns.
    pub fn add_entries(&mut self, body: &[u8], now: Seconds) -> Reply {
        match self.try_add_entries(body, now) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_add_entries(&mut self, body: &[u8], now: Seconds) -> Result<Reply, Reply> {
        let malformed = || Reply::plain(400, "no package could be used\n");
        let (head, mut rest) = self.upload(body)?;
        let mut at = head.start;
        while at < head.end {
            let range = package_at(at, head.end);
            let Some(package) = Package::read(&mut rest, range.entries.end - at) else {
                break;
            };
            self.take_package(&range, package)?;
            at = range.entries.end;
        }
        if at >= head.end {
            return self.cosign(now);
        }
        if at == head.start {
            return Err(malformed());
        }
        Ok(self.info(202))
    }

    fn info(&self, status: u16) -> Reply {
        let info = MirrorInfo {
            size: self.pending_size(),
            next: self.store.size(),
            ticket: Vec::new(),
        };
        Reply::text(status, TYPE_MIRROR_INFO, info.encode())
    }

    fn take_package(&mut self, range: &PackageRange, package: Package) -> Result<(), Reply> {
        let checked = self.check_package(range, package)?;
        if checked.records.is_empty() {
            return Ok(());
        }
        let stopped = |error| Self::stopped(&error);
        if self.store.is_long() {
            // A log that is brought from its beginning is longer than any write-ahead log; nothing is cosigned by this.
            self.store.settle().map_err(stopped)?;
            self.store.trim().map_err(stopped)?;
        }
        let first = self.store.append(&checked.records).map_err(stopped)?;
        for (at, next) in checked.places.iter().enumerate() {
            self.tips.take(first + at as u64, next);
            self.forget(&next.body);
        }
        Ok(())
    }

    /// Holds a package against the pending checkpoint; gives the leaf hashes of its entries.
    fn authentic(&self, range: &PackageRange, package: &Package) -> Result<Vec<Hash>, Reply> {
        let Some((_, pending)) = &self.pending else {
            return Err(self.info(409));
        };
        let leaves: Vec<Hash> = package.entries.iter().map(|e| leaf_hash(e)).collect();
        let before = range.entries.start - range.subtree.start;
        let here = self.store.filling().get(..before as usize);
        let mut subtree = Frontier::default();
        for leaf in here.ok_or_else(|| self.info(409))?.iter().chain(&leaves) {
            subtree.push(*leaf);
        }
        let (root, size) = (&pending.root, pending.size);
        verify_subtree(&range.subtree, size, &package.proof, &subtree.root(), root)
            .map_err(|_| wrong("a subtree consistency proof is wrong"))?;
        Ok(leaves)
    }

    /// Holds a package against the pending checkpoint, and its new entries against their streams and bodies.
    fn check_package(&mut self, range: &PackageRange, package: Package) -> Result<Checked, Reply> {
        let leaves = self.authentic(range, &package)?;
        let first = self.store.size();
        let known = first.saturating_sub(range.entries.start) as usize;
        let mut checked = Checked::default();
        let mut bodies = Vec::new();
        let mut ahead = self.tips.ahead();
        for (entry, leaf) in package.entries.into_iter().zip(leaves).skip(known) {
            let Ok(Place::Next(next)) = ahead.follow(first + bodies.len() as u64, &entry) else {
                return Err(wrong("an entry does not go on where its stream ends"));
            };
            checked.places.push(next);
            bodies.push((entry, leaf));
        }
        for ((entry, leaf), next) in bodies.into_iter().zip(&checked.places) {
            let body = self.body_for(next)?;
            checked.records.push((Record { entry, body }, leaf));
        }
        Ok(checked)
    }

    /// The body of an entry, in a form that the entry takes. One that waits in another is dropped: the log brings the right one when it tries again.
    fn body_for(&mut self, next: &Next) -> Result<Vec<u8>, Reply> {
        let sealed = || wrong("a body is sealed that everybody has to be able to read");
        if let Some((form, body)) = self.waiting.get(&next.body) {
            if next.takes(*form) {
                return Ok(body.clone());
            }
            self.forget(&next.body);
            return Err(sealed());
        }
        let stored = self.store.body(&next.body);
        let stored = stored
            .map_err(|error| Self::stopped(&error))?
            .ok_or_else(|| wrong("the body of an entry is missing"))?;
        match Form::of(&next.body, &stored) {
            Some(form) if next.takes(form) => Ok(stored),
            _ => Err(sealed()),
        }
    }

    /// Everything up to the pending checkpoint is here: reads it back, shows it to the approver, cosigns, keeps, answers.
    fn cosign(&mut self, now: Seconds) -> Result<Reply, Reply> {
        let Some((note, checkpoint)) = self.pending.clone() else {
            return Err(self.info(409));
        };
        let stopped = |error| Self::stopped(&error);
        let settled = self.store.settle().map_err(stopped)?;
        if settled != (checkpoint.size, checkpoint.root) {
            return Err(wrong("the entries lead to another root"));
        }
        self.approve_new(checkpoint.size, now)?;
        let mut cosigned = note;
        let before = cosigned.signatures().len();
        cosigned.add(&self.signer, now.0);
        if let Some(cosigner) = &self.post_quantum {
            // A key that cannot be used gives no line; the policy of who reads says whether one is enough.
            cosigned.cosign(cosigner, now.0);
        }
        let bytes = cosigned.to_bytes();
        self.store.commit(CHECKPOINT, &bytes).map_err(stopped)?;
        let lines = cosigned.signature_lines();
        let lines: String = lines.split_inclusive('\n').skip(before).collect();
        self.committed = Some((cosigned, checkpoint));
        self.store.trim().map_err(stopped)?;
        Ok(Reply::plain(200, lines))
    }

    fn approve_new(&mut self, end: u64, now: Seconds) -> Result<(), Reply> {
        let failed = |error: ReadError| Reply::plain(500, format!("the copy is broken: {error}\n"));
        let mut at = self.size();
        while at < end {
            let page = end.min(at + TILE_WIDTH);
            let reader = self.store.reader();
            let entries = reader.entries(at..page).map_err(failed)?;
            for (index, entry) in (at..page).zip(entries) {
                let envelope = Envelope::decode(&entry).ok();
                let body = envelope.map(|e| reader.body(&e.body)).transpose();
                let body = body.map_err(failed)?.flatten().unwrap_or_default();
                let verdict = self.approve.approve(index, &entry, &body, now);
                verdict.map_err(|reason| wrong(&format!("entry {index}: {reason}")))?;
            }
            at = page;
        }
        Ok(())
    }
}
