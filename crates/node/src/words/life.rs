//! The words of the pages on lives of measures: plans for whoever decides, renewals, the stop of the whole office. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    LifeWord:
    PlanOf "The plan behind it" "背後の計画";
    PlanHow "The text that is signed names this plan by its digest; this node computed the same digest from what is shown here." "署名対象の文面はこの計画を要約値で指定しています。このノードはここに表示した内容から同じ要約値を計算しました。";
    PlanMissing "The plan behind the text is not there: the office's node did not give it, or gave another." "文面の背後の計画がありません。室のノードが提供しないか、別の計画を提供しました。";
    Digest "Digest" "要約値";
    Window "Judged after so many seconds in force" "判定までの実施秒数";
    Span "Counted over so many seconds, and held against as many before the measure" "計測する秒数(措置前の同じ秒数と比較)";
    Moved "Held to have moved, if so many percent of the victims have a new attacker, and at least one" "被害者のこの割合(%)に新しい攻撃元がある場合(一件以上)、移転とみなす";
    People "Who stands for it" "担当者";
    Proposed "Proposed by" "起案者";
    Reviewed "Reviewed by" "審査者";
    Executor "Carried out by" "実施者";
    Superior "Ordered by" "命令者";
    Route "Route" "根拠";
    Order "Order of the Prime Minister" "内閣総理大臣の命令";
    Consultation "Consultation with the Foreign Minister" "外務大臣との協議";
    Asked "Window that is asked for" "求める期間";
    Renewals "Renewals, and how many are allowed" "更新回数と上限";
    RollOut "Seconds between steps, longest effect in seconds, most effects" "段階間の秒数・効果の最長秒数・効果の上限数";
    Observations "What others saw of the targets" "対象の観測";
    Source "Source" "情報源";
    Observer "Observer" "観測者";
    Owner "Holder" "保有者";
    Country "Country" "国";
    Facts "What is known of who else is met" "他に影響を受ける者についての事実";
    Names "Names" "名前";
    Clients "Clients of a week" "週の利用者";
    Nobody "nobody knows" "不明";
    At "When" "日時";
    Others "Who else is met, in words" "他に影響を受ける者(説明)";
    Lives "Measures, as the log shows them" "記録に基づく措置";
    LivesHow "Everything here is read from the commission's own copy of the log." "この頁の内容はすべて委員会自身の記録の写しによります。";
    Texts "Texts, and what was decided of them" "文面とその決定";
    Revision "Revision" "版";
    Entry "Entry" "記録番号";
    Request "Request" "請求";
    Authority "Authority" "承認";
    Suspended "Suspended by" "停止した者";
    Urgent "Urgent" "緊急";
    Acts "What was done" "実施の記録";
    Act "Act" "行為";
    Step "Step" "段階";
    Words "In words" "内容";
    OutOfOrder "out of order" "順序外";
    Report "Report" "報告";
    ReportDue "due by" "提出期限";
    ReportThere "on record, or nothing was dispatched" "提出済み、又は実施なし";
    NotDecided "nothing is decided" "未決定";
    Figures "Figures of the year" "年間の件数";
    Renew "Renewal" "更新";
    RenewHow "The renewal as JSON: what is new, fresh observations, the window. Without a text the text that both officers sign is shown; with the text as both signed it the commission is asked." "更新の内容(JSON):新しい証拠、最新の観測、期間。文面を入力しない場合は両担当者が署名する文面を表示し、両者が署名した文面を入力した場合は委員会に請求します。";
    RenewalText "The text as both officers signed it" "両担当者が署名した文面";
    ToSign "This text is signed by both officers" "両担当者が署名する文面";
    AskFor "Go on" "進む";
    AskedFor "A renewal is before the commission" "更新は委員会に付議中です";
    StopAll "Stop dispatch at the whole office" "室全体の新たな実施を止める";
    StopHow "Also of what is decided later, until another person lets it go. What is in force stays until its end." "今後決定されるものを含みます。別の者が解除するまで続きます。実施中のものは期限まで続きます。";
    Stopped "Dispatch is stopped at the whole office" "室全体の新たな実施は停止中です";
    LetGo "Let dispatch go on" "実施の再開を認める";
    LetGoHow "Another than who stopped it, and nobody who carries out." "停止した者及び実施者以外に限ります。";
    Why "Why" "理由";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_of_lives_is_there_in_each_language() {
        for word in LifeWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
