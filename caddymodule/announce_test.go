package caddymodule

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestANodeComplainsOfAnotherThatDoesNotVerifyWhatItSignsOrTheOtherWayRound(t *testing.T) {
	for name, c := range map[string]struct {
		ours, theirs []string
		want         bool
	}{
		"the same key":                          {[]string{"a"}, []string{"a"}, false},
		"a key that the other will sign with":   {[]string{"a", "b"}, []string{"a"}, false},
		"each signs with what the other has":    {[]string{"a", "b"}, []string{"b", "a"}, false},
		"no key in common":                      {[]string{"a"}, []string{"b"}, true},
		"ours is missing there":                 {[]string{"b", "a"}, []string{"a"}, true},
		"theirs is missing here":                {[]string{"a"}, []string{"b", "a"}, true},
		"a key in common, and nobody signs it":  {[]string{"a", "c"}, []string{"b", "c"}, true},
		"a node that announces nothing to sign": {[]string{"a"}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			var alarm keyAlarm
			var found []string
			for minute := range 3 {
				others := map[string]store.NodeKeys{"other": {At: time.Unix(int64(minute)*60, 0), IDs: c.theirs}}
				found = alarm.compare(c.ours, others, time.Hour)
				if minute == 0 && len(found) > 0 {
					t.Error("a complaint of the first announcement")
				}
			}
			if slices.Contains(found, "other") != c.want {
				t.Errorf("got %v, want a complaint: %v", found, c.want)
			}
		})
	}
}

func TestANodeDoesNotComplainOfWhatAnotherAnnouncedBeforeAChangeOnAll(t *testing.T) {
	before := map[string]store.NodeKeys{"other": {At: time.Unix(0, 0), IDs: []string{"old"}}}
	after := map[string]store.NodeKeys{"other": {At: time.Unix(60, 0), IDs: []string{"new"}}}
	var alarm keyAlarm
	for round, others := range []map[string]store.NodeKeys{before, before, after, after} {
		if found := alarm.compare([]string{"new"}, others, time.Hour); len(found) > 0 {
			t.Errorf("round %d: %v", round, found)
		}
	}
}

func TestANodeThatSharesStorageHasTimeToReadANewKey(t *testing.T) {
	var alarm keyAlarm
	for round := range 2 {
		others := map[string]store.NodeKeys{"other": {At: time.Unix(int64(round)*60, 0), IDs: []string{"old"}}}
		if found := alarm.compare([]string{"new"}, others, time.Duration(round)*announceEvery); len(found) > 0 {
			t.Errorf("round %d: %v", round, found)
		}
	}
}

func TestTheKeyThatSignsIsAnnouncedFirst(t *testing.T) {
	since := time.Now()
	ids, activeFrom := signingFirst([]keyring.KeyInfo{
		{ID: "oldest", State: keyring.Retired},
		{ID: "old", State: keyring.Retired},
		{ID: "signs", State: keyring.Active, ActiveFrom: since},
		{ID: "next", State: keyring.Published},
	})
	if !slices.Equal(ids, []string{"signs", "old", "oldest", "next"}) || !activeFrom.Equal(since) {
		t.Errorf("got %v, %v", ids, activeFrom)
	}
}

func TestTheLogOfARunningNodeNamesOneThatLacksItsKey(t *testing.T) {
	server := durable(t)
	file := filepath.Join(t.TempDir(), "caddy.log")
	first, second := keyFile(t), keyFile(t)
	text := global("store unix://"+server.Address+"\nsigning_key {file."+first+"} {file."+second+"}") + site("127.0.0.1:1")
	load(t, strings.Replace(text, "auto_https off", "auto_https off\nlog {\noutput file "+file+"\n}", 1))
	s := running(t).services.Load()
	ours, _ := signingFirst(s.signing.List())
	var alarm keyAlarm
	for round := range 2 {
		at := strconv.FormatInt(time.Now().Unix()+int64(round), 10)
		server.Do(t, "HSET", "sekisho:keys", "a-node-behind", at+" "+ours[1])
		s.announceKeys(t.Context(), &alarm)
	}
	redistest.Eventually(t, "the log names the node", func() bool {
		lines, _ := os.ReadFile(file)
		return strings.Contains(string(lines), `"node":"a-node-behind"`)
	})
}
