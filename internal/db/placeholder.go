package db

import "strings"

// Every $ of a statement begins a placeholder: no text in one has a $ (arch).

// steady keeps SQLite from compiling a statement again each time it runs. It
// looks at the value of a bare placeholder, in a LIMIT or beside an =, when it
// chooses its plan, and the driver takes all values away after each run. An
// expression it does not look into, and a unary plus changes no value of any type.
func steady(text string) string { return strings.ReplaceAll(text, "$", "+$") }

// unnumbered writes placeholders that stand in order, $1 to $n and each once, as
// plain ones. SQLite looks a numbered one up among all the others, so that a
// statement of many rows would cost the square of their number.
func unnumbered(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	next, from := 1, 0
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		b.WriteString(text[from:i])
		n := 0
		for from = i + 1; from < len(text) && '0' <= text[from] && text[from] <= '9'; from++ {
			n = n*10 + int(text[from]-'0')
		}
		if n != next {
			return text
		}
		b.WriteByte('?')
		next++
		i = from - 1
	}
	b.WriteString(text[from:])
	return b.String()
}
