//! `case open`, `add`, `remove`, `close`, `list`: what data are looked at for, and by whom. In: arguments. Out: cases in the node's store, with their audit lines. Never: somebody who lets
//! himself in.

use super::serve::{OfRole, StoreArgs, administration, refused};
use crate::failure::Failure;
use crate::show;
use clap::{Args, Subcommand};
use sakimori_access::{Access, AccessError, Principal};
use sakimori_control::Host;
use sakimori_custody::time::Seconds;
use std::process::ExitCode;

/// Cases of a node.
#[derive(Args, Debug)]
pub(crate) struct Case {
    #[command(flatten)]
    of: OfRole,
    #[command(flatten)]
    store: StoreArgs,
    /// The supervisor or inspector who does it; not for `list`.
    #[arg(long = "as", value_name = "ID", default_value = "")]
    by: String,
    #[command(subcommand)]
    act: CaseAct,
}

#[derive(Debug, Subcommand)]
enum CaseAct {
    /// Opens a case. An id is used once.
    Open {
        /// The case.
        case: String,
        /// What it is about.
        #[arg(long, value_name = "TEXT")]
        title: String,
    },
    /// Lets a person into a case.
    Add {
        /// The case.
        case: String,
        /// The person.
        person: String,
    },
    /// Takes a person out of a case.
    Remove {
        /// The case.
        case: String,
        /// The person.
        person: String,
    },
    /// Closes a case: nobody sees data for it any more.
    Close {
        /// The case.
        case: String,
    },
    /// Lists cases with who is in them.
    List,
}

pub(super) fn run(arguments: Case, host: &Host) -> Result<ExitCode, Failure> {
    let options = administration(&arguments.of, arguments.store);
    let by = Principal::Person { id: arguments.by };
    let (act, now) = (arguments.act, host.seconds());
    sakimori_node::with_access(&options, host, async |access: &Access| {
        done(access, &by, act, now).await.map_err(|e| refused(&e))
    })??;
    Ok(ExitCode::SUCCESS)
}

async fn done(
    access: &Access,
    by: &Principal,
    act: CaseAct,
    now: Seconds,
) -> Result<(), AccessError> {
    match act {
        CaseAct::Open { case, title } => access.open_case(by, &case, &title, now).await,
        CaseAct::Add { case, person } => access.add_member(by, &case, &person, now).await,
        CaseAct::Remove { case, person } => access.remove_member(by, &case, &person, now).await,
        CaseAct::Close { case } => access.close_case(by, &case, now).await,
        CaseAct::List => listed(access).await,
    }
}

async fn listed(access: &Access) -> Result<(), AccessError> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = access.store().cases(&after).await?;
        let Some(last) = page.last() else {
            break;
        };
        after.clone_from(&last.id);
        for case in page {
            let members = access.store().members(&case.id).await?;
            let inside = members
                .into_iter()
                .filter(|member| member.removed.is_none())
                .map(|member| member.person);
            rows.push(vec![
                case.id,
                if case.closed.is_some() {
                    "closed"
                } else {
                    "open"
                }
                .to_owned(),
                Seconds(case.opened).to_string(),
                case.closed
                    .map_or_else(String::new, |at| Seconds(at).to_string()),
                inside.collect::<Vec<_>>().join(" "),
                case.title,
            ]);
        }
    }
    show::table(
        &["case", "state", "opened", "closed", "people", "title"],
        rows,
    );
    Ok(())
}
