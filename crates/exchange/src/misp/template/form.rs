//! Forms of values. In: a value of one side, a form. Out: the value of the other side, or nothing. Never: a number or time that would come back as another.

use super::{Form, Layer, Part, address_type};
use crate::misp::{moment, value};
use serde_json::{Number, Value, json};

/// A value in a form, or nothing where it has no such form.
pub(in crate::misp) fn formed(part: &Part<'_>, form: Form) -> Option<Value> {
    let text = part.text;
    let word = |word: &str| (text == word).then_some(Value::Bool(true));
    match form {
        Form::Text | Form::Near => Some(json!(text)),
        Form::Lower => Some(json!(text.to_lowercase())),
        Form::Int => canonical(text).map(|value| json!(value)),
        Form::Num => number(text).map(Value::Number),
        Form::Metres => {
            let kilometres = text.parse::<f64>().ok()?;
            Number::from_f64(kilometres * 1000.0).map(Value::Number)
        }
        Form::Bool => match text {
            "1" | "true" | "True" => Some(json!(true)),
            "0" | "false" | "False" => Some(json!(false)),
            _ => None,
        },
        Form::Time => moment::stix_of_misp(text).map(Value::String),
        Form::As | Form::Asn => {
            let digits = text
                .strip_prefix("AS")
                .or_else(|| text.strip_prefix("as"))
                .unwrap_or(text);
            canonical(digits).map(|value| json!(value))
        }
        Form::Addr => Some(json!(address_type(text))),
        Form::Data => part.data.map(|data| json!(data)),
        Form::Left => text.split_once('|').map(|(left, _)| json!(left)),
        Form::Right => text.split_once('|').map(|(_, right)| json!(right)),
        Form::Proto(layer) => {
            let lower = text.to_lowercase();
            let fits = layer == Layer::Any || layer.has(&lower);
            fits.then(|| json!(lower))
        }
        Form::Family => Some(json!(address_type(text).trim_end_matches("-addr"))),
        Form::Tcp => Some(json!("tcp")),
        Form::Ending => text.rsplit_once('.').map(|(_, ending)| json!(ending)),
        Form::Listening => word("listening"),
        Form::Blocking => word("blocking"),
    }
}

/// MISP's text of a value, or nothing where the value only followed from another.
pub(super) fn back(actual: &Value, form: Form) -> Option<String> {
    let text = value::scalar(actual)?;
    let word = |word: &str| (actual == &json!(true)).then(|| word.to_owned());
    match form {
        Form::Time => moment::misp_of_stix(&text),
        Form::As => Some(format!("AS{text}")),
        Form::Metres => Some((text.parse::<f64>().ok()? / 1000.0).to_string()),
        Form::Num => Some(text.strip_suffix(".0").unwrap_or(&text).to_owned()),
        Form::Proto(_) => Some(text.to_uppercase()),
        Form::Listening => word("listening"),
        Form::Blocking => word("blocking"),
        Form::Addr | Form::Family | Form::Tcp | Form::Ending => None,
        _ => Some(text),
    }
}

/// Whether a value can have had this form.
pub(super) fn may_be(actual: &Value, form: Form) -> bool {
    let text = actual.as_str();
    match form {
        Form::Family => matches!(text, Some("ipv4" | "ipv6")),
        Form::Tcp => text == Some("tcp"),
        Form::Proto(layer) => text.is_some_and(|text| layer.has(text)),
        _ => true,
    }
}

/// A whole number that is written as it would be written back.
fn canonical(text: &str) -> Option<i64> {
    let value: i64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

fn number(text: &str) -> Option<Number> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if !plain {
        return None;
    }
    Number::from_f64(text.parse().ok()?)
}
