-- +goose Up
-- What pages count is kept beside the rows, in the transaction that changes them;
-- a slot is one of several rows of the same thing, so that writers need not wait
-- for each other. The numbers are the sums of the slots.

-- The codes of a paid order by stored state.
CREATE TABLE stock (
  account_id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  unused INTEGER NOT NULL,
  bound INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  refunding INTEGER NOT NULL,
  refunded INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  PRIMARY KEY (account_id, order_id, slot)
) WITHOUT ROWID, STRICT;
INSERT INTO stock (account_id, order_id, slot, unused, bound, reserved, completed, refunding, refunded, expired)
SELECT c.account_id, c.order_id, 0, COUNT(*) FILTER (WHERE c.state = 'unused'), COUNT(*) FILTER (WHERE c.state = 'bound'),
COUNT(*) FILTER (WHERE c.state = 'reserved'), COUNT(*) FILTER (WHERE c.state = 'completed'), COUNT(*) FILTER (WHERE c.state = 'refunding'),
COUNT(*) FILTER (WHERE c.state = 'refunded'), COUNT(*) FILTER (WHERE c.state = 'expired') FROM code c GROUP BY c.account_id, c.order_id;

-- How many codes of an order were redeemed on a day (UTC, days since 1970), and
-- how many came back before the order's end.
CREATE TABLE flow (
  account_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  went INTEGER NOT NULL,
  came INTEGER NOT NULL,
  PRIMARY KEY (account_id, day, order_id, slot)
) WITHOUT ROWID, STRICT;
INSERT INTO flow (account_id, day, order_id, slot, went, came)
SELECT x.account_id, x.day, x.order_id, 0, SUM(x.went), SUM(x.came) FROM (
SELECT g.account_id AS account_id, g.created_at / 86400000000 AS day, g.order_id AS order_id, 1 AS went, 0 AS came FROM registration g
UNION ALL SELECT g.account_id, g.cancelled_at / 86400000000, g.order_id, 0, 1 FROM registration g WHERE g.cancelled_at IS NOT NULL AND g.cancelled_at < g.expires_at) x
GROUP BY x.account_id, x.day, x.order_id;

-- The results of a company's examinees by the instant of the exam.
CREATE TABLE outcome (
  account_id INTEGER NOT NULL,
  sat_at INTEGER NOT NULL,
  subject_id INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  absent INTEGER NOT NULL,
  PRIMARY KEY (account_id, sat_at, subject_id)
) WITHOUT ROWID, STRICT;
INSERT INTO outcome (account_id, sat_at, subject_id, passed, failed, absent)
SELECT t.account_id, t.sat_at, t.subject_id, COUNT(*) FILTER (WHERE t.outcome = 'passed'), COUNT(*) FILTER (WHERE t.outcome = 'failed'),
COUNT(*) FILTER (WHERE t.outcome = 'absent') FROM result t GROUP BY t.account_id, t.sat_at, t.subject_id;

-- Lists that had to be searched or sorted. None of these changes when a code is
-- redeemed: the trail's indexes leave out what happens to codes.
CREATE INDEX orders_account_code ON orders (account_id, first_code) WHERE first_code IS NOT NULL;
CREATE INDEX orders_account_subject ON orders (account_id, subject_id, id);
CREATE INDEX orders_account_shown ON orders (account_id, expires_at, state);
CREATE INDEX orders_subject ON orders (subject_id, quantity) WHERE state = 'paid';
CREATE INDEX bulk_item_outcome ON bulk_item (bulk_id, outcome, code_id);
CREATE INDEX event_kind ON event (kind, id) WHERE kind < 'code.' OR kind >= 'code/';
CREATE INDEX event_account_kind ON event (account_id, kind, id) WHERE kind < 'code.' OR kind >= 'code/';
CREATE INDEX message_waiting ON message (person_id, id) WHERE read_at IS NULL;
DROP INDEX message_unread;
CREATE INDEX payment_state ON payment (state, id);
CREATE INDEX payment_provider ON payment (provider, id);
CREATE INDEX payment_provider_state ON payment (provider, state, id);
CREATE INDEX refund_state ON refund (state, id);
CREATE INDEX account_kind ON account (kind, id);
CREATE INDEX owed_failing ON owed (id) WHERE state = 'owed' AND failing_at IS NOT NULL;
