package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"panah/hub/broker"
	"panah/hub/room"
)

const (
	// sweepEvery is how often what is over is thrown away.
	sweepEvery = time.Hour
	// lookEvery is how often the log is looked at at the most: no notice is so urgent that a tenth of a second counts beside the way of a push, and
	// a busy hub appends a thousand events meanwhile.
	lookEvery = 100 * time.Millisecond
)

var errBrokerEnded = errors.New("the broker has ended")

// Run follows the log and tells people, until ctx ends. What the database refuses is tried again at the next beat.
func (p *Push) Run(ctx context.Context) error {
	heard, err := p.broker.Subscribe(ctx, room.LogTopic)
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	defer heard.Close()
	group, ctx := errgroup.WithContext(ctx)
	fresh := make(chan struct{}, 1)
	group.Go(func() error { return p.noting(ctx, heard.C, fresh) })
	group.Go(func() error { return p.telling(ctx, fresh) })
	return group.Wait()
}

// noting finds what people are to be told, when the log has something new and at every beat. A push service that does not answer
// holds up nothing here.
func (p *Push) noting(ctx context.Context, heard <-chan broker.Message, fresh chan<- struct{}) error {
	beat := time.NewTicker(p.o.Beat)
	defer beat.Stop()
	var swept time.Time
	for {
		if err := p.Note(ctx); err != nil && ctx.Err() == nil {
			p.o.Log.Warn("notices could not be found", "err", err)
		}
		select {
		case fresh <- struct{}{}:
		default:
		}
		if time.Since(swept) > sweepEvery {
			swept = time.Now()
			if err := p.sweep(ctx); err != nil && ctx.Err() == nil {
				p.o.Log.Warn("old notices could not be thrown away", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		case _, open := <-heard:
			if !open && ctx.Err() == nil {
				return errBrokerEnded
			}
			drain(heard)
		}
	}
}

// drain takes what waits behind a wake-up: many of them cost one reading.
func drain(heard <-chan broker.Message) {
	for {
		select {
		case _, open := <-heard:
			if !open {
				return
			}
		default:
			return
		}
	}
}

// telling sends what is due, and waits for what is under way at the end.
func (p *Push) telling(ctx context.Context, fresh <-chan struct{}) error {
	all := newPool()
	defer all.all.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-fresh:
		case <-all.ended:
		}
		if _, err := p.start(ctx, all); err != nil && ctx.Err() == nil {
			p.o.Log.Warn("notices could not be sent", "err", err)
		}
	}
}

// Note reads what the log has gained, takes back what open sessions have taken and what was withdrawn, and puts what is due into the outbox. Run does it.
func (p *Push) Note(ctx context.Context) error {
	if err := errors.Join(p.follow(ctx), p.withdraw(ctx), p.takeBack(ctx)); err != nil {
		return err
	}
	for {
		more, err := p.gather(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// Tell sends what is due in the outbox and returns when that has ended. Run does it.
func (p *Push) Tell(ctx context.Context) error {
	all := newPool()
	for {
		begun, err := p.start(ctx, all)
		all.all.Wait()
		if err != nil || begun == 0 {
			return err
		}
	}
}
