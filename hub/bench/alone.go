//go:build linux

package main

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
	_ "github.com/ncruces/go-sqlite3/driver" // the hub's own, for the bare commit
	"golang.org/x/sync/errgroup"
)

// alone is what a send is made of, each by itself, beside which the sends stand.
type alone struct {
	Built       float64 `json:"built_signed_authorised_per_second"` // on all cores
	Build       float64 `json:"build_sign_authorise_ms"`            // one at a time
	CommitLite  float64 `json:"bare_commit_sqlite_ms"`
	CommitLarge float64 `json:"bare_commit_postgresql_ms,omitempty"`
}

// addAlone measures them for as long as one measurement takes, each.
func (r *report) addAlone(ctx context.Context, p plan) (err error) {
	progress("building, signing and authorising alone …")
	if r.Alone.Built, err = measureBuilding(ctx, runtime.NumCPU(), p.each); err != nil {
		return err
	}
	one, err := measureBuilding(ctx, 1, p.each)
	if err != nil {
		return err
	}
	r.Alone.Build = 1000 / one
	progress("bare commits …")
	if r.Alone.CommitLite, err = commitSQLite(ctx, p.each); err != nil {
		return err
	}
	if p.postgres != "" {
		r.Alone.CommitLarge, err = commitPostgres(ctx, p)
	}
	return err
}

// channelState is a channel's state as far as a message is checked against it; it is the library's AuthEventProvider.
type channelState struct {
	create, rules, levels, member gomatrixserverlib.PDU
}

func (s *channelState) Create() (gomatrixserverlib.PDU, error)                 { return s.create, nil }
func (s *channelState) JoinRules() (gomatrixserverlib.PDU, error)              { return s.rules, nil }
func (s *channelState) PowerLevels() (gomatrixserverlib.PDU, error)            { return s.levels, nil }
func (s *channelState) Member(spec.SenderID) (gomatrixserverlib.PDU, error)    { return s.member, nil }
func (s *channelState) ThirdPartyInvite(string) (gomatrixserverlib.PDU, error) { return nil, nil }
func (s *channelState) Valid() bool                                            { return true }

const (
	benchRoom   = "!alone:bench.example"
	benchSender = "@person:bench.example"
)

// smith makes events as the hub does, and keeps nothing.
type smith struct {
	key   ed25519.PrivateKey
	state channelState
}

func newSmith() (*smith, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	s := &smith{key: key}
	person, empty := benchSender, ""
	for _, step := range []struct {
		into    *gomatrixserverlib.PDU
		kind    string
		key     *string
		content string
	}{
		{&s.state.create, spec.MRoomCreate, &empty, `{"room_version":"11"}`},
		{&s.state.member, spec.MRoomMember, &person, `{"membership":"join"}`},
		{&s.state.levels, spec.MRoomPowerLevels, &empty, fmt.Sprintf(`{"users":{"%s":100}}`, benchSender)},
		{&s.state.rules, spec.MRoomJoinRules, &empty, `{"join_rule":"public"}`},
	} {
		if *step.into, err = s.build(step.kind, step.key, step.content); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *smith) build(kind string, key *string, content string) (gomatrixserverlib.PDU, error) {
	proto := &gomatrixserverlib.ProtoEvent{
		SenderID: benchSender, RoomID: benchRoom, Type: kind, StateKey: key, Content: spec.RawJSON(content),
		PrevEvents: []string{}, Depth: 1,
	}
	if s.state.create != nil {
		proto.PrevEvents = []string{s.state.create.EventID()}
	}
	builder := gomatrixserverlib.MustGetRoomVersion(gomatrixserverlib.RoomVersionV11).NewEventBuilderFromProtoEvent(proto)
	if err := builder.AddAuthEvents(&s.state); err != nil {
		return nil, err
	}
	pdu, err := builder.Build(time.Now(), "bench.example", "ed25519:bench", s.key)
	if err != nil {
		return nil, err
	}
	pdu.EventID()
	return pdu, nil
}

// say makes one message and checks it against the channel's state.
func (s *smith) say(number int64) error {
	pdu, err := s.build("m.room.message", nil, fmt.Sprintf(`{"msgtype":"m.text","body":"%s","network.panah.language":"tg"}`, sentence(number)))
	if err != nil {
		return err
	}
	return gomatrixserverlib.Allowed(pdu, &s.state, func(_ spec.RoomID, sender spec.SenderID) (*spec.UserID, error) {
		return spec.NewUserID(string(sender), true)
	})
}

// measureBuilding is how many messages a second so many makers make.
func measureBuilding(ctx context.Context, makers int, each time.Duration) (float64, error) {
	s, err := newSmith()
	if err != nil {
		return 0, err
	}
	var made atomic.Int64
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range makers {
		group.Go(func() error {
			for time.Since(began) < each && ctx.Err() == nil {
				if err := s.say(made.Add(1)); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	err = group.Wait()
	return float64(made.Load()) / time.Since(began).Seconds(), err
}

// row has the size of an event.
var row = []byte(strings.Repeat("x", 575))

// commitSQLite is how many milliseconds one row takes until it is on disk, one after the other.
func commitSQLite(ctx context.Context, each time.Duration) (_ float64, err error) {
	folder, err := os.MkdirTemp("", "panah-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE rows (id INTEGER PRIMARY KEY, pdu BLOB)`); err != nil {
		return 0, err
	}
	insert, err := db.PrepareContext(ctx, `INSERT INTO rows (pdu) VALUES ($1)`)
	if err != nil {
		return 0, err
	}
	return perTurn(each, func() error {
		_, err := insert.ExecContext(ctx, row)
		return err
	})
}

func commitPostgres(ctx context.Context, p plan) (float64, error) {
	address, drop, err := makeDatabase(ctx, p.postgres)
	if err != nil {
		return 0, err
	}
	defer drop()
	connection, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, `CREATE TABLE rows (id BIGSERIAL PRIMARY KEY, pdu BYTEA)`); err != nil {
		return 0, err
	}
	return perTurn(p.each, func() error {
		_, err := connection.Exec(ctx, `INSERT INTO rows (pdu) VALUES ($1)`, row)
		return err
	})
}

// perTurn is how many milliseconds something takes, done one after the other.
func perTurn(each time.Duration, do func() error) (float64, error) {
	began, turns := time.Now(), 0
	for ; time.Since(began) < each; turns++ {
		if err := do(); err != nil {
			return 0, err
		}
	}
	return milliseconds(time.Since(began)) / float64(turns), nil
}
