package socket

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A proxy copies in goroutines of its own, where nobody else recovers.
func TestAPanicEndsItsSocketOnly(t *testing.T) {
	for who, panics := range map[string]func(*rig){
		"a message of the client": func(r *rig) { r.send(masked(opText, "panic")) },
		"a message of the server": func(r *rig) { r.serve(unmasked(opText, "panic")) },
	} {
		t.Run(who, func(t *testing.T) {
			r := newRig(t)
			panics(r)
			r.wantClose(Fault, "something went wrong at the gate")
			if log := r.log.String(); !strings.Contains(log, `panic="a fault of ours"`) || !strings.Contains(log, "script") {
				t.Errorf("want the panic and where it was: %q", log)
			}
		})
	}
}

// sqld names a length in its answer to an upgrade, which over extended CONNECT
// would be that of all that follows.
func TestAnAcceptedUpgradeHasNoLength(t *testing.T) {
	for _, status := range []int{http.StatusSwitchingProtocols, http.StatusOK} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodConnect, "http://db/", io.NopCloser(strings.NewReader("")))
		var watch Watch
		err := watch.Serve(w, r, &script{limit: 100}, Options{Kind: Text}, func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Length", "31")
			w.WriteHeader(status)
			return nil
		})
		if _, there := w.Header()["Content-Length"]; err != nil || there {
			t.Errorf("%d: %v with %v", status, err, w.Header())
		}
	}
}
