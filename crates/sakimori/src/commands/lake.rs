//! `lake list`, `expire`. In: a node. Out: buckets, and what became of the expired ones. Never: a record.

use crate::arguments::{Format, Lake};
use crate::failure::Failure;
use crate::show::{self, grouped};
use sakimori_authority::schedule::Key;
use sakimori_control::error::told;
use sakimori_control::{ControlError, Host, Node, deletion, identify};
use sakimori_lake::BucketState;
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(command: Lake, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Lake::List { dir, format } => list(&Node::at(dir.dir), format),
        Lake::Extend { ruling, dir } => {
            let (bucket, end) = deletion::extend(&Node::at(dir.dir), host, ruling)?;
            show::line(&format!("{bucket} is kept until {end}"));
            Ok(ExitCode::SUCCESS)
        }
        Lake::Purge {
            buckets,
            reason,
            dir,
        } => {
            let entry = deletion::purge(&Node::at(dir.dir), host, &buckets, &reason)?;
            show::line(&entry.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Lake::Expire { dir, format } => expire(&Node::at(dir.dir), format, host),
    }
}

/// Ends the epochs of identifiers that are over.
fn epochs(node: &Node, host: &Host) -> Result<(), Failure> {
    let ended = identify::end_epochs(node, host)?;
    for gone in &ended.gone {
        show::say(&format!(
            "epoch {} is over: both shares of it are destroyed, entry {}",
            gone.epoch, gone.entry
        ));
    }
    for (epoch, error) in &ended.failed {
        show::error(&format!(
            "the end of epoch {epoch} is not attested: {}",
            told(error)
        ));
    }
    Ok(())
}

/// The word for a state.
fn state(of: BucketState) -> String {
    match of {
        BucketState::Open => "open",
        BucketState::Closed => "closed",
        BucketState::Deleted => "deleted",
    }
    .to_owned()
}

fn list(node: &Node, format: Format) -> Result<ExitCode, Failure> {
    sakimori_control::ledger::installed_root(node)?;
    let buckets = node.lake().buckets().map_err(ControlError::from)?;
    let records = |b: &sakimori_lake::Bucket| {
        b.files
            .iter()
            .map(|file| file.records)
            .sum::<u64>()
            .max(b.records)
    };
    match format {
        Format::Json => show::json(&json!(
            buckets
                .iter()
                .map(|b| json!({
                    "bucket": b.id.to_string(),
                    "state": state(b.state),
                    "records": records(b),
                    "files": b.files.len(),
                    "expires": b.expires.to_string(),
                }))
                .collect::<Vec<_>>()
        )),
        Format::Text => show::table(
            &["bucket", "state", "records", "kept until"],
            buckets.iter().map(|b| {
                vec![
                    b.id.to_string(),
                    state(b.state),
                    grouped(records(b)),
                    b.expires.to_string(),
                ]
            }),
        ),
    }
    super::marks::say(node, &[Key::RetentionDays]);
    Ok(ExitCode::SUCCESS)
}

fn expire(node: &Node, format: Format, host: &Host) -> Result<ExitCode, Failure> {
    let ended = deletion::expire(node, host)?;
    epochs(node, host)?;
    let gone = &ended.gone;
    match format {
        Format::Json => show::json(&json!(
            gone.iter()
                .map(|d| json!({
                    "bucket": d.deletion.bucket.to_string(),
                    "objects": d.deletion.objects,
                    "records": d.deletion.records,
                    "entry": d.index,
                }))
                .collect::<Vec<_>>()
        )),
        Format::Text if gone.is_empty() => show::line("No bucket has expired."),
        Format::Text => show::table(
            &["bucket", "objects", "records", "entry"],
            gone.iter().map(|d| {
                vec![
                    d.deletion.bucket.to_string(),
                    grouped(d.deletion.objects),
                    grouped(d.deletion.records),
                    d.index.to_string(),
                ]
            }),
        ),
    }
    for (bucket, error) in &ended.failed {
        show::error(&format!(
            "bucket {bucket} is not at its end: {}",
            told(error)
        ));
    }
    let worst = ended.failed.iter().map(|(_, error)| error.exit_code());
    Ok(ExitCode::from(worst.max().unwrap_or(0)))
}
