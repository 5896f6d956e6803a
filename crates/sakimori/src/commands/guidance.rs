//! `guidance list`, `show`, `answer`: the office's advice at the operator's node. In: ticks. Out: tables, answers that wait to be sent. Never: a line that is left open.

use super::report::{at_operator, day, failed, state};
use crate::arguments::Format;
use crate::arguments::report::{At, Guidance as Arguments, GuidanceAct as Act};
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_cooperate::guidance::{Guidance, Tick};
use sakimori_custody::time::Seconds;
use sakimori_liaison::paper::Written;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The ticks in the order of the lines.
fn ticks(said: &[(String, String)]) -> Result<Vec<Tick>, Failure> {
    let mut ticks: Vec<(usize, Tick)> = Vec::new();
    for (line, answer) in said {
        let bad = |why: &str| Failure::usage(format!("--tick {line}={answer}: {why}"));
        let number: usize = line.parse().map_err(|_| bad("a line has a number"))?;
        let (word, rest) = answer.split_once(':').unwrap_or((answer, ""));
        let why = || rest.to_owned();
        let tick = match word {
            "done" if rest.is_empty() => Tick::Done,
            "planned" => Tick::Planned {
                by: rest.parse().map_err(|_| bad("planned:YYYY-MM-DD"))?,
            },
            "not-applicable" => Tick::NotApplicable { why: why() },
            "not-done" => Tick::NotDone { why: why() },
            _ => return Err(bad("done, planned:DAY, not-applicable:WHY or not-done:WHY")),
        };
        ticks.push((number, tick));
    }
    ticks.sort_by_key(|(number, _)| *number);
    let in_order = ticks.iter().zip(1..).all(|((number, _), at)| *number == at);
    if !in_order {
        return Err(Failure::usage("each line is answered once, from 1 on"));
    }
    Ok(ticks.into_iter().map(|(_, tick)| tick).collect())
}

fn table(at: &At, list: &[Written<Guidance>], now: Seconds) {
    if at.format == Format::Json {
        let rows = list.iter().map(|each| json!({"guidance": each.said, "state": each.state, "clock": each.said.clock(now)}));
        show::json(&Value::Array(rows.collect()));
        return;
    }
    let head = [
        at.lang.of("guidance", "指導・助言"),
        at.lang.of("subject", "件名"),
        at.lang.of("answer by", "回答期限"),
        at.lang.of("state", "状態"),
    ];
    let row = |each: &Written<Guidance>| {
        let due = each.said.clock(now);
        let waits = if each.state == "answer-waits" {
            at.lang.of("answered, not sent yet", "回答済（未送付）")
        } else {
            state(at.lang, due.state)
        };
        let subject = each.said.subject().to_owned();
        vec![
            each.id.clone(),
            subject,
            day(at.lang, &due),
            waits.to_owned(),
        ]
    };
    show::table(&head, list.iter().map(row));
}

fn one(at: &At, guidance: &Written<Guidance>, now: Seconds) {
    table(at, std::slice::from_ref(guidance), now);
    if at.format == Format::Json {
        return;
    }
    let last = guidance.said.answers().last();
    let head = ["", at.lang.of("line", "内容"), at.lang.of("answer", "回答")];
    let rows = guidance
        .said
        .lines()
        .iter()
        .enumerate()
        .map(|(number, line)| {
            let tick = last.and_then(|last| last.ticks.get(number));
            let said = tick.map(|tick| match tick {
                Tick::Done => at.lang.of("done", "実施済").to_owned(),
                Tick::Planned { by } => format!("{} {by}", at.lang.of("planned by", "予定")),
                Tick::NotApplicable { why } => {
                    format!("{}: {why}", at.lang.of("not applicable", "対象外"))
                }
                Tick::NotDone { why } => format!("{}: {why}", at.lang.of("not done", "不実施")),
            });
            vec![
                (number + 1).to_string(),
                line.clone(),
                said.unwrap_or_default(),
            ]
        });
    show::table(&head, rows);
}

pub(super) fn run(arguments: Arguments, host: &Host) -> Result<ExitCode, Failure> {
    let at = &arguments.at;
    let no = |e| failed(&e, at.lang);
    let act = arguments.act;
    at_operator(at, host, None, async |desk| {
        let (clerk, now) = (&desk.clerk, desk.clerk.now);
        match &act {
            Act::List => table(at, &clerk.guidance().await.map_err(no)?, now),
            Act::Show { id } => one(at, &clerk.one_guidance(id).await.map_err(no)?, now),
            Act::Answer { id, ticks: said } => {
                let kept = clerk.answer(id, &ticks(said)?).await.map_err(no)?;
                one(at, &kept, now);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_ticked_once_and_in_words() {
        let said = |pairs: &[(&str, &str)]| {
            let owned: Vec<_> = pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect();
            ticks(&owned).ok()
        };
        let both = said(&[("2", "planned:2026-10-31"), ("1", "done")]).unwrap();
        assert_eq!(both.first(), Some(&Tick::Done));
        for bad in [
            [("1", "done"), ("1", "done")],
            [("1", "done"), ("3", "done")],
            [("1", "done"), ("2", "planned:soon")],
            [("1", "done"), ("x", "done")],
            [("1", "yes"), ("2", "done")],
        ] {
            assert!(said(&bad).is_none(), "{bad:?}");
        }
    }
}
