package metrics

import "github.com/prometheus/client_golang/prometheus"

// asker collects what only stands.
type asker struct{ ask func() Standing }

func name(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("panah_"+name, help, labels, nil)
}

var (
	sessions    = name("stream_sessions", "Open sessions of the stream.")
	parked      = name("stream_parked_sessions", "Sessions that are told alerts alone until their devices have taken what waits for them.")
	queued      = name("stream_queued_frames", "Frames that wait for sockets.")
	queuedBytes = name("stream_queued_bytes", "Bytes of text that wait for sockets.")
	held        = name("stream_backlog_bytes", "Bytes of text that sessions lacked when they came, each something else, and that their sockets have not taken.")
	frames      = name("stream_frames_total", "Frames that were handed to sockets: deliveries.")
	writes      = name("stream_writes_total", "Writes to sockets; frames divided by writes is how many were joined.")
	written     = name("stream_written_bytes_total", "Bytes that were handed to sockets.")
	slow        = name("stream_too_slow_total", "Sessions that were closed because they did not read: their queue was full, or what all have yet to take.")
	calls       = name("stream_rate_limited_total", "Calls over the stream that were refused because they came too often.")
	head        = name("log_head_position", "The last position of the log.")
	lag         = name("log_lag_positions", "How many positions a follower of the log has not read yet.", "follower")
	storeUp     = name("store_up", "1 when the database answers.")
	brokerUp    = name("broker_up", "1 when other nodes are heard; always 1 without Redis.", "broker")
	diskFree    = name("disk_free_bytes", "Free space in the data folder.")
)

// Describe names all of them.
func (a *asker) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sessions, parked, queued, queuedBytes, held, frames, writes, written, slow, calls, head, lag, storeUp, brokerUp, diskFree} {
		all <- d
	}
}

// Collect asks.
func (a *asker) Collect(out chan<- prometheus.Metric) {
	s := a.ask()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	count := func(d *prometheus.Desc, value int64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value))
	}
	gauge(sessions, float64(s.Sessions))
	gauge(parked, float64(s.Parked))
	gauge(queued, float64(s.Queued))
	gauge(queuedBytes, float64(s.QueuedBytes))
	gauge(held, float64(s.Held))
	count(frames, s.Frames)
	count(writes, s.Writes)
	count(written, s.Written)
	count(slow, s.Slow)
	count(calls, s.Limited)
	gauge(storeUp, truth(s.StoreUp))
	gauge(brokerUp, truth(s.BrokerUp), s.Broker)
	if s.StoreUp {
		gauge(head, float64(s.Head))
		for follower, behind := range s.Lag {
			gauge(lag, float64(behind), follower)
		}
	}
	if s.DiskFree >= 0 {
		gauge(diskFree, float64(s.DiskFree))
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
