//! The owner's commands. In: arguments. Out: what to print, and whether it went well. Never: logic of its own.

mod keys;
mod part;
mod table;

use crate::approvals::{Bundle, BundleError};
use crate::config::{Config, ConfigError};
use crate::local::{self, Word};
use crate::start::{self, Own, StartError};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde_json::Value;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

/// The owner's configuration.
#[derive(Clone, Debug, Args)]
pub struct At {
    /// The configuration
    #[arg(long)]
    config: PathBuf,
}

/// A measure, or an authority as approvals name it: one of them at most.
#[derive(Clone, Debug, Default, Args)]
#[group(skip)]
pub struct Of {
    /// The measure's id
    #[arg(long)]
    measure: Option<String>,
    /// All under this statement of the commission
    #[arg(long, value_name = "ID")]
    statement: Option<String>,
    /// All that this designated officer carries out
    #[arg(long, value_name = "NAME")]
    executor: Option<String>,
    /// All that rests on this law: `police` or `defence`
    #[arg(long)]
    route: Option<String>,
}

impl Of {
    /// The authority's text, where one is named.
    fn under(&self) -> Option<String> {
        let named = [
            ("statement", &self.statement),
            ("executor", &self.executor),
            ("route", &self.route),
        ];
        let mut named = named.into_iter();
        named.find_map(|(kind, name)| name.as_ref().map(|name| format!("{kind} {name}")))
    }
}

/// What the owner wants.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Runs the actuator until a signal ends it; what is in force stays so until its time
    Run(At),
    /// The kill switch: everything is taken back, nothing new begins
    Stop(At),
    /// Lets nothing new begin; what is in force stays until its end
    Hold(At),
    /// Takes one measure, or all of an authority, back; nothing of it begins until it is freed
    #[command(group(ArgGroup::new("what").required(true).args(["measure", "statement", "executor", "route"])))]
    Release {
        /// Whose
        #[command(flatten)]
        at: At,
        /// What
        #[command(flatten)]
        of: Of,
    },
    /// Takes back a stop, a hold, or the release of one measure or authority; what was taken back stays so
    #[command(group(ArgGroup::new("what").args(["hold", "measure", "statement", "executor", "route"])))]
    Free {
        /// Whose
        #[command(flatten)]
        at: At,
        /// The hold alone
        #[arg(long)]
        hold: bool,
        /// What
        #[command(flatten)]
        of: Of,
    },
    /// Shows how it stands
    Show {
        /// Whose
        #[command(flatten)]
        at: At,
        /// As a table or as JSON
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Prints a signed receipt of all effects
    Effects(At),
    /// Brings an approval, or a lease, suspension or ruling of one, from a folder
    Approve {
        /// Whose
        #[command(flatten)]
        at: At,
        /// The folder of the files
        #[arg(long)]
        dir: PathBuf,
    },
    /// Watches the policy zone beside the actuator, and clears it where the actuator is silent; the actuator starts one where none runs
    ResolverGuard {
        /// Whose
        #[command(flatten)]
        at: At,
        /// Ends where another runs, and once nothing is in the zone and no actuator is there
        #[arg(long, hide = true)]
        while_needed: bool,
    },
    /// The helper of the host agent, which the actuator starts as root
    #[command(hide = true)]
    HostHelper(At),
    /// The parser of the host agent, which the actuator starts
    #[command(hide = true)]
    HostParser,
    /// Makes a key for receipts and a certificate, where there are none
    Keys {
        /// The folder for them
        #[arg(long)]
        dir: PathBuf,
        /// The key's name, such as `carrier.example/a-01`
        #[arg(long)]
        name: String,
        /// Names and addresses of the machine, for the certificate
        #[arg(long)]
        host: Vec<String>,
    },
}

/// How something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Why a command came to nothing. The owner acts on it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It does not run, or this is not its owner.
    #[error("the actuator cannot be reached at `{0}`: {1}")]
    Away(PathBuf, io::Error),
    /// It refused.
    #[error("{0}")]
    Refused(String),
    /// The folder.
    #[error("the folder cannot be read: {0}")]
    Folder(io::Error),
    /// Its files.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A part of it.
    #[error("{0}")]
    Part(String),
    /// Keys.
    #[error("no keys are made: {0}")]
    Keys(String),
}

/// Sends words of this program to standard error, as JSON; `SAKIMORI_LOG` says which (`info` where it says nothing).
pub fn log() {
    let filter = EnvFilter::try_from_env("SAKIMORI_LOG");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info,async_nats=warn"));
    let made = tracing_subscriber::fmt()
        .json()
        .with_writer(io::stderr)
        .with_env_filter(filter)
        .try_init();
    // Whoever set it up before has it as it should be.
    drop(made);
}

/// Does what the owner wants; gives what to print. `words` are those between this program and its verbs.
///
/// # Errors
/// [`CommandError`].
pub fn run(verb: Verb, words: &[&str]) -> Result<String, CommandError> {
    match verb {
        Verb::Run(at) => {
            let own = std::env::current_exe().map_err(|e| CommandError::Part(e.to_string()))?;
            let mut all = vec![own.into_os_string()];
            all.extend(words.iter().map(OsString::from));
            let path = std::path::absolute(&at.config);
            let path = path.map_err(|e| CommandError::Part(e.to_string()))?;
            start::run(&Config::read(&path)?, &path, &Own(all))?;
            Ok(String::new())
        }
        Verb::ResolverGuard { at, while_needed } => {
            part::guard(&Config::read(&at.config)?, while_needed).map_err(CommandError::Part)
        }
        Verb::HostHelper(at) => {
            part::helper(&Config::read(&at.config)?).map_err(CommandError::Part)
        }
        Verb::HostParser => part::parser().map_err(CommandError::Part),
        Verb::Stop(at) => said(&at, &Word::Stop).map(|body| line(&body)),
        Verb::Hold(at) => said(&at, &Word::Hold).map(|body| line(&body)),
        Verb::Release { at, of } => {
            let word = match of.under() {
                Some(under) => Word::ReleaseAll { under },
                None => Word::Release {
                    // The group of arguments has one of them.
                    measure: of.measure.unwrap_or_default(),
                },
            };
            said(&at, &word).map(|body| line(&body))
        }
        Verb::Free { at, hold, of } => {
            let word = match of.under() {
                Some(under) => Word::FreeAll { under },
                None if hold => Word::FreeHold,
                None => Word::Free {
                    measure: of.measure,
                },
            };
            said(&at, &word).map(|body| line(&body))
        }
        Verb::Show { at, format } => {
            let body = said(&at, &Word::Show)?;
            Ok(match format {
                Format::Json => line(&body),
                Format::Text => table::shown(&body),
            })
        }
        Verb::Effects(at) => {
            let body = said(&at, &Word::Effects)?;
            Ok(body.as_str().unwrap_or_default().to_owned())
        }
        Verb::Approve { at, dir } => {
            let bundle = folder(&dir)?.to_text();
            said(&at, &Word::Approve { bundle }).map(|body| line(&body))
        }
        Verb::Keys { dir, name, host } => keys::make(&dir, &name, &host),
    }
}

fn line(body: &Value) -> String {
    format!("{body}\n")
}

fn said(at: &At, word: &Word) -> Result<Value, CommandError> {
    let socket = Config::read(&at.config)?.socket();
    let reply = local::say(&socket, word).map_err(|e| CommandError::Away(socket, e))?;
    if reply.status == 200 {
        Ok(reply.body)
    } else {
        Err(CommandError::Refused(reply.body.to_string()))
    }
}

/// The files of an authority folder; others in it are left.
fn folder(path: &Path) -> Result<Bundle, CommandError> {
    let mut files = Vec::new();
    for name in Bundle::names() {
        let read = crate::files::read(&path.join(name), crate::approvals::BUNDLE_BYTES_MAX as u64);
        let read = read.map_err(CommandError::Folder)?;
        files.extend(read.map(|bytes| ((*name).to_owned(), bytes)));
    }
    if files.is_empty() {
        let none = io::Error::other("no file of an authority folder is in it");
        return Err(CommandError::Folder(none));
    }
    Ok(Bundle::of(files)?)
}
