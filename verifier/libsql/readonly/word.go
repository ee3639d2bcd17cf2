package readonly

// word is what a name or keyword means to the rule.
type word struct {
	key   keyword // which keyword it is when it stands unquoted
	role  role
	call  cause // why it may not be called, or passed
	table cause // why it may not be named at all, or passed
}

var unlisted = word{call: passed, table: passed}

// role is a set of what a word may do.
type role uint8

const (
	callable role = 1 << iota // a function that only computes or reads
	opener                    // a keyword that a parenthesis may follow
	writer                    // a reserved word that no query has
)

// keyword tells apart the keywords that the rule must know one from another.
type keyword uint8

const (
	keyOther keyword = iota
	keySelect
	keyValues
	keyWith
	keyRecursive
	keyAs
	keyNot
	keyMaterialized
	keyFrom
	keyJoin
	keyDistinct
	keyOver
	keyExplain
	keyQuery
	keyPlan
	keyPragma
	keyBegin
	keyDeferred
	keyReadonly
	keyLocking // IMMEDIATE, EXCLUSIVE
	keyConcurrent
	keyTransaction
	keyCommit // COMMIT, END
	keyRollback
	keyTo
	keySavepoint
	keyRelease
	keyAttach // ATTACH, DETACH
	keyWrite  // the other statements that write
)

// keywords are those of which the rule must know which they are.
var keywords = map[keyword]string{
	keySelect:       "select",
	keyValues:       "values",
	keyWith:         "with",
	keyRecursive:    "recursive",
	keyAs:           "as",
	keyNot:          "not",
	keyMaterialized: "materialized",
	keyFrom:         "from",
	keyJoin:         "join",
	keyDistinct:     "distinct",
	keyOver:         "over",
	keyExplain:      "explain",
	keyQuery:        "query",
	keyPlan:         "plan",
	keyPragma:       "pragma",
	keyBegin:        "begin",
	keyDeferred:     "deferred",
	keyReadonly:     "readonly",
	keyLocking:      "immediate exclusive",
	keyConcurrent:   "concurrent",
	keyTransaction:  "transaction",
	keyCommit:       "commit end",
	keyRollback:     "rollback",
	keyTo:           "to",
	keySavepoint:    "savepoint",
	keyRelease:      "release",
	keyAttach:       "attach detach",
	keyWrite:        "insert update delete replace create drop alter reindex vacuum analyze",
}

// writers are reserved: SQLite never takes one of them unquoted for a name, so
// none stands in a query.
const writers = "insert update delete into set create drop alter returning table"

// openers may stand before a parenthesis without being a function called.
const openers = "select values as from join on using where having by limit offset" +
	" and or not in exists is like glob regexp match escape between" +
	" case when then else all distinct cast over filter group materialized window"
