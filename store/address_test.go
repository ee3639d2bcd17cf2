package store_test

import (
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/store"
)

func TestAnAddressWithoutASchemeIsToldWhichThereAre(t *testing.T) {
	for _, address := range []string{"localhost:6379", "10.0.0.5:6379", "[::1]:6379", "redis.example.com", ":6379"} {
		_, err := store.ParseAddresses([]string{address}, store.Options{})
		if err == nil || !strings.Contains(err.Error(), "must begin with redis://") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := store.ParseAddresses([]string{"redis://u:p%@h"}, store.Options{}); err == nil || !strings.Contains(err.Error(), "%XX") {
		t.Errorf("a special character in a password: %v", err)
	}
}
