//! `exchange poll`. In: a partner of the office's node, its collection, a collection here. Out: objects that are judged and kept, figures, what was refused. Never: an object that is given on.

use super::serve::{OfRole, StoreArgs, administration, refused};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use clap::Args;
use sakimori_access::{Access, Act, Object, Principal};
use sakimori_control::{Host, files};
use sakimori_node::taxii::partner::{self, Collected, Errand};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// What is polled, and where it goes.
#[derive(Args, Debug)]
pub(crate) struct Poll {
    #[command(flatten)]
    of: OfRole,
    #[command(flatten)]
    store: StoreArgs,
    /// The administrator who does it.
    #[arg(long = "as", value_name = "ID")]
    by: String,
    /// The partner's name here, as `node join` made it known.
    #[arg(long, value_name = "NAME")]
    partner: String,
    /// Path of its collection: `/…/collections/ID/`.
    #[arg(long, value_name = "PATH")]
    collection: String,
    /// The collection here, a UUID that `taxii.json` gives to nobody.
    #[arg(long, value_name = "UUID")]
    into: String,
    /// The name that the partner knows this node by, for Basic; a bearer token without it.
    #[arg(long, value_name = "NAME", requires = "secret")]
    user: Option<String>,
    /// A file with the password or token; without it the node's certificate is all that is shown.
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: Poll, host: &Host) -> Result<ExitCode, Failure> {
    let options = administration(&arguments.of, arguments.store);
    let folder = arguments.of.folder();
    let secret = arguments.secret.as_deref().map(files::read_present);
    let secret = secret.transpose()?.map(|bytes| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        partner::authorization(arguments.user.as_deref(), text.trim())
    });
    let by = Principal::Person {
        id: arguments.by.clone(),
    };
    let errand = Errand {
        partner: arguments.partner,
        path: arguments.collection,
        authorization: secret,
        into: arguments.into,
        by: arguments.by,
    };
    let done = sakimori_node::with_access(&options, host, async |access: &Access| {
        let (on, now) = (Object::any(), host.seconds());
        let may = access.require(&by, Act::ManageNode, &on, now);
        may.await.map_err(|e| refused(&e))?;
        let done = partner::collect(access, &folder, host, errand).await;
        done.map_err(Failure::from)
    })??;
    told(&done, arguments.format);
    Ok(ExitCode::SUCCESS)
}

fn told(done: &Collected, format: Format) {
    let ran = done.ran;
    match format {
        Format::Json => show::line(
            &json!({
                "pages": ran.pages, "objects": ran.objects, "kept": done.kept, "refused": done.refused, "more": ran.more,
            })
            .to_string(),
        ),
        Format::Text => {
            for line in &done.refused {
                show::say(&format!("refused: {line}"));
            }
            let more = if ran.more { "; there is more" } else { "" };
            show::line(&format!(
                "{} objects on {} pages, {} kept{more}",
                ran.objects, ran.pages, done.kept
            ));
        }
    }
}
