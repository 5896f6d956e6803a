//! `product …`, `council …`. In: arguments, the store at the office, the office's node at an operator's. Out: tables, answers at the office's node. Never: a consent of who is no person of the
//! node; what needs an entry of the log, at the office: that is for its running node.

use super::asset::{Desk, at_desk, failed};
use crate::arguments::Format;
use crate::arguments::council::{Council, CouncilAct, Product, ProductAct};
use crate::failure::Failure;
use crate::show;
use sakimori_access::{Act as Leave, Object, Principal};
use sakimori_control::Host;
use sakimori_control::error::exit;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_liaison::asset::Act;
use sakimori_liaison::council;
use sakimori_liaison::product;
use sakimori_node::Role;
use sakimori_node::problem::Problem;
use sakimori_store::{Change, NEWEST, View};
use serde_json::{Value, json};
use std::process::ExitCode;

/// What the office's node, or that it is away, is to who typed the command.
fn no(problem: &Problem) -> Failure {
    let code = if problem.code.status() >= 500 {
        exit::ENVIRONMENT
    } else {
        exit::NO
    };
    let (title, detail) = (problem.code.title(), &problem.detail);
    let message = format!("the office's node: {title} {detail}");
    Failure {
        message: message.trim_end().to_owned(),
        code,
    }
}

fn text(row: &Value, place: &str) -> String {
    match row.pointer(place) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A table of columns, each a head and a place in a row.
fn listed(format: Format, rows: &[Value], columns: &[(&str, &str)]) {
    if format == Format::Json {
        show::json(&json!(rows));
        return;
    }
    let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
    let cells = |row: &Value| columns.iter().map(|(_, place)| text(row, place)).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    show::table(&heads, cells);
}

const COPIES: [(&str, &str); 8] = [
    ("place", "/place"),
    ("product", "/id"),
    ("version", "/version"),
    ("recipient", "/recipient"),
    ("class", "/class"),
    ("marking", "/tlp"),
    ("entry", "/entry"),
    ("words", "/words"),
];

pub(super) fn product(arguments: Product, host: &Host) -> Result<ExitCode, Failure> {
    let (office, act) = (arguments.place.role == Role::Office, arguments.act);
    at_desk(&arguments.place, host, async |desk: &Desk<'_>| {
        let after = match &act {
            ProductAct::List { after } => *after,
            ProductAct::Show { .. } => 0,
        };
        let mut rows = if office {
            let kept = match &act {
                ProductAct::List { after } => product::copies(desk.store, View::All, *after).await,
                ProductAct::Show { id } => product::versions(desk.store, id).await,
            };
            let kept = kept.map_err(|e| failed(&e))?;
            let row = |kept: sakimori_liaison::paper::Written<product::Given>| {
                let mut row = json!(kept.said);
                row["place"] = json!(kept.sequence);
                row["id"] = json!(kept.id);
                row["version"] = json!(kept.version);
                row["recipient"] = json!(kept.owner);
                row
            };
            kept.into_iter().map(row).collect()
        } else {
            let said = sakimori_node::products_of_us(&desk.folder, after).await;
            let said = said.map_err(|problem| no(&problem))?;
            let mut rows = said.as_array().cloned().unwrap_or_default();
            for row in &mut rows {
                row["place"] = row["sequence"].clone();
            }
            rows
        };
        if let ProductAct::Show { id } = &act {
            rows.retain(|row| text(row, "/id") == *id);
            if rows.is_empty() {
                return Err(Failure::no(format!("there is no product `{id}`")));
            }
        }
        listed(desk.format, &rows, &COPIES);
        Ok(ExitCode::SUCCESS)
    })
}

const MEMBERS: [(&str, &str); 5] = [
    ("member", "/member"),
    ("state", "/state"),
    ("since", "/since"),
    ("consented by", "/consented_by"),
    ("entry", "/consent"),
];
const SUBMISSIONS: [(&str, &str); 7] = [
    ("submitter", "/submitter"),
    ("id", "/id"),
    ("state", "/state"),
    ("class", "/submission/class"),
    ("marking", "/submission/tlp"),
    ("opinion", "/submission/opinion/text"),
    ("words", "/submission/words"),
];
const GIVEN: [(&str, &str); 7] = [
    ("member", "/member"),
    ("submitter", "/copy/submitter"),
    ("opinion", "/copy/opinion"),
    ("against it", "/copy/overridden"),
    ("reason", "/copy/reason"),
    ("marking", "/copy/tlp"),
    ("content", "/copy/content"),
];
const MATERIALS: [(&str, &str); 6] = [
    ("member", "/member"),
    ("id", "/id"),
    ("state", "/state"),
    ("answer due by", "/reply_by"),
    ("overdue", "/overdue"),
    ("subject", "/material/subject"),
];

pub(super) fn run(arguments: Council, host: &Host) -> Result<ExitCode, Failure> {
    let (office, act) = (arguments.place.role == Role::Office, arguments.act);
    at_desk(&arguments.place, host, async |desk: &Desk<'_>| {
        if office {
            at_office(desk, host, act).await?;
        } else {
            at_member(desk, act).await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn at_office(desk: &Desk<'_>, host: &Host, act: CouncilAct) -> Result<(), Failure> {
    let (store, format) = (desk.store, desk.format);
    let of = |member: &'_ str| (member.to_owned(), desk.act.by, desk.act.at);
    match act {
        CouncilAct::Show => members(desk).await?,
        CouncilAct::Submissions => {
            let kept = council::submissions(store, View::All, NEWEST).await;
            let rows = kept.map_err(|e| failed(&e))?.into_iter().map(|kept| {
                json!({"submitter": kept.owner, "id": kept.id, "state": kept.state, "submission": kept.said})
            });
            listed(format, &rows.collect::<Vec<_>>(), &SUBMISSIONS);
        }
        CouncilAct::Copies => {
            let kept = council::copies(store, View::All, NEWEST).await;
            let kept = kept.map_err(|e| failed(&e))?.into_iter();
            let rows = kept.map(|kept| json!({"member": kept.owner, "copy": kept.said}));
            listed(format, &rows.collect::<Vec<_>>(), &GIVEN);
        }
        CouncilAct::Materials => {
            let kept = council::materials(store, View::All, NEWEST).await;
            let rows = kept.map_err(|e| failed(&e))?.into_iter().map(|kept| {
                json!({
                    "member": kept.owner, "id": kept.id, "state": kept.state, "overdue": council::is_overdue(&kept, desk.act.at),
                    "reply_by": Seconds(kept.said.reply_by).to_string(), "material": kept.said,
                })
            });
            listed(format, &rows.collect::<Vec<_>>(), &MATERIALS);
        }
        CouncilAct::Invite { member } => {
            let (owner, by, at) = of(member.as_str());
            let act = Act {
                owner: &owner,
                by,
                at,
            };
            council::invite(store, act).await.map_err(|e| failed(&e))?;
            show::say(&format!(
                "{member} is invited; a person of its own node consents"
            ));
        }
        CouncilAct::Ask {
            member,
            subject,
            text,
            reply_by,
        } => {
            let id = material_id(host)?;
            let (owner, by, at) = of(member.as_str());
            let act = Act {
                owner: &owner,
                by,
                at,
            };
            let asked = council::ask_for(store, act, &id, (&subject, &text), reply_by).await;
            asked.map_err(|e| failed(&e))?;
            show::line(&id);
        }
        CouncilAct::Answer { .. }
        | CouncilAct::Consent
        | CouncilAct::Decline
        | CouncilAct::Leave => {
            let told = "this is for the member's own node";
            return Err(Failure::usage(told));
        }
    }
    Ok(())
}

/// A number for what is asked of a member.
fn material_id(host: &Host) -> Result<String, Failure> {
    let bytes = host.bytes::<8>().map_err(|e| Failure {
        message: e.to_string(),
        code: exit::ENVIRONMENT,
    })?;
    Ok(format!("m-{}", hex(&bytes)))
}

async fn members(desk: &Desk<'_>) -> Result<(), Failure> {
    let all = council::members(desk.store).await.map_err(|e| failed(&e))?;
    let open = council::invitations(desk.store).await;
    let mut rows: Vec<Value> = Vec::new();
    for kept in all {
        rows.push(json!({
            "member": kept.owner, "state": kept.state, "since": Seconds(kept.said.since).to_string(), "consented_by": kept.said.by,
            "consent": kept.said.consent,
        }));
    }
    for kept in open.map_err(|e| failed(&e))? {
        rows.push(json!({"member": kept.owner, "state": "invited", "since": Seconds(kept.said.since).to_string()}));
    }
    listed(desk.format, &rows, &MEMBERS);
    let (given, against) = council::overrides(desk.store)
        .await
        .map_err(|e| failed(&e))?;
    show::say(&format!(
        "{given} given, {against} of them against an opinion"
    ));
    Ok(())
}

/// What the office's node says of one of this operator's lists.
async fn list(desk: &Desk<'_>, name: &str, columns: &[(&str, &str)]) -> Result<(), Failure> {
    let said = sakimori_node::council_of_us(&desk.folder, name).await;
    let said = said.map_err(|problem| no(&problem))?;
    let rows = said.get("rows").and_then(Value::as_array).cloned();
    listed(desk.format, &rows.unwrap_or_else(|| vec![said]), columns);
    Ok(())
}

async fn at_member(desk: &Desk<'_>, act: CouncilAct) -> Result<(), Failure> {
    let by = desk.act.by;
    let (path, leave, body) = match act {
        CouncilAct::Show => return list(desk, "standing", &MEMBERS).await,
        CouncilAct::Submissions => return list(desk, "submissions", &SUBMISSIONS).await,
        CouncilAct::Copies => return list(desk, "copies", &GIVEN).await,
        CouncilAct::Materials => return list(desk, "materials", &MATERIALS).await,
        CouncilAct::Invite { .. } | CouncilAct::Ask { .. } => {
            return Err(Failure::usage("this is for the office"));
        }
        CouncilAct::Answer { id, given, refused } => {
            let body = json!({"by": by, "given": given, "refused": refused});
            (format!("materials/{id}/answer"), Leave::FileReport, body)
        }
        CouncilAct::Consent => (
            "consent".to_owned(),
            Leave::SignAgreement,
            json!({"by": by}),
        ),
        CouncilAct::Decline => (
            "refusal".to_owned(),
            Leave::SignAgreement,
            json!({"by": by}),
        ),
        CouncilAct::Leave => (
            "departure".to_owned(),
            Leave::SignAgreement,
            json!({"by": by}),
        ),
    };
    let who = Principal::Person { id: by.to_owned() };
    let may = desk
        .access
        .may(&who, leave, &Object::any(), desk.act.at)
        .await;
    let may = may.map_err(|e| Failure {
        message: e.to_string(),
        code: exit::ENVIRONMENT,
    })?;
    if !may.allow {
        return Err(Failure::no(format!("{by}: {may}")));
    }
    let said = sakimori_node::tell_council(&desk.folder, &path, &body).await;
    let said = said.map_err(|problem| no(&problem))?;
    let record = Change::Audit {
        at: desk.act.at.0,
        by: by.to_owned(),
        act: "council".to_owned(),
        object: path,
        detail: String::new(),
    };
    let kept = desk.store.apply(&[record]).await;
    kept.map_err(|e| failed(&e.into()))?;
    if let Some(entry) = said.get("entry") {
        show::line(&entry.to_string());
    }
    Ok(())
}
