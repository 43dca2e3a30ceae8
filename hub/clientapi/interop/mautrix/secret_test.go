package interop

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/crypto/backup"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// encrypting signs a device in at a homeserver that encrypts, and gives the messages that it could read.
func encrypting(t *testing.T, at, user, passphrase string) (*mautrix.Client, *crypto.OlmMachine, <-chan *event.Event) {
	t.Helper()
	client := signInAt(t, at, user, passphrase)
	helper, err := cryptohelper.NewCryptoHelper(client, []byte("a key for pickling"), crypto.NewMemoryStore(nil))
	if err != nil {
		t.Fatalf("encrypt: %v", err)
	}
	client.Syncer.(*mautrix.DefaultSyncer).OnEvent(client.StateStoreSyncHandler)
	if err := helper.Init(t.Context()); err != nil {
		t.Fatalf("begin to encrypt: %v", err)
	}
	client.Crypto = helper
	return client, helper.Machine(), listen(t, client)
}

// TestTwoPeopleKeepASecret: both read each other in an encrypted room, vouch for their devices by cross-signing, and a new device reads from
// the backup of keys what was said before it came. The second person may be of another homeserver (PANAH_TEST_OTHER): then both have accounts
// already, with one passphrase.
func TestTwoPeopleKeepASecret(t *testing.T) {
	ctx := t.Context()
	passphrase, hub := "a long passphrase of both", setting(t, "PANAH_TEST_HUB")
	other := os.Getenv("PANAH_TEST_OTHER")
	if other != "" {
		passphrase = setting(t, "PANAH_TEST_PASSPHRASE")
	} else {
		other = hub
		register(t, "mautrix.cyra", passphrase, setting(t, "PANAH_TEST_TOKEN_3"))
		register(t, "mautrix.dara", passphrase, setting(t, "PANAH_TEST_TOKEN_4"))
	}
	cyra, cyraKeys, cyraHears := encrypting(t, hub, "mautrix.cyra", passphrase)
	dara, daraKeys, daraHears := encrypting(t, other, "mautrix.dara", passphrase)
	recovery := crossSign(t, daraKeys, passphrase)
	crossSign(t, cyraKeys, passphrase)
	none := ""
	made, err := cyra.CreateRoom(ctx, &mautrix.ReqCreateRoom{Preset: "private_chat", Invite: []id.UserID{dara.UserID}, InitialState: []*event.Event{{
		Type: event.StateEncryption, StateKey: &none, Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
	}}})
	if err != nil {
		t.Fatalf("create a room: %v", err)
	}
	if _, err := dara.JoinRoomByID(ctx, made.RoomID); err != nil {
		t.Fatalf("join: %v", err)
	}
	first := say(t, cyra, made.RoomID, dara.UserID, "Паноҳгоҳ омода аст")
	if got := waitFor(t, daraHears, first).Content.AsMessage().Body; got != "Паноҳгоҳ омода аст" {
		t.Errorf("dara read %q", got)
	}
	second := say(t, dara, made.RoomID, cyra.UserID, "می‌آییم")
	if got := waitFor(t, cyraHears, second).Content.AsMessage().Body; got != "می‌آییم" {
		t.Errorf("cyra read %q", got)
	}
	raw, err := dara.GetEvent(ctx, made.RoomID, first)
	if err != nil || raw.Type != event.EventEncrypted {
		t.Fatalf("on the hub lies %+v, %v", raw, err)
	}
	if err := raw.Content.ParseRaw(raw.Type); err != nil {
		t.Fatalf("read what lies on the hub: %v", err)
	}
	checkAttachment(t, cyra, dara, made.RoomID, daraHears)
	checkAttachment(t, dara, cyra, made.RoomID, cyraHears)
	phone := func() (*mautrix.Client, *crypto.OlmMachine) {
		phone, keys, _ := encrypting(t, other, "mautrix.dara", passphrase)
		return phone, keys
	}
	checkRestored(t, dara, daraKeys, phone, recovery, raw)
}

// checkAttachment has one person send an encrypted file and the other read it. Nobody between them sees what it is, or which event it belongs to.
func checkAttachment(t *testing.T, from, to *mautrix.Client, room id.RoomID, heard <-chan *event.Event) {
	t.Helper()
	ctx := t.Context()
	text := "فهرست نام‌ها / Рӯйхати номҳо"
	file := attachment.NewEncryptedFile()
	made, err := from.UploadBytes(ctx, file.Encrypt([]byte(text)), "application/octet-stream")
	if err != nil {
		t.Fatalf("upload what is encrypted: %v", err)
	}
	content := &event.MessageEventContent{MsgType: event.MsgFile, Body: "names.txt",
		File: &event.EncryptedFileInfo{EncryptedFile: *file, URL: made.ContentURI.CUString()}}
	sent, err := from.SendMessageEvent(ctx, room, event.EventMessage, content)
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	told := waitFor(t, heard, sent.EventID).Content.AsMessage()
	if told.File == nil {
		t.Fatalf("%s heard %+v", to.UserID, told)
	}
	raw, err := to.DownloadBytes(ctx, told.File.URL.ParseOrIgnore())
	if err != nil {
		t.Fatalf("%s downloads: %v", to.UserID, err)
	}
	if got, err := told.File.Decrypt(raw); err != nil || string(got) != text {
		t.Errorf("%s read %q, %v", to.UserID, got, err)
	}
}

// crossSign sets somebody's cross-signing up, with the passphrase only where the homeserver asks for it, and gives the recovery key.
func crossSign(t *testing.T, keys *crypto.OlmMachine, passphrase string) (recovery string) {
	t.Helper()
	recovery, _, err := keys.GenerateAndUploadCrossSigningKeysWithPassword(t.Context(), passphrase, "")
	if err == nil {
		err = keys.SignOwnDevice(t.Context(), keys.OwnIdentity())
	}
	if err == nil {
		err = keys.SignOwnMasterKey(t.Context())
	}
	if err != nil {
		t.Fatalf("set cross-signing up: %v", err)
	}
	return recovery
}

// say waits until the sender knows of the room's encryption and of the reader, as it must before it encrypts, and then sends.
func say(t *testing.T, client *mautrix.Client, room id.RoomID, reader id.UserID, text string) id.EventID {
	t.Helper()
	state, err := client.State(t.Context(), room) // fills the client's own picture of the room
	if err != nil || state[event.StateEncryption][""] == nil || state[event.StateMember][reader.String()] == nil {
		t.Fatalf("the room's state: %v, %v", state, err)
	}
	sent, err := client.SendText(t.Context(), room, text)
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	return sent.EventID
}

// checkRestored backs the keys of one device up, and has a new one of the same person vouch for itself, restore them and read with them.
func checkRestored(t *testing.T, dara *mautrix.Client, keys *crypto.OlmMachine, another func() (*mautrix.Client, *crypto.OlmMachine), recovery string, said *event.Event) {
	t.Helper()
	ctx := t.Context()
	secret, err := backup.NewMegolmBackupKey()
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	version, err := dara.CreateKeyBackupVersion(ctx, &mautrix.ReqRoomKeysVersionCreate[backup.MegolmAuthData]{
		Algorithm: id.KeyBackupAlgorithmMegolmBackupV1,
		AuthData:  backup.MegolmAuthData{PublicKey: id.Ed25519(encodeKey(secret.PublicKey().Bytes()))},
	})
	if err != nil {
		t.Fatalf("begin a backup: %v", err)
	}
	content := said.Content.AsEncrypted()
	session, err := keys.CryptoStore.GetGroupSession(ctx, said.RoomID, content.SessionID)
	if err != nil || session == nil {
		t.Fatalf("find the session: %v, %v", session, err)
	}
	kept, err := dara.PutKeysInBackup(ctx, version.Version, &mautrix.ReqKeyBackup{Rooms: map[id.RoomID]mautrix.ReqRoomKeyBackup{
		said.RoomID: {Sessions: map[id.SessionID]mautrix.ReqKeyBackupData{content.SessionID: {SessionData: sealed(t, secret, session)}}},
	}})
	if err != nil || kept.Count != 1 {
		t.Fatalf("back up: %+v, %v", kept, err)
	}
	phone, phoneKeys := another()
	if err := phoneKeys.VerifyWithRecoveryKey(ctx, recovery); err != nil {
		t.Fatalf("the new device vouches for itself: %v", err)
	}
	if _, err := phoneKeys.DecryptMegolmEvent(ctx, said); err == nil {
		t.Error("the new device can read before it has the keys")
	}
	if got, err := phoneKeys.DownloadAndStoreLatestKeyBackup(ctx, secret); err != nil || got != version.Version {
		t.Fatalf("restore: %s, %v", got, err)
	}
	read, err := phoneKeys.DecryptMegolmEvent(ctx, said)
	if err != nil || read.Content.AsMessage().Body != "Паноҳгоҳ омода аст" {
		t.Errorf("the new device read %+v, %v", read, err)
	}
	found, err := dara.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: map[id.UserID]mautrix.DeviceIDList{dara.UserID: {}}})
	if err != nil || len(found.DeviceKeys[dara.UserID][phone.DeviceID].Signatures[dara.UserID]) != 2 {
		t.Errorf("the new device is not vouched for: %+v, %v", found, err)
	}
}

// sealed is a session as it lies in a backup.
func sealed(t *testing.T, secret *backup.MegolmBackupKey, session *crypto.InboundGroupSession) json.RawMessage {
	t.Helper()
	exported, err := session.Internal.Export(session.Internal.FirstKnownIndex())
	if err != nil {
		t.Fatalf("export the session: %v", err)
	}
	data, err := backup.EncryptSessionData(secret, backup.MegolmSessionData{
		Algorithm: id.AlgorithmMegolmV1, ForwardingKeyChain: []string{}, SenderKey: session.SenderKey, SessionKey: string(exported),
		SenderClaimedKeys: backup.SenderClaimedKeys{Ed25519: session.SigningKey},
	})
	if err != nil {
		t.Fatalf("seal the session: %v", err)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// encodeKey is unpadded base64.
func encodeKey(raw []byte) string { return base64.RawStdEncoding.EncodeToString(raw) }
