package rpc

import "net/http"

// Form is how a call is carried.
type Form uint8

// The forms. gRPC-Web in text, which is for browsers, is None.
const (
	None Form = iota // no call
	GRPC             // over HTTP/2 or HTTP/3, with trailers
	Web              // over any HTTP, the trailers being part of the body
)

// FormOf tells the form of a request by its content type. gRPC needs trailers,
// and over HTTP/1.1 it is None.
func FormOf(r *http.Request) Form {
	types := r.Header["Content-Type"]
	if len(types) != 1 {
		return None
	}
	switch types[0] {
	case "application/grpc", "application/grpc+proto":
		if r.ProtoMajor >= 2 {
			return GRPC
		}
	case "application/grpc-web", "application/grpc-web+proto":
		return Web
	}
	return None
}

// ContentType is the one of a form with messages in protobuf.
func (f Form) ContentType() string {
	if f == Web {
		return "application/grpc-web+proto"
	}
	return "application/grpc"
}
