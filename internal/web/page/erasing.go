package page

import (
	"context"
	"strconv"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/web/view"
)

// days is a period in whole days.
func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// ConfirmErasing says in numbers what an erasing does and what it leaves.
func (k *Kit) ConfirmErasing(ctx context.Context, e action.Erasing, to string, wayOut string, changed bool) view.Confirm {
	t := func(key string, pairs ...any) string { return view.T(ctx, key, pairs...) }
	f := e.Affairs
	files, _ := k.Actions.Kept()
	c := view.Confirm{Action: to, Hidden: []view.Pair{{Name: "version", Value: strconv.FormatInt(e.Person.Version, 10)}, NewOnce()},
		Happens: []string{t("privacy.erase.who")}, Told: []string{t("privacy.erase.told")},
		Verb: t("privacy.erase.verb"), WayOut: view.Link{Label: t("privacy.erase.keep"), Href: wayOut}}
	if changed {
		c.Changed = t("privacy.erase.changed")
	}
	happens := func(when bool, text string) {
		if when {
			c.Happens = append(c.Happens, text)
		}
	}
	happens(f.Submissions > 0, t("privacy.erase.verifications", "number", f.Submissions, "files", f.Documents))
	happens(true, t("privacy.erase.own", "notices", f.Notices, "keys", f.Keys, "sign_ins", f.SignIns))
	happens(f.Bound > 0, t("privacy.erase.bound", "n", f.Bound))
	happens(f.Invitations+f.Receivers > 0, t("privacy.erase.invitations", "number", f.Invitations, "receivers", f.Receivers))
	if e.Kind == exam.Enterprise && e.Person.Role == exam.Root && f.Roots == 0 {
		happens(f.Usable > 0, t("privacy.erase.last_root", "n", f.Usable))
		happens(f.Usable == 0, t("privacy.erase.no_root"))
	}
	stays := func(when bool, text string) {
		if when {
			c.Stays = append(c.Stays, text)
		}
	}
	stays(f.Registrations > 0, t("privacy.erase.results", "number", f.Registrations, "results", f.Results, "as", exam.ErasedName))
	stays(f.Orders > 0, t("privacy.erase.orders", "number", f.Orders))
	stays(true, t("privacy.erase.trail"))
	stays(f.Files > 0, t("privacy.erase.files", "number", f.Files, "days", days(files)))
	stays(true, t("privacy.erase.copy"))
	return c
}

// KeptFacts are what is kept of a person, with numbers and periods.
func (k *Kit) KeptFacts(ctx context.Context, e action.Erasing) []view.Fact {
	f := e.Affairs
	_, documents := k.Actions.Kept()
	fact := func(label, key string, pairs ...any) view.Fact {
		return view.Fact{Label: view.T(ctx, label), Value: view.Text(view.T(ctx, key, pairs...))}
	}
	facts := []view.Fact{fact("privacy.kept.profile", "privacy.kept.account")}
	if e.Kind != exam.Operator {
		facts = append(facts, fact("privacy.kept.verifications", "privacy.kept.documents", "number", f.Submissions, "days", days(documents)))
	}
	switch e.Kind {
	case exam.Individual:
		facts = append(facts, fact("privacy.kept.registrations", "privacy.kept.results", "number", f.Registrations, "results", f.Results))
	case exam.Enterprise:
		facts = append(facts, fact("privacy.kept.orders", "privacy.kept.ledger", "number", f.Orders))
	}
	return append(facts, fact("privacy.kept.notices", "privacy.kept.notices.n", "number", f.Notices),
		fact("privacy.kept.sign_ins", "privacy.kept.sign_ins.n", "number", f.SignIns, "days", days(action.SessionAge)),
		fact("privacy.kept.keys", "privacy.kept.keys.n", "number", f.Keys),
		fact("privacy.kept.record", "privacy.kept.trail"))
}
