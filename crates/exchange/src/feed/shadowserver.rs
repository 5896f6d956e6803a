//! Reports of the Shadowserver Foundation. In: the CSV of one of ten report types. Out: sightings. Never: a type that is guessed from its columns; the name of the file
//! says it.
//!
//! The columns are those of the table of `IntelMQ` 3.1's parser, the last version that has them in its package; the foundation changes them without notice, so every
//! other column is kept under its name.

use super::{FeedError, Grade, Kind, Sighting, also, text, time, wrong};
use crate::list::What;

/// A type of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportType {
    /// Its name in file names, such as `2026-11-27-scan_smb-jp.csv`.
    pub file: &'static str,
    /// Its name there.
    pub feed: &'static str,
    /// The columns that it must have: the time is `timestamp` in all.
    pub required: &'static [&'static str],
    /// The column of what was seen.
    pub subject: &'static str,
    /// The columns of other names of the same thing.
    pub also: &'static [&'static str],
    /// What a line means for who owns the thing.
    pub kind: Kind,
    /// What it is, in a word.
    pub about: &'static str,
}

const PLAIN: &[&str] = &["timestamp", "ip", "port"];
const SOURCE: &[&str] = &["timestamp", "src_ip", "src_port"];
const NAMES: &[&str] = &["hostname"];
const SOURCE_NAMES: &[&str] = &["src_hostname"];

const fn scan(
    file: &'static str,
    feed: &'static str,
    kind: Kind,
    about: &'static str,
) -> ReportType {
    ReportType {
        file,
        feed,
        required: PLAIN,
        subject: "ip",
        also: NAMES,
        kind,
        about,
    }
}

const fn event(file: &'static str, feed: &'static str, about: &'static str) -> ReportType {
    ReportType {
        file,
        feed,
        required: SOURCE,
        subject: "src_ip",
        also: SOURCE_NAMES,
        kind: Kind::ActiveCompromise,
        about,
    }
}

/// The types that are read.
pub const REPORTS: [ReportType; 10] = [
    ReportType {
        required: &["timestamp", "ip"],
        ..scan(
            "blocklist",
            "Blocklist",
            Kind::ActiveCompromise,
            "blacklisted-ip",
        )
    },
    ReportType {
        also: &["http_host", "hostname", "url"],
        ..scan(
            "compromised_website",
            "Compromised-Website",
            Kind::ActiveCompromise,
            "compromised-website",
        )
    },
    event(
        "event4_ddos_participant",
        "DDoS-Participant",
        "ddos-participant",
    ),
    event(
        "event4_honeypot_brute_force",
        "Honeypot-Brute-Force-Events",
        "brute-force",
    ),
    event("event4_sinkhole", "Sinkhole-Events IPv4", "infected-system"),
    ReportType {
        required: &["timestamp", "ip"],
        also: &["host", "url"],
        ..scan(
            "malware_url",
            "Malware-URL",
            Kind::ActiveCompromise,
            "malware-url",
        )
    },
    scan(
        "scan_dns",
        "DNS-Open-Resolvers",
        Kind::Exposure,
        "dns-open-resolver",
    ),
    scan("scan_rdp", "Accessible-RDP", Kind::Exposure, "open-rdp"),
    scan("scan_smb", "Accessible-SMB", Kind::Exposure, "open-smb"),
    scan(
        "scan_telnet",
        "Accessible-Telnet",
        Kind::Exposure,
        "open-telnet",
    ),
];

/// Columns that say that a weakness is there and not only that a door is open.
const WEAKNESSES: [(&str, &str); 3] = [
    ("scan_rdp", "cve20190708_vulnerable"),
    ("scan_rdp", "bluekeep_vulnerable"),
    ("scan_smb", "smb_implant"),
];

/// The type of a file by its name: a date before it and a country behind it do not count.
///
/// # Errors
/// [`FeedError::Unknown`].
pub fn report_of_file(name: &str) -> Result<&'static ReportType, FeedError> {
    let unknown = || FeedError::Unknown(name.chars().take(80).collect());
    let base = name.rsplit('/').next().unwrap_or(name);
    let base = base.strip_suffix(".csv").unwrap_or(base);
    let is_date = |text: &str| {
        text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 | 10 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    };
    let undated = match base.split_at_checked(11) {
        Some((date, rest)) if is_date(date) => rest,
        _ => base,
    };
    let kind = undated.split('-').next().unwrap_or(undated);
    let found = REPORTS.iter().find(|report| report.file == kind);
    found.ok_or_else(unknown)
}

/// Reads a report. `grade` is the reader's grade of the source.
///
/// # Errors
/// [`FeedError`] for the first thing that is wrong; then nothing is taken.
pub fn read_shadowserver(
    bytes: &[u8],
    report: &ReportType,
    grade: Grade,
) -> Result<Vec<Sighting>, FeedError> {
    let text = text(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(|name| name.trim().to_owned()).collect(),
        Err(_) => return Err(FeedError::NotUtf8),
    };
    for wanted in report.required {
        if !names.iter().any(|name| name == wanted) {
            return Err(FeedError::NoColumn(wanted));
        }
    }
    let mut out = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(out),
            Ok(true) => {}
            Err(_) => return Err(wrong(line, "line", "cannot be read as fields")),
        }
        if out.len() == super::SIGHTINGS_MAX {
            return Err(FeedError::TooLong);
        }
        let line = record.position().map_or(line, csv::Position::line);
        out.push(sighting(report, grade, &names, &record, line)?);
    }
}

fn sighting(
    report: &ReportType,
    grade: Grade,
    names: &[String],
    record: &csv::StringRecord,
    line: u64,
) -> Result<Sighting, FeedError> {
    if record.len() != names.len() {
        return Err(wrong(
            line,
            "line",
            "has more or fewer fields than the first line names",
        ));
    }
    if names.len() > super::FIELDS_MAX || record.iter().any(|f| f.len() > super::FIELD_BYTES_MAX) {
        return Err(wrong(
            line,
            "line",
            "has more or longer fields than are read",
        ));
    }
    let field = |wanted: &str| {
        let at = names.iter().position(|name| name == wanted)?;
        record.get(at).map(str::trim)
    };
    let when = field("timestamp").and_then(time);
    let when = when.ok_or_else(|| wrong(line, "timestamp", "is no time"))?;
    let subject = field(report.subject).unwrap_or_default();
    let address = subject.parse().map(What::Address);
    let what = address.map_err(|_| wrong(line, report.subject, "is no address"))?;
    for port in report.required.iter().filter(|name| name.ends_with("port")) {
        let number = field(port).unwrap_or_default();
        if number.parse::<u16>().is_err() {
            return Err(wrong(line, port, "is no port"));
        }
    }
    let asn = field(if report.subject == "ip" {
        "asn"
    } else {
        "src_asn"
    });
    let asn = asn
        .and_then(|number| number.parse().ok())
        .filter(|n| *n > 0);
    let others = report.also.iter().filter_map(|name| also(field(name)));
    let weak = WEAKNESSES.iter().any(|(file, column)| {
        let says = field(column).unwrap_or_default();
        *file == report.file && ["Y", "y", "1", "true", "vulnerable"].contains(&says)
    });
    let fields = names.iter().zip(record.iter());
    let fields = fields.filter(|(_, text)| !text.is_empty());
    Ok(Sighting {
        what,
        also: others.chain(asn.map(What::As)).collect(),
        when,
        source: format!("Shadowserver {}", report.feed),
        grade,
        kind: if weak {
            Kind::Vulnerability
        } else {
            report.kind
        },
        about: report.about.to_owned(),
        fields: fields
            .map(|(name, text)| (name.clone(), text.to_owned()))
            .collect(),
    })
}
