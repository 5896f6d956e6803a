//! The words of the report, each once, in Japanese and English. In: nothing. Out: words. Never: a word in one language alone.

/// Makes messages with a key, Japanese and English from one table.
macro_rules! messages {
    ($($variant:ident $key:literal $ja:literal $en:literal,)+) => {
        /// A word or sentence of the report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Message { $($variant,)+ }
        impl Message {
            /// Every message, for the test of the table.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)+];
            /// Stable key, as the CSV has it.
            pub(super) const fn key(self) -> &'static str { match self { $(Self::$variant => $key,)+ } }
            /// Japanese.
            pub(super) const fn ja(self) -> &'static str { match self { $(Self::$variant => $ja,)+ } }
            /// English.
            pub(super) const fn en(self) -> &'static str { match self { $(Self::$variant => $en,)+ } }
        }
    };
}

messages! {
    Title "title" "サイバー通信情報監理委員会 年次報告" "Cyber Communications Information Supervisory Commission: yearly report",
    Basis "basis" "サイバー対処能力強化法(令和7年法律第42号)第61条第2項による。全ての数は記録簿から計算され、誰でも再計算できる。年は日本時間の暦年。" "Under Act No. 42 of 2025, art. 61(2). Every number is computed from the log, and anyone can compute it again. The year is the calendar year in Japan time.",
    Heading1 "1" "一 第17条及び第19条の承認の求め及び承認" "1. Requests and approvals under articles 17 and 19",
    Heading2 "2" "二 第32条の承認の求め及び承認" "2. Requests and approvals under article 32",
    Heading3 "3" "三 第33条の承認の求め及び承認" "3. Requests and approvals under article 33",
    Heading4 "4" "四 検査" "4. Inspections",
    Heading5 "5" "五 通知、要求及び勧告" "5. Notices, demands and recommendations",
    Heading6 "6" "六 警察官職務執行法第6条の2の承認の求め、事後の通知及び承認" "6. Police Duties Act art. 6-2: requests for approval, notices after the act, approvals",
    Heading7 "7" "七 前号の措置についての勧告" "7. Recommendations about the measures of heading 6",
    Heading8 "8" "八 自衛隊法第81条の3の承認の求め、事後の通知及び承認" "8. Self-Defense Forces Act art. 81-3: requests for approval, notices after the act, approvals",
    Heading9 "9" "九 前号の措置についての勧告" "9. Recommendations about the measures of heading 8",
    Traffic "traffic" "通信情報の量(月別)" "Communications information by month",
    Authorities "authorities" "承認ごとの必要性" "Necessity, authority by authority",
    Acts "acts" "その他の事項" "Other acts and events",
    Refusals "refusals" "拒否された開始(理由別)" "Starts that were refused, by reason",
    Faults "faults" "障害(種類別)" "Faults, by kind",
    Use "use" "選別後通信情報の利用(利用者別、氏名なし)" "Use of selected information, by actor, without names",
    UnverifiedTitle "unverified" "未検証の法定値" "Values of the schedule that nobody verified",
    Item "item" "事項" "Item",
    Count "count" "数" "Number",
    Month "month" "月" "Month",
    Requests "requests" "承認の求め" "Requests",
    Decisions "decisions" "承認" "Approvals",
    UrgentActs "urgent" "事後の通知" "Notices after the act",
    Opened "opened" "開始した検査" "Inspections opened",
    InspectionFindings "inspection-findings" "検査の指摘" "Findings of inspections",
    Notices "notices" "通知" "Notices",
    Demands "demands" "要求" "Demands",
    Recommendations "recommendations" "勧告" "Recommendations",
    Read "read" "取得(パケット)" "Packets read",
    Selected "selected" "選別(パケット)" "Packets selected",
    Discarded "discarded" "消去(パケット)" "Packets discarded",
    Errors "errors" "解読不能(パケット)" "Packets in error",
    Records "records" "選別後の記録" "Records selected",
    DeletedBuckets "deleted-buckets" "消去した単位" "Buckets deleted",
    DeletedRecords "deleted-records" "消去した記録" "Records deleted",
    Total "total" "計" "Total",
    Authority "authority" "承認番号" "Authority",
    Kind "kind" "種別" "Kind",
    Article "article" "根拠" "Basis",
    Period "period" "期間" "Period",
    For "for" "賛成" "For",
    Against "against" "反対" "Against",
    Conditions "conditions" "条件" "Conditions",
    Facts "facts" "事実" "Facts",
    Necessity "necessity" "必要性" "Necessity",
    Alternatives "alternatives" "他の方法" "Alternatives",
    Rights "rights" "権利への配慮" "Rights",
    ExpectedPpm "expected-ppm" "見込みの割合(百万分率)" "Expected share, per million",
    SelectedPpm "selected-ppm" "選別の割合(百万分率)" "Selected share, per million",
    ReadBefore "read-before" "前年の取得" "Packets read in the year before",
    SelectedBefore "selected-before" "前年の選別" "Packets selected in the year before",
    RecordsBefore "records-before" "前年の記録" "Records in the year before",
    Starts "starts" "開始" "Starts of sensors",
    Findings "findings" "検知" "Findings",
    Queries "queries" "照会" "Queries",
    Rows "rows" "照会の行" "Rows of queries",
    DecisionLeaf "decision-leaf" "承認の記録番号" "Leaf of the decision",
    RequestLeaf "request-leaf" "求めの記録番号" "Leaf of the request",
    RefusedRequests "refused-requests" "承認しなかった求め" "Requests refused by a ruling",
    UrgentRatified "urgent-ratified" "緊急の措置: 追認" "Urgent acts ratified",
    UrgentRefused "urgent-refused" "緊急の措置: 不承認" "Urgent acts refused",
    UrgentLapsed "urgent-lapsed" "緊急の措置: 失効" "Urgent acts lapsed",
    UrgentOpen "urgent-open" "緊急の措置: 年末に未決" "Urgent acts open at the end of the year",
    Gaps "gaps" "欠落" "Gaps told",
    Exports "exports" "提供" "Exports",
    ExportRows "export-rows" "提供の行" "Rows of exports",
    Reidentifications "reidentifications" "再識別化" "Re-identifications",
    Misuses "misuses" "不正利用の疑い" "Cases of misuse",
    DeletionsInTime "deletions-in-time" "期限内の消去" "Deletions in time",
    DeletionsLate "deletions-late" "期限後の消去" "Deletions later than a day behind the end",
    Actor "actor" "利用者" "Actor",
    Name "name" "名称" "Name",
    Value "value" "値" "Value",
    Source "source" "出典" "Source",
    None "none" "なし" "None",
    NotVerified "not-verified" "未検証" "UNVERIFIED",
    Mark "mark" "検証" "Verified",
    Residue "residue" "記録簿は、記録されなかった行為を示すことができない。封印、リース及び切れ目のない受領記録がこれを補う。" "A log cannot show an act that was never recorded. Seal, lease and receipts without a gap answer that.",
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_message_has_its_own_key_and_both_languages() {
        let keys: BTreeSet<&str> = Message::ALL.iter().map(|m| m.key()).collect();
        assert_eq!(keys.len(), Message::ALL.len());
        for message in Message::ALL {
            assert!(
                !message.en().is_empty() && message.en().is_ascii(),
                "{message:?}"
            );
            assert!(!message.ja().is_ascii(), "{message:?}");
        }
    }
}
