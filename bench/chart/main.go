// Command chart draws what `examcode bench --samples` wrote: the memory of the
// program while it exports, beyond what was there before, over the rows stored.
// It takes the files as arguments and writes SVG.
package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// point is a sample: rows stored, MiB resident beyond idle, MiB of Go's heap.
type point struct{ rows, resident, heap float64 }

// line is the first round of one work on one engine.
type line struct {
	name   string
	points []point
}

func main() {
	var lines []line
	for _, name := range os.Args[1:] {
		some, err := read(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "chart:", name+":", err)
			os.Exit(1)
		}
		lines = append(lines, some...)
	}
	if len(lines) == 0 {
		fmt.Fprintln(os.Stderr, "chart: give the files that examcode bench --samples wrote")
		os.Exit(2)
	}
	io.WriteString(os.Stdout, draw(lines))
}

// engines are their names as people know them.
var engines = map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}

func read(name string) (lines []line, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var idle float64
	for _, r := range rows[1:] {
		var n [4]float64 // seconds, rows, resident, heap
		for i := range n {
			if n[i], err = strconv.ParseFloat(r[3+i], 64); err != nil {
				return nil, err
			}
		}
		if r[2] != "1" {
			continue
		}
		what := engines[r[0]] + ", " + strings.ToUpper(r[1][strings.LastIndexByte(r[1], ' ')+1:])
		if len(lines) == 0 || lines[len(lines)-1].name != what {
			lines, idle = append(lines, line{name: what}), n[2]
		}
		l := &lines[len(lines)-1]
		l.points = append(l.points, point{n[1], n[2] - idle, n[3]})
	}
	return lines, nil
}

// The drawing, in its own units.
const (
	width, height            = 860, 430
	left, top, right, bottom = 60, 40, 190, 50
	goal                     = 96 // MiB beyond idle
)

var colours = []string{"#1b6ac9", "#c2571a", "#2a8a4a", "#8a3ab9", "#555555", "#b8860b"}

func draw(lines []line) string {
	most, high := 1.0, float64(goal)*1.15
	for _, l := range lines {
		for _, p := range l.points {
			most, high = max(most, p.rows), max(high, p.resident, p.heap)
		}
	}
	x := func(rows float64) float64 { return left + rows/most*(width-left-right) }
	y := func(mib float64) float64 { return height - bottom - max(0, mib)/high*(height-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#333">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/><text x="%d" y="22" font-size="14">Memory during an export of %.0f rows: resident beyond idle, and (dotted) Go's heap</text>`+"\n", width, height, left, most)
	for v := 0.0; v <= high; v += 20 {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n", left, y(v), width-right, left-6, y(v)+4, v)
	}
	for i := range 6 {
		rows := most * float64(i) / 5
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f k</text>`+"\n", x(rows), height-bottom+18, rows/1000)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">rows stored</text><text x="14" y="%d" transform="rotate(-90 14 %d)" text-anchor="middle">MiB</text>`+"\n", (left+width-right)/2, height-12, height/2, height/2)
	fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#a00" stroke-dasharray="6 4"/><text x="%d" y="%.1f" fill="#a00">%d MiB, the most allowed</text>`+"\n", left, y(goal), width-right, width-right+6, y(goal)+4, goal)
	for i, l := range lines {
		colour := colours[i%len(colours)]
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.6"/>`+"\n", path(l.points, x, y, func(p point) float64 { return p.resident }), colour)
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-dasharray="1 3"/>`+"\n", path(l.points, x, y, func(p point) float64 { return p.heap }), colour)
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", width-right+6, top+60+18*i, colour, l.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func path(points []point, x, y func(float64) float64, of func(point) float64) string {
	var b strings.Builder
	for i, p := range points {
		step := "L"
		if i == 0 {
			step = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", step, x(p.rows), y(of(p)))
	}
	return b.String()
}
