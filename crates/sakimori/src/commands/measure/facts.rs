//! `measure facts`, `measure look`. In: facts on who else is met, a measure. Out: what is known and how old it is; what its targets run into now. Never: a fact without its source and time.

use super::{Office, document, no};
use crate::arguments::Format;
use crate::arguments::measure::FactsAct;
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{bring_facts, facts, name_history};
use sakimori_node::measure::{Room, facts_of};
use sakimori_respond::plan::Plan;
use sakimori_respond::plan::collateral::{Fact, Facts};
use sakimori_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;

/// Says what a person looks at before saying yes.
pub(super) fn cautions(room: &Room, plan: &Plan) {
    for words in room.cautions(plan) {
        show::say(&format!("look twice: {words}"));
    }
}

fn number(fact: Option<&Fact>) -> String {
    let shown = |fact: &Fact| format!("{} to {}, {}", fact.low, fact.high, fact.source);
    fact.map_or_else(|| "-".to_owned(), shown)
}

pub(super) async fn run(
    office: &Office<'_>,
    store: Arc<dyn Store>,
    act: FactsAct,
) -> Result<(), Failure> {
    let now = office.host.seconds();
    match act {
        FactsAct::Set { file } => {
            office.may(Leave::DraftRequest).await?;
            let brought: Vec<Facts> = document(&file)?;
            let set = bring_facts(&*store, &brought, now, office.by.as_str()).await;
            set.map_err(|e| super::failed(&e))?;
            let room = office.room(store)?;
            let by = office.by.as_str();
            for stepped in room.suspend_by_facts(by).await.map_err(|e| no(&e))? {
                let id = stepped.held.state().plan().id;
                if stepped.held.state().suspended().is_some() {
                    show::say(&format!("suspended: {id}"));
                }
                office.said(&stepped)?;
            }
            show::line(&brought.len().to_string());
        }
        FactsAct::List => {
            let (all, more) = facts(&*store).await.map_err(|e| super::failed(&e))?;
            let rows: Vec<Value> = all.iter().map(|one| facts_of(one, now)).collect();
            if office.desk.format == Format::Json {
                show::json(&json!(rows));
            } else {
                let lines = all.iter().zip(&rows).map(|(one, row)| {
                    let facts = &one.said.facts;
                    let age = row.get("age_seconds").and_then(Value::as_u64);
                    vec![
                        facts.target.clone(),
                        number(facts.names.as_ref()),
                        number(facts.clients.as_ref()),
                        number(facts.other_ppm.as_ref()),
                        age.map_or_else(|| "-".to_owned(), |age| format!("{} h", age / 3600)),
                        one.by.clone(),
                    ]
                });
                let head = ["target", "names", "clients", "others ppm", "age", "by"];
                show::table(&head, lines);
            }
            if more {
                show::say("there are more");
            }
        }
    }
    Ok(())
}

pub(super) async fn look(
    office: &Office<'_>,
    store: Arc<dyn Store>,
    id: AuthorityId,
) -> Result<(), Failure> {
    let held = office.held(id).await?;
    let plan = held.state().plan();
    let room = office.room(Arc::clone(&store))?;
    room.look(plan).await.map_err(|problem| no(&problem))?;
    let mut names = Vec::new();
    for aim in &plan.aims {
        let history = name_history(&*store, &aim.target).await;
        let newest = history.map_err(|e| super::failed(&e))?.pop();
        names.extend(newest);
    }
    if office.desk.format == Format::Json {
        let rows: Vec<Value> = names
            .iter()
            .map(|one| {
                let (said, at) = (&one.said, Seconds(one.at).to_string());
                json!({"target": said.target, "at": at, "aliases": said.aliases, "addresses": said.addresses, "unanswered": said.unanswered})
            })
            .collect();
        show::json(&json!({"cautions": room.cautions(plan), "names": rows}));
        return Ok(());
    }
    let rows = names.iter().map(|one| {
        let said = &one.said;
        let leads: Vec<String> = said
            .aliases
            .iter()
            .chain(&said.addresses)
            .cloned()
            .collect();
        let leads = said.unanswered.clone().unwrap_or_else(|| leads.join(" "));
        vec![said.target.clone(), Seconds(one.at).to_string(), leads]
    });
    show::table(&["name", "since", "leads to"], rows);
    for words in room.cautions(plan) {
        show::line(&words);
    }
    Ok(())
}
