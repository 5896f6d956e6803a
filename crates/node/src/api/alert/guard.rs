//! Where the office's node connects to for others' sake: receivers of webhooks, hosts of claims, registries. In: names, addresses. Out: addresses that anybody on the internet may have.
//! Never: an address of the node's own network; a second look-up behind the one that was judged.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use ureq::config::ConfigBuilder;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Longest wait for a receiver: one that is slower is tried again.
pub(super) const RECEIVER_WAIT: Duration = Duration::from_secs(10);
/// Where the system keeps the certificates that it trusts.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Whether an address is one that anybody on the internet may have: none of loopback, of a private network, of the link, of several receivers.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special =
                a == 0 || a >= 240 || (a == 198 && (18..20).contains(&b)) || (a == 192 && b == 0);
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || shared
                || special)
        }
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| {
            // Global unicast (RFC 4291 section 2.4), without documentation, Teredo and 6to4, behind which any IPv4 address may stand.
            (0x2000..0x4000).contains(first)
                && !matches!(
                    v6.segments(),
                    [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..]
                )
        }),
    }
}

/// Looks names up and passes on public addresses alone. The connection goes to what was looked at here, so that a second answer of the name's server changes nothing.
#[derive(Debug)]
pub(super) struct Public;

impl Resolver for Public {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let mut public = self.empty();
        for address in found.iter().filter(|a: &&SocketAddr| is_public(a.ip())) {
            public.push(*address);
        }
        if public.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(public)
    }
}

/// The certificates that the system trusts.
fn roots() -> Vec<Certificate<'static>> {
    let pem = std::fs::read(SYSTEM_ROOTS).unwrap_or_default();
    let items = ureq::tls::parse_pem(&pem).filter_map(Result::ok);
    items
        .filter_map(|item| match item {
            PemItem::Certificate(root) => Some(root),
            _ => None,
        })
        .collect()
}

/// How the node calls somebody else: it waits ten seconds, follows nothing, goes over no proxy, and trusts whom the system trusts.
pub(super) fn configured() -> ConfigBuilder<AgentScope> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::from(roots()))
        .unversioned_rustls_crypto_provider(provider)
        .build();
    ureq::Agent::config_builder()
        .timeout_global(Some(RECEIVER_WAIT))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .tls_config(tls)
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn addresses_of_networks_of_one_s_own_are_no_receivers() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("2606:4700::1111", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("198.18.0.1", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("64:ff9b::7f00:1", false),
        ] {
            let parsed = address.parse().expect("an address");
            assert_eq!(is_public(parsed), public, "{address}");
        }
    }
}
