//! The two forms of a message over HTTPS: bare, and framed with headers. In: a body. Out: the command or response in it and the form; an answer in the form in which was asked. Never: a form
//! that is guessed: a body that is neither is refused.
//!
//! The transfer specification 1.0 sends the bare command; that of 1.1 frames it as `{"headers": …, "body": {"openc2": {"request": …}}}` (section 3.3.1).

use super::LIMITS;
use super::at::{At, Fault};
use super::command::Command;
use super::profile::Language;
use super::response::Response;
use sakimori_exchange::json::{self, Node};
use serde_json::{Value, json};

/// How a message was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The command alone.
    Bare,
    /// Framed; the headers of an answer come of these.
    Framed {
        /// `request_id` of the headers.
        request_id: Option<String>,
        /// `from` of the headers: only a word, the connection says who it is.
        from: Option<String>,
        /// `created` of the headers, in milliseconds since 1970.
        created: Option<u64>,
    },
}

/// A message and how it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed<M> {
    /// The message.
    pub message: M,
    /// Its form.
    pub form: Form,
}

/// Reads a command in either form.
///
/// # Errors
/// [`Fault`] with the place; its sender acts on it.
pub fn framed(bytes: &[u8], language: &Language<'_>) -> Result<Framed<Command>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| At::ROOT.fault("the text is not UTF-8"))?;
    let node = json::read(text, LIMITS)?;
    if node.get("headers").is_none() && node.get("body").is_none() {
        let message = Command::of(&At::ROOT, &node, language, text)?;
        return Ok(Framed {
            message,
            form: Form::Bare,
        });
    }
    let root = At::ROOT;
    let outer = root.record(&node, &["headers", "body", "signature"])?;
    if outer.get("signature").is_some() {
        return Err(root
            .member("signature")
            .fault("signatures in the message are not verified here, and not taken"));
    }
    let form = root
        .optional(outer, "headers", headers)?
        .unwrap_or(Form::Framed {
            request_id: None,
            from: None,
            created: None,
        });
    let at_body = root.member("body");
    let body = outer
        .get("body")
        .ok_or_else(|| root.fault("a framed message has `body`"))?;
    let body = at_body.record(body, &["openc2"])?;
    let at_openc2 = at_body.member("openc2");
    let openc2 = body
        .get("openc2")
        .ok_or_else(|| at_body.fault("a body has `openc2`"))?;
    let openc2 = at_openc2.record(openc2, &["request"])?;
    let request = openc2
        .get("request")
        .ok_or_else(|| at_openc2.fault("a command is a `request`"))?;
    let message = Command::of(&at_openc2.member("request"), request, language, text)?;
    Ok(Framed { message, form })
}

fn headers(at: &At<'_>, node: &Node<'_>) -> Result<Form, Fault> {
    if node.is_object() && node.members().is_empty() {
        return Ok(Form::Framed {
            request_id: None,
            from: None,
            created: None,
        });
    }
    let node = at.record(
        node,
        &[
            "request_id",
            "created",
            "from",
            "to",
            "msg_type",
            "status",
            "content_type",
        ],
    )?;
    let owned = |at: &At<'_>, node: &Node<'_>| at.text(node).map(str::to_owned);
    Ok(Form::Framed {
        request_id: at.optional(node, "request_id", owned)?,
        from: at.optional(node, "from", owned)?,
        created: at.optional(node, "created", |at, node| at.number(node))?,
    })
}

/// An answer in the form in which was asked. `now` is in milliseconds since 1970, `from` who answers.
pub fn reply(response: &Response, form: &Form, from: &str, now: u64) -> Value {
    let Form::Framed {
        request_id,
        from: to,
        ..
    } = form
    else {
        return response.to_json();
    };
    let mut headers = json!({"created": now, "from": from});
    if let Some(headers) = headers.as_object_mut() {
        if let Some(id) = request_id {
            headers.insert("request_id".to_owned(), json!(id));
        }
        if let Some(to) = to {
            headers.insert("to".to_owned(), json!([to]));
        }
    }
    json!({"headers": headers, "body": {"openc2": {"response": response.to_json()}}})
}
