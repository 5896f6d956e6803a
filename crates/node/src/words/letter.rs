//! The words of the pages of letters and tickets, in one table. In: a word's name, a language. Out: text. Never: words of the law other than those of the glossary.

words! {
    /// A word or sentence of the pages of letters and tickets.
    LetterWord:
    Orders "Orders and demands" "命令・資料提出の求め";
    Tickets "Support" "問合せ";
    Opinions "Opinions of the Prime Minister to ministers" "所管大臣への内閣総理大臣の意見";
    NoOrders "No order and no demand." "命令・求めはありません。";
    NoTickets "No ticket." "問合せはありません。";
    NoOpinions "No opinion." "意見はありません。";
    Operator "Operator" "事業者";
    Minister "Minister" "所管大臣";
    Letter "Letter" "文書番号";
    Ticket "Ticket" "問合せ番号";
    Kind "Kind" "種別";
    Subject "Subject (one line)" "件名（一行）";
    Text "Text" "本文";
    Issued "Issued" "発出日";
    Received "Received" "到達";
    ReplyBy "Reply by the end of (Japan time)" "回答期限（日本時間、当日24時）";
    State "State" "状態";
    Overdue "OVERDUE" "期限超過";
    DaysLate "days late" "日超過";
    Consequence "If no answer comes" "回答がない場合";
    Reply "Reply" "回答";
    ReplyNow "Reply" "回答する";
    ReplyOnce "The office takes one reply. Until it has it, you can write it anew." "回答は一度だけ受け付けられます。送付されるまでは書き直せます。";
    WaitsToBeSent "written, not sent yet" "作成済（未送付）";
    CameTooLate "This answer was not taken: the letter was taken back or answered before it arrived." "この回答は受け付けられていません（到着前に撤回又は回答済）。";
    Issue "Issue" "発出する";
    IssueTitle "Issue an order or a demand" "命令又は求めの発出";
    OthersRefused "What names another operator, or has what another registered, is refused." "他の事業者の名称又は登録資産を含む文は受け付けません。";
    Id "Id, of a-z 0-9 . -" "番号（a-z、0-9、. -）";
    Settle "Settle" "完結とする";
    Revoke "Take back" "撤回する";
    OpineTitle "Write an opinion to a minister" "所管大臣への意見";
    OpineHow "The schedule of duties names the minister of each sector. No operator sees an opinion." "所管大臣は義務の別表により業種ごとに定まります。意見は事業者には示されません。";
    Sector "Sector" "業種";
    EnterAnswer "Enter the minister's answer" "大臣の回答を記録する";
    ClockOfOffice "The office answers by" "内閣府の回答期限";
    FirstAnswer "First answer after" "初回回答まで";
    ClosedAfter "Closed after" "終了まで";
    Words "Words" "やり取り";
    OpenTitle "Ask for support" "新しい問合せ";
    OpenNow "Ask" "問い合わせる";
    Write "Write" "書き込む";
    WriteOpens "What you write on a closed ticket opens it again." "終了した問合せに書き込むと再開されます。";
    Close "Close" "終了する";
    SideOperator "operator" "事業者";
    SideOffice "office" "内閣府";
    SentByItself "The node sends by itself, every 20 seconds; without a line it waits." "ノードは20秒ごとに自動で送付します。不通の間は待ちます。";
    NotThereYet "The office does not have it yet" "内閣府に未着";
    Hours "h" "時間";
    Minutes "min" "分";
    AnswersOfOperator "Answer" "回答";
    NotAnswered "not answered" "未回答";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_word_of_letters_is_there_in_each_language() {
        for word in LetterWord::ALL {
            for language in [Language::En, Language::Ja] {
                assert!(!word.text(language).trim().is_empty(), "{word:?}");
            }
        }
    }
}
