//! `exchange list`, `show`, `posts`: what was polled of partners, and what machines posted for others. In: arguments. Out: tables, objects; a decision that the node settles. Never: an object that goes
//! to a reader without its entry in the log.

use super::serve::{OfRole, StoreArgs, administration, refused};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use clap::{Args, Subcommand};
use sakimori_access::{Access, Act, Object, Principal};
use sakimori_control::journal::{Deed, Journal};
use sakimori_control::{ControlError, Host, Node, keys};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_node::taxii::decide::{Desk, NotDecided, Word};
use sakimori_node::taxii::inbox::{Outcome, Post};
use sakimori_node::taxii::partner::polled::Register;
use sakimori_release::PseudonymKey;
use sakimori_release::record::Record;
use sakimori_store::{Change, ObjectRow, ObjectsAsked, Pick};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Objects that are read at a time.
const PAGE: usize = 1000;

/// Whose node, and who looks.
#[derive(Args, Debug)]
pub(crate) struct Who {
    #[command(flatten)]
    of: OfRole,
    #[command(flatten)]
    store: StoreArgs,
    /// The person of the office who does it.
    #[arg(long = "as", value_name = "ID")]
    by: String,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was polled.
#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    who: Who,
}

/// Objects that were polled.
#[derive(Args, Debug)]
pub(crate) struct Show {
    #[command(flatten)]
    who: Who,
    /// The collection, as `exchange list` names it.
    #[arg(long, value_name = "UUID")]
    collection: String,
    /// Only objects of this type, such as `indicator`.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// All of them as one STIX bundle, which `exchange propose` takes.
    #[arg(long)]
    bundle: bool,
}

/// Posts of machines.
#[derive(Args, Debug)]
pub(crate) struct Posts {
    #[command(flatten)]
    who: Who,
    #[command(subcommand)]
    act: PostsAct,
}

#[derive(Debug, Subcommand)]
enum PostsAct {
    /// Lists posts that wait, and those decided within two days.
    List,
    /// Shows what a post holds: its envelope, byte for byte.
    Show {
        /// The machine that posted.
        machine: String,
        /// The post.
        post: String,
    },
    /// Lets a post go through the release gate to whoever reads its collection; the node shows it within seconds.
    Release {
        /// The machine that posted.
        machine: String,
        /// The post.
        post: String,
        /// On which basis of the law.
        #[arg(long, value_name = "TEXT")]
        basis: String,
        /// How the rights of communication parties were considered.
        #[arg(long, value_name = "TEXT")]
        rights: String,
    },
    /// Keeps a post: it goes to nobody.
    Refuse {
        /// The machine that posted.
        machine: String,
        /// The post.
        post: String,
        /// Why; its sender is not told.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

impl Who {
    /// Does something as somebody who may.
    fn may<T>(
        self,
        act: Act,
        host: &Host,
        work: impl AsyncFnOnce(&Access, &Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let store = StoreArgs {
            store: self.store.store.clone(),
            name: self.store.name.clone(),
        };
        let options = administration(&self.of, store);
        let by = Principal::Person {
            id: self.by.clone(),
        };
        sakimori_node::with_access(&options, host, async |access: &Access| {
            let on = Object::any();
            let may = access.require(&by, act, &on, host.seconds()).await;
            may.map_err(|e| refused(&e))?;
            work(access, &self).await
        })?
    }

    async fn record(&self, access: &Access, host: &Host, act: [&str; 3]) -> Result<(), Failure> {
        let [act, object, detail] = act.map(str::to_owned);
        let audit = Change::Audit {
            at: host.seconds().0,
            by: self.by.clone(),
            act,
            object,
            detail,
        };
        let kept = access.store().apply(&[audit]).await;
        kept.map_err(|e| Failure::from(ControlError::Usage(format!("the store: {e}"))))
    }
}

pub(super) fn list(arguments: List, host: &Host) -> Result<ExitCode, Failure> {
    let who = arguments.who;
    who.may(Act::HandleReport, host, async |_, who| {
        let all = Register::at(&who.of.folder()).all()?;
        if who.format == Format::Json {
            show::json(&json!(all));
            return Ok(());
        }
        let rows = all.iter().flat_map(|polled| {
            polled.sources.iter().map(|one| {
                vec![
                    polled.into.clone(),
                    one.partner.clone(),
                    one.path.clone(),
                    Seconds(one.at).to_string(),
                    one.kept.to_string(),
                    one.failed.clone().unwrap_or_default(),
                ]
            })
        });
        let head = ["collection", "partner", "path", "last", "kept", "failed"];
        show::table(&head, rows);
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Every object of a collection that was polled.
async fn objects(access: &Access, show: (&str, Option<&str>)) -> Result<Vec<ObjectRow>, Failure> {
    let (collection, kind) = show;
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let asked = ObjectsAsked {
            after: Some(after),
            pick: Pick::Every,
            texts: true,
            at_most: PAGE,
        };
        let rows = access.store().objects(collection, &asked).await;
        let rows = rows.map_err(|e| ControlError::Usage(format!("the store: {e}")))?;
        let Some(last) = rows.last() else {
            return Ok(all);
        };
        after = last.added;
        all.extend(
            rows.into_iter()
                .filter(|row| kind.is_none_or(|kind| row.kind == kind)),
        );
    }
}

pub(super) fn show(arguments: Show, host: &Host) -> Result<ExitCode, Failure> {
    let Show {
        who,
        collection,
        kind,
        bundle,
    } = arguments;
    who.may(Act::HandleReport, host, async |access, who| {
        let polled = Register::at(&who.of.folder()).one(&collection)?;
        if polled.is_none() {
            return Err(Failure::no(format!("nothing was polled into {collection}")));
        }
        let rows = objects(access, (&collection, kind.as_deref())).await?;
        who.record(access, host, ["looked", "polled", &collection])
            .await?;
        if bundle {
            let texts: Vec<&str> = rows.iter().map(|row| row.raw.as_str()).collect();
            show::line(&format!(
                "{{\"type\":\"bundle\",\"id\":\"bundle--{collection}\",\"objects\":[{}]}}",
                texts.join(",")
            ));
        } else if who.format == Format::Json {
            for row in &rows {
                show::line(&row.raw);
            }
        } else {
            let cells = rows
                .into_iter()
                .map(|row| vec![row.kind, row.key.id, row.key.version, row.key.spec]);
            show::table(&["type", "id", "version", "STIX"], cells);
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn undecided(error: NotDecided) -> Failure {
    match error {
        NotDecided::Files(error) => error.into(),
        other => Failure::no(other.to_string()),
    }
}

fn row(desk: &Desk, post: &Post, now: Seconds) -> Value {
    let audience = desk.audience(post, now);
    let (title, class, readers) = audience.unwrap_or_default();
    let (state, entry) = match post.decision.as_ref().map(|decision| &decision.outcome) {
        None => ("waits", None),
        Some(Outcome::LetGo { entry, .. }) => ("let-go", Some(*entry)),
        Some(Outcome::Kept { .. }) => ("kept", None),
    };
    json!({
        "machine": post.machine, "post": post.id, "state": state, "entry": entry, "collection": post.batch.collection, "title": title,
        "class": class, "readers": readers, "objects": post.batch.objects, "sha256": post.batch.sha256,
        "at": Seconds(post.batch.requested_micros / 1_000_000).to_string(),
    })
}

fn listed(desk: &Desk, who: &Who, now: Seconds) -> Result<(), Failure> {
    let all = desk.inbox.all()?;
    let rows: Vec<Value> = all.iter().map(|post| row(desk, post, now)).collect();
    if who.format == Format::Json {
        show::json(&Value::Array(rows));
        return Ok(());
    }
    let head = [
        "machine", "post", "at", "title", "class", "objects", "state",
    ];
    let cells = rows.iter().map(|row| {
        let cell = |name: &&str| match &row[*name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        head.iter().map(cell).collect()
    });
    show::table(&head, cells);
    Ok(())
}

/// Brings the gate's record into the log of a node that runs.
fn enter(node: &Node, host: &Host, record: &Record) -> Result<u64, NotDecided> {
    let office = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let deed = Deed {
        kind: EntryType::Release,
        authority: [0; 32],
        counters: record.counters.to_vec(),
        body: record.body.clone(),
    };
    Ok(journal.record(deed)?.0)
}

pub(super) fn posts(arguments: Posts, host: &Host) -> Result<ExitCode, Failure> {
    let Posts { who, act } = arguments;
    who.may(Act::ReleaseProduct, host, async |access, who| {
        let desk = Desk::open(&who.of.folder())?;
        let desk = desk.ok_or_else(|| Failure::no("this node has no collections".to_owned()))?;
        let now = host.seconds();
        let (machine, post, word) = match &act {
            PostsAct::List => return listed(&desk, who, now),
            PostsAct::Show { machine, post } => {
                let found = desk.inbox.post(machine, post)?;
                let found = found.ok_or_else(|| undecided(NotDecided::Missing))?;
                let look = desk.look(&found).map_err(undecided)?;
                who.record(access, host, ["looked", "shared-post", post])
                    .await?;
                show::line(&look.envelope);
                return Ok(());
            }
            PostsAct::Release {
                machine,
                post,
                basis,
                rights,
            } => (machine, post, Word::Release { basis, rights }),
            PostsAct::Refuse {
                machine,
                post,
                reason,
            } => (machine, post, Word::Keep { reason }),
        };
        let by: Name = who
            .by
            .parse()
            .map_err(|e| Failure::usage(format!("--as: {e}")))?;
        let key = PseudonymKey::new(host.bytes().map_err(ControlError::Randomness)?);
        let node = Node::at(&who.of.node);
        let entered = |record: &Record| enter(&node, host, record);
        let decided = desk.decide((machine, post), (&by, word), (now, &key), entered);
        let decided = decided.map_err(undecided)?;
        let told = match decided.decision.map(|decision| decision.outcome) {
            Some(Outcome::LetGo { entry, readers }) => {
                format!("entry {entry}, {} readers", readers.len())
            }
            _ => "it goes to nobody".to_owned(),
        };
        who.record(access, host, ["release-post", post, &told])
            .await?;
        show::line(&told);
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
