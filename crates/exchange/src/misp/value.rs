//! Between the strict reader and the values that templates are made of. In: nodes. Out: values. Never: a number that loses a digit that counts.

use crate::json::{Node, Value as Read};
use serde_json::{Map, Number, Value};

/// The value of a node. A number that is no 64-bit number becomes its text.
pub(super) fn of_node(node: &Node<'_>) -> Value {
    match &node.value {
        Read::Null => Value::Null,
        Read::Bool(value) => Value::Bool(*value),
        Read::Number(text) => number(text),
        Read::Text(text) => Value::String(text.clone().into_owned()),
        Read::List(items) => Value::Array(items.iter().map(of_node).collect()),
        Read::Object(members) => {
            let each = members
                .iter()
                .map(|member| (member.name.clone().into_owned(), of_node(&member.value)));
            Value::Object(each.collect::<Map<_, _>>())
        }
    }
}

/// A number as it is written.
fn number(text: &str) -> Value {
    let whole = text.parse::<i64>().map(Number::from).ok();
    let whole = whole.or_else(|| text.parse::<u64>().map(Number::from).ok());
    whole
        .or_else(|| text.parse().ok().and_then(Number::from_f64))
        .map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

/// The text of a value that is a text, a number or a truth value.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}
