//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
)

const (
	channel = "bench"
	// What is kept of the channel for those who come back.
	historySize = 10_000
	historyTime = time.Hour
)

// library is centrifuge as its documentation sets it up: JSON, compression off, a subscription made by the server, recovery on.
type library struct {
	http.Handler
	node *centrifuge.Node
}

func openCentrifuge(redis string) (*library, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, err
	}
	if redis != "" {
		if err := through(node, redis); err != nil {
			return nil, err
		}
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{UserID: "bench"},
			Subscriptions: map[string]centrifuge.SubscribeOptions{channel: {EnableRecovery: true}},
		}, nil
	})
	if err := node.Run(); err != nil {
		return nil, err
	}
	// A subscriber of the bench answers no pings of the application; the hub's are those of websockets, as rare.
	quiet := centrifuge.PingPongConfig{PongTimeout: -1}
	return &library{centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{PingPongConfig: quiet}), node}, nil
}

// through has nodes share their channels by a Redis server.
func through(node *centrifuge.Node, address string) error {
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: address})
	if err != nil {
		return err
	}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: []*centrifuge.RedisShard{shard}})
	if err != nil {
		return err
	}
	node.SetBroker(broker)
	return nil
}

func (l *library) post(_ context.Context, text []byte) error {
	_, err := l.node.Publish(channel, text, centrifuge.WithHistory(historySize, historyTime))
	return err
}

// door is the command to connect, with the place from which the channel is to be recovered.
func (l *library) door() (string, error) {
	history, err := l.node.History(channel, centrifuge.WithLimit(0))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`{"id":1,"connect":{"subs":{"%s":{"recover":true,"epoch":"%s","offset":%d}}}}`, channel, history.Epoch, history.Offset), nil
}
