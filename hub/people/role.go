package people

// Role is what someone is in the network.
type Role string

// The roles.
const (
	Steward     Role = "steward"     // looks after the network
	Admin       Role = "admin"       // looks after one organisation
	Member      Role = "member"      // works in an organisation
	Interpreter Role = "interpreter" // translates for others
	Observer    Role = "observer"    // reads along
)

// Roles are all roles.
func Roles() []Role { return []Role{Steward, Admin, Member, Interpreter, Observer} }

// Known tells whether r is a role.
func (r Role) Known() bool { return matrix[r] != nil }

// Act is something that a role allows or not. What a person may do in one channel is the channel's own rule beside it.
type Act string

// The acts.
const (
	ActSend                Act = "send"                 // posts, replies, reactions
	ActJoin                Act = "join"                 // enter an open channel or accept an invitation
	ActCreateChannel       Act = "create_channel"       // make a channel
	ActCreateSpace         Act = "create_space"         // make a space
	ActPublishChannel      Act = "publish_channel"      // put a channel into the directory
	ActInviteToChannel     Act = "invite_to_channel"    // bring others into a channel
	ActModerate            Act = "moderate"             // remove others and what they wrote, where the channel gives the power
	ActTranslate           Act = "translate"            // translate what others wrote
	ActInvitePerson        Act = "invite_person"        // invite someone into one's own organisation
	ActInviteAnyone        Act = "invite_anyone"        // invite someone into any organisation, and stewards
	ActProposeOrganisation Act = "propose_organisation" // put an organisation up for vetting
	ActVetOrganisation     Act = "vet_organisation"     // admit or suspend an organisation
	ActSeeInvitations      Act = "see_invitations"      // the open invitations of one's own organisation
	ActSeeAudit            Act = "see_audit"            // what administrators did
	ActSeeCorrections      Act = "see_corrections"      // what people say of the words in their language
)

// Acts are all acts, in the order of the table.
func Acts() []Act {
	return []Act{ActSend, ActJoin, ActCreateChannel, ActCreateSpace, ActPublishChannel, ActInviteToChannel, ActModerate, ActTranslate,
		ActInvitePerson, ActInviteAnyone, ActProposeOrganisation, ActVetOrganisation, ActSeeInvitations, ActSeeAudit,
		ActSeeCorrections}
}

type acts map[Act]bool

func allow(list ...Act) acts {
	a := acts{}
	for _, act := range list {
		a[act] = true
	}
	return a
}

// matrix is the one place that says which role may do what.
var matrix = map[Role]acts{
	Steward: allow(Acts()...),
	Admin: allow(ActSend, ActJoin, ActCreateChannel, ActCreateSpace, ActPublishChannel, ActInviteToChannel, ActModerate, ActTranslate,
		ActInvitePerson, ActProposeOrganisation, ActSeeInvitations),
	Member:      allow(ActSend, ActJoin, ActCreateChannel, ActInviteToChannel, ActModerate, ActTranslate),
	Interpreter: allow(ActSend, ActJoin, ActTranslate),
	Observer:    allow(ActJoin),
}

// May tells whether a role allows an act.
func May(role Role, act Act) bool { return matrix[role][act] }
