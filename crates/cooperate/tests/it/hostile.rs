//! Workbooks and texts of strangers.

use super::document;
use sakimori_cooperate::form::{
    FormError, ListError, read_csv, read_list_workbook, read_report, read_workbook, write_report,
    write_workbook,
};
use sakimori_cooperate::report::{CommonForm, Stage};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook with one sheet of these rows, in XML.
fn book_of(rows: &str) -> Vec<u8> {
    let sheet = format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
    );
    packed(&[
        (
            "[Content_Types].xml",
            b"<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>",
        ),
        (
            "_rels/.rels",
            b"<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
        ),
        (
            "xl/workbook.xml",
            b"<?xml version=\"1.0\"?><workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"report\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            b"<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
        ),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn cell_error(bytes: &[u8], cell: &str, what: &str) {
    match read_workbook(bytes) {
        Err(FormError::Cell {
            cell: found,
            what: why,
        }) => assert!(found == cell && why.contains(what), "{found}: {why}"),
        other => panic!("{cell} {what}: {other:?}"),
    }
}

#[test]
fn formulas_numbers_that_are_not_whole_and_far_cells_are_refused_by_their_name() {
    let text = |cell: &str, text: &str| {
        format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let row = |cells: &str| book_of(&format!("<row r=\"1\">{cells}</row>"));
    cell_error(
        &row("<c r=\"A1\" t=\"str\"><f>1+1</f><v>2</v></c>"),
        "A1",
        "formula",
    );
    cell_error(
        &row("<c r=\"B1\"><f>HYPERLINK(\"x\")</f></c>"),
        "B1",
        "formula",
    );
    cell_error(&row("<c r=\"A1\"><v>1.5</v></c>"), "A1", "is no text");
    cell_error(&row("<c r=\"A1\" t=\"b\"><v>1</v></c>"), "A1", "is no text");
    cell_error(
        &row("<c r=\"A1\" t=\"e\"><v>#REF!</v></c>"),
        "A1",
        "is no text",
    );
    cell_error(&row(&text("XFD1", "x")), "XFD1", "outside");
    cell_error(&row(&text("A1048576", "x")), "A1048576", "outside");
    cell_error(&row(&text("A1", "wrong")), "A1", "is not `key`");
    let twice = format!("{}{}", text("A1", "key"), text("A1", "key"));
    cell_error(&row(&twice), "A1", "twice");
}

#[test]
fn a_workbook_that_grows_has_too_many_parts_or_carries_macros_is_not_opened() {
    let refused = |bytes: &[u8], what: &str| match read_workbook(bytes) {
        Err(FormError::Workbook(why)) => assert!(why.contains(what), "{why}: {what}"),
        other => panic!("{what}: {other:?}"),
    };
    let zeros = vec![0u8; 25 << 20];
    let bomb = packed(&[("xl/workbook.xml", &zeros)]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    refused(&bomb, "grows beyond");
    // What its directory says of the size is not believed.
    let mut lying = bomb.clone();
    let size = (25u32 << 20).to_le_bytes();
    let mut found = 0;
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == size {
            lying[at..at + 4].copy_from_slice(&16u32.to_le_bytes());
            found += 1;
        }
    }
    assert!(found >= 1);
    assert!(matches!(read_workbook(&lying), Err(FormError::Workbook(_))));
    let names: Vec<String> = (0..129).map(|n| format!("part{n}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
    refused(&packed(&many), "more than 128 parts");
    refused(&packed(&[("xl/vbaProject.bin", b"x")]), "macros");
    refused(
        &packed(&[("xl/externalLinks/externalLink1.xml", b"x")]),
        "macros",
    );
    refused(b"PK\x03\x04", "no XLSX");
    refused(b"", "no XLSX");
    refused(&packed(&[("a", b"x")]), "");
}

#[test]
fn a_row_of_another_form_a_value_beside_not_known_and_a_missing_row_are_named() {
    let good = document(CommonForm::Other, Stage::Full);
    let book = write_workbook(&good).unwrap();
    let edited = |from: &str, to: &str| {
        let mut archive = zip::ZipArchive::new(Cursor::new(&book)).unwrap();
        let names: Vec<String> = archive
            .file_names()
            .map(|n| n.unwrap().into_owned())
            .collect();
        let mut parts = Vec::new();
        for name in &names {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut archive.by_name(name).unwrap(), &mut bytes).unwrap();
            if name.ends_with("sharedStrings.xml") {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.contains(from), "{from}");
                bytes = text.replacen(from, to, 1).into_bytes();
            }
            parts.push((name.as_str(), bytes));
        }
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (*n, b.as_slice())).collect();
        packed(&parts)
    };
    assert_eq!(
        read_workbook(&edited(">not-known<", ">not-known<")).as_ref(),
        Ok(&good)
    );
    cell_error(
        &edited(">event.summary<", ">ddos.vector<"),
        "A18",
        "no field of this form",
    );
    cell_error(
        &edited(">not-known<", ">perhaps<"),
        "E19",
        "neither empty nor",
    );
    // What a property says is for the document's own check.
    let other = read_workbook(&edited(">sakimori/report/v1<", ">sakimori/report/v9<")).unwrap();
    let errors = other.errors(Stage::Full, &super::terms());
    assert_eq!(errors[0].field, "format");
    assert!(matches!(
        read_workbook(&edited(">recognised_at<", ">recognized_at<")),
        Err(FormError::Workbook(why)) if why.contains("recognised_at")
    ));
}

#[test]
fn any_cut_of_a_workbook_is_refused_or_the_same_report() {
    let good = document(CommonForm::Ddos, Stage::Prompt);
    let book = write_workbook(&good).unwrap();
    for length in (0..book.len()).step_by(37) {
        let cut = read_workbook(&book[..length]);
        assert!(cut.is_err() || cut.as_ref() == Ok(&good), "{length}");
    }
}

#[test]
fn references_that_no_spreadsheet_writes_and_hidden_tags_are_refused_before_they_are_read() {
    let good =
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>r=\"A0\" &lt;x r='0'></t></is></c></row>";
    cell_error(&book_of(good), "A1", "is not `key`");
    for rows in [
        "<row r=\"0\"></row>",
        "<row r=\"1\"><c r=\"A0\"><v>1</v></c></row>",
        "<row r=\"1\"><c r = 'A0'><v>1</v></c></row>",
        "<row r=\"1\"><c\nx:r=\"A0\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=A0><v>1</v></c></row>",
        "<row r=\"1\"><c s=\">\" r=\"A0\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=\"ZZZZ1\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=\"A1048577\"><v>1</v></c></row>",
        "<row r=\"99999999999\"></row>",
        "<row r=\"1\"><c r=\"A1\"><f t=\"shared\" si=\"4000000000\" ref=\"B2:A1\">1</f><v>1</v></c></row>",
        "<!-- <c r='A1'> -->",
        "<![CDATA[x]]>",
    ] {
        let read = read_workbook(&book_of(rows));
        assert!(
            matches!(read, Err(FormError::Workbook(_))),
            "{rows}: {read:?}"
        );
    }
    // Sheets that count days from 1904 are not opened: their dates would be four years off.
    let mut other = parts();
    for (name, bytes) in &mut other {
        if name == "xl/workbook.xml" {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains("<workbookPr "));
            *bytes = text
                .replacen("<workbookPr ", "<workbookPr date1904=\"1\" ", 1)
                .into_bytes();
        }
    }
    let other: Vec<(&str, &[u8])> = other
        .iter()
        .map(|(n, b)| (n.as_str(), b.as_slice()))
        .collect();
    assert!(matches!(
        read_workbook(&packed(&other)),
        Err(FormError::Workbook(_))
    ));
    // A shared formula with a far index is one formula, not a table of so many.
    let far = "<row r=\"1\"><c r=\"A1\"><f t=\"shared\" si=\"4000000000\" ref=\"A1:B2\">1</f><v>1</v></c></row>";
    cell_error(&book_of(far), "A1", "formula");
}

/// The parts of a good workbook.
fn parts() -> Vec<(String, Vec<u8>)> {
    let book = write_workbook(&document(CommonForm::Ransomware, Stage::Full)).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut part, &mut bytes).unwrap();
            (part.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

proptest::proptest! {
    #[test]
    fn any_change_inside_a_part_is_read_or_refused_and_stops_nothing(
        changes in proptest::collection::vec((
            proptest::prelude::any::<proptest::sample::Index>(),
            proptest::prelude::any::<proptest::sample::Index>(),
            "[ -~]{0,3}",
        ), 1..8)
    ) {
        let mut parts = parts();
        for (part, at, with) in changes {
            let at_part = part.index(parts.len());
            let bytes = &mut parts[at_part].1;
            let at = at.index(bytes.len());
            let end = (at + with.len().max(1)).min(bytes.len());
            bytes.splice(at..end, with.bytes());
        }
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        let book = packed(&parts);
        let _ = read_workbook(&book);
        let _ = read_list_workbook(&book);
    }

    #[test]
    fn any_change_of_a_workbook_is_read_or_refused_and_stops_nothing(
        changes in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 1..12)
    ) {
        let mut book = write_workbook(&document(CommonForm::Ransomware, Stage::Full)).unwrap();
        for (at, byte) in changes {
            let at = at.index(book.len());
            book[at] = byte;
        }
        let _ = read_workbook(&book);
        let _ = read_list_workbook(&book);
    }

    #[test]
    fn any_change_of_a_sheet_is_read_or_refused_and_stops_nothing(
        rows in "(<row( r=\"[0-9]{1,9}\")?>(<c( r=\"[A-Z]{0,4}[0-9]{0,9}\")?( s=\"[0-9]{1,3}\")?( t=\"(s|str|inlineStr|b|e|d|n)\")?>(<f( t=\"shared\")?( si=\"[0-9]{1,4}\")?( ref=\"[A-C][0-9]:[A-C][0-9]\")?>[A-Z0-9+]{0,4}</f>)?<v>[0-9.e]{0,8}</v></c>){0,4}</row>){0,4}"
    ) {
        let book = book_of(&rows);
        let _ = read_workbook(&book);
        let _ = read_list_workbook(&book);
    }

    #[test]
    fn any_bytes_are_a_document_or_an_error(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        proptest::prop_assert!(read_report(&bytes).is_err());
        proptest::prop_assert!(read_workbook(&bytes).is_err());
        proptest::prop_assert!(read_csv(&bytes, None).is_err());
        proptest::prop_assert!(matches!(read_list_workbook(&bytes), Err(ListError::Form(_))));
    }

    #[test]
    fn any_change_of_a_document_reads_as_what_it_writes(
        at in proptest::prelude::any::<proptest::sample::Index>(), byte in proptest::prelude::any::<u8>()
    ) {
        let mut bytes = write_report(&document(CommonForm::Ddos, Stage::Full));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = read_report(&bytes) {
            let written = write_report(&read);
            proptest::prop_assert_eq!(read_report(&written), Ok(read));
        }
    }
}
