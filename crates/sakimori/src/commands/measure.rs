//! `measure …`. In: arguments, plans, texts that officers signed. Out: tables, texts to be signed, commands to actuators. Never: a rule of its own; an act before the store and the log have it.

mod facts;
mod lists;
mod notice;
mod outline;
mod papers;
mod playbook;
mod renewal;
mod show;
mod stop;
mod sworn;
mod watch;

use super::asset::{Desk, at_desk, failed, read};
use crate::arguments::measure::{ComplaintAct, MeasureAct, MeasureOf, RegisterAct};
use crate::failure::Failure;
use crate::show as screen;
use sakimori_access::{Act as Leave, Object, Principal};
use sakimori_authority::statement::Basis;
use sakimori_control::error::exit;
use sakimori_control::ledger::installed_root;
use sakimori_control::{Host, Node, files};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::{self, Held, Looked, register};
use sakimori_node::measure::{Room, SignedText, Stepped, Told, check_people, text_of};
use sakimori_node::problem::Problem;
use sakimori_node::{Options, Role, open_store};
use sakimori_respond::plan::complaint::Complaint;
use sakimori_respond::plan::figures::figures;
use sakimori_respond::plan::life::{Duty, Event, Kill, Life};
use sakimori_respond::plan::{Digest, Plan};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Longest document that is read.
const BYTES_MAX: usize = 16 << 20;

/// What the room says, to who typed the command.
fn no(problem: &Problem) -> Failure {
    let code = if problem.code.status() >= 500 {
        exit::ENVIRONMENT
    } else {
        exit::NO
    };
    let message = format!("{} {}", problem.code.title(), problem.detail);
    Failure {
        message: message.trim_end().to_owned(),
        code,
    }
}

/// The office with its measures.
struct Office<'d> {
    desk: &'d Desk<'d>,
    node: Node,
    host: &'d Host,
    by: Name,
}

impl Office<'_> {
    fn room(&self, store: std::sync::Arc<dyn sakimori_store::Store>) -> Result<Room, Failure> {
        let folder = self.desk.folder.clone();
        Room::open(&self.node, self.host, store, folder).map_err(|problem| no(&problem))
    }

    /// Whether who acts may do it at this node.
    async fn may(&self, leave: Leave) -> Result<(), Failure> {
        self.may_as(&self.by, leave).await
    }

    /// Whether somebody may do it at this node.
    async fn may_as(&self, name: &Name, leave: Leave) -> Result<(), Failure> {
        let who = Principal::Person {
            id: name.to_string(),
        };
        let now = self.host.seconds();
        let object = Object::any();
        let asked = self.desk.access.may(&who, leave, &object, now);
        let may = asked.await.map_err(|e| Failure {
            message: e.to_string(),
            code: exit::ENVIRONMENT,
        })?;
        if may.allow {
            return Ok(());
        }
        Err(Failure::no(format!("{name}: {may}")))
    }

    async fn held(&self, id: AuthorityId) -> Result<Held, Failure> {
        let held = measure::measure(self.desk.store, id).await;
        held.map_err(|e| failed(&e))
    }

    /// Says what came of a step.
    fn said(&self, stepped: &Stepped) -> Result<(), Failure> {
        for told in &stepped.told {
            match told {
                Told::Page(words) => screen::say(&format!("call somebody: {words}")),
                Told::Notice(duty) => screen::say(&format!("owed: {duty}")),
                Told::Escalate(duty, to) => screen::say(&format!("late: {duty}, goes to {to:?}")),
                Told::Trouble(words) => screen::say(&format!("is tried again: {words}")),
            }
        }
        let state = stepped.held.state();
        if let Some(refused) = &stepped.refused {
            if let sakimori_respond::plan::life::Refused::Plan(problems) = refused {
                for problem in problems {
                    screen::say(&format!("  {problem}"));
                }
            }
            return Err(Failure::no(refused));
        }
        if self.desk.format == crate::arguments::Format::Json {
            screen::json(&show::state(state));
        } else {
            screen::line(state.stage().name());
        }
        Ok(())
    }
}

/// A JSON document of its type, with the place of what is wrong.
fn document<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let bytes = read(path, BYTES_MAX)?;
    let read = sakimori_respond::plan::document(&bytes);
    read.map_err(|problem| Failure::no(format!("{}: {problem}", path.display())))
}

fn duty(text: &str) -> Result<Duty, Failure> {
    match text.split_once('=') {
        Some(("administrator", name)) => {
            Ok(Duty::Administrator(name.parse().map_err(Failure::usage)?))
        }
        None if text == "victims" => Ok(Duty::Victims),
        None if text == "others" => Ok(Duty::Others),
        _ => Err(Failure::usage(
            "a duty is `administrator=NAME`, `victims` or `others`",
        )),
    }
}

pub(super) fn run(arguments: MeasureOf, host: &Host) -> Result<ExitCode, Failure> {
    let (mut place, act) = (arguments.place, arguments.act);
    if let MeasureAct::Outline(outline) = &act {
        return outline::write(outline, &place, host);
    }
    place.role = Role::Office;
    let by: Name = place.by.parse().map_err(Failure::usage)?;
    let folder = place.node.clone().unwrap_or_default();
    let options = Options {
        role: Role::Office,
        node: Node::at(&folder),
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        store: place.store.clone(),
        name: None,
        provider: None,
    };
    at_desk(&place, host, async |desk: &Desk<'_>| {
        let office = Office {
            desk,
            node: Node::at(&folder),
            host,
            by: by.clone(),
        };
        let store = open_store(&options).await?;
        Box::pin(done(&office, store, act)).await
    })
}

#[expect(clippy::too_many_lines, reason = "one arm for each command")]
async fn done(
    office: &Office<'_>,
    store: std::sync::Arc<dyn sakimori_store::Store>,
    act: MeasureAct,
) -> Result<ExitCode, Failure> {
    let by = office.by.clone();
    let name = by.as_str();
    let step = async |id: AuthorityId, event: Event, leave: Leave| {
        office.may(leave).await?;
        let room = office.room(store.clone())?;
        let stepped = room
            .step(id, &event, name)
            .await
            .map_err(|problem| no(&problem))?;
        facts::cautions(&room, stepped.held.state().plan());
        office.said(&stepped)
    };
    match act {
        MeasureAct::Outline(_) => {}
        MeasureAct::Propose { plan } => {
            office.may(Leave::DraftRequest).await?;
            let plan = measure::with_facts(&*store, document(&plan)?).await;
            let plan: Plan = plan.map_err(|e| failed(&e))?;
            let room = office.room(store.clone())?;
            room.look(&plan).await.map_err(|problem| no(&problem))?;
            facts::cautions(&room, &plan);
            let known = measure::measure(&*store, plan.id).await.is_ok();
            let named = plan.clone();
            if known {
                let id = plan.id;
                let event = Event::Redraft {
                    plan: Box::new(plan),
                    by: by.clone(),
                };
                let stepped = room.step(id, &event, name).await.map_err(|p| no(&p))?;
                office.said(&stepped)?;
            } else {
                let turn = room.with(name, async |m| m.draft(plan, &by).await).await;
                let turn = turn.map_err(|p| no(&p))?;
                screen::line(&turn.held.state().plan().id.to_string());
            }
            let missing = room.keep_findings(&named, name).await;
            for one in missing.map_err(|p| no(&p))? {
                screen::say(&format!("the bytes of `{one}` are not at this node"));
            }
        }
        MeasureAct::Check { plan, urgent } => {
            let plan = measure::with_facts(&*store, document(&plan)?).await;
            let plan = plan.map_err(|e| failed(&e))?;
            let room = office.room(store)?;
            room.look(&plan).await.map_err(|problem| no(&problem))?;
            return check(office, &room, &plan, urgent).await;
        }
        MeasureAct::List => show::list(office.desk.format, &office.room(store)?).await?,
        MeasureAct::Show { id } => {
            let held = office.held(id).await?;
            let judged = measure::verdict(&*store, id)
                .await
                .map_err(|e| failed(&e))?;
            show::one(
                office.desk.format,
                &office.room(store)?,
                (&held, judged.as_ref()),
            );
        }
        MeasureAct::Review { id } => {
            // Who reviews is another than who proposed, and need not be one who submits.
            step(id, Event::Review { by: by.clone() }, Leave::DraftRequest).await?;
        }
        MeasureAct::SendBack { id, why } => {
            let event = Event::SendBack {
                by: by.clone(),
                words: why,
            };
            step(id, event, Leave::DraftRequest).await?;
        }
        MeasureAct::Text {
            id,
            urgent,
            revision,
            out,
        } => {
            let held = office.held(id).await?;
            let register = register(&*store).await.map_err(|e| failed(&e))?;
            let room = office.room(store)?;
            let text = text_of(&room, &held, &register, urgent, revision).await;
            let text = text.map_err(|p| no(&p))?;
            files::write(&out, text.to_string().as_bytes(), files::PUBLIC)?;
            screen::line(&Digest(text.hash()).to_string());
            screen::say(&format!(
                "{} is to be signed by {} and {}",
                out.display(),
                text.people.proposed,
                text.people.reviewed
            ));
        }
        MeasureAct::Ask {
            id,
            text,
            basis,
            out,
            sitting,
        } => {
            let decided = super::authority::sitting(&sitting)?.map(Basis::Sitting);
            let signed = ask(office, &store, id, (&text, &basis), decided, &out).await?;
            let event = Event::Ask {
                by: by.clone(),
                text: signed.digest,
                weighed: signed.weighed(),
            };
            step(id, event, Leave::SubmitRequest).await?;
        }
        MeasureAct::Urgent {
            id,
            text,
            with,
            basis,
            out,
        } => {
            office.may(Leave::InvokeUrgent).await?;
            let officers = [by.clone(), with];
            let decided = Some(Basis::Urgent { officers });
            ask(office, &store, id, (&text, &basis), decided, &out).await?;
        }
        MeasureAct::Invoked {
            id,
            authority,
            text,
        } => {
            let held = office.held(id).await?;
            let room = office.room(store.clone())?;
            let note = read(&text, BYTES_MAX)?;
            let event = room.invoked(&held, authority, &note);
            let event = event.await.map_err(|p| no(&p))?;
            step(id, event, Leave::InvokeUrgent).await?;
        }
        MeasureAct::Withdraw { id } => {
            step(id, Event::Withdraw { by: by.clone() }, Leave::SubmitRequest).await?;
        }
        MeasureAct::Observed {
            id,
            observations,
            out,
        } => sworn::observed(id, &document::<Vec<_>>(&observations)?, &out)?,
        MeasureAct::Order { id, with, out } => sworn::order(office, id, with, &out)?,
        MeasureAct::Dispatch {
            id,
            observed,
            order,
        } => {
            office.may(Leave::Respond).await?;
            let room = office.room(store.clone())?;
            let held = office.held(id).await?;
            let event = sworn::dispatch(office, &room, &held, &observed, order.as_deref()).await?;
            step(id, event, Leave::Respond).await?;
        }
        MeasureAct::Round => {
            let room = office.room(store)?;
            let all = room.round().await.map_err(|p| no(&p))?;
            for words in &all.trouble {
                screen::say(&format!("is tried again: {words}"));
            }
            for stepped in &all.steps {
                screen::say(&stepped.held.state().plan().id.to_string());
                office.said(stepped)?;
                room.was_told(stepped).await.map_err(|p| no(&p))?;
            }
        }
        MeasureAct::Effects { id } => {
            let held = office.held(id).await?;
            return watch::effects(office, &office.room(store)?, &held).await;
        }
        MeasureAct::Verdict {
            id,
            observed,
            before,
            sighted,
        } => {
            let held = office.held(id).await?;
            let files = (observed.as_deref(), sighted.as_deref());
            return watch::verdict(office, &office.room(store)?, &held, before, files).await;
        }
        MeasureAct::Read { id, readings } => {
            let held = office.held(id).await?;
            let readings: Vec<_> = document(&readings)?;
            match held.life.measured(&readings, office.host.seconds()) {
                Some(event) => step(id, event, Leave::Respond).await?,
                None => screen::say("nothing that was fixed in advance is reached"),
            }
        }
        MeasureAct::Observe { id, observations } => {
            let event = Event::Observed(document(&observations)?);
            step(id, event, Leave::Respond).await?;
        }
        MeasureAct::Release { id } => {
            step(id, Event::Kill(Kill::Measure), Leave::Respond).await?;
        }
        MeasureAct::ReleaseAuthority { id } => {
            stop::release(office, &office.room(store)?, &Kill::Authority(id)).await?;
        }
        MeasureAct::ReleaseAll { designation, route } => {
            let kill = stop::which(designation, route.as_deref())?;
            stop::release(office, &office.room(store)?, &kill).await?;
        }
        MeasureAct::Hold { why } => stop::set(office, &office.room(store)?, true, &why).await?,
        MeasureAct::LetGo { why } => stop::set(office, &office.room(store)?, false, &why).await?,
        MeasureAct::Stops => stop::shown(office.desk.format, &*store).await?,
        MeasureAct::RenewalText { id, renewal, out } => {
            renewal::text(office, &office.room(store)?, id, &renewal, &out).await?;
        }
        MeasureAct::Renew {
            id,
            renewal,
            text,
            basis,
            out,
        } => {
            let files = (renewal.as_path(), text.as_path(), out.as_path());
            renewal::ask(office, &office.room(store)?, id, files, &basis).await?;
        }
        MeasureAct::Free { id } => {
            step(id, Event::Free { by: by.clone() }, Leave::Respond).await?;
        }
        MeasureAct::Resume { id, why } => {
            let event = Event::Resume {
                by: by.clone(),
                words: why,
            };
            step(id, event, Leave::Respond).await?;
        }
        MeasureAct::Narrow { id, aims } => {
            let event = Event::Narrow {
                by: by.clone(),
                aims,
            };
            step(id, event, Leave::Respond).await?;
        }
        MeasureAct::Told { id, duty: to } => {
            step(id, Event::Told { duty: duty(&to)? }, Leave::Respond).await?;
        }
        MeasureAct::Withhold {
            id,
            duty: to,
            why,
            review,
        } => {
            let event = Event::Withhold {
                duty: duty(&to)?,
                reason: why,
                review,
                by: by.clone(),
            };
            step(id, event, Leave::Respond).await?;
        }
        MeasureAct::Report {
            id,
            words,
            out,
            submit,
        } => {
            let held = office.held(id).await?;
            let how = (words.as_deref(), out.as_deref(), submit);
            papers::report(office, &office.room(store)?, &held, how).await?;
        }
        MeasureAct::Evidence(act) => papers::evidence(office, &office.room(store)?, act).await?,
        MeasureAct::Features { actuator } => {
            return watch::features(office, &office.room(store)?, &actuator).await;
        }
        MeasureAct::Notice(act) => notice::run(office, &store, *act).await?,
        MeasureAct::Export { id, out } => {
            let held = office.held(id).await?;
            return papers::export(&office.room(store)?, id, &held, &out).await;
        }
        MeasureAct::Playbook(act) => return playbook::run(office, &office.room(store)?, act).await,
        MeasureAct::Complaint(act) => complaint(office, &office.room(store)?, act).await?,
        MeasureAct::Figures { from, to } => {
            let (all, _) = measure::measures(&*store).await.map_err(|e| failed(&e))?;
            let now = office.host.seconds();
            let span = (from, to.unwrap_or(now));
            let judged = measure::verdicts_between(&*store, &all, span).await;
            let judged = judged.map_err(|e| failed(&e))?;
            let lives: Vec<Life> = all.into_iter().map(|one| one.life).collect();
            let room = office.room(store)?;
            let figures = figures(&lives, &room.terms, from, to.unwrap_or(now), now);
            show::figures(office.desk.format, &figures, &judged);
        }
        MeasureAct::Register(act) => match act {
            RegisterAct::Show => {
                let register = register(&*store).await.map_err(|e| failed(&e))?;
                screen::json(&json!(register));
            }
            RegisterAct::Set { file } => {
                office.may(Leave::ManageNode).await?;
                let said = document(&file)?;
                let root = installed_root(&office.room(store.clone())?.node);
                check_people(&root.map_err(Failure::no)?, &said).map_err(|p| no(&p))?;
                let now = office.host.seconds();
                let set = measure::set_register(&*store, &said, now, name).await;
                set.map_err(|e| failed(&e))?;
            }
        },
        MeasureAct::Lists(act) => return lists::run(office, store, act).await,
        MeasureAct::Facts(act) => facts::run(office, store, act).await?,
        MeasureAct::Look { id } => facts::look(office, store, id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(
    office: &Office<'_>,
    room: &Room,
    plan: &Plan,
    urgent: bool,
) -> Result<ExitCode, Failure> {
    let now = office.host.seconds();
    let judgement = room.judgement(plan).map_err(|problem| no(&problem))?;
    facts::cautions(room, plan);
    let broken = room.broken(plan, urgent).await.map_err(|p| no(&p))?;
    match plan.assess(&room.terms, &judgement, urgent, now) {
        Ok(assessed) if broken.is_empty() => {
            let (low, high) = assessed.collateral;
            screen::line(&format!("level {}", assessed.level));
            screen::say(&format!("others who are met: {low} to {high}"));
            for (target, estimate) in &assessed.estimates {
                for reason in &estimate.reasons {
                    screen::say(&format!("  {target}: {}", reason.words));
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        assessed => {
            let problems = [assessed.err().unwrap_or_default(), broken].concat();
            for problem in &problems {
                screen::line(&problem.to_string());
            }
            Err(Failure::no(format!(
                "the plan breaks {} rules",
                problems.len()
            )))
        }
    }
}

/// Puts text and request on record and writes the statement.
async fn ask(
    office: &Office<'_>,
    store: &std::sync::Arc<dyn sakimori_store::Store>,
    id: AuthorityId,
    (text, basis): (&Path, &Name),
    decided: Option<Basis>,
    out: &Path,
) -> Result<SignedText, Failure> {
    let held = office.held(id).await?;
    let room = office.room(store.clone())?;
    let bytes = read(text, BYTES_MAX)?;
    let asked = room.ask(&held, &bytes, basis, decided, &office.by).await;
    let asked = asked.map_err(|p| no(&p))?;
    files::write(out, asked.statement.to_string().as_bytes(), files::PUBLIC)?;
    screen::line(&asked.statement.id.to_string());
    Ok(asked.signed)
}

async fn complaint(office: &Office<'_>, room: &Room, act: ComplaintAct) -> Result<(), Failure> {
    let by = office.by.as_str();
    let follow = async |turn: Option<measure::Turn>| -> Result<(), Failure> {
        let Some(turn) = turn else { return Ok(()) };
        let stepped = room.follow(turn, by).await.map_err(|p| no(&p))?;
        for told in &stepped.told {
            if let Told::Page(words) | Told::Trouble(words) = told {
                screen::say(words);
            }
        }
        Ok(())
    };
    match act {
        ComplaintAct::List => {
            let (all, _) = measure::complaints(&*room.store, None)
                .await
                .map_err(|e| failed(&e))?;
            show::complaints(office.desk.format, &all);
        }
        ComplaintAct::Enter { target, words } => {
            let random = office
                .host
                .bytes()
                .map_err(|e| Failure::no(e.to_string()))?;
            let complaint = Complaint::take(&target, &words, random, office.host.seconds());
            let complaint = complaint.map_err(|e| Failure::no(e.to_string()))?;
            let taken = room
                .with(by, async |m| {
                    m.complain(complaint, &Looked::default()).await
                })
                .await;
            let (paper, turn) = taken.map_err(|p| no(&p))?;
            screen::line(&paper.complaint.reference);
            screen::say(&paper.ruling.words);
            follow(turn).await?;
        }
        ComplaintAct::Decide {
            reference,
            upheld,
            answer,
            ..
        } => {
            office.may(Leave::Respond).await?;
            let decided = room
                .with(by, async |m| m.decide(&reference, upheld, &answer).await)
                .await;
            let (_, turn) = decided.map_err(|p| no(&p))?;
            follow(turn).await?;
        }
    }
    Ok(())
}
