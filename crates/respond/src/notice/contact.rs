//! Whom a notice goes to. In: a registry's answer (RDAP, RFC 9083). Out: the address that it names for abuse, or why there is none. Never: an address that is made of a name; the address of somebody
//! who has another role.

use sakimori_exchange::alert::people;
use sakimori_exchange::json::JsonError;

/// The role of who reads notices, RFC 9083 section 10.2.4.
const ROLE: &str = "abuse";
/// Most withheld parts that a reason names.
const NAMED_MAX: usize = 8;

/// Whom a notice goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abuse {
    /// The address.
    pub address: String,
    /// All roles of who reads it.
    pub roles: Vec<String>,
    /// How many contacts stand around it: the registrar's own contact for a name stands in the registrar.
    pub depth: usize,
}

/// Why there is nobody. Who sends the notice looks for another way; nothing is guessed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoContact {
    /// No answer of a registry.
    #[error("the registry's answer cannot be read")]
    Json(#[from] JsonError),
    /// Nobody has the role.
    #[error("the registry names nobody for abuse")]
    Nobody,
    /// Somebody has it, without an address.
    #[error("the registry names somebody for abuse, and no address")]
    NoAddress,
    /// Nobody, and the answer withholds something.
    #[error("the registry names no address for abuse and withholds: {0}")]
    Withheld(String),
}

/// The address for abuse, the outermost first, in the order of the answer.
///
/// # Errors
/// [`NoContact`]: there is none.
pub fn abuse(answer: &[u8]) -> Result<Abuse, NoContact> {
    let (people, withheld) = people(answer)?;
    let has = |roles: &[String]| roles.iter().any(|role| role == ROLE);
    let mut readers = people
        .into_iter()
        .filter(|person| has(&person.roles))
        .peekable();
    let somebody = readers.peek().is_some();
    let found = readers.find_map(|person| {
        Some(Abuse {
            address: person.address?,
            roles: person.roles,
            depth: person.depth,
        })
    });
    match found {
        Some(found) => Ok(found),
        None if !withheld.is_empty() => {
            let mut named: Vec<String> = withheld
                .iter()
                .take(NAMED_MAX)
                .map(|name| plain(name))
                .collect();
            if withheld.len() > NAMED_MAX {
                named.push(format!("and {} more", withheld.len() - NAMED_MAX));
            }
            Err(NoContact::Withheld(named.join(", ")))
        }
        None if somebody => Err(NoContact::NoAddress),
        None => Err(NoContact::Nobody),
    }
}

/// A name of a stranger, short and without control characters.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}
