//! An `OpenID` provider that we did not write. In: Python with the package `oidc-provider-mock`. Out: its issuer URL on loopback. Never: a port that stays taken.

#![expect(
    clippy::expect_used,
    reason = "a test whose provider does not start has failed"
)]

use crate::{program, skip};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A provider that ends with this value.
#[derive(Debug)]
pub struct Provider {
    process: Child,
    issuer: String,
}

impl Provider {
    /// Starts one, or `None` with a line that says which test is skipped.
    ///
    /// # Panics
    /// With `CI=true` where the package is missing; where it is there and does not start.
    pub fn start(test: &str) -> Option<Self> {
        let python = program(test, "python3")?;
        let mut probe = Command::new(&python);
        probe.args(["-W", "ignore", "-c", "import oidc_provider_mock"]);
        if !probe.output().is_ok_and(|output| output.status.success()) {
            let why = "python3 has no oidc_provider_mock; pip install oidc-provider-mock==0.3.4";
            skip(test, why);
            return None;
        }
        let mut process = Command::new(&python)
            .args(["-W", "ignore", "-m", "oidc_provider_mock", "--port", "0"])
            .args(["--require-nonce", "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let words = process.stderr.take().expect("its words are piped");
        let mut lines = BufReader::new(words).lines().map_while(Result::ok);
        let issuer = lines
            .find_map(|line| {
                let (_, rest) = line.split_once("running on ")?;
                Some(rest.split_whitespace().next()?.to_owned())
            })
            .expect("it says where it listens");
        // It never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, issuer })
    }

    /// Its issuer, `http://127.0.0.1:PORT`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
