//! `ddos …`: what a flood looks like, for those who are next. In: captures of one's own, a fingerprint, what the office let go. Out: a fingerprint, rules as text, fields of a report; one
//! that the office has. Never: a payload, an address of a client or of who was attacked; a rule that is loaded.

use super::asset::{Desk, at_desk, failed, read};
use crate::arguments::Format;
use crate::arguments::alert::{Ddos, RuleForm};
use crate::arguments::asset::Place;
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_control::error::{exit, told};
use sakimori_custody::time::Millis;
use sakimori_exchange::ddos::{self, Counters, Fingerprint, Packet};
use sakimori_node::problem::Problem;
use sakimori_node::{FloodOfUs, Role, fingerprints_of_us, send_fingerprint};
use sakimori_sensor::capture::{Capture, Captured, Filled, unpacked};
use sakimori_store::Change;
use sakimori_wire::{Fragment, IpPacket};
use serde_json::Value;
use std::fs::File;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::process::ExitCode;

/// Longest fingerprint in bytes.
const FINGERPRINT_BYTES_MAX: usize = 1 << 20;
/// Bytes of a frame in which the packet's own header is looked for.
const HEADERS_BYTES_MAX: usize = 256;

pub(super) fn run(command: &Ddos, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Ddos::Fingerprint { captures } => {
            let mut counters = Counters::default();
            for path in captures {
                count(path, &mut counters)?;
            }
            let found = counters.fingerprint();
            let found = found.ok_or_else(|| Failure::no("the captures have no IP packet"))?;
            show::out(&ddos::write(&found));
        }
        Ddos::Export {
            file,
            protect,
            form,
        } => {
            let found = fingerprint(file)?;
            let text = match form {
                RuleForm::Nftables => ddos::nftables(&found, protect),
                RuleForm::Exabgp => ddos::flowspec_exabgp(&found, protect),
                RuleForm::Gobgp => ddos::flowspec_gobgp(&found, protect),
            };
            show::out(&text.map_err(Failure::no)?);
        }
        Ddos::Fields { file } => {
            let found = fingerprint(file)?;
            for (name, value) in ddos::fields(&found) {
                show::out(&format!("{name}={value}\n"));
            }
        }
        Ddos::Send { place, file, words } => {
            let bytes = read(file, FINGERPRINT_BYTES_MAX)?;
            let found = sakimori_liaison::fingerprint::read(&bytes).map_err(|e| failed(&e))?;
            let text = ddos::write(&found);
            at_operator(place, host, async |desk: &Desk<'_>| {
                sent(desk, text.as_bytes(), words).await
            })?;
        }
        Ddos::List { place } => {
            at_operator(place, host, async |desk: &Desk<'_>| {
                let all = fingerprints_of_us(&desk.folder).await;
                listed(desk, &all.map_err(|problem| away(&problem))?);
                Ok(())
            })?;
        }
        Ddos::Get { place, id } => {
            at_operator(place, host, async |desk: &Desk<'_>| {
                let all = fingerprints_of_us(&desk.folder).await;
                let all = all.map_err(|problem| away(&problem))?;
                let found = all.iter().find(|one| one.id == *id);
                let found = found.ok_or_else(|| Failure::no(format!("no fingerprint `{id}`")))?;
                show::out(&(ddos::write(&found.fingerprint) + "\n"));
                Ok(())
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn fingerprint(file: &Path) -> Result<Fingerprint, Failure> {
    let bytes = read(file, FINGERPRINT_BYTES_MAX)?;
    let found = ddos::read(&bytes);
    found.map_err(|e| Failure::no(format!("{}: {e}", file.display())))
}

/// At an operator's node, which knows the office's.
fn at_operator(
    place: &Place,
    host: &Host,
    work: impl AsyncFnOnce(&Desk<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if !matches!(place.role, Role::Operator) {
        return Err(Failure::usage(
            "an operator's node sends and receives (--role operator)",
        ));
    }
    at_desk(place, host, work)
}

/// What the office's node, or that it is away, is to who typed the command.
fn away(problem: &Problem) -> Failure {
    let code = if problem.code.status() >= 500 {
        exit::ENVIRONMENT
    } else {
        exit::NO
    };
    let title = problem.code.title();
    let message = format!("the office's node: {title} {}", problem.detail);
    Failure {
        message: message.trim_end().to_owned(),
        code,
    }
}

async fn sent(desk: &Desk<'_>, bytes: &[u8], words: &str) -> Result<(), Failure> {
    let id = send_fingerprint(&desk.folder, bytes, words).await;
    let id = id.map_err(|problem| away(&problem))?;
    let record = Change::Audit {
        at: desk.act.at.0,
        by: desk.act.by.to_owned(),
        act: "send-fingerprint".to_owned(),
        object: id.clone(),
        detail: String::new(),
    };
    desk.store.apply(&[record]).await.map_err(|e| Failure {
        message: format!(
            "the office has it, and it is not on record here: {}",
            told(&e)
        ),
        code: exit::ENVIRONMENT,
    })?;
    show::pairs(&[("fingerprint", id)]);
    Ok(())
}

fn listed(desk: &Desk<'_>, all: &[FloodOfUs]) {
    if desk.format == Format::Json {
        let rows = all.iter().map(FloodOfUs::row);
        show::json(&Value::Array(rows.collect()));
        return;
    }
    let rows = all.iter().map(|one| {
        let fields = ddos::fields(&one.fingerprint);
        let vector = fields.iter().find(|(name, _)| *name == "ddos.vector");
        vec![
            one.id.clone(),
            one.at.to_string(),
            one.fingerprint.first.to_string(),
            one.fingerprint.packets.to_string(),
            vector.map(|(_, value)| value.clone()).unwrap_or_default(),
            one.tlp.clone(),
            one.words.clone(),
        ]
    });
    let head = [
        "id", "given", "begins", "packets", "vectors", "marking", "words",
    ];
    show::table(&head, rows);
}

fn count(path: &Path, counters: &mut Counters) -> Result<(), Failure> {
    let away = |e: std::io::Error| Failure {
        message: format!("{}: {e}", path.display()),
        code: exit::ENVIRONMENT,
    };
    let input = unpacked(File::open(path).map_err(away)?).map_err(away)?;
    let mut capture = Capture::new(input);
    let mut batch: Vec<Captured> = Vec::new();
    let (mut read, mut not_read) = (0u64, 0u64);
    let status = loop {
        let filled = capture.fill(&mut batch).map_err(away)?;
        for captured in &batch {
            let frame = capture.bytes(captured);
            match sakimori_wire::packet(captured.link, frame) {
                Ok(sakimori_wire::Packet::Ip(packet)) => {
                    read += 1;
                    counters.add(&numbers(captured.millis, &packet, frame));
                }
                Ok(sakimori_wire::Packet::NotIp) => {}
                Err(_) => not_read += 1,
            }
        }
        if let Filled::End(status) = filled {
            break status;
        }
    };
    capture.erase();
    let words = format!(
        "{}: {read} packets, {not_read} not readable, {status:?}",
        path.display()
    );
    if read == 0 {
        return Err(Failure::no(words));
    }
    show::say(&words);
    Ok(())
}

fn numbers(millis: u64, packet: &IpPacket<'_>, frame: &[u8]) -> Packet {
    Packet {
        time: Millis(millis),
        source: IpAddr::V6(Ipv6Addr::from(packet.source)).to_canonical(),
        protocol: packet.protocol,
        fragment: packet.fragment == Fragment::Later,
        source_port: packet.source_port,
        destination_port: packet.destination_port,
        tcp_flags: packet.tcp_flags,
        length: u16::try_from(packet.ip_bytes).unwrap_or(u16::MAX),
        hops: hops(packet, frame),
    }
}

/// Remaining hops, which stand before the addresses of the header that they were read from; 0 where it is not found.
fn hops(packet: &IpPacket<'_>, frame: &[u8]) -> u8 {
    let pair = [packet.source, packet.destination].concat();
    let v4 = packet
        .source
        .starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    let (pair, before, version, behind) = if v4 {
        let tail = |address: &[u8; 16]| address.iter().skip(12).copied().collect::<Vec<u8>>();
        (
            [tail(&packet.source), tail(&packet.destination)].concat(),
            12,
            4,
            8,
        )
    } else {
        (pair, 8, 6, 7)
    };
    // BOUND: headers of link, tunnels and the packet itself lie within these bytes.
    let frame = frame.get(..HEADERS_BYTES_MAX).unwrap_or(frame);
    let mut found = frame.windows(pair.len()).zip(0usize..);
    let place = found.find_map(|(window, at)| {
        let head = at.checked_sub(before)?;
        (window == pair.as_slice() && frame.get(head)? >> 4 == version).then_some(head)
    });
    place
        .and_then(|head| frame.get(head + behind).copied())
        .unwrap_or(0)
}
