-- +goose Up
-- People are invited to an account, confirm their e-mail and renew a forgotten
-- password by one-time links; an API key ends with the one it was made with.
ALTER TABLE person ADD COLUMN confirmed_at BIGINT;
ALTER TABLE person ADD COLUMN seen_at BIGINT;
UPDATE person SET confirmed_at = created_at;

ALTER TABLE api_key ADD COLUMN parent_id BIGINT REFERENCES api_key (id);
CREATE INDEX api_key_parent ON api_key (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE invitation (
  id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  email TEXT NOT NULL,
  rights BIGINT NOT NULL,
  lang TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'revoked')),
  by_id BIGINT NOT NULL REFERENCES person (id),
  sent_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  settled_at BIGINT,
  person_id BIGINT REFERENCES person (id),
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CONSTRAINT invitation_accepted CHECK ((state = 'accepted') = (person_id IS NOT NULL))
);
CREATE UNIQUE INDEX invitation_open ON invitation (account_id, email) WHERE state = 'open';
CREATE INDEX invitation_account ON invitation (account_id, id);

CREATE TABLE ticket (
  id BIGINT PRIMARY KEY,
  token BYTEA NOT NULL UNIQUE,
  sealed BYTEA,
  kind TEXT NOT NULL CHECK (kind IN ('invitation', 'password', 'email')),
  account_id BIGINT NOT NULL REFERENCES account (id),
  person_id BIGINT REFERENCES person (id),
  invitation_id BIGINT REFERENCES invitation (id),
  email TEXT NOT NULL,
  lang TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'used', 'replaced')),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  CONSTRAINT ticket_about CHECK ((kind = 'invitation') = (invitation_id IS NOT NULL) AND (kind = 'invitation') = (person_id IS NULL))
);
CREATE INDEX ticket_person ON ticket (person_id, kind) WHERE person_id IS NOT NULL;
CREATE INDEX ticket_invitation ON ticket (invitation_id) WHERE invitation_id IS NOT NULL;
CREATE INDEX ticket_age ON ticket (expires_at);
