package clientapi

import (
	"bytes"
	"fmt"
	"time"

	"rsc.io/qr"

	"panah/hub/people"
)

// link is what an invited person opens. The token stands behind the #, which browsers keep to themselves: it reaches no log.
func (a *API) link(c *call, token string) string { return a.base(c.r) + "/#/invite/" + token }

// invitations are the open ones that the caller looks after, with all=true also those of which nothing comes any more. Their tokens cannot be shown again: the hub keeps only their hashes.
func (a *API) invitations(c *call) (any, error) {
	found, err := a.People.Invitations(c.ctx(), c.caller, c.query("all") == "true")
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, i := range found {
		list = append(list, invitationAnswer(i))
	}
	return map[string]any{"invitations": list}, nil
}

func invitationAnswer(i people.Invitation) map[string]any {
	answer := map[string]any{
		"id": i.ID, "organisation_id": nil, "role": i.Role, "language": i.Language, "invited_by": i.InvitedBy,
		"created_at": i.CreatedAt.UnixMilli(), "expires_at": i.ExpiresAt.UnixMilli(),
	}
	for name, at := range map[string]time.Time{"used_at": i.UsedAt, "revoked_at": i.RevokedAt} {
		if !at.IsZero() {
			answer[name] = at.UnixMilli()
		}
	}
	if i.UsedBy != "" {
		answer["used_by"] = i.UsedBy
	}
	if i.OrganisationID != "" {
		answer["organisation_id"] = i.OrganisationID
	}
	return answer
}

func (a *API) invitePerson(c *call) (any, error) {
	var in struct {
		OrganisationID string      `json:"organisation_id"`
		Role           people.Role `json:"role"`
		Language       string      `json:"language"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	i, token, err := a.Network.InvitePerson(c.ctx(), c.caller, in.OrganisationID, in.Role, in.Language)
	if err != nil {
		return nil, err
	}
	link := a.link(c, token)
	picture, err := qrSVG(link)
	if err != nil {
		return nil, err
	}
	answer := invitationAnswer(i)
	answer["token"], answer["link"], answer["qr_svg"] = token, link, picture
	return answer, nil
}

// qrSVG draws a link as a square of dark and light, one path of unit squares with the quiet zone of four that the standard
// asks for (ISO/IEC 18004, 6.3.8).
func qrSVG(link string) (string, error) {
	code, err := qr.Encode(link, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw an invitation: %w", err)
	}
	const quiet = 4
	var path bytes.Buffer
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	side := code.Size + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, side, side, side, side, path.String()), nil
}

func (a *API) revokeInvitation(c *call) (any, error) {
	return map[string]any{}, a.People.RevokeInvitation(c.ctx(), c.caller, c.path("id"))
}
