package operator

import (
	"regexp"
	"strings"
	"time"

	"examcode/internal/exam"
)

// nativeTime is what a browser's own field for date and time holds.
const nativeTime = "2006-01-02T15:04"

// timeForms are the ways people write a date and time; numbers alone are read
// only with the year first, because 05/02 is two different days.
var timeForms = []string{nativeTime, "2006-01-02T15:04:05", "2006-1-2 15:04", "2 Jan 2006 15:04", "2 January 2006 15:04",
	"Jan 2 2006 15:04", "January 2 2006 15:04", "2006年1月2日 15:04"}

var weekday = regexp.MustCompile(`(?i)^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.? +|(周|星期)[一二三四五六日天]`)

// readTime reads a local date and time in a zone: from a browser's own field or
// as a text such as "14 Jan 2027 09:00" or "2027年1月14日 9:00". An hour that a
// clock change skips is refused, because nobody could come to it.
func readTime(text string, zone *time.Location) (time.Time, error) {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '\u3000' || r == '\u00a0' || r == '\u202f':
			return ' '
		}
		return r
	}, text)
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, ",", " ")), " ")
	s = weekday.ReplaceAllString(s, "")
	if day, hour, ok := strings.Cut(s, "日"); ok {
		s = strings.ReplaceAll(day, " ", "") + "日 " + strings.TrimSpace(hour)
	}
	for _, form := range timeForms {
		at, err := time.ParseInLocation(form, s, zone)
		if err != nil {
			continue
		}
		plain, err := time.Parse(form, s)
		if err != nil || plain.Format(nativeTime) != at.Format(nativeTime) {
			break
		}
		return at, nil
	}
	return time.Time{}, exam.ErrTimeMalformed
}

// isNative tells whether a browser's own field would show the text.
func isNative(text string) bool {
	_, err := time.Parse(nativeTime, text)
	return err == nil || text == ""
}

// zones are offered for sessions: the common ones, one city for each rule. Any
// other known zone is taken as well.
var zones = []string{
	"UTC", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Bangkok", "Asia/Jakarta",
	"Asia/Tokyo", "Asia/Seoul", "Asia/Kolkata", "Asia/Dubai", "Asia/Riyadh", "Europe/Istanbul", "Africa/Nairobi", "Africa/Johannesburg",
	"Africa/Lagos", "Europe/London", "Europe/Lisbon", "Europe/Paris", "Europe/Berlin", "Europe/Madrid", "Europe/Warsaw", "Europe/Athens",
	"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Toronto", "America/Mexico_City",
	"America/Bogota", "America/Sao_Paulo", "Australia/Sydney", "Australia/Perth", "Pacific/Auckland",
}
