package keyring

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// stored is a good document with two keys, as generic JSON to be damaged.
func stored(t testing.TB) map[string]any {
	t.Helper()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var keys keyset
	for i := range 2 {
		k, err := generate(now, now.Add(time.Duration(i)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	keys[0].Never = true
	keys[1].Horizon = now.Add(time.Hour)
	text, err := keys.marshal()
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestStoredRingReadsBackAsItWas(t *testing.T) {
	text, _ := json.Marshal(stored(t))
	keys, err := unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keys.marshal()
	if err != nil {
		t.Fatal(err)
	}
	twice, err := unmarshal(again)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if !reflect.DeepEqual(keys.describe(now), twice.describe(now)) {
		t.Errorf("read\n%v\nthen\n%v", keys.describe(now), twice.describe(now))
	}
}

func TestDamagedDocumentIsAnErrorAndNeverANewKey(t *testing.T) {
	key := func(d map[string]any, i int) map[string]any { return d["keys"].([]any)[i].(map[string]any) }
	for name, damage := range map[string]func(map[string]any){
		"no version":             func(d map[string]any) { delete(d, "version") },
		"a later version":        func(d map[string]any) { d["version"] = 2 },
		"no keys":                func(d map[string]any) { d["keys"] = []any{} },
		"an unknown member":      func(d map[string]any) { d["extra"] = 1 },
		"an unknown key member":  func(d map[string]any) { key(d, 0)["extra"] = 1 },
		"a member in capitals":   func(d map[string]any) { d["Keys"] = d["keys"]; delete(d, "keys") },
		"another key's id":       func(d map[string]any) { key(d, 0)["id"] = key(d, 1)["id"] },
		"a key twice":            func(d map[string]any) { d["keys"].([]any)[0] = key(d, 1) },
		"no private key":         func(d map[string]any) { delete(key(d, 0), "private_key") },
		"no creation time":       func(d map[string]any) { delete(key(d, 0), "created_at") },
		"no start":               func(d map[string]any) { delete(key(d, 0), "active_from") },
		"a time that is none":    func(d map[string]any) { key(d, 0)["active_from"] = "soon" },
		"a secret where no time": func(d map[string]any) { key(d, 0)["active_from"] = "secret-secret" },
	} {
		t.Run(name, func(t *testing.T) {
			document := stored(t)
			damage(document)
			text, _ := json.Marshal(document)
			refusesToOpen(t, string(text))
		})
	}
	good, _ := json.Marshal(stored(t))
	for name, text := range map[string]string{
		"an empty file":          "",
		"half a file":            string(good[:len(good)/2]),
		"zero bytes":             strings.Repeat("\x00", len(good)),
		"something after it":     string(good) + "{}",
		"a member written twice": strings.Replace(string(good), `"version":1`, `"version":1,"version":1`, 1),
		"null":                   "null",
	} {
		t.Run(name, func(t *testing.T) { refusesToOpen(t, text) })
	}
}

func refusesToOpen(t *testing.T, text string) {
	t.Helper()
	storage := newMemory()
	storage.files[signingDocument] = []byte(text)
	_, err := Open(t.Context(), storage, Options{Name: Signing})
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
	if err != nil && strings.Contains(err.Error(), "secret-secret") {
		t.Errorf("the error quotes the document: %v", err)
	}
	if storage.stores != 0 {
		t.Error("the damaged document was written over")
	}
}

func FuzzStoredRing(f *testing.F) {
	good, _ := json.Marshal(stored(f))
	f.Add(good)
	f.Add([]byte(`{"version":1,"keys":[]}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(strings.ReplaceAll(string(good), "2026", "9999")))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := unmarshal(text)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		again, err := keys.marshal()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := unmarshal(again); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
