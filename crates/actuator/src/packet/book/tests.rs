//! The book beside a set of the kernel's kind, on drawn schedules: effects begin, end, run out, are lost; packets come. In: a schedule. Out: for each address at each step whether packets to it are dropped, and
//! what each key met, held against a list of who wants what until when.

use super::*;
use proptest::prelude::*;
use sakimori_respond::engine::Deed;
use std::net::IpAddr;

/// Prefixes that lie in each other and beside each other.
const NETS: [&str; 7] = [
    "198.51.100.0/24",
    "198.51.100.0/28",
    "198.51.100.1/32",
    "198.51.100.2/32",
    "203.0.113.9/32",
    "2001:db8::/120",
    "2001:db8::1/128",
];
const ADDRESSES: [&str; 6] = [
    "198.51.100.1",
    "198.51.100.2",
    "198.51.100.99",
    "203.0.113.9",
    "2001:db8::1",
    "2001:db8::2",
];

#[derive(Clone, Debug)]
enum Step {
    Apply {
        measure: u8,
        net: usize,
        seconds: u64,
    },
    Remove {
        measure: u8,
        net: usize,
    },
    Wait {
        ms: u64,
    },
    Packets {
        address: usize,
        count: u64,
    },
    /// Somebody takes an element away.
    Lose {
        net: usize,
    },
    /// Somebody puts one in.
    Stray {
        net: usize,
    },
    Look,
    Fall,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let net = || 0..NETS.len();
    let step = prop_oneof![
        5 => (0..3u8, net(), 1..30u64).prop_map(|(measure, net, seconds)| Step::Apply { measure, net, seconds }),
        3 => (0..3u8, net()).prop_map(|(measure, net)| Step::Remove { measure, net }),
        3 => (1..9000u64).prop_map(|ms| Step::Wait { ms }),
        5 => (0..ADDRESSES.len(), 1..9u64).prop_map(|(address, count)| Step::Packets { address, count }),
        1 => net().prop_map(|net| Step::Lose { net }),
        1 => net().prop_map(|net| Step::Stray { net }),
        1 => Just(Step::Look),
        1 => Just(Step::Fall),
    ];
    prop::collection::vec(step, 1..60)
}

fn net(at: usize) -> Net {
    Net::parse(NETS[at]).unwrap()
}

fn key(measure: u8, at: usize) -> Key {
    Key {
        measure: [measure; 32],
        deed: Deed::Block,
        target: NETS[at].to_owned(),
    }
}

/// What an element of the kernel is.
struct There {
    listed: Listed,
    ends_ms: u64,
}

/// The kernel's set, the book, and what is wanted.
#[derive(Default)]
struct World {
    now_ms: u64,
    kernel: BTreeMap<Net, There>,
    book: Book,
    /// Who wants what until when, and what it met; by rules of this test alone.
    wanted: BTreeMap<(u8, usize), (u64, u64)>,
}

impl World {
    fn run_out(&mut self) {
        let now = self.now_ms;
        self.kernel.retain(|_, one| one.ends_ms > now);
    }

    /// As `Nftables` does it: what is in the place is read, then replaced.
    fn put(&mut self, element: &Element) {
        if let Some(there) = self.kernel.get(&element.net) {
            self.book.count(element.net, there.listed.met, self.now_ms);
        }
        assert!(element.seconds > 0, "a timer of 0 would be none");
        let listed = Listed {
            comment: element.comment.clone(),
            seconds: element.seconds,
            met: Met::default(),
        };
        let ends_ms = self.now_ms + element.seconds * 1000;
        self.kernel.insert(element.net, There { listed, ends_ms });
    }

    fn apply(&mut self, measure: u8, at: usize, seconds: u64) {
        let (key, net, now) = (key(measure, at), net(at), self.now_ms);
        let until = Seconds(now.div_ceil(1000) + seconds);
        let effect = Effect {
            key,
            until,
            seconds,
        };
        let same = self.book.same(net, &effect, now).map(str::to_owned);
        let there = self.kernel.get(&net);
        let stands =
            same.is_some_and(|mark| there.is_some_and(|one| one.listed.comment.contains(&mark)));
        let met = self.wanted.get(&(measure, at)).map_or(0, |known| known.1);
        if !stands {
            let element = self.book.with(net, &effect, now).unwrap();
            self.put(&element);
            self.book.begun(&element, &effect, now);
            self.wanted
                .insert((measure, at), (now + seconds * 1000, met));
        }
    }

    fn remove(&mut self, measure: u8, at: usize) {
        let (key, net) = (key(measure, at), net(at));
        self.wanted.remove(&(measure, at));
        if !self.book.holds(net, &key) && self.book.has(net) {
            return;
        }
        let left = self.book.without(net, &key, self.now_ms);
        match &left {
            Some(element) => self.put(element),
            None => {
                self.kernel.remove(&net);
            }
        }
        self.book.ended(net, &key, left.as_ref());
    }

    fn listed(&self) -> BTreeMap<Net, Listed> {
        let kernel = self.kernel.iter();
        kernel
            .map(|(net, one)| (*net, one.listed.clone()))
            .collect()
    }

    fn look(&mut self) {
        let listed = self.listed();
        for stray in self.book.seen(&listed, self.now_ms).0 {
            self.kernel.remove(&stray);
        }
        // What ran out is forgotten, also here.
        let (book, now) = (&self.book, self.now_ms);
        self.wanted.retain(|(measure, at), (ends_ms, _)| {
            *ends_ms > now || book.holds(net(*at), &key(*measure, *at))
        });
    }

    fn meet(&mut self, address: IpAddr, count: u64) {
        // The narrowest first, as the rules stand.
        let inside = |net: &Net| {
            net.contains(Net {
                first: address,
                bits: if address.is_ipv4() { 32 } else { 128 },
            })
        };
        let mut hit: Vec<Net> = self
            .kernel
            .keys()
            .filter(|net| inside(net))
            .copied()
            .collect();
        hit.sort_by_key(|net| std::cmp::Reverse(net.bits));
        let Some(first) = hit.first() else { return };
        if let Some(there) = self.kernel.get_mut(first) {
            there.listed.met.times += count;
            there.listed.met.bytes += count * 100;
        }
        let now = self.now_ms;
        // Who holds the prefix that it hit, or one around it.
        for ((_, at), (ends_ms, met)) in &mut self.wanted {
            if net(*at).contains(*first) && *ends_ms > now {
                *met += count;
            }
        }
    }

    fn is_dropped(&self, address: IpAddr) -> bool {
        let one = Net {
            first: address,
            bits: if address.is_ipv4() { 32 } else { 128 },
        };
        self.kernel.keys().any(|net| net.contains(one))
    }

    /// Every address is dropped as long as somebody wants it, and not a second longer.
    fn check(&self, step: &Step) {
        for text in ADDRESSES {
            let address: IpAddr = text.parse().unwrap();
            let one = Net {
                first: address,
                bits: if address.is_ipv4() { 32 } else { 128 },
            };
            let wants = |late: u64| {
                let mut wanted = self.wanted.iter();
                wanted.any(|((_, at), (ends_ms, _))| {
                    net(*at).contains(one) && ends_ms + late > self.now_ms
                })
            };
            let dropped = self.is_dropped(address);
            assert!(dropped || !wants(0), "{text} passes after {step:?}");
            assert!(!dropped || wants(1000), "{text} is dropped after {step:?}");
        }
        let met: BTreeMap<Key, Met> = self.book.met().into_iter().collect();
        for ((measure, at), (ends_ms, count)) in &self.wanted {
            if *ends_ms <= self.now_ms {
                continue;
            }
            let own = met.get(&key(*measure, *at)).copied().unwrap_or_default();
            assert_eq!(
                (own.times, own.bytes),
                (*count, count * 100),
                "{measure} {at} after {step:?}"
            );
        }
    }

    /// What is lost is put in force again, as the engine does.
    fn mend(&mut self) {
        let there: Vec<Key> = self
            .book
            .in_force()
            .into_iter()
            .map(|one| one.key)
            .collect();
        let wanted: Vec<((u8, usize), u64)> =
            self.wanted.iter().map(|(at, one)| (*at, one.0)).collect();
        for ((measure, at), ends_ms) in wanted {
            if there.contains(&key(measure, at)) || ends_ms <= self.now_ms {
                continue;
            }
            self.apply(measure, at, (ends_ms - self.now_ms).div_ceil(1000));
        }
    }

    fn step(&mut self, step: &Step) {
        // Counters are read before time goes on or something goes: what is met later is lost with its element.
        self.look();
        match *step {
            Step::Apply {
                measure,
                net,
                seconds,
            } => self.apply(measure, net, seconds),
            Step::Remove { measure, net } => self.remove(measure, net),
            Step::Wait { ms } => self.now_ms += ms,
            Step::Packets { address, count } => {
                self.meet(ADDRESSES[address].parse().unwrap(), count);
            }
            Step::Lose { net: at } => {
                self.kernel.remove(&net(at));
            }
            Step::Stray { net: at } => {
                let listed = Listed {
                    comment: "of others".to_owned(),
                    seconds: 60,
                    met: Met::default(),
                };
                let ends_ms = self.now_ms + 60_000;
                self.kernel.insert(net(at), There { listed, ends_ms });
            }
            Step::Look => {}
            Step::Fall => {
                self.kernel.clear();
                self.book.fell(self.now_ms);
            }
        }
        self.run_out();
        self.look();
        self.mend();
        self.check(step);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_dropped_is_what_somebody_wants_and_everybody_s_count_is_his_own(steps in steps()) {
        let mut world = World::default();
        for step in &steps {
            world.step(step);
        }
    }
}

#[test]
fn the_longest_end_wins_and_shrinks_back() {
    let mut world = World::default();
    world.apply(0, 2, 10);
    world.apply(1, 2, 20);
    assert_eq!(world.kernel[&net(2)].listed.seconds, 20);
    world.now_ms = 5000;
    world.remove(1, 2);
    assert_eq!(world.kernel[&net(2)].listed.seconds, 5);
    world.remove(0, 2);
    assert!(world.kernel.is_empty());
}

#[test]
fn one_that_is_over_is_not_kept_by_the_end_of_another() {
    let mut world = World::default();
    world.apply(0, 2, 10);
    world.apply(1, 2, 20);
    world.now_ms = 15_000;
    world.remove(1, 2);
    assert!(world.kernel.is_empty());
}

#[test]
fn what_ran_out_is_not_lost_and_what_went_before_is() {
    let mut world = World::default();
    world.apply(0, 2, 10);
    world.apply(1, 3, 20);
    world.now_ms = 10_000;
    world.run_out();
    assert_eq!(world.book.seen(&world.listed(), world.now_ms), (vec![], 0));
    assert_eq!(world.book.len(), 1);
    world.kernel.clear();
    assert_eq!(world.book.seen(&world.listed(), world.now_ms), (vec![], 1));
    world.apply(1, 3, 20);
    assert_eq!(world.book.fell(world.now_ms), 1);
    assert_eq!(world.book.len(), 0);
}
