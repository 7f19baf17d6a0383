package account

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"examcode/internal/lang"
	"examcode/internal/web/view"
)

// regions are the countries and areas with a two-letter code of ISO 3166.
var regions = sync.OnceValue(func() []language.Region {
	var all []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			r, err := language.ParseRegion(code)
			// What is not canonical was renamed; what has no three-letter code is only reserved.
			if err != nil || !r.IsCountry() || r.Canonicalize() != r || r.String() != code || r.ISO3() == "ZZZ" || reserved[code] {
				continue
			}
			all = append(all, r)
		}
	}
	return all
})

// reserved codes name parts of countries that have a code of their own.
var reserved = map[string]bool{"AC": true, "CP": true, "DG": true, "EA": true, "IC": true, "TA": true}

func known(code string) bool {
	r, err := language.ParseRegion(code)
	return err == nil && r.String() == code && slices.Contains(regions(), r)
}

var countryLists sync.Map // lang.Lang → []view.Option

// countries are the choices in a language, in that language's order.
func countries(l lang.Lang) []view.Option {
	if list, ok := countryLists.Load(l); ok {
		return slices.Clone(list.([]view.Option))
	}
	tag := language.English
	if l == lang.ZH {
		tag = language.SimplifiedChinese
	}
	names, order := display.Regions(tag), collate.New(tag)
	list := make([]view.Option, 0, len(regions()))
	for _, r := range regions() {
		if name := names.Name(r); name != "" {
			list = append(list, view.Option{Value: r.String(), Label: name})
		}
	}
	slices.SortStableFunc(list, func(a, b view.Option) int { return order.CompareString(a.Label, b.Label) })
	countryLists.Store(l, list)
	return slices.Clone(list)
}

// country is the name of a country in the page's language; an unknown code is
// shown as it is.
func country(ctx context.Context, code string) string {
	for _, c := range countries(lang.From(ctx).Lang) {
		if c.Value == code {
			return c.Label
		}
	}
	return code
}
