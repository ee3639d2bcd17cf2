package main

import "github.com/sekisho-project/sekisho/cmd/faults/internal/overlay"

// mutants are the rules that the suite must not do without. The texts are short, so
// that they change only with the rule.
var mutants = []mutant{
	{
		"cached-verdict", "a verdict in memory is judged anew", "calm",
		[]overlay.Edit{{File: "verifier/verifier.go", Old: "return v.judged(g, v.now())", New: "return g, nil"}},
	},
	{
		"expiry", "a token in memory expires", "calm",
		[]overlay.Edit{{File: "verifier/verify.go", Old: "case g.Expired(now, v.leeway):", New: "case false:"}},
	},
	{
		"revoked-ids", "a revoked id is refused", "calm",
		[]overlay.Edit{{File: "revocation/mirror.go", Old: "if m.revoked.has(g.ID) {", New: "if false {"}},
	},
	{
		"generations", "a rotation retires older generations", "calm",
		[]overlay.Edit{{File: "revocation/mirror.go", Old: "; rotated && h.refuses(", New: "; rotated && false && h.refuses("}},
	},
	{
		"keep", "a rotation keeps the tokens that it is told to", "calm",
		[]overlay.Edit{{File: "revocation/record.go", Old: " && !r.keeps(id) {", New: " {"}},
	},
	{
		"grace", "a rotation waits until the grace is over", "calm",
		[]overlay.Edit{{File: "revocation/record.go", Old: "return ok && now >= from\n", New: "return ok && from >= 0\n"}},
	},
	{
		"feed", "nodes learn from the feed", "calm",
		[]overlay.Edit{{File: "revocation/follower.go", Old: "f.mirror.apply(entry.event)", New: "_ = entry.event"}},
	},
	{
		"recorded-first", "a change is in Redis before it is acknowledged", "gates-killed",
		[]overlay.Edit{{
			File: "revocation/registry.go", Old: "		at, err := r.ledger.write(ctx, e)\n",
			New: "		at, err := entryID{}, error(nil)\n" +
				"		go func() { time.Sleep(2 * time.Second); _, _ = r.ledger.write(context.WithoutCancel(ctx), e) }()\n",
		}},
	},
	{
		"staleness", "a node that can know nothing new refuses after max_staleness", "partition",
		[]overlay.Edit{{File: "revocation/mirror.go", Old: "	case stale:\n", New: "	case false && stale:\n"}},
	},
	{
		"not-ready", "a node that has never known anything refuses", "all-restart",
		[]overlay.Edit{{File: "revocation/mirror.go", Old: "		return ErrNotReady\n", New: "		return nil\n"}},
	},
	{
		"reload", "the mirror outlives a reload", "redis-killed",
		[]overlay.Edit{{File: "caddymodule/app.go", Old: "pool.LoadOrNew(key, ", New: "pool.LoadOrNew(key+time.Now().String(), "}},
	},
	{
		"union", "a node puts back what Redis forgot", "flush",
		[]overlay.Edit{{File: "revocation/repair.go", Old: "	if f.lacking.empty() {\n", New: "	if true {\n"}},
	},
	{
		"maximum", "the highest generation known counts, in Redis too", "flush",
		[]overlay.Edit{
			{File: "revocation/rotate.go", Old: "	if stored >= known {\n", New: "	if true {\n"},
			{File: "revocation/repair.go", Old: "f.ledger.raise(ctx, f.lacking.generations)", New: "f.ledger.raise(ctx, nil)"},
		},
	},
	{
		"gap", "a gap in the feed is noticed", "quiet-dump",
		[]overlay.Edit{{File: "revocation/follower.go", Old: "case !page.unbroken:", New: "case false:"}},
	},
	{
		"patrol", "a node notices that revocations are gone though the feed is whole", "evicted",
		[]overlay.Edit{{File: "revocation/patrol.go", Old: "	if err != nil || whole {\n", New: "	if err != nil || whole || true {\n"}},
	},
	{
		"lineage", "a Redis that forgot is told from one that did not", "only-the-feed",
		[]overlay.Edit{{File: "revocation/follower.go", Old: "case page.lineage != f.lineage:", New: "case false:"}},
	},
	{
		"own-entries", "a node notices that what it wrote is lost", "lost-unseen",
		[]overlay.Edit{{File: "revocation/follower.go", Old: "page.reaches(r.entryID) && !page.has(r)", New: "page.reaches(r.entryID) && false"}},
	},
	{
		"copy", "a node starts with its durable copy", "flush-and-restart",
		[]overlay.Edit{{File: "revocation/copy.go", Old: "		err = c.load()\n", New: "		err = fs.ErrNotExist\n"}},
	},
	{
		"copy-age", "a durable copy is as fresh as when it was written", "stale-restart",
		[]overlay.Edit{{File: "revocation/copy.go", Old: "c.mirror.proveOnce(now.Add(-age))", New: "c.mirror.proveOnce(now)"}},
	},
	{
		"copy-future", "a durable copy of a time to come is not fresh", "clock",
		[]overlay.Edit{{File: "revocation/copy.go", Old: "	case age < 0:\n", New: "	case false:\n"}},
	},
	{
		"monotonic", "the wall clock makes nothing fresh", "clock",
		[]overlay.Edit{{File: "revocation/mirror.go", Old: "return *last, now.Sub(*last) > ", New: "return *last, now.Round(0).Sub(last.Round(0)) > "}},
	},
	{
		"lost-record", "a token without a record can be taken back", "flush",
		[]overlay.Edit{{File: "issuer/credential_revoke.go", Old: "return s.presumed(f, family), true, nil\n", New: "return store.Record{}, false, nil\n"}},
	},
	{
		"master", "only a server that may write proves anything", "deposed",
		[]overlay.Edit{{File: "revocation/feed.go", Old: "		p.HDel(ctx, l.generations, \"\")\n", New: ""}},
	},
}
