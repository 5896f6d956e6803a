//! Values for tests. In: names. Out: people, grants, credentials. Never: a value that two tests share by accident.

use sakimori_store::{
    Case, Change, Clearance, Draft, Machine, Member, Passkey, Person, RoleGrant, Session,
};

/// The time of all tests, 2027-04-01.
pub(crate) const NOW: u64 = 1_806_537_600;

pub(crate) fn person(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        name: format!("Name of {id}"),
        organisation: "office".to_owned(),
        created: NOW,
        ended: None,
    }
}

pub(crate) fn add_person(id: &str) -> Change {
    Change::AddPerson(person(id))
}

pub(crate) fn role(id: &str, person: &str, role: &str) -> RoleGrant {
    RoleGrant {
        id: id.to_owned(),
        person: person.to_owned(),
        role: role.to_owned(),
        by: "admin".to_owned(),
        granted: NOW,
        until: NOW + 100,
        ended: None,
    }
}

pub(crate) fn clearance(id: &str, person: &str, first_by: &str) -> Clearance {
    Clearance {
        id: id.to_owned(),
        person: person.to_owned(),
        classes: vec!["integrated".to_owned(), "selected".to_owned()],
        first_by: first_by.to_owned(),
        first_at: NOW,
        second_by: None,
        second_at: None,
        until: NOW + 100,
        ended: None,
    }
}

pub(crate) fn case(id: &str) -> Case {
    Case {
        id: id.to_owned(),
        title: "what it is about".to_owned(),
        opened: NOW,
        opened_by: "b".to_owned(),
        closed: None,
    }
}

pub(crate) fn member(case: &str, person: &str, added: u64) -> Member {
    Member {
        case: case.to_owned(),
        person: person.to_owned(),
        by: "b".to_owned(),
        added,
        removed: None,
    }
}

pub(crate) fn passkey(credential: &[u8], person: &str) -> Passkey {
    Passkey {
        credential: credential.to_vec(),
        person: person.to_owned(),
        label: "key".to_owned(),
        state: "{}".to_owned(),
        version: 0,
        created: NOW,
        used: None,
        ended: None,
    }
}

pub(crate) fn session(byte: u8, person: &str) -> Session {
    Session {
        hash: [byte; 32],
        person: person.to_owned(),
        method: "passkey".to_owned(),
        created: NOW,
        expires: NOW + 1000,
        idle_expires: NOW + 100,
        ended: None,
    }
}

pub(crate) fn machine(id: &str) -> Machine {
    Machine {
        id: id.to_owned(),
        name: "a collector".to_owned(),
        organisation: "carrier".to_owned(),
        created: NOW,
        ended: None,
    }
}

pub(crate) fn draft(id: &str, version: u64, json: &str) -> Draft {
    Draft {
        id: id.to_owned(),
        owner: "a".to_owned(),
        version,
        json: json.to_owned(),
        by: "a".to_owned(),
        changed: NOW + version,
    }
}

pub(crate) fn outgo(id: &str) -> Change {
    Change::Outgo {
        id: id.to_owned(),
        kind: 4,
        body: format!("body of {id}").into_bytes(),
        created: NOW,
    }
}

pub(crate) fn audit(object: &str) -> Change {
    Change::Audit {
        at: NOW,
        by: "admin".to_owned(),
        act: "try".to_owned(),
        object: object.to_owned(),
        detail: String::new(),
    }
}
