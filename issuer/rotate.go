package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// MaxGrace is the longest that a rotation may put off its effect: enough to
// deploy new tokens over a weekend, short enough to be remembered.
const MaxGrace = 7 * 24 * time.Hour

// RotateRequest asks to retire every token of a subject that was minted so far.
type RotateRequest struct {
	Subject token.Subject
	// Keep lists ids of tokens that live on, at most 64.
	Keep []string
	// Grace is for how long the old tokens go on working, at most [MaxGrace].
	Grace time.Duration
}

// Rotate starts a new generation of a database, or of a group and each of the
// databases that it has now. What is minted afterwards lives; what was minted
// before ends when the grace is over, unless it is kept or was to end sooner.
func (s *Service) Rotate(ctx context.Context, by Caller, r RotateRequest) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.event(ActionRotate, by, r.Subject)
	err := s.rotate(ctx, by, r, event)
	s.conclude(ctx, event, r.Subject.Family, err)
	return err
}

func (s *Service) rotate(ctx context.Context, by Caller, r RotateRequest, event *store.Event) error {
	if _, err := s.locate(by.Principal, ActionRotate, r.Subject); err != nil {
		return err
	}
	if r.Grace < 0 || r.Grace > MaxGrace {
		return Malformed("grace may be 7d at most.", nil)
	}
	subjects := s.retired(r.Subject)
	keep, err := s.checkKept(ctx, subjects, r.Keep)
	if err != nil {
		return err
	}
	rotation := revocation.Rotation{Subjects: subjects, Keep: keep}
	if r.Grace > 0 {
		rotation.Effective = event.At.Add(r.Grace)
	}
	if err := s.revocations.Rotate(ctx, rotation); err != nil {
		return changeFailure(err)
	}
	event.Detail = fmt.Sprintf("subjects=%d grace=%s keep=%s", len(subjects), r.Grace, strings.Join(keep, ","))
	return changeFailure(s.store.AppendAudit(ctx, *event))
}

// retired lists the subjects whose tokens end when subject is rotated.
func (s *Service) retired(subject token.Subject) []token.Subject {
	subjects := []token.Subject{subject}
	if subject.Family != token.Group {
		return subjects
	}
	names, _ := s.catalog.Databases(subject.Organization, subject.Name)
	for _, name := range names {
		subjects = append(subjects, token.Subject{Family: token.Database, Organization: subject.Organization, Name: name})
	}
	return subjects
}

// checkKept makes sure that each id is of a token that the rotation would retire:
// a mistyped one would end the very token that was to live on.
func (s *Service) checkKept(ctx context.Context, retired []token.Subject, ids []string) ([]string, error) {
	ids, err := distinct("keep", ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		record, err := s.store.Token(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, storeFailure(err)
		}
		if err != nil || !slices.Contains(retired, record.Subject()) {
			return nil, keptUnknown(id)
		}
	}
	return ids, nil
}
