-- Schema version 2: papers, which are what offices, operators and makers tell each other, and the files that belong to them.

-- One version of a paper. Nothing is ever changed or taken away here: a correction is the next version.
CREATE TABLE paper (
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    due BIGINT,
    at BIGINT NOT NULL,
    written_by TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, owner, id, version)
);

-- The newest version of each paper, which is what lists and clocks ask for.
CREATE TABLE paper_head (
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    state TEXT NOT NULL,
    due BIGINT,
    PRIMARY KEY (kind, owner, id)
);
CREATE UNIQUE INDEX paper_head_sequence ON paper_head (kind, sequence);
CREATE INDEX paper_head_owner ON paper_head (kind, owner, sequence);
CREATE INDEX paper_head_due ON paper_head (kind, due) WHERE due IS NOT NULL;

-- A file that came with a paper. It is kept as it came and never looked into.
CREATE TABLE attachment (
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    media TEXT NOT NULL,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, owner, id, hash)
);

INSERT INTO counter (name, value) VALUES ('paper', 0);
