//! The field list, version 1: the seven items and what the forms add. In: nothing. Out: each field with item, kind, names and what each stage needs. Never: the layout of
//! an official workbook, which was not available; a mapping to it is a table of its own.

use super::CommonForm;

/// Version of this list.
pub const FIELDS_VERSION: u64 = 1;

/// What a stage needs of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It has a value.
    Known,
    /// It has a value, or says that it is not known yet.
    Told,
    /// It may be missing.
    Free,
}

/// How a value is written. All values are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line, at most 200 characters.
    Line,
    /// Lines, at most 8000 characters.
    Text,
    /// A time: `2026-10-01T03:00:00Z`.
    Time,
    /// A whole number without leading zeros, up to the bound.
    Number(u64),
    /// One of the words.
    Choice(&'static [&'static str]),
    /// Some of the words, in their order, separated by single spaces.
    Choices(&'static [&'static str]),
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in documents and workbooks.
    pub key: &'static str,
    /// Which of the seven items it belongs to.
    pub item: u8,
    /// The one form that has it; none where all have it.
    pub form: Option<CommonForm>,
    /// How its value is written.
    pub kind: Kind,
    /// What the prompt report needs.
    pub prompt: Need,
    /// What the full report needs.
    pub full: Need,
    /// Its name in Japanese.
    pub ja: &'static str,
    /// Its name in English.
    pub en: &'static str,
}

/// Fields of a form, in their order.
pub fn fields_of(form: CommonForm) -> impl Iterator<Item = &'static FieldSpec> {
    FIELDS
        .iter()
        .filter(move |field| field.form.is_none_or(|only| only == form))
}

const ACTS: &[&str] = &[
    "malicious-code",
    "unauthorised-access",
    "credential-theft",
    "obstruction",
    "trace",
    "not-clear",
];
const YES_NO: &[&str] = &["yes", "no", "unsure"];
const CLASSES: &[&str] = &["type-1", "type-2", "type-3", "not-clear"];
const SECTORS: &[&str] = &[
    "electricity",
    "gas",
    "oil",
    "water",
    "railways",
    "trucking",
    "ocean-shipping",
    "port-transport",
    "aviation",
    "airports",
    "telecommunications",
    "broadcasting",
    "post",
    "finance",
    "credit-cards",
    "not-listed",
];
const ATTACK: &[&str] = &[
    "T1498",
    "T1498.001",
    "T1498.002",
    "T1499",
    "T1499.001",
    "T1499.002",
    "T1499.003",
    "T1499.004",
];

use CommonForm::{Ddos, Ransomware};
use Kind::{Choice, Choices, Line, Number, Text, Time};
use Need::{Free, Known, Told};

macro_rules! fields {
    ($($key:literal $item:literal $form:expr, $kind:expr, $prompt:ident $full:ident $ja:literal $en:literal;)*) => {
        /// All fields, by item; the forms' own behind the common ones.
        pub const FIELDS: &[FieldSpec] = &[$(FieldSpec {
            key: $key, item: $item, form: $form, kind: $kind, prompt: $prompt, full: $full, ja: $ja, en: $en,
        },)*];
    };
}

fields! {
    "type.acts" 1 None, Choices(ACTS), Known Known "事案の種別" "type of event";
    "operator.name" 2 None, Line, Known Known "事業者の名称" "operator's name";
    "operator.sector" 2 None, Choice(SECTORS), Known Known "業種" "sector";
    "operator.prefecture" 2 None, Number(47), Known Known "都道府県番号（JIS X 0401）" "prefecture, JIS X 0401";
    "operator.contact_name" 2 None, Line, Known Known "担当者" "person to ask";
    "operator.contact" 2 None, Line, Known Known "連絡先" "how to reach that person";
    "operator.address" 2 None, Line, Free Known "所在地" "address";
    "event.summary" 3 None, Text, Free Known "事案の概要" "what happened";
    "event.began_at" 3 None, Time, Free Told "発生日時" "when it began";
    "event.found_by" 3 None, Line, Free Known "発見の経緯" "how it was found";
    "event.impact" 3 None, Text, Free Told "影響" "impact";
    "event.continues" 3 None, Choice(YES_NO), Free Known "継続の有無" "does it go on?";
    "computer.class" 4 None, Choice(CLASSES), Free Known "電子計算機の種別" "class of the computer";
    "computer.equipment" 4 None, Line, Free Known "特定重要設備の種別" "class of the designated equipment";
    "computer.product" 4 None, Line, Free Told "製品名" "product";
    "computer.maker" 4 None, Line, Free Told "製造者名" "maker";
    "computer.count" 4 None, Number(10_000_000), Free Told "台数" "how many";
    "technical.cause" 5 None, Text, Free Told "原因" "cause";
    "technical.entry" 5 None, Text, Free Told "侵入の経路" "way in";
    "technical.traces" 5 None, Text, Free Told "痕跡" "traces";
    "technical.indicators" 5 None, Text, Free Told "侵害指標" "indicators, one a line";
    "response.taken" 6 None, Text, Free Known "講じた措置" "what was done";
    "response.planned" 6 None, Text, Free Told "今後の措置" "what will be done";
    "response.recovered_at" 6 None, Time, Free Told "復旧日時" "when it was restored";
    "other.reported_to" 7 None, Line, Free Free "他の報告先" "who else was told";
    "other.published" 7 None, Choice(YES_NO), Free Free "公表の有無" "was it published?";
    "other.remarks" 7 None, Text, Free Free "その他" "other matters";
    "ransomware.note" 5 Some(Ransomware), Text, Free Told "脅迫文" "ransom note";
    "ransomware.extension" 5 Some(Ransomware), Line, Free Told "暗号化後の拡張子" "extension of encrypted files";
    "ransomware.type" 5 Some(Ransomware), Line, Free Told "ランサムウェアの種類" "type of ransomware";
    "ransomware.entry" 5 Some(Ransomware), Text, Free Told "侵入方法" "entry method";
    "ransomware.indicators" 5 Some(Ransomware), Text, Free Told "ランサムウェアの指標" "indicators of the ransomware, one a line";
    "ddos.attack_class" 5 Some(Ddos), Choice(ATTACK), Free Told "攻撃の分類（ATT&CK）" "class of the attack, ATT&CK";
    "ddos.volume_bps" 5 Some(Ddos), Number(1_000_000_000_000_000), Free Told "最大通信量（bps）" "largest volume, bits a second";
    "ddos.duration_min" 5 Some(Ddos), Number(1_000_000), Free Told "継続時間（分）" "duration, minutes";
    "ddos.vector" 5 Some(Ddos), Line, Free Told "攻撃手法" "vector";
    "ddos.mitigation" 5 Some(Ddos), Text, Free Known "緩和措置" "mitigation";
    "ddos.impact" 5 Some(Ddos), Text, Free Known "業務への影響" "impact on the business";
}
