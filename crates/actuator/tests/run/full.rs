//! A disk that is full: nothing new begins, and all that has to end does; when there is room again, it goes on.

use crate::journal::Memory;
use crate::world::{NAME, bundle, command, counted, files, now, plan, wait};
use sakimori_actuator::approvals::Approvals;
use sakimori_actuator::drill::{Drill, DrillConfig, Drilled};
use sakimori_actuator::journal::{Disk, Journal};
use sakimori_actuator::lists::{Lists, ListsConfig};
use sakimori_actuator::runner::{Ask, Handle, Parts, Runner, StopFlag, Told, Withheld};
use sakimori_actuator::substrate::Substrate;
use sakimori_actuator::time::{Clock, Time};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Bounds;
use sakimori_testkit::folder::signer;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

pub(crate) struct Small {
    folder: tempfile::TempDir,
    disk: Memory,
    pub(crate) handle: Handle,
    thread: Option<JoinHandle<()>>,
}

fn drill(folder: &Path) -> PathBuf {
    folder.join("drill.json")
}

/// Whether a runner that is put together runs on a drill.
fn drilling(folder: &Path) -> Box<dyn Substrate> {
    let config = DrillConfig {
        file: drill(folder),
        clock: None,
        fall: None,
        leads: None,
    };
    Box::new(Drill::new(&config, Clock::system()))
}

impl Small {
    fn start(folder: tempfile::TempDir, disk: Memory) -> Self {
        let (substrate, of) = (drilling(folder.path()), Box::new(disk.clone()));
        let small = Self::with(folder, disk, of, substrate);
        // Nothing begins before its substrate has said what is in force.
        wait("the first look", 10, || {
            small.told(Ask::Show).body["substrates"][0]["seen"] == true
        });
        small
    }

    /// A runner on another disk and substrate.
    pub(crate) fn with(
        folder: tempfile::TempDir,
        disk: Memory,
        of: Box<dyn Disk>,
        substrate: Box<dyn Substrate>,
    ) -> Self {
        let at = folder.path().to_path_buf();
        let root = plan().build().remembered.trust_root;
        let key = signer(NAME).verifier().clone();
        let approvals = Approvals::open(&at, &root, NAME.parse().unwrap(), key).unwrap();
        let clock = Clock::system();
        let lists = Lists::open(
            ListsConfig::default(),
            at.join("newest"),
            &root,
            true,
            Seconds(now()),
        );
        let parts = Parts {
            name: NAME.parse().unwrap(),
            signer: signer(NAME),
            bounds: Bounds::default(),
            look_seconds: 1,
            run: counted(),
            time: Time::begin(clock, approvals.time()),
            journal: Journal::open(of).unwrap(),
            approvals,
            lists: lists.unwrap(),
            flag: StopFlag::open(at.join("stop")).unwrap(),
            hold: StopFlag::open(at.join("hold")).unwrap(),
            withheld: Withheld::open(at.join("released")).unwrap(),
            substrates: vec![substrate],
        };
        let (runner, handle) = Runner::new(parts).unwrap();
        let thread = std::thread::spawn(move || runner.run().unwrap());
        Self {
            folder,
            disk,
            handle,
            thread: Some(thread),
        }
    }

    pub(crate) fn post(&self, body: &Value) -> u16 {
        let (send, receive) = sync_channel(1);
        self.handle.ask(Ask::Command {
            producer: "office".to_owned(),
            body: body.to_string().into_bytes(),
            media_type: "application/openc2+json;version=1.0".to_owned(),
            answer: Box::new(move |said| send.send(said).unwrap()),
        });
        receive.recv().unwrap().status.unwrap().code()
    }

    pub(crate) fn told(&self, ask: impl FnOnce(Box<dyn FnOnce(Told) + Send>) -> Ask) -> Told {
        let (send, receive) = sync_channel(1);
        self.handle
            .ask(ask(Box::new(move |told| send.send(told).unwrap())));
        receive.recv().unwrap()
    }

    fn in_force(&self) -> Vec<String> {
        let Ok(bytes) = std::fs::read(drill(self.folder.path())) else {
            return Vec::new();
        };
        let all: Vec<Drilled> = serde_json::from_slice(&bytes).unwrap();
        let now = counted();
        let there = all
            .into_iter()
            .filter(|one| one.in_force && one.ends_ms > now);
        there.map(|one| one.target).collect()
    }

    pub(crate) fn end(mut self) -> (tempfile::TempDir, Memory) {
        self.handle.ask(Ask::End);
        self.thread.take().unwrap().join().unwrap();
        (self.folder, self.disk)
    }
}

#[test]
fn a_full_disk_begins_nothing_and_ends_everything_that_has_to_end() {
    let small = Small::start(tempfile::tempdir().unwrap(), Memory::default());
    let approved = small.told(|answer| Ask::Approve {
        id: None,
        bundle: bundle(&files(&plan().build())).into_bytes(),
        answer,
    });
    assert_eq!(approved.status, 200, "{}", approved.body);
    assert_eq!(
        small.post(&command("c-1", 1, "deny", "198.51.100.7", 600)),
        200
    );
    assert_eq!(
        small.post(&command("c-2", 1, "deny", "evil.example", 4)),
        200
    );
    assert_eq!(
        small.post(&command("c-3", 1, "deny", "2001:db8::7", 600)),
        200
    );
    *small.disk.room.lock().unwrap() = Some(40);
    // The first that meets it is told so, the others do not come that far.
    assert_eq!(
        small.post(&command("c-4", 1, "deny", "198.51.100.8", 600)),
        500
    );
    assert_eq!(
        small.post(&command("c-5", 2, "deny", "198.51.100.8", 600)),
        503
    );
    assert_eq!(
        small.post(&command("c-6", 2, "deny", "198.51.100.7", 900)),
        503
    );
    let there = small.in_force();
    assert!(!there.contains(&"198.51.100.8/32".to_owned()), "{there:?}");
    // What is taken back is gone, and its answer says what it is worth.
    assert_eq!(
        small.post(&command("c-7", 3, "allow", "198.51.100.7", 600)),
        500
    );
    assert!(!small.in_force().contains(&"198.51.100.7/32".to_owned()));
    wait("the end of the short one", 10, || {
        !small.in_force().contains(&"evil.example".to_owned())
    });
    let shown = small.told(Ask::Show);
    assert!(
        shown.body["owed_to_journal"].as_u64().unwrap() > 0,
        "{}",
        shown.body
    );
    // The owner's stop, and a restart while the disk is full: it is stopped still.
    let stopped = small.told(Ask::Stop);
    assert_eq!(stopped.status, 200, "{}", stopped.body);
    assert!(small.in_force().is_empty());
    let (folder, disk) = small.end();
    let small = Small::start(folder, disk);
    assert_eq!(small.told(Ask::Show).body["stopped"], true);
    assert!(small.in_force().is_empty());
    // Room again.
    *small.disk.room.lock().unwrap() = None;
    wait("what is owed is written", 10, || {
        small.told(Ask::Show).body["owed_to_journal"] == 0
    });
    let freed = small.told(|answer| Ask::Free(None, answer));
    assert_eq!(freed.status, 200, "{}", freed.body);
    assert_eq!(
        small.post(&command("c-8", 9, "deny", "198.51.100.8", 600)),
        200
    );
    assert_eq!(small.in_force(), ["198.51.100.8/32"]);
    small.end();
}
