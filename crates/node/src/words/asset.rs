//! The words of the pages of assets and of the early warning, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    AssetWord:
    Assets "Assets" "資産台帳";
    Alerts "Early warning" "早期警戒";
    NoOutline "Say first who the operator is and since when it has the duty." "はじめに事業者の概要と義務の開始日を登録してください。";
    Outline "The operator" "事業者の概要";
    Name "Name" "名称";
    Address "Address" "所在地";
    Representative "Represented by" "代表者";
    Contact "Whom to ask, and how" "連絡先";
    Sector "Sector" "業種";
    Designated "Designated on" "指定日";
    ScopeChanged "Change of scope on, if there was one" "対象の変更日(あれば)";
    Save "Save" "保存";
    NumberShort "No." "番号";
    Maker "Maker" "製造者";
    Product "Product" "製品";
    Version "Version" "版";
    PackageUrl "Package URL" "パッケージURL";
    Class "Class" "種別";
    Scope "Scope" "対象";
    InScope "in scope" "対象";
    ToAsk "in scope until a question is answered" "確認まで対象とみなす";
    Outside "outside" "対象外";
    ToTell "To be told" "届出";
    TellNothing "no notice; the incident duty remains where it is in scope" "届出不要(対象であれば報告義務は残る)";
    TellTold "told" "届出済み";
    TellNew "to be told" "要届出";
    TellChanged "changed: to be told" "変更届出が必要";
    TellRemoved "not used any more: to be told" "使用終了:変更届出が必要";
    LastDay "Last day" "期限";
    Overdue "overdue" "期限超過";
    DaysLeft "runs" "期限内";
    Import "Import a list" "一覧の取り込み";
    ImportHow "Send a file, CSV or XLSX, or paste a list as CSV. All of it is taken or nothing." "CSV又はXLSXのファイルを送信するか、CSVの一覧を貼り付けてください。全体を取り込むか、何も取り込まないかのいずれかです。";
    File "File (CSV or XLSX)" "ファイル(CSV又はXLSX)";
    WrongCells "cells are wrong" "件の誤ったセルがあります";
    NothingTaken "Nothing was taken." "何も取り込まれていません。";
    MoreCells "more are not listed" "件は表示されていません";
    Row "Row" "行";
    Column "Column" "列";
    FirstOnes "First page" "先頭のページ";
    NextOnes "Next page" "次のページ";
    List "List" "一覧";
    More "It comes to what is there; otherwise what is not in the list is not used any more" "今の台帳に追加する(選ばない場合、一覧にないものは使用終了とします)";
    Take "Take the list" "取り込む";
    MakeAsset "Make an asset notice" "届出を作成する";
    MakeChange "Make a change notice" "変更届出を作成する";
    Details "Tell model, version, count, CPE name and package URL of each asset too, so that weaknesses are matched better" "型式・版・台数・CPE名・パッケージURLも知らせる(脆弱性との照合が正確になります)";
    Notices "Notices" "届出の一覧";
    NoNotices "No notice was made." "届出はありません。";
    Items "Items" "項目数";
    StateMade "waits to be brought to the office" "送信待ち";
    StateTaken "taken by the office" "受領済み";
    Why "Why" "理由";
    Questions "Questions about the computer" "電子計算機についての質問";
    QOperator "Does a designated infrastructure operator use it?" "指定を受けた事業者が用いますか";
    QEquipment "Is it the designated equipment itself or a part of it?" "特定重要設備そのもの又はその一部ですか";
    QConnected "Is it connected to the equipment and able to send data that influences it?" "設備に接続し、影響を及ぼし得るデータを送信できますか";
    QPreparation "Does it prepare data periodically without which the equipment degrades?" "設備の機能が低下しないよう定期的にデータを準備しますか";
    Yes "yes" "はい";
    No "no" "いいえ";
    Unsure "not known" "不明";
    Judge "Judge" "判定する";
    NoAlerts "There is no alert." "通知はありません。";
    Kind "Kind" "種類";
    What "What was seen" "観測されたもの";
    Seen "Seen" "観測";
    By "By" "情報源";
    Grade "Grade" "確度";
    State "State" "状態";
    AnswerIt "Answer" "回答";
    Open "not answered" "未回答";
    AnswerSeen "seen" "確認済み";
    AnswerActed "acted" "対応済み";
    AnswerFalse "false" "誤り";
    AnswerNotRelevant "not relevant" "該当なし";
    KindCompromise "active compromise" "侵害の疑い";
    KindVulnerability "weakness" "脆弱性";
    KindExposure "exposure" "外部への露出";
    Things "What is registered" "登録された資産";
    Thing "Address, prefix, domain or AS number" "アドレス、プレフィックス、ドメイン又はAS番号";
    Method "How control is shown" "管理の証明方法";
    DnsTxt "a TXT record in DNS" "DNSのTXTレコード";
    HttpFile "a file at the host" "ホスト上のファイル";
    MailToContact "a mail to the contact of the registry" "登録機関の連絡先へのメール";
    RegistryPaper "a paper of the registry" "登録機関の書面";
    ShownUntil "Shown until" "証明の有効期限";
    AskedUntil "Asked until" "証明の期限";
    Register "Register" "登録する";
    Show "To be shown" "証明の内容";
    Times "times" "回";
    Matches "Is this yours?" "該当資産の確認";
    NoMatches "No advisory is about what is registered." "登録された資産に関するアドバイザリはありません。";
    OpenAlone "Open questions alone" "未回答の質問のみ";
    AllOfThem "All advisories" "すべてのアドバイザリ";
    Older "Older ones" "以前のもの";
    Advisory "Advisory" "アドバイザリ";
    Asset "Asset" "資産";
    OwnAsset "As it stands in the register" "台帳の記載";
    Meant "As the advisory has it" "アドバイザリの記載";
    Range "Versions that are meant" "対象の版";
    NoRange "not said" "記載なし";
    IsAffected "affected" "影響あり";
    IsNotAffected "not affected" "影響なし";
    IsAsked "asked" "確認が必要";
    Answered "answered" "回答済み";
    AnsweredOn "answered on" "回答日";
    AnsweredFor "for" "対象";
    TakeBack "take the answer back" "回答を取り消す";
    NotThisProduct "not this product" "この製品ではない";
    NotThisVersion "this product, in a version that is not affected" "この製品だが、影響を受けない版である";
    ThisProduct "this product" "この製品である";
    DoubtProduct "Is it this product?" "この製品ですか";
    DoubtMaker "Is it of this maker? The register names none." "この製造者のものですか(台帳に製造者の記載がありません)";
    DoubtModel "Is it this model?" "この型式ですか";
    DoubtVersionUnknown "Which version is it? None is registered." "どの版ですか(届出に版の記載がありません)";
    DoubtVersion "Is its version meant? The two cannot be compared." "この版は対象ですか(版を比較できません)";
    DoubtStatus "The advisory does not say whether it is affected." "アドバイザリは影響の有無を示していません";
    NotReached "The office's node does not answer; try again." "内閣府のノードが応答しません。後ほど再試行してください。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for word in AssetWord::ALL {
            let (en, ja) = (word.text(Language::En), word.text(Language::Ja));
            assert!(!en.is_empty() && !ja.is_empty(), "{word:?}");
            assert!(!ja.is_ascii(), "{word:?}: {ja}");
        }
    }
}
