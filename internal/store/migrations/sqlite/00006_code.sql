-- +goose Up
-- A verb on many codes of a company: confirmed once, done in parts.
CREATE TABLE bulk (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  person_id INTEGER NOT NULL REFERENCES person (id),
  verb TEXT NOT NULL CHECK (verb IN ('unbind', 'regenerate')),
  new_text INTEGER NOT NULL CHECK (new_text IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'done')),
  total INTEGER NOT NULL CHECK (total BETWEEN 1 AND 100000),
  settled INTEGER NOT NULL,
  channel TEXT NOT NULL,
  key_id INTEGER,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  begun_at INTEGER,
  finished_at INTEGER,
  version INTEGER NOT NULL,
  CONSTRAINT bulk_settled CHECK (settled >= 0 AND settled <= total AND (state <> 'draft' OR settled = 0) AND (state <> 'done' OR settled = total)),
  CONSTRAINT bulk_begun CHECK ((state = 'draft') = (begun_at IS NULL) AND (state = 'done') = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX bulk_account ON bulk (account_id, id);
CREATE INDEX bulk_running ON bulk (id) WHERE state = 'running';
CREATE INDEX bulk_draft ON bulk (created_at) WHERE state = 'draft';

-- Its codes, as they were when it was drafted; outcome is empty until each is
-- settled: done, or the reason why it was left alone.
CREATE TABLE bulk_item (
  bulk_id INTEGER NOT NULL REFERENCES bulk (id),
  code_id INTEGER NOT NULL REFERENCES code (id),
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (bulk_id, code_id)
) STRICT;
CREATE INDEX bulk_item_open ON bulk_item (bulk_id, code_id) WHERE outcome = '';

-- Names are searched inside one account; the index alone answers.
CREATE INDEX registration_account_name ON registration (account_id, name_folded, id);
