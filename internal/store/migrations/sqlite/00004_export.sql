-- +goose Up
-- A list that was asked for as a file. blob_id is the file of the present run;
-- it is shown when the state is ready, and gone when it is NULL.
CREATE TABLE export (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  person_id INTEGER NOT NULL REFERENCES person (id),
  kind TEXT NOT NULL CHECK (kind IN ('codes', 'examinees')),
  format TEXT NOT NULL CHECK (format IN ('csv', 'xlsx')),
  asked TEXT NOT NULL,
  with_texts INTEGER NOT NULL CHECK (with_texts IN (0, 1)),
  lang TEXT NOT NULL,
  zone TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'stopped')),
  rows_done INTEGER NOT NULL,
  rows_total INTEGER NOT NULL,
  size INTEGER NOT NULL,
  blob_id INTEGER REFERENCES blob (id),
  run INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  begun_at INTEGER,
  beat_at INTEGER,
  finished_at INTEGER,
  kept_until INTEGER,
  error TEXT NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT export_ended CHECK ((state IN ('ready', 'failed', 'stopped')) = (finished_at IS NOT NULL)),
  CONSTRAINT export_kept CHECK ((state = 'ready') = (kept_until IS NOT NULL))
) STRICT;
CREATE INDEX export_account ON export (account_id, id);
CREATE INDEX export_open ON export (account_id) WHERE state IN ('waiting', 'running');
CREATE INDEX export_blob ON export (id) WHERE blob_id IS NOT NULL;
