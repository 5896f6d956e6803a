//! The demo, run as a stranger runs it and read as a program reads it. In: the release build. Out: what its document or its words lack. Never: a folder that stays.

use crate::tools::{self, cargo, shown, succeed, timed};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// Longest time of a run, seconds.
const SECONDS_MAX: f64 = 60.0;
/// What the text for people must speak of.
const WORDS: [&str; 8] = [
    "votes for",
    "in force",
    "selected",
    "discarded",
    "beacon",
    "scan",
    "verified: everything",
    "not verified",
];

/// Builds the release and runs the demo twice: for programs, and for people.
///
/// # Errors
/// Where it fails, takes too long, or does not say what it must.
pub(crate) fn run() -> Result<()> {
    // As the README has it: this builds, and shows that the command finds its program.
    let mut first = cargo(["run", "--locked", "--release", "--", "demo", "--help"]);
    succeed(first.stdout(Stdio::null()))?;
    let folder = tools::target().join(format!("xtask/demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let done = both(&folder);
    // The folder is this run's own; a verdict stands whether or not it can be removed.
    std::fs::remove_dir_all(&folder).ok();
    done
}

fn both(folder: &Path) -> Result<()> {
    let document = output(&folder.join("json"), &["--format", "json"])?;
    let document = serde_json::from_str(&document).context("the demo's document is no JSON")?;
    report("the demo's document", &judge(&document))?;
    let text = output(&folder.join("text"), &[])?;
    report("the demo's text", &unspoken(&text))
}

/// Runs the demo and returns its standard output. The program itself is started, so that nothing but the play is timed.
fn output(dir: &Path, more: &[&str]) -> Result<String> {
    let mut demo = Command::new(tools::target().join("release/sakimori"));
    demo.args(["demo", "--dir"])
        .arg(dir)
        .args(more)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let text = shown(&demo);
    let (done, seconds) = timed(|| demo.output());
    let done = done.with_context(|| format!("cannot start `{text}`"))?;
    if !done.status.success() {
        bail!("`{text}` ended with {}", done.status);
    }
    eprintln!("`{text}` took {seconds:.1} s");
    if seconds > SECONDS_MAX {
        bail!("`{text}` took {seconds:.1} s, more than {SECONDS_MAX}");
    }
    String::from_utf8(done.stdout).with_context(|| format!("`{text}` wrote no text"))
}

fn report(what: &str, problems: &[String]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{what}: {}", problems.join("; "))
}

fn unspoken(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let absent = WORDS.iter().filter(|word| !lower.contains(*word));
    absent
        .map(|word| format!("does not speak of `{word}`"))
        .collect()
}

/// What is wrong with the document of a demo on the generated day.
fn judge(document: &Value) -> Vec<String> {
    let held = authority(document)
        .into_iter()
        .chain(traffic(document))
        .chain(proof(document));
    held.filter(|(holds, _)| !holds)
        .map(|(_, lack)| lack.to_owned())
        .collect()
}

/// Whether something holds, and what is wrong where it does not.
type Claim = (bool, &'static str);

fn text<'d>(document: &'d Value, place: &str) -> &'d str {
    document
        .pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn number(document: &Value, place: &str) -> Option<u64> {
    document.pointer(place).and_then(Value::as_u64)
}

fn list<'d>(document: &'d Value, place: &str) -> Option<&'d Vec<Value>> {
    document.pointer(place).and_then(Value::as_array)
}

fn authority(document: &Value) -> [Claim; 4] {
    let text = |name: &str| text(document, &format!("/authority/{name}"));
    let approved = list(document, "/authority/approvers").is_some_and(|who| !who.is_empty());
    let begins = text("not_before");
    [
        (is_hex(text("id"), 32), "authority.id is no id"),
        (approved, "authority.approvers names nobody"),
        (
            is_hex(text("pack_sha256"), 64),
            "authority.pack_sha256 is no hash",
        ),
        (
            !begins.is_empty() && begins < text("not_after"),
            "authority.not_before is not before not_after",
        ),
    ]
}

fn traffic(document: &Value) -> [Claim; 4] {
    let packets = |name: &str| number(document, &format!("/packets/{name}"));
    let conserved = || {
        let parts = packets("selected")? + packets("discarded")? + packets("errors")?;
        Some(packets("read")? == parts && parts > 0)
    };
    let flows = number(document, "/flows/total").zip(number(document, "/flows/selected"));
    let found = |kind| {
        list(document, "/findings")
            .is_some_and(|all| all.iter().any(|finding| is_finding(finding, kind)))
    };
    [
        (conserved() == Some(true), "packets are not conserved"),
        (
            flows.is_some_and(|(all, selected)| (1..=all).contains(&selected)),
            "flows do not add up",
        ),
        (found("beacon"), "no whole finding of a beacon"),
        (found("scan"), "no whole finding of a scan"),
    ]
}

fn proof(document: &Value) -> [Claim; 4] {
    let root = text(document, "/log/root");
    let ok = document.pointer("/verify/ok") == Some(&Value::Bool(true));
    [
        (
            number(document, "/log/size") > Some(0),
            "log.size is not positive",
        ),
        (
            root.len() == 44 && root.ends_with('='),
            "log.root is no hash in base64",
        ),
        (ok, "verify.ok is not true"),
        (
            list(document, "/verify/problems").is_some_and(Vec::is_empty),
            "verify.problems is not empty",
        ),
    ]
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_finding(finding: &Value, kind: &str) -> bool {
    let keys = [
        "behaviour",
        "source",
        "destination",
        "port",
        "first",
        "last",
        "confidence",
        "reason",
        "records",
    ];
    let behaviour = finding
        .get("behaviour")
        .and_then(Value::as_str)
        .unwrap_or_default();
    behaviour.contains(kind) && keys.iter().all(|key| finding.get(key).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        let finding = |behaviour: &str| {
            json!({
                "behaviour": behaviour, "source": "192.0.2.1", "destination": "198.51.100.1", "port": 443,
                "first": "2027-04-01T00:00:00Z", "last": "2027-04-01T01:00:00Z", "confidence": 0.9,
                "reason": "calls every minute", "records": ["0707070707070707-1"],
            })
        };
        json!({
            "authority": {
                "id": "0".repeat(32), "approvers": ["m1"], "not_before": "2027-04-01T00:00:00Z",
                "not_after": "2027-05-01T00:00:00Z", "pack_sha256": "a".repeat(64),
            },
            "packets": {"read": 10, "selected": 3, "discarded": 6, "errors": 1},
            "flows": {"total": 4, "selected": 2},
            "findings": [finding("beacon"), finding("vertical-scan")],
            "log": {"size": 9, "root": format!("{}=", "A".repeat(43))},
            "verify": {"ok": true, "problems": []},
        })
    }

    /// Replaces one value and expects one complaint.
    fn check(place: &str, value: Value, complaint: &str) {
        let mut document = document();
        *document.pointer_mut(place).unwrap() = value;
        assert_eq!(judge(&document), [complaint], "{place}");
    }

    #[test]
    fn a_whole_document_is_good_and_each_lack_is_named() {
        assert_eq!(judge(&document()), Vec::<String>::new());
        check("/authority/id", json!("none"), "authority.id is no id");
        check(
            "/authority/approvers",
            json!([]),
            "authority.approvers names nobody",
        );
        check(
            "/authority/pack_sha256",
            json!("AB"),
            "authority.pack_sha256 is no hash",
        );
        check(
            "/authority/not_after",
            json!(""),
            "authority.not_before is not before not_after",
        );
        check("/packets/read", json!(11), "packets are not conserved");
        check("/packets/errors", json!(null), "packets are not conserved");
        check("/flows/selected", json!(5), "flows do not add up");
        check(
            "/findings/0/behaviour",
            json!("horizontal-scan"),
            "no whole finding of a beacon",
        );
        check(
            "/findings/1",
            json!({"behaviour": "vertical-scan"}),
            "no whole finding of a scan",
        );
        check("/log/size", json!(0), "log.size is not positive");
        check("/log/root", json!("abc"), "log.root is no hash in base64");
        check("/verify/ok", json!(false), "verify.ok is not true");
        check(
            "/verify/problems",
            json!(["leaf 3"]),
            "verify.problems is not empty",
        );
        assert!(
            judge(&json!({})).len() > 9,
            "an empty document has every lack"
        );
    }

    #[test]
    fn a_text_that_is_silent_on_a_point_is_told() {
        let text = "m1 votes for; in force. 3 selected, 6 discarded. A beacon. A scan. Verified: everything. NOT verified.";
        assert!(unspoken(text).is_empty());
        assert_eq!(
            unspoken(&text.replace("beacon", "bacon")),
            ["does not speak of `beacon`"]
        );
    }
}
