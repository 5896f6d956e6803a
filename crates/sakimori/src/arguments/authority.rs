//! Arguments of `authority` and `key`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::{Dir, Format, direction};
use clap::{Args, Subcommand, ValueEnum};
use sakimori_control::office::Template;
use sakimori_custody::identifier::IdentifierField;
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId, SensorId, unhex};
use sakimori_custody::record::Direction;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Authority {
    /// Puts a request on record and writes the text that is to be decided and signed.
    Draft(Box<Draft>),
    /// Two officers act before the commission can sit: puts the request on record and writes the text that both sign.
    Urgent(Box<Urgent>),
    /// Signs the text of a note, after showing it: a statement, measure, ruling, suspension, schedule, release or trust root.
    Sign(Sign),
    /// Puts a signed note on record and hands sensors what follows from it; a statement gets its leases.
    Submit {
        /// The signed note.
        file: PathBuf,
        #[command(flatten)]
        dir: Dir,
    },
    /// Gets a new lease for a sensor.
    Lease {
        /// The authority.
        id: AuthorityId,
        /// The sensor.
        #[arg(long, value_name = "ID")]
        sensor: SensorId,
        #[command(flatten)]
        dir: Dir,
    },
    /// Renews every lease that ends soon, of authorities that go on.
    Renew {
        #[command(flatten)]
        dir: Dir,
    },
    /// Shows a statement and whether it is a decision.
    Show {
        /// A statement's file, or an authority's id; all authorities of the node without it.
        what: Option<String>,
        #[command(flatten)]
        dir: Dir,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Lists requests and authorities with their states; whether a sensor runs is what it acknowledged itself.
    List {
        #[command(flatten)]
        dir: Dir,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// The commission asks about a request.
    Ask {
        /// The request, by the leaf hash that `authority list` shows.
        #[arg(value_parser = leaf)]
        request: Leaf,
        /// What it asks.
        #[arg(long, value_name = "TEXT")]
        text: String,
        /// Who asks; the secretariat without it.
        #[arg(long, value_name = "NAME", default_value = "secretariat")]
        from: Name,
        #[command(flatten)]
        dir: Dir,
    },
    /// The office answers a question.
    Answer {
        /// Index of the question's entry.
        question: u64,
        /// What it answers.
        #[arg(long, value_name = "TEXT")]
        text: String,
        /// Which officer answers.
        #[arg(long, value_name = "ID")]
        from: Name,
        #[command(flatten)]
        dir: Dir,
    },
    /// Writes the text of the next schedule of legal numbers: the one on record with the next version, or the first.
    Schedule {
        /// Where the text is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The first one is fictional: urgent acquisition is allowed, for exercises.
        #[arg(long)]
        fictional: bool,
        #[command(flatten)]
        sitting: Sitting,
        #[command(flatten)]
        dir: Dir,
    },
    /// Writes the text by which a program is released: from then on sensors run no other.
    Software {
        /// Where the text is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The program file; this one without it.
        #[arg(long, value_name = "FILE")]
        program: Option<PathBuf>,
        #[command(flatten)]
        dir: Dir,
    },
    /// Writes the text of the next version of the trust root, for majorities of the old and of the new members to sign.
    Root(Box<Root>),
    #[command(flatten)]
    Rule(Rule),
    /// Suspends an authority at once, where a key is named; writes the text that is to be signed otherwise.
    Suspend(Suspend),
    /// Lets a suspended authority go on.
    Resume(Suspend),
}

/// Who comes into the trust root and who goes.
#[derive(Args, Debug)]
pub(crate) struct Root {
    /// Where the text is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// A member with role (chair, deputy or member) and verifier key, in the place of one of the same id; may be repeated.
    #[arg(long = "add-member", value_name = "ID=ROLE=KEY", value_parser = named_role)]
    pub(crate) add_members: Vec<String>,
    /// A member who leaves; may be repeated.
    #[arg(long = "remove-member", value_name = "ID")]
    pub(crate) remove_members: Vec<Name>,
    /// An officer with role (requester, legal-officer or supervisor) and verifier key; may be repeated.
    #[arg(long = "add-officer", value_name = "ID=ROLE=KEY", value_parser = named_role)]
    pub(crate) add_officers: Vec<String>,
    /// An officer who leaves; may be repeated.
    #[arg(long = "remove-officer", value_name = "ID")]
    pub(crate) remove_officers: Vec<Name>,
    /// A sensor with its verifier key; may be repeated.
    #[arg(long = "add-sensor", value_name = "ID=KEY", value_parser = named_key)]
    pub(crate) add_sensors: Vec<String>,
    /// A sensor that goes, with the counter beside it; may be repeated.
    #[arg(long = "remove-sensor", value_name = "ID")]
    pub(crate) remove_sensors: Vec<SensorId>,
    /// The carrier's counter beside a sensor, with its verifier key; may be repeated.
    #[arg(long = "add-counter", value_name = "ID=KEY", value_parser = named_key)]
    pub(crate) add_counters: Vec<String>,
    /// A sensor whose counter goes; may be repeated.
    #[arg(long = "remove-counter", value_name = "ID")]
    pub(crate) remove_counters: Vec<SensorId>,
    #[command(flatten)]
    pub(crate) dir: Dir,
}

/// What a sitting rules, beside granting an authority.
#[derive(Debug, Subcommand)]
pub(crate) enum Rule {
    /// Writes the ruling by which a sitting refuses a request, or an urgent act.
    Refuse {
        /// The request, by its leaf hash.
        #[arg(long, value_parser = leaf, required_unless_present = "urgent", conflicts_with = "urgent")]
        request: Option<Leaf>,
        /// The urgent act.
        #[arg(long, value_name = "ID")]
        urgent: Option<AuthorityId>,
        #[command(flatten)]
        ruling: Ruling,
    },
    /// Writes the ruling by which a sitting ratifies an urgent act.
    Ratify {
        /// The urgent act.
        id: AuthorityId,
        #[command(flatten)]
        ruling: Ruling,
    },
    /// Writes the ruling by which a sitting approves an agreement, where the schedule asks for that.
    Approve {
        /// The agreement.
        id: AuthorityId,
        #[command(flatten)]
        ruling: Ruling,
    },
    /// Writes the ruling by which a sitting revokes an authority.
    Revoke {
        /// The authority.
        id: AuthorityId,
        #[command(flatten)]
        ruling: Ruling,
    },
    /// Asks that one identifier of a record be shown once: puts the request on record and writes the ruling that a sitting signs.
    Reidentify {
        /// The record.
        record: RecordId,
        /// The bucket that holds it.
        bucket: BucketId,
        /// Which identifier: source-mail, destination-mail or user.
        #[arg(long, value_name = "NAME", value_parser = field)]
        field: IdentifierField,
        #[command(flatten)]
        why: Why,
        /// Where the text is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        sitting: Sitting,
        #[command(flatten)]
        dir: Dir,
    },
    /// Asks that a bucket be kept longer: puts the request on record and writes the ruling that a sitting signs.
    Keep {
        /// The bucket.
        bucket: BucketId,
        /// Days from the start of its day.
        #[arg(long, value_name = "DAYS")]
        days: u64,
        #[command(flatten)]
        why: Why,
        /// Where the text is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        sitting: Sitting,
        #[command(flatten)]
        dir: Dir,
    },
}

/// A leaf hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf(pub(crate) [u8; 32]);

fn leaf(text: &str) -> Result<Leaf, String> {
    unhex(text)
        .map(Leaf)
        .ok_or_else(|| "a request is named by 64 hex digits".to_owned())
}

/// `ID=KEY` as a line of the trust root says it.
fn named_key(text: &str) -> Result<String, String> {
    let parts = text.split_once('=');
    let key = parts.and_then(|(id, key)| Some((id, key.parse::<VerifierKey>().ok()?)));
    key.map(|(id, key)| format!("{id} {key}"))
        .ok_or_else(|| "it is an id, `=` and a verifier key".to_owned())
}

/// `ID=ROLE=KEY` as a line of the trust root says it.
fn named_role(text: &str) -> Result<String, String> {
    let parts = text.split_once('=').and_then(|(id, rest)| {
        let (role, key) = rest.split_once('=')?;
        Some((id, role, key.parse::<VerifierKey>().ok()?))
    });
    parts
        .map(|(id, role, key)| format!("{id} {role} {key}"))
        .ok_or_else(|| "it is an id, `=`, a role, `=` and a verifier key".to_owned())
}

fn template(text: &str) -> Result<Template, String> {
    let names: Vec<&str> = Template::ALL.iter().map(|(name, _)| *name).collect();
    Template::from_name(text).ok_or_else(|| format!("a template is one of {}", names.join(", ")))
}

fn field(text: &str) -> Result<IdentifierField, String> {
    text.parse()
        .map_err(|_| "an identifier is source-mail, destination-mail or user".to_owned())
}

/// Who suspends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Who {
    /// Chair or deputy.
    Commission,
    /// The office.
    Office,
    /// The party of an agreement.
    Party,
}

#[derive(Args, Debug)]
pub(crate) struct Suspend {
    /// The authority.
    pub(crate) id: AuthorityId,
    /// Who does it.
    #[arg(long, value_enum)]
    pub(crate) by: Who,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Where the note is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) with: SignWith,
    #[command(flatten)]
    pub(crate) dir: Dir,
}

/// With what is signed.
#[derive(Args, Debug)]
pub(crate) struct SignWith {
    /// A key file; may be repeated.
    #[arg(long = "key", value_name = "FILE")]
    pub(crate) keys: Vec<PathBuf>,
    /// Module of a PKCS#11 token, a shared library.
    #[arg(long, value_name = "PATH", requires_all = ["token", "key_label"])]
    pub(crate) pkcs11_module: Option<PathBuf>,
    /// Label of the token.
    #[arg(long, value_name = "LABEL", requires = "pkcs11_module")]
    pub(crate) token: Option<String>,
    /// Label of the Ed25519 key in the token.
    #[arg(long, value_name = "LABEL", requires = "pkcs11_module")]
    pub(crate) key_label: Option<String>,
    /// Name of the token's key in notes; its label without it.
    #[arg(long, value_name = "NAME", requires = "pkcs11_module")]
    pub(crate) key_name: Option<String>,
    /// A file with the token's PIN; asked at the terminal without it.
    #[arg(long, value_name = "FILE", requires = "pkcs11_module")]
    pub(crate) pin_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Sign {
    /// The text, or the note that others have signed already.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) with: SignWith,
    /// The measure that a statement of that kind names, its note or text: it is shown before the statement is signed.
    #[arg(long, value_name = "FILE")]
    pub(crate) measure: Option<PathBuf>,
    /// Where the note is written; over the file without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// A sitting of the commission.
#[derive(Args, Debug)]
pub(crate) struct Sitting {
    /// Members present at the sitting; may be repeated. Without any, the text names no votes yet.
    #[arg(long, value_name = "ID", requires = "presiding")]
    pub(crate) present: Vec<String>,
    /// Who presides.
    #[arg(long, value_name = "ID", requires = "present")]
    pub(crate) presiding: Option<String>,
    /// Who votes for; may be repeated.
    #[arg(long = "for", value_name = "ID", requires = "present")]
    pub(crate) votes_for: Vec<String>,
    /// Who votes against; may be repeated.
    #[arg(long = "against", value_name = "ID", requires = "present")]
    pub(crate) votes_against: Vec<String>,
    /// Who is recused; may be repeated.
    #[arg(long, value_name = "ID", requires = "present")]
    pub(crate) recused: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Ruling {
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Where the text is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) sitting: Sitting,
    #[command(flatten)]
    pub(crate) dir: Dir,
}

/// What is asked for, and why.
#[derive(Args, Debug)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// Where the text is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// What kind of statement, with what is usual for it: agreement, out-out, out-in, in-out, measure or disclosure.
    #[arg(long, value_name = "NAME", value_parser = template, default_value = "out-out")]
    pub(crate) template: Template,
    /// The pack; the default pack without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) pack: Option<PathBuf>,
    /// The article; the template's without it.
    #[arg(long, value_name = "CODE")]
    pub(crate) basis: Option<Name>,
    /// First second; now without it.
    #[arg(long, value_name = "TIME")]
    pub(crate) not_before: Option<Seconds>,
    /// Last second.
    #[arg(long, value_name = "TIME")]
    pub(crate) not_after: Seconds,
    /// The measure that is asked for, as its two officers signed it; it names the actuators.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pack", "sensors"])]
    pub(crate) measure: Option<PathBuf>,
    /// A sensor; may be repeated.
    #[arg(
        long = "sensor",
        value_name = "ID",
        required_unless_present = "measure"
    )]
    pub(crate) sensors: Vec<SensorId>,
    /// A direction: out-in, in-out or out-out; may be repeated; the template's without it.
    #[arg(long = "direction", value_name = "NAME", value_parser = direction)]
    pub(crate) directions: Vec<Direction>,
    /// Most packets selected, per million read.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) match_ppm: u64,
    /// Most records per day.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) day_records: u64,
    /// Days that records are kept.
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub(crate) keep: u64,
    /// Conditions, one line; the template's without it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) conditions: Option<String>,
    /// The authority that this one renews.
    #[arg(long, value_name = "ID")]
    pub(crate) replaces: Option<AuthorityId>,
    #[command(flatten)]
    pub(crate) why: Why,
}

/// Who asks, and why.
#[derive(Args, Debug)]
pub(crate) struct Why {
    /// The officer who asks.
    #[arg(long, value_name = "ID")]
    pub(crate) requester: Name,
    /// Facts behind the request.
    #[arg(long, value_name = "TEXT")]
    pub(crate) facts: String,
    /// Why it is necessary.
    #[arg(long, value_name = "TEXT")]
    pub(crate) necessity: String,
    /// What else was weighed.
    #[arg(long, value_name = "TEXT")]
    pub(crate) alternatives: String,
    /// What it means for the rights of people, and what is done about it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) rights: String,
    /// Which share of the traffic is expected to be selected, per million.
    #[arg(long, value_name = "PPM")]
    pub(crate) expected_share: u64,
}

#[derive(Args, Debug)]
pub(crate) struct Draft {
    #[command(flatten)]
    pub(crate) asked: Asked,
    #[command(flatten)]
    pub(crate) sitting: Sitting,
    /// For an agreement: the party's name.
    #[arg(long, value_name = "NAME", requires_all = ["party_key", "suspend_key"], conflicts_with = "present")]
    pub(crate) party: Option<Name>,
    /// The party's verifier key.
    #[arg(long, value_name = "KEY", requires = "party")]
    pub(crate) party_key: Option<String>,
    /// The verifier key with which the party suspends.
    #[arg(long, value_name = "KEY", requires = "party")]
    pub(crate) suspend_key: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Urgent {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The officers who act, of different roles; twice.
    #[arg(long = "officer", value_name = "ID", num_args = 1, required = true)]
    pub(crate) officers: Vec<Name>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Makes a key of one's own; it never leaves the file.
    New {
        /// Its name, such as commission.example/m1.
        #[arg(long)]
        name: String,
        /// The file, which must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Shows the verifier key of a key file or of a key in a token.
    Show {
        #[command(flatten)]
        with: SignWith,
    },
}
