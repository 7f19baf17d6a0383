package db

import "strings"

// unnumbered writes placeholders that stand in order, $1 to $n and each once, as
// plain ones. SQLite looks a numbered one up among all the others, so that a
// statement of many rows would cost the square of their number.
func unnumbered(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	next, from, quoted := 1, 0, false
	for i := 0; i < len(text); i++ {
		if text[i] == '\'' {
			quoted = !quoted
		}
		if text[i] != '$' || quoted {
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
