//! `OpenID` Connect: a provider that others wrote, and one that lies. In: codes, states, tokens. Out: sessions of people who were bound beforehand. Never: a person
//! made by signing in.

use crate::fake::{Fake, Lie, Token};
use crate::house::{House, NOW, after, refused, who};
use sakimori_access::limits::CEREMONY_SECONDS;
use sakimori_access::{
    AccessError, Oidc, OidcConfig, OidcStart, Role, Rule, Side, SignInFault, SignedIn,
};
use sakimori_custody::time::Seconds;
use sakimori_testkit::provider::Provider;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

const REDIRECT: &str = "https://office.example:8443/sign-in/oidc";

fn config(issuer: &str) -> OidcConfig {
    OidcConfig {
        issuer: issuer.to_owned(),
        client: "sakimori".to_owned(),
        secret: Some("a secret".to_owned().into()),
        redirect: REDIRECT.to_owned(),
        roots: None,
    }
}

/// The value of a name in a URL's query.
fn query(url: &str, name: &str) -> String {
    let (_, rest) = url.split_once('?').unwrap();
    let found = rest.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    });
    found.unwrap_or_else(|| panic!("no {name} in {url}"))
}

fn cookie(start: &OidcStart) -> String {
    start.set_cookie.split(';').next().unwrap().to_owned()
}

async fn house(issuer: &str, subject: &str) -> House {
    let house = House::run_by_admin(Side::Office).await;
    house.enter("a", Role::Analyst).await;
    house
        .access
        .bind_subject(&who("admin"), "a", (issuer, subject), NOW)
        .await
        .unwrap();
    house
}

#[track_caller]
fn fault(outcome: Result<SignedIn, AccessError>, words: &str) {
    let Err(AccessError::SignIn(why)) = outcome else {
        panic!("{words}: {outcome:?}");
    };
    assert!(why.to_string().contains(words), "{words}: {why}");
}

/// What a person does at the provider: says who, and is sent back. Answers the code.
fn at_provider(url: &str, subject: &str) -> (String, String) {
    let config = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .build();
    let agent: ureq::Agent = config.into();
    let answer = agent.post(url).send_form([("sub", subject)]).unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(back.starts_with(REDIRECT), "{back}");
    (query(&back, "state"), query(&back, "code"))
}

/// The provider that others wrote goes by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "the provider reads the clock")]
fn machine_time() -> Seconds {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Seconds(now.as_secs())
}

#[tokio::test]
async fn a_provider_that_others_wrote_signs_in_who_was_bound_and_nobody_else() {
    let test = "a_provider_that_others_wrote_signs_in_who_was_bound_and_nobody_else";
    let Some(provider) = Provider::start(test) else {
        return;
    };
    let house = house(provider.issuer(), "subject-1").await;
    let oidc = Oidc::new(config(provider.issuer())).unwrap();
    let now = machine_time();
    let start = oidc.begin(&house.access, now).await.unwrap();
    let (state, code) = at_provider(&start.url, "subject-1");
    let browser = cookie(&start);
    let signed_in = oidc
        .finish(&house.access, (&state, &code), &browser, now)
        .await
        .unwrap();
    assert_eq!(signed_in.person, "a");
    let visitor = house.access.visitor(&signed_in.cookie, now).await.unwrap();
    assert_eq!(
        (visitor.person.as_str(), visitor.method.as_str()),
        ("a", "oidc")
    );
    // Replayed.
    let again = oidc
        .finish(&house.access, (&state, &code), &browser, now)
        .await;
    fault(again, "no such ceremony");
    // A code that was used, under a new state.
    let start = oidc.begin(&house.access, now).await.unwrap();
    let state = query(&start.url, "state");
    let again = oidc
        .finish(&house.access, (&state, &code), &cookie(&start), now)
        .await;
    fault(again, "provider");
    // A stranger is known to the provider and nobody here.
    let people = house.store.people("").await.unwrap().len();
    let start = oidc.begin(&house.access, now).await.unwrap();
    let (state, code) = at_provider(&start.url, "stranger");
    let outcome = oidc
        .finish(&house.access, (&state, &code), &cookie(&start), now)
        .await;
    fault(outcome, "nobody here");
    assert_eq!(house.store.people("").await.unwrap().len(), people);
    // Nor is an account that has ended.
    let start = oidc.begin(&house.access, now).await.unwrap();
    let (state, code) = at_provider(&start.url, "subject-1");
    house
        .access
        .end_person(&who("admin"), "a", NOW)
        .await
        .unwrap();
    let outcome = oidc
        .finish(&house.access, (&state, &code), &cookie(&start), now)
        .await;
    fault(outcome, "ended");
}

/// A way to lie.
type Change = fn(&mut Lie);

/// A sign-in at the fake provider with claims that are right but for `change`.
async fn lied_to(
    fake: &Fake,
    oidc: &Oidc,
    house: &House,
    change: impl FnOnce(&mut Lie),
) -> Result<SignedIn, AccessError> {
    *fake.lie.lock().unwrap() = Lie::default();
    let start = oidc.begin(&house.access, NOW).await?;
    let mut lie = Lie {
        claims: json!({
            "iss": fake.issuer, "aud": "sakimori", "sub": "subject-1", "nonce": query(&start.url, "nonce"),
            "iat": NOW.0 - 5, "exp": NOW.0 + 300,
        }),
        ..Lie::default()
    };
    change(&mut lie);
    *fake.lie.lock().unwrap() = lie;
    let state = query(&start.url, "state");
    let (state, browser) = (state, cookie(&start));
    oidc.finish(&house.access, (&state, "code"), &browser, NOW)
        .await
}

#[tokio::test]
async fn a_token_counts_only_as_this_issuer_s_for_this_node_now_and_for_this_sign_in() {
    let fake = Fake::start();
    let house = house(&fake.issuer, "subject-1").await;
    let oidc = Oidc::new(config(&fake.issuer)).unwrap();
    let good = lied_to(&fake, &oidc, &house, |_| {}).await.unwrap();
    assert_eq!(good.person, "a");
    let claims: [(&str, Value); 9] = [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another-client")),
        ("aud", json!(["sakimori", "another-client"])),
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("exp", json!(NOW.0)),
        ("iat", json!(NOW.0 + 3600)),
        ("sub", json!("subject-2")),
        ("sub", Value::Null),
    ];
    for (claim, value) in claims {
        let shown = format!("{claim} {value}");
        let outcome = lied_to(&fake, &oidc, &house, |lie| lie.claims[claim] = value).await;
        assert!(
            matches!(outcome, Err(AccessError::SignIn(_))),
            "{shown}: {outcome:?}"
        );
    }
    let headers = [
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "k1"}),
        json!({"alg": "RS256", "kid": "k1"}),
        json!({"alg": "ES384", "kid": "k1"}),
        json!({"alg": "ES256", "kid": "k2"}),
        json!({}),
    ];
    for header in headers {
        let shown = header.to_string();
        let outcome = lied_to(&fake, &oidc, &house, |lie| lie.header = Some(header)).await;
        assert!(
            matches!(outcome, Err(AccessError::SignIn(_))),
            "{shown}: {outcome:?}"
        );
    }
    let lies: [(&str, Change); 5] = [
        ("signature", |lie| lie.token = Token::Spoiled),
        ("no token", |lie| lie.token = Token::Missing),
        ("too large", |lie| lie.token = Token::Large),
        ("redirect", |lie| lie.token = Token::Elsewhere),
        ("another issuer", |lie| {
            lie.issuer = Some("https://evil.example".to_owned());
        }),
    ];
    for (name, change) in lies {
        let outcome = lied_to(&fake, &oidc, &house, change).await;
        assert!(
            matches!(outcome, Err(AccessError::SignIn(SignInFault::Provider(_)))),
            "{name}: {outcome:?}"
        );
    }
    lied_to(&fake, &oidc, &house, |_| {}).await.unwrap();
}

#[tokio::test]
async fn over_tls_the_provider_s_certificate_is_the_one_that_is_trusted() {
    let (fake, pem) = Fake::over_tls();
    let (_, other) = Fake::over_tls();
    let house = house(&fake.issuer, "subject-1").await;
    let with = |roots| {
        let config = OidcConfig {
            roots,
            ..config(&fake.issuer)
        };
        Oidc::new(config).unwrap()
    };
    let signed_in = lied_to(&fake, &with(Some(pem)), &house, |_| {})
        .await
        .unwrap();
    assert_eq!(signed_in.person, "a");
    let outcome = with(Some(other)).begin(&house.access, NOW).await;
    assert!(matches!(
        outcome,
        Err(AccessError::SignIn(SignInFault::Provider(_)))
    ));
    // Nor do those that the system trusts vouch for it.
    let roots = std::fs::read("/etc/ssl/certs/ca-certificates.crt").ok();
    if let Some(roots) = roots {
        let outcome = with(Some(roots)).begin(&house.access, NOW).await;
        assert!(matches!(
            outcome,
            Err(AccessError::SignIn(SignInFault::Provider(_)))
        ));
        let outcome = with(None).begin(&house.access, NOW).await;
        assert!(matches!(
            outcome,
            Err(AccessError::SignIn(SignInFault::Provider(_)))
        ));
    }
}

#[tokio::test]
async fn a_sign_in_is_tied_to_its_browser_its_state_its_time_and_its_verifier() {
    let fake = Fake::start();
    let house = house(&fake.issuer, "subject-1").await;
    let oidc = Oidc::new(config(&fake.issuer)).unwrap();
    let start = async || oidc.begin(&house.access, NOW).await.unwrap();
    let finish = async |state: &str, cookies: &str, now| {
        oidc.finish(&house.access, (state, "code"), cookies, now)
            .await
    };
    let (one, two) = (start().await, start().await);
    assert!(one.set_cookie.contains("Secure; HttpOnly; SameSite=Lax"));
    // Another browser's state: what a forged link would bring.
    fault(
        finish(&query(&one.url, "state"), &cookie(&two), NOW).await,
        "no such ceremony",
    );
    // It was taken by the attempt.
    fault(
        finish(&query(&one.url, "state"), &cookie(&one), NOW).await,
        "no such ceremony",
    );
    for state in ["", "x", &"x".repeat(1 << 20)] {
        fault(finish(state, &cookie(&two), NOW).await, "no such ceremony");
    }
    fault(
        finish(&query(&two.url, "state"), "", NOW).await,
        "no such ceremony",
    );
    let late = start().await;
    let now = after(CEREMONY_SECONDS + 1);
    fault(
        finish(&query(&late.url, "state"), &cookie(&late), now).await,
        "no such ceremony",
    );
    // PKCE: the verifier that goes to the token endpoint is the one whose hash went with the browser.
    let last = start().await;
    assert_eq!(query(&last.url, "code_challenge_method"), "S256");
    assert_eq!(query(&last.url, "response_type"), "code");
    finish(&query(&last.url, "state"), &cookie(&last), NOW)
        .await
        .unwrap_err();
    let asked = fake.asked.lock().unwrap().clone();
    let verifier = query(&format!("?{asked}"), "code_verifier");
    let digest: [u8; 32] = Sha256::digest(verifier).into();
    assert_eq!(
        crate::authenticator::base64url(&digest),
        query(&last.url, "code_challenge")
    );
}

#[tokio::test]
async fn a_subject_is_bound_to_one_person_and_unbound_at_once() {
    let fake = Fake::start();
    let house = house(&fake.issuer, "subject-1").await;
    house.enter("b", Role::Requester).await;
    let (access, admin) = (&house.access, who("admin"));
    let issuer = fake.issuer.as_str();
    for (person, subject) in [("b", "subject-1"), ("a", "subject-2")] {
        let outcome = access
            .bind_subject(&admin, person, (issuer, subject), NOW)
            .await;
        assert!(
            matches!(outcome, Err(AccessError::Rule(Rule::Shared))),
            "{outcome:?}"
        );
    }
    let oidc = Oidc::new(config(issuer)).unwrap();
    let session = lied_to(&fake, &oidc, &house, |_| {}).await.unwrap();
    access
        .unbind_subject(&admin, (issuer, "subject-1"), NOW)
        .await
        .unwrap();
    refused(access.visitor(&session.cookie, NOW).await, "not signed in");
    fault(lied_to(&fake, &oidc, &house, |_| {}).await, "nobody here");
}

#[tokio::test]
async fn a_provider_without_tls_is_taken_on_loopback_only_and_one_that_is_gone_is_told() {
    for issuer in [
        "http://idp.example",
        "ftp://idp.example",
        "idp",
        "http://127.0.0.1.evil.example",
    ] {
        let outcome = Oidc::new(config(issuer));
        assert!(
            matches!(outcome, Err(AccessError::Config { .. })),
            "{issuer}"
        );
    }
    let unread = "-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n";
    for roots in ["", "no certificate", unread] {
        let mut odd = config("https://idp.example");
        odd.roots = Some(roots.as_bytes().to_vec());
        assert!(Oidc::new(odd).is_err(), "{roots}");
    }
    let house = House::run_by_admin(Side::Office).await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let oidc = Oidc::new(config(&issuer)).unwrap();
    let outcome = oidc.begin(&house.access, NOW).await;
    assert!(matches!(
        outcome,
        Err(AccessError::SignIn(SignInFault::Provider(_)))
    ));
}
