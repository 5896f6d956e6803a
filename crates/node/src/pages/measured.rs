//! The report behind the end of a measure, for people. In: the document. Out: the same parts as HTML and as Markdown, in either language. Never: a script; a text of others that becomes markup in either form; a word that the document does not
//! have.

use crate::words::Language;
use crate::words::measured::ReportWord as W;
use maud::{DOCTYPE, Markup, html};
use sakimori_respond::report::paper::Paper;

/// A part of a report.
struct Part {
    title: W,
    body: Vec<Body>,
}

/// What a part has.
enum Body {
    Text(String),
    Pairs(Vec<(W, String)>),
    Table(Vec<W>, Vec<Vec<String>>),
    List(Vec<String>),
}

fn or(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "–".to_owned())
}

fn asked(paper: &Paper) -> Part {
    let asked = &paper.asked;
    let [proposed, reviewed, executor, superior] = &asked.people;
    let pairs = vec![
        (W::Drafted, format!("{} {}", asked.at, asked.drafted)),
        (W::PlanDigest, asked.plan.clone()),
        (W::Playbook, or(asked.playbook.as_ref())),
        (W::Proposed, proposed.clone()),
        (W::Reviewed, reviewed.clone()),
        (W::Executor, executor.clone()),
        (W::Superior, superior.clone()),
        (W::Level, asked.level.to_string()),
        (W::Harm, asked.harm.clone()),
        (W::Imminence, asked.imminence.clone()),
        (W::Necessity, asked.necessity.clone()),
        (W::Proportionality, asked.proportionality.clone()),
        (W::Scope, asked.scope.clone()),
        (W::Success, asked.success.clone()),
        (W::Stop, asked.stop.clone()),
        (W::Milder, asked.milder.join("; ")),
        (W::Withheld, asked.withheld.join("; ")),
    ];
    let evidence = asked.evidence.iter().map(|one| {
        vec![
            one.id.clone(),
            one.what.clone(),
            one.class.clone(),
            one.sha256.clone(),
            one.taken.clone(),
            one.bytes.clone(),
        ]
    });
    let head = vec![W::Evidence, W::What, W::Class, W::Head, W::Taken, W::Bytes];
    Part {
        title: W::Asked,
        body: vec![Body::Pairs(pairs), Body::Table(head, evidence.collect())],
    }
}

fn table(title: W, head: Vec<W>, rows: Vec<Vec<String>>) -> Part {
    Part {
        title,
        body: vec![Body::Table(head, rows)],
    }
}

/// What was done and what came of it.
fn done(paper: &Paper) -> [Part; 3] {
    let decided = paper.decided.iter().map(|one| {
        vec![
            one.at.clone(),
            one.what.clone(),
            or(one.authority.as_ref()),
            one.people.join(", "),
            one.words.clone(),
        ]
    });
    let effects = paper.effects.iter().map(|one| {
        vec![
            one.deed.clone(),
            one.target.clone(),
            one.actuator.clone(),
            one.controller.clone(),
            one.country.clone(),
            or(one.commanded.as_ref()),
            or(one.in_force.as_ref()),
            or(one.gone.as_ref()),
            one.failed.to_string(),
        ]
    });
    let verdicts = paper.verdicts.iter().map(|one| {
        vec![
            one.target.clone(),
            one.verdict.clone(),
            one.at.clone(),
            one.reasons.join("; "),
        ]
    });
    [
        table(
            W::Decided,
            vec![W::At, W::Decision, W::Statement, W::People, W::More],
            decided.collect(),
        ),
        table(
            W::Done,
            vec![
                W::Deed,
                W::Target,
                W::Actuator,
                W::Controller,
                W::Country,
                W::Commanded,
                W::InForce,
                W::Gone,
                W::Failed,
            ],
            effects.collect(),
        ),
        table(
            W::Verdicts,
            vec![W::Target, W::Verdict, W::At, W::Reasons],
            verdicts.collect(),
        ),
    ]
}

/// Who was told, who complained, what was owed.
fn told(paper: &Paper, language: Language) -> [Part; 3] {
    let notices = paper.notices.iter().map(|one| {
        let down = one.down_seconds.map(|seconds| seconds.to_string());
        vec![
            one.reference.clone(),
            one.target.clone(),
            one.state.clone(),
            or(down.as_ref()),
        ]
    });
    let complaints = paper
        .complaints
        .iter()
        .map(|one| vec![one.at.clone(), one.target.clone(), one.state.clone()]);
    let duties = paper.duties.iter().map(|one| {
        let mut more = Vec::new();
        if one.late {
            more.push(W::Late.text(language).to_owned());
        }
        if !one.verified {
            more.push(W::Unverified.text(language).to_owned());
        }
        more.extend(one.withheld.clone());
        vec![
            one.duty.clone(),
            one.due.clone(),
            or(one.done.as_ref()),
            more.join("; "),
        ]
    });
    [
        table(
            W::Notices,
            vec![W::Reference, W::Target, W::State, W::Down],
            notices.collect(),
        ),
        table(
            W::Complaints,
            vec![W::At, W::Target, W::State],
            complaints.collect(),
        ),
        table(
            W::Duties,
            vec![W::Duties, W::Due, W::StepDone, W::More],
            duties.collect(),
        ),
    ]
}

fn parts(paper: &Paper, language: Language) -> Vec<Part> {
    let head = vec![
        (W::Measure, paper.measure.clone()),
        (W::Composed, paper.composed.clone()),
        (W::By, paper.by.clone()),
    ];
    let mut parts = vec![Part {
        title: W::Report,
        body: vec![Body::Pairs(head)],
    }];
    if !paper.words.is_empty() {
        parts.push(Part {
            title: W::Words,
            body: vec![Body::Text(paper.words.clone())],
        });
    }
    parts.push(asked(paper));
    parts.extend(done(paper));
    let mut lines: Vec<String> = paper
        .happened
        .iter()
        .map(|one| format!("{} {} {}", one.at, one.what, one.words))
        .collect();
    if paper.more > 0 {
        lines.push(format!("{} {}", paper.more, W::Lines.text(language)));
    }
    parts.push(Part {
        title: W::Happened,
        body: vec![Body::List(lines)],
    });
    parts.extend(told(paper, language));
    let end = vec![
        (W::How, or(paper.end.as_ref())),
        (W::Ended, or(paper.ended.as_ref())),
        (W::Flags, format!("{}, {}", paper.flags.0, paper.flags.1)),
    ];
    let chain = vec![
        (W::Links, paper.links.to_string()),
        (W::Head, paper.head.clone()),
    ];
    for (title, pairs) in [(W::End, end), (W::Chain, chain)] {
        parts.push(Part {
            title,
            body: vec![Body::Pairs(pairs)],
        });
    }
    parts
}

/// The parts of a report as HTML, without its first title.
pub(crate) fn content(paper: &Paper, language: Language) -> Markup {
    let say = |word: W| word.text(language);
    html! {
        @for part in parts(paper, language) {
            section {
                @if part.title != W::Report { h2 { (say(part.title)) } }
                @for body in &part.body { @match body {
                    Body::Text(text) => { p .text { (text) } }
                    Body::Pairs(pairs) => { dl { @for (name, value) in pairs { dt { (say(*name)) } dd .wrap { (value) } } } }
                    Body::List(lines) => { ul { @for line in lines { li { (line) } } } }
                    Body::Table(head, rows) => {
                        @if rows.is_empty() { p { "–" } }
                        @else { table {
                            thead { tr { @for word in head { th scope="col" { (say(*word)) } } } }
                            tbody { @for row in rows { tr { @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" .wrap { (cell) } } @else { td .wrap { (cell) } }
                            } } } }
                        } }
                    }
                } }
            }
        }
    }
}

/// A report as a document of its own.
pub fn report_html(paper: &Paper, language: Language) -> String {
    let title = W::Report.text(language);
    let document = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " " (paper.measure) }
            }
            body { main { h1 { (title) } (content(paper, language)) } }
        }
    };
    document.into_string()
}

/// A text that is a text in Markdown too (`CommonMark` section 2.4), on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            c if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | ':' | ';' | '/' | '-') => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A report in Markdown.
pub fn report_markdown(paper: &Paper, language: Language) -> String {
    let say = |word: W| word.text(language);
    let mut lines = Vec::new();
    for part in parts(paper, language) {
        let level = if part.title == W::Report { "#" } else { "##" };
        lines.push(format!("{level} {}\n", say(part.title)));
        for body in part.body {
            match body {
                Body::Text(text) => lines.push(format!("{}\n", plain(&text))),
                Body::Pairs(pairs) => {
                    for (name, value) in pairs {
                        lines.push(format!("- {}: {}", say(name), plain(&value)));
                    }
                    lines.push(String::new());
                }
                Body::List(all) => {
                    lines.extend(all.iter().map(|line| format!("- {}", plain(line))));
                    lines.push(String::new());
                }
                Body::Table(_, rows) if rows.is_empty() => lines.push("–\n".to_owned()),
                Body::Table(head, rows) => {
                    let head: Vec<&str> = head.into_iter().map(say).collect();
                    lines.push(format!("| {} |", head.join(" | ")));
                    lines.push(format!("|{}", "---|".repeat(head.len())));
                    for row in rows {
                        let cells: Vec<String> = row.iter().map(|cell| plain(cell)).collect();
                        lines.push(format!("| {} |", cells.join(" | ")));
                    }
                    lines.push(String::new());
                }
            }
        }
    }
    lines.join("\n") + "\n"
}
