//! What is generated from the code is what is committed. In: the routes, the codes. Out: verdicts; with `SAKIMORI_BLESS` the files anew. Never: a document that nobody serves.

use sakimori_node::{Role, api, problem};
use std::path::{Path, PathBuf};

fn page(name: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.join("../../docs/reference").join(name)
}

pub(crate) fn check(name: &str, text: &str) {
    let path = page(name);
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{name} is not what the code gives; SAKIMORI_BLESS=1 cargo test -p sakimori-node writes it anew"
    );
}

#[test]
fn the_committed_documents_of_the_interface_are_those_that_are_served() {
    for role in Role::ALL {
        let document = api::document(role);
        let read: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert!(read["openapi"].as_str().unwrap().starts_with("3.1"));
        assert!(read["paths"].as_object().unwrap().len() > 10, "{role}");
        check(&format!("openapi-{role}.json"), &document);
    }
}

#[test]
fn the_committed_table_of_codes_is_that_of_the_code() {
    check("problems.md", &problem::table());
}
