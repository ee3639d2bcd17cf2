package cli

import "time"

// shown is a time for people: theirs, to the minute. None is a dash.
func shown(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
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

func (c *call) relative(t time.Time) string {
	distance, direction := c.now.Sub(t), "ago_"
	if distance < 0 {
		distance, direction = -distance, "in_"
	}
	switch {
	case distance < time.Minute:
		return c.of("just_now")
	case distance < time.Hour:
		return c.of(direction+"minutes", int(distance/time.Minute))
	case distance < 48*time.Hour:
		return c.of(direction+"hours", int(distance/time.Hour))
	}
	return c.of(direction+"days", int(distance/(24*time.Hour)))
}
