//! The plan of a day: who does what when. In: the nation, a seed. Out: sessions in the order of their begin. Never: more sessions than the size of the nation asks for.

use super::nation::Nation;
use super::random::Random;

/// A minute in microseconds.
pub(super) const MINUTE: u64 = 60_000_000;
/// A day in microseconds.
pub(super) const DAY: u64 = 24 * 60 * MINUTE;
/// Addresses that the scan tries.
pub(super) const SCANNED: u64 = 900;

/// What a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Looking at a site over TLS, or seldom over plain HTTP.
    Browse,
    /// Asking for an update, seldom getting one.
    Update,
    /// Fetching mail.
    Fetch,
    /// A mail server hands on a message.
    Deliver,
    /// A connection that is held open for notices.
    Push,
    /// Asking for the time.
    Time,
    /// Echo requests.
    Ping,
    /// One datagram to each of a few peers, of which many are gone.
    Peer,
    /// A stranger's packet to an address that may not exist.
    Stray,
    /// A call of the implant.
    Implant,
    /// One probe of the scan.
    Probe,
}

/// One session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    /// Microseconds since the day began.
    pub(super) at: u64,
    pub(super) kind: Kind,
    /// Index of the host, or of the probe.
    pub(super) host: usize,
}

/// How busy each hour is, for a home and for an office; the day begins at midnight in the small nation.
const HOURS: [[u64; 24]; 2] = [
    [
        3, 2, 1, 1, 1, 2, 4, 7, 6, 5, 5, 5, 7, 6, 5, 6, 7, 9, 12, 14, 15, 14, 11, 7,
    ],
    [
        0, 0, 0, 0, 0, 0, 1, 4, 12, 15, 14, 13, 8, 14, 14, 13, 13, 11, 7, 4, 2, 1, 1, 0,
    ],
];

/// A time of the day by the busyness of its hours.
fn time(office: bool, random: &mut Random) -> u64 {
    let hours = &HOURS[usize::from(office)];
    let mut left = random.between(0, hours.iter().sum());
    for (hour, &weight) in (0u64..).zip(hours) {
        if left < weight {
            return hour * 60 * MINUTE + random.between(0, 60 * MINUTE);
        }
        left -= weight;
    }
    0
}

/// All sessions of the day.
pub(super) fn plan(nation: &Nation, seed: u64) -> Vec<Session> {
    let mut sessions = Vec::with_capacity(30_000);
    for (host, machine) in nation.hosts.iter().enumerate() {
        let mut random = Random::new(seed, 2, host as u64);
        let mut several = |kind, least, greatest, random: &mut Random| {
            for _ in 0..random.between(least, greatest) {
                let at = time(machine.office, random);
                sessions.push(Session { at, kind, host });
            }
        };
        several(Kind::Browse, 7, 23, &mut random);
        several(Kind::Update, 2, 6, &mut random);
        several(Kind::Fetch, 3, 11, &mut random);
        several(Kind::Ping, 0, 2, &mut random);
        if host % 5 == 0 {
            several(Kind::Push, 1, 2, &mut random);
        }
        if host % 40 == 7 {
            several(Kind::Peer, 20, 40, &mut random);
        }
        if host % 3 == 0 {
            // A clock is set by the clock.
            let mut at = random.between(0, 17 * MINUTE);
            while at < DAY {
                sessions.push(Session {
                    at,
                    kind: Kind::Time,
                    host,
                });
                at += 1_024_000_000 + random.between(0, 2_000_000);
            }
        }
    }
    let mut random = Random::new(seed, 3, 0);
    for _ in 0..600 {
        let (at, host) = (time(true, &mut random), random.between(0, 6) as usize);
        sessions.push(Session {
            at,
            kind: Kind::Deliver,
            host,
        });
    }
    for _ in 0..4_000 {
        let (at, host) = (random.between(0, DAY), 0);
        sessions.push(Session {
            at,
            kind: Kind::Stray,
            host,
        });
    }
    implant(nation, &mut random, &mut sessions);
    scan(&mut random, &mut sessions);
    sessions.sort_by_key(|session| session.at);
    sessions
}

/// The implant calls all day, every four minutes give or take a fifth, and now and then sleeps through one call.
fn implant(nation: &Nation, random: &mut Random, sessions: &mut Vec<Session>) {
    let host = nation.attack.implanted;
    let mut at = random.between(0, 4 * MINUTE);
    while at < DAY {
        if !random.happens(4) {
            sessions.push(Session {
                at,
                kind: Kind::Implant,
                host,
            });
        }
        at += random.between(4 * MINUTE * 4 / 5, 4 * MINUTE * 6 / 5);
    }
}

/// In the evening a machine abroad tries one port of 900 addresses, some in a second.
fn scan(random: &mut Random, sessions: &mut Vec<Session>) {
    let mut at = 20 * 60 * MINUTE + random.between(0, 30 * MINUTE);
    for probe in 0..SCANNED {
        sessions.push(Session {
            at,
            kind: Kind::Probe,
            host: probe as usize,
        });
        at += random.between(100_000, 500_000);
    }
}
