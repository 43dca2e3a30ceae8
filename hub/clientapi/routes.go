package clientapi

import (
	"slices"

	"panah/hub/people"
)

const (
	v1 = "/_matrix/client/v1"
	v3 = "/_matrix/client/v3"
	us = "/_panah/v1"
)

// routes is the table of all endpoints.
func (a *API) routes() []route {
	return slices.Concat(a.hubRoutes(), a.serverRoutes(), a.accountRoutes(), a.personRoutes(), a.membershipRoutes(),
		a.eventRoutes(), a.feedRoutes(), a.directoryRoutes(), a.organisationRoutes(), a.careRoutes(), a.reportRoutes(),
		a.leavingRoutes(), a.mediaRoutes(), a.uploadRoutes(), a.signInRoutes(), a.recoveryRoutes(), a.alertRoutes(), a.rotaRoutes(), a.exchangeRoutes(),
		a.alertFeedRoutes(), a.placeRoutes(), a.pushRoutes(), a.deviceKeyRoutes(), a.keyBackupRoutes())
}

// hubRoutes are ours: what the hub's own client needs beside Matrix.
func (a *API) hubRoutes() []route {
	return []route{
		{"GET", us + "/hub", open, a.aboutHub},
		{"POST", us + "/invitations/check", ourPage, a.checkInvitation},
		{"POST", us + "/sign-up", ourPage, a.signUp},
		{"POST", us + "/sign-out", settingUp, a.signOut},
		{"GET", us + "/me", settingUp, a.me},
		{"GET", us + "/people", signedIn, a.people},
		{"GET", us + "/invitations", signedIn, a.invitations},
		{"POST", us + "/invitations", signedIn, a.invitePerson},
		{"DELETE", us + "/invitations/{id}", signedIn, a.revokeInvitation},
		{"POST", us + "/corrections", signedIn, a.correct},
		{"GET", us + "/corrections", signedIn, a.corrections},
		{"DELETE", us + "/corrections/{id}", signedIn, a.settleCorrection},
	}
}

// signInRoutes are how people come in, and what they do to keep others out.
func (a *API) signInRoutes() []route {
	return []route{
		{"POST", us + "/sign-in", ourPage, a.signIn},
		{"POST", us + "/sign-in/code", ourPage, a.signInWithCode},
		{"POST", us + "/sign-in/passkey/ask", ourPage, a.askPasskey},
		{"POST", us + "/sign-in/passkey", ourPage, a.signInWithPasskey},
		{"GET", us + "/second-factor", settingUp, a.factors},
		{"POST", us + "/second-factor/totp", settingUp, a.beginTOTP},
		{"POST", us + "/second-factor/totp/confirm", settingUp, a.confirmTOTP},
		{"DELETE", us + "/second-factor/totp", signedIn, a.removeTOTP},
		{"POST", us + "/second-factor/passkeys/ask", settingUp, a.beginPasskey},
		{"POST", us + "/second-factor/passkeys", settingUp, a.addPasskey},
		{"PUT", us + "/second-factor/passkeys/{id}", signedIn, a.renamePasskey},
		{"DELETE", us + "/second-factor/passkeys/{id}", signedIn, a.removePasskey},
		{"POST", us + "/second-factor/recovery-codes", signedIn, a.newRecoveryCodes},
		{"POST", us + "/prove", settingUp, a.proveAnew},
		{"POST", us + "/prove/passkey/ask", settingUp, a.askProof},
		{"POST", us + "/prove/passkey", settingUp, a.provePasskey},
		{"POST", us + "/app-token", signedIn, a.appToken},
		{"GET", us + "/devices", signedIn, a.myDevices},
		{"POST", us + "/devices/{id}/end", signedIn, a.endDevice},
		{"POST", us + "/devices/end-others", signedIn, a.endOtherDevices},
		{"POST", us + "/notices/{id}/answer", signedIn, a.answerNotice},
	}
}

func (a *API) recoveryRoutes() []route {
	return []route{
		{"GET", us + "/recoveries", signedIn, a.recoveries},
		{"POST", us + "/recoveries", signedIn, a.startRecovery},
		{"POST", us + "/recoveries/{id}/confirm", signedIn, a.confirmRecovery},
		{"POST", us + "/recoveries/{id}/cancel", signedIn, a.cancelRecovery},
		{"POST", us + "/recover/check", ourPage, a.checkRecovery},
		{"POST", us + "/recover", ourPage, a.recover},
	}
}

// pushRoutes are how the caller is told outside the app.
func (a *API) pushRoutes() []route {
	return []route{
		{"GET", us + "/push", signedIn, a.pushState},
		{"PUT", us + "/push/subscription", signedIn, a.subscribePush},
		{"DELETE", us + "/push/subscription", signedIn, a.unsubscribePush},
		{"PUT", us + "/push/preferences", signedIn, a.setPushPreferences},
		{"POST", us + "/push/test", signedIn, a.testPush},
		{"PUT", us + "/push/mail", signedIn, a.askMail},
		{"POST", us + "/push/mail/confirm", signedIn, a.confirmMail},
		{"DELETE", us + "/push/mail", signedIn, a.forgetMail},
		{"GET", v3 + "/pushers", signedIn, a.pushers},
		{"POST", v3 + "/pushers/set", signedIn, a.setPusher},
	}
}

func (a *API) organisationRoutes() []route {
	return []route{
		{"GET", us + "/organisations", signedIn, a.organisations},
		{"GET", us + "/hubs", signedIn, a.hubs},
		{"POST", us + "/organisations", signedIn, a.proposeOrganisation},
		{"POST", us + "/organisations/{id}", signedIn, a.editOrganisation},
		{"POST", us + "/organisations/{id}/standing", signedIn, a.vetOrganisation},
		{"GET", us + "/organisations/{id}/members", signedIn, a.staff},
	}
}

// careRoutes are for those who look after the network or an organisation, and for being on duty.
func (a *API) careRoutes() []route {
	return []route{
		{"GET", us + "/overview", signedIn, a.overview},
		{"GET", us + "/homeless", signedIn, a.homeless},
		{"POST", us + "/people/{userId}/role", signedIn, a.change(people.DeedRole)},
		{"POST", us + "/people/{userId}/suspend", signedIn, a.change(people.DeedSuspend)},
		{"POST", us + "/people/{userId}/lift", signedIn, a.change(people.DeedLift)},
		{"POST", us + "/people/{userId}/end-sessions", signedIn, a.change(people.DeedEnd)},
		{"POST", us + "/people/{userId}/remove", signedIn, a.change(people.DeedRemove)},
		{"POST", us + "/people/{userId}/move", signedIn, a.change(people.DeedMove)},
		{"PUT", us + "/people/{userId}/duty", signedIn, a.setDuty},
		{"DELETE", us + "/people/{userId}/duty", signedIn, a.endDuty},
		{"GET", us + "/audit", signedIn, a.audit},
		{"GET", us + "/audit/export", signedIn, a.exportAudit},
	}
}

// reportRoutes tell those who look after the network that something is wrong ("Reporting Content").
func (a *API) reportRoutes() []route {
	return []route{
		{"POST", v3 + "/rooms/{roomId}/report/{eventId}", signedIn, a.report},
		{"POST", v3 + "/rooms/{roomId}/report", signedIn, a.report},
		{"POST", v3 + "/users/{userId}/report", signedIn, a.report},
		{"GET", us + "/reports", signedIn, a.reports},
		{"POST", us + "/reports/{id}/take", signedIn, a.takeReport},
		{"POST", us + "/reports/{id}/settle", signedIn, a.settleReport},
		{"POST", us + "/reports/{id}/remove-post", signedIn, a.removeReported},
	}
}

// leavingRoutes are a person's own account: what it says, its passphrase, and its end.
func (a *API) leavingRoutes() []route {
	return []route{
		{"PUT", us + "/me/about", signedIn, a.setAbout},
		{"GET", us + "/me/export", signedIn, a.exportOwn},
		{"POST", v3 + "/account/password", signedIn, a.changePassphrase},
		{"POST", v3 + "/account/deactivate", signedIn, a.deactivate},
	}
}

// serverRoutes tell what this server is and can.
func (a *API) serverRoutes() []route {
	return []route{
		{"GET", "/.well-known/matrix/client", open, a.wellKnown},
		{"GET", "/_matrix/client/versions", open, a.versions},
		{"GET", v3 + "/capabilities", signedIn, a.capabilities},
		{"GET", v3 + "/voip/turnServer", signedIn, a.turnServer},
		{"GET", v3 + "/thirdparty/protocols", signedIn, a.protocols},
		{"GET", v3 + "/thirdparty/location", signedIn, a.noBridges},
		{"GET", v3 + "/thirdparty/user", signedIn, a.noBridges},
		{"GET", v3 + "/account/3pid", signedIn, a.noThirdParty},
	}
}

func (a *API) accountRoutes() []route {
	return []route{
		{"GET", v3 + "/login", open, a.loginFlows},
		{"POST", v3 + "/login", open, a.login},
		{"POST", v3 + "/refresh", open, a.refresh},
		{"POST", v1 + "/login/get_token", signedIn, a.getLoginToken},
		{"POST", v3 + "/logout", settingUp, a.logout},
		{"POST", v3 + "/logout/all", signedIn, a.logoutAll},
		{"POST", v3 + "/register", open, a.register},
		{"GET", v1 + "/register/m.login.registration_token/validity", open, a.tokenValidity},
		{"GET", v3 + "/account/whoami", settingUp, a.whoami},
		{"GET", v3 + "/devices", signedIn, a.devices},
		{"GET", v3 + "/devices/{deviceId}", signedIn, a.device},
		{"PUT", v3 + "/devices/{deviceId}", signedIn, a.renameDevice},
		{"DELETE", v3 + "/devices/{deviceId}", signedIn, a.deleteDevice},
		{"POST", v3 + "/delete_devices", signedIn, a.deleteDevices},
	}
}

func (a *API) personRoutes() []route {
	return []route{
		{"GET", v3 + "/profile/{userId}", signedIn, a.profile},
		{"GET", v3 + "/profile/{userId}/displayname", signedIn, a.displayName},
		{"PUT", v3 + "/profile/{userId}/displayname", signedIn, a.setDisplayName},
		{"GET", v3 + "/profile/{userId}/avatar_url", signedIn, a.avatarURL},
		{"PUT", v3 + "/profile/{userId}/avatar_url", signedIn, a.setAvatarURL},
		{"POST", v3 + "/user_directory/search", signedIn, a.searchPeople},
		{"GET", v3 + "/presence/{userId}/status", signedIn, a.presence},
		{"PUT", v3 + "/presence/{userId}/status", signedIn, a.setPresence},
		{"GET", v3 + "/user/{userId}/account_data/{type}", signedIn, a.accountData},
		{"PUT", v3 + "/user/{userId}/account_data/{type}", signedIn, a.setAccountData},
		{"GET", v3 + "/user/{userId}/rooms/{roomId}/account_data/{type}", signedIn, a.accountData},
		{"PUT", v3 + "/user/{userId}/rooms/{roomId}/account_data/{type}", signedIn, a.setAccountData},
		{"GET", v3 + "/user/{userId}/rooms/{roomId}/tags", signedIn, a.tags},
		{"PUT", v3 + "/user/{userId}/rooms/{roomId}/tags/{tag}", signedIn, a.setTag},
		{"DELETE", v3 + "/user/{userId}/rooms/{roomId}/tags/{tag}", signedIn, a.deleteTag},
	}
}

func (a *API) membershipRoutes() []route {
	return []route{
		{"POST", v3 + "/createRoom", signedIn, a.createRoom},
		{"POST", v3 + "/join/{roomIdOrAlias}", signedIn, a.joinByName},
		{"POST", v3 + "/rooms/{roomId}/join", signedIn, a.join},
		{"POST", v3 + "/knock/{roomIdOrAlias}", signedIn, a.knock},
		{"POST", v3 + "/rooms/{roomId}/upgrade", signedIn, a.upgradeRoom},
		{"POST", v3 + "/rooms/{roomId}/leave", signedIn, a.leaveRoom},
		{"POST", v3 + "/rooms/{roomId}/forget", signedIn, a.forget},
		{"POST", v3 + "/rooms/{roomId}/invite", signedIn, a.invite},
		{"POST", v3 + "/rooms/{roomId}/kick", signedIn, a.kick},
		{"POST", v3 + "/rooms/{roomId}/ban", signedIn, a.ban},
		{"POST", v3 + "/rooms/{roomId}/unban", signedIn, a.unban},
		{"GET", v3 + "/joined_rooms", signedIn, a.joinedRooms},
		{"GET", v3 + "/rooms/{roomId}/joined_members", signedIn, a.joinedMembers},
		{"GET", v3 + "/rooms/{roomId}/members", signedIn, a.members},
	}
}

func (a *API) eventRoutes() []route {
	return []route{
		{"GET", v3 + "/rooms/{roomId}/state", signedIn, a.state},
		{"GET", v3 + "/rooms/{roomId}/state/{type}", signedIn, a.stateEvent},
		{"PUT", v3 + "/rooms/{roomId}/state/{type}", signedIn, a.sendState},
		{"GET", v3 + "/rooms/{roomId}/state/{type}/{$}", signedIn, a.stateEvent},
		{"PUT", v3 + "/rooms/{roomId}/state/{type}/{$}", signedIn, a.sendState},
		{"GET", v3 + "/rooms/{roomId}/state/{type}/{stateKey}", signedIn, a.stateEvent},
		{"PUT", v3 + "/rooms/{roomId}/state/{type}/{stateKey}", signedIn, a.sendState},
		{"PUT", v3 + "/rooms/{roomId}/send/{type}/{txnId}", signedIn, a.send},
		{"PUT", v3 + "/rooms/{roomId}/redact/{eventId}/{txnId}", signedIn, a.redact},
		{"GET", v3 + "/rooms/{roomId}/event/{eventId}", signedIn, a.event},
		{"GET", v3 + "/rooms/{roomId}/messages", signedIn, a.messages},
		{"GET", v3 + "/rooms/{roomId}/context/{eventId}", signedIn, a.context},
		{"GET", v1 + "/rooms/{roomId}/timestamp_to_event", signedIn, a.eventAtTime},
		{"GET", v1 + "/rooms/{roomId}/relations/{eventId}", signedIn, a.relations},
		{"GET", v1 + "/rooms/{roomId}/relations/{eventId}/{relType}", signedIn, a.relations},
		{"GET", v1 + "/rooms/{roomId}/relations/{eventId}/{relType}/{type}", signedIn, a.relations},
		{"GET", v1 + "/rooms/{roomId}/threads", signedIn, a.threads},
		{"POST", v3 + "/search", signedIn, a.search},
	}
}

func (a *API) feedRoutes() []route {
	return []route{
		{"GET", v3 + "/sync", signedIn, a.sync},
		{"POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync", signedIn, a.slidingSync},
		{"POST", v3 + "/user/{userId}/filter", signedIn, a.addFilter},
		{"GET", v3 + "/user/{userId}/filter/{filterId}", signedIn, a.filter},
		{"POST", v3 + "/rooms/{roomId}/receipt/{type}/{eventId}", signedIn, a.receipt},
		{"POST", v3 + "/rooms/{roomId}/read_markers", signedIn, a.readMarkers},
		{"PUT", v3 + "/rooms/{roomId}/typing/{userId}", signedIn, a.typing},
		{"GET", v3 + "/pushrules/{$}", signedIn, a.pushRules},
		{"GET", v3 + "/pushrules", signedIn, a.pushRules},
		{"GET", v3 + "/pushrules/global/{$}", signedIn, a.globalPushRules},
		{"GET", v3 + "/pushrules/global/{kind}/{ruleId}", signedIn, a.pushRule},
		{"PUT", v3 + "/pushrules/global/{kind}/{ruleId}", signedIn, a.setPushRule},
		{"DELETE", v3 + "/pushrules/global/{kind}/{ruleId}", signedIn, a.deletePushRule},
		{"GET", v3 + "/pushrules/global/{kind}/{ruleId}/enabled", signedIn, a.pushRuleEnabled},
		{"PUT", v3 + "/pushrules/global/{kind}/{ruleId}/enabled", signedIn, a.enablePushRule},
		{"GET", v3 + "/pushrules/global/{kind}/{ruleId}/actions", signedIn, a.pushRuleActions},
		{"PUT", v3 + "/pushrules/global/{kind}/{ruleId}/actions", signedIn, a.setPushRuleActions},
	}
}

func (a *API) directoryRoutes() []route {
	return []route{
		{"GET", v3 + "/directory/room/{alias}", signedIn, a.alias},
		{"PUT", v3 + "/directory/room/{alias}", signedIn, a.setAlias},
		{"DELETE", v3 + "/directory/room/{alias}", signedIn, a.deleteAlias},
		{"GET", v3 + "/rooms/{roomId}/aliases", signedIn, a.aliases},
		{"GET", v3 + "/directory/list/room/{roomId}", signedIn, a.visibility},
		{"PUT", v3 + "/directory/list/room/{roomId}", signedIn, a.setVisibility},
		{"GET", v3 + "/publicRooms", signedIn, a.publicRooms},
		{"POST", v3 + "/publicRooms", signedIn, a.publicRooms},
		{"GET", v1 + "/rooms/{roomId}/hierarchy", signedIn, a.hierarchy},
	}
}
