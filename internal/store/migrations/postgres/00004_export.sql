-- +goose Up
-- A list that was asked for as a file. blob_id is the file of the present run;
-- it is shown when the state is ready, and gone when it is NULL.
CREATE TABLE export (
  id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  person_id BIGINT NOT NULL REFERENCES person (id),
  kind TEXT NOT NULL CHECK (kind IN ('codes', 'examinees')),
  format TEXT NOT NULL CHECK (format IN ('csv', 'xlsx')),
  asked TEXT NOT NULL,
  with_texts BIGINT NOT NULL CHECK (with_texts IN (0, 1)),
  lang TEXT NOT NULL,
  zone TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'stopped')),
  rows_done BIGINT NOT NULL,
  rows_total BIGINT NOT NULL,
  size BIGINT NOT NULL,
  blob_id BIGINT REFERENCES blob (id),
  run BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  begun_at BIGINT,
  beat_at BIGINT,
  finished_at BIGINT,
  kept_until BIGINT,
  error TEXT NOT NULL,
  version BIGINT NOT NULL,
  CONSTRAINT export_ended CHECK ((state IN ('ready', 'failed', 'stopped')) = (finished_at IS NOT NULL)),
  CONSTRAINT export_kept CHECK ((state = 'ready') = (kept_until IS NOT NULL))
);
CREATE INDEX export_account ON export (account_id, id);
CREATE INDEX export_open ON export (account_id) WHERE state IN ('waiting', 'running');
CREATE INDEX export_blob ON export (id) WHERE blob_id IS NOT NULL;
