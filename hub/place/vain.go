package place

import (
	"context"

	"panah/hub/place/allot"
	"panah/hub/store"
)

// giveUpDue ends what was asked of hubs that have not answered for as long as anybody waits for a place. A hub that comes later finds it taken back.
func (p *Places) giveUpDue(ctx context.Context) error {
	const due = ` FROM place_requests r JOIN places_abroad l ON l.request_id = r.request_id WHERE l.asks AND r.state = 'asked' AND r.at <= $1`
	var waits bool
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1`+due+`)`, tx.Now.Add(-waitFor).UnixMilli()).Scan(&waits)
	})
	if err != nil || !waits {
		return err
	}
	return p.write(ctx, func(tx *store.Tx) error {
		ids, err := store.Column(tx, `SELECT r.request_id`+due+` ORDER BY r.at, r.request_id LIMIT $2`, tx.Now.Add(-waitFor).UnixMilli(), dueMost)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := p.giveUp(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *Places) giveUp(ctx context.Context, tx *store.Tx, id string) error {
	r, err := requestTx(tx, id)
	if err != nil {
		return err
	}
	l, known, err := linkTx(tx, "request_id", id)
	if err != nil || !known {
		return err
	}
	before := r.State
	r.mirror(allot.Expired, 0, "", tx.Now.UnixMilli())
	if err := r.save(tx); err != nil {
		return err
	}
	p.countTx(tx, string(r.State))
	l.ask = asked{Request: id, Withdrawn: "elsewhere"}
	if err := p.sayAsk(ctx, tx, l); err != nil {
		return err
	}
	return p.noticeMirror(tx, r, before)
}

// callNoMore has hubs that never came not be called any longer about requests that ended as long ago as anybody waits.
func (p *Places) callNoMore(tx *store.Tx) error {
	called, err := p.network.CalledTx(tx)
	if err != nil {
		return err
	}
	for _, c := range called {
		l, known, err := linkTx(tx, "room_id", c.RoomID)
		if err != nil {
			return err
		}
		if !known || !l.asks {
			continue
		}
		r, err := requestTx(tx, l.request)
		if err != nil {
			return err
		}
		if r.EndedAt == 0 || r.EndedAt > tx.Now.Add(-waitFor).UnixMilli() {
			continue
		}
		if err := p.network.CallNoMoreTx(tx, c); err != nil {
			return err
		}
	}
	return nil
}
