//go:build !race

package place

const schedules = 500
