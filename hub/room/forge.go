package room

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
)

// Most of what is said is a message, and most of what a send costs was the library's builder, which reads and writes such an event some ten
// times over. A message is simple: redaction leaves nothing of its content, so what is signed and what its id is the hash of are the same few
// bytes, known before the first is written. forge writes them once. What it makes is what the library would make, byte for byte; tests
// hold the two against each other.

// protected are the types of which redaction leaves content (Matrix, room version 11, "Redactions").
var protected = map[string]bool{
	spec.MRoomMember: true, spec.MRoomCreate: true, spec.MRoomJoinRules: true, spec.MRoomPowerLevels: true,
	spec.MRoomHistoryVisibility: true, spec.MRoomRedaction: true, spec.MRoomAliases: true,
}

// forgeable tells whether forge can make an event; the library's builder makes the others.
func forgeable(proto *gomatrixserverlib.ProtoEvent) bool {
	return proto.StateKey == nil && proto.Redacts == "" && !protected[proto.Type] && simple(proto.Type) && simple(proto.RoomID) && simple(proto.SenderID)
}

// simple tells whether s stands in JSON as it is.
func simple(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// signer is whose events these are.
type signer struct {
	server spec.ServerName
	id     gomatrixserverlib.KeyID
	key    ed25519.PrivateKey
}

// forge builds and signs an event that is forgeable. prev and auth are the ids of the events before it and of those that authorise it.
func forge(proto *gomatrixserverlib.ProtoEvent, prev, auth []string, now time.Time, by signer) (gomatrixserverlib.PDU, error) {
	content, err := gomatrixserverlib.EnforcedCanonicalJSON(proto.Content, Version)
	if err != nil {
		return nil, err
	}
	if content[0] != '{' {
		return nil, errors.New("the content is no object")
	}
	p := parts{
		auth:    appendIDs([]byte(`{"auth_events":`), auth),
		content: content,
		depth:   strconv.AppendInt([]byte(`,"depth":`), proto.Depth, 10),
		origin:  appendMember(nil, "origin", string(by.server)),
		rest:    restOf(proto, prev, now),
		kind:    append(appendMember(nil, "type", proto.Type), '}'),
	}
	raw, id := p.sign(by)
	pdu, err := parse(raw, id)
	if err != nil {
		return nil, err
	}
	return pdu, gomatrixserverlib.CheckFields(pdu)
}

// restOf is what stands between an event's origin and its signatures, in the order of canonical JSON.
func restOf(proto *gomatrixserverlib.ProtoEvent, prev []string, now time.Time) []byte {
	rest := strconv.AppendInt([]byte(`,"origin_server_ts":`), int64(spec.AsTimestamp(now)), 10)
	rest = appendIDs(append(rest, `,"prev_events":`...), prev)
	return appendMember(appendMember(rest, "room_id", proto.RoomID), "sender", proto.SenderID)
}

// parts are an event's members in the order of canonical JSON; hashes come after the depth, and signatures before the type.
type parts struct{ auth, content, depth, origin, rest, kind []byte }

// sign puts the parts together: the hash of all of it, the signature of what redaction leaves, and the id, which is the hash of the same
// (Matrix Server-Server API, "Signing Events").
func (p parts) sign(by signer) (raw []byte, id string) {
	const contentMember = `,"content":`
	whole := make([]byte, 0, len(p.auth)+len(p.content)+len(p.depth)+len(p.origin)+len(p.rest)+len(p.kind)+400)
	whole = append(append(append(whole, p.auth...), contentMember...), p.content...)
	head := len(whole)
	sum := sha256.Sum256(joined(whole, p.depth, p.origin, p.rest, p.kind))
	hashes := []byte(`,"hashes":{"sha256":"` + base64.RawStdEncoding.EncodeToString(sum[:]) + `"}`)

	redacted := joined(nil, p.auth, []byte(contentMember+`{}`), p.depth, hashes, p.rest, p.kind)
	signature := base64.RawStdEncoding.EncodeToString(ed25519.Sign(by.key, redacted))
	reference := sha256.Sum256(redacted)

	signatures := fmt.Appendf(nil, `,"signatures":{"%s":{"%s":"%s"}}`, by.server, by.id, signature)
	return joined(whole[:head], p.depth, hashes, p.origin, p.rest, signatures, p.kind), "$" + base64.RawURLEncoding.EncodeToString(reference[:])
}

func joined(to []byte, parts ...[]byte) []byte {
	for _, part := range parts {
		to = append(to, part...)
	}
	return to
}

// appendMember adds a member whose value is simple.
func appendMember(to []byte, name, value string) []byte {
	return joined(to, []byte(`,"`), []byte(name), []byte(`":"`), []byte(value), []byte(`"`))
}

// appendIDs adds a list of ids of events, which are simple.
func appendIDs(to []byte, ids []string) []byte {
	to = append(to, '[')
	for i, id := range ids {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(append(append(to, '"'), id...), '"')
	}
	return append(to, ']')
}
