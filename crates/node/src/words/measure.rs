//! The words of the pages of measures and complaints, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    MeasureWord:
    Measures "Measures" "措置";
    Measure "Measure" "措置";
    None "No measure is on record." "記録された措置はありません。";
    Stage "Stage" "段階";
    Level "Level" "水準";
    Effects "Effects" "効果";
    InForce "Can be in force" "効力を持ち得る数";
    Until "Until" "期限";
    NextDue "Next deadline" "次の期限";
    More "There is more; the list shows a part." "一覧は一部です。";
    Drafted "drafted" "起案";
    Reviewed "reviewed" "審査済み";
    Asked "before the commission" "委員会に付議";
    Questioned "the commission asks" "委員会の質問中";
    Approved "approved" "承認済み";
    Refused "refused" "不承認";
    Urgent "urgent" "緊急";
    Dispatching "is put in force" "実施中(段階的)";
    WhollyInForce "in force" "実施中";
    Suspended "suspended" "停止中";
    Ending "is taken back" "解除中";
    Ended "ended" "終了";
    Reported "reported" "報告済み";
    Plan "Plan" "計画";
    Harm "Harm" "被害";
    Imminence "Why it is near" "切迫性";
    Necessity "Necessity" "必要性";
    Proportionality "Proportionality" "比例性";
    Scope "Scope" "範囲";
    Works "It works if" "達成の基準";
    Stops "It stops early if" "早期終了の基準";
    Evidence "Evidence" "証拠";
    What "What" "内容";
    Class "Class" "区分";
    Taken "Taken in" "取得日時";
    Withheld "Withheld" "除外";
    Alternatives "Milder means" "より緩やかな手段";
    Collateral "Who else is met, when it was last held against the rules" "他に影響を受ける者(直近の審査)";
    Cautions "Look twice before saying yes" "承認前に確認すべき点";
    Deed "Deed" "行為";
    NoticesOwn "Notices are no effects: the office sends them itself, and each is a duty of its own." "通知は措置の行為には含まれません。事務局が自ら送付し、それぞれを義務として管理します。";
    Target "Target" "対象";
    Actuator "Actuator" "実施装置";
    Controller "Controlled by" "管理者";
    State "State" "状態";
    Verdicts "What it did" "措置の効果";
    Verdict "Verdict" "判定";
    JudgedAt "Judged of" "判定時点";
    JudgedBy "Judged by" "判定の根拠";
    Reasons "Why" "理由";
    Effective "effective" "有効";
    Partly "partly effective" "一部有効";
    NoEffect "no effect" "効果なし";
    Displaced "the attack moved" "攻撃元の移転";
    NotKnown "not known" "不明";
    Findings "Entries of findings" "検知の記録番号";
    Clocks "What is owed" "果たすべき義務";
    Owed "Owed" "義務";
    Due "Due" "期限";
    Done "Done" "完了";
    Late "late" "超過";
    Unverified "UNVERIFIED" "未確認";
    Complaints "Complaints" "苦情";
    Reference "Reference" "受付番号";
    Answer "Answer" "回答";
    Upheld "The block was wrong; the measure ends" "措置は誤り(措置を終了)";
    Dismissed "The block was right" "措置は正当";
    Decide "Decide" "決定する";
    Release "Take everything back" "すべて解除する";
    Confirm "Yes, take all effects of this measure back now" "はい、この措置の効果を直ちにすべて解除します";
    Hold "Stop dispatch" "新たな実施を止める";
    HoldHow "What is in force stays until its end." "実施中のものは期限まで続きます。";
    ForTwo "It is renewed at level 2, and one alone dispatched it: what is in force ends at its own time, if two people do not dispatch it before." "レベル2で更新されましたが、実施したのは一人です。改めて二人で実施しない限り、実施中のものは元の期限で終わります。";
    Free "Let dispatch go on" "実施を再開する";
    FreeHow "Another than who carries out may." "執行担当者以外の者が行います。";
    Alarms "Alarms since the node started" "起動後の警報";
    Approval "Approval" "承認";
    Complain "Complain about a block" "措置についての苦情";
    ComplainHow "If an address or name of yours is blocked by a measure, say so here. Nothing about you is asked. A person decides and answers within a day; keep the reference, it is the only way to the answer." "あなたのアドレス又は名前が措置の対象となっている場合は、ここから申し出てください。あなたに関する情報は求めません。担当者が一日以内に判断して回答します。回答は受付番号でのみ確認できます。";
    WhichTarget "Which address or name, or the reference that the block tells" "対象のアドレス、名前又は措置の照会番号";
    InWords "What is wrong" "申出の内容";
    Send "Send" "送信する";
    KeepIt "Keep this reference:" "この受付番号を保管してください:";
    HowItStands "How it stands" "現在の状況";
    ByRule "Looked at by rule" "規則による確認";
    Register "All complaints in numbers" "苦情の件数";
    Received "received" "受付";
    Open "open" "審査中";
    EndedFor "measures ended for one" "苦情により終了した措置";
    UpheldShort "upheld" "認容";
    DismissedShort "dismissed" "棄却";
    NoMeasures "This node carries out no measures." "このノードは措置を実施していません。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_of_measures_is_there_in_each_language() {
        for word in MeasureWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
