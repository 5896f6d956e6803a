//! Why the store did not do it. In: an engine's errors. Out: words for who must act. Never: a value that was to be kept (it may be secret).

/// Nothing of the transaction has happened, but for [`StoreError::Unknown`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is of no engine that is known.
    #[error("the store's URL begins neither with `sqlite:` nor with `postgres://`")]
    Url,
    /// The database was written by a later version of the program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}: use the program that wrote it"
    )]
    Newer {
        /// The version that the database has.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A migration did not run; the database is as it was before it.
    #[error("migration to schema version {version} failed and was undone")]
    Migration {
        /// The version that was to be reached.
        version: i64,
        /// What the engine said.
        #[source]
        source: Box<StoreError>,
    },
    /// A thing of that kind with that name exists already.
    #[error("{what} exists already")]
    Exists {
        /// The kind of thing and its name.
        what: String,
    },
    /// There is no such thing, or it has ended.
    #[error("there is no {what}, or it has ended")]
    Missing {
        /// The kind of thing and its name.
        what: String,
    },
    /// Somebody else changed it since it was read.
    #[error(
        "{what} was changed by another: version {found} is kept, the change was made on version {expected}"
    )]
    Stale {
        /// The kind of thing and its name.
        what: String,
        /// The version that the change was made on.
        expected: u64,
        /// The version that is kept.
        found: u64,
    },
    /// A text that cannot be kept the same way on both engines.
    #[error("{field} holds a NUL character or is longer than {bytes_max} bytes")]
    Text {
        /// The field.
        field: &'static str,
        /// Its bound.
        bytes_max: usize,
    },
    /// More changes or words than one call may bring, or a number that no database has.
    #[error("{what} is above its bound")]
    Bound {
        /// What is too much.
        what: &'static str,
    },
    /// Others wrote all the time, or one of them for long; try again.
    #[error("the database is busy; nothing was written")]
    Busy(#[source] sqlx::Error),
    /// The road to the database broke while it made the changes durable: they are there, all of them, or none is. Who tries again with the same ids is told
    /// [`StoreError::Exists`] where they are.
    #[error(
        "the database did not answer whether the changes are durable; look before trying again"
    )]
    Unknown(#[source] sqlx::Error),
    /// A row is not what this program writes.
    #[error("the database holds {what}, which this program does not write")]
    Row {
        /// What was found where.
        what: &'static str,
    },
    /// The engine or the road to it.
    #[error("the database does not answer as it should")]
    Engine(#[source] sqlx::Error),
}

/// How an engine's error is told: what can be tried again, what was there already, and the rest.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = &error else {
            return Self::Engine(error);
        };
        let again = match database.code().as_deref() {
            // PostgreSQL: serialisation failure, deadlock, lock not available.
            Some("40001" | "40P01" | "55P03") => true,
            // SQLite: busy, locked and their extended codes.
            Some(code) => code
                .parse::<u32>()
                .is_ok_and(|code| matches!(code & 0xff, 5 | 6)),
            None => false,
        };
        if again {
            Self::Busy(error)
        } else {
            Self::Engine(error)
        }
    }
}

impl StoreError {
    /// Whether the same transaction may come through at the next try: the database ended it because another came between. Not where it waited for long already.
    pub(crate) fn is_conflict(&self) -> bool {
        let Self::Busy(sqlx::Error::Database(database)) = self else {
            return false;
        };
        matches!(database.code().as_deref(), Some("40001" | "40P01"))
    }

    /// What an error of a commit means.
    pub(crate) fn of_commit(self) -> Self {
        match self {
            // The database itself said that it did not; anything else says nothing.
            Self::Engine(error) if !matches!(error, sqlx::Error::Database(_)) => {
                Self::Unknown(error)
            }
            error => error,
        }
    }

    /// Whether a row of that key exists already (a unique or primary key was hit).
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Engine(sqlx::Error::Database(database)) if database.is_unique_violation())
    }

    /// Whether a row that is pointed to does not exist.
    pub(crate) fn is_dangling(&self) -> bool {
        matches!(self, Self::Engine(sqlx::Error::Database(database)) if database.is_foreign_key_violation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_road_that_breaks_at_the_commit_leaves_the_outcome_unknown() {
        let cut = || sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(matches!(
            StoreError::from(cut()).of_commit(),
            StoreError::Unknown(_)
        ));
        // Before the commit nothing has happened.
        assert!(matches!(StoreError::from(cut()), StoreError::Engine(_)));
        let busy = StoreError::Busy(cut()).of_commit();
        assert!(matches!(busy, StoreError::Busy(_)) && !busy.is_conflict());
    }
}
