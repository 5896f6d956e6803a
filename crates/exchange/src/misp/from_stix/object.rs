//! Objects. In: what was seen, an indicator, a domain object, a custom object. Out: objects with their attributes. Never: an attribute without a type.

use super::labels::{self, Labels};
use super::{Index, Map, Value, kind, refs, text};
use crate::misp::event::{Attribute, Object};
use crate::misp::pattern::{self, Comparison};
use crate::misp::table::{self, ObjectRow, Shape};
use crate::misp::template::{self, Form, Slot, Taken, slot};
use crate::misp::{id, moment, relations, types, value};

/// An object without attributes.
fn head(object: &Map<String, Value>, labels: &Labels<'_>) -> Object {
    let name = labels.name.unwrap_or_default();
    let category = labels
        .meta_category
        .or_else(|| relations::meta_category(name));
    Object {
        uuid: id::uuid_part(text(object, "id")).map(str::to_owned),
        name: name.to_owned(),
        meta_category: category.unwrap_or("misc").to_owned(),
        timestamp: labels::changed(object),
        ..Object::default()
    }
}

/// The object of something that was seen, and of the indicator that finds it.
pub(super) fn of_observed(
    observed: &Map<String, Value>,
    labels: &Labels<'_>,
    indicator: Option<&Map<String, Value>>,
    index: &Index<'_>,
) -> Option<Object> {
    let mut out = head(observed, labels);
    let ids = refs(observed, "object_refs");
    let uuid = out.uuid.clone()?;
    let own = |id: &&String| id::uuid_part(id) == Some(uuid.as_str());
    let has_main = ids.iter().any(|id| own(&id));
    let rows: Vec<&ObjectRow> = table::objects_named(&out.name)
        .filter(|row| row.shape == Shape::Seen)
        .collect();
    let fits = |row: &&&ObjectRow| {
        let main = row.templates.iter().any(|t| t.get("@for").is_none());
        main == has_main
    };
    let row = rows.iter().find(fits).or(rows.first())?;
    if !template::covers(&row.templates, index, &ids) {
        return None;
    }
    let taken = template::take(&row.templates, index, &ids, &out.name);
    let found = indicator.and_then(|indicator| pattern::comparisons(text(indicator, "pattern")));
    let found = found.unwrap_or_default();
    let comment = indicator.map(|indicator| text(indicator, "description"));
    out.comment = comment.filter(|text| !text.is_empty()).map(str::to_owned);
    out.attributes = attributes(&out, taken, |attribute| {
        let written = stix_value(attribute);
        found.iter().any(|comparison| comparison.value == written)
    });
    (out.first_seen, out.last_seen) = super::attribute::seen(observed);
    tag(&mut out, labels);
    (!out.attributes.is_empty()).then_some(out)
}

/// A value as a pattern has it.
fn stix_value(attribute: &Attribute) -> String {
    let plain = attribute.value.clone();
    match attribute.kind.as_str() {
        "datetime" => moment::stix_of_misp(&attribute.value).unwrap_or(plain),
        "AS" => plain.trim_start_matches("AS").to_owned(),
        "malware-sample" => plain
            .split_once('|')
            .map_or(plain.clone(), |(name, _)| name.to_owned()),
        _ => plain,
    }
}

/// Tags of an object are those of its attributes; STIX has them once, so the first has them.
fn tag(object: &mut Object, labels: &Labels<'_>) {
    if let Some(first) = object.attributes.first_mut() {
        first.tags.clone_from(&labels.tags);
    }
}

pub(super) fn attributes(
    object: &Object,
    taken: Vec<Taken>,
    for_detection: impl Fn(&Attribute) -> bool,
) -> Vec<Attribute> {
    let owner = object.uuid.as_deref().unwrap_or_default();
    let each = taken.into_iter().map(|taken| {
        let fallback = if taken.data.is_some() {
            "attachment"
        } else {
            "text"
        };
        let kind = relations::kind_of(&object.name, &taken.name).unwrap_or(fallback);
        let text = if taken.text.is_empty() {
            owner.to_owned()
        } else {
            taken.text
        };
        let own = taken.uuid.filter(|uuid| uuid != owner);
        let made = || id::uuid_of(&format!("{owner} - {} - {text}", taken.name));
        let mut attribute = Attribute {
            uuid: Some(own.unwrap_or_else(made)),
            kind: kind.to_owned(),
            category: Some(types::category(kind).to_owned()),
            value: text,
            relation: Some(taken.name),
            data: taken.data,
            timestamp: object.timestamp,
            ..Attribute::default()
        };
        attribute.to_ids = Some(for_detection(&attribute));
        attribute
    });
    each.collect()
}

/// The object of an indicator that stands alone.
pub(super) fn of_indicator(
    indicator: &Map<String, Value>,
    labels: &Labels<'_>,
    index: &Index<'_>,
) -> Option<Object> {
    let mut out = head(indicator, labels);
    let rows: Vec<&ObjectRow> = table::objects_named(&out.name).collect();
    if rows.iter().any(|row| row.shape == Shape::Domain) {
        return of_domain(indicator, labels, index);
    }
    let found = pattern::comparisons(text(indicator, "pattern"))?;
    let taken = rows
        .iter()
        .rev()
        .find_map(|row| compared(row, &out.name, &found))?;
    let comment = text(indicator, "description");
    out.comment = (!comment.is_empty()).then(|| comment.to_owned());
    out.attributes = attributes(&out, taken, |_| true);
    tag(&mut out, labels);
    Some(out)
}

/// The parts that comparisons give; `None` if one of them belongs to no piece of the row.
pub(super) fn compared(row: &ObjectRow, name: &str, found: &[Comparison]) -> Option<Vec<Taken>> {
    let read = |text: &str| pattern::comparisons(&format!("[{text}]"));
    let fixed = read(row.fixed).unwrap_or_default();
    let pieces: Vec<(&str, Vec<Comparison>)> = row
        .pieces
        .iter()
        .filter_map(|(relation, piece)| Some((*relation, read(piece)?)))
        .collect();
    let mut out: Vec<Taken> = Vec::new();
    let mut rest = found;
    while let Some(first) = rest.first() {
        if fixed.contains(first) {
            rest = rest.get(1..)?;
            continue;
        }
        // A whole address belongs to the later of two relations that have one path.
        let mut fitting = pieces
            .iter()
            .filter_map(|(relation, piece)| Some((relation, fit(piece, rest)?)));
        let piece = if first.value.contains("://") {
            fitting.next_back()
        } else {
            fitting.next()
        };
        if let Some((relation, pairs)) = piece {
            out.push(of_piece(name, relation, &pairs));
            rest = rest.get(pairs.len()..)?;
            continue;
        }
        custom(row, name, first, &mut out)?;
        rest = rest.get(1..)?;
    }
    Some(out)
}

/// The comparisons of a piece, each with the one that it fits; what only says what a sample looks like may be missing, as in patterns of STIX 2.0.
fn fit<'p>(
    piece: &'p [Comparison],
    found: &'p [Comparison],
) -> Option<Vec<(&'p Comparison, &'p Comparison)>> {
    let mut out = Vec::with_capacity(piece.len());
    for wanted in piece {
        let template = dotted(&wanted.value);
        let slot = slot(&template);
        let fits = found.get(out.len()).filter(|found| {
            let value = match slot {
                Slot::Value {
                    form: Form::Addr, ..
                } => found.value.starts_with("ipv"),
                Slot::Value {
                    form: Form::Listening | Form::Blocking,
                    ..
                } => found.value.eq_ignore_ascii_case("true"),
                Slot::Value { .. } => true,
                _ => wanted.value == found.value,
            };
            value && same_path(&wanted.path, &found.path)
        });
        match fits {
            Some(found) => out.push((wanted, found)),
            None if matches!(slot, Slot::Value { .. }) => return None,
            None => {}
        }
    }
    let says = out.iter().any(|(wanted, _)| wanted.value.contains('{'));
    says.then_some(out)
}

/// A slot of a piece has no name: it is the value itself.
fn dotted(text: &str) -> String {
    text.replacen('{', "{.", 1)
}

/// Whether paths are the same, where `#` stands for any number.
fn same_path(wanted: &str, found: &str) -> bool {
    let mut wanted = wanted.split('[');
    let mut found = found.split('[');
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let number = b.trim_start_matches(|c: char| c.is_ascii_digit() || c == '*');
                if a.strip_prefix('#') != Some(number) || number.len() == b.len() {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn of_piece(name: &str, relation: &str, pairs: &[(&Comparison, &Comparison)]) -> Taken {
    let mut taken = Taken {
        name: relation.to_owned(),
        ..Taken::default()
    };
    let (mut left, mut right) = (None, None);
    for (wanted, found) in pairs {
        let template = dotted(&wanted.value);
        let Slot::Value { form, .. } = slot(&template) else {
            continue;
        };
        let text = found.value.clone();
        match form {
            Form::Data => taken.data = Some(text),
            Form::Left => left = Some(text),
            Form::Right => right = Some(text),
            Form::Addr | Form::Ending => {}
            Form::As => taken.text = format!("AS{text}"),
            Form::Proto(_) => taken.text = text.to_uppercase(),
            Form::Listening => "listening".clone_into(&mut taken.text),
            Form::Blocking => "blocking".clone_into(&mut taken.text),
            _ => taken.text = text,
        }
    }
    if let (Some(left), Some(right)) = (left, right) {
        taken.text = format!("{left}|{right}");
    }
    if relation == "data" {
        taken.text = taken.text.replace("\\%", "%");
    }
    as_misp(name, &mut taken);
    taken
}

/// A timestamp in MISP's form.
fn as_misp(name: &str, taken: &mut Taken) {
    if relations::kind_of(name, &taken.name) == Some("datetime")
        && let Some(time) = moment::misp_of_stix(&taken.text)
    {
        taken.text = time;
    }
}

/// A property of its own name; its file stands before its value.
fn custom(row: &ObjectRow, name: &str, found: &Comparison, out: &mut Vec<Taken>) -> Option<()> {
    let property = found
        .path
        .strip_prefix(row.prefix.as_str())?
        .strip_prefix(':')?;
    let folded = property.trim_matches('\'').strip_prefix("x_misp_")?;
    let (folded, part) = folded.split_once('.').unwrap_or((folded, ""));
    let relation =
        relations::unfold(name, folded).map_or_else(|| folded.replace('_', "-"), str::to_owned);
    if part == "value" {
        let last = out.last_mut().filter(|taken| taken.name == relation)?;
        last.text.clone_from(&found.value);
        return Some(());
    }
    let mut taken = Taken {
        name: relation,
        ..Taken::default()
    };
    if part == "data" {
        taken.data = Some(found.value.clone());
    } else {
        taken.text.clone_from(&found.value);
    }
    as_misp(name, &mut taken);
    out.push(taken);
    Some(())
}

/// The object of a domain object.
pub(super) fn of_domain(
    object: &Map<String, Value>,
    labels: &Labels<'_>,
    index: &Index<'_>,
) -> Option<Object> {
    let mut out = head(object, labels);
    let row = table::objects_named(&out.name)
        .find(|row| row.shape == Shape::Domain && row.prefix == kind(object))?;
    let ids = [text(object, "id").to_owned()];
    if !template::covers(&row.templates, index, &ids) {
        return None;
    }
    let taken = template::take(&row.templates, index, &ids, &out.name);
    // The version that every pattern of ours has where its maker said none.
    let taken = taken.into_iter().filter(|taken| {
        let version = kind(object) == "indicator" && taken.name == "version";
        !(version && taken.text == "2.1")
    });
    out.attributes = attributes(&out, taken.collect(), |attribute| {
        types::for_detection(&attribute.kind)
    });
    tag(&mut out, labels);
    (!out.attributes.is_empty()).then_some(out)
}

/// The object of a custom object.
pub(super) fn of_custom(object: &Map<String, Value>, labels: &Labels<'_>) -> Option<Object> {
    let mut out = head(object, labels);
    let of = |name: &str| object.get(name).and_then(value::scalar);
    out.name = of("x_misp_name")?;
    out.meta_category = of("x_misp_meta_category").unwrap_or(out.meta_category);
    out.comment = of("x_misp_comment");
    let list = object.get("x_misp_attributes").and_then(Value::as_array);
    for item in list.into_iter().flatten().filter_map(Value::as_object) {
        let of = |name: &str| item.get(name).and_then(value::scalar);
        let (Some(kind), Some(text)) = (of("type"), of("value")) else {
            continue;
        };
        let relation = of("object_relation").unwrap_or_default();
        let owner = out.uuid.as_deref().unwrap_or_default();
        let made = || id::uuid_of(&format!("{owner} - {relation} - {text}"));
        out.attributes.push(Attribute {
            uuid: Some(
                of("uuid")
                    .filter(|uuid| id::is_uuid(uuid))
                    .unwrap_or_else(made),
            ),
            category: Some(of("category").unwrap_or_else(|| types::category(&kind).to_owned())),
            comment: of("comment"),
            to_ids: Some(item.get("to_ids") == Some(&Value::Bool(true))),
            data: of("data"),
            timestamp: out.timestamp,
            kind,
            value: text,
            relation: Some(relation),
            ..Attribute::default()
        });
    }
    tag(&mut out, labels);
    Some(out)
}
