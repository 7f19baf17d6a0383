package exam

import (
	"slices"

	"examcode/internal/fault"
)

// AccountKind tells the three audiences apart.
type AccountKind string

const (
	Enterprise AccountKind = "enterprise"
	Individual AccountKind = "individual"
	Operator   AccountKind = "operator"
)

// Role is a person's place in their account: root or member of a company, root
// of an individual account, or one of the programme's staff roles.
type Role string

const (
	Root    Role = "root"
	Member  Role = "member"
	Admin   Role = "admin"   // staff: everything
	Review  Role = "review"  // staff: identity verification
	Money   Role = "money"   // staff: payments and refunds
	Results Role = "results" // staff: sessions and results
	Audit   Role = "audit"   // staff: reads the trail
)

// StaffRoles are the roles an operator can have.
var StaffRoles = []Role{Admin, Review, Money, Results, Audit}

// Rights is a set of what a member of a company may do beyond signing in.
// The root always has all of them.
type Rights int64

const (
	ViewCodes   Rights = 1 << iota // lists, statistics
	ManageCodes                    // unbind, regenerate, assign
	BuyCodes                       // order and pay
	RefundCodes                    // refund an order
	RevealCodes                    // see and export texts
)

// RightName is a right with its word.
type RightName struct {
	Right Rights
	Name  string
}

// RightNames are the words of the rights, in the order they are shown.
var RightNames = []RightName{{ViewCodes, "view"}, {ManageCodes, "manage"}, {BuyCodes, "buy"}, {RefundCodes, "refund"}, {RevealCodes, "reveal"}}

// AllRights is what the root has.
const AllRights = ViewCodes | ManageCodes | BuyCodes | RefundCodes | RevealCodes

// Names lists the words of the set.
func (r Rights) Names() []string {
	names := []string{}
	for _, n := range RightNames {
		if r&n.Right != 0 {
			names = append(names, n.Name)
		}
	}
	return names
}

// RightsNamed reads words of rights. Refusal: right_unknown.
func RightsNamed(words []string) (Rights, error) {
	var r Rights
	for _, w := range words {
		i := slices.IndexFunc(RightNames, func(n RightName) bool { return n.Name == w })
		if i < 0 {
			return 0, ErrRightUnknown.On("rights")
		}
		r |= RightNames[i].Right
	}
	return r, nil
}

// Channel is the way by which somebody acts.
type Channel string

const (
	Console  Channel = "console"
	API      Channel = "api"
	Schedule Channel = "schedule"
	Command  Channel = "command"
	Noticed  Channel = "provider" // a payment provider told us, and was asked
)

// Actor is who asks, with what the rules need to know about them, read in the
// same request. The zero Actor is nobody.
type Actor struct {
	Person   PersonID
	Account  AccountID
	Kind     AccountKind
	Role     Role
	Rights   Rights
	Verified VerificationState // of the account
	Name     string
	Channel  Channel
	Key      KeyID  // of the API key used, or zero
	Request  string // reference of the request
}

// TheSchedule acts when time passes: closing, expiring, asking providers again.
func TheSchedule() Actor { return Actor{Channel: Schedule, Role: Admin, Kind: Operator} }

// TheProvider acts when a payment provider's notice made us ask it.
func TheProvider() Actor { return Actor{Channel: Noticed} }

// Has tells whether the actor's company right covers want.
func (a Actor) Has(want Rights) bool {
	return a.Kind == Enterprise && (a.Role == Root || a.Rights&want == want)
}

// Staff tells whether the actor is an operator in one of the roles; admin is in all.
func (a Actor) Staff(roles ...Role) bool {
	if a.Kind != Operator {
		return false
	}
	if a.Role == Admin {
		return true
	}
	for _, r := range roles {
		if a.Role == r {
			return true
		}
	}
	return false
}

var (
	ErrNotSignedIn = fault.New(fault.Unauthenticated, "not_signed_in", "sign in first")
	// ErrNotAllowed is for people of the right audience without the right.
	ErrNotAllowed = fault.New(fault.Forbidden, "not_allowed", "your rights do not cover this; the root of the account can grant it")
	// ErrNotRoot is for colleagues who try what only the root does.
	ErrNotRoot       = fault.New(fault.Forbidden, "not_root", "only the root of the account manages its people")
	ErrRightUnknown  = fault.New(fault.Invalid, "right_unknown", "there is no such right")
	ErrNotEnterprise = fault.New(fault.Forbidden, "not_enterprise", "this is for company accounts")
	ErrNotIndividual = fault.New(fault.Forbidden, "not_individual", "this is for individual accounts")
	ErrNotOperator   = fault.New(fault.Forbidden, "not_operator", "this is for the programme's staff")
	// ErrChangedMeanwhile: somebody else was faster; nothing was done.
	ErrChangedMeanwhile = fault.New(fault.Conflict, "changed_meanwhile", "this changed while you were looking; nothing was done")
)

// NeedRight refuses an actor whose company right does not cover want.
func NeedRight(a Actor, want Rights) error {
	switch {
	case a.Person == 0:
		return ErrNotSignedIn
	case a.Kind != Enterprise:
		return ErrNotEnterprise
	case !a.Has(want):
		return ErrNotAllowed
	}
	return nil
}

// NeedRoot refuses everybody but the root of a company.
func NeedRoot(a Actor) error {
	switch {
	case a.Person == 0:
		return ErrNotSignedIn
	case a.Kind != Enterprise:
		return ErrNotEnterprise
	case a.Role != Root:
		return ErrNotRoot
	}
	return nil
}

// NeedStaff refuses everybody but operators in one of the roles.
func NeedStaff(a Actor, roles ...Role) error {
	switch {
	case a.Channel == Schedule, a.Staff(roles...):
		return nil
	case a.Person == 0:
		return ErrNotSignedIn
	case a.Kind != Operator:
		return ErrNotOperator
	}
	return ErrNotAllowed
}
