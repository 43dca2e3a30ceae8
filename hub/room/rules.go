package room

import (
	"crypto/ed25519"
	"slices"
	"strings"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
	"github.com/tidwall/gjson"
)

// Which events a room allows is said by Matrix, room version 11, "Authorization rules". They stand here in full, rule by rule, because the
// library's Allowed keeps others. It lets people lift bans without the power to kick, say again that they left, come by a third party's invitation
// of somebody else's or past a ban, send m.room.aliases into rooms that they are not in, join where the rule is private, name levels that are
// null, and write members in capitals; and it refuses a join after a knock in a room that became public, and levels that the rules let a person
// change. The state of branches is resolved here too, see resolveStates.

// ruled is a rule that refuses an event.
type ruled struct{ rule, why string }

func (r *ruled) Error() string { return "authorization rule " + r.rule + ": " + r.why }

func against(rule, why string) error { return &ruled{rule, why} }

// allowed tells why the rules refuse an event, by the state or the named events that it is held against; nil when they do not. That the named
// events are the right ones (rule 2) is looked at in namedAuth, and a signature for whoever lets somebody in (rule 4.2) in checkSigned.
func allowed(pdu gomatrixserverlib.PDU, auth *authState) error {
	if pdu.Type() == spec.MRoomCreate {
		return allowedCreate(pdu)
	}
	create, _ := auth.Create() // it never fails
	if create == nil || create.RoomID() != pdu.RoomID() {
		return against("2.4", "no create event of the room is among what authorises it")
	}
	sender := string(pdu.SenderID())
	federates := member(contentOf(create), "m.federate")
	if federates.Type == gjson.False && ServerOf(sender) != ServerOf(string(create.SenderID())) {
		return against("3", "the room is of one server alone")
	}
	j := judgement{pdu: pdu, create: create, auth: auth, content: contentOf(pdu), sender: sender}
	if pdu.Type() == spec.MRoomMember {
		return j.member()
	}
	return j.other()
}

// needed are those events of a state that authorise an event (Matrix Server-Server API, "Auth events selection").
func needed(kind, sender string, key *string, content gjson.Result) (n gomatrixserverlib.StateNeeded) {
	if kind == spec.MRoomCreate {
		return n
	}
	n.Create, n.PowerLevels, n.Member = true, true, []string{sender}
	if kind != spec.MRoomMember {
		return n
	}
	if key != nil && *key != sender {
		n.Member = append(n.Member, *key)
	}
	membership := member(content, "membership").Str
	n.JoinRules = membership == spec.Join || membership == spec.Invite || membership == spec.Knock
	if token := member(member(member(content, "third_party_invite"), "signed"), "token").Str; membership == spec.Invite && token != "" {
		n.ThirdPartyInvite = []string{token}
	}
	if via := member(content, "join_authorised_via_users_server").Str; via != "" && !slices.Contains(n.Member, via) {
		n.Member = append(n.Member, via)
	}
	return n
}

func neededBy(pdu gomatrixserverlib.PDU) gomatrixserverlib.StateNeeded {
	return needed(pdu.Type(), string(pdu.SenderID()), pdu.StateKey(), contentOf(pdu))
}

func allowedCreate(pdu gomatrixserverlib.PDU) error {
	version := member(contentOf(pdu), "room_version")
	switch {
	case len(pdu.PrevEventIDs()) > 0:
		return against("1.1", "a create event builds on nothing")
	case !pdu.StateKeyEquals("") || string(pdu.RoomID().Domain()) != ServerOf(string(pdu.SenderID())):
		return against("1.2", "the room's id is of another server")
	case version.Exists() && version.Str != string(Version):
		return against("1.3", "the room's version is not known")
	}
	return nil
}

// judgement is one event with what it is held against.
type judgement struct {
	pdu     gomatrixserverlib.PDU
	create  gomatrixserverlib.PDU
	auth    *authState
	content gjson.Result
	sender  string
}

// other judges what is no membership.
func (j judgement) other() error {
	if j.auth.membership(j.sender) != spec.Join {
		return against("5", "the sender is not in the room")
	}
	levels := j.levels()
	own := levels.of(j.sender)
	if j.pdu.Type() == spec.MRoomThirdPartyInvite {
		if own < levels.named("invite", 0) {
			return against("6", "the sender may not invite")
		}
		return nil
	}
	key := j.pdu.StateKey()
	if own < levels.needed(j.pdu.Type(), key != nil) {
		return against("7", "the sender lacks the power for such an event")
	}
	if key != nil && strings.HasPrefix(*key, "@") && *key != j.sender {
		return against("8", "the state is another person's")
	}
	if j.pdu.Type() == spec.MRoomPowerLevels {
		return j.powerLevels(levels, own)
	}
	return nil
}

// member judges a membership (rule 4).
func (j judgement) member() error {
	if j.pdu.StateKey() == nil {
		return against("4.1", "a membership is of nobody")
	}
	target := *j.pdu.StateKey()
	switch member(j.content, "membership").Str {
	case spec.Join:
		return j.join(target)
	case spec.Invite:
		return j.invite(target)
	case spec.Leave:
		return j.leave(target)
	case spec.Ban:
		return j.ban(target)
	case spec.Knock:
		return j.knock(target)
	}
	return against("4.8", "the membership is not known")
}

func (j judgement) join(target string) error {
	// The rule for the creator's own join would have anybody send it. Nobody does, and nobody speaks for another person here.
	if target != j.sender {
		return against("4.3.2", "nobody joins for somebody else")
	}
	if prev := j.pdu.PrevEventIDs(); len(prev) == 1 && prev[0] == j.create.EventID() && target == string(j.create.SenderID()) {
		return nil
	}
	stands := j.auth.membership(target)
	if stands == spec.Ban {
		return against("4.3.3", "the sender is banned")
	}
	asked := stands == spec.Join || stands == spec.Invite
	switch j.joinRule() {
	case spec.Public:
		return nil
	case spec.Invite, spec.Knock:
		if !asked {
			return against("4.3.4", "the sender is not invited")
		}
		return nil
	case spec.Restricted, spec.KnockRestricted:
		if !asked && !j.mayInvite(member(j.content, "join_authorised_via_users_server").Str) {
			return against("4.3.5.2", "nobody who may invite lets the sender in")
		}
		return nil
	}
	return against("4.3.7", "the join rule is not known")
}

func (j judgement) joinRule() string {
	event, _ := j.auth.JoinRules() // it never fails
	if event == nil {
		return spec.Invite
	}
	rule := member(contentOf(event), "join_rule")
	if !rule.Exists() { // as others read it; the specification has none without
		return spec.Invite
	}
	return rule.Str
}

// mayInvite tells whether somebody is in the room and has the power to invite.
func (j judgement) mayInvite(user string) bool {
	levels := j.levels()
	return user != "" && j.auth.membership(user) == spec.Join && levels.of(user) >= levels.named("invite", 0)
}

func (j judgement) invite(target string) error {
	stands := j.auth.membership(target)
	if third := member(j.content, "third_party_invite"); third.Exists() {
		if stands == spec.Ban {
			return against("4.4.1.1", "who is invited is banned")
		}
		return j.inviteByThird(target, member(third, "signed"))
	}
	switch {
	case j.auth.membership(j.sender) != spec.Join:
		return against("4.4.2", "the sender is not in the room")
	case stands == spec.Join || stands == spec.Ban:
		return against("4.4.3", "who is invited is in the room, or banned")
	case !j.mayInvite(j.sender):
		return against("4.4.5", "the sender may not invite")
	}
	return nil
}

// inviteByThird judges an invitation that a third party's server has bound to a person.
func (j judgement) inviteByThird(target string, signed gjson.Result) error {
	token := member(signed, "token").Str
	if !signed.IsObject() || token == "" || member(signed, "mxid").Str != target {
		return against("4.4.1.4", "the third party did not sign for this person")
	}
	offer, _ := j.auth.ThirdPartyInvite(token) // it never fails
	switch {
	case offer == nil:
		return against("4.4.1.5", "the room has no such invitation of a third party")
	case string(offer.SenderID()) != j.sender:
		return against("4.4.1.6", "the invitation was another person's")
	case !signedByAny(signed, publicKeys(contentOf(offer))):
		return against("4.4.1.8", "the third party's signature is wrong")
	}
	return nil
}

// publicKeys are the keys of an m.room.third_party_invite.
func publicKeys(offer gjson.Result) (keys []ed25519.PublicKey) {
	for _, one := range offeredKeys(offer) {
		if key, is := publicKey(one); is && len(key) == ed25519.PublicKeySize {
			keys = append(keys, key)
		}
	}
	return keys
}

func signedByAny(signed gjson.Result, keys []ed25519.PublicKey) (found bool) {
	member(signed, "signatures").ForEach(func(server, byKey gjson.Result) bool {
		byKey.ForEach(func(id, _ gjson.Result) bool {
			for _, key := range keys {
				found = found || gomatrixserverlib.VerifyJSON(server.String(), gomatrixserverlib.KeyID(id.String()), key, []byte(signed.Raw)) == nil
			}
			return !found
		})
		return !found
	})
	return found
}

func (j judgement) leave(target string) error {
	stands := j.auth.membership(target)
	if target == j.sender {
		if stands == spec.Invite || stands == spec.Join || stands == spec.Knock {
			return nil
		}
		return against("4.5.1", "the sender is not in the room")
	}
	levels := j.levels()
	own := levels.of(j.sender)
	switch {
	case j.auth.membership(j.sender) != spec.Join:
		return against("4.5.2", "the sender is not in the room")
	case stands == spec.Ban && own < levels.named("ban", 50):
		return against("4.5.3", "the sender may not lift a ban")
	case own < levels.named("kick", 50) || levels.of(target) >= own:
		return against("4.5.5", "the sender may not send this person away")
	}
	return nil
}

func (j judgement) ban(target string) error {
	if j.auth.membership(j.sender) != spec.Join {
		return against("4.6.1", "the sender is not in the room")
	}
	levels := j.levels()
	if own := levels.of(j.sender); own < levels.named("ban", 50) || levels.of(target) >= own {
		return against("4.6.3", "the sender may not ban this person")
	}
	return nil
}

func (j judgement) knock(target string) error {
	if rule := j.joinRule(); rule != spec.Knock && rule != spec.KnockRestricted {
		return against("4.7.1", "nobody knocks here")
	}
	if target != j.sender {
		return against("4.7.2", "nobody knocks for somebody else")
	}
	switch j.auth.membership(target) {
	case spec.Ban, spec.Invite, spec.Join:
		return against("4.7.4", "the sender is in the room, invited or banned")
	}
	return nil
}

// contentOf is an event's content.
func contentOf(pdu gomatrixserverlib.PDU) gjson.Result { return gjson.ParseBytes(pdu.Content()) }

// member is what an object says under a name, written exactly so.
func member(object gjson.Result, name string) (value gjson.Result) {
	if !object.IsObject() {
		return value
	}
	object.ForEach(func(key, v gjson.Result) bool {
		if key.Str != name {
			return true
		}
		value = v
		return false
	})
	return value
}
