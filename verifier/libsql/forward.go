package libsql

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// forwarded are the client's headers that go on. sqld and what may stand before
// it take identity, namespace and routing from others, under several names, so
// all the rest is dropped.
var forwarded = []string{
	"Accept", "Accept-Encoding", "Content-Type", "User-Agent", "X-Libsql-Client-Version", "Traceparent", "Tracestate",
}

// forward is r as the server may see it. sqld takes the namespace from
// x-namespace-bin before x-namespace and Host; Host is set too, for what stands
// between. The path is one of [routes], the query is dropped as sqld ignores it.
func forward(r *http.Request, database, credential string) *http.Request {
	out := r.WithContext(r.Context())
	out.URL = &url.URL{Path: r.URL.Path}
	out.RequestURI = r.URL.Path
	out.Host = database + ".localhost"
	out.Trailer = nil
	out.Header = make(http.Header, len(forwarded)+2)
	for _, name := range forwarded {
		if values, ok := r.Header[name]; ok {
			out.Header[name] = values
		}
	}
	out.Header.Set("Authorization", "Bearer "+credential)
	out.Header.Set("X-Namespace-Bin", base64.RawStdEncoding.EncodeToString([]byte(database)))
	return out
}

// setBody gives a request the body that was encoded here.
func setBody(r *http.Request, contentType string, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.TransferEncoding = nil
	r.Header.Set("Content-Type", contentType)
}

// maxUnread is how much memory a body gets by its announced length alone, in bytes.
const maxUnread = 2 << 20

// readBody reads a body to be judged, whole.
func (g *Gate) readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > g.maxBody {
		return nil, refusal.TooLargeBody(size(g.maxBody))
	}
	var body bytes.Buffer
	body.Grow(bytes.MinRead + int(min(max(r.ContentLength, 0), maxUnread)))
	if _, err := body.ReadFrom(io.LimitReader(r.Body, g.maxBody+1)); err != nil {
		if refused, ended := errors.AsType[*refusal.Refusal](err); ended {
			return nil, refused
		}
		return nil, refusal.NotUnderstood("The body could not be read to its end.", err)
	}
	if int64(body.Len()) > g.maxBody {
		return nil, refusal.TooLargeBody(size(g.maxBody))
	}
	return body.Bytes(), nil
}

func size(n int64) string {
	if n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
