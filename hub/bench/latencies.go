//go:build linux

package main

import (
	"math/bits"
	"time"
)

// latencies counts durations in steps of about three percent.
type latencies struct {
	steps [64 * 32]int64
	count int64
	most  time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.steps[step(uint64(max(d, 0)))]++
	l.count++
	l.most = max(l.most, d)
}

func (l *latencies) addAll(more *latencies) {
	for i, n := range more.steps {
		l.steps[i] += n
	}
	l.count += more.count
	l.most = max(l.most, more.most)
}

// figures are the median, what 99 of 100 do not exceed, and the longest, in milliseconds.
func (l *latencies) figures() (p50, p99, most float64) {
	return milliseconds(l.quantile(0.5)), milliseconds(l.quantile(0.99)), milliseconds(l.most)
}

// step numbers durations: the place of the highest bit, and the five bits after it.
func step(ns uint64) int {
	if ns < 64 {
		return int(ns)
	}
	place := bits.Len64(ns) - 1
	return place<<5 | int(ns>>(place-5)&31)
}

func length(step int) time.Duration {
	if step < 64 {
		return time.Duration(step)
	}
	place := step >> 5
	return time.Duration((32 | uint64(step&31)) << (place - 5))
}

// quantile is the duration that q of all do not exceed.
func (l *latencies) quantile(q float64) time.Duration {
	wanted := int64(q * float64(l.count))
	for i, n := range l.steps {
		if wanted -= n; wanted < 0 {
			return length(i)
		}
	}
	return 0
}
