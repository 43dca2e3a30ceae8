package cap

import (
	"regexp"
	"strconv"
	"strings"
)

// Points of a polygon, and the longest radius in kilometres: half way round the earth.
const (
	fewestPoints  = 4
	longestRadius = 20038
)

// decimal is XML Schema 2, decimal: no exponents, no NaN.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

func (a *Area) check() error {
	for _, p := range a.Polygons {
		if !polygon(p) {
			return refuse("error.cap_area", "Name", "polygon")
		}
	}
	for _, c := range a.Circles {
		if !circle(c) {
			return refuse("error.cap_area", "Name", "circle")
		}
	}
	return first(
		check{a.Description != "", missing("areaDesc")},
		check{a.Altitude == "" || decimal.MatchString(a.Altitude), badValue("altitude")},
		check{a.Ceiling == "" || decimal.MatchString(a.Ceiling), badValue("ceiling")},
		check{a.Ceiling == "" || a.Altitude != "", missing("altitude")},
	)
}

// polygon: at least four points of WGS 84, the last as the first (CAP 1.2, 3.2.4).
func polygon(text string) bool {
	points := strings.Fields(text)
	for _, p := range points {
		if !point(p) {
			return false
		}
	}
	return len(points) >= fewestPoints && points[0] == points[len(points)-1]
}

// circle: a point, a space and a radius in kilometres.
func circle(text string) bool {
	parts := strings.Fields(text)
	return len(parts) == 2 && point(parts[0]) && within(parts[1], 0, longestRadius)
}

// point: latitude, comma, longitude.
func point(text string) bool {
	lat, lon, found := strings.Cut(text, ",")
	return found && within(lat, -90, 90) && within(lon, -180, 180)
}

func within(text string, least, most float64) bool {
	if !decimal.MatchString(text) {
		return false
	}
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && n >= least && n <= most
}
