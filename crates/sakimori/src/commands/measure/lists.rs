//! `measure lists`. In: lists of others, additions, a signed note. Out: a text to be signed with its file; judgements. Never: a list in use that nobody signed.

use super::{Office, no};
use crate::arguments::Format;
use crate::arguments::measure::ListsAct;
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_control::error::{exit, told};
use sakimori_control::{files, ledger};
use sakimori_exchange::warning::WarningList;
use sakimori_node::measure::{lists_of, set_lists};
use sakimori_respond::safety::list::{ADDITIONS, Draft, FILE_BYTES_MAX};
use sakimori_respond::safety::{Class, Seen, Target};
use sakimori_store::Store;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Most lists of a folder.
const LISTS_MAX: usize = 1000;

#[expect(clippy::too_many_lines, reason = "one arm for each command")]
pub(super) async fn run(
    office: &Office<'_>,
    store: Arc<dyn Store>,
    act: ListsAct,
) -> Result<ExitCode, Failure> {
    let (node, host, folder) = (&office.node, office.host, &office.desk.folder);
    match act {
        ListsAct::Build {
            warning_lists,
            root_hints,
            add,
            version,
            not_after,
            out,
        } => {
            let mut draft = Draft::default();
            if let Some(path) = warning_lists {
                for (name, path) in listed(&path)? {
                    let list = WarningList::read(&super::read(&path, FILE_BYTES_MAX)?);
                    let list =
                        list.map_err(|e| Failure::no(format!("{}: {}", path.display(), told(&e))))?;
                    let taken = draft.warning_list(&name, &list);
                    taken.map_err(|e| Failure::no(format!("{name}: {e}")))?;
                }
            }
            if let Some(path) = root_hints {
                let text = text(&path)?;
                draft
                    .root_hints(&text)
                    .map_err(|e| Failure::no(e.to_string()))?;
            }
            for addition in &add {
                let (name, path) = addition
                    .split_once('=')
                    .ok_or_else(|| Failure::usage("an addition is NAME=FILE"))?;
                let known = ADDITIONS.iter().find(|one| one.name == name);
                let class = known.map_or(Class::Never, |one| one.class);
                let taken = draft.addition(name, class, &text(Path::new(path))?);
                taken.map_err(|e| Failure::no(e.to_string()))?;
            }
            let root = ledger::installed_root(node)?.version;
            let built = draft.finish(version, host.seconds(), not_after, root);
            let built = built.map_err(|e| Failure::no(e.to_string()))?;
            std::fs::create_dir_all(&out).map_err(|e| Failure {
                message: format!("{}: {e}", out.display()),
                code: exit::ENVIRONMENT,
            })?;
            files::write(&out.join("safety-lists.jsonl"), &built.file, files::PUBLIC)?;
            let note = built.lists.to_string();
            files::write(
                &out.join("safety-lists.txt"),
                note.as_bytes(),
                files::PUBLIC,
            )?;
            for source in &built.left {
                show::say(&format!("left out: `{}` of {}", source.entry, source.list));
            }
            for name in &built.lacking {
                show::say(&format!("nobody gave the addition `{name}`"));
            }
            show::line(&built.lists.lists.len().to_string());
            show::say("the office and the chair or the deputy sign safety-lists.txt");
        }
        ListsAct::Set { note, lists } => {
            let note = super::read(&note, FILE_BYTES_MAX)?;
            let lists = super::read(&lists, FILE_BYTES_MAX)?;
            let bundle = set_lists(node, host, folder, &note, &lists).map_err(|p| no(&p))?;
            show::line(&bundle.lists.version.to_string());
        }
        ListsAct::Show => {
            let bundle = lists_of(node, host, folder).map_err(|p| no(&p))?;
            let rows = bundle.lists.lists.iter();
            if office.desk.format == Format::Json {
                let rows: Vec<_> = rows
                    .map(|one| json!({"list": one.name, "class": one.class.name(), "entries": one.count}))
                    .collect();
                let end = bundle.lists.not_after.to_string();
                show::json(
                    &json!({"version": bundle.lists.version, "not_after": end, "lists": rows}),
                );
            } else {
                let rows = rows.map(|one| {
                    vec![
                        one.name.clone(),
                        one.class.to_string(),
                        show::grouped(one.count),
                    ]
                });
                show::table(&["list", "class", "entries"], rows);
                let (version, end) = (bundle.lists.version, bundle.lists.not_after);
                show::say(&format!("version {version}, until {end}"));
            }
        }
        ListsAct::Bring => return bring(office, store).await,
        ListsAct::Judge { targets } => {
            let bundle = lists_of(node, host, folder).map_err(|p| no(&p))?;
            let protected = bundle.protected(host.seconds());
            let protected = protected.map_err(|e| Failure::no(e.to_string()))?;
            let mut rows = Vec::new();
            let mut never = 0;
            for text in &targets {
                let target =
                    Target::parse(text).map_err(|e| Failure::no(format!("{text}: {e}")))?;
                let judged = protected.judge(&target, &Seen::default());
                let class = judged.class();
                never += u64::from(class == Some(Class::Never));
                let hit = judged
                    .hits
                    .last()
                    .map(|hit| format!("{} of {}", hit.entry, hit.list));
                rows.push(vec![
                    target.to_string(),
                    class.map_or_else(|| "-".to_owned(), |class| class.to_string()),
                    hit.unwrap_or_default(),
                    judged.instead.unwrap_or_default(),
                ]);
            }
            show::table(&["target", "class", "runs into", "instead"], rows);
            if never > 0 {
                return Err(Failure::no(format!("{never} of them are never touched")));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn bring(office: &Office<'_>, store: Arc<dyn Store>) -> Result<ExitCode, Failure> {
    office.may(Leave::ManageNode).await?;
    let brought = office.room(store)?.bring_lists().await;
    let brought = brought.map_err(|problem| no(&problem))?;
    let silent = brought.values().filter(|one| one.state == "waits").count();
    if office.desk.format == Format::Json {
        show::json(&json!(brought));
    } else {
        let rows = brought.into_iter().map(|(name, one)| {
            vec![
                name,
                one.version.to_string(),
                one.state.to_owned(),
                one.words,
            ]
        });
        show::table(&["actuator", "version", "says", "words"], rows);
    }
    if silent > 0 {
        return Err(Failure::no(format!("{silent} do not answer")));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = super::read(path, FILE_BYTES_MAX)?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::no(format!("{}: the text is not UTF-8", path.display())))
}

/// Warning lists of a folder, by name: `NAME/list.json`, or `NAME.json`.
fn listed(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let unread = |e: std::io::Error| Failure {
        message: format!("{}: {e}", folder.display()),
        code: exit::ENVIRONMENT,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        let file = if path.is_dir() {
            path.join("list.json")
        } else {
            path.clone()
        };
        let is_json = file.extension().is_some_and(|ext| ext == "json");
        if let (Some(name), true, true) = (name, is_json, file.is_file()) {
            found.push((name, file));
        }
        if found.len() > LISTS_MAX {
            return Err(Failure::no(format!("more than {LISTS_MAX} lists")));
        }
    }
    found.sort();
    Ok(found)
}
