//! A playbook held against the measure that follows it. In: a playbook, a plan. Out: which effect of the plan each command is; every rule that is broken. Never: a command that the measure does not list; an effect that no step puts in
//! force; a time, a way of blocking or an actuator that the playbook decides beside the plan.

use super::{Command, Kind, Playbook};
use crate::consumer::{NSID, SakimoriArgs, SakimoriSpecifiers, TARGETS, aim};
use crate::openc2::{self, Action, Direction, DropProcess, SlpfArgs};
use crate::plan::{Digest, Plan, Problem};
use sakimori_custody::time::Seconds;
use sakimori_exchange::stix::Timestamp;
use std::collections::BTreeSet;

/// What a command of a playbook is for the measure that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tied {
    /// Which effect of the plan.
    pub aim: usize,
    /// Whether it is put in force; taken back otherwise.
    pub begins: bool,
}

impl Playbook {
    /// Which effect of a plan a command to an agent is. The agent's name is that of the actuator.
    ///
    /// # Errors
    /// Words for who wrote the playbook.
    pub fn tied(
        &self,
        agent: &str,
        command: &openc2::Command,
        plan: &Plan,
    ) -> Result<Tied, String> {
        let begins = match command.action {
            Action::Deny | Action::Contain => true,
            Action::Allow => false,
            other => {
                return Err(format!(
                    "`{other}` puts no effect in force and takes none back"
                ));
            }
        };
        let name = self.agents.get(agent).map_or("", String::as_str);
        if !plan.aims.iter().any(|one| one.actuator.as_str() == name) {
            return Err(format!(
                "its agent `{name}` has not the name of an actuator of the plan"
            ));
        }
        let said = said(command, name, plan)?;
        let target = command.target.name();
        let all = TARGETS.iter().find(|(known, _)| *known == target);
        let deeds = all.map_or(&[][..], |(_, deeds)| *deeds);
        let mut found = Vec::new();
        for (number, one) in plan.aims.iter().enumerate() {
            if one.actuator.as_str() != name || !deeds.contains(&one.deed) {
                continue;
            }
            let meant = aim(&command.target, said, &[one.deed]);
            if meant.is_ok_and(|meant| meant.deed == one.deed && meant.target == one.target) {
                found.push(number);
            }
        }
        match found.as_slice() {
            [aim] => Ok(Tied { aim: *aim, begins }),
            [] => Err(format!(
                "`{}` of this `{target}` by `{name}` is no effect of the plan",
                command.action
            )),
            _ => Err(format!(
                "the plan does more than one thing to this `{target}` by `{name}`: the argument `deed` of {NSID} says which is meant"
            )),
        }
    }

    /// Every rule that a playbook breaks as the one that a plan follows.
    pub fn problems(&self, plan: &Plan, now: Seconds) -> Vec<Problem> {
        let mut found = Vec::new();
        if plan.playbook != Some(Digest(self.digest)) {
            found.push(Problem::new("/playbook", "the plan names another playbook"));
        }
        let moment = Timestamp::parse_stix(&now.to_string());
        if moment.is_none_or(|moment| !self.is_valid(&moment)) {
            found.push(Problem::new(
                "/playbook",
                "by its author the playbook is not valid now",
            ));
        }
        let mut begun = BTreeSet::new();
        for (id, step) in &self.steps {
            let Kind::Action {
                commands, agent, ..
            } = &step.kind
            else {
                continue;
            };
            for (number, command) in commands.iter().enumerate() {
                let Command::OpenC2(command) = command else {
                    continue;
                };
                match self.tied(agent, command, plan) {
                    Ok(tied) if tied.begins => {
                        begun.insert(tied.aim);
                    }
                    Ok(_) => {}
                    Err(words) => {
                        let place = format!("/playbook/workflow/{id}/commands/{number}");
                        found.push(Problem::new(place, words));
                    }
                }
            }
        }
        for number in (0..plan.aims.len()).filter(|number| !begun.contains(number)) {
            found.push(Problem::new(
                format!("/aims/{number}"),
                "no step of the playbook puts it in force",
            ));
        }
        found
    }
}

/// What a command says in our profile, where it says nothing that the plan decides.
fn said(command: &openc2::Command, name: &str, plan: &Plan) -> Result<SakimoriArgs, String> {
    let args = &command.args;
    let long = plan.effect_seconds.saturating_mul(1000);
    if args.start_time.is_some() || args.stop_time.is_some() {
        return Err("it says when it begins or ends: the measure does".to_owned());
    }
    if args.duration.is_some_and(|duration| duration != long) {
        return Err(format!("its duration is not that of the plan, {long} ms"));
    }
    let mut said = SakimoriArgs::default();
    for extension in &args.extensions {
        if extension.nsid == NSID {
            said = SakimoriArgs::parse(&extension.json)?;
            continue;
        }
        let slpf = SlpfArgs::parse(&extension.json).map_err(|fault| fault.to_string())?;
        let usual = slpf.persistent != Some(true)
            && slpf.insert_rule.is_none()
            && matches!(slpf.direction, None | Some(Direction::Both))
            && matches!(slpf.drop_process, None | Some(DropProcess::None));
        if !usual {
            return Err(
                "an actuator blocks both ways, without a word to whoever is blocked, and no longer than the measure: nothing else is commanded"
                    .to_owned(),
            );
        }
    }
    if let Some(actuator) = &command.actuator
        && actuator.specifiers.nsid == NSID
    {
        let named = SakimoriSpecifiers::parse(&actuator.specifiers.json)?;
        if named.actuator.as_str() != name || named.measure != plan.id {
            return Err("it names another actuator than its agent, or another measure".to_owned());
        }
    }
    Ok(said)
}
