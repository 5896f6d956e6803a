//! What this consumer asks of a command beyond the language. In: a command. Out: what it wants, or the status and words of its refusal. Never: a default of the language or of packet filtering that is taken for what was meant.

use super::aim::aim;
use super::profile::{NSID, SakimoriArgs, SakimoriSpecifiers};
use super::{Known, rule_number};
use crate::engine::{Answer, Intent, Key};
use crate::openc2::{Command, Direction, DropProcess, SlpfArgs, Status, Target};
use sakimori_authority::measure::family;
use sakimori_custody::time::Seconds;
use sha2::{Digest, Sha256};

/// A command's intent, and whether its target is one of packet filtering.
pub(super) type Judged = Result<(Intent, bool), Answer>;

pub(super) fn bad(words: impl Into<String>) -> Answer {
    Answer::new(Status::BadRequest, words)
}

pub(super) fn not_ours(words: impl Into<String>) -> Answer {
    Answer::new(Status::NotImplemented, words)
}

/// What every command that changes something has.
struct Named {
    id: String,
    specifiers: SakimoriSpecifiers,
    args: SakimoriArgs,
    slpf: Option<SlpfArgs>,
}

fn args(command: &Command) -> Result<(SakimoriArgs, Option<SlpfArgs>), Answer> {
    let mut own = SakimoriArgs::default();
    let mut slpf = None;
    for extension in &command.args.extensions {
        if extension.nsid == NSID {
            own = SakimoriArgs::parse(&extension.json).map_err(bad)?;
        } else {
            let read = SlpfArgs::parse(&extension.json);
            slpf = Some(read.map_err(|fault| bad(fault.to_string()))?);
        }
    }
    Ok((own, slpf))
}

/// Who it is for, and of which approval.
fn named(command: &Command, known: &Known<'_>) -> Result<Named, Answer> {
    let (args, slpf) = args(command)?;
    let extension = command.actuator.as_ref().map(|one| &one.specifiers);
    let Some(extension) = extension.filter(|one| one.nsid == NSID) else {
        return Err(Answer::new(
            Status::Forbidden,
            "the command names no measure: the actuator specifier is of `x-sakimori`",
        ));
    };
    let specifiers = SakimoriSpecifiers::parse(&extension.json).map_err(bad)?;
    if specifiers.actuator != *known.actuator {
        return Err(Answer::new(Status::NotFound, "this is another actuator"));
    }
    let id = command.command_id.clone();
    let id = id.filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| bad("a command that changes something has a `command_id`"))?;
    Ok(Named {
        id,
        specifiers,
        args,
        slpf,
    })
}

fn approved(named: &Named, known: &Known<'_>) -> Result<(), Answer> {
    let SakimoriSpecifiers {
        measure, revision, ..
    } = &named.specifiers;
    if known.state.is_approved(&family(*measure), *revision) {
        return Ok(());
    }
    Err(Answer::new(
        Status::Forbidden,
        format!("no approval of measure {measure} with revision {revision} is stored"),
    ))
}

fn intent(named: &Named, key: Key, until: Option<Seconds>) -> Intent {
    let SakimoriSpecifiers {
        revision,
        step,
        created,
        ..
    } = named.specifiers;
    let order = revision << 32 | step;
    let until_text = until.map_or_else(|| "none".to_owned(), |until| until.0.to_string());
    // The text says what the command means, whatever spaces or order of members it had.
    let digest = Sha256::new()
        .chain_update(key.measure)
        .chain_update([key.deed.code()])
        .chain_update(format!("{order} {created} {until_text} {}", key.target))
        .finalize();
    Intent {
        id: named.id.clone(),
        digest: digest.into(),
        created: Seconds(created / 1000),
        revision: order,
        key,
        until,
    }
}

const fn is_filtered(target: &Target) -> bool {
    matches!(
        target,
        Target::Ipv4Net(_)
            | Target::Ipv6Net(_)
            | Target::Ipv4Connection(_)
            | Target::Ipv6Connection(_)
    )
}

/// Which way, and whether a restart keeps it: the profile contradicts itself on the one and lets rules last by default, so both are sent.
fn filter(slpf: Option<&SlpfArgs>, begins: bool) -> Result<(), Answer> {
    let args = slpf.copied().unwrap_or_default();
    match args.direction {
        None => {
            return Err(bad(
                "`slpf.direction` is not sent: the profile does not say which is meant then",
            ));
        }
        Some(Direction::Both) => {}
        Some(direction) => {
            return Err(not_ours(format!(
                "packets are dropped both ways here, not `{direction}` alone"
            )));
        }
    }
    if args.insert_rule.is_some() {
        return Err(not_ours("rules have no place in a list here"));
    }
    if args
        .drop_process
        .is_some_and(|drop| drop != DropProcess::None)
    {
        return Err(not_ours("packets are dropped without a word here"));
    }
    match args.persistent {
        None if begins => Err(bad(
            "`slpf.persistent` is not sent: the profile's default keeps a rule for ever",
        )),
        Some(true) if begins => Err(not_ours("no rule outlasts its end here")),
        _ => Ok(()),
    }
}

fn aimed(command: &Command, named: &Named, known: &Known<'_>) -> Result<Key, Answer> {
    let aim = aim(&command.target, named.args, known.deeds);
    let aim = aim.map_err(
        |(is_not_ours, why)| {
            if is_not_ours { not_ours(why) } else { bad(why) }
        },
    )?;
    Ok(Key {
        measure: family(named.specifiers.measure),
        deed: aim.deed,
        target: aim.target,
    })
}

/// What is not ours is told before who it is of: a producer asks what is done here before it asks a commission.
fn covered(command: &Command, known: &Known<'_>) -> Result<(), Answer> {
    let (own, _) = args(command)?;
    match aim(&command.target, own, known.deeds) {
        Err((true, why)) => Err(not_ours(why)),
        _ => Ok(()),
    }
}

/// Something is to be in force until a time.
pub(super) fn deny(command: &Command, known: &Known<'_>) -> Judged {
    covered(command, known)?;
    let named = named(command, known)?;
    let key = aimed(command, &named, known)?;
    let is_filter = is_filtered(&command.target);
    if is_filter {
        filter(named.slpf.as_ref(), true)?;
    } else if named.slpf.is_some() {
        return Err(bad("`slpf` has no arguments for this target"));
    }
    // What was meant when it was made does not change with the time at which it comes, or comes again.
    let span = command.args.span(named.specifiers.created);
    let span = span.map_err(|why| bad(why.to_string()))?;
    let stop = span
        .stop
        .ok_or_else(|| bad("the command has no end: no effect is for ever"))?;
    if span.start > known.now && command.args.start_time.is_some() {
        return Err(not_ours("an effect begins when its command comes"));
    }
    approved(&named, known)?;
    // The second is cut: an effect never lasts longer than it was to.
    let until = Seconds(stop / 1000);
    Ok((intent(&named, key, Some(until)), is_filter))
}

/// Something that is in force is taken back. An end that is sent is read and changes nothing: what was taken back stays so.
pub(super) fn allow(command: &Command, known: &Known<'_>) -> Judged {
    covered(command, known)?;
    let named = named(command, known)?;
    let key = aimed(command, &named, known)?;
    let is_filter = is_filtered(&command.target);
    if is_filter {
        filter(named.slpf.as_ref(), false)?;
    } else if named.slpf.is_some() {
        return Err(bad("`slpf` has no arguments for this target"));
    }
    let span = command.args.span(named.specifiers.created);
    span.map_err(|why| bad(why.to_string()))?;
    if command
        .args
        .start_time
        .is_some_and(|start| start > known.now)
    {
        return Err(not_ours("an effect ends when its command comes"));
    }
    // What is in force under a later approval is taken back also by a command of one that was revoked.
    let mut wanted = known.state.wanted();
    if !wanted.any(|(wanted, _)| *wanted == key) {
        approved(&named, known)?;
    }
    Ok((intent(&named, key, None), is_filter))
}

/// A rule is taken back by its number.
pub(super) fn delete(command: &Command, known: &Known<'_>) -> Judged {
    let Target::Extension(extension) = &command.target else {
        return Err(not_ours(format!(
            "this consumer does not `delete` a `{}`",
            command.target.name()
        )));
    };
    let named = named(command, known)?;
    let number: u64 = extension
        .json
        .parse()
        .map_err(|_| bad("a rule has a number"))?;
    approved(&named, known)?;
    let measure = family(named.specifiers.measure);
    let mut wanted = known.state.wanted();
    let found = wanted.find(|(key, _)| key.measure == measure && rule_number(key) == number);
    let Some((key, _)) = found else {
        return Err(Answer::new(
            Status::NotFound,
            "no rule of this measure has this number",
        ));
    };
    Ok((intent(&named, key.clone(), None), true))
}
