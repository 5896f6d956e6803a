//! The report as text: Japanese and English Markdown, and CSV, all from one list of blocks. In: the report as data. Out: text. Never: a number that stands in one form alone; a text of
//! an entry that could be read as markup or as a formula.

use super::Report;
use super::messages::Message as M;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A language of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Japanese.
    Japanese,
    /// English.
    English,
}

impl Language {
    pub(super) const fn say(self, message: M) -> &'static str {
        match self {
            Self::Japanese => message.ja(),
            Self::English => message.en(),
        }
    }
}

/// First line of the CSV.
pub(super) const CSV_HEADER: &str =
    "section,row,column,row_ja,row_en,column_ja,column_en,value\r\n";

/// A cell of a table.
enum Cell {
    Word(M),
    Number(u64),
    Text(String),
}

/// A table: each row begins with its label.
struct Table {
    section: M,
    columns: Vec<M>,
    rows: Vec<(Cell, Vec<Cell>)>,
}

/// The three texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Japanese Markdown.
    pub ja: String,
    /// English Markdown.
    pub en: String,
    /// CSV, RFC 4180.
    pub csv: String,
}

impl Texts {
    /// SHA-256 over the three, one behind the other: what entry 60 names.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for text in [&self.ja, &self.en, &self.csv] {
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }
}

impl Report {
    /// The report as texts. The same report gives the same bytes.
    pub fn texts(&self) -> Texts {
        let tables = self.tables();
        Texts {
            ja: self.markdown(&tables, Language::Japanese),
            en: self.markdown(&tables, Language::English),
            csv: csv(&tables),
        }
    }

    fn markdown(&self, tables: &[Table], language: Language) -> String {
        let say = |message| language.say(message);
        let mut text = format!("# {} {}\n\n{}\n", say(M::Title), self.year, say(M::Basis));
        for table in tables {
            let _ = write!(text, "\n## {}\n\n", say(table.section));
            if table.rows.is_empty() {
                let _ = writeln!(text, "{}", say(M::None));
                continue;
            }
            let heads: Vec<&str> = table.columns.iter().map(|m| say(*m)).collect();
            let _ = writeln!(text, "| {} |", heads.join(" | "));
            let rule: Vec<&str> = heads.iter().map(|_| "---").collect();
            let _ = writeln!(text, "|{}|", rule.join("|"));
            for (label, cells) in &table.rows {
                let _ = write!(text, "| {}", shown(label, language));
                for cell in cells {
                    let _ = write!(text, " | {}", shown(cell, language));
                }
                let _ = writeln!(text, " |");
            }
        }
        let _ = writeln!(text, "\n{}", say(M::Residue));
        text
    }

    fn tables(&self) -> Vec<Table> {
        let mut tables = self.headings_tables();
        tables.push(self.traffic());
        tables.push(self.authorities());
        tables.push(self.acts());
        let counted = |section, map: &std::collections::BTreeMap<String, u64>| Table {
            section,
            columns: vec![M::Name, M::Count],
            rows: map
                .iter()
                .map(|(name, count)| (Cell::Text(name.clone()), vec![Cell::Number(*count)]))
                .collect(),
        };
        tables.push(counted(M::Refusals, &self.refusals));
        tables.push(counted(M::Faults, &self.faults));
        tables.push(Table {
            section: M::Use,
            columns: vec![M::Actor, M::Queries, M::Rows],
            rows: self
                .queries
                .iter()
                .zip(1u64..)
                .map(|((queries, rows), n)| {
                    let cells = vec![Cell::Number(*queries), Cell::Number(*rows)];
                    (Cell::Number(n), cells)
                })
                .collect(),
        });
        tables.push(Table {
            section: M::UnverifiedTitle,
            columns: vec![M::Name, M::Value, M::Source, M::Mark],
            rows: self
                .unverified
                .iter()
                .map(|value| {
                    let cells = vec![
                        Cell::Text(value.value.clone()),
                        Cell::Text(value.source.clone()),
                        Cell::Word(M::NotVerified),
                    ];
                    (Cell::Text(value.key.clone()), cells)
                })
                .collect(),
        });
        tables
    }

    fn headings_tables(&self) -> Vec<Table> {
        const ASKED: [M; 2] = [M::Requests, M::Decisions];
        const MEASURE: [M; 3] = [M::Requests, M::UrgentActs, M::Decisions];
        let words: [(M, &[M]); 9] = [
            (M::Heading1, &ASKED),
            (M::Heading2, &ASKED),
            (M::Heading3, &ASKED),
            (M::Heading4, &[M::Opened, M::InspectionFindings]),
            (M::Heading5, &[M::Notices, M::Demands, M::Recommendations]),
            (M::Heading6, &MEASURE),
            (M::Heading7, &[M::Recommendations]),
            (M::Heading8, &MEASURE),
            (M::Heading9, &[M::Recommendations]),
        ];
        let lists = self.headings.lists();
        words
            .into_iter()
            .zip(lists)
            .map(|((section, items), numbers)| Table {
                section,
                columns: vec![M::Item, M::Count],
                rows: items
                    .iter()
                    .zip(numbers)
                    .map(|(item, number)| (Cell::Word(*item), vec![Cell::Number(number)]))
                    .collect(),
            })
            .collect()
    }

    fn traffic(&self) -> Table {
        let row = |label, numbers: [u64; 7]| (label, numbers.map(Cell::Number).into());
        let mut rows: Vec<(Cell, Vec<Cell>)> = Vec::new();
        let mut sum = [0u64; 7];
        for (month, n) in self.months.iter().zip(1u64..) {
            let numbers = [
                month.read,
                month.selected,
                month.discarded,
                month.errors,
                month.records,
                month.deleted_buckets,
                month.deleted_records,
            ];
            for (sum, number) in sum.iter_mut().zip(numbers) {
                *sum = sum.saturating_add(number);
            }
            rows.push(row(Cell::Number(n), numbers));
        }
        rows.push(row(Cell::Word(M::Total), sum));
        Table {
            section: M::Traffic,
            columns: vec![
                M::Month,
                M::Read,
                M::Selected,
                M::Discarded,
                M::Errors,
                M::Records,
                M::DeletedBuckets,
                M::DeletedRecords,
            ],
            rows,
        }
    }

    fn authorities(&self) -> Table {
        let columns = vec![
            M::Authority,
            M::Kind,
            M::Article,
            M::Period,
            M::For,
            M::Against,
            M::Conditions,
            M::Facts,
            M::Necessity,
            M::Alternatives,
            M::Rights,
            M::DecisionLeaf,
            M::RequestLeaf,
            M::ExpectedPpm,
            M::SelectedPpm,
            M::Read,
            M::Selected,
            M::Discarded,
            M::Errors,
            M::Records,
            M::Starts,
            M::Findings,
            M::Queries,
            M::Rows,
            M::ReadBefore,
            M::SelectedBefore,
            M::RecordsBefore,
        ];
        Table {
            section: M::Authorities,
            columns,
            rows: self.sheets.iter().map(sheet_row).collect(),
        }
    }

    fn acts(&self) -> Table {
        let [ratified, refused, lapsed, open] = self.urgent;
        let items = [
            (M::RefusedRequests, self.refused_requests),
            (M::UrgentRatified, ratified),
            (M::UrgentRefused, refused),
            (M::UrgentLapsed, lapsed),
            (M::UrgentOpen, open),
            (M::Gaps, self.gaps),
            (M::Findings, self.findings),
            (M::Exports, self.exports[0]),
            (M::ExportRows, self.exports[1]),
            (M::Reidentifications, self.reidentifications),
            (M::Misuses, self.misuses),
            (M::DeletionsInTime, self.deletions[0]),
            (M::DeletionsLate, self.deletions[1]),
        ];
        Table {
            section: M::Acts,
            columns: vec![M::Item, M::Count],
            rows: items
                .into_iter()
                .map(|(item, number)| (Cell::Word(item), vec![Cell::Number(number)]))
                .collect(),
        }
    }
}

fn sheet_row(sheet: &super::Sheet) -> (Cell, Vec<Cell>) {
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut cells = vec![
        text(&sheet.kind),
        text(&sheet.basis),
        Cell::Text(format!("{} – {}", sheet.from, sheet.until)),
        Cell::Text(sheet.decided_for.join(" ")),
        Cell::Text(sheet.decided_against.join(" ")),
        text(&sheet.conditions),
        text(&sheet.facts),
        text(&sheet.necessity),
        text(&sheet.alternatives),
        text(&sheet.rights),
        Cell::Number(sheet.decision),
        sheet.request.map_or_else(|| text(""), Cell::Number),
    ];
    let numbers = [
        sheet.expected_share_ppm,
        sheet.selected_ppm,
        sheet.sums.read,
        sheet.sums.selected,
        sheet.sums.discarded,
        sheet.sums.errors,
        sheet.sums.records,
        sheet.starts,
        sheet.findings,
        sheet.queries,
        sheet.rows,
    ];
    cells.extend(numbers.into_iter().chain(sheet.before).map(Cell::Number));
    (text(&sheet.authority), cells)
}

/// A cell in a Markdown table; texts of entries are data, not markup.
fn shown(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Word(message) => language.say(*message).to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => {
            let mut out = String::with_capacity(text.len());
            for c in text.chars() {
                match c {
                    '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' => {
                        out.push('\\');
                        out.push(c);
                    }
                    '<' => out.push_str("&lt;"),
                    '&' => out.push_str("&amp;"),
                    c if c.is_control() => out.push(' '),
                    c => out.push(c),
                }
            }
            out
        }
    }
}

fn csv(tables: &[Table]) -> String {
    let mut text = CSV_HEADER.to_owned();
    for table in tables {
        for (label, cells) in &table.rows {
            let key = match label {
                Cell::Word(message) => message.key().to_owned(),
                Cell::Number(number) => number.to_string(),
                Cell::Text(text) => text.clone(),
            };
            let (ja, en) = match label {
                Cell::Word(message) => (message.ja().to_owned(), message.en().to_owned()),
                _ => (key.clone(), key.clone()),
            };
            for (column, cell) in table.columns.iter().skip(1).zip(cells) {
                let value = match cell {
                    Cell::Word(message) => message.key().to_owned(),
                    Cell::Number(number) => number.to_string(),
                    Cell::Text(text) => text.clone(),
                };
                let fields = [
                    table.section.key(),
                    &key,
                    column.key(),
                    &ja,
                    &en,
                    column.ja(),
                    column.en(),
                    &value,
                ];
                let line: Vec<String> = fields.into_iter().map(field).collect();
                text.push_str(&line.join(","));
                text.push_str("\r\n");
            }
        }
    }
    text
}

/// A field of RFC 4180. What a spreadsheet would compute is text, and control characters are blanks.
fn field(text: &str) -> String {
    let mut plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if plain.starts_with(['=', '+', '-', '@']) {
        plain.insert(0, '\'');
    }
    if plain.contains([',', '"']) {
        return format!("\"{}\"", plain.replace('"', "\"\""));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_entries_are_neither_markup_nor_formulas_nor_rows() {
        let hostile = "=1+1|<script>\n\"x\",`y`";
        let cell = Cell::Text(hostile.to_owned());
        let markdown = shown(&cell, Language::English);
        assert_eq!(markdown, "=1+1\\|&lt;script> \"x\",\\`y\\`");
        assert_eq!(field(hostile), "\"'=1+1|<script> \"\"x\"\",`y`\"");
        assert_eq!(field("plain"), "plain");
    }
}
