package federation_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"panah/hub/federation/federationtest"
	"panah/hub/media/clean"
	"panah/hub/node"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// gallery is three people of three hubs, of whom two are in a channel.
type gallery struct {
	hubs               []*hubstest.Hub
	anna, boris, cyrus *seat
	room               string
}

func openGallery(t *testing.T) gallery {
	t.Helper()
	g := gallery{hubs: hubstest.Hubs(t, federationtest.NewAuthority(t), 3)}
	for i, who := range []**seat{&g.anna, &g.boris, &g.cyrus} {
		*who = &seat{Client: g.hubs[i].SignUp(t, g.hubs[i].FirstToken(t), fmt.Sprintf("person%d", i))}
	}
	g.room = g.anna.OK(t, "POST", v3+"/createRoom", nodetest.M{"room_alias_name": "gallery", "preset": "public_chat"}).Text("room_id")
	g.boris.OK(t, "POST", v3+"/join/"+url.PathEscape("#gallery:"+g.hubs[0].Name), nodetest.M{})
	g.boris.sync(t)
	return g
}

// picture is one that no other is like, of some size in pixels.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	p := image.NewGray(image.Rect(0, 0, width, height))
	for i := range p.Pix {
		p.Pix[i] = byte(i * i)
	}
	var raw bytes.Buffer
	if err := png.Encode(&raw, p); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// files begins the address of a file by its content URI.
func files(what, uri string) string {
	return "/_matrix/client/v1/media/" + what + "/" + strings.TrimPrefix(uri, "mxc://")
}

// shows posts a picture and gives its address and the post.
func (s *seat) shows(t *testing.T, room string, raw []byte) (uri, post string) {
	t.Helper()
	uri = s.OK(t, "POST", "/_matrix/media/v3/upload?filename=bridge.png", raw).Text("content_uri")
	post = s.OK(t, "PUT", roomPath(room, "send", "m.room.message", uri), nodetest.M{"msgtype": "m.image", "body": uri, "url": uri}).Text("event_id")
	return uri, post
}

// TestFilesGoBetweenHubs: to those who may see the post, with thumbnails, and for as long as it is there. A copy is there while its hub is away.
func TestFilesGoBetweenHubs(t *testing.T) {
	g := openGallery(t)
	uri, post := g.anna.shows(t, g.room, picture(t, 300, 200))
	g.boris.hears(t, g.room, uri)
	own := g.anna.OK(t, "GET", files("download", uri), nil)
	found := g.boris.OK(t, "GET", files("download", uri), nil)
	if !bytes.Equal(found.Raw, own.Raw) || found.Header.Get("Content-Type") != "image/png" || !strings.Contains(found.Header.Get("Content-Disposition"), "bridge.png") {
		t.Errorf("boris got %d bytes, want %d; %v", len(found.Raw), len(own.Raw), found.Header)
	}
	small := g.boris.OK(t, "GET", files("thumbnail", uri)+"?width=32&height=32&method=crop", nil)
	if shown, _, err := image.Decode(bytes.NewReader(small.Raw)); err != nil || shown.Bounds().Dx() >= 300 {
		t.Errorf("the thumbnail is %v, %v", shown, err)
	}
	// Who may not see the post gets nothing, at their own hub or by it.
	outsider := &seat{Client: g.hubs[1].SignUp(t, g.boris.Invite(t, "", "steward"), "outsider")}
	outsider.Refused(t, "GET", files("download", uri), nil, 404, "M_NOT_FOUND")
	apart := g.cyrus.OK(t, "POST", v3+"/createRoom", nodetest.M{}).Text("room_id")
	g.cyrus.OK(t, "PUT", roomPath(apart, "send", "m.room.message", "1"), nodetest.M{"msgtype": "m.image", "body": "x", "url": uri})
	for _, what := range []string{"download", "thumbnail"} {
		g.cyrus.Refused(t, "GET", files(what, uri)+"?width=32&height=32", nil, 404, "M_NOT_FOUND")
	}
	g.hubs[0].Stop(t)
	g.boris.OK(t, "GET", files("download", uri), nil)
	g.hubs[0].Start(t)
	g.anna.URL = g.hubs[0].URL
	g.anna.OK(t, "PUT", roomPath(g.room, "redact", post, "taken back"), nodetest.M{})
	g.anna.says(t, g.room, "gone")
	g.boris.hears(t, g.room, "gone")
	g.boris.Refused(t, "GET", files("download", uri), nil, 404, "M_NOT_FOUND")
}

// TestFilesOfAnotherHubAreBounded: what is larger than this hub takes is refused, and the post is told all the same.
func TestFilesOfAnotherHubAreBounded(t *testing.T) {
	g := openGallery(t)
	g.hubs[1].Stop(t)
	g.hubs[1].Start(t, func(c *node.Config) { c.MediaLimit = 100 })
	g.boris.URL = g.hubs[1].URL
	uri, _ := g.anna.shows(t, g.room, picture(t, 300, 200))
	g.boris.hears(t, g.room, uri)
	g.boris.Refused(t, "GET", files("download", uri), nil, 413, "M_TOO_LARGE")
}

// TestPicturesOfPeopleAndChannelsGoBetweenHubs: to whoever may know of the person.
func TestPicturesOfPeopleAndChannelsGoBetweenHubs(t *testing.T) {
	g := openGallery(t)
	uri := g.anna.OK(t, "POST", "/_matrix/media/v3/upload", picture(t, 60, 60)).Text("content_uri")
	g.anna.OK(t, "PUT", roomPath(g.room, "state", "m.room.avatar", ""), nodetest.M{"url": uri})
	face := g.anna.OK(t, "POST", "/_matrix/media/v3/upload", picture(t, 50, 50)).Text("content_uri")
	g.anna.OK(t, "PUT", v3+"/profile/"+url.PathEscape(g.anna.UserID)+"/avatar_url", nodetest.M{"avatar_url": face})
	g.anna.says(t, g.room, "here I am")
	g.boris.hears(t, g.room, "here I am")
	g.boris.OK(t, "GET", files("download", uri), nil)
	g.boris.OK(t, "GET", files("download", face), nil)
}

// TestPostsWithFilesThatAreGone: what another hub's people say of a file of this hub is told, and shows nobody the file.
func TestPostsWithFilesThatAreGone(t *testing.T) {
	g := openGallery(t)
	secret := g.anna.OK(t, "POST", "/_matrix/media/v3/upload", picture(t, 40, 40)).Text("content_uri")
	g.anna.sync(t)
	for i, uri := range []string{secret, "mxc://" + g.hubs[0].Name + "/none", "mxc://" + g.hubs[0].Name + "/a/b"} {
		words := fmt.Sprint("look ", i)
		g.boris.OK(t, "PUT", roomPath(g.room, "send", "m.room.message", words), nodetest.M{"msgtype": "m.image", "body": words, "url": uri})
		g.anna.hears(t, g.room, words)
	}
	g.boris.Refused(t, "GET", files("download", secret), nil, 404, "M_NOT_FOUND")
}

// sealed is what no hub can look into.
func sealed(t *testing.T) []byte {
	t.Helper()
	raw := make([]byte, 3000)
	for rand.Read(raw); !clean.Formless(raw); { // chance makes a file of a known kind of one in some million
		rand.Read(raw)
	}
	return raw
}

// meets makes a room that everybody may join, encrypted or not, and has others join it.
func (s *seat) meets(t *testing.T, encrypted bool, others ...*seat) (room string) {
	t.Helper()
	wish := nodetest.M{"preset": "public_chat"}
	if encrypted {
		wish["initial_state"] = []nodetest.M{{"type": "m.room.encryption", "state_key": "", "content": nodetest.M{"algorithm": "m.megolm.v1.aes-sha2"}}}
	}
	room = s.OK(t, "POST", v3+"/createRoom", wish).Text("room_id")
	_, server, _ := strings.Cut(s.UserID, ":")
	for _, other := range others {
		other.OK(t, "POST", v3+"/join/"+url.PathEscape(room)+"?server_name="+url.QueryEscape(server), nodetest.M{})
	}
	return room
}

// TestEncryptedFilesGoBetweenHubs: as they came, to who is in an encrypted channel with their uploader, and to no other, whichever hub they ask.
func TestEncryptedFilesGoBetweenHubs(t *testing.T) {
	g := openGallery(t)
	raw := sealed(t)
	uri := g.anna.Do(t, "POST", "/_matrix/media/v3/upload?filename=names.pdf", raw, "Content-Type", "application/octet-stream").Text("content_uri")
	outsider := &seat{Client: g.hubs[1].SignUp(t, g.boris.Invite(t, "", "steward"), "outsider")}
	amina := &seat{Client: g.hubs[0].SignUp(t, g.anna.Invite(t, "", "steward"), "amina")}
	none := func(when string, people ...*seat) {
		t.Helper()
		for _, who := range people {
			if got := who.Do(t, "GET", files("download", uri), nil); got.Status != 404 || got.Text("errcode") != "M_NOT_FOUND" {
				t.Errorf("%s: %s got %d %s", when, who.UserID, got.Status, got.Text("errcode"))
			}
		}
	}
	open := g.anna.meets(t, false, amina, outsider, g.cyrus)
	outsider.sync(t)
	g.cyrus.OK(t, "PUT", roomPath(open, "send", "m.room.message", "1"), nodetest.M{"msgtype": "m.file", "body": "in clear", "url": uri}) // his hub has no idea
	outsider.hears(t, open, "in clear")
	none("in channels that are not encrypted", g.boris, outsider, g.cyrus, amina)
	amina.meets(t, true, g.cyrus)
	none("cyrus' hub asks, as it cannot know whose file it is, and is refused", g.cyrus)
	room := g.anna.meets(t, true, g.boris)
	found := g.boris.OK(t, "GET", files("download", uri), nil)
	if !bytes.Equal(found.Raw, raw) {
		t.Errorf("boris got %d bytes", len(found.Raw))
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
	} {
		if got := found.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	none("with the copy at boris' hub", outsider, g.cyrus, amina)
	g.boris.Refused(t, "PUT", roomPath(room, "send", "m.room.message", "1"), nodetest.M{"msgtype": "m.file", "body": "x", "url": uri}, 403, "M_FORBIDDEN")
	g.boris.OK(t, "POST", roomPath(room, "leave"), nodetest.M{})
	none("once he left", g.boris)
}
