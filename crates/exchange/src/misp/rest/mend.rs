//! Values that MISP may have and STIX may not: the short name of a registry hive, an address with letters beyond ASCII, a header that is no list, a language that is no code. In: an object of the
//! mapping. Out: the object as STIX wants it, and what stood there before. Never: a value from before that is not the same thing; what comes back is mended again and compared.

use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Short and long names of hives (STIX 2.1 section 6.17).
const HIVES: [(&str, &str); 5] = [
    ("HKCC", "HKEY_CURRENT_CONFIG"),
    ("HKCR", "HKEY_CLASSES_ROOT"),
    ("HKCU", "HKEY_CURRENT_USER"),
    ("HKLM", "HKEY_LOCAL_MACHINE"),
    ("HKU", "HKEY_USERS"),
];

/// Mends an object; what stood in the properties that changed before.
pub(super) fn mend(object: &mut Map<String, Value>) -> Map<String, Value> {
    let mut before = Map::new();
    let kind = object.get("type").and_then(Value::as_str);
    let (name, mended) = match kind.unwrap_or_default() {
        "windows-registry-key" => ("key", object.get("key").and_then(key)),
        "url" => ("value", object.get("value").and_then(address)),
        "network-traffic" => ("extensions", object.get("extensions").and_then(headers)),
        "software" => ("languages", object.get("languages").and_then(languages)),
        _ => return before,
    };
    let Some(mended) = mended else { return before };
    let old = if mended.is_null() {
        object.remove(name)
    } else {
        object.insert(name.to_owned(), mended)
    };
    if let Some(old) = old {
        before.insert(name.to_owned(), old);
    }
    before
}

/// Puts back what stood in an object before, if mending that gives the object again.
pub(super) fn undo(object: &mut Map<String, Value>, before: &Map<String, Value>) {
    let mut whole = object.clone();
    for (name, value) in before {
        whole.insert(name.clone(), value.clone());
    }
    let mut again = whole.clone();
    mend(&mut again);
    if again == *object {
        *object = whole;
    }
}

fn key(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let (hive, rest) = text.split_once('\\').unwrap_or((text, ""));
    let found = HIVES
        .iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(hive))?;
    let slash = if text.len() > hive.len() { "\\" } else { "" };
    Some(json!(format!("{}{slash}{rest}", found.1)))
}

/// An address as RFC 3986 writes it: bytes that may not stand there are escaped (RFC 3987 section 3.1).
fn address(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            // A write to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    (out != text).then(|| json!(out))
}

/// Each header is a list of texts (STIX 2.1 section 6.12.3).
fn headers(value: &Value) -> Option<Value> {
    let mut out = value.clone();
    let headers = out.pointer_mut("/http-request-ext/request_header")?;
    let mut changed = false;
    for (_, one) in headers.as_object_mut()? {
        if one.is_string() {
            *one = json!([one.take()]);
            changed = true;
        }
    }
    changed.then_some(out)
}

/// Languages are codes of three small letters (STIX 2.1 section 6.14, ISO 639-2); what is none has no place there.
fn languages(value: &Value) -> Option<Value> {
    let list = value.as_array()?;
    let lower = list.iter().filter_map(Value::as_str).map(str::to_lowercase);
    let codes: Vec<String> = lower
        .filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_lowercase()))
        .collect();
    let mended = if codes.is_empty() {
        Value::Null
    } else {
        json!(codes)
    };
    (mended != *value).then_some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(object: Value, expected: &Value) {
        let Value::Object(mut object) = object else {
            panic!("an object");
        };
        let first = object.clone();
        let before = mend(&mut object);
        assert_eq!(&Value::Object(object.clone()), expected);
        undo(&mut object, &before);
        assert_eq!(object, first);
    }

    #[test]
    fn what_is_mended_comes_back_as_it_was() {
        check(
            json!({"type": "windows-registry-key", "key": "HKLM\\Software\\業務"}),
            &json!({"type": "windows-registry-key", "key": "HKEY_LOCAL_MACHINE\\Software\\業務"}),
        );
        check(
            json!({"type": "windows-registry-key", "key": "hku"}),
            &json!({"type": "windows-registry-key", "key": "HKEY_USERS"}),
        );
        check(
            json!({"type": "url", "value": "https://a.example/検?q=%41"}),
            &json!({"type": "url", "value": "https://a.example/%E6%A4%9C?q=%41"}),
        );
        check(
            json!({"type": "software", "languages": ["ENG", "日本語"]}),
            &json!({"type": "software", "languages": ["eng"]}),
        );
        check(
            json!({"type": "software", "languages": ["日本語"]}),
            &json!({"type": "software"}),
        );
        check(
            json!({"type": "network-traffic", "extensions": {"http-request-ext": {"request_header": {"Host": "a"}}}}),
            &json!({"type": "network-traffic", "extensions": {"http-request-ext": {"request_header": {"Host": ["a"]}}}}),
        );
        check(
            json!({"type": "url", "value": "https://a.example/"}),
            &json!({"type": "url", "value": "https://a.example/"}),
        );
    }

    #[test]
    fn what_says_another_thing_does_not_come_back() {
        let mended = json!({"type": "url", "value": "https://a.example/%E6%A4%9C"});
        for other in ["https://evil.example/検", "https://a.example/見", "a"] {
            let mut object = mended.as_object().unwrap().clone();
            let before = json!({"value": other, "type": "domain-name"});
            undo(&mut object, before.as_object().unwrap());
            assert_eq!(Value::Object(object), mended);
        }
    }
}
