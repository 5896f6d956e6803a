//! What is wrong with a cell of a list, in Japanese. In: the English words of the reader of lists. Out: the same in Japanese. Never: a text of a list taken for a word of ours.

/// Fixed texts.
const TEXTS: [(&str, &str); 21] = [
    ("is no CSV", "CSVではありません"),
    ("the list is empty", "一覧が空です"),
    ("lies behind 20000 rows", "2万行を超えています"),
    ("lies behind 64 columns", "64列を超えています"),
    (
        "no row stands under the header",
        "見出しの下に行がありません",
    ),
    ("stands twice", "二つあります"),
    ("stands under no heading", "見出しのない列です"),
    ("begins like a formula", "数式のように始まっています"),
    ("is no whole number", "整数ではありません"),
    ("is no location class", "設置区分ではありません"),
    ("is no class of computer", "電子計算機の種別ではありません"),
    ("is no part of a computer", "区分ではありません"),
    (
        "is no date such as 2026-10-01",
        "2026-10-01のような日付ではありません",
    ),
    (
        "is none of yes, no, unsure",
        "「はい」「いいえ」「不明」のいずれでもありません",
    ),
    (
        "is not from 1 to 10000000",
        "1から10000000までではありません",
    ),
    ("is missing", "記載がありません"),
    ("is longer than 200 characters", "200文字を超えています"),
    ("has spaces around it", "前後に空白があります"),
    (
        "has a character that no line may have",
        "使えない文字があります",
    ),
    (
        "does not begin with cpe:2.3: or cpe:/",
        "cpe:2.3: 又は cpe:/ で始まっていません",
    ),
    ("does not begin with pkg:", "pkg: で始まっていません"),
];

/// The Japanese of what is wrong; the English where it has none.
pub(crate) fn ja(what: &str) -> String {
    if let Some((_, ja)) = TEXTS.iter().find(|(en, _)| *en == what) {
        return (*ja).to_owned();
    }
    let column = what.strip_prefix("the column (");
    if let Some(name) = column.and_then(|rest| rest.strip_suffix(") is missing")) {
        return format!("「{name}」の列がありません");
    }
    let title = what.strip_prefix('`');
    if let Some(title) = title.and_then(|rest| rest.strip_suffix("` is no column of an asset list"))
    {
        return format!("「{title}」という列は資産一覧にありません");
    }
    what.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_cooperate::form::{ListError, read_csv};
    use std::collections::BTreeSet;

    const HEADER: &str = "maker,product,model,version,count,location,equipment,class,part,introduced,bespoke,cpe,purl";

    fn wrong(list: &str, all: &mut BTreeSet<String>) {
        match read_csv(list.as_bytes(), None) {
            Err(ListError::Cells { cells, .. }) => all.extend(cells.into_iter().map(|c| c.what)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn everything_that_the_reader_of_lists_says_is_there_in_japanese() {
        let mut all = BTreeSet::new();
        let row = "A,B,,,1,own-site,SCADA,type-1,application,2026-10-01,,,";
        let of = |line: &str| format!("{HEADER}\n{line}\n");
        wrong("", &mut all);
        wrong(HEADER, &mut all);
        wrong("maker,maker,colour\n", &mut all);
        wrong(
            &of(",,,,x,home,,type-9,thing,soon,perhaps,siemens,openssl"),
            &mut all,
        );
        wrong(&of(&row.replace("B,", "=B,")), &mut all);
        wrong(&of(&row.replace(",1,", ",0,")), &mut all);
        wrong(&of(&row.replace('B', &"B".repeat(201))), &mut all);
        wrong(&of(&row.replace('B', "B\u{202e}B")), &mut all);
        wrong(&of(&format!("{row},more")), &mut all);
        wrong(&of(&",".repeat(70)), &mut all);
        wrong(&of(&format!("{row}\n").repeat(20_001)), &mut all);
        assert!(all.len() >= 18, "{all:?}");
        for what in &all {
            let ja = ja(what);
            assert!(ja != *what && !ja.is_ascii(), "{what}: {ja}");
        }
    }
}
