package people

import (
	"context"

	"panah/hub/store"
)

// FirstStewardInvitation makes the invitation of a hub that nobody looks after yet, and takes back those that were made so before:
// their links stand in logs and on screens. It gives "" as token when a steward has signed up.
func (p *People) FirstStewardInvitation(ctx context.Context) (token string, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		token = ""
		founded, err := p.foundedTx(tx)
		if err != nil || founded {
			return err
		}
		_, err = tx.Exec(`UPDATE invitations SET revoked_at = $1 WHERE invited_by = $2 AND used_at IS NULL AND revoked_at IS NULL`,
			tx.Now.UnixMilli(), p.HubUser())
		if err != nil {
			return err
		}
		i, made, err := p.makeInvitationTx(tx, p.HubUser(), "", Steward, "")
		if err != nil {
			return err
		}
		token = made
		return p.AuditTx(tx, p.HubUser(), "invite_person", i.ID, map[string]string{"role": string(Steward)})
	})
	return token, err
}
