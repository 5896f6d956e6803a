//! What can be done to the store. In: values. Out: one variant for each way in which a row comes, changes or ends. Never: a way to unmake what was recorded.

use crate::model::{
    Attachment, Case, Certificate, Clearance, Draft, Enrolment, Machine, Member, Paper, Passkey,
    Person, RoleGrant, Session, Subject, Token,
};

/// One change; [`crate::Store::apply`] takes a list of them as one transaction, so that an act, its audit line and its log entry are there together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing is written; [`StoreError::Stale`](crate::StoreError::Stale) where there is anybody.
    ExpectNobody,
    /// Nothing is written; [`StoreError::Stale`](crate::StoreError::Stale) where roles or clearances of a person changed since they were read.
    ExpectGrants {
        /// The person.
        person: String,
        /// [`Standing::events`](crate::Standing::events) as they were read.
        events: u64,
    },
    /// A person is entered; [`StoreError::Exists`](crate::StoreError::Exists) where the id is taken.
    AddPerson(Person),
    /// A person's account ends, with all sessions and every role and clearance in force.
    EndPerson {
        /// Who.
        person: String,
        /// When.
        at: u64,
    },
    /// A role is given.
    GrantRole(RoleGrant),
    /// A role is taken.
    EndRole {
        /// The grant's id.
        grant: String,
        /// When.
        at: u64,
    },
    /// A clearance is proposed, or given where `second_by` is there.
    AddClearance(Clearance),
    /// A second person confirms a clearance; refused where somebody has.
    ConfirmClearance {
        /// The grant's id.
        grant: String,
        /// Who confirms.
        by: String,
        /// When.
        at: u64,
    },
    /// A clearance is taken, or its proposal is dropped.
    EndClearance {
        /// The grant's id.
        grant: String,
        /// When.
        at: u64,
    },
    /// A case is opened.
    OpenCase(Case),
    /// A case is closed.
    CloseCase {
        /// The case.
        case: String,
        /// When.
        at: u64,
    },
    /// A person is let into a case; a person who is in it already stays so, [`StoreError::Exists`](crate::StoreError::Exists).
    AddMember(Member),
    /// A person leaves a case.
    RemoveMember {
        /// The case.
        case: String,
        /// The person.
        person: String,
        /// When.
        at: u64,
    },
    /// A one-time code is issued.
    AddEnrolment(Enrolment),
    /// A one-time code is used: once, by its person, before it expires.
    UseEnrolment {
        /// SHA-256 of the code.
        hash: [u8; 32],
        /// When.
        at: u64,
    },
    /// A passkey is registered; a credential that anybody has or had is refused.
    AddPasskey(Passkey),
    /// A passkey was used: its state after that, on the version that was read.
    UsePasskey {
        /// The credential's id.
        credential: Vec<u8>,
        /// The version that was read.
        version: u64,
        /// The state now.
        state: String,
        /// When.
        at: u64,
    },
    /// A passkey ends.
    EndPasskey {
        /// The credential's id.
        credential: Vec<u8>,
        /// When.
        at: u64,
    },
    /// An `OpenID` subject is bound to a person; neither may be bound at that issuer already.
    BindSubject(Subject),
    /// An `OpenID` subject is unbound.
    UnbindSubject {
        /// The issuer.
        issuer: String,
        /// The subject.
        subject: String,
    },
    /// A session begins.
    AddSession(Session),
    /// A session was used: its new idle end. A session that has ended stays ended.
    TouchSession {
        /// SHA-256 of the cookie's value.
        hash: [u8; 32],
        /// The new idle end.
        idle_expires: u64,
    },
    /// A session ends. One that has ended already is no error.
    EndSession {
        /// SHA-256 of the cookie's value.
        hash: [u8; 32],
        /// When.
        at: u64,
    },
    /// All sessions of a person end.
    EndSessions {
        /// The person.
        person: String,
        /// When.
        at: u64,
    },
    /// A machine is entered.
    AddMachine(Machine),
    /// A machine ends, with all its tokens and certificates.
    EndMachine {
        /// The machine.
        machine: String,
        /// When.
        at: u64,
    },
    /// A token is issued.
    AddToken(Token),
    /// A token ends.
    EndToken {
        /// The token's id.
        token: String,
        /// When.
        at: u64,
    },
    /// A client certificate is entered; one that any machine has or had is refused.
    AddCertificate(Certificate),
    /// A client certificate ends.
    EndCertificate {
        /// SHA-256 of the certificate's DER bytes.
        fingerprint: [u8; 32],
        /// When.
        at: u64,
    },
    /// A draft is made (`version` 1) or changed: `version` is the one after the version that was read, else
    /// [`StoreError::Stale`](crate::StoreError::Stale). The owner stays the first one.
    PutDraft(Draft),
    /// A draft is dropped, at the version that was read.
    DropDraft {
        /// The draft.
        draft: String,
        /// The version that was read.
        version: u64,
    },
    /// A setting is set.
    Set {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
    /// An entry for the log waits from now on.
    Outgo {
        /// The entry's id here.
        id: String,
        /// Its type code in the log.
        kind: u16,
        /// Its body.
        body: Vec<u8>,
        /// When its act was.
        created: u64,
    },
    /// An entry that waited has its envelope now.
    OutgoMade {
        /// The entry's id here.
        id: String,
        /// The envelope, CBOR.
        envelope: Vec<u8>,
        /// The body as it is stored beside the tree.
        stored: Vec<u8>,
    },
    /// An envelope is given up because the stream went on without it: the entry waits anew.
    OutgoAgain {
        /// The entry's id here.
        id: String,
    },
    /// An entry is in the log.
    OutgoEntered {
        /// The entry's id here.
        id: String,
        /// Its index.
        index: u64,
        /// When.
        at: u64,
    },
    /// The next version of a paper is written; [`StoreError::Stale`](crate::StoreError::Stale) where it is not the next.
    AddPaper(Paper),
    /// A file is kept with a paper that is there.
    AddAttachment {
        /// What is said of it.
        attachment: Attachment,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// An administrative act is recorded.
    Audit {
        /// When.
        at: u64,
        /// Who.
        by: String,
        /// The act's word.
        act: String,
        /// What it was done to.
        object: String,
        /// More, in words or JSON.
        detail: String,
    },
    /// Sessions and codes that ended before a second are forgotten.
    Sweep {
        /// That second.
        before: u64,
    },
}
