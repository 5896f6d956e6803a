use super::*;
use crate::samples::{call, probe};

/// What makes another record of a sample.
type Change = fn(&mut MechanicalRecord);

fn events(
    scans: &mut Scans,
    records: impl IntoIterator<Item = MechanicalRecord>,
) -> Vec<EvidenceEvent> {
    let mut events = Vec::new();
    for record in records {
        scans.observe(&record, &mut |event| events.push(event));
    }
    scans.finish(&mut |event| events.push(event));
    events
}

fn vertical(records: impl IntoIterator<Item = MechanicalRecord>) -> Vec<EvidenceEvent> {
    events(&mut Scans::vertical(2, 50, 600), records)
}

fn horizontal(records: impl IntoIterator<Item = MechanicalRecord>) -> Vec<EvidenceEvent> {
    events(&mut Scans::horizontal(3, 50, 600), records)
}

const HOST: u32 = 0x0808_0808;

/// A record changed by a function.
fn with(mut record: MechanicalRecord, change: impl Fn(&mut MechanicalRecord)) -> MechanicalRecord {
    change(&mut record);
    record
}

#[test]
fn many_ports_of_one_host_are_a_vertical_scan_whatever_the_probe() {
    let ports = || (1..=1000u16).map(|port| probe(1, HOST, port, u64::from(port)));
    let probes: [(&str, Change); 7] = [
        ("syn, dropped", |_| {}),
        ("syn, refused", |r| {
            (r.packets_back, r.tcp_flags_back) = (1, 0x14);
        }),
        ("null", |r| r.tcp_flags_out = 0),
        ("fin", |r| r.tcp_flags_out = 1),
        ("xmas", |r| r.tcp_flags_out = 0x29),
        ("udp", |r| r.protocol = 17),
        ("sctp", |r| r.protocol = 132),
    ];
    for (what, change) in probes {
        let events = vertical(ports().map(|record| with(record, change)));
        let last = events.last().unwrap_or_else(|| panic!("{what}"));
        assert_eq!(
            (last.phase, last.count, last.distinct),
            (Phase::Final, 1000, 1000),
            "{what}"
        );
        assert_eq!(last.parts[0], 1000, "{what}");
        assert_eq!((events[0].phase, events[0].distinct), (Phase::Fired, 50));
        assert!(horizontal(ports().map(|record| with(record, change))).is_empty());
    }
}

#[test]
fn one_port_of_many_hosts_is_a_horizontal_scan_and_its_hosts_are_told_within_a_percent() {
    let hosts = (0..4096u32).map(|host| probe(1, HOST + host, 22, u64::from(host)));
    let events = horizontal(hosts.clone());
    let last = events.last().unwrap();
    assert_eq!(
        (last.count, last.port, last.destination),
        (4096, 22, [0; 16])
    );
    assert!(last.distinct.abs_diff(4096) < 60, "{}", last.distinct);
    assert!(vertical(hosts.clone()).is_empty());
    let echo = hosts.map(|r| {
        with(r, |r| {
            (r.protocol, r.source_port, r.destination_port) = (1, 8, 0);
        })
    });
    assert_eq!(horizontal(echo).last().unwrap().port, 0);
}

#[test]
fn ordinary_use_is_no_scan() {
    let many = 0..3000u32;
    let crawler = many
        .clone()
        .map(|host| call(1, HOST + host, (40_000, 443), u64::from(host)));
    assert!(horizontal(crawler).is_empty(), "a crawler gets answers");
    let one_sided = many.clone().map(|host| {
        with(call(1, HOST + host, (40_000, 443), 1), |r| {
            (r.packets_back, r.tcp_flags_back) = (0, 0);
        })
    });
    assert!(
        horizontal(one_sided).is_empty(),
        "a tap that sees one direction"
    );
    let late = many.clone().map(|n| {
        with(probe(1, HOST, 1024 + n as u16, 1), |r| {
            (r.source_port, r.tcp_flags_out) = (443, 0x11);
        })
    });
    assert!(vertical(late).is_empty(), "a server's late segments");
    for (service, what) in [
        (53, "late answers"),
        (161, "a reflected flood"),
        (1900, "a reflected flood"),
        (11_211, "a reflected flood"),
    ] {
        let answers = many.clone().map(|n| {
            with(probe(1, HOST, 2048 + n as u16, 1), |r| {
                (r.protocol, r.source_port) = (17, service);
            })
        });
        assert!(vertical(answers).is_empty(), "{what} from {service}");
    }
    let turned = many.clone().map(|n| {
        with(probe(1, HOST, n as u16, 1), |r| {
            (
                r.packets_out,
                r.packets_back,
                r.tcp_flags_out,
                r.tcp_flags_back,
            ) = (0, 1, 0, 18);
        })
    });
    assert!(vertical(turned).is_empty(), "answers to a forged source");
    let backscatter = many
        .clone()
        .map(|n| with(probe(1, HOST + n, 80, 1), |r| r.tcp_flags_out = 0x14));
    assert!(
        horizontal(backscatter).is_empty(),
        "resets of a flooded host"
    );
    let retries = many.map(|n| probe(1, HOST, 443, u64::from(n)));
    assert!(
        vertical(retries).is_empty(),
        "one dead service, tried again and again"
    );
}

#[test]
fn memory_is_bounded_under_a_flood_of_scanners() {
    let mut scans = Scans::vertical(2, 50, 600);
    for host in 0..3000u32 {
        for port in 1..=70 {
            scans.observe(&probe(1, HOST + host, port, 1), &mut |_| {});
        }
    }
    assert!(scans.bitmaps <= BITMAPS_MAX);
    let mut emitted = 0;
    for host in 0..70_000u32 {
        for port in 1..=50 {
            scans.observe(&probe(2, HOST + host, port, 1), &mut |_| emitted += 1);
        }
    }
    assert!(emitted >= 70_000 && scans.take_evicted() > 0);
}
