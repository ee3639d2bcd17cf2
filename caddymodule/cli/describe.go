package cli

import "strings"

// describe prints all that is known of a token, line by line.
func (c *call) describe(o opaque) error {
	lines := [][2]string{
		{"label_id", o.ID},
		{"label_token", o.Token},
		{"label_note", o.Note},
		{"label_holder", o.Holder},
		{"label_status", c.of("status_" + o.Status)},
		{"label_authorization", o.Authorization},
		{"label_scopes", strings.Join(o.Scopes, " ")},
		{"label_networks", strings.Join(o.Networks, " ")},
		{"label_routes", strings.Join(o.Routes, ", ")},
		{"label_creator", o.CreatedBy},
		{"label_created", c.both(o.CreatedAt)},
		{"label_expires", c.end(o.ExpiresAt)},
		{"label_last_used", c.ago(o.LastUsed)},
		{"label_rotated_to", o.RotatedTo},
		{"label_revoked_by", o.RevokedBy},
		{"label_reason", o.Reason},
	}
	if o.RevokedAt != nil {
		lines = append(lines, [2]string{"label_revoked", c.both(o.RevokedAt)})
	}
	if o.GraceUntil != nil {
		lines = append(lines, [2]string{"label_grace", c.both(o.GraceUntil)})
	}
	return c.lines(lines)
}

// lines prints labels and values; a line without a value is left out.
func (c *call) lines(lines [][2]string) error {
	room := 0
	for i := range lines {
		lines[i][0] = c.of(lines[i][0])
		room = max(room, cells(lines[i][0]))
	}
	var text strings.Builder
	for _, line := range lines {
		if line[1] == "" {
			continue
		}
		indent := "\n" + strings.Repeat(" ", room+gap)
		value := strings.Join(wrapped(inert(line[1], false), max(0, c.screen.columns-room-gap)), indent)
		text.WriteString(line[0] + strings.Repeat(" ", room-cells(line[0])+gap) + value + "\n")
	}
	return c.print(text.String())
}
