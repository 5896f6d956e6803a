//! What waits for what: the owner's stop for nothing, ends for no rehearsal.

use crate::full::Small;
use crate::journal::Memory;
use crate::world::{bundle, command, counted, files, pause, plan, wait};
use sakimori_actuator::journal::Disk;
use sakimori_actuator::led::{Eyes, Led, LedError};
use sakimori_actuator::runner::{Ask, Said};
use sakimori_actuator::substrate::{Fault, Met, Substrate};
use sakimori_respond::engine::{Deed, Effect, InForce, Key};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

/// A substrate in memory whose acts take their time.
#[derive(Clone, Default)]
struct Slow {
    all: Arc<Mutex<BTreeMap<Key, InForce>>>,
    rehearsed: Arc<AtomicUsize>,
    applied: Arc<AtomicUsize>,
    rehearsal_ms: u64,
    eyes: Option<Arc<Veiled>>,
}

/// Eyes that see nothing until they are opened, and count what they were asked.
#[derive(Default)]
struct Veiled {
    open: AtomicBool,
    asked: Mutex<Vec<String>>,
}

impl Veiled {
    fn asked(&self, target: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| *one == target).count()
    }
}

impl Eyes for Veiled {
    fn led(&self, target: &str) -> Result<Led, LedError> {
        self.asked.lock().unwrap().push(target.to_owned());
        let end = counted() + 60_000;
        while !self.open.load(Ordering::SeqCst) && counted() < end {
            pause(5);
        }
        Ok(Led::default())
    }
}

impl Slow {
    fn in_force(&self) -> usize {
        self.all.lock().unwrap().len()
    }
}

impl Substrate for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn deeds(&self) -> &'static [Deed] {
        Deed::ALL
    }

    fn eyes(&self) -> Option<Arc<dyn Eyes>> {
        let eyes = self.eyes.clone()?;
        Some(eyes)
    }

    fn rehearse(&mut self, _: Deed, _: &str) -> Result<(), Fault> {
        pause(self.rehearsal_ms);
        self.rehearsed.fetch_add(1, Ordering::SeqCst);
        Err(Fault::Never {
            substrate: "slow",
            why: "it is a test".to_owned(),
        })
    }

    fn before(&mut self, _: &Effect) -> Result<String, Fault> {
        Ok(String::new())
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), Fault> {
        let (key, until) = (effect.key.clone(), effect.until);
        let one = InForce {
            key: key.clone(),
            until,
        };
        self.all.lock().unwrap().insert(key, one);
        self.applied.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn remove(&mut self, key: &Key, _: Option<&str>) -> Result<(), Fault> {
        self.all.lock().unwrap().remove(key);
        Ok(())
    }

    fn look(&mut self) -> Result<Vec<InForce>, Fault> {
        Ok(self.all.lock().unwrap().values().cloned().collect())
    }

    fn met(&mut self) -> Result<Vec<(Key, Met)>, Fault> {
        Ok(Vec::new())
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![("applied", self.applied.load(Ordering::SeqCst) as u64)]
    }

    fn release(&mut self) -> Result<(), Fault> {
        self.all.lock().unwrap().clear();
        Ok(())
    }
}

/// A disk that takes its time for each line.
struct Slowly(Memory, u64);

impl Disk for Slowly {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.0.read()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        pause(self.1);
        self.0.append(bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.0.truncate(length)
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.replace(bytes)
    }
}

fn small(substrate: &Slow, disk_ms: u64) -> Small {
    let disk = Memory::default();
    let slowly = Box::new(Slowly(disk.clone(), disk_ms));
    let folder = tempfile::tempdir().unwrap();
    Small::with(folder, disk, slowly, Box::new(substrate.clone()))
}

fn approve(small: &Small) -> Receiver<Value> {
    let (send, receive) = sync_channel(1);
    small.handle.ask(Ask::Approve {
        id: None,
        bundle: bundle(&files(&plan().build())).into_bytes(),
        // Whoever does not wait for it has no use for it.
        answer: Box::new(move |told| drop(send.send(told.body))),
    });
    receive
}

#[test]
fn the_owner_s_stop_overtakes_what_waits_and_what_comes_later_begins_nothing() {
    let substrate = Slow::default();
    let small = small(&substrate, 60);
    approve(&small).recv().unwrap();
    assert_eq!(
        small.post(&command("c-0", 1, "deny", "198.51.100.7", 600)),
        200
    );
    // Each of them is written before it is done: half a minute of work.
    for step in 1..=200 {
        let id = format!("c-{step}");
        let body = command(&id, step, "deny", "evil.example", 600);
        small.handle.ask(Ask::Command {
            producer: "office".to_owned(),
            body: body.to_string().into_bytes(),
            media_type: "application/openc2+json;version=1.0".to_owned(),
            answer: Box::new(|_| {}),
        });
    }
    let started = counted();
    let stopped = small.told(Ask::Stop);
    let took = counted() - started;
    println!("the owner's stop behind 200 commands on a slow disk: {took} ms");
    assert_eq!(stopped.status, 200, "{}", stopped.body);
    assert!(took < 3_000, "{took} ms");
    assert_eq!(substrate.in_force(), 0);
    pause(1_000);
    assert_eq!(substrate.in_force(), 0);
    // A word that the owner said later is heard later.
    small.handle.ask(Ask::Free(None, Box::new(|_| {})));
    assert_eq!(small.told(Ask::Stop).status, 200);
    assert_eq!(small.told(Ask::Show).body["stopped"], true);
    small.end();
}

#[test]
fn an_end_waits_for_no_rehearsal_and_the_rehearsal_goes_on_behind_it() {
    let substrate = Slow {
        rehearsal_ms: 600,
        ..Slow::default()
    };
    let small = small(&substrate, 0);
    approve(&small).recv().unwrap();
    assert_eq!(
        small.post(&command("c-1", 1, "deny", "198.51.100.7", 600)),
        200
    );
    let before = substrate.rehearsed.load(Ordering::SeqCst);
    let told = approve(&small);
    while substrate.rehearsed.load(Ordering::SeqCst) == before {
        pause(5);
    }
    assert_eq!(
        small.post(&command("c-2", 2, "allow", "198.51.100.7", 600)),
        200
    );
    let done = substrate.rehearsed.load(Ordering::SeqCst) - before;
    println!("an end came behind {done} of 4 targets of a rehearsal");
    assert!(done < 4, "{done}");
    assert_eq!(substrate.in_force(), 0);
    // Every fault of the dry run reaches who brought the approval.
    let body = told.recv().unwrap();
    assert_eq!(body["rehearsed"], true, "{body}");
    let faults = body["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 4, "{body}");
    for fault in faults {
        assert!(fault["fault"].as_str().unwrap().contains("it is a test"));
        assert!(fault["deed"].is_string() && fault["target"].is_string());
    }
    small.end();
}

#[test]
fn a_begin_that_waits_is_not_done_behind_its_end() {
    let substrate = Slow {
        rehearsal_ms: 300,
        ..Slow::default()
    };
    let small = small(&substrate, 0);
    approve(&small).recv().unwrap();
    let order = |step: u64, action: &str| {
        let (send, said) = sync_channel(1);
        let id = format!("c-{step}");
        let body = command(&id, step, action, "198.51.100.7", 600);
        small.handle.ask(Ask::Command {
            producer: "office".to_owned(),
            body: body.to_string().into_bytes(),
            media_type: "application/openc2+json;version=1.0".to_owned(),
            answer: Box::new(move |said| {
                let _ = send.send(said.status.map(sakimori_respond::openc2::Status::code));
            }),
        });
        said
    };
    // How it was before is known from the first time on: the second one is put in force at once.
    for step in [1, 3] {
        let told = (step == 3).then(|| approve(&small));
        let begun = order(step, "deny");
        if told.is_none() {
            assert_eq!(begun.recv().unwrap(), Some(200));
        }
        assert_eq!(order(step + 1, "allow").recv().unwrap(), Some(200));
        if let Some(told) = told {
            told.recv().unwrap();
            assert_eq!(begun.recv().unwrap(), Some(500), "it was overtaken");
        }
        assert_eq!(substrate.in_force(), 0);
    }
    assert_eq!(substrate.applied.load(Ordering::SeqCst), 1);
    // What a substrate counts is told to its owner.
    wait("a look behind it", 10, || {
        small.told(Ask::Show).body["substrates"][0]["counts"]["applied"] == 1
    });
    small.end();
}

/// A command of a producer, and its answer.
fn sent(small: &Small, producer: &str, body: &Value) -> Receiver<Said> {
    let (send, receive) = sync_channel(1);
    small.handle.ask(Ask::Command {
        producer: producer.to_owned(),
        body: body.to_string().into_bytes(),
        media_type: "application/openc2+json;version=1.0".to_owned(),
        answer: Box::new(move |said| drop(send.send(said))),
    });
    receive
}

fn code(answer: &Receiver<Said>) -> u16 {
    answer.recv().unwrap().status.unwrap().code()
}

#[test]
fn look_ups_of_one_producer_keep_the_pace_and_keep_no_other_one_out() {
    let eyes = Arc::new(Veiled::default());
    eyes.open.store(true, Ordering::SeqCst);
    let substrate = Slow {
        eyes: Some(Arc::clone(&eyes)),
        ..Slow::default()
    };
    let small = small(&substrate, 0);
    approve(&small).recv().unwrap();
    eyes.open.store(false, Ordering::SeqCst);
    let before = eyes.asked("evil.example");
    // As many as are taken in a minute, and more, of one that never tires.
    let all: Vec<Receiver<Said>> = (1..=700)
        .map(|step| {
            let body = command(&format!("c-{step}"), step, "deny", "evil.example", 600);
            sent(&small, "carrier", &body)
        })
        .collect();
    // Another one's command on the same, and on something else.
    let same = command("o-1", 1, "deny", "evil.example", 600);
    let same = sent(&small, "office", &same);
    let other = sent(
        &small,
        "office",
        &command("o-2", 1, "deny", "198.51.100.7", 600),
    );
    let mut refused = 0;
    for one in &all[600..] {
        refused += usize::from(code(one) == 503);
    }
    assert_eq!(refused, 100, "over the pace, while nothing was answered");
    wait("the other's look-up", 10, || {
        eyes.asked("198.51.100.7/32") + eyes.asked("198.51.100.7") > 1
    });
    assert_eq!(eyes.asked("evil.example") - before, 1, "one of each effect");
    eyes.open.store(true, Ordering::SeqCst);
    assert_eq!(code(&other), 200);
    assert_ne!(code(&same), 503, "it had its place");
    wait("both are in force", 10, || substrate.in_force() == 2);
    // What is asked later is looked up anew.
    let later = command("c-900", 900, "deny", "evil.example", 500);
    assert_eq!(code(&sent(&small, "third", &later)), 200);
    assert_eq!(eyes.asked("evil.example") - before, 2);
    small.end();
}
