package people

import (
	"encoding/json"
	"fmt"

	"panah/hub/store"
)

// AuditTx writes down what an administrator did, in the same transaction as the deed. detail must hold no secret and no text that
// people wrote.
func (p *People) AuditTx(tx *store.Tx, actor, act, target string, detail map[string]string) error {
	id, err := randomID(12)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO audit (audit_id, at, actor, act, target, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, tx.Now.UnixMilli(), actor, act, target, string(raw))
	return err
}
