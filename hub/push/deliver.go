package push

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"panah/hub/fault"
	"panah/hub/notice"
	"panah/hub/store"
)

const (
	// atOnce is how many messages are under way at the same time.
	atOnce = 32
	// pushTime bounds one message to a push service.
	pushTime = 20 * time.Second
	// answerLimit is how many bytes of an answer are read, so that the connection can be used again.
	answerLimit = 4 << 10
)

// outcome is how a sending ended.
type outcome struct {
	kind  ending
	after time.Duration // what the other side asked to wait
	cause error
}

type ending int

const (
	sent  ending = iota
	again        // later
	gone         // the other end is no more: the target is taken away
	void         // this line will never be taken
	quiet        // quiet hours have begun: when they end
)

// results are the endings, for whoever counts them.
var results = [...]string{sent: "sent", again: "later", gone: "gone", void: "dropped", quiet: "quiet"}

// way is how a line goes out.
func (l *line) way() string {
	if l.Target == "" {
		return "mail"
	}
	return "push"
}

// pool sends a bounded number of messages at once. A push service that does not answer costs its own place and nobody else's.
type pool struct {
	slots chan struct{}
	all   sync.WaitGroup
	ended chan struct{} // told when a place is free again; holds one word
}

func newPool() *pool {
	return &pool{slots: make(chan struct{}, atOnce), ended: make(chan struct{}, 1)}
}

// start sends what is due, as far as there are places, and does not wait for its end.
func (p *Push) start(ctx context.Context, all *pool) (begun int, err error) {
	free := cap(all.slots) - len(all.slots)
	if free == 0 {
		return 0, nil
	}
	lines, err := p.claim(ctx, free)
	for _, l := range lines {
		all.slots <- struct{}{}
		all.all.Go(func() {
			p.deliverOne(ctx, l)
			<-all.slots
			select {
			case all.ended <- struct{}{}:
			default:
			}
		})
	}
	return len(lines), err
}

// deliverOne sends one line and writes down how it ended. Where that cannot be written the claim runs out, and the line is sent again.
func (p *Push) deliverOne(ctx context.Context, l line) {
	out := p.send(ctx, l)
	if ctx.Err() != nil {
		return
	}
	if out.cause != nil {
		p.o.Log.Info("a notice was not taken", "mail", l.Target == "", "tries", l.Tries, "err", out.cause)
	}
	if p.o.Count != nil {
		p.o.Count(l.way(), results[out.kind])
	}
	if err := p.db.Write(ctx, func(tx *store.Tx) error { return settleTx(tx, l, out) }); err != nil && ctx.Err() == nil {
		p.o.Log.Warn("the end of a sending could not be written down", "err", err)
	}
}

func settleTx(tx *store.Tx, l line, out outcome) error {
	switch out.kind {
	case sent:
		return sentTx(tx, l)
	case again:
		return againTx(tx, l, pauseAfter(l.Tries, out.after))
	case quiet:
		return quietTx(tx, l, out.after)
	case gone:
		return removeTx(tx, l.UserID, l.Target)
	}
	return dropTx(tx, l)
}

func (p *Push) send(ctx context.Context, l line) outcome {
	withdrawn, wait, err := p.standing(ctx, l)
	switch {
	case err != nil:
		return outcome{again, 0, err}
	case withdrawn:
		return outcome{void, 0, nil}
	case wait > 0:
		return outcome{quiet, wait, nil}
	}
	if l.Target == "" {
		return p.sendMail(ctx, l)
	}
	var t target
	var there bool
	var text said
	var n *notification
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		if t, there, err = p.targetTx(tx, l.Target); err != nil || !there {
			return err
		}
		if t.gateway != nil {
			n, err = p.notify(tx, l, t)
			return err
		}
		text, err = p.say(tx, l)
		return err
	})
	switch {
	case err != nil:
		return outcome{again, 0, err}
	case !there:
		return outcome{void, 0, nil}
	case n != nil:
		return p.sendGateway(ctx, t, n)
	}
	return p.sendPush(ctx, l, t, text)
}

// standing tells whether what a line says was withdrawn, and for how long it has to wait because quiet hours have begun since it was put into
// the outbox.
func (p *Push) standing(ctx context.Context, l line) (withdrawn bool, wait time.Duration, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		if withdrawn, err = withdrawnTx(tx, l); err != nil || l.Urgent || l.Kind == notice.Test {
			return err
		}
		w, err := p.wishesTx(tx, l.UserID)
		if end := w.quiet.end(tx.Now); err == nil && !end.IsZero() {
			wait = end.Sub(tx.Now)
		}
		return err
	})
	return withdrawn, wait, err
}

// sendMail says that there is something, and no more, whatever a person chose for their devices: mail lies open on its way.
func (p *Push) sendMail(ctx context.Context, l line) outcome {
	var address string
	var text said
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		r, err := p.rowTx(tx, l.UserID)
		if err != nil {
			return err
		}
		if active, err := p.activeTx(tx, l.UserID); err != nil || !active {
			return err
		}
		address = r.address
		text, err = p.say(tx, l)
		return err
	})
	switch {
	case err != nil:
		return outcome{again, 0, err}
	case address == "" || p.o.Mail == nil:
		return outcome{void, 0, nil}
	}
	if err := p.o.Mail.send(ctx, l.SendID, address, text.Text, text.mail); err != nil {
		if temporary(err) {
			return outcome{again, 0, err}
		}
		return outcome{void, 0, err}
	}
	return outcome{}
}

// sendPush hands a message to a push service (RFC 8030, 5).
func (p *Push) sendPush(ctx context.Context, l line, t target, text said) outcome {
	request, err := p.request(ctx, l, t, text)
	if err != nil {
		return outcome{void, 0, err}
	}
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	response, err := p.o.Client.Do(request.WithContext(ctx))
	if err != nil {
		if refused := fault.From(err); refused.Status == http.StatusForbidden || refused.Status == http.StatusBadRequest {
			return outcome{gone, 0, err} // an address that this hub does not reach is no push service
		}
		return outcome{again, 0, err}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, answerLimit)) // only so that the connection can be used again
	return judge(response)
}

// judge reads what a push service answered (RFC 8030, 5 and 7.3). Its words are not read, and a redirect is not followed.
func judge(response *http.Response) outcome {
	status := response.StatusCode
	switch {
	case status >= 200 && status < 300:
		return outcome{}
	case status == http.StatusNotFound || status == http.StatusGone:
		return outcome{gone, 0, nil}
	case status == http.StatusTooManyRequests || status >= 500:
		return outcome{again, retryAfter(response.Header), fmt.Errorf("a push service answered %d", status)}
	}
	return outcome{void, 0, fmt.Errorf("a push service answered %d", status)}
}

// retryAfter reads seconds alone: a date would need the clocks of both to agree.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(h.Get("Retry-After")))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(longestPause/time.Second))) * time.Second
}

func (p *Push) request(ctx context.Context, l line, t target, text said) (*http.Request, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a message's key: %w", err)
	}
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("make a message's salt: %w", err)
	}
	payload, err := text.payload(l, t.id)
	if err != nil {
		return nil, err
	}
	body, err := encrypt(payload, t.to, own, salt, padded)
	if err != nil {
		return nil, err
	}
	allowed, err := p.authorization(t.endpoint, text.now)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint.String(), strings.NewReader(string(body)))
	if err != nil {
		return nil, fmt.Errorf("ask a push service: %w", err)
	}
	request.Header.Set("Authorization", allowed)
	request.Header.Set("Content-Encoding", "aes128gcm")
	request.Header.Set("Content-Type", "application/octet-stream")
	request.Header.Set("TTL", strconv.Itoa(max(0, int(l.Expires.Sub(text.now).Seconds()))))
	request.Header.Set("Urgency", urgency(l))
	request.Header.Set("Topic", topicOf(t.id, l.Topic))
	request.Header.Set("User-Agent", "Mozilla/5.0") // not the program's name: push services are told nothing of whose hub it is
	return request, nil
}

// urgency is how soon a phone is to be woken (RFC 8030, 5.3).
func urgency(l line) string {
	switch {
	case l.Urgent || l.Kind == notice.Test:
		return "high"
	case l.Kind == notice.Message:
		return "low"
	}
	return "normal"
}

// topicOf has a message take the place of an earlier one that was not fetched yet (RFC 8030, 5.4). It is the same only for the same
// browser, and tells the push service nothing.
func topicOf(id, topic string) string {
	sum := sha256.Sum256([]byte("panah topic\x00" + id + "\x00" + topic))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}
