package keyring

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
)

// maxSignatures bounds how many signatures of one server are looked at on one thing. Servers sign with one key, or two while they change it.
const maxSignatures = 8

// VerifyJSONs checks signatures; it is gomatrixserverlib.JSONVerifier. Keys of other servers that are not known are asked for: so it is
// called outside of transactions, unless all is signed by this hub. Without a validity check of its own, a request is checked strictly
// (Matrix, room version 5, "Signing key validity period").
func (r *Ring) VerifyJSONs(ctx context.Context, requests []gomatrixserverlib.VerifyJSONRequest) ([]gomatrixserverlib.VerifyJSONResult, error) {
	results := make([]gomatrixserverlib.VerifyJSONResult, len(requests))
	ids := make([][]gomatrixserverlib.KeyID, len(requests))
	var wanted []need
	for i, request := range requests {
		if ids[i], results[i].Error = signatures(request); results[i].Error == nil && request.ServerName != r.server {
			wanted = append(wanted, need{request.ServerName, ids[i], request.AtTS.Time()})
		}
	}
	if len(wanted) > 0 && r.others != nil {
		r.others.find(ctx, wanted)
	}
	for i, request := range requests {
		switch {
		case results[i].Error != nil:
		case request.ServerName == r.server:
			results[i].Error = r.verifyOwn(request, ids[i])
		case r.others == nil:
			results[i].Error = fmt.Errorf("no key of %s is known", request.ServerName)
		default:
			results[i].Error = r.others.verify(request, ids[i])
		}
	}
	return results, ctx.Err()
}

// signatures are the ids of the keys with which a server signed something.
func signatures(request gomatrixserverlib.VerifyJSONRequest) ([]gomatrixserverlib.KeyID, error) {
	all, err := gomatrixserverlib.ListKeyIDs(string(request.ServerName), request.Message)
	if err != nil {
		return nil, fmt.Errorf("list the signatures: %w", err)
	}
	var ids []gomatrixserverlib.KeyID
	for _, id := range all {
		if usable(id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || len(ids) > maxSignatures {
		return nil, fmt.Errorf("%d signatures of %s where 1 to %d must be", len(ids), request.ServerName, maxSignatures)
	}
	return ids, nil
}

// maxKeyID bounds the id of a key, in bytes.
const maxKeyID = 255

// usable tells whether a key is of the one kind that there is.
func usable(id gomatrixserverlib.KeyID) bool {
	return strings.HasPrefix(string(id), "ed25519:") && len(id) <= maxKeyID
}

func (r *Ring) verifyOwn(request gomatrixserverlib.VerifyJSONRequest, ids []gomatrixserverlib.KeyID) error {
	for _, id := range ids {
		if public, ok := r.known[id]; ok {
			return gomatrixserverlib.VerifyJSON(string(r.server), id, public, request.Message)
		}
	}
	return errors.New("signed with no key of this hub")
}

// verify checks what another server signed by the keys that are known of it. One good signature is enough.
func (o *others) verify(request gomatrixserverlib.VerifyJSONRequest, ids []gomatrixserverlib.KeyID) error {
	err := fmt.Errorf("no key of %s is known", request.ServerName)
	for _, id := range ids {
		k, known := o.key(request.ServerName, id)
		if !known {
			continue
		}
		if !k.validAt(request, o.now()) {
			err = fmt.Errorf("the key %s of %s does not hold at %d", id, request.ServerName, request.AtTS)
			continue
		}
		if err = gomatrixserverlib.VerifyJSON(string(request.ServerName), id, k.public, request.Message); err == nil {
			return nil
		}
	}
	return err
}

// validAt tells whether a key may have signed what it is asked about.
func (k key) validAt(request gomatrixserverlib.VerifyJSONRequest, now time.Time) bool {
	if !k.expired.IsZero() {
		return request.AtTS.Time().Before(k.expired)
	}
	if request.ValidityCheckingFunc != nil && request.ValidityCheckingFunc(request.AtTS, spec.AsTimestamp(k.until)) {
		return true
	}
	return k.holds(request.AtTS.Time(), now)
}

// holds is the strict rule for a key that still signs.
func (k key) holds(at, now time.Time) bool {
	until := k.until
	if latest := now.Add(furthest); until.After(latest) {
		until = latest
	}
	return !at.After(until)
}
