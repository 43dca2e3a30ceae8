package federation

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"panah/hub/fault"
	"panah/hub/place/ledger"
)

// ledgerPath is what the specification knows nothing of: what became of a shelter's places, for hubs of this kind that are shown the shelter.
const ledgerPath = "network.panah.ledger"

// ledgerLines are lines of a shelter's ledger from a number on.
func (s *Server) ledgerLines(c *Call) (any, error) {
	from, err := strconv.ParseInt(c.Query().Get("from"), 10, 64)
	if err != nil || from < 1 {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "from")
	}
	lines, err := s.Ledger(c.Context(), c.Origin, c.Path("shelterId"), from)
	if lines == nil {
		lines = []ledger.Line{}
	}
	return map[string]any{"lines": lines}, err
}

// Ledger asks another hub for lines of a shelter's ledger from a number on.
func (c *Client) Ledger(ctx context.Context, server, shelterID string, from int64) ([]ledger.Line, error) {
	var answer struct {
		Lines []ledger.Line `json:"lines"`
	}
	query := "?" + url.Values{"from": {strconv.FormatInt(from, 10)}}.Encode()
	err := c.ask(ctx, server, http.MethodGet, path("unstable", ledgerPath, shelterID)+query, nil, &answer, small)
	return answer.Lines, err
}
