// Package metrics is what a node tells Prometheus of itself. It owns the names, which follow Prometheus's conventions (a unit at the end, _total
// for what only grows), and it knows no person, channel or address: a label has one of a few values that are written in this program, so nobody
// from outside makes new ones.
//
// Each node has a registry of its own. What happens is counted here by whoever does it; what only stands (sessions, the head of the log) is
// asked for when somebody reads.
package metrics

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are those of one node. It is safe for use by many goroutines.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec
	took     *prometheus.SummaryVec
	limited  prometheus.Counter
	commits  prometheus.Histogram
	batches  prometheus.Histogram
	troubles *prometheus.CounterVec
	alerts   *prometheus.CounterVec
	places   *prometheus.CounterVec
	pushes   *prometheus.CounterVec
	servers  *prometheus.CounterVec
	ledgers  *prometheus.CounterVec
}

// New makes the metrics of a node of this version on this engine.
func New(version, engine string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "panah_http_requests_total", Help: "Requests that were answered, by route, method and status."},
			[]string{"route", "method", "code"}),
		took:    prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: "panah_http_request_duration_seconds", Help: "How long requests took, by route; those of /sync wait for news."}, []string{"route"}),
		limited: prometheus.NewCounter(prometheus.CounterOpts{Name: "panah_http_rate_limited_total", Help: "Requests that were refused because they came too often."}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "panah_store_commit_duration_seconds", Help: "How long transactions took, their commit to the disk included.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16)}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "panah_store_batch_jobs", Help: "How many writers shared a transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9)}),
		troubles: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "panah_store_errors_total", Help: "Reads and writes that failed because the database was full, busy or unreachable."},
			[]string{"kind"}),
		alerts:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "panah_alerts_total", Help: "Alerts that were sent, and steps of asking again that were taken."}, []string{"act"}),
		places:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "panah_places_changes_total", Help: "Requests for places that came into a state."}, []string{"state"}),
		pushes:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "panah_push_sendings_total", Help: "Notices to push services and mailboxes, by how they ended."}, []string{"way", "result"}),
		servers: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "panah_federation_transactions_total", Help: "Transactions to and from other servers, by how they ended."}, []string{"way", "result"}),
	}
	m.ledgers = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "panah_places_neighbour_ledgers_total", Help: "Looks at ledgers of places of other hubs, by what came of them: verified, broken (or rewritten), or failed."},
		[]string{"result"})
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "panah_build_info", Help: "1, with the version of the program and its database.",
		ConstLabels: prometheus.Labels{"version": version, "engine": engine}})
	info.Set(1)
	m.registry.MustRegister(info, m.requests, m.took, m.limited, m.commits, m.batches, m.troubles, m.alerts, m.places, m.pushes, m.servers, m.ledgers,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// methods are those that have a label of their own: anybody can send any word.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// Request counts an answer. route is the pattern that matched, never an address.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	if !slices.Contains(methods, method) {
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	if status == http.StatusTooManyRequests {
		m.limited.Inc()
	}
	if status != http.StatusSwitchingProtocols { // it lasts as long as the session
		m.took.WithLabelValues(route).Observe(took.Seconds())
	}
}

// Commit counts a transaction that jobs writers shared.
func (m *Metrics) Commit(jobs int, took time.Duration) {
	m.commits.Observe(took.Seconds())
	m.batches.Observe(float64(jobs))
}

// Trouble counts what the database refused.
func (m *Metrics) Trouble(kind string) { m.troubles.WithLabelValues(kind).Inc() }

// Alert counts what was done to an alert.
func (m *Metrics) Alert(act string) { m.alerts.WithLabelValues(act).Inc() }

// Place counts a request for places that came into a state.
func (m *Metrics) Place(state string) { m.places.WithLabelValues(state).Inc() }

// Push counts a notice that was sent by a way, or was not.
func (m *Metrics) Push(way, result string) { m.pushes.WithLabelValues(way, result).Inc() }

// Federation counts a transaction that was sent out or came in.
func (m *Metrics) Federation(way, result string) { m.servers.WithLabelValues(way, result).Inc() }

// Ledger counts a look at a ledger of another hub.
func (m *Metrics) Ledger(result string) { m.ledgers.WithLabelValues(result).Inc() }

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Standing is what is asked for when somebody reads.
type Standing struct {
	Sessions, Parked, Queued, QueuedBytes  int
	Held                                   int64
	Frames, Writes, Written, Slow, Limited int64
	Head                                   int64
	StoreUp, BrokerUp                      bool
	Broker                                 string
	Lag                                    map[string]int64 // by follower, in positions
	DiskFree                               int64            // bytes; negative when it is not known
}

// Ask has ask called whenever somebody reads.
func (m *Metrics) Ask(ask func() Standing) { m.registry.MustRegister(&asker{ask}) }
