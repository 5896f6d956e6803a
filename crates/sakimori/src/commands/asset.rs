//! `asset …`: the register at the operator's node, its notices, what the office takes of them. In: arguments, files. Out: tables, filings, the store. Never: a network but for
//! `questions` and `answer`; a rule of its own.

mod office;
mod ours;
mod shown;

use crate::arguments::Format;
use crate::arguments::asset::{Asset, AssetAct, Place, ScopeAnswers};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Access;
use sakimori_control::error::{exit, told};
use sakimori_control::{Host, Node, files};
use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::form::{ListError, write_csv};
use sakimori_cooperate::scope::{Questions, SubTypes};
use sakimori_liaison::LiaisonError;
use sakimori_liaison::asset::{self, Act, How, Profile};
use sakimori_liaison::notice::{self, NoticeKind};
use sakimori_node::{Options, Role};
use sakimori_store::{Store, StoreError};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a command works with.
pub(super) struct Desk<'a> {
    pub(super) store: &'a dyn Store,
    /// Who may what at this node.
    pub(super) access: &'a Access,
    pub(super) act: Act<'a>,
    pub(super) terms: Terms,
    pub(super) format: Format,
    /// The role's folder.
    pub(super) folder: PathBuf,
}

/// What a refusal is to who typed the command: each field on a line, then one line for the whole.
pub(super) fn failed(error: &LiaisonError) -> Failure {
    let code = match error {
        LiaisonError::Fields(errors) => {
            for error in errors {
                show::say(&format!("  {error} {}", error.rule.ja()));
            }
            return Failure::no(format!(
                "{} fields break a rule; nothing was done",
                errors.len()
            ));
        }
        LiaisonError::Store(StoreError::Stale { .. } | StoreError::Exists { .. }) => exit::NO,
        LiaisonError::Store(_) => exit::ENVIRONMENT,
        _ => exit::NO,
    };
    Failure {
        message: told(error),
        code,
    }
}

/// A file of at most so many bytes.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let size = std::fs::metadata(path).map_err(|e| Failure {
        message: format!("{}: {e}", path.display()),
        code: exit::ENVIRONMENT,
    })?;
    if size.len() > most as u64 {
        let message = format!("{}: has more than {most} bytes", path.display());
        return Err(Failure::no(message));
    }
    Ok(files::read_present(path)?)
}

/// Opens the node's store, without its server, and works with it.
pub(super) fn at_desk<T>(
    place: &Place,
    host: &Host,
    work: impl AsyncFnOnce(&Desk<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let node = place.node.as_ref();
    let node =
        node.ok_or_else(|| Failure::usage("--node names the node's folder, or SAKIMORI_DIR"))?;
    let options = Options {
        role: place.role,
        node: Node::at(node),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        store: place.store.clone(),
        name: None,
        provider: None,
    };
    let named = match (&place.operator, place.role) {
        (Some(operator), _) => Some(operator.to_string()),
        (None, Role::Office) => Some("office".to_owned()),
        (None, _) => None,
    };
    sakimori_node::with_access(&options, host, async |access: &Access| {
        let store = &**access.store();
        let owner = match named {
            Some(named) => named,
            None => own_name(store).await?,
        };
        let desk = Desk {
            store,
            access,
            act: Act {
                owner: &owner,
                by: &place.by,
                at: host.seconds(),
            },
            terms: terms(&options, host)?,
            format: place.format,
            folder: options.folder(),
        };
        work(&desk).await
    })?
}

/// The operator whose node it is, as it was said once.
async fn own_name(store: &dyn Store) -> Result<String, Failure> {
    let known = sakimori_liaison::report::operator_of(store).await;
    let known = known.map_err(|e| failed(&e))?;
    known.map(|name| name.to_string()).ok_or_else(|| {
        Failure::usage(
            "--operator names the operator as the office knows its node, or SAKIMORI_OPERATOR",
        )
    })
}

/// The schedule of duties in force at the node. Every sentence that rests on a value of it says whether somebody verified that value.
fn terms(options: &Options, host: &Host) -> Result<Terms, Failure> {
    let folder = options.folder();
    let keys = match options.role {
        Role::Office => {
            let path = options.node.office_key("office");
            let own = path.exists().then(|| sakimori_control::keys::read(&path));
            let own = own.transpose()?;
            own.map(|own| own.verifier().clone()).into_iter().collect()
        }
        _ => sakimori_node::office_keys(&folder)?,
    };
    Ok(sakimori_node::duties(&folder, &keys, host.seconds())?)
}

/// Only an operator that is named has a register.
fn operators(desk: &Desk<'_>) -> Result<(), Failure> {
    if desk.act.owner == "office" {
        return Err(Failure::usage("--operator says which operator"));
    }
    Ok(())
}

pub(super) fn run(arguments: Asset, host: &Host) -> Result<ExitCode, Failure> {
    let Asset { place, act } = arguments;
    if matches!(place.role, Role::Commission) {
        return Err(Failure::usage("--role is operator or office"));
    }
    let asks = matches!(act, AssetAct::Questions { .. } | AssetAct::Answer { .. });
    if asks && matches!(place.role, Role::Office) {
        return Err(Failure::usage(
            "the office asks; an operator's node answers (--role operator)",
        ));
    }
    at_desk(&place, host, async |desk: &Desk<'_>| match act {
        AssetAct::Questions { all } => ours::questions(desk, all).await,
        AssetAct::Answer { id, number, answer } => ours::answer(desk, (&id, number), &answer).await,
        AssetAct::Import { file, more, on } => import(desk, &file, more, on).await,
        AssetAct::Outline { file } => outline(desk, file.as_deref()).await,
        AssetAct::List { tell } => shown::list(desk, tell.as_deref()).await,
        AssetAct::Show { number } => shown::one(desk, number).await,
        AssetAct::Export => export(desk).await,
        AssetAct::Scope(answers) => scope(desk, &answers).await,
        AssetAct::Notice {
            change,
            details,
            dry_run,
            out,
        } => {
            let kind = if change {
                NoticeKind::Change
            } else {
                NoticeKind::Asset
            };
            if dry_run {
                return shown::draft(desk, kind).await;
            }
            made(desk, kind, details, out.as_deref()).await
        }
        AssetAct::Notices if matches!(place.role, Role::Office) => office::notices(desk).await,
        AssetAct::Notices => shown::notices(desk).await,
        AssetAct::Take { file } => office::take(desk, &file).await,
        AssetAct::Registered => office::registered(desk).await,
        AssetAct::Name {
            written,
            means,
            source,
            maker,
        } => office::name(desk, written.zip(means).zip(source), maker.as_deref()).await,
        AssetAct::Match {
            file,
            maker,
            minister,
        } => office::matched(desk, &file, maker.as_deref(), minister).await,
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn import(desk: &Desk<'_>, file: &Path, more: bool, on: Option<Date>) -> Result<(), Failure> {
    operators(desk)?;
    let bytes = read(file, sakimori_cooperate::limits::FILE_BYTES_MAX)?;
    let list = match asset::read_list(&bytes) {
        Ok(list) => list,
        Err(ListError::Cells { cells, total }) => {
            for cell in &cells {
                show::say(&format!("  {cell}"));
            }
            if total > cells.len() {
                show::say(&format!("  and {} more", total - cells.len()));
            }
            let message = format!(
                "{}: {total} cells are wrong; nothing was taken",
                file.display()
            );
            return Err(Failure::no(message));
        }
        Err(e) => return Err(Failure::no(format!("{}: {}", file.display(), told(&e)))),
    };
    let how = if more { How::More } else { How::Whole };
    let on = on.unwrap_or(Date::of(desk.act.at));
    let names = sakimori_liaison::matching::aliases(desk.store).await;
    let names = asset::names(list.iter(), &names.map_err(|e| failed(&e))?);
    let done = asset::import(desk.store, desk.act, list, (how, on), &desk.terms).await;
    let done = done.map_err(|e| failed(&e))?;
    for (written, means, source) in &names.known {
        show::say(&format!("`{written}` is `{means}`, says {source}"));
    }
    for ways in &names.alike {
        show::say(&format!("taken for one maker: {}", ways.join(" · ")));
    }
    if desk.format == Format::Json {
        let added: Vec<u64> = done.added.iter().map(|added| added.number).collect();
        show::json(&json!({
            "added": added, "changed": done.changed, "removed": done.removed, "same": done.same,
        }));
        return Ok(());
    }
    show::pairs(&[
        ("added", done.added.len().to_string()),
        ("changed", done.changed.len().to_string()),
        ("removed", done.removed.len().to_string()),
        ("the same", done.same.to_string()),
    ]);
    Ok(())
}

async fn outline(desk: &Desk<'_>, file: Option<&Path>) -> Result<(), Failure> {
    operators(desk)?;
    if let Some(file) = file {
        let bytes = read(file, sakimori_cooperate::limits::FILE_BYTES_MAX)?;
        let said: Profile = sakimori_cooperate::form::read_json(&bytes)
            .map_err(|e| Failure::no(format!("{}: {}", file.display(), told(&e))))?;
        asset::profile(desk.store, desk.act, said, &desk.terms)
            .await
            .map_err(|e| failed(&e))?;
    }
    let register = asset::load(desk.store, desk.act.owner).await;
    let said = register
        .and_then(|register| register.profile())
        .map_err(|e| failed(&e))?;
    show::json(&serde_json::to_value(&said).unwrap_or_default());
    Ok(())
}

async fn export(desk: &Desk<'_>) -> Result<(), Failure> {
    let register = asset::load(desk.store, desk.act.owner).await;
    let register = register.map_err(|e| failed(&e))?;
    let used = register.entries.iter().filter(|entry| entry.is_in_use());
    let list: Vec<_> = used.map(|entry| entry.asset.clone()).collect();
    show::out(&String::from_utf8_lossy(&write_csv(&list)));
    Ok(())
}

async fn scope(desk: &Desk<'_>, answers: &ScopeAnswers) -> Result<(), Failure> {
    operators(desk)?;
    let mut sub_types = SubTypes::all(answers.others);
    for (sub_type, answer) in &answers.sub_types {
        sub_types.set(*sub_type, *answer);
    }
    let questions = Questions {
        operator: answers.designated,
        equipment: answers.equipment,
        connected: answers.connected,
        sub_types,
        preparation: answers.preparation,
    };
    asset::answer(desk.store, desk.act, answers.number, questions, &desk.terms)
        .await
        .map_err(|e| failed(&e))?;
    shown::one(desk, answers.number).await
}

async fn made(
    desk: &Desk<'_>,
    kind: NoticeKind,
    details: bool,
    out: Option<&Path>,
) -> Result<(), Failure> {
    operators(desk)?;
    let made = notice::make(desk.store, desk.act, (kind, details), &desk.terms).await;
    let made = made.map_err(|e| failed(&e))?;
    if let Some(out) = out {
        std::fs::write(out, &made.bytes).map_err(|e| Failure {
            message: format!(
                "{}: {e}; the notice {} is kept, and `asset notices` lists it",
                out.display(),
                made.id
            ),
            code: exit::ENVIRONMENT,
        })?;
    }
    let last = made.notice.last.map(|day| day.to_string());
    if desk.format == Format::Json {
        show::json(&json!({
            "id": made.id, "kind": kind.word(), "items": made.notice.items, "lines": made.notice.lines,
            "sha256": made.notice.hash, "last": last,
        }));
        return Ok(());
    }
    show::pairs(&[
        ("notice", made.id),
        ("items", made.notice.items.to_string()),
        ("assets", made.notice.lines.to_string()),
        ("last day", last.unwrap_or_else(|| "–".to_owned())),
        ("sha256", made.notice.hash),
    ]);
    Ok(())
}
