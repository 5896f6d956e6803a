-- What a node keeps, schema version 1. One text for both engines: BIGINT is SQLite's integer, BLOB is read as BYTEA by PostgreSQL.

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT
);

CREATE TABLE role_grant (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    given_by TEXT NOT NULL,
    granted BIGINT NOT NULL,
    until BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX role_grant_person ON role_grant (person);

CREATE TABLE clearance (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    classes TEXT NOT NULL,
    first_by TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    second_by TEXT,
    second_at BIGINT,
    until BIGINT NOT NULL,
    ended BIGINT,
    -- Two different persons, neither of them the subject.
    CHECK (first_by <> person),
    CHECK (second_by IS NULL OR (second_by <> person AND second_by <> first_by))
);
CREATE INDEX clearance_person ON clearance (person);

CREATE TABLE cases (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    opened BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    closed BIGINT
);

CREATE TABLE case_member (
    case_id TEXT NOT NULL REFERENCES cases (id),
    person TEXT NOT NULL REFERENCES person (id),
    added_by TEXT NOT NULL,
    added BIGINT NOT NULL,
    removed BIGINT
);
-- In a case once at a time; who left may come back, and both times stay on record.
CREATE UNIQUE INDEX case_member_once ON case_member (case_id, person) WHERE removed IS NULL;
CREATE INDEX case_member_person ON case_member (person);

CREATE TABLE passkey (
    credential BLOB NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    label TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    used BIGINT,
    ended BIGINT
);
CREATE INDEX passkey_person ON passkey (person);

CREATE TABLE enrolment (
    hash BLOB NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    issued_by TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT
);

CREATE TABLE subject (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    bound_by TEXT NOT NULL,
    bound BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, person)
);

CREATE TABLE session (
    hash BLOB NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    method TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    idle_expires BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX session_person ON session (person);

CREATE TABLE machine (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT
);

CREATE TABLE token (
    id TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    machine TEXT NOT NULL REFERENCES machine (id),
    scopes TEXT NOT NULL,
    issued_by TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX token_machine ON token (machine);

CREATE TABLE certificate (
    fingerprint BLOB NOT NULL PRIMARY KEY,
    machine TEXT NOT NULL REFERENCES machine (id),
    scopes TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX certificate_machine ON certificate (machine);

CREATE TABLE draft (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    version BIGINT NOT NULL,
    json TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX draft_owner ON draft (owner);

CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Numbers that count on: one row each, so that both engines give them without a gap and in order of commit.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('outgoing', 0);
INSERT INTO counter (name, value) VALUES ('audit', 0);

CREATE TABLE outgoing (
    id TEXT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL UNIQUE,
    kind BIGINT NOT NULL,
    body BLOB NOT NULL,
    created BIGINT NOT NULL,
    envelope BLOB,
    stored BLOB,
    leaf BIGINT,
    entered BIGINT
);
CREATE INDEX outgoing_waiting ON outgoing (sequence) WHERE entered IS NULL;

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    done_by TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
);
