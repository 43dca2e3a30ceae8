//go:build race

package place

// Under the race detector a schedule takes ten times as long, SQLite being Go code here.
const schedules = 10
