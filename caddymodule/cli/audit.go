package cli

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

const (
	maxEvents   = 1000 // of one reply
	followEvery = 2 * time.Second
)

func (t texts) audit() *cobra.Command {
	cmd := t.leaf("audit", "audit", (*call).audit)
	t.serverFlags(cmd)
	cmd.Example = "sekisho audit --follow"
	cmd.Flags().String("org", "", t.of("flag_of_org"))
	cmd.Flags().Int("limit", 50, t.of("flag_limit", maxEvents))
	cmd.Flags().BoolP("follow", "f", false, t.of("flag_follow"))
	t.complete(cmd, "org", organizations)
	return cmd
}

// event is a line of the audit log.
type event struct {
	Author    string            `json:"author"`
	CreatedAt *time.Time        `json:"created_at"`
	Data      map[string]string `json:"data"`

	value jsontext.Value
}

func (c *call) audit() error {
	limit, _ := c.cmd.Flags().GetInt("limit")
	follow, _ := c.cmd.Flags().GetBool("follow")
	if limit < 1 || limit > maxEvents || len(c.args) > 0 {
		return c.usage("limit", maxEvents)
	}
	events, err := c.events("", limit)
	if err != nil {
		return err
	}
	if follow {
		return c.follow(events)
	}
	if c.json {
		values := make([]jsontext.Value, len(events))
		for i := range events {
			values[i] = events[i].value
		}
		return c.printJSON(values)
	}
	if len(events) == 0 {
		c.say("none_audit")
		return nil
	}
	t := c.newTable("label_time", "label_author", "label_action", "label_outcome", "label_subject", "label_id")
	for _, e := range events {
		t.rows = append(t.rows, e.row())
	}
	return c.print(t.text(c.screen))
}

func (e event) row() []string {
	row := []string{shown(e.CreatedAt), e.Author, e.Data["action"], e.Data["outcome"], named(e.Data["subject"]), e.Data["token_id"]}
	for i := range row {
		row[i] = cmp.Or(inert(row[i], false), "-")
	}
	return row
}

// named is a subject, "family/organization/name", without the parts that it has not.
func named(subject string) string {
	parts := strings.SplitN(subject, "/", 3)
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "/")
}

// events reads the newest events, newest first, those after an id only.
func (c *call) events(after string, limit int) (events []event, err error) {
	query := url.Values{"page_size": {strconv.Itoa(limit)}}
	if after != "" {
		query.Set("after", after)
	}
	answer, err := c.call(request{method: http.MethodGet, path: c.platform("/audit-logs"), query: query})
	if err != nil {
		return nil, err
	}
	var page struct {
		Events []jsontext.Value `json:"audit_logs"`
	}
	if err := answer.into(&page); err != nil {
		return nil, err
	}
	for _, value := range page.Events {
		e := event{value: value}
		if err := (reply{body: value}).into(&e); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// follow prints events as they come, oldest first and a line each, until the
// process is interrupted.
func (c *call) follow(events []event) error {
	ctx, stop := signal.NotifyContext(c.cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	last := ""
	for {
		for _, e := range slices.Backward(events) {
			if err := c.printEvent(e); err != nil {
				return err
			}
			last = e.Data["id"]
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		var err error
		if events, err = c.events(last, maxEvents); err != nil {
			return err
		}
	}
}

func (c *call) printEvent(e event) error {
	if c.json {
		_, err := fmt.Fprintf(c.out, "%s\n", e.value)
		return err
	}
	row := e.row()
	_, err := fmt.Fprintf(c.out, "%s  %s  %s  %s  %s  %s\n", row[0], row[1], row[2], row[3], row[4], row[5])
	return err
}
