// Package verifier turns a credential into a grant, or refuses it.
//
// A stranger costs arithmetic only: the form is checked before the key, the key
// before the signature, the signature before the claims. An opaque credential is
// looked up when it is seen first, if its checksum fits, and no more often than a
// node can bear; its record must be signed by one of our keys. Whatever is wrong with
// a token, the answer is the same to the byte; the reason goes to logs and metrics. A
// grant that was verified once is remembered by a digest of its credential, and judged
// anew (key, family, times, revocations) each time.
package verifier
