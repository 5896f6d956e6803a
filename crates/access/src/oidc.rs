//! Sign-in through an `OpenID` provider: authorization code with PKCE, state and nonce. In: the provider's documents and tokens, what the browser brings back.
//! Out: a session of a person who was bound to the subject beforehand. Never: a person made by signing in, a token that another algorithm, issuer, audience or
//! nonce signed for, a token kept.

use crate::ceremonies::Ceremonies;
use crate::limits::{
    PROVIDER_BYTES_MAX, PROVIDER_FRESH_SECONDS, PROVIDER_SECONDS_MAX, SECRET_BYTES_MAX,
};
use crate::people::stale;
use crate::secrets::{hash, same, secret};
use crate::sessions::SignedIn;
use crate::{Access, AccessError, SignInFault};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, http,
};
use sakimori_custody::time::Seconds;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use zeroize::Zeroizing;

/// The cookie that ties a sign-in to the browser that began it. The provider's page sends the browser back from another site, so it is `Lax`.
const COOKIE: &str = "__Host-sakimori-oidc";
/// Where Debian and its relatives keep the certificates that the system trusts.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
/// How far the provider's clock may be ahead, in seconds.
const AHEAD_SECONDS_MAX: u64 = 60;

/// An `OpenID` provider that people may sign in with.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// The issuer, as its documents call it; over TLS, or on loopback.
    pub issuer: String,
    /// This node's client id there.
    pub client: String,
    /// This node's secret there; none for a public client.
    pub secret: Option<Zeroizing<String>>,
    /// Where the provider sends the browser back to.
    pub redirect: String,
    /// Certificates (PEM) to trust; without, those that the system trusts.
    pub roots: Option<Vec<u8>>,
}

/// What a browser needs for the way to the provider.
#[derive(Debug)]
pub struct OidcStart {
    /// Where to go.
    pub url: String,
    /// The `Set-Cookie` header that goes with it.
    pub set_cookie: String,
}

/// What the first step remembers.
struct Begun {
    browser: [u8; 32],
    nonce: Zeroizing<String>,
    verifier: Zeroizing<String>,
}

/// What the provider says of itself, and when it said so.
type Known = Option<(Seconds, Arc<CoreProviderMetadata>)>;

/// The road to one provider.
pub struct Oidc {
    config: OidcConfig,
    agent: ureq::Agent,
    known: Mutex<Known>,
    begun: Ceremonies<Begun>,
}

impl std::fmt::Debug for Oidc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oidc")
            .field("issuer", &self.config.issuer)
            .finish_non_exhaustive()
    }
}

fn told(error: impl std::fmt::Display) -> AccessError {
    SignInFault::Provider(error.to_string()).into()
}

/// An error with all its sources: what a library says is often in the last of them.
fn chain(error: &dyn std::error::Error) -> AccessError {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    told(text)
}

/// Whether a URL is one that secrets may go to: TLS, or this machine.
fn safe(url: &openidconnect::url::Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    }
}

/// Reads certificates that are trusted.
fn roots(pem: &[u8]) -> Result<Vec<Certificate<'static>>, AccessError> {
    let fault = |why: String| AccessError::Config {
        what: "the provider's certificates",
        why,
    };
    let mut roots = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        // A key, or what comes in a later version, is nothing to trust.
        if let PemItem::Certificate(root) = item.map_err(|error| fault(error.to_string()))? {
            roots.push(root);
        }
    }
    if roots.is_empty() {
        return Err(fault("there is none".to_owned()));
    }
    Ok(roots)
}

impl Oidc {
    /// Makes the road ready; the provider is not asked yet.
    ///
    /// # Errors
    /// [`AccessError::Config`] for an issuer without TLS that is not on loopback, and for certificates that cannot be read.
    pub fn new(config: OidcConfig) -> Result<Self, AccessError> {
        let fault = |what: &'static str, why: String| AccessError::Config { what, why };
        let issuer = IssuerUrl::new(config.issuer.clone())
            .map_err(|error| fault("the provider's issuer", error.to_string()))?;
        if !safe(issuer.url()) {
            let why = "only https, or http on loopback".to_owned();
            return Err(fault("the provider's issuer", why));
        }
        RedirectUrl::new(config.redirect.clone())
            .map_err(|error| fault("the way back from the provider", error.to_string()))?;
        let tls = issuer.url().scheme() == "https";
        let roots = match &config.roots {
            Some(pem) => roots(pem)?,
            None if tls => roots(&std::fs::read(SYSTEM_ROOTS).map_err(|error| {
                fault(
                    "the system's certificates",
                    format!("{SYSTEM_ROOTS}: {error}"),
                )
            })?)?,
            None => Vec::new(),
        };
        let tls_config = TlsConfig::builder()
            .root_certs(RootCerts::from(roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(PROVIDER_SECONDS_MAX)))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .https_only(tls)
            .tls_config(tls_config)
            .build();
        Ok(Self {
            config,
            agent: agent.into(),
            known: Mutex::default(),
            begun: Ceremonies::default(),
        })
    }

    /// What the provider says of itself, asked anew where that is older than it may be.
    async fn provider(
        &self,
        age_max: u64,
        now: Seconds,
    ) -> Result<Arc<CoreProviderMetadata>, AccessError> {
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((when, provider)) = known
            && when <= now
            && now.0 - when.0 < age_max
        {
            return Ok(provider);
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(told)?;
        let agent = self.agent.clone();
        let asked =
            move || CoreProviderMetadata::discover(&issuer, &|request| call(&agent, request));
        let provider = tokio::task::spawn_blocking(asked).await.map_err(told)?;
        let provider = Arc::new(provider.map_err(|error| chain(&error))?);
        if !safe(provider.authorization_endpoint().url()) {
            return Err(told("its authorization endpoint is not over TLS"));
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((now, Arc::clone(&provider)));
        Ok(provider)
    }

    /// The first step: where the browser has to go.
    ///
    /// # Errors
    /// [`AccessError::SignIn`] where the provider does not answer as it should.
    pub async fn begin(&self, access: &Access, now: Seconds) -> Result<OidcStart, AccessError> {
        let provider = self.provider(PROVIDER_FRESH_SECONDS, now).await?;
        let random = access.random();
        let state = secret(random, "")?;
        let browser = secret(random, "")?;
        let nonce = secret(random, "")?;
        let verifier = secret(random, "")?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(
            verifier.to_string(),
        ));
        let client = CoreClient::from_provider_metadata(
            CoreProviderMetadata::clone(&provider),
            ClientId::new(self.config.client.clone()),
            None,
        )
        .set_redirect_uri(RedirectUrl::new(self.config.redirect.clone()).map_err(told)?);
        let (sent_state, sent_nonce) = (state.to_string(), nonce.to_string());
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(sent_state),
                move || Nonce::new(sent_nonce),
            )
            .add_scope(Scope::new("openid".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun {
            browser: hash(&browser),
            nonce,
            verifier,
        };
        // Nobody is known yet; each browser counts as one.
        self.begun.begin(hash(&state), &browser, begun, now);
        Ok(OidcStart {
            url: url.to_string(),
            set_cookie: format!(
                "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
                browser.as_str(),
                crate::limits::CEREMONY_SECONDS
            ),
        })
    }

    /// The second step: the browser is back with state and code.
    ///
    /// # Errors
    /// [`AccessError::SignIn`] for a state that this browser did not begin, a code that the provider does not know, a token that does not hold, and a subject
    /// that is bound to nobody; the store's.
    pub async fn finish(
        &self,
        access: &Access,
        (state, code): (&str, &str),
        cookies: &str,
        now: Seconds,
    ) -> Result<SignedIn, AccessError> {
        if state.len() > SECRET_BYTES_MAX || code.len() > SECRET_BYTES_MAX {
            return Err(SignInFault::Ceremony.into());
        }
        let begun = self.begun.take(&hash(state), now);
        let begun = begun.ok_or(SignInFault::Ceremony)?;
        let browser = cookies
            .split(';')
            .filter_map(|part| part.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))
            .ok_or(SignInFault::Ceremony)?;
        if hash(browser) != begun.browser {
            return Err(SignInFault::Ceremony.into());
        }
        // Its keys are asked for anew: a key that was withdrawn counts no more, one that is new does.
        let provider = self.provider(0, now).await?;
        let exchange = Exchange {
            config: self.config.clone(),
            agent: self.agent.clone(),
            provider,
            begun,
            code: code.to_owned(),
            now,
        };
        let subject = tokio::task::spawn_blocking(move || exchange.subject())
            .await
            .map_err(told)??;
        let bound = access
            .store()
            .subject(&self.config.issuer, &subject)
            .await?
            .ok_or(SignInFault::Subject)?;
        let person = access.store().person(&bound.person).await?;
        person
            .filter(|person| person.ended.is_none())
            .ok_or(SignInFault::Person)?;
        let (signed_in, changes) = access.begin_session(&bound.person, "oidc", now).await?;
        access.store().apply(&changes).await.map_err(stale)?;
        Ok(signed_in)
    }
}

/// One exchange of a code for a token, in a thread that may wait.
struct Exchange {
    config: OidcConfig,
    agent: ureq::Agent,
    provider: Arc<CoreProviderMetadata>,
    begun: Begun,
    code: String,
    now: Seconds,
}

impl Exchange {
    /// The subject that the provider vouches for.
    fn subject(self) -> Result<String, AccessError> {
        let secret = self.config.secret.as_ref();
        let client = CoreClient::from_provider_metadata(
            CoreProviderMetadata::clone(&self.provider),
            ClientId::new(self.config.client.clone()),
            secret.map(|secret| ClientSecret::new(secret.to_string())),
        )
        .set_redirect_uri(RedirectUrl::new(self.config.redirect.clone()).map_err(told)?);
        let agent = self.agent.clone();
        let answer = client
            .exchange_code(AuthorizationCode::new(self.code))
            .map_err(told)?
            .set_pkce_verifier(PkceCodeVerifier::new(self.begun.verifier.to_string()))
            .request(&|request| call(&agent, request))
            .map_err(|error| chain(&error))?;
        let token = answer.id_token().ok_or_else(|| told("no ID token"))?;
        // Their type of time is read from our text, so that no library of times is a dependency for one line.
        let now = serde_json::from_value(serde_json::Value::String(self.now.to_string()))
            .map_err(told)?;
        let latest = self.now.plus(AHEAD_SECONDS_MAX).0;
        let expected = self.begun.nonce;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            ])
            .set_time_fn(move || now)
            .set_issue_time_verifier_fn(move |issued| {
                if u64::try_from(issued.timestamp()).is_ok_and(|issued| issued <= latest) {
                    return Ok(());
                }
                Err("it was issued in the future".to_owned())
            });
        let holds = |nonce: Option<&Nonce>| match nonce {
            Some(nonce) if same(nonce.secret(), &expected) => Ok(()),
            _ => Err("the nonce is another".to_owned()),
        };
        let claims = token
            .claims(&verifier, holds)
            .map_err(|error| chain(&error))?;
        Ok(claims.subject().to_string())
    }
}

/// One request to the provider: bounded in time and bytes, no redirect.
fn call(agent: &ureq::Agent, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let answer = agent.run(request)?;
    let (parts, mut body) = answer.into_parts();
    let body = body.with_config().limit(PROVIDER_BYTES_MAX).read_to_vec()?;
    Ok(http::Response::from_parts(parts, body))
}
