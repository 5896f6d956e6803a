//! Refusals and faults on record: in the log, or kept until the log answers again. In: a reason. Out: an entry, or a file. Never: a refusal that leaves no trace.

use super::Process;
use crate::error::ControlError;
use crate::files;
use crate::journal::Deed;
use sakimori_authority::gate::Admitted;
use sakimori_authority::{Refusal, Statement};
use sakimori_custody::entry::EntryType;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Kept refusals that are entered at one start, at most; more of them say nothing more.
const KEPT_MAX: usize = 1000;

impl Process<'_> {
    /// Puts a refusal on record and gives the error to end with.
    pub(super) fn refuse(&self, refusal: Refusal) -> ControlError {
        self.refuse_by(refusal, None)
    }

    /// As [`Process::refuse`], with the value of the schedule that the refusal rests on.
    pub(super) fn refuse_by(&self, refusal: Refusal, value: Option<String>) -> ControlError {
        let body = self.body(refusal, value.as_deref());
        let entered = self
            .journal()
            .and_then(|mut journal| journal.record(deed(refusal, &body)));
        match entered {
            Ok(_) => match value {
                Some(value) => ControlError::Unscheduled { refusal, value },
                None => ControlError::Refused(refusal),
            },
            // The log does not take it: the reason is kept, with the log's own fault as what the sensor ends with.
            Err(_) => self.keep(&body),
        }
    }

    /// As [`Process::refuse`], with what came in the way.
    pub(super) fn refuse_for(&self, refusal: Refusal, source: ControlError) -> ControlError {
        match self.refuse(refusal) {
            ControlError::Refused(refusal) => ControlError::Lacking {
                refusal,
                source: Box::new(source),
            },
            other => other,
        }
    }

    /// Puts on record that what is kept on disk failed a sensor that may run, and gives the error back.
    pub(super) fn fault(&self, admitted: &Admitted, error: ControlError) -> ControlError {
        let failed = matches!(error, ControlError::Lake(_) | ControlError::File { .. });
        if failed && let Ok(mut journal) = self.journal() {
            let body =
                json!({"kind": "store-failed", "detail": "the lake cannot be opened or written"});
            // Where the log fails as well, the first error says more.
            let _ = journal.record(Deed {
                kind: EntryType::Fault,
                authority: admitted.commitment(),
                counters: vec![0, 0, 0],
                body: body.to_string().into_bytes(),
            });
        }
        error
    }

    /// Keeps a refusal because the log does not answer.
    pub(super) fn keep_refusal(&self) -> ControlError {
        self.keep(&self.body(Refusal::LogUnavailable, None))
    }

    fn body(&self, refusal: Refusal, value: Option<&str>) -> Value {
        // Whatever the folder holds as its statement; empty where that cannot be read.
        let note = files::read(&self.plan.authority.join("statement.note"));
        let note = note
            .ok()
            .flatten()
            .and_then(|bytes| Note::parse(&bytes).ok());
        let statement = note.and_then(|note| Statement::parse(note.text()).ok());
        let authority = statement.map_or_else(String::new, |statement| statement.id.to_string());
        let value = value.map_or_else(String::new, |value| format!(": {value}"));
        json!({
            "code": refusal.code(),
            "name": refusal.name(),
            "sensor": self.plan.sensor.to_string(),
            "authority": authority,
            "detail": format!("{}{value}; refused at {}", refusal.sentence(), self.host.seconds()),
        })
    }

    fn keep(&self, body: &Value) -> ControlError {
        let folder = self.folder.join("refusals");
        let free = (0..KEPT_MAX)
            .map(|n| folder.join(format!("{n}.json")))
            .find(|path| !path.exists());
        // Past the bound the last one is told anew.
        let path = free.unwrap_or_else(|| folder.join("last.json"));
        match files::write(&path, format!("{body}\n").as_bytes(), files::PRIVATE) {
            Ok(()) => ControlError::LogUnavailable(path),
            Err(error) => error,
        }
    }

    /// Enters refusals that were kept while the log did not answer. Where it still does not, that is one more.
    pub(super) fn enter_kept_refusals(&self) -> Result<(), ControlError> {
        let Ok(mut journal) = self.journal() else {
            return Err(self.keep_refusal());
        };
        let folder = self.folder.join("refusals");
        let Ok(list) = std::fs::read_dir(&folder) else {
            return Ok(());
        };
        let mut kept: Vec<PathBuf> = list.flatten().map(|entry| entry.path()).collect();
        kept.sort();
        for path in kept.iter().take(KEPT_MAX) {
            let bytes = files::read(path)?.unwrap_or_default();
            let read = serde_json::from_slice::<Value>(&bytes).ok();
            let code = read
                .as_ref()
                .and_then(|body| u8::try_from(body.get("code")?.as_u64()?).ok());
            // A file that says nothing any more still says that there was a refusal.
            let refusal = code
                .and_then(Refusal::from_code)
                .unwrap_or(Refusal::LogUnavailable);
            let body = read.unwrap_or_else(|| self.body(refusal, None));
            journal.record(deed(refusal, &body))?;
            std::fs::remove_file(path).map_err(ControlError::file("remove", path))?;
        }
        Ok(())
    }
}

fn deed(refusal: Refusal, body: &Value) -> Deed {
    Deed {
        kind: EntryType::Refusal,
        authority: [0; 32],
        counters: vec![u64::from(refusal.code())],
        body: body.to_string().into_bytes(),
    }
}
