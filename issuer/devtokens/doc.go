// Package devtokens is the door at which tokens for applications and scripts are
// made, listed, rotated and taken back: /devtokens. It translates between its wire
// shape and [issuer.Service] and decides nothing itself.
//
// It also takes over the dev_tokens.json of JiETNG, whose tokens these were.
package devtokens
