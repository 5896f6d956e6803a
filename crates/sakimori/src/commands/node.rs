//! `init`, `ledger run`, `ledger repair`, `commission run`. In: arguments. Out: a node; processes that run until they are ended; what a repair restored. Never: a use case of their own.

use crate::arguments::{Commission, Format, Init, Ledger};
use crate::failure::Failure;
use crate::show;
use sakimori_control::commission;
use sakimori_control::ledger::Repaired;
use sakimori_control::setup::{self, Parties};
use sakimori_control::{ControlError, Host, Node, files};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn init(arguments: &Init, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let parties = Parties {
        witnesses: (arguments.witnesses.clone(), arguments.witness_quorum),
        post_quantum: arguments.post_quantum,
        ..Parties::example(arguments.sensors.clone())
    };
    let root = setup::create(&node, &parties, host)?;
    show::table(
        &["who", "role", "key"],
        root.members
            .iter()
            .map(|m| vec![m.id.to_string(), m.role.to_string(), m.key.to_string()])
            .chain([vec![
                "office".to_owned(),
                "office".to_owned(),
                root.office.to_string(),
            ]])
            .chain(
                root.sensors
                    .iter()
                    .map(|(id, key)| vec![id.to_string(), "sensor".to_owned(), key.to_string()]),
            ),
    );
    let dir = arguments.dir.dir.display();
    if let Some(apart) = &arguments.commission_dir {
        sakimori_control::apart::take_commission(&node, &Node::at(apart))?;
        let apart = apart.display();
        show::say(&format!(
            "next: `sakimori node show --role commission --node {apart}`, the same for the office of {dir}, then `sakimori node join` on each side"
        ));
        return Ok(ExitCode::SUCCESS);
    }
    show::say(&format!(
        "next: `sakimori commission run --dir {dir}` and `sakimori ledger run --dir {dir}`, each in a terminal of its own"
    ));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn ledger(command: Ledger, host: &Host) -> Result<ExitCode, Failure> {
    let (dir, commission, attached) = match command {
        Ledger::Run {
            dir,
            commission,
            attached,
        } => (dir, commission, attached),
        Ledger::Repair { dir, from, format } => return repair(&Node::at(&dir.dir), &from, format),
    };
    let node = Node::at(&dir.dir);
    let address = match commission {
        Some(address) => address,
        None => address(&node)?,
    };
    let service = sakimori_control::ledger::start(&node, &address, host)?;
    // A log that is new begins with its trust root.
    setup::enter_trust_root(&node, &Host::system())?;
    show::line(&node.ledger().socket.display().to_string());
    if attached {
        until_input_ends();
        service.stop();
        return Ok(ExitCode::SUCCESS);
    }
    Err(ControlError::LedgerStopped(service.wait()).into())
}

/// Makes a damaged log whole and says what was restored.
fn repair(node: &Node, from: &Path, format: Format) -> Result<ExitCode, Failure> {
    let repaired = sakimori_control::ledger::repair(node, from)?;
    if format == Format::Json {
        show::json(&serde_json::json!({
            "entries": repaired.entries,
            "restored": repaired.files,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let row = |file: &String| vec![file.clone(), Repaired::holds(file).to_owned()];
    show::table(
        &["restored", "what it holds"],
        repaired.files.iter().map(row),
    );
    let (count, entries) = (repaired.files.len(), repaired.entries);
    show::say(&format!(
        "{count} files were missing or damaged and are restored; log and mirror signed for the {entries} entries from which they follow"
    ));
    show::say(
        "next: `sakimori verify` on the node's folder, then `sakimori ledger run`, which reads all of the log before it takes an entry",
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn commission(command: Commission, host: &Host) -> Result<ExitCode, Failure> {
    let Commission::Run {
        dir,
        listen,
        attached,
    } = command;
    let node = Node::at(&dir.dir);
    sakimori_control::ledger::installed_root(&node)?;
    let last = || address(&node).ok()?.strip_prefix("http://")?.parse().ok();
    let listen = listen
        .or_else(last)
        .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let mut running = commission::start(&node.commission(), listen, host)?;
    show::line(&format!("http://{}", running.address));
    let _rounds = Rounds::begin(&node, &running, host);
    if attached {
        running.stop_after(until_input_ends);
    }
    running.wait().map_err(|e| Failure {
        message: format!("the commission ended: {e}"),
        code: sakimori_control::error::exit::ENVIRONMENT,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where the commission of a node says that it listens.
fn address(node: &Node) -> Result<String, ControlError> {
    let bytes = files::read(&node.commission_address())?.ok_or_else(|| {
        let folder = node.folder().display();
        ControlError::Usage(format!(
            "the commission has not run yet; `sakimori commission run --dir {folder}` starts it"
        ))
    })?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Waits until whoever started this process is gone or wants it to end.
pub(super) fn until_input_ends() {
    let mut byte = [0];
    while matches!(std::io::stdin().read(&mut byte), Ok(1)) {}
}

/// How often the commission looks at what is due.
const ROUND: std::time::Duration = std::time::Duration::from_millis(500);

/// The commission's rounds beside its answers: urgent acts are told and, where nobody ratified them, what they brought is destroyed. They end when this goes.
struct Rounds {
    end: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Rounds {
    fn begin(node: &Node, running: &commission::Running, host: &Host) -> Self {
        let commission = std::sync::Arc::clone(&running.commission);
        commission.on_alarm(|alarm| {
            show::say(&format!(
                "ALARM: urgent act {} ({}) is entry {} of the log, of {}; it is to be ratified or refused until {}",
                alarm.authority, alarm.basis, alarm.index, alarm.time, alarm.deadline
            ));
        });
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (socket, host) = (node.ledger().socket, host.clone());
        let thread = std::thread::spawn(move || {
            // Ends when the other end is dropped.
            while ended.recv_timeout(ROUND) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                if let Err(error) = commission::round(&commission, &socket, &host) {
                    show::error(&sakimori_control::error::told(&error));
                }
            }
        });
        Self {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A round that panicked has said so.
            let _ = thread.join();
        }
    }
}
