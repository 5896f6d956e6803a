//! The owner's policy: what the agent may do on this host. In: a file of the owner, read anew at each act. Out: what is allowed, or why nothing is. Never: an act without a line that allows it; a policy
//! that somebody else could have written; a line that is not understood and passed over.
//!
//! A fresh install has no policy, and so does nothing. The first line is `sakimori/host-policy/v1`; each other is `WORD: VALUE`, empty, or begins with `#`:
//!
//! | word | value | meaning |
//! |---|---|---|
//! | `name` | a name | what this host is called in `host:NAME` |
//! | `allow` | `freeze`, `stop`, `quarantine`, `isolate` | this deed is allowed |
//! | `path` | an absolute path | programs and files at or below it may be acted on |
//! | `user` | a number | processes and files of this user may be acted on |
//! | `protect` | an absolute path | programs and files at or below it are never acted on, whatever else is said |
//! | `protect-user` | a number | nor those of this user |
//! | `veto` | a target, or a measure's SHA-256 | nor this one; what is in force of it is taken back |
//! | `management` | a block of addresses | who an isolated host speaks to, both ways |
//! | `dns` | an address | its resolver, port 53 alone |
//! | `exception` | a block of addresses | who else an isolated host speaks to, both ways |

use super::limits::{ADDRESSES_MAX, POLICY_BYTES_MAX, POLICY_LINES_MAX};
use rustix::fs::{Mode, OFlags};
use sakimori_respond::engine::Deed;
use sakimori_respond::host::{HostTarget, is_name, plain_path};
use std::collections::BTreeSet;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The first line.
pub const FIRST_LINE: &str = "sakimori/host-policy/v1";

/// What the owner allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    name: Option<String>,
    allowed: BTreeSet<Deed>,
    paths: Vec<PathBuf>,
    users: BTreeSet<u32>,
    protected: Vec<PathBuf>,
    protected_users: BTreeSet<u32>,
    vetoed: BTreeSet<String>,
    /// Who an isolated host speaks to.
    pub management: Vec<Block>,
    /// Its resolvers.
    pub dns: Vec<IpAddr>,
    /// Who else.
    pub exceptions: Vec<Block>,
}

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// Its first address.
    pub first: IpAddr,
    /// The length of its prefix.
    pub bits: u8,
}

/// Why nothing is allowed. The owner acts on it.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is not there, or cannot be read.
    #[error("the policy {0} cannot be read: nothing is allowed")]
    Read(PathBuf, #[source] std::io::Error),
    /// Others than the owner could have written it.
    #[error("{0} is not the owner's alone to write: nothing is allowed")]
    Others(PathBuf),
    /// Not a plain file, or too long.
    #[error(
        "the policy {0} is no plain file of at most {POLICY_BYTES_MAX} bytes: nothing is allowed"
    )]
    Kind(PathBuf),
    /// A line that is not understood.
    #[error("line {0} of the policy is not understood: nothing is allowed")]
    Line(usize),
    /// More than is kept.
    #[error("the policy has more lines or addresses than are kept: nothing is allowed")]
    Many,
}

/// Why the owner's policy refuses an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The deed is not allowed.
    #[error("the owner's policy does not allow this deed")]
    Deed,
    /// Vetoed.
    #[error("the owner has vetoed this target or measure")]
    Vetoed,
    /// Protected.
    #[error("it is on the owner's protected list")]
    Protected,
    /// Not below an allowed path.
    #[error("it is not below a path that the owner allows")]
    Path,
    /// Not of an allowed user.
    #[error("it belongs to no user that the owner allows")]
    User,
    /// Another host.
    #[error("this host has another name, or none")]
    Name,
    /// No management.
    #[error("the owner's policy names no management address: nobody could reach an isolated host")]
    Management,
}

impl Policy {
    /// Reads the policy of a file, which only the owner of this process (or root) can have written.
    ///
    /// # Errors
    /// [`PolicyError`]: nothing is allowed.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let failed = |e| PolicyError::Read(path.to_owned(), e);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = rustix::fs::open(path, flags, Mode::empty());
        let mut file = std::fs::File::from(opened.map_err(|e| failed(e.into()))?);
        let known = file.metadata().map_err(failed)?;
        if !known.is_file() || known.len() > POLICY_BYTES_MAX {
            return Err(PolicyError::Kind(path.to_owned()));
        }
        let own = rustix::process::geteuid().as_raw();
        let owned = |uid: u32| uid == 0 || uid == own;
        if !owned(known.uid()) || known.mode() & 0o022 != 0 {
            return Err(PolicyError::Others(path.to_owned()));
        }
        let whole = std::fs::canonicalize(path).map_err(failed)?;
        for folder in whole.ancestors().skip(1) {
            let known = std::fs::metadata(folder).map_err(failed)?;
            // In a folder with the sticky bit nobody can replace the file of another.
            let shared = known.mode() & 0o022 != 0 && known.mode() & 0o1000 == 0;
            if !owned(known.uid()) || shared {
                return Err(PolicyError::Others(folder.to_owned()));
            }
        }
        let mut text = String::new();
        let mut bounded = (&mut file).take(POLICY_BYTES_MAX);
        bounded.read_to_string(&mut text).map_err(failed)?;
        Self::parse(&text)
    }

    /// Reads the text of a policy.
    ///
    /// # Errors
    /// [`PolicyError::Line`] or [`PolicyError::Many`].
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        for (at, line) in text.lines().enumerate() {
            if at >= POLICY_LINES_MAX {
                return Err(PolicyError::Many);
            }
            let wrong = PolicyError::Line(at + 1);
            if at == 0 {
                if line != FIRST_LINE {
                    return Err(wrong);
                }
                continue;
            }
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((word, value)) = line.split_once(": ") else {
                return Err(wrong);
            };
            policy.take(word, value.trim()).ok_or(wrong)?;
        }
        if text.is_empty() {
            return Err(PolicyError::Line(1));
        }
        let lists = [
            policy.management.len(),
            policy.dns.len(),
            policy.exceptions.len(),
        ];
        if lists.iter().any(|many| *many > ADDRESSES_MAX) {
            return Err(PolicyError::Many);
        }
        Ok(policy)
    }

    fn take(&mut self, word: &str, value: &str) -> Option<()> {
        match word {
            "name" if self.name.is_none() && is_name(value) => self.name = Some(value.to_owned()),
            "allow" => {
                let deed = Deed::from_name(value).filter(|deed| super::DEEDS.contains(deed))?;
                self.allowed.insert(deed);
            }
            "path" => self.paths.push(path(value)?),
            "user" => drop(self.users.insert(value.parse().ok()?)),
            "protect" => self.protected.push(path(value)?),
            "protect-user" => drop(self.protected_users.insert(value.parse().ok()?)),
            "veto" => {
                let measure = value.len() == 64
                    && value
                        .bytes()
                        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !measure && HostTarget::parse(value).is_err() {
                    return None;
                }
                self.vetoed.insert(value.to_owned());
            }
            "management" => self.management.push(block(value)?),
            "dns" => self.dns.push(value.parse().ok()?),
            "exception" => self.exceptions.push(block(value)?),
            _ => return None,
        }
        Some(())
    }

    /// The longest allowed path that a path is at or below.
    pub fn prefix(&self, path: &Path) -> Option<&Path> {
        let around = self.paths.iter().filter(|prefix| path.starts_with(prefix));
        around
            .max_by_key(|prefix| prefix.as_os_str().len())
            .map(PathBuf::as_path)
    }

    /// Whether a deed is allowed at all, and neither target nor measure vetoed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn allows(
        &self,
        deed: Deed,
        target: &str,
        measure: Option<&[u8; 32]>,
    ) -> Result<(), Refusal> {
        let measure = measure.map(|m| sakimori_custody::ids::hex(m));
        let vetoed = self.vetoed.contains(target)
            || measure.is_some_and(|measure| self.vetoed.contains(&measure));
        if vetoed {
            return Err(Refusal::Vetoed);
        }
        if self.allowed.contains(&deed) {
            Ok(())
        } else {
            Err(Refusal::Deed)
        }
    }

    /// Whether a program or file of a user at a path may be acted on. The protected list wins over everything.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn covers(&self, path: &Path, user: u32) -> Result<(), Refusal> {
        let protected = self.protected.iter().any(|place| path.starts_with(place));
        if protected || self.protected_users.contains(&user) {
            return Err(Refusal::Protected);
        }
        if self.prefix(path).is_none() {
            return Err(Refusal::Path);
        }
        if self.users.contains(&user) {
            Ok(())
        } else {
            Err(Refusal::User)
        }
    }

    /// Whether this host may be isolated under that name.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn isolates(&self, name: &str) -> Result<(), Refusal> {
        if self.name.as_deref() != Some(name) {
            Err(Refusal::Name)
        } else if self.management.is_empty() {
            Err(Refusal::Management)
        } else {
            Ok(())
        }
    }
}

fn path(value: &str) -> Option<PathBuf> {
    let path = PathBuf::from(value);
    let whole = value == "/" || plain_path(path.as_os_str().as_bytes()).is_ok();
    whole.then_some(path)
}

fn block(value: &str) -> Option<Block> {
    let (first, bits) = value
        .split_once('/')
        .map_or((value, None), |(a, b)| (a, Some(b)));
    let first: IpAddr = first.parse().ok()?;
    let most = if first.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => most,
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= most)?,
    };
    // Everybody is no exception: such a line would be a mistake that undoes the isolation.
    (bits > 0).then_some(Block { first, bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "sakimori/host-policy/v1\n# ours\nname: web-1\nallow: freeze\nallow: quarantine\npath: /srv\npath: /srv/www\nuser: 33\nprotect: /srv/www/keep\nprotect-user: 0\nveto: host:web-1\nmanagement: 192.0.2.0/24\nmanagement: 2001:db8::1\ndns: 192.0.2.53\nexception: 198.51.100.7\n";

    fn covers(path: &str, user: u32) -> Result<(), Refusal> {
        Policy::parse(WHOLE).unwrap().covers(Path::new(path), user)
    }

    #[test]
    fn a_text_without_lines_allows_nothing() {
        let policy = Policy::parse("sakimori/host-policy/v1\n").unwrap();
        for deed in super::super::DEEDS {
            assert_eq!(policy.allows(*deed, "host:a", None), Err(Refusal::Deed));
        }
        assert_eq!(policy.covers(Path::new("/srv/a"), 33), Err(Refusal::Path));
        assert_eq!(policy.isolates("a"), Err(Refusal::Name));
    }

    #[test]
    fn catalogue_wazuh_the_protected_list_wins_over_every_line_that_allows() {
        assert_eq!(covers("/srv/www/a", 33), Ok(()));
        assert_eq!(covers("/srv/www/keep", 33), Err(Refusal::Protected));
        assert_eq!(covers("/srv/www/keep/a", 33), Err(Refusal::Protected));
        assert_eq!(covers("/srv/www/a", 0), Err(Refusal::Protected));
        let both = format!("{WHOLE}allow: stop\npath: /srv/www/keep\nuser: 0\n");
        let policy = Policy::parse(&both).unwrap();
        assert_eq!(
            policy.covers(Path::new("/srv/www/keep/a"), 33),
            Err(Refusal::Protected)
        );
        assert_eq!(
            policy.covers(Path::new("/srv/a"), 0),
            Err(Refusal::Protected)
        );
    }

    #[test]
    fn paths_are_whole_parts_and_users_are_named() {
        assert_eq!(covers("/srvx/a", 33), Err(Refusal::Path));
        assert_eq!(covers("/srv/www/keeper", 33), Ok(()));
        assert_eq!(covers("/srv/a", 34), Err(Refusal::User));
        let policy = Policy::parse(WHOLE).unwrap();
        assert_eq!(
            policy.prefix(Path::new("/srv/www/a")),
            Some(Path::new("/srv/www"))
        );
    }

    #[test]
    fn a_veto_stands_before_what_is_allowed() {
        let measure = "07".repeat(32);
        let policy = Policy::parse(&format!("{WHOLE}allow: isolate\nveto: {measure}\n")).unwrap();
        assert_eq!(
            policy.allows(Deed::Isolate, "host:web-1", None),
            Err(Refusal::Vetoed)
        );
        assert_eq!(
            policy.allows(Deed::Freeze, "x", Some(&[7; 32])),
            Err(Refusal::Vetoed)
        );
        assert_eq!(policy.allows(Deed::Freeze, "x", Some(&[8; 32])), Ok(()));
    }

    #[test]
    fn a_line_that_is_not_understood_allows_nothing() {
        for line in [
            "allow: block",
            "allow: all",
            "allow freeze",
            "allow:freeze",
            "path: srv",
            "path: /srv/../etc",
            "user: www",
            "user: -1",
            "veto: everything",
            "management: 0.0.0.0/0",
            "management: a",
            "dns: 192.0.2.0/24",
            "exception: 192.0.2.1/33",
            "name: b",
            "protected: /a",
            "x",
        ] {
            let text = format!("{WHOLE}{line}\n");
            let found = Policy::parse(&text);
            assert!(
                matches!(found, Err(PolicyError::Line(16))),
                "{line}: {found:?}"
            );
        }
        assert!(matches!(Policy::parse(""), Err(PolicyError::Line(1))));
        assert!(matches!(Policy::parse("v2\n"), Err(PolicyError::Line(1))));
    }

    proptest::proptest! {
        #[test]
        fn hostile_text_is_a_policy_or_none_and_what_it_protects_it_never_allows(lines in proptest::collection::vec("(allow|path|user|protect|protect-user|veto|name|dns|management|x): ?[ -~]{0,40}", 0..12)) {
            let text = format!("{FIRST_LINE}\n{}\nprotect: /srv/keep\n", lines.join("\n"));
            if let Ok(policy) = Policy::parse(&text) {
                proptest::prop_assert_eq!(policy.covers(Path::new("/srv/keep/a"), 33), Err(Refusal::Protected));
            }
        }
    }
}
