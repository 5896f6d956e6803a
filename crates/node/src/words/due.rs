//! The words of the pages of what is due and of the schedule of duties, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    DueWord:
    Due "What is due" "期限の一覧";
    Overdue "Overdue" "期限超過";
    Soon "Due soon" "期限が近いもの";
    Nothing "Nothing is overdue." "期限を過ぎたものはありません。";
    Kind "Kind" "種別";
    About "About" "対象";
    WhoActs "Who acts" "対応する者";
    TheOperator "the operator" "事業者";
    TheOffice "the office" "内閣府";
    Last "Last day (Japan time)" "期限（日本時間、当日24時）";
    DaysLate "Days late" "超過日数";
    Why "Why" "根拠";
    AsCsv "Save as CSV" "CSVで保存";
    Days "Show also what is due within so many days" "何日以内に期限となるものも表示";
    Show "Show" "表示";
    More "There is more; the list shows the longest overdue." "一覧は超過の長い順に一部を表示しています。";
    Report "report" "報告";
    Case "case" "事案";
    Guidance "guidance" "指導及び助言";
    Letter "letter" "命令・意見";
    Ticket "ticket" "問合せ";
    Notice "notice" "届出";
    Register "asset register" "資産台帳";
    Registration "registration" "早期警戒の登録";
    Alert "alert" "早期警戒の送付";
    Weakness "weakness" "脆弱性";
    Schedule "Schedule of duties" "義務の別表";
    ScheduleHow "Every number and list of the law that a duty rests on. A figure is marked where nobody held it against the law yet." "義務の根拠となる数値と一覧です。法令と照合されていないものには印が付きます。";
    Version "Version" "版";
    InForceFrom "In force from" "適用開始";
    BuiltIn "built in, signed by nobody" "組込み（署名なし）";
    Signed "signed by the office" "内閣府の署名あり";
    Ahead "signed, not in force yet" "署名済み、適用開始前";
    Figure "Figure" "項目";
    Value "Value" "値";
    Mark "Mark" "印";
    Source "Source" "出典";
    Unverified "UNVERIFIED" "未確認";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_of_what_is_due_is_there_in_each_language() {
        for word in DueWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
