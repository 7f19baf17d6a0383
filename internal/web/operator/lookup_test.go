package operator

import (
	"crypto/rand"
	"net/url"
	"strings"
	"testing"
	"time"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
)

func TestLookingUpACode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sub, root := w.Subject(), w.Company(true)
		o, texts := w.Buy(root, sub, 2)
		who := w.Examinee(true)
		_, err := w.Redeem(who, sub, texts[0])
		w.Must(err)
		b := w.as(exam.Audit)
		tail := texts[0][15:]
		one := "/operator/look-up?code_id=" + w.Codes(o)[0].ID.String()
		for _, q := range []string{texts[0], strings.ToLower(texts[0]), "https://exams.example/redeem?code=" + texts[0], strings.ReplaceAll(texts[0], "-", " ")} {
			b.Get("/operator/look-up?q=" + url.QueryEscape(q)).Goes(one)
		}
		a := b.Get(one).Is(200, "This is the code whose text you pasted.", "Bound", "Company", o.Number, "Examinee", "4 Mar 2027 (UTC)")
		a.Without(texts[0], texts[0][:14], strings.ReplaceAll(texts[0], "-", ""))
		b.Get("/operator/look-up?q="+strings.ToLower(tail)).Is(200, "Bound").Without("whose text you pasted")
		b.In(lang.ZH).Get("/operator/look-up?q="+tail).Is(200, "已绑定", "有效期至")

		// A mistyped text is not repeated.
		wrong := "0" + texts[0][1:]
		if texts[0][0] == '0' {
			wrong = "1" + texts[0][1:]
		}
		b.Get("/operator/look-up?q=" + url.QueryEscape(wrong)).Goes("/operator/look-up?mistyped=1")
		b.Get("/operator/look-up?mistyped=1").Is(200, "one of the 16 symbols is not right").Unseen(wrong)

		// A text that nobody has or had.
		nobody, err := codetext.New(rand.Reader)
		w.Must(err)
		b.Get("/operator/look-up?q=" + nobody.Reveal()).Goes("/operator/look-up?code_id=none")
		b.Get("/operator/look-up?code_id=none").Is(200, "No code has, or had, the text you pasted.")

		// A former text leads to its code and says so.
		codes, err := w.Read.Codes(w.ctx, root.Account, store.CodeFilter{State: exam.Unused}, w.Clock.Now(), store.Page{})
		w.Must(err)
		_, err = w.Actions.RegenerateCodes(w.ctx, root, []exam.CodeID{codes.Items[0].ID})
		w.Must(err)
		old := codes.Items[0].Tail
		b.Get("/operator/look-up?q="+old).Is(200, "Unused", "A former text ended in "+old)
		two := "/operator/look-up?code_id=" + codes.Items[0].ID.String() + "&earlier=1"
		b.Get("/operator/look-up?q=" + texts[1]).Goes(two)
		b.Get(two).Is(200, "Unused", "an earlier text of this code")

		w.after(400 * 24 * time.Hour)
		w.as(exam.Audit).Get("/operator/look-up?q="+tail).Is(200, "Expired").Without("Bound")
	})
}

func TestLookingUpOrdersAndPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sub, root := w.Subject(), w.Company(true)
		o, texts := w.Buy(root, sub, 2)
		b, cashier := w.as(exam.Review), w.as(exam.Money)
		a := b.Get("/operator/look-up?q="+strings.ToLower(o.Number)).Is(200, "Order "+o.Number, "Company", "Paid", "USD 240.00", "Unused codes left 2", "Payments", "Sandbox", "4 Mar 2027 (UTC)")
		if strings.Contains(a.Body, `href="/operator/money/`) {
			t.Error("a link that the role may not open")
		}
		cashier.Get("/operator/look-up?q=" + o.Number).Is(200).Has(`href="/operator/money/pay_`)
		b.Get("/operator/look-up?q=EC-260304-NONE").Is(200, "Nothing found for EC-260304-NONE.")

		who := w.Examinee(true)
		person, err := w.Read.Person(w.ctx, who.Person)
		w.Must(err)
		b.Get("/operator/look-up?q="+url.QueryEscape(strings.ToUpper(person.Email))).Is(200, person.Email, "Individual", "Verified", "This person has not registered for an exam.")
		reg, err := w.Redeem(who, sub, texts[0])
		w.Must(err)
		n := w.Session(sub, 48*time.Hour, 2)
		_, err = w.Actions.Reserve(w.ctx, who, reg.ID, n.ID)
		w.Must(err)
		b.Get("/operator/look-up?q="+url.QueryEscape(person.Email)).Is(200, "Registrations", "Reserved", "Fri 6 Mar 2026, 10:00–11:30 (UTC)").Without(texts[0])

		buyer, err := w.Read.Person(w.ctx, root.Person)
		w.Must(err)
		b.Get("/operator/look-up?q="+url.QueryEscape(buyer.Email)).Is(200, "Orders of the company", o.Number, "Root account")
		newcomer, err := w.Read.Person(w.ctx, w.company("New").Person)
		w.Must(err)
		b.Get("/operator/look-up?q="+url.QueryEscape(newcomer.Email)).Is(200, "This company has not placed an order.", "Not started")
		staff, err := w.Read.Person(w.ctx, w.Admin.Person)
		w.Must(err)
		b.Get("/operator/look-up?q="+url.QueryEscape(staff.Email)).Is(200, "Programme staff", "Administrator")
		for _, q := range []string{"nobody@people.example", "not an address@", "<b>x</b>", strings.Repeat("x", 3000)} {
			b.Get("/operator/look-up?q="+url.QueryEscape(q)).Is(200, "Nothing found for")
		}
	})
}
