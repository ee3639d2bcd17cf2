package cli

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// made shows a new token: the secret alone on standard output, or in a file.
func (c *call) made(f family, answer reply, file *envFile) error {
	o, err := f.decode(answer.body)
	if err != nil {
		return err
	}
	if err := c.reveal(o.ID, o.Token, "token", answer.body, file); err != nil {
		return err
	}
	c.say("made", o.ID, c.end(o.ExpiresAt))
	if o.ExpiresAt == nil {
		c.say("warning_no_end")
	}
	if len(o.Scopes) == 0 {
		c.say("warning_no_scopes")
	}
	return nil
}

// reveal hands a secret over once: to the file, or alone to standard output. In
// JSON it is the member of that name, which goes when the file has it.
func (c *call) reveal(id, credential, member string, body jsontext.Value, file *envFile) error {
	if file != nil {
		if err := file.write(credential); err != nil {
			return c.failed("env_lost", err, id)
		}
		c.say("env_written", file.path, file.name)
	} else if !c.json {
		c.say("shown_once")
	}
	switch {
	case c.json && file != nil:
		var members map[string]jsontext.Value
		if err := json.Unmarshal(body, &members); err != nil {
			return err
		}
		delete(members, member)
		body, err := json.Marshal(members, json.Deterministic(true))
		if err != nil {
			return err
		}
		return c.printJSON(body)
	case c.json:
		return c.printJSON(body)
	case file == nil:
		_, err := c.out.Write([]byte(credential + "\n"))
		return err
	}
	return nil
}

func (c *call) end(t *time.Time) string {
	if t == nil {
		return c.of("no_end")
	}
	return c.both(t)
}
