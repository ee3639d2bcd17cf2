package libsql

import (
	"io"
	"net/http"
	"strings"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// route is what the gate opens at one path.
type route struct {
	post     bool  // POST, else GET and HEAD
	judge    judge // of the body, where SQL is judged; nil: there is no body
	streams  streams
	protobuf bool
}

// streams says where batons stand in a request and its answer.
type streams uint8

const (
	noStreams streams = iota
	pipelines
	cursors
)

// judge decides about a body that was read whole, and answers or sends it on.
type judge func(g *Gate, x exchange, body []byte) (refusal.Reason, error)

// routes are open; nothing else is. The paths are compared with what the client
// wrote, byte by byte: sqld does not decode, clean or fold them either. OPTIONS
// is not open: whoever serves browsers answers preflights before the gate.
var routes = map[string]route{
	"/health":      {},
	"/version":     {},
	"/":            {post: true, judge: (*Gate).judgeLegacy},
	"/v1/execute":  {post: true, judge: (*Gate).judgeExecute},
	"/v1/batch":    {post: true, judge: (*Gate).judgeBatch},
	"/v2/pipeline": {post: true, judge: (*Gate).judgePipeline, streams: pipelines},
	"/v3/pipeline": {post: true, judge: (*Gate).judgePipeline, streams: pipelines},
	"/v3/cursor":   {post: true, judge: (*Gate).judgeCursor, streams: cursors},

	"/v3-protobuf/pipeline": {post: true, judge: (*Gate).judgePipeline, streams: pipelines, protobuf: true},
	"/v3-protobuf/cursor":   {post: true, judge: (*Gate).judgeCursor, streams: cursors, protobuf: true},
}

// banners answer clients that ask which versions are spoken, before they have
// shown a token.
var banners = map[string]string{
	"/v1": "This is the libSQL HTTP API v1",
	"/v2": "This is the libSQL HTTP API v2 (Hrana over HTTP)",
	"/v3": "This is the libSQL HTTP API v3 (Hrana over HTTP)",

	"/v3-protobuf": "This is the libSQL HTTP API v3 (Hrana over HTTP), with protobuf",
}

// probe answers the questions about versions. They concern no database.
func probe(w http.ResponseWriter, r *http.Request) (answered bool) {
	banner, ok := banners[r.URL.EscapedPath()]
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, banner)
	return true
}

// findRoute finds the open route of a request, or says what is not open.
func findRoute(r *http.Request) (route, *refusal.Refusal) {
	if len(r.Header["Upgrade"]) > 0 {
		return route{}, closed(upgradeClosed)
	}
	path := r.URL.EscapedPath()
	rt, ok := routes[path]
	switch {
	case !ok:
		return route{}, closed(whyClosed(path))
	case rt.post && r.Method != http.MethodPost:
		return route{}, refusal.Method("POST")
	case !rt.post && r.Method != http.MethodGet && r.Method != http.MethodHead:
		return route{}, refusal.Method("GET, HEAD")
	case encoded(r.Header):
		return route{}, refusal.NotUnderstood("Send the body without Content-Encoding.", nil)
	}
	return rt, nil
}

// encoded reports a Content-Encoding, which sqld ignores: a body that only one
// of two readers decodes is read in two ways.
func encoded(h http.Header) bool {
	for _, value := range h["Content-Encoding"] {
		if value != "" && !strings.EqualFold(value, "identity") {
			return true
		}
	}
	return false
}

const (
	upgradeClosed = "WebSocket is open on GET / only, and no other protocol upgrade (h2c) is open here."

	unknownClosed = "This path is not open here. Clients use POST on /v2/pipeline, /v3/pipeline or /v3/cursor."
)

// closedPaths say why a path of sqld's is not open; the first prefix counts.
var closedPaths = []struct{ prefix, sentence string }{
	{"/wal_log.ReplicationLog/", "Replication for embedded replicas is not open here. Connect without a sync URL."},
	{"/proxy.Proxy/", "Replication for embedded replicas is not open here. Connect without a sync URL."},
	{"/dev/", "Databases are not chosen by path here. Each has its own address."},
	{"/dump", "Dumps are not open here. Read the tables with queries."},
	{"/beta/listen", "Listening for changes is not open here."},
	{"/console", "The web console is not open here."},
	{"/v1/jobs", "The status of schema migrations is not open here."},
}

func whyClosed(path string) string {
	for _, c := range closedPaths {
		if strings.HasPrefix(path, c.prefix) {
			return c.sentence
		}
	}
	return unknownClosed
}
