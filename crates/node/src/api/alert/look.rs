//! The office's node looks whether claims are shown, as their operators asked: TXT records, files at hosts, the contact of the registry. In: claims that are due, the node's settings. Out:
//! what was found, on record. Never: an address of the node's own network, unless the administrator says that it is a closed one; a redirect that is followed; more of a file than its
//! beginning.

use super::guard::{Public, RECEIVER_WAIT, configured, is_public};
use super::settings::{Settings, settings};
use crate::app::Shared;
use crate::problem::Answer;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver as Dns, TokioResolver};
use sakimori_control::error::told;
use sakimori_exchange::alert::{Method, contact};
use sakimori_exchange::list::What;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::alert::{self, Found, Look, RegistrationPaper, Step, Timing};
use sakimori_liaison::asset::Act;
use sakimori_liaison::paper::Written;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Looks at a time: each waits for somebody else.
const LOOKS_AT_ONCE: usize = 8;
/// Most bytes of a file that are read.
const FILE_BYTES_MAX: u64 = 4096;
/// Most bytes of a registry's answer.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// Most TXT records of a place that are read, and the longest of them in bytes.
const RECORDS_MAX: usize = 50;
const RECORD_BYTES_MAX: usize = 1024;
/// Most addresses of a host that are tried.
const ADDRESSES_MAX: usize = 8;

/// Addresses that were looked up and judged before.
#[derive(Debug)]
struct Fixed(Vec<IpAddr>);

impl Resolver for Fixed {
    fn resolve(
        &self,
        uri: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let usual = if uri.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        let port = uri.port_u16().unwrap_or(usual);
        let mut all = self.empty();
        for address in self.0.iter().take(ADDRESSES_MAX) {
            all.push(SocketAddr::new(*address, port));
        }
        if all.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(all)
    }
}

/// The resolver at an address. One that cannot be made is one that is not there: that is what a look says.
pub(crate) fn resolver_at(at: SocketAddr) -> Option<TokioResolver> {
    let port = |mut connection: ConnectionConfig| {
        connection.port = at.port();
        connection
    };
    let ways = vec![port(ConnectionConfig::udp()), port(ConnectionConfig::tcp())];
    let server = NameServerConfig::new(at.ip(), true, ways);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = Dns::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    // What was looked at a while ago tells nothing: the resolver itself keeps what it may.
    options.cache_size = 0;
    options.timeout = RECEIVER_WAIT / 2;
    options.attempts = 1;
    options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
    builder.build().ok()
}

/// Who looks.
struct Looker {
    settings: Settings,
    dns: Option<TokioResolver>,
}

/// What was found, and what the place said.
type Seen = (Found, String);

fn nothing(words: impl Into<String>) -> Seen {
    (Found::Nothing, words.into())
}

impl Looker {
    fn new(settings: Settings) -> Self {
        let dns = settings.resolver.and_then(resolver_at);
        Self { settings, dns }
    }

    async fn records(&self, place: &str) -> Seen {
        let Some(dns) = &self.dns else {
            return nothing("no resolver is set at the office's node");
        };
        // With the last dot no other name is tried.
        let answer = match dns.lookup(format!("{place}."), RecordType::TXT).await {
            Ok(answer) => answer,
            Err(e) => return nothing(e.to_string()),
        };
        let texts = answer.answers().iter().filter_map(|record| {
            let RData::TXT(txt) = &record.data else {
                return None;
            };
            let bytes = txt.txt_data.concat();
            (bytes.len() <= RECORD_BYTES_MAX).then(|| String::from_utf8_lossy(&bytes).into_owned())
        });
        let texts: Vec<String> = texts.take(RECORDS_MAX).collect();
        let words = format!("{} TXT records", texts.len());
        (Found::Txt(texts), words)
    }

    /// Where a host is, of those addresses that may be called; nothing where the system's resolver is asked in the course of the call.
    async fn addresses(&self, host: &str) -> Result<Option<Vec<IpAddr>>, String> {
        let of_one = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let all: Vec<IpAddr> = match (&self.dns, of_one) {
            (_, Ok(address)) => vec![address],
            (None, Err(_)) => return Ok(None),
            (Some(dns), Err(_)) => {
                let found = dns.lookup_ip(format!("{host}.")).await;
                found.map_err(|e| e.to_string())?.iter().collect()
            }
        };
        let may = |address: &IpAddr| self.settings.closed || is_public(*address);
        let good: Vec<IpAddr> = all.into_iter().filter(may).collect();
        if good.is_empty() {
            return Err(format!("{host} has no public address"));
        }
        Ok(Some(good))
    }

    /// Reads the beginning of what stands at an address.
    async fn fetched(&self, url: String, most: u64) -> Result<Vec<u8>, String> {
        let uri: Uri = url.parse().map_err(|_| format!("{url} is no address"))?;
        let host = uri.host().unwrap_or_default().to_owned();
        let addresses = self.addresses(&host).await?;
        let closed = self.settings.closed;
        let call = move || {
            let config = configured().build();
            let agent = match addresses {
                Some(all) => {
                    ureq::Agent::with_parts(config, DefaultConnector::default(), Fixed(all))
                }
                None if closed => ureq::Agent::new_with_config(config),
                None => ureq::Agent::with_parts(config, DefaultConnector::default(), Public),
            };
            let mut answer = agent.get(&url).call().map_err(|e| format!("{url}: {e}"))?;
            let status = answer.status().as_u16();
            if status != 200 {
                return Err(format!("{url} says {status}"));
            }
            let mut bytes = Vec::new();
            let mut body = answer.body_mut().as_reader().take(most);
            body.read_to_end(&mut bytes)
                .map_err(|e| format!("{url}: {e}"))?;
            Ok(bytes)
        };
        let called = tokio::task::spawn_blocking(call).await;
        called.unwrap_or_else(|e| Err(e.to_string()))
    }

    /// The file at the host, over TLS and without: who controls the host decides which it serves.
    async fn file(&self, look: &Look) -> Seen {
        let plain = match (self.settings.closed, self.settings.http_port) {
            (true, Some(port)) => with_port(&look.challenge.place, port),
            _ => look.challenge.place.clone(),
        };
        let over_tls = look.challenge.place.replacen("http://", "https://", 1);
        let mut seen = None;
        let mut words = Vec::new();
        for url in [over_tls, plain] {
            match self.fetched(url.clone(), FILE_BYTES_MAX).await {
                Ok(bytes) if bytes.trim_ascii() == look.challenge.text.as_bytes() => {
                    return (Found::File(bytes), url);
                }
                Ok(bytes) => {
                    words.push(format!("{url} has {} other bytes", bytes.len()));
                    seen = Some(bytes);
                }
                Err(e) => words.push(e),
            }
        }
        (seen.map_or(Found::Nothing, Found::File), words.join("; "))
    }

    /// The contact that the registry names for a thing.
    async fn contact(&self, asset: &str) -> Result<String, String> {
        let what = What::read(asset).map_err(str::to_owned)?;
        let rdap = &self.settings.rdap;
        let (base, path) = match &what {
            // A registry knows what was registered with it, not what stands below it.
            What::Domain(name) => {
                let registered = psl::domain_str(name).unwrap_or(name);
                (&rdap.domain, format!("domain/{registered}"))
            }
            What::Address(address) => (&rdap.ip, format!("ip/{address}")),
            What::Prefix(prefix) => (&rdap.ip, format!("ip/{prefix}")),
            What::As(number) => (&rdap.autnum, format!("autnum/{number}")),
            _ => return Err("no registry has such a thing".to_owned()),
        };
        let base = base
            .as_deref()
            .ok_or("no registry is set at the office's node")?;
        if !self.settings.closed && !base.starts_with("https://") {
            return Err("the registry's address does not begin with https://".to_owned());
        }
        let url = format!("{}/{path}", base.trim_end_matches('/'));
        let bytes = self.fetched(url.clone(), ANSWER_BYTES_MAX).await?;
        let found = contact(&bytes).map_err(|e| format!("{url}: {}", told(&e)))?;
        found.ok_or_else(|| format!("{url} names no mail address of who holds it"))
    }
}

/// The address with a port behind its host.
fn with_port(place: &str, port: u16) -> String {
    let rest = place.strip_prefix("http://").unwrap_or(place);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    format!("http://{host}:{port}/{path}")
}

/// A round of the office's node: everything that is due for registrations is done once.
pub(crate) async fn round(app: &Shared) {
    match due(app).await {
        Ok(0) => {}
        Ok(looks) => tracing::info!(looks, "claims were looked at"),
        Err(problem) => tracing::warn!(
            code = problem.code.word(),
            detail = problem.detail,
            cause = problem.cause,
            "claims wait"
        ),
    }
}

async fn due(app: &Shared) -> Answer<usize> {
    let away = |e| crate::api::report::no(&e);
    let steps = alert::steps(&*app.store, app.host.seconds()).await;
    let steps = steps.map_err(away)?;
    if steps.is_empty() {
        return Ok(0);
    }
    let settings = app.blocking(|app| settings(&app.folder)).await?;
    let timing = settings.timing();
    let looker = Arc::new(Looker::new(settings));
    let room = Arc::new(Semaphore::new(LOOKS_AT_ONCE));
    let mut all = JoinSet::new();
    for (kept, step) in steps {
        let (app, looker, room) = (Shared::clone(app), Arc::clone(&looker), Arc::clone(&room));
        all.spawn(async move {
            // It is never closed.
            let _seat = room.acquire().await;
            done(&app, &looker, &kept, step, &timing).await
        });
    }
    let mut looks = 0;
    while let Some(one) = all.join_next().await {
        match one {
            Ok(Ok(())) => looks += 1,
            Ok(Err(e)) => tracing::warn!(cause = told(&e), "a claim could not be looked at"),
            Err(e) => tracing::error!(cause = %e, "a look ended"),
        }
    }
    Ok(looks)
}

async fn done(
    app: &Shared,
    looker: &Looker,
    kept: &Written<RegistrationPaper>,
    step: Step,
    timing: &Timing,
) -> Result<(), LiaisonError> {
    let act = || Act {
        owner: "office",
        by: "node",
        at: app.host.seconds(),
    };
    let (found, words) = match step {
        Step::Settle => return alert::settle(&*app.store, act(), kept).await,
        Step::Look(look) => match look.method {
            Method::DnsTxt => looker.records(&look.challenge.place).await,
            Method::HttpFile => looker.file(&look).await,
            // These are not looked for by a machine.
            Method::MailToContact | Method::RegistryPaper => return Ok(()),
        },
        Step::Write(_) if looker.settings.mail.is_none() => {
            nothing("no mail server is set at the office's node")
        }
        Step::Write(_) => match looker.contact(&kept.said.asset).await {
            Ok(contact) => {
                return alert::written_to(&*app.store, act(), kept, &contact, timing).await;
            }
            Err(why) => nothing(why),
        },
    };
    let looked = alert::looked(&*app.store, act(), kept, (&found, &words), timing).await;
    looked.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::with_port;

    #[test]
    fn a_port_stands_behind_the_host() {
        assert_eq!(
            with_port("http://water.example/.well-known/x", 8080),
            "http://water.example:8080/.well-known/x"
        );
        assert_eq!(
            with_port("http://[2001:db8::1]/x", 81),
            "http://[2001:db8::1]:81/x"
        );
    }
}
