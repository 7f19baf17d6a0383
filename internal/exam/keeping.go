package exam

import "time"

// KeptThing is something about people that is kept for a while and then ended.
type KeptThing string

const (
	KeptSignIns     KeptThing = "sign_in_idle" // browsers that were not used
	KeptSessions    KeptThing = "sign_in_age"  // and those signed in long ago
	KeptTries       KeptThing = "tries"        // counted tries, by address and network
	KeptLinks       KeptThing = "links"        // one-time links that ran out
	KeptAnswers     KeptThing = "answers"      // answers to requests with an Idempotency-Key
	KeptResultFiles KeptThing = "result_files" // uploaded files of results
	KeptSearches    KeptThing = "searches"     // what an export was narrowed to
	KeptFiles       KeptThing = "files"        // files of exports; each knows its own end
	KeptLetters     KeptThing = "letters"      // what was written to addresses without an account
	KeptRefusals    KeptThing = "refusals"     // what mail servers said about a receiver
	KeptDocuments   KeptThing = "documents"    // documents of decided verifications
	KeptReceivers   KeptThing = "receivers"    // addresses of removed receivers
	KeptInvitations KeptThing = "invitations"  // addresses of invitations that came to nothing
)

// DocumentsKept is how long documents are kept after the decision where nothing
// else is set.
const DocumentsKept = 180 * 24 * time.Hour

const day = 24 * time.Hour

// KeptFor are the periods that no setting changes and that nothing else names.
var KeptFor = map[KeptThing]time.Duration{
	KeptResultFiles: 30 * day,
	KeptSearches:    30 * day,
	KeptLetters:     90 * day,
	KeptRefusals:    30 * day,
	KeptReceivers:   30 * day,
	KeptInvitations: 180 * day,
}
