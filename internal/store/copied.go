package store

// copySections are the parts of a person's copy. What names other people is in
// none of them: who reviewed, who recorded, who invited, whom they invited.
var copySections = []copySection{
	{name: "profile", columns: []copyColumn{
		{"id", "p.id", asID}, {"email", "p.email", asText}, {"name", "p.name", asText}, {"role", "p.role", asText}, {"lang", "p.lang", asText}, {"theme", "p.theme", asText},
		{"created_at", "p.created_at", asInstant}, {"confirmed_at", "p.confirmed_at", asInstant}, {"seen_at", "p.seen_at", asInstant},
		{"account_kind", "a.kind", asText}, {"account_name", "a.name", asText}, {"account_zone", "a.zone", asText}, {"account_verification", "a.verified", asText},
	}, from: "FROM person p JOIN account a ON a.id = p.account_id WHERE p.id = $1"},
	{name: "verifications", columns: []copyColumn{
		{"id", "v.id", asID}, {"submitted_at", "v.submitted_at", asInstant}, {"kind", "v.kind", asText}, {"legal_name", "v.legal_name", asText},
		{"registration_number", "v.registration_number", asText}, {"country", "v.country", asText}, {"document_kind", "v.document_kind", asText},
		{"document_number", "v.document_number", asSealed}, {"document_file", "COALESCE(b.name, '')", asText}, {"document_type", "COALESCE(b.mime, '')", asText}, {"document_bytes", "COALESCE(b.size, 0)", asNumber},
		{"state", "v.state", asText}, {"reason", "v.reason", asText}, {"note", "v.note", asText}, {"decided_at", "v.decided_at", asInstant},
	}, from: "FROM verification v LEFT JOIN blob b ON b.id = v.document_id WHERE v.account_id = (SELECT p.account_id FROM person p WHERE p.id = $1) AND v.person_id = $1 ORDER BY v.id"},
	{name: "registrations", columns: []copyColumn{
		{"id", "g.id", asID}, {"subject", "s.code", asText}, {"subject_en", "s.name_en", asText}, {"subject_zh", "s.name_zh", asText}, {"company", "a.name", asText},
		{"name", "g.name", asText}, {"exam_type", "g.exam_type", asText}, {"attempt", "g.attempt", asText}, {"state", "g.state", asText}, {"why", "g.why", asText},
		{"created_at", "g.created_at", asInstant}, {"expires_at", "g.expires_at", asInstant}, {"reserved_at", "g.reserved_at", asInstant}, {"completed_at", "g.completed_at", asInstant}, {"cancelled_at", "g.cancelled_at", asInstant},
		{"session_starts_at", "n.starts_at", asInstant}, {"session_zone", "COALESCE(n.zone, '')", asText}, {"session_place", "COALESCE(n.place, '')", asText},
		{"outcome", "COALESCE(t.outcome, '')", asText}, {"score", "COALESCE(t.score, -1)", asNumber}, {"sat_at", "t.sat_at", asInstant}, {"recorded_at", "t.recorded_at", asInstant}, {"corrected_because", "COALESCE(t.why, '')", asText},
	}, from: `FROM registration g JOIN subject s ON s.id = g.subject_id JOIN account a ON a.id = g.account_id
LEFT JOIN session n ON n.id = g.session_id LEFT JOIN result t ON t.registration_id = g.id WHERE g.person_id = $1 ORDER BY g.id`},
	{name: "earlier_results", columns: []copyColumn{
		{"registration_id", "e.registration_id", asID}, {"version", "e.version", asNumber}, {"outcome", "e.outcome", asText}, {"score", "COALESCE(e.score, -1)", asNumber},
		{"sat_at", "e.sat_at", asInstant}, {"recorded_at", "e.recorded_at", asInstant}, {"corrected_because", "e.why", asText},
	}, from: "FROM registration g JOIN result_version e ON e.registration_id = g.id WHERE g.person_id = $1 ORDER BY e.registration_id, e.version"},
	{name: "notices", columns: []copyColumn{
		{"id", "m.id", asID}, {"created_at", "m.created_at", asInstant}, {"read_at", "m.read_at", asInstant}, {"link", "m.link", asText}, {"kind", "m.kind", asText}, {"facts", "m.data", asNotice},
		{"mail", "COALESCE(w.state, '')", asText}, {"mail_server_said", "COALESCE(w.detail, '')", asText},
	}, from: "FROM message m LEFT JOIN owed w ON w.channel = 'mail' AND w.target_id = m.id WHERE m.person_id = $1 ORDER BY m.id"},
	{name: "unwanted_mail", columns: []copyColumn{{"category", "f.category", asText}}, from: "FROM mail_off f WHERE f.person_id = $1 ORDER BY f.category"},
	{name: "sign_ins", columns: []copyColumn{
		{"created_at", "l.created_at", asInstant}, {"seen_at", "l.seen_at", asInstant}, {"browser", "l.agent", asText},
	}, from: "FROM login l WHERE l.person_id = $1 ORDER BY l.created_at"},
	{name: "api_keys", columns: []copyColumn{
		{"id", "k.id", asID}, {"name", "k.name", asText}, {"ends_with", "k.tail", asText}, {"created_at", "k.created_at", asInstant}, {"used_at", "k.used_at", asInstant}, {"revoked_at", "k.revoked_at", asInstant},
	}, from: "FROM api_key k WHERE k.person_id = $1 ORDER BY k.id"},
	{name: "requests", columns: []copyColumn{
		{"idempotency_key", "i.name", asText}, {"created_at", "i.created_at", asInstant}, {"status", "i.status", asNumber},
	}, from: "FROM idempotency i WHERE i.person_id = $1 ORDER BY i.created_at, i.name"},
	{name: "links", columns: []copyColumn{
		{"kind", "t.kind", asText}, {"email", "t.email", asText}, {"state", "t.state", asText}, {"created_at", "t.created_at", asInstant}, {"expires_at", "t.expires_at", asInstant},
	}, from: "FROM ticket t JOIN person p ON p.id = $1 WHERE t.person_id = p.id OR t.email = p.email ORDER BY t.id"},
	{name: "invitations", columns: []copyColumn{
		{"company", "a.name", asText}, {"email", "i.email", asText}, {"state", "i.state", asText}, {"sent_at", "i.sent_at", asInstant}, {"expires_at", "i.expires_at", asInstant},
	}, from: "FROM invitation i JOIN account a ON a.id = i.account_id JOIN person p ON p.id = $1 WHERE i.person_id = p.id OR i.email = p.email ORDER BY i.id"},
	{name: "told_about", columns: []copyColumn{
		{"company", "a.name", asText}, {"email", "v.email", asText}, {"label", "v.label", asText}, {"categories", "v.categories", asText}, {"state", "v.state", asText}, {"created_at", "v.created_at", asInstant},
	}, from: "FROM receiver v JOIN account a ON a.id = v.account_id JOIN person p ON p.id = $1 WHERE v.person_id = p.id OR v.email = p.email ORDER BY v.id"},
	{name: "letters", columns: []copyColumn{
		{"created_at", "l.created_at", asInstant}, {"kind", "l.kind", asText}, {"facts", "l.data", asNotice},
	}, from: "FROM letter l JOIN receiver v ON v.id = l.receiver_id JOIN person p ON p.id = $1 WHERE v.email = p.email ORDER BY l.id"},
	{name: "orders", columns: []copyColumn{
		{"number", "o.number", asText}, {"subject", "s.code", asText}, {"quantity", "o.quantity", asNumber}, {"total_minor", "o.total", asNumber}, {"currency", "o.currency", asText}, {"state", "o.state", asText}, {"created_at", "o.created_at", asInstant},
	}, from: "FROM orders o JOIN subject s ON s.id = o.subject_id WHERE o.account_id = (SELECT p.account_id FROM person p WHERE p.id = $1) AND o.buyer_id = $1 ORDER BY o.id"},
	{name: "exports", columns: []copyColumn{
		{"id", "x.id", asID}, {"kind", "x.kind", asText}, {"format", "x.format", asText}, {"state", "x.state", asText}, {"created_at", "x.created_at", asInstant},
	}, from: "FROM export x WHERE x.account_id = (SELECT p.account_id FROM person p WHERE p.id = $1) AND x.person_id = $1 ORDER BY x.id"},
	{name: "result_files", columns: []copyColumn{
		{"name", "f.name", asText}, {"created_at", "f.created_at", asInstant},
	}, from: "FROM result_file f WHERE f.person_id = $1 ORDER BY f.id"},
	{name: "events", columns: []copyColumn{
		{"id", "e.id", asID}, {"at", "e.at", asInstant}, {"object", "e.object_id", asID}, {"channel", "e.channel", asText}, {"request", "e.request", asText}, {"kind", "e.kind", asText}, {"facts", "e.data", asEvent},
	}, from: `FROM event e WHERE e.id IN (
SELECT c.id FROM event c WHERE c.account_id = (SELECT p.account_id FROM person p WHERE p.id = $1) AND (c.actor_id = $1 OR c.object_id = $1)
UNION SELECT d.id FROM event d JOIN registration g ON g.code_id = d.object_id WHERE g.person_id = $1 AND d.actor_id = $1) ORDER BY e.id`,
		staff: "FROM event e WHERE e.actor_id = $1 OR e.object_id = $1 ORDER BY e.id"},
}
