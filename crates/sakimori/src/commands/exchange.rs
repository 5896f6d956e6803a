//! `exchange check`, `convert`, `propose`, `match`, `feed`; `poll` is beside it. In: files of others. Out: verdicts, converted texts, sources of packs, feeds. Never: a change of a file that was
//! read, a pack that is signed.

mod feed;
mod lists;
mod matching;

use crate::arguments::Format;
use crate::arguments::exchange::{Exchange, Lists, To};
use crate::failure::Failure;
use crate::show;
use sakimori_control::{Host, files};
use sakimori_custody::ids::{Name, hex};
use sakimori_exchange::json::{self, Limits, Node};
use sakimori_exchange::misp::taxonomy::Taxonomies;
use sakimori_exchange::pattern::{Heading, Pattern, propose};
use sakimori_exchange::stix::validate::{self, Severity};
use sakimori_exchange::warning::{Named, Warnings};
use sakimori_exchange::{list, misp, stix};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(command: Exchange, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Exchange::Check {
            files,
            warnings,
            warninglists,
            taxonomies,
            format,
        } => {
            let beside = Beside {
                recommended: warnings,
                warnings: lists::warnings(warninglists.as_deref())?,
                taxonomies: lists::taxonomies(taxonomies.as_deref())?,
            };
            let judged: Result<Vec<Judged>, Failure> = files
                .iter()
                .map(|file| check(file, &beside, host))
                .collect();
            Ok(told(&judged?, format))
        }
        Exchange::Convert {
            file,
            lists,
            to,
            out,
        } => convert(&file, &lists, to, out.as_deref(), host),
        Exchange::Propose {
            file,
            lists,
            id,
            purpose,
            out,
        } => proposal(&file, &lists, (id, purpose), out.as_deref(), host),
        Exchange::Match {
            patterns,
            observed,
            format,
        } => matching::run(&patterns, &observed, format),
        Exchange::Feed(command) => feed::run(command),
        Exchange::Poll(arguments) => super::poll::run(*arguments, host),
        Exchange::List(arguments) => super::shared::list(*arguments, host),
        Exchange::Show(arguments) => super::shared::show(*arguments, host),
        Exchange::Posts(arguments) => super::shared::posts(*arguments, host),
    }
}

/// What is said of a file.
struct Judged {
    file: String,
    kind: &'static str,
    /// How many objects, events or documents it holds.
    count: usize,
    rows: Vec<Row>,
}

/// One thing that is wrong, or could be better.
struct Row {
    error: bool,
    object: String,
    place: String,
    rule: String,
    text: String,
}

/// What files are judged by beside their formats.
struct Beside {
    recommended: bool,
    warnings: Warnings,
    taxonomies: Taxonomies,
}

impl Beside {
    /// What warning lists and taxonomies say of a text.
    fn judge(&self, kind: &str, bytes: &[u8]) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut named: Vec<Named> = Vec::new();
        match kind {
            "MISP" => {
                for event in misp::read(bytes).unwrap_or_default() {
                    named.extend(self.warnings.of_event(&event));
                    self.tags(&event, &mut rows);
                }
            }
            "STIX" => {
                let text = std::str::from_utf8(bytes).unwrap_or_default();
                if let Ok(node) = json::read(text, misp::limits::TEXT) {
                    named.extend(of_indicators(&node, &self.warnings));
                }
            }
            _ => {}
        }
        for one in named {
            for reason in one.reasons {
                rows.push(Row {
                    error: false,
                    object: one.place.clone(),
                    place: one.value.clone(),
                    ..wrong("warning list", &reason)
                });
            }
        }
        rows
    }

    fn tags(&self, event: &misp::Event, rows: &mut Vec<Row>) {
        let own = event.uuid.as_deref().unwrap_or("the event");
        let in_objects = event.objects.iter().flat_map(|object| &object.attributes);
        let attributes = event.attributes.iter().chain(in_objects);
        let of = attributes.map(|one| (one.uuid.as_deref().unwrap_or_default(), &one.tags));
        for (uuid, tags) in [(own, &event.tags)].into_iter().chain(of) {
            for fault in self.taxonomies.judge(tags) {
                rows.push(Row {
                    object: uuid.to_owned(),
                    place: fault.tag,
                    ..wrong("taxonomy", &fault.what)
                });
            }
        }
    }
}

/// What warning lists say of the indicators of a text.
fn of_indicators(node: &Node<'_>, warnings: &Warnings) -> Vec<Named> {
    let mut out = Vec::new();
    for one in objects(node) {
        let text = one
            .text_of("pattern")
            .filter(|_| one.text_of("type") == Some("indicator"));
        if let Some(Ok(pattern)) = text.map(Pattern::parse) {
            let id = one.text_of("id").unwrap_or_default();
            out.extend(warnings.of_pattern(id, &pattern));
        }
    }
    out
}

fn check(path: &Path, beside: &Beside, host: &Host) -> Result<Judged, Failure> {
    let bytes = files::read_present(path)?;
    let (kind, count, mut rows) = judge(&bytes, host);
    if kind == "CSAF" {
        rows.extend(file_name(path, &bytes));
    }
    rows.retain(|row| row.error || beside.recommended);
    rows.extend(beside.judge(kind, &bytes));
    Ok(Judged {
        file: path.display().to_string(),
        kind,
        count,
        rows,
    })
}

fn wrong(rule: &str, text: &str) -> Row {
    Row {
        error: true,
        object: String::new(),
        place: String::new(),
        rule: rule.to_owned(),
        text: text.to_owned(),
    }
}

/// An error with its causes, in one line.
fn line(error: &dyn std::error::Error) -> String {
    sakimori_control::error::told(error)
}

/// Judges a text as what it says it is.
fn judge(bytes: &[u8], host: &Host) -> (&'static str, usize, Vec<Row>) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return (
            "nothing that is known",
            0,
            vec![wrong("UTF-8", "it is no UTF-8")],
        );
    };
    let node = match json::read(text, misp::limits::TEXT) {
        Ok(node) => node,
        Err(error) => {
            return (
                "nothing that is known",
                0,
                vec![wrong("JSON", &line(&error))],
            );
        }
    };
    let has = |name: &str| node.get(name).is_some();
    if node
        .get("document")
        .is_some_and(|d| d.get("csaf_version").is_some())
    {
        ("CSAF", 1, csaf(bytes, host))
    } else if has("dataType") && has("cveMetadata") {
        ("CVE", 1, cve(bytes))
    } else if has("type")
        || has("objects")
        || node.items().iter().any(|item| item.get("type").is_some())
    {
        let all = objects(&node);
        let rows = all.iter().flat_map(|one| object(one, None)).collect();
        ("STIX", all.len(), rows)
    } else {
        // Whatever else it is, MISP's reader has a word for it.
        match misp::read(bytes) {
            Ok(events) => ("MISP", events.len(), Vec::new()),
            Err(error) => (
                "nothing that is known",
                0,
                vec![wrong("MISP", &line(&error))],
            ),
        }
    }
}

/// The STIX objects of a text: a bundle's or envelope's, a list's, or the one that it is.
fn objects<'n, 't>(node: &'n Node<'t>) -> Vec<&'n Node<'t>> {
    match node.get("objects") {
        Some(list) => list.items().iter().collect(),
        None if node.is_object() => vec![node],
        None => node.items().iter().collect(),
    }
}

fn object(node: &Node<'_>, around: Option<stix::SpecVersion>) -> Vec<Row> {
    let id = node
        .text_of("id")
        .unwrap_or("an object without id")
        .to_owned();
    let row = |finding: &validate::Finding| Row {
        error: finding.severity == Severity::Error,
        object: id.clone(),
        place: finding.pointer.clone(),
        rule: format!("{} ({})", finding.rule.id(), finding.rule.section()),
        text: finding.text.clone(),
    };
    validate::judge(node, around).iter().map(row).collect()
}

fn csaf(bytes: &[u8], host: &Host) -> Vec<Row> {
    use sakimori_advisory::csaf::{Facts, Group, Verdict, validate};
    let facts = Facts {
        now: host.seconds(),
        ..Facts::default()
    };
    let report = match validate(bytes, &facts) {
        Ok(report) => report,
        Err(error) => return vec![wrong("CSAF", &line(&error))],
    };
    let mut rows = Vec::new();
    for outcome in &report.outcomes {
        let must = matches!(outcome.group, Group::Schema | Group::Mandatory);
        let mut row = |place: &str, text: &str, error| {
            rows.push(Row {
                error,
                object: format!("CSAF {}", report.edition.text()),
                place: place.to_owned(),
                rule: outcome.test.to_owned(),
                text: text.to_owned(),
            });
        };
        match &outcome.verdict {
            Verdict::Passed => {}
            Verdict::Failed { findings, .. } => {
                for finding in findings {
                    row(&finding.place, &finding.what, must);
                }
            }
            Verdict::Unanswered(why) => row("", &format!("not tested: {why}"), false),
        }
    }
    rows
}

/// What is wrong with the name of a document's file: publishers have to keep to it, readers need not.
fn file_name(path: &Path, bytes: &[u8]) -> Option<Row> {
    use sakimori_advisory::csaf::file_name;
    let document: Value = serde_json::from_slice(bytes).ok()?;
    let name = path.file_name()?.to_string_lossy();
    let id = document.pointer("/document/tracking/id")?.as_str()?;
    (!file_name::is_right(&name, &document)).then(|| Row {
        error: false,
        place: "/document/tracking/id".to_owned(),
        ..wrong(
            "5.1",
            &format!("the file would be named {}", file_name::of(id)),
        )
    })
}

fn cve(bytes: &[u8]) -> Vec<Row> {
    match sakimori_advisory::cve::read(bytes) {
        Ok(_) => Vec::new(),
        Err(error) => vec![wrong("CVE", &line(&error))],
    }
}

fn told(judged: &[Judged], format: Format) -> ExitCode {
    let bad = judged
        .iter()
        .any(|one| one.rows.iter().any(|row| row.error));
    match format {
        Format::Json => show::json(&judged.iter().map(document).collect()),
        Format::Text => {
            for one in judged {
                let errors = one.rows.iter().filter(|row| row.error).count();
                let word = if errors == 0 { "valid" } else { "not valid" };
                let Judged {
                    file, kind, count, ..
                } = one;
                show::line(&format!("{file}: {kind}, {count} in it, {word}"));
                if !one.rows.is_empty() {
                    show::table(
                        &["", "object", "place", "rule", "what"],
                        one.rows.iter().map(cells),
                    );
                }
            }
        }
    }
    ExitCode::from(u8::from(bad))
}

fn cells(row: &Row) -> Vec<String> {
    let word = if row.error { "error" } else { "warning" };
    [word, &row.object, &row.place, &row.rule, &row.text]
        .map(str::to_owned)
        .to_vec()
}

fn document(one: &Judged) -> Value {
    let errors = one.rows.iter().filter(|row| row.error).count();
    let rows = one.rows.iter().map(|row| {
        json!({
            "error": row.error, "object": row.object, "place": row.place, "rule": row.rule, "text": row.text,
        })
    });
    json!({
        "file": one.file, "kind": one.kind, "count": one.count, "valid": errors == 0,
        "findings": rows.collect::<Vec<Value>>(),
    })
}

/// Writes a result to a file, or to standard output.
fn give(out: Option<&Path>, text: &str) -> Result<(), Failure> {
    if let Some(path) = out {
        return Ok(files::write(path, text.as_bytes(), files::PUBLIC)?);
    }
    show::out(text);
    Ok(())
}

fn convert(
    path: &Path,
    lists: &Lists,
    to: To,
    out: Option<&Path>,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let bytes = files::read_present(path)?;
    let warnings = lists::warnings(lists.warninglists.as_deref())?;
    if !lists::is_json(&bytes) {
        let items = lists::read(path, &bytes, lists.column.as_deref())?;
        lists::tell(&lists::named(&warnings, &items));
        if to == To::Misp {
            return Err(Failure::usage("a list becomes STIX alone"));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let objects = list::to_stix(&items, &name, host.seconds());
        let id = format!("bundle--{}", uuid(host)?);
        let bundle = json!({"type": "bundle", "id": id, "objects": objects});
        give(out, &format!("{bundle}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let refused =
        |error: &dyn std::error::Error| Failure::no(format!("{}: {}", path.display(), line(error)));
    let text = match to {
        To::Misp => {
            let back = misp::from_stix(&bytes).map_err(|e| refused(&e))?;
            for event in &back.events {
                lists::tell(&warnings.of_event(event));
            }
            for (id, why) in &back.left {
                show::say(&format!("{id}: left out: {why}"));
            }
            let loose = back.attributes.len() + back.objects.len() + back.galaxies.len();
            if loose > 0 {
                show::say(&format!(
                    "{loose} of no report or grouping: left out, MISP has them in events alone"
                ));
            }
            let events: Vec<String> = back
                .events
                .iter()
                .map(|event| format!("{{\"Event\":{}}}", event.text()))
                .collect();
            match events.as_slice() {
                [one] => format!("{one}\n"),
                all => format!("[{}]\n", all.join(",")),
            }
        }
        To::Stix | To::StixPlain => {
            let events = misp::read(&bytes).map_err(|e| refused(&e))?;
            for event in &events {
                lists::tell(&warnings.of_event(event));
            }
            let write = if to == To::Stix {
                misp::to_stix_whole
            } else {
                misp::to_stix
            };
            let written = write(&events, host.seconds()).map_err(|e| refused(&e))?;
            for kept in &written.kept {
                show::say(&format!("{} `{}`: {}", kept.uuid, kept.kind, kept.why));
            }
            format!("{}\n", written.bundle(&uuid(host)?))
        }
    };
    give(out, &text)?;
    Ok(ExitCode::SUCCESS)
}

/// A UUID of version 4 (RFC 9562 section 5.4).
fn uuid(host: &Host) -> Result<String, Failure> {
    let mut bytes: [u8; 16] = host.bytes().map_err(|e| Failure {
        message: format!("no random bytes: {e}"),
        code: sakimori_control::error::exit::ENVIRONMENT,
    })?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex(&bytes);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Ok([
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-"))
}

/// The patterns of a bundle's indicators, each in parentheses; those that are none are told.
fn patterns_of(node: &Node<'_>) -> Vec<String> {
    let mut patterns = Vec::new();
    for one in objects(node) {
        let found = one
            .text_of("pattern")
            .filter(|_| one.text_of("type") == Some("indicator"));
        let Some(found) = found else { continue };
        let name = one.text_of("id").unwrap_or_default();
        // STIX 2.0 has no type of pattern: it is STIX's own.
        match one.text_of("pattern_type") {
            Some("stix") | None => match Pattern::parse(found) {
                Ok(_) => patterns.push(format!("({found})")),
                Err(error) => show::say(&format!("{name}: left out: {}", &line(&error))),
            },
            Some(other) => show::say(&format!("{name}: left out: its pattern is of {other}")),
        }
    }
    patterns
}

fn proposal(
    path: &Path,
    lists: &Lists,
    (id, purpose): (Name, String),
    out: Option<&Path>,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let bytes = files::read_present(path)?;
    let named = |what: String| Failure::no(format!("{}: {what}", path.display()));
    let warnings = lists::warnings(lists.warninglists.as_deref())?;
    let patterns = if lists::is_json(&bytes) {
        let text = std::str::from_utf8(&bytes).map_err(|_| named("it is no UTF-8".to_owned()))?;
        let node = json::read(text, Limits::MANY).map_err(|e| named(line(&e)))?;
        lists::tell(&of_indicators(&node, &warnings));
        patterns_of(&node)
    } else {
        let items = lists::read(path, &bytes, lists.column.as_deref())?;
        lists::tell(&lists::named(&warnings, &items));
        let each = items.iter().map(|item| list::pattern(&item.what));
        each.collect()
    };
    if patterns.is_empty() {
        return Err(named(
            "there is no indicator with a pattern of STIX".to_owned(),
        ));
    }
    let whole = Pattern::parse(&patterns.join(" OR ")).map_err(|e| named(line(&e)))?;
    let heading = Heading {
        id,
        issued: host.seconds(),
        purpose,
    };
    let proposal = propose(&whole, &heading).map_err(Failure::usage)?;
    for told in &proposal.told {
        let width = if told.wider { "wider" } else { "narrower" };
        show::say(&format!(
            "{} ({width} than asked): {}",
            told.path, told.reason
        ));
    }
    for finding in &proposal.lint {
        show::say(&format!("{}: {}", finding.severity, finding.reason));
    }
    let source = proposal.source.as_deref();
    let source = source.ok_or_else(|| named("there is nothing that a pack can say".to_owned()))?;
    give(out, source)?;
    show::say("a proposal: no sensor takes it before somebody has read, compiled and signed it");
    Ok(ExitCode::from(u8::from(!proposal.compiles())))
}
