// Package usertokens is the door at which tokens for the users of an API are made,
// listed, rotated and taken back: /api/tokens, as the clients of the Token
// Management Service know it. It translates between its wire shape and
// [issuer.Service] and decides nothing itself.
//
// What differs from that service: a token is shown once and masked afterwards,
// fields that are not known are refused, and tokens can be taken back.
package usertokens
