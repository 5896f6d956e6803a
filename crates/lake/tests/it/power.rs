//! A disk that fails the chosen call and loses power: it stands between the lake and a real folder, counts calls, and knows what of each file and name is durable. In: a plan. Out: the
//! disk's behaviour; the folder as a power cut leaves it. Never: what was synced changed by a power cut.

use sakimori_lake::{Act, Call, Watch};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const SECTOR: usize = 512;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing happens.
    Before,
    /// It happens all the same.
    After,
    /// Half of the bytes are written.
    Half,
    /// A sync that fails once: the system holds the bytes for written from then on, and they are not.
    Lost,
    /// Neither this call nor any behind it happens: the disk is gone, or the process is killed here.
    Gone,
}

impl Fault {
    /// The ways in which a call can fail.
    pub(crate) const fn of(act: Act) -> &'static [Self] {
        match act {
            Act::Open | Act::Read => &[Self::Before],
            Act::Write => &[Self::Before, Self::Half, Self::After, Self::Gone],
            Act::Sync => &[Self::Before, Self::Lost, Self::After, Self::Gone],
            _ => &[Self::Before, Self::After, Self::Gone],
        }
    }
}

/// A file's bytes.
#[derive(Clone, Debug, Default)]
struct Inode {
    /// Where its bytes have nonces that no test decides: numbers that stand for what was done to it, now and on the disk.
    drawn: Option<(u64, u64)>,
    current: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors that the next sync writes.
    dirty: BTreeSet<usize>,
}

/// What a folder has to tell the disk.
#[derive(Clone, Debug)]
enum News {
    Name(PathBuf, usize),
    Renamed(PathBuf, PathBuf, usize),
    Gone(PathBuf),
    Folder(PathBuf),
}

/// What a disk holds, for the processes that run now and for certain.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    durable_names: BTreeMap<PathBuf, usize>,
    durable_folders: BTreeSet<PathBuf>,
    news: BTreeMap<PathBuf, Vec<News>>,
    /// What was done to it since the process began.
    done: u64,
}

/// Numbers that a seed and a place give.
fn dice(seed: u64, place: u64) -> u64 {
    let mut x = seed
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(place.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A number that stands for a value.
pub(crate) fn digest(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Inode {
    /// Whether a power cut changes nothing of it.
    fn is_settled(&self) -> bool {
        self.dirty.is_empty() && self.durable == self.current
    }

    /// What a power cut chose, told without the bytes: a length, and which sectors are the old and which the new ones.
    fn choice(&self, left: &[u8]) -> (usize, Vec<(bool, bool)>) {
        let same = |(at, here): (usize, &[u8])| {
            let [old, new] = [&self.durable, &self.current].map(|all| all.chunks(SECTOR).nth(at));
            (old == Some(here), new == Some(here))
        };
        let sectors = left.chunks(SECTOR).enumerate();
        (left.len(), sectors.map(same).collect())
    }

    /// A number that two files share that are the same, now and on the disk.
    fn digest(&self) -> u64 {
        match self.drawn {
            Some(drawn) => digest((drawn, &self.dirty)),
            None => digest((&self.current, &self.durable, &self.dirty)),
        }
    }

    /// The file behind a power cut.
    fn left(&self, seed: u64) -> Self {
        let left = self.after_power_cut(seed);
        let drawn = match self.drawn {
            Some(drawn) if !self.is_settled() => {
                let chosen = digest((drawn, self.choice(&left)));
                Some((chosen, chosen))
            }
            drawn => drawn,
        };
        Self {
            drawn,
            durable: left.clone(),
            current: left,
            dirty: BTreeSet::new(),
        }
    }

    fn sync(&mut self) {
        if let Some((now, durable)) = &mut self.drawn {
            *durable = digest((*now, *durable, &self.dirty));
        }
        self.durable.resize(self.current.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            self.keep(sector);
        }
    }

    /// Puts a sector's present bytes on the disk, as far as the file on the disk is long.
    fn keep(&mut self, sector: usize) {
        let from = sector * SECTOR;
        let to = (from + SECTOR)
            .min(self.current.len())
            .min(self.durable.len());
        if from < to {
            self.durable[from..to].copy_from_slice(&self.current[from..to]);
        }
    }

    /// The bytes that a power cut leaves: as they were, as they should be, or any sectors of both at any length between.
    fn after_power_cut(&self, seed: u64) -> Vec<u8> {
        match dice(seed, 0) % 4 {
            0 => self.durable.clone(),
            1 if self.dirty.is_empty() => self.durable.clone(),
            1 => {
                let mut all = self.clone();
                all.sync();
                all.durable
            }
            how => {
                let mut torn = self.clone();
                let (old, new) = (self.durable.len(), self.current.len());
                let between = old.abs_diff(new) as u64 + 1;
                let length = match how {
                    2 => old.max(new),
                    _ => old.min(new) + (dice(seed, 1) % between) as usize,
                };
                torn.durable.resize(length, 0);
                for sector in &self.dirty {
                    if dice(seed, 2 + *sector as u64).is_multiple_of(2) {
                        torn.keep(*sector);
                    }
                }
                torn.durable
            }
        }
    }
}

impl World {
    /// A process that runs on what is here, and fails at the planned call.
    pub(crate) fn run(mut self, plan: Option<(usize, Fault)>) -> Running {
        let shared = Path::new("/dev/shm");
        let folder = if shared.is_dir() {
            tempfile::tempdir_in(shared).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        for name in &self.folders {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for (name, inode) in &self.names {
            std::fs::write(folder.path().join(name), &self.inodes[*inode].current).unwrap();
        }
        self.done = self.digest();
        let watch = Arc::new(Power {
            root: folder.path().to_path_buf(),
            state: Mutex::new(State {
                world: self,
                seen: Vec::new(),
                plan,
                failed: None,
            }),
        });
        Running { folder, watch }
    }

    /// The world after a power cut.
    pub(crate) fn after_power_cut(&self, seed: u64) -> Self {
        let mut names = self.durable_names.clone();
        let mut folders = self.durable_folders.clone();
        for (at, news) in self.news.values().enumerate() {
            let seed = dice(seed, at as u64);
            let until = dice(seed, 0) as usize % (news.len() + 1);
            for (at, news) in news.iter().enumerate() {
                let told = match dice(seed, 1) % 4 {
                    0 => false,
                    1 => true,
                    2 => at < until,
                    _ => dice(seed, 2 + at as u64).is_multiple_of(2),
                };
                if told {
                    news.tell(&mut names, &mut folders);
                }
            }
        }
        let reached = |path: &Path| {
            let above = path.ancestors().skip(1);
            above
                .filter(|p| *p != Path::new(""))
                .all(|p| folders.contains(p))
        };
        names.retain(|name, _| reached(name));
        let folders: BTreeSet<PathBuf> = folders.iter().filter(|f| reached(f)).cloned().collect();
        // Files without a name are gone.
        let (mut inodes, mut kept) = (Vec::new(), BTreeMap::new());
        for inode in names.values_mut() {
            *inode = *kept.entry(*inode).or_insert_with(|| {
                let left = self.inodes[*inode].left(dice(seed, 1000 + *inode as u64));
                inodes.push(left);
                inodes.len() - 1
            });
        }
        Self {
            inodes,
            durable_names: names.clone(),
            names,
            durable_folders: folders.clone(),
            folders,
            news: BTreeMap::new(),
            done: 0,
        }
    }

    /// A number that two worlds share that are the same to every process and every power cut. Bytes of Parquet files do not count, as what makes them draws nonces that no test decides: what
    /// was done to get them does.
    pub(crate) fn digest(&self) -> u64 {
        let mut numbers = BTreeMap::new();
        let mut file = |inode: usize| {
            let next = numbers.len();
            let number = *numbers.entry(inode).or_insert(next);
            (number, self.inodes[inode].digest())
        };
        let mut named = |names: &BTreeMap<PathBuf, usize>| {
            let each = names
                .iter()
                .map(|(name, inode)| digest((name, file(*inode))));
            each.collect::<Vec<u64>>()
        };
        let names = [named(&self.names), named(&self.durable_names)];
        let mut told = |news: &News| match news {
            News::Name(name, inode) => digest((0, name, file(*inode))),
            News::Renamed(from, to, inode) => digest((1, from, to, file(*inode))),
            News::Gone(name) => digest((2, name)),
            News::Folder(name) => digest((3, name)),
        };
        let news = self.news.iter().map(|(folder, news)| {
            let news: Vec<u64> = news.iter().map(&mut told).collect();
            digest((folder, news))
        });
        let news: Vec<u64> = news.collect();
        digest((names, news, &self.folders, &self.durable_folders))
    }

    /// All that is here, durable.
    pub(crate) fn settled(mut self) -> Self {
        for inode in &mut self.inodes {
            inode.durable = inode.current.clone();
            inode.dirty.clear();
            inode.drawn = inode.drawn.map(|(now, _)| (now, now));
        }
        self.durable_names = self.names.clone();
        self.durable_folders = self.folders.clone();
        self.news.clear();
        self
    }

    fn tells(&mut self, path: &Path, news: News) {
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        self.news.entry(folder).or_default().push(news);
    }

    /// Adds a call to what was done.
    fn notes(
        &mut self,
        call: &Call<'_>,
        path: &Path,
        to: Option<&Path>,
        written: usize,
        content: &[u8],
    ) {
        let inode = self.names.get(path).map(|inode| &self.inodes[*inode]);
        let drawn = inode.is_some_and(|inode| inode.drawn.is_some());
        let bytes = if drawn { &[] } else { content };
        let place = (call.act as u8, path, to, call.offset, written);
        self.done = digest((self.done, place, content.len(), bytes));
    }

    /// Notes what a call did; `content` are the bytes of its file now.
    fn note(
        &mut self,
        call: &Call<'_>,
        path: &Path,
        to: Option<&Path>,
        written: usize,
        content: Vec<u8>,
    ) {
        self.notes(call, path, to, written, &content);
        match call.act {
            Act::Open | Act::Read => {}
            Act::Create => {
                let drawn = path.extension().is_some_and(|end| end == "parquet");
                self.inodes.push(Inode {
                    drawn: drawn.then_some((self.done, 0)),
                    ..Inode::default()
                });
                let inode = self.inodes.len() - 1;
                self.names.insert(path.to_path_buf(), inode);
                self.tells(path, News::Name(path.to_path_buf(), inode));
            }
            Act::CreateFolder => {
                self.folders.insert(path.to_path_buf());
                self.tells(path, News::Folder(path.to_path_buf()));
            }
            Act::Write | Act::Cut => {
                let inode = &mut self.inodes[self.names[path]];
                let from = call.offset as usize;
                let sectors = from / SECTOR..(from + written).div_ceil(SECTOR);
                if call.act == Act::Write && written > 0 {
                    inode.dirty.extend(sectors);
                }
                // What a cut takes is written no more; what it leaves of a sector is.
                inode.dirty.retain(|sector| sector * SECTOR < content.len());
                inode.current = content;
                inode.drawn = inode.drawn.map(|(_, durable)| (self.done, durable));
            }
            Act::Sync => self.inodes[self.names[path]].sync(),
            Act::SyncFolder => {
                let (mut names, mut folders) = (
                    std::mem::take(&mut self.durable_names),
                    std::mem::take(&mut self.durable_folders),
                );
                for news in self.news.remove(path).unwrap_or_default() {
                    news.tell(&mut names, &mut folders);
                }
                (self.durable_names, self.durable_folders) = (names, folders);
            }
            Act::Rename => {
                let inode = self.names.remove(path).unwrap();
                let to = to.unwrap();
                self.names.insert(to.to_path_buf(), inode);
                let news = News::Renamed(path.to_path_buf(), to.to_path_buf(), inode);
                self.tells(path, news);
            }
            Act::Link => {
                let (inode, to) = (self.names[path], to.unwrap());
                self.names.insert(to.to_path_buf(), inode);
                self.tells(to, News::Name(to.to_path_buf(), inode));
            }
            Act::Remove => {
                self.names.remove(path);
                self.tells(path, News::Gone(path.to_path_buf()));
            }
        }
    }
}

impl News {
    fn tell(&self, names: &mut BTreeMap<PathBuf, usize>, folders: &mut BTreeSet<PathBuf>) {
        match self {
            Self::Name(path, inode) => {
                names.insert(path.clone(), *inode);
            }
            Self::Renamed(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
            Self::Gone(path) => {
                names.remove(path);
            }
            Self::Folder(path) => {
                folders.insert(path.clone());
            }
        }
    }
}

#[derive(Debug)]
struct State {
    world: World,
    /// The calls so far.
    seen: Vec<Act>,
    plan: Option<(usize, Fault)>,
    /// Names in the call that failed.
    failed: Option<Vec<PathBuf>>,
}

/// The watch of one process.
#[derive(Debug)]
pub(crate) struct Power {
    root: PathBuf,
    state: Mutex<State>,
}

/// A process on a world.
pub(crate) struct Running {
    pub(crate) folder: TempDir,
    pub(crate) watch: Arc<Power>,
}

impl Running {
    /// What it leaves to the next process.
    pub(crate) fn left(&self) -> World {
        self.watch.state.lock().unwrap().world.clone()
    }

    /// The calls that it made.
    pub(crate) fn seen(&self) -> Vec<Act> {
        self.watch.state.lock().unwrap().seen.clone()
    }

    /// The names in the call that failed.
    pub(crate) fn failed(&self) -> Option<Vec<PathBuf>> {
        self.watch.state.lock().unwrap().failed.clone()
    }
}

impl Watch for Power {
    fn call(
        &self,
        call: &Call<'_>,
        act: &mut dyn FnMut(usize) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let number = state.seen.len();
        state.seen.push(call.act);
        let fault = state
            .plan
            .filter(|(at, fault)| *at == number || (*fault == Fault::Gone && number > *at))
            .map(|(_, fault)| fault);
        let below = |path: &Path| path.strip_prefix(&self.root).map(Path::to_path_buf);
        // The folder in which this one is stays as it is.
        let Ok(path) = below(call.path) else {
            return act(call.bytes);
        };
        let to = call.to.map(|to| below(to).unwrap());
        let made_up = || Err(io::Error::other("made up"));
        if fault.is_some() && state.failed.is_none() {
            let names = [Some(call.path), call.to].into_iter().flatten();
            state.failed = Some(names.map(Path::to_path_buf).collect());
        }
        let written = match fault {
            Some(Fault::Before | Fault::Gone) => return made_up(),
            Some(Fault::Lost) => {
                if let Some(inode) = state.world.names.get(&path).copied() {
                    state.world.inodes[inode].dirty.clear();
                }
                return made_up();
            }
            Some(Fault::Half) => call.bytes / 2,
            _ => call.bytes,
        };
        act(written)?;
        let changes = matches!(call.act, Act::Write | Act::Cut);
        let content = if changes {
            std::fs::read(call.path).unwrap()
        } else {
            Vec::new()
        };
        state
            .world
            .note(call, &path, to.as_deref(), written, content);
        if fault.is_some() { made_up() } else { Ok(()) }
    }
}
