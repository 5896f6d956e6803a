//! Notices: X-ARF reports by the schemas of the data, contacts of the registries' answers of the data, mail read by a parser that others wrote, tickets by every way through their states. In: data of
//! others, and what was made up. Out: verdicts. Never: mail that leaves.

use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{Language, people};
use sakimori_respond::notice::mail::{self, MailError, Notice};
use sakimori_respond::notice::reply::{self, Kind, ReplyError};
use sakimori_respond::notice::ticket::TicketError;
use sakimori_respond::notice::xarf::{
    self, Evidence, Party, Protocol, Report, ReportError, Traffic, What, XarfError,
};
use sakimori_respond::notice::{Abuse, NoContact, Reference, State, Ticket, Times, abuse, times};
use serde_json::{Value, json};
use std::path::Path;

const AT: Seconds = Seconds(1_806_537_600);

fn party(org: &str) -> Party {
    Party {
        org: org.to_owned(),
        contact: "desk@office.example".to_owned(),
        domain: "office.example".to_owned(),
    }
}

fn traffic() -> Traffic {
    Traffic {
        protocol: Protocol::Udp,
        first: AT,
        last: AT.plus(60),
        to_port: Some(53),
    }
}

fn report(what: What) -> Report {
    Report {
        id: [0xff; 16],
        at: AT,
        reporter: party("水道事業者"),
        sender: party("Office"),
        source: "198.51.100.7".to_owned(),
        source_port: 4444,
        what,
        evidence: vec![Evidence {
            content_type: "text/csv".to_owned(),
            description: "flows".to_owned(),
            bytes: b"first,last,packets\n".to_vec(),
        }],
        description: "Many requests, two lines\nof words".to_owned(),
    }
}

fn kinds() -> Vec<What> {
    let url = "https://bad.example/login".to_owned();
    vec![
        What::Ddos(traffic()),
        What::LoginAttack(traffic()),
        What::PortScan(traffic()),
        What::InfectedHost(traffic()),
        What::Phishing { url: url.clone() },
        What::Malware {
            url,
            sha256: Some([7; 32]),
        },
        What::Botnet {
            evidence: "it asks its commander each 60 s".to_owned(),
            server: Some("203.0.113.9:443".to_owned()),
        },
        What::CompromisedServer {
            method: "not known".to_owned(),
        },
        What::Spam {
            from: "bulk@bad.example".to_owned(),
        },
        What::ThreatIntelligence {
            threat: "command_and_control".to_owned(),
        },
    ]
}

/// The schemas of X-ARF 4.2, with the formats that they name.
fn schema(root: &Path) -> jsonschema::Validator {
    let mut registry = jsonschema::Registry::new();
    let mut master = Value::Null;
    for path in sakimori_testkit::files_below(root) {
        let schema: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if path.ends_with("xarf-v4-master.json") {
            master = schema;
        } else {
            let id = schema["$id"].as_str().unwrap().to_owned();
            registry = registry.add(id, schema).unwrap();
        }
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&master)
        .unwrap()
}

#[test]
fn reports_of_every_kind_follow_the_schemas_and_read_back() {
    let test = "reports_of_every_kind_follow_the_schemas_and_read_back";
    let Some(root) = sakimori_testkit::data(test, "response/xarf/schemas-v4") else {
        return;
    };
    let schema = schema(&root);
    for what in kinds() {
        let names = what.names();
        let text = report(what.clone()).write().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{names:?}");
        let read = xarf::read(text.as_bytes()).unwrap();
        assert_eq!(read.kind, names);
        assert_eq!(
            (read.source.as_str(), read.source_port),
            ("198.51.100.7", Some(4444))
        );
        assert_eq!(read.evidence[0].hash_holds, Some(true));
        assert_eq!(read.evidence[0].bytes, b"first,last,packets\n");
        // One that brings nothing has no field for it.
        let bare = Report {
            evidence: Vec::new(),
            ..report(what)
        };
        let bare: Value = serde_json::from_str(&bare.write().unwrap()).unwrap();
        assert!(schema.is_valid(&bare) && bare.get("evidence").is_none());
        // The schema sees a spoilt one.
        let mut spoilt = value.clone();
        spoilt["type"] = "no_such_type".into();
        assert!(!schema.is_valid(&spoilt), "{names:?}");
        assert_eq!(
            xarf::read(spoilt.to_string().as_bytes()),
            Err(XarfError::Kind)
        );
    }
}

#[test]
fn the_samples_follow_the_schemas_and_are_read() {
    let test = "the_samples_follow_the_schemas_and_are_read";
    let Some(root) = sakimori_testkit::data(test, "response/xarf") else {
        return;
    };
    let schema = schema(&root.join("schemas-v4"));
    let samples = sakimori_testkit::files_below(&root.join("samples-v4"));
    assert_eq!(samples.len(), 7);
    for path in samples {
        let bytes = std::fs::read(&path).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
        let read = xarf::read(&bytes).unwrap();
        let kind = format!("{}-{}", read.kind.0, read.kind.1.replace('_', "-"));
        assert_eq!(kind, path.file_stem().unwrap().to_str().unwrap());
        assert_eq!(read.id, value["report_id"].as_str().unwrap());
        // Five of them have the hash of what they carry, two have one that was made up.
        let held: Vec<_> = read.evidence.iter().map(|piece| piece.hash_holds).collect();
        let made_up = matches!(read.kind.1, "csam" | "vulnerability_scan");
        assert_eq!(held, [Some(!made_up)], "{}", path.display());
        let needed = [
            "xarf_version",
            "report_id",
            "timestamp",
            "reporter",
            "sender",
            "source_identifier",
            "category",
            "type",
        ];
        for name in needed {
            let mut spoilt = value.clone();
            spoilt.as_object_mut().unwrap().remove(name);
            assert!(!schema.is_valid(&spoilt), "{name}");
            assert!(xarf::read(spoilt.to_string().as_bytes()).is_err(), "{name}");
        }
    }
}

#[test]
fn a_report_says_when_it_happened_and_lists_what_shows_it() {
    let good: Value =
        serde_json::from_str(&report(What::Ddos(traffic())).write().unwrap()).unwrap();
    let read = |name: &str, value: &Value| {
        let mut changed = good.clone();
        changed[name] = value.clone();
        xarf::read(changed.to_string().as_bytes())
    };
    for time in [
        "2027-04-01T00:00:00.25+09:00",
        "2027-04-01t00:00:00z",
        "2027-03-31T23:59:60Z",
    ] {
        assert_eq!(read("timestamp", &time.into()).unwrap().timestamp, time);
    }
    for time in [
        "yesterday",
        "2027-04-01",
        "2027-02-30T00:00:00Z",
        "1806537600",
    ] {
        let refused = read("timestamp", &time.into());
        assert_eq!(refused, Err(XarfError::Member("timestamp")), "{time}");
    }
    for evidence in [json!({}), json!("a flow"), json!(null)] {
        let refused = read("evidence", &evidence);
        assert_eq!(refused, Err(XarfError::Member("evidence")), "{evidence}");
    }
    assert_eq!(read("evidence", &json!([])).unwrap().evidence, []);
}

#[test]
fn a_report_that_cannot_be_is_not_written() {
    let good = report(What::Ddos(traffic()));
    assert_eq!(good.uuid(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    let check = |change: &dyn Fn(&mut Report), expected: ReportError| {
        let mut report = good.clone();
        change(&mut report);
        assert_eq!(report.write(), Err(expected));
    };
    check(&|r| r.source_port = 0, ReportError::Port);
    check(&|r| r.source = " ".to_owned(), ReportError::Text("source"));
    check(
        &|r| r.source = "a\r\nBcc: x@y.example".to_owned(),
        ReportError::Text("source"),
    );
    check(
        &|r| r.reporter.contact = "nobody".to_owned(),
        ReportError::Address("contact"),
    );
    check(
        &|r| r.sender.org = "x".repeat(201),
        ReportError::Text("org"),
    );
    check(
        &|r| r.description = "x".repeat(1001),
        ReportError::Text("description"),
    );
    check(
        &|r| r.evidence = vec![r.evidence[0].clone(); 51],
        ReportError::Evidence,
    );
    check(
        &|r| r.evidence[0].bytes = vec![0; (5 << 20) + 1],
        ReportError::Evidence,
    );
    check(
        &|r| {
            r.what = What::Phishing {
                url: "javascript:1".to_owned(),
            }
        },
        ReportError::Url,
    );
    check(
        &|r| {
            r.what = What::Phishing {
                url: "http://a b".to_owned(),
            }
        },
        ReportError::Url,
    );
    check(
        &|r| {
            r.what = What::Ddos(Traffic {
                last: Seconds(AT.0 - 1),
                ..traffic()
            });
        },
        ReportError::Times,
    );
    check(
        &|r| {
            r.what = What::Spam {
                from: "<x@y.example>".to_owned(),
            }
        },
        ReportError::Address("smtp_from"),
    );
}

/// Everybody with an address whom the answers of the data name, and whom a notice goes to.
#[test]
fn the_registries_answers_of_the_data_name_whom_they_name_and_nobody_else() {
    let test = "the_registries_answers_of_the_data_name_whom_they_name_and_nobody_else";
    let Some(root) = sakimori_testkit::data(test, "response/rdap") else {
        return;
    };
    let user = "joe.user@example.com";
    let (contact, desk) = ("contact@organization.example", "abuse@organization.example");
    let arin = "daniel.petsinger@radiolinkinternet.com";
    let nobody = Err(NoContact::Nobody);
    let expected: [(&str, &[&str], Result<&str, NoContact>); 13] = [
        ("0_2_192_in-addr_arpa.json", &[user], nobody.clone()),
        ("2001_db8__.json", &[user], nobody.clone()),
        ("as65541.json", &[user], nobody.clone()),
        ("entity-rfc9083-fig15.json", &[user], nobody.clone()),
        ("entity-rfc9083-fig17.json", &[user], nobody.clone()),
        (
            "entity_arin_hostmaster.json",
            &["hostmaster@arin.net"],
            nobody.clone(),
        ),
        (
            "example-1_empty_value-expected.json",
            &[contact, desk],
            Ok(desk),
        ),
        ("example-1_empty_value.json", &[contact, desk], Ok(desk)),
        (
            "home.moscow.json",
            &["info@reg.ru", "abuse@reg.ru"],
            Ok("abuse@reg.ru"),
        ),
        ("lookup_with_redaction.json", &[contact, desk], Ok(desk)),
        ("network_192_198_0_0.json", &[arin, arin], Ok(arin)),
        ("ns1_xn--fo-5ja_example.json", &[], nobody.clone()),
        ("xn--fo-5ja_example.json", &[user], nobody),
    ];
    let there: Vec<String> = sakimori_testkit::files_below(&root)
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        there,
        expected
            .iter()
            .map(|(name, _, _)| *name)
            .collect::<Vec<_>>()
    );
    for (name, addresses, reader) in expected {
        let bytes = std::fs::read(root.join(name)).unwrap();
        let (people, withheld) = people(&bytes).unwrap();
        let found: Vec<&str> = people
            .iter()
            .filter_map(|person| person.address.as_deref())
            .collect();
        assert_eq!(found, addresses, "{name}");
        let redacted = match name {
            "lookup_with_redaction.json" => 14,
            name if name.starts_with("example-1") => 1,
            _ => 0,
        };
        assert_eq!(withheld.len(), redacted, "{name}");
        let found = abuse(&bytes);
        assert_eq!(
            found.as_ref().map(|found| found.address.as_str()),
            reader.as_ref().map(|a| *a),
            "{name}"
        );
    }
}

#[test]
fn no_address_is_made_up() {
    let entity = |roles: &str, card: &str, below: &str| {
        format!(
            "{{\"roles\":[{roles}],\"vcardArray\":[\"vcard\",[{card}]],\"entities\":[{below}]}}"
        )
    };
    let mail = |address: &str| format!("[\"email\",{{}},\"text\",\"{address}\"]");
    let answer = |entities: &str, more: &str| {
        format!("{{\"ldhName\":\"bad.example\",\"entities\":[{entities}]{more}}}")
    };
    let withheld =
        ",\"redacted\":[{\"name\":{\"description\":\"Abuse\\nEmail\"},\"method\":\"removal\"}]";
    let abused = entity("\"abuse\"", "", "");
    for (text, expected) in [
        (answer("", ""), NoContact::Nobody),
        (
            answer(
                &entity("\"registrant\",\"technical\"", &mail("a@b.example"), ""),
                "",
            ),
            NoContact::Nobody,
        ),
        (answer(&abused, ""), NoContact::NoAddress),
        (
            answer(&entity("\"abuse\"", &mail("abuse"), ""), ""),
            NoContact::NoAddress,
        ),
        (
            answer(
                &entity("\"abuse\"", &mail("a@b.example, c@d.example"), ""),
                "",
            ),
            NoContact::NoAddress,
        ),
        (
            answer(
                &entity("\"abuse\"", &mail("a@b.example\\r\\nBcc: c"), ""),
                "",
            ),
            NoContact::NoAddress,
        ),
        (
            answer(&abused, withheld),
            NoContact::Withheld("AbuseEmail".to_owned()),
        ),
    ] {
        assert_eq!(abuse(text.as_bytes()), Err(expected), "{text}");
    }
    assert!(matches!(abuse(b"<html>"), Err(NoContact::Json(_))));
    let inner = entity("\"abuse\"", &mail("in@b.example"), "");
    let registrar = entity("\"registrar\"", &mail("sales@b.example"), &inner);
    let found = abuse(answer(&registrar, withheld).as_bytes()).unwrap();
    assert_eq!((found.address.as_str(), found.depth), ("in@b.example", 1));
    let outer = entity("\"abuse\"", &mail("out@b.example"), "");
    let both = answer(&format!("{registrar},{outer}"), "");
    assert_eq!(abuse(both.as_bytes()).unwrap().address, "out@b.example");
}

fn reader() -> Abuse {
    Abuse {
        address: "abuse@carrier.example".to_owned(),
        roles: vec!["abuse".to_owned()],
        depth: 0,
    }
}

fn notice<'n>(to: &'n Abuse, report: &'n Report, language: Language) -> Notice<'n> {
    Notice {
        reference: Reference::new([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        to,
        from: "desk@office.example",
        report,
        language,
        at: AT,
        original: None,
    }
}

#[test]
fn mail_is_read_as_it_was_meant_by_a_parser_of_others() {
    for what in kinds() {
        for (language, word) in [
            (Language::English, "asks and orders nothing"),
            (Language::Japanese, "命令ではありません"),
        ] {
            let (to, report) = (reader(), report(what.clone()));
            let notice = notice(&to, &report, language);
            let mail = mail::write(&notice).unwrap();
            let message = MessageParser::default().parse(&mail.bytes).unwrap();
            let reference = notice.reference.to_string();
            assert_eq!(message.subject(), Some(mail.subject.as_str()));
            assert!(mail.subject.contains(&reference));
            assert_eq!(
                message.from().unwrap().first().unwrap().address(),
                Some("desk@office.example")
            );
            assert_eq!(
                message.to().unwrap().first().unwrap().address(),
                Some("abuse@carrier.example")
            );
            assert_eq!(
                message.message_id(),
                Some(format!("{reference}@office.example").as_str())
            );
            assert_eq!(message.date().unwrap().to_timestamp(), 1_806_537_600);
            assert_eq!(message.date().unwrap().day_of_week(), 4, "a Thursday");
            let body = message.body_text(0).unwrap();
            for part in [word, &reference, "198.51.100.7", "水道事業者"] {
                assert!(body.contains(part), "{part} in {body}");
            }
            let attached = message.attachment(0).unwrap();
            assert_eq!(attached.attachment_name(), Some("xarf.json"));
            assert_eq!(attached.contents(), report.write().unwrap().as_bytes());
            let text = std::str::from_utf8(&mail.bytes).unwrap();
            assert!(
                text.is_ascii()
                    && text
                        .split("\r\n")
                        .all(|line| line.len() <= 998 && !line.contains(['\r', '\n']))
            );
        }
    }
}

#[test]
fn a_report_on_mail_has_the_form_of_rfc_5965() {
    let (to, report) = (
        reader(),
        report(What::Spam {
            from: "bulk@bad.example".to_owned(),
        }),
    );
    let original =
        b"From: <bulk@bad.example>\nSubject: win\nMessage-ID: <1@bad.example>\n\nwin a lot\n--=_\n";
    let mut notice = notice(&to, &report, Language::English);
    notice.original = Some(original);
    let mail = mail::write(&notice).unwrap();
    let message = MessageParser::default().parse(&mail.bytes).unwrap();
    let kind = message.content_type().unwrap();
    assert_eq!(
        (kind.ctype(), kind.subtype()),
        ("multipart", Some("report"))
    );
    assert_eq!(kind.attribute("report-type"), Some("feedback-report"));
    assert_eq!(message.parts.len(), 4, "the whole and three parts");
    let feedback = &message.parts[2];
    assert_eq!(
        feedback.content_type().unwrap().subtype(),
        Some("feedback-report")
    );
    let fields = String::from_utf8_lossy(feedback.contents()).into_owned();
    for field in [
        "Feedback-Type: abuse",
        "User-Agent: ",
        "Version: 1",
        "Source-IP: 198.51.100.7",
        "Original-Mail-From: <bulk@bad.example>",
        "Arrival-Date: Thu, 01 Apr 2027 00:00:00 +0000",
    ] {
        assert!(fields.contains(field), "{field} in {fields}");
    }
    let inner = message.parts[3].message().unwrap();
    assert_eq!(inner.subject(), Some("win"));
    assert_eq!(inner.body_text(0).unwrap().trim_end(), "win a lot\r\n--=_");
    for bad in [&b"\xff"[..], b"", "件名".as_bytes(), &[b'a'; 999], b"a\0b"] {
        notice.original = Some(bad);
        assert_eq!(mail::write(&notice).unwrap_err(), MailError::Original);
    }
    let other = super::notice::report(What::Ddos(traffic()));
    notice.report = &other;
    notice.original = Some(original);
    assert_eq!(mail::write(&notice).unwrap_err(), MailError::NoMail);
}

#[test]
fn no_header_is_written_by_others() {
    let (mut to, report) = (reader(), report(What::Ddos(traffic())));
    to.address = "a@b.example\r\nBcc: c@d.example".to_owned();
    assert_eq!(
        mail::write(&notice(&to, &report, Language::English)).unwrap_err(),
        MailError::Address("to")
    );
    let good = reader();
    let mut sender = notice(&good, &report, Language::English);
    sender.from = "nobody";
    assert_eq!(
        mail::write(&sender).unwrap_err(),
        MailError::Address("from")
    );
}

fn number() -> Reference {
    Reference::new([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
}

#[test]
fn an_answer_is_matched_by_its_number_and_believed_in_nothing() {
    let reference = number().to_string();
    let check = |message: &str, expected: Kind| {
        let reply = reply::read(message.as_bytes()).unwrap();
        assert_eq!(reply.references, [number()], "{message}");
        assert_eq!(reply.kind, expected, "{message}");
        assert_eq!(reply.state().is_some(), expected == Kind::Bounced);
        reply
    };
    let plain = check(
        &format!("From: A <a@b.example>\nSubject: Re: [{reference}]\n\nThe server is down."),
        Kind::Person,
    );
    assert_eq!(
        (plain.from.as_str(), plain.text.as_str(), plain.cut),
        ("a@b.example", "The server is down.", false)
    );
    check(
        &format!("From: a@b.example\nIn-Reply-To: <{reference}@office.example>\nSubject: x\n\ny"),
        Kind::Person,
    );
    check(
        &format!("References: <q@x> <{reference}@office.example>\n\ny"),
        Kind::Person,
    );
    check(
        &format!("Subject: hello\n\nabout {reference}, see above"),
        Kind::Person,
    );
    check(
        &format!("Auto-Submitted: auto-replied\nSubject: [{reference}]\n\nwe have it"),
        Kind::Automatic,
    );
    check(
        &format!("Auto-Submitted: no\nSubject: [{reference}]\n\nwe have it"),
        Kind::Person,
    );
    let japanese = "Subject: =?ISO-2022-JP?B?GyRCRGQ7X0JQMX48VRsoQg==?=\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n";
    let body = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(format!("停止しました {reference}"))
    };
    let read = check(&format!("{japanese}{body}"), Kind::Person);
    assert!(read.text.starts_with("停止しました"), "{}", read.text);
    let delivery = |action: &str, status: &str| {
        format!(
            "From: MAILER-DAEMON@b.example\nSubject: Undelivered\nAuto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; boundary=q\n\n--q\n\nno such user\n--q\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; b.example\n\nFinal-Recipient: rfc822; abuse@b.example\nAction: {action}\nStatus: {status}\n--q\nContent-Type: message/rfc822\n\nMessage-ID: <{reference}@office.example>\nSubject: s\n\nb\n--q--\n"
        )
    };
    check(&delivery("failed", "5.1.1"), Kind::Bounced);
    check(&delivery("delayed", "4.4.1"), Kind::Delayed);
    check(&delivery("relayed", "2.0.0"), Kind::Delayed);
    assert_eq!(
        reply::read(b"Subject: hello\n\nSKM-0000-0000-0000-000"),
        Err(ReplyError::NoReference)
    );
    assert_eq!(
        reply::read(&vec![b'a'; (4 << 20) + 1]),
        Err(ReplyError::TooLong)
    );
    let long = format!(
        "Subject: [{reference}]\n\n{}\u{7}{}",
        "x".repeat(20_000),
        reference
    );
    let read = reply::read(long.as_bytes()).unwrap();
    assert!(read.cut && read.text.chars().count() == 16 << 10 && !read.text.contains('\u{7}'));
}

#[test]
fn a_ticket_goes_only_where_its_state_leads() {
    use State::{Acknowledged, Acting, Bounced, Closed, Declined, Down, Drafted, Sent};
    let ways: [(State, &[State]); 8] = [
        (Drafted, &[Sent, Closed]),
        (
            Sent,
            &[Bounced, Acknowledged, Acting, Down, Declined, Closed],
        ),
        (Bounced, &[Sent, Closed]),
        (Acknowledged, &[Acting, Down, Declined, Closed]),
        (Acting, &[Down, Declined, Closed]),
        (Down, &[Acting, Closed]),
        (Declined, &[Acting, Down, Closed]),
        (Closed, &[]),
    ];
    for (from, to) in ways {
        for next in State::ALL {
            assert_eq!(from.leads_to(*next), to.contains(next), "{from} {next}");
        }
    }
    let mut ticket = Ticket::draft(number(), AT);
    ticket.step(AT.plus(10), Sent).unwrap();
    assert!(matches!(
        ticket.step(AT.plus(9), Down),
        Err(TicketError::Backwards { .. })
    ));
    assert!(matches!(
        ticket.step(AT.plus(20), Drafted),
        Err(TicketError::Step { .. })
    ));
    ticket.step(AT.plus(70), Down).unwrap();
    ticket.step(AT.plus(80), Acting).unwrap();
    ticket.step(AT.plus(95), Down).unwrap();
    assert_eq!(
        (ticket.state(), ticket.time_to_down(), ticket.events().len()),
        (Down, Some(60), 5)
    );
    for at in 0..125 {
        ticket.step(AT.plus(100 + at), Acting).unwrap();
        ticket.step(AT.plus(100 + at), Down).unwrap();
    }
    ticket.step(AT.plus(300), Acting).unwrap();
    assert_eq!(
        ticket.step(AT.plus(300), Down),
        Err(TicketError::TooMany(number()))
    );
}

#[test]
fn times_until_down_are_those_of_a_plain_count() {
    use State::{Bounced, Declined, Down, Sent};
    let ticket = |steps: &[(u64, State)]| {
        let mut ticket = Ticket::draft(number(), AT);
        for (at, state) in steps {
            ticket.step(AT.plus(*at), *state).unwrap();
        }
        ticket
    };
    let mut tickets: Vec<Ticket> = (1..=10u64)
        .map(|n| ticket(&[(0, Sent), (n * 100, Down)]))
        .collect();
    tickets.push(ticket(&[(0, Sent), (5, Bounced)]));
    tickets.push(ticket(&[(0, Sent), (5, Declined)]));
    tickets.push(ticket(&[]));
    let expected = Times {
        sent: 12,
        bounced: 1,
        down: 10,
        declined: 1,
        median_seconds: Some(500),
        nine_tenths_seconds: Some(900),
        longest_seconds: Some(1000),
    };
    assert_eq!(times(&tickets), expected);
    assert_eq!(times(&tickets[..1]).nine_tenths_seconds, Some(100));
    assert_eq!(times(&[]), Times::default());
}

proptest! {
    #[test]
    fn a_number_reads_back_and_stands_where_it_is_found(random in any::<[u8; 10]>(), around in "[ -~]{0,20}") {
        let reference = Reference::new(random);
        let text = reference.to_string();
        prop_assert_eq!(text.len(), 23);
        prop_assert_eq!(text.parse::<Reference>().unwrap(), reference);
        let all = format!("{around}{text}{around}");
        prop_assert!(Reference::all_in(&all, 9).contains(&reference));
        prop_assert!(text.to_lowercase().parse::<Reference>().is_err());
    }

    #[test]
    fn no_bytes_of_strangers_make_a_reader_fall(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}") {
        let _ = reply::read(&bytes);
        let _ = xarf::read(&bytes);
        let _ = abuse(&bytes);
        let _ = Reference::all_in(&text, 3);
        let _ = text.parse::<Reference>();
        let message = format!("Subject: {}\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\n{text}\n", number());
        if let Ok(reply) = reply::read(message.as_bytes()) {
            prop_assert!(reply.text.chars().all(|c| c == '\n' || !c.is_control()));
        }
    }
}
