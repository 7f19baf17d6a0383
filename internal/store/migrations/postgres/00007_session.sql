-- +goose Up
-- Sessions can be closed for new reservations and cancelled; nobody holds a
-- seat in a cancelled one. Corrected results keep their earlier versions.
ALTER TABLE session ADD COLUMN closed_at BIGINT;
ALTER TABLE session ADD COLUMN cancelled_at BIGINT CONSTRAINT session_vacated CHECK (cancelled_at IS NULL OR taken = 0);
ALTER TABLE session ADD COLUMN why TEXT NOT NULL DEFAULT '';

ALTER TABLE result ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE result ADD COLUMN why TEXT NOT NULL DEFAULT '';

CREATE TABLE result_version (
  registration_id BIGINT NOT NULL REFERENCES registration (id),
  version BIGINT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'absent')),
  score BIGINT,
  sat_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by BIGINT NOT NULL REFERENCES person (id),
  why TEXT NOT NULL,
  PRIMARY KEY (registration_id, version)
);

CREATE TABLE result_file (
  id BIGINT PRIMARY KEY,
  session_id BIGINT REFERENCES session (id),
  person_id BIGINT NOT NULL REFERENCES person (id),
  name TEXT NOT NULL,
  content BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX result_file_age ON result_file (created_at);

CREATE INDEX registration_waits ON registration (session_id) WHERE state = 'reserved';
