package refusal

// Reason is why a request was decided as it was: the label of the verdict metric
// and a log field. The set is closed, and a reason never reaches a client.
type Reason string

// The reasons. The first two are the only ones that let a request pass.
const (
	Allowed        Reason = "allowed"
	AllowedStale   Reason = "allowed_stale"   // passed by revocations that may be out of date, as the route wants it
	Missing        Reason = "missing"         // no credential
	Malformed      Reason = "malformed"       // not in the form of a credential of ours
	Multiple       Reason = "multiple"        // more than one credential
	UnknownKey     Reason = "unknown_key"     // signed with a key that is not ours
	BadSignature   Reason = "bad_signature"   // signature does not fit
	BadClaims      Reason = "bad_claims"      // signed by us, but not what we mint
	WrongFamily    Reason = "wrong_family"    // a token for another kind of door
	Expired        Reason = "expired"         // its time is over
	NotYet         Reason = "not_yet"         // minted in the future
	Revoked        Reason = "revoked"         // taken back
	Rotated        Reason = "rotated"         // retired with its generation
	Unreachable    Reason = "unreachable"     // good, but not for this database, from this network or with these scopes
	ReadOnlyToken  Reason = "read_only"       // a write with a read-only token
	BeyondDatabase Reason = "beyond_database" // files, extensions or settings of the server
	Route          Reason = "route"           // a path, method or protocol that is not open
	BadRequestBody Reason = "bad_request"     // a body that could be read in two ways, or not at all
	TooLarge       Reason = "too_large"       // over a size limit
	OverLimit      Reason = "rate_limited"    // too many requests in too short a time
	Stale          Reason = "stale"           // revocations not known freshly enough
	Unready        Reason = "not_ready"       // still starting
	StoreDown      Reason = "store_down"      // the store does not answer
	NotPermitted   Reason = "not_permitted"   // an admin key without the right
	InvalidInput   Reason = "invalid_input"   // parameters that cannot be taken
	Unknown        Reason = "unknown"         // no such database, group, organization or token
	Fault          Reason = "internal"        // our own fault
)

// Reasons lists them all, in the order above.
var Reasons = []Reason{
	Allowed, AllowedStale, Missing, Malformed, Multiple, UnknownKey, BadSignature, BadClaims, WrongFamily, Expired, NotYet,
	Revoked, Rotated, Unreachable, ReadOnlyToken, BeyondDatabase, Route, BadRequestBody, TooLarge, OverLimit, Stale, Unready, StoreDown,
	NotPermitted, InvalidInput, Unknown, Fault,
}
