-- What a node shares, schema version 3: objects of collections, byte for byte.

CREATE TABLE stix_collection (
    id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    -- The highest date that was ever given, also to rows that are gone. Whoever writes locks this row first.
    last_added BIGINT,
    -- How many lanes there are.
    lanes BIGINT NOT NULL
);

-- Each type with each set of markings that occurs in a collection: what a caller sees is decided once a lane, and a page is read from the lanes that fit.
CREATE TABLE stix_lane (
    -- The collection's number times 2^32, and a number of its own from 1.
    number BIGINT NOT NULL PRIMARY KEY,
    collection BIGINT NOT NULL,
    kind TEXT NOT NULL,
    markings BLOB NOT NULL,
    -- SHA-256 of the three above.
    digest BLOB NOT NULL UNIQUE
);
CREATE INDEX stix_lane_collection ON stix_lane (collection, number);
CREATE INDEX stix_lane_kind ON stix_lane (kind, collection);

CREATE TABLE stix_object (
    collection BIGINT NOT NULL,
    added BIGINT NOT NULL,
    lane BIGINT NOT NULL,
    size BIGINT NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    spec TEXT NOT NULL,
    digest BLOB NOT NULL,
    refs BLOB NOT NULL,
    -- Last, so that who does not need it does not read over it.
    raw TEXT NOT NULL,
    PRIMARY KEY (collection, added)
);
-- The collection stands last or not at all, so that an engine without statistics does not take it for what narrows most.
CREATE INDEX stix_object_id ON stix_object (id, collection);
CREATE INDEX stix_object_lane ON stix_object (lane, added, size);

CREATE TABLE stix_gone (
    collection BIGINT NOT NULL,
    number BIGINT NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    spec TEXT NOT NULL,
    added BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    PRIMARY KEY (collection, number)
);
