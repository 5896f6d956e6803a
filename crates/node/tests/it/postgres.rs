//! A node whose people are kept in `PostgreSQL`, as `serve --store postgres://…` runs it. In: a server of the test's own. Out: verdicts over a restart. Never: a file of people beside it.

use crate::nation::{Caller, options, people_of};
use sakimori_access::{Access, NewPerson};
use sakimori_control::Host;
use sakimori_node::{Options, Role, start, with_access};
use sakimori_testkit::postgres::Postgres;
use serde_json::json;

#[test]
fn a_node_on_postgresql_finds_its_people_and_sessions_after_a_restart() {
    let test = "a_node_on_postgresql_finds_its_people_and_sessions_after_a_restart";
    let Some(server) = Postgres::start(test) else {
        return;
    };
    let (folder, host) = (tempfile::tempdir().unwrap(), Host::system());
    let options = Options {
        store: Some(server.database()),
        ..options(Role::Operator, folder.path())
    };
    // The first start: an administrator who enters people.
    people_of(&options, &host);
    let role = folder.path().join("operator");
    let running = start(&options, &host).unwrap();
    let mut caller = Caller::stranger(&role, &running.address.to_string());
    assert_eq!(caller.get("/healthz").status, 200);
    assert_eq!(caller.get("/v1/me").code(), "not-signed-in");
    for id in ["admin", "party"] {
        caller.sign_in(Role::Operator, id);
        assert_eq!(caller.get("/v1/me").json()["id"], id);
    }
    let said = caller.post_json("/v1/sign-out", &json!({}));
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(caller.get("/v1/me").code(), "not-signed-in");
    drop(running);

    let running = start(&options, &host).unwrap();
    let mut caller = Caller::stranger(&role, &running.address.to_string());
    caller.sign_in(Role::Operator, "party");
    assert_eq!(caller.get("/v1/me").code(), "not-signed-in", "it has ended");
    caller.sign_in(Role::Operator, "admin");
    assert_eq!(caller.get("/v1/me").json()["id"], "admin");
    drop(running);
    let again = async |access: &Access| {
        let (now, person) = (
            host.seconds(),
            NewPerson {
                id: "second".to_owned(),
                name: "A second first".to_owned(),
                organisation: "operator".to_owned(),
            },
        );
        let until = now.plus(86_400);
        access
            .first_administrator(&person, until, now)
            .await
            .is_err()
    };
    assert!(with_access(&options, &host, again).unwrap());
    assert!(!role.join("store.sqlite").exists());
}
