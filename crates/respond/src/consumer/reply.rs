//! Answers. In: what the engine or a rule said, the form in which was asked. Out: a response, and its bytes. Never: an answer in another form; a pair that the actuator does not do.

use super::aim::TARGETS;
use super::{Known, Wanted, rule_number};
use crate::engine::{Answer, Deed};
use crate::openc2::{
    self, Action, Extension, Feature, Form, Profile, Response, ResponseType, Results, Status,
    VERSION,
};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// An answer in its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The form.
    pub form: Form,
    /// The response; nothing where none was wanted.
    pub response: Option<Response>,
}

impl Reply {
    pub(super) fn bad(form: Form, words: String) -> Self {
        Self::of(form, &Answer::new(Status::BadRequest, words))
    }

    pub(super) fn not_ours(form: Form, words: String) -> Self {
        Self::of(form, &Answer::new(Status::NotImplemented, words))
    }

    pub(super) fn of(form: Form, answer: &Answer) -> Self {
        Self {
            form,
            response: Some(Response::of_status(answer.status, answer.words.clone())),
        }
    }

    /// An answer to bytes that nobody reads any more, such as a body that is too long.
    pub fn refused(status: Status, words: &str) -> Self {
        Self::of(Form::Bare, &Answer::new(status, words))
    }

    /// Its status, where something is said.
    pub fn status(&self) -> Option<Status> {
        self.response.as_ref().map(|response| response.status)
    }

    /// Its bytes; `now` is in milliseconds since 1970, `from` who answers. Empty where none was wanted.
    pub fn bytes(&self, from: &str, now: u64) -> Vec<u8> {
        let response = self.response.as_ref();
        response.map_or_else(Vec::new, |response| {
            let text = openc2::reply(response, &self.form, from, now).to_string();
            ascii(&text).into_bytes()
        })
    }
}

/// JSON with every other character than ASCII's as `\uXXXX` (RFC 8259 section 7): it stands in texts alone, and there are producers that read nothing else.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            // BOUND: writing to a text does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

impl Wanted {
    /// What is said at once, where the producer does not wait for more: that it has come, or nothing.
    pub fn at_once(&self) -> Option<Reply> {
        match self.response {
            ResponseType::Ack => Some(Reply::of(
                self.form.clone(),
                &Answer::new(Status::Processing, "it has come"),
            )),
            ResponseType::None => Some(Reply {
                form: self.form.clone(),
                response: None,
            }),
            ResponseType::Status | ResponseType::Complete => None,
        }
    }

    /// The engine's answer as a response, with the receipt that the actuator signed for it.
    pub fn reply(&self, answer: &Answer, receipt: Option<&str>) -> Reply {
        let mut reply = Reply::of(self.form.clone(), answer);
        if answer.status != Status::Ok {
            return reply;
        }
        let mut extensions = Vec::new();
        if let (true, Some(_)) = (self.is_filter, self.intent.until) {
            extensions.push(Extension {
                nsid: "slpf".to_owned(),
                name: None,
                json: json!({"rule_number": rule_number(&self.intent.key)}).to_string(),
            });
        }
        let mut own = serde_json::Map::new();
        if let Some(until) = self.intent.until {
            own.insert("until".to_owned(), json!(until.0.saturating_mul(1000)));
        }
        if let Some(receipt) = receipt {
            own.insert("receipt".to_owned(), json!(receipt));
        }
        if !own.is_empty() {
            extensions.push(Extension {
                nsid: super::NSID.to_owned(),
                name: None,
                json: Value::Object(own).to_string(),
            });
        }
        if let Some(response) = &mut reply.response
            && !extensions.is_empty()
        {
            response.results = Some(Results {
                extensions,
                ..Results::default()
            });
        }
        reply
    }
}

/// The form of a body that may be no message: bare, unless it has a frame's members.
pub(super) fn form_of(body: &[u8]) -> Form {
    if body.len() > openc2::MESSAGE_BYTES_MAX {
        return Form::Bare;
    }
    let Ok(Value::Object(outer)) = serde_json::from_slice::<Value>(body) else {
        return Form::Bare;
    };
    if !outer.contains_key("headers") && !outer.contains_key("body") {
        return Form::Bare;
    }
    let header = |name: &str| {
        let text = outer.get("headers")?.get(name)?.as_str()?;
        // BOUND: what is sent back of a message that nobody understood is short.
        (text.len() <= 256).then(|| text.to_owned())
    };
    Form::Framed {
        request_id: header("request_id"),
        from: header("from"),
        created: None,
    }
}

fn pairs(deeds: &[Deed]) -> Vec<(Action, Vec<String>)> {
    let able = |possible: &[Deed]| possible.iter().any(|deed| deeds.contains(deed));
    let targets: Vec<String> = TARGETS
        .iter()
        .filter(|(_, possible)| able(possible))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let mut out = vec![(Action::Query, vec!["features".to_owned()])];
    if targets.iter().any(|name| name.contains("_net")) {
        out.push((Action::Delete, vec!["slpf:rule_number".to_owned()]));
    }
    if !targets.is_empty() {
        out.push((Action::Deny, targets.clone()));
        out.push((Action::Allow, targets));
    }
    out
}

/// What the consumer is and can do; of nothing asked, that it is there (language, section 4.1).
pub(super) fn features(
    asked: &[Feature],
    known: &Known<'_>,
    profiles: &[&dyn Profile],
) -> Response {
    let has = |feature| asked.contains(&feature);
    let results = Results {
        versions: has(Feature::Versions).then(|| vec![VERSION.to_owned()]),
        profiles: has(Feature::Profiles).then(|| {
            let names = profiles.iter().map(|profile| profile.nsid().to_owned());
            names.collect()
        }),
        pairs: has(Feature::Pairs).then(|| pairs(known.deeds)),
        rate_limit: has(Feature::RateLimit).then(|| known.commands_a_minute.to_string()),
        extensions: Vec::new(),
    };
    Response {
        status: Status::Ok,
        status_text: None,
        results: (!asked.is_empty()).then_some(results),
    }
}
