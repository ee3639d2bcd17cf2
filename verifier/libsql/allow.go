package libsql

import "fmt"

// Allow says what else of sqld a gate opens; the zero Allow opens nothing.
type Allow struct {
	Replication bool // the gRPC services of embedded replicas
	Dump        bool // GET /dump, a whole database as SQL
	Listen      bool // GET /beta/listen, which tables change
}

// ParseAllow reads the words of a configuration: replication, dump, listen.
func ParseAllow(words ...string) (Allow, error) {
	var a Allow
	for _, word := range words {
		switch word {
		case "replication":
			a.Replication = true
		case "dump":
			a.Dump = true
		case "listen":
			a.Listen = true
		default:
			return Allow{}, fmt.Errorf("%q cannot be allowed: only replication, dump and listen can", word)
		}
	}
	return a, nil
}
