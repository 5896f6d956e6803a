use super::*;

fn grade() -> Grade {
    "B2".parse().unwrap()
}

#[test]
fn a_report_is_known_by_the_name_of_its_file() {
    let check = |name: &str, expected: Option<&str>| {
        assert_eq!(
            report_of_file(name).ok().map(|r| r.file),
            expected,
            "{name}"
        );
    };
    check("2026-11-27-scan_smb-jp.csv", Some("scan_smb"));
    check(
        "reports/2026-11-27-event4_sinkhole-japan-as64496.csv",
        Some("event4_sinkhole"),
    );
    check("scan_rdp.csv", Some("scan_rdp"));
    check("scan_unknown.csv", None);
    check("日本", None);
}

#[test]
fn every_report_type_is_read_with_its_columns_and_keeps_every_field() {
    for report in &REPORTS {
        let mut names: Vec<&str> = report.required.to_vec();
        names.extend(report.also);
        names.extend(["tag", "asn", "src_asn"]);
        let value = |name: &&str| match *name {
            "timestamp" => "2026-11-26 21:04:05",
            "ip" | "src_ip" => "203.0.113.9",
            "port" | "src_port" => "445",
            "url" => "http://a.example.jp/x",
            "asn" | "src_asn" => "64496",
            "tag" => "a,\"b\"",
            _ => "a.example.jp",
        };
        let quoted: Vec<String> = names
            .iter()
            .map(|n| format!("\"{}\"", value(n).replace('"', "\"\"")))
            .collect();
        let text = format!("{}\n{}\n", names.join(","), quoted.join(","));
        let seen = read_shadowserver(text.as_bytes(), report, grade()).unwrap();
        assert_eq!(seen.len(), 1, "{}", report.file);
        assert_eq!(seen[0].what, What::read("203.0.113.9").unwrap());
        assert_eq!(seen[0].when.to_string(), "2026-11-26T21:04:05Z");
        assert!(seen[0].also.contains(&What::As(64496)), "{}", report.file);
        assert_eq!(seen[0].fields.len(), names.len(), "{}", report.file);
        assert_eq!((seen[0].kind, seen[0].grade), (report.kind, grade()));
    }
}

#[test]
fn a_weakness_in_a_scan_is_more_than_an_open_door() {
    let report = report_of_file("scan_rdp.csv").unwrap();
    let text = "timestamp,ip,port,bluekeep_vulnerable\n2026-11-26 21:04:05,203.0.113.9,3389,Y\n2026-11-26 21:04:06,203.0.113.10,3389,N\n";
    let seen = read_shadowserver(text.as_bytes(), report, grade()).unwrap();
    assert_eq!(
        (seen[0].kind, seen[1].kind),
        (Kind::Vulnerability, Kind::Exposure)
    );
}

#[test]
fn a_wrong_line_is_named_and_nothing_is_taken() {
    let report = report_of_file("scan_smb.csv").unwrap();
    let bad = |text: &str| {
        read_shadowserver(text.as_bytes(), report, grade())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(bad("timestamp,ip\n"), "the report has no column `port`");
    let head = "timestamp,ip,port\n2026-11-26 21:04:05,203.0.113.9,445\n";
    assert_eq!(
        bad(&format!("{head}x,203.0.113.9,445\n")),
        "line 3, `timestamp`: is no time"
    );
    assert_eq!(
        bad(&format!("{head}2026-11-26 21:04:05,a,445\n")),
        "line 3, `ip`: is no address"
    );
    assert_eq!(
        bad(&format!("{head}2026-11-26 21:04:05,203.0.113.9,x\n")),
        "line 3, `port`: is no port"
    );
    assert_eq!(
        bad(&format!("{head}2026-11-26 21:04:05\n")),
        "line 3, `line`: has more or fewer fields than the first line names"
    );
}

#[test]
fn events_of_intelmq_become_sightings_and_their_accuracy_can_only_lower_the_grade() {
    let text = concat!(
        r#"{"classification.type":"infected-system","time.source":"2026-11-26T21:04:05+00:00","source.ip":"203.0.113.9","source.asn":64496,"source.fqdn":"a.example.jp","feed.name":"Sinkhole","feed.accuracy":50.0,"extra.family":"マルウェア"}"#,
        "\n\n",
        r#"{"classification.type":"vulnerable-system","time.observation":"2026-11-26T21:04:05Z","source.fqdn":"b.example.jp","feed.accuracy":100}"#,
    );
    let seen = read_intelmq(text.as_bytes(), grade()).unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (seen[0].grade.to_string().as_str(), seen[0].source.as_str()),
        ("B4", "Sinkhole")
    );
    assert_eq!(
        seen[0].also,
        [What::read("a.example.jp").unwrap(), What::As(64496)]
    );
    assert_eq!(
        seen[0].fields[7],
        ("extra.family".to_owned(), "マルウェア".to_owned())
    );
    assert_eq!(
        (seen[1].kind, seen[1].grade.to_string().as_str()),
        (Kind::Vulnerability, "B2")
    );
    let bad = |text: &str| {
        read_intelmq(text.as_bytes(), grade())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(bad("{}"), "line 1, `time.source`: is no time");
    assert_eq!(bad("{"), "line 1 cannot be read");
    assert_eq!(
        bad(r#"{"time.source":"2026-11-26T21:04:05Z","classification.type":"x"}"#),
        "line 1, `source.ip`: there is no address, network, name or URL"
    );
}

#[test]
fn events_of_n6_give_a_sighting_for_each_address_and_are_said_to_be_unverified() {
    assert!(!Form::N6.is_verified() && Form::IntelMq.is_verified());
    let text = r#"[{"id":"a1","source":"s.bots","category":"bots","confidence":"low","time":"2026-11-26T21:04:05Z","name":"citadel","address":[{"ip":"203.0.113.9","asn":64496,"cc":"JP"},{"ip":"203.0.113.10"}]},
{"source":"s","category":"amplifier","time":"2026-11-26 21:04:05","fqdn":"a.example.jp"}]"#;
    let seen = read_n6(text.as_bytes(), grade()).unwrap();
    assert_eq!(seen.len(), 3);
    assert_eq!(
        (seen[0].grade.to_string().as_str(), seen[0].also.clone()),
        ("B4", vec![What::As(64496)])
    );
    assert_eq!(
        seen[0].fields[6].1,
        "ip=203.0.113.9 asn=64496 cc=JP; ip=203.0.113.10"
    );
    assert_eq!(
        (seen[2].kind, seen[2].what.to_string().as_str()),
        (Kind::Exposure, "a.example.jp")
    );
}

#[test]
fn a_grade_is_a_letter_and_a_number() {
    for good in ["A1", "F6", "C3"] {
        assert_eq!(good.parse::<Grade>().unwrap().to_string(), good);
    }
    for bad in ["", "A", "A0", "A7", "G1", "a1", "A11"] {
        assert!(bad.parse::<Grade>().is_err(), "{bad}");
    }
}
