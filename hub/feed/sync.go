package feed

import (
	"context"
	"time"

	"panah/hub/device"
	"panah/hub/fault"
	"panah/hub/people"
)

// syncLimit is how long an answer to /sync waits at most.
const syncLimit = 30 * time.Second

// Request is one /sync.
type Request struct {
	Since     string // a token; empty asks for the whole picture
	Filter    string // a filter's id or JSON, or empty
	FullState bool   // all of the state of all rooms, changed or not
	Timeout   time.Duration
	Presence  Presence // empty means online; offline leaves the person's presence as it is
}

// Sync answers a /sync (Matrix C-S API, GET /_matrix/client/v3/sync). When nothing changed after the token it waits for up to the
// request's timeout, at most 30 s, and then answers with a new token alone.
func (f *Feed) Sync(ctx context.Context, caller people.Caller, r Request) (*Response, error) {
	q := &question{user: caller.UserID, device: caller.DeviceID, full: r.FullState, sync: true}
	var err error
	if q.filter, err = f.Filter(ctx, caller.UserID, r.Filter); err != nil {
		return nil, err
	}
	if r.Since != "" {
		if q.since, err = ParseToken(r.Since); err != nil {
			return nil, err
		}
	}
	if r.Presence != "" && !r.Presence.valid() {
		return nil, fault.InvalidParam("error.presence_unknown")
	}
	f.saySyncs(ctx, caller, r)
	return f.poll(ctx, q, r.Timeout)
}

// poll asks until there is something to say or the time is over.
func (f *Feed) poll(ctx context.Context, q *question, patience time.Duration) (*Response, error) {
	patience = min(max(patience, 0), syncLimit)
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		a, err := f.askInTurn(ctx, q)
		if err != nil {
			return nil, err
		}
		if a.taken {
			if err := device.Taken(ctx, f.db, q.user, q.device, q.since.inbox()); err != nil {
				return nil, err
			}
		}
		waits := patience > 0 && q.since.Position > 0 && !q.full
		if !waits || !a.response.quiet() || !f.wait(ctx, q, a, timeout.C) {
			a.response.complete()
			return &a.response, ctx.Err()
		}
	}
}

// saySyncs tells that a person who asks is there.
func (f *Feed) saySyncs(ctx context.Context, caller people.Caller, r Request) {
	p := r.Presence
	if p == "" {
		p = Online
	}
	if p != Offline {
		// The only error is that the broker is closed: then nobody is left to be told.
		_ = f.tellPresence(ctx, presenceNotice{UserID: caller.UserID, Presence: p, Active: r.Timeout <= 0})
	}
}

// wait waits until something may have happened for the person after the answer was read. It reports false when the time is over.
func (f *Feed) wait(ctx context.Context, q *question, answer *answer, over <-chan time.Time) bool {
	a := &attachment{user: q.user, filter: q.filter, ctx: ctx, kind: waiter, encrypts: answer.encrypts, wake: make(chan struct{})}
	defer f.leave(a)
	if !f.await(a, answer) {
		return true
	}
	select {
	case <-a.wake:
		return true
	case <-over:
	case <-ctx.Done():
	}
	return false
}

// await registers a waiter. It reports false when the follower has gone past the answer already, so that it must be read again.
func (f *Feed) await(a *attachment, answer *answer) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	add(f.people, a.user, a)
	a.told, a.moment = answer.head, answer.moment
	f.moveLocked(a, answer.joined)
	a.live = f.cursor <= a.told && !f.presences.changedAfter(a.moment) && !f.typing.changedAfter(a.rooms, a.moment)
	return a.live
}
