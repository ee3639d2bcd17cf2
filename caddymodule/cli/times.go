package cli

import "time"

// shown is a time for people: theirs, to the minute. None is a dash.
func shown(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// ends is when a token ends of itself: a rotation may set an earlier end. Nil is never.
func ends(expires, grace *time.Time) *time.Time {
	if grace != nil && (expires == nil || grace.Before(*expires)) {
		return grace
	}
	return expires
}

// both is a time and how far away it is.
func (c *call) both(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return shown(t) + " (" + c.relative(*t) + ")"
}

// ago is how long ago something was, or that it never was.
func (c *call) ago(t *time.Time) string {
	if t == nil {
		return c.of("never")
	}
	return c.relative(*t)
}

// relative rounds to the nearest unit: what was made for 7d a moment ago ends "in 7d".
func (c *call) relative(t time.Time) string {
	distance, direction := c.now.Sub(t), "ago_"
	if distance < 0 {
		distance, direction = -distance, "in_"
	}
	minutes, hours := distance.Round(time.Minute), distance.Round(time.Hour)
	switch {
	case minutes == 0:
		return c.of(direction + "moment")
	case minutes < time.Hour:
		return c.of(direction+"minutes", int(minutes/time.Minute))
	case hours < 48*time.Hour:
		return c.of(direction+"hours", int(hours/time.Hour))
	}
	const day = 24 * time.Hour
	return c.of(direction+"days", int(distance.Round(day)/day))
}
