package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"examcode/internal/db/dbtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"examcode": func() { os.Exit(Main()) }})
}

// TestScripts runs the command line as people do.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(e *testscript.Env) error {
		e.Setenv("POSTGRES", dbtest.PostgresURL(t))
		return nil
	}})
}

// TestDocumentedCallsExist: every examcode command in the documents has the
// flags it is shown with.
func TestDocumentedCallsExist(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{}
	help := func(command string) string {
		if _, ok := flags[command]; !ok {
			var out bytes.Buffer
			if code := run(context.Background(), env{&out, &out, strings.NewReader(""), func(string) string { return "" }}, []string{command, "-h"}); code != 0 {
				t.Errorf("there is no command %q", command)
			}
			flags[command] = out.String()
		}
		return flags[command]
	}
	call, flag, seen := regexp.MustCompile(`(?m)^(?:go run \./cmd/)?examcode (\w+)(.*)$`), regexp.MustCompile(`--([a-z-]+)`), 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			seen++
			for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
				if !strings.Contains(help(m[1]), "\n  -"+f[1]) {
					t.Errorf("%s: examcode %s has no flag --%s", filepath.Base(file), m[1], f[1])
				}
			}
		}
		if filepath.Base(file) == "operating.md" {
			for _, f := range regexp.MustCompile("`--([a-z-]+)`").FindAllStringSubmatch(string(text), -1) {
				if !strings.Contains(help("serve"), "\n  -"+f[1]) {
					t.Errorf("operating.md: serve has no flag --%s", f[1])
				}
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d calls were found", seen)
	}
}

func TestUnsafeSettingsAreRefused(t *testing.T) {
	safe := settings{baseURL: "https://exams.example.org", providers: "transfer", exportDays: 7, documentDays: 180}
	for name, c := range map[string]struct {
		change func(*settings)
		says   string
	}{
		"safe":                 {func(*settings) {}, ""},
		"no address":           {func(s *settings) { s.baseURL = "" }, "--base-url is missing"},
		"no https":             {func(s *settings) { s.baseURL = "http://exams.example.org" }, "has no https"},
		"http said aloud":      {func(s *settings) { s.baseURL, s.allowHTTP = "http://exams.example.org", true }, ""},
		"http on this machine": {func(s *settings) { s.baseURL = "http://127.0.0.1:8080" }, ""},
		"sandbox":              {func(s *settings) { s.providers = "transfer,sandbox" }, "gives codes away"},
		"mail without sender":  {func(s *settings) { s.smtpHost = "mail.example.org" }, "--mail-from is missing"},
		"files of no time":     {func(s *settings) { s.exportDays = 0 }, "--export-days is from"},
		"documents of no time": {func(s *settings) { s.documentDays = 0 }, "--document-days is from"},
		"no address at all":    {func(s *settings) { s.baseURL = "exams" }, "is no address"},
	} {
		s := safe
		c.change(&s)
		err := s.checkServe()
		if (err == nil) != (c.says == "") || (err != nil && !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// TestWhereSettingsComeFrom: flag before environment before file before default.
func TestWhereSettingsComeFrom(t *testing.T) {
	file := filepath.Join(t.TempDir(), "examcode.conf")
	if err := os.WriteFile(file, []byte("# comment\nlisten = file:1\nprogramme = File\nbase-url = https://file.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"EXAMCODE_CONFIG": file, "EXAMCODE_PROGRAMME": "Environment", "EXAMCODE_LISTEN": "environment:1"}
	s := &settings{listen: "default:1", providers: "transfer"}
	f := newFlags("serve", s)
	e := env{&bytes.Buffer{}, &bytes.Buffer{}, strings.NewReader(""), func(k string) string { return vars[k] }}
	if err := s.parse(e, f, []string{"--listen", "flag:1"}); err != nil {
		t.Fatal(err)
	}
	if s.listen != "flag:1" || s.programme != "Environment" || s.baseURL != "https://file.example" || s.providers != "transfer" {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(file, []byte("colour = blue\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.parse(e, newFlags("serve", s), nil); err == nil || !strings.Contains(err.Error(), `no setting "colour"`) {
		t.Errorf("an unknown setting: %v", err)
	}
}
