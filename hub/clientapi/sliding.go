package clientapi

import (
	"context"
	"time"

	"panah/hub/feed"
	"panah/hub/feed/sliding"
)

// slidingSync answers apps that look at a window of their rooms (MSC4186, simplified sliding sync).
func (a *API) slidingSync(c *call) (any, error) {
	patience, err := c.queryInt("timeout", 0, maxPatience)
	if err != nil {
		return nil, err
	}
	var in sliding.Request
	if err := c.read(&in); err != nil {
		return nil, err
	}
	in.Pos, in.Timeout, in.Presence = c.query("pos"), time.Duration(patience)*time.Millisecond, feed.Presence(c.query("set_presence"))
	ctx, cancel := context.WithCancel(c.ctx())
	defer cancel()
	defer context.AfterFunc(a.Stopping, cancel)()
	answer, err := a.Sliding.Sync(ctx, c.caller, in)
	if err != nil && a.Stopping.Err() != nil {
		return nil, errGoingDown.Because(err)
	}
	return answer, err
}
