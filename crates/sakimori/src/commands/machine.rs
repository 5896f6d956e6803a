//! `machine add`, `token`, `certificate`, `end`, `list`: machines that call a node. In: arguments, certificates. Out: tokens, shown once; fingerprints; audit lines. Never: a token in a
//! list or a file, a credential without scope and end.

use super::serve::{OfRole, StoreArgs, administration, refused, until};
use crate::failure::Failure;
use crate::show;
use clap::{Args, Subcommand};
use sakimori_access::{Access, AccessError, Act, NewCredential, Principal};
use sakimori_control::Host;
use sakimori_control::tls::certificates;
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

/// Machines of a node.
#[derive(Args, Debug)]
pub(crate) struct Machine {
    #[command(flatten)]
    of: OfRole,
    #[command(flatten)]
    store: StoreArgs,
    /// The administrator who does it; not for `list`.
    #[arg(long = "as", value_name = "ID", default_value = "")]
    by: String,
    #[command(subcommand)]
    act: MachineAct,
}

/// What a credential allows.
#[derive(Args, Debug)]
struct Scoped {
    /// The machine.
    machine: String,
    /// An act that it may do: read-request, read-log, read-metrics, relay-notes, file-report, read-shared or write-shared; may be repeated.
    #[arg(long = "scope", value_name = "WORD", required = true)]
    scopes: Vec<Act>,
}

impl Scoped {
    fn until(self, until: Seconds) -> NewCredential {
        NewCredential {
            machine: self.machine,
            scopes: self.scopes.into_iter().collect::<BTreeSet<_>>(),
            until,
        }
    }
}

#[derive(Debug, Subcommand)]
enum MachineAct {
    /// Enters a machine.
    Add {
        /// Its id.
        machine: String,
        /// The name that lists show.
        #[arg(long, value_name = "TEXT")]
        full_name: String,
        /// The organisation.
        #[arg(long, value_name = "TEXT")]
        organisation: String,
    },
    /// Issues a token and shows it, once; its id goes to standard error.
    Token {
        #[command(flatten)]
        scoped: Scoped,
        /// How long; at most 90.
        #[arg(long, value_name = "N", default_value_t = 30)]
        days: u64,
    },
    /// Enters a client certificate and shows its fingerprint.
    Certificate {
        #[command(flatten)]
        scoped: Scoped,
        /// The certificate, PEM.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// How long; at most 365.
        #[arg(long, value_name = "N", default_value_t = 365)]
        days: u64,
    },
    /// Ends one token or certificate, or the machine with all it has.
    End {
        /// The machine.
        #[arg(required_unless_present_any = ["token", "certificate"], conflicts_with_all = ["token", "certificate"])]
        machine: Option<String>,
        /// A token's id.
        #[arg(long, value_name = "ID", conflicts_with = "certificate")]
        token: Option<String>,
        /// A certificate's SHA-256.
        #[arg(long, value_name = "HEX", value_parser = fingerprint)]
        certificate: Option<Fingerprint>,
    },
    /// Lists machines with their tokens and certificates; no token is shown.
    List,
}

#[derive(Clone, Copy, Debug)]
struct Fingerprint([u8; 32]);

fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let read = unhex(text).map(Fingerprint);
    read.ok_or_else(|| "a SHA-256 has 64 hex digits, small letters".to_owned())
}

pub(super) fn run(arguments: Machine, host: &Host) -> Result<ExitCode, Failure> {
    let options = administration(&arguments.of, arguments.store);
    let by = Principal::Person { id: arguments.by };
    let (act, now) = (arguments.act, host.seconds());
    // A file that is no certificate is told before the store is opened.
    let der = match &act {
        MachineAct::Certificate { file, .. } => certificates(file)?.into_iter().next(),
        _ => None,
    };
    let der = der.map(|der| der.to_vec()).unwrap_or_default();
    sakimori_node::with_access(&options, host, async |access: &Access| {
        let done = done(access, &by, (act, &der), now).await;
        done.map_err(|e| refused(&e))
    })??;
    Ok(ExitCode::SUCCESS)
}

async fn done(
    access: &Access,
    by: &Principal,
    (act, der): (MachineAct, &[u8]),
    now: Seconds,
) -> Result<(), AccessError> {
    match act {
        MachineAct::Add {
            machine,
            full_name,
            organisation,
        } => {
            let named = (machine.as_str(), full_name.as_str(), organisation.as_str());
            access.add_machine(by, named, now).await
        }
        MachineAct::Token { scoped, days } => {
            let new = scoped.until(until(now, days));
            let issued = access.issue_token(by, &new, now).await?;
            show::line(&issued.token);
            show::say(&format!(
                "token {} of `{}` ends {}; it is not shown again",
                issued.id, new.machine, new.until
            ));
            Ok(())
        }
        MachineAct::Certificate { scoped, days, .. } => {
            let new = scoped.until(until(now, days));
            let entered = access.add_certificate(by, &new, der, now).await?;
            show::line(&hex(&entered));
            Ok(())
        }
        MachineAct::End {
            machine,
            token,
            certificate,
        } => match (machine, token, certificate) {
            (_, Some(token), _) => access.end_token(by, &token, now).await,
            (_, _, Some(Fingerprint(key))) => access.end_certificate(by, &key, now).await,
            (machine, ..) => {
                let machine = machine.unwrap_or_default();
                access.end_machine(by, &machine, now).await
            }
        },
        MachineAct::List => listed(access, now).await,
    }
}

/// What became of something that ends.
const fn state(ended: Option<u64>, expires: u64, now: Seconds) -> &'static str {
    match ended {
        Some(_) => "ended",
        None if expires <= now.0 => "expired",
        None => "in force",
    }
}

async fn listed(access: &Access, now: Seconds) -> Result<(), AccessError> {
    let (store, mut rows, mut after) = (access.store(), Vec::new(), String::new());
    loop {
        let page = store.machines(&after).await?;
        let Some(last) = page.last() else {
            break;
        };
        after.clone_from(&last.id);
        for machine in page {
            let lives = state(machine.ended, u64::MAX, now);
            let first = |kind: &str, id: String| vec![machine.id.clone(), kind.to_owned(), id];
            let mut own = first("machine", machine.name.clone());
            own.extend([lives.to_owned(), String::new(), String::new()]);
            rows.push(own);
            for token in store.tokens(&machine.id).await? {
                let mut row = first("token", token.id);
                row.push(state(token.ended.or(machine.ended), token.expires, now).to_owned());
                row.extend([Seconds(token.expires).to_string(), token.scopes.join(" ")]);
                rows.push(row);
            }
            for one in store.certificates(&machine.id).await? {
                let mut row = first("certificate", hex(&one.fingerprint));
                row.push(state(one.ended.or(machine.ended), one.expires, now).to_owned());
                row.extend([Seconds(one.expires).to_string(), one.scopes.join(" ")]);
                rows.push(row);
            }
        }
    }
    let head = [
        "machine",
        "what",
        "name, id or SHA-256",
        "state",
        "until",
        "scopes",
    ];
    show::table(&head, rows);
    Ok(())
}
