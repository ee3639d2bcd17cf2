package libsql

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier/libsql/rpc"
)

// The fields of libSQL's proto/replication_log.proto and proto/proxy.proto that matter here.
const (
	handshakeVersionField = 1 // of HelloRequest
	configField           = 6 // of HelloResponse
	programField          = 2 // of ProgramReq
	clientIDField         = 1 // of all messages to Proxy that have one
)

// rewriteCall puts another message in place of the one that a client sent.
func (g *Gate) rewriteCall(out *http.Request, form rpc.Form, o owner, to rewrite) error {
	body, err := g.readBody(out)
	if err != nil {
		return err
	}
	message, err := rpc.Only(body)
	if err == nil {
		message, err = to(o, message)
	}
	if err != nil {
		return unpassable(err)
	}
	setBody(out, form.ContentType(), rpc.Frame(message))
	return nil
}

// rewriteReply puts another message in place of the one that the server answers.
// An answer that begins with something else is a failure, and passes.
func rewriteReply(next Next, o owner, to rewrite) Next {
	return func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error {
		held := &heldResponse{ResponseWriter: w, header: http.Header{}}
		if err := next(held, r, grant); err != nil || held.passing {
			return err
		}
		body, err := held.whole()
		if err == nil && len(body) > 0 && body[0] == 0 {
			body, err = rewriteFirst(body, o, to)
		}
		if err != nil {
			return notAnswered(err)
		}
		maps.Copy(w.Header(), held.header) // trailers too
		w.WriteHeader(http.StatusOK)
		_, err = w.Write(body)
		return err
	}
}

func rewriteFirst(body []byte, o owner, to rewrite) ([]byte, error) {
	message, rest, err := rpc.First(body)
	if err != nil {
		return nil, err
	}
	if message, err = to(o, message); err != nil {
		return nil, err
	}
	return append(rpc.Frame(message), rest...), nil
}

func unchanged(_ owner, message []byte) ([]byte, error) { return message, nil }

// hello is the same for all clients: for one of an older handshake sqld would
// remember the proxy's address in place of a session.
func hello(owner, []byte) ([]byte, error) {
	return protowire.AppendVarint(protowire.AppendTag(nil, handshakeVersionField, protowire.VarintType), 1), nil
}

// withoutConfig drops the server's settings for the database (a key, limits,
// addresses of its operator) from what it answers to hello. Embedded replicas do
// not read them.
func withoutConfig(_ owner, message []byte) ([]byte, error) {
	rest, _, err := cut(message, configField)
	return rest, err
}

// execution is withOwnClient for a message with a program, for which sqld does not check.
func execution(o owner, message []byte) ([]byte, error) {
	if _, program, err := cut(message, programField); err != nil || program == nil {
		return nil, errMessage
	}
	return withOwnClient(o, message)
}

// withOwnClient puts an id that is the owner's in place of the one that a client
// chose. sqld runs a call on the connection with that id, whoever made it and for
// whichever database.
func withOwnClient(o owner, message []byte) ([]byte, error) {
	rest, client, err := cut(message, clientIDField)
	if err != nil {
		return nil, err
	}
	rest = protowire.AppendTag(rest, clientIDField, protowire.BytesType)
	return protowire.AppendString(rest, ownClient(o, client)), nil
}

// ownClient is a UUID, which sqld wants. No other owner's client has it unless a
// hash of 128 bits is broken; nothing about it is secret.
func ownClient(o owner, client []byte) string {
	sum := sha256.Sum256(append([]byte(o), client...))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

var errMessage = errors.New("the message is no protobuf message of this call")

// cut takes a field of bytes out of a message, the last if there are several.
func cut(message []byte, field protowire.Number) (rest, value []byte, err error) {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return nil, nil, errMessage
		}
		size := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if size < 0 || number == field && kind != protowire.BytesType {
			return nil, nil, errMessage
		}
		if number == field {
			value, _ = protowire.ConsumeBytes(message[tag:])
		} else {
			rest = append(rest, message[:tag+size]...)
		}
		message = message[tag+size:]
	}
	return rest, value, nil
}
