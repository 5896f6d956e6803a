//! `serve`, `node join`, `node show`, `person …`: the nodes that others call, and their administrators. In: arguments. Out: a node that runs until it is ended, peers, people. Never: a use
//! case of its own.

use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use clap::{Args, Subcommand};
use sakimori_access::{
    Access, AccessError, Class, NewClearance, NewPerson, NewRole, Principal, Role as AccessRole,
};
use sakimori_control::error::{exit, told};
use sakimori_control::tls::{Fingerprint, Identity, May, Peer, Peers, certificates};
use sakimori_control::{Host, Node};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_node::{Options, Provider, Role};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Which role's node.
#[derive(Args, Debug)]
pub(crate) struct OfRole {
    /// office, commission or operator.
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Role,
    /// The node's folder.
    #[arg(long = "node", value_name = "DIR", env = "SAKIMORI_DIR")]
    pub(crate) node: PathBuf,
}

impl OfRole {
    pub(super) fn folder(&self) -> PathBuf {
        self.node.join(self.role.word())
    }
}

/// Where people and machines are kept.
#[derive(Args, Debug)]
pub(crate) struct StoreArgs {
    /// Where people and machines are kept: `sqlite:FILE` or `postgres://…`; a file in the role's folder without it.
    #[arg(
        long,
        value_name = "URL",
        env = "SAKIMORI_STORE",
        hide_env_values = true
    )]
    pub(crate) store: Option<String>,
    /// The host name that browsers use: passkeys are bound to it.
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub(crate) name: String,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) of: OfRole,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Where a peer listens now, as NAME=URL; may be repeated.
    #[arg(long = "peer", value_name = "NAME=URL", value_parser = peer_address)]
    pub(crate) peers: Vec<(String, String)>,
    /// Issuer of an `OpenID` provider by which people may sign in.
    #[arg(long, value_name = "URL", requires = "oidc_client")]
    pub(crate) oidc_issuer: Option<String>,
    /// This node's client id at the provider.
    #[arg(long, value_name = "ID", requires = "oidc_issuer")]
    pub(crate) oidc_client: Option<String>,
    /// A file with this node's secret at the provider.
    #[arg(long, value_name = "FILE", requires = "oidc_issuer")]
    pub(crate) oidc_secret: Option<PathBuf>,
    /// End with standard input.
    #[arg(long)]
    pub(crate) attached: bool,
}

fn peer_address(text: &str) -> Result<(String, String), String> {
    let (name, url) = text.split_once('=').ok_or("a peer is NAME=URL")?;
    if !url.starts_with("https://") {
        return Err("a peer is called over https".to_owned());
    }
    Ok((name.to_owned(), url.to_owned()))
}

fn may(text: &str) -> Result<May, String> {
    let found = May::ALL.into_iter().find(|may| may.word() == text);
    found.ok_or_else(|| {
        let words: Vec<&str> = May::ALL.iter().map(|may| may.word()).collect();
        format!("one of {}", words.join(", "))
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Makes another node known: its certificate, where it listens, what it may call here.
    Join {
        #[command(flatten)]
        of: OfRole,
        /// Its name here: `office`, `commission`, or an operator's.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Its certificate, as its `tls/certificate.pem`.
        #[arg(long, value_name = "FILE", required_unless_present = "sha256")]
        certificate: Option<PathBuf>,
        /// Or the SHA-256 of its certificate, as its administrator told it.
        #[arg(long, value_name = "HEX", conflicts_with = "certificate")]
        sha256: Option<Fingerprint>,
        /// Where it listens; without it, it only calls.
        #[arg(long, value_name = "URL", default_value = "")]
        url: String,
        /// What it may call here; may be repeated. What is usual between the two roles without it.
        #[arg(long = "may", value_name = "WORD", value_parser = may)]
        may: Vec<May>,
    },
    /// Shows this node's certificate and the nodes that it knows; makes the certificate where there is none.
    Show {
        #[command(flatten)]
        of: OfRole,
        /// A host name or address that browsers use; may be repeated.
        #[arg(long = "host", value_name = "NAME", default_values = ["localhost", "127.0.0.1"])]
        hosts: Vec<String>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// People of a node.
#[derive(Args, Debug)]
pub(crate) struct Person {
    #[command(flatten)]
    pub(crate) of: OfRole,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The administrator who does it; not for `first`.
    #[arg(long = "as", value_name = "ID", default_value = "")]
    pub(crate) by: String,
    #[command(subcommand)]
    pub(crate) act: PersonAct,
}

/// Who is entered.
#[derive(Args, Debug)]
pub(crate) struct NewOne {
    /// The id, as in the trust root and the log.
    id: String,
    /// The name that pages show.
    #[arg(long, value_name = "TEXT")]
    full_name: String,
    /// The organisation.
    #[arg(long, value_name = "TEXT")]
    organisation: String,
}

impl NewOne {
    fn entered(self) -> NewPerson {
        NewPerson {
            id: self.id,
            name: self.full_name,
            organisation: self.organisation,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum PersonAct {
    /// Enters the first administrator and shows the one-time code for a passkey.
    First(NewOne),
    /// Enters a person.
    Add(NewOne),
    /// Gives a role for some days.
    Role {
        /// The person.
        id: String,
        /// The role: requester, legal-officer, analyst, supervisor, chair, member, inspector, secretariat, operator-user, responder, auditor, administrator, ministry-officer (of the ministry that is the organisation of the account).
        role: AccessRole,
        /// How long.
        #[arg(long, value_name = "N", default_value_t = 365)]
        days: u64,
    },
    /// Proposes a clearance, or confirms one that another has proposed.
    Clearance {
        /// The person.
        id: String,
        /// A class of information; may be repeated.
        #[arg(long = "class", value_name = "WORD")]
        classes: Vec<Class>,
        /// How long.
        #[arg(long, value_name = "N", default_value_t = 90)]
        days: u64,
        /// The id of a proposal to confirm.
        #[arg(long, value_name = "ID", conflicts_with = "classes")]
        confirm: Option<String>,
    },
    /// Shows a new one-time code for a passkey.
    Enrol {
        /// The person.
        id: String,
    },
    /// Binds a subject of an `OpenID` provider to a person.
    Bind {
        /// The person.
        id: String,
        /// The provider's issuer.
        #[arg(long, value_name = "URL")]
        issuer: String,
        /// The subject as the issuer calls it.
        #[arg(long, value_name = "TEXT")]
        subject: String,
    },
    /// Ends an account with all that belongs to it.
    End {
        /// The person.
        id: String,
    },
    /// Lists people.
    List,
}

pub(super) fn refused(error: &AccessError) -> Failure {
    let code = match error {
        error if error.is_of_who_asked() => exit::NO,
        AccessError::Store(_) | AccessError::Random(_) => exit::ENVIRONMENT,
        AccessError::Config { .. } => exit::USAGE,
        AccessError::Policy(_) => exit::BUG,
        _ => exit::NO,
    };
    Failure {
        message: told(error),
        code,
    }
}

fn environment(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure {
        message: format!("{what}: {}", told(error)),
        code: exit::ENVIRONMENT,
    }
}

/// Runs a node until it is told to end.
pub(super) fn serve(arguments: Serve, host: &Host) -> Result<ExitCode, Failure> {
    sakimori_node::log_to_standard_error();
    let folder = arguments.of.folder();
    for (name, url) in arguments.peers {
        let known = Peers::read(&folder)?.named(&name).cloned();
        let known = known.ok_or_else(|| {
            Failure::usage(format!(
                "`{name}` is no peer of this node; `sakimori node join` makes it known"
            ))
        })?;
        Peers::join(&folder, Peer { url, ..known })?;
    }
    let options = Options {
        role: arguments.of.role,
        node: Node::at(&arguments.of.node),
        listen: arguments.listen,
        store: arguments.store.store,
        name: Some(arguments.store.name),
        provider: arguments
            .oidc_issuer
            .zip(arguments.oidc_client)
            .map(|(issuer, client)| Provider {
                issuer,
                client,
                secret: arguments.oidc_secret,
            }),
    };
    let running = sakimori_node::start(&options, host)?;
    show::line(&format!("https://{}", running.address));
    sakimori_node::until_told(&running, arguments.attached)
        .map_err(|e| environment("the node cannot wait for its end", &e))?;
    running.wait()?;
    Ok(ExitCode::SUCCESS)
}

/// What is usual between two roles.
fn usual(own: Role, name: &str) -> Vec<May> {
    match (own, name) {
        (Role::Commission, "office") => {
            vec![May::Mirror, May::Read, May::Lease, May::Share, May::Metrics]
        }
        (Role::Office, "commission") => vec![May::Entries, May::Read, May::Metrics],
        (Role::Office, _) => vec![May::Read, May::Suspend, May::Report],
        (Role::Commission | Role::Operator, _) => vec![May::Read],
    }
}

/// Peers.
pub(super) fn node(command: NodeCommand) -> Result<ExitCode, Failure> {
    match command {
        NodeCommand::Join {
            of,
            name,
            certificate,
            sha256,
            url,
            may,
        } => {
            let fingerprint = match (certificate, sha256) {
                (Some(path), _) => certificates(&path)?.first().map(Fingerprint::of),
                (None, told) => told,
            };
            let fingerprint = fingerprint.ok_or_else(|| Failure::usage("no certificate"))?;
            let may = if may.is_empty() {
                usual(of.role, &name)
            } else {
                may
            };
            let words: Vec<&str> = may.iter().map(|may| may.word()).collect();
            show::table(
                &["peer", "certificate", "may call"],
                [vec![name.clone(), fingerprint.to_string(), words.join(" ")]],
            );
            let peer = Peer {
                name,
                url,
                sha256: fingerprint.to_string(),
                may,
            };
            Peers::join(&of.folder(), peer)?;
        }
        NodeCommand::Show { of, hosts, format } => shown(&of, &hosts, format)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(of: &OfRole, hosts: &[String], format: Format) -> Result<(), Failure> {
    let folder = of.folder();
    let identity = Identity::open(&folder, hosts)?;
    let own = identity.fingerprint().map(|f| f.to_string());
    let own = own.unwrap_or_default();
    let path = Identity::certificate_path(&folder);
    let peers = Peers::read(&folder)?;
    if format == Format::Json {
        let own = serde_json::json!({
            "role": of.role.word(), "certificate": path, "sha256": own, "peers": peers.all(),
        });
        show::line(&own.to_string());
        return Ok(());
    }
    let line = |peer: &Peer| vec![peer.name.clone(), peer.url.clone(), peer.sha256.clone()];
    let own = vec![of.role.to_string(), path.display().to_string(), own];
    let rows = std::iter::once(own).chain(peers.all().iter().map(line));
    show::table(&["node", "where", "certificate"], rows);
    Ok(())
}

/// What a node's people and machines are opened with, without its server.
pub(super) fn administration(of: &OfRole, store: StoreArgs) -> Options {
    Options {
        role: of.role,
        node: Node::at(&of.node),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        store: store.store,
        name: Some(store.name),
        provider: None,
    }
}

/// People.
pub(super) fn person(arguments: Person, host: &Host) -> Result<ExitCode, Failure> {
    let options = administration(&arguments.of, arguments.store);
    let by = Principal::Person { id: arguments.by };
    let now = host.seconds();
    let act = arguments.act;
    sakimori_node::with_access(&options, host, async |access: &Access| {
        administered(access, &by, act, now).await
    })??;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn until(now: Seconds, days: u64) -> Seconds {
    now.plus(days.saturating_mul(DAY_SECONDS))
}

async fn administered(
    access: &Access,
    by: &Principal,
    act: PersonAct,
    now: Seconds,
) -> Result<(), Failure> {
    let no = |e: AccessError| refused(&e);
    match act {
        PersonAct::First(person) => {
            let person = person.entered();
            let code = access
                .first_administrator(&person, until(now, 365), now)
                .await
                .map_err(no)?;
            show::line(&code);
        }
        PersonAct::Add(person) => {
            let person = person.entered();
            access.add_person(by, &person, now).await.map_err(no)?;
        }
        PersonAct::Role { id, role, days } => {
            let role = NewRole {
                person: id,
                role,
                until: until(now, days),
            };
            show::line(&access.grant_role(by, &role, now).await.map_err(no)?);
        }
        PersonAct::Clearance {
            id,
            classes,
            days,
            confirm,
        } => cleared(access, by, (id, classes, days, confirm), now).await?,
        PersonAct::Enrol { id } => {
            show::line(&access.issue_code(by, &id, now).await.map_err(no)?);
        }
        PersonAct::Bind {
            id,
            issuer,
            subject,
        } => access
            .bind_subject(by, &id, (&issuer, &subject), now)
            .await
            .map_err(no)?,
        PersonAct::End { id } => access.end_person(by, &id, now).await.map_err(no)?,
        PersonAct::List => listed(access, now).await?,
    }
    Ok(())
}

async fn listed(access: &Access, now: Seconds) -> Result<(), Failure> {
    let people = access.store().people("").await;
    let people = people.map_err(|e| refused(&AccessError::Store(e)))?;
    let mut rows = Vec::new();
    for person in people {
        let powers = access
            .powers(&person.id, now)
            .await
            .map_err(|e| refused(&e))?;
        let roles = powers.map_or_else(Vec::new, |powers| {
            powers.roles.iter().map(|role| role.word()).collect()
        });
        rows.push(vec![
            person.id,
            person.name,
            person.organisation,
            roles.join(" "),
        ]);
    }
    show::table(&["person", "name", "organisation", "roles"], rows);
    Ok(())
}

async fn cleared(
    access: &Access,
    by: &Principal,
    (id, classes, days, confirm): (String, Vec<Class>, u64, Option<String>),
    now: Seconds,
) -> Result<(), Failure> {
    let no = |e: AccessError| refused(&e);
    if let Some(grant) = confirm {
        return access.confirm_clearance(by, &grant, now).await.map_err(no);
    }
    let clearance = NewClearance {
        person: id,
        classes: classes.into_iter().collect::<BTreeSet<_>>(),
        until: until(now, days),
    };
    let grant = access.propose_clearance(by, &clearance, now).await;
    show::line(&grant.map_err(no)?);
    Ok(())
}
