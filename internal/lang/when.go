package lang

import (
	"fmt"
	"time"
)

// Relative text is written for at most this many days; beyond, the date says more.
const relativeDays = 90

var (
	zhWeekday = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}
)

func inZone(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}

// date is the calendar day alone, month in letters: it has no zone, so it is
// only a part of what people see.
func (l Locale) date(t time.Time) string {
	if l.Lang == ZH {
		return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
	}
	return t.Format("2 Jan 2006")
}

func (l Locale) bracket(t time.Time) string {
	if l.Lang == ZH {
		return "（" + offset(t) + "）"
	}
	return " (" + offset(t) + ")"
}

// offset names the zone by its distance from UTC at that instant.
func offset(t time.Time) string {
	_, s := t.Zone()
	if s == 0 {
		return "UTC"
	}
	sign := "+"
	if s < 0 {
		sign, s = "−", -s
	}
	if m := s / 60 % 60; m != 0 {
		return fmt.Sprintf("UTC%s%d:%02d", sign, s/3600, m)
	}
	return fmt.Sprintf("UTC%s%d", sign, s/3600)
}

// ZoneName names a zone for the footer: "Asia/Shanghai (UTC+8)".
func (l Locale) ZoneName(zone *time.Location) string {
	t := inZone(l.Now, zone)
	if t.Location() == time.UTC {
		return "UTC"
	}
	return t.Location().String() + l.bracket(t)
}

// Instant is a moment: "21 Nov 2026, 16:04 (UTC+8)".
func (l Locale) Instant(t time.Time, zone *time.Location) string {
	t = inZone(t, zone)
	if l.Lang == ZH {
		return l.date(t) + " " + t.Format("15:04") + l.bracket(t)
	}
	return l.date(t) + ", " + t.Format("15:04") + l.bracket(t)
}

// Day is a calendar day: "21 Nov 2026 (UTC+8)".
func (l Locale) Day(t time.Time, zone *time.Location) string {
	t = inZone(t, zone)
	return l.date(t) + l.bracket(t)
}

// Month is a calendar month: "Nov 2026", "2026年11月".
func (l Locale) Month(t time.Time, zone *time.Location) string {
	t = inZone(t, zone)
	if l.Lang == ZH {
		return fmt.Sprintf("%d年%d月", t.Year(), int(t.Month()))
	}
	return t.Format("Jan 2006")
}

// LastDay is the last whole day before an exclusive end: "22 Nov 2027 (UTC+8)".
func (l Locale) LastDay(end time.Time, zone *time.Location) string {
	return l.Day(end.Add(-time.Nanosecond), zone)
}

// ValidThrough is the sentence for an exclusive end: "Valid through 22 Nov 2027
// (UTC+8)", on the last day "Ends today, …", afterwards "Ended …".
func (l Locale) ValidThrough(end time.Time, zone *time.Location) string {
	if !l.Now.Before(end) {
		return l.T("time.ended_at", "at", l.Instant(end, zone))
	}
	last := inZone(end.Add(-time.Nanosecond), zone)
	if l.days(last) == 0 {
		return l.T("time.ends_today_full", "date", l.date(last), "zone", offset(last))
	}
	return l.T("time.valid_through", "date", l.LastDay(end, zone))
}

// DaysLeft counts whole local days up to the last one: "12 days left", "Ends
// today"; "" when the end is past or more than 90 days away.
func (l Locale) DaysLeft(end time.Time, zone *time.Location) string {
	if !l.Now.Before(end) {
		return ""
	}
	n := l.days(inZone(end.Add(-time.Nanosecond), zone))
	switch {
	case n > relativeDays:
		return ""
	case n <= 0:
		return l.T("time.ends_today")
	}
	return l.T("time.days_left", "n", n)
}

// Ends names the exclusive instant itself: "ends 23 Nov 2027, 00:00 (UTC+8)".
func (l Locale) Ends(end time.Time, zone *time.Location) string {
	return l.T("time.ends", "at", l.Instant(end, zone))
}

// days is how many calendar days last lies after today in last's own zone.
func (l Locale) days(last time.Time) int {
	now := l.Now.In(last.Location())
	a := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	b := time.Date(last.Year(), last.Month(), last.Day(), 0, 0, 0, 0, time.UTC)
	return int(b.Sub(a).Hours() / 24)
}

// SessionTime is a session's day and hours in its own zone:
// "Thu 14 Jan 2027, 09:00–10:30 (UTC+8)".
func (l Locale) SessionTime(start time.Time, minutes int, zone *time.Location) string {
	a := inZone(start, zone)
	b := a.Add(time.Duration(minutes) * time.Minute)
	if a.YearDay() != b.YearDay() {
		return l.weekday(a) + " – " + l.weekday(b) + l.bracket(a)
	}
	return l.weekday(a) + "–" + b.Format("15:04") + l.bracket(a)
}

func (l Locale) weekday(t time.Time) string {
	if l.Lang == ZH {
		return l.date(t) + " " + zhWeekday[t.Weekday()] + " " + t.Format("15:04")
	}
	return t.Format("Mon 2 Jan 2006, 15:04")
}

// Ago is how long ago t was: "3 hours ago"; "" for the future and beyond 90 days.
func (l Locale) Ago(t time.Time) string {
	d := l.Now.Sub(t)
	switch {
	case d < 0 || d > relativeDays*24*time.Hour:
		return ""
	case d < time.Minute:
		return l.T("time.just_now")
	case d < time.Hour:
		return l.T("time.minutes_ago", "n", int(d/time.Minute))
	case d < 24*time.Hour:
		return l.T("time.hours_ago", "n", int(d/time.Hour))
	}
	return l.T("time.days_ago", "n", int(d/(24*time.Hour)))
}
