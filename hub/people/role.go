package people

import "panah/hub/fault"

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
	ActVetOrganisation     Act = "vet_organisation"     // admit, refuse or suspend an organisation
	ActEditOrganisation    Act = "edit_organisation"    // change what one's own organisation is called
	ActManageMembers       Act = "manage_members"       // roles, standing, sessions and duty of one's own organisation's people
	ActManageAnyone        Act = "manage_anyone"        // the same for everybody, and moving people between organisations
	ActGoOnDuty            Act = "go_on_duty"           // be the one who is asked first
	ActReport              Act = "report"               // tell those who look after the network that something is wrong
	ActSeeReports          Act = "see_reports"          // what people reported, as far as it is for one
	ActSeeInvitations      Act = "see_invitations"      // the open invitations of one's own organisation
	ActSeeAudit            Act = "see_audit"            // what administrators did, in one's own organisation
	ActSeeOverview         Act = "see_overview"         // the network as a whole: what waits, how many people where, all of the audit log
	ActSeeCorrections      Act = "see_corrections"      // what people say of the words in their language
	ActSeeMediaUsage       Act = "see_media_usage"      // how much room one's own organisation's files take
	ActRecoverPerson       Act = "recover_person"       // let someone of one's own organisation in again who lost their way in
	ActRecoverAnyone       Act = "recover_anyone"       // the same for anybody, and stewards
	ActSendAlert           Act = "send_alert"           // send an urgent alert, update and cancel those of one's own organisation
	ActAnswerAlert         Act = "answer_alert"         // say that one has seen it, can act, cannot, or has done
	ActApproveAlert        Act = "approve_alert"        // be the second one who agrees to a colleague's alert
	ActManageAlerts        Act = "manage_alerts"        // cancel anybody's alert, see how it was delivered, say who leads a country
	ActManageRota          Act = "manage_rota"          // say who of one's own organisation is on duty when
	ActSeeAlertFigures     Act = "see_alert_figures"    // how fast one's own organisation answers
	ActReadFeeds           Act = "read_feeds"           // have the hub read feeds of others
	ActShareAlerts         Act = "share_alerts"         // make feeds of one's own organisation's alerts for programs outside
	ActSeePlaces           Act = "see_places"           // which shelters have places, and one's own requests
	ActAskPlaces           Act = "ask_places"           // ask for places in the name of one's organisation
	ActDecidePlaces        Act = "decide_places"        // where one takes people in: say what is free, accept, decline
	ActOfferPlaces         Act = "offer_places"         // enter shelters of one's own organisation, and say who takes people in
	ActSeePlaceFigures     Act = "see_place_figures"    // the ledgers and figures of one's own organisation's shelters, and the network's sums
	ActManagePlaces        Act = "manage_places"        // the ledgers and figures of anybody's shelters, and opening those again that were in danger
	ActDeclareDanger       Act = "declare_danger"       // hide and freeze all that one's own organisation has, and end its sessions
)

// Acts are all acts, in the order of the table.
func Acts() []Act {
	return []Act{ActSend, ActJoin, ActCreateChannel, ActCreateSpace, ActPublishChannel, ActInviteToChannel, ActModerate, ActTranslate,
		ActInvitePerson, ActInviteAnyone, ActProposeOrganisation, ActVetOrganisation, ActEditOrganisation, ActManageMembers, ActManageAnyone,
		ActGoOnDuty, ActReport, ActSeeReports, ActSeeInvitations, ActSeeAudit, ActSeeOverview, ActSeeCorrections,
		ActSeeMediaUsage, ActRecoverPerson, ActRecoverAnyone, ActSendAlert, ActAnswerAlert, ActApproveAlert, ActManageAlerts,
		ActManageRota, ActSeeAlertFigures, ActReadFeeds, ActShareAlerts, ActSeePlaces, ActAskPlaces, ActDecidePlaces, ActOfferPlaces,
		ActSeePlaceFigures, ActManagePlaces, ActDeclareDanger}
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
		ActInvitePerson, ActProposeOrganisation, ActEditOrganisation, ActManageMembers, ActGoOnDuty, ActReport, ActSeeReports,
		ActSeeInvitations, ActSeeAudit, ActSeeMediaUsage, ActRecoverPerson, ActSendAlert, ActAnswerAlert, ActApproveAlert, ActManageRota,
		ActSeeAlertFigures, ActShareAlerts, ActSeePlaces, ActAskPlaces, ActDecidePlaces, ActOfferPlaces,
		ActSeePlaceFigures, ActDeclareDanger),
	Member: allow(ActSend, ActJoin, ActCreateChannel, ActInviteToChannel, ActModerate, ActTranslate, ActGoOnDuty, ActReport, ActSendAlert,
		ActAnswerAlert, ActSeePlaces, ActAskPlaces, ActDecidePlaces, ActDeclareDanger),
	Interpreter: allow(ActSend, ActJoin, ActTranslate, ActGoOnDuty, ActReport, ActAnswerAlert),
	Observer:    allow(ActJoin, ActReport),
}

// May tells whether a role allows an act.
func May(role Role, act Act) bool { return matrix[role][act] }

// rank orders the roles by the power over others that they give. Who looks after people acts on those of at most their own rank, and
// gives roles of at most their own rank: so nobody raises anybody, themselves included, above themselves.
func rank(role Role) int {
	switch role {
	case Steward:
		return 3
	case Admin:
		return 2
	default:
		return 1
	}
}

// Deed is what somebody who looks after people does to one of them.
type Deed string

// The deeds.
const (
	DeedRole    Deed = "set_role"
	DeedSuspend Deed = "suspend_person"
	DeedLift    Deed = "lift_person"
	DeedEnd     Deed = "end_sessions"
	DeedRemove  Deed = "remove_person" // from the organisation
	DeedMove    Deed = "move_person"   // to another organisation
	DeedDuty    Deed = "set_duty"
)

// Deeds are all deeds.
func Deeds() []Deed {
	return []Deed{DeedRole, DeedSuspend, DeedLift, DeedEnd, DeedRemove, DeedMove, DeedDuty}
}

// deeds says which act a deed takes, and whether one may do it to oneself.
var deeds = map[Deed]struct {
	act  Act
	self bool
}{
	DeedRole:    {ActManageMembers, true},
	DeedSuspend: {ActManageMembers, false},
	DeedLift:    {ActManageMembers, false},
	DeedEnd:     {ActManageMembers, true},
	DeedRemove:  {ActManageMembers, false},
	DeedMove:    {ActManageAnyone, false},
	DeedDuty:    {ActManageMembers, true},
}

// MayDo refuses a deed that the caller may not do to a person: administrators act on people of their own organisation who have no
// higher rank, stewards on everybody, and some deeds nobody does to themselves.
func (c Caller) MayDo(deed Deed, to Person) error {
	if err := c.Require(deeds[deed].act); err != nil {
		return err
	}
	if c.UserID == to.UserID && !deeds[deed].self {
		return fault.Forbidden("error.not_to_yourself")
	}
	if c.Require(ActManageAnyone) == nil {
		return nil
	}
	if c.OrganisationID == "" || c.OrganisationID != to.OrganisationID || rank(to.Role) > rank(c.Role) {
		return fault.Forbidden("error.manage_own_only")
	}
	return nil
}

// mayGive refuses a role that is above the caller's own.
func (c Caller) mayGive(role Role) error {
	if !role.Known() {
		return fault.InvalidParam("error.bad_role")
	}
	if rank(role) > rank(c.Role) {
		return fault.Forbidden("error.role_above_yours")
	}
	return nil
}
