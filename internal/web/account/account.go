// Package account is what everybody does with their own account, whatever its
// kind: sign in and out, open an account, prove who they are, choose how things
// look, hold keys, read messages. In a demonstration it also lets people switch
// persons and read the mails that did not leave.
//
// It knows no console and decides no right; who may what is told by exam.
package account

import (
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/mail"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// Options are what only some installations have.
type Options struct {
	// Demo are the people anybody may become; only in demonstrations.
	Demo []DemoPerson
	// Outbox are the mails that were kept instead of sent; only in demonstrations.
	Outbox *mail.Outbox
}

// DemoPerson is somebody of the sample data. About says what they can show. The
// Chinese forms may be empty.
type DemoPerson struct {
	Title, About     string
	TitleZH, AboutZH string
	Email, Password  string
}

type console struct {
	*page.Console
	demo   []DemoPerson
	outbox *mail.Outbox
}

// Mount registers the pages for everybody.
func Mount(k *page.Kit, o Options) {
	c := &console{Console: &page.Console{Kit: k, Nav: nav}, demo: o.Demo, outbox: o.Outbox}

	k.Handle("GET", "/{$}", httpd.Public, c.home)
	k.Handle("GET", "/sign-in", httpd.Public, c.signInPage)
	k.Handle("POST", "/sign-in", httpd.Public, c.signIn)
	k.Handle("GET", "/sign-in/again", httpd.SignedIn, c.againPage)
	k.Handle("POST", "/sign-in/again", httpd.SignedIn, c.again)
	k.Handle("POST", "/sign-out", httpd.Public, c.signOut)
	k.Handle("GET", "/sign-up", httpd.Public, c.signUpPage)
	k.Handle("POST", "/sign-up", httpd.Public, c.signUp)
	k.Handle("GET", "/forgotten-password", httpd.Public, c.forgotPage)
	k.Handle("POST", "/forgotten-password", httpd.Public, c.forgot)
	k.Handle("GET", "/password", httpd.Public, c.newPasswordPage)
	k.Handle("POST", "/password", httpd.Public, c.newPassword)
	k.Handle("GET", "/invitation", httpd.Public, c.invitationPage)
	k.Handle("POST", "/invitation", httpd.Public, c.acceptInvitation)
	k.Handle("GET", "/confirm-email", httpd.Public, c.confirmPage)
	k.Handle("POST", "/confirm-email", httpd.Public, c.confirm)
	k.Handle("POST", "/language", httpd.Public, c.language)
	k.Handle("POST", "/theme", httpd.SignedIn, c.theme)

	k.Handle("GET", "/account", httpd.SignedIn, c.settingsPage)
	k.Handle("POST", "/account", httpd.SignedIn, c.settings)
	k.Handle("POST", "/account/confirm-email", httpd.SignedIn, c.confirmAgain)
	k.Handle("GET", "/account/password", httpd.SignedIn, c.changePasswordPage)
	k.Handle("POST", "/account/password", httpd.SignedIn, c.changePassword)
	k.Handle("GET", "/account/sign-ins", httpd.SignedIn, c.signInsPage)
	k.Handle("GET", "/account/sign-ins/{id}", httpd.SignedIn, c.endPage)
	k.Handle("POST", "/account/sign-ins/{id}", httpd.SignedIn, c.end)
	k.Handle("GET", "/account/verification", httpd.SignedIn, c.verificationPage)
	k.Handle("POST", "/account/verification", httpd.SignedIn, c.verification)
	k.Handle("GET", "/account/keys", httpd.SignedIn, c.keysPage)
	k.Handle("GET", "/account/keys/new", httpd.SignedIn, c.newKeyPage)
	k.Handle("POST", "/account/keys", httpd.SignedIn, c.newKey)
	k.Handle("GET", "/account/keys/{id}/revoke", httpd.SignedIn, c.revokePage)
	k.Handle("POST", "/account/keys/{id}/revoke", httpd.SignedIn, c.revoke)
	k.Handle("GET", dataPath, httpd.SignedIn, c.dataPage)
	k.Handle("POST", dataPath, httpd.SignedIn, c.copyData)
	k.Handle("GET", dataPath+"/erase", httpd.SignedIn, c.erasePage)
	k.Handle("POST", dataPath+"/erase", httpd.SignedIn, c.erase)
	k.Handle("GET", "/messages", httpd.SignedIn, c.messagesPage)
	k.Handle("GET", "/messages/{id}", httpd.SignedIn, c.messagePage)
	k.Handle("POST", "/messages/read", httpd.SignedIn, k.SendOnce(c.readMany))
	k.Handle("POST", "/messages/{id}/read", httpd.SignedIn, c.read)

	k.Handle("GET", receiversPath, httpd.Enterprise, c.receiversPage)
	k.Handle("GET", receiversPath+"/new", httpd.Enterprise, c.newReceiverPage)
	k.Handle("POST", receiversPath, httpd.Enterprise, c.newReceiver)
	k.Handle("GET", receiversPath+"/{id}", httpd.Enterprise, c.receiverPage)
	k.Handle("POST", receiversPath+"/{id}", httpd.Enterprise, c.changeReceiver)
	k.Handle("GET", receiversPath+"/{id}/remove", httpd.Enterprise, c.removeReceiverPage)
	k.Handle("POST", receiversPath+"/{id}/remove", httpd.Enterprise, c.removeReceiver)
	k.Handle("POST", receiversPath+"/{id}/ask", httpd.Enterprise, c.askReceiver)
	k.Handle("GET", "/mail/agree/{token}", httpd.Public, c.agreePage)
	k.Handle("POST", "/mail/agree/{token}", httpd.Public, c.agree)
	k.Handle("GET", "/mail/stop/{token}", httpd.Public, c.stopPage)
	k.Handle("POST", "/mail/stop/{token}", httpd.Public, c.stop)

	if k.Demo && len(c.demo) > 0 {
		k.Handle("POST", "/demo/sign-in", httpd.Public, c.demoSignIn)
	}
	if k.Demo && k.Clock != nil {
		k.Handle("GET", "/demo/clock", httpd.Public, c.clockPage)
		k.Handle("POST", "/demo/clock", httpd.Public, c.moveClock)
	}
	if k.Demo && c.outbox != nil {
		k.Handle("GET", "/demo/outbox", httpd.Public, c.outboxPage)
		k.Handle("GET", "/demo/outbox/{file}", httpd.Public, c.mailPage)
		k.Handle("GET", "/demo/outbox/{file}/html", httpd.Public, c.mailHTML)
	}
}

func of(kind exam.AccountKind) func(exam.Actor) bool {
	return func(a exam.Actor) bool { return a.Person != 0 && a.Kind == kind }
}

func signedIn(a exam.Actor) bool { return a.Person != 0 }

func verifiable(a exam.Actor) bool { return signedIn(a) && a.Kind != exam.Operator }

// nav leads back to the person's own console and between the account's pages.
var nav = []page.NavItem{
	{Key: "account.home.enterprise", Href: "/enterprise/", For: of(exam.Enterprise)},
	{Key: "account.home.examinee", Href: "/examinee/", For: of(exam.Individual)},
	{Key: "account.home.operator", Href: "/operator/", For: of(exam.Operator)},
	{Key: "account.messages", Href: "/messages", For: signedIn},
	{Key: "frame.preferences", Href: "/account", For: signedIn},
	{Key: "account.verification", Href: "/account/verification", For: verifiable},
	{Key: "account.keys", Href: "/account/keys", For: signedIn},
	{Key: "privacy.title", Href: dataPath, For: signedIn},
}

var consoles = map[exam.AccountKind]string{exam.Enterprise: "enterprise", exam.Individual: "examinee", exam.Operator: "operator"}

// page starts a page in the frame of the person's own console.
func (c *console) page(w http.ResponseWriter, r *http.Request, current, key string, pairs ...any) view.Page {
	frame := *c.Console
	frame.Name = "public"
	if name, ok := consoles[httpd.From(r.Context()).Actor().Kind]; ok {
		frame.Name = name
	}
	p := frame.Page(w, r, current, view.T(r.Context(), key, pairs...))
	p.Narrow = true
	return p
}

func (c *console) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, page.Home(httpd.From(r.Context()).Actor()), http.StatusSeeOther)
	return nil
}
