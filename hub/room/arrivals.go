package room

import (
	"context"
	"sync"
	"time"
)

// arrivals are the rooms that this node is about to enter. A server that has let somebody in sends what is said from then on, and that may come
// before the room itself is here: refused as of an unknown room it would be lost until somebody speaks again.
type arrivals struct {
	mu      sync.Mutex
	waiting map[string]*arrival
}

// arrival is of one room; several may enter it at once.
type arrival struct {
	many int
	over chan struct{}
}

// arrivalTime is how long what comes early waits for the room.
const arrivalTime = 10 * time.Second

// begin notes that somebody enters; the function it gives says that they are in, or will not be.
func (a *arrivals) begin(roomID string) (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = map[string]*arrival{}
	}
	one := a.waiting[roomID]
	if one == nil {
		one = &arrival{over: make(chan struct{})}
		a.waiting[roomID] = one
	}
	one.many++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if one.many--; one.many == 0 {
			delete(a.waiting, roomID)
			close(one.over)
		}
	}
}

// wait waits until nobody enters a room any more. It reports whether somebody did, and whether that is over; not over is what lasts longer than
// arrivalTime.
func (a *arrivals) wait(ctx context.Context, roomID string) (arriving, over bool) {
	a.mu.Lock()
	one := a.waiting[roomID]
	a.mu.Unlock()
	if one == nil {
		return false, false
	}
	ctx, cancel := context.WithTimeout(ctx, arrivalTime)
	defer cancel()
	select {
	case <-one.over:
		return true, true
	case <-ctx.Done():
		return true, false
	}
}
