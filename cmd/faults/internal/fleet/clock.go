package fleet

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// ClockVariable names the environment variable that tells a gate with a movable
// clock where to read by how much its clock is wrong.
const ClockVariable = "SEKISHO_FAULTS_CLOCK"

const (
	clockPatience  = 30 * time.Second
	clockPrecision = 10 * time.Second // the gate tells whole seconds, and slowly
)

// SetClock makes the clock of a gate that was built for it wrong, running or not.
func (g *Gate) SetClock(wrong time.Duration) error {
	temp := g.clock + ".tmp"
	if err := os.WriteFile(temp, []byte(fmt.Sprint(wrong.Nanoseconds())), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, g.clock)
}

// AwaitClock waits until a running gate goes by the clock that was set.
func (g *Gate) AwaitClock(ctx context.Context, wrong time.Duration) error {
	return testrig.Await(ctx, "the clock to jump", clockPatience, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+"/.well-known/jwks.json", nil)
		if err != nil {
			return err
		}
		response, err := checks.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		date, err := http.ParseTime(response.Header.Get("Date"))
		if err != nil {
			return err
		}
		if is := time.Until(date); (is - wrong).Abs() > clockPrecision {
			return fmt.Errorf("the clock is wrong by %s, not by %s", is, wrong)
		}
		return nil
	})
}
