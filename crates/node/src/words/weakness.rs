//! The words of the pages about weaknesses, in one table. In: a word's name, a language. Out: text. Never: a word that is not in both languages.

words! {
    /// A word or sentence of the pages about weaknesses.
    Weakness:
    Weaknesses "Weaknesses" "脆弱性";
    ReportTitle "Report a weakness" "脆弱性の届出";
    ReportIntro "No sign-in, no name. Your report goes to the office that coordinates with makers; nothing of it is published before the hour that the parties are told of." "サインインも氏名も不要です。届出は調整を行う部署に届き、関係者に示された公表時刻より前に公表されることはありません。";
    ReportLimits "Texts of up to 16,000 characters. Links and markup are shown as plain text." "本文は16,000字まで。リンクや記号はそのまま文字として表示されます。";
    Maker "Maker" "製造者";
    MakerIf "Maker, if you know it" "製造者(分かる場合)";
    Product "Product" "製品";
    Versions "Versions" "版";
    VersionsIf "Versions, if you know them" "版(分かる場合)";
    WhatIsWrong "What is wrong, and how it can be seen" "どのような問題か、どうすれば確認できるか";
    Exploited "Does somebody make use of it?" "悪用されていますか";
    IsPublic "Is it public already?" "既に公になっていますか";
    Yes "yes" "はい";
    No "no" "いいえ";
    Unsure "not known" "分からない";
    Contact "How to reach you; leave empty to stay unknown" "連絡先(匿名の場合は空欄)";
    Credit "How you want to be thanked in the publication" "公表時の謝辞の表記";
    Send "Send" "送信";
    Received "Your report was received" "届出を受け付けました";
    ReceivedKnown "This text was received before. Nothing was added; whoever sent it first has the link to it." "同じ内容の届出を既に受け付けています。最初に送信した方が確認用の番号を持っています。";
    KeepLink "Keep this address: it is the only way to follow the report, and it is shown once. Whoever has it can read and write there." "このアドレスを保存してください。届出を確認する唯一の手段で、一度しか表示されません。知っている人は誰でも読み書きできます。";
    Number "Number" "番号";
    YourReport "Your report" "あなたの届出";
    NotRead "Nobody has read it yet." "まだ読まれていません。";
    SetAside "It was read, and nothing is made of it." "確認しましたが、対応は行いません。";
    Stage "Where it stands" "状況";
    StageReceived "received" "受付";
    StageTriaged "judged" "評価済み";
    StageCoordinating "makers are told" "調整中";
    StageRequest "a request was issued" "要請済み";
    StageFix "a mend is there" "修正あり";
    StagePublished "published" "公表済み";
    StageClosed "closed" "終了";
    Hour "Hour of publication" "公表時刻";
    NoHour "No hour is set yet." "公表時刻はまだ定められていません。";
    HourChanges "Every change of the hour" "公表時刻の変更履歴";
    Leaked "it has become known" "公になったため";
    PublicSince "Public since" "公表日時";
    When "When" "日時";
    Why "Why" "理由";
    Who "Who" "誰が";
    Says "What" "内容";
    Letters "Messages" "連絡";
    Office "the office" "調整部署";
    Reporter "the reporter" "届出者";
    Write "Write" "書く";
    RoomOf "Room of" "製造者の部屋:";
    RoomIntro "Only the office and you see this page. Whoever has its address speaks for the maker." "このページは調整部署と貴社だけが見ることができます。アドレスを知る人は貴社として発言できます。";
    Standing "Where your products stand" "貴社製品の状況";
    StateAffected "affected" "影響あり";
    StateNotAffected "not affected" "影響なし";
    StateFixed "fixed" "修正済み";
    StateUnknown "not known yet" "調査中";
    StateSilent "SILENT: asked, no answer in time" "無回答(期限経過)";
    AnswerBy "An answer is waited for until" "回答期限";
    OwnWords "In your words" "説明";
    Told "What you were told" "お知らせした内容";
    Said "What you said" "貴社の回答";
    Requests "Official requests (Act 42/2025 art. 42)" "措置の要請(法第42条)";
    RequestNote "A maker has to endeavour to do what is requested; no fine follows." "製造者には努力義務があります。罰則はありません。";
    ReplyBy "Reply by" "回答期限";
    Reply "Reply" "回答";
    Minister "Minister" "大臣";
    Ground "Why the product is a specific important computer" "特定重要電子計算機に当たる理由";
    Asked "What is requested" "要請の内容";
    ClockRunning "running" "期限内";
    ClockLate "OVERDUE" "期限超過";
    ClockDone "answered in time" "期限内に回答";
    ClockDoneLate "answered late" "期限後に回答";
    ClockWithdrawn "taken back" "撤回";
    Notices "Urgent notices" "緊急の通知";
    Urgency "Why there is no time" "緊急の理由";
    LetterRequest "Request for measures" "措置の要請書";
    LetterNotice "Urgent notice" "緊急の通知書";
    LetterLaw "Under Act 42/2025, article 42" "法第42条に基づくもの";
    LetterNote "The office's signature" "調整部署の署名";
    LetterCheck "The file of this letter (JSON, in the maker's room) is verified offline: sakimori weakness letter FILE --key THE-OFFICE'S-KEY." "この文書のファイル(部屋から取得するJSON)はオフラインで確認できます:sakimori weakness letter ファイル --key 調整部署の公開鍵";
    LetterOpen "Letter, to be printed" "文書(印刷用)";
    LetterMail "Mail to the maker" "製造者へのメール";
    LetterNoMail "The maker had no mail address when it was issued: hand it over on another way." "発出時にメールアドレスが登録されていませんでした。他の手段で渡してください。";
    MailWaits "waits to be sent" "送信待ち";
    MailDelivered "delivered to the mail server" "メールサーバーへ送信済み";
    MailGivenUp "GIVEN UP: hand it over on another way" "送信できませんでした。他の手段で渡してください";
    MakerMail "Mail address for official letters" "公式文書の送付先メールアドレス";
    SetMail "Set the address" "送付先を定める";
    Entry "log entry" "記録番号";
    TableChoice "Choose a table; the decision names it and its version." "判断表を選んでください。判断には表の名称と版が記録されます。";
    KevAtHand "Catalogue at hand (CISA KEV)" "手元のカタログ(CISA KEV)";
    EpssAtHand "Scores at hand (EPSS)" "手元の点数(EPSS)";
    DaysOld "days old" "日経過";
    AgeUnknown "of no known age" "日付不明";
    Coordinators "Coordinators" "調整機関";
    CoordinatorNote "A coordinator sees stage, hour and where makers stand; neither a report nor a maker's words (Act 42/2025 art. 72)." "調整機関は状況、公表時刻、製造者の状態を見ます。届出や製造者の回答内容は見えません(法第72条)。";
    Coordinator "Coordinator (IPA, JPCERT/CC)" "調整機関(IPA、JPCERT/CC)";
    AddCoordinator "Let a coordinator take part" "調整機関を加える";
    TellCoordinator "Tell the coordinator" "調整機関に伝える";
    CoordinatorIntro "Only the office and you see this page. Whoever has its address speaks for the coordinator." "このページは調整部署と貴機関だけが見ることができます。アドレスを知る人は貴機関として発言できます。";
    HeardOfMaker "Write down what a maker said to you" "製造者から聞いた回答を記録する";
    Through "through" "経由:";
    Unread "Reports that nobody has read" "未読の届出";
    NoUnread "None." "ありません。";
    QueueFull "As many wait as are kept; who reports now is asked to come back later." "保管上限に達しています。新たな届出には後ほど再送するよう案内しています。";
    Weight "Says" "情報量";
    OfNetwork "From the same network" "同じ網から";
    Cases "Cases" "案件";
    NoCases "There is no case." "案件はありません。";
    Case "Case" "案件";
    Decision "Decision" "判断";
    Makers "Makers" "製造者";
    Due "Next due" "次の期限";
    Older "Older" "以前のもの";
    OpenCase "Open a case" "案件を開く";
    JoinCase "Put into this case" "この案件に加える";
    AsideOne "Set aside" "対応しない";
    AsideNetwork "Set aside all unread ones of the same network" "同じ網からの未読をすべて対応しない";
    Triage "Urgency (SSVC)" "緊急度(SSVC)";
    Judge "Judge" "判断する";
    Kev "Known to be exploited (CISA KEV)" "悪用の確認(CISA KEV)";
    NoKev "not listed" "掲載なし";
    NoCatalogue "no catalogue at hand" "カタログなし";
    Epss "Likelihood within 30 days (EPSS)" "30日以内の悪用確率(EPSS)";
    NoScores "no scores at hand" "点数なし";
    Doubt "The catalogue says exploited, the answer says otherwise:" "カタログでは悪用が確認されていますが、回答が異なります:";
    Cves "CVE ids, one a line" "CVE番号(1行に1つ)";
    AddMaker "Add a maker" "製造者を加える";
    Tell "Tell the maker and ask" "製造者に知らせる";
    TellText "What the maker is told" "知らせる内容";
    Until "Until (UTC or with a zone)" "期限(時差付き)";
    MakeLink "Make a link into its room" "部屋へのリンクを作る";
    EndLinks "End its links" "リンクを無効にする";
    LinkOnce "Give this address to the maker. It is shown once." "このアドレスを製造者に渡してください。一度しか表示されません。";
    Notify "Notify urgently" "緊急に通知する";
    Request "Issue a request" "要請する";
    WriteDown "Write down what the maker said elsewhere" "他の手段による回答を記録する";
    SetHour "Set the hour" "公表時刻を定める";
    LeakSwitch "It has become known: publish now" "公になった:直ちに公表する";
    WhereSeen "Where it was seen; all parties read it" "どこで確認したか(関係者全員が読みます)";
    WhyHour "Why; all parties read it" "理由(関係者全員が読みます)";
    Draft "Draft of the publication" "公表案";
    Title "Title" "表題";
    Summary "Summary" "概要";
    Lang "Language of the texts" "言語";
    Marking "To whom it may go (TLP)" "共有範囲(TLP)";
    ProductsLines "Products, one a line: maker | product | versions | affected, not-affected, fixed or unknown" "製品(1行に1つ):製造者 | 製品 | 版 | affected、not-affected、fixed、unknown";
    WeaknessTitle "Weakness" "脆弱性の名称";
    Description "Description" "説明";
    Cvss "CVSS 3.1 vector and base score" "CVSS 3.1 ベクタと基本値";
    RemediesLines "What to do, one a line: vendor-fix, workaround, mitigation, none-available or no-fix-planned | details | web address" "対策(1行に1つ):vendor-fix、workaround、mitigation、none-available、no-fix-planned | 内容 | アドレス";
    ReferencesLines "Addresses with more, one a line: what it is | web address" "参考(1行に1つ):説明 | アドレス";
    DraftElsewhere "This draft has several weaknesses or what this form cannot show; it is changed by the interface." "この案は本フォームでは編集できません。APIを使用してください。";
    Keep "Keep the draft" "案を保存する";
    Approve "Approve: goes out at the hour" "承認する(公表時刻に公表)";
    WhatChanged "What changed, for the history of the document" "変更点(文書の履歴)";
    Withdraw "Take the approval back" "承認を取り消す";
    Approved "Approved versions" "承認された版";
    TellReporter "Tell the reporter" "届出者に伝える";
    Close "Close the case" "案件を終了する";
    Reopen "Work on it again" "再開する";
    History "Everything that happened" "経過";
    Advisories "Published advisories" "公表された脆弱性";
    NoAdvisories "None yet." "まだありません。";
    Document20 "CSAF 2.0 (authoritative)" "CSAF 2.0(正本)";
    Document21 "CSAF 2.1 (beside it)" "CSAF 2.1(参考)";
    MakersSay "What the makers say" "製造者の回答";
    WhatToDo "What to do" "対策";
    NotSetUp "This office has not set up who publishes (`weaknesses/house.json`) and its signing key (`weaknesses/openpgp.asc`); nothing can be published." "公表者(`weaknesses/house.json`)とOpenPGP鍵(`weaknesses/openpgp.asc`)が未設定のため公表できません。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_is_there_in_each_language() {
        for word in Weakness::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
