package lang

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Country is the name of a country by its two letters of ISO 3166; what is not
// known is shown as it is.
func (l Locale) Country(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	tag := language.English
	if l.Lang == ZH {
		tag = language.SimplifiedChinese
	}
	if name := display.Regions(tag).Name(r); name != "" {
		return name
	}
	return code
}
