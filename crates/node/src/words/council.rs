//! The words of the pages of the council and of products, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    CouncilWord:
    Council "Council" "協議会";
    Members "Members" "構成員";
    Member "Member" "構成員名";
    State "State" "状態";
    Since "Since" "開始";
    ConsentedBy "Consented for it" "同意した者";
    InvitedBy "Invited by" "招請者";
    Entry "Log entry" "記録番号";
    Invite "Invite" "招請する";
    InviteHow "An operator is a member once a person of its own node has consented." "事業者自身の担当者が同意して初めて構成員となります。";
    Leave "Leave the council" "協議会を脱退する";
    LeftIt "Left" "脱退";
    IsMember "member" "構成員";
    IsInvited "invited, has not answered" "招請中(未回答)";
    HasDeclined "declined" "辞退";
    HasLeft "left" "脱退済み";
    IsNone "no member" "構成員ではない";
    Consent "Join the council" "協議会に参加する";
    ConsentMeans "By joining, this organisation consents to receive what the council shares, to keep it secret, and to comply with its requests for material unless it has just cause (Act 42/2025 art. 45). Your id is recorded." "参加により、協議会が共有する情報の受領と守秘、並びに正当な理由がある場合を除き資料の求めに応じることに同意します(法第45条)。あなたのIDが記録されます。";
    Decline "Do not join" "参加しない";
    Counts "Given, and given against an opinion" "提供件数と意見に反した提供件数";
    Given "given" "提供";
    Overridden "against the opinion" "意見に反した提供";
    Submissions "Submissions" "提出された情報";
    Submitter "Submitted by" "提出者";
    Waits "waits" "待機中";
    Submit "Submit to the council" "協議会に提出する";
    Class "Class" "区分";
    Secret "with secrets, to be controlled" "秘密を含む(要管理)";
    Open "without secrets" "秘密を含まない(周知等用)";
    What "What it says" "内容";
    Tlp "TLP" "TLP";
    Pap "PAP" "PAP";
    OpinionText "Opinion on handling, shown on every copy" "取扱いに関する意見(全ての写しに表示)";
    OpinionMembers "For these members alone, with commas; all without it" "提供してよい構成員(読点区切り、空欄は全員)";
    Opinion "Opinion on handling" "取扱いに関する意見";
    NoOpinion "The submitter gave no opinion." "提出者の意見はありません。";
    OverriddenBy "Given against the opinion by" "意見に反して提供した者";
    Reason "Reason" "理由";
    Release "Let it go" "提供する";
    ToMembers "To these members, with commas; without it to those of the opinion, or all" "提供先の構成員(読点区切り、空欄は意見に従う)";
    Basis "Legal basis" "根拠条文";
    Rights "How the rights of communication parties were considered" "通信の当事者の権利への配慮";
    OverrideReason "Why the opinion is overridden, where it is" "意見に反する場合の理由";
    Copies "Copies" "写し";
    Nothing "Nothing." "ありません。";
    Materials "Requests for material" "資料の求め";
    Subject "Subject" "件名";
    ReplyBy "Answer due by (UTC)" "回答期限(UTC)";
    Overdue "overdue" "期限超過";
    AskMaterial "Ask for material" "資料を求める";
    MaterialText "What is asked for, and what it is needed for" "求める資料とその必要性";
    GiveMaterial "The material, or where it is" "資料又はその所在";
    RefuseMaterial "Or the just cause for which it is not given" "又は応じない正当な理由";
    Answer "Answer" "回答する";
    Answered "Answered by" "回答者";
    WasGiven "given" "提供済み";
    WasRefused "refused, with just cause" "正当な理由により不提供";
    Asked "asked" "求め中";
    Products "Products" "提供情報";
    NoProducts "No product." "提供情報はありません。";
    Recipient "Recipient" "提供先";
    Version "Version" "版";
    Versions "all versions" "全ての版";
    Indicators "Indicators, one a line" "指標(1行に1件)";
    LookFor "What to look for" "指標";
    Recipients "Recipients, one a line, such as operator/borea" "提供先(1行に1件、例 operator/borea)";
    FromOperator "From a report: its operator" "報告した事業者";
    FromCase "and its case" "その事案";
    DespiteWarnings "Why indicators go that a warning list names" "警告リストに載る指標を提供する理由";
    Replaces "Next version of the product" "次の版とする提供情報の番号";
    Fix "How it is mended or worked around" "対処方法";
    Conditions "What the law asks for beside, one a line: kind, recipient, until, reason, each behind a space" "法が求める条件(1行に1件:種別 提供先 期限 理由)";
    Transforms "What is taken out first, one a line, such as: remove secret" "事前の加工(1行に1件、例 remove secret)";
    SecretField "What is secret in it" "秘密の内容";
    MakeProduct "Make a product" "提供情報を作成する";
    Controlled "Handling of controlled information applies." "要管理情報として取り扱ってください。";
    When "Time (UTC)" "時刻(UTC)";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_of_council_and_products_is_there_in_each_language() {
        for word in CouncilWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
