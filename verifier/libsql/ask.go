package libsql

import (
	"errors"
	"maps"
	"net/http"
	"net/url"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// nowhere is where an answer goes that no client asked for.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

var (
	// errAnswered reports that the client has got its answer.
	errAnswered = errors.New("the server's answer was passed on")

	errNoStream      = errors.New("no stream was begun")
	errResultsNumber = errors.New("another number of results than requests")
)

// ask sends a pipeline to the server and holds the answer back. One other than
// 200 concerns the request as a whole: it is passed on, and the error is [errAnswered].
func (x exchange) ask(path string, p *hrana.Pipeline) (*hrana.Response, http.Header, error) {
	encoded, err := x.codec.EncodePipeline(p)
	if err != nil {
		return nil, nil, err
	}
	out := x.out.WithContext(x.out.Context())
	out.Header = maps.Clone(x.out.Header)
	out.URL, out.RequestURI = &url.URL{Path: path}, path
	out.Header.Set("Accept-Encoding", "identity")
	setBody(out, x.codec.ContentType(), encoded)
	held := &heldResponse{ResponseWriter: x.w, header: http.Header{}}
	if err := x.next(held, out); err != nil {
		return nil, nil, err
	}
	if held.passing {
		return nil, nil, errAnswered
	}
	body, err := held.whole()
	if err != nil {
		return nil, nil, notAnswered(err)
	}
	response, err := x.codec.DecodeResponse(body)
	if err != nil {
		return nil, nil, notAnswered(err)
	}
	if len(response.Results) != len(p.Requests) {
		return nil, nil, notAnswered(errResultsNumber)
	}
	return response, held.header, nil
}
