package room

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"

	"github.com/matrix-org/gomatrixserverlib/spec"
	"github.com/tidwall/gjson"
)

// eventMembers are what an event says beside its content (Matrix, room version 11, "Event format").
var eventMembers = []string{"auth_events", "content", "depth", "event_id", "hashes", "origin", "origin_server_ts", "prev_events", "redacts", "room_id",
	"sender", "signatures", "state_key", "type", "unsigned"}

// ruling are the members of contents by which the authorization rules go.
var ruling = map[string][]string{
	spec.MRoomCreate:           {"m.federate", "room_version", "creator"},
	spec.MRoomMember:           {"membership", "third_party_invite", "join_authorised_via_users_server"},
	spec.MRoomJoinRules:        {"join_rule", "allow"},
	spec.MRoomPowerLevels:      append([]string{"users", "events", "notifications"}, levelNames...),
	spec.MRoomThirdPartyInvite: {"public_key", "public_keys"},
}

var errSpelling = errors.New("a member has the name of another in another spelling")

// checkSpelling refuses names that differ from known ones by their letters' case alone. To the rules they mean nothing, but much software, the
// library among it, reads them as if they were spelt right: one event would be a knock to the one and a join to the other.
func checkSpelling(object gjson.Result, known []string) error {
	right := true
	object.ForEach(func(key, _ gjson.Result) bool {
		for _, name := range known {
			right = right && (key.Str == name || !strings.EqualFold(key.Str, name))
		}
		return right
	})
	if !right {
		return errSpelling
	}
	return nil
}

// checkKeys refuses an invitation of a third party with a key that is none: the library trips over one that is too short.
func checkKeys(kind string, content gjson.Result) error {
	if kind != spec.MRoomThirdPartyInvite {
		return nil
	}
	for _, one := range offeredKeys(content) {
		if key, is := publicKey(one); !is || len(key) != ed25519.PublicKeySize {
			return errors.New("a third party's key is none")
		}
	}
	return nil
}

// offeredKeys are what an m.room.third_party_invite gives as keys.
func offeredKeys(content gjson.Result) (all []gjson.Result) {
	if one := member(content, "public_key"); one.Exists() {
		all = append(all, one)
	}
	for _, one := range member(content, "public_keys").Array() {
		all = append(all, member(one, "public_key"))
	}
	return all
}

func publicKey(value gjson.Result) (key ed25519.PublicKey, is bool) {
	var raw spec.Base64Bytes
	is = value.Type == gjson.String && json.Unmarshal([]byte(value.Raw), &raw) == nil
	return ed25519.PublicKey(raw), is
}
