//! A person's stop: the signals by which a terminal or a service manager asks a process to end. In: SIGINT, SIGTERM. Out: a flag that is set once. Never: a process that ends in the middle of
//! an act. A second signal changes nothing.

use crate::error::ControlError;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use tokio::signal::unix::{SignalKind, signal};

/// Watches for the signals, beside the caller, and gives the flag that they set.
///
/// # Errors
/// [`ControlError::Signals`]: the system takes no handler.
pub fn on_signals() -> Result<Arc<AtomicBool>, ControlError> {
    let asked = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&asked);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(ControlError::Signals)?;
    // Here and not in the thread, so that no signal between the two is missed.
    let listening = || -> io::Result<_> {
        let _inside = runtime.enter();
        Ok([SignalKind::interrupt(), SignalKind::terminate()].map(signal))
    };
    let [interrupt, terminate] = listening().map_err(ControlError::Signals)?;
    let mut interrupt = interrupt.map_err(ControlError::Signals)?;
    let mut terminate = terminate.map_err(ControlError::Signals)?;
    std::thread::spawn(move || {
        runtime.block_on(poll_fn(|cx| {
            let asked = interrupt.poll_recv(cx).is_ready() || terminate.poll_recv(cx).is_ready();
            if asked {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
        flag.store(true, Ordering::Relaxed);
    });
    Ok(asked)
}
