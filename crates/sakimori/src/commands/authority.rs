//! `authority …`. In: arguments, texts, key files, tokens. Out: texts, notes, entries. Never: a signature under a text that was not shown.

mod list;
mod root;
mod sign;

pub(super) use sign::{key, sign};

use crate::arguments::{Asked, Authority, Draft, Rule, Ruling, Sitting, Suspend, Urgent, Who, Why};
use crate::failure::Failure;
use crate::show;
use sakimori_authority::ruling::Matter;
use sakimori_authority::schedule::{Key, UNVERIFIED};
use sakimori_authority::statement::{Basis, Caps, Kind, Statement};
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_control::error::{exit, told};
use sakimori_control::{ControlError, Host, Node, commission, files, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{Name, hex};
use sakimori_tlog::note::Note;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(command: Authority, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Authority::Draft(arguments) => draft(&arguments, host),
        Authority::Urgent(arguments) => urgent(&arguments, host),
        Authority::Sign(arguments) => sign(&arguments, host),
        Authority::Submit { file, dir } => submit(&file, &Node::at(dir.dir), host),
        Authority::Lease { id, sensor, dir } => {
            let until = office::renew(&Node::at(dir.dir), host, id, &sensor)?;
            show::line(&format!("{sensor} may run under {id} until {until}"));
            Ok(ExitCode::SUCCESS)
        }
        Authority::Renew { dir } => renew(&Node::at(dir.dir), host),
        Authority::Show { what, dir, format } => {
            list::describe(what.as_deref(), &Node::at(dir.dir), format)
        }
        Authority::List { dir, format } => list::standing(&Node::at(dir.dir), format, host),
        Authority::Ask {
            request,
            text,
            from,
            dir,
        } => question(request.0, &text, &from, &Node::at(dir.dir), host),
        Authority::Answer {
            question,
            text,
            from,
            dir,
        } => {
            let index = office::answer(&Node::at(dir.dir), host, question, &from, &text)?;
            show::line(&index.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Authority::Schedule {
            out,
            fictional,
            sitting: sat,
            dir,
        } => schedule(&out, fictional, &sat, &Node::at(dir.dir), host),
        Authority::Software { out, program, dir } => {
            software(&out, program, &Node::at(dir.dir), host)
        }
        Authority::Root(arguments) => root::draft(&arguments, host),
        Authority::Rule(rule) => rules(rule, host),
        Authority::Suspend(arguments) => suspend(&arguments, SuspensionAct::Suspend, host),
        Authority::Resume(arguments) => suspend(&arguments, SuspensionAct::Resume, host),
    }
}

/// What a sitting rules, as a text that it signs.
fn rules(command: Rule, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Rule::Refuse {
            request,
            urgent,
            ruling,
        } => {
            let matter = match (request, urgent) {
                (_, Some(id)) => Matter::UrgentRefused(id),
                (Some(leaf), None) => Matter::RequestRefused(leaf.0),
                (None, None) => return Err(Failure::usage("name a request or an urgent act")),
            };
            rule(matter, &ruling, host)
        }
        Rule::Ratify { id, ruling } => rule(Matter::UrgentRatified(id), &ruling, host),
        Rule::Approve { id, ruling } => rule(Matter::AgreementApproved(id), &ruling, host),
        Rule::Revoke { id, ruling } => rule(Matter::AuthorityRevoked(id), &ruling, host),
        Rule::Reidentify {
            record,
            bucket,
            field,
            why,
            out,
            sitting,
            dir,
        } => {
            let matter = Matter::RecordReidentified {
                record,
                bucket,
                field,
            };
            ask_ruling(matter, &why, (&out, &sitting), &Node::at(dir.dir), host)
        }
        Rule::Keep {
            bucket,
            days,
            why,
            out,
            sitting,
            dir,
        } => {
            let matter = Matter::BucketKept { bucket, days };
            ask_ruling(matter, &why, (&out, &sitting), &Node::at(dir.dir), host)
        }
    }
}

fn question(
    request: [u8; 32],
    text: &str,
    from: &Name,
    node: &Node,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let (index, due) = commission::ask(node, host, request, from, text)?;
    show::line(&index.to_string());
    show::say(&format!(
        "the question is on record, to be answered until {due}"
    ));
    super::marks::say(node, &[Key::DeadlineQuestion]);
    Ok(ExitCode::SUCCESS)
}

fn schedule(
    out: &Path,
    fictional: bool,
    sat: &Sitting,
    node: &Node,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let schedule = office::schedule_text(node, host, fictional, sitting(sat)?)?;
    written(out, &schedule.to_string())?;
    show::line(&schedule.version.to_string());
    let unverified = schedule.unverified().len();
    show::say(&format!(
        "{unverified} values are {UNVERIFIED}; the office and everybody who is present sign it"
    ));
    Ok(ExitCode::SUCCESS)
}

fn software(
    out: &Path,
    program: Option<PathBuf>,
    node: &Node,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let program = match program {
        Some(program) => program,
        None => super::own_program()?,
    };
    let name = "sakimori".parse().map_err(Failure::usage)?;
    let version = env!("CARGO_PKG_VERSION").parse().map_err(Failure::usage)?;
    let software = office::software_text(node, host, &program, &name, &version)?;
    written(out, &software.to_string())?;
    show::line(&hex(&software.sha256));
    show::say("the office and the chair or the deputy sign it");
    Ok(ExitCode::SUCCESS)
}

/// Writes a text that is to be signed.
fn written(out: &Path, text: &str) -> Result<(), Failure> {
    Ok(files::write(out, text.as_bytes(), files::PUBLIC)?)
}

/// What is asked for, with the template where nothing else was said.
fn asked(arguments: &Asked, decided: Option<Basis>, host: &Host) -> Result<office::Draft, Failure> {
    let usual = arguments.template.usual();
    let basis = match &arguments.basis {
        Some(basis) => basis.clone(),
        None => usual.basis.parse().map_err(Failure::usage)?,
    };
    let directions = if arguments.directions.is_empty() {
        usual.directions.to_vec()
    } else {
        arguments.directions.clone()
    };
    Ok(office::Draft {
        kind: usual.kind,
        basis,
        not_before: arguments.not_before.unwrap_or_else(|| host.seconds()),
        not_after: arguments.not_after,
        sensors: arguments.sensors.clone(),
        directions,
        caps: Caps {
            match_ppm: arguments.match_ppm,
            flow_bytes: sakimori_custody::record::RECORD_BYTES as u64,
            day_records: arguments.day_records,
        },
        keep_days: arguments.keep,
        conditions: arguments
            .conditions
            .clone()
            .unwrap_or_else(|| usual.conditions.to_owned()),
        replaces: arguments.replaces,
        decided,
    })
}

fn reasons(why: &Why) -> office::Reasons {
    office::Reasons {
        requester: why.requester.clone(),
        facts: why.facts.clone(),
        necessity: why.necessity.clone(),
        alternatives: why.alternatives.clone(),
        rights: why.rights.clone(),
        expected_share_ppm: why.expected_share,
    }
}

/// Asks for a ruling and writes its text.
fn ask_ruling(
    matter: Matter,
    why: &Why,
    (out, sat): (&Path, &Sitting),
    node: &Node,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let kind = office::kind_about(node, &matter)?;
    let sitting = sitting(sat)?;
    let ruling = office::draft_ruling(node, host, matter, kind, &reasons(why), sitting)?;
    written(out, &ruling.to_string())?;
    show::line(&ruling.id.to_string());
    show::say(&format!(
        "the request is on record; {} is to be signed by everybody who is present",
        out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Puts the request on record and writes the text.
fn ask(arguments: &Asked, draft: &office::Draft, host: &Host) -> Result<Statement, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let reasons = reasons(&arguments.why);
    let statement = if draft.kind == Kind::Measure {
        let file = arguments.measure.as_deref();
        let file = file.ok_or_else(|| {
            Failure::usage("a measure is asked for with `--measure`, the note that its two officers signed; `sakimori measure text` writes what they sign")
        })?;
        office::draft_measure(&node, host, &files::read_present(file)?, draft, &reasons)?
    } else if arguments.measure.is_some() {
        return Err(Failure::usage(
            "a measure is asked for with `--template measure`",
        ));
    } else {
        let pack = super::pack::read(arguments.pack.as_deref())?;
        office::draft(&node, host, &pack, draft, &reasons)?
    };
    written(&arguments.out, &statement.to_string())?;
    show::line(&statement.id.to_string());
    let keys = [super::marks::keys_of(&statement), vec![Key::CapSharePpm]].concat();
    super::marks::say(&node, &keys);
    Ok(statement)
}

fn draft(arguments: &Draft, host: &Host) -> Result<ExitCode, Failure> {
    let draft = asked(&arguments.asked, decided(arguments)?, host)?;
    ask(&arguments.asked, &draft, host)?;
    show::say(&format!(
        "the request is on record; {} is to be signed by everybody who is present",
        arguments.asked.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn urgent(arguments: &Urgent, host: &Host) -> Result<ExitCode, Failure> {
    let [first, second] = arguments.officers.as_slice() else {
        return Err(Failure::usage("an urgent act takes two officers"));
    };
    let officers = [first.clone(), second.clone()];
    let draft = asked(&arguments.asked, Some(Basis::Urgent { officers }), host)?;
    ask(&arguments.asked, &draft, host)?;
    show::say(&format!(
        "the request is on record; {} is to be signed by {first} and {second}, then submitted: nothing runs before it is in the log and the commission's mirror has cosigned it",
        arguments.asked.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn decided(arguments: &Draft) -> Result<Option<Basis>, Failure> {
    if let Some(party) = &arguments.party {
        let key = |text: &Option<String>, what: &str| {
            let read = text.as_deref().unwrap_or_default().parse();
            read.map(Box::new)
                .map_err(|e| Failure::usage(format!("the {what} is no verifier key: {e}")))
        };
        return Ok(Some(Basis::Agreement {
            party: party.clone(),
            key: key(&arguments.party_key, "party's key")?,
            suspend_key: key(&arguments.suspend_key, "key that suspends")?,
        }));
    }
    Ok(sitting(&arguments.sitting)?.map(Basis::Sitting))
}

/// The sitting that was named, where one was.
pub(super) fn sitting(arguments: &Sitting) -> Result<Option<sakimori_authority::Sitting>, Failure> {
    let Some(presiding) = &arguments.presiding else {
        return Ok(None);
    };
    let list = |names: &[String]| -> Vec<String> {
        names
            .iter()
            .flat_map(|n| n.split(','))
            .map(str::to_owned)
            .collect()
    };
    let lists = [
        &arguments.present,
        &arguments.votes_for,
        &arguments.votes_against,
        &arguments.recused,
    ]
    .map(|l| list(l));
    let [present, votes_for, votes_against, recused] = lists
        .each_ref()
        .map(|l| l.iter().map(String::as_str).collect::<Vec<_>>());
    Ok(Some(office::sitting(
        &present,
        presiding,
        &votes_for,
        &votes_against,
        &recused,
    )?))
}

fn submit(file: &Path, node: &Node, host: &Host) -> Result<ExitCode, Failure> {
    let bytes = files::read_present(file)?;
    let entered = office::enter(node, host, &bytes).map_err(|error| match error {
        ControlError::Document { problem, .. } => ControlError::document(file.display(), problem),
        other => other,
    })?;
    let about = entered.about.map(|id| id.to_string());
    show::line(&about.unwrap_or_else(|| entered.index.to_string()));
    match entered.kind {
        EntryType::Decision => show::say(&format!(
            "in force; the decision is entry {} of the log",
            entered.index
        )),
        EntryType::Urgent => show::say(&format!(
            "the urgent act is entry {} of the log, cosigned; the commission is alarmed by its own copy, and what comes of it is quarantined until a sitting ratifies it",
            entered.index
        )),
        kind => show::say(&format!(
            "the {kind} is entry {} of the log; {} authority folders were written",
            entered.index, entered.folders
        )),
    }
    for (sensor, until) in entered.leases {
        show::say(&format!(
            "{sensor} may run until {until}; `sakimori authority lease` goes on from there"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn renew(node: &Node, host: &Host) -> Result<ExitCode, Failure> {
    let done = office::renew_due(node, host)?;
    let mut failed = false;
    for renewed in &done {
        let (sensor, id) = (&renewed.sensor, renewed.authority);
        match &renewed.until {
            Ok(until) => show::line(&format!("{sensor} may run under {id} until {until}")),
            Err(error) => {
                failed = true;
                show::error(&format!("{sensor} under {id}: {}", told(error)));
            }
        }
    }
    if done.is_empty() {
        show::say("no lease ends soon");
    }
    Ok(ExitCode::from(if failed { exit::ENVIRONMENT } else { 0 }))
}

/// Writes the text of a ruling.
fn rule(matter: Matter, arguments: &Ruling, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let kind = office::kind_about(&node, &matter)?;
    let sitting = sitting(&arguments.sitting)?;
    let ruling = office::ruling_text(&node, host, matter, kind, &arguments.reason, sitting)?;
    written(&arguments.out, &ruling.to_string())?;
    show::line(&ruling.id.to_string());
    show::say(&format!(
        "{} is to be signed by everybody who is present, then submitted",
        arguments.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Suspends, or lets go on: at once where a key is at hand.
fn suspend(arguments: &Suspend, act: SuspensionAct, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let by = match arguments.by {
        Who::Commission => By::Commission,
        Who::Office => By::Office,
        Who::Party => By::Party,
    };
    let text = office::suspension_text(&node, host, arguments.id, by, act, &arguments.reason)?;
    let mut note = Note::sign(&text.to_string(), &[], 0)
        .ok_or_else(|| Failure::no("the text cannot be signed"))?;
    let signed = sign::with(&mut note, &arguments.with, host)?;
    if let Some(out) = &arguments.out {
        files::write(out, &note.to_bytes(), files::PUBLIC)?;
    }
    if !signed {
        let out = arguments.out.as_ref().ok_or_else(|| {
            Failure::usage("name a key that signs, or `--out` for the text that is to be signed")
        })?;
        written(out, &text.to_string())?;
        show::line(&out.display().to_string());
        return Ok(ExitCode::SUCCESS);
    }
    if office::is_apart(&node) {
        let out = arguments.out.as_ref().ok_or_else(|| {
            Failure::usage("the office's log is not here: name `--out` for the signed note")
        })?;
        show::line(&out.display().to_string());
        show::say(
            "it is signed and stops nothing yet: bring it to POST /v1/suspensions of the commission's node",
        );
        return Ok(ExitCode::SUCCESS);
    }
    let entered = office::enter(&node, host, &note.to_bytes())?;
    show::line(&entered.index.to_string());
    show::say(&format!(
        "{} by the {by} is entry {} of the log; {} sensors were told. What they acknowledge is in `sakimori authority list`",
        text.act, entered.index, entered.folders
    ));
    Ok(ExitCode::SUCCESS)
}
