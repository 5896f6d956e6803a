//! What the owner has released at once: all that is carried out under a statement, by an executor or on a route. In: a word. Out: whether an approval is among it. Never: a release that a full disk forgets: the file has its length from the beginning,
//! and one line is put in the place of another.

use crate::approvals::Held;
use crate::files;
use sakimori_authority::measure::Route;
use sakimori_custody::ids::{AuthorityId, Name};
use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::str::FromStr;

/// Bytes of a line; it lies in one sector, so it is there or not.
const LINE_BYTES: usize = 64;
/// Most lines.
const LINES: usize = 64;

/// Under what a measure is carried out, as its approval says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Under {
    /// The commission's statement, by its id.
    Statement(AuthorityId),
    /// The designated officer who carries it out.
    Executor(Name),
    /// On which law it rests.
    Route(Route),
}

/// A text is none of [`Under`]. Who wrote it acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not `statement ID`, `executor NAME` or `route police|defence`")]
pub struct UnderError;

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(id) => write!(f, "statement {id}"),
            Self::Executor(name) => write!(f, "executor {name}"),
            Self::Route(route) => write!(f, "route {route}"),
        }
    }
}

impl FromStr for Under {
    type Err = UnderError;

    fn from_str(text: &str) -> Result<Self, UnderError> {
        let under = match text.split_once(' ') {
            Some(("statement", id)) => id.parse().ok().map(Self::Statement),
            Some(("executor", name)) => name.parse().ok().map(Self::Executor),
            Some(("route", route)) => Route::from_name(route).map(Self::Route),
            _ => None,
        };
        under.ok_or(UnderError)
    }
}

impl Under {
    /// Whether an approval is under it.
    pub fn covers(&self, held: &Held) -> bool {
        match self {
            Self::Statement(id) => *id == held.statement,
            Self::Executor(name) => *name == held.executor,
            Self::Route(route) => *route == held.route,
        }
    }
}

/// What is released, on disk.
pub struct Withheld {
    path: PathBuf,
    lines: Vec<Option<Under>>,
}

fn text(under: Option<&Under>) -> String {
    let words = under.map(Under::to_string).unwrap_or_default();
    format!("{words:<width$}\n", width = LINE_BYTES - 1)
}

fn read(line: &[u8]) -> Result<Option<Under>, UnderError> {
    let line = std::str::from_utf8(line).map_err(|_| UnderError)?;
    match line.trim() {
        "" => Ok(None),
        words => words.parse().map(Some),
    }
}

impl Withheld {
    /// Opens the file; where there is none, nothing is released.
    ///
    /// # Errors
    /// The system's, and [`io::ErrorKind::InvalidData`] where a line is none: what was released is not known of it.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let whole = LINE_BYTES * LINES;
        let bytes = if let Some(bytes) = files::read(&path, whole as u64)? {
            bytes
        } else {
            let bytes = text(None).repeat(LINES).into_bytes();
            files::write(&path, &bytes)?;
            bytes
        };
        let broken = |why: String| {
            let words = format!("`{}`: {why}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, words)
        };
        if bytes.len() != whole {
            return Err(broken(format!("it has not {whole} bytes")));
        }
        let lines = (1..).zip(bytes.chunks(LINE_BYTES));
        let lines: io::Result<Vec<Option<Under>>> = lines
            .map(|(number, line)| {
                read(line).map_err(|error| broken(format!("line {number}: {error}")))
            })
            .collect();
        Ok(Self {
            lines: lines?,
            path,
        })
    }

    /// What is released.
    pub fn all(&self) -> impl Iterator<Item = &Under> {
        self.lines.iter().flatten()
    }

    /// Whether an approval is under something that is released.
    pub fn covers(&self, held: &Held) -> bool {
        self.all().any(|under| under.covers(held))
    }

    fn put(&self, at: usize, under: Option<&Under>) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(&self.path)?;
        file.write_all_at(text(under).as_bytes(), (at * LINE_BYTES) as u64)?;
        file.sync_data()
    }

    /// Adds one, durable when this returns.
    ///
    /// # Errors
    /// [`io::ErrorKind::QuotaExceeded`] where as many are released as may be: nothing is added. The system's: in memory it is added all the same.
    pub fn add(&mut self, under: Under) -> io::Result<()> {
        let known = self
            .lines
            .iter()
            .position(|one| *one == Some(under.clone()));
        let free = || self.lines.iter().position(Option::is_none);
        let at = known.or_else(free).ok_or(io::ErrorKind::QuotaExceeded)?;
        let put = self.put(at, Some(&under));
        if let Some(line) = self.lines.get_mut(at) {
            *line = Some(under);
        }
        put
    }

    /// Takes one away, durable when this returns.
    ///
    /// # Errors
    /// The system's: it is released as before.
    pub fn remove(&mut self, under: &Under) -> io::Result<()> {
        for at in 0..self.lines.len() {
            if self.lines.get(at).and_then(Option::as_ref) == Some(under) {
                self.put(at, None)?;
                if let Some(line) = self.lines.get_mut(at) {
                    *line = None;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unders() -> Vec<Under> {
        let all = [
            "route defence",
            "executor e-01.of-a-name-of-32-characters.",
            "statement 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
        ];
        all.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_is_released_is_read_again_and_the_file_keeps_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("released");
        let mut withheld = Withheld::open(path.clone()).unwrap();
        for under in unders() {
            withheld.add(under.clone()).unwrap();
            withheld.add(under).unwrap();
        }
        let read = Withheld::open(path.clone()).unwrap();
        assert_eq!(read.all().cloned().collect::<Vec<_>>(), unders());
        for under in unders() {
            withheld.remove(&under).unwrap();
        }
        assert_eq!(Withheld::open(path.clone()).unwrap().all().count(), 0);
        assert_eq!(path.metadata().unwrap().len(), 4096);
        // As many as there are lines, and no more.
        for number in 0..=LINES {
            let under = Under::Executor(format!("e-{number}").parse().unwrap());
            assert_eq!(withheld.add(under).is_ok(), number < LINES);
        }
        assert_eq!(withheld.all().count(), LINES);
    }

    #[test]
    fn a_release_counts_also_where_the_disk_does_not_take_it_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("released");
        let mut withheld = Withheld::open(path.clone()).unwrap();
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let under = unders().remove(0);
        assert!(withheld.add(under.clone()).is_err());
        assert!(withheld.remove(&under).is_err());
        assert_eq!(withheld.all().count(), 1);
        for bad in [
            String::new(),
            good.replacen("    ", "rout", 1),
            good.replacen("     ", "route", 1),
        ] {
            std::fs::write(&path, &bad).unwrap();
            let error = Withheld::open(path.clone()).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{bad}");
        }
    }

    #[test]
    fn what_names_no_authority_is_none() {
        for text in [
            "",
            "route",
            "route sea",
            "executor E",
            "statement 5a",
            "executor  e-01",
            "measure 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
        ] {
            assert_eq!(text.parse::<Under>(), Err(UnderError), "{text}");
        }
    }
}
