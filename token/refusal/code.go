package refusal

// Code is the stable machine word of a refusal. docs/errors.md lists them all.
type Code string

// The codes. Those that begin with AUTH_ and SQLITE_ are the words that libSQL's
// own server and SQLite have for these cases, because clients know them.
const (
	AuthHeaderMissing  Code = "AUTH_HTTP_HEADER_MISSING"
	AuthHeaderInvalid  Code = "AUTH_HTTP_HEADER_INVALID"
	AuthTwoCredentials Code = "AUTH_MULTIPLE_CREDENTIALS"
	AuthInvalid        Code = "AUTH_JWT_INVALID"
	AdminKeyInvalid    Code = "ADMIN_KEY_INVALID"

	PermissionDenied Code = "PERMISSION_DENIED"
	RouteRefused     Code = "ROUTE_NOT_ALLOWED"
	TokenReadOnly    Code = "TOKEN_READ_ONLY"
	SQLiteReadOnly   Code = "SQLITE_READONLY"
	SQLiteAuth       Code = "SQLITE_AUTH"

	BadRequest           Code = "BAD_REQUEST"
	ExpirationInvalid    Code = "EXPIRATION_INVALID"
	ExpirationTooLong    Code = "EXPIRATION_TOO_LONG"
	ExpirationRequired   Code = "EXPIRATION_REQUIRED"
	AuthorizationInvalid Code = "AUTHORIZATION_INVALID"
	DatabaseUnknown      Code = "DATABASE_UNKNOWN"
	FieldUnsupported     Code = "FIELD_UNSUPPORTED"
	ValidationFailed     Code = "VALIDATION_FAILED"
	TokenInactive        Code = "TOKEN_INACTIVE"
	IdempotencyConflict  Code = "IDEMPOTENCY_CONFLICT"

	NotFound          Code = "NOT_FOUND"
	DatabaseNotFound  Code = "DATABASE_NOT_FOUND"
	GroupNotFound     Code = "GROUP_NOT_FOUND"
	TokenNotFound     Code = "TOKEN_NOT_FOUND"
	MethodNotAllowed  Code = "METHOD_NOT_ALLOWED"
	BodyTooLarge      Code = "BODY_TOO_LARGE"
	StreamNotYours    Code = "STREAM_NOT_YOURS"
	TooEarly          Code = "TOO_EARLY"
	InsecureTransport Code = "INSECURE_TRANSPORT"

	ReadOnlyUnenforced Code = "READ_ONLY_UNENFORCED"
	RateLimited        Code = "RATE_LIMITED"

	InternalError    Code = "INTERNAL"
	StoreUnavailable Code = "STORE_UNAVAILABLE"
	NotReplicated    Code = "NOT_REPLICATED"
	RevocationsStale Code = "REVOCATIONS_STALE"
	NotReady         Code = "NOT_READY"
)
