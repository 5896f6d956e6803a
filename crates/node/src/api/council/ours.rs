//! The council and products as the command line at an operator's node asks for them. In: the role's folder. Out: what the office's node says. Never: a copy that is kept here.

use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use serde_json::Value;
use std::path::Path;

async fn beside<T: Send + 'static>(
    folder: &Path,
    call: impl FnOnce(&Link) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let folder = folder.to_owned();
    let done = tokio::task::spawn_blocking(move || call(&Link::open(&folder, "office")?)).await;
    done.map_err(|e| Problem::hidden(Code::Fault, e))?
}

async fn fetched(folder: &Path, path: String) -> Answer<Value> {
    let read = move |link: &Link| {
        let bytes = link.get(&path)?;
        serde_json::from_slice(&bytes).map_err(|e| Problem::hidden(Code::PeerUnavailable, e))
    };
    beside(folder, read).await
}

/// One of the lists of the council that the office's node has of this operator: `standing`, `submissions`, `copies`, `materials`. `folder` is that of the operator's role.
///
/// # Errors
/// [`Code::PeerUnavailable`] where the office's node is not known or does not answer; what it says.
pub async fn council_of_us(folder: &Path, list: &str) -> Answer<Value> {
    fetched(folder, format!("/v1/council/{list}")).await
}

/// Brings a body to a path of the office's council: `consent`, `refusal`, `departure`, `submissions`, `materials/ID/answer`.
///
/// # Errors
/// As [`council_of_us`].
pub async fn tell_council(folder: &Path, path: &str, body: &Value) -> Answer<Value> {
    let (path, body) = (format!("/v1/council/{path}"), body.to_string().into_bytes());
    let post = move |link: &Link| link.post(&path, "application/json", &body);
    beside(folder, post).await
}

/// Products that the office gave this operator, at most 100 behind a place. `folder` is that of the operator's role.
///
/// # Errors
/// As [`council_of_us`].
pub async fn products_of_us(folder: &Path, after: u64) -> Answer<Value> {
    fetched(folder, format!("/v1/products?after={after}")).await
}
