//! `sensor run`. In: arguments. Out: what was read, selected, discarded and found. Never: a finding that is not in the log.

use crate::arguments::{Format, SensorRun};
use crate::failure::Failure;
use crate::show::{self, grouped};
use sakimori_control::sensor::{self, Input, Plan, Read, Report};
use sakimori_control::{Host, Node};
use sakimori_custody::window::EndStatus;
use sakimori_sensor::supervisor::{Ending, Program, Totals};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) fn run(arguments: SensorRun, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let authority = match arguments.folder {
        Some(folder) => folder,
        None => node.authority(
            super::authority_or_newest(&node, arguments.authority)?,
            &arguments.sensor,
        ),
    };
    let plan = Plan {
        sensor: arguments.sensor,
        authority,
        inputs: arguments
            .inputs
            .iter()
            .map(|name| Input::named(name))
            .collect(),
        home_country: arguments.home.home_country,
        home_prefixes: arguments.home.home,
        directions: arguments.directions,
        program: Program(super::own_program()?),
        stop: sakimori_control::stop::on_signals()?,
    };
    let report = sensor::run(&node, &plan, host, &mut show::Meter::new(host))?;
    match arguments.format {
        Format::Json => show::json(&document(&report)),
        Format::Text => tell(&document(&report)),
    }
    let broken: Vec<&Read> = report
        .inputs
        .iter()
        .filter(|read| !read.is_whole())
        .collect();
    for read in &broken {
        show::error(&advice(read));
    }
    if report.unread > 0 {
        let unread = report.unread;
        show::error(&format!(
            "the authority or its lease has ended: {unread} inputs were not read; `sakimori authority lease` goes on"
        ));
    }
    Ok(ExitCode::from(u8::from(
        !broken.is_empty() || report.unread > 0,
    )))
}

/// What is wrong with an input, and what to do.
fn advice(read: &Read) -> String {
    let (name, at) = (&read.name, read.outcome.offset);
    match read.outcome.ending {
        Some(Ending::Suspended) => {
            return format!(
                "{name}, byte {at}: the authority was suspended; it goes on when whoever suspended it says so"
            );
        }
        Some(Ending::Revoked) => {
            return format!(
                "{name}, byte {at}: the authority was revoked; only a new statement lets a sensor go on"
            );
        }
        Some(Ending::Refused) => {
            return format!(
                "{name}, byte {at}: the gate lets the sensor through no more; the log has the refusal"
            );
        }
        Some(Ending::EpochEnded) => {
            return format!(
                "{name}, byte {at}: the epoch of the identifiers' key ended here; a new run goes on under the next one"
            );
        }
        Some(Ending::Stopped) => {
            return format!("{name}, byte {at}: the run was asked to stop here");
        }
        Some(Ending::Expired) | None => {}
    }
    if read.outcome.status == EndStatus::Stopped {
        return format!(
            "{name}, byte {at}: the authority or its lease ended here; `sakimori authority lease` goes on, then read the file again"
        );
    }
    let (problem, act) = match (read.outcome.status, read.outcome.fault) {
        (EndStatus::CutShort, _) => (
            "the capture ends in the middle of a record",
            "what came before was read; take the file again from its source",
        ),
        (EndStatus::Malformed, _) => (
            "a record or block cannot be",
            "what came before was read; take the file again from its source",
        ),
        (EndStatus::NotACapture, _) => ("this is no pcap or pcapng capture", "name a capture file"),
        (EndStatus::Limit, _) => (
            "a record or block is longer than any capture has",
            "what came before was read; the file is damaged or hostile",
        ),
        (_, Some(fault)) if fault.starts_with("cap-") => {
            return format!(
                "{name}: more is selected than the statement's {fault} allows; the log has the fault. A narrower pack selects less; a wider cap is for the commission to decide"
            );
        }
        (_, Some(fault)) => {
            return format!(
                "{name}: the run was ended: {fault}; the log has the fault, and no record without a receipt was kept"
            );
        }
        _ => ("it was not read to its end", "see the log's fault entry"),
    };
    format!("{name}, byte {at}: {problem}; {act}")
}

fn packets(totals: &Totals) -> Value {
    json!({
        "read": totals.read,
        "selected": totals.selected,
        "discarded": totals.discarded,
        "errors": totals.errors,
        "domestic": totals.domestic,
    })
}

fn document(report: &Report) -> Value {
    let inputs = report.inputs.iter().map(|read| {
        json!({
            "name": read.name,
            "status": read.outcome.status.name(),
            "offset": read.outcome.offset,
            "fault": read.outcome.fault,
            "ending": read.outcome.ending.map(Ending::name),
            "packets": packets(&read.outcome.totals),
        })
    });
    let findings = report.findings.iter().map(|file| {
        let mut finding = file.finding.clone();
        finding["entry"] = json!(file.index);
        finding["file"] = json!(file.path.display().to_string());
        finding
    });
    json!({
        "authority": report.authority.to_string(),
        "packets": packets(&report.totals),
        "flows": {"total": report.totals.flows, "selected": report.totals.flows_selected},
        "windows": report.totals.windows,
        "inputs": inputs.collect::<Vec<_>>(),
        "recovered": {
            "published": report.recovered.published,
            "dropped": report.recovered.dropped,
            "gaps": report.recovered.gaps,
        },
        "findings": findings.collect::<Vec<_>>(),
    })
}

/// The document for people.
pub(super) fn tell(document: &Value) {
    let (packets, flows) = (&document["packets"], &document["flows"]);
    let row = |name: &str, values: [&Value; 5]| {
        let number = |value: &&Value| value.as_u64().map_or_else(String::new, grouped);
        [name.to_owned()]
            .into_iter()
            .chain(values.iter().map(number))
            .collect()
    };
    let none = Value::Null;
    let head = [
        "",
        "read",
        "selected",
        "discarded",
        "of these domestic",
        "errors",
    ];
    let of_packets = [
        &packets["read"],
        &packets["selected"],
        &packets["discarded"],
        &packets["domestic"],
        &packets["errors"],
    ];
    let of_flows = [&flows["total"], &flows["selected"], &none, &none, &none];
    show::table(&head, [row("packets", of_packets), row("flows", of_flows)]);
    tell_recovered(&document["recovered"]);
    tell_findings(
        document["findings"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default(),
    );
}

/// What was made good of an earlier run, where there was something.
fn tell_recovered(recovered: &Value) {
    let [published, dropped, gaps] =
        ["published", "dropped", "gaps"].map(|key| recovered[key].as_u64().unwrap_or_default());
    if published + dropped + gaps > 0 {
        show::say(&format!(
            "from an earlier run: {published} windows published, {dropped} dropped, {gaps} gaps entered"
        ));
    }
}

fn tell_findings(findings: &[Value]) {
    if findings.is_empty() {
        show::line("Nothing was found.");
        return;
    }
    let cells = |finding: &Value| {
        let confidence = finding["confidence"].as_f64().unwrap_or_default();
        let [behaviour, source, destination, port, entry] =
            ["behaviour", "source", "destination", "port", "entry"]
                .map(|key| show::cell(&finding[key]));
        let records = grouped(finding["records_total"].as_u64().unwrap_or_default());
        vec![
            behaviour,
            source,
            destination,
            port,
            format!("{confidence:.3}"),
            records,
            entry,
        ]
    };
    let head = [
        "behaviour",
        "source",
        "destination",
        "port",
        "confidence",
        "records",
        "entry",
    ];
    show::table(&head, findings.iter().map(cells));
    for (number, finding) in (1..).zip(findings) {
        show::line(&format!(
            "  {number}. {}: {}",
            show::cell(&finding["behaviour"]),
            show::cell(&finding["reason"])
        ));
    }
}
