//! The name of a document's file. In: the tracking id. Out: the name, and whether a file has it. Never: two names for one id. Source: CSAF 2.0 and 2.1, 5.1.

use serde_json::Value;

/// The name that the file of this tracking id has: lower case, each run of signs other than `+`, `-`, letters and digits becomes one `_`, then `.json`.
pub fn of(tracking_id: &str) -> String {
    let mut name = String::with_capacity(tracking_id.len() + 5);
    for c in tracking_id.to_lowercase().chars() {
        let kept = c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-');
        if kept {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name.push_str(".json");
    name
}

/// Whether a document lies in a file of the right name.
pub fn is_right(name: &str, document: &Value) -> bool {
    let id = document.pointer("/document/tracking/id");
    id.and_then(Value::as_str).is_some_and(|id| of(id) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_section_5_1() {
        for (id, name) in [
            (
                "Example Company - 2019-YH3234",
                "example_company_-_2019-yh3234.json",
            ),
            ("RHBA-2019:0024", "rhba-2019_0024.json"),
            ("2022 #01-A", "2022_01-a.json"),
            ("../../etc/passwd", "_etc_passwd.json"),
            ("a__b", "a_b.json"),
            ("日本", "_.json"),
        ] {
            assert_eq!(of(id), name, "{id}");
        }
    }
}
