-- +goose Up
-- When a promise is due, who holds it while it is tried, and since when it fails.
-- account_id is whose affair it is: turns are taken by account.
ALTER TABLE owed ADD COLUMN account_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE owed ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE owed ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE owed ADD COLUMN failing_at INTEGER;
CREATE INDEX owed_due ON owed (next_at, id) WHERE state = 'owed';

-- A mail server that does not take mail is asked again at next_at and not before.
CREATE TABLE mail_server (
  name TEXT PRIMARY KEY,
  failing_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;

-- Who else is told about an account's affairs: a member, or an address that has
-- no account here and has agreed.
CREATE TABLE receiver (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  person_id INTEGER REFERENCES person (id),
  email TEXT NOT NULL,
  label TEXT NOT NULL,
  lang TEXT NOT NULL,
  categories TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'active', 'removed')),
  asked_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT receiver_one CHECK ((person_id IS NULL) = (email <> ''))
) STRICT;
CREATE UNIQUE INDEX receiver_email ON receiver (account_id, email) WHERE person_id IS NULL AND state <> 'removed';
CREATE UNIQUE INDEX receiver_person ON receiver (person_id) WHERE state <> 'removed';

-- A mail to an address that has no account here.
CREATE TABLE letter (
  id INTEGER PRIMARY KEY,
  receiver_id INTEGER NOT NULL REFERENCES receiver (id),
  kind TEXT NOT NULL,
  about_id INTEGER NOT NULL,
  about_version INTEGER NOT NULL,
  link TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (receiver_id, kind, about_id, about_version)
) STRICT;

-- Categories that a person wants no mail about.
CREATE TABLE mail_off (
  person_id INTEGER NOT NULL REFERENCES person (id),
  category TEXT NOT NULL,
  PRIMARY KEY (person_id, category)
) STRICT;
