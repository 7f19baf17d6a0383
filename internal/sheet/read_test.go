package sheet_test

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"examcode/internal/sheet"
)

// What people's programs write reads the same.
func TestRead(t *testing.T) {
	const want = `[{1 [邮箱 成绩]} {3 [li@x.example 通过]}]`
	plain := "邮箱,成绩\r\n,\r\nli@x.example, 通过 \r\n"
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(plain)
	wide, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("邮箱\t成绩\n\nli@x.example\t通过")
	for name, content := range map[string]string{"plain": plain, "marked": "\ufeff" + plain, "GB 18030": gb, "UTF-16 with tabs": wide,
		"semicolons": "邮箱;成绩\n\nli@x.example;通过", "quoted": "\"邮箱\",\"成绩\"\n\n\"li@x.example\",\"通过\""} {
		got, err := sheet.Read([]byte(content), 100)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for name, content := range map[string][]byte{"a picture": []byte("\x89PNG\r\n\x1a\n\x00\x00\xff\xff"), "zeros": bytes.Repeat([]byte{0}, 50), "cut GB": {0xff, 0x41, 0x80}} {
		if got, err := sheet.Read(content, 100); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got, _ := sheet.Read([]byte("a\nb\nc"), 2); len(got) != 2 {
		t.Errorf("%d lines past the limit", len(got))
	}
	if sheet.Plain("Ｅ-Mail Address") != "emailaddress" {
		t.Error(sheet.Plain("Ｅ-Mail Address"))
	}
}

// A score is read as it stands: its sign counts, and two numbers are none.
func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]int{"80": 80, " ８０ ": 80, "-50": -50, "０": 0} {
		if n, err := sheet.Whole(text); err != nil || n != want {
			t.Errorf("%q is read as %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"7-5", "8 0", "8_0", "80.5", "", "eighty"} {
		if n, err := sheet.Whole(text); err == nil {
			t.Errorf("%q is read as %d", text, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,2"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		lines, _ := sheet.Read(content, 50)
		if len(lines) > 50 {
			t.Fatal("too many lines")
		}
	})
}
