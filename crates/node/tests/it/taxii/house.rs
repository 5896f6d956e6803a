//! An office's node with collections, and machines that call it. In: a `taxii.json`. Out: answers. Never: an address beyond loopback.

use crate::nation::{Nation, join, options};
use sakimori_access::{Access, Act, NewCredential, Principal};
use sakimori_control::Host;
use sakimori_control::tls::{Agents, Identity};
use sakimori_node::{Role, Running, start, with_access};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// The media type of TAXII 2.1.
pub(crate) const TAXII: &str = "application/taxii+json;version=2.1";
/// The collection that most tests use, and its path.
pub(crate) const OPEN: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
/// A collection of one reader.
pub(crate) const OWN: &str = "52892447-4d7e-4f70-b94d-d7f22742ff63";
/// ATT&CK's terms of use, which are a marking and say nothing of who may see an object.
pub(crate) const ATTACK_TERMS: &str = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168";

/// A running office.
pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) running: Option<Running>,
    pub(crate) host: Host,
    _commission: Running,
    tokens: BTreeMap<String, String>,
    certificates: BTreeMap<String, tempfile::TempDir>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Said {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Holds an answer to be TAXII's error object with a status.
    pub(crate) fn refused(&self, status: u16) -> &Self {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(self.header("content-type"), Some(TAXII), "{text}");
        let body = self.json();
        assert_eq!(body["http_status"], status.to_string(), "{text}");
        assert!(body["title"].is_string(), "{text}");
        let id = self.header("x-request-id").unwrap();
        assert_eq!(body["error_id"], id, "it is in the log");
        self
    }

    /// Ids of the objects of an envelope or manifest.
    pub(crate) fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text());
        let body = self.json();
        let objects = body["objects"].as_array().cloned().unwrap_or_default();
        let id = |object: &Value| object["id"].as_str().unwrap().to_owned();
        objects.iter().map(id).collect()
    }
}

/// The approval of a supervisor of [`crate::nation`], by which posts are there at once.
pub(crate) fn approved() -> Value {
    json!({"by": "o3", "reason": "a test", "rights": "no party is in it", "until": "2099-01-01T00:00:00Z"})
}

/// What the tests' office shares: machines of an agency that writes, of two operators, and of contractors that see less.
pub(crate) fn plan() -> Value {
    json!({
        "title": "An office",
        "description": "Collections of a test",
        "contact": "desk@office.example",
        "requests_a_minute": 1_000_000,
        "statements": [ATTACK_TERMS],
        "machines": [
            {"id": "writer", "kind": "state-agency", "tlp": "red"},
            {"id": "reader", "kind": "operator", "tlp": "red"},
            {"id": "other", "kind": "operator", "tlp": "red"},
            {"id": "green", "kind": "contractor", "tlp": "green"},
            {"id": "old", "kind": "contractor", "tlp": "red", "tlp1_only": true},
        ],
        "groups": [{"name": "all", "machines": ["writer", "reader", "other", "green", "old"]}],
        "roots": [
            {
                "name": "notices", "title": "Notices", "description": "For everybody", "default": true,
                "collections": [
                    {
                        "id": OPEN, "alias": "open", "title": "Open", "description": "Indicators",
                        "class": "public-notice", "tlp": "red", "read": ["all"], "write": ["writer", "other"], "gate": approved(),
                    },
                    {
                        "id": "64993447-4d7e-4f70-b94d-d7f33742ee63", "title": "A letter box",
                        "class": "public-notice", "tlp": "amber", "read": ["writer"], "write": ["reader"], "gate": approved(),
                    },
                ],
            },
            {
                "name": "own", "title": "One operator's own",
                "collections": [{
                    "id": OWN, "title": "Own", "class": "public-notice", "tlp": "amber", "read": ["reader"], "write": ["writer"], "gate": approved(),
                }],
            },
        ],
    })
}

impl House {
    /// Starts an office with a plan.
    pub(crate) fn start(plan: &Value) -> Self {
        let Nation {
            folder,
            office,
            commission,
            host,
        } = Nation::start();
        office.stop();
        office.wait().unwrap();
        let a = folder.path().join("a");
        let (mut tokens, mut certificates) = (BTreeMap::new(), BTreeMap::new());
        let now = host.seconds();
        let enter = async |access: &Access| {
            let admin = Principal::Person {
                id: "admin".to_owned(),
            };
            let named = plan["machines"].as_array().into_iter().flatten();
            let named = named.filter_map(|machine| machine["id"].as_str());
            for id in named.chain(["unknown"]) {
                let named = (id, "A machine", "an organisation");
                access.add_machine(&admin, named, now).await.unwrap();
                let new = |scopes: &[Act]| NewCredential {
                    machine: id.to_owned(),
                    scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
                    until: now.plus(86_400),
                };
                let both = new(&[Act::ReadShared, Act::WriteShared]);
                let issued = access.issue_token(&admin, &both, now).await.unwrap();
                tokens.insert(id.to_owned(), issued.token.to_string());
                let reads = new(&[Act::ReadShared]);
                let issued = access.issue_token(&admin, &reads, now).await.unwrap();
                tokens.insert(format!("{id} reads"), issued.token.to_string());
            }
            if !tokens.contains_key("reader") {
                return;
            }
            let own = tempfile::tempdir().unwrap();
            let identity = Identity::open(own.path(), &["reader".to_owned()]).unwrap();
            let new = NewCredential {
                machine: "reader".to_owned(),
                scopes: BTreeSet::from([Act::ReadShared]),
                until: now.plus(86_400),
            };
            let der = identity.chain.first().unwrap();
            let added = access.add_certificate(&admin, &new, der, now);
            added.await.unwrap();
            certificates.insert("reader".to_owned(), own);
        };
        with_access(&options(Role::Office, &a), &host, enter).unwrap();
        let mut house = Self {
            folder,
            running: None,
            host,
            _commission: commission,
            tokens,
            certificates,
        };
        house.plan(plan);
        house.again();
        house
    }

    /// Writes the plan.
    pub(crate) fn plan(&self, plan: &Value) {
        std::fs::write(self.office().join("taxii.json"), plan.to_string()).unwrap();
    }

    /// Starts the node, anew where it runs.
    pub(crate) fn again(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
            running.wait().unwrap();
        }
        let options = options(Role::Office, &self.folder.path().join("a"));
        self.running = Some(start(&options, &self.host).unwrap());
    }

    /// Does something with the node's store, beside the node.
    pub(crate) fn beside<T>(&self, work: impl AsyncFnOnce(&Access) -> T) -> T {
        let options = options(Role::Office, &self.folder.path().join("a"));
        with_access(&options, &self.host, work).unwrap()
    }

    /// Takes a member into the council.
    pub(crate) fn seated(&self, member: &str) {
        use sakimori_liaison::council;
        let act = sakimori_liaison::asset::Act {
            owner: member,
            by: member,
            at: self.host.seconds(),
        };
        let office = sakimori_liaison::asset::Act { by: "o2", ..act };
        let consent = sakimori_custody::Recorded::at(1);
        let join = async |access: &Access| {
            let store = &**access.store();
            council::invite(store, office).await.unwrap();
            let kept = council::invitation(store, member).await.unwrap();
            let said = council::answered(store, act, (&kept, "h.abe"), true);
            said.await.unwrap();
            let kept = council::invitation(store, member).await.unwrap();
            let joined = council::join(store, act, &kept, consent);
            joined.await.unwrap();
        };
        self.beside(join);
    }

    /// A person of the office who has signed in.
    pub(crate) fn person(&self, id: &str) -> crate::nation::Caller {
        let address = self.running.as_ref().unwrap().address.to_string();
        let mut person = crate::nation::Caller::stranger(&self.office(), &address);
        person.sign_in(Role::Office, id);
        person
    }

    /// Releases in the log, each with its index.
    pub(crate) fn releases(&self) -> Vec<(u64, Value)> {
        let node = sakimori_control::Node::at(self.folder.path().join("a"));
        crate::uses::entries_of(&node, &[sakimori_custody::entry::EntryType::Release])
    }

    /// The office's folder.
    pub(crate) fn office(&self) -> PathBuf {
        self.folder.path().join("a/office")
    }

    pub(crate) fn port(&self) -> u16 {
        self.running.as_ref().unwrap().address.port()
    }

    /// `https://localhost:port`.
    pub(crate) fn origin(&self) -> String {
        format!("https://localhost:{}", self.port())
    }

    pub(crate) fn token(&self, machine: &str) -> &str {
        &self.tokens[machine]
    }

    /// A machine that calls with a token.
    pub(crate) fn machine(&self, name: &str) -> Machine {
        let mut machine = self.stranger();
        let bearer = format!("Bearer {}", self.token(name));
        machine.head("authorization", &bearer);
        machine
    }

    /// Somebody who shows nothing.
    pub(crate) fn stranger(&self) -> Machine {
        let own = tempfile::tempdir().unwrap();
        Identity::open(own.path(), &["localhost".to_owned()]).unwrap();
        self.caller(
            own.path(),
            &self.running.as_ref().unwrap().address.to_string(),
        )
        .keeping(own)
    }

    /// Somebody who shows the certificate of a machine.
    pub(crate) fn certified(&self, machine: &str) -> Machine {
        let folder = self.certificates[machine].path();
        self.caller(folder, &self.running.as_ref().unwrap().address.to_string())
    }

    /// An agent that knows this office's certificate, of somebody whom the office does not know.
    pub(crate) fn agent(&self) -> ureq::Agent {
        self.stranger().agent
    }

    fn caller(&self, own: &std::path::Path, address: &str) -> Machine {
        join(own, "node", &self.office(), address, &[]);
        let agents = Agents::open(own).unwrap();
        let wait = Duration::from_mins(1);
        let agent = agents.agent(agents.peer("node").unwrap(), wait).unwrap();
        Machine {
            agent,
            url: format!("https://{address}"),
            headers: Vec::new(),
            own: None,
        }
    }
}

/// A machine that calls.
pub(crate) struct Machine {
    agent: ureq::Agent,
    url: String,
    headers: Vec<(String, String)>,
    own: Option<tempfile::TempDir>,
}

impl Machine {
    fn keeping(mut self, own: tempfile::TempDir) -> Self {
        self.own = Some(own);
        self
    }

    /// Shows a field of the head from now on.
    pub(crate) fn head(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// The same with another field.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.push((name.to_owned(), value.to_owned()));
        Self {
            agent: self.agent.clone(),
            url: self.url.clone(),
            headers,
            own: None,
        }
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&[u8]>) -> Said {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = match body {
            Some(body) => {
                let request = request.body(body.to_vec()).unwrap();
                self.agent.run(request)
            }
            None => self.agent.run(request.body(()).unwrap()),
        };
        read(answer.unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Said {
        self.call("GET", path, None)
    }

    pub(crate) fn delete(&self, path: &str) -> Said {
        self.call("DELETE", path, None)
    }

    /// Posts an envelope of objects.
    pub(crate) fn post(&self, path: &str, objects: &[String]) -> Said {
        let body = format!(r#"{{"objects":[{}]}}"#, objects.join(","));
        self.with("content-type", TAXII)
            .call("POST", path, Some(body.as_bytes()))
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Said {
    Said {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer
            .body_mut()
            .with_config()
            .limit(512 << 20)
            .read_to_vec()
            .unwrap(),
    }
}

/// The path of the collection that most tests use.
pub(crate) fn open(rest: &str) -> String {
    format!("/taxii2/notices/collections/{OPEN}/{rest}")
}

/// A small object: number, version in seconds, more members.
pub(crate) fn thing(number: u32, second: u32, more: &str) -> String {
    format!(
        r#"{{"type":"malware","spec_version":"2.1","id":"{}","created":"2016-01-01T00:00:00.000Z","modified":"2016-01-01T00:00:{second:02}.000Z","name":"a","is_family":false{more}}}"#,
        id(number)
    )
}

/// Its id.
pub(crate) fn id(number: u32) -> String {
    format!("malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f")
}

/// A member that marks an object.
pub(crate) fn marked(marking: &str) -> String {
    format!(r#","object_marking_refs":["marking-definition--{marking}"]"#)
}

pub(crate) const GREEN: &str = "bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
pub(crate) const AMBER_STRICT: &str = "939a9414-2ddd-4d32-a0cd-375ea402b003";
pub(crate) const RED: &str = "e828b379-4e03-4974-9ac4-e53a884c97c1";
