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
	w.must(err)
	return v.ID
}

func TestReviewingFromTheQueue(t *testing.T) {
	each(t, func(w *world) {
		xinghe, lina := w.company("星河科技"), w.signUp(exam.Individual, "Li Na")
		first := w.submit(xinghe, "星河科技", "licence.pdf", pdf)
		w.after(26 * time.Hour)
		second := w.submit(lina, "Lina Li", "", nil)
		b := w.as(exam.Review)
		queue := b.get("/operator/verifications").want(200, "In review 2", "Start reviewing", "星河科技", "1 day ago", "Lina Li", "The name differs from the account")
		queue.has(`href="` + verificationPath(first) + `"`)
		if strings.Index(queue.text, "星河科技") > strings.Index(queue.text, "Lina Li") {
			t.Error("the one that waits longest comes first")
		}

		one := b.get(verificationPath(first)).want(200, "HRB 12345", "CN", "Approving lets this company buy codes at once.", "Save licence.pdf", "sent the verification").without("Document number")
		if v, err := w.Read.Account(w.ctx, xinghe.Account); err != nil || v.Verified != exam.Waiting {
			t.Fatalf("looking changed it: %v %v", v.Verified, err)
		}
		b.get(verificationPath(second)).want(200, "Passport", "E12345678", "No file was sent.")

		// Approve goes on with the next, then back to the empty queue.
		next := b.post(verificationPath(first)+"/approve", "version", one.hidden("version")).goes(verificationPath(second))
		a := b.get(next).want(200, "星河科技 is Verified and has been told.")
		b.post(verificationPath(second)+"/approve", "version", a.hidden("version")).goes("/operator/verifications")
		b.get("/operator/verifications").want(200, "Li Na is Verified and has been told.", "No verification is waiting.")
		for _, who := range []exam.Actor{xinghe, lina} {
			if who = w.Who(who.Person); who.Verified != exam.Verified {
				t.Errorf("%s is %s", who.Name, who.Verified)
			}
			if rows, err := w.Read.Notices(w.ctx, who.Person, false, store.Page{}); err != nil || len(rows.Items) != 1 {
				t.Errorf("%s was told %d times: %v", who.Name, len(rows.Items), err)
			}
		}
		b.get("/operator/verifications?state=verified").want(200, "星河科技", "Lina Li", "Verified")
		b.get(verificationPath(first)).want(200, "Decided by Staff review").without("Approve and next", "Your decision")
		b.in(lang.ZH).get(verificationPath(first)).want(200, "处理人 Staff review", "法定名称", "企业账号")

		// A second approval does nothing and shows how it stands.
		b.post(verificationPath(first)+"/approve", "version", one.hidden("version")).want(409, "This changed while you were reading: Staff review saved it on", "Decided by")
		b.get(verificationPath(first) + "/reject").goes(verificationPath(first))
		b.get(verificationPath(first)).want(200, "This verification is decided already.")
	})
}

func TestRejecting(t *testing.T) {
	each(t, func(w *world) {
		b, who := w.as(exam.Review), w.company("Brightwater")
		id := w.submit(who, "Brightwater Logistics", "scan.png", png)
		path := verificationPath(id) + "/reject"
		form := b.get(path).want(200, "Reject the enterprise verification of Brightwater?", "They cannot buy until a verification is approved.", "Orders and codes they have stay as they are.", "Return to the case").
			has("btn-danger", `value="unreadable"`)
		version := form.hidden("version")
		b.in(lang.ZH).get(path).want(200, "驳回“Brightwater”的企业认证？", "驳回并告知原因")

		b.post(path, "version", version).want(422, "There is a problem", "Choose a reason.")
		b.post(path, "version", version, "reason", "nonsense", "note", "kept").want(422, "There is a problem").has(">kept</textarea>")
		b.post(path, "version", version, "reason", "other").want(422, "There is a problem")
		b.post(path, "version", version, "reason", "other", "note", strings.Repeat("x", 501)).want(422, "There is a problem")
		b.post(path, "version", "7", "reason", "unreadable").want(409, "Nothing was done.")
		if v, _ := w.Read.Verification(w.ctx, id); v.State != exam.Waiting {
			t.Fatalf("state %s after refusals", v.State)
		}

		b.post(path, "version", version, "reason", "unreadable", "note", "Page 2 is dark").goes("/operator/verifications")
		b.get("/operator/verifications").want(200, "The verification of Brightwater is Rejected.")
		b.get(verificationPath(id)).want(200, "The document cannot be read", "Page 2 is dark")
		b.post(path, "version", version, "reason", "unreadable").want(409, "Decided by")

		// The next round shows the earlier one.
		again := w.submit(who, "Brightwater", "scan.png", png)
		b.get("/operator/verifications").want(200, "Sent before").has(`data-label="Sent before"`)
		b.get(verificationPath(again)).want(200, "Other rounds of this account", "Rejected").has(`href="` + verificationPath(id) + `"`)
	})
}

// Whatever was uploaded cannot act in the console's name.
func TestDocumentIsSentAlone(t *testing.T) {
	each(t, func(w *world) {
		b := w.as(exam.Review)
		picture := w.submit(w.company("Picture"), "Picture", `scan "1".png`, png)
		file := w.submit(w.company("File"), "File", "营业执照.pdf", pdf)
		number := w.submit(w.signUp(exam.Individual, "Li Na"), "Li Na", "", nil)
		for _, c := range []struct {
			id           exam.VerificationID
			mime, starts string
			content      []byte
		}{{picture, "image/png", "inline; filename=", png}, {file, "application/pdf", "attachment; filename", pdf}} {
			a := b.get(verificationPath(c.id) + "/document").want(200)
			if got := a.header.Get("Content-Type"); got != c.mime {
				t.Errorf("type %s, want %s", got, c.mime)
			}
			if got := a.header.Get("Content-Disposition"); !strings.HasPrefix(got, c.starts) {
				t.Errorf("disposition %s", got)
			}
			if got := a.header.Get("Content-Security-Policy"); got != "default-src 'none'; sandbox; frame-ancestors 'none'" {
				t.Errorf("policy %s", got)
			}
			if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("headers %v", a.header)
			}
			if !bytes.Equal([]byte(a.body), c.content) {
				t.Errorf("%d bytes, want %d", len(a.body), len(c.content))
			}
		}
		b.get(verificationPath(picture)).want(200, "Open the picture in full size").has(`<img class="img-fluid" src="` + verificationPath(picture) + `/document"`)
		b.get(verificationPath(number) + "/document").want(404)
		w.as(exam.Money).get(verificationPath(picture) + "/document").want(403)
	})
}
