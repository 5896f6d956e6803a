//! Tables of others. In: JSON (decision table 2.0.0) or CSV. Out: a [`Table`]. Never: a table with a combination left out or given twice.

use super::{Point, SsvcError, Table};
use crate::json;
use crate::limits::{CATALOGUE_BYTES_MAX, TABLE_ROWS_MAX};
use serde_json::Value;
use std::borrow::Cow;

/// Combinations by their values, each with its outcome.
type Rows = Vec<(Vec<usize>, usize)>;

/// Reads a decision table, schema version 2.0.0.
///
/// # Errors
/// [`SsvcError::Text`] with the member that is wrong.
pub fn read_json(bytes: &[u8]) -> Result<Table, SsvcError> {
    let refuse = |place: &str, what: &str| SsvcError::Text {
        place: place.to_owned(),
        what: what.to_owned(),
    };
    let table = json::read(bytes).map_err(|e| refuse("document", &e.to_string()))?;
    let text = |key: &str| json::text(&table, key).ok_or_else(|| refuse(key, "is missing"));
    let outcome_id = text("outcome")?;
    let asked = table
        .get("decision_points")
        .and_then(Value::as_object)
        .ok_or_else(|| refuse("decision_points", "is missing"))?;
    let (mut points, mut outcome) = (Vec::new(), None);
    for (id, point) in asked {
        let values: Vec<(String, String)> = json::items(point, "values")
            .filter_map(|v| {
                Some((
                    json::text(v, "key")?.to_owned(),
                    json::text(v, "name")?.to_owned(),
                ))
            })
            .collect();
        let name = json::text(point, "name").ok_or_else(|| refuse(id, "has no name"))?;
        if values.is_empty() || values.len() > 255 {
            return Err(refuse(id, "has no values, or more than 255"));
        }
        let read = (id.as_str(), name, values);
        if id == outcome_id {
            outcome = Some(read);
        } else {
            points.push(read);
        }
    }
    let outcome = outcome.ok_or_else(|| refuse("outcome", "is none of the decision points"))?;
    let mut rows = Rows::new();
    for (index, row) in json::items(&table, "mapping").enumerate() {
        let place = format!("mapping/{index}");
        let value = |(id, _, values): &(&str, &str, Vec<(String, String)>)| {
            let key =
                json::text(row, id).ok_or_else(|| refuse(&place, &format!("has no `{id}`")))?;
            values
                .iter()
                .position(|(known, _)| known == key)
                .ok_or_else(|| refuse(&place, &format!("`{key}` is no value of `{id}`")))
        };
        let inputs = points.iter().map(value).collect::<Result<_, _>>()?;
        rows.push((inputs, value(&outcome)?));
    }
    let point = |(id, name, values): (&str, &str, Vec<(String, String)>)| Point {
        id: Cow::Owned(id.to_owned()),
        name: Cow::Owned(name.to_owned()),
        values: values
            .into_iter()
            .map(|(_, name)| Cow::Owned(name))
            .collect(),
    };
    build(
        text("name")?.to_owned(),
        text("version")?.to_owned(),
        points.into_iter().map(point).collect(),
        point(outcome),
        rows,
    )
}

/// Reads a table as CSV: a row number, a column for each decision point, the outcome last. Values come in the order in which they first appear.
///
/// # Errors
/// [`SsvcError::Text`] with the row that is wrong.
pub fn read_csv(name: &str, version: &str, bytes: &[u8]) -> Result<Table, SsvcError> {
    let refuse = |row: usize, what: &str| SsvcError::Text {
        place: format!("row {row}"),
        what: what.to_owned(),
    };
    if bytes.len() > CATALOGUE_BYTES_MAX {
        return Err(refuse(0, "the table is longer than is read"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refuse(0, "the table is not UTF-8"))?;
    let mut lines = text.lines().enumerate();
    let head = lines.next().and_then(|(_, line)| fields(line));
    let head = head.ok_or_else(|| refuse(1, "is no row of names"))?;
    if head.len() < 3 {
        return Err(refuse(1, "has fewer than three columns"));
    }
    let columns = head.get(1..).unwrap_or_default();
    let mut points: Vec<Point> = columns.iter().map(|name| column(name)).collect();
    let mut rows = Rows::new();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let values = fields(line).ok_or_else(|| refuse(index + 1, "has an open quote"))?;
        if values.len() != head.len() {
            return Err(refuse(index + 1, "has another number of columns"));
        }
        let mut places = Vec::with_capacity(points.len());
        for (point, value) in points.iter_mut().zip(values.into_iter().skip(1)) {
            let known = point.values.iter().position(|v| *v == value);
            places.push(known.unwrap_or(point.values.len()));
            if known.is_none() {
                if point.values.len() >= 255 {
                    return Err(refuse(index + 1, "has more than 255 values in a column"));
                }
                point.values.push(Cow::Owned(value));
            }
        }
        let outcome = places.pop().unwrap_or_default();
        rows.push((places, outcome));
        if rows.len() > TABLE_ROWS_MAX {
            return Err(refuse(index + 1, "is more than are read"));
        }
    }
    let outcome = points.pop().ok_or_else(|| refuse(1, "names no outcome"))?;
    build(name.to_owned(), version.to_owned(), points, outcome, rows)
}

/// `Exploitation v1.1.0`, `In KEV v1.0.0 (cisa)`: the name without version and namespace.
fn column(written: &str) -> Point {
    let name = written.rsplit_once(" v").map_or(written, |(name, _)| name);
    Point {
        id: Cow::Borrowed(""),
        name: Cow::Owned(name.to_owned()),
        values: Vec::new(),
    }
}

/// Fields of one line, quoted ones too (RFC 4180, 2).
pub(crate) fn fields(line: &str) -> Option<Vec<String>> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.trim_end_matches('\r').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    (!quoted).then_some(fields)
}

/// Puts rows into their places; each combination once.
fn build(
    name: String,
    version: String,
    points: Vec<Point>,
    outcome: Point,
    rows: Rows,
) -> Result<Table, SsvcError> {
    let refuse = |what: String| SsvcError::Text {
        place: name.clone(),
        what,
    };
    let count = points
        .iter()
        .try_fold(1_usize, |n, p| n.checked_mul(p.values.len()))
        .filter(|count| *count <= TABLE_ROWS_MAX)
        .ok_or_else(|| refuse(format!("has more than {TABLE_ROWS_MAX} combinations")))?;
    let mut outcomes: Vec<Option<u8>> = vec![None; count];
    for (values, result) in rows {
        let place = points
            .iter()
            .zip(&values)
            .fold(0, |at, (point, value)| at * point.values.len() + value);
        match outcomes.get_mut(place) {
            Some(slot @ None) => *slot = u8::try_from(result).ok(),
            _ => return Err(refuse(format!("has the combination {values:?} twice"))),
        }
    }
    let whole: Option<Vec<u8>> = outcomes.into_iter().collect();
    let whole = whole.ok_or_else(|| refuse("has not every combination".to_owned()))?;
    Table::new(
        Cow::Owned(name),
        Cow::Owned(version),
        points,
        outcome,
        whole,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_with_a_hole_or_a_row_twice_is_refused_with_its_place() {
        let read = |text: &str| read_csv("t", "1", text.as_bytes()).map_err(|e| e.to_string());
        let good = read("row,A v1.0.0,\"B, C v1.0.0 (x)\"\n0,no,\"x, y\"\n1,yes,z\n").map(|t| {
            let outcome = t.decide(&[("a", "NO")]).map(str::to_owned);
            (t.outcome.name.to_string(), outcome)
        });
        assert_eq!(good, Ok(("B, C".to_owned(), Ok("x, y".to_owned()))));
        for (text, said) in [
            ("", "row 1: is no row of names"),
            ("row,A,O\n0,no", "row 2: has another number of columns"),
            ("row,A,O\n0,\"no,x", "row 2: has an open quote"),
            (
                "row,A,O\n0,no,x\n1,no,y",
                "t: has the combination [0] twice",
            ),
            (
                "row,A,B,O\n0,no,no,x\n1,yes,yes,y",
                "t: has not every combination",
            ),
        ] {
            assert_eq!(read(text).map(|_| ()), Err(said.to_owned()), "{text}");
        }
    }
}
