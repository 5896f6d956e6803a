//! What is kept, as plain values. In: rows. Out: the same for everybody. Never: a secret (tokens, codes and cookies are kept as SHA-256), a rule.
//!
//! Times are whole seconds since 1970 UTC. A thing that has ended stays, with the second of its end: who had what when can be asked for ever.

mod paper;

pub use paper::{Attachment, Kept, Paper, View};

/// One human being with one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The id, as in the trust root and the log.
    pub id: String,
    /// The name that pages show.
    pub name: String,
    /// The organisation the person belongs to.
    pub organisation: String,
    /// When the account was made.
    pub created: u64,
    /// When it ended.
    pub ended: Option<u64>,
}

/// A role that somebody gave a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant {
    /// The grant's id.
    pub id: String,
    /// Whose role it is.
    pub person: String,
    /// The role's word.
    pub role: String,
    /// Who gave it.
    pub by: String,
    /// When.
    pub granted: u64,
    /// The second from which it is no more.
    pub until: u64,
    /// When it was taken before that.
    pub ended: Option<u64>,
}

/// A set of information classes that two others let a person see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearance {
    /// The grant's id.
    pub id: String,
    /// Whose clearance it is.
    pub person: String,
    /// The classes' words, ascending.
    pub classes: Vec<String>,
    /// Who proposed it.
    pub first_by: String,
    /// When.
    pub first_at: u64,
    /// Who confirmed it; without, it counts for nothing.
    pub second_by: Option<String>,
    /// When.
    pub second_at: Option<u64>,
    /// The second from which it is no more.
    pub until: u64,
    /// When it was taken before that.
    pub ended: Option<u64>,
}

/// A case: what data are looked at for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The id, as in queries and in the log.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// When it was opened.
    pub opened: u64,
    /// Who opened it.
    pub opened_by: String,
    /// When it was closed.
    pub closed: Option<u64>,
}

/// A person's part in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The case.
    pub case: String,
    /// The person.
    pub person: String,
    /// Who let the person in.
    pub by: String,
    /// When.
    pub added: u64,
    /// When the part ended.
    pub removed: Option<u64>,
}

/// A passkey of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// The credential's id.
    pub credential: Vec<u8>,
    /// Whose it is; a credential is of one person.
    pub person: String,
    /// What the person calls it.
    pub label: String,
    /// The verifier's state, as JSON.
    pub state: String,
    /// How often the state was changed: a change names the version it was made on.
    pub version: u64,
    /// When it was registered.
    pub created: u64,
    /// When it was used last.
    pub used: Option<u64>,
    /// When it ended.
    pub ended: Option<u64>,
}

/// A one-time code with which a person registers a passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// Who may use it.
    pub person: String,
    /// The administrator who issued it.
    pub by: String,
    /// When.
    pub created: u64,
    /// The second from which it is no more.
    pub expires: u64,
    /// When it was used.
    pub used: Option<u64>,
}

/// A subject of an `OpenID` provider that is a person here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The issuer's URL.
    pub issuer: String,
    /// The subject as the issuer calls it.
    pub subject: String,
    /// Who that is; a person is one subject of an issuer.
    pub person: String,
    /// Who bound it.
    pub by: String,
    /// When.
    pub bound: u64,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's value.
    pub hash: [u8; 32],
    /// Who signed in.
    pub person: String,
    /// How: `passkey` or `oidc`.
    pub method: String,
    /// When.
    pub created: u64,
    /// The second from which it is no more, whatever happens.
    pub expires: u64,
    /// The second from which it is no more if nothing happens.
    pub idle_expires: u64,
    /// When it was ended.
    pub ended: Option<u64>,
}

/// A machine that may call the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The id.
    pub id: String,
    /// What it is.
    pub name: String,
    /// Whose it is.
    pub organisation: String,
    /// When it was entered.
    pub created: u64,
    /// When it ended.
    pub ended: Option<u64>,
}

/// A token of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token's id, which may be shown.
    pub id: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Whose it is.
    pub machine: String,
    /// What it may be used for: words of acts.
    pub scopes: Vec<String>,
    /// Who issued it.
    pub by: String,
    /// When.
    pub created: u64,
    /// The second from which it is no more.
    pub expires: u64,
    /// When it was ended before that.
    pub ended: Option<u64>,
}

/// A client certificate of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the certificate's DER bytes.
    pub fingerprint: [u8; 32],
    /// Whose it is.
    pub machine: String,
    /// What it may be used for: words of acts.
    pub scopes: Vec<String>,
    /// Who entered it.
    pub by: String,
    /// When.
    pub created: u64,
    /// The second from which it is no more.
    pub expires: u64,
    /// When it was ended before that.
    pub ended: Option<u64>,
}

/// A request that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The draft's id.
    pub id: String,
    /// Whose it is.
    pub owner: String,
    /// Its version: 1 when made, one more with each change.
    pub version: u64,
    /// Its text, JSON; the store does not look into it.
    pub json: String,
    /// Who changed it last.
    pub by: String,
    /// When.
    pub changed: u64,
}

/// How far an entry has come on its way to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingState {
    /// Its act is recorded here; nobody has made an envelope of it.
    Waiting,
    /// Its envelope is made. It is brought again as it is until the log has it: the log takes the last envelope of a stream twice as one.
    Made {
        /// The envelope, CBOR.
        envelope: Vec<u8>,
        /// The body as it is stored beside the tree.
        stored: Vec<u8>,
    },
    /// It is in the log.
    Entered {
        /// Its index.
        index: u64,
        /// When that was known here.
        at: u64,
    },
}

/// An entry for the log, kept in the transaction of its act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The entry's id here.
    pub id: String,
    /// Its place among all: entries go to the log in this order.
    pub sequence: u64,
    /// Its type code in the log.
    pub kind: u16,
    /// Its body.
    pub body: Vec<u8>,
    /// When its act was.
    pub created: u64,
    /// How far it has come.
    pub state: OutgoingState,
}

/// A line of the record of administrative acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Its place among all, from 1.
    pub sequence: u64,
    /// When.
    pub at: u64,
    /// Who.
    pub by: String,
    /// The act's word.
    pub act: String,
    /// What it was done to.
    pub object: String,
    /// More, in words or JSON.
    pub detail: String,
}

/// All that decides what a person may do, read in one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The person.
    pub person: Person,
    /// Every role that was not taken; some may have run out.
    pub roles: Vec<RoleGrant>,
    /// Every clearance that was not taken; some may have run out or lack their second person.
    pub clearances: Vec<Clearance>,
    /// Ids of the open cases that the person is in, ascending.
    pub cases: Vec<String>,
    /// How often a role or clearance of the person was given, confirmed or taken: it only grows.
    pub events: u64,
}
