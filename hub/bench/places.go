//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"text/tabwriter"
)

// addDecisions measures how many requests for places a hub decides: each is asked, held and taken back, so that there is always a free one.
func (r *report) addDecisions(ctx context.Context, c *crowd, engine string, p plan) error {
	shelter, err := c.openShelter(ctx)
	if err != nil {
		return err
	}
	var number atomic.Int64
	for _, senders := range p.senders {
		progress("%s, %d ask for places …", engine, senders)
		measured, err := measureActs(ctx, c, senders, p.each, func(ctx context.Context, i int) error {
			return c.people[i%len(c.people)].askForPlace(ctx, shelter, number.Add(1))
		})
		if err != nil {
			return err
		}
		measured.Engine = engine
		r.Decisions = append(r.Decisions, measured)
	}
	return nil
}

// openShelter enters a shelter with places enough, of an organisation of its own.
func (c *crowd) openShelter(ctx context.Context) (string, error) {
	var organisation, shelter struct{ ID string }
	if err := c.steward.call(ctx, "POST", "/_panah/v1/organisations", object{"name": "Shelter", "kind": "shelter", "country": "TJ"}, &organisation); err != nil {
		return "", err
	}
	if err := c.steward.call(ctx, "POST", "/_panah/v1/organisations/"+organisation.ID+"/standing", object{"standing": "vetted"}, nil); err != nil {
		return "", err
	}
	var invitation struct{ Token string }
	if err := c.steward.call(ctx, "POST", "/_panah/v1/invitations", object{"organisation_id": organisation.ID, "role": "admin", "language": "tg"}, &invitation); err != nil {
		return "", err
	}
	head, err := c.signUp(ctx, len(c.people)+1, invitation.Token)
	if err != nil {
		return "", err
	}
	wish := object{"txn_id": "open", "name": "Bench", "country": "TJ", "facility": "emergency", "seen_by": "network"}
	if err := head.call(ctx, "POST", "/_panah/v1/places/shelters", wish, &shelter); err != nil {
		return "", err
	}
	capacity := object{"txn_id": "count", "capacity": object{"women": object{"total": 999}}}
	return shelter.ID, head.call(ctx, "POST", "/_panah/v1/places/shelters/"+shelter.ID+"/count", capacity, nil)
}

// askForPlace asks for one place and takes the request back once it is held.
func (p *person) askForPlace(ctx context.Context, shelter string, number int64) error {
	var asked struct {
		Requests []struct{ ID, State string }
	}
	err := p.call(ctx, "POST", "/_panah/v1/places/requests", object{
		"txn_id": fmt.Sprintf("a%d", number), "shelters": []string{shelter}, "category": "women", "group": 1, "urgency": "urgent", "consent": object{"given": "none"},
	}, &asked)
	if err != nil {
		return err
	}
	if len(asked.Requests) != 1 || asked.Requests[0].State != "held" {
		return fmt.Errorf("asked for a place: %+v", asked.Requests)
	}
	return p.call(ctx, "POST", "/_panah/v1/places/requests/"+asked.Requests[0].ID+"/step",
		object{"txn_id": fmt.Sprintf("w%d", number), "step": "withdraw", "reason": "own_choice"}, nil)
}

func (r *report) printDecisions(out io.Writer) {
	fmt.Fprintf(out, "\nRequests for a place over HTTP, each asked, held in a channel of its own, and taken back\n")
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "database\tasking\trequests/s\tper CPU-second\tp50 ms\tp99 ms\t")
	for _, s := range r.Decisions {
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%.0f\t%.2f\t%.2f\t\n", s.Engine, s.Senders, s.PerSecond, s.PerCPU, s.P50, s.P99)
	}
	table.Flush()
}
