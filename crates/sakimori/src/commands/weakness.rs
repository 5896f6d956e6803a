//! `weakness list`, `show`, `catalogues check`, `letter`: the office's vulnerability room. In: arguments, files. Out: tables, documents, files in the office's folder. Never: an act by which
//! something leaves: those are the node's, which puts them on record first.

use crate::arguments::Format;
use crate::arguments::weakness::{Catalogues, Weakness, WeaknessAct as Act};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Access;
use sakimori_control::error::{exit, told};
use sakimori_control::{Host, Node};
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::weakness::catalogues::{self, EPSS, KEV, Sheet, Sheets};
use sakimori_liaison::weakness::letter::{FILE_BYTES_MAX, Signed};
use sakimori_liaison::weakness::{WeaknessError, case};
use sakimori_node::{Options, Role};
use sakimori_tlog::key::VerifierKey;
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(weakness: &Weakness, host: &Host) -> Result<ExitCode, Failure> {
    match &weakness.act {
        Act::Letter { file, key } => letter(file, key, weakness.format),
        Act::Catalogues(Catalogues::Check { kev, epss, older }) => {
            let files = (kev.as_deref(), epss.as_deref());
            check(weakness, (files, *older), host)
        }
        Act::List => at_office(weakness, host, async |access| {
            list(access, weakness.format, host.seconds()).await
        }),
        Act::Show { case } => at_office(weakness, host, async |access| {
            shown(access, (case, weakness.format), host.seconds()).await
        }),
    }
}

fn options(weakness: &Weakness) -> Result<Options, Failure> {
    let node = weakness.node.as_ref();
    let node =
        node.ok_or_else(|| Failure::usage("--node names the node's folder, or SAKIMORI_DIR"))?;
    Ok(Options {
        role: Role::Office,
        node: Node::at(node),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        store: weakness.store.clone(),
        name: None,
        provider: None,
    })
}

fn at_office(
    weakness: &Weakness,
    host: &Host,
    work: impl AsyncFnOnce(&Access) -> Result<(), WeaknessError>,
) -> Result<ExitCode, Failure> {
    let options = options(weakness)?;
    sakimori_node::with_access(&options, host, async |access: &Access| {
        work(access).await.map_err(|e| failed(&e))
    })??;
    Ok(ExitCode::SUCCESS)
}

fn failed(error: &WeaknessError) -> Failure {
    let code = match error {
        WeaknessError::Disk { .. } | WeaknessError::Liaison(LiaisonError::Store(_)) => {
            exit::ENVIRONMENT
        }
        _ => exit::NO,
    };
    Failure {
        message: told(error),
        code,
    }
}

async fn list(access: &Access, format: Format, now: Seconds) -> Result<(), WeaknessError> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = case::list(&**access.store(), before).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.sequence);
        all.extend(page);
    }
    if format == Format::Json {
        let rows = all.iter().map(|line| {
            let due = line.due.map(|due| due.to_string());
            json!({ "case": line.id, "stage": line.stage(now), "due": due, "head": line.head })
        });
        show::json(&rows.collect());
        return Ok(());
    }
    let head = ["case", "stage", "decision", "makers", "due", "title"];
    let rows = all.iter().map(|line| {
        let of = &line.head;
        vec![
            line.id.clone(),
            line.stage(now).to_owned(),
            of.outcome.clone().unwrap_or_default(),
            of.makers.to_string(),
            line.due.map_or(String::new(), |due| due.to_string()),
            of.title.clone(),
        ]
    });
    show::table(&head, rows);
    Ok(())
}

async fn shown(
    access: &Access,
    (id, format): (&str, Format),
    now: Seconds,
) -> Result<(), WeaknessError> {
    let kept = case::load(&**access.store(), id).await?;
    let room = &kept.room;
    let views = room.makers().keys();
    let makers: Vec<_> = views.filter_map(|name| room.for_maker(name, now)).collect();
    let stage = room.stage(now).word();
    let due = room
        .next_due(now)
        .map_or(String::new(), |due| due.to_string());
    // What an act says is for the page; here is which it was. Its JSON has its word alone as key.
    let word = |event: &sakimori_advisory::room::Event| {
        let act = json!(event.act);
        let key = act.as_object().and_then(|act| act.keys().next().cloned());
        key.unwrap_or_default()
    };
    if format == Format::Json {
        let acts: Vec<_> = kept.events.iter().zip(&kept.entries).map(|(event, entry)| {
            json!({ "at": event.at.to_string(), "by": event.by, "act": word(event), "maker": event.act.maker(), "entry": entry })
        }).collect();
        show::json(&json!({
            "case": room.id(), "title": kept.title, "stage": stage, "due": due,
            "embargo": room.embargo(now), "makers": makers, "acts": acts,
        }));
        return Ok(());
    }
    let hour = room.hour().map_or(String::new(), |hour| hour.to_string());
    show::pairs(&[
        ("case", room.id().to_owned()),
        ("title", kept.title.clone()),
        ("stage", stage.to_owned()),
        ("hour", hour),
        ("due", due),
    ]);
    let rows = makers.iter().map(|maker| {
        let state = maker.state.words().to_owned();
        let until = maker.answer_by.map_or(String::new(), |by| by.to_string());
        vec![maker.maker.clone(), state, until]
    });
    show::table(&["maker", "state", "answer by"], rows);
    let rows = kept.events.iter().zip(&kept.entries).map(|(event, entry)| {
        let entry = entry.map_or(String::new(), |entry| entry.to_string());
        let maker = event.act.maker().unwrap_or_default().to_owned();
        vec![event.at.to_string(), word(event), maker, entry]
    });
    show::table(&["when", "act", "maker", "log entry"], rows);
    Ok(())
}

fn check(
    weakness: &Weakness,
    (files, older): ((Option<&Path>, Option<&Path>), bool),
    host: &Host,
) -> Result<ExitCode, Failure> {
    let home = options(weakness)?.folder().join("weaknesses");
    let no = |e: WeaknessError| failed(&e);
    let both = if files == (None, None) {
        catalogues::Catalogues {
            kev: catalogues::read_kev(&home.join(KEV)).map_err(no)?,
            epss: catalogues::read_epss(&home.join(EPSS)).map_err(no)?,
        }
    } else {
        catalogues::place(&home, files, older).map_err(no)?
    };
    let sheets = both.sheets(host.seconds());
    if weakness.format == Format::Json {
        show::json(&json!(sheets));
    } else {
        table(&sheets);
    }
    let fresh = |sheet: &Option<Sheet>| sheet.as_ref().is_some_and(|sheet| !sheet.old);
    if fresh(&sheets.kev) && fresh(&sheets.epss) {
        return Ok(ExitCode::SUCCESS);
    }
    let most = catalogues::OLD_DAYS;
    Err(Failure::no(format!(
        "one of the two is missing, or older than {most} days"
    )))
}

fn table(sheets: &Sheets) {
    let row = |(name, sheet): (&str, &Option<Sheet>)| match sheet {
        None => vec![name.to_owned(), "none".to_owned()],
        Some(sheet) => {
            let age = sheet.age_days;
            vec![
                name.to_owned(),
                sheet.version.clone(),
                sheet.date.clone(),
                age.map_or("not known".to_owned(), |days| format!("{days} days")),
                sheet.entries.to_string(),
            ]
        }
    };
    let head = ["file", "version", "date", "age", "weaknesses"];
    show::table(&head, [(KEV, &sheets.kev), (EPSS, &sheets.epss)].map(row));
}

/// Verifies a letter and shows it.
fn letter(path: &Path, key: &VerifierKey, format: Format) -> Result<ExitCode, Failure> {
    let at = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| Failure {
        message: at(&e),
        code: exit::ENVIRONMENT,
    })?;
    // One byte more than a letter has tells that there are more.
    let read = file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| Failure {
        message: at(&e),
        code: exit::ENVIRONMENT,
    })?;
    let checked = Signed::check(&bytes, key);
    let (letter, text) = checked.map_err(|e| Failure::no(at(&told(&e))))?;
    if format == Format::Json {
        show::json(&json!({ "letter": text, "entry": letter.entry }));
        return Ok(ExitCode::SUCCESS);
    }
    show::say("the office signed this letter");
    let mut pairs = vec![
        ("case", text.case),
        ("letter", format!("{} {}", text.kind.word(), text.letter)),
        ("maker", text.maker),
        ("minister", text.minister),
        ("law", text.law),
        ("issued", text.issued_at),
        ("log entry", letter.entry.to_string()),
    ];
    pairs.extend(text.reply_by.map(|by| ("reply by", by)));
    show::pairs(&pairs);
    show::text(&text.ground);
    show::text(&text.text);
    Ok(ExitCode::SUCCESS)
}
