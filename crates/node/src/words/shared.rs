//! The words of the pages about what is shared, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of the pages about what is shared.
    SharedWord:
    Shared "Shared" "共有";
    Posts "Posts of machines" "機器からの投稿";
    PostsIntro "What a machine posts for others waits here until a supervisor lets it go through the release gate." "機器が他者向けに投稿したものは、監督者が提供の審査を経て許可するまでここで待ちます。";
    NoPosts "Nothing waits." "待っているものはありません。";
    Post "Post" "投稿";
    When "When" "日時";
    Machine "Machine" "機器";
    Collection "Collection" "コレクション";
    CollectionGone "taxii.json does not have it any more" "taxii.json にはもうありません";
    Objects "Objects" "オブジェクト";
    RefusedObjects "Objects that were refused" "拒否されたオブジェクト";
    Readers "Readers" "閲覧者";
    Class "Class" "区分";
    State "State" "状態";
    Waits "waits" "待機中";
    LetGo "let go," "許可済み、";
    KeptBack "not let go" "不許可";
    Entry "entry" "記録番号";
    By "By" "決定者";
    Why "Why; for the house alone" "理由(内部用)";
    LetItGo "Let it go" "許可する";
    LetItGoIntro "The gate judges it for everybody who reads the collection now. The entry in the log names you, the class, the readers and the digest of what goes." "現在の閲覧者全員について審査します。ログには、あなた、区分、閲覧者、提供内容のダイジェストが記録されます。";
    Basis "On which basis of the law, for which purpose" "法律上の根拠と目的";
    Rights "How the rights of communication parties were considered (art. 43)" "通信の当事者の権利への配慮(法第43条)";
    KeepIt "Do not let it go" "許可しない";
    FirstObjects "The first hundred." "先頭の100件です。";
    Polled "Polled of partners" "提携先から取得したもの";
    PolledIntro "What partners give lies here and goes to nobody but through the release gate." "提携先から得たものはここに置かれ、提供の審査を経なければ誰にも渡りません。";
    NothingPolled "Nothing." "ありません。";
    Partner "Partner" "提携先";
    LastRun "Last run" "最終取得";
    Good "good" "正常";
    Next "Next" "次へ";
    Envelope "All of them, as a file" "すべてをファイルで見る";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_is_there_in_each_language() {
        for word in SharedWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
