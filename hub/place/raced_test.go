//go:build race

package place

// Under the race detector a schedule takes ten times as long, SQLite being Go code here. HubSchedules are those on whole hubs, for each number of hubs.
const schedules, HubSchedules = 10, 4
