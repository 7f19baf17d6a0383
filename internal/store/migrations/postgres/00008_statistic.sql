-- +goose Up
-- What statistics count is found in an index alone: results by company and
-- subject, and when the codes of an order were redeemed and came back.
ALTER TABLE result ADD COLUMN account_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE result ADD COLUMN subject_id BIGINT NOT NULL DEFAULT 0;
UPDATE result SET account_id = g.account_id, subject_id = g.subject_id FROM registration g WHERE g.id = result.registration_id;
CREATE INDEX result_account ON result (account_id, subject_id, outcome, sat_at);
CREATE INDEX registration_order ON registration (account_id, order_id, created_at);
CREATE INDEX registration_cancelled ON registration (account_id, order_id, cancelled_at) WHERE cancelled_at IS NOT NULL;
