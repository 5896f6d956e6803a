//! Two organisations on loopback. In: nothing. Out: running nodes of office and commission with folders that share nothing, callers with sessions. Never: a clock of its own.

use sakimori_access::{Access, COOKIE, NewPerson, NewRole, Principal, Role as AccessRole};
use sakimori_control::apart::take_commission;
use sakimori_control::setup::{self, Parties};
use sakimori_control::tls::{Agents, Identity, May, Peer, Peers};
use sakimori_control::{Host, Node, keys};
use sakimori_node::{Options, Provider, Role, Running, start, with_access};
use sakimori_store::{Change, Session};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(40);

/// A running office and commission.
pub(crate) struct Nation {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) office: Running,
    pub(crate) commission: Running,
    pub(crate) host: Host,
}

/// The options of a role's node in a folder.
pub(crate) fn options(role: Role, folder: &Path) -> Options {
    Options {
        role,
        node: Node::at(folder),
        listen: ([127, 0, 0, 1], 0).into(),
        store: None,
        name: None,
        provider: None,
    }
}

/// Makes a node of a role known in a role's folder.
pub(crate) fn join(at: &Path, name: &str, of: &Path, address: &str, may: &[May]) {
    let identity = Identity::open(of, &["localhost".to_owned()]).unwrap();
    let url = if address.is_empty() {
        String::new()
    } else {
        format!("https://{address}")
    };
    let peer = Peer {
        name: name.to_owned(),
        url,
        sha256: identity.fingerprint().unwrap().to_string(),
        may: may.to_vec(),
    };
    Peers::join(at, peer).unwrap();
}

impl Nation {
    /// Makes and starts both.
    pub(crate) fn start() -> Self {
        Self::signing_in_by(None)
    }

    /// As [`Nation::start`]; the commission's member `m2` may sign in by a provider too.
    pub(crate) fn signing_in_by(provider: Option<Provider>) -> Self {
        Self::with(provider, Host::system(), |_| ())
    }

    /// As [`Nation::signing_in_by`], with another clock, and with something that is done in the office's node folder before it starts.
    pub(crate) fn with(
        provider: Option<Provider>,
        host: Host,
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        let office = Node::at(&a);
        let sensors = vec!["s-01".parse().unwrap()];
        setup::create(&office, &Parties::example(sensors), &host).unwrap();
        take_commission(&office, &Node::at(&b)).unwrap();
        let (at_office, at_commission) = (a.join("office"), b.join("commission"));
        let calls = [May::Mirror, May::Read, May::Lease, May::Share];
        join(&at_commission, "office", &at_office, "", &calls);
        people(Role::Commission, &b, &host);
        people(Role::Office, &a, &host);
        prepare(&a);
        if let Some(provider) = &provider {
            bind(&b, &host, provider);
        }
        let with_provider = Options {
            provider,
            ..options(Role::Commission, &b)
        };
        let commission = start(&with_provider, &host).unwrap();
        let address = commission.address.to_string();
        let calls = [May::Entries, May::Read];
        join(&at_office, "commission", &at_commission, &address, &calls);
        let running = start(&options(Role::Office, &a), &host).unwrap();
        let address = running.address.to_string();
        let calls = [May::Mirror, May::Read, May::Lease, May::Share];
        join(&at_commission, "office", &at_office, &address, &calls);
        Self {
            folder,
            office: running,
            commission,
            host,
        }
    }

    /// The folder of a role.
    pub(crate) fn role(&self, role: Role) -> PathBuf {
        let name = if role == Role::Office { "a" } else { "b" };
        self.folder.path().join(name).join(role.word())
    }

    /// The office's node folder.
    pub(crate) fn office_node(&self) -> Node {
        Node::at(self.folder.path().join("a"))
    }

    /// Signs a text with keys of members.
    pub(crate) fn signed(&self, text: &str, members: &[&str]) -> Note {
        let members: Vec<_> = members
            .iter()
            .map(|m| {
                let path = self.role(Role::Commission).join(format!("members/{m}.key"));
                keys::read(&path).unwrap()
            })
            .collect();
        Note::sign(text, &members.iter().collect::<Vec<_>>(), 0).unwrap()
    }

    /// A caller of a role's node, signed in as a person.
    pub(crate) fn person(&self, role: Role, id: &str) -> Caller {
        let address = match role {
            Role::Office => self.office.address,
            _ => self.commission.address,
        };
        let mut caller = Caller::stranger(&self.role(role), &address.to_string());
        caller.sign_in(role, id);
        caller
    }

    /// Gives a person a new session, as a sign-in does; answers a caller with it.
    pub(crate) fn again(&self, role: Role, id: &str) -> Caller {
        let (word, now) = (format!("again-{}", cookie(role, id)), self.host.seconds());
        let until = now.plus(3600).0;
        let session = Change::AddSession(Session {
            hash: Sha256::digest(&word).into(),
            person: id.to_owned(),
            method: "passkey".to_owned(),
            created: now.0,
            expires: until,
            idle_expires: until,
            ended: None,
        });
        let folder = self.role(role);
        let options = options(role, folder.parent().unwrap());
        let enter = async |access: &Access| access.store().apply(&[session]).await.unwrap();
        with_access(&options, &self.host, enter).unwrap();
        let mut caller = self.person(role, id);
        caller.cookie = Some(format!("{COOKIE}={word}"));
        caller
    }

    /// A caller who shows nothing that the node knows.
    pub(crate) fn stranger(&self, role: Role) -> Caller {
        let mut caller = self.person(role, "nobody");
        caller.cookie = None;
        caller
    }
}

fn bind(folder: &Path, host: &Host, provider: &Provider) {
    let bind = async |access: &Access| {
        let by = Principal::Person {
            id: "admin".to_owned(),
        };
        let subject = (provider.issuer.as_str(), "subject-of-m2");
        let bound = access.bind_subject(&by, "m2", subject, host.seconds());
        bound.await.unwrap();
    };
    with_access(&options(Role::Commission, folder), host, bind).unwrap();
}

/// The value of a person's cookie in these tests; the store has its hash.
fn cookie(role: Role, id: &str) -> String {
    format!("test-session-of-{id}-at-the-{role}")
}

/// People with roles and sessions, entered before the node starts.
pub(crate) fn people(role: Role, folder: &Path, host: &Host) {
    people_of(&options(role, folder), host);
}

/// The same, wherever the node keeps its people.
pub(crate) fn people_of(options: &Options, host: &Host) {
    use AccessRole as R;
    let role = options.role;
    let people: &[(&str, R)] = match role {
        Role::Office => &[
            ("o1", R::Requester),
            ("o2", R::LegalOfficer),
            ("o3", R::Supervisor),
        ],
        Role::Commission => &[
            ("m1", R::Chair),
            ("m2", R::Member),
            ("m3", R::Member),
            ("clerk", R::Secretariat),
            ("i1", R::Inspector),
        ],
        Role::Operator => &[("party", R::OperatorUser)],
    };
    let now = host.seconds();
    let enter = async |access: &Access| {
        let person = |id: &str| NewPerson {
            id: id.to_owned(),
            name: format!("Person {id}"),
            organisation: role.word().to_owned(),
        };
        let until = now.plus(86_400);
        let admin = person("admin");
        access
            .first_administrator(&admin, until, now)
            .await
            .unwrap();
        let by = Principal::Person {
            id: "admin".to_owned(),
        };
        for (id, role) in people {
            access.add_person(&by, &person(id), now).await.unwrap();
            let grant = NewRole {
                person: (*id).to_owned(),
                role: *role,
                until,
            };
            access.grant_role(&by, &grant, now).await.unwrap();
        }
        // Somebody who is given what an analyst needs in the tests themselves.
        access.add_person(&by, &person("a1"), now).await.unwrap();
        for id in people.iter().map(|(id, _)| *id).chain(["admin", "a1"]) {
            let session = Change::AddSession(Session {
                hash: Sha256::digest(cookie(role, id)).into(),
                person: id.to_owned(),
                method: "passkey".to_owned(),
                created: now.0,
                expires: until.0,
                idle_expires: until.0,
                ended: None,
            });
            access.store().apply(&[session]).await.unwrap();
        }
    };
    with_access(options, host, enter).unwrap();
}

/// Who calls a node.
pub(crate) struct Caller {
    agent: ureq::Agent,
    url: String,
    pub(crate) cookie: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    _own: tempfile::TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The problem's code, where the answer is one.
    pub(crate) fn code_or_none(&self) -> Option<String> {
        self.json()["code"].as_str().map(str::to_owned)
    }

    /// The problem's code; an answer without one fails the test.
    pub(crate) fn code(&self) -> String {
        self.code_or_none()
            .unwrap_or_else(|| panic!("no problem: {} {}", self.status, self.text()))
    }
}

impl Caller {
    /// A caller with a certificate that nobody knows, who pins the node's.
    pub(crate) fn stranger(role_folder: &Path, address: &str) -> Self {
        let own = tempfile::tempdir().unwrap();
        Identity::open(own.path(), &["localhost".to_owned()]).unwrap();
        join(own.path(), "node", role_folder, address, &[]);
        Self::with(own, address)
    }

    /// A node that a node knows under a name, with leave for some calls.
    pub(crate) fn peer(role_folder: &Path, address: &str, name: &str, may: &[May]) -> Self {
        let own = tempfile::tempdir().unwrap();
        Identity::open(own.path(), &["localhost".to_owned()]).unwrap();
        join(own.path(), "node", role_folder, address, &[]);
        join(role_folder, name, own.path(), "", may);
        Self::with(own, address)
    }

    fn with(own: tempfile::TempDir, address: &str) -> Self {
        let agents = Agents::open(own.path()).unwrap();
        let agent = agents.agent(agents.peer("node").unwrap(), WAIT).unwrap();
        Self {
            agent,
            url: format!("https://{address}"),
            cookie: None,
            headers: Vec::new(),
            _own: own,
        }
    }

    /// Shows the cookie of a person's session from now on.
    pub(crate) fn sign_in(&mut self, role: Role, id: &str) {
        self.cookie = Some(format!("{COOKIE}={}", cookie(role, id)));
    }

    pub(crate) fn get(&self, path: &str) -> Said {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        read(request.call().unwrap())
    }

    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Said {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        request = request.header("content-type", kind);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        read(request.send(body).unwrap())
    }

    /// Posts a JSON body whose parts come as they come; nothing where the connection ended before its answer.
    pub(crate) fn try_post_late(&self, path: &str, mut body: impl std::io::Read) -> Option<Said> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json");
        let sent = request.send(ureq::SendBody::from_reader(&mut body));
        sent.ok().map(read)
    }

    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Said {
        self.post(path, "application/json", body.to_string().as_bytes())
    }

    pub(crate) fn put(&self, path: &str, kind: &str, body: &[u8]) -> Said {
        let mut request = self.agent.put(format!("{}{path}", self.url));
        request = request.header("content-type", kind);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        read(request.send(body).unwrap())
    }

    pub(crate) fn put_json(&self, path: &str, body: &Value) -> Said {
        self.put(path, "application/json", body.to_string().as_bytes())
    }

    pub(crate) fn post_note(&self, path: &str, note: &Note) -> Said {
        self.post(path, "text/plain; charset=utf-8", &note.to_bytes())
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Said {
    Said {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer.body_mut().read_to_vec().unwrap(),
    }
}

/// A pack of two conditions.
pub(crate) const PACK: &str = "sakimori/pack/v1\nid: test-1\nissued: 2026-11-01T00:00:00Z\npurpose: signs of attack in border-crossing traffic\nselector: 1 address 198.51.100.7\nselector: 2 prefix 203.0.113.0/24\n";

/// A request that is whole.
pub(crate) fn request(host: &Host) -> Value {
    json!({
        "kind": "acquisition",
        "basis": "act42-32",
        "not_after": host.seconds().plus(30 * 86_400).to_string(),
        "sensors": ["s-01"],
        "directions": ["out-in"],
        "match_ppm": 200,
        "day_records": 10_000,
        "keep_days": 30,
        "facts": "A relay abroad is used against a port authority.",
        "necessity": "The relay's owner cannot be found otherwise.",
        "alternatives": "The operator's own records were asked for and hold no addresses.",
        "expected_share_ppm": 120,
        "rights": "Only traffic with the two places abroad that the pack names.",
        "pack": PACK,
    })
}
