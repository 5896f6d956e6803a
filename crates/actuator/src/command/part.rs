//! Programs that stand beside the actuator: the guard of a policy zone, helper and parser of the host agent. In: the configuration. Out: they run. Never: an engine.

use crate::config::Config;
use crate::dns::{Guard, MachineClock, STEP};
use crate::host::{helper, parser};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};

/// Watches until it is killed; one that the actuator started also until nobody needs it.
pub(super) fn guard(config: &Config, while_needed: bool) -> Result<String, String> {
    let resolver = config.resolver.clone();
    let resolver = resolver.ok_or("the configuration has no `resolver`")?;
    let mut guard = Guard::new(resolver, Arc::new(MachineClock)).map_err(|e| e.to_string())?;
    // Whom the service manager keeps alive waits until the actuator's own has ended.
    if !guard.take_turn(!while_needed)? {
        return Ok(String::new());
    }
    // Nothing is ever sent: it is a wait that can be counted on.
    let (_held, never) = channel::<()>();
    loop {
        match guard.step() {
            Ok(done) if done.released => {
                tracing::error!("the actuator is silent: everything was taken back");
            }
            Ok(_) if while_needed && guard.is_idle() => return Ok(String::new()),
            Ok(done) if done.ended > 0 => tracing::info!(ended = done.ended, "effects were over"),
            Ok(_) => {}
            Err(error) => tracing::error!(error, "the policy zone cannot be watched"),
        }
        if never.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
            return Ok(String::new());
        }
    }
}

/// The helper, as root.
pub(super) fn helper(config: &Config) -> Result<String, String> {
    let host = config.host.as_ref();
    let host = host.ok_or("the configuration has no `host`")?;
    helper::run(host.settings()).map_err(|e| e.to_string())?;
    Ok(String::new())
}

/// The parser, as nobody.
pub(super) fn parser() -> Result<String, String> {
    parser::serve().map_err(|e| e.to_string())?;
    Ok(String::new())
}
