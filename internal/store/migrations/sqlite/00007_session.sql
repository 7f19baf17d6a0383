-- +goose Up
-- Sessions can be closed for new reservations and cancelled; nobody holds a
-- seat in a cancelled one. Corrected results keep their earlier versions.
ALTER TABLE session ADD COLUMN closed_at INTEGER;
ALTER TABLE session ADD COLUMN cancelled_at INTEGER CONSTRAINT session_vacated CHECK (cancelled_at IS NULL OR taken = 0);
ALTER TABLE session ADD COLUMN why TEXT NOT NULL DEFAULT '';

ALTER TABLE result ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE result ADD COLUMN why TEXT NOT NULL DEFAULT '';

CREATE TABLE result_version (
  registration_id INTEGER NOT NULL REFERENCES registration (id),
  version INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'absent')),
  score INTEGER,
  sat_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by INTEGER NOT NULL REFERENCES person (id),
  why TEXT NOT NULL,
  PRIMARY KEY (registration_id, version)
) STRICT;

CREATE TABLE result_file (
  id INTEGER PRIMARY KEY,
  session_id INTEGER REFERENCES session (id),
  person_id INTEGER NOT NULL REFERENCES person (id),
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX result_file_age ON result_file (created_at);

CREATE INDEX registration_waits ON registration (session_id) WHERE state = 'reserved';
