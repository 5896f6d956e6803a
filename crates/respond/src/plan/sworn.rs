//! What people sign beside the measure's text: observations by whoever observed, the order of two who dispatch. In: texts, notes, the keys of people. Out: observations, an order. Never: an observation in another's name; an order that one person gave twice.
//!
//! Both are notes (c2sp.org/signed-note); each line ends with a line feed.
//!
//! ```text
//! sakimori/observations/v1        sakimori/dispatch/v1
//! measure: ID                     measure: ID
//! observer: NAME                  time: TIME
//! {"target": …}                   by: NAME
//! …                               with: NAME
//! ```
//!
//! A line of an observation is its JSON, with the members in the order of [`Observation`].

use super::observe::Observation;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;
use std::fmt;

const OBSERVATIONS: &str = "sakimori/observations/v1";
const DISPATCH: &str = "sakimori/dispatch/v1";
/// Longest note in bytes.
pub const SWORN_BYTES_MAX: usize = 8 << 20;
/// Most observations of one note.
pub const SWORN_MAX: usize = 20_000;
/// How old the order of two people may be, seconds: as long as the second is waited for where both sign in.
pub const ORDER_SECONDS: u64 = 900;

/// Why a note counts for nothing. Whoever brought it acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwornError {
    /// It is no note of this kind.
    #[error("line {0} of the text is not as it should be")]
    Text(usize),
    /// It is too long.
    #[error(
        "the note is longer than {SWORN_BYTES_MAX} bytes, or has more than {SWORN_MAX} observations"
    )]
    Long,
    /// It is no signed note.
    #[error("it is no signed note")]
    Note,
    /// It is of another measure.
    #[error("it is of measure {0}")]
    Other(AuthorityId),
    /// An observation is somebody else's.
    #[error("an observation by `{0}` stands in the note of `{1}`")]
    Observer(Name, Name),
    /// Nobody knows the key of a person.
    #[error("no key of `{0}` is known")]
    Unknown(Name),
    /// A person did not sign.
    #[error("`{0}` did not sign it")]
    Unsigned(Name),
    /// An order of another time than now.
    #[error("it is of {0}; an order holds for {ORDER_SECONDS} s")]
    Late(Seconds),
    /// An order from before what it would bring on.
    #[error("it is of {0}, from before the measure was decided or suspended last")]
    Before(Seconds),
    /// One person, or one key, twice.
    #[error("it takes two people with a key each")]
    Alone,
}

/// Finds the key of a person.
pub type KeyOf<'k> = dyn Fn(&Name) -> Option<VerifierKey> + 'k;

/// The text that an observer signs.
///
/// # Errors
/// [`SwornError`]: an observation is somebody else's, or there are too many.
pub fn observations_text(
    measure: AuthorityId,
    observer: &Name,
    observations: &[Observation],
) -> Result<String, SwornError> {
    if observations.is_empty() || observations.len() > SWORN_MAX {
        return Err(SwornError::Long);
    }
    let mut text = format!("{OBSERVATIONS}\nmeasure: {measure}\nobserver: {observer}\n");
    for one in observations {
        if one.observer != *observer {
            return Err(SwornError::Observer(one.observer.clone(), observer.clone()));
        }
        let line = serde_json::to_string(one).map_err(|_| SwornError::Long)?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn value<'t, T: std::str::FromStr>(
    lines: &mut impl Iterator<Item = (usize, &'t str)>,
    key: &str,
) -> Result<T, SwornError> {
    let (at, line) = lines.next().ok_or(SwornError::Text(0))?;
    let read = line.strip_prefix(key).and_then(|rest| rest.parse().ok());
    read.ok_or(SwornError::Text(at + 1))
}

fn read_observations(text: &str) -> Result<(AuthorityId, Name, Vec<Observation>), SwornError> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(OBSERVATIONS) {
        return Err(SwornError::Text(1));
    }
    let measure = value(&mut lines, "measure: ")?;
    let observer: Name = value(&mut lines, "observer: ")?;
    let mut observations: Vec<Observation> = Vec::new();
    for (at, line) in lines {
        if observations.len() == SWORN_MAX {
            return Err(SwornError::Long);
        }
        let one = super::document(line.as_bytes()).map_err(|_| SwornError::Text(at + 1))?;
        observations.push(one);
    }
    // One form: what would be written in another way is none.
    if observations_text(measure, &observer, &observations)? != text {
        return Err(SwornError::Text(0));
    }
    Ok((measure, observer, observations))
}

fn note_of(bytes: &[u8]) -> Result<Note, SwornError> {
    if bytes.len() > SWORN_BYTES_MAX {
        return Err(SwornError::Long);
    }
    Note::parse(bytes).map_err(|_| SwornError::Note)
}

fn signed(note: &Note, by: &Name, key: &VerifierKey) -> Result<(), SwornError> {
    let verified = note.verify(std::slice::from_ref(key));
    verified
        .map(|_| ())
        .map_err(|_| SwornError::Unsigned(by.clone()))
}

/// The observations of a note that their observer signed.
///
/// # Errors
/// [`SwornError`].
pub fn observations(
    note: &[u8],
    measure: AuthorityId,
    key_of: &KeyOf<'_>,
) -> Result<Vec<Observation>, SwornError> {
    let note = note_of(note)?;
    let (of, observer, observations) = read_observations(note.text())?;
    if of != measure {
        return Err(SwornError::Other(of));
    }
    let key = key_of(&observer).ok_or_else(|| SwornError::Unknown(observer.clone()))?;
    signed(&note, &observer, &key)?;
    Ok(observations)
}

/// Two people put a measure in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Which measure.
    pub measure: AuthorityId,
    /// When it was written.
    pub time: Seconds,
    /// Who carries it out.
    pub by: Name,
    /// Who else.
    pub with: Name,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            measure,
            time,
            by,
            with,
        } = self;
        write!(
            f,
            "{DISPATCH}\nmeasure: {measure}\ntime: {time}\nby: {by}\nwith: {with}\n"
        )
    }
}

impl Order {
    /// Reads the text of an order.
    ///
    /// # Errors
    /// [`SwornError::Text`].
    pub fn parse(text: &str) -> Result<Self, SwornError> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line) != Some(DISPATCH) {
            return Err(SwornError::Text(1));
        }
        let order = Self {
            measure: value(&mut lines, "measure: ")?,
            time: value(&mut lines, "time: ")?,
            by: value(&mut lines, "by: ")?,
            with: value(&mut lines, "with: ")?,
        };
        if order.to_string() == text {
            Ok(order)
        } else {
            Err(SwornError::Text(0))
        }
    }

    /// Reads an order that both signed, each with a key of his own.
    ///
    /// # Errors
    /// [`SwornError`].
    pub fn check(
        note: &[u8],
        measure: AuthorityId,
        key_of: &KeyOf<'_>,
    ) -> Result<Self, SwornError> {
        let note = note_of(note)?;
        let order = Self::parse(note.text())?;
        if order.measure != measure {
            return Err(SwornError::Other(order.measure));
        }
        let key = |name: &Name| key_of(name).ok_or_else(|| SwornError::Unknown(name.clone()));
        let (one, two) = (key(&order.by)?, key(&order.with)?);
        // The bytes alone: name and id of a key are whatever its holder wrote.
        if order.by == order.with || one.public() == two.public() {
            return Err(SwornError::Alone);
        }
        signed(&note, &order.by, &one)?;
        signed(&note, &order.with, &two)?;
        Ok(order)
    }

    /// Whether it is an order of now, and from behind what it brings on: the decision or renewal that holds, and the last suspension.
    ///
    /// # Errors
    /// [`SwornError::Late`], [`SwornError::Before`].
    pub fn holds(&self, since: Option<Seconds>, now: Seconds) -> Result<(), SwornError> {
        let age = now.0.saturating_sub(self.time.0);
        if age > ORDER_SECONDS || self.time > now.plus(ORDER_SECONDS) {
            return Err(SwornError::Late(self.time));
        }
        if Some(self.time) < since {
            return Err(SwornError::Before(self.time));
        }
        Ok(())
    }
}

/// Whether a text is one of these, and reads; `None` for any other text.
pub fn reads(text: &str) -> Option<Result<(), SwornError>> {
    if text.starts_with(OBSERVATIONS) {
        return Some(read_observations(text).map(|_| ()));
    }
    text.starts_with(DISPATCH)
        .then(|| Order::parse(text).map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::super::observe::Seen;
    use super::*;
    use sakimori_custody::record::Country;
    use sakimori_testkit::folder::signer;
    use sakimori_tlog::key::{KeyKind, NoteSigner};

    const ID: AuthorityId = AuthorityId([7; 16]);

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn observed(observer: &str) -> Observation {
        Observation {
            target: "198.51.100.7/32".to_owned(),
            source: name("registry"),
            observer: name(observer),
            at: Seconds(1_800_000_000),
            provenance: super::super::Digest([3; 32]),
            seen: Seen {
                owner: "EXAMPLE 例".to_owned(),
                system: Some(64500),
                country: Country::new(*b"GB").unwrap(),
                certificate: None,
                ptr: None,
            },
        }
    }

    fn key_of(known: &[&str]) -> impl Fn(&Name) -> Option<VerifierKey> {
        let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        move |name| {
            let is_known = known.iter().any(|one| one == name.as_str());
            is_known.then(|| signer(name.as_str()).verifier().clone())
        }
    }

    fn note(text: &str, by: &[&str]) -> Vec<u8> {
        let signers: Vec<_> = by.iter().map(|name| signer(name)).collect();
        let signers: Vec<_> = signers.iter().collect();
        Note::sign(text, &signers, 0).unwrap().to_bytes()
    }

    #[test]
    fn an_observation_counts_in_the_name_of_whoever_signed_it_alone() {
        let keys = key_of(&["analyst-1", "analyst-2", "e-01"]);
        let all = [observed("analyst-1")];
        let text = observations_text(ID, &name("analyst-1"), &all).unwrap();
        let read = |bytes: &[u8]| observations(bytes, ID, &keys);
        assert_eq!(read(&note(&text, &["analyst-1"])).unwrap(), all);
        let unsigned = SwornError::Unsigned(name("analyst-1"));
        assert_eq!(read(&note(&text, &["e-01"])), Err(unsigned));
        // The executor cannot write the other's name over his own signature.
        let foreign = observations_text(ID, &name("e-01"), &all);
        let words = SwornError::Observer(name("analyst-1"), name("e-01"));
        assert_eq!(foreign, Err(words.clone()));
        let put = text.replace("observer: analyst-1", "observer: e-01");
        assert_eq!(read(&note(&put, &["e-01"])), Err(words));
        let other = observations_text(AuthorityId([8; 16]), &name("analyst-1"), &all).unwrap();
        let refused = read(&note(&other, &["analyst-1"]));
        assert_eq!(refused, Err(SwornError::Other(AuthorityId([8; 16]))));
        let unknown = observations(&note(&text, &["analyst-1"]), ID, &key_of(&[]));
        assert_eq!(unknown, Err(SwornError::Unknown(name("analyst-1"))));
        for bad in [
            text.replace("\"at\"", " \"at\""),
            text.replace("observations/v1", "observations/v2"),
            format!("{text}{{}}\n"),
            text.split_inclusive('\n').take(3).collect(),
        ] {
            assert!(read(&note(&bad, &["analyst-1"])).is_err(), "{bad}");
            assert!(!matches!(reads(&bad), Some(Ok(()))), "{bad}");
        }
        assert_eq!(reads(&text), Some(Ok(())));
        assert_eq!(read(b"junk"), Err(SwornError::Note));
    }

    #[test]
    fn an_order_takes_the_signatures_of_two_people() {
        let order = Order {
            measure: ID,
            time: Seconds(1_800_000_000),
            by: name("e-01"),
            with: name("e-02"),
        };
        let keys = key_of(&["e-01", "e-02"]);
        let check = |order: &Order, by: &[&str]| {
            Order::check(&note(&order.to_string(), by), order.measure, &keys)
        };
        assert_eq!(check(&order, &["e-01", "e-02"]), Ok(order.clone()));
        let alone = SwornError::Unsigned(name("e-02"));
        assert_eq!(check(&order, &["e-01"]), Err(alone));
        let twice = Order {
            with: name("e-01"),
            ..order.clone()
        };
        assert_eq!(check(&twice, &["e-01"]), Err(SwornError::Alone));
        // Two names with one key are one person.
        let one = |_: &Name| Some(signer("e-01").verifier().clone());
        let same = Order::check(&note(&order.to_string(), &["e-01"]), ID, &one);
        assert_eq!(same, Err(SwornError::Alone));
        // So is one key that has another name, and with it another id.
        let of = |name| NoteSigner::from_seed(name, KeyKind::Ed25519, &[5; 32]).unwrap();
        let (own, other) = (of("e-01"), of("e-02"));
        let two = [&own, &other];
        assert_ne!(two[0].verifier(), two[1].verifier());
        let named = |name: &Name| {
            let mut keys = two.iter().map(|key| key.verifier());
            keys.find(|key| key.name() == name.as_str()).cloned()
        };
        let both = Note::sign(&order.to_string(), &two, 0).unwrap();
        let same = Order::check(&both.to_bytes(), ID, &named);
        assert_eq!(same, Err(SwornError::Alone));
        let other = Order::check(
            &note(&order.to_string(), &["e-01", "e-02"]),
            AuthorityId([8; 16]),
            &keys,
        );
        assert_eq!(other, Err(SwornError::Other(ID)));
        let now = order.time;
        let holds = |since: u64, after: u64| order.holds(Some(Seconds(since)), now.plus(after));
        assert_eq!(order.holds(None, now), Ok(()));
        assert_eq!(holds(now.0, ORDER_SECONDS), Ok(()));
        assert_eq!(holds(now.0, ORDER_SECONDS + 1), Err(SwornError::Late(now)));
        assert_eq!(holds(now.0 + 1, 2), Err(SwornError::Before(now)));
        let early = Seconds(now.0 - ORDER_SECONDS - 1);
        assert_eq!(order.holds(None, early), Err(SwornError::Late(now)));
        let late = order
            .to_string()
            .replace("with: e-02\n", "with: e-02\nwith: e-03\n");
        assert_eq!(Order::parse(&late), Err(SwornError::Text(0)));
        assert_eq!(reads(&order.to_string()), Some(Ok(())));
        assert_eq!(reads("sakimori/authority/v1\n"), None);
    }
}
