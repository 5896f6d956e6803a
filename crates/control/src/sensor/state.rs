//! What a sensor remembers between runs. In: a file. Out: trust root, largest checkpoint, largest time, runs that were begun. Never: a step back.

use crate::error::ControlError;
use crate::files;
use sakimori_authority::gate::{SensorState, Standing};
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_custody::ids::{SensorId, StreamId, hex, unhex};
#[cfg(test)]
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;

/// The file below the sensor's folder.
pub(crate) const FILE: &str = "state.json";
/// Runs that were begun and not ended, at most: a sensor that falls at every start ends here.
const OPEN_RUNS_MAX: usize = 1000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint {
    size: u64,
    root: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    trust_root: String,
    checkpoint: Option<Checkpoint>,
    time: String,
    open_runs: Vec<String>,
    #[serde(default)]
    schedule: Option<String>,
    #[serde(default)]
    standings: Vec<KeptStanding>,
    #[serde(default)]
    revoked: Vec<String>,
    #[serde(default)]
    software: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptStanding {
    authority: String,
    by: String,
    serial: u64,
    act: String,
}

impl KeptStanding {
    fn of(standing: &Standing) -> Self {
        Self {
            authority: standing.authority.to_string(),
            by: standing.by.to_string(),
            serial: standing.serial,
            act: standing.act.to_string(),
        }
    }

    fn read(&self) -> Option<Standing> {
        Some(Standing {
            authority: self.authority.parse().ok()?,
            by: By::from_name(&self.by)?,
            serial: self.serial,
            act: SuspensionAct::from_name(&self.act)?,
        })
    }
}

/// The memory of a sensor.
#[derive(Clone, Debug)]
pub struct Remembered {
    state: SensorState,
    open_runs: Vec<StreamId>,
}

/// Installs a sensor with the trust root that it will believe.
///
/// # Errors
/// [`ControlError::File`].
pub fn install(folder: &Path, trust_root: &[u8]) -> Result<(), ControlError> {
    let remembered = Remembered {
        state: SensorState {
            trust_root: Some(trust_root.to_vec()),
            ..SensorState::default()
        },
        open_runs: Vec::new(),
    };
    remembered.save(folder)
}

/// Takes the sensor's lock, which ends with the process.
///
/// # Errors
/// [`ControlError::Usage`] where another process runs this sensor.
pub(super) fn lock(folder: &Path, sensor: &SensorId) -> Result<File, ControlError> {
    files::lock(&folder.join("lock"), || {
        format!("sensor `{sensor}` runs already")
    })
}

impl Remembered {
    /// Reads the memory; a sensor without one has not been installed.
    ///
    /// # Errors
    /// [`ControlError::File`], [`ControlError::Document`]: a memory that is lost or damaged must be installed anew by a person, or a rolled-back log would be believed.
    pub fn load(folder: &Path) -> Result<Self, ControlError> {
        let path = folder.join(FILE);
        let bytes = files::read_present(&path)?;
        let damaged = |what: &str| {
            let act = "restore the sensor's folder from its backup: without its memory a log that was rolled back would be believed";
            ControlError::document(path.display(), format!("{what}; {act}"))
        };
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|e| damaged(&e.to_string()))?;
        let checkpoint = match &kept.checkpoint {
            None => None,
            Some(seen) => Some((
                seen.size,
                unhex(&seen.root).ok_or_else(|| damaged("the root is no hash"))?,
            )),
        };
        let open_runs = kept
            .open_runs
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_, _>>();
        let standings = kept.standings.iter().map(KeptStanding::read).collect();
        let standings: Option<Vec<Standing>> = standings;
        let revoked: Result<_, _> = kept.revoked.iter().map(|text| text.parse()).collect();
        Ok(Self {
            state: SensorState {
                trust_root: Some(kept.trust_root.into_bytes()),
                checkpoint,
                time: kept.time.parse().map_err(|_| damaged("the time is none"))?,
                schedule: kept.schedule.map(String::into_bytes),
                standings: standings.ok_or_else(|| damaged("a suspension is none"))?,
                revoked: revoked.map_err(|_| damaged("an authority has no id"))?,
                software: kept.software,
            },
            open_runs: open_runs.map_err(|_| damaged("a run has no stream id"))?,
        })
    }

    /// Writes the memory, whole or not at all.
    ///
    /// # Errors
    /// [`ControlError::File`]: the sensor must not go on.
    pub fn save(&self, folder: &Path) -> Result<(), ControlError> {
        let text = |bytes: &Option<Vec<u8>>| {
            String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned()
        };
        let kept = Kept {
            version: 1,
            trust_root: text(&self.state.trust_root),
            checkpoint: self.state.checkpoint.map(|(size, root)| Checkpoint {
                size,
                root: hex(&root),
            }),
            time: self.state.time.to_string(),
            open_runs: self.open_runs.iter().map(ToString::to_string).collect(),
            schedule: self
                .state
                .schedule
                .is_some()
                .then(|| text(&self.state.schedule)),
            standings: self.state.standings.iter().map(KeptStanding::of).collect(),
            revoked: self.state.revoked.iter().map(ToString::to_string).collect(),
            software: self.state.software,
        };
        let text = serde_json::to_string_pretty(&kept).unwrap_or_default() + "\n";
        files::write(&folder.join(FILE), text.as_bytes(), files::PRIVATE)
    }

    /// As the gate wants it.
    pub fn sensor_state(&self) -> SensorState {
        self.state.clone()
    }

    /// Takes over what the gate has seen.
    pub fn admit(&mut self, state: &SensorState) {
        self.state = state.clone();
    }

    /// Runs that were begun and not ended.
    pub fn open_runs(&self) -> &[StreamId] {
        &self.open_runs
    }

    /// Notes that a run begins.
    pub fn open_run(&mut self, stream: StreamId) {
        if self.open_runs.len() < OPEN_RUNS_MAX {
            self.open_runs.push(stream);
        }
    }

    /// Notes that a run has its stop, or its gap, on record.
    pub fn close_run(&mut self, stream: StreamId) {
        self.open_runs.retain(|run| *run != stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::ids::AuthorityId;

    fn kept() -> (tempfile::TempDir, Remembered) {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path(), b"root\n").unwrap();
        let remembered = Remembered::load(folder.path()).unwrap();
        (folder, remembered)
    }

    #[test]
    fn what_is_remembered_is_there_at_the_next_start() {
        let (folder, mut remembered) = kept();
        let state = SensorState {
            trust_root: Some(b"root\n".to_vec()),
            checkpoint: Some((42, [7; 32])),
            time: Seconds(1_806_537_600),
            schedule: Some(b"schedule\n".to_vec()),
            standings: vec![Standing {
                authority: AuthorityId([3; 16]),
                by: By::Party,
                serial: 7,
                act: SuspensionAct::Suspend,
            }],
            revoked: vec![AuthorityId([4; 16])],
            software: true,
        };
        remembered.admit(&state);
        remembered.open_run(StreamId([1; 8]));
        remembered.open_run(StreamId([2; 8]));
        remembered.close_run(StreamId([1; 8]));
        remembered.save(folder.path()).unwrap();
        let again = Remembered::load(folder.path()).unwrap();
        assert_eq!(again.sensor_state(), state);
        assert_eq!(again.open_runs(), [StreamId([2; 8])]);
    }

    #[test]
    fn a_memory_that_says_something_else_is_none() {
        let (folder, remembered) = kept();
        remembered.save(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let good = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [
            ("null", r#"{"size": 1, "root": "abc"}"#),
            ("null", r#"{"size": -1, "root": ""}"#),
            ("1970", "19700"),
            ("[]", r#"["xyz"]"#),
            ("\"time\"", "\"clock\""),
            ("{", "[{"),
        ] {
            std::fs::write(&path, good.replacen(from, to, 1)).unwrap();
            let error = Remembered::load(folder.path()).unwrap_err().to_string();
            assert!(error.contains("state.json"), "{to}: {error}");
            assert!(error.contains("from its backup"), "{to}: {error}");
        }
    }

    #[test]
    fn open_runs_have_a_bound() {
        let (_folder, mut remembered) = kept();
        for number in 0..2000u64 {
            remembered.open_run(StreamId(number.to_be_bytes()));
        }
        assert_eq!(remembered.open_runs().len(), OPEN_RUNS_MAX);
    }
}
