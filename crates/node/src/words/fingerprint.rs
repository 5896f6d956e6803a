//! The words of the pages of fingerprints of floods, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    FloodWord:
    Fingerprints "Fingerprints of floods" "DDoSの特徴情報";
    None "There is none." "ありません。";
    Given "Given by the office" "内閣府から提供されたもの";
    Sent "Sent by operators" "事業者から送られたもの";
    From "From" "送信者";
    When "When" "日時";
    Packets "Packets" "パケット数";
    Vectors "What it consists of" "攻撃の内訳";
    Words "What it means" "説明";
    Marking "Marking" "取扱区分";
    Download "Download" "ダウンロード";
    Protect "Your prefix that is to be kept free" "守る自組織のプレフィックス";
    Form "Form" "形式";
    FormJson "the fingerprint itself" "特徴情報そのもの";
    Rules "Write as rules; nothing is loaded" "規則として出力する(適用はされません)";
    Case "Case of a report on a flood" "DDoS報告の事案名";
    Fill "Fill in the report's empty fields" "報告の空欄に転記する";
    FillHow "Volume is the mean of what was captured: put the largest in its place where you know it." "通信量は取得分の平均です。最大値が分かる場合は書き換えてください。";
    Send "Send a fingerprint to the office" "特徴情報を内閣府に送る";
    SendHow "Paste what `sakimori ddos fingerprint` made. It has no payload, and no address of a client or of who was attacked." "「sakimori ddos fingerprint」の出力を貼り付けてください。通信の内容や利用者・被害者のアドレスは含まれません。";
    Taken "The office has it." "内閣府が受け取りました。";
    Release "Let it go through the gate" "審査を経て提供する";
    Recipients "For whom, one a line, as operator/borea" "提供先(1行に1つ、operator/boreaの形式)";
    Basis "Basis in the law" "法律上の根拠";
    Rights "How the rights of communication parties were considered" "通信の当事者の権利への配慮";
    LetGo "It is on record and given." "記録され、提供されました。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for word in FloodWord::ALL {
            let (en, ja) = (word.text(Language::En), word.text(Language::Ja));
            assert!(!en.is_empty() && !ja.is_empty(), "{word:?}");
            assert!(!ja.is_ascii(), "{word:?}: {ja}");
        }
    }
}
