"""The tables. All times are whole microseconds since 1970; `hub` is the number of a task hub."""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS hubs (key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);

CREATE TABLE IF NOT EXISTS instances (
    key INTEGER PRIMARY KEY AUTOINCREMENT, hub INTEGER NOT NULL, id TEXT NOT NULL,
    name TEXT NOT NULL, version TEXT, status INTEGER NOT NULL, input TEXT, output TEXT, custom_status TEXT,
    failure BLOB, created INTEGER NOT NULL, updated INTEGER NOT NULL, completed INTEGER, scheduled INTEGER,
    execution TEXT NOT NULL,
    generation INTEGER NOT NULL,     -- grows when it continues as new: what an earlier generation began is not its own
    turns INTEGER NOT NULL,          -- how many rows of history there are
    parent INTEGER, parent_generation INTEGER, parent_task INTEGER, tags BLOB, trace BLOB,
    UNIQUE (hub, id));
CREATE INDEX IF NOT EXISTS instances_by_age ON instances (hub, created, key);
CREATE INDEX IF NOT EXISTS instances_by_end ON instances (hub, completed, id) WHERE completed IS NOT NULL;
CREATE INDEX IF NOT EXISTS instances_by_parent ON instances (parent) WHERE parent IS NOT NULL;

CREATE TABLE IF NOT EXISTS history (
    place INTEGER PRIMARY KEY,       -- the instance's key, then 24 bits of the turn's number
    events BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS inbox (
    seq INTEGER PRIMARY KEY, instance INTEGER NOT NULL,
    what TEXT NOT NULL,              -- the name of the event's type
    event BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_by_instance ON inbox (instance, seq);

CREATE TABLE IF NOT EXISTS activities (
    key INTEGER PRIMARY KEY, hub INTEGER NOT NULL, instance INTEGER NOT NULL, generation INTEGER NOT NULL,
    task INTEGER NOT NULL, name TEXT NOT NULL, version TEXT, request BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS activities_by_instance ON activities (instance);

CREATE TABLE IF NOT EXISTS timers (
    key INTEGER PRIMARY KEY, due INTEGER NOT NULL, hub INTEGER NOT NULL,
    instance INTEGER,                -- whose inbox gets the event
    entity TEXT,                     -- or the id of the entity that gets the operation
    what TEXT NOT NULL, event BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS timers_by_due ON timers (due);
CREATE INDEX IF NOT EXISTS timers_by_instance ON timers (instance) WHERE instance IS NOT NULL;

CREATE TABLE IF NOT EXISTS entities (
    key INTEGER PRIMARY KEY AUTOINCREMENT, hub INTEGER NOT NULL, id TEXT NOT NULL, state TEXT,
    modified INTEGER NOT NULL,
    section TEXT,                    -- the critical section that holds the lock
    holder TEXT,                     -- the id of its orchestration
    UNIQUE (hub, id));

CREATE TABLE IF NOT EXISTS operations (
    seq INTEGER PRIMARY KEY, entity INTEGER NOT NULL,
    what TEXT NOT NULL,              -- the name of the event's type: signalled, called, or a request for the lock
    caller INTEGER, generation INTEGER,  -- the orchestration that waits for the answer
    event BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS operations_by_entity ON operations (entity, seq);
"""

OWNED_BY_AN_INSTANCE: Final = ("inbox", "activities", "timers")
"""Tables with a column `instance`; their rows go with it."""
