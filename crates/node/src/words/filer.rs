//! The words of the pages of filers, of sticks and of the choices of a report, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    FilerWord:
    Filers "Who files for us" "提出を委ねた者";
    FilersHow "A supplier files under its own name, through the people and machines named here, until the end of the day. The office is told, so that the supplier's own machine may file there too." "委託先は、ここに記した者又は機器により、自らの名称で、期日の終わりまで提出できます。内閣府にも通知され、委託先自身の機器も提出できます。";
    NoFilers "Nobody files for this operator." "委ねた者はいません。";
    Filer "Name in documents" "文書上の名称";
    WhoIs "People and machines, one a line" "利用者及び機器のID（一行に一つ）";
    Until "Until the end of" "期日";
    OnCases "on single cases alone" "個別の事案のみ";
    Ended "ended" "終了";
    Allow "Allow" "委ねる";
    End "End at once" "直ちに終了する";
    Minister "Minister" "所管大臣";
    Bureau "Bureau" "地方支分部局";
    AnyOne "all" "すべて";
    Headquarters "headquarters" "本省";
    Filter "Show" "絞り込む";
    Next "Next page" "次のページ";
    Stick "By hand, on a stick" "媒体による提出";
    StickHow "For when the line or the portal is down: the package holds what waits to be sent, signed by this node. The receipts come back on the same stick." "通信又は窓口が使えない場合：送付待ちのものをこのノードの署名付きで媒体に保存します。受領証も媒体で戻ります。";
    PackageDown "Save the package" "媒体用の文書を保存";
    ReceiptsUp "Take the receipts that came back" "戻った受領証を取り込む";
    PackageUp "Take a package from a stick" "媒体の文書を受け付ける";
    PackageUpHow "The package must be signed by a node whose certificate this node pins; the answer is the file of receipts for the way back." "登録済みの事業者のノードが署名したものに限ります。受領証の文書が返ります。";
    ReceiptDown "Save the receipt" "受領証を保存";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_of_filers_is_there_in_each_language() {
        for word in FilerWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
