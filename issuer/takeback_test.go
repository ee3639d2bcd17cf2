package issuer_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestRevokeTakesBackOneOfTwo(t *testing.T) {
	w := issuertest.New(t)
	gone, stays := mint(t, w, myDB), mint(t, w, myDB)
	record, err := w.Service.Revoke(t.Context(), w.As(t, issuertest.OpsSecret), issuer.RevokeRequest{Subject: myDB, ID: gone.Grant.ID, Reason: "leaked"})
	if err != nil {
		t.Fatal(err)
	}
	if record.RevokedBy != "ops" || record.Reason != "leaked" || record.RevokedAt.IsZero() {
		t.Errorf("recorded as %+v", record)
	}
	wantJudged(t, w, gone, w.Now(), revocation.ErrRevoked)
	wantAlive(t, w, stays, w.Now())
}

func TestRevokingAgainSucceedsAndKeepsTheFirstTime(t *testing.T) {
	w := issuertest.New(t)
	minted := mint(t, w, myDB)
	request := issuer.RevokeRequest{Subject: myDB, ID: minted.Grant.ID, Reason: "leaked"}
	first, err := w.Service.Revoke(t.Context(), w.As(t, issuertest.OpsSecret), request)
	if err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Hour)
	request.Reason = "again"
	second, err := w.Service.Revoke(t.Context(), w.As(t, issuertest.GroupSecret), request)
	if err != nil {
		t.Fatal(err)
	}
	if !second.RevokedAt.Equal(first.RevokedAt) || second.RevokedBy != "ops" || second.Reason != "leaked" {
		t.Errorf("got %+v, want what was noted first: %+v", second, first)
	}
}

func TestATokenIsFoundOnlyWhereItWasMintedFor(t *testing.T) {
	w := issuertest.New(t)
	minted := mint(t, w, myDB)
	caller := w.As(t, issuertest.OpsSecret)
	for name, request := range map[string]issuer.RevokeRequest{
		"another database":             {Subject: stagingDB, ID: minted.Grant.ID},
		"another organization":         {Subject: theirDB, ID: minted.Grant.ID},
		"the group of the database":    {Subject: production, ID: minted.Grant.ID},
		"an unknown id":                {Subject: myDB, ID: token.NewID()},
		"an id that reaches for a key": {Subject: myDB, ID: "../" + minted.Grant.ID},
		"a whole token for an id":      {Subject: myDB, ID: minted.JWT},
	} {
		if _, err := w.Service.Revoke(t.Context(), caller, request); err == nil {
			t.Errorf("%s: revoked", name)
		} else {
			wantRefusal(t, err, http.StatusNotFound, refusal.TokenNotFound)
		}
	}
	wantAlive(t, w, minted, w.Now())
}

func TestARevokeThatIsInDoubtSaysSo(t *testing.T) {
	w := issuertest.New(t)
	minted := mint(t, w, myDB)
	w.Redis.SetError("LOADING the dataset")
	_, err := w.Service.Revoke(t.Context(), w.As(t, issuertest.OpsSecret), issuer.RevokeRequest{Subject: myDB, ID: minted.Grant.ID})
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
}

func TestRotateRetiresWhatWasMintedBeforeAndNothingAfter(t *testing.T) {
	w := issuertest.New(t)
	before, elsewhere := mint(t, w, myDB), mint(t, w, stagingDB)
	rotate(t, w, issuer.RotateRequest{Subject: myDB})
	after := mint(t, w, myDB) // the clock stands still: this is the same moment
	wantJudged(t, w, before, w.Now(), revocation.ErrRotated)
	wantAlive(t, w, after, w.Now())
	wantAlive(t, w, elsewhere, w.Now())
}

func TestRotatingAGroupRetiresTheTokensOfItsDatabases(t *testing.T) {
	w := issuertest.New(t)
	ofGroup, ofDatabase, ofOther := mint(t, w, production), mint(t, w, myDB), mint(t, w, stagingDB)
	rotate(t, w, issuer.RotateRequest{Subject: production})
	wantJudged(t, w, ofGroup, w.Now(), revocation.ErrRotated)
	wantJudged(t, w, ofDatabase, w.Now(), revocation.ErrRotated)
	wantAlive(t, w, ofOther, w.Now())
}

func TestRotatingADatabaseLeavesTheTokensOfItsGroup(t *testing.T) {
	w := issuertest.New(t)
	ofGroup := mint(t, w, production)
	rotate(t, w, issuer.RotateRequest{Subject: myDB})
	wantAlive(t, w, ofGroup, w.Now())
}

func TestKeptTokensLiveOn(t *testing.T) {
	w := issuertest.New(t)
	kept, lost, keptOfDatabase := mint(t, w, production), mint(t, w, production), mint(t, w, myDB)
	rotate(t, w, issuer.RotateRequest{Subject: production, Keep: []string{kept.Grant.ID, keptOfDatabase.Grant.ID}})
	wantAlive(t, w, kept, w.Now())
	wantAlive(t, w, keptOfDatabase, w.Now())
	wantJudged(t, w, lost, w.Now(), revocation.ErrRotated)
}

func TestGracePutsOffTheEndToTheMoment(t *testing.T) {
	w := issuertest.New(t)
	old := mint(t, w, myDB)
	rotate(t, w, issuer.RotateRequest{Subject: myDB, Grace: time.Hour})
	end := w.Now().Add(time.Hour)
	wantAlive(t, w, old, end.Add(-time.Millisecond))
	wantJudged(t, w, old, end, revocation.ErrRotated)
	wantAlive(t, w, mint(t, w, myDB), end)
}

func TestAListTellsWhenARotationEndsAToken(t *testing.T) {
	w := issuertest.New(t)
	old := mint(t, w, myDB)
	rotate(t, w, issuer.RotateRequest{Subject: myDB, Grace: issuer.MaxGrace})
	longest := w.Now().Add(issuer.MaxGrace).Truncate(time.Millisecond)
	between := mint(t, w, myDB)
	w.Advance(time.Second)
	rotate(t, w, issuer.RotateRequest{Subject: myDB, Grace: time.Minute})
	sooner := w.Now().Add(time.Minute).Truncate(time.Millisecond)
	fresh := mint(t, w, myDB)
	ends := map[string]time.Time{old.Grant.ID: sooner, between.Grant.ID: sooner, fresh.Grant.ID: {}}
	wantEnds(t, w, ends)
	rotate(t, w, issuer.RotateRequest{Subject: myDB, Grace: issuer.MaxGrace})
	ends[fresh.Grant.ID] = longest.Add(time.Second)
	wantEnds(t, w, ends)
}

// wantEnds lists my-db and checks which tokens a rotation ends, and when.
func wantEnds(t *testing.T, w *issuertest.World, want map[string]time.Time) {
	t.Helper()
	tokens, _, err := w.Service.List(t.Context(), w.As(t, issuertest.OpsSecret), issuer.ListRequest{Subject: myDB})
	if err != nil || len(tokens) != len(want) {
		t.Fatalf("listed %d tokens, %v", len(tokens), err)
	}
	for _, listed := range tokens {
		status := issuer.StatusActive
		if !want[listed.ID].IsZero() {
			status = issuer.StatusRotating
		}
		if !listed.GraceUntil.Equal(want[listed.ID]) || listed.Status != status {
			t.Errorf("got %s until %v, want %s until %v", listed.Status, listed.GraceUntil, status, want[listed.ID])
		}
	}
}

func TestRotateRefuses(t *testing.T) {
	w := issuertest.New(t)
	mine, other := mint(t, w, myDB), mint(t, w, stagingDB)
	caller := w.As(t, issuertest.OpsSecret)
	many := make([]string, 65)
	for i := range many {
		many[i] = token.NewID()
	}
	for name, request := range map[string]issuer.RotateRequest{
		"to keep an unknown token":           {Subject: myDB, Keep: []string{token.NewID()}},
		"to keep a token of another subject": {Subject: myDB, Keep: []string{mine.Grant.ID, other.Grant.ID}},
		"to keep something that is no id":    {Subject: myDB, Keep: []string{"*"}},
		"to keep too many":                   {Subject: myDB, Keep: many},
		"a grace over a week":                {Subject: myDB, Grace: issuer.MaxGrace + time.Nanosecond},
		"a grace before now":                 {Subject: myDB, Grace: -time.Second},
	} {
		err := w.Service.Rotate(t.Context(), caller, request)
		if r, ok := errors.AsType[*refusal.Refusal](err); !ok || r.Status != http.StatusBadRequest {
			t.Errorf("%s: got %v, want 400", name, err)
		}
	}
	wantAlive(t, w, mine, w.Now().Add(issuer.MaxGrace*2))
}

func TestListTellsHowEachTokenStands(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	rotated := mint(t, w, myDB)
	rotate(t, w, issuer.RotateRequest{Subject: myDB})
	hour := token.After(time.Hour)
	expired, err := w.Service.Mint(t.Context(), caller, issuer.MintRequest{Subject: myDB, Expiration: &hour})
	if err != nil {
		t.Fatal(err)
	}
	revoked, active := mint(t, w, myDB), mint(t, w, myDB)
	if _, err := w.Service.Revoke(t.Context(), caller, issuer.RevokeRequest{Subject: myDB, ID: revoked.Grant.ID}); err != nil {
		t.Fatal(err)
	}
	mint(t, w, stagingDB)
	w.Advance(time.Hour)
	tokens, next, err := w.Service.List(t.Context(), caller, issuer.ListRequest{Subject: myDB})
	if err != nil || next != "" {
		t.Fatal(next, err)
	}
	got := map[string]issuer.Status{}
	for _, listed := range tokens {
		got[listed.ID] = listed.Status
	}
	want := map[string]issuer.Status{
		rotated.Grant.ID: issuer.StatusRotated, expired.Grant.ID: issuer.StatusExpired,
		revoked.Grant.ID: issuer.StatusRevoked, active.Grant.ID: issuer.StatusActive,
	}
	if len(got) != len(want) {
		t.Errorf("listed %d tokens, want %d", len(got), len(want))
	}
	for id, status := range want {
		if got[id] != status {
			t.Errorf("got %q, want %q", got[id], status)
		}
	}
}

func rotate(t *testing.T, w *issuertest.World, r issuer.RotateRequest) {
	t.Helper()
	if err := w.Service.Rotate(t.Context(), w.As(t, issuertest.OpsSecret), r); err != nil {
		t.Fatal(err)
	}
}

func wantJudged(t *testing.T, w *issuertest.World, minted *issuer.Minted, at time.Time, want error) {
	t.Helper()
	_, grant := w.Verify(t, minted.JWT)
	if err := w.Mirror.Judge(grant, at); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// wantAlive takes a mirror that was never in step for an answer: it would have
// named a revocation first.
func wantAlive(t *testing.T, w *issuertest.World, minted *issuer.Minted, at time.Time) {
	t.Helper()
	wantJudged(t, w, minted, at, revocation.ErrNotReady)
}
