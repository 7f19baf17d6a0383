package mail

import (
	"strings"

	"examcode/internal/exam"
)

// receiverWords are the texts about who is told what.
var receiverWords = map[exam.NoticeKind]func(words) (string, []string){
	exam.NoticeReceiversChanged: func(w words) (string, []string) {
		return w.t("title", "account", w.data("account")), []string{
			w.t(or(w.data("what"), "changed"), "who", w.data("who"), "receiver", w.data("receiver"), "categories", w.categories()), w.t("body"),
		}
	},
	exam.NoticeReceiverConfirm: func(w words) (string, []string) {
		return w.t("title", "account", w.data("account")), []string{
			w.t("body", "account", w.data("account"), "categories", w.categories()), w.t("next"), w.t("ignore"),
		}
	},
	exam.NoticeReceiverRemoved: func(w words) (string, []string) {
		return w.t("title", "account", w.data("account")), []string{w.t("body", "account", w.data("account"))}
	},
}

// categories are the names of the notice's categories, as a list.
func (w words) categories() string {
	var names []string
	for _, c := range strings.Fields(w.data("categories")) {
		names = append(names, w.l.T("account.messages.category."+c))
	}
	return w.l.List(names)
}
