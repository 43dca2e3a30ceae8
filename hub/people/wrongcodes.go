package people

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"panah/hub/store"
)

// wrongCodesTold is from how many wrong codes on, after the right passphrase and without coming in, the owner is told. One or two are slips.
const wrongCodesTold = 3

// wrongCodeTx counts a wrong code after the right passphrase. The count stands as a notice, which is shown from wrongCodesTold on: it holds on
// every node and across starts, however slowly somebody tries.
func (p *People) wrongCodeTx(tx *store.Tx, userID, country string) error {
	before, err := wrongCodesTx(tx, userID)
	if err != nil {
		return err
	}
	n := Notice{UserID: userID, Kind: NoticeWrongCodes, Detail: map[string]string{"count": strconv.Itoa(before + 1), "country": country}}
	if before+1 < wrongCodesTold {
		return p.keepNoticeTx(tx, n)
	}
	return p.tellTx(tx, n)
}

func wrongCodesTx(tx *store.Tx, userID string) (int, error) {
	var detail string
	err := tx.QueryRow(`SELECT detail FROM notices WHERE user_id = $1 AND kind = $2 AND about = ''`, userID, string(NoticeWrongCodes)).Scan(&detail)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count wrong codes: %w", err)
	}
	var read map[string]string
	if err := json.Unmarshal([]byte(detail), &read); err != nil {
		return 0, fmt.Errorf("count wrong codes: %w", err)
	}
	return strconv.Atoi(read["count"])
}

// forgiveCodesTx forgets the slips of somebody who came in after them. What the owner was told stays until they have answered.
func (p *People) forgiveCodesTx(tx *store.Tx, userID string) error {
	count, err := wrongCodesTx(tx, userID)
	if err != nil || count == 0 || count >= wrongCodesTold {
		return err
	}
	return p.settleAboutTx(tx, userID, NoticeWrongCodes, "")
}

// shown tells whether a notice is more than a count.
func (n Notice) shown() bool {
	if n.Kind != NoticeWrongCodes {
		return true
	}
	count, err := strconv.Atoi(n.Detail["count"])
	return err == nil && count >= wrongCodesTold
}
