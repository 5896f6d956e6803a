//! A renewal at an actuator: the approval of a later text comes while an effect of the earlier one is in force. In: the real program with the drill. Out: that nothing ends between. Never: an effect that goes on because nobody came.

use crate::world::{MEASURE, World, begin, files, measure, now, wait};
use sakimori_testkit::folder::{Measure, Plan};
use serde_json::json;

/// Seconds until the first approval ends.
const FIRST_SECONDS: u64 = 12;

/// The approval of a text that ends so many seconds from now.
fn approval(revision: u64, authority: u8, seconds: u64) -> Plan {
    let of = Measure {
        id: MEASURE,
        revision,
        authority: [authority; 16],
        ..measure()
    };
    let lasts = now() + seconds - (begin() + of.starts);
    let plan = Plan::measure(&Measure { lasts, ..of }).at(begin());
    // The second stands in a log that has grown.
    Plan {
        behind: revision - 1,
        ..plan
    }
}

#[test]
fn an_effect_goes_on_over_the_end_of_its_first_approval_and_never_ended() {
    let target = "198.51.100.7";
    for renewed in [true, false] {
        let mut world = World::new(|_| {});
        world.start_and_see();
        let first = approval(1, 0x5a, FIRST_SECONDS);
        let ends = now() + FIRST_SECONDS;
        let (status, body) = world.put_as(0x5a, &files(&first.build()));
        assert_eq!(status, 200, "{body}");
        let begins = world.command("deny", target, FIRST_SECONDS - 2);
        assert_eq!(world.post(&begins).0, 200);
        if renewed {
            let (status, body) = world.put_as(0x5b, &files(&approval(2, 0x5b, 3600).build()));
            assert_eq!(status, 200, "{body}");
            let mut longer = world.command("deny", target, 600);
            longer["actuator"]["x-sakimori"]["revision"] = json!(2);
            let (status, said) = world.post(&longer);
            assert_eq!(status, 200, "{said}");
        }
        wait("the first approval's end", 60, || now() > ends + 1);
        wait("what follows from it", 5, || {
            world.in_force().is_empty() != renewed
        });
        let of = world.drilled();
        let [one] = of.as_slice() else {
            panic!("one effect: {of:?}");
        };
        assert_eq!(one.begun, 1, "it came in force once: {of:?}");
        assert_eq!(one.ended, u64::from(!renewed), "{of:?}");
    }
}
