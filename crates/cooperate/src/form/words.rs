//! The words of a list's cells, in both languages. In: a text. Out: a value. Never: a word that is only alike.

use crate::Answer;
use crate::asset::{ComputerClass, Location, Part};
use crate::scope::SubType;

/// Columns of an asset list: key, heading in Japanese, whether it must be there.
pub(super) const COLUMNS: [(&str, &str, bool); 13] = [
    ("maker", "製造者名", true),
    ("product", "製品名", true),
    ("model", "型式", false),
    ("version", "版", false),
    ("count", "台数", true),
    ("location", "設置区分", true),
    ("equipment", "特定重要設備の種別", true),
    ("class", "電子計算機の種別", true),
    ("part", "区分", true),
    ("introduced", "導入日", true),
    ("bespoke", "専用品", false),
    ("cpe", "CPE名", false),
    ("purl", "パッケージURL", false),
];

/// The heading of a column of an asset list in Japanese, by its key.
pub fn heading(key: &str) -> Option<&'static str> {
    let found = COLUMNS.iter().find(|(each, _, _)| *each == key);
    found.map(|(_, ja, _)| *ja)
}

const LOCATIONS: [(Location, &str, &str); 5] = [
    (Location::OwnSite, "own-site", "自社施設"),
    (Location::DataCentre, "data-centre", "データセンター"),
    (Location::CloudJapan, "cloud-japan", "国内クラウド"),
    (Location::Abroad, "abroad", "国外"),
    (Location::Field, "field", "屋外・移動"),
];

const PARTS: [(Part, &str, &str); 6] = [
    (Part::ApplianceHardware, "appliance-hardware", "専用機器"),
    (
        Part::OtherHardware,
        "other-hardware",
        "その他のハードウェア",
    ),
    (Part::OperatingSystem, "operating-system", "基本ソフト"),
    (Part::Middleware, "middleware", "ミドルウェア"),
    (Part::Application, "application", "応用ソフト"),
    (Part::Cloud, "cloud", "クラウド"),
];

const ANSWERS: [(Answer, &str, &str); 3] = [
    (Answer::Yes, "yes", "はい"),
    (Answer::No, "no", "いいえ"),
    (Answer::Unsure, "unsure", "不明"),
];

fn find<T: Copy>(words: &[(T, &str, &str)], text: &str) -> Option<T> {
    let found = words.iter().find(|(_, id, ja)| *id == text || *ja == text);
    found.map(|(value, _, _)| *value)
}

fn id<T: PartialEq>(words: &[(T, &'static str, &'static str)], value: &T) -> &'static str {
    let found = words.iter().find(|(each, _, _)| each == value);
    found.map_or("", |(_, id, _)| *id)
}

pub(super) fn location(text: &str) -> Option<Location> {
    find(&LOCATIONS, text)
}

pub(super) fn part(text: &str) -> Option<Part> {
    find(&PARTS, text)
}

pub(super) fn answer(text: &str) -> Option<Answer> {
    find(&ANSWERS, text)
}

pub(super) fn class(text: &str) -> Option<ComputerClass> {
    match text {
        "type-1" | "一号" => Some(ComputerClass::TypeOne),
        "type-3" | "三号" => Some(ComputerClass::TypeThree),
        _ => SubType::ALL
            .into_iter()
            .find(|each| each.id() == text || each.ja() == text)
            .map(ComputerClass::TypeTwo),
    }
}

pub(super) fn location_id(value: Location) -> &'static str {
    id(&LOCATIONS, &value)
}

pub(super) fn part_id(value: Part) -> &'static str {
    id(&PARTS, &value)
}

pub(super) fn answer_id(value: Answer) -> &'static str {
    id(&ANSWERS, &value)
}

pub(super) const fn class_id(value: ComputerClass) -> &'static str {
    match value {
        ComputerClass::TypeOne => "type-1",
        ComputerClass::TypeThree => "type-3",
        ComputerClass::TypeTwo(sub_type) => sub_type.id(),
    }
}
