//! What the office keeps and writes at the command line beside a measure. In: the office's node, an actuator that its owner runs. Out: bytes of evidence by their hash, a report that is handed in once. Never: a piece that the dossier does not name.

use super::office::Office;
use serde_json::{Value, json};

/// The bytes of a piece of evidence that no sensor found.
const LETTER: &str = "the operator's letter\n";

/// The dossier names a letter beside the finding.
pub(super) fn with_letter(plan: &mut Value) {
    let mut letter = plan["dossier"]["evidence"][0].clone();
    letter["id"] = json!("letter");
    letter["what"] = json!("what the operator saw");
    letter["sha256"] = json!(super::office::sha256(LETTER));
    letter["source"] = json!({"report": {"reference": "R-1"}});
    plan["dossier"]["evidence"]
        .as_array_mut()
        .unwrap()
        .push(letter);
}

impl Office {
    /// What an actuator says that it can do, to whoever carries out.
    pub(super) fn features(&self) {
        let features = |who: &str, form: &str| {
            self.line(&format!(
                "measure --as {who} --format {form} features edge-1"
            ))
        };
        let said = features("e-01", "json").yes().json();
        let holds = |field: &str, one: &str| {
            let all = said[field].as_array().unwrap();
            assert!(all.contains(&json!(one)), "{one}: {said}");
        };
        holds("versions", "1.0");
        holds("pairs", "deny ipv4_net");
        assert!(said["rate_limit"].as_u64().unwrap() > 0, "{said}");
        let table = features("e-01", "text").yes();
        assert!(table.out.contains("commands a minute"), "{table:#?}");
        let refused = features("o1", "json").ended(1);
        assert!(refused.err.contains("no-role"), "{refused:#?}");
        let unknown = "measure --as e-01 features edge-9";
        self.line(unknown).ended(1);
    }

    /// Bytes of evidence: the finding's by themselves, a letter's where they are those that the dossier names.
    pub(super) fn keeps_evidence(&self) {
        let listed = || {
            let line = format!("measure --as o1 --format json evidence list {}", self.id);
            let all = self.line(&line).yes().json();
            let all = all.as_array().unwrap().iter();
            all.map(|one| one["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let keep = |name: &str, bytes: &str| {
            std::fs::write(self.path("piece"), bytes).unwrap();
            self.line(&format!(
                "measure --as o1 evidence keep {} {name} piece",
                self.id
            ))
        };
        let before = listed();
        assert_eq!(before.len(), 1, "the finding is kept: {before:?}");
        for (name, bytes) in [("letter", "another letter\n"), ("other", LETTER)] {
            keep(name, bytes).ended(1);
        }
        assert_eq!(listed(), before);
        assert_eq!(keep("letter", LETTER).yes().out.trim(), "kept");
        assert_eq!(keep("letter", LETTER).yes().out.trim(), "kept before");
        assert_eq!(listed().len(), 2);
        let table = self
            .line(&format!("measure --as o1 evidence list {}", self.id))
            .yes();
        assert!(
            table.out.contains(&super::office::sha256(LETTER)),
            "{table:#?}"
        );
    }

    /// The report behind the end: seen first, handed in by whoever carries out, and the same document ever since.
    pub(super) fn reports(&self) {
        let id = &self.id;
        std::fs::write(self.path("words"), "nothing else\n").unwrap();
        let seen = self.line(&format!("measure --as o1 report {id}")).yes();
        assert!(seen.out.contains(id.as_str()), "{seen:#?}");
        let hand_in = format!("report {id} --words words --out handed --submit");
        let refused = self.line(&format!("measure --as o1 {hand_in}")).ended(1);
        assert!(refused.err.contains("no-role"), "{refused:#?}");
        let handed = self.line(&format!("measure --as e-01 {hand_in}")).yes();
        let digest = handed.out.lines().last().unwrap().to_owned();
        let bytes = std::fs::read_to_string(self.path("handed/report.json")).unwrap();
        assert_eq!(super::office::sha256(&bytes), digest);
        for form in ["ja.md", "ja.html", "en.md", "en.html"] {
            let text = std::fs::read_to_string(self.path(&format!("handed/report.{form}")));
            assert!(text.unwrap().contains(id.as_str()), "{form}");
        }
        let kept = self
            .line(&format!("measure --as o1 --format json report {id}"))
            .yes()
            .json();
        assert_eq!(kept["sha256"], digest);
        assert!(!kept["handed_in"].is_null(), "{kept}");
        assert!(
            kept["report"].to_string().contains("nothing else"),
            "{kept}"
        );
    }
}
