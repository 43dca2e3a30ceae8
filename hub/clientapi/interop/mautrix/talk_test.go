// Package interop drives a hub with mautrix-go, a Matrix client library that nobody here wrote. It has a module of its own so that
// the library's dependencies stay out of the hub's. The test in the folder above starts the hub and runs this one.
package interop

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// patience is how long an event may take before the test gives up.
const patience = 20 * time.Second

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: this test is run by the one in the folder above", name)
	}
	return value
}

func newClient(t *testing.T, at string) *mautrix.Client {
	t.Helper()
	client, err := mautrix.NewClient(at, "", "")
	if err != nil {
		t.Fatalf("make a client: %v", err)
	}
	states := mautrix.NewMemoryStateStore().(*mautrix.MemoryStateStore)
	states.JoinRules = map[id.RoomID]*event.JoinRulesEventContent{} // its own constructor forgets this map
	client.StateStore = states
	return client
}

// register goes through the user-interactive flow with an invitation's token.
func register(t *testing.T, user, passphrase, token string) {
	t.Helper()
	client := newClient(t, setting(t, "PANAH_TEST_HUB"))
	request := &mautrix.ReqRegister{Username: user, Password: passphrase, InhibitLogin: true}
	_, asked, err := client.Register(t.Context(), request)
	if err != nil || asked == nil {
		t.Fatalf("register without a proof: got %v, %v, want the flows", asked, err)
	}
	if !asked.HasSingleStageFlow("m.login.registration_token") {
		t.Fatalf("flows are %+v", asked.Flows)
	}
	request.Auth = map[string]any{"type": "m.login.registration_token", "token": token, "session": asked.Session}
	if _, _, err := client.Register(t.Context(), request); err != nil {
		t.Fatalf("register %s: %v", user, err)
	}
}

func signIn(t *testing.T, user, passphrase string) *mautrix.Client {
	t.Helper()
	return signInAt(t, setting(t, "PANAH_TEST_HUB"), user, passphrase)
}

func signInAt(t *testing.T, at, user, passphrase string) *mautrix.Client {
	t.Helper()
	client := newClient(t, at)
	_, err := client.Login(t.Context(), &mautrix.ReqLogin{
		Type:             mautrix.AuthTypePassword,
		Identifier:       mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: user},
		Password:         passphrase,
		StoreCredentials: true,
	})
	if err != nil {
		t.Fatalf("sign %s in: %v", user, err)
	}
	return client
}

// listen starts the client's own sync loop and gives the messages that it hears.
func listen(t *testing.T, client *mautrix.Client) <-chan *event.Event {
	t.Helper()
	heard := make(chan *event.Event, 64)
	syncer := client.Syncer.(*mautrix.DefaultSyncer)
	syncer.OnEventType(event.EventMessage, func(_ context.Context, e *event.Event) { heard <- e })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- client.SyncWithContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, mautrix.MUnknownToken) {
			t.Errorf("sync of %s: %v", client.UserID, err)
		}
	})
	return heard
}

func waitFor(t *testing.T, heard <-chan *event.Event, want id.EventID) *event.Event {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case e := <-heard:
			if e.ID == want {
				return e
			}
		case <-limit:
			t.Fatalf("%s was not heard within %s", want, patience)
		}
	}
}

func TestTwoPeopleTalk(t *testing.T) {
	ctx := t.Context()
	register(t, "mautrix.ana", "a long passphrase of ana", setting(t, "PANAH_TEST_TOKEN_1"))
	register(t, "mautrix.ben", "a long passphrase of ben", setting(t, "PANAH_TEST_TOKEN_2"))
	ana := signIn(t, "mautrix.ana", "a long passphrase of ana")
	ben := signIn(t, "mautrix.ben", "a long passphrase of ben")

	versions, err := ana.Versions(ctx)
	if err != nil || !versions.ContainsGreaterOrEqual(mautrix.SpecV11) {
		t.Fatalf("versions: %+v, %v", versions, err)
	}
	who, err := ben.Whoami(ctx)
	if err != nil || who.UserID != ben.UserID || who.DeviceID != ben.DeviceID {
		t.Fatalf("whoami: %+v, %v", who, err)
	}

	room, err := ana.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Name: "Two people", Preset: "private_chat", Invite: []id.UserID{ben.UserID},
	})
	if err != nil {
		t.Fatalf("create a room: %v", err)
	}
	if _, err := ben.JoinRoomByID(ctx, room.RoomID); err != nil {
		t.Fatalf("join: %v", err)
	}
	anaHears, benHears := listen(t, ana), listen(t, ben)
	first, err := ana.SendText(ctx, room.RoomID, "Салом! سلام!")
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	if got := waitFor(t, benHears, first.EventID).Content.AsMessage().Body; got != "Салом! سلام!" {
		t.Errorf("ben heard %q", got)
	}
	second, err := ben.SendText(ctx, room.RoomID, "Salom!")
	if err != nil {
		t.Fatalf("answer: %v", err)
	}
	waitFor(t, anaHears, second.EventID)

	checkReading(t, ana, room.RoomID, first.EventID, second.EventID)
	checkMedia(t, ana, ben, room.RoomID)
	checkPersonal(t, ben, room.RoomID, second.EventID)
}

// checkMedia has one person upload in both ways, at once and to be filled later, and the other download once it is posted.
func checkMedia(t *testing.T, ana, ben *mautrix.Client, room id.RoomID) {
	t.Helper()
	ctx := t.Context()
	text := "یک یادداشت"
	made, err := ana.UploadBytesWithName(ctx, []byte(text), "text/plain", "note.txt")
	if err != nil {
		t.Fatalf("upload: %v", err)
	}
	if _, err := ben.DownloadBytes(ctx, made.ContentURI); !errors.Is(err, mautrix.MNotFound) {
		t.Errorf("before it was posted ben got %v", err)
	}
	empty, err := ana.CreateMXC(ctx)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	_, err = ana.UploadMedia(ctx, mautrix.ReqUploadMedia{ContentBytes: []byte(text), ContentType: "text/plain", MXC: empty.ContentURI})
	if err != nil {
		t.Fatalf("fill: %v", err)
	}
	for _, uri := range []id.ContentURI{made.ContentURI, empty.ContentURI} {
		content := &event.MessageEventContent{MsgType: event.MsgFile, Body: "note.txt", URL: uri.CUString()}
		sent, err := ana.SendMessageEvent(ctx, room, event.EventMessage, content)
		if err != nil {
			t.Fatalf("post: %v", err)
		}
		if got, err := ben.DownloadBytes(ctx, uri); err != nil || string(got) != text {
			t.Errorf("ben downloaded %q, %v", got, err)
		}
		if _, err := ana.RedactEvent(ctx, room, sent.EventID); err != nil {
			t.Errorf("redact: %v", err)
		}
		if _, err := ben.DownloadBytes(ctx, uri); !errors.Is(err, mautrix.MNotFound) {
			t.Errorf("after its post is gone ben got %v", err)
		}
	}
	if config, err := ana.GetMediaConfig(ctx); err != nil || config.UploadSize < 1<<20 {
		t.Errorf("config: %+v, %v", config, err)
	}
}

// checkReading looks at the room through every endpoint that gives its history and members.
func checkReading(t *testing.T, client *mautrix.Client, room id.RoomID, first, second id.EventID) {
	t.Helper()
	ctx := t.Context()
	page, err := client.Messages(ctx, room, "", "", mautrix.DirectionBackward, nil, 2)
	if err != nil || len(page.Chunk) != 2 || page.Chunk[0].ID != second || page.Chunk[1].ID != first {
		t.Errorf("messages: %+v, %v", page, err)
	}
	around, err := client.Context(ctx, room, first, nil, 4)
	if err != nil || around.Event.ID != first || len(around.EventsAfter) != 1 {
		t.Errorf("context: %+v, %v", around, err)
	}
	if e, err := client.GetEvent(ctx, room, first); err != nil || e.ID != first {
		t.Errorf("event: %+v, %v", e, err)
	}
	if members, err := client.JoinedMembers(ctx, room); err != nil || len(members.Joined) != 2 {
		t.Errorf("joined members: %+v, %v", members, err)
	}
	if state, err := client.State(ctx, room); err != nil || len(state[event.StateMember]) != 2 {
		t.Errorf("state: %+v, %v", state, err)
	}
	reaction, err := client.SendReaction(ctx, room, second, "👍")
	if err != nil {
		t.Fatalf("react: %v", err)
	}
	related, err := client.GetRelations(ctx, room, second, &mautrix.ReqGetRelations{RelationType: event.RelAnnotation})
	if err != nil || len(related.Chunk) != 1 || related.Chunk[0].ID != reaction.EventID {
		t.Errorf("relations: %+v, %v", related, err)
	}
	if _, err := client.RedactEvent(ctx, room, reaction.EventID); err != nil {
		t.Errorf("redact: %v", err)
	}
}

// checkPersonal uses what is one person's own: markers, tags, account data, name, rules.
func checkPersonal(t *testing.T, client *mautrix.Client, room id.RoomID, last id.EventID) {
	t.Helper()
	ctx := t.Context()
	if err := client.MarkRead(ctx, room, last); err != nil {
		t.Errorf("receipt: %v", err)
	}
	if err := client.SetReadMarkers(ctx, room, map[string]any{"m.fully_read": last, "m.read": last}); err != nil {
		t.Errorf("read markers: %v", err)
	}
	if _, err := client.UserTyping(ctx, room, true, 5*time.Second); err != nil {
		t.Errorf("typing: %v", err)
	}
	if err := client.AddTag(ctx, room, event.RoomTagFavourite, 0.5); err != nil {
		t.Errorf("tag: %v", err)
	}
	if tags, err := client.GetTags(ctx, room); err != nil || len(tags.Tags) != 1 {
		t.Errorf("tags: %+v, %v", tags, err)
	}
	if err := client.SetAccountData(ctx, "org.example.thing", map[string]int{"n": 1}); err != nil {
		t.Errorf("account data: %v", err)
	}
	var thing map[string]int
	if err := client.GetAccountData(ctx, "org.example.thing", &thing); err != nil || thing["n"] != 1 {
		t.Errorf("account data: %v, %v", thing, err)
	}
	if err := client.SetDisplayName(ctx, "Ben"); err != nil {
		t.Errorf("display name: %v", err)
	}
	if name, err := client.GetOwnDisplayName(ctx); err != nil || name.DisplayName != "Ben" {
		t.Errorf("display name: %+v, %v", name, err)
	}
	if rules, err := client.GetPushRules(ctx); err != nil || len(rules.Underride) == 0 {
		t.Errorf("push rules: %+v, %v", rules, err)
	}
	if _, err := client.Logout(ctx); err != nil {
		t.Errorf("sign out: %v", err)
	}
}

// TestSignInWithToken: who has a second factor signs another app in with a token, which works once.
func TestSignInWithToken(t *testing.T) {
	login := &mautrix.ReqLogin{Type: mautrix.AuthTypeToken, Token: setting(t, "PANAH_TEST_APP_TOKEN"), StoreCredentials: true}
	client := newClient(t, setting(t, "PANAH_TEST_HUB"))
	if _, err := client.Login(t.Context(), login); err != nil {
		t.Fatalf("sign in with a token: %v", err)
	}
	if who, err := client.Whoami(t.Context()); err != nil || who.UserID != client.UserID {
		t.Errorf("whoami: %+v, %v", who, err)
	}
	if _, err := newClient(t, setting(t, "PANAH_TEST_HUB")).Login(t.Context(), login); !errors.Is(err, mautrix.MForbidden) {
		t.Errorf("a second time: %v", err)
	}
}
