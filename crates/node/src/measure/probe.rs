//! What resolvers answer for names of measures. In: the register's resolvers, names. Out: whether each resolves there. Never: a resolver that is not in the register; no answer taken for one.

use crate::limits::{LOOK_WAIT, PROBE_WAIT, PROBES_AT_ONCE};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use sakimori_liaison::measure::ResolverEntry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A resolver's name and a name that it is asked for.
pub(super) type Ask = (String, String);

fn resolver(entry: &ResolverEntry) -> Option<TokioResolver> {
    let port = |mut connection: ConnectionConfig| {
        connection.port = entry.address.port();
        connection
    };
    let ways = vec![port(ConnectionConfig::udp()), port(ConnectionConfig::tcp())];
    let server = NameServerConfig::new(entry.address.ip(), true, ways);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    // What it said before tells nothing of now.
    options.cache_size = 0;
    options.timeout = PROBE_WAIT / 2;
    options.attempts = 1;
    options.use_hosts_file = ResolveHosts::Never;
    builder.build().ok()
}

/// Addresses that a name leads to; none where nobody knows.
async fn addresses(dns: &TokioResolver, name: &str, kind: RecordType) -> Option<Vec<IpAddr>> {
    // With the last dot no other name is tried.
    match dns.lookup(format!("{name}."), kind).await {
        Ok(answer) => {
            let found = answer
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::A(a) => Some(IpAddr::V4(a.0)),
                    RData::AAAA(a) => Some(IpAddr::V6(a.0)),
                    _ => None,
                });
            Some(found.collect())
        }
        Err(error) if error.is_no_records_found() => Some(Vec::new()),
        Err(_) => None,
    }
}

/// Whether a name leads anywhere but to a sinkhole; none where nobody knows.
async fn resolves(dns: &TokioResolver, sinkholes: &[IpAddr], name: &str) -> Option<bool> {
    let (four, six) = tokio::join!(
        addresses(dns, name, RecordType::A),
        addresses(dns, name, RecordType::AAAA)
    );
    let leads = |found: &Option<Vec<IpAddr>>| {
        let mut all = found.iter().flatten();
        all.any(|address| !sinkholes.contains(address))
    };
    if leads(&four) || leads(&six) {
        return Some(true);
    }
    (four.is_some() && six.is_some()).then_some(false)
}

/// Asks resolvers beside each other, of each some names at a time, each question and all together in bounded time. What nobody answered is left out.
pub(super) async fn probe(resolvers: &[ResolverEntry], asks: BTreeSet<Ask>) -> BTreeMap<Ask, bool> {
    let mut known = BTreeMap::new();
    for entry in resolvers {
        if let Some(dns) = resolver(entry) {
            let room = Semaphore::new(PROBES_AT_ONCE);
            known.insert(
                entry.name.as_str(),
                Arc::new((dns, room, entry.sinkholes.clone())),
            );
        }
    }
    let mut all = JoinSet::new();
    for ask in asks {
        let Some(asked) = known.get(ask.0.as_str()).map(Arc::clone) else {
            continue;
        };
        all.spawn(async move {
            let (dns, room, sinkholes) = &*asked;
            // It is never closed.
            let _seat = room.acquire().await;
            let answer = resolves(dns, sinkholes, &ask.1);
            let answered = tokio::time::timeout(PROBE_WAIT, answer).await;
            answered.ok().flatten().map(|is| (ask, is))
        });
    }
    let mut found = BTreeMap::new();
    let gathered = async {
        while let Some(one) = all.join_next().await {
            if let Ok(Some((ask, is))) = one {
                found.insert(ask, is);
            }
        }
    };
    // What comes later is asked again at the next look.
    let _in_time = tokio::time::timeout(LOOK_WAIT, gathered).await;
    found
}
