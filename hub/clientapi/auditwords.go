package clientapi

import (
	"strings"

	"panah/locales"
)

// auditActs are the acts that have a sentence; whatever else is written down has the general one.
var auditActs = map[string]bool{
	"propose_organisation": true, "set_standing": true, "edit_organisation": true, "invite_person": true, "revoke_invitation": true,
	"set_role": true, "suspend_person": true, "lift_person": true, "end_sessions": true, "remove_person": true, "move_person": true,
	"set_duty": true, "end_duty": true, "report": true, "take_report": true, "settle_report": true, "remove_post": true,
	"settle_correction": true, "export_audit": true, "leave_network": true, "start_recovery": true, "confirm_recovery": true,
	"cancel_recovery": true, "finish_recovery": true, "approve_alert": true, "refuse_alert": true, "cancel_alert": true, "set_rota": true,
	"set_lead": true, "add_feed": true, "remove_feed": true, "make_feed": true, "revoke_feed": true,
	"declare_danger": true, "end_danger": true, "register_shelter": true, "edit_shelter": true, "set_shelter_staff": true, "set_partner": true,
}

// sentence says an entry as the screen does: who did what, to whom or what, and how.
func (l auditLine) sentence(words locales.Printer) string {
	who := firstOf(l.ActorName, userName(l.Actor))
	if !auditActs[l.Act] {
		return words.Text("audit.other", map[string]any{"Who": who, "Act": l.Act})
	}
	whom := l.TargetName
	if whom == "" && strings.HasPrefix(l.Target, "@") {
		whom = userName(l.Target)
	}
	network := words.Text("audit.network", nil)
	said := words.Text("audit."+l.Act, map[string]any{
		"Who": who, "Whom": firstOf(whom, l.Organisation, network), "Where": firstOf(l.Organisation, network),
		"As": named(words, "role.", l.Detail["role"]), "Standing": named(words, "standing.", l.Detail["standing"]),
	})
	if reason := named(words, "reason.", l.Detail["reason"]); reason != "" {
		said += " (" + reason + ")"
	}
	return said
}

// named is what a code is called; a code of another hub's or another time's stays as it is.
func named(words locales.Printer, area, code string) string {
	if code == "" {
		return ""
	}
	if text := words.Text(area+code, nil); text != area+code {
		return text
	}
	return code
}

// userName is the part of a user id that people type.
func userName(id string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(id, "@"), ":")
	return name
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
