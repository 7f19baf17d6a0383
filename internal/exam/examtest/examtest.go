// Package examtest has sample things for tests: people of every audience, a
// subject, an order and a code, all of one moment.
package examtest

import (
	"time"

	"examcode/internal/exam"
	"examcode/internal/money"
)

// Now is the moment of all samples.
var Now = time.Date(2026, time.March, 4, 10, 0, 0, 0, time.UTC)

const (
	Company exam.AccountID = 100
	Home    exam.AccountID = 200 // of the examinee
)

// Root is the root of the verified company.
func Root() exam.Actor {
	return exam.Actor{Person: 101, Account: Company, Kind: exam.Enterprise, Role: exam.Root, Rights: exam.AllRights, Verified: exam.Verified, Name: "Root", Channel: exam.Console}
}

// Member is a member of the same company with rights.
func Member(r exam.Rights) exam.Actor {
	return exam.Actor{Person: 102, Account: Company, Kind: exam.Enterprise, Role: exam.Member, Rights: r, Verified: exam.Verified, Name: "Member", Channel: exam.Console}
}

// Stranger is the root of another company.
func Stranger() exam.Actor {
	a := Root()
	a.Person, a.Account = 301, 300
	return a
}

// Examinee is a verified individual.
func Examinee() exam.Actor {
	return exam.Actor{Person: 201, Account: Home, Kind: exam.Individual, Role: exam.Root, Verified: exam.Verified, Name: "Examinee", Channel: exam.Console}
}

// Staff is an operator with a role.
func Staff(r exam.Role) exam.Actor {
	return exam.Actor{Person: 401, Account: 400, Kind: exam.Operator, Role: r, Verified: exam.Verified, Name: "Staff", Channel: exam.Console}
}

// Subject is on sale for USD 120.00, cut-off 24 hours, pass mark 60.
func Subject() exam.Subject {
	return exam.Subject{ID: 500, Code: "CLOUD-A", Name: exam.Names{EN: "Cloud Associate", ZH: "云计算工程师"}, Price: money.Amount{Minor: 12000, Currency: "USD"},
		ExamTypes: []exam.ExamType{exam.Online, exam.TestCenter}, CancelCutoff: 24 * time.Hour, NoShow: exam.Forfeit, PassMark: 60, Created: Now.AddDate(-1, 0, 0), Version: 1}
}

// Order is the company's paid order, made a month ago.
func Order() exam.Order {
	paid := Now.AddDate(0, -1, 0)
	s := Subject()
	return exam.Order{ID: 600, Number: "EC-260204-AAAAA", Account: Company, Buyer: 101, Subject: s.ID, Quantity: 3, UnitPrice: s.Price, Total: s.Price.Times(3),
		State: exam.Paid, Zone: "UTC", Created: paid, PaidAt: paid, Expires: exam.EndOfOrder(paid, time.UTC), FirstCode: 700, Issued: 3, Version: 2}
}

// Code is a code of the order in a state, held by the examinee where one is needed.
func Code(state exam.CodeState) exam.Code {
	o := Order()
	c := exam.Code{ID: 700, Order: o.ID, Account: o.Account, Subject: o.Subject, State: state, PricePaid: o.UnitPrice, Tail: "K7QF", Generation: 1, Expires: o.Expires, Changed: o.PaidAt}
	if state == exam.Bound || state == exam.Reserved || state == exam.Completed {
		c.Registration, c.Holder = 800, Examinee().Person
	}
	return c
}

// Registration is the examinee's, in the state that goes with a code's.
func Registration(state exam.RegistrationState) exam.Registration {
	c := Code(exam.Bound)
	r := exam.Registration{ID: 800, Code: c.ID, Order: c.Order, Account: c.Account, Person: Examinee().Person, Name: "Examinee", Subject: c.Subject,
		ExamType: exam.Online, Attempt: exam.FirstAttempt, State: state, Expires: c.Expires, Created: Now.AddDate(0, 0, -7), Version: 1}
	if state == exam.SeatReserved || state == exam.Sat {
		r.Session = Session().ID
	}
	return r
}

// Session is online, ten days ahead, with one of two seats taken.
func Session() exam.Session {
	return exam.Session{ID: 900, Subject: Subject().ID, ExamType: exam.Online, Starts: Now.AddDate(0, 0, 10), Duration: 90 * time.Minute, Zone: "UTC", Seats: 2, Taken: 1, Version: 1}
}
