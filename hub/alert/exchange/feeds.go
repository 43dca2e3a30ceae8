package exchange

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"panah/hub/alert"
	"panah/hub/cap"
	"panah/hub/cap/atom"
	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
	"panah/locales"
)

// Feed is how a program outside reads the alerts that an organisation gets: of all its audiences, or of one.
//
// A feed is read by a machine, and whoever holds its token is nobody in particular. So what TLP keeps to a circle of people (RED,
// AMBER+STRICT, AMBER) is never in one, only what may go round the network (GREEN) and into the world (CLEAR).
type Feed struct {
	ID             string
	OrganisationID string
	RoomID         string // of the audience, or ""
	Name           string
	MadeBy         string
	MadeAt         int64 // Unix milliseconds, as are the other times
	UsedAt         int64 // 0 for never
	RevokedAt      int64 // 0 for not
}

// Bounds of feeds.
const (
	mostFeeds   = 20 // of one organisation that are open
	feedName    = 80 // characters
	feedEntries = 100
	usedEvery   = time.Hour // how exactly it is known when a feed was used
)

const feedColumns = `feed_id, organisation_id, room_id, name, made_by, made_at, used_at, revoked_at`

func scanFeed(row interface{ Scan(...any) error }, more ...any) (f Feed, err error) {
	return f, row.Scan(append([]any{&f.ID, &f.OrganisationID, &f.RoomID, &f.Name, &f.MadeBy, &f.MadeAt, &f.UsedAt, &f.RevokedAt}, more...)...)
}

// hashOf is what is kept of a token. A token is 256 random bits, so nothing is gained by a slow hash.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// MakeFeed makes a feed of the caller's organisation, and the token that opens it, which nobody is told again. roomID is the channel of one
// audience that the caller is in, or "".
func (x *Exchange) MakeFeed(ctx context.Context, caller people.Caller, roomID, name string) (f Feed, token string, err error) {
	if err := caller.Require(people.ActShareAlerts); err != nil {
		return f, "", err
	}
	if name = clean(name, feedName); name == "" || caller.OrganisationID == "" {
		return f, "", fault.InvalidParam("error.invalid_param", "Name", "name")
	}
	var raw [32]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	err = x.db.Write(ctx, func(tx *store.Tx) error {
		if err := x.mayShare(tx, caller, roomID); err != nil {
			return err
		}
		f = Feed{ID: newID(), OrganisationID: caller.OrganisationID, RoomID: roomID, Name: name, MadeBy: caller.UserID, MadeAt: tx.Now.UnixMilli()}
		_, err := tx.Exec(`INSERT INTO alert_feeds (feed_id, organisation_id, room_id, name, token_hash, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			f.ID, f.OrganisationID, f.RoomID, f.Name, hashOf(token), f.MadeBy, f.MadeAt)
		if err != nil {
			return err
		}
		return x.people.AuditTx(tx, caller.UserID, "make_feed", f.ID, map[string]string{"organisation": f.OrganisationID})
	})
	return f, token, err
}

// mayShare: an audience is shared by whoever is in it, and an organisation has so many feeds and no more.
func (x *Exchange) mayShare(tx *store.Tx, caller people.Caller, roomID string) error {
	if roomID != "" {
		if err := x.mayPost(tx, caller.Person, roomID); err != nil {
			return err
		}
	}
	var open int
	err := tx.QueryRow(`SELECT COUNT(*) FROM alert_feeds WHERE organisation_id = $1 AND revoked_at = 0`, caller.OrganisationID).Scan(&open)
	if err == nil && open >= mostFeeds {
		err = fault.New(http.StatusConflict, "M_LIMIT_EXCEEDED", "error.feed_too_many", "Limit", mostFeeds)
	}
	return err
}

// Feeds are the feeds of the caller's organisation that are open.
func (x *Exchange) Feeds(ctx context.Context, caller people.Caller) (all []Feed, err error) {
	if err := caller.Require(people.ActShareAlerts); err != nil {
		return nil, err
	}
	err = x.db.Read(ctx, func(tx *store.Tx) error {
		all, err = queryFeeds(tx, `SELECT `+feedColumns+` FROM alert_feeds WHERE organisation_id = $1 AND revoked_at = 0 ORDER BY made_at, feed_id`, caller.OrganisationID)
		return err
	})
	return all, err
}

func queryFeeds(tx *store.Tx, text string, args ...any) (all []Feed, err error) {
	rows, err := tx.Query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFeed(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, rows.Err()
}

// RevokeFeed ends a feed of the caller's organisation at once.
func (x *Exchange) RevokeFeed(ctx context.Context, caller people.Caller, id string) error {
	if err := caller.Require(people.ActShareAlerts); err != nil {
		return err
	}
	return x.db.Write(ctx, func(tx *store.Tx) error {
		ended, err := tx.Exec(`UPDATE alert_feeds SET revoked_at = $1 WHERE feed_id = $2 AND organisation_id = $3 AND revoked_at = 0`,
			tx.Now.UnixMilli(), id, caller.OrganisationID)
		if err == nil && ended == 0 {
			err = fault.NotFound("error.feed_unknown")
		}
		if err != nil {
			return err
		}
		return x.people.AuditTx(tx, caller.UserID, "revoke_feed", id, map[string]string{"organisation": caller.OrganisationID})
	})
}

// PersonChangedTx ends the feeds of somebody who may not hold them any more: a token that they took with them opens nothing, and whoever comes
// back makes new ones (network.Follower).
func (x *Exchange) PersonChangedTx(_ context.Context, tx *store.Tx, userID string) error {
	held, err := queryFeeds(tx, `SELECT `+feedColumns+` FROM alert_feeds WHERE made_by = $1 AND revoked_at = 0`, userID)
	if err != nil {
		return err
	}
	for _, f := range held {
		if holds, err := x.holdsTx(tx, f); err != nil || holds {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec(`UPDATE alert_feeds SET revoked_at = $1 WHERE feed_id = $2`, tx.Now.UnixMilli(), f.ID); err != nil {
			return err
		}
	}
	return nil
}

// OrganisationChangedTx has nothing to do: a feed opens nothing while its organisation is suspended, and goes on after that (network.Follower).
func (x *Exchange) OrganisationChangedTx(context.Context, *store.Tx, string) error { return nil }

// holdsTx tells whether whoever made a feed may still have made it: they are of its organisation, in a role that shares alerts, and in the
// channel of its audience if it has one.
func (x *Exchange) holdsTx(tx *store.Tx, f Feed) (bool, error) {
	maker, err := x.people.PersonTx(tx, f.MadeBy)
	if err != nil {
		return false, err
	}
	if maker.OrganisationID != f.OrganisationID || (people.Caller{Person: maker}).Require(people.ActShareAlerts) != nil {
		return false, nil
	}
	if f.RoomID == "" {
		return true, nil
	}
	membership, err := x.rooms.Membership(tx, f.RoomID, f.MadeBy)
	return membership == "join", err
}

// OpenFeed gives the feed that a token opens. An unknown feed, a wrong token, a revoked feed, a suspended organisation, and a maker who may hold it
// no longer, are one answer.
func (x *Exchange) OpenFeed(ctx context.Context, id, token string) (f Feed, err error) {
	stale := false
	err = x.db.Read(ctx, func(tx *store.Tx) error {
		var hash string
		f, err = scanFeed(tx.QueryRow(`SELECT `+feedColumns+`, token_hash FROM alert_feeds WHERE feed_id = $1`, id), &hash)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.UnknownToken()
		}
		if err != nil {
			return err
		}
		o, err := x.people.OrganisationTx(tx, f.OrganisationID)
		if err != nil {
			return err
		}
		holds, err := x.holdsTx(tx, f) // somebody may have been taken out of the channel alone
		if err != nil {
			return err
		}
		right := subtle.ConstantTimeCompare([]byte(hash), []byte(hashOf(token))) == 1
		if !right || !holds || f.RevokedAt != 0 || o.Standing != people.OrganisationVetted {
			return fault.UnknownToken()
		}
		stale = tx.Now.UnixMilli()-f.UsedAt > usedEvery.Milliseconds()
		return nil
	})
	if err != nil || !stale {
		return f, err
	}
	return f, x.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE alert_feeds SET used_at = $1 WHERE feed_id = $2`, tx.Now.UnixMilli(), f.ID)
		return err
	})
}

// Atom writes a feed: the alerts that live, those changed last first. base is where the hub is, without a slash at the end; language is that of
// the titles.
func (x *Exchange) Atom(ctx context.Context, f Feed, base, language string) ([]byte, error) {
	details, err := x.shared(ctx, f, "")
	if err != nil {
		return nil, err
	}
	names, err := x.names(ctx)
	if err != nil {
		return nil, err
	}
	self := base + "/_panah/v1/alert-feeds/" + f.ID
	out := &atom.Feed{ID: "urn:panah:" + x.server + ":feed:" + f.ID, Title: f.Name, Author: names[f.OrganisationID], Self: self,
		Updated: time.UnixMilli(f.MadeAt)}
	tag := locales.For(language, x.language).Language()
	for _, d := range details {
		m, err := x.message(saidOf(d, names))
		if err != nil {
			return nil, err
		}
		info := m.Infos[max(0, slices.IndexFunc(m.Infos, func(i cap.Info) bool { return i.Language == tag }))]
		e := atom.Entry{ID: "urn:panah:" + x.server + ":alert:" + m.Identifier, Title: info.Headline, Language: tag, Updated: m.Sent.Time(), Summary: info.Description,
			Links: []atom.Link{{Rel: "alternate", Type: cap.MediaType, Href: self + "/" + strings.ReplaceAll(m.Incidents, "$", "%24")}}}
		if e.Updated.After(out.Updated) {
			out.Updated = e.Updated
		}
		out.Entries = append(out.Entries, e)
	}
	return atom.Write(out), nil
}

// InFeed gives one alert of a feed as CAP.
func (x *Exchange) InFeed(ctx context.Context, f Feed, alertID string) (*cap.Alert, error) {
	details, err := x.shared(ctx, f, alertID)
	if err != nil {
		return nil, err
	}
	if len(details) == 0 {
		return nil, fault.NotFound("error.unknown_alert")
	}
	names, err := x.names(ctx)
	if err != nil {
		return nil, err
	}
	d := details[0]
	return x.message(saidOf(d, names))
}

// shared are the alerts of a feed that live, or the one of them that is asked for. The label decides once more for each.
func (x *Exchange) shared(ctx context.Context, f Feed, alertID string) ([]alert.Detail, error) {
	all, err := x.alerts.Shared(ctx, alert.SharedQuery{OrganisationID: f.OrganisationID, RoomID: f.RoomID, AlertID: alertID, Use: alert.UseFeed, Limit: feedEntries})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d alert.Detail) bool { return !d.Block.TLP.Allows(alert.UseFeed) }), nil
}
