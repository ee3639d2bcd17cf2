package caddymodule

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sekisho-project/sekisho/revocation"
)

var (
	mirrorRevoked = prometheus.NewDesc("caddy_sekisho_mirror_revoked_tokens",
		"Revoked tokens that this node holds in memory.", nil, nil)
	mirrorRotations = prometheus.NewDesc("caddy_sekisho_mirror_rotations",
		"Rotations that this node holds in memory.", nil, nil)
	mirrorAge = prometheus.NewDesc("caddy_sekisho_mirror_age_seconds",
		"Time since the store last proved to this node that it knows every revocation. Absent until the first proof.", nil, nil)
	mirrorResyncs = prometheus.NewDesc("caddy_sekisho_mirror_resyncs_total",
		"Times that this node read all revocations again, because it could have missed one.", nil, nil)
	mirrorRepairs = prometheus.NewDesc("caddy_sekisho_mirror_repairs_total",
		"Times that this node put back what the store had lost.", nil, nil)
)

// currentMirror is that of the configuration that runs now.
var currentMirror atomic.Pointer[revocation.Mirror]

// mirrorCollector reads the mirror at each scrape.
type mirrorCollector struct{}

// Describe implements [prometheus.Collector].
func (mirrorCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{mirrorRevoked, mirrorRotations, mirrorAge, mirrorResyncs, mirrorRepairs} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (mirrorCollector) Collect(ch chan<- prometheus.Metric) {
	mirror := currentMirror.Load()
	if mirror == nil {
		return
	}
	stats := mirror.Stats(time.Now())
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
		ch <- prometheus.MustNewConstMetric(d, kind, value)
	}
	send(mirrorRevoked, prometheus.GaugeValue, float64(stats.Revoked))
	send(mirrorRotations, prometheus.GaugeValue, float64(stats.Rotations))
	send(mirrorResyncs, prometheus.CounterValue, float64(stats.Resyncs))
	send(mirrorRepairs, prometheus.CounterValue, float64(stats.Repairs))
	if stats.Ready {
		send(mirrorAge, prometheus.GaugeValue, stats.Age.Seconds())
	}
}

var _ prometheus.Collector = mirrorCollector{}
