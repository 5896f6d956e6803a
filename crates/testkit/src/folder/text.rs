//! The texts of `docs/reference/formats.md` section 10, by hand. In: the hashes that bind them. Out: text. Never: a signature.

use super::{Counts, signer};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sha2::{Digest, Sha256};

/// What [`pack`] covers, counted by hand: one address beside 256, the two names, a fingerprint, a behaviour.
pub(super) const COUNTS: Counts = Counts {
    count: 7,
    v4: 257,
    v6_48: 0,
    domains: 2,
    ja4: 1,
    behaviours: 1,
};

/// The lines of the sitting, which an agreement has not.
pub(super) const SITTING: &str =
    "present: m1 m4 m5\npresiding: m1\nfor: m1 m5\nagainst: m4\nrecused: none\n";

/// The lines of an agreement, which a sitting has not.
pub(super) fn agreement() -> String {
    let (party, suspend) = (signer("party"), signer("suspend"));
    format!(
        "party: party.example {}\nsuspend-key: {}\n",
        party.verifier(),
        suspend.verifier()
    )
}

pub(super) fn sha256_bytes(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

pub(super) fn sha256(text: &str) -> String {
    hex(&sha256_bytes(text))
}

/// A time as the texts have it.
pub(super) fn time(unix: u64) -> String {
    Seconds(unix).to_string()
}

/// The text with each of its times moved.
pub(super) fn moved(text: &str, to: impl Fn(u64) -> u64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = rest.get(..20).and_then(|word| word.parse::<Seconds>().ok());
        let taken = if let Some(found) = found {
            out.push_str(&time(to(found.0)));
            20
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

/// Section 10.1, version 1.
pub(super) fn trust_root() -> String {
    let key = |who: &str| signer(who).verifier().to_string();
    let roles = [
        ("m1", "chair"),
        ("m2", "deputy"),
        ("m3", "member"),
        ("m4", "member"),
        ("m5", "member"),
    ];
    let members = roles.map(|(id, role)| format!("member: {id} {role} {}\n", key(id)));
    [
        "sakimori/trust-root/v1\nversion: 1\nnot-before: 2027-04-01T00:00:00Z\n".to_owned(),
        "commission: commission.example\n".to_owned(),
        members.concat(),
        "floor: acquisition 2\nfloor: measure 3\nfloor: reidentification 3\nfloor: disclosure 3\n"
            .to_owned(),
        format!("lease-key: {}\nmirror: {}\n", key("lease"), key("mirror")),
        format!("secretariat: {}\n", key("secretariat")),
        format!("share-holder: office {}\n", key("office-share")),
        format!("share-holder: commission {}\n", key("commission-share")),
        format!("office: {}\n", key("office")),
        format!("officer: o1 requester {}\n", key("o1")),
        format!("officer: o2 legal-officer {}\n", key("o2")),
        format!("officer: o3 supervisor {}\n", key("o3")),
        format!(
            "sensor: s-01 {}\nsensor: s-02 {}\n",
            key("s-01"),
            key("s-02")
        ),
        format!("counter: s-01 {}\n", key("counter-01")),
        format!("policy: log {}\n", key("log")),
        format!("policy: witness mirror {}\n", key("mirror")),
        "policy: quorum mirror\nprevious: none\n".to_owned(),
    ]
    .concat()
}

/// Section 10.2.
pub(super) fn statement(request: &str, pack: &str, coverage: &Counts) -> String {
    let Counts {
        count,
        v4,
        v6_48,
        domains,
        ja4,
        behaviours,
    } = coverage;
    let id = hex(&[0x5a; 16]);
    format!(
        "sakimori/authority/v1\nid: {id}\nkind: acquisition\nbasis: act42-17\nrequest: {request}\n\
         not-before: 2027-04-01T00:00:00Z\nnot-after: 2027-06-30T23:59:59Z\nsensors: s-01 s-02\n\
         directions: out-in in-out\n\
         selectors: sha256:{pack} count {count} v4 {v4} v6-48 {v6_48} domains {domains} ja4 {ja4} behaviours {behaviours}\n\
         caps: match-ppm 200 flow-bytes 176 day-records 2000000\nretention: bucket 1d keep 90d\n\
         conditions: none\nreplaces: none\nroot: 1\n{SITTING}"
    )
}

/// Section 10.3: from an hour after the beginning for twelve hours, over the log with its decision.
pub(super) fn lease(statement: &str) -> String {
    let (id, authority) = (hex(&[0x1e; 16]), hex(&[0x5a; 16]));
    format!(
        "sakimori/lease/v1\nid: {id}\nauthority: {authority}\nstatement: sha256:{statement}\nsensor: s-01\n\
         issued: 2027-04-01T01:00:00Z\nnot-after: 2027-04-01T13:00:00Z\ntree-size: 3\nroot: 1\n"
    )
}

/// Section 10.4.
pub(super) fn pack() -> String {
    "sakimori/pack/v1\nid: sample-1\nissued: 2027-04-01T00:00:00Z\npurpose: signs of attack in border-crossing traffic\n\
     selector: 1 address 198.51.100.7\nselector: 2 prefix 203.0.113.0/24\nselector: 3 endpoint 198.51.100.7 443 tcp\n\
     selector: 4 domain evil.example\nselector: 5 subdomains evil.example\n\
     selector: 6 ja4 t13d1516h2_8daaf6152771_02713d6af862\n\
     selector: 7 behaviour beacon connections-min=20 score-min=800\n"
        .to_owned()
}

/// SHA-256 of the program that a start is to run.
pub(super) const PROGRAM: [u8; 32] = [0x50; 32];

/// Section 10.9, version 1: caps that no sample passes.
pub(super) fn schedule() -> String {
    let values = [
        "period.out-out = 6 months",
        "period.out-in = 3 months",
        "period.in-out = 3 months",
        "period.agreement = 12 months",
        "retention.days = 730",
        "cap.match-ppm = 1000000",
        "cap.day-records = 1000000000000",
        "cap.share-ppm = 300000",
        "floor.acquisition = 2",
        "floor.measure = 3",
        "floor.reidentification = 3",
        "floor.disclosure = 3",
        "agreement.sitting = no",
        "urgent.acquisition = off",
        "urgent.measure = 2 hours",
        "urgent.month = 4",
        "urgent.match-ppm = 1000",
        "urgent.day-records = 100000",
        "deadline.question = 7 days",
        "deadline.notice = 30 days",
        "deadline.demand = 14 days",
        "deadline.recommendation = 30 days",
        "carrier.tolerance-ppm = 1000",
        "home-countries = JP",
        "mechanical-fields = first last source destination packets_out packets_back bytes_out bytes_back source_port destination_port protocol direction tcp_flags_out tcp_flags_back source_country destination_country end application dns_type dns_rcode http_method tls_version alpn ja4 selectors",
        "identify.fields = source-mail destination-mail user",
        "identify.epoch = 30 days",
        "release.recipients = cabinet-office nco npa mod",
        "budget.rows = 100000",
        "budget.exports = 10",
        "hours = 08-20 +09",
    ];
    let values = values.map(|value| format!("value: {value} | unverified | a sample\n"));
    format!(
        "sakimori/schedule/v1\nversion: 1\njurisdiction: JP\nnot-before: 2027-04-01T00:00:00Z\n{}\
         consultation: none\nprevious: none\nroot: 1\n{SITTING}",
        values.concat()
    )
}

/// Section 10.8.
pub(super) fn software() -> String {
    format!(
        "sakimori/software/v1\nname: sakimori\nversion: 0.1.0\nsha256: {}\n\
         not-before: 2027-04-01T00:00:00Z\nroot: 1\n",
        hex(&PROGRAM)
    )
}

/// Section 10.6: the sample's authority is revoked.
pub(super) fn ruling() -> String {
    let (id, authority) = (hex(&[0x2b; 16]), hex(&[0x5a; 16]));
    format!(
        "sakimori/ruling/v1\nid: {id}\nkind: acquisition\nabout: authority {authority}\noutcome: revoked\n\
         request: {}\ntime: 2027-04-01T01:30:00Z\nreason: what was asked for is known by now\nroot: 1\n{SITTING}",
        "0".repeat(64)
    )
}

/// Section 10.7: the sample's authority is suspended, by whom the place of the file names.
pub(super) fn suspension(at: usize) -> String {
    let by = ["commission", "office", "party"]
        .get(at)
        .unwrap_or(&"nobody");
    format!(
        "sakimori/suspension/v1\nauthority: {}\nby: {by}\nact: suspend\nserial: 1\n\
         time: 2027-04-01T01:30:00Z\nreason: a doubt\nroot: 1\n",
        hex(&[0x5a; 16])
    )
}
