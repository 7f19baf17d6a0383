package mail_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/fault"
	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
)

func outbox(t *testing.T, dir string) *mail.Outbox {
	t.Helper()
	o, err := mail.NewOutbox(dir, "sender@example.org", "Exam Office 考试中心")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOutboxConforms(t *testing.T) {
	mailtest.Run(t, func(t *testing.T) (mail.Sender, func() [][]byte) {
		dir := t.TempDir()
		return outbox(t, dir), func() (all [][]byte) {
			files, _ := filepath.Glob(filepath.Join(dir, "*.eml"))
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, b)
			}
			return all
		}
	})
}

func TestOutboxListsAndReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "outbox")
	o := outbox(t, dir)
	ctx := context.Background()
	m := mailtest.Message("1@x")
	for i, id := range []string{"1@x", "2@x", "3@x"} {
		n := m
		n.MessageID, n.At = id, m.At.Add(time.Duration(i)*time.Second)
		if err := o.Send(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	// Again, by this process and by the next, at another time.
	again := m
	again.At = m.At.Add(time.Hour)
	for _, o := range []*mail.Outbox{o, outbox(t, dir)} {
		if err := o.Send(ctx, again); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600)
	list, err := o.List(10)
	if err != nil || len(list) != 3 {
		t.Fatalf("%d mails, %v", len(list), err)
	}
	for i, want := range []string{"3@x", "2@x", "1@x"} {
		if list[i].MessageID != want || list[i].Text != "" || list[i].HTML != "" {
			t.Errorf("mail %d is %+v", i, list[i])
		}
	}
	if short, err := o.List(2); err != nil || len(short) != 2 || short[0].MessageID != "3@x" {
		t.Errorf("the newest two: %+v, %v", short, err)
	}
	got, err := o.Read(list[2].File)
	if err != nil {
		t.Fatal(err)
	}
	want := mail.Kept{File: list[2].File, To: m.To, ToName: m.ToName, Subject: m.Subject, MessageID: "1@x", Category: m.Category,
		Lang: m.Lang, At: m.At.UTC().Truncate(time.Second), Text: strings.TrimRight(m.Text, "\n"), HTML: strings.TrimRight(m.HTML, "\n")}
	got.Text, got.HTML = strings.TrimRight(got.Text, "\n"), strings.TrimRight(got.HTML, "\n")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, got.File): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestOutboxReadsOnlyItsMails(t *testing.T) {
	dir := t.TempDir()
	o := outbox(t, filepath.Join(dir, "outbox"))
	if err := o.Send(context.Background(), mailtest.Message("1@x")); err != nil {
		t.Fatal(err)
	}
	list, _ := o.List(1)
	name := list[0].File
	good, _ := os.ReadFile(filepath.Join(dir, "outbox", name))
	os.WriteFile(filepath.Join(dir, name), good, 0o600)
	link := "20260101T000000.000000Z-" + strings.Repeat("a", 32) + ".eml"
	if err := os.Symlink(filepath.Join(dir, name), filepath.Join(dir, "outbox", link)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", ".", "..", "../" + name, "../outbox/" + name, "./" + name, filepath.Join(dir, name), name + "\x00", name + "\n",
		"..\\" + name, "20260101T000000.000000Z-" + strings.Repeat("b", 32) + ".eml", "/etc/passwd"} {
		if k, err := o.Read(bad); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%q: %+v, %v", bad, k, err)
		}
	}
	if k, err := o.Read(link); err == nil {
		t.Errorf("a link out of the folder was followed: %+v", k)
	}
	if list, err := o.List(10); err != nil || len(list) != 1 {
		t.Errorf("listed %+v, %v", list, err)
	}
}
