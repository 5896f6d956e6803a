//! Notes and bodies of the story, by hand from sections 7 and 10. In: what varies. Out: text. Never: a signature.

use crate::folder::{BEGIN, HOUR};
use sakimori_custody::ids::hex;
use sakimori_tlog::merkle::{Frontier, Hash, leaf_hash};

/// Id of the first authority.
pub const FIRST: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
/// Id of the urgent one.
pub const SECOND: &str = "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b";

/// The lines of a sitting.
pub(super) const SITTING: &str =
    "present: m1 m4 m5\npresiding: m1\nfor: m1 m5\nagainst: m4\nrecused: none\n";
/// The lines of a sitting in which three vote for.
pub(super) const THREE: &str =
    "present: m1 m2 m4 m5\npresiding: m1\nfor: m1 m2 m5\nagainst: m4\nrecused: none\n";

/// Seconds at an hour of the story.
pub const fn hour(hours: u64) -> u64 {
    BEGIN + hours * HOUR
}

/// A time as notes write it.
pub(super) fn at(time: u64) -> String {
    sakimori_custody::time::Seconds(time).to_string()
}

/// The leaf of a record in its window: 32 bytes that stand for the HMAC of section 8.
pub const fn leaf_of(number: u8) -> [u8; 32] {
    [number; 32]
}

/// The commitment over the records from `first` on.
pub fn commitment(first: u8, records: u8) -> String {
    let mut leaves = Frontier::default();
    for number in first..first + records {
        leaves.push_entry(&leaf_of(number));
    }
    hex(&leaves.root())
}

/// The path of the first of three records to its window's commitment.
pub fn path_of(first: u8) -> [String; 2] {
    let leaf = |number: u8| leaf_hash(&leaf_of(number));
    let hashes: [Hash; 2] = [leaf(first + 1), leaf(first + 2)];
    hashes.map(|hash| hex(&hash))
}

/// A statement; `last` are its last lines.
pub(super) fn statement(
    id: &str,
    request: &str,
    [from, until]: [u64; 2],
    records: u64,
    last: &str,
) -> String {
    let pack = hex(&super::story::pack());
    format!(
        "sakimori/authority/v1\nid: {id}\nkind: acquisition\nbasis: act42-17\nrequest: {request}\n\
         not-before: {}\nnot-after: {}\nsensors: s-01 s-02\ndirections: out-in in-out\n\
         selectors: sha256:{pack} count 7 v4 257 v6-48 0 domains 2 ja4 1 behaviours 1\n\
         caps: match-ppm 200 flow-bytes 176 day-records {records}\nretention: bucket 1d keep 90d\n\
         conditions: none\nreplaces: none\nroot: 1\n{last}",
        at(from),
        at(until)
    )
}

/// A lease of twelve hours.
pub(super) fn lease(id: &str, authority: &str, of: &str, sensor: &str, issued: u64) -> String {
    format!(
        "sakimori/lease/v1\nid: {id}\nauthority: {authority}\nstatement: sha256:{{sha:{of}}}\nsensor: {sensor}\n\
         issued: {}\nnot-after: {}\ntree-size: {{size}}\nroot: 1\n",
        at(issued),
        at(issued + 12 * HOUR)
    )
}

/// A ruling.
pub(super) fn ruling(id: u8, kind: &str, matter: &str, time: u64) -> String {
    format!(
        "sakimori/ruling/v1\nid: {}\nkind: {kind}\n{matter}request: {}\ntime: {}\nreason: so decided\nroot: 1\n{THREE}",
        hex(&[id; 16]),
        "0".repeat(64),
        at(time)
    )
}

/// A suspension by the commission.
pub(super) fn suspension(act: &str, serial: u64, time: u64) -> String {
    format!(
        "sakimori/suspension/v1\nauthority: {FIRST}\nby: commission\nact: {act}\nserial: {serial}\n\
         time: {}\nreason: a doubt\nroot: 1\n",
        at(time)
    )
}

/// A text as a string of JSON.
pub(super) fn json(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
