package code

import (
	"slices"
	"strings"
	"sync"
)

// Whoever flees crosses borders of provinces more easily than a country, and the nearest shelter is often over the frontier.

// beside are the provinces that touch each province, of all countries: those of another country have its letters before theirs. Cities that
// lie within a province touch it alone.
var beside = map[string]string{
	"AF-BDS": "TAK NUR PAN TJ-GB TJ-KT PK-KP PK-GB",
	"AF-TAK": "BDS PAN BGL KDZ TJ-KT",
	"AF-KDZ": "TAK BGL SAM BAL TJ-KT",
	"AF-BGL": "TAK KDZ SAM BAM PAR PAN",
	"AF-BAL": "KDZ SAM SAR JOW UZ-SU TJ-KT TM-L",
	"AF-SAM": "BAL KDZ BGL BAM SAR",
	"AF-SAR": "JOW BAL SAM BAM GHO FYB",
	"AF-JOW": "FYB SAR BAL TM-L",
	"AF-FYB": "JOW SAR GHO BDG TM-L TM-M",
	"AF-BDG": "FYB GHO HER TM-M",
	"AF-HER": "BDG GHO FRA TM-M",
	"AF-GHO": "HER BDG FYB SAR BAM DAY HEL FRA",
	"AF-FRA": "HER GHO HEL NIM",
	"AF-NIM": "FRA HEL PK-BA",
	"AF-HEL": "NIM FRA GHO DAY URU KAN PK-BA",
	"AF-KAN": "HEL URU ZAB PK-BA",
	"AF-URU": "HEL DAY GHA ZAB KAN",
	"AF-DAY": "GHO BAM GHA URU HEL",
	"AF-ZAB": "KAN URU GHA PKA PK-BA",
	"AF-GHA": "ZAB URU DAY BAM WAR LOG PIA PKA",
	"AF-PKA": "GHA ZAB PIA KHO PK-BA PK-KP",
	"AF-PIA": "GHA LOG NAN KHO PKA PK-KP",
	"AF-KHO": "PIA PKA PK-KP",
	"AF-LOG": "KAB WAR GHA PIA NAN",
	"AF-WAR": "KAB PAR BAM GHA LOG",
	"AF-KAB": "PAR KAP LAG NAN LOG WAR",
	"AF-PAR": "KAB KAP PAN BGL BAM WAR",
	"AF-KAP": "KAB PAR PAN LAG",
	"AF-PAN": "BDS TAK BGL PAR KAP LAG NUR",
	"AF-LAG": "NUR KNR NAN KAB KAP PAN",
	"AF-NAN": "LAG KNR KAB LOG PIA PK-KP",
	"AF-KNR": "NUR LAG NAN PK-KP",
	"AF-NUR": "BDS PAN LAG KNR PK-KP",
	"AF-BAM": "SAM BGL PAR WAR GHA DAY GHO SAR",
	"PK-BA":  "KP PB SD AF-NIM AF-HEL AF-KAN AF-ZAB AF-PKA",
	"PK-KP":  "BA PB GB JK IS AF-BDS AF-NUR AF-KNR AF-NAN AF-PIA AF-KHO AF-PKA",
	"PK-IS":  "PB KP",
	"PK-PB":  "BA KP IS SD JK",
	"PK-SD":  "BA PB",
	"PK-GB":  "KP JK AF-BDS",
	"PK-JK":  "GB KP PB",
	"TJ-SU":  "RA UZ-TO UZ-NG UZ-FA UZ-SI UZ-SA UZ-JI UZ-QA",
	"TJ-RA":  "SU DU KT GB UZ-SU",
	"TJ-DU":  "RA",
	"TJ-KT":  "RA GB UZ-SU AF-BDS AF-TAK AF-KDZ AF-BAL",
	"TJ-GB":  "RA KT AF-BDS",
	"TM-A":   "B D L M S",
	"TM-S":   "A",
	"TM-B":   "A D UZ-QR",
	"TM-D":   "A B L UZ-QR UZ-XO",
	"TM-L":   "A D M UZ-BU UZ-QA UZ-SU UZ-XO AF-JOW AF-BAL AF-FYB",
	"TM-M":   "A L AF-HER AF-BDG AF-FYB",
	"UZ-QR":  "XO NW BU TM-D TM-B",
	"UZ-XO":  "QR BU TM-D TM-L",
	"UZ-BU":  "QR XO NW QA TM-L",
	"UZ-NW":  "QR BU QA SA JI",
	"UZ-SA":  "NW JI QA TJ-SU",
	"UZ-QA":  "BU NW SA SU TM-L TJ-SU",
	"UZ-SU":  "QA TM-L TJ-RA TJ-KT AF-BAL",
	"UZ-JI":  "NW SA SI TJ-SU",
	"UZ-SI":  "JI TO TJ-SU",
	"UZ-TO":  "SI TK NG TJ-SU",
	"UZ-TK":  "TO",
	"UZ-NG":  "TO FA AN TJ-SU",
	"UZ-FA":  "NG AN TJ-SU",
	"UZ-AN":  "NG FA",
}

var neighbours = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for province, text := range beside {
		for _, one := range strings.Fields(text) {
			if !strings.Contains(one, "-") {
				one = country(province) + "-" + one
			}
			all[province] = append(all[province], one)
		}
		slices.Sort(all[province])
	}
	return all
})

// Borders is how many borders of provinces lie between two places at the least: 0 in the same province, 1 in the next one. A country in place of
// a province stands for the nearest of its provinces, so that it is at least as many. It is false where either is not known.
func Borders(from, to string) (int, bool) {
	near, seen := []string{}, map[string]bool{}
	for province := range neighbours() {
		if lies(province, from) {
			near = append(near, province)
			seen[province] = true
		}
	}
	for crossed := 0; len(near) > 0; crossed++ {
		if slices.ContainsFunc(near, func(province string) bool { return lies(province, to) }) {
			return crossed, true
		}
		var next []string
		for _, province := range near {
			for _, one := range neighbours()[province] {
				if !seen[one] {
					seen[one] = true
					next = append(next, one)
				}
			}
		}
		near = next
	}
	return 0, false
}

// lies tells whether a province is a place, or in it.
func lies(province, place string) bool {
	return place != "" && (province == place || country(province) == place)
}
