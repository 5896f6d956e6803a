//! `authority measure`. In: what is to be done, files whose hashes go into the text. Out: the text that two officers sign. Never: a signature; a text that does not read back, or does not fit its route.

use super::written;
use crate::arguments::MeasureText;
use crate::failure::Failure;
use crate::show;
use sakimori_authority::measure::Measure;
use sakimori_control::{Host, Node, files, ledger, office};
use sakimori_custody::ids::{AuthorityId, hex};
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) fn draft(arguments: &MeasureText, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let text = text(arguments, &node, host)?;
    let measure = Measure::parse(&text).map_err(|e| Failure::no(format!("the measure: {e}")))?;
    if measure.to_string() != text {
        return Err(Failure::no(
            "the measure does not read back as it was written",
        ));
    }
    office::fits_route(&node, host, &measure)?;
    written(&arguments.out, &text)?;
    show::line(&measure.id.to_string());
    show::say(&format!(
        "{} is to be signed by {} and {}; `sakimori authority draft --template measure --measure` asks for it then",
        arguments.out.display(),
        measure.people.proposed,
        measure.people.reviewed
    ));
    Ok(ExitCode::SUCCESS)
}

fn text(arguments: &MeasureText, node: &Node, host: &Host) -> Result<String, Failure> {
    let id = match arguments.id {
        Some(id) => id,
        None => AuthorityId(host.bytes().map_err(|e| Failure::no(e.to_string()))?),
    };
    let hash = |file: &PathBuf| files::hash(file).map(|hash| format!("sha256:{}", hex(&hash)));
    let optional = |file: &Option<PathBuf>| match file {
        Some(file) => hash(file),
        None => Ok("none".to_owned()),
    };
    let a = arguments;
    let root = ledger::installed_root(node)?.version;
    let mut lines = vec![
        "sakimori/measure/v1".to_owned(),
        format!("id: {id}\nrevision: {}", a.revision),
        format!(
            "dossier: {}\nplan: {}",
            hash(&a.dossier)?,
            optional(&a.plan)?
        ),
        format!("route: {}\norder: {}", a.route, optional(&a.order)?),
        format!("consultation: {}", optional(&a.consultation)?),
        format!("proposed: {}\nreviewed: {}", a.proposed, a.reviewed),
        format!(
            "executor: {} {}\nsuperior: {}",
            a.executor, a.body, a.superior
        ),
        format!("level: {}\ncollateral: {}", a.level, a.collateral),
        format!("lists: {} {}", a.lists_version, hash(&a.lists)?),
        format!("soak: {}\nmost: {}", a.soak, a.most),
        format!("seconds: {}\nrenewals: {}", a.seconds, a.renewals),
        format!("success: {}\nstop: {}", a.success, a.stop),
    ];
    lines.extend(a.actuators.iter().map(|line| format!("actuator: {line}")));
    lines.extend(a.effects.iter().map(|line| format!("effect: {line}")));
    lines.push(format!("root: {root}\n"));
    Ok(lines.join("\n"))
}
