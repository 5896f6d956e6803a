//! The parts as processes. In: a program, a node. Out: a commission and a ledger that run until they are dropped, a sensor that runs to its end. Never: a part that outlives the play.

use super::{Options, PlayError, line_of};
use sakimori_control::{ControlError, Node};
use sakimori_custody::ids::{AuthorityId, SensorId};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A part that runs beside the play. It ends when its standard input does.
pub struct Part {
    child: Child,
    told: String,
}

impl Part {
    /// The commission's process.
    ///
    /// # Errors
    /// [`PlayError`]: it did not start; it said why on standard error.
    pub fn commission(program: &Path, node: &Node) -> Result<Self, PlayError> {
        let mut command = Command::new(program);
        command
            .args(["commission", "run", "--listen", "127.0.0.1:0", "--dir"])
            .arg(node.folder());
        let mut part = Self::start("commission", command)?;
        part.told = line_of(&node.commission_address())?;
        Ok(part)
    }

    /// The ledger's process, which feeds the commission's mirror.
    ///
    /// # Errors
    /// As [`Part::commission`].
    pub fn ledger(program: &Path, node: &Node) -> Result<Self, PlayError> {
        let mut command = Command::new(program);
        command.args(["ledger", "run", "--dir"]).arg(node.folder());
        Self::start("ledger", command)
    }

    /// Runs the sensor over a capture; gives its document, where there is one, and its exit code.
    ///
    /// # Errors
    /// [`PlayError`]: it could not be started.
    pub(super) fn sensor(
        program: &Path,
        node: &Node,
        options: &Options,
        (sensor, authority): (&SensorId, AuthorityId),
        capture: &Path,
    ) -> Result<(Option<Value>, u8), PlayError> {
        let mut command = Command::new(program);
        command
            .args(["sensor", "run", "--format", "json", "--dir"])
            .arg(node.folder());
        command.args([
            "--sensor",
            sensor.as_str(),
            "--authority",
            &authority.to_string(),
        ]);
        command.args(["--home-country", &options.home_country]);
        for prefix in &options.home_prefixes {
            command.args(["--home", prefix]);
        }
        command.arg("--").arg(capture);
        let ran = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output();
        let ran = ran.map_err(ControlError::file("start", program))?;
        let code = ran.status.code().and_then(|code| u8::try_from(code).ok());
        let document = serde_json::from_slice(&ran.stdout).ok();
        Ok((document, code.unwrap_or(sakimori_control::error::exit::BUG)))
    }

    fn start(part: &'static str, mut command: Command) -> Result<Self, PlayError> {
        let program = command.get_program().to_owned();
        command
            .arg("--attached")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = command
            .spawn()
            .map_err(ControlError::file("start", Path::new(&program)))?;
        // Its first line says that it is ready.
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            let _ = BufReader::new(out).read_line(&mut line);
        }
        if line.is_empty() {
            let status = child.wait().ok().and_then(|status| status.code());
            let code = status.and_then(|code| u8::try_from(code).ok());
            return Err(PlayError::Part {
                part,
                code: code.unwrap_or(sakimori_control::error::exit::ENVIRONMENT),
            });
        }
        Ok(Self {
            child,
            told: line.trim().to_owned(),
        })
    }

    /// What it said when it was ready.
    pub fn told(&self) -> &str {
        &self.told
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It writes what waits and ends; one that hangs would be a fault that must be seen.
        let _ = self.child.wait();
    }
}
