package exam_test

import (
	"slices"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/lang"
)

// Each kind of notice has a category with a name, and each mail that can be
// switched off belongs to a category that can.
func TestEveryNoticeHasItsCategory(t *testing.T) {
	for kind, category := range exam.NoticeKinds {
		if !slices.Contains(exam.NoticeCategories, category) {
			t.Errorf("%s has category %q, which the message centre does not have", kind, category)
		}
		for _, l := range lang.All {
			if !(lang.Locale{Lang: l}).Has("account.messages.category." + category) {
				t.Errorf("%s: category %s of %s has no name", l, category, kind)
			}
		}
		if !slices.Contains(exam.KindsOf(category), kind) {
			t.Errorf("%s is missing among the kinds of %s", kind, category)
		}
		if !kind.Mandatory() && !slices.Contains(exam.OptionalMail, category) {
			t.Errorf("mail about %s can be switched off, but not its category %s", kind, category)
		}
	}
	for _, c := range append(slices.Clone(exam.OptionalMail), exam.AccountMail...) {
		if !slices.Contains(exam.NoticeCategories, c) {
			t.Errorf("there is no category %s", c)
		}
	}
	for _, kind := range []exam.NoticeKind{exam.NoticeOrderPaid, exam.NoticeReceiversChanged, exam.NoticeUnbound, exam.NoticeVerificationRejected} {
		if !kind.Mandatory() {
			t.Errorf("mail about %s can be switched off", kind)
		}
	}
	if exam.NoticeReserved.Mandatory() || exam.NoticeResult.Mandatory() {
		t.Error("nothing can be switched off")
	}
}
