package rota

import (
	"slices"
	"testing"
	"time"
)

// TestOnCall: the week's people by their place, over midnight and over the end of the week; who stands in comes first.
func TestOnCall(t *testing.T) {
	slots := []Slot{
		{Weekday: 0, From: 8 * 60, Until: 20 * 60, UserID: "@day", Place: 1},
		{Weekday: 0, From: 8 * 60, Until: 20 * 60, UserID: "@second", Place: 2},
		{Weekday: 0, From: 20 * 60, Until: 8 * 60, UserID: "@night", Place: 1},
		{Weekday: 6, From: 20 * 60, Until: 8 * 60, UserID: "@sunday", Place: 1},
		{Weekday: 2, From: 0, Until: 1440, UserID: "@all", Place: 1},
	}
	// A Monday at 12:00 in Kabul, which is 07:30 in UTC.
	noon := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	override := Override{From: noon.Add(-time.Hour).UnixMilli(), Until: noon.Add(time.Hour).UnixMilli(), UserID: "@stand-in", Instead: "@day"}
	tests := []struct {
		name      string
		at        time.Time
		overrides []Override
		want      []string
	}{
		{"noon", noon, nil, []string{"@day", "@second"}},
		{"noon, with somebody standing in", noon, []Override{override}, []string{"@stand-in", "@second"}},
		{"when that is over", noon.Add(time.Hour), []Override{override}, []string{"@day", "@second"}},
		{"the minute before eight", noon.Add(-4*time.Hour - time.Minute), nil, []string{"@sunday"}},
		{"eight", noon.Add(-4 * time.Hour), nil, []string{"@day", "@second"}},
		{"the night", noon.Add(15 * time.Hour), nil, []string{"@night"}},
		{"Tuesday noon", noon.Add(24 * time.Hour), nil, nil},
		{"all of Wednesday", noon.Add(60*time.Hour - time.Minute), nil, []string{"@all"}},
		{"Thursday", noon.Add(60 * time.Hour), nil, nil},
	}
	for _, test := range tests {
		if got := OnCall(slots, test.overrides, 270, test.at); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if user, at := Upcoming(slots, 270, noon); user != "@night" || !at.Equal(noon.Add(8*time.Hour)) {
		t.Errorf("next: %s at %s", user, at)
	}
	if user, at := Upcoming(slots[:1], 270, noon.Add(-4*time.Hour)); user != "@day" || at.Sub(noon.Add(-4*time.Hour)) != 7*24*time.Hour {
		t.Errorf("the same in a week: %s at %s", user, at)
	}
	if user, _ := Upcoming(nil, 270, noon); user != "" {
		t.Errorf("without a rota: %s", user)
	}
}
