//! Lists of assets.

use rust_xlsxwriter::Workbook;
use sakimori_cooperate::Answer;
use sakimori_cooperate::asset::{Asset, ComputerClass, Location, Part};
use sakimori_cooperate::form::{Encoding, ListError, read_csv, read_list_workbook, write_csv};
use sakimori_cooperate::notice::{AssetNotice, OperatorOutline};
use sakimori_cooperate::scope::SubType;

const HEADER: &str =
    "maker,product,model,version,count,location,equipment,class,part,introduced,bespoke";
const JAPANESE: &str =
    "製造者名,製品名,型式,版,台数,設置区分,特定重要設備の種別,電子計算機の種別,区分,導入日,専用品
日本機械,制御装置,PLC-9,2.1,3,自社施設,監視制御,一号,専用機器,2026-10-01,不明
湊ネット,境界装置,,,1,データセンター,監視制御,隣接するルーター,基本ソフト,2026-11-15,
";

fn expected() -> Vec<Asset> {
    let first = Asset {
        maker: "日本機械".to_owned(),
        product: "制御装置".to_owned(),
        model: "PLC-9".to_owned(),
        version: "2.1".to_owned(),
        count: 3,
        location: Location::OwnSite,
        equipment: "監視制御".to_owned(),
        class: ComputerClass::TypeOne,
        part: Part::ApplianceHardware,
        introduced: "2026-10-01".parse().unwrap(),
        bespoke: Answer::Unsure,
        cpe: String::new(),
        purl: String::new(),
    };
    let second = Asset {
        maker: "湊ネット".to_owned(),
        product: "境界装置".to_owned(),
        model: String::new(),
        version: String::new(),
        count: 1,
        location: Location::DataCentre,
        class: ComputerClass::TypeTwo(SubType::AdjacentRouter),
        part: Part::OperatingSystem,
        introduced: "2026-11-15".parse().unwrap(),
        bespoke: Answer::No,
        ..first.clone()
    };
    vec![first, second]
}

#[test]
fn a_list_is_the_same_in_both_encodings_with_marks_and_either_line_end() {
    let shift_jis = encoding_rs::SHIFT_JIS.encode(JAPANESE).0.into_owned();
    let marked = [b"\xef\xbb\xbf".as_slice(), JAPANESE.as_bytes()].concat();
    let windows = JAPANESE.replace('\n', "\r\n");
    for (bytes, encoding) in [
        (JAPANESE.as_bytes(), None),
        (JAPANESE.as_bytes(), Some(Encoding::Utf8)),
        (&marked, None),
        (windows.as_bytes(), None),
        (&shift_jis, None),
        (&shift_jis, Some(Encoding::ShiftJis)),
    ] {
        assert_eq!(read_csv(bytes, encoding), Ok(expected()), "{encoding:?}");
    }
    assert_eq!(read_csv(&write_csv(&expected()), None), Ok(expected()));
}

#[test]
fn names_of_products_that_programs_know_are_optional_columns() {
    let head = format!("{HEADER},cpe,パッケージURL");
    let row = "A,B,,,1,own-site,SCADA,type-1,application,2026-10-01,";
    let list = |cpe: &str, purl: &str| format!("{head}\n{row},{cpe},{purl}\n{row},,\n");
    let (cpe, purl) = (
        "cpe:2.3:h:siemens:simatic_s7-1500:*:*:*:*:*:*:*:*",
        "pkg:generic/openssl@3.0.7",
    );
    let taken = read_csv(list(cpe, purl).as_bytes(), None).unwrap();
    let names: Vec<(&str, &str)> = taken
        .iter()
        .map(|asset| (asset.cpe.as_str(), asset.purl.as_str()))
        .collect();
    assert_eq!(names, [(cpe, purl), ("", "")]);
    assert_eq!(read_csv(&write_csv(&taken), None), Ok(taken));
    for (cpe, purl, expected) in [
        ("siemens s7", "", "2 cpe"),
        ("", "openssl", "2 purl"),
        ("", "=pkg:a", "2 purl"),
        ("cpe:2.2:a", "", "2 cpe"),
    ] {
        let wrong = told(read_csv(list(cpe, purl).as_bytes(), None));
        assert_eq!(
            wrong.first().map(String::as_str),
            Some(expected),
            "{cpe} {purl}"
        );
    }
}

#[test]
fn a_wrong_encoding_is_told_with_its_row_and_nothing_is_replaced() {
    let shift_jis = encoding_rs::SHIFT_JIS.encode(JAPANESE).0.into_owned();
    assert!(matches!(
        read_csv(&shift_jis, Some(Encoding::Utf8)),
        Err(ListError::Encoding { row: 1, .. })
    ));
    let mut broken = format!("{HEADER}\nMaker,Product").into_bytes();
    broken.push(0xff);
    for encoding in [None, Some(Encoding::Utf8), Some(Encoding::ShiftJis)] {
        assert!(
            matches!(
                read_csv(&broken, encoding),
                Err(ListError::Encoding { row: 2, .. })
            ),
            "{encoding:?}"
        );
    }
    let utf16: Vec<u8> = "\u{feff}maker"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(matches!(
        read_csv(&utf16, None),
        Err(ListError::Encoding { row: 1, what }) if what.contains("UTF-16")
    ));
}

/// The cells that are told, as `row column`.
fn told(error: Result<Vec<Asset>, ListError>) -> Vec<String> {
    match error {
        Err(ListError::Cells { cells, total }) => {
            assert!(total >= cells.len());
            cells
                .iter()
                .map(|cell| format!("{} {}", cell.row, cell.column))
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_wrong_cell_is_told_by_row_and_column_and_nothing_is_imported_by_halves() {
    let good = "A,B,,,1,own-site,SCADA,type-1,application,2026-10-01,";
    let check = |line: &str, expected: &[&str]| {
        let text = format!("{HEADER}\n{good}\n{line}\n{good}\n");
        assert_eq!(told(read_csv(text.as_bytes(), None)), expected, "{line}");
    };
    check(
        ",B,,,1,own-site,SCADA,type-1,application,2026-10-01,",
        &["3 maker"],
    );
    check(
        "A,,,,1,own-site,SCADA,type-1,application,2026-10-01,",
        &["3 product"],
    );
    check(
        ",,,,x,home,,type-9,thing,soon,perhaps",
        &[
            "3 count",
            "3 location",
            "3 class",
            "3 part",
            "3 introduced",
            "3 bespoke",
            "3 maker",
            "3 product",
            "3 equipment",
        ],
    );
    check(
        "A,B,,,0,own-site,SCADA,type-1,application,2026-10-01,",
        &["3 count"],
    );
    check(
        "A,B,,,1,own-site,SCADA,type-1,application,2026-02-30,",
        &["3 introduced"],
    );
    check(
        "A,B,,,1,own-site,SCADA,type-1,application,2026-10-01,,x",
        &["3 12"],
    );
    for start in ["=", "+", "-", "@", "＝", "＠"] {
        check(
            &format!("A,{start}B,,,1,own-site,SCADA,type-1,application,2026-10-01,"),
            &["3 product"],
        );
    }
    check(
        "A,\"=cmd|' /C calc'!A0\",,,1,own-site,SCADA,type-1,application,2026-10-01,",
        &["3 product"],
    );
}

#[test]
fn headings_that_are_missing_unknown_or_twice_are_told() {
    assert_eq!(told(read_csv(b"", None)), ["1 1"]);
    assert_eq!(told(read_csv(HEADER.as_bytes(), None)), ["1 1"]);
    let check = |header: &str, expected: &[&str]| {
        assert_eq!(
            told(read_csv(header.as_bytes(), None)),
            expected,
            "{header}"
        );
    };
    check(&HEADER.replace("maker", "vendor"), &["1 1", "1 maker"]);
    check(&HEADER.replace("model", "製品名"), &["1 product"]);
    let long = format!("{HEADER}{}", ",x".repeat(60));
    assert_eq!(told(read_csv(long.as_bytes(), None)), ["1 65"]);
    let rows = format!("{HEADER}\n{}", "A\n".repeat(20_001));
    assert_eq!(told(read_csv(rows.as_bytes(), None)), ["20002 1"]);
}

#[test]
fn many_wrong_cells_are_counted_and_a_hundred_are_told() {
    let text = format!("{HEADER}\n{}", ",,,,,,,,,,x\n".repeat(500));
    match read_csv(text.as_bytes(), None) {
        Err(ListError::Cells { cells, total }) => {
            assert_eq!(cells.len(), 100);
            assert!(total > 1000, "{total}");
        }
        other => panic!("{other:?}"),
    }
}

fn book(lines: &str) -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0u32..).zip(lines.lines()) {
        for (column, cell) in (0u16..).zip(line.split(',')) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number).unwrap(),
                Err(_) => sheet.write_string(row, column, cell).unwrap(),
            };
        }
    }
    book
}

#[test]
fn a_workbook_is_the_same_list_and_its_formulas_are_refused() {
    let text = JAPANESE.replace("2.1", "2");
    let read = read_list_workbook(&book(&text).save_to_buffer().unwrap()).unwrap();
    let mut list = expected();
    list[0].version = "2".to_owned();
    assert_eq!(read, list);
    // A date is a number in a sheet: 46296 is 1 October 2026.
    let dated = text.replace("2026-10-01", "46296");
    let read = read_list_workbook(&book(&dated).save_to_buffer().unwrap()).unwrap();
    assert_eq!(read, list);
    let early = text.replace("2026-10-01", "25568");
    let early = book(&early).save_to_buffer().unwrap();
    assert_eq!(told(read_list_workbook(&early)), ["2 introduced"]);
    let number = JAPANESE.replace("2026-10-01", "46296");
    assert_eq!(told(read_csv(number.as_bytes(), None)), ["2 introduced"]);
    let mut with_formula = book(&text);
    let sheet = with_formula.worksheet_from_index(0).unwrap();
    sheet.write_formula(1, 1, "=1+1").unwrap();
    let error = read_list_workbook(&with_formula.save_to_buffer().unwrap()).unwrap_err();
    let ListError::Form(error) = error else {
        panic!("{error:?}")
    };
    assert!(error.to_string().contains("cell B2"), "{error}");
    let broken = text.replace("一号", "九号");
    let broken = book(&broken).save_to_buffer().unwrap();
    assert_eq!(told(read_list_workbook(&broken)), ["2 class"]);
}

#[test]
fn a_text_that_begins_like_a_formula_is_written_so_that_no_spreadsheet_runs_it() {
    let mut list = expected();
    list[0].product = "=1+1".to_owned();
    let text = String::from_utf8(write_csv(&list)).unwrap();
    assert!(text.contains(",'=1+1,"), "{text}");
}

#[test]
fn a_notice_names_each_product_once_and_refuses_by_field() {
    let operator = OperatorOutline {
        name: "Water One".to_owned(),
        address: "Chiyoda".to_owned(),
        representative: "A. Person".to_owned(),
        contact: "03-0000-0000".to_owned(),
    };
    let mut list = expected();
    list.push(Asset {
        version: "3".to_owned(),
        ..list[0].clone()
    });
    let notice = AssetNotice::draft(operator.clone(), &list).unwrap();
    assert_eq!(notice.items.len(), 2);
    let json = serde_json::to_value(&notice).unwrap();
    assert_eq!(json["items"][1]["class"], "adjacent-router");
    assert_eq!(serde_json::from_value::<AssetNotice>(json).unwrap(), notice);
    list[1].maker = String::new();
    list[2].product = " ".to_owned();
    let nobody = OperatorOutline {
        name: String::new(),
        ..operator
    };
    let errors = AssetNotice::draft(nobody, &list).unwrap_err();
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["operator.name", "items[1].maker", "items[2].product"]
    );
}
