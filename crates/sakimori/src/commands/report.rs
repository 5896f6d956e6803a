//! `report …`: incident reports at the operator's node, and on a stick at the office's. In: arguments, files. Out: drafts, filings, packages, receipts, tables. Never: a network but
//! for `send`, a rule of its own.

mod desk;
mod edit;
mod shown;

pub(super) use shown::{day, state, what};

use crate::arguments::Format;
use crate::arguments::report::{At, Lang, Report, ReportAct as Act};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Access;
use sakimori_control::error::{exit, told};
use sakimori_control::{Host, Node, files};
use sakimori_cooperate::form::{
    read_json, read_report, read_workbook, write_report, write_workbook,
};
use sakimori_cooperate::report::ReportDocument;
use sakimori_cooperate::{FieldError, Terms};
use sakimori_custody::ids::Name;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::paper::Document;
use sakimori_liaison::report::{Clerk, Draft, Handback, attachments, operator_is, operator_of};
use sakimori_node::{Exchanged, Options, Role};
use sakimori_store::NEWEST;
use sakimori_tlog::key::VerifierKey;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

/// What a command at the operator's node works with.
pub(super) struct Desk<'a> {
    pub(super) clerk: Clerk<'a>,
    pub(super) keys: &'a [VerifierKey],
    pub(super) at: &'a At,
    pub(super) folder: &'a Path,
}

/// A node's store and keys, without its server.
pub(super) fn options(at: &At, role: Role) -> Result<Options, Failure> {
    let node = at.node.as_ref();
    let node =
        node.ok_or_else(|| Failure::usage("--node names the node's folder, or SAKIMORI_DIR"))?;
    Ok(Options {
        role,
        node: Node::at(node),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        store: at.store.clone(),
        name: None,
        provider: None,
    })
}

/// What a refusal is to who typed the command: each field with its rule on a line, then one line for the whole.
pub(super) fn failed(error: &LiaisonError, lang: Lang) -> Failure {
    let code = match error {
        LiaisonError::Fields(errors) => {
            for error in errors {
                show::say(&format!("  {}", sentence(error, lang)));
            }
            let count = errors.len();
            return Failure::no(match lang {
                Lang::En => format!("{count} fields break a rule; nothing was done"),
                Lang::Ja => format!("{count}項目が規則に合いません。何も行われていません"),
            });
        }
        LiaisonError::Store(error) => match error {
            sakimori_store::StoreError::Stale { .. }
            | sakimori_store::StoreError::Exists { .. } => exit::NO,
            _ => exit::ENVIRONMENT,
        },
        _ => exit::NO,
    };
    Failure {
        message: told(error),
        code,
    }
}

/// A broken field: its name, what is wrong with it, the rule's sentence.
pub(super) fn sentence(error: &FieldError, lang: Lang) -> String {
    let rule = error.rule;
    let law = lang.of(rule.en(), rule.ja());
    format!("{}: {} [{}] {law}", error.field, error.what, rule.id())
}

/// Works at the operator's node.
pub(super) fn at_operator<T>(
    at: &At,
    host: &Host,
    named: Option<&Name>,
    work: impl AsyncFnOnce(&Desk<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let options = options(at, Role::Operator)?;
    let folder = options.folder();
    let keys = sakimori_node::office_keys(&folder)?;
    let terms = sakimori_node::duties(&folder, &keys, host.seconds())?;
    sakimori_node::with_access(&options, host, async |access: &Access| {
        let store = &**access.store();
        let known = operator_of(store).await.map_err(|e| failed(&e, at.lang))?;
        let operator = match (known, named) {
            (Some(known), None) => known,
            (None, None) => {
                return Err(Failure::usage(at.lang.of(
                    "this node does not know its operator yet: `sakimori report new CASE --operator NAME`",
                    "事業者名が未設定です: `sakimori report new 事案 --operator 名称`",
                )));
            }
            (_, Some(named)) => operator_is(store, named, host.seconds().0, &at.by)
                .await
                .map_err(|e| failed(&e, at.lang))?,
        };
        let clerk = Clerk {
            store,
            operator: &operator,
            terms: &terms,
            now: host.seconds(),
            by: &at.by,
        };
        let desk = Desk {
            clerk,
            keys: &keys,
            at,
            folder: &folder,
        };
        work(&desk).await
    })?
}

/// A file of at most what a document may have.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let size = std::fs::metadata(path).map_err(|e| Failure {
        message: format!("{}: {e}", path.display()),
        code: exit::ENVIRONMENT,
    })?;
    if size.len() > sakimori_store::limits::ATTACHMENT_BYTES_MAX as u64 {
        return Err(Failure::no(format!(
            "{}: has more than 16 MiB",
            path.display()
        )));
    }
    Ok(files::read_present(path)?)
}

/// A document from a file of either form.
pub(super) fn document(path: &Path) -> Result<ReportDocument, Failure> {
    let bytes = read(path)?;
    let read = if bytes.starts_with(b"PK") {
        read_workbook(&bytes)
    } else {
        read_report(&bytes)
    };
    read.map_err(|e| Failure::no(format!("{}: {e}", path.display())))
}

pub(super) fn run(report: Report, host: &Host) -> Result<ExitCode, Failure> {
    let at = &report.at;
    match report.act {
        Act::Key { line } => desk::key(at, line),
        Act::Take {
            file,
            out,
            attachments,
            unsigned,
        } => desk::take(at, (&file, out, unsigned), &attachments, host),
        Act::Questions { case, answers } => match case {
            None => edit::judged(&answers, at, host),
            Some(case) => at_operator(at, host, None, async |desk| {
                edit::questions(desk, &case, &answers).await
            }),
        },
        Act::New {
            case,
            form,
            recognised_at,
            operator,
        } => at_operator(at, host, operator.as_ref(), async |desk| {
            let recognised = recognised_at.unwrap_or(desk.clerk.now);
            let opened = desk.clerk.open(&case, form, recognised).await;
            opened.map_err(|e| failed(&e, at.lang))?;
            shown::case(desk, &case).await
        }),
        Act::Edit(edit) => at_operator(at, host, None, async |desk| edit::edit(desk, *edit).await),
        act => at_operator(at, host, None, async |desk| operator(desk, act).await),
    }
}

async fn operator(desk: &Desk<'_>, act: Act) -> Result<ExitCode, Failure> {
    let (clerk, at) = (&desk.clerk, desk.at);
    let no = |e: LiaisonError| failed(&e, at.lang);
    match act {
        Act::Check { case } => {
            let draft = clerk.draft(case.as_str()).await.map_err(no)?;
            return shown::check(at, &clerk.check(&draft).await.map_err(no)?);
        }
        Act::File { case } => {
            let draft = clerk.draft(case.as_str()).await.map_err(no)?;
            let filed = clerk.file(&draft).await.map_err(no)?;
            shown::filed(at, &case, &filed);
        }
        Act::Send { package } => return send(desk, package.as_deref()).await,
        Act::List => shown::list(at, &clerk.list(NEWEST).await.map_err(no)?),
        Act::Show { case } => return shown::case(desk, &case).await,
        Act::Export { case, out, version } => {
            let text = if let Some(number) = version {
                clerk.text(case.as_str(), number).await.map_err(no)?
            } else {
                let draft = clerk.draft(case.as_str()).await.map_err(no)?;
                String::from_utf8_lossy(&write_report(&draft.said.document)).into_owned()
            };
            export(&text, &out)?;
        }
        Act::Import { file } => {
            let document = document(&file)?;
            let case = document.case.clone();
            clerk.import(document).await.map_err(no)?;
            return shown::case(desk, &case).await;
        }
        Act::Attach { case, file } => return attached(desk, &case, &file).await,
        act @ (Act::Delegate { .. } | Act::Filers { .. }) => filers(desk, act).await?,
        Act::Receipt {
            file,
            case,
            version,
        } => return receipt(desk, file.as_deref(), case.as_ref(), version).await,
        // The rest is at the office or was done before.
        Act::Questions { .. }
        | Act::New { .. }
        | Act::Edit(_)
        | Act::Key { .. }
        | Act::Take { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Who files for the operator.
async fn filers(desk: &Desk<'_>, act: Act) -> Result<(), Failure> {
    let (clerk, at) = (&desk.clerk, desk.at);
    let no = |e: LiaisonError| failed(&e, at.lang);
    let filers = clerk.filers();
    match act {
        Act::Delegate {
            case,
            filer,
            until,
            who,
        } => {
            let draft = clerk.draft(case.as_str()).await.map_err(no)?;
            let delegated = clerk.delegate(&draft, (filer, until), &who).await;
            return delegated.map_err(no);
        }
        Act::Filers {
            filer: Some(filer),
            until: Some(until),
            who,
            ..
        } => filers.allow(&filer, &who, until).await.map_err(no)?,
        Act::Filers {
            filer: Some(filer),
            end: true,
            ..
        } => filers.end(&filer).await.map_err(no)?,
        _ => {}
    }
    shown::filers(at, &filers.list().await.map_err(no)?);
    Ok(())
}

fn export(text: &str, out: &Path) -> Result<(), Failure> {
    let is_workbook = out
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("xlsx"));
    let bytes = if is_workbook {
        let document = read_report(text.as_bytes()).map_err(Failure::no)?;
        write_workbook(&document).map_err(Failure::no)?
    } else {
        text.as_bytes().to_vec()
    };
    Ok(files::write(out, &bytes, files::PUBLIC)?)
}

async fn attached(desk: &Desk<'_>, case: &Name, file: &Path) -> Result<ExitCode, Failure> {
    let clerk = &desk.clerk;
    let no = |e: LiaisonError| failed(&e, desk.at.lang);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept = clerk.attach(case.as_str(), &name, read(file)?).await;
    kept.map_err(no)?;
    let paper = (Draft::KIND, clerk.operator.as_str(), case.as_str());
    let kept = attachments(clerk.store, paper).await.map_err(no)?;
    shown::attachments(desk.at, &kept);
    Ok(ExitCode::SUCCESS)
}

async fn send(desk: &Desk<'_>, package: Option<&Path>) -> Result<ExitCode, Failure> {
    let (clerk, lang) = (&desk.clerk, desk.at.lang);
    if let Some(path) = package {
        let made = clerk.handover().await.map_err(|e| failed(&e, lang))?;
        if made.is_empty() {
            return Err(Failure::no(
                lang.of("nothing waits to be sent", "送付待ちはありません"),
            ));
        }
        let sealed = sakimori_node::stick::seal(&made, desk.folder)?;
        files::write(path, &sealed, files::PUBLIC)?;
        let said = lang.of("filings in the package", "件を格納しました");
        show::line(&format!(
            "{} {said}: {}",
            made.reports.len(),
            path.display()
        ));
        let more = made.replies.len() + made.words.len();
        if more > 0 {
            let said = lang.of(
                "replies and words on tickets too; they wait here until a line says that they arrived",
                "件の回答・問合せも格納しました（通信回復後に到達を確認します）",
            );
            show::line(&format!("{more} {said}"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let told = sakimori_node::exchange_reports(clerk, desk.folder, desk.keys).await;
    let told = told.map_err(|problem| Failure {
        message: format!("{} {}", problem.code.title(), problem.detail),
        code: if problem.code.status() >= 500 {
            exit::ENVIRONMENT
        } else {
            exit::NO
        },
    })?;
    match desk.at.format {
        Format::Json => show::json(&json!(told)),
        Format::Text => brought(lang, &told),
    }
    for refused in &told.refused {
        show::say(refused);
    }
    Ok(ExitCode::from(u8::from(!told.refused.is_empty())))
}

/// What a round brought: of letters and tickets what there was.
fn brought(lang: Lang, told: &Exchanged) {
    let mut pairs = vec![
        (lang.of("receipts", "受領証"), told.receipted),
        (lang.of("files sent", "送付したファイル"), told.files),
        (lang.of("answers sent", "送付した回答"), told.answered),
        (lang.of("new guidance", "新しい指導・助言"), told.guidance),
    ];
    let rest = [
        (lang.of("new orders", "新しい命令・求め"), told.orders),
        (lang.of("replies sent", "命令・求めへの回答"), told.replied),
        (lang.of("new words", "問合せへの回答"), told.words),
        (lang.of("words sent", "送付した問合せ"), told.asked),
    ];
    pairs.extend(rest.into_iter().filter(|(_, count)| *count > 0));
    let pairs: Vec<(&str, String)> = pairs
        .into_iter()
        .map(|(what, count)| (what, count.to_string()))
        .collect();
    show::pairs(&pairs);
}

async fn receipt(
    desk: &Desk<'_>,
    file: Option<&Path>,
    case: Option<&Name>,
    version: Option<u64>,
) -> Result<ExitCode, Failure> {
    let (clerk, at) = (&desk.clerk, desk.at);
    let no = |e: LiaisonError| failed(&e, at.lang);
    if let Some(file) = file {
        return taken(desk, &read(file)?).await;
    }
    let Some(case) = case else {
        return Err(Failure::usage("a file or --case"));
    };
    let number = match version {
        Some(number) => number,
        None => clerk.filings(case).await.map_err(no)?.len() as u64,
    };
    let receipt = clerk.verified(case, number, desk.keys).await.map_err(no)?;
    shown::receipt(at, number, &receipt);
    Ok(ExitCode::SUCCESS)
}

/// Takes what came back on a stick.
async fn taken(desk: &Desk<'_>, bytes: &[u8]) -> Result<ExitCode, Failure> {
    let (clerk, lang) = (&desk.clerk, desk.at.lang);
    let no = |e: LiaisonError| failed(&e, lang);
    if !bytes.starts_with(b"{") {
        let taken = clerk.receipted(bytes, desk.keys).await.map_err(no)?;
        shown::receipt(desk.at, taken.number, &taken.receipt);
        return Ok(ExitCode::SUCCESS);
    }
    let back: Handback = read_json(bytes).map_err(Failure::no)?;
    let taken = clerk.handed_back(&back, desk.keys).await.map_err(no)?;
    for each in &taken {
        shown::receipt(desk.at, each.number, &each.receipt);
    }
    for refused in &back.refused {
        for error in &refused.errors {
            show::say(&format!("  {}: {error}", refused.sha256));
        }
    }
    if back.refused.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let count = back.refused.len();
    Err(Failure::no(match lang {
        Lang::En => format!("the office did not take {count} filings"),
        Lang::Ja => format!("{count}件は受領されませんでした"),
    }))
}

/// A schedule in force, for what needs no node.
pub(super) fn terms(at: &At, host: &Host) -> Result<Terms, Failure> {
    if at.node.is_none() {
        return Ok(sakimori_node::duties(Path::new(""), &[], host.seconds())?);
    }
    let folder = options(at, Role::Operator)?.folder();
    let keys = sakimori_node::office_keys(&folder)?;
    Ok(sakimori_node::duties(&folder, &keys, host.seconds())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_cooperate::limits::FILE_BYTES_MAX as MOST;

    #[test]
    fn a_document_that_is_too_large_is_told_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        std::fs::write(&path, vec![b' '; MOST + 1]).unwrap();
        let failure = document(&path).unwrap_err();
        assert!(failure.message.contains("more than"), "{failure:?}");
    }
}
