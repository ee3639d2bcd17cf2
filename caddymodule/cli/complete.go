package cli

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const (
	completeTime = 2 * time.Second // a shell waits for it
	completePage = "200"
)

// completing offers what a list has to a shell: values, each with a description
// behind a tab or without. What cannot be found out is offered by nobody.
func (t texts) completing(list func(*call) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
		defer cancel()
		cmd.SetContext(ctx)
		c := &call{texts: t, cmd: cmd, args: args, in: strings.NewReader(""), out: io.Discard, err: io.Discard, now: time.Now()}
		found, err := list(c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		before := typed[:strings.LastIndexByte(typed, ',')+1] // of a list with commas
		var offers []string
		for _, offer := range found {
			if value, _, _ := strings.Cut(offer, "\t"); !slices.Contains(args, value) {
				offers = append(offers, before+offer)
			}
		}
		return offers, cobra.ShellCompDirectiveNoFileComp
	}
}

// complete offers the list for a flag.
func (t texts) complete(cmd *cobra.Command, flag string, list func(*call) ([]string, error)) {
	if err := cmd.RegisterFlagCompletionFunc(flag, t.completing(list)); err != nil {
		panic(err) // there is no such flag
	}
}

func (t texts) completeWords(cmd *cobra.Command, flag string, words ...string) {
	t.complete(cmd, flag, func(*call) ([]string, error) { return words, nil })
}

// first offers the list for the first argument only.
func first(list func(*call) ([]string, error)) func(*call) ([]string, error) {
	return func(c *call) ([]string, error) {
		if len(c.args) > 0 {
			return nil, nil
		}
		return list(c)
	}
}

// online asks a server for the list.
func online(list func(*call) ([]string, error)) func(*call) ([]string, error) {
	return func(c *call) ([]string, error) {
		if err := c.reach(); err != nil {
			return nil, err
		}
		return list(c)
	}
}

// usable offers the ids of developer tokens that can still be used, with their notes.
var usable = online(func(c *call) (offers []string, err error) {
	answer, err := c.call(request{
		method: http.MethodGet, path: developer.path, query: url.Values{"status": {"active"}, "limit": {completePage}},
	})
	if err != nil {
		return nil, err
	}
	values, _, err := developer.page(answer)
	for _, value := range values {
		if o, err := developer.decode(value); err == nil {
			offers = append(offers, o.ID+"\t"+inert(o.Note, false))
		}
	}
	return offers, err
})

// apps offers the applications that developer tokens are for.
var apps = seen(func(o opaque) string { return o.Holder })

// creators offers who has made developer tokens.
var creators = seen(func(o opaque) string { return o.CreatedBy })

// seen offers what the newest developer tokens have.
func seen(of func(opaque) string) func(*call) ([]string, error) {
	return online(func(c *call) (names []string, err error) {
		answer, err := c.call(request{method: http.MethodGet, path: developer.path, query: url.Values{"limit": {completePage}}})
		if err != nil {
			return nil, err
		}
		values, _, err := developer.page(answer)
		for _, value := range values {
			if o, err := developer.decode(value); err == nil && of(o) != "" && !slices.Contains(names, of(o)) {
				names = append(names, of(o))
			}
		}
		return names, err
	})
}

// held offers what the newest events tell of user tokens, which no door lists
// without a user: their ids, or their users.
func held(users bool) func(*call) ([]string, error) {
	return online(func(c *call) (offers []string, err error) {
		events, err := c.events("", maxEvents)
		for _, e := range events {
			_, holder, ok := strings.Cut(e.Data["subject"], "user//")
			offer := e.Data["token_id"] + "\t" + holder
			if users {
				offer = holder
			}
			if ok && e.Data["token_id"] != "" && !slices.Contains(offers, offer) {
				offers = append(offers, offer)
			}
		}
		return offers, err
	})
}

// organizations offers the names of organizations.
var organizations = online((*call).organizations)

// organizations lists the names of those that the server shows.
func (c *call) organizations() (names []string, err error) {
	answer, err := c.call(request{method: http.MethodGet, path: "/v2/organizations"})
	if err != nil {
		return nil, err
	}
	var reply struct {
		Organizations []struct {
			Slug string `json:"slug"`
		} `json:"organizations"`
	}
	err = answer.into(&reply)
	for _, o := range reply.Organizations {
		names = append(names, o.Slug)
	}
	return names, err
}
