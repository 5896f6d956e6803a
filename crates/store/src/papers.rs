//! What can be asked of papers. In: an owner or everybody, a kind, an id, a place. Out: papers as they were written. Never: a question that does not say whose papers it is
//! about, a list without an end.

use crate::apply::{hash, int, name};
use crate::engine::{Engine, Row, Value};
use crate::error::StoreError;
use crate::limits::PAPERS_MAX;
use crate::model::{Attachment, Kept, Paper, View};
use crate::read::{find, list};
use async_trait::async_trait;

/// Papers and their files. Written they are with [`Change::AddPaper`](crate::Change::AddPaper) and [`Change::AddAttachment`](crate::Change::AddAttachment).
#[async_trait]
pub trait Papers {
    /// The newest version of a paper.
    ///
    /// # Errors
    /// As all of the store.
    async fn paper(&self, owner: &str, kind: &str, id: &str) -> Result<Option<Kept>, StoreError>;
    /// Every version of a paper from one on, oldest first, at most [`PAPERS_MAX`].
    ///
    /// # Errors
    /// As all of the store.
    async fn versions(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
        from: u64,
    ) -> Result<Vec<Kept>, StoreError>;
    /// The newest versions of papers, those that changed first before those that changed last, at most [`PAPERS_MAX`]; the next call goes on `after` the last sequence. A paper that
    /// changes meanwhile comes again at its new place and none is missed. With a state, only papers that stand there.
    ///
    /// # Errors
    /// As all of the store.
    async fn papers(
        &self,
        view: View<'_>,
        kind: &str,
        state: Option<&str>,
        after: u64,
    ) -> Result<Vec<Kept>, StoreError>;
    /// As [`Papers::papers`] from the other end: those that changed last come first, those `before` a sequence; [`NEWEST`] begins at the end.
    ///
    /// # Errors
    /// As all of the store.
    async fn latest(
        &self,
        view: View<'_>,
        kind: &str,
        state: Option<&str>,
        before: u64,
    ) -> Result<Vec<Kept>, StoreError>;
    /// Papers whose newest version has a date at or before `until`, the most urgent first, at most [`PAPERS_MAX`].
    ///
    /// # Errors
    /// As all of the store.
    async fn due(&self, view: View<'_>, kind: &str, until: u64) -> Result<Vec<Kept>, StoreError>;
    /// As [`Papers::due`], those behind a place: the date and the sequence of the last one of the list before.
    ///
    /// # Errors
    /// As all of the store.
    async fn due_after(
        &self,
        view: View<'_>,
        kind: &str,
        until: u64,
        place: (u64, u64),
    ) -> Result<Vec<Kept>, StoreError>;
    /// How many papers of a kind have a date at or before `until`.
    ///
    /// # Errors
    /// As all of the store.
    async fn due_count(&self, view: View<'_>, kind: &str, until: u64) -> Result<u64, StoreError>;
    /// How many papers of a kind stand in each state, by state.
    ///
    /// # Errors
    /// As all of the store.
    async fn states(&self, view: View<'_>, kind: &str) -> Result<Vec<(String, u64)>, StoreError>;

    /// The files of a paper, oldest first, at most [`PAPERS_MAX`].
    ///
    /// # Errors
    /// As all of the store.
    async fn attachments(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
    ) -> Result<Vec<Attachment>, StoreError>;
    /// The bytes of a file.
    ///
    /// # Errors
    /// As all of the store.
    async fn attached(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
        file: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Behind every sequence: where [`Papers::latest`] begins.
pub const NEWEST: u64 = i64::MAX as u64;

/// The columns of a paper.
macro_rules! columns {
    () => {
        "SELECT p.sequence, p.kind, p.owner, p.id, p.version, p.state, p.due, p.at, p.written_by, p.body FROM paper p "
    };
}

/// The columns of a paper's newest version.
macro_rules! newest {
    ($rest:literal) => {
        concat!(
            columns!(),
            "JOIN paper_head h ON h.sequence = p.sequence AND h.kind = p.kind WHERE h.kind = $1 ",
            $rest
        )
    };
}

fn kept(row: &mut Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        sequence: row.number()?,
        paper: Paper {
            kind: row.text()?,
            owner: row.text()?,
            id: row.text()?,
            version: row.number()?,
            state: row.text()?,
            due: row.maybe_number()?,
            at: row.number()?,
            by: row.text()?,
            body: row.text()?,
        },
    })
}

fn attachment(row: &mut Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        kind: row.text()?,
        owner: row.text()?,
        id: row.text()?,
        hash: row.hash()?,
        name: row.text()?,
        media: row.text()?,
        size: row.number()?,
        at: row.number()?,
        by: row.text()?,
    })
}

/// The end of a list.
const END: Value<'static> = Value::Int(Some(PAPERS_MAX as i64));

fn key<'a>(owner: &'a str, kind: &'a str, id: &'a str) -> Result<[Value<'a>; 3], StoreError> {
    Ok([
        name("kind", kind)?,
        name("owner", owner)?,
        name("paper", id)?,
    ])
}

/// The owner of a view, or none where it is about everybody.
fn owner(view: View<'_>) -> Result<Value<'_>, StoreError> {
    match view {
        View::Of(owner) => name("owner", owner),
        View::All => Ok(Value::Text(None)),
    }
}

/// The values of a list of papers from a place on.
fn listed<'a>(
    view: View<'a>,
    kind: &'a str,
    state: Option<&'a str>,
    place: u64,
) -> Result<[Value<'a>; 5], StoreError> {
    let state = state.map(|state| name("state", state)).transpose()?;
    Ok([
        name("kind", kind)?,
        int(place)?,
        END,
        owner(view)?,
        state.unwrap_or(Value::Text(None)),
    ])
}

#[async_trait]
impl<E: Engine> Papers for E {
    async fn paper(&self, owner: &str, kind: &str, id: &str) -> Result<Option<Kept>, StoreError> {
        let sql = newest!("AND h.owner = $2 AND h.id = $3");
        find(self, sql, &key(owner, kind, id)?, kept).await
    }

    async fn versions(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
        from: u64,
    ) -> Result<Vec<Kept>, StoreError> {
        let sql = concat!(
            columns!(),
            "WHERE p.kind = $1 AND p.owner = $2 AND p.id = $3 AND p.version >= $4 ORDER BY p.version LIMIT $5"
        );
        let [kind, owner, id] = key(owner, kind, id)?;
        list(self, sql, &[kind, owner, id, int(from)?, END], kept).await
    }

    async fn papers(
        &self,
        view: View<'_>,
        kind: &str,
        state: Option<&str>,
        after: u64,
    ) -> Result<Vec<Kept>, StoreError> {
        let sql = newest!(
            "AND h.sequence > $2 AND (CAST($4 AS TEXT) IS NULL OR h.owner = $4) AND (CAST($5 AS TEXT) IS NULL OR h.state = $5) ORDER BY h.sequence LIMIT $3"
        );
        list(self, sql, &listed(view, kind, state, after)?, kept).await
    }

    async fn latest(
        &self,
        view: View<'_>,
        kind: &str,
        state: Option<&str>,
        before: u64,
    ) -> Result<Vec<Kept>, StoreError> {
        let sql = newest!(
            "AND h.sequence < $2 AND (CAST($4 AS TEXT) IS NULL OR h.owner = $4) AND (CAST($5 AS TEXT) IS NULL OR h.state = $5) ORDER BY h.sequence DESC LIMIT $3"
        );
        list(self, sql, &listed(view, kind, state, before)?, kept).await
    }

    async fn due(&self, view: View<'_>, kind: &str, until: u64) -> Result<Vec<Kept>, StoreError> {
        self.due_after(view, kind, until, (0, 0)).await
    }

    async fn due_after(
        &self,
        view: View<'_>,
        kind: &str,
        until: u64,
        place: (u64, u64),
    ) -> Result<Vec<Kept>, StoreError> {
        let sql = newest!(
            "AND h.due IS NOT NULL AND h.due <= $2 AND (CAST($4 AS TEXT) IS NULL OR h.owner = $4) AND (h.due > $5 OR (h.due = $5 AND h.sequence > $6)) ORDER BY h.due, h.sequence LIMIT $3"
        );
        let values = [
            name("kind", kind)?,
            int(until)?,
            END,
            owner(view)?,
            int(place.0)?,
            int(place.1)?,
        ];
        list(self, sql, &values, kept).await
    }

    async fn due_count(&self, view: View<'_>, kind: &str, until: u64) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM paper_head WHERE kind = $1 AND due IS NOT NULL AND due <= $2 AND (CAST($3 AS TEXT) IS NULL OR owner = $3)";
        let values = [name("kind", kind)?, int(until)?, owner(view)?];
        let found = find(self, sql, &values, Row::number).await?;
        Ok(found.unwrap_or_default())
    }

    async fn states(&self, view: View<'_>, kind: &str) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT state, COUNT(*) FROM paper_head WHERE kind = $1 AND (CAST($2 AS TEXT) IS NULL OR owner = $2) GROUP BY state ORDER BY state";
        let values = [name("kind", kind)?, owner(view)?];
        list(self, sql, &values, |row| Ok((row.text()?, row.number()?))).await
    }

    async fn attachments(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
    ) -> Result<Vec<Attachment>, StoreError> {
        let sql = "SELECT kind, owner, id, hash, name, media, size, at, added_by FROM attachment WHERE kind = $1 AND owner = $2 AND id = $3 ORDER BY at, hash LIMIT $4";
        let [kind, owner, id] = key(owner, kind, id)?;
        list(self, sql, &[kind, owner, id, END], attachment).await
    }

    async fn attached(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
        file: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql =
            "SELECT body FROM attachment WHERE kind = $1 AND owner = $2 AND id = $3 AND hash = $4";
        let [kind, owner, id] = key(owner, kind, id)?;
        find(self, sql, &[kind, owner, id, hash(file)], Row::blob).await
    }
}
