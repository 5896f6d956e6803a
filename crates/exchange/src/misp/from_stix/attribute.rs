//! Attributes. In: what was seen, an indicator, a custom object. Out: attributes with the identifiers that they had. Never: a value that its row does not give.

use super::labels::{self, Labels};
use super::{Index, Map, Value, kind, refs, text};
use crate::misp::event::Attribute;
use crate::misp::pattern::{self, Comparison};
use crate::misp::table::{self, Sort};
use crate::misp::template::{self, Form, Slot, Taken, slot};
use crate::misp::{id, moment, value};

/// An attribute without a value, from what all of its STIX objects say.
pub(super) fn head(object: &Map<String, Value>, labels: &Labels<'_>) -> Attribute {
    Attribute {
        uuid: id::uuid_part(text(object, "id")).map(str::to_owned),
        kind: labels.kind.unwrap_or_default().to_owned(),
        category: labels.category.map(str::to_owned),
        timestamp: labels::changed(object),
        to_ids: Some(labels.to_ids.unwrap_or(false)),
        tags: labels.tags.clone(),
        ..Attribute::default()
    }
}

/// The attribute of something that was seen.
pub(super) fn of_observed(
    observed: &Map<String, Value>,
    labels: &Labels<'_>,
    index: &Index<'_>,
) -> Option<Attribute> {
    let mut out = head(observed, labels);
    let ids = refs(observed, "object_refs");
    let row = table::attribute(&out.kind)?;
    if !template::covers(&row.templates, index, &ids) {
        return None;
    }
    let taken = template::take(&row.templates, index, &ids, "");
    set(&mut out, &taken)?;
    (out.first_seen, out.last_seen) = seen(observed);
    Some(out)
}

/// First and last time, where they are other than the time of change.
pub(super) fn seen(observed: &Map<String, Value>) -> (Option<String>, Option<String>) {
    let changed = moment::read(text(observed, "modified"));
    let other = |name: &str| {
        let found = text(observed, name);
        let same = moment::read(found).map(|(time, _)| time) == changed.map(|(time, _)| time);
        (!found.is_empty() && !same).then(|| moment::misp_of_stix(found))?
    };
    (other("first_observed"), other("last_observed"))
}

/// The attribute of an indicator that stands alone.
pub(super) fn of_indicator(
    indicator: &Map<String, Value>,
    labels: &Labels<'_>,
) -> Option<Attribute> {
    let mut out = head(indicator, labels);
    out.to_ids = Some(true);
    let comment = text(indicator, "description");
    out.comment = (!comment.is_empty()).then(|| comment.to_owned());
    let row = table::attribute(&out.kind)?;
    let written = text(indicator, "pattern");
    if row.sort == Sort::Rule {
        let inner = written.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        inner.unwrap_or(written).clone_into(&mut out.value);
        return Some(out);
    }
    let found = pattern::comparisons(written)?;
    let wanted = pattern::comparisons(&format!("[{}]", row.pattern))?;
    let taken = compared(&found, &wanted)?;
    set(&mut out, &taken)?;
    Some(out)
}

/// The parts that comparisons give; `None` if one of them is not of the row.
fn compared(found: &[Comparison], wanted: &[Comparison]) -> Option<Vec<Taken>> {
    let mut out: Vec<Taken> = Vec::new();
    for comparison in found {
        let mut same = wanted.iter().filter(|w| w.path == comparison.path);
        let template = same.next()?;
        let Slot::Value { name, form, .. } = slot(&template.value) else {
            if template.value != comparison.value {
                return None;
            }
            continue;
        };
        let known = out.iter().position(|taken| taken.name == name);
        let at = known.unwrap_or_else(|| {
            out.push(Taken {
                name: name.to_owned(),
                ..Taken::default()
            });
            out.len() - 1
        });
        let taken = out.get_mut(at)?;
        match form {
            Form::Data => taken.data = Some(comparison.value.clone()),
            Form::Addr => {}
            Form::As => taken.text = format!("AS{}", comparison.value),
            _ => taken.text.clone_from(&comparison.value),
        }
    }
    Some(out)
}

/// Sets the value of an attribute from its parts.
fn set(attribute: &mut Attribute, taken: &[Taken]) -> Option<()> {
    let part = |name: &str| taken.iter().find(|taken| taken.name == name);
    let first = part("0")?;
    let joined = attribute.kind.contains('|') || attribute.kind == "malware-sample";
    attribute.value = if joined {
        let mut second = part("1")?.text.clone();
        if attribute.kind == "regkey|value" {
            second = second.replace("\\%", "%");
        }
        format!("{}|{second}", first.text)
    } else {
        first.text.clone()
    };
    attribute.data.clone_from(&first.data);
    Some(())
}

/// The attribute of a domain object of the mapping.
pub(super) fn of_domain(
    object: &Map<String, Value>,
    labels: &Labels<'_>,
    index: &Index<'_>,
) -> Option<Attribute> {
    let mut out = head(object, labels);
    let row = table::attribute(&out.kind)?;
    let ids = [text(object, "id").to_owned()];
    if !template::covers(&row.templates, index, &ids) {
        return None;
    }
    let taken = template::take(&row.templates, index, &ids, "");
    set(&mut out, &taken)?;
    Some(out)
}

/// The attribute of a custom object.
pub(super) fn of_custom(object: &Map<String, Value>, labels: &Labels<'_>) -> Option<Attribute> {
    let mut out = head(object, labels);
    let of = |name: &str| object.get(name).and_then(value::scalar);
    out.kind = of("x_misp_type").unwrap_or(out.kind);
    out.category = of("x_misp_category").or(out.category);
    out.value = of("x_misp_value")?;
    out.comment = of("x_misp_comment");
    out.data = of("x_misp_data");
    debug_assert!(kind(object).starts_with("x-misp"));
    Some(out)
}
