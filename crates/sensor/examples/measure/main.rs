//! The sensor as the benchmark runs it: the real supervisor, the real sealed process, a real ledger; the lake apart. In: a capture, a home, a folder for the log.
//! Out: one line with what was read. Never: part of the product; `cargo xtask bench` starts it.
//!
//! ```text
//! measure touch CAPTURE                 reads the file and touches each packet's headers
//! measure nowhere|jp CAPTURE FOLDER     the sensor with its whole work; the log is written below FOLDER
//! ```
//!
//! Everything is in this process and its sealed child, so that their CPU time together is what the sensor costs: the ledger too, which in the field is a process
//! of its own. Selected records are counted and committed to, and not stored.

#![expect(clippy::print_stdout, reason = "a measurement tells what it has read")]

mod authority;
mod means;

use sakimori_ledger::client::Client;
use sakimori_ledger::service::{Config, Service};
use sakimori_sensor::capture::{Capture, Filled, unpacked};
use sakimori_sensor::child::{CHILD_ARGUMENT, ChildConfig};
use sakimori_sensor::supervisor::{Job, Means, NoOrders, OnRecord, Program, supervise};
use sakimori_testkit::folder::signer;
use sakimori_wire::{Packet, packet};
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [CHILD_ARGUMENT] => return sakimori_sensor::child::run(),
        ["touch", capture] => touch(Path::new(capture)),
        [home @ ("nowhere" | "jp"), capture, folder] => {
            sensor(home == "nowhere", Path::new(capture), Path::new(folder))
        }
        _ => Err("usage: measure touch CAPTURE | nowhere|jp CAPTURE FOLDER".into()),
    };
    match done {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The least that any sensor must do: every packet is brought from the file, and its addresses and ports are added up.
fn touch(path: &Path) -> Outcome<String> {
    let mut capture = Capture::new(unpacked(File::open(path)?)?);
    let mut batch = Vec::new();
    let (mut packets, mut sum) = (0u64, 0u64);
    while capture.fill(&mut batch)? == Filled::More {
        for captured in &batch {
            packets += 1;
            if let Ok(Packet::Ip(ip)) = packet(captured.link, capture.bytes(captured)) {
                let ends = u128::from_ne_bytes(ip.source) ^ u128::from_ne_bytes(ip.destination);
                let ports = u64::from(ip.source_port) ^ u64::from(ip.destination_port);
                sum = sum.wrapping_add(ends as u64 ^ ports ^ u64::from(ip.ip_bytes));
            }
        }
    }
    Ok(format!("{packets} packets, sum {sum:016x}"))
}

fn sensor(nowhere: bool, capture: &Path, folder: &Path) -> Outcome<String> {
    let (admitted, pack) = authority::admitted()?;
    std::fs::create_dir_all(folder)?;
    let log = tempfile::tempdir_in(folder)?;
    let ledger = Config::below(log.path());
    let socket = ledger.socket.clone();
    let service = Service::start(ledger, signer("log"), None)?;
    let directions = admitted.directions().iter();
    let job = Job {
        admitted: &admitted,
        signer: &signer("s-01"),
        program: &Program(std::env::current_exe()?),
        config: ChildConfig {
            pack,
            home_country: "JP".to_owned(),
            home_prefixes: Vec::new(),
            directions: directions.map(|d| d.name().to_owned()).collect(),
            seed: [0x5eed, 0xfeed],
            ticks: false,
            identify: None,
            nowhere,
        },
        input: File::open(capture)?.into(),
        input_kind: "file",
        stream: sakimori_custody::ids::StreamId(*b"measured"),
        on_record: OnRecord::default(),
    };
    let mut store = means::Counted::default();
    let outcome = supervise(
        &job,
        Means {
            recorder: &mut means::Log(Client::connect(&socket)?),
            store: &mut store,
            clock: &means::Clock::default(),
            random: &mut means::Fixed,
            orders: &mut NoOrders,
            progress: &mut means::Silent,
        },
    )?;
    service.stop();
    if let Some(fault) = outcome.fault {
        return Err(format!("the run ended with the fault `{fault}`").into());
    }
    let t = outcome.totals;
    Ok(format!(
        "{} packets: {} selected, {} discarded ({} domestic), {} errors; {} flows, {} selected; {} records committed to; {} findings; {} windows on record",
        t.read,
        t.selected,
        t.discarded,
        t.domestic,
        t.errors,
        t.flows,
        t.flows_selected,
        store.records,
        outcome.findings.len(),
        t.windows
    ))
}
