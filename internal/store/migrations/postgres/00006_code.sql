-- +goose Up
-- A verb on many codes of a company: confirmed once, done in parts.
CREATE TABLE bulk (
  id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  person_id BIGINT NOT NULL REFERENCES person (id),
  verb TEXT NOT NULL CHECK (verb IN ('unbind', 'regenerate')),
  new_text BIGINT NOT NULL CHECK (new_text IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'done')),
  total BIGINT NOT NULL CHECK (total BETWEEN 1 AND 100000),
  settled BIGINT NOT NULL,
  channel TEXT NOT NULL,
  key_id BIGINT,
  request TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  begun_at BIGINT,
  finished_at BIGINT,
  version BIGINT NOT NULL,
  CONSTRAINT bulk_settled CHECK (settled >= 0 AND settled <= total AND (state <> 'draft' OR settled = 0) AND (state <> 'done' OR settled = total)),
  CONSTRAINT bulk_begun CHECK ((state = 'draft') = (begun_at IS NULL) AND (state = 'done') = (finished_at IS NOT NULL))
);
CREATE INDEX bulk_account ON bulk (account_id, id);
CREATE INDEX bulk_running ON bulk (id) WHERE state = 'running';
CREATE INDEX bulk_draft ON bulk (created_at) WHERE state = 'draft';

-- Its codes, as they were when it was drafted; outcome is empty until each is
-- settled: done, or the reason why it was left alone.
CREATE TABLE bulk_item (
  bulk_id BIGINT NOT NULL REFERENCES bulk (id),
  code_id BIGINT NOT NULL REFERENCES code (id),
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (bulk_id, code_id)
);
CREATE INDEX bulk_item_open ON bulk_item (bulk_id, code_id) WHERE outcome = '';

-- Names are searched inside one account; the index alone answers.
CREATE INDEX registration_account_name ON registration (account_id, name_folded, id);
