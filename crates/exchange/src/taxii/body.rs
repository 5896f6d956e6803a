//! Bodies of answers. In: what they say. Out: JSON. Never: an object that is written anew.

use super::answer::Answer;
use super::read::Rights;
use super::store::Row;
use crate::json::quote;
use crate::stix::MicrosText;

/// An object that is written member by member.
struct Members(String);

impl Members {
    fn new() -> Self {
        Self("{".to_owned())
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote(&mut self.0, name);
        self.0.push(':');
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        quote(&mut self.0, value);
    }

    fn some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A number, a truth value, or JSON as it is.
    fn plain(&mut self, name: &str, value: impl std::fmt::Display) {
        self.name(name);
        self.0.push_str(&value.to_string());
    }

    fn list(&mut self, name: &str, items: impl IntoIterator<Item = String>) {
        let items: Vec<String> = items.into_iter().collect();
        self.plain(name, format_args!("[{}]", items.join(",")));
    }

    fn texts<'t>(&mut self, name: &str, items: impl IntoIterator<Item = &'t str>) {
        self.list(name, items.into_iter().map(quoted));
    }

    fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(&mut out, text);
    out
}

fn page(rows: &[Row], next: Option<&str>, name: &str, item: fn(&Row) -> String) -> Answer {
    let mut body = Members::new();
    if let Some(next) = next {
        body.plain("more", true);
        body.text("next", next);
    }
    if !rows.is_empty() {
        body.list(name, rows.iter().map(item));
    }
    let dates: Vec<u64> = rows.iter().map(|row| row.date_added).collect();
    Answer::ok(body.done()).added(&dates)
}

/// Section 3: the envelope.
pub(super) fn envelope(rows: &[Row], next: Option<&str>) -> Answer {
    page(rows, next, "objects", |row| row.raw.clone())
}

/// Section 5.3.
pub(super) fn manifest(rows: &[Row], next: Option<&str>) -> Answer {
    page(rows, next, "objects", |row| {
        let mut record = Members::new();
        record.text("id", &row.key.id);
        record.text("date_added", &MicrosText(row.date_added).to_string());
        record.text("version", &row.key.version);
        let spec_version = row.key.spec_version;
        record.text(
            "media_type",
            &format!("application/stix+json;version={spec_version}"),
        );
        record.done()
    })
}

/// Section 5.8.
pub(super) fn versions(rows: &[Row], next: Option<&str>) -> Answer {
    page(rows, next, "versions", |row| quoted(&row.key.version))
}

/// What a server says of itself, section 4.1.
#[derive(Clone, Debug)]
pub struct Discovery<'d> {
    /// Name for people.
    pub title: &'d str,
    /// A sentence or two.
    pub description: Option<&'d str>,
    /// Whom to write to.
    pub contact: Option<&'d str>,
    /// Root for who does not choose; one of `api_roots`.
    pub default: Option<&'d str>,
    /// Addresses of the roots that the caller may see, absolute, made of the configured name and not of what the request says.
    pub api_roots: &'d [String],
}

impl Discovery<'_> {
    /// The answer.
    pub fn answer(&self) -> Answer {
        let mut body = Members::new();
        body.text("title", self.title);
        body.some("description", self.description);
        body.some("contact", self.contact);
        body.some("default", self.default);
        if !self.api_roots.is_empty() {
            body.texts("api_roots", self.api_roots.iter().map(String::as_str));
        }
        Answer::ok(body.done())
    }
}

/// What a root says of itself, section 4.2.
#[derive(Clone, Debug)]
pub struct Root<'r> {
    /// Name for people.
    pub title: &'r str,
    /// A sentence or two.
    pub description: Option<&'r str>,
    /// Longest body in bytes, counted after decompression.
    pub max_content_length: u64,
}

impl Root<'_> {
    /// The answer.
    pub fn answer(&self) -> Answer {
        let mut body = Members::new();
        body.text("title", self.title);
        body.some("description", self.description);
        body.texts("versions", [super::MEDIA_TYPE]);
        body.plain("max_content_length", self.max_content_length);
        Answer::ok(body.done())
    }
}

/// A collection, section 5.2.
#[derive(Clone, Debug)]
pub struct Collection<'c> {
    /// Its id, a UUID.
    pub id: &'c str,
    /// Name for people.
    pub title: &'c str,
    /// A sentence or two.
    pub description: Option<&'c str>,
    /// Another name in addresses.
    pub alias: Option<&'c str>,
    /// What this caller may do with it; one with no right is not shown.
    pub rights: Rights,
}

impl Collection<'_> {
    fn body(&self) -> String {
        let mut body = Members::new();
        body.text("id", self.id);
        body.text("title", self.title);
        body.some("description", self.description);
        body.some("alias", self.alias);
        body.plain("can_read", self.rights.read);
        body.plain("can_write", self.rights.write);
        let types = [
            "application/stix+json;version=2.1",
            "application/stix+json;version=2.0",
        ];
        body.texts("media_types", types);
        body.done()
    }

    const fn is_shown(&self) -> bool {
        self.rights.read || self.rights.write
    }

    /// The answer.
    ///
    /// # Errors
    /// 404 where the caller has no right to it.
    pub fn answer(&self) -> Result<Answer, super::TaxiiError> {
        if self.is_shown() {
            Ok(Answer::ok(self.body()))
        } else {
            Err(super::TaxiiError::not_found("collection"))
        }
    }
}

/// The collections that a caller has a right to, section 5.1.
pub fn collections(all: &[Collection<'_>]) -> Answer {
    let shown: Vec<String> = all
        .iter()
        .filter(|one| one.is_shown())
        .map(Collection::body)
        .collect();
    let mut body = Members::new();
    if !shown.is_empty() {
        body.list("collections", shown);
    }
    Answer::ok(body.done())
}

/// An object that was sent and what names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// `id`; a word about its place where it has none.
    pub id: String,
    /// Its version; empty where it has none.
    pub version: String,
}

/// An object that was sent and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What names it.
    pub object: Handled,
    /// Why: rule and place.
    pub message: String,
}

/// How far a post is, section 4.3. The counts add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Id of the status.
    pub id: String,
    /// When the post came, microseconds since 1970.
    pub requested_micros: u64,
    /// Objects that are there now.
    pub successes: Vec<Handled>,
    /// Objects that were refused.
    pub failures: Vec<Failed>,
    /// Objects that are still to be handled.
    pub pendings: Vec<Handled>,
}

impl Status {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.pendings.is_empty()
    }

    /// The body.
    pub fn body(&self) -> String {
        let (good, bad, left) = (
            self.successes.len(),
            self.failures.len(),
            self.pendings.len(),
        );
        let item = |object: &Handled, message: Option<&str>| {
            let mut item = Members::new();
            item.text("id", &object.id);
            item.text("version", &object.version);
            item.some("message", message);
            item.done()
        };
        let mut body = Members::new();
        body.text("id", &self.id);
        body.text(
            "status",
            if self.is_complete() {
                "complete"
            } else {
                "pending"
            },
        );
        body.text(
            "request_timestamp",
            &MicrosText(self.requested_micros).to_string(),
        );
        body.plain("total_count", good + bad + left);
        body.plain("success_count", good);
        if good > 0 {
            body.list(
                "successes",
                self.successes.iter().map(|one| item(one, None)),
            );
        }
        body.plain("failure_count", bad);
        if bad > 0 {
            let failures = self.failures.iter();
            body.list(
                "failures",
                failures.map(|one| item(&one.object, Some(&one.message))),
            );
        }
        body.plain("pending_count", left);
        if left > 0 {
            body.list("pendings", self.pendings.iter().map(|one| item(one, None)));
        }
        body.done()
    }

    /// The answer to whoever asks for it.
    pub fn answer(&self) -> Answer {
        Answer::ok(self.body())
    }

    /// The answer to the post, 202.
    pub fn accepted(&self) -> Answer {
        Answer {
            status: 202,
            ..self.answer()
        }
    }
}
