//! The words of the pages of reports, in one table. In: a word's name, a language. Out: text. Never: words of the law other than those of the glossary.

words! {
    /// A word or sentence of the pages of reports.
    ReportWord:
    Reports "Incident reports" "特定侵害事象等の報告";
    Case "Case" "事案";
    Operator "Operator" "事業者";
    Form "Common form" "共通様式";
    FormDdos "Denial of service" "DDoS攻撃";
    FormRansomware "Ransomware" "ランサムウェア";
    FormOther "Other" "その他";
    Stage "Stage" "段階";
    StagePrompt "Prompt report" "速報";
    StageFull "Full report" "詳報";
    StageCorrection "Correction" "訂正";
    Recognised "Recognised (Japan time)" "認知日時（日本時間）";
    RecognisedOnce "The time of recognition is set once, here." "認知日時はここで一度だけ記録されます。";
    NewCase "Open a case" "事案を開く";
    NewCaseName "Name of the case: a to z, 0 to 9, dot and hyphen" "事案番号（a-z、0-9、. -）";
    Filed "Filed" "提出";
    Receipted "Receipted" "受領";
    NoCases "No case." "事案はありません。";
    WhoseNode "Whose node this is" "このノードの事業者";
    WhoseNodeHow "The operator's name, as the office knows its node. It is set once." "内閣府に登録された事業者名。一度だけ設定します。";
    Set "Set" "設定する";
    SendNow "Send what waits" "送付待ちを送る";
    SendByItself "The node sends by itself, too, as soon as the office's node answers." "通信が回復すれば自動でも送付されます。";
    Due "Due" "期限のあるもの";
    Until "Until the end of (Japan time)" "期限（日本時間、当日24時）";
    Target "target" "目安";
    State "State" "状態";
    Running "running" "期限内";
    TargetPassed "target passed" "目安超過";
    Overdue "OVERDUE" "期限超過";
    Done "done" "済";
    DoneLate "done late" "期限後に済";
    DueAcknowledgement "Acknowledgement by the office" "内閣府による受領の通知";
    DueOther "Answer" "回答";
    Questions "1. Is it to be reported?" "1. 報告の要否";
    QuestionsHow "What is not answered is unsure, and unsure never gives a no." "未回答は「不明」です。不明は「報告不要」になりません。";
    OutcomeReport "A report is due." "報告が必要です。";
    OutcomeUnsure "A report is due: an answer is unsure." "不明の回答があるため、報告が必要です。";
    OutcomeNot "No report is due by these answers. Filing is possible all the same." "この回答では報告の義務はありません（任意の提出は可能です）。";
    QMachine "What kind of machine is it?" "電子計算機の区分";
    QFirstMonths "Is it within six months of designation or a change of scope?" "指定又は対象の変更から六か月以内か";
    QCode "Was malicious code run, or received?" "不正な指令は実行又は受信されたか";
    QCredential "Was someone else's credential entered?" "他人の識別符号が入力されたか";
    QBypass "Was bypass information or a bypass command entered?" "制限を免れる情報又は指令が入力されたか";
    QTheft "Were credentials stolen?" "識別符号が窃取されたか";
    QTrace "Are there traces of one of these?" "これらの痕跡があるか";
    QObstruction "Was obstruction completed, or only attempted?" "業務妨害は遂げられたか、未遂か";
    AYes "yes" "はい";
    ANo "no" "いいえ";
    AUnsure "unsure" "不明";
    ACore "core" "中核";
    AOther "another in scope" "中核以外の対象";
    AOutside "outside" "対象外";
    ARun "run" "実行された";
    AReceived "received, not run" "受信のみ";
    ACompleted "completed" "既遂";
    AAttempted "attempted" "未遂";
    Document "2. The report" "2. 報告";
    Item1 "Item 1: type" "第一項 事案の種別";
    Item2 "Item 2: operator" "第二項 事業者の概要";
    Item3 "Item 3: event" "第三項 事案の概要";
    Item4 "Item 4: computer" "第四項 電子計算機";
    Item5 "Item 5: technical matters" "第五項 技術的事項";
    Item6 "Item 6: response" "第六項 対応";
    Item7 "Item 7: other" "第七項 その他";
    Needed "needed" "必要";
    NeededOrUnknown "needed, or not known yet" "必要（不明可）";
    NotKnown "not known yet" "不明";
    Choose "–" "―";
    Reason "Why it is corrected" "訂正の理由";
    Filer "Who files" "提出者";
    Save "Save the draft" "下書きを保存";
    Saved "The draft is kept. Nothing was sent." "下書きを保存しました。送付はしていません。";
    File "3. File" "3. 提出";
    FileNow "File this stage" "この段階を提出する";
    FileHow "Filing keeps this version for ever; it can be corrected and never deleted." "提出した版は残り、訂正はできますが削除はできません。";
    GoesTo "Goes to" "提出先";
    CabinetOffice "Cabinet Office" "内閣府";
    Headquarters "headquarters" "本省";
    Mend "To mend before it can be filed" "提出までに必要な項目";
    NothingToMend "Nothing is missing." "不足はありません。";
    Versions "Versions" "版";
    Version "Version" "版";
    Receipt "Receipt" "受領証";
    Waits "waits to be sent" "送付待ち";
    Verified "verified" "検証済み";
    Download "Download" "ダウンロード";
    AsJson "JSON" "JSON";
    AsWorkbook "workbook" "表計算";
    Upload "Take a document" "文書を取り込む";
    UploadHow "A JSON document or workbook, as it was downloaded here or elsewhere; it becomes the draft of its case." "ダウンロードしたJSON文書又は表計算。その事案の下書きになります。";
    AddFile "Keep a file with the case, at most 16 MiB" "ファイルを添付（16MiBまで）";
    DraftNow "The draft as it stands" "下書きの内容";
    Files "Files" "ファイル";
    FilesNever "Files are never shown, only saved." "ファイルは表示されません。保存のみできます。";
    Guidance "Guidance" "指導及び助言";
    NoGuidance "No guidance." "指導及び助言はありません。";
    Subject "Subject" "件名";
    AnswerBy "Answer by" "回答期限";
    Lines "Lines to tick, one a line" "確認項目（一行に一つ）";
    Advise "Write guidance" "指導・助言を送る";
    TickDone "done" "実施済";
    TickPlanned "planned" "予定";
    TickNotApplicable "does not apply" "対象外";
    TickNotDone "will not be done" "実施しない";
    TickDay "by which day" "予定日";
    TickWhy "why" "理由";
    AnswerNow "Answer" "回答する";
    Answered "answered" "回答済";
    NotSent "not sent yet" "未送付";
    All "all" "すべて";
    StateNew "new" "新着";
    StateAcknowledged "acknowledged" "受領通知済";
    StateClosed "closed" "終結";
    Acknowledge "Acknowledge" "受領を通知する";
    Timeline "Timeline" "経過";
    When "Time (Japan)" "時刻（日本時間）";
    By "By" "担当";
    What "What" "内容";
    Note "Note" "記録";
    AddNote "Add the note" "記録を追加";
    Tasks "Tasks" "作業";
    Task "Task" "作業";
    TaskBy "By which day" "期限";
    AddTask "Add the task" "作業を追加";
    TaskIsDone "Done" "済にする";
    Observables "Observables" "観測事項";
    AlikeTitle "May be about the same event" "同一事案の可能性";
    AlikeHow "A suggestion: time and observables overlap. Nothing is merged." "時期と観測事項が重なる候補です。統合はされません。";
    Related "Others that share observables" "観測事項が共通する他の事案";
    MarkSame "Note as the same event" "同一事案と記録する";
    CloseCase "Close the case" "終結する";
    OpenCase "Open it again" "再開する";
    Numbers "Numbers of the sectors" "業種別の件数";
    Hidden "fewer than 3" "3件未満";
    Total "Total" "合計";
    InTime "In time" "期限内";
    Late "Late" "期限超過";
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
