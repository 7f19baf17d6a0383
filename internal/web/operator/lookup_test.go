package operator

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
)

func TestLookingUpACode(t *testing.T) {
	each(t, func(w *world) {
		sub, root := w.Subject(), w.Company(true)
		o, texts := w.Buy(root, sub, 2)
		who := w.Examinee(true)
		_, err := w.Redeem(who, sub, texts[0])
		w.must(err)
		b := w.as(exam.Audit)
		tail := texts[0][15:]
		for _, q := range []string{texts[0], strings.ToLower(texts[0]), "https://exams.example/redeem?code=" + texts[0], strings.ReplaceAll(texts[0], "-", " ")} {
			b.get("/operator/look-up?q=" + url.QueryEscape(q)).goes("/operator/look-up?q=" + tail + "&whole=1")
		}
		a := b.get("/operator/look-up?q="+tail+"&whole=1").want(200, "These are all codes whose text ends in "+tail, "Bound", "Company", o.Number, "Examinee", "4 Mar 2027 (UTC)")
		a.without(texts[0], texts[0][:14], strings.ReplaceAll(texts[0], "-", ""))
		b.get("/operator/look-up?q="+strings.ToLower(tail)).want(200, "Bound").without("These are all codes")
		b.in(lang.ZH).get("/operator/look-up?q="+tail).want(200, "已绑定", "有效期至")

		// A mistyped text is not repeated.
		wrong := "0" + texts[0][1:]
		if texts[0][0] == '0' {
			wrong = "1" + texts[0][1:]
		}
		b.get("/operator/look-up?q="+url.QueryEscape(wrong)).want(200, "one of the 16 symbols is not right").without(wrong)

		// A former text leads to its code and says so.
		codes, err := w.Read.Codes(w.ctx, root.Account, store.CodeFilter{State: exam.Unused}, w.Clock.Now(), store.Page{})
		w.must(err)
		_, err = w.Actions.RegenerateCodes(w.ctx, root, []exam.CodeID{codes.Items[0].ID})
		w.must(err)
		old := codes.Items[0].Tail
		b.get("/operator/look-up?q="+old).want(200, "Unused", "A former text ended in "+old)

		w.after(400 * 24 * time.Hour)
		w.as(exam.Audit).get("/operator/look-up?q="+tail).want(200, "Expired").without("Bound")
	})
}

func TestLookingUpOrdersAndPeople(t *testing.T) {
	each(t, func(w *world) {
		sub, root := w.Subject(), w.Company(true)
		o, texts := w.Buy(root, sub, 2)
		b, cashier := w.as(exam.Review), w.as(exam.Money)
		a := b.get("/operator/look-up?q="+strings.ToLower(o.Number)).want(200, "Order "+o.Number, "Company", "Paid", "USD 240.00", "Unused codes left 2", "Payments", "Sandbox", "4 Mar 2027 (UTC)")
		if strings.Contains(a.body, `href="/operator/money/`) {
			t.Error("a link that the role may not open")
		}
		cashier.get("/operator/look-up?q=" + o.Number).want(200).has(`href="/operator/money/pay_`)
		b.get("/operator/look-up?q=EC-260304-NONE").want(200, "Nothing found for EC-260304-NONE.")

		who := w.Examinee(true)
		person, err := w.Read.Person(w.ctx, who.Person)
		w.must(err)
		b.get("/operator/look-up?q="+url.QueryEscape(strings.ToUpper(person.Email))).want(200, person.Email, "Individual", "Verified", "This person has not registered for an exam.")
		reg, err := w.Redeem(who, sub, texts[0])
		w.must(err)
		n := w.Session(sub, 48*time.Hour, 2)
		_, err = w.Actions.Reserve(w.ctx, who, reg.ID, n.ID)
		w.must(err)
		b.get("/operator/look-up?q="+url.QueryEscape(person.Email)).want(200, "Registrations", "Reserved", "Fri 6 Mar 2026, 10:00–11:30 (UTC)").without(texts[0])

		buyer, err := w.Read.Person(w.ctx, root.Person)
		w.must(err)
		b.get("/operator/look-up?q="+url.QueryEscape(buyer.Email)).want(200, "Orders of the company", o.Number, "Root account")
		newcomer, err := w.Read.Person(w.ctx, w.company("New").Person)
		w.must(err)
		b.get("/operator/look-up?q="+url.QueryEscape(newcomer.Email)).want(200, "This company has not placed an order.", "Not started")
		staff, err := w.Read.Person(w.ctx, w.Admin.Person)
		w.must(err)
		b.get("/operator/look-up?q="+url.QueryEscape(staff.Email)).want(200, "Programme staff", "Administrator")
		for _, q := range []string{"nobody@people.example", "not an address@", "<b>x</b>", strings.Repeat("x", 3000)} {
			b.get("/operator/look-up?q="+url.QueryEscape(q)).want(200, "Nothing found for")
		}
	})
}

func TestEnding(t *testing.T) {
	for q, want := range map[string]string{"k7qf": "K7QF", "••••-••••-••••-K7QF": "K7QF", "o1il": "0111", "Ｋ７ＱＦ": "K7QF", "K7Q": "", "K7QF2": "", "K7Q!": "", "考试码吗": "", "UUUU": ""} {
		if got := ending(q); got != want {
			t.Errorf("%q: %q, want %q", q, got, want)
		}
	}
}
