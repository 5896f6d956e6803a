//! The approval of a measure, in the form of `docs/reference/formats.md` sections 10.10 and 11: what a [`Measure`] chooses, the rest by hand. In: actuators, effects, times. Out: texts, a [`Plan`]. Never: the code that reads them.

use super::{Counts, HOUR, Part, Plan, signer, text};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The lines of a sitting that decides a measure: three for it.
const SITTING: &str =
    "present: m1 m4 m5\npresiding: m1\nfor: m1 m4 m5\nagainst: none\nrecused: none\n";

/// What the measure of a sample says where a test wants to choose; the rest is changed by [`Plan::edit`] on [`Part::Pack`], whose place the measure has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its id.
    pub id: [u8; 16],
    /// Its revision.
    pub revision: u64,
    /// Id of the statement that approves it.
    pub authority: [u8; 16],
    /// Name and verifier key of each actuator; the first is the one that asks, and that the lease is for.
    pub actuators: Vec<(String, String)>,
    /// Each `DEED ACTUATOR COUNTRY CONTROLLER TARGET`.
    pub effects: Vec<String>,
    /// Seconds from the plan's beginning to the approval's first second.
    pub starts: u64,
    /// Seconds from the first second of the approval to its last one.
    pub lasts: u64,
    /// Most effects at a time.
    pub most: u64,
    /// Longest time of one effect in seconds.
    pub seconds: u64,
}

/// Two actuators with the keys `a-01` and `a-02` of [`signer`]: the one blocks an address, a prefix and an address of version 6, the other gives no answer for a name. A day long.
impl Default for Measure {
    fn default() -> Self {
        let actuator = |name: &str| (name.to_owned(), signer(name).verifier().to_string());
        let effects = [
            "block a-01 JP carrier.example 198.51.100.7",
            "block a-01 JP carrier.example 203.0.113.0/24",
            "block a-01 JP carrier.example 2001:db8::7",
            "no-answer a-02 JP carrier.example evil.example",
        ];
        Self {
            id: [0x3e; 16],
            revision: 1,
            authority: [0x5a; 16],
            actuators: vec![actuator("a-01"), actuator("a-02")],
            effects: effects.map(str::to_owned).to_vec(),
            starts: 0,
            lasts: 24 * HOUR,
            most: 100,
            seconds: 24 * HOUR,
        }
    }
}

impl Measure {
    /// A measure of one actuator.
    #[must_use]
    pub fn of(name: &str, key: &str, effects: &[&str]) -> Self {
        Self {
            actuators: vec![(name.to_owned(), key.to_owned())],
            effects: effects.iter().map(|&line| line.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// The text, as `docs/reference/formats.md` section 10.10 has it.
    pub fn text(&self) -> String {
        let actuators = self.actuators.iter();
        let actuators = actuators.map(|(name, key)| format!("actuator: {name} {key}\n"));
        let effects = self.effects.iter().map(|line| format!("effect: {line}\n"));
        format!(
            "sakimori/measure/v1\nid: {}\nrevision: {}\ndossier: sha256:{}\nplan: none\nroute: police\norder: none\n\
             consultation: none\nproposed: o1\nreviewed: o3\nexecutor: e-01 national\nsuperior: e-02\nlevel: 1\n\
             collateral: 0 3\nlists: 1 sha256:{}\nsoak: 60\nmost: {}\nseconds: {}\nrenewals: 3\n\
             success: fewer than 10 packets an hour come from the targets\nstop: a complaint that is borne out\n{}{}root: 1\n",
            hex(&self.id),
            self.revision,
            hex(&[0xd0; 32]),
            hex(&[0x11; 32]),
            self.most,
            self.seconds,
            actuators.collect::<String>(),
            effects.collect::<String>(),
        )
    }

    /// What it covers: effects, and each target once.
    pub(super) fn counts(&self) -> Counts {
        let target = |line: &String| line.rsplit(' ').next().unwrap_or_default().to_owned();
        let targets: BTreeSet<String> = self.effects.iter().map(target).collect();
        let mut counts = Counts {
            count: self.effects.len() as u64,
            v4: 0,
            v6_48: 0,
            domains: 0,
            ja4: 0,
            behaviours: 0,
        };
        for target in targets {
            let (address, bits) = target.split_once('/').unwrap_or((&target, ""));
            match (address.parse(), bits.parse::<u32>().ok()) {
                (Ok(IpAddr::V4(_)), bits) => counts.v4 += 1 << (32 - bits.unwrap_or(32)),
                (Ok(IpAddr::V6(_)), bits) => {
                    counts.v6_48 += 1 << (48 - bits.unwrap_or(128).min(48));
                }
                (Err(_), _) if target.contains(':') => {}
                (Err(_), _) => counts.domains += 1,
            }
        }
        counts
    }

    /// Names of the actuators, as the statement lists them.
    fn names(&self) -> String {
        let names: Vec<&str> = self.actuators.iter().map(|(name, _)| &**name).collect();
        names.join(" ")
    }
}

impl Plan {
    /// The plan of a sitting's approval of a measure: the measure stands in the pack's place, signed by the two officers whom it names.
    #[must_use]
    pub fn measure(measure: &Measure) -> Self {
        let plan = Self {
            pack_signers: vec!["o1", "o3"],
            measure: Some(measure.clone()),
            ..Self::default()
        };
        let time = |seconds: u64| text::time(super::BEGIN + seconds);
        let first = format!("not-before: {}", time(measure.starts));
        let last = format!("not-after: {}", time(measure.starts + measure.lasts));
        let (sample, own) = (hex(&[0x5a; 16]), hex(&measure.authority));
        let name = measure.actuators.first().map_or("", |(name, _)| &**name);
        plan.edit(Part::Statement, "kind: acquisition\n", "kind: measure\n")
            .edit(Part::Statement, &sample, &own)
            .edit(Part::Statement, "basis: act42-17", "basis: act42-6-2")
            .edit(Part::Statement, "not-before: 2027-04-01T00:00:00Z", &first)
            .edit(Part::Statement, "not-after: 2027-06-30T23:59:59Z", &last)
            .edit(
                Part::Statement,
                "sensors: s-01 s-02",
                &format!("sensors: {}", measure.names()),
            )
            .edit(Part::Statement, text::SITTING, SITTING)
            .edit(Part::Lease, &sample, &own)
            .edit(Part::Lease, "sensor: s-01", &format!("sensor: {name}"))
            .edit(Part::Ruling, "kind: acquisition\n", "kind: measure\n")
            .edit(Part::Ruling, &sample, &own)
            .edit(Part::Ruling, text::SITTING, SITTING)
            .edit(Part::Suspension, &sample, &own)
    }

    /// The plan of an urgent measure of requester and supervisor; it lasts two hours at most, whatever the measure says.
    #[must_use]
    pub fn urgent_measure(measure: &Measure) -> Self {
        let measure = Measure {
            lasts: measure.lasts.min(2 * HOUR),
            ..measure.clone()
        };
        let plan = Self {
            now: super::BEGIN + HOUR + 600,
            statement_signers: vec!["o1", "o3"],
            decision_kind: EntryType::Urgent,
            ..Self::measure(&measure)
        };
        plan.edit(Part::Statement, SITTING, "urgent: o1 o3\n").edit(
            Part::Statement,
            "day-records 2000000",
            "day-records 100000",
        )
    }

    /// With a ruling that revokes the authority.
    #[must_use]
    pub fn and_revoked(self) -> Self {
        Self {
            ruling_signers: vec!["m1", "m4", "m5"],
            ..self
        }
    }

    /// With a suspension by the commission.
    #[must_use]
    pub fn and_suspended(self) -> Self {
        Self {
            suspension: Some((0, vec!["m1"])),
            ..self
        }
    }

    /// The same at another time: everything that has a time is as much later or earlier as `begin` is than [`super::BEGIN`]. The start is asked for two hours after it, with a lease of eleven more hours; one that is to hold now
    /// begins two hours ago. Texts that name the hash of another one, as [`Plan::second_root`] does, stay at their time.
    #[must_use]
    pub fn at(self, begin: u64) -> Self {
        let moved = |time: u64| begin.saturating_add(time.saturating_sub(self.begin));
        Self {
            now: moved(self.now),
            cosigned: moved(self.cosigned),
            begin,
            ..self
        }
    }
}
