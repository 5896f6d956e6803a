//! The page "is this yours?" at an operator's node: each advisory with the assets that it may mean, a form for each question. In: rows as the office's node gives them, the own
//! register. Out: HTML that works without a script. Never: a word of an advisory that becomes markup or a link.

use super::{Reader, page};
use crate::words::asset::AssetWord as W;
use maud::{Markup, html};
use sakimori_cooperate::calendar::Date;
use sakimori_custody::time::Seconds;
use sakimori_liaison::matching::TAKEN_BACK;
use serde_json::Value;

/// The answers, with their words.
const ANSWERS: [(&str, W); 4] = [
    ("not-this-product", W::NotThisProduct),
    ("not-this-version", W::NotThisVersion),
    ("this-product", W::ThisProduct),
    ("affected", W::IsAffected),
];
/// Assets of a page; a paper is not split, and has some 400 at most.
const ASSETS_MAX: usize = 500;
/// Papers that the office's node gives at once.
const PAPERS: usize = 100;

fn text<'v>(row: &'v Value, place: &str) -> &'v str {
    row.pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn assets(paper: &Value) -> &[Value] {
    let rows = paper.pointer("/match/rows").and_then(Value::as_array);
    rows.map_or(&[], Vec::as_slice)
}

fn is_open(row: &Value) -> bool {
    text(row, "/outcome") == "question"
}

fn doubt(word: &str) -> W {
    match word {
        "product" => W::DoubtProduct,
        "maker" => W::DoubtMaker,
        "model" => W::DoubtModel,
        "version-unknown" => W::DoubtVersionUnknown,
        "version" => W::DoubtVersion,
        _ => W::DoubtStatus,
    }
}

/// The first papers that a page holds, and the place behind which the others are.
fn shown(papers: &[Value]) -> (&[Value], Option<u64>) {
    let mut count = 0;
    let fits = |paper: &&Value| {
        let first = count == 0;
        count += assets(paper).len();
        first || count <= ASSETS_MAX
    };
    let many = papers.iter().take_while(fits).count().max(1);
    let some = papers.get(..many).unwrap_or(papers);
    let more = some.len() < papers.len() || papers.len() >= PAPERS;
    let last = some.last().and_then(|paper| paper.get("place"));
    (some, last.and_then(Value::as_u64).filter(|_| more))
}

/// Advisories with the assets that they may mean. `own` gives maker and product of an entry of the register; `open` says that open questions alone were asked for.
pub(crate) fn matches(
    reader: &Reader,
    papers: &[Value],
    own: &dyn Fn(u64) -> Option<String>,
    open: bool,
) -> Markup {
    let say = |word: W| reader.asset(word);
    let (some, older) = shown(papers);
    let content = html! {
        p {
            @if open { a href="/matches" { (say(W::AllOfThem)) } }
            @else { a href="/matches?state=asked" { (say(W::OpenAlone)) } }
        }
        @if some.is_empty() { p { (say(W::NoMatches)) } }
        @for paper in some { (advisory(reader, paper, own)) }
        @if let Some(place) = older {
            @let state = if open { "state=asked&" } else { "" };
            p { a href={ "/matches?" (state) "before=" (place) } { (say(W::Older)) } }
        }
    };
    page(reader, say(W::Matches), &content)
}

fn advisory(reader: &Reader, paper: &Value, own: &dyn Fn(u64) -> Option<String>) -> Markup {
    let say = |word: W| reader.asset(word);
    let (id, title) = (text(paper, "/id"), text(paper, "/match/title"));
    let tracking = text(paper, "/match/advisory/1");
    let mut rows: Vec<&Value> = assets(paper).iter().collect();
    // What is to be answered comes first.
    rows.sort_by_key(|row| !is_open(row));
    html! {
        section id=(id) aria-labelledby={ "of-" (id) } {
            h2 id={ "of-" (id) } { (if title.is_empty() { tracking } else { title }) }
            p .small { (say(W::Advisory)) ": " code { (tracking) } " · " (text(paper, "/match/advisory/0")) }
            table {
                thead { tr {
                    @for word in [W::NumberShort, W::OwnAsset, W::Meant, W::Version, W::Range, W::State, W::AnswerIt] { th scope="col" { (say(word)) } }
                } }
                tbody { @for row in rows { (asset(reader, (id, tracking), row, own)) } }
            }
        }
    }
}

fn asset(
    reader: &Reader,
    (id, tracking): (&str, &str),
    row: &Value,
    own: &dyn Fn(u64) -> Option<String>,
) -> Markup {
    let say = |word: W| reader.asset(word);
    let number = row.get("number").and_then(Value::as_u64).unwrap_or(0);
    let answer = text(row, "/answer/answer");
    let outcome = match text(row, "/outcome") {
        "affected" => W::IsAffected,
        "not-affected" => W::IsNotAffected,
        "not-this-product" => W::NotThisProduct,
        _ => W::IsAsked,
    };
    let doubts = row.get("doubts").and_then(Value::as_array);
    let doubts: Vec<&str> = doubts
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let range = text(row, "/range");
    html! {
        tr {
            th scope="row" { a href={ "/assets/" (number) } { (number) } }
            td { (own(number).unwrap_or_default()) }
            td { (text(row, "/product/0")) " " (text(row, "/product/1")) }
            td { (text(row, "/version")) }
            td { (if range.is_empty() { say(W::NoRange) } else { range }) }
            td {
                @if is_open(row) { strong .warn { (say(outcome)) } } @else { (say(outcome)) }
                @if is_open(row) { ul .small { @for each in &doubts { li { (say(doubt(each))) } } } }
                @if let Some((_, word)) = ANSWERS.iter().find(|(each, _)| *each == answer) {
                    p .small { (say(W::Answered)) ": " (say(*word)) (answered_on(reader, row, tracking)) }
                }
            }
            // An answer can be given anew: who erred says so, and the last word counts.
            td { @if is_open(row) || !answer.is_empty() { (form(reader, id, number, row)) } }
        }
    }
}

/// When and on which advisory it was answered: what is about the product holds for other advisories on it too.
fn answered_on(reader: &Reader, row: &Value, tracking: &str) -> Markup {
    let at = row.pointer("/answer/at").and_then(Value::as_u64);
    let of = text(row, "/answer/of/1");
    html! { @if let Some(at) = at {
        " (" (reader.asset(W::AnsweredOn)) " " (Date::of(Seconds(at))) ", " (reader.asset(W::AnsweredFor)) " "
        code { (if of.is_empty() { tracking } else { of }) } ")"
    } }
}

fn form(reader: &Reader, id: &str, number: u64, row: &Value) -> Markup {
    let say = |word: W| reader.asset(word);
    html! {
        form method="post" action={ "/matches/" (id) } {
            (reader.form_field())
            input type="hidden" name="number" value=(number);
            fieldset {
                legend .small { (say(W::Asset)) " " (number) ": " (text(row, "/product/1")) }
                @for (answer, word) in ANSWERS { button name="answer" value=(answer) { (say(word)) } " " }
                @if !text(row, "/answer/answer").is_empty() { button name="answer" value=(TAKEN_BACK) { (say(W::TakeBack)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, Word};
    use serde_json::json;

    fn paper(place: u64, rows: usize) -> Value {
        let row = json!({"number": 7, "product": ["<i>", "\"><script>x</script>"], "version": null, "outcome": "question",
            "doubts": ["version-unknown"], "range": "<3", "answer": null});
        let title = "<script>alert(1)</script>";
        json!({"place": place, "id": "m-1", "state": "asked",
            "match": {"advisory": ["https://psirt.example", "EX-1"], "title": title, "rows": vec![row; rows]}})
    }

    fn seen(language: Language, papers: &[Value], open: bool) -> String {
        let reader = Reader {
            language,
            name: None,
            role: Word::Operator,
            form_token: "token".to_owned(),
        };
        let own = |number: u64| (number == 7).then(|| "<u>ours".to_owned());
        matches(&reader, papers, &own, open).into_string()
    }

    #[test]
    fn what_an_advisory_says_stays_text_and_every_answer_is_a_labelled_button() {
        for (language, ask) in [
            (Language::En, "Which version is it?"),
            (Language::Ja, "どの版ですか"),
        ] {
            let page = seen(language, &[paper(9, 1)], false);
            for bad in ["<script", "<i>", "<u>", "href=\"http"] {
                assert!(!page.contains(bad), "{bad}: {page}");
            }
            assert!(page.contains("&lt;script&gt;") && page.contains("&lt;u&gt;ours"));
            assert!(page.contains(ask) && page.contains("<legend"), "{page}");
            for (answer, _) in ANSWERS {
                assert!(page.contains(&format!("name=\"answer\" value=\"{answer}\"")));
            }
        }
    }

    #[test]
    fn an_answer_says_when_and_on_which_advisory_and_can_be_taken_back() {
        let unanswered = paper(9, 1);
        let mut paper = unanswered.clone();
        paper["match"]["rows"][0]["outcome"] = json!("not-this-product");
        paper["match"]["rows"][0]["answer"] = json!({"answer": "not-this-product", "version": null, "by": "water-1", "at": 1_796_083_200u64,
            "of": ["https://psirt.example", "EX-0<b>"]});
        let page = seen(Language::En, &[paper.clone()], false);
        assert!(
            page.contains("answered on 2026-12-01, for <code>EX-0&lt;b&gt;</code>"),
            "{page}"
        );
        assert!(page.contains("value=\"taken-back\""), "{page}");
        assert!(!page.contains("Which version is it?"), "nothing is asked");
        // Its own advisory is named where it was answered there.
        paper["match"]["rows"][0]["answer"]["of"] = Value::Null;
        assert!(seen(Language::Ja, &[paper], false).contains("<code>EX-1</code>)"));
        assert!(!seen(Language::En, &[unanswered], false).contains("taken-back"));
    }

    #[test]
    fn a_page_is_bounded_and_leads_to_what_is_left() {
        let papers: Vec<Value> = [40, 30, 20].into_iter().map(|at| paper(at, 300)).collect();
        let page = seen(Language::En, &papers, true);
        assert_eq!(page.matches("<section").count(), 1);
        assert!(
            page.contains("/matches?state=asked&amp;before=40"),
            "{page}"
        );
        let page = seen(Language::En, &papers[2..], false);
        assert!(!page.contains("before="), "nothing is left");
    }
}
