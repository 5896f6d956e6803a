//! The words of choices as people read them. In: a word of a document. Out: its name in each language. Never: a word that documents do not have.

use crate::routing::Sector;

/// Word, Japanese, English. Sectors have their own names.
const LABELS: &[(&str, &str, &str)] = &[
    ("malicious-code", "不正な指令", "malicious code"),
    ("unauthorised-access", "不正アクセス", "unauthorised access"),
    ("credential-theft", "識別符号の窃取", "theft of credentials"),
    ("obstruction", "業務妨害", "obstruction of business"),
    ("trace", "痕跡", "traces"),
    ("not-clear", "判明していない", "not clear yet"),
    ("yes", "はい", "yes"),
    ("no", "いいえ", "no"),
    ("unsure", "不明", "unsure"),
    ("type-1", "一号電子計算機", "type one"),
    ("type-2", "二号電子計算機", "type two"),
    ("type-3", "三号電子計算機", "type three"),
    (
        "not-listed",
        "一覧にない業種",
        "a sector that is not listed",
    ),
    (
        "T1498",
        "T1498 ネットワークのサービス妨害",
        "T1498 network denial of service",
    ),
    (
        "T1498.001",
        "T1498.001 直接のフラッド",
        "T1498.001 direct network flood",
    ),
    (
        "T1498.002",
        "T1498.002 リフレクション・増幅",
        "T1498.002 reflection and amplification",
    ),
    (
        "T1499",
        "T1499 端末のサービス妨害",
        "T1499 endpoint denial of service",
    ),
    (
        "T1499.001",
        "T1499.001 OS資源の枯渇",
        "T1499.001 exhaustion of the operating system",
    ),
    (
        "T1499.002",
        "T1499.002 サービスの枯渇",
        "T1499.002 exhaustion of a service",
    ),
    (
        "T1499.003",
        "T1499.003 アプリケーションの枯渇",
        "T1499.003 exhaustion of an application",
    ),
    (
        "T1499.004",
        "T1499.004 アプリケーション等の悪用",
        "T1499.004 exploitation of an application or system",
    ),
];

/// A word of a choice in Japanese and in English; none where it is no such word.
pub fn label(word: &str) -> Option<(&'static str, &'static str)> {
    if let Ok(sector) = word.parse::<Sector>() {
        return Some((sector.ja(), sector.en()));
    }
    let found = LABELS.iter().find(|(known, ..)| *known == word);
    found.map(|(_, ja, en)| (*ja, *en))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{FIELDS, Kind};
    use std::collections::BTreeSet;

    #[test]
    fn every_word_of_every_choice_has_a_name_in_each_language_and_no_name_is_without_a_word() {
        let mut words = BTreeSet::new();
        for field in FIELDS {
            if let Kind::Choice(choices) | Kind::Choices(choices) = field.kind {
                words.extend(choices.iter().copied());
            }
        }
        for word in &words {
            let (ja, en) = label(word).unwrap_or_default();
            assert!(ja != *word && !ja.is_empty() && !en.is_empty(), "{word}");
        }
        for (word, ..) in LABELS {
            assert!(words.contains(word), "{word}");
        }
        assert_eq!(label("nothing"), None);
    }
}
