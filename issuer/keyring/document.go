package keyring

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// documentVersion is the layout of a stored ring that this release reads and writes.
const documentVersion = 1

type document struct {
	Version int         `json:"version"`
	Keys    []storedKey `json:"keys"`
}

type storedKey struct {
	ID         string    `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	ActiveFrom time.Time `json:"active_from"`
	Horizon    time.Time `json:"horizon,omitzero"`
	Never      bool      `json:"never,omitzero"`
	PrivateKey string    `json:"private_key"` // PKCS#8 PEM
}

func (s keyset) marshal() ([]byte, error) {
	d := document{Version: documentVersion}
	for _, k := range s {
		text, err := marshalPrivate(k.private())
		if err != nil {
			return nil, err
		}
		d.Keys = append(d.Keys, storedKey{
			ID: k.ID, CreatedAt: k.CreatedAt, ActiveFrom: k.ActiveFrom,
			Horizon: k.Horizon, Never: k.Never, PrivateKey: string(text),
		})
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encoding the stored keys: %w", err)
	}
	return text, nil
}

// unmarshal reads a stored ring strictly. The errors of the decoder are left out
// because they may quote what they stumbled over.
func unmarshal(text []byte) (keyset, error) {
	var v struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("%w: the stored document is not JSON of the expected shape", ErrMalformed)
	}
	if v.Version != documentVersion {
		return nil, fmt.Errorf("%w: the stored document has version %d, this release reads %d", ErrMalformed, v.Version, documentVersion)
	}
	var d document
	if err := json.Unmarshal(text, &d, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: the stored document is not JSON of the expected shape", ErrMalformed)
	}
	keys := make(keyset, len(d.Keys))
	for i, stored := range d.Keys {
		k, err := stored.key()
		if err != nil {
			return nil, fmt.Errorf("stored key %d: %w", i+1, err)
		}
		keys[i] = k
	}
	keys.sort()
	return keys, keys.check()
}

func (s storedKey) key() (*key, error) {
	private, err := parsePrivate([]byte(s.PrivateKey))
	if err != nil {
		return nil, err
	}
	k := newKey(private)
	if k.ID != s.ID {
		return nil, fmt.Errorf("%w: the id is not the thumbprint of the key", ErrMalformed)
	}
	if s.CreatedAt.IsZero() || s.ActiveFrom.IsZero() {
		return nil, fmt.Errorf("%w: created_at or active_from is missing", ErrMalformed)
	}
	k.CreatedAt, k.ActiveFrom, k.Horizon, k.Never = s.CreatedAt, s.ActiveFrom, s.Horizon, s.Never
	return k, nil
}
