package store

import "strings"

// Erased is what an erasing does with a column.
type Erased string

const (
	Deleted   Erased = "deleted"   // the row goes
	Blanked   Erased = "blanked"   // the value goes, the row stays
	Pseudonym Erased = "pseudonym" // the value is replaced
	Runs      Erased = "runs out"  // deleted by its own short period
	Ledger    Erased = "kept"      // the lawful record; it names numbers, or what staff wrote
)

// Personal are columns of a table that hold something about people.
type Personal struct {
	Table   string
	Columns string // separated by spaces
	Purpose string
	Period  string
	Erased  Erased
	Copied  string // the section of a copy that has it; "" with a reason in Purpose
}

const (
	whileAccount = "as long as the account"
	asLedger     = "as long as the programme keeps its accounts"
)

// Inventory is every column that holds something about people. What is in no
// entry is in Impersonal; a test compares both with the schema.
var Inventory = []Personal{
	{"account", "name", "what an examinee's account is called: their name", whileAccount, Pseudonym, "profile"},
	{"account", "zone verified", "the day orders end; whether identity was shown", whileAccount, Blanked, "profile"},
	{"person", "email name", "signing in, writing to them, showing who did what", whileAccount, Pseudonym, "profile"},
	{"person", "password", "signing in; a hash, in no copy", whileAccount, Blanked, ""},
	{"person", "lang theme confirmed_at seen_at rights", "settings, rights and last use", whileAccount, Blanked, "profile"},
	{"login", "token person_id created_at seen_at fresh_at agent", "a signed-in browser", "12 hours unused, 14 days at most", Deleted, "sign_ins"},
	{"api_key", "id token person_id account_id name tail created_at used_at revoked_at parent_id", "access by programs", whileAccount, Deleted, "api_keys"},
	{"rate_limit", "name tat", "counts tries under keyed hashes of addresses and networks; too short-lived for a copy", "until the tries are back, a day at most", Runs, ""},
	{"idempotency", "person_id name request effect status answer created_at", "answers a repeated request alike", "48 hours", Deleted, "requests"},
	{"blob", "name", "file name of a document; other files are called by their number", "as the verification", Deleted, "verifications"},
	{"blob_chunk", "data", "the document; files of exports, sealed", "as the verification; as the export", Deleted, ""},
	{"verification", "legal_name registration_number country document_kind document_number document_id", "shows who an account is; a company's name and number stay the company's", "document and number: 180 days after the decision, or as set", Blanked, "verifications"},
	{"verification", "note", "what the reviewer wrote about it", whileAccount, Blanked, "verifications"},
	{"verification", "person_id decided_by", "who sent it and who decided", asLedger, Ledger, ""},
	{"orders", "buyer_id", "who bought", asLedger, Ledger, "orders"},
	{"refund", "asked_by note", "who asked, and what staff wrote", asLedger, Ledger, ""},
	{"code", "holder_id", "who holds it", asLedger, Ledger, ""},
	{"registration", "name name_folded", "shows the company and staff who sits", asLedger, Pseudonym, "registrations"},
	{"registration", "person_id session_id reserved_at completed_at cancelled_at why", "who sits what, and when", asLedger, Ledger, "registrations"},
	{"result", "outcome score sat_at recorded_at recorded_by why", "what came of it; the company paid for it", asLedger, Ledger, "registrations"},
	{"result_version", "outcome score sat_at recorded_at recorded_by why", "results before a correction", asLedger, Ledger, "earlier_results"},
	{"result_file", "person_id name content", "an uploaded file of results, with names and addresses", "30 days", Runs, "result_files"},
	{"event", "actor_id key_id object_id request data", "the record of what was done", asLedger, Pseudonym, "events"},
	{"message", "id person_id account_id kind about_id about_version link data created_at read_at", "what somebody was told", whileAccount, Deleted, "notices"},
	{"owed", "detail", "what a mail server said about a receiver", "30 days after it was given up", Blanked, "notices"},
	{"mail_server", "detail", "what a mail server said last; of nobody in particular", "until it takes mail again", Blanked, ""},
	{"mail_off", "person_id category", "mails somebody does not want", whileAccount, Deleted, "unwanted_mail"},
	{"export", "person_id asked", "who asked for a list, and what it was narrowed to; that may name others", "narrowing: 30 days after the end", Runs, "exports"},
	{"bulk", "person_id key_id request", "who confirmed a verb on many codes", asLedger, Ledger, ""},
	{"invitation", "email", "who is asked to join", "180 days when it comes to nothing, else as the member", Pseudonym, "invitations"},
	{"invitation", "by_id person_id", "who asked and who came", asLedger, Ledger, ""},
	{"ticket", "id token sealed kind account_id person_id invitation_id email lang state created_at expires_at", "one-time links", "30 days after they run out", Deleted, "links"},
	{"receiver", "email label", "who else is told about a company", "30 days after the removal", Pseudonym, "told_about"},
	{"receiver", "person_id lang categories confirmed_at ended_at", "what they are told about, and since when", asLedger, Ledger, "told_about"},
	{"letter", "link data", "what was written to an address without an account", "90 days", Blanked, "letters"},
}

// Impersonal are the columns that say nothing about people, by table.
var Impersonal = map[string]string{
	"setting":         "name value",
	"node":            "number holder until_us",
	"swept":           "name before_us",
	"stock":           "account_id order_id slot unused bound reserved completed refunding refunded expired gone",
	"flow":            "account_id days day subject_id slot gone",
	"outcome":         "account_id sat_at subject_id passed failed absent",
	"account":         "id kind created_at version",
	"person":          "id account_id role created_at suspended_at erased_at version",
	"blob":            "id account_id mime size sha256 created_at",
	"blob_chunk":      "blob_id part",
	"verification":    "id account_id kind state reason submitted_at decided_at version",
	"subject":         "id code name_en name_zh about_en about_zh price currency exam_types cancel_cutoff no_show pass_mark max_quantity created_at retired_at version",
	"session":         "id subject_id exam_type starts_at minutes zone place seats taken created_at closed_at cancelled_at why version",
	"orders":          "id number account_id subject_id quantity unit_price total currency state zone created_at paid_at expires_at closed_at first_code issued swept_at version",
	"payment":         "id order_id account_id provider reference amount currency state provider_ref redirect_url detail simulate created_at settled_at version",
	"refund":          "id order_id account_id payment_id try reference amount currency codes state answer held_above provider_ref detail simulate created_at asked_at placed_at settled_at version",
	"provider_notice": "id provider event refund reference claimed amount currency number state detail object_id object_version created_at received_at",
	"refund_code":     "refund_id try code_id",
	"reminder":        "order_id expires_at days state at",
	"code":            "id order_id account_id subject_id state price currency expires_at lookup sealed tail generation registration_id changed_at version",
	"retired_text":    "lookup code_id generation tail retired_at",
	"registration":    "id code_id order_id account_id subject_id exam_type attempt state expires_at created_at version",
	"result":          "registration_id version account_id subject_id",
	"result_version":  "registration_id version",
	"result_file":     "id session_id created_at",
	"event":           "id kind version at account_id registration_id channel",
	"owed":            "id channel target_id state created_at settled_at tries account_id next_at held_until failing_at",
	"mail_server":     "name failing_at next_at tries",
	"export":          "id account_id kind format with_texts lang zone state rows_done rows_total size blob_id run created_at begun_at beat_at finished_at kept_until error version",
	"bulk":            "id account_id verb new_text state total settled channel created_at begun_at finished_at version",
	"bulk_item":       "bulk_id code_id version state outcome",
	"invitation":      "id account_id rights lang state sent_at expires_at settled_at created_at version",
	"receiver":        "id account_id state asked_at created_at version",
	"letter":          "id receiver_id kind about_id about_version created_at",
}

// KeptTable is the inventory as operators read it.
func KeptTable() string {
	var s strings.Builder
	s.WriteString("| what | why | how long | an erasing |\n|---|---|---|---|\n")
	for _, p := range Inventory {
		s.WriteString("| `" + p.Table + "`: " + strings.ReplaceAll(p.Columns, " ", ", ") + " | " + p.Purpose + " | " + p.Period + " | " + string(p.Erased) + " |\n")
	}
	return s.String()
}
