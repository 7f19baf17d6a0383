-- +goose Up
-- Times are microseconds since 1970 in UTC. Ids are made by the program.
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE node (
  number BIGINT PRIMARY KEY,
  holder TEXT NOT NULL,
  until_us BIGINT NOT NULL
);

CREATE TABLE account (
  id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('enterprise', 'individual', 'operator')),
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  verified TEXT NOT NULL CHECK (verified IN ('none', 'waiting', 'verified', 'rejected')),
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE TABLE person (
  id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  role TEXT NOT NULL,
  rights BIGINT NOT NULL,
  lang TEXT NOT NULL,
  theme TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  suspended_at BIGINT,
  version BIGINT NOT NULL
);
CREATE INDEX person_account ON person (account_id, id);

CREATE TABLE login (
  token BYTEA PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES person (id),
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  fresh_at BIGINT NOT NULL,
  agent TEXT NOT NULL
);
CREATE INDEX login_person ON login (person_id);

CREATE TABLE api_key (
  id BIGINT PRIMARY KEY,
  token BYTEA NOT NULL UNIQUE,
  person_id BIGINT NOT NULL REFERENCES person (id),
  account_id BIGINT NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  tail TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX api_key_person ON api_key (person_id, id);

CREATE TABLE rate_limit (
  name TEXT PRIMARY KEY,
  tat BIGINT NOT NULL
);

CREATE TABLE idempotency (
  person_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  request BYTEA NOT NULL,
  effect BIGINT NOT NULL,
  status BIGINT NOT NULL,
  answer BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, name)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE blob (
  id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  mime TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE blob_chunk (
  blob_id BIGINT NOT NULL REFERENCES blob (id),
  part BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (blob_id, part)
);

CREATE TABLE verification (
  id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  person_id BIGINT NOT NULL REFERENCES person (id),
  kind TEXT NOT NULL,
  legal_name TEXT NOT NULL,
  registration_number TEXT NOT NULL,
  country TEXT NOT NULL,
  document_kind TEXT NOT NULL,
  document_number BYTEA,
  document_id BIGINT REFERENCES blob (id),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'verified', 'rejected')),
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  submitted_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by BIGINT REFERENCES person (id),
  version BIGINT NOT NULL
);
CREATE UNIQUE INDEX verification_waiting ON verification (account_id) WHERE state = 'waiting';
CREATE INDEX verification_state ON verification (state, id);
CREATE INDEX verification_account ON verification (account_id, id);

CREATE TABLE subject (
  id BIGINT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name_en TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  about_en TEXT NOT NULL,
  about_zh TEXT NOT NULL,
  price BIGINT NOT NULL CHECK (price > 0),
  currency TEXT NOT NULL,
  exam_types TEXT NOT NULL,
  cancel_cutoff BIGINT NOT NULL,
  no_show TEXT NOT NULL CHECK (no_show IN ('forfeit', 'return')),
  pass_mark BIGINT NOT NULL,
  max_quantity BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  retired_at BIGINT,
  version BIGINT NOT NULL
);

CREATE TABLE session (
  id BIGINT PRIMARY KEY,
  subject_id BIGINT NOT NULL REFERENCES subject (id),
  exam_type TEXT NOT NULL CHECK (exam_type IN ('online', 'test_center')),
  starts_at BIGINT NOT NULL,
  minutes BIGINT NOT NULL,
  zone TEXT NOT NULL,
  place TEXT NOT NULL,
  seats BIGINT NOT NULL,
  taken BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CONSTRAINT session_seats CHECK (taken >= 0 AND taken <= seats)
);
CREATE INDEX session_subject ON session (subject_id, starts_at, id);
CREATE INDEX session_start ON session (starts_at, id);

CREATE TABLE orders (
  id BIGINT PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  account_id BIGINT NOT NULL REFERENCES account (id),
  buyer_id BIGINT NOT NULL REFERENCES person (id),
  subject_id BIGINT NOT NULL REFERENCES subject (id),
  quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 100000),
  unit_price BIGINT NOT NULL,
  total BIGINT NOT NULL,
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'paid', 'closed')),
  zone TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  paid_at BIGINT,
  expires_at BIGINT,
  closed_at BIGINT,
  first_code BIGINT,
  version BIGINT NOT NULL,
  UNIQUE (account_id, id),
  CONSTRAINT order_paid CHECK ((state = 'paid') = (paid_at IS NOT NULL AND expires_at IS NOT NULL AND first_code IS NOT NULL))
);
CREATE INDEX orders_account_state ON orders (account_id, state, id);
CREATE INDEX orders_pending ON orders (id) WHERE state = 'pending';

CREATE TABLE payment (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  provider TEXT NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('succeeded', 'pending', 'unknown', 'failed')),
  provider_ref TEXT NOT NULL,
  redirect_url TEXT NOT NULL,
  detail TEXT NOT NULL,
  simulate TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  settled_at BIGINT,
  version BIGINT NOT NULL,
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id)
);
CREATE UNIQUE INDEX payment_live ON payment (order_id) WHERE state <> 'failed';
CREATE INDEX payment_order ON payment (order_id, id);
CREATE INDEX payment_open ON payment (provider, id) WHERE state IN ('pending', 'unknown');

CREATE TABLE refund (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL UNIQUE,
  account_id BIGINT NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('review', 'refunding', 'refunded', 'failed')),
  created_at BIGINT NOT NULL,
  settled_at BIGINT,
  version BIGINT NOT NULL,
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id)
);

CREATE TABLE code (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  subject_id BIGINT NOT NULL REFERENCES subject (id),
  state TEXT NOT NULL CHECK (state IN ('unused', 'bound', 'reserved', 'completed', 'refunding', 'refunded', 'expired')),
  price BIGINT NOT NULL,
  currency TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  lookup BYTEA NOT NULL UNIQUE,
  sealed BYTEA NOT NULL,
  tail TEXT NOT NULL,
  generation BIGINT NOT NULL,
  registration_id BIGINT,
  holder_id BIGINT REFERENCES person (id),
  changed_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE (account_id, id),
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id),
  CONSTRAINT code_held CHECK ((state IN ('bound', 'reserved', 'completed')) = (registration_id IS NOT NULL AND holder_id IS NOT NULL))
);
CREATE INDEX code_account_state ON code (account_id, state, id);
CREATE INDEX code_account_subject ON code (account_id, subject_id, id);
CREATE INDEX code_tail ON code (tail, id);

CREATE TABLE retired_text (
  lookup BYTEA PRIMARY KEY,
  code_id BIGINT NOT NULL REFERENCES code (id),
  generation BIGINT NOT NULL,
  tail TEXT NOT NULL,
  retired_at BIGINT NOT NULL
);
CREATE INDEX retired_text_code ON retired_text (code_id, generation);
CREATE INDEX retired_text_tail ON retired_text (tail);

CREATE TABLE registration (
  id BIGINT PRIMARY KEY,
  code_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES person (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  subject_id BIGINT NOT NULL REFERENCES subject (id),
  exam_type TEXT NOT NULL CHECK (exam_type IN ('online', 'test_center')),
  attempt TEXT NOT NULL CHECK (attempt IN ('first', 'retake')),
  state TEXT NOT NULL CHECK (state IN ('registered', 'reserved', 'completed', 'cancelled')),
  session_id BIGINT REFERENCES session (id),
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  reserved_at BIGINT,
  completed_at BIGINT,
  cancelled_at BIGINT,
  why TEXT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (account_id, code_id) REFERENCES code (account_id, id),
  CONSTRAINT registration_seat CHECK ((state IN ('reserved', 'completed')) = (session_id IS NOT NULL))
);
CREATE UNIQUE INDEX registration_live_code ON registration (code_id) WHERE state <> 'cancelled';
CREATE UNIQUE INDEX registration_live_person ON registration (person_id, subject_id) WHERE state IN ('registered', 'reserved');
CREATE INDEX registration_person ON registration (person_id, id);
CREATE INDEX registration_account ON registration (account_id, id);
CREATE INDEX registration_code ON registration (code_id, id);
CREATE INDEX registration_session ON registration (session_id, id) WHERE session_id IS NOT NULL;

CREATE TABLE result (
  registration_id BIGINT PRIMARY KEY REFERENCES registration (id),
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'absent')),
  score BIGINT,
  sat_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by BIGINT NOT NULL REFERENCES person (id)
);

CREATE TABLE event (
  id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  object_id BIGINT NOT NULL,
  version BIGINT,
  at BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  registration_id BIGINT,
  actor_id BIGINT,
  channel TEXT NOT NULL,
  key_id BIGINT,
  request TEXT NOT NULL,
  data TEXT NOT NULL
);
CREATE UNIQUE INDEX event_object_version ON event (object_id, version);
CREATE INDEX event_account ON event (account_id, id);

CREATE TABLE message (
  id BIGINT PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES person (id),
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  about_id BIGINT NOT NULL,
  about_version BIGINT NOT NULL,
  link TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT,
  UNIQUE (person_id, kind, about_id, about_version)
);
CREATE INDEX message_person ON message (person_id, id);
CREATE INDEX message_unread ON message (person_id) WHERE read_at IS NULL;

CREATE TABLE owed (
  id BIGINT PRIMARY KEY,
  channel TEXT NOT NULL,
  target_id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('owed', 'sent', 'superseded', 'cancelled', 'dead')),
  created_at BIGINT NOT NULL,
  settled_at BIGINT,
  tries BIGINT NOT NULL,
  detail TEXT NOT NULL,
  UNIQUE (channel, target_id)
);
CREATE INDEX owed_open ON owed (id) WHERE state = 'owed';
CREATE INDEX owed_dead ON owed (id) WHERE state = 'dead';
