//! The words of the office's pages about whom an advisory concerns, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    AffectedWord:
    Concerned "Whom advisories concern" "アドバイザリの該当状況";
    OfMinistry "Operators for whom your ministry is competent. That you saw them is on record." "貴省庁が所管する事業者です。閲覧は記録されます。";
    InNumbers "Numbers alone: names are for the competent minister." "件数のみを表示します。事業者名は所管大臣に限り表示されます。";
    None "No advisory concerns anybody." "該当するアドバイザリはありません。";
    Operator "Operator" "事業者";
    Operators "Operators" "事業者数";
    Affected "Affected" "影響あり";
    NotAffected "Not affected" "影響なし";
    Questions "Open questions" "未回答";
    Number "No." "番号";
    Meant "As the advisory has it" "アドバイザリの記載";
    Version "Version" "版";
    Range "Versions that are meant" "対象の版";
    State "State" "状態";
    Asked "asked" "確認中";
    Advisory "Advisory" "アドバイザリ";
    HowMany "How many have your products" "貴社製品の利用件数";
    HowManyNote "Operators, and units, in classes of numbers. Fewer than three operators, none included, are not told." "事業者数と台数を区分で示します。事業者が三者に満たない場合(零を含む)は示しません。";
    Product "Product" "製品";
    NotTold "not told" "非表示";
    Units "units" "台";
    Older "Older ones" "以前のもの";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for word in AffectedWord::ALL {
            let (en, ja) = (word.text(Language::En), word.text(Language::Ja));
            assert!(!en.is_empty() && !ja.is_ascii(), "{word:?}: {ja}");
        }
    }
}
