//! What the engine speaks of. In: parts. Out: values that compare. Never: a target in two forms: it is the text that [`crate::safety::Target`] gives.

use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;

pub use sakimori_authority::measure::Deed;

coded! {
    /// Who holds a measure back: each lets go alone what it held.
    Holder: u8 {
        /// A suspension that the commission, the office or the party signed.
        Note = 1 "note",
        /// The protected lists: a target of it is in them.
        Lists = 2 "lists",
        /// The owner of the system.
        Owner = 3 "owner",
        /// The proof: the stored approval does not hold any more.
        Proof = 4 "proof",
        /// The owner of the system, who released all of an authority.
        Authority = 5 "authority",
    }
}

/// The number of a command: who sent it and the number that was given to it, a line each, as [`command_id`] puts them; the number alone where nobody tells producers apart. What one producer sends uses up no number of another one.
pub type CommandId = String;

/// The number of a command of a producer, whose name has no line feed.
pub fn command_id(producer: &str, number: &str) -> CommandId {
    format!("{producer}\n{number}")
}

/// Who sent a command; nobody where producers are not told apart.
pub fn producer(id: &str) -> &str {
    id.split_once('\n').map_or("", |(producer, _)| producer)
}

/// The number that its producer gave it.
pub fn number(id: &str) -> &str {
    id.split_once('\n').map_or(id, |(_, number)| number)
}

/// One effect, whoever commands it: there is one of it at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// SHA-256 of the approved text.
    pub measure: [u8; 32],
    /// What is done.
    pub deed: Deed,
    /// With what.
    pub target: String,
}

/// What a permit allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// What is done.
    pub deed: Deed,
    /// With what, exactly.
    pub target: String,
}

/// An approval that holds for this actuator: its signatures, proof and names were checked before it came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// SHA-256 of the approved text without its revision.
    pub measure: [u8; 32],
    /// A later text has a larger one.
    pub revision: u64,
    /// The first second.
    pub not_before: Seconds,
    /// The last second.
    pub not_after: Seconds,
    /// What is allowed.
    pub allowed: Vec<Allowed>,
    /// Most effects at a time.
    pub most: usize,
}

/// A command that was read: what its producer wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its number.
    pub id: CommandId,
    /// SHA-256 of what it says.
    pub digest: [u8; 32],
    /// When it was made.
    pub created: Seconds,
    /// Which command of its producer on the same effect it is; later ones have larger numbers.
    pub revision: u64,
    /// The effect.
    pub key: Key,
    /// The first second in which it is not in force any more; nothing for one that takes it back.
    pub until: Option<Seconds>,
}

/// An effect that is to be put in force, or to go on until another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Which.
    pub key: Key,
    /// The first second in which it is not in force any more.
    pub until: Seconds,
    /// Seconds until then, for the substrate's own timer.
    pub seconds: u64,
}

/// What a command wants, while it waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// SHA-256 of what it says.
    pub digest: [u8; 32],
    /// The effect.
    pub key: Key,
    /// Until when; nothing for one that takes it back.
    pub until: Option<Seconds>,
    /// Until when it was to be in force before.
    pub before: Option<Seconds>,
}

/// What the substrate has in force below our names, when it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Which.
    pub key: Key,
    /// The end that it was last put in force with, as the substrate has it.
    pub until: Seconds,
}

/// The number of one ask to the substrate; its answer brings it back, so that the answer of an older ask is none of a newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// The run of the engine.
    pub run: u64,
    /// Which ask of the run.
    pub number: u64,
}
