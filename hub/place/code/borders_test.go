package code

import (
	"slices"
	"testing"

	alerts "panah/hub/alert/code"
)

// TestNeighboursAreSo on both sides of a border, and each province has one.
func TestNeighboursAreSo(t *testing.T) {
	known := map[string]bool{}
	for _, unit := range alerts.Units() {
		if unit.Kind != "country" {
			known[unit.Code] = true
		}
	}
	for province := range known {
		if len(neighbours()[province]) == 0 {
			t.Errorf("%s lies beside nothing", province)
		}
		if _, found := Borders(province, "AF-KAB"); !found {
			t.Errorf("no way leads from %s to Kabul", province)
		}
	}
	for province, near := range neighbours() {
		if !known[province] {
			t.Errorf("%s is no province", province)
		}
		for i, one := range near {
			if one == province || i > 0 && near[i-1] == one || !slices.Contains(neighbours()[one], province) {
				t.Errorf("%s is said to lie beside %s", province, one)
			}
		}
	}
}

func TestBorders(t *testing.T) {
	for _, test := range []struct {
		from, to string
		want     int
	}{
		{"AF-KDZ", "AF-KDZ", 0}, {"AF-KDZ", "TJ-KT", 1}, {"AF-KDZ", "UZ-SU", 2}, {"AF-HER", "AF-KAB", 4}, {"PK-SD", "AF-KAN", 2}, {"TJ-DU", "UZ-SU", 2},
		{"AF-KDZ", "TJ", 1}, {"AF", "AF-KAB", 0}, {"UZ-AN", "TM-S", 6},
	} {
		there, _ := Borders(test.from, test.to)
		back, found := Borders(test.to, test.from)
		if !found || there != test.want || back != test.want {
			t.Errorf("from %s to %s: %d, and back %d, want %d", test.from, test.to, there, back, test.want)
		}
	}
	for _, unknown := range [][2]string{{"", "AF-KAB"}, {"AF-KAB", ""}, {"DE-BE", "AF"}} {
		if n, found := Borders(unknown[0], unknown[1]); found {
			t.Errorf("from %q to %q: %d", unknown[0], unknown[1], n)
		}
	}
}
