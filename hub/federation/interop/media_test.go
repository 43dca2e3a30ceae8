//go:build unix

package interop

import (
	"bytes"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"panah/hub/node/nodetest"
)

// trace is what a camera says of who had it.
const trace = "camera of the shelter in Herat"

// photograph is one with a trace in it.
func photograph(t *testing.T) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := jpeg.Encode(&raw, image.NewGray(image.Rect(0, 0, 300, 200)), nil); err != nil {
		t.Fatal(err)
	}
	remark := append([]byte{0xff, 0xfe, 0, byte(len(trace) + 2)}, trace...)
	return slices.Insert(raw.Bytes(), 2, remark...)
}

// TestFiles: a picture of either's person is had by the other's, whole and small, and what this hub gives has no trace of who made it.
func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
		for _, ends := range [][2]*person{{ours, theirs}, {theirs, ours}} {
			from, to := ends[0], ends[1]
			room := meet(t, from, to, "files")
			uri := from.Do(t, "POST", "/_matrix/media/v3/upload?filename=bridge.jpg", photograph(t), "Content-Type", "image/jpeg").Text("content_uri")
			post := from.put(t, room, "m.room.message", nodetest.M{"msgtype": "m.image", "body": "bridge.jpg", "url": uri})
			to.await(t, "the picture", func(e event) bool { return e.ID == post })
			if width := to.widthOf(t, "download", uri); width != 300 {
				t.Errorf("%s got a picture %d pixels wide", to.UserID, width)
			}
			// Dendrite gives the whole picture until it has made a small one.
			if width := to.widthOf(t, "thumbnail", uri); to == ours && width >= 300 {
				t.Errorf("the thumbnail is %d pixels wide", width)
			}
		}
	})
}

// widthOf fetches a picture, checks that it has no trace, and gives its width in pixels.
func (p *person) widthOf(t *testing.T, what, uri string) int {
	t.Helper()
	got := p.OK(t, "GET", "/_matrix/client/v1/media/"+what+"/"+strings.TrimPrefix(uri, "mxc://")+"?width=32&height=32&method=crop", nil)
	if bytes.Contains(got.Raw, []byte(trace)) {
		t.Errorf("%s: %s can see whose camera it was", what, p.UserID)
	}
	shown, _, err := image.DecodeConfig(bytes.NewReader(got.Raw))
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return shown.Width
}

// TestSpaces: somebody who is in a space of either server finds what it holds there.
func TestSpaces(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := newPerson(p.hub.steward), p.dendrite.enlist(t, "bakhyt")
		t.Run("hub's space", func(t *testing.T) { findsSpace(t, ours, theirs) })
		t.Run("Dendrite's space", func(t *testing.T) { findsSpace(t, theirs, ours) })
	})
}

func findsSpace(t *testing.T, host, guest *person) {
	space := host.OK(t, "POST", "/_matrix/client/v3/createRoom", nodetest.M{
		"preset": "public_chat", "name": "space", "creation_content": nodetest.M{"type": "m.space"},
	}).Text("room_id")
	child := host.open(t, "child")
	host.OK(t, "PUT", host.at(space, "state/m.space.child/"+child), nodetest.M{"via": []string{host.server()}})
	guest.join(t, space, host.server())
	guest.sees(t, space, guest, "join")
	found := guest.OK(t, "GET", "/_matrix/client/v1/rooms/"+space+"/hierarchy", nil)
	names := []string{}
	for _, one := range found.List("rooms") {
		name, _ := one.(map[string]any)["name"].(string)
		names = append(names, name)
	}
	if !slices.Equal(names, []string{"space", "child"}) {
		t.Errorf("%s finds %s", guest.UserID, found.Raw)
	}
}
