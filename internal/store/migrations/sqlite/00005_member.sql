-- +goose Up
-- People are invited to an account, confirm their e-mail and renew a forgotten
-- password by one-time links; an API key ends with the one it was made with.
ALTER TABLE person ADD COLUMN confirmed_at INTEGER;
ALTER TABLE person ADD COLUMN seen_at INTEGER;
UPDATE person SET confirmed_at = created_at;

ALTER TABLE api_key ADD COLUMN parent_id INTEGER REFERENCES api_key (id);
CREATE INDEX api_key_parent ON api_key (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE invitation (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  email TEXT NOT NULL,
  rights INTEGER NOT NULL,
  lang TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'revoked')),
  by_id INTEGER NOT NULL REFERENCES person (id),
  sent_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  settled_at INTEGER,
  person_id INTEGER REFERENCES person (id),
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT invitation_accepted CHECK ((state = 'accepted') = (person_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX invitation_open ON invitation (account_id, email) WHERE state = 'open';
CREATE INDEX invitation_account ON invitation (account_id, id);

CREATE TABLE ticket (
  id INTEGER PRIMARY KEY,
  token BLOB NOT NULL UNIQUE,
  sealed BLOB,
  kind TEXT NOT NULL CHECK (kind IN ('invitation', 'password', 'email')),
  account_id INTEGER NOT NULL REFERENCES account (id),
  person_id INTEGER REFERENCES person (id),
  invitation_id INTEGER REFERENCES invitation (id),
  email TEXT NOT NULL,
  lang TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'used', 'replaced')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CONSTRAINT ticket_about CHECK ((kind = 'invitation') = (invitation_id IS NOT NULL) AND (kind = 'invitation') = (person_id IS NULL))
) STRICT;
CREATE INDEX ticket_person ON ticket (person_id, kind) WHERE person_id IS NOT NULL;
CREATE INDEX ticket_invitation ON ticket (invitation_id) WHERE invitation_id IS NOT NULL;
CREATE INDEX ticket_age ON ticket (expires_at);
