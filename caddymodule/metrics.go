package caddymodule

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// The collectors live as long as the process: every configuration registers
// them with a registry of its own, so that counters survive a reload.
var collectors = []prometheus.Collector{mirrorCollector{}}

// collected puts one more among the collectors.
func collected[C prometheus.Collector](c C) C {
	collectors = append(collectors, c)
	return c
}

var (
	verdictsTotal = collected(prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "verdicts_total",
		Help: "Requests at require_token, by kind of upstream and by the reason for what was decided.",
	}, []string{"upstream", "reason"}))
	actionsTotal = collected(prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "actions_total",
		Help: "Tokens minted, rotated, revoked and listed, by family and outcome.",
	}, []string{"action", "family", "outcome"}))
	doorRefusalsTotal = collected(prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "door_refusals_total",
		Help: "Requests that issue_tokens refused, by reason.",
	}, []string{"reason"}))
	storeErrorsTotal = collected(prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "store_errors_total",
		Help: "Redis commands that failed or ran out of time.",
	}, []string{"operation"}))
	storeNotAskedTotal = collected(prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "store_not_asked_total",
		Help: "Redis commands that were refused at once, because Redis had not answered the last ones.",
	}))
	storeNotReplicatedTotal = collected(prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "store_not_replicated_total",
		Help: "Revocations and rotations that too few replicas of Redis confirmed in time.",
	}))
	verifySeconds = collected(prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "verify_seconds",
		Help:    "Time to verify a credential that was not in memory yet.",
		Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .01},
	}))
	storeSeconds = collected(prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "caddy", Subsystem: "sekisho", Name: "store_seconds",
		Help:    "Time that Redis commands took.",
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .05, .25, 1},
	}, []string{"operation"}))
)

// registerMetrics is called by every module that counts: whoever comes second
// finds the collectors in place.
func registerMetrics(registry prometheus.Registerer) error {
	for _, c := range collectors {
		if err := registry.Register(c); err != nil {
			if _, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); !ok {
				return err
			}
		}
	}
	return nil
}

// verdictCounters holds one counter per reason, so that a request looks none up.
type verdictCounters struct {
	allowed prometheus.Counter
	others  map[refusal.Reason]prometheus.Counter
}

func newVerdictCounters(upstream string) verdictCounters {
	counters := verdictCounters{others: map[refusal.Reason]prometheus.Counter{}}
	for _, reason := range refusal.Reasons {
		counters.others[reason] = verdictsTotal.WithLabelValues(upstream, string(reason))
	}
	counters.allowed = counters.others[refusal.Allowed]
	return counters
}

func (v verdictCounters) count(reason refusal.Reason) {
	if reason == refusal.Allowed {
		v.allowed.Inc()
		return
	}
	counter, ok := v.others[reason]
	if !ok {
		counter = v.others[refusal.Fault]
	}
	counter.Inc()
}

func observeVerification(took time.Duration) {
	verifySeconds.Observe(took.Seconds())
}

func observeStore(operation string, took time.Duration, err error) {
	if errors.Is(err, store.ErrNotAsked) {
		storeNotAskedTotal.Inc()
		return
	}
	storeSeconds.WithLabelValues(operation).Observe(took.Seconds())
	if err != nil {
		storeErrorsTotal.WithLabelValues(operation).Inc()
	}
}

func observeAction(action string, family token.Family, outcome string) {
	actionsTotal.WithLabelValues(action, string(family), outcome).Inc()
}
