//go:build !race

package place

const schedules, HubSchedules = 500, 18
