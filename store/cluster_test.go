package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/store"
)

func TestTokenRecordsAreSpreadOverACluster(t *testing.T) {
	s := openCluster(t)
	for i := range 60 {
		if err := s.SaveToken(t.Context(), record(fmt.Sprint("t", i)), store.Event{Action: "mint", At: now}); err != nil {
			t.Fatal(err)
		}
	}
	for _, master := range clusterServer(t).Masters {
		keys := fmt.Sprint(master.Do(t, "KEYS", s.Key("token:*")))
		if n := strings.Count(keys, "token:"); n < 5 {
			t.Errorf("%s holds %d of 60 records", master.Address, n)
		}
	}
	records, _, err := s.Tokens(t.Context(), subject, store.Page{})
	if err != nil || len(records) != 60 {
		t.Errorf("listed %d, %v", len(records), err)
	}
}
