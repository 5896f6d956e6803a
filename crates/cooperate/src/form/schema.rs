//! The JSON Schema of a report. In: the field list. Out: a document of draft 2020-12. Never: written by hand; it is generated, and a test holds the kept file to it.

use crate::limits::{LINE_CHARS_MAX, TEXT_CHARS_MAX};
use crate::report::{CommonForm, FIELDS_VERSION, FORMAT, FieldSpec, Kind, Need, Stage, fields_of};
use serde_json::{Map, Value, json};

/// The schema. A correction is held to the needs of the prompt report; which stage its case has reached is not in the document.
pub fn report_schema() -> Value {
    let name = json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{0,31}$"});
    let mut definitions = Map::new();
    let mut rules = Vec::new();
    for form in CommonForm::ALL {
        for stage in [Stage::Prompt, Stage::Full] {
            let place = format!("{}-{}", form.id(), stage.id());
            let stages = match stage {
                Stage::Full => json!(["full"]),
                Stage::Prompt | Stage::Correction => json!(["prompt", "correction"]),
            };
            rules.push(json!({
                "if": {"properties": {"form": {"const": form.id()}, "stage": {"enum": stages}}},
                "then": {"properties": {"fields": {"$ref": format!("#/$defs/{place}")}}},
            }));
            definitions.insert(place, fields(form, stage));
        }
    }
    rules.push(json!({
        "if": {"properties": {"stage": {"const": "correction"}}},
        "then": {"required": ["reason"], "properties": {"reason": {"minLength": 1}}},
        "else": {"properties": {"reason": {"maxLength": 0}}},
    }));
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Incident report of a special infrastructure operator (Act 42/2025 art. 5)",
        "type": "object",
        "additionalProperties": false,
        "required": ["format", "fields_version", "case", "operator", "filer", "form", "stage", "recognised_at", "fields"],
        "properties": {
            "format": {"const": FORMAT},
            "fields_version": {"const": FIELDS_VERSION},
            "case": name,
            "operator": name,
            "filer": name,
            "form": {"enum": CommonForm::ALL.map(CommonForm::id)},
            "stage": {"enum": Stage::ALL.map(Stage::id)},
            "recognised_at": time(),
            "reason": {"type": "string", "maxLength": TEXT_CHARS_MAX},
            "fields": {"type": "object"},
        },
        "allOf": rules,
        "$defs": definitions,
    });
    // One order, whatever the maps of the build keep.
    schema.sort_all_objects();
    schema
}

fn time() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"})
}

fn fields(form: CommonForm, stage: Stage) -> Value {
    let need = |field: &FieldSpec| match stage {
        Stage::Prompt => field.prompt,
        Stage::Full | Stage::Correction => field.full,
    };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields_of(form) {
        let mut value = value(field.kind);
        if need(field) != Need::Known {
            value = json!({"anyOf": [{"type": "null"}, value]});
        }
        if let Some(value) = value.as_object_mut() {
            value.insert("title".to_owned(), field.ja.into());
            let text = format!("{} (item {})", field.en, field.item);
            value.insert("description".to_owned(), text.into());
        }
        properties.insert(field.key.to_owned(), value);
        if need(field) != Need::Free {
            required.push(field.key);
        }
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn value(kind: Kind) -> Value {
    match kind {
        Kind::Line => json!({"type": "string", "minLength": 1, "maxLength": LINE_CHARS_MAX}),
        Kind::Text => json!({"type": "string", "minLength": 1, "maxLength": TEXT_CHARS_MAX}),
        Kind::Time => time(),
        Kind::Number(_) => json!({"type": "string", "pattern": "^(0|[1-9][0-9]{0,18})$"}),
        Kind::Choice(words) => json!({"enum": words}),
        Kind::Choices(words) => {
            let any = words.join("|");
            json!({"type": "string", "pattern": format!("^({any})( ({any}))*$")})
        }
    }
}
