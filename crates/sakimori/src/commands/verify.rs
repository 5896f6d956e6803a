//! `verify`. In: a target. Out: the verifier's report. Never: trust in the node that wrote it.

use crate::arguments::{Format, Verify};
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_verify::{Options, render, verify};
use std::process::ExitCode;

pub(super) fn run(arguments: Verify, host: &Host) -> Result<ExitCode, Failure> {
    let options = Options {
        trust_root: arguments.trust_root,
        mirror: arguments.mirror,
        now: Some(arguments.now.unwrap_or_else(|| host.seconds()).0),
        ..Options::default()
    };
    let report = verify(&arguments.target, &options, &mut |_, _| {})?;
    match arguments.format {
        Format::Json => show::out(&format!("{:#}\n", render::json(&report))),
        Format::Text => show::out(&render::text(&report)),
    }
    Ok(ExitCode::from(report.exit_code()))
}
