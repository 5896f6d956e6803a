//! STIX objects made from their number: types, lengths, markings and references as sharing communities have them. In: numbers. Out: valid STIX 2.1. Never: chance: a number
//! gives the same object on every machine.

use std::fmt::Write;

/// From clear to red.
const MARKINGS: [&str; 4] = [
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    AMBER,
    RED,
];
/// TLP:AMBER and TLP:RED of STIX 2.1 section 7.2.1.4: what the caller with less sight does not see.
pub(crate) const AMBER: &str = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
pub(crate) const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

/// Text for descriptions; most of it is not English where this program runs.
const WORDS: [&str; 12] = [
    "遠隔操作ウイルスの指令サーバー",
    "observed in a phishing wave against operators of power grids",
    "標的型攻撃メールの添付ファイル",
    "the loader fetches its second stage over HTTPS",
    "脆弱性を悪用した不正アクセス",
    "credential theft followed by lateral movement",
    "通信先の一部は国外の設備",
    "persistence through a scheduled task",
    "ランサムウェアによる暗号化の前段",
    "the certificate is reused across campaigns",
    "踏み台として使われたルーター",
    "data is staged in an archive with a password",
];

/// Numbers that follow from a seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn of(number: u64) -> Self {
        Self(number.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// A UUID that follows from a number.
pub(crate) fn uuid(number: u64, version: u64) -> String {
    let mut draw = Draw::of(number ^ 0x5341_4b49_4d4f_5249);
    let (high, low) = (draw.next(), draw.next());
    format!(
        "{:08x}-{:04x}-{version}{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// What an object of a number is: of each hundred so many.
const fn kind(number: u64) -> &'static str {
    match number % 100 {
        0..40 | 99 => "indicator",
        40..62 => "relationship",
        62..72 => "ipv4-addr",
        72..80 => "domain-name",
        80..84 => "file",
        84..89 => "malware",
        89..92 => "attack-pattern",
        92..94 => "vulnerability",
        94..96 => "identity",
        96 | 97 => "report",
        _ => "note",
    }
}

fn id(number: u64) -> String {
    // Every hundredth is a newer version of the first of its hundred.
    let number = if number % 100 == 99 {
        number - 99
    } else {
        number
    };
    let kind = kind(number);
    let version = if matches!(kind, "ipv4-addr" | "domain-name" | "file") {
        5
    } else {
        4
    };
    format!("{kind}--{}", uuid(number, version))
}

/// How strictly an object is marked: three tenths are clear, half is green, some are amber, few red; a few of the clear ones have no marking.
fn strictness(number: u64) -> usize {
    match Draw::of(number ^ 0x544c_5032).below(100) {
        0..34 => 0,
        34..84 => 1,
        84..96 => 2,
        _ => 3,
    }
}

/// The id of an object of some hundred before, the `at`th of it, that is marked no more strictly: who marks a report marks what it leads to.
fn earlier(draw: &mut Draw, number: u64, at: u64) -> String {
    let (hundred, own) = (number / 100, strictness(number));
    let mut found = at;
    for _ in 0..30 {
        let back = draw.below(hundred.min(1000) + 1);
        found = (hundred - back) * 100 + at;
        if strictness(found) <= own {
            break;
        }
    }
    id(found)
}

fn text(draw: &mut Draw, parts: u64) -> String {
    let mut out = String::new();
    for part in 0..parts {
        let at = draw.below(WORDS.len() as u64) as usize;
        let _ = write!(
            out,
            "{}{}",
            if part > 0 { "; " } else { "" },
            WORDS.get(at).unwrap_or(&"")
        );
    }
    out
}

fn hash(draw: &mut Draw) -> String {
    (0..4).fold(String::new(), |mut text, _| {
        let _ = write!(text, "{:016x}", draw.next());
        text
    })
}

/// The object of a number, as text.
pub(crate) fn object(number: u64) -> String {
    let mut draw = Draw::of(number);
    let (kind, id) = (kind(number), id(number));
    let mut out = format!(r#"{{"type":"{kind}","spec_version":"2.1","id":"{id}""#);
    let strictness = strictness(number);
    let marking = MARKINGS.get(strictness);
    if let Some(marking) = marking.filter(|_| strictness > 0 || draw.below(8) > 0) {
        let _ = write!(out, r#","object_marking_refs":["{marking}"]"#);
    }
    observable(&mut out, &mut draw, kind);
    if !matches!(kind, "ipv4-addr" | "domain-name" | "file") {
        // Who makes objects makes itself.
        let maker = if kind == "identity" {
            id.clone()
        } else {
            earlier(&mut draw, number, 94)
        };
        let (day, hour, milli) = (number % 28 + 1, number / 28 % 24, number / 672 % 1000);
        let modified = if number % 100 == 99 { 6 } else { 5 };
        let _ = write!(
            out,
            r#","created_by_ref":"{maker}","created":"2026-05-{day:02}T{hour:02}:00:00.{milli:03}Z","modified":"2026-0{modified}-{day:02}T{hour:02}:00:00.{milli:03}Z""#
        );
        domain(&mut out, &mut draw, kind, number);
    }
    out.push('}');
    out
}

fn observable(out: &mut String, draw: &mut Draw, kind: &str) {
    let _ = match kind {
        "ipv4-addr" => write!(
            out,
            r#","value":"198.{}.{}.{}""#,
            18 + draw.below(2),
            draw.below(256),
            draw.below(256)
        ),
        "domain-name" => write!(out, r#","value":"{:x}.example""#, draw.next()),
        "file" => write!(
            out,
            r#","name":"請求書{}.zip","size":{},"hashes":{{"SHA-256":"{}"}}"#,
            draw.below(1000),
            draw.below(1 << 24),
            hash(draw)
        ),
        _ => Ok(()),
    };
}

fn domain(out: &mut String, draw: &mut Draw, kind: &str, number: u64) {
    let _ = match kind {
        "indicator" => {
            let pattern = match draw.below(3) {
                0 => format!(
                    "[ipv4-addr:value = '198.18.{}.{}']",
                    draw.below(256),
                    draw.below(256)
                ),
                1 => format!("[domain-name:value = '{:x}.example']", draw.next()),
                _ => format!("[file:hashes.'SHA-256' = '{}']", hash(draw)),
            };
            write!(
                out,
                r#","name":"{}","description":"{}","indicator_types":["malicious-activity"],"pattern":"{pattern}","pattern_type":"stix","valid_from":"2026-05-01T00:00:00Z","confidence":{},"kill_chain_phases":[{{"kill_chain_name":"lockheed-martin-cyber-kill-chain","phase_name":"command-and-control"}}],"labels":["feed:{}","c2"]"#,
                text(draw, 1),
                text(draw, 4),
                draw.below(101),
                draw.below(40)
            )
        }
        "relationship" => write!(
            out,
            r#","relationship_type":"indicates","source_ref":"{}","target_ref":"{}","description":"{}""#,
            earlier(draw, number, 7),
            earlier(draw, number, 85),
            text(draw, 1)
        ),
        "malware" => write!(
            out,
            r#","name":"family {}","is_family":true,"malware_types":["remote-access-trojan"],"description":"{}""#,
            draw.below(5000),
            text(draw, 12)
        ),
        "attack-pattern" => write!(
            out,
            r#","name":"{}","description":"{}","external_references":[{{"source_name":"mitre-attack","external_id":"T1{:03}","url":"https://attack.mitre.org/techniques/T1{:03}"}}]"#,
            text(draw, 1),
            text(draw, 40),
            draw.below(600),
            draw.below(600)
        ),
        "vulnerability" => {
            let cve = format!("CVE-2026-{}", 10_000 + draw.below(40_000));
            let text = text(draw, 8);
            write!(
                out,
                r#","name":"{cve}","description":"{text}","external_references":[{{"source_name":"cve","external_id":"{cve}"}}]"#
            )
        }
        "identity" => write!(
            out,
            r#","name":"operator {}","identity_class":"organization","sectors":["energy"]"#,
            draw.below(300)
        ),
        "report" => collected(
            out,
            draw,
            number,
            r#""published":"2026-05-20T00:00:00Z","report_types":["campaign"],"name":"weekly report","description""#,
            (20, 61, 20),
        ),
        "note" => collected(out, draw, number, r#""content""#, (2, 3, 6)),
        _ => Ok(()),
    };
}

/// What an object says that refers to others: from so many to below so many, and the parts of its text.
fn collected(
    out: &mut String,
    draw: &mut Draw,
    number: u64,
    said: &str,
    (from, below, parts): (u64, u64, u64),
) -> std::fmt::Result {
    let count = from + draw.below(below - from);
    let refs: Vec<String> = (0..count)
        .map(|_| {
            let at = draw.below(90);
            format!("\"{}\"", earlier(draw, number, at))
        })
        .collect();
    let text = text(draw, parts);
    write!(
        out,
        r#",{said}:"{text}","object_refs":[{}]"#,
        refs.join(",")
    )
}

/// Objects of some numbers as an envelope.
pub(crate) fn envelope(numbers: std::ops::Range<u64>) -> String {
    let all: Vec<String> = numbers.map(object).collect();
    format!(r#"{{"objects":[{}]}}"#, all.join(","))
}
