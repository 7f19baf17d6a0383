package operator

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
)

var (
	png = append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 3<<20)...)
	pdf = []byte("%PDF-1.4 <script>alert(1)</script>")
)

// submit sends a verification of an account.
func (w *world) submit(who exam.Actor, legal, file string, content []byte) exam.VerificationID {
	w.T.Helper()
	v := exam.Verification{LegalName: legal, RegNumber: "HRB 12345", Country: "CN"}
	if who.Kind == exam.Individual {
		v = exam.Verification{LegalName: legal, DocumentKind: "passport", DocumentNumber: "E12345678"}
	}
	var doc *action.Upload
	if content != nil {
		doc = &action.Upload{Name: file, Content: content}
	}
	v, err := w.Actions.SubmitVerification(w.ctx, w.Who(who.Person), v, doc)
	w.Must(err)
	return v.ID
}

func TestReviewingFromTheQueue(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		xinghe, lina := w.company("星河科技"), w.signUp(exam.Individual, "Li Na")
		first := w.submit(xinghe, "星河科技", "licence.pdf", pdf)
		w.after(26 * time.Hour)
		second := w.submit(lina, "Lina Li", "", nil)
		b := w.as(exam.Review)
		queue := b.Get("/operator/verifications").Is(200, "In review 2", "Start reviewing", "星河科技", "1 day ago", "Lina Li", "The name differs from the account")
		queue.Has(`href="` + verificationPath(first) + `"`)
		if strings.Index(queue.Page, "星河科技") > strings.Index(queue.Page, "Lina Li") {
			t.Error("the one that waits longest comes first")
		}

		one := b.Get(verificationPath(first)).Is(200, "HRB 12345", "China", "Approving lets this company buy codes at once.", "Save licence.pdf", "sent the verification").Without("Document number")
		if v, err := w.Read.Account(w.ctx, xinghe.Account); err != nil || v.Verified != exam.Waiting {
			t.Fatalf("looking changed it: %v %v", v.Verified, err)
		}
		b.Get(verificationPath(second)).Is(200, "Passport", "E12345678", "No file was sent.")

		// Approve goes on with the next, then back to the empty queue.
		next := b.Post(verificationPath(first)+"/approve", "version", one.Hidden("version")).Goes(verificationPath(second))
		a := b.Get(next).Is(200, "星河科技 is Verified and has been told.")
		b.Post(verificationPath(second)+"/approve", "version", a.Hidden("version")).Goes("/operator/verifications")
		b.Get("/operator/verifications").Is(200, "Li Na is Verified and has been told.", "No verification is waiting.")
		for _, who := range []exam.Actor{xinghe, lina} {
			if who = w.Who(who.Person); who.Verified != exam.Verified {
				t.Errorf("%s is %s", who.Name, who.Verified)
			}
			if rows, err := w.Read.Notices(w.ctx, who.Person, false, store.Page{}); err != nil || len(rows.Items) != 1 {
				t.Errorf("%s was told %d times: %v", who.Name, len(rows.Items), err)
			}
		}
		b.Get("/operator/verifications?state=verified").Is(200, "星河科技", "Lina Li", "Verified")
		b.Get(verificationPath(first)).Is(200, "Decided by Staff review").Without("Approve and next", "Your decision")
		b.In(lang.ZH).Get(verificationPath(first)).Is(200, "处理人 Staff review", "法定名称", "企业账号")

		// A second approval does nothing and shows how it stands.
		b.Post(verificationPath(first)+"/approve", "version", one.Hidden("version")).Is(409, "This changed while you were reading: Staff review saved it on", "Decided by")
		b.Get(verificationPath(first) + "/reject").Goes(verificationPath(first))
		b.Get(verificationPath(first)).Is(200, "This verification is decided already.")
	})
}

func TestRejecting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, who := w.as(exam.Review), w.company("Brightwater")
		id := w.submit(who, "Brightwater Logistics", "scan.png", png)
		path := verificationPath(id) + "/reject"
		form := b.Get(path).Is(200, "Reject the enterprise verification of Brightwater?", "They cannot buy until a verification is approved.", "Orders and codes they have stay as they are.", "Return to the case").
			Has("btn-danger", `value="unreadable"`)
		version := form.Hidden("version")
		b.In(lang.ZH).Get(path).Is(200, "驳回“Brightwater”的企业认证？", "驳回并告知原因")

		b.Post(path, "version", version).Is(422, "There is a problem", "Choose a reason.")
		b.Post(path, "version", version, "reason", "nonsense", "note", "kept").Is(422, "There is a problem").Has(">kept</textarea>")
		b.Post(path, "version", version, "reason", "other").Is(422, "There is a problem")
		b.Post(path, "version", version, "reason", "other", "note", strings.Repeat("x", 501)).Is(422, "There is a problem")
		b.Post(path, "version", "7", "reason", "unreadable").Is(409, "Nothing was done.")
		if v, _ := w.Read.Verification(w.ctx, id); v.State != exam.Waiting {
			t.Fatalf("state %s after refusals", v.State)
		}

		b.Post(path, "version", version, "reason", "unreadable", "note", "Page 2 is dark").Goes("/operator/verifications")
		b.Get("/operator/verifications").Is(200, "The verification of Brightwater is Rejected.")
		b.Get(verificationPath(id)).Is(200, "The document cannot be read", "Page 2 is dark")
		b.Post(path, "version", version, "reason", "unreadable").Is(409, "Decided by")

		// The next round shows the earlier one.
		again := w.submit(who, "Brightwater", "scan.png", png)
		b.Get("/operator/verifications").Is(200, "Sent before").Has(`data-label="Sent before"`)
		b.Get(verificationPath(again)).Is(200, "Other rounds of this account", "Rejected").Has(`href="` + verificationPath(id) + `"`)
	})
}

// Whatever was uploaded cannot act in the console's name.
func TestDocumentIsSentAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.as(exam.Review)
		picture := w.submit(w.company("Picture"), "Picture", `scan "1".png`, png)
		file := w.submit(w.company("File"), "File", "营业执照.pdf", pdf)
		number := w.submit(w.signUp(exam.Individual, "Li Na"), "Li Na", "", nil)
		for _, c := range []struct {
			id           exam.VerificationID
			mime, starts string
			content      []byte
		}{{picture, "image/png", "inline; filename=", png}, {file, "application/pdf", "attachment; filename", pdf}} {
			a := b.Get(verificationPath(c.id) + "/document").Is(200)
			if got := a.Header.Get("Content-Type"); got != c.mime {
				t.Errorf("type %s, want %s", got, c.mime)
			}
			if got := a.Header.Get("Content-Disposition"); !strings.HasPrefix(got, c.starts) {
				t.Errorf("disposition %s", got)
			}
			if got := a.Header.Get("Content-Security-Policy"); got != "default-src 'none'; sandbox; frame-ancestors 'none'" {
				t.Errorf("policy %s", got)
			}
			if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("headers %v", a.Header)
			}
			if !bytes.Equal([]byte(a.Body), c.content) {
				t.Errorf("%d bytes, want %d", len(a.Body), len(c.content))
			}
		}
		b.Get(verificationPath(picture)).Is(200, "Open the picture in full size").Has(`<img class="img-fluid" src="` + verificationPath(picture) + `/document"`)
		b.Get(verificationPath(number) + "/document").Is(404)
		w.as(exam.Money).Get(verificationPath(picture) + "/document").Is(403)
	})
}
