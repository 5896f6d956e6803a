//! How cases, clocks, fields and receipts are shown, in both languages. In: values. Out: tables and documents. Never: a deadline without its zone and its marks.

use super::{Desk, failed, sentence};
use crate::arguments::Format;
use crate::arguments::report::{At, Lang};
use crate::failure::Failure;
use crate::show;
use sakimori_cooperate::calendar::japan_text;
use sakimori_cooperate::clock::{Due, State, What};
use sakimori_cooperate::report::{Need, ReportDocument, Stage, fields_of};
use sakimori_cooperate::routing::Route;
use sakimori_cooperate::trigger::{Outcome, Questions, Trigger};
use sakimori_cooperate::{Reason, Receipt};
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::filer::Filer;
use sakimori_liaison::paper::{Document, Written};
use sakimori_liaison::report::{Check, Draft, Filed, Line, attachments as kept_files};
use sakimori_store::Attachment;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The eight questions: key, answers, in both languages.
const QUESTIONS: [(&str, &str, &str, &str); 8] = [
    (
        "machine",
        "core, other, outside, unsure",
        "what machine is it?",
        "電子計算機の区分",
    ),
    (
        "first_months",
        "yes, no, unsure",
        "within 6 months of designation or change?",
        "指定・変更から六か月以内か",
    ),
    (
        "code",
        "run, received, no, unsure",
        "was malicious code run or received?",
        "不正な指令の実行・受信",
    ),
    (
        "credential",
        "yes, no, unsure",
        "was another's credential entered?",
        "他人の識別符号の入力",
    ),
    (
        "bypass",
        "yes, no, unsure",
        "was bypass information entered?",
        "制限を免れる情報・指令の入力",
    ),
    (
        "theft",
        "yes, no, unsure",
        "were credentials stolen?",
        "識別符号の窃取",
    ),
    (
        "trace",
        "yes, no, unsure",
        "are there traces of one of these?",
        "これらの痕跡",
    ),
    (
        "obstruction",
        "completed, attempted, no, unsure",
        "was business obstructed, or attempted?",
        "業務妨害（既遂・未遂）",
    ),
];

/// What is due, in words.
pub(in crate::commands) const fn what(lang: Lang, what: What) -> &'static str {
    lang.of(what.en(), what.ja())
}

/// Where a clock stands, in words.
pub(in crate::commands) const fn state(lang: Lang, state: State) -> &'static str {
    match state {
        State::Running => lang.of("running", "期限内"),
        State::TargetPassed => lang.of("target passed", "目安超過"),
        State::Overdue => lang.of("OVERDUE", "期限超過"),
        State::Done => lang.of("done", "済"),
        State::DoneLate => lang.of("done late", "期限後に済"),
    }
}

/// A clock's last day with zone and marks.
pub(in crate::commands) fn day(lang: Lang, due: &Due) -> String {
    let zone = lang.of("24:00 Japan time", "24時（日本時間）");
    let soft = if due.soft {
        lang.of(" (target)", "（目安）")
    } else {
        ""
    };
    format!("{} {zone}{soft} {}", due.last, due.marks())
        .trim_end()
        .to_owned()
}

fn clocks(lang: Lang, clocks: &[Due]) {
    let head = [
        lang.of("due", "期限のあるもの"),
        lang.of("until the end of", "期限"),
        lang.of("state", "状態"),
    ];
    let row = |due: &Due| {
        let what = what(lang, due.what).to_owned();
        vec![what, day(lang, due), state(lang, due.state).to_owned()]
    };
    show::table(&head, clocks.iter().map(row));
}

fn reasons(lang: Lang, reasons: &[Reason]) {
    for reason in reasons {
        let rule = reason.rule;
        let said = lang.of(rule.en(), rule.ja());
        let marks = reason.marks().to_string();
        let line = format!("  {said} [{}] {} {marks}", rule.id(), rule.law());
        show::line(line.trim_end());
    }
}

const fn outcome(lang: Lang, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Report => lang.of("REPORT", "報告が必要"),
        Outcome::UnsureReport => lang.of(
            "REPORT (an answer is unsure)",
            "報告が必要（不明の回答あり）",
        ),
        Outcome::Not => lang.of("no report is due", "報告の義務なし"),
    }
}

/// The questions, their answers, what they give.
pub(super) fn trigger(at: &At, questions: Questions, trigger: &Trigger) {
    let answers = json!(questions);
    if at.format == Format::Json {
        show::json(&json!({"questions": answers, "trigger": trigger}));
        return;
    }
    let head = [
        at.lang.of("question", "質問"),
        at.lang.of("asked", "内容"),
        at.lang.of("answer", "回答"),
        at.lang.of("one of", "選択肢"),
    ];
    let rows = QUESTIONS.iter().map(|(key, choices, en, ja)| {
        let answer = answers.get(*key).map(show::cell).unwrap_or_default();
        let asked = at.lang.of(en, ja).to_owned();
        vec![(*key).to_owned(), asked, answer, (*choices).to_owned()]
    });
    show::table(&head, rows);
    show::line(outcome(at.lang, trigger.outcome));
    reasons(at.lang, &trigger.reasons);
}

fn route(lang: Lang, route: &Route) -> String {
    let minister = route.minister.map(|each| lang.of(each.en(), each.ja()));
    let to = minister.unwrap_or(lang.of("headquarters", "本府"));
    let bureau = route
        .bureau
        .as_deref()
        .unwrap_or(lang.of("headquarters", "本省"));
    let also = lang.of("Cabinet Office", "内閣府");
    format!("{to} / {bureau}; {also} {}", route.marks())
        .trim_end()
        .to_owned()
}

/// What filing would do; no where something is missing.
pub(super) fn check(at: &At, check: &Check) -> Result<ExitCode, Failure> {
    let errors = &check.filing.errors;
    if at.format == Format::Json {
        show::json(&json!(check));
    } else {
        show::line(outcome(at.lang, check.trigger.outcome));
        reasons(at.lang, &check.trigger.reasons);
        show::pairs(&[(
            at.lang.of("goes to", "提出先"),
            route(at.lang, &check.filing.route),
        )]);
        clocks(at.lang, &check.filing.clocks);
        for error in errors {
            show::line(&sentence(error, at.lang));
        }
    }
    if errors.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::no(match at.lang {
        Lang::En => format!("{} fields are missing or wrong", errors.len()),
        Lang::Ja => format!("{}項目が不足又は不正です", errors.len()),
    }))
}

/// The fields of a draft: what is needed now, what is there.
pub(super) fn fields(at: &At, document: &ReportDocument, check: &Check) {
    if at.format == Format::Json {
        show::json(&json!({"document": document, "check": check}));
        return;
    }
    let head = [
        at.lang.of("field", "項目"),
        at.lang.of("name", "名称"),
        at.lang.of("needed", "要否"),
        at.lang.of("value", "値"),
    ];
    let full = document.stage != Stage::Prompt;
    let rows = fields_of(document.form).map(|field| {
        let need = if full { field.full } else { field.prompt };
        let need = match need {
            Need::Known => at.lang.of("yes", "必要"),
            Need::Told => at.lang.of("or not known yet", "不明可"),
            Need::Free => "–",
        };
        let value = match document.fields.get(field.key) {
            Some(Some(value)) => value.chars().take(60).collect(),
            Some(None) => at.lang.of("not known yet", "不明").to_owned(),
            None => String::new(),
        };
        let name = at.lang.of(field.en, field.ja).to_owned();
        vec![field.key.to_owned(), name, need.to_owned(), value]
    });
    show::table(&head, rows);
    let missing = check.filing.errors.len();
    show::say(&match at.lang {
        Lang::En => format!(
            "{missing} to mend before it can be filed as {}",
            document.stage.id()
        ),
        Lang::Ja => format!("提出（{}）までに残り{missing}項目", document.stage.id()),
    });
}

/// What was filed.
pub(super) fn filed(at: &At, case: &Name, filed: &Filed) {
    if at.format == Format::Json {
        show::json(
            &json!({"case": case.to_string(), "number": filed.number, "sha256": filed.sha256}),
        );
        return;
    }
    show::pairs(&[
        (
            at.lang.of("filed", "提出"),
            format!("{case} {}", filed.number),
        ),
        ("sha256", filed.sha256.clone()),
        (
            at.lang.of("next", "次"),
            at.lang
                .of(
                    "sakimori report send",
                    "sakimori report send（又は --package FILE）",
                )
                .to_owned(),
        ),
    ]);
}

/// A receipt that verified.
pub(super) fn receipt(at: &At, number: u64, receipt: &Receipt) {
    if at.format == Format::Json {
        show::json(&json!({
            "case": receipt.case.to_string(),
            "number": number,
            "operator": receipt.operator.to_string(),
            "sha256": hex(&receipt.report),
            "time": receipt.time.to_string(),
            "verified": true,
        }));
        return;
    }
    show::pairs(&[
        (
            at.lang.of("receipt", "受領証"),
            format!("{} {number}", receipt.case),
        ),
        (at.lang.of("received", "受領日時"), japan_text(receipt.time)),
        ("sha256", hex(&receipt.report)),
        (
            at.lang.of("signature", "署名"),
            at.lang.of("the office's, verified", "検証済み").to_owned(),
        ),
    ]);
}

/// Files of a case.
pub(super) fn attachments(at: &At, files: &[Attachment]) {
    if at.format == Format::Json {
        let files = files.iter().map(|each| {
            json!({"name": each.name, "media": each.media, "size": each.size, "sha256": hex(&each.hash)})
        });
        show::json(&Value::Array(files.collect()));
        return;
    }
    let head = [
        at.lang.of("file", "ファイル"),
        at.lang.of("type", "種類"),
        at.lang.of("bytes", "バイト"),
        "sha256",
    ];
    let row = |each: &Attachment| {
        let size = show::grouped(each.size);
        vec![each.name.clone(), each.media.clone(), size, hex(&each.hash)]
    };
    show::table(&head, files.iter().map(row));
}

/// Who files for the operator.
pub(super) fn filers(at: &At, list: &[Written<Filer>]) {
    if at.format == Format::Json {
        let rows = list.iter().map(|each| {
            json!({"filer": each.id, "who": each.said.who, "until": each.said.until, "state": each.state})
        });
        show::json(&Value::Array(rows.collect()));
        return;
    }
    let head = [
        at.lang.of("filer", "提出者"),
        at.lang.of("people and machines", "利用者・機器"),
        at.lang.of("until", "期日"),
        at.lang.of("state", "状態"),
    ];
    let row = |each: &Written<Filer>| {
        let until = each.said.until.map(|day| day.to_string());
        let state = match each.state.as_str() {
            "ended" => at.lang.of("ended", "終了"),
            _ => at.lang.of("may file", "提出可"),
        };
        vec![
            each.id.clone(),
            each.said.who.join(" "),
            until.unwrap_or_else(|| at.lang.of("single cases", "個別の事案").to_owned()),
            state.to_owned(),
        ]
    };
    show::table(&head, list.iter().map(row));
}

/// A list of cases.
pub(super) fn list(at: &At, lines: &[Line]) {
    if at.format == Format::Json {
        show::json(&json!(lines));
        return;
    }
    let head = [
        at.lang.of("case", "事案"),
        at.lang.of("form", "様式"),
        at.lang.of("next", "次の段階"),
        at.lang.of("filed/receipted", "提出／受領"),
        at.lang.of("full report until", "詳報の期限"),
        at.lang.of("state", "状態"),
    ];
    let row = |line: &Line| {
        let full = line.clocks.iter().find(|due| due.what == What::FullReport);
        vec![
            line.case.clone(),
            line.form.id().to_owned(),
            line.next.id().to_owned(),
            format!("{}/{}", line.filed, line.receipted),
            full.map(|due| day(at.lang, due)).unwrap_or_default(),
            full.map(|due| state(at.lang, due.state).to_owned())
                .unwrap_or_default(),
        ]
    };
    show::table(&head, lines.iter().map(row));
}

/// What was filed, each with its receipt held to the office's keys once more.
async fn filings(desk: &Desk<'_>, case: &Name) -> Result<Vec<Value>, Failure> {
    let (clerk, at) = (&desk.clerk, desk.at);
    let no = |e| failed(&e, at.lang);
    let mut filings = Vec::new();
    for (kept, document) in clerk.filings(case).await.map_err(no)? {
        let receipt = match clerk
            .receipt(case.as_str(), kept.version)
            .await
            .map_err(no)?
        {
            None => "waits",
            Some(_) => match clerk.verified(case, kept.version, desk.keys).await {
                Ok(_) => "verified",
                Err(_) => "not verified",
            },
        };
        filings.push(json!({
            "number": kept.version,
            "stage": document.stage.id(),
            "time": Seconds(kept.at).to_string(),
            "receipt": receipt,
        }));
    }
    Ok(filings)
}

fn versions(at: &At, filings: &[Value]) {
    if !filings.is_empty() {
        let head = [
            "",
            at.lang.of("stage", "段階"),
            at.lang.of("filed", "提出"),
            at.lang.of("receipt", "受領証"),
        ];
        let cell = |filing: &Value, key: &str| filing.get(key).map(show::cell).unwrap_or_default();
        let row = |filing: &Value| {
            let time = cell(filing, "time");
            let time = time.parse().map_or(time, japan_text);
            let receipt = match cell(filing, "receipt").as_str() {
                "waits" => at.lang.of("waits to be sent", "送付待ち"),
                "verified" => at.lang.of("verified", "検証済み"),
                _ => at.lang.of("NOT VERIFIED", "検証できません"),
            };
            vec![
                cell(filing, "number"),
                cell(filing, "stage"),
                time,
                receipt.to_owned(),
            ]
        };
        show::table(&head, filings.iter().map(row));
    }
}

/// A case: versions, receipts, clocks, files.
pub(super) async fn case(desk: &Desk<'_>, case: &Name) -> Result<ExitCode, Failure> {
    let (clerk, at) = (&desk.clerk, desk.at);
    let no = |e| failed(&e, at.lang);
    let draft = clerk.draft(case.as_str()).await.map_err(no)?;
    let check = clerk.check(&draft).await.map_err(no)?;
    let filings = filings(desk, case).await?;
    let paper = (Draft::KIND, clerk.operator.as_str(), case.as_str());
    let files = kept_files(clerk.store, paper).await.map_err(no)?;
    let document = &draft.said.document;
    if at.format == Format::Json {
        show::json(&json!({
            "case": case.to_string(),
            "draft": draft.version,
            "document": document,
            "questions": draft.said.trigger,
            "check": check,
            "filings": filings,
            "files": files.len(),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    show::pairs(&[
        (at.lang.of("case", "事案"), case.to_string()),
        (at.lang.of("operator", "事業者"), clerk.operator.to_string()),
        (at.lang.of("form", "様式"), document.form.id().to_owned()),
        (
            at.lang.of("recognised", "認知日時"),
            japan_text(document.recognised_at),
        ),
        (
            at.lang.of("trigger", "報告の要否"),
            outcome(at.lang, check.trigger.outcome).to_owned(),
        ),
        (
            at.lang.of("next", "次の段階"),
            document.stage.id().to_owned(),
        ),
    ]);
    clocks(at.lang, &check.filing.clocks);
    versions(at, &filings);
    if !files.is_empty() {
        attachments(at, &files);
    }
    Ok(ExitCode::SUCCESS)
}
