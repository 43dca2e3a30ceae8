package federation

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
)

// keysHold is how long others may go on with what they were told of our keys. It is also how long a stolen key could be used after it
// was taken out of service.
const keysHold = 24 * time.Hour

// ownKeys publishes the keys with which this hub signs, and those with which it has signed ("Publishing Keys").
func (s *Server) ownKeys(*Call) (any, error) {
	id, key := s.Ring.Current()
	keys := gomatrixserverlib.ServerKeyFields{
		ServerName: spec.ServerName(s.name), ValidUntilTS: spec.AsTimestamp(s.Now().Add(keysHold)),
		VerifyKeys: map[gomatrixserverlib.KeyID]gomatrixserverlib.VerifyKey{}, OldVerifyKeys: map[gomatrixserverlib.KeyID]gomatrixserverlib.OldVerifyKey{},
	}
	for known, public := range s.Ring.Public() {
		verify := gomatrixserverlib.VerifyKey{Key: spec.Base64Bytes(public)}
		if known == id {
			keys.VerifyKeys[known] = verify
		} else if expired, old := s.Ring.Expired(known); old {
			keys.OldVerifyKeys[known] = gomatrixserverlib.OldVerifyKey{VerifyKey: verify, ExpiredTS: spec.AsTimestamp(expired)}
		}
	}
	message, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("write the keys: %w", err)
	}
	signedKeys, err := gomatrixserverlib.SignJSON(s.name, id, key, message)
	if err != nil {
		return nil, fmt.Errorf("sign the keys: %w", err)
	}
	return json.RawMessage(signedKeys), nil
}
