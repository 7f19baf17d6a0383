package lang

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

// forms reads every text of a language: key → plural form → text ("" for one form).
func forms(t *testing.T, l Lang) (texts map[string]map[string]string, area map[string]string) {
	t.Helper()
	texts, area = map[string]map[string]string{}, map[string]string{}
	names, err := fs.Glob(files, "catalogue/*."+string(l)+".json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no catalogue of %s: %v", l, err)
	}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var entries map[string]any
		if err := json.Unmarshal(raw, &entries); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, v := range entries {
			if other, twice := area[key]; twice {
				t.Errorf("%s is in %s and in %s", key, other, name)
			}
			area[key] = name
			texts[key] = map[string]string{}
			switch v := v.(type) {
			case string:
				texts[key][""] = v
			case map[string]any:
				for form, text := range v {
					texts[key][form] = text.(string)
				}
			default:
				t.Errorf("%s: %s is neither a text nor plural forms", name, key)
			}
		}
	}
	return texts, area
}

func names(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestLanguagesHaveTheSameTexts(t *testing.T) {
	en, enArea := forms(t, EN)
	zh, zhArea := forms(t, ZH)
	for key, forms := range en {
		other, ok := zh[key]
		if !ok {
			t.Errorf("%s has no Chinese text", key)
			continue
		}
		if a, b := strings.TrimSuffix(enArea[key], ".en.json"), strings.TrimSuffix(zhArea[key], ".zh.json"); a != b {
			t.Errorf("%s is in area %s and in %s", key, a, b)
		}
		if _, plain := forms[""]; plain {
			if _, plain := other[""]; !plain {
				t.Errorf("%s has plural forms in Chinese only", key)
			}
			if a, b := names(forms[""]), names(other[""]); !slices.Equal(a, b) {
				t.Errorf("%s: placeholders %v and %v", key, a, b)
			}
			continue
		}
		if forms["one"] == "" || forms["other"] == "" || len(forms) != 2 {
			t.Errorf("%s: English needs the forms one and other", key)
		}
		if other["other"] == "" || len(other) != 1 {
			t.Errorf("%s: Chinese needs the form other, alone", key)
		}
		if a, b := names(forms["other"]), names(other["other"]); !slices.Equal(a, b) {
			t.Errorf("%s: placeholders %v and %v", key, a, b)
		}
	}
	for key := range zh {
		if _, ok := en[key]; !ok {
			t.Errorf("%s has no English text", key)
		}
	}
}

// Placeholders are names and nothing else, so that a text cannot compute.
func TestPlaceholdersArePlain(t *testing.T) {
	plain := regexp.MustCompile(`^\{\{\.[a-z][a-z0-9_]*\}\}$`)
	for _, l := range All {
		texts, _ := forms(t, l)
		for key, forms := range texts {
			for _, text := range forms {
				for _, p := range placeholder.FindAllString(text, -1) {
					if !plain.MatchString(p) {
						t.Errorf("%s %s: %s", l, key, p)
					}
				}
				if rest := placeholder.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}<>") || strings.TrimSpace(text) != text || text == "" {
					t.Errorf("%s %s: stray mark-up or space in %q", l, key, text)
				}
			}
		}
	}
}

// chineseSpacing returns what offends the rule for Chinese texts: one space
// between Han and Latin letters or digits (dates stay closed up), full-width
// punctuation beside Han.
func chineseSpacing(text string) []string {
	text = regexp.MustCompile(`\d+年(\d+月(\d+日)?)?`).ReplaceAllString(text, "\u0000")
	text = placeholder.ReplaceAllString(text, "\u0000")
	var bad []string
	for _, rule := range []string{
		`\p{Han}[A-Za-z0-9]`, `[A-Za-z0-9%]\p{Han}`,
		`\p{Han} +\p{Han}`, `\p{Han}  +`, `  +\p{Han}`,
		`\p{Han} *[,.:;!?()"']`, `[,:;!?()"'] *\p{Han}`,
		`[，。：；（）“”、！？] | [，。：；（）“”、！？]`, `们|你`,
	} {
		bad = append(bad, regexp.MustCompile(rule).FindAllString(text, -1)...)
	}
	return bad
}

func TestChineseSpacing(t *testing.T) {
	for text, ok := range map[string]bool{
		"剩余 12 天": true, "有效期至 2027年11月22日（UTC+8）": true, "第 1–50 条，共 1,284 条": true,
		"剩余12天": false, "剩余 12天": false, "已完成,请继续": false, "通过 (2)次": false, "你好": false, "，  好": false,
	} {
		if bad := chineseSpacing(text); (len(bad) == 0) != ok {
			t.Errorf("%q: offends %q, want fine %v", text, bad, ok)
		}
	}
	texts, area := forms(t, ZH)
	for key, forms := range texts {
		for _, text := range forms {
			if bad := chineseSpacing(text); len(bad) > 0 {
				t.Errorf("%s %s: %q in %q", area[key], key, bad, text)
			}
		}
	}
}

func TestEnglishManner(t *testing.T) {
	texts, area := forms(t, EN)
	han := regexp.MustCompile(`\p{Han}`)
	for key, forms := range texts {
		for _, text := range forms {
			if strings.Contains(text, "!") || strings.Contains(text, "(s)") {
				t.Errorf("%s %s: %q", area[key], key, text)
			}
			if han.MatchString(text) && key != "frame.language_zh" {
				t.Errorf("%s %s: Chinese in an English text: %q", area[key], key, text)
			}
		}
	}
}

// The states people read are one word per state, never the same word for two
// states of one kind of thing.
func TestStatesAreDistinct(t *testing.T) {
	for _, l := range All {
		texts, _ := forms(t, l)
		seen := map[string]string{}
		for key, forms := range texts {
			kind := strings.Split(key, ".")
			if kind[0] != "state" {
				continue
			}
			at := kind[1] + "|" + forms[""]
			if other, twice := seen[at]; twice {
				t.Errorf("%s: %s and %s read the same", l, key, other)
			}
			seen[at] = key
		}
		if len(seen) < 31 {
			t.Errorf("%s: only %d states", l, len(seen))
		}
	}
}
