//! The early warning at an operator's node: what the office's node has for it. In: claims, answers, ways. Out: tables, acts at the office's node. Never: a copy that is kept here; an act
//! that is not on record with who did it.

use super::{ALERT_HEAD, is_state, rated};
use crate::arguments::Format;
use crate::arguments::alert::AlertAct;
use crate::arguments::asset::Place;
use crate::commands::asset::{Desk, at_desk};
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_control::error::{exit, told};
use sakimori_liaison::alert::{Mail, answer_word, method_word};
use sakimori_node::problem::Problem;
use sakimori_store::Change;
use serde_json::{Value, json};

/// What the office's node, or that it is away, is to who typed the command.
pub(super) fn no(problem: &Problem) -> Failure {
    let code = if problem.code.status() >= 500 {
        exit::ENVIRONMENT
    } else {
        exit::NO
    };
    let message = format!("{} {}", problem.code.title(), problem.detail);
    Failure {
        message: message.trim_end().to_owned(),
        code,
    }
}

fn away(problem: &Problem) -> Failure {
    let failure = no(problem);
    Failure {
        message: format!("the office's node: {}", failure.message),
        ..failure
    }
}

fn text<'v>(value: &'v Value, place: &str) -> &'v str {
    let found = value.pointer(place).and_then(Value::as_str);
    found.unwrap_or_default()
}

/// Puts what was done at the office's node on record here.
async fn record(desk: &Desk<'_>, act: &str, object: &str, detail: String) -> Result<(), Failure> {
    let record = Change::Audit {
        at: desk.act.at.0,
        by: desk.act.by.to_owned(),
        act: act.to_owned(),
        object: object.to_owned(),
        detail,
    };
    desk.store.apply(&[record]).await.map_err(|e| Failure {
        message: format!(
            "the office has it, and it is not on record here: {}",
            told(&e)
        ),
        code: exit::ENVIRONMENT,
    })
}

pub(super) fn run(place: &Place, act: AlertAct, host: &Host) -> Result<(), Failure> {
    let office = "this is done at the office (--role office); --local does it in this folder's own store, from which nothing is sent";
    if matches!(act, AlertAct::Feed { .. } | AlertAct::Prove(_)) {
        return Err(Failure::usage(office));
    }
    at_desk(place, host, async |desk: &Desk<'_>| match act {
        AlertAct::Register { thing, method } => {
            let word = method_word(method);
            let said = sakimori_node::claim_for_us(&desk.folder, &thing, word).await;
            let said = said.map_err(|problem| away(&problem))?;
            record(desk, "claim", &thing, word.to_owned()).await?;
            claimed(desk, &said);
            Ok(())
        }
        AlertAct::Look { id } => {
            let done = sakimori_node::look_for_us(&desk.folder, &id).await;
            done.map_err(|problem| away(&problem))?;
            record(desk, "ask-look", &id, String::new()).await?;
            show::pairs(&[("claim", id)]);
            Ok(())
        }
        AlertAct::Things => things(desk).await,
        AlertAct::List { state } => list(desk, state.as_deref()).await,
        AlertAct::Show { id } => {
            let row = sakimori_node::alert_of_us(&desk.folder, &id).await;
            show::json(&row.map_err(|problem| away(&problem))?);
            Ok(())
        }
        AlertAct::Answer { id, answer } => {
            let word = answer_word(answer);
            let state = sakimori_node::answer_alert(&desk.folder, &id, word).await;
            let state = state.map_err(|problem| away(&problem))?;
            record(desk, "answer-alert", &id, word.to_owned()).await?;
            show::pairs(&[("alert", id), ("state", state)]);
            Ok(())
        }
        AlertAct::Rates => {
            let rows = sakimori_node::alert_rates_of_us(&desk.folder).await;
            rated(desk.format, &rows.map_err(|problem| away(&problem))?);
            Ok(())
        }
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
            tell(desk, (webhook.as_deref(), mail.as_ref()), nothing).await
        }
        // Refused above.
        AlertAct::Feed { .. } | AlertAct::Prove(_) => Err(Failure::usage(office)),
    })
}

fn claimed(desk: &Desk<'_>, said: &Value) {
    if desk.format == Format::Json {
        show::json(said);
        return;
    }
    let what = match text(said, "/text") {
        "" => "the contact of the registry gets a mail, and answers it",
        what => what,
    };
    show::pairs(&[
        ("claim", text(said, "/id").to_owned()),
        ("where", text(said, "/place").to_owned()),
        ("what", what.to_owned()),
        ("until", text(said, "/until").to_owned()),
    ]);
}

async fn things(desk: &Desk<'_>) -> Result<(), Failure> {
    let rows = sakimori_node::things_of_us(&desk.folder).await;
    let rows = rows.map_err(|problem| away(&problem))?;
    if desk.format == Format::Json {
        show::json(&Value::Array(rows));
        return Ok(());
    }
    let shown = rows.iter().map(|row| {
        let tried = row.get("tried").and_then(Value::as_array);
        let last = tried.and_then(|tried| tried.last());
        let last = last.map(|last| format!("{} {}", text(last, "/found"), text(last, "/words")));
        vec![
            text(row, "/id").to_owned(),
            text(row, "/thing").to_owned(),
            text(row, "/method").to_owned(),
            text(row, "/state").to_owned(),
            text(row, "/shown_until").to_owned(),
            text(row, "/asked_until").to_owned(),
            text(row, "/next_look").to_owned(),
            last.unwrap_or_default().trim().to_owned(),
        ]
    });
    let head = [
        "claim",
        "thing",
        "method",
        "state",
        "shown until",
        "asked until",
        "next look",
        "last look",
    ];
    show::table(&head, shown);
    Ok(())
}

async fn list(desk: &Desk<'_>, state: Option<&str>) -> Result<(), Failure> {
    is_state(state)?;
    let all = sakimori_node::alerts_of_us(&desk.folder, state).await;
    let all = all.map_err(|problem| away(&problem))?;
    if all.more {
        show::say("there are more, which are not listed");
    }
    if desk.format == Format::Json {
        show::json(&Value::Array(all.rows));
        return Ok(());
    }
    let rows = all.rows.iter().map(|row| {
        let unverified = row.pointer("/alert/unverified").and_then(Value::as_bool);
        let mark = if unverified == Some(true) {
            " unverified"
        } else {
            ""
        };
        let count = row.pointer("/alert/count").and_then(Value::as_u64);
        let said = |place: &str| text(row, place).to_owned();
        vec![
            said("/alert/id"),
            said("/operator"),
            said("/alert/kind"),
            said("/alert/what"),
            said("/alert/about"),
            format!("{}{mark}", text(row, "/alert/grade")),
            count.unwrap_or(0).to_string(),
            said("/alert/last"),
            said("/alert/state"),
        ]
    });
    show::table(&ALERT_HEAD, rows);
    Ok(())
}

async fn tell(
    desk: &Desk<'_>,
    (webhook, mail): (Option<&str>, Option<&Mail>),
    nothing: bool,
) -> Result<(), Failure> {
    if !nothing && webhook.is_none() && mail.is_none() {
        let said = sakimori_node::alert_ways_of_us(&desk.folder).await;
        let said = said.map_err(|problem| away(&problem))?;
        show::json(&json!({ "webhook": said.get("webhook"), "mail": said.get("mail") }));
        return Ok(());
    }
    let said = sakimori_node::tell_us(&desk.folder, webhook, mail).await;
    let said = said.map_err(|problem| away(&problem))?;
    let hook = webhook.unwrap_or("no webhook");
    let to = mail.map_or("no mail", |mail| mail.to.as_str());
    record(
        desk,
        "set-alert-ways",
        "alert-ways",
        format!("{hook}, {to}"),
    )
    .await?;
    if !text(&said, "/secret").is_empty() {
        show::say("the secret that signs the webhook is shown this once");
    }
    show::json(&said);
    Ok(())
}
