//! The text of a schedule of duties. In: a text. Out: typed values, or the line that breaks its grammar. Never: a second text for one meaning: what is read is written
//! again and compared.

use super::{BureauRow, HEADER, RouteRow, Source, Sourced, Target, Terms, WidelyUsed};
use crate::calendar::{Date, Span};
use crate::limits::{DAYS_MAX, MONTHS_MAX, SOURCE_BYTES_MAX, TERMS_BYTES_MAX};
use crate::plain::is_plain;
use crate::scope::SubType;
use sakimori_tlog::note::NoteError;
use std::str::FromStr;

/// Why a text is no schedule of duties that is in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// Too long.
    #[error("the schedule of duties is longer than {TERMS_BYTES_MAX} bytes")]
    TooLong,
    /// No note, or not signed by the office.
    #[error("the schedule of duties is no note that the office signed")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("line {line} of the schedule of duties: {what}")]
    Line {
        /// Line, from 1.
        line: usize,
        /// What was expected there.
        what: String,
    },
}

struct Lines<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn fail(&self, what: impl Into<String>) -> TermsError {
        TermsError::Line {
            line: self.at + 1,
            what: what.into(),
        }
    }

    /// What stands behind a start of the next line.
    fn next_if(&mut self, start: &str) -> Option<&'a str> {
        let rest = self.lines.get(self.at)?.strip_prefix(start)?;
        self.at += 1;
        Some(rest)
    }

    fn plain<T: FromStr>(&mut self, start: &str) -> Result<T, TermsError> {
        let fail = self.fail(format!("expected `{start}…`"));
        let read = self.next_if(start).and_then(|text| text.parse().ok());
        read.ok_or(fail)
    }

    /// A value line of a key.
    fn value<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Sourced<T>, TermsError> {
        let fail = self.fail(format!(
            "expected `value: {key} = … | verified or unverified | source`"
        ));
        let line = self.next_if(&format!("value: {key} = "));
        line.and_then(|line| sourced(line, read)).ok_or(fail)
    }

    /// All lines of a kind, without two of one key.
    fn rows<T>(
        &mut self,
        start: &str,
        read: impl Fn(&str) -> Option<T>,
        same: impl Fn(&T, &T) -> bool,
    ) -> Result<Vec<Sourced<T>>, TermsError> {
        let mut rows: Vec<Sourced<T>> = Vec::new();
        loop {
            let fail = self.fail(format!("no row of `{start}`, or one that stands twice"));
            let Some(line) = self.next_if(start) else {
                return Ok(rows);
            };
            let row = sourced(line, &read).ok_or_else(|| fail.clone())?;
            if rows.iter().any(|earlier| same(&earlier.value, &row.value)) {
                return Err(fail);
            }
            rows.push(row);
        }
    }
}

pub(super) fn read(text: &str) -> Result<Terms, TermsError> {
    if text.len() > TERMS_BYTES_MAX {
        return Err(TermsError::TooLong);
    }
    let body = text.strip_suffix('\n').unwrap_or_default();
    let mut lines = Lines {
        lines: body.split('\n').collect(),
        at: 0,
    };
    if !text.chars().all(is_plain) || lines.next_if(HEADER) != Some("") {
        return Err(lines.fail(format!("the first line is not `{HEADER}`")));
    }
    let terms = Terms {
        version: lines.plain("version: ")?,
        not_before: lines.plain("not-before: ")?,
        prompt_target: lines.value("report.prompt-target", target)?,
        full: lines.value("report.full", days)?,
        fields: lines.value("report.fields", |text| (text == "1").then_some(1))?,
        exclusion: lines.value("report.exclusion", months)?,
        introduction: lines.value("notice.introduction", months)?,
        designation: lines.value("notice.designation", months)?,
        window: lines.value("notice.window", months)?,
        begins: lines.value("notice.begins", |text| text.parse().ok())?,
        in_use: lines.value("notice.in-use", months)?,
        change: lines.value("notice.change", months)?,
        counting: lines
            .value("counting", |text| (text == "japan").then_some(()))?
            .source,
        core_sub_types: lines.value("core.sub-types", sub_types)?,
        acknowledges: lines.value("office.acknowledges", days)?,
        penalty_order: lines.value("penalty.order", yen)?,
        penalty_answer: lines.value("penalty.answer", yen)?,
        widely_used: lines.rows("widely-used: ", widely_used, |a, b| {
            (&a.maker, &a.product) == (&b.maker, &b.product)
        })?,
        routes: lines.rows("route: ", route, |a, b| a.sector == b.sector)?,
        bureaus: lines.rows("bureau: ", bureau, |a, b| {
            (a.minister, a.prefecture) == (b.minister, b.prefecture)
        })?,
    };
    if lines.at != lines.lines.len() {
        return Err(lines.fail("nothing may stand here"));
    }
    if terms.version == 0 || terms.to_string() != text {
        return Err(lines.fail("the text is not the one form of its meaning"));
    }
    Ok(terms)
}

fn sourced<T>(line: &str, read: impl Fn(&str) -> Option<T>) -> Option<Sourced<T>> {
    let mut parts = line.splitn(3, " | ");
    let (value, word, text) = (parts.next()?, parts.next()?, parts.next()?);
    let verified = match word {
        "verified" => true,
        "unverified" => false,
        _ => return None,
    };
    let bounded = (1..=SOURCE_BYTES_MAX).contains(&text.len()) && text.trim() == text;
    bounded.then_some(())?;
    let text = text.to_owned();
    Some(Sourced {
        value: read(value)?,
        source: Source { verified, text },
    })
}

fn unit(text: &str, unit: &str, most: u32) -> Option<u32> {
    let count = text.strip_suffix(unit)?.strip_suffix(' ')?.parse().ok()?;
    (1..=most).contains(&count).then_some(count)
}

fn days(text: &str) -> Option<Span> {
    unit(text, "days", DAYS_MAX).map(Span::Days)
}

fn yen(text: &str) -> Option<u64> {
    unit(text, "yen", u32::MAX).map(u64::from)
}

fn months(text: &str) -> Option<Span> {
    unit(text, "months", MONTHS_MAX).map(Span::Months)
}

fn target(text: &str) -> Option<Target> {
    let (from, to) = text.split_once(" to ")?;
    let (from, to) = (from.parse().ok()?, unit(to, "days", DAYS_MAX)?);
    (1..=to).contains(&from).then_some(Target { from, to })
}

/// A list in the order of the law, without repeats; `none` where it is empty.
fn sub_types(text: &str) -> Option<Vec<SubType>> {
    if text == "none" {
        return Some(Vec::new());
    }
    let list: Option<Vec<SubType>> = text.split(' ').map(|word| word.parse().ok()).collect();
    list.filter(|list| list.is_sorted_by(|a, b| a < b))
}

/// A name of a line's part: bounded, without what divides parts.
fn name(text: &str) -> Option<String> {
    let divides = [" / ", " | ", " = "].iter().any(|part| text.contains(part));
    let sound = crate::plain::line("name", text).is_none() && !divides;
    sound.then(|| text.to_owned())
}

fn widely_used(text: &str) -> Option<WidelyUsed> {
    let mut parts = text.splitn(3, " / ");
    Some(WidelyUsed {
        maker: name(parts.next()?)?,
        product: name(parts.next()?)?,
        notice: parts.next()?.parse::<Date>().ok()?,
    })
}

fn route(text: &str) -> Option<RouteRow> {
    let (sector, minister) = text.split_once(" = ")?;
    Some(RouteRow {
        sector: sector.parse().ok()?,
        minister: minister.parse().ok()?,
    })
}

fn bureau(text: &str) -> Option<BureauRow> {
    let (place, bureau) = text.split_once(" = ")?;
    let (minister, prefecture) = place.split_once(' ')?;
    let prefecture = prefecture.parse().ok()?;
    let known = (1..=47).contains(&prefecture);
    known.then_some(())?;
    Some(BureauRow {
        minister: minister.parse().ok()?,
        prefecture,
        bureau: name(bureau)?,
    })
}
