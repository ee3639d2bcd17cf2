package rpc_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/rpc"
)

func TestFormsOfCalls(t *testing.T) {
	for _, c := range []struct {
		types []string
		major int
		want  rpc.Form
	}{
		{[]string{"application/grpc"}, 2, rpc.GRPC},
		{[]string{"application/grpc+proto"}, 3, rpc.GRPC},
		{[]string{"application/grpc"}, 1, rpc.None},
		{[]string{"application/grpc-web"}, 1, rpc.Web},
		{[]string{"application/grpc-web+proto"}, 2, rpc.Web},
		{[]string{"application/grpc-web-text"}, 1, rpc.None},
		{[]string{"application/grpc+json"}, 2, rpc.None},
		{[]string{"application/grpc "}, 2, rpc.None},
		{[]string{"application/grpc", "application/grpc"}, 2, rpc.None},
		{nil, 2, rpc.None},
	} {
		r := &http.Request{ProtoMajor: c.major, Header: http.Header{"Content-Type": c.types}}
		if got := rpc.FormOf(r); got != c.want {
			t.Errorf("%q over HTTP/%d: %d, want %d", c.types, c.major, got, c.want)
		}
	}
}

func TestBodiesThatAreNotOneMessage(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "half a frame": "\x00\x00\x00\x00", "compressed": "\x01\x00\x00\x00\x00", "trailers": "\x80\x00\x00\x00\x00",
		"too short": "\x00\x00\x00\x00\x02x", "too long": "\x00\x00\x00\x00\x01xy", "a length beyond all": "\x00\xff\xff\xff\xffx",
	} {
		if message, err := rpc.Only([]byte(body)); !errors.Is(err, rpc.ErrFrame) {
			t.Errorf("%s: %q, %v", name, message, err)
		}
	}
}

func FuzzFirst(f *testing.F) {
	for _, seed := range []string{"", "\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x01xy", "\x80\x00\x00\x00\x01x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		message, rest, err := rpc.First(body)
		if err == nil && !bytes.Equal(append(rpc.Frame(message), rest...), body) {
			t.Errorf("%q was read as %q and %q", body, message, rest)
		}
	})
}

func TestARefusalIsATrailersOnlyAnswer(t *testing.T) {
	for form, contentType := range map[rpc.Form]string{rpc.GRPC: "application/grpc", rpc.Web: "application/grpc-web+proto"} {
		w := httptest.NewRecorder()
		rpc.Deny(w, form, rpc.PermissionDenied, "100 % größer,\r\nnot ~less")
		h := w.Header()
		if w.Code != 200 || w.Body.Len() != 0 || h.Get("Content-Type") != contentType || h.Get("Grpc-Status") != "7" ||
			h.Get("Grpc-Message") != "100 %25 gr%C3%B6%C3%9Fer,%0D%0Anot ~less" {
			t.Errorf("%d %v %q", w.Code, h, w.Body)
		}
	}
}

func TestStatusesOfRefusals(t *testing.T) {
	for code, want := range map[int]rpc.Status{
		400: rpc.InvalidArgument, 401: rpc.Unauthenticated, 403: rpc.PermissionDenied, 404: rpc.Unimplemented, 405: rpc.Unimplemented,
		413: rpc.ResourceExhausted, 429: rpc.ResourceExhausted, 503: rpc.Unavailable, 418: rpc.Unknown,
	} {
		if got := rpc.StatusOf(code); got != want {
			t.Errorf("%d: %d, want %d", code, got, want)
		}
	}
}
