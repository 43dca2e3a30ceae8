package clientapi

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/place"
)

// number is a count, or null for one that is too small to be told.
func number(n int) any {
	if n == place.Suppressed {
		return nil
	}
	return n
}

func (a *API) placeFigures(c *call) (any, error) {
	months, err := c.queryInt("months", 12, 12)
	if err != nil {
		return nil, err
	}
	f, err := a.Places.Figures(c.ctx(), c.caller, months)
	if err != nil {
		return nil, err
	}
	live, areas, response, trends, waits := []map[string]any{}, []map[string]any{}, []map[string]any{}, []map[string]any{}, []map[string]any{}
	for _, s := range f.Live {
		live = append(live, map[string]any{"country": s.Country, "category": s.Category, "free": number(s.Free), "waiting": number(s.Waiting)})
	}
	for _, s := range f.Map {
		areas = append(areas, map[string]any{"place": s.Place, "category": s.Category, "free": number(s.Free), "waiting": number(s.Waiting)})
	}
	for _, r := range f.Response {
		response = append(response, map[string]any{
			"shelter_id": r.ShelterID, "name": r.Name, "asked": r.Asked, "answered": r.Answered, "median_seconds": int64(r.Median.Seconds()),
		})
	}
	for _, one := range f.Trends {
		trends = append(trends, map[string]any{"month": one.Month, "category": one.Category, "free": number(one.Free)})
	}
	for _, one := range f.Waits {
		waits = append(waits, map[string]any{"month": one.Month, "median_seconds": waited(one)})
	}
	return map[string]any{"live": live, "map": areas, "response": response, "unmet": unmetAnswer(f.Unmet), "trends": trends, "waits": waits}, nil
}

func unmetAnswer(all []place.Unmet) []map[string]any {
	list := []map[string]any{}
	for _, u := range all {
		list = append(list, map[string]any{"month": u.Month, "category": u.Category, "count": number(u.Count)})
	}
	return list
}

// waited is a median in seconds, or null where too few waited for it to be told.
func waited(w place.Wait) any {
	if w.Few {
		return nil
	}
	return int64(w.Median.Seconds())
}

// placeReport is a year in figures that may be published: ?year=2026.
func (a *API) placeReport(c *call) (any, error) {
	year, err := c.queryInt("year", 0, 9999)
	if err != nil {
		return nil, err
	}
	r, err := a.Places.Report(c.ctx(), c.caller, year)
	if err != nil {
		return nil, err
	}
	cells := func(all []place.Cell) []map[string]any {
		list := []map[string]any{}
		for _, one := range all {
			list = append(list, map[string]any{"code": one.Code, "count": number(one.Count)})
		}
		return list
	}
	return map[string]any{
		"year": r.Year, "shelters": cells(r.Shelters), "asked": cells(r.Asked), "became": cells(r.Became), "declined": cells(r.Declined),
		"left": cells(r.Left), "unmet": unmetAnswer(r.Unmet), "waited_seconds": waited(r.Waited),
	}, nil
}

// checkShelterLedger says whether the ledger is in order as the hub keeps it.
func (a *API) checkShelterLedger(c *call) (any, error) {
	entries, trouble, err := a.Places.CheckLedger(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"entries": entries, "ok": trouble == nil}
	if trouble != nil {
		answer["at"] = trouble.Seq
	}
	return answer, nil
}

// exportPlaces gives what shelters have free for other programs: ?format=csv with HXL tags, or hsds.
func (a *API) exportPlaces(c *call) (any, error) {
	all, err := a.Places.Shelters(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	name, kind := "places.csv", "text/csv; charset=utf-8"
	switch c.query("format") {
	case "", "csv":
		err = writeHXL(&out, all)
	case "hsds":
		name, kind = "service_capacity.json", "application/json"
		err = json.NewEncoder(&out).Encode(place.HSDS(all, func(s place.Shelter) bool { return s.OrganisationID == c.caller.OrganisationID }))
	default:
		err = fault.InvalidParam("error.invalid_param", "Name", "format")
	}
	if err != nil {
		return nil, err
	}
	c.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename=%q`, name))
	return c.give(kind, out.Bytes())
}

// writeHXL writes shelters' numbers as CSV with HXL tags (https://hxlstandard.org), one row a shelter and category.
func writeHXL(w io.Writer, shelters []place.Shelter) error {
	out := csv.NewWriter(w)
	rows := [][]string{
		{"Country", "Province", "Shelter", "Category", "Free", "Services", "Status", "Reported", "Id"},
		{"#country+code", "#adm1+code", "#org+name", "#capacity+type", "#capacity+num", "#service+type", "#status+code", "#date+reported", "#meta+id"},
	}
	for _, s := range shelters {
		for _, category := range slices.Sorted(maps.Keys(s.Free)) {
			rows = append(rows, []string{
				s.Country, s.Province, harmless(s.Name), category, fmt.Sprint(s.Free[category]), strings.Join(s.Services, " "), s.Status(category),
				time.UnixMilli(s.ConfirmedAt).UTC().Format(time.RFC3339), harmless(s.ID),
			})
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write an export: %w", err)
	}
	return nil
}
