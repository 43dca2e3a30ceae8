package demo

import (
	"context"
	"net/http"
	"net/url"
)

const ours = "/_panah/v1"

// takeTurns writes the rotas down; the same again replaces them by the same.
func (f *filler) takeTurns(ctx context.Context, _ *caller) error {
	for _, r := range f.Rotas {
		slots := []map[string]any{}
		for place, days := range [][]string{r.First, r.Second} {
			for day, user := range days {
				slots = append(slots, map[string]any{"weekday": day, "from": 0, "until": 24 * 60, "user_id": f.callers[user].userID, "place": place + 1})
			}
		}
		path := ours + "/organisations/" + url.PathEscape(f.organisations[r.Organisation].ID) + "/rota"
		if err := f.callers[r.By].call(ctx, http.MethodPut, path, map[string]any{"slots": slots}, nil); err != nil {
			return err
		}
	}
	return nil
}

// alarm sends the alerts and has them answered.
func (f *filler) alarm(ctx context.Context, _ *caller) error {
	for _, a := range f.Alerts {
		if err := f.send(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) send(ctx context.Context, a alert) error {
	to := []string{}
	for _, key := range a.To {
		to = append(to, f.organisations[key].ID)
	}
	wish := map[string]any{"txn_id": "sample-" + a.Key, "code": a.Code, "slots": a.Slots, "audience": map[string]any{"organisations": to}}
	if a.Text != "" {
		wish["text"], wish["language"] = a.Text, a.Language
	}
	var sent struct {
		ID string `json:"alert_id"`
	}
	if err := f.callers[a.By].call(ctx, http.MethodPost, ours+"/alerts", wish, &sent); err != nil {
		return err
	}
	path := ours + "/alerts/" + url.PathEscape(sent.ID)
	if err := f.answer(ctx, a, sent.ID, path); err != nil || !a.Cancelled {
		return err
	}
	return f.callers[a.By].call(ctx, http.MethodPost, path+"/cancel", map[string]any{}, nil)
}

// answer has everybody say what they say. An alert that is over already, because the making was broken off after that, takes no answers.
func (f *filler) answer(ctx context.Context, a alert, id, path string) error {
	for _, r := range a.Answers {
		err := f.callers[r.By].call(ctx, http.MethodPost, path+"/answer", map[string]any{"answer": r.Answer}, nil)
		if err != nil && !(a.Cancelled && forbidden(err)) {
			return err
		}
	}
	for _, t := range a.Translations {
		words := map[string]any{"event_id": id, "language": t.Language, "text": t.Text}
		if err := f.callers[t.By].call(ctx, http.MethodPost, ours+"/alerts/translations", words, nil); err != nil {
			return err
		}
	}
	return nil
}
