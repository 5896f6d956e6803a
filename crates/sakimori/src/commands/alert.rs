//! `alert …`: early warning. In: arguments, feeds, what was found. Out: tables; at the office's node and with `--local` the store, at an operator's node what the office's node has. Never:
//! a look-up: who looks tells what was found.

mod ours;

use super::asset::{Desk, at_desk, failed, read};
use crate::arguments::Format;
use crate::arguments::alert::{Alert, AlertAct, Prove};
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_control::error::exit;
use sakimori_custody::time::Seconds;
use sakimori_exchange::feed::TEXT_BYTES_MAX;
use sakimori_liaison::alert::{
    self, AlertPaper, Feed, Found, Look, Mail, Timing, answer, ask, latest, method_word, one,
    prove, registrations, set_ways, source_rates, ways,
};
use sakimori_liaison::asset::Act;
use sakimori_liaison::paper::Written;
use sakimori_node::Role;
use sakimori_store::View;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Most rows of a list.
const ROWS_MAX: usize = 2000;
/// Most alerts that rates are counted of.
const RATED_MAX: usize = 1_000_000;

/// Whose things and alerts: of the operator that is named, at the office of all where none is.
fn view<'a>(desk: &Desk<'a>) -> View<'a> {
    match desk.act.owner {
        "office" => View::All,
        operator => View::Of(operator),
    }
}

pub(super) fn run(arguments: Alert, host: &Host) -> Result<ExitCode, Failure> {
    let Alert { place, local, act } = arguments;
    if matches!(place.role, Role::Commission) {
        return Err(Failure::usage("--role is operator or office"));
    }
    if local && matches!(place.role, Role::Office) {
        return Err(Failure::usage(
            "--local is for an operator's node; the office's works on its own store",
        ));
    }
    if matches!(place.role, Role::Operator) && !local {
        ours::run(&place, act, host)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut random = [0u8; 20];
    let mut source = host.source();
    source(&mut random).map_err(|e| Failure {
        message: format!("no random bytes: {e}"),
        code: exit::ENVIRONMENT,
    })?;
    at_desk(&place, host, async |desk: &Desk<'_>| {
        let times = sakimori_node::alert_times(&desk.folder);
        let timing = times.map_err(|problem| ours::no(&problem))?.timing();
        here(desk, act, (random, &timing)).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// An act on the store of this folder.
async fn here(
    desk: &Desk<'_>,
    act: AlertAct,
    (random, timing): ([u8; 20], &Timing),
) -> Result<(), Failure> {
    match act {
        AlertAct::Register { thing, method } => {
            let asked = ask(desk.store, desk.act, (&thing, method), random, timing).await;
            let (id, look) = asked.map_err(|e| failed(&e))?;
            claimed(desk, &id, &look);
            Ok(())
        }
        AlertAct::Look { id } => {
            let done = alert::look_now(desk.store, desk.act, &id, timing).await;
            done.map_err(|e| failed(&e))?;
            show::pairs(&[("claim", id)]);
            Ok(())
        }
        AlertAct::Prove(found) => proved(desk, found).await,
        AlertAct::Things => things(desk).await,
        AlertAct::Feed { file, form, grade } => {
            let bytes = read(&file, TEXT_BYTES_MAX)?;
            let name = file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let feed = Feed {
                name: &name.unwrap_or_default(),
                form,
                grade,
                bytes: &bytes,
            };
            fed(desk, feed, timing).await
        }
        AlertAct::List { state } => list(desk, state.as_deref()).await,
        AlertAct::Show { id } => {
            let kept = one(desk.store, desk.act.owner, &id).await;
            let kept = kept.map_err(|e| failed(&e))?;
            show::json(&json!({ "id": kept.id, "state": kept.state, "alert": kept.said }));
            Ok(())
        }
        AlertAct::Answer { id, answer: given } => {
            let said = answer(desk.store, desk.act, &id, given).await;
            let said = said.map_err(|e| failed(&e))?;
            show::pairs(&[("alert", id), ("state", said.state().to_owned())]);
            Ok(())
        }
        AlertAct::Rates => rates(desk).await,
        AlertAct::Tell {
            webhook,
            mail,
            language,
            every_hours,
            nothing,
        } => {
            let mail = mail.map(|to| Mail {
                to,
                language,
                every_hours,
            });
            tell(desk, webhook, mail, nothing).await
        }
    }
}

fn claimed(desk: &Desk<'_>, id: &str, look: &Look) {
    let challenge = &look.challenge;
    if desk.format == Format::Json {
        show::json(&json!({
            "id": id, "method": method_word(look.method), "place": challenge.place, "text": challenge.text,
            "until": challenge.until.to_string(),
        }));
        return;
    }
    show::pairs(&[
        ("claim", id.to_owned()),
        ("where", challenge.place.clone()),
        ("what", challenge.text.clone()),
        ("until", challenge.until.to_string()),
    ]);
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read(path, 1 << 20)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn proved(desk: &Desk<'_>, given: Prove) -> Result<(), Failure> {
    let found = match given {
        Prove {
            file: Some(file), ..
        } => Found::File(read(&file, 4096)?),
        Prove {
            mail: Some(mail),
            from_contact,
            ..
        } => Found::Mail {
            text: text(&mail)?,
            from_contact,
        },
        Prove {
            paper: Some(reference),
            ..
        } => Found::Paper {
            officer: desk.act.by.to_owned(),
            reference,
        },
        Prove { ref txt, .. } if txt.is_empty() => Found::Nothing,
        Prove { txt, .. } => Found::Txt(txt),
    };
    let until = prove(desk.store, desk.act, &given.id, async |_| found).await;
    let until = until.map_err(|e| failed(&e))?;
    show::pairs(&[("claim", given.id), ("shown until", until.to_string())]);
    Ok(())
}

async fn things(desk: &Desk<'_>) -> Result<(), Failure> {
    let (all, more) = registrations(desk.store, view(desk), ROWS_MAX)
        .await
        .map_err(|e| failed(&e))?;
    let now = desk.act.at;
    if desk.format == Format::Json {
        let row = |kept: &Written<alert::RegistrationPaper>| {
            json!({
                "operator": kept.owner, "id": kept.id, "thing": kept.said.asset, "method": kept.said.method,
                "shown_until": kept.said.holds_until(now).map(|until| until.to_string()),
            })
        };
        show::json(&Value::Array(all.iter().map(row).collect()));
        return Ok(());
    }
    let rows = all.iter().map(|kept| {
        let until = kept.said.holds_until(now).map(|until| until.to_string());
        let open = kept
            .said
            .look()
            .map(|look| look.challenge.until.to_string());
        vec![
            kept.owner.clone(),
            kept.id.clone(),
            kept.said.asset.clone(),
            kept.said.method.clone(),
            until.unwrap_or_default(),
            open.unwrap_or_default(),
        ]
    });
    let head = [
        "operator",
        "claim",
        "thing",
        "method",
        "shown until",
        "asked until",
    ];
    show::table(&head, rows);
    more_rows(more);
    Ok(())
}

fn more_rows(more: bool) {
    if more {
        show::say(&format!("there are more than {ROWS_MAX}"));
    }
}

async fn fed(desk: &Desk<'_>, feed: Feed<'_>, timing: &Timing) -> Result<(), Failure> {
    if !feed.form.is_verified() {
        show::say("UNVERIFIED: this form was read from its documentation alone");
    }
    let act = Act {
        owner: "office",
        ..desk.act
    };
    let intake = alert::take(desk.store, act, feed, timing).await;
    let intake = intake.map_err(|e| failed(&e))?;
    if intake.before {
        show::say("the same feed was taken before; nothing was counted again");
    }
    if desk.format == Format::Json {
        show::json(&json!(intake));
        return Ok(());
    }
    show::pairs(&[
        ("sightings", intake.sightings.to_string()),
        ("of registered things", intake.matched.to_string()),
        ("alerts opened", intake.opened.to_string()),
        ("seen again", intake.again.to_string()),
        ("silenced", intake.muted.to_string()),
    ]);
    Ok(())
}

/// Whether a state is one of an alert.
fn is_state(state: Option<&str>) -> Result<(), Failure> {
    let words = ["open", "seen", "acted", "false", "not-relevant"];
    match state.filter(|state| !words.contains(state)) {
        Some(state) => Err(Failure::usage(format!(
            "`{state}` is none of {}",
            words.join(", ")
        ))),
        None => Ok(()),
    }
}

/// The heads of a table of alerts.
const ALERT_HEAD: [&str; 9] = [
    "alert",
    "operator",
    "kind",
    "what",
    "about",
    "grade",
    "times",
    "last seen",
    "state",
];

async fn list(desk: &Desk<'_>, state: Option<&str>) -> Result<(), Failure> {
    is_state(state)?;
    let mut all: Vec<Written<AlertPaper>> = Vec::new();
    let mut before = None;
    while all.len() < ROWS_MAX {
        let some = latest(desk.store, view(desk), state, before).await;
        let some = some.map_err(|e| failed(&e))?;
        let Some(last) = some.last() else { break };
        before = Some(last.sequence);
        all.extend(some);
    }
    if desk.format == Format::Json {
        let row = |kept: &Written<AlertPaper>| json!({ "operator": kept.owner, "alert": kept.said.shown(&kept.id) });
        show::json(&Value::Array(all.iter().map(row).collect()));
        return Ok(());
    }
    let rows = all.iter().map(|kept| {
        let said = &kept.said;
        let mark = if said.unverified { " unverified" } else { "" };
        vec![
            kept.id.clone(),
            kept.owner.clone(),
            said.kind.clone(),
            said.what.clone(),
            said.about.clone(),
            format!("{}{mark}", said.grade),
            said.count.to_string(),
            Seconds(said.last).to_string(),
            kept.state.clone(),
        ]
    });
    show::table(&ALERT_HEAD, rows);
    more_rows(all.len() >= ROWS_MAX);
    Ok(())
}

async fn rates(desk: &Desk<'_>) -> Result<(), Failure> {
    let (rates, more) = source_rates(desk.store, view(desk), RATED_MAX)
        .await
        .map_err(|e| failed(&e))?;
    let row = |(source, rate): (&String, &sakimori_exchange::alert::Rates)| {
        json!({
            "source": source, "alerts": rate.alerts, "silent": rate.silent, "seen": rate.seen,
            "acted": rate.acted, "false": rate.not_so, "not_relevant": rate.not_relevant,
            "false_per_mille": rate.false_per_mille(),
        })
    };
    let rows: Vec<Value> = rates.iter().map(row).collect();
    rated(desk.format, &rows);
    more_rows(more);
    Ok(())
}

/// The rates of sources as a table.
fn rated(format: Format, rates: &[Value]) {
    if format == Format::Json {
        show::json(&Value::Array(rates.to_vec()));
        return;
    }
    let number = |row: &Value, name: &str| row.get(name).and_then(Value::as_u64);
    let rows = rates.iter().map(|row| {
        let count = |name: &str| number(row, name).unwrap_or(0).to_string();
        let share = number(row, "false_per_mille");
        let share = share.map_or_else(|| "–".to_owned(), |n| format!("{}.{} %", n / 10, n % 10));
        let source = row.get("source").and_then(Value::as_str);
        vec![
            source.unwrap_or_default().to_owned(),
            count("alerts"),
            count("silent"),
            count("seen"),
            count("acted"),
            count("false"),
            count("not_relevant"),
            share,
        ]
    });
    let head = [
        "source",
        "alerts",
        "silent",
        "seen",
        "acted",
        "false",
        "not relevant",
        "false of judged",
    ];
    show::table(&head, rows);
}

async fn tell(
    desk: &Desk<'_>,
    webhook: Option<String>,
    mail: Option<Mail>,
    nothing: bool,
) -> Result<(), Failure> {
    if desk.act.owner == "office" {
        return Err(Failure::usage("--operator says who is told"));
    }
    if nothing || webhook.is_some() || mail.is_some() {
        show::say("nothing is sent from here: the office's node sends what it keeps itself");
        set_ways(desk.store, desk.act, (webhook, mail), false)
            .await
            .map_err(|e| failed(&e))?;
    }
    let own = ways(desk.store, desk.act.owner)
        .await
        .map_err(|e| failed(&e))?;
    show::json(&json!(own.map(|own| own.said)));
    Ok(())
}
