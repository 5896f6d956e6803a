//! The words of the report behind the end of a measure, and of its playbook, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of a report.
    ReportWord:
    Report "Report on a measure" "措置の報告書";
    NotHandedIn "This is a draft of what is on record now. It was not handed in." "これは現在の記録による案であり、提出されていません。";
    HandedIn "Handed in; its SHA-256 is in the log." "提出済みです。SHA-256 はログに記録されています。";
    Measure "Measure" "措置";
    Composed "Composed" "作成日時";
    By "By" "作成者";
    Words "Words of the office" "事務局の所見";
    Asked "What was asked" "求めた内容";
    Drafted "Drafted" "起案";
    PlanDigest "SHA-256 over the plan" "計画の SHA-256";
    Playbook "Playbook" "手順書";
    Proposed "Proposed by" "提案者";
    Reviewed "Reviewed by" "審査者";
    Executor "Carried out by" "執行者";
    Superior "Ordered by" "指揮者";
    Level "Level" "水準";
    Harm "Harm" "被害";
    Imminence "Why it was near" "切迫性";
    Necessity "Necessity" "必要性";
    Proportionality "Proportionality" "比例性";
    Scope "Scope" "範囲";
    Milder "Milder means" "より緩やかな手段";
    Success "It works if" "達成の基準";
    Stop "It stops early if" "早期終了の基準";
    Evidence "Evidence" "証拠";
    Name "Name" "名称";
    What "What" "内容";
    Class "Class" "区分";
    Taken "Taken in" "取得日時";
    Bytes "Bytes" "原本";
    Withheld "Withheld" "除外";
    Decided "What was decided" "決定";
    Decision "Decision" "決定";
    At "At" "日時";
    Statement "Statement" "決定書";
    People "People" "関与者";
    More "More" "詳細";
    Done "What was done" "実施";
    Deed "Deed" "行為";
    Target "Target" "対象";
    Actuator "Actuator" "実施装置";
    Controller "Controlled by" "管理者";
    Country "Country" "国";
    Commanded "Commanded" "指令";
    InForce "Read back in force" "効力の確認";
    Gone "Taken back" "解除";
    Failed "Failed answers" "失敗した応答";
    Verdicts "What came of it" "効果の判定";
    Verdict "Verdict" "判定";
    Reasons "Why" "理由";
    Happened "What happened" "経過";
    Lines "further lines are in the chain of custody" "件の記録は証拠保全の連鎖にあります";
    Notices "Notices" "通知";
    Reference "Reference" "受付番号";
    State "State" "状態";
    Down "Seconds until it was down" "停止までの秒数";
    Complaints "Complaints" "苦情";
    Duties "What was owed" "義務";
    Due "Due" "期限";
    Late "late" "超過";
    Unverified "UNVERIFIED" "未確認";
    End "End" "終了";
    How "How it ended" "終了の理由";
    Ended "All taken back" "全解除の日時";
    Flags "Events refused, out of sequence" "拒否された事象、順序外";
    Chain "Chain of custody" "証拠保全の連鎖";
    Links "Links" "件数";
    Head "Hash of the last link" "末尾のハッシュ";
    Waits "A person is waited for" "担当者の対応待ち";
    WaitsEffect "An actuator is waited for" "実施装置の応答待ち";
    StepDone "Done" "完了";
    StepFailed "Not done" "実施できず";
    Value "New value of a variable" "変数の新しい値";
    Variable "Variable" "変数";
    AnswerStep "Answer the step" "手順に回答する";
    Over "The playbook is at its end." "手順書は終了しました。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_of_reports_is_there_in_each_language() {
        for word in ReportWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
