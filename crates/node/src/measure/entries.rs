//! What commands look like in the log. In: commands, acts on record. Out: lines, cut into entries between lines alone; which commands are on record. Never: a line that is cut.

use sakimori_custody::ids::Name;
use sakimori_oversight::book::{Acted, MeasureAct};
use sakimori_respond::plan::command::Command;
use std::collections::BTreeMap;

/// Longest words of an entry in bytes, but for a single line that is longer.
pub(super) const DETAIL_BYTES_MAX: usize = 16_000;
const BETWEEN: &str = "; ";

/// Words of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Of which step.
    pub(super) step: u64,
    /// The lines.
    pub(super) detail: String,
    /// Whose they are.
    pub(super) commands: Vec<String>,
}

/// A command that puts something in force, or takes it back, as the log has it.
pub(super) fn line(command: &Command) -> String {
    let until = command
        .until
        .map_or_else(|| "back".to_owned(), |until| until.to_string());
    format!("{} {} {until}", command.deed, command.target)
}

/// Lines of commands in the order of their steps, in as many entries as they take. Each entry has the last of its steps, so that an entry is of a later step than the one before.
pub(super) fn parts(mut lines: Vec<(u64, String, String)>, most: usize) -> Vec<Part> {
    lines.sort_by_key(|(step, _, _)| *step);
    let mut parts: Vec<Part> = Vec::new();
    for (step, line, command) in lines {
        match parts.last_mut() {
            Some(last) if last.detail.len() + BETWEEN.len() + line.len() <= most => {
                last.detail.push_str(BETWEEN);
                last.detail.push_str(&line);
                last.step = step;
                last.commands.push(command);
            }
            _ => parts.push(Part {
                step,
                detail: line,
                commands: vec![command],
            }),
        }
    }
    parts
}

/// The same where each entry is of the steps of one entry before it.
pub(super) fn by_step(lines: Vec<(u64, String, String)>, most: usize) -> Vec<Part> {
    let mut of: BTreeMap<u64, Vec<(u64, String, String)>> = BTreeMap::new();
    for one in lines {
        of.entry(one.0).or_default().push(one);
    }
    let each = of.into_values();
    each.flat_map(|lines| parts(lines, most)).collect()
}

/// Which commands are on record as dispatched by an actuator, and under which step.
pub(super) fn known(acts: &[Acted], actuator: &Name, commands: &[&Command]) -> Vec<(String, u64)> {
    let of = |acted: &&Acted| {
        acted.act == MeasureAct::Dispatch && acted.actuator.as_ref() == Some(actuator)
    };
    let mut steps: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for acted in acts.iter().filter(of) {
        for line in acted.detail.split(BETWEEN) {
            steps.entry(line).or_default().push(acted.step);
        }
    }
    let found = commands.iter().filter_map(|command| {
        let steps = steps.get(line(command).as_str())?;
        // An earlier dispatch of the same effect can have the same words; its step is an earlier one.
        let step = steps
            .iter()
            .copied()
            .find(|step| *step >= command.revision)?;
        Some((command.id.clone(), step))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_authority::measure::Deed;
    use sakimori_custody::ids::AuthorityId;
    use sakimori_custody::time::Seconds;

    fn lines(of: &[(u64, &str)]) -> Vec<(u64, String, String)> {
        let one = |(step, line): &(u64, &str)| (*step, (*line).to_owned(), format!("c-{step}"));
        of.iter().map(one).collect()
    }

    #[test]
    fn entries_are_cut_between_lines_and_every_line_is_there_once() {
        let many: Vec<(u64, String)> = (1..=500)
            .map(|n| (n, format!("block 198.51.100.{n}")))
            .collect();
        let many: Vec<(u64, &str)> = many.iter().rev().map(|(n, t)| (*n, t.as_str())).collect();
        let parts = parts(lines(&many), 100);
        assert!(parts.len() > 100);
        let mut all = Vec::new();
        let mut step = 0;
        for part in &parts {
            assert!(part.detail.len() <= 100, "{part:?}");
            assert!(part.step > step, "each is of a later step");
            step = part.step;
            all.extend(part.detail.split(BETWEEN).map(str::to_owned));
        }
        let wanted: Vec<String> = (1..=500).map(|n| format!("block 198.51.100.{n}")).collect();
        assert_eq!(all, wanted);
        let long = super::parts(lines(&[(1, "a"), (2, &"x".repeat(300)), (3, "b")]), 100);
        assert_eq!(long.len(), 3, "a line that is too long stands alone, whole");
        assert_eq!(long[1].detail.len(), 300);
    }

    #[test]
    fn effects_stand_under_the_step_of_their_dispatch() {
        let parts = by_step(lines(&[(7, "a"), (3, "b"), (7, "c")]), 100);
        let said: Vec<(u64, &str)> = parts.iter().map(|p| (p.step, p.detail.as_str())).collect();
        assert_eq!(said, [(3, "b"), (7, "a; c")]);
    }

    #[test]
    fn a_command_is_on_record_where_its_own_dispatch_is() {
        let actuator: Name = "edge-1".parse().unwrap();
        let acted = |step: u64, detail: &str, name: &str| Acted {
            index: step,
            time: Seconds(5),
            act: MeasureAct::Dispatch,
            authority: AuthorityId([1; 16]),
            actuator: Some(name.parse().unwrap()),
            step,
            detail: detail.to_owned(),
            out_of_order: false,
        };
        let command = |revision: u64| Command {
            id: format!("c-{revision}"),
            aim: 0,
            measure: sakimori_respond::plan::Digest([1; 32]),
            actuator: actuator.clone(),
            deed: Deed::Block,
            target: "198.51.100.7/32".to_owned(),
            created: Seconds(5),
            revision,
            until: Some(Seconds(3600)),
        };
        let (first, again) = (command(1), command(4));
        let words = line(&first);
        let acts = [acted(2, &format!("{words}; block x y"), "edge-1")];
        let of = |acts: &[Acted], one: &Command| known(acts, &actuator, &[one]);
        assert_eq!(of(&acts, &first), [("c-1".to_owned(), 2)]);
        assert_eq!(of(&acts, &again), [], "that was an earlier dispatch");
        assert_eq!(of(&[acted(2, &words, "edge-2")], &first), []);
        let cut = words.strip_suffix('Z').unwrap();
        assert_eq!(of(&[acted(2, cut, "edge-1")], &first), []);
    }
}
