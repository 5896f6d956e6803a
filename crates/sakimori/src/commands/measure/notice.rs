//! `measure notice`. In: what was seen, registries' answers, replies as files. Out: tickets, mail by the office's server. Never: a rule of its own.

use super::{BYTES_MAX, Office, no};
use crate::arguments::Format;
use crate::arguments::measure::{NewNotice as Typed, NoticeAct};
use crate::commands::asset::{failed, read};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_liaison::measure::{NoticePaper, notices};
use sakimori_liaison::paper::Written;
use sakimori_node::measure::{
    NewNotice, Post, draft_notice, notice_of, read_reply, send_notice, settings, step_notice,
};
use sakimori_respond::notice::Reference;
use sakimori_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;

fn reference(text: &str) -> Result<Reference, Failure> {
    text.parse().map_err(Failure::usage)
}

pub(super) async fn run(
    office: &Office<'_>,
    store: &Arc<dyn Store>,
    act: NoticeAct,
) -> Result<(), Failure> {
    let (host, by) = (office.host, office.by.as_str());
    let folder = &office.desk.folder;
    match act {
        NoticeAct::Draft(new) => one(office, &drafted(office, store, *new).await?),
        NoticeAct::Send {
            reference: text,
            to,
        } => {
            office.may(Leave::Respond).await?;
            let post = Post::open(folder).map_err(|p| no(&p))?;
            let (reference, to) = (reference(&text)?, to.as_deref());
            let sent = send_notice(&**store, &post, reference, to, host, by).await;
            one(office, &sent.map_err(|p| no(&p))?);
        }
        NoticeAct::Step {
            reference: text,
            state,
            words,
        } => {
            office.may(Leave::Respond).await?;
            let said = (state.as_str(), words.as_str());
            let done = step_notice(&**store, reference(&text)?, said, host, by).await;
            one(office, &done.map_err(|p| no(&p))?);
        }
        NoticeAct::List { measure } => {
            let measure = measure.map(|id| id.to_string());
            let found = notices(&**store, measure.as_deref()).await;
            let (all, more) = found.map_err(|e| failed(&e))?;
            list(office, &all);
            if more {
                show::say("there are more");
            }
        }
        NoticeAct::Reply { file } => {
            office.may(Leave::Respond).await?;
            let bytes = read(&file, BYTES_MAX)?;
            let done = read_reply(&**store, &bytes, host, by).await;
            let (found, said) = done.map_err(|p| no(&p))?;
            if office.desk.format == Format::Json {
                let rows: Vec<Value> = found.iter().map(notice_of).collect();
                show::json(
                    &json!({"notices": rows, "from": said.from, "subject": said.subject, "text": said.text, "kind": said.kind.name()}),
                );
            } else {
                show::say(&format!(
                    "{}, of {}: {}",
                    said.kind, said.from, said.subject
                ));
                show::say(&said.text);
                list(office, &found);
            }
        }
    }
    Ok(())
}

async fn drafted(
    office: &Office<'_>,
    store: &Arc<dyn Store>,
    new: Typed,
) -> Result<Written<NoticePaper>, Failure> {
    let (host, by) = (office.host, office.by.as_str());
    let folder = &office.desk.folder;
    office.may(Leave::Respond).await?;
    let rdap = new.rdap.as_deref().map(|path| {
        let bytes = read(path, BYTES_MAX)?;
        serde_json::from_slice::<Value>(&bytes)
            .map_err(|e| Failure::no(format!("{}: {e}", path.display())))
    });
    let new = NewNotice {
        measure: new.measure.map(|id| id.to_string()),
        target: new.target,
        port: new.port,
        protocol: new.protocol,
        to_port: new.to_port,
        what: new.what,
        detail: new.detail,
        first: new.first.to_string(),
        last: new.last.to_string(),
        words: new.words,
        reporter: new.reporter,
        contact: new.contact,
        english: new.english,
        rdap: rdap.transpose()?,
        to: new.to,
        found: new.found,
    };
    let post = Post::open(folder).map_err(|p| no(&p))?;
    let said = settings(folder).map_err(|p| no(&p))?;
    let drafted = draft_notice(&**store, &post, &said, &new, (host, by)).await;
    drafted.map_err(|p| no(&p))
}

fn one(office: &Office<'_>, written: &Written<NoticePaper>) {
    if office.desk.format == Format::Json {
        show::json(&notice_of(written));
    } else {
        show::line(&written.id);
        show::say(&format!(
            "{} to {}: {}",
            written.state,
            written.said.to.join(", "),
            written.said.subject
        ));
    }
}

fn list(office: &Office<'_>, all: &[Written<NoticePaper>]) {
    let rows: Vec<Value> = all.iter().map(notice_of).collect();
    if office.desk.format == Format::Json {
        return show::json(&json!(rows));
    }
    let rows = all.iter().zip(&rows).map(|(written, row)| {
        let down = row["time_to_down_seconds"].as_u64();
        vec![
            written.id.clone(),
            written.state.clone(),
            written.said.target.clone(),
            written.said.to.join(", "),
            down.map_or_else(|| "-".to_owned(), |seconds| seconds.to_string()),
        ]
    });
    show::table(
        &["reference", "state", "target", "to", "seconds to down"],
        rows,
    );
}
