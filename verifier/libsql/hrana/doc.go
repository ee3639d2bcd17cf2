// Package hrana is the protocol that libSQL clients speak to sqld, as far as a
// gate has to understand it: requests completely, responses just enough to put
// a result in its place.
//
// The model in this package is the same for every encoding, over HTTP and over
// WebSocket; [JSON] and [Protobuf] read and write it. A decoder reads a body as sqld does, or
// refuses it: whatever two parsers could read in two ways is an error, and what
// goes on to sqld is encoded afresh from the model.
//
// Sources: HRANA_2_SPEC, HRANA_3_SPEC and http_api (v0) in sqld's documentation.
package hrana
