//! Measures as tables and JSON. In: lives. Out: standard output. Never: a judgement.

use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{ComplaintPaper, Held, VerdictPaper, measures};
use sakimori_liaison::paper::Written;
use sakimori_node::measure::Room;
pub(super) use sakimori_node::measure::state_of as state;
use sakimori_node::measure::{verdict_figures, verdict_of};
use sakimori_respond::plan::figures::Figures;
use sakimori_respond::plan::life::State;
use serde_json::{Value, json};

pub(super) async fn list(format: Format, room: &Room) -> Result<(), Failure> {
    let (all, more) = measures(&*room.store)
        .await
        .map_err(|e| super::failed(&e))?;
    if format == Format::Json {
        let rows: Vec<Value> = all.iter().map(|one| state(one.state())).collect();
        show::json(&json!(rows));
    } else {
        let rows = all.iter().map(|one| row(one.state()));
        let head = [
            "measure", "stage", "level", "effects", "in force", "until", "next due",
        ];
        show::table(&head, rows);
    }
    if more {
        show::say("there are more");
    }
    Ok(())
}

fn row(state: &State) -> Vec<String> {
    let standing = state
        .effects()
        .iter()
        .filter(|effect| effect.stands())
        .count();
    let open = state.clocks().values().filter(|clock| clock.done.is_none());
    let due = open.map(|clock| clock.due).min();
    vec![
        state.plan().id.to_string(),
        state.stage().name().to_owned(),
        state.level().to_string(),
        state.effects().len().to_string(),
        standing.to_string(),
        state.until().map(|at| at.to_string()).unwrap_or_default(),
        due.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

pub(super) fn one(format: Format, room: &Room, (held, judged): (&Held, Option<&VerdictPaper>)) {
    let state_of = held.state();
    if format == Format::Json {
        let mut shown = state(state_of);
        shown["verdict"] = verdict_of(judged);
        show::json(&shown);
        return;
    }
    let plan = state_of.plan();
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    show::pairs(&[
        ("measure", plan.id.to_string()),
        ("stage", state_of.stage().name().to_owned()),
        ("level", state_of.level().to_string()),
        (
            "approval",
            text(state_of.authority().map(|id| id.to_string())),
        ),
        ("until", text(state_of.until().map(|at| at.to_string()))),
        ("works if", plan.dossier.success.to_string()),
        ("stops if", plan.dossier.stop.to_string()),
        ("harm", plan.dossier.harm.clone()),
    ]);
    let effects = plan
        .aims
        .iter()
        .zip(state_of.effects())
        .map(|(aim, effect)| {
            vec![
                aim.deed.to_string(),
                aim.target.clone(),
                aim.actuator.to_string(),
                aim.controller.to_string(),
                format!("{:?}", effect.at).to_lowercase(),
                text(effect.until.map(|at| at.to_string())),
            ]
        });
    let head = ["deed", "target", "actuator", "controller", "state", "until"];
    show::table(&head, effects);
    if state_of.waits_for_two() {
        show::line(
            "two people have to dispatch what was renewed at level 2; what is in force ends at its own time else",
        );
    }
    let now = room.now();
    let clocks = state_of.clocks().iter().map(|(duty, clock)| {
        let mark = if clock.verified { "" } else { "UNVERIFIED" };
        vec![
            duty.to_string(),
            clock.due.to_string(),
            text(clock.done.map(|at| at.to_string())),
            format!("{:?}", clock.standing(now)),
            mark.to_owned(),
        ]
    });
    show::table(&["owed", "due", "done", "stands", "term"], clocks);
    let Some(paper) = judged else { return };
    let rows = paper.targets.iter().map(|one| {
        vec![
            one.target.clone(),
            one.verdict.clone(),
            one.by.clone(),
            one.reasons.join("; "),
        ]
    });
    show::say(&format!("judged of {}", Seconds(paper.at)));
    show::table(&["target", "verdict", "by", "why"], rows);
}

pub(super) fn figures(format: Format, figures: &Figures, judged: &[VerdictPaper]) {
    let mut value = json!(figures);
    for (name, count) in verdict_figures(judged) {
        value[name] = json!(count);
    }
    if format == Format::Json {
        show::json(&value);
        return;
    }
    let rows = value.as_object().into_iter().flatten();
    let rows = rows.map(|(name, value)| vec![name.replace('_', " "), show::cell(value)]);
    show::table(&["figure", "value"], rows);
}

pub(super) fn complaints(format: Format, all: &[Written<ComplaintPaper>]) {
    if format == Format::Json {
        let rows: Vec<Value> = all.iter().map(|one| json!(one.said)).collect();
        show::json(&json!(rows));
        return;
    }
    let rows = all.iter().map(|one| {
        vec![
            one.id.clone(),
            one.state.clone(),
            one.said.complaint.target.clone(),
            one.said.measure.clone().unwrap_or_default(),
            one.said.ruling.words.clone(),
        ]
    });
    show::table(
        &["reference", "state", "target", "measure", "by rule"],
        rows,
    );
}
