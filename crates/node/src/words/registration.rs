//! The words of the pages of registrations, of rates and of ways, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of these pages.
    RegistrationWord:
    Waiting "Registrations waiting" "確認待ちの登録";
    NoneWaits "No claim waits." "確認待ちの登録はありません。";
    Operator "Operator" "事業者";
    What "What was found" "確認の結果";
    When "When" "日時";
    Who "By" "確認者";
    Place "Where it is looked for" "確認の場所";
    HasToStand "What has to stand there" "置くべき文字列";
    NextLook "Next look" "次の確認";
    NoLook "Nobody looks by itself any more" "自動の確認は行われません";
    WrittenTo "Written to" "送信先";
    Stands "How it stands" "状態";
    Asked "asked" "確認中";
    Shown "shown" "確認済み";
    Ended "ended" "終了";
    RenewFrom "Can be renewed from" "更新可能な日";
    Renew "Register it again to renew" "更新するには再び登録してください";
    LookNow "Look now" "今すぐ確認する";
    DoTxt "Set this TXT record in DNS. The office's node looks by itself, and again later where it is not there." "DNSにこのTXTレコードを設定してください。内閣府のノードが自動で確認し、なければ後で再び確認します。";
    DoFile "Serve this text at this address. The office's node looks by itself, and again later where it is not there." "このアドレスでこの文字列を公開してください。内閣府のノードが自動で確認し、なければ後で再び確認します。";
    DoMail "The contact of the registry gets a mail with a text. Its answer to that mail shows control." "登録機関の連絡先に文字列を記したメールが届きます。その返信により管理を確認します。";
    DoPaper "Bring a paper of the registry with this text on it to the office." "この文字列を記した登録機関の書面を内閣府に提出してください。";
    DoAgain "The time is over. Register it again for a new text." "期限が過ぎました。再び登録すると新しい文字列が示されます。";
    DoNothing "Nothing is to be done." "作業は不要です。";
    FoundShown "shown" "確認できた";
    FoundWritten "the contact was written to" "連絡先に送信した";
    FoundNothing "nothing there" "見つからない";
    FoundOther "not what was asked for" "求めた内容と異なる";
    PaperReference "Reference on the paper that you saw" "確認した書面の文字列";
    MailText "Text of the answer by mail" "返信メールの本文";
    FromContact "The sender is the registered contact, as the mail's own checks say" "送信者が登録された連絡先であることをメールの検証で確認した";
    Record "Put on record" "記録する";
    Times "How long things hold" "期間の設定";
    Source "Source" "出典";
    Verified "verified" "確認済み";
    NotVerified "not verified" "未確認";
    Seconds "seconds" "秒";
    Number "times" "回";
    Name "Name" "名称";
    Rates "What was answered about each source" "情報源ごとの回答";
    NoRates "Nothing was answered yet." "まだ回答はありません。";
    RateAlerts "Alerts" "通知";
    RateSilent "Not answered" "未回答";
    RateFalse "False of judged" "誤りの割合";
    Ways "How you are told" "通知の方法";
    Webhook "Webhook, https" "Webhookの宛先(https)";
    MailTo "Mail address for a digest" "まとめメールの宛先";
    MailLanguage "Language of the digest" "メールの言語";
    EveryHours "Every so many hours" "送信間隔(時間)";
    SetWays "Set both; what is empty is not used" "設定する(空欄の方法は使いません)";
    Secret "The secret that signs your webhook. It is shown here once; keep it where your receiver reads it." "Webhookに署名するための秘密鍵です。表示は一度限りです。受信側で読める場所に保管してください。";
    NewSecret "To get a new secret, take the webhook away and set it again." "新しい秘密鍵が必要な場合は、Webhookを一度削除して再び設定してください。";
    All "All" "すべて";
    Older "Older ones" "以前のもの";
    Details "Details" "詳細";
    Fields "What the source said" "情報源の記載";
    FieldsCut "more fields were left out" "項目は省略されています";
    Answers "Answers" "回答の履歴";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for word in RegistrationWord::ALL {
            let (en, ja) = (word.text(Language::En), word.text(Language::Ja));
            assert!(!en.is_empty() && !ja.is_empty(), "{word:?}");
            assert!(!ja.is_ascii(), "{word:?}: {ja}");
        }
    }
}
