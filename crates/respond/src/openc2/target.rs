//! Targets: what an action is about, section 3.3.1.2. In: the one member of `target`. Out: one target as a type. Never: two of them, an empty one.

use super::PARENTS_MAX;
use super::at::{At, Fault};
use super::net::{V4Net, V6Net};
use super::profile::{Extension, Language};
use super::terms::{Feature, L4Protocol};
use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use sakimori_custody::ids::unhex;
use sakimori_exchange::json::Node;

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Bytes, or where they are.
    Artifact(Artifact),
    /// An earlier command.
    Command(String),
    /// A device.
    Device(Device),
    /// A name of DNS.
    DomainName(String),
    /// A mail address.
    EmailAddr(String),
    /// What a consumer can do.
    Features(Vec<Feature>),
    /// A file.
    File(File),
    /// An internationalised name of DNS.
    IdnDomainName(String),
    /// An internationalised mail address.
    IdnEmailAddr(String),
    /// A range of IPv4 addresses.
    Ipv4Net(V4Net),
    /// A range of IPv6 addresses.
    Ipv6Net(V6Net),
    /// Connections over IPv4.
    Ipv4Connection(Connection<V4Net>),
    /// Connections over IPv6.
    Ipv6Connection(Connection<V6Net>),
    /// An internationalised resource identifier.
    Iri(String),
    /// An EUI-48 or EUI-64.
    MacAddr(Vec<u8>),
    /// A process.
    Process(Box<Process>),
    /// Names of an actuator's properties.
    Properties(Vec<String>),
    /// A uniform resource identifier.
    Uri(String),
    /// A target of a profile.
    Extension(Extension),
}

/// A file-like object, section 3.4.1.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifact {
    /// Its media type.
    pub mime_type: Option<String>,
    /// Its bytes, or where they are.
    pub payload: Option<Payload>,
    /// Its hashes.
    pub hashes: Option<Hashes>,
}

/// Bytes, or where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The bytes.
    Bin(Vec<u8>),
    /// Where they are; nothing here fetches them.
    Url(String),
}

/// A device, section 3.4.1.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub hostname: Option<String>,
    /// Its internationalised name.
    pub idn_hostname: Option<String>,
    /// Its number in an inventory.
    pub device_id: Option<String>,
}

/// A file, section 3.4.1.6.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: Option<String>,
    /// Where it is.
    pub path: Option<String>,
    /// Its hashes.
    pub hashes: Option<Hashes>,
}

/// Hashes, section 3.4.2.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hashes {
    /// RFC 1321.
    pub md5: Option<[u8; 16]>,
    /// RFC 6234.
    pub sha1: Option<[u8; 20]>,
    /// RFC 6234.
    pub sha256: Option<[u8; 32]>,
}

/// Five properties of connections, sections 3.4.1.10 and 3.4.1.12; what is not said is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection<N> {
    /// Where from.
    pub src_addr: Option<N>,
    /// From which port.
    pub src_port: Option<u16>,
    /// Where to.
    pub dst_addr: Option<N>,
    /// To which port.
    pub dst_port: Option<u16>,
    /// Over what.
    pub protocol: Option<L4Protocol>,
}

/// A process, section 3.4.1.15.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Where it works.
    pub cwd: Option<String>,
    /// What was started.
    pub executable: Option<File>,
    /// Who started it.
    pub parent: Option<Box<Self>>,
    /// With which words.
    pub command_line: Option<String>,
}

fn owned(at: &At<'_>, node: &Node<'_>) -> Result<String, Fault> {
    at.text(node).map(str::to_owned)
}

/// A name of letters, digits and hyphens: RFC 1123 section 2.1, RFC 1034 section 3.5.
fn host(at: &At<'_>, node: &Node<'_>) -> Result<String, Fault> {
    let text = at.text(node)?;
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    // A last label of digits alone makes it an address for those who resolve it.
    let last = name.rsplit('.').next().unwrap_or_default();
    let address = last.bytes().all(|b| b.is_ascii_digit());
    if name.len() > 253 || !name.split('.').all(label) || address {
        return Err(at.fault("a host name is asked for"));
    }
    Ok(text.to_owned())
}

/// A name whose labels may have other letters: RFC 5890 section 2.3.2.3, by its length and marks alone.
fn idn_host(at: &At<'_>, node: &Node<'_>) -> Result<String, Fault> {
    let text = at.text(node)?;
    let label = |label: &str| {
        let outside = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || (c.is_ascii_punctuation() && c != '-' && c != '_')
        };
        !label.is_empty() && label.chars().count() <= 63 && !label.contains(outside)
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.chars().count() > 253 || !name.split(['.', '。']).all(label) {
        return Err(at.fault("an internationalised host name is asked for"));
    }
    Ok(text.to_owned())
}

fn mail(at: &At<'_>, node: &Node<'_>, plain: bool) -> Result<String, Fault> {
    let text = at.text(node)?;
    let good = text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.len() <= 64
            && !domain.is_empty()
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    let outside = |c: char| c.is_whitespace() || c.is_control() || (plain && !c.is_ascii());
    if !good || text.contains(outside) {
        return Err(at.fault("a mail address is asked for"));
    }
    Ok(text.to_owned())
}

/// A scheme, a colon and something behind it: RFC 3986 section 3, RFC 3987.
fn uri(at: &At<'_>, node: &Node<'_>, plain: bool) -> Result<String, Fault> {
    let text = at.text(node)?;
    let scheme = |scheme: &str| {
        let rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(rest)
    };
    let good = text
        .split_once(':')
        .is_some_and(|(before, behind)| scheme(before) && !behind.is_empty());
    let outside = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
            || (plain && !c.is_ascii())
    };
    if !good || text.contains(outside) {
        return Err(at.fault("a resource identifier with a scheme is asked for"));
    }
    Ok(text.to_owned())
}

fn bytes(at: &At<'_>, node: &Node<'_>) -> Result<Vec<u8>, Fault> {
    let text = at.text(node)?;
    let read = URL_SAFE_NO_PAD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text));
    read.map_err(|_| at.fault("bytes in base64url are asked for"))
}

fn hash<const N: usize>(at: &At<'_>, node: &Node<'_>) -> Result<[u8; N], Fault> {
    let text = at.text(node)?.to_ascii_lowercase();
    unhex::<N>(&text).ok_or_else(|| at.fault(format!("{} hexadecimal digits are asked for", N * 2)))
}

fn hashes(at: &At<'_>, node: &Node<'_>) -> Result<Hashes, Fault> {
    let node = at.record(node, &["md5", "sha1", "sha256"])?;
    Ok(Hashes {
        md5: at.optional(node, "md5", hash)?,
        sha1: at.optional(node, "sha1", hash)?,
        sha256: at.optional(node, "sha256", hash)?,
    })
}

fn file(at: &At<'_>, node: &Node<'_>) -> Result<File, Fault> {
    let node = at.record(node, &["name", "path", "hashes"])?;
    Ok(File {
        name: at.optional(node, "name", owned)?,
        path: at.optional(node, "path", owned)?,
        hashes: at.optional(node, "hashes", hashes)?,
    })
}

fn payload(at: &At<'_>, node: &Node<'_>) -> Result<Payload, Fault> {
    let node = at.record(node, &["bin", "url"])?;
    match (node.get("bin"), node.get("url")) {
        (Some(bin), None) => bytes(&at.member("bin"), bin).map(Payload::Bin),
        (None, Some(url)) => uri(&at.member("url"), url, true).map(Payload::Url),
        _ => Err(at.fault("exactly one of `bin` and `url` is asked for")),
    }
}

fn artifact(at: &At<'_>, node: &Node<'_>) -> Result<Artifact, Fault> {
    let node = at.record(node, &["mime_type", "payload", "hashes"])?;
    Ok(Artifact {
        mime_type: at.optional(node, "mime_type", owned)?,
        payload: at.optional(node, "payload", payload)?,
        hashes: at.optional(node, "hashes", hashes)?,
    })
}

fn device(at: &At<'_>, node: &Node<'_>) -> Result<Device, Fault> {
    let node = at.record(node, &["hostname", "idn_hostname", "device_id"])?;
    Ok(Device {
        hostname: at.optional(node, "hostname", host)?,
        idn_hostname: at.optional(node, "idn_hostname", idn_host)?,
        device_id: at.optional(node, "device_id", owned)?,
    })
}

fn process(at: &At<'_>, node: &Node<'_>, above: usize) -> Result<Process, Fault> {
    let node = at.record(
        node,
        &["pid", "name", "cwd", "executable", "parent", "command_line"],
    )?;
    let parent = |at: &At<'_>, node: &Node<'_>| {
        if above == PARENTS_MAX {
            return Err(at.fault(format!("at most {PARENTS_MAX} parents are read")));
        }
        process(at, node, above + 1).map(Box::new)
    };
    Ok(Process {
        pid: at.optional(node, "pid", |at, node| at.number(node))?,
        name: at.optional(node, "name", owned)?,
        cwd: at.optional(node, "cwd", owned)?,
        executable: at.optional(node, "executable", file)?,
        parent: at.optional(node, "parent", parent)?,
        command_line: at.optional(node, "command_line", owned)?,
    })
}

fn port(at: &At<'_>, node: &Node<'_>) -> Result<u16, Fault> {
    let number = at.number(node)?;
    u16::try_from(number).map_err(|_| at.fault("a port is at most 65535"))
}

fn protocol(at: &At<'_>, node: &Node<'_>) -> Result<L4Protocol, Fault> {
    L4Protocol::from_name(at.text(node)?)
        .ok_or_else(|| at.fault("one of `icmp`, `tcp`, `udp`, `sctp` is asked for"))
}

fn connection<N>(
    at: &At<'_>,
    node: &Node<'_>,
    net: impl Fn(&At<'_>, &Node<'_>) -> Result<N, Fault>,
) -> Result<Connection<N>, Fault> {
    let known = ["src_addr", "src_port", "dst_addr", "dst_port", "protocol"];
    let node = at.record(node, &known)?;
    Ok(Connection {
        src_addr: at.optional(node, "src_addr", &net)?,
        src_port: at.optional(node, "src_port", port)?,
        dst_addr: at.optional(node, "dst_addr", &net)?,
        dst_port: at.optional(node, "dst_port", port)?,
        protocol: at.optional(node, "protocol", protocol)?,
    })
}

fn mac(at: &At<'_>, node: &Node<'_>) -> Result<Vec<u8>, Fault> {
    let text = at.text(node)?;
    let octet = |part: &str| {
        // The reader of numbers takes a sign.
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit()))
            .then(|| u8::from_str_radix(part, 16).ok())
            .flatten()
    };
    let octets: Option<Vec<u8>> = text.split(':').map(octet).collect();
    octets
        .filter(|octets| octets.len() == 6 || octets.len() == 8)
        .ok_or_else(|| at.fault("an EUI-48 or EUI-64 is asked for, such as `00:00:5e:00:53:af`"))
}

pub(super) fn features(at: &At<'_>, node: &Node<'_>) -> Result<Vec<Feature>, Fault> {
    let items = at.unique(node, 0, 10)?;
    let each = items.iter().enumerate().map(|(number, item)| {
        let at = at.item(number);
        Feature::from_name(at.text(item)?)
            .ok_or_else(|| at.fault("the language has no such feature"))
    });
    each.collect()
}

fn properties(at: &At<'_>, node: &Node<'_>) -> Result<Vec<String>, Fault> {
    let items = at.unique(node, 1, 256)?;
    let each = items.iter().enumerate();
    each.map(|(number, item)| owned(&at.item(number), item))
        .collect()
}

/// Whether a text is a command's number: no space, at most 36 characters, section 3.4.2.16.
pub fn is_command_id(text: &str) -> bool {
    !text.contains(char::is_whitespace) && text.chars().count() <= super::COMMAND_ID_CHARACTERS_MAX
}

pub(super) fn command_id(at: &At<'_>, node: &Node<'_>) -> Result<String, Fault> {
    let text = at.text(node)?;
    if !is_command_id(text) {
        return Err(at.fault("an id is at most 36 characters without a space"));
    }
    Ok(text.to_owned())
}

impl Target {
    pub(super) fn read(
        at: &At<'_>,
        node: &Node<'_>,
        language: &Language<'_>,
        text: &str,
    ) -> Result<Self, Fault> {
        let node = at.object(node)?;
        let [member] = node.members() else {
            return Err(at.fault("exactly one target is asked for"));
        };
        let (name, value) = (member.name.as_ref(), &member.value);
        let at = at.member(name);
        Ok(match name {
            "artifact" => Self::Artifact(artifact(&at, value)?),
            "command" => Self::Command(command_id(&at, value)?),
            "device" => Self::Device(device(&at, value)?),
            "domain_name" => Self::DomainName(host(&at, value)?),
            "email_addr" => Self::EmailAddr(mail(&at, value, true)?),
            "features" => Self::Features(features(&at, value)?),
            "file" => Self::File(file(&at, value)?),
            "idn_domain_name" => Self::IdnDomainName(idn_host(&at, value)?),
            "idn_email_addr" => Self::IdnEmailAddr(mail(&at, value, false)?),
            "ipv4_net" => Self::Ipv4Net(V4Net::read(&at, value)?),
            "ipv6_net" => Self::Ipv6Net(V6Net::read(&at, value)?),
            "ipv4_connection" => Self::Ipv4Connection(connection(&at, value, V4Net::read)?),
            "ipv6_connection" => Self::Ipv6Connection(connection(&at, value, V6Net::read)?),
            "iri" => Self::Iri(uri(&at, value, false)?),
            "mac_addr" => Self::MacAddr(mac(&at, value)?),
            "process" => Self::Process(Box::new(process(&at, value, 0)?)),
            "properties" => Self::Properties(properties(&at, value)?),
            "uri" => Self::Uri(uri(&at, value, true)?),
            _ => Self::Extension(language.target(&at, name, value, text)?),
        })
    }

    /// Its name in a command and in `pairs`.
    pub fn name(&self) -> String {
        let name = match self {
            Self::Artifact(_) => "artifact",
            Self::Command(_) => "command",
            Self::Device(_) => "device",
            Self::DomainName(_) => "domain_name",
            Self::EmailAddr(_) => "email_addr",
            Self::Features(_) => "features",
            Self::File(_) => "file",
            Self::IdnDomainName(_) => "idn_domain_name",
            Self::IdnEmailAddr(_) => "idn_email_addr",
            Self::Ipv4Net(_) => "ipv4_net",
            Self::Ipv6Net(_) => "ipv6_net",
            Self::Ipv4Connection(_) => "ipv4_connection",
            Self::Ipv6Connection(_) => "ipv6_connection",
            Self::Iri(_) => "iri",
            Self::MacAddr(_) => "mac_addr",
            Self::Process(_) => "process",
            Self::Properties(_) => "properties",
            Self::Uri(_) => "uri",
            Self::Extension(extension) => {
                let name = extension.name.as_deref().unwrap_or_default();
                return format!("{}:{name}", extension.nsid);
            }
        };
        name.to_owned()
    }

    /// Names of the language's own targets.
    pub(super) const NAMES: [&'static str; 18] = [
        "artifact",
        "command",
        "device",
        "domain_name",
        "email_addr",
        "features",
        "file",
        "idn_domain_name",
        "idn_email_addr",
        "ipv4_net",
        "ipv6_net",
        "ipv4_connection",
        "ipv6_connection",
        "iri",
        "mac_addr",
        "process",
        "properties",
        "uri",
    ];
}
