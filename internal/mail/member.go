package mail

import (
	"strings"

	"examcode/internal/exam"
)

// isLink tells the mails of one-time links from notices; they are no entries of
// a message centre.
func isLink(k exam.NoticeKind) bool { return strings.HasPrefix(string(k), "link_") }

// member says what became of a person of an account.
func (w words) member() (title string, lines []string) {
	account := w.data("account")
	switch w.n.Kind {
	case exam.NoticeMemberJoined:
		return w.t("title", "name", w.data("name"), "account", account), []string{w.t("body", "email", w.data("email")), w.rights()}
	case exam.NoticeRightsChanged:
		return w.t("title", "account", account), []string{w.rights(), w.t("body")}
	case exam.NoticeMemberRemoved:
		return w.t("title", "account", account), []string{w.t("body"), w.t("next")}
	}
	return w.t("title"), []string{w.t("body"), w.t("next")}
}

// rights says in words what somebody may do.
func (w words) rights() string {
	var may []string
	for _, name := range strings.Fields(w.data("rights")) {
		if w.l.Has("right." + name) {
			may = append(may, w.l.T("right."+name))
		}
	}
	if len(may) == 0 {
		return w.l.T("notice.rights_none")
	}
	return w.l.T("notice.rights", "rights", w.l.List(may))
}

// link says what a one-time link is for and until when it is good.
func (w words) link() (title string, lines []string) {
	until := ""
	if at, ok := w.instant("expires_at"); ok {
		until = w.l.Instant(at, w.l.Zone)
	}
	title = w.t("title", "account", w.data("account"), "from", w.data("from"))
	lines = []string{w.t("body", "account", w.data("account"), "from", w.data("from"))}
	if w.n.Kind == "link_"+exam.NoticeKind(exam.TicketInvitation) {
		lines = append(lines, w.rights())
	}
	return title, append(lines, w.t("until", "until", until), w.t("not_you"))
}
