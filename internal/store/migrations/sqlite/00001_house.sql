-- +goose Up
-- Times are microseconds since 1970 in UTC. Ids are made by the program.
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE node (
  number INTEGER PRIMARY KEY,
  holder TEXT NOT NULL,
  until_us INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('enterprise', 'individual', 'operator')),
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  verified TEXT NOT NULL CHECK (verified IN ('none', 'waiting', 'verified', 'rejected')),
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  role TEXT NOT NULL,
  rights INTEGER NOT NULL,
  lang TEXT NOT NULL,
  theme TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  suspended_at INTEGER,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX person_account ON person (account_id, id);

CREATE TABLE login (
  token BLOB PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  fresh_at INTEGER NOT NULL,
  agent TEXT NOT NULL
) STRICT;
CREATE INDEX login_person ON login (person_id);

CREATE TABLE api_key (
  id INTEGER PRIMARY KEY,
  token BLOB NOT NULL UNIQUE,
  person_id INTEGER NOT NULL REFERENCES person (id),
  account_id INTEGER NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  tail TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX api_key_person ON api_key (person_id, id);

CREATE TABLE rate_limit (
  name TEXT PRIMARY KEY,
  tat INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
  person_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  request BLOB NOT NULL,
  effect INTEGER NOT NULL,
  status INTEGER NOT NULL,
  answer BLOB,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (person_id, name)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE blob (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  mime TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE blob_chunk (
  blob_id INTEGER NOT NULL REFERENCES blob (id),
  part INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (blob_id, part)
) STRICT;

CREATE TABLE verification (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  person_id INTEGER NOT NULL REFERENCES person (id),
  kind TEXT NOT NULL,
  legal_name TEXT NOT NULL,
  registration_number TEXT NOT NULL,
  country TEXT NOT NULL,
  document_kind TEXT NOT NULL,
  document_number BLOB,
  document_id INTEGER REFERENCES blob (id),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'verified', 'rejected')),
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  submitted_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by INTEGER REFERENCES person (id),
  version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX verification_waiting ON verification (account_id) WHERE state = 'waiting';
CREATE INDEX verification_state ON verification (state, id);
CREATE INDEX verification_account ON verification (account_id, id);

CREATE TABLE subject (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name_en TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  about_en TEXT NOT NULL,
  about_zh TEXT NOT NULL,
  price INTEGER NOT NULL CHECK (price > 0),
  currency TEXT NOT NULL,
  exam_types TEXT NOT NULL,
  cancel_cutoff INTEGER NOT NULL,
  no_show TEXT NOT NULL CHECK (no_show IN ('forfeit', 'return')),
  pass_mark INTEGER NOT NULL,
  max_quantity INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  retired_at INTEGER,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  subject_id INTEGER NOT NULL REFERENCES subject (id),
  exam_type TEXT NOT NULL CHECK (exam_type IN ('online', 'test_center')),
  starts_at INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  zone TEXT NOT NULL,
  place TEXT NOT NULL,
  seats INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT session_seats CHECK (taken >= 0 AND taken <= seats)
) STRICT;
CREATE INDEX session_subject ON session (subject_id, starts_at, id);
CREATE INDEX session_start ON session (starts_at, id);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  account_id INTEGER NOT NULL REFERENCES account (id),
  buyer_id INTEGER NOT NULL REFERENCES person (id),
  subject_id INTEGER NOT NULL REFERENCES subject (id),
  quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 100000),
  unit_price INTEGER NOT NULL,
  total INTEGER NOT NULL,
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'paid', 'closed')),
  zone TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  paid_at INTEGER,
  expires_at INTEGER,
  closed_at INTEGER,
  first_code INTEGER,
  version INTEGER NOT NULL,
  UNIQUE (account_id, id),
  CONSTRAINT order_paid CHECK ((state = 'paid') = (paid_at IS NOT NULL AND expires_at IS NOT NULL AND first_code IS NOT NULL))
) STRICT;
CREATE INDEX orders_account_state ON orders (account_id, state, id);
CREATE INDEX orders_pending ON orders (id) WHERE state = 'pending';

CREATE TABLE payment (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  provider TEXT NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('succeeded', 'pending', 'unknown', 'failed')),
  provider_ref TEXT NOT NULL,
  redirect_url TEXT NOT NULL,
  detail TEXT NOT NULL,
  simulate TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  version INTEGER NOT NULL,
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id)
) STRICT;
CREATE UNIQUE INDEX payment_live ON payment (order_id) WHERE state <> 'failed';
CREATE INDEX payment_order ON payment (order_id, id);
CREATE INDEX payment_open ON payment (provider, id) WHERE state IN ('pending', 'unknown');

CREATE TABLE refund (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL UNIQUE,
  account_id INTEGER NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('review', 'refunding', 'refunded', 'failed')),
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  version INTEGER NOT NULL,
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id)
) STRICT;

CREATE TABLE code (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  subject_id INTEGER NOT NULL REFERENCES subject (id),
  state TEXT NOT NULL CHECK (state IN ('unused', 'bound', 'reserved', 'completed', 'refunding', 'refunded', 'expired')),
  price INTEGER NOT NULL,
  currency TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  lookup BLOB NOT NULL UNIQUE,
  sealed BLOB NOT NULL,
  tail TEXT NOT NULL,
  generation INTEGER NOT NULL,
  registration_id INTEGER,
  holder_id INTEGER REFERENCES person (id),
  changed_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (account_id, id),
  FOREIGN KEY (account_id, order_id) REFERENCES orders (account_id, id),
  CONSTRAINT code_held CHECK ((state IN ('bound', 'reserved', 'completed')) = (registration_id IS NOT NULL AND holder_id IS NOT NULL))
) STRICT;
CREATE INDEX code_account_state ON code (account_id, state, id);
CREATE INDEX code_account_subject ON code (account_id, subject_id, id);
CREATE INDEX code_tail ON code (tail, id);

CREATE TABLE retired_text (
  lookup BLOB PRIMARY KEY,
  code_id INTEGER NOT NULL REFERENCES code (id),
  generation INTEGER NOT NULL,
  tail TEXT NOT NULL,
  retired_at INTEGER NOT NULL
) STRICT;
CREATE INDEX retired_text_code ON retired_text (code_id, generation);
CREATE INDEX retired_text_tail ON retired_text (tail);

CREATE TABLE registration (
  id INTEGER PRIMARY KEY,
  code_id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  person_id INTEGER NOT NULL REFERENCES person (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  subject_id INTEGER NOT NULL REFERENCES subject (id),
  exam_type TEXT NOT NULL CHECK (exam_type IN ('online', 'test_center')),
  attempt TEXT NOT NULL CHECK (attempt IN ('first', 'retake')),
  state TEXT NOT NULL CHECK (state IN ('registered', 'reserved', 'completed', 'cancelled')),
  session_id INTEGER REFERENCES session (id),
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  reserved_at INTEGER,
  completed_at INTEGER,
  cancelled_at INTEGER,
  why TEXT NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (account_id, code_id) REFERENCES code (account_id, id),
  CONSTRAINT registration_seat CHECK ((state IN ('reserved', 'completed')) = (session_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX registration_live_code ON registration (code_id) WHERE state <> 'cancelled';
CREATE UNIQUE INDEX registration_live_person ON registration (person_id, subject_id) WHERE state IN ('registered', 'reserved');
CREATE INDEX registration_person ON registration (person_id, id);
CREATE INDEX registration_account ON registration (account_id, id);
CREATE INDEX registration_code ON registration (code_id, id);
CREATE INDEX registration_session ON registration (session_id, id) WHERE session_id IS NOT NULL;

CREATE TABLE result (
  registration_id INTEGER PRIMARY KEY REFERENCES registration (id),
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'absent')),
  score INTEGER,
  sat_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by INTEGER NOT NULL REFERENCES person (id)
) STRICT;

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  object_id INTEGER NOT NULL,
  version INTEGER,
  at INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  registration_id INTEGER,
  actor_id INTEGER,
  channel TEXT NOT NULL,
  key_id INTEGER,
  request TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_object_version ON event (object_id, version);
CREATE INDEX event_account ON event (account_id, id);

CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  account_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  about_id INTEGER NOT NULL,
  about_version INTEGER NOT NULL,
  link TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  read_at INTEGER,
  UNIQUE (person_id, kind, about_id, about_version)
) STRICT;
CREATE INDEX message_person ON message (person_id, id);
CREATE INDEX message_unread ON message (person_id) WHERE read_at IS NULL;

CREATE TABLE owed (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  target_id INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('owed', 'sent', 'superseded', 'cancelled', 'dead')),
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  tries INTEGER NOT NULL,
  detail TEXT NOT NULL,
  UNIQUE (channel, target_id)
) STRICT;
CREATE INDEX owed_open ON owed (id) WHERE state = 'owed';
CREATE INDEX owed_dead ON owed (id) WHERE state = 'dead';
