package people

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"panah/hub/store"
)

// Own is all that the hub keeps of a person apart from their channels and what they wrote there, in the form in which they take it away.
type Own struct {
	Exported     time.Time       `json:"exported"`
	UserID       string          `json:"user_id"`
	Name         string          `json:"name"`
	Picture      string          `json:"picture,omitempty"`
	Organisation string          `json:"organisation,omitempty"`
	Role         Role            `json:"role"`
	Language     string          `json:"language,omitempty"`
	Speaks       []string        `json:"speaks"`
	AskAbout     string          `json:"ask_about,omitempty"`
	Since        time.Time       `json:"since"`
	Devices      []OwnDevice     `json:"devices"`
	Passkeys     []OwnPasskey    `json:"passkeys"`
	CodeApp      bool            `json:"code_app"`            // the second factor is a code of an app
	Codes        int             `json:"recovery_codes_left"` // the codes themselves are kept as hashes
	Settings     []OwnSetting    `json:"settings"`            // account data
	Invitations  []OwnInvitation `json:"invitations_made"`
	Duty         []OwnDuty       `json:"duty"`
	Reports      []OwnReport     `json:"reports_made"`
	Audit        []OwnAudit      `json:"audit"`
}

// OwnDevice is one of the person's sessions.
type OwnDevice struct {
	Name    string    `json:"name"`
	Since   time.Time `json:"since"`
	Seen    time.Time `json:"last_used"`
	Country string    `json:"country,omitempty"` // of the last use; "XN" is the hub's own network
}

// OwnPasskey is one that the person signs in with.
type OwnPasskey struct {
	Name  string     `json:"name"`
	Since time.Time  `json:"since"`
	Used  *time.Time `json:"last_used,omitempty"`
}

// OwnSetting is a piece of account data, of a room or of the account.
type OwnSetting struct {
	RoomID  string          `json:"room_id,omitempty"`
	Type    string          `json:"type"`
	Content json.RawMessage `json:"content"`
}

// OwnInvitation is one that the person made.
type OwnInvitation struct {
	At   time.Time `json:"at"`
	Role Role      `json:"role"`
	Used bool      `json:"used"`
}

// OwnDuty is a span in which the person was on duty.
type OwnDuty struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	Note  string    `json:"note,omitempty"`
}

// OwnReport is what the person reported.
type OwnReport struct {
	At       time.Time `json:"at"`
	Code     string    `json:"code"`
	Words    string    `json:"words,omitempty"`
	Standing string    `json:"standing"`
}

// OwnAudit is what the log says of the person: what they did, and what was done to them.
type OwnAudit struct {
	At     time.Time         `json:"at"`
	ByMe   bool              `json:"by_me"`
	Act    string            `json:"act"`
	Detail map[string]string `json:"detail,omitempty"`
}

// ownMost bounds each list of what is kept of one person, the newest first.
const ownMost = 5000

// Own gathers what is kept of the caller, from one consistent read.
func (p *People) Own(ctx context.Context, caller Caller) (own Own, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		person, err := p.PersonTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		own = Own{Exported: tx.Now.UTC(), UserID: person.UserID, Name: person.Name, Picture: person.AvatarURL, Role: person.Role,
			Language: person.Language, Speaks: append([]string{}, person.Speaks...), AskAbout: person.AskAbout, Since: person.CreatedAt.UTC()}
		if person.OrganisationID != "" {
			o, err := p.OrganisationTx(tx, person.OrganisationID)
			if err != nil {
				return err
			}
			own.Organisation = o.Name
		}
		for _, gather := range []func(*store.Tx, *Own) error{ownDevices, p.ownFactors, ownSettings, p.ownInvitations, ownDuties, ownReports, ownAudit} {
			if err := gather(tx, &own); err != nil {
				return err
			}
		}
		return nil
	})
	return own, err
}

func ownDevices(tx *store.Tx, own *Own) error {
	found, err := devicesOf(tx, `WHERE user_id = $1 ORDER BY seen_at DESC, device_id`, own.UserID)
	own.Devices = []OwnDevice{}
	for _, d := range found {
		own.Devices = append(own.Devices, OwnDevice{d.Name, d.CreatedAt.UTC(), d.SeenAt.UTC(), d.Country})
	}
	return err
}

func (p *People) ownFactors(tx *store.Tx, own *Own) error {
	found, err := p.factorsTx(tx, Person{UserID: own.UserID, Role: own.Role})
	own.Passkeys, own.CodeApp, own.Codes = []OwnPasskey{}, found.TOTP, found.Codes
	for _, k := range found.Passkeys {
		one := OwnPasskey{Name: k.Name, Since: k.CreatedAt.UTC()}
		if !k.UsedAt.IsZero() {
			used := k.UsedAt.UTC()
			one.Used = &used
		}
		own.Passkeys = append(own.Passkeys, one)
	}
	return err
}

func (p *People) ownInvitations(tx *store.Tx, own *Own) error {
	found, err := p.invitationsTx(tx, `invited_by = $1`, own.UserID)
	own.Invitations = []OwnInvitation{}
	for _, i := range found {
		own.Invitations = append(own.Invitations, OwnInvitation{i.CreatedAt.UTC(), i.Role, i.UsedBy != ""})
	}
	return err
}

// rowsOf reads rows that name the person, each with one function.
func rowsOf(tx *store.Tx, own *Own, query string, each func(row scanner) error) error {
	rows, err := tx.Query(fmt.Sprintf("%s LIMIT %d", query, ownMost), own.UserID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return fmt.Errorf("read what is kept of a person: %w", err)
		}
	}
	return rows.Err()
}

func ownSettings(tx *store.Tx, own *Own) error {
	own.Settings = []OwnSetting{}
	return rowsOf(tx, own, `SELECT room_id, type, content FROM account_data WHERE user_id = $1 ORDER BY room_id, type`, func(row scanner) error {
		var s OwnSetting
		var content string
		err := row.Scan(&s.RoomID, &s.Type, &content)
		s.Content = json.RawMessage(content)
		own.Settings = append(own.Settings, s)
		return err
	})
}

func ownDuties(tx *store.Tx, own *Own) error {
	own.Duty = []OwnDuty{}
	return rowsOf(tx, own, `SELECT from_at, until_at, note FROM duty WHERE user_id = $1 ORDER BY from_at DESC`, func(row scanner) error {
		var from, until int64
		var note string
		err := row.Scan(&from, &until, &note)
		own.Duty = append(own.Duty, OwnDuty{time.UnixMilli(from).UTC(), time.UnixMilli(until).UTC(), note})
		return err
	})
}

func ownReports(tx *store.Tx, own *Own) error {
	own.Reports = []OwnReport{}
	return rowsOf(tx, own, `SELECT at, code, words, standing FROM reports WHERE reporter = $1 ORDER BY at DESC`, func(row scanner) error {
		var at int64
		var r OwnReport
		err := row.Scan(&at, &r.Code, &r.Words, &r.Standing)
		r.At = time.UnixMilli(at).UTC()
		own.Reports = append(own.Reports, r)
		return err
	})
}

func ownAudit(tx *store.Tx, own *Own) error {
	own.Audit = []OwnAudit{}
	return rowsOf(tx, own, `SELECT at, actor = $1, act, detail FROM audit WHERE actor = $1 OR target = $1 ORDER BY at DESC, audit_id`, func(row scanner) error {
		var at int64
		var detail string
		var e OwnAudit
		if err := row.Scan(&at, &e.ByMe, &e.Act, &detail); err != nil {
			return err
		}
		e.At = time.UnixMilli(at).UTC()
		own.Audit = append(own.Audit, e)
		return json.Unmarshal([]byte(detail), &own.Audit[len(own.Audit)-1].Detail)
	})
}
