package alert

import (
	"encoding/json"
	"time"

	"panah/hub/alert/code"
)

// Proposal is what a code suggests for an alert, and what follows from the slots that are filled.
type Proposal struct {
	Urgency, Severity, Certainty string
	TLP                          Label
	Lasts                        time.Duration // until it expires
	Describes                    bool          // somebody could be known by it: a second person must agree
}

// checkCode refuses an unknown code, and slots that it does not have, lacks, or that are out of bounds.
func checkCode(b Block) (Proposal, error) {
	slots, err := code.Decode(b.Code, b.Slots)
	if err != nil {
		return Proposal{}, err
	}
	p := proposalOf(b.Code)
	if spec, known := code.Of(b.Code); known {
		p.Describes = spec.Describes(slots)
	}
	return p, nil
}

// proposalOf is what a code suggests whatever its slots say; Unknown for a code that this hub does not know.
func proposalOf(name string) Proposal {
	spec, known := code.Of(name)
	if !known {
		return Proposal{Urgency: unknown, Severity: unknown, Certainty: unknown, TLP: Amber}
	}
	return Proposal{Urgency: spec.Urgency, Severity: spec.Severity, Certainty: spec.Certainty, TLP: Label(spec.TLP), Lasts: spec.Lifetime()}
}

const (
	unknown   = "Unknown"
	drillCode = "drill"
)

// areasOf are the places that the slots of an alert speak of.
func areasOf(b Block) []string {
	spec, known := code.Of(b.Code)
	slots, err := code.Decode(b.Code, b.Slots)
	if !known || err != nil {
		return nil
	}
	return spec.Places(slots)
}

func slotsOrNone(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage(`{}`)
	}
	return raw
}
