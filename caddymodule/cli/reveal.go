package cli

import (
	"fmt"
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
	c.say("made", o.ID, c.end(o.ExpiresAt))
	if o.ExpiresAt == nil {
		c.say("warning_no_end")
	}
	if len(o.Scopes) == 0 {
		c.say("warning_no_scopes")
	}
	return c.reveal(o.ID, o.Token, "token", answer.body, file)
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
	var err error
	switch {
	case c.json && file != nil:
		var members map[string]jsontext.Value
		if err := json.Unmarshal(body, &members); err != nil {
			return fmt.Errorf("reading the reply: %w", err)
		}
		delete(members, member)
		err = c.printJSON(members)
	case c.json:
		err = c.printJSON(body)
	case file == nil:
		err = c.print(credential + "\n")
	}
	if err != nil && file == nil {
		return c.failed("output_lost", err, id)
	}
	return err
}

func (c *call) end(t *time.Time) string {
	if t == nil {
		return c.of("no_end")
	}
	return c.both(t)
}
