//! The carrier's own counter beside the receipts (invariant I3). In: windows, what the carrier counted. Out: problems where they differ. Never: a word on a time that no receipts cover whole.

use super::receipt::Receipt;
use super::schedules::Schedules;
use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::limits::WINDOWS_MAX;
use crate::report::{Place, Sink};
use std::collections::BTreeMap;

#[derive(Debug)]
struct Counted {
    place: Place,
    sensor: String,
    from: u64,
    to: u64,
    packets: u64,
    tolerance_ppm: u64,
}

/// What was counted at both ends.
#[derive(Debug, Default)]
pub(super) struct Carriers {
    /// Windows by sensor: begin, end, packets.
    windows: BTreeMap<String, Vec<(u64, u64, u64)>>,
    held: usize,
    counted: Vec<Counted>,
}

impl Carriers {
    pub(super) fn window(&mut self, sensor: &str, receipt: &Receipt) {
        if self.held < WINDOWS_MAX {
            self.held += 1;
            let window = (receipt.start_ms, receipt.end_ms, receipt.read);
            self.windows
                .entry(sensor.to_owned())
                .or_default()
                .push(window);
        }
    }

    pub(super) fn enter(
        &mut self,
        seen: &Seen<'_>,
        signer: Option<&str>,
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["sensor"])?;
            if seen.counter(0) >= seen.counter(1) {
                return Err("it ends before it begins".to_owned());
            }
            fields.text("sensor").map(str::to_owned)
        });
        let Some(sensor) = told(read, &seen.place(), sink) else {
            return;
        };
        if signer.is_some_and(|name| name != sensor) {
            let what = format!(
                "it is signed by the counter of another sensor than {}",
                crate::quote(&sensor)
            );
            return sink.bad(Code::EntrySigner, seen.place(), what);
        }
        self.counted.push(Counted {
            place: seen.place(),
            sensor,
            from: seen.counter(0),
            to: seen.counter(1),
            packets: seen.counter(2),
            // Without a schedule nothing says that the two may differ.
            tolerance_ppm: schedules.number("carrier.tolerance-ppm", seen).unwrap_or(0),
        });
    }

    pub(super) fn finish(&self, sink: &mut Sink) {
        let mut unsaid = 0u64;
        for counted in &self.counted {
            let windows = self
                .windows
                .get(&counted.sensor)
                .map_or(&[][..], Vec::as_slice);
            let Some(read) = covered(windows, counted) else {
                unsaid += 1;
                continue;
            };
            let difference = u128::from(read.abs_diff(counted.packets)) * 1_000_000;
            if difference > u128::from(counted.tolerance_ppm) * u128::from(counted.packets) {
                let what = format!(
                    "the carrier counted {} packets, the receipts {read}, {} per million may differ",
                    counted.packets, counted.tolerance_ppm
                );
                sink.bad(Code::CarrierDiffers, counted.place.clone(), what);
            } else {
                sink.good(Subject::Receipts);
            }
        }
        if unsaid > 0 {
            sink.note(format!("{unsaid} counts of the carrier are about times that no windows cover whole; they are not compared"));
        }
    }
}

/// The packets of the windows that together are the carrier's time; `None` where there are no such windows.
fn covered(windows: &[(u64, u64, u64)], counted: &Counted) -> Option<u64> {
    let touching = |window: &&(u64, u64, u64)| window.0 < counted.to && counted.from < window.1;
    let mut inside: Vec<_> = windows.iter().filter(touching).collect();
    inside.sort_unstable();
    let mut at = counted.from;
    let mut read = 0u64;
    for (begin, end, packets) in inside {
        if *begin != at {
            return None;
        }
        at = *end;
        read = read.saturating_add(*packets);
    }
    (at == counted.to).then_some(read)
}
