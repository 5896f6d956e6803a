//! Which list is in which class, and why. In: nothing. Out: the table that bundles are built by, and its page. Never: a list of others in two classes.

use crate::safety::{Class, Reach};
use std::fmt::Write;

/// What becomes of a warning list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    /// Its entries are protected so far; a name without a mark of its own so.
    As(Class, Reach),
    /// It is not taken.
    Left,
}

/// Additions that a bundle should have, because no list of others has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addition {
    /// Their name.
    pub name: &'static str,
    /// How far they are protected.
    pub class: Class,
    /// What they are.
    pub what: &'static str,
}

const fn addition(name: &'static str, class: Class, what: &'static str) -> Addition {
    Addition { name, class, what }
}

const NEVER: Filed = Filed::As(Class::Never, Reach::Below);
const LEVEL_2: Filed = Filed::As(Class::Level2, Reach::Below);
const CAUTION: Filed = Filed::As(Class::Caution, Reach::Below);

/// The warning lists of MISP that are filed: name of the folder, what becomes of it, why.
#[rustfmt::skip]
pub const WARNING_LISTS: [(&str, Filed, &str); 44] = [
    ("akamai", LEVEL_2, "content delivery: one address serves many"),
    ("amazon-aws", LEVEL_2, "cloud"),
    ("apple", LEVEL_2, "a provider's own network: updates and messages of many devices"),
    ("censys-scanning", CAUTION, "scanner that says who it is"),
    ("check-host-net", CAUTION, "probes that anybody can ask"),
    ("cisco_top1000", CAUTION, "popularity"),
    ("cloudflare", LEVEL_2, "content delivery: one address serves many"),
    ("coalition-signals-intelligence-nt-scanning", CAUTION, "scanner that says who it is"),
    ("covid", CAUTION, "health information that people rely on"),
    ("crl-hostname", NEVER, "revocation of certificates"),
    ("crl-ip", NEVER, "revocation of certificates"),
    ("digitalside", LEVEL_2, "hosting of code and files for many"),
    ("empty-hashes", Filed::Left, "hashes of files; one of them reads as an address and is none"),
    ("findip-host", CAUTION, "services that tell one's address"),
    ("google-gmail-sending-ips", LEVEL_2, "mail of many senders"),
    ("googlebot", CAUTION, "scanner that says who it is"),
    ("intrinsec-nt-scanning", CAUTION, "scanner that says who it is"),
    ("ipip-nt-scanning", CAUTION, "scanner that says who it is"),
    ("ipv6-linklocal", NEVER, "special range: RFC 4291"),
    ("microsoft-azure", LEVEL_2, "cloud"),
    ("microsoft-azure-us-gov", LEVEL_2, "cloud of another state's offices"),
    ("microsoft-office365", LEVEL_2, "mail and documents of many; some of its names answer for certificates"),
    ("microsoft-win10-connection-endpoints", LEVEL_2, "updates of many devices"),
    ("modat-nt-scanning", CAUTION, "scanner that says who it is"),
    ("multicast", NEVER, "special range: RFC 5771"),
    ("onyphe-nt-scanning", CAUTION, "scanner that says who it is"),
    ("probethenet-nt-scanning", CAUTION, "scanner that says who it is"),
    ("public-dns-v6", NEVER, "public resolvers"),
    ("public-ipfs-gateways", LEVEL_2, "ways to what many keep"),
    ("rfc1918", NEVER, "special range: RFC 1918"),
    ("rfc3849", NEVER, "special range: RFC 3849"),
    ("rfc5735", NEVER, "special ranges: RFC 5735, now RFC 6890"),
    ("rfc6598", NEVER, "special range: RFC 6598"),
    ("rfc6761", NEVER, "special names: RFC 6761"),
    ("second-level-tlds", Filed::As(Class::Level2, Reach::Only), "public suffixes: parents of everybody's names; the suffix itself is never touched by the engine's own rule"),
    ("shadowforce-scanning", CAUTION, "scanner that says who it is"),
    ("shadowserver-nt-scanning", CAUTION, "scanner that says who it is"),
    ("shodan-nt-scanning", CAUTION, "scanner that says who it is"),
    ("sinkholes", NEVER, "others' sinkholes"),
    ("tenable-cloud-ipv4", CAUTION, "scanner that says who it is"),
    ("tlds", Filed::As(Class::Never, Reach::Only), "top-level domains; what lies below one belongs to others"),
    ("tranco10k", CAUTION, "popularity"),
    ("whats-my-ip", CAUTION, "services that tell one's address"),
    ("wikimedia", LEVEL_2, "an encyclopaedia's own network"),
];

/// Additions of office and owner that the page names.
#[rustfmt::skip]
pub const ADDITIONS: [Addition; 14] = [
    addition("registry-servers", Class::Never, "name servers of top-level domains and registries"),
    addition("public-resolvers", Class::Never, "public resolvers of IPv4 and their names"),
    addition("own-systems", Class::Never, "systems of the office and of this platform"),
    addition("commission-systems", Class::Never, "systems of the commission, its mirror and witnesses"),
    addition("emergency", Class::Never, "emergency calls and warnings: 110, 118, 119, J-Alert and those who carry them"),
    addition("time-servers", Class::Never, "time (NTP, NTS)"),
    addition("certificate-status", Class::Never, "revocation of certificates (CRL, OCSP)"),
    addition("management", Class::Never, "addresses by which owners of actuators manage their systems"),
    addition("mail-senders", Class::Level2, "mail servers that many senders share"),
    addition("mobile-carriers", Class::Level2, "mobile networks and others where many subscribers share an address"),
    addition("dynamic-names", Class::Level2, "providers of dynamic names that are no public suffix: what lies below one; the provider's name itself is never touched by the engine's own rule"),
    addition("exits", Class::Level2, "exits of VPN and proxy services, and of Tor"),
    addition("operators", Class::Level2, "registered infrastructure operators"),
    addition("universities", Class::Caution, "universities and research networks"),
];

/// The page `docs/reference/safety-lists.md`.
pub fn page() -> String {
    let mut page = String::from(include_str!("page.md"));
    // A write to a String cannot fail.
    let mut line = |text: &str| {
        let _ = writeln!(page, "{text}");
    };
    line(
        "\n## Warning lists\n\nLists of MISP, by the name of their folder. They are not part of this repository; who builds a bundle takes them from their makers.\n",
    );
    line("| list | class | a name means | why |\n|---|---|---|---|");
    for (name, filed, why) in &WARNING_LISTS {
        match filed {
            Filed::As(class, reach) => {
                let reach = match reach {
                    Reach::Below => "itself and all below it",
                    Reach::Only => "itself alone",
                };
                line(&format!("| `{name}` | {class} | {reach} | {why} |"));
            }
            Filed::Left => line(&format!("| `{name}` | not taken | | {why} |")),
        }
    }
    line(
        "| `root-servers` | never | itself and all below it | names and addresses of the root servers, from the hints that IANA publishes |",
    );
    line(
        "\n## Additions\n\nOf office and owner; a bundle that lacks one of these is built, and who signs it is told.\n",
    );
    line("| list | class | what |\n|---|---|---|");
    for addition in &ADDITIONS {
        line(&format!(
            "| `{}` | {} | {} |",
            addition.name, addition.class, addition.what
        ));
    }
    page
}
