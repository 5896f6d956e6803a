//! The catalogue of exploited weaknesses and the scores, as files in the office's folder. In: two files, the time. Out: what they are, how old they are; new files in their place. Never: a
//! file that was not read as a whole; the one in its place and the other refused; an older one in the place of a newer one by mistake.

use super::WeaknessError;
use sakimori_advisory::epss::{self, Scores};
use sakimori_advisory::kev::{self, Catalogue};
use sakimori_advisory::limits::CATALOGUE_BYTES_MAX;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Name of the catalogue's file (CISA, KEV).
pub const KEV: &str = "kev.json";
/// Name of the scores' file (FIRST, EPSS).
pub const EPSS: &str = "epss.csv";
/// From this age on a file is old: scores are made daily, the catalogue has something new each week.
pub const OLD_DAYS: u64 = 7;

/// Both, as they lie in a folder.
#[derive(Clone, Debug, Default)]
pub struct Catalogues {
    /// The catalogue.
    pub kev: Option<Catalogue>,
    /// The scores.
    pub epss: Option<Scores>,
}

/// What one of them is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// The version, or the model.
    pub version: String,
    /// Its date as it is written.
    pub date: String,
    /// How many whole days old it is; none where the date is none, or lies ahead.
    pub age_days: Option<u64>,
    /// Whether it is older than [`OLD_DAYS`], or of no known age.
    pub old: bool,
    /// How many weaknesses it names.
    pub entries: usize,
}

/// What both of them are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheets {
    /// The catalogue; none where there is none that can be read.
    pub kev: Option<Sheet>,
    /// The scores; none where there are none that can be read.
    pub epss: Option<Sheet>,
}

fn sheet(
    version: &str,
    date: &str,
    (day, now): (Option<Seconds>, Seconds),
    entries: usize,
) -> Sheet {
    let passed = day.and_then(|day| now.0.checked_sub(day.0));
    let age_days = passed.map(|seconds| seconds / DAY_SECONDS);
    Sheet {
        version: version.to_owned(),
        date: date.to_owned(),
        age_days,
        old: age_days.is_none_or(|days| days > OLD_DAYS),
        entries,
    }
}

impl Catalogues {
    /// What they are at an instant.
    pub fn sheets(&self, now: Seconds) -> Sheets {
        Sheets {
            kev: self.kev.as_ref().map(|kev| {
                let day = (kev.day(), now);
                sheet(&kev.version, &kev.released, day, kev.entries.len())
            }),
            epss: self.epss.as_ref().map(|epss| {
                let day = (epss.day(), now);
                sheet(&epss.model, &epss.date, day, epss.scores.len())
            }),
        }
    }
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> WeaknessError + '_ {
    |source| WeaknessError::Disk {
        path: path.to_owned(),
        source,
    }
}

/// Reads a file of at most [`CATALOGUE_BYTES_MAX`]; none where there is none.
///
/// # Errors
/// [`WeaknessError::Disk`], [`WeaknessError::Catalogue`] where it is longer.
fn bytes(path: &Path) -> Result<Option<Vec<u8>>, WeaknessError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(disk(path)(e)),
    };
    let mut bytes = Vec::new();
    let most = CATALOGUE_BYTES_MAX as u64 + 1;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(disk(path))?;
    if bytes.len() > CATALOGUE_BYTES_MAX {
        return Err(unfit(
            path,
            &format!("more than {CATALOGUE_BYTES_MAX} bytes"),
        ));
    }
    Ok(Some(bytes))
}

fn unfit(path: &Path, why: &dyn std::fmt::Display) -> WeaknessError {
    WeaknessError::Catalogue {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// Judges a catalogue's file.
///
/// # Errors
/// [`WeaknessError::Disk`]; [`WeaknessError::Catalogue`] names the entry.
pub fn read_kev(path: &Path) -> Result<Option<Catalogue>, WeaknessError> {
    let read = bytes(path)?.map(|bytes| kev::read(&bytes));
    read.transpose().map_err(|e| unfit(path, &e))
}

/// Judges a file of scores.
///
/// # Errors
/// [`WeaknessError::Disk`]; [`WeaknessError::Catalogue`] names the row.
pub fn read_epss(path: &Path) -> Result<Option<Scores>, WeaknessError> {
    let read = bytes(path)?.map(|bytes| epss::read(&bytes));
    read.transpose().map_err(|e| unfit(path, &e))
}

/// Judges new files and lays them in a folder, both or neither. Gives what is there then.
///
/// # Errors
/// [`WeaknessError::Catalogue`]: one is not what it says, is missing, or is older than the one that is there and `older` does not let it; nothing was laid there. [`WeaknessError::Disk`]: what
/// was laid there is whole.
pub fn place(
    home: &Path,
    (kev, epss): (Option<&Path>, Option<&Path>),
    older: bool,
) -> Result<Catalogues, WeaknessError> {
    let missing = |path: &Path| unfit(path, &"is not there");
    let mut new = Catalogues::default();
    let mut files = Vec::new();
    // Both are judged before either is laid down; what is judged is what is written.
    if let Some(path) = kev {
        let taken = bytes(path)?.ok_or_else(|| missing(path))?;
        new.kev = Some(kev::read(&taken).map_err(|e| unfit(path, &e))?);
        files.push((KEV, taken, path));
    }
    if let Some(path) = epss {
        let taken = bytes(path)?.ok_or_else(|| missing(path))?;
        new.epss = Some(epss::read(&taken).map_err(|e| unfit(path, &e))?);
        files.push((EPSS, taken, path));
    }
    // What is there and cannot be read is no reason to keep it.
    let old_kev = read_kev(&home.join(KEV)).ok().flatten();
    let old_epss = read_epss(&home.join(EPSS)).ok().flatten();
    let days = [
        (
            KEV,
            old_kev.as_ref().and_then(Catalogue::day),
            new.kev.as_ref().and_then(Catalogue::day),
        ),
        (
            EPSS,
            old_epss.as_ref().and_then(Scores::day),
            new.epss.as_ref().and_then(Scores::day),
        ),
    ];
    let is_behind =
        |(_, old, new): &(_, Option<Seconds>, Option<Seconds>)| new.is_some() && new < old;
    if let Some((name, ..)) = days.into_iter().find(is_behind).filter(|_| !older) {
        let file = files.iter().find(|(file, ..)| *file == name);
        let path = file.map_or(home, |(_, _, path)| path);
        return Err(unfit(path, &"is older than the one that is there"));
    }
    fs::create_dir_all(home).map_err(disk(home))?;
    let mut fresh = Vec::new();
    for (name, bytes, _) in &files {
        let path = home.join(format!("{name}.part"));
        written(&path, bytes).map_err(disk(&path))?;
        fresh.push((path, home.join(name)));
    }
    for (from, to) in fresh {
        fs::rename(&from, &to).map_err(disk(&to))?;
    }
    let folder = File::open(home).and_then(|folder| folder.sync_all());
    folder.map_err(disk(home))?;
    Ok(Catalogues {
        kev: new.kev.or(old_kev),
        epss: new.epss.or(old_epss),
    })
}

/// A file beside its place, durable. What was left there is removed and never written to.
fn written(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kev(day: &str) -> String {
        format!(
            r#"{{"catalogVersion":"{day}","dateReleased":"{day}T12:00:00.000Z","count":1,"vulnerabilities":[{{"cveID":"CVE-2024-0001","vendorProject":"A","product":"B","vulnerabilityName":"C","dateAdded":"{day}","dueDate":"{day}","requiredAction":"D"}}]}}"#
        )
    }

    fn epss(day: &str, row: &str) -> String {
        format!(
            "#model_version:v1,score_date:{day}T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0001,{row}\n"
        )
    }

    #[test]
    fn files_are_judged_both_before_either_is_laid_down() {
        let folder = tempfile::tempdir().unwrap();
        let (home, new) = (folder.path().join("weaknesses"), folder.path());
        let (one, two) = (new.join("k"), new.join("e"));
        fs::write(&one, kev("2026-11-27")).unwrap();
        fs::write(&two, epss("2026-11-27", "1.5,0.1")).unwrap();
        let both = (Some(one.as_path()), Some(two.as_path()));
        let said = place(&home, both, false).unwrap_err().to_string();
        assert!(said.contains("row 3") && said.contains("/e"), "{said}");
        assert!(!home.exists(), "neither is there");
        fs::write(&two, epss("2026-11-27", "0.5,0.1")).unwrap();
        place(&home, both, false).unwrap();
        let at = |day: &str| format!("{day}T06:00:00Z").parse::<Seconds>().unwrap();
        let there = Catalogues {
            kev: read_kev(&home.join(KEV)).unwrap(),
            epss: read_epss(&home.join(EPSS)).unwrap(),
        };
        let sheets = there.sheets(at("2026-11-30"));
        let age = |sheet: Option<Sheet>| sheet.map(|s| (s.age_days, s.old, s.entries)).unwrap();
        assert_eq!(age(sheets.kev), (Some(3), false, 1));
        assert_eq!(age(sheets.epss), (Some(3), false, 1));
        assert_eq!(age(there.sheets(at("2026-12-05")).kev), (Some(8), true, 1));
        assert_eq!(age(there.sheets(at("2026-11-01")).kev), (None, true, 1));
        // An older one takes no newer one's place unless that is meant.
        fs::write(&one, kev("2026-11-20")).unwrap();
        let alone = (Some(one.as_path()), None);
        let said = place(&home, alone, false).unwrap_err().to_string();
        assert!(
            said.ends_with("is older than the one that is there"),
            "{said}"
        );
        let now = place(&home, alone, true).unwrap();
        assert_eq!(now.kev.unwrap().version, "2026-11-20");
        assert_eq!(now.epss.unwrap().date, "2026-11-27T00:00:00+0000");
        let gone = new.join("gone");
        let said = place(&home, (Some(&gone), None), false).unwrap_err();
        assert!(said.to_string().ends_with("is not there"), "{said}");
        let parts = fs::read_dir(&home).unwrap().count();
        assert_eq!(parts, 2, "nothing is left beside them");
    }

    #[test]
    fn a_file_longer_than_the_bound_is_refused_and_not_read_into_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let file = File::create(&path).unwrap();
        file.set_len(CATALOGUE_BYTES_MAX as u64 * 1000).unwrap();
        let said = read_kev(&path).unwrap_err().to_string();
        assert!(said.contains("more than"), "{said}");
    }
}
