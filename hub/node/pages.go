package node

import "net/http"

// pages serves the web client.
func (n *Node) pages() http.Handler { return http.NotFoundHandler() }
