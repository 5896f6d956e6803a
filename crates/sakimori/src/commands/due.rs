//! `due`: what is due at a node, over all kinds of papers. In: the node's store, a time. Out: a table, JSON or CSV. Never: a network; a kind left out because nobody looks.

use super::report::{day, failed, options, state, what};
use crate::arguments::Format;
use crate::arguments::report::{At, Due as Arguments};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Access;
use sakimori_control::{Host, keys};
use sakimori_cooperate::clock::Who;
use sakimori_liaison::due::{Asked, Kind, List, Row, due};
use sakimori_liaison::report::operator_of;
use sakimori_node::{Options, Role, due_sheet, duties, office_keys};
use sakimori_store::View;
use sakimori_tlog::key::VerifierKey;
use serde_json::json;
use std::process::ExitCode;

/// The node that is named: the office's where its key is there, else an operator's; the keys that count there.
pub(super) fn node(at: &At) -> Result<(Options, Vec<VerifierKey>), Failure> {
    let office = options(at, Role::Office)?;
    if office.node.office_key("office").exists() {
        let signer = keys::read(&office.node.office_key("office"))?;
        let own = signer.verifier().clone();
        return Ok((office, vec![own]));
    }
    let operator = options(at, Role::Operator)?;
    let known = office_keys(&operator.folder())?;
    Ok((operator, known))
}

pub(super) fn run(arguments: &Arguments, host: &Host) -> Result<ExitCode, Failure> {
    let at = &arguments.at;
    let (options, keys) = node(at)?;
    let terms = duties(&options.folder(), &keys, host.seconds())?;
    let list = sakimori_node::with_access(&options, host, async |access: &Access| {
        let store = &**access.store();
        let no = |e| failed(&e, at.lang);
        let owner = match options.role {
            Role::Office => None,
            _ => operator_of(store).await.map_err(no)?,
        };
        let owner = owner.as_ref();
        let asked = Asked {
            view: owner.map_or(View::All, |name| View::Of(name.as_str())),
            kinds: &Kind::ALL,
            days: arguments.days,
            now: host.seconds(),
            terms: &terms,
        };
        due(store, asked).await.map_err(no)
    })??;
    if arguments.csv {
        show::out(&due_sheet(&list));
    } else if at.format == Format::Json {
        show::json(&json!({"rows": list.rows, "more": list.more}));
    } else {
        table(at, &list);
    }
    let late = list.rows.iter().any(Row::is_late);
    Ok(ExitCode::from(u8::from(late)))
}

fn table(at: &At, list: &List) {
    let lang = at.lang;
    if list.rows.is_empty() {
        show::say(lang.of("nothing is overdue", "期限を過ぎたものはありません"));
        return;
    }
    let head = [
        lang.of("operator", "事業者"),
        lang.of("about", "対象"),
        lang.of("what", "内容"),
        lang.of("who acts", "対応する者"),
        lang.of("until", "期限"),
        lang.of("state", "状態"),
        lang.of("days late", "超過日数"),
    ];
    let rows = list.rows.iter().map(|row| {
        let who = match row.due.who {
            Who::Operator => lang.of("operator", "事業者"),
            Who::Office => lang.of("office", "内閣府"),
        };
        vec![
            row.owner.clone(),
            row.id.clone(),
            what(lang, row.due.what).to_owned(),
            who.to_owned(),
            day(lang, &row.due),
            state(lang, row.due.state).to_owned(),
            row.due.days_late.to_string(),
        ]
    });
    show::table(&head, rows);
    if list.more {
        show::say(lang.of(
            "there is more: at most 1000 of a kind are shown",
            "種別ごとに1000件まで表示しています",
        ));
    }
}
