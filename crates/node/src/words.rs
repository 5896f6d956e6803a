//! The words that pages show, in one table. In: a word's name, a language. Out: text. Never: words of the law other than those of the glossary.

/// A table of words: what it is, its type, then name, English, Japanese of each.
macro_rules! words {
    ($(#[$what:meta])* $table:ident: $($name:ident $en:literal $ja:literal;)*) => {
        $(#[$what])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $table {
            $(#[doc = $en] $name,)*
        }

        impl $table {
            /// All of them.
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// In a language.
            pub const fn text(self, language: $crate::words::Language) -> &'static str {
                use $crate::words::Language;
                match (self, language) {
                    $((Self::$name, Language::En) => $en, (Self::$name, Language::Ja) => $ja,)*
                }
            }
        }
    };
}

pub mod affected;
pub mod asset;
pub(crate) mod cells;
pub mod council;
pub mod due;
pub mod filer;
pub mod fingerprint;
pub mod letter;
pub mod life;
pub mod measure;
pub mod measured;
pub mod registration;
pub mod report;
pub mod shared;
pub mod weakness;

use axum::http::{HeaderMap, header};

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// The first of a browser's languages that there is.
    pub fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(header::ACCEPT_LANGUAGE);
        let value = value.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let known = |part: &str| match part.trim().get(..2)? {
            "ja" => Some(Self::Ja),
            "en" => Some(Self::En),
            _ => None,
        };
        value.split(',').find_map(known).unwrap_or(Self::En)
    }

    /// The tag of the page.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }
}

words! {
    /// A word or sentence of the pages.
    Word:
    Office "Office" "内閣府";
    Commission "Commission" "サイバー通信情報監理委員会";
    Operator "Infrastructure operator" "特別社会基盤事業者";
    Skip "To the content" "本文へ";
    SignIn "Sign in" "サインイン";
    SignOut "Sign out" "サインアウト";
    SignInPasskey "Sign in with your passkey" "パスキーでサインイン";
    SignInProvider "Sign in with your organisation" "組織の認証でサインイン";
    Person "Your id" "あなたのID";
    EnrolTitle "Register a passkey" "パスキーの登録";
    EnrolCode "One-time code from your administrator" "管理者から受け取った一回限りのコード";
    PasskeyLabel "A name for this passkey" "このパスキーの名前";
    EnrolButton "Register" "登録する";
    NeedsScript "A passkey needs the one script of this page. Everything else works without." "パスキーにはこのページのスクリプトが必要です。他はスクリプトなしで使えます。";
    SignInNotApproval "Signing in approves nothing. Decisions are signed on your own machine." "サインインは承認ではありません。決定への署名は各自の端末で行います。";
    Requests "Requests" "承認の求め";
    NoRequests "No request is on record." "記録された求めはありません。";
    Request "Request" "求め";
    Entry "Entry" "記録番号";
    When "Time (UTC)" "時刻(UTC)";
    Kind "Kind" "種別";
    Basis "Legal basis" "根拠条文";
    Requester "Requested by" "求めた者";
    State "State" "状態";
    StateOpen "waits for a decision" "決定待ち";
    StateQuestions "questions are open" "質問への回答待ち";
    StateDecided "decided" "決定済み";
    Reasons "Reasons" "理由";
    Facts "Facts" "事実";
    Necessity "Necessity" "必要性";
    Alternatives "Alternatives that were weighed" "検討した代替手段";
    Share "Expected share of the traffic" "見込まれる通信の割合";
    Rights "Rights of those whose traffic it is" "通信の当事者の権利";
    Numbers "Numbers, computed by this node" "この機関の計算による数値";
    Asked "asked for" "求めの値";
    Computed "computed here" "計算値";
    Bound "bound of the schedule" "別表の上限";
    Period "Period" "期間";
    Keep "Kept for" "保存日数";
    MatchPpm "Packets selected, at most per million" "選別の上限(百万分率)";
    DayRecords "Records a day, at most" "1日の記録の上限";
    CoverageV4 "IPv4 addresses covered" "対象IPv4アドレス数";
    CoverageV6 "IPv6 /48 networks covered" "対象IPv6 /48数";
    CoverageDomains "Domain names" "ドメイン名数";
    CoverageJa4 "TLS fingerprints" "TLS指紋数";
    CoverageBehaviours "Behaviours" "挙動数";
    Selectors "Selection conditions" "選別の条件";
    Differs "differs" "不一致";
    Agrees "agrees" "一致";
    PackMissing "The selection conditions could not be fetched from the office's node; the numbers of the request are not checked." "選別の条件を取得できません。求めの数値は未確認です。";
    PackHash "Hash of the selection conditions" "選別の条件のハッシュ";
    Within "Held against the schedule on record: within its bounds." "記録された別表の範囲内です。";
    Beyond "Beyond the schedule on record:" "記録された別表を超えています:";
    Unverified "UNVERIFIED" "未確認";
    NoSchedule "No schedule is on record." "別表は記録されていません。";
    Difference "Difference to the authority that it replaces" "置き換える承認との差分";
    ReplacesNothing "It replaces no authority." "置き換える承認はありません。";
    ReplacesUnknown "The authority that it replaces is not on record." "置き換える承認が記録にありません。";
    Before "before" "前";
    Now "now" "今回";
    Thread "Questions and answers" "質問と回答";
    NoThread "Nothing was asked." "質問はありません。";
    Question "Question" "質問";
    Answer "Answer" "回答";
    DueBy "answer due by" "回答期限";
    Ask "Ask" "質問する";
    Reply "Answer" "回答する";
    ToQuestion "To the question of entry" "質問の記録番号";
    Text "The text, exactly as it is signed" "署名される正確な文面";
    TextNeedsSitting "Enter who was present and how they voted; the text is shown with it." "出席者と表決を入力すると文面が表示されます。";
    Present "Present" "出席";
    Presiding "Presiding" "議長";
    VotesFor "For" "賛成";
    VotesAgainst "Against" "反対";
    Recused "Recused" "除斥・回避";
    Conditions "Conditions that the sitting adds, one line; none if empty" "会議が付す条件(一行、なければ空欄)";
    ShowText "Show the text" "文面を表示";
    SavedAs "Save the text" "文面を保存";
    HowToSign "On your own machine, read the text and sign it:" "自分の端末で文面を読み、署名してください:";
    HowToUpload "Then put the signed note here." "署名した文書をここに入れてください。";
    SignedNote "Signed note" "署名済み文書";
    Upload "Bring the signature" "署名を提出";
    Ruling "A ruling: refused, or about an authority in force" "裁定:求めの不承認、承認済みの件について";
    RulingHow "It is written and signed on your own machine with `sakimori authority`, and brought here as a signed note." "各自の端末で `sakimori authority` により作成・署名し、ここに提出します。";
    Signatures "Signatures that are here" "提出済みの署名";
    SignedBy "signed" "署名済み";
    Missing "missing" "未署名";
    OneAtATime "Each request is decided alone; there is no way to approve several at once." "求めは一件ずつ決定します。一括承認はありません。";
    OnRecord "On record" "記録";
    Deletion "Deletion: what is proven" "消去:証明されること";
    DeletionProven "proven" "証明される";
    DeletionAttested "attested" "証言による";
    DeletionNot "not provable" "証明できない";
    Claim "Claim" "主張";
    Strength "Strength" "強さ";
    ClaimReceipt "These objects existed, and the receipt on record covers them." "対象が存在し、記録された消去記録がそれを含むこと。";
    ClaimTime "The receipt was made by the time of the checkpoint's cosignature." "消去記録が共同署名の時刻までに作られたこと。";
    ClaimNeverOpened "The ciphertext of a bucket that was never opened cannot be opened now: the commission destroyed its own half of the key." "一度も開かれていない区分は、委員会が鍵の片方を破棄したため開けないこと。";
    ClaimOpened "The same of a bucket that was opened for analysis." "分析のために開かれた区分について同じこと。";
    ClaimCopies "No copy exists anywhere." "どこにも複製がないこと。";
    ClaimDiscarded "Packets that were not selected were never stored." "選別されなかった通信が保存されていないこと。";
    ClaimDiscardedHow "follows from the seal and its tests; attested by the measured software" "封印と試験から導かれ、測定済みソフトウェアが証言";
    Deletions "Deletions on record" "記録された消去";
    NoDeletions "None yet." "まだありません。";
    Agreements "Agreements" "当事者協定";
    NoPartyKey "This node knows no key of its party: its administrator puts the party's verifier key into `party.keys` in the node's folder." "このノードは当事者の検証鍵を知りません。管理者が `party.keys` に検証鍵を置いてください。";
    NoAgreements "No agreement is on record." "記録された協定はありません。";
    Party "Party" "協定当事者";
    Until "Until" "期限";
    Suspended "suspended" "停止中";
    InForce "on record" "記録済み";
    SuspendHow "To suspend, sign this text with your suspend key and put the note here; the sensor stops within seconds." "停止するには、この文面に停止鍵で署名し、提出してください。センサーは数秒で止まります。";
    Suspend "Suspend" "停止する";
    Problem "This was not done" "実行されませんでした";
    RequestId "Id of this request" "この要求のID";
    Back "Back" "戻る";
    Done "Done" "完了";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_each_language() {
        for word in Word::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }

    #[test]
    fn the_first_known_language_of_the_browser_counts() {
        for (accept, expected) in [
            ("", Language::En),
            ("fr, ja;q=0.8", Language::Ja),
            ("en-GB,ja", Language::En),
            ("日", Language::En),
        ] {
            let mut headers = HeaderMap::new();
            if let Ok(value) = accept.parse() {
                headers.insert(header::ACCEPT_LANGUAGE, value);
            }
            assert_eq!(Language::of(&headers), expected, "{accept}");
        }
    }
}
