package keyring

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
)

// KeyOf is a key with which another server signs or has signed, asked for as VerifyJSONs does. When it signed is not looked at.
func (r *Ring) KeyOf(ctx context.Context, server, id string) (ed25519.PublicKey, error) {
	name, keyID := spec.ServerName(server), gomatrixserverlib.KeyID(id)
	if r.others == nil || name == r.server || !usable(keyID) {
		return nil, fmt.Errorf("no key of %s can be had", server)
	}
	r.others.find(ctx, []need{{server: name, ids: []gomatrixserverlib.KeyID{keyID}}})
	k, known := r.others.key(name, keyID)
	if !known {
		return nil, fmt.Errorf("%s does not show the key %s", server, id)
	}
	return k.public, nil
}

// VerifyMessage checks that another server signed these very bytes, at a time when its key held; one good signature is enough. It asks for keys
// as VerifyJSONs does. The bytes are looked into by nobody, so it takes no longer for what is made to be hard to read.
func (r *Ring) VerifyMessage(ctx context.Context, server string, at time.Time, message []byte, sigs map[string]string) error {
	name := spec.ServerName(server)
	if r.others == nil || name == r.server || len(sigs) > maxSignatures {
		return fmt.Errorf("no signature of %s can be checked", server)
	}
	wanted := need{server: name, at: at}
	for id := range sigs {
		if usable(gomatrixserverlib.KeyID(id)) {
			wanted.ids = append(wanted.ids, gomatrixserverlib.KeyID(id))
		}
	}
	r.others.find(ctx, []need{wanted})
	request := gomatrixserverlib.VerifyJSONRequest{ServerName: name, AtTS: spec.AsTimestamp(at)}
	for _, id := range wanted.ids {
		sig, err := base64.RawStdEncoding.DecodeString(sigs[string(id)])
		k, known := r.others.key(name, id)
		if err == nil && known && k.validAt(request, r.others.now()) && ed25519.Verify(k.public, message, sig) {
			return nil
		}
	}
	return errors.New("no key of the server signed this")
}
