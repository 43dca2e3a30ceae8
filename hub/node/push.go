package node

import (
	"context"
	"net/http"
	"time"

	"panah/hub/alert"
	"panah/hub/factor"
	"panah/hub/notice"
	"panah/hub/outside"
	"panah/hub/push"
	"panah/hub/store"
)

// pushTime bounds a whole request to a push service.
const pushTime = 30 * time.Second

// buildPush makes what tells people outside the app. Push services are addresses that strangers give, so they are reached through the door
// for those, and nobody is sent on from there.
func (n *Node) buildPush(ctx context.Context, sealer *factor.Sealer, door *outside.Door) (err error) {
	client := door.Client(pushTime)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var mail *push.Mail
	if n.cfg.SMTP != "" {
		if mail, err = push.ParseMail(n.cfg.SMTP, n.cfg.MailFrom); err != nil {
			return configFault("error.config_value", "PANAH_SMTP_URL")
		}
	}
	n.push, err = push.Open(ctx, n.db, n.people, n.rooms, n.feed, n.brk, push.Options{
		Sealer: sealer, Client: client, Mail: mail, Contact: n.contact(), Language: n.cfg.Language, Second: n.cfg.SecondLanguage, Log: n.log, Count: n.metrics.Push,
		Others: alertAsks, Alert: n.alerts.SayTx, Leaves: n.alerts.LeavesTx,
		Check: func(address string) error { _, err := door.Check(address); return err },
	})
	return err
}

// asksMost bounds the askings of one stretch of the log.
const asksMost = 10_000

// alertAsks are the alerts and drafts that wait for somebody by name, and alerts that were sent before their channel was here. All others are found in
// the log, by whoever follows it.
func alertAsks(tx *store.Tx, after, upTo store.Position) ([]notice.Notice, error) {
	found, err := alert.NoticesAfter(tx, after, upTo, asksMost)
	if err != nil {
		return nil, err
	}
	var all []notice.Notice
	for _, n := range found {
		earlier, err := n.EarlierTx(tx)
		if err != nil {
			return nil, err
		}
		if !n.Kind.Asks() && !earlier || n.Settled {
			continue
		}
		urgent, err := n.ImmediateTx(tx)
		if err != nil {
			return nil, err
		}
		one := notice.Notice{UserID: n.UserID, Key: n.Key(), Kind: notice.Alert, Urgent: urgent, Position: n.Position}
		if earlier {
			one.Key = n.AlertID // as the alert itself is known where people are told of it
		}
		all = append(all, one)
	}
	return all, nil
}

// contact is whom push services may ask about this hub. They refuse messages without it (RFC 8292, 2.1).
func (n *Node) contact() string {
	switch {
	case n.cfg.MailFrom != "":
		return push.Contact(n.cfg.MailFrom)
	case n.cfg.PublicURL != "":
		return n.cfg.PublicURL
	}
	return "https://" + n.serverName
}
