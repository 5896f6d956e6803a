//! A simulated disk: counts calls, fails the chosen one before or after it takes effect, and forgets in a power cut what was not synced. In: a plan.
//! Out: the disk's behaviour. Never: a real file.

use sakimori_ledger::disk::{Disk, Source};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Before,
    After,
    /// It succeeds, and one bit of what it writes is wrong.
    Flip,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// What a process reads.
    current: BTreeMap<String, Vec<u8>>,
    /// What a power cut leaves for certain.
    durable: BTreeMap<String, Vec<u8>>,
    calls: u64,
    plan: Option<(u64, Fault)>,
}

/// One of several disks of a world.
#[derive(Clone, Debug)]
pub(crate) struct SimDisk {
    world: Arc<Mutex<World>>,
    root: &'static str,
}

impl World {
    pub(crate) fn shared(self) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(self))
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    /// The world as the next process finds it; its calls are counted from 0.
    pub(crate) fn restarted(&self, plan: Option<(u64, Fault)>) -> Self {
        Self {
            calls: 0,
            plan,
            ..self.clone()
        }
    }

    /// The world after a power cut. Each file that was not synced is as it was, as it should be, cut, or empty, as `seed` has it.
    pub(crate) fn after_power_cut(&self, seed: u64) -> Self {
        let mut after = self.durable.clone();
        let names = self.current.keys().chain(self.durable.keys());
        for (at, name) in names.enumerate() {
            let (now, safe) = (self.current.get(name), self.durable.get(name));
            if now == safe {
                continue;
            }
            let mut dice = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            dice = (dice ^ at as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32;
            match (dice % 4, now) {
                (0, _) => {}
                (1, Some(now)) => {
                    after.insert(name.clone(), now.clone());
                }
                (2, Some(now)) => {
                    let keep = (dice / 4) as usize % (now.len() + 1);
                    after.insert(name.clone(), now[..keep].to_vec());
                }
                (_, Some(now)) => {
                    // An append that was torn leaves the synced part; a new file may be empty.
                    let kept = safe.filter(|safe| now.starts_with(safe));
                    after.insert(name.clone(), kept.cloned().unwrap_or_default());
                }
                (_, None) => {
                    after.remove(name);
                }
            }
        }
        // The torn end of an append never takes what was synced before it.
        for (name, safe) in &self.durable {
            let appended = self.current.get(name).is_some_and(|n| n.starts_with(safe));
            if appended && after.get(name).is_none_or(|a| a.len() < safe.len()) {
                after.insert(name.clone(), safe.clone());
            }
        }
        Self {
            current: after.clone(),
            durable: after,
            calls: 0,
            plan: None,
        }
    }

    pub(crate) fn file(&self, name: &str) -> Option<&Vec<u8>> {
        self.current.get(name)
    }

    /// Changes what a process reads, as bad memory or a bad disk would.
    pub(crate) fn flip(&mut self, name: &str, at: usize) {
        self.current.get_mut(name).unwrap()[at] ^= 1;
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.current.remove(name).unwrap();
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.current.keys().cloned().collect()
    }

    /// What is written of these bytes by the call that comes next.
    fn written(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        if self.plan == Some((self.calls, Fault::Flip))
            && let Some(byte) = bytes.get_mut(middle)
        {
            *byte ^= 4;
        }
        bytes
    }

    fn call<T>(&mut self, effect: impl FnOnce(&mut Self) -> T) -> io::Result<T> {
        let fault = self.plan.filter(|(at, _)| *at == self.calls);
        self.calls += 1;
        match fault {
            None | Some((_, Fault::Flip)) => Ok(effect(self)),
            Some((_, Fault::Before)) => Err(io::Error::other("simulated, before")),
            Some((_, Fault::After)) => {
                effect(self);
                Err(io::Error::other("simulated, after"))
            }
        }
    }
}

impl SimDisk {
    pub(crate) fn new(world: &Arc<Mutex<World>>, root: &'static str) -> Self {
        Self {
            world: Arc::clone(world),
            root,
        }
    }

    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    fn call<T>(&self, effect: impl FnOnce(&mut World) -> T) -> io::Result<T> {
        self.world.lock().unwrap().call(effect)
    }

    fn written(&self, bytes: &[u8]) -> Vec<u8> {
        self.world.lock().unwrap().written(bytes)
    }
}

impl Source for SimDisk {
    fn read(&self, name: &str, _bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
        let name = self.name(name);
        self.call(|world| world.current.get(&name).cloned())
    }

    fn read_from(&self, name: &str, offset: u64, _bytes_max: usize) -> io::Result<Vec<u8>> {
        let name = self.name(name);
        self.call(|world| {
            let file = world.current.get(&name).map_or(&[][..], Vec::as_slice);
            file.get(offset as usize..).unwrap_or_default().to_vec()
        })
    }
}

impl Disk for SimDisk {
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (name, bytes) = (self.name(name), self.written(bytes));
        self.call(|world| {
            let file = world.current.entry(name).or_default();
            file.extend_from_slice(&bytes);
        })
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let name = self.name(name);
        self.call(|world| {
            if let Some(now) = world.current.get(&name) {
                world.durable.insert(name, now.clone());
            }
        })
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (name, bytes) = (self.name(name), self.written(bytes));
        self.call(|world| {
            world.current.insert(name, bytes);
        })
    }

    fn commit(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (name, bytes) = (self.name(name), self.written(bytes));
        self.call(|world| {
            world.current.insert(name.clone(), bytes.clone());
            world.durable.insert(name, bytes);
        })
    }

    fn sync_all(&mut self) -> io::Result<()> {
        let root = format!("{}/", self.root);
        self.call(|world| {
            world.durable.retain(|name, _| !name.starts_with(&root));
            for (name, now) in &world.current {
                if name.starts_with(&root) {
                    world.durable.insert(name.clone(), now.clone());
                }
            }
        })
    }

    fn remove_folder(&mut self, name: &str) -> io::Result<()> {
        let below = format!("{}/", self.name(name));
        self.call(|world| world.current.retain(|name, _| !name.starts_with(&below)))
    }
}
