//! What a measure on a host is aimed at, as text. In: a text. Out: a process, a file or a host, each in one form. Never: a path that is not absolute, or that climbs; two texts of one target; a look at
//! the host itself.
//!
//! The forms are `process:PID:START:SHA256`, `file:SHA256:PATH` and `host:NAME`. `START` is field 22 of `/proc/PID/stat`, in ticks since the machine was started (`proc_pid_stat(5)`); `SHA256` is that of the
//! running program or of the file's bytes, in small hexadecimal digits; in `PATH` every byte that is not printable ASCII, and `%` itself, is `%` and two large hexadecimal digits.

use crate::engine::Deed;
use std::fmt;

/// Longest path in bytes, before it is written as text (Linux `PATH_MAX` without its end).
pub const PATH_BYTES_MAX: usize = 4095;
/// Longest name of a host in bytes (Linux `HOST_NAME_MAX` is 64; a full name has at most 253, RFC 1035 section 2.3.4).
pub const NAME_BYTES_MAX: usize = 253;
/// Longest text of a target: a path of which every byte is written as three, behind its kind and hash.
pub const TEXT_BYTES_MAX: usize = 3 * PATH_BYTES_MAX + 80;
/// Largest number of a process that Linux gives (`PID_MAX_LIMIT`, 2^22).
pub const PID_MAX: u32 = 1 << 22;

/// What a measure on a host is aimed at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostTarget {
    /// One run of one program: never another that has its number later.
    Process {
        /// Its number, of the whole group of threads.
        pid: u32,
        /// When it was started, in ticks since the machine was.
        start: u64,
        /// SHA-256 of the program that it runs.
        hash: [u8; 32],
    },
    /// A file with its content at its place.
    File {
        /// SHA-256 of its bytes.
        hash: [u8; 32],
        /// Its absolute path, without `.`, `..`, empty parts or a slash at its end.
        path: Vec<u8>,
    },
    /// The host itself, by the name that its owner gave it.
    Host {
        /// The name.
        name: String,
    },
}

/// Why a text is no target on a host. Who wrote it acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostTargetError {
    /// No known kind before the first colon.
    #[error("a target on a host begins with `process:`, `file:` or `host:`")]
    Kind,
    /// A part is missing, or there is one too many.
    #[error("the target does not have the parts of its kind")]
    Parts,
    /// Not a number of a process.
    #[error("the number of the process is not one from 1 to {PID_MAX}, without zeros before it")]
    Pid,
    /// Not a start.
    #[error("the start of the process is no number of ticks, without zeros before it")]
    Start,
    /// Not a hash.
    #[error("the SHA-256 is not 64 small hexadecimal digits")]
    Hash,
    /// A path in another form than the one.
    #[error(
        "byte {0} of the path is not in its one form: printable ASCII as it is, all else as `%XX`"
    )]
    PathForm(usize),
    /// A path that is not absolute and plain.
    #[error("the path is not absolute, or has empty parts, `.` or `..`, or a zero byte")]
    Path,
    /// Too long a path.
    #[error("the path has more than {PATH_BYTES_MAX} bytes")]
    PathLong,
    /// Not a name of a host.
    #[error(
        "the name of the host is not 1 to {NAME_BYTES_MAX} small letters, digits, dots and dashes, with a letter or digit at both ends"
    )]
    Name,
}

impl HostTarget {
    /// Reads a target. What is read is written as the same text again.
    ///
    /// # Errors
    /// [`HostTargetError`].
    pub fn parse(text: &str) -> Result<Self, HostTargetError> {
        let (kind, rest) = text.split_once(':').ok_or(HostTargetError::Kind)?;
        match kind {
            "process" => {
                let mut parts = rest.split(':');
                let (Some(pid), Some(start), Some(hash), None) =
                    (parts.next(), parts.next(), parts.next(), parts.next())
                else {
                    return Err(HostTargetError::Parts);
                };
                let pid = number(pid)
                    .and_then(|pid| u32::try_from(pid).ok())
                    .filter(|pid| (1..=PID_MAX).contains(pid))
                    .ok_or(HostTargetError::Pid)?;
                Ok(Self::Process {
                    pid,
                    start: number(start).ok_or(HostTargetError::Start)?,
                    hash: hash_of(hash)?,
                })
            }
            "file" => {
                let (hash, path) = rest.split_once(':').ok_or(HostTargetError::Parts)?;
                let hash = hash_of(hash)?;
                let path = unescaped(path)?;
                plain_path(&path)?;
                Ok(Self::File { hash, path })
            }
            "host" if is_name(rest) => Ok(Self::Host {
                name: rest.to_owned(),
            }),
            "host" => Err(HostTargetError::Name),
            _ => Err(HostTargetError::Kind),
        }
    }

    /// Whether a deed is done to such a target.
    pub const fn fits(&self, deed: Deed) -> bool {
        matches!(
            (self, deed),
            (Self::Process { .. }, Deed::Freeze | Deed::Stop)
                | (Self::File { .. }, Deed::Quarantine)
                | (Self::Host { .. }, Deed::Isolate)
        )
    }
}

/// Whether a name is one of a host.
pub fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = |b: Option<&u8>| b.is_some_and(|b| plain(*b));
    let bytes = name.as_bytes();
    bytes.len() <= NAME_BYTES_MAX
        && bytes.iter().all(|b| plain(*b) || matches!(b, b'.' | b'-'))
        && ends(bytes.first())
        && ends(bytes.last())
}

/// Judges a path: absolute, plain, bounded.
///
/// # Errors
/// [`HostTargetError::Path`] or [`HostTargetError::PathLong`].
pub fn plain_path(path: &[u8]) -> Result<(), HostTargetError> {
    if path.len() > PATH_BYTES_MAX {
        return Err(HostTargetError::PathLong);
    }
    let inner = path.strip_prefix(b"/").ok_or(HostTargetError::Path)?;
    let good =
        |part: &[u8]| !part.is_empty() && part != b"." && part != b".." && !part.contains(&0);
    if inner.split(|b| *b == b'/').all(good) {
        Ok(())
    } else {
        Err(HostTargetError::Path)
    }
}

impl fmt::Display for HostTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, start, hash } => {
                write!(f, "process:{pid}:{start}:")?;
                hex(f, hash)
            }
            Self::File { hash, path } => {
                f.write_str("file:")?;
                hex(f, hash)?;
                f.write_str(":")?;
                for byte in path {
                    if is_plain(*byte) {
                        write!(f, "{}", char::from(*byte))?;
                    } else {
                        write!(f, "%{byte:02X}")?;
                    }
                }
                Ok(())
            }
            Self::Host { name } => write!(f, "host:{name}"),
        }
    }
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'%'
}

fn hex(f: &mut fmt::Formatter<'_>, hash: &[u8; 32]) -> fmt::Result {
    hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// A decimal number in its one form.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let one_form = text == "0" || !text.starts_with('0');
    (digits && one_form).then(|| text.parse().ok()).flatten()
}

fn hash_of(text: &str) -> Result<[u8; 32], HostTargetError> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return Err(HostTargetError::Hash);
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair
            .iter()
            .try_fold(0, |value, digit| {
                let digit = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return None,
                };
                Some(value << 4 | digit)
            })
            .ok_or(HostTargetError::Hash)?;
    }
    Ok(hash)
}

fn unescaped(text: &str) -> Result<Vec<u8>, HostTargetError> {
    let upper = |digit: Option<&u8>| match digit {
        Some(digit @ b'0'..=b'9') => Some(digit - b'0'),
        Some(digit @ b'A'..=b'F') => Some(digit - b'A' + 10),
        _ => None,
    };
    let bytes = text.as_bytes();
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if path.len() >= PATH_BYTES_MAX {
            return Err(HostTargetError::PathLong);
        }
        if is_plain(*byte) {
            path.push(*byte);
            at += 1;
            continue;
        }
        let pair = (upper(bytes.get(at + 1)), upper(bytes.get(at + 2)));
        let (b'%', (Some(high), Some(low))) = (*byte, pair) else {
            return Err(HostTargetError::PathForm(at));
        };
        let value = high << 4 | low;
        // What is plain as it is has no second form.
        if is_plain(value) {
            return Err(HostTargetError::PathForm(at));
        }
        path.push(value);
        at += 3;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn check(text: &str, expected: Result<(), HostTargetError>) {
        let read = HostTarget::parse(text);
        if let Ok(target) = &read {
            assert_eq!(target.to_string(), text);
        }
        assert_eq!(read.map(drop), expected, "{text}");
    }

    #[test]
    fn each_kind_is_read_and_written_in_its_one_form() {
        check(&format!("process:4194304:0:{HASH}"), Ok(()));
        check(&format!("process:1:18446744073709551615:{HASH}"), Ok(()));
        check(&format!("file:{HASH}:/srv/a%20b/%25/%E3%81%82:c"), Ok(()));
        check("host:web-1.example", Ok(()));
        check("host:7", Ok(()));
    }

    #[test]
    fn what_is_not_in_the_form_is_refused_with_its_place() {
        use HostTargetError as E;
        check("", Err(E::Kind));
        check("Process:1:2:3", Err(E::Kind));
        check("198.51.100.7", Err(E::Kind));
        check(&format!("process:1:{HASH}"), Err(E::Parts));
        check(&format!("process:1:2:{HASH}:"), Err(E::Parts));
        check(&format!("file:{HASH}"), Err(E::Parts));
        for pid in [
            "0",
            "01",
            "+1",
            "-1",
            "4194305",
            "99999999999999999999",
            " 1",
            "",
        ] {
            check(&format!("process:{pid}:2:{HASH}"), Err(E::Pid));
        }
        for start in ["", "007", "1e3", "18446744073709551616"] {
            check(&format!("process:2:{start}:{HASH}"), Err(E::Start));
        }
        for hash in [
            HASH.to_uppercase(),
            HASH.replace('0', "g"),
            format!("{HASH}0"),
        ] {
            check(&format!("process:2:2:{hash}"), Err(E::Hash));
            check(&format!("file:{hash}:/a"), Err(E::Hash));
        }
        for path in [
            "", "a", "/", "/a/", "//a", "/a//b", "/./a", "/a/..", "/..", "/a%00b",
        ] {
            check(&format!("file:{HASH}:{path}"), Err(E::Path));
        }
        for (path, at) in [
            ("/%41", 1),
            ("/a b", 2),
            ("/%2f", 1),
            ("/%e3", 1),
            ("/a%", 2),
            ("/é", 1),
            ("/%2", 1),
        ] {
            check(&format!("file:{HASH}:{path}"), Err(E::PathForm(at)));
        }
        let long = "a".repeat(PATH_BYTES_MAX);
        check(&format!("file:{HASH}:/{long}"), Err(E::PathLong));
        for name in [
            "",
            "-a",
            "a-",
            ".",
            "A",
            "a_b",
            "a b",
            &"a".repeat(NAME_BYTES_MAX + 1),
        ] {
            check(&format!("host:{name}"), Err(E::Name));
        }
    }

    #[test]
    fn a_deed_is_done_to_its_own_kind_alone() {
        let process = HostTarget::parse(&format!("process:7:7:{HASH}"));
        let fits = |deed| process.as_ref().is_ok_and(|target| target.fits(deed));
        let done: Vec<Deed> = Deed::ALL
            .iter()
            .copied()
            .filter(|deed| fits(*deed))
            .collect();
        assert_eq!(done, [Deed::Freeze, Deed::Stop]);
    }

    proptest! {
        #[test]
        fn any_plain_path_comes_back(parts in prop::collection::vec(prop::collection::vec(1u8.., 1..9), 1..5)) {
            let mut path = Vec::new();
            for part in &parts {
                path.push(b'/');
                path.extend(part.iter().map(|b| if *b == b'/' { b'_' } else { *b }));
            }
            prop_assume!(plain_path(&path).is_ok());
            let target = HostTarget::File { hash: [7; 32], path };
            let text = target.to_string();
            prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()));
            prop_assert!(text.len() <= TEXT_BYTES_MAX);
            prop_assert_eq!(HostTarget::parse(&text), Ok(target));
        }

        #[test]
        fn hostile_text_has_one_form_or_none(text in "(process|file|host)?:?[0-9a-f%:/.A-F-]{0,90}") {
            if let Ok(target) = HostTarget::parse(&text) {
                prop_assert_eq!(target.to_string(), text);
            }
        }
    }
}
