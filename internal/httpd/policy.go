package httpd

import (
	"strings"

	"examcode/internal/exam"
)

// Policy says who may call a route. The rules behind the route check again what
// concerns the thing; a policy checks the person.
type Policy struct {
	Name string
	Need func(a exam.Actor) error
}

var (
	// Public routes are open to anybody.
	Public = Policy{"public", func(exam.Actor) error { return nil }}
	// SignedIn routes are open to every audience.
	SignedIn = Policy{"signed in", func(a exam.Actor) error {
		if a.Person == 0 {
			return exam.ErrNotSignedIn
		}
		return nil
	}}
	// Enterprise routes are open to everybody of a company.
	Enterprise = audience(exam.Enterprise, exam.ErrNotEnterprise)
	// Examinee routes are open to individual accounts.
	Examinee = audience(exam.Individual, exam.ErrNotIndividual)
)

func audience(kind exam.AccountKind, refusal error) Policy {
	return Policy{string(kind), func(a exam.Actor) error {
		if a.Person == 0 {
			return exam.ErrNotSignedIn
		}
		if a.Kind != kind {
			return refusal
		}
		return nil
	}}
}

// WithRight is for people of a company whose right covers want.
func WithRight(want exam.Rights) Policy {
	return Policy{"enterprise: " + strings.Join(want.Names(), " "), func(a exam.Actor) error { return exam.NeedRight(a, want) }}
}

// Staff is for operators in one of the roles; admin is in all.
func Staff(roles ...exam.Role) Policy {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return Policy{"operator: " + strings.Join(words, " "), func(a exam.Actor) error { return exam.NeedStaff(a, roles...) }}
}

// AnyStaff is for operators in any role.
var AnyStaff = Staff(exam.StaffRoles...)
