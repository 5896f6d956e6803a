//! How a node's process tells and is told. In: signals, the end of standard input. Out: JSON lines on standard error, a stop. Never: a word on standard output; a signal that cuts off a
//! request in flight.

use crate::start::Running;
use std::io::Read;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Where the lines' detail is set, such as `warn` or `sakimori_node=debug`.
const LEVEL: &str = "SAKIMORI_LOG";

/// Writes events as JSON lines on standard error.
pub fn log_to_standard_error() {
    let level = std::env::var(LEVEL).unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // One that is set already stays.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

/// Waits for SIGTERM, SIGINT, the node's own end or, where it is attached, the end of standard input; then tells the node to stop.
///
/// # Errors
/// The system's: signals cannot be waited for.
pub fn until_told(running: &Running, attached: bool) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (gone, input_gone) = tokio::sync::oneshot::channel();
        if attached {
            std::thread::spawn(move || {
                let mut byte = [0];
                while matches!(std::io::stdin().read(&mut byte), Ok(1)) {}
                // Nobody waits any more where a signal came first.
                let _ = gone.send(());
            });
        } else {
            drop(gone);
        }
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            Ok(()) = input_gone => {}
            () = running.ended() => {}
        }
        Ok::<(), std::io::Error>(())
    })?;
    running.stop();
    Ok(())
}
