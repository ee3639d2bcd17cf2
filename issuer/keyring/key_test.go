package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestThumbprintIsTheOneOfRFC8037(t *testing.T) {
	const want = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" // appendix A.3
	if got := newKey(rfcKey(t)).ID; got != want {
		t.Errorf("thumbprint %s, want %s", got, want)
	}
}

func TestNothingPrintsAPrivateKey(t *testing.T) {
	private := rfcKey(t)
	ring, err := Static(pemOf(t, private))
	if err != nil {
		t.Fatal(err)
	}
	snap := ring.current.Load()
	values := map[string]any{
		"ring": ring, "snapshot": snap, "snapshot by value": *snap, "keys": snap.keys,
		"key": snap.keys[0], "key by value": *snap.keys[0], "upstream": NewUpstreamSigner(ring), "list": ring.List(),
	}
	var out bytes.Buffer
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, name+" "+verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info(name, "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info(name, "value", value)
	}
	printed := strings.ToLower(out.String())
	for form, secret := range map[string]string{
		"hex":     hex.EncodeToString(private.Seed()),
		"base64":  base64.RawStdEncoding.EncodeToString(private.Seed())[:40],
		"decimal": strings.Trim(fmt.Sprint(private.Seed()), "[]"),
		"PEM":     strings.Split(string(pemOf(t, private)), "\n")[1],
		"Go":      strings.TrimPrefix(strings.Trim(fmt.Sprintf("%#v", private.Seed()), "}"), "[]byte{"),
	} {
		if strings.Contains(printed, strings.ToLower(secret)) {
			t.Errorf("the private key was printed as %s", form)
		}
	}
}

func TestSignerIsTheLastActiveKey(t *testing.T) {
	at := func(minutes int) time.Time { return time.Date(2026, 1, 1, 0, minutes, 0, 0, time.UTC) }
	keys := keyset{}
	for _, minutes := range []int{10, 20, 20, 30} {
		k, err := generate(at(0), at(minutes))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	for _, c := range []struct {
		name   string
		minute int
		want   int
	}{
		{"a clock that is behind all keys takes the first", 0, 0},
		{"the first, from its first moment", 10, 0},
		{"until just before the next", 19, 0},
		{"of two that begin at once, the one made later", 20, 2},
		{"the last, for ever", 3000, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := keys.signer(at(c.minute)); got != c.want {
				t.Errorf("key %d signs at minute %d, want %d", got, c.minute, c.want)
			}
		})
	}
}
