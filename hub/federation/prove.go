package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/room"
)

const (
	scheme = "X-Matrix"
	// maxProofs bounds the Authorization headers of a request: there is one for each key, and servers have one, or two while they
	// change it.
	maxProofs = 4
	// maxProof bounds one of them, in bytes: two server names, the id of a key and 86 letters of a signature.
	maxProof = 1024
)

// proof is one Authorization header.
type proof struct {
	origin, destination, key, sig string
}

// errProof is all that a header which cannot be read is told.
var errProof = errors.New("the Authorization header is no X-Matrix proof")

// parseProof reads one header ("Request Authentication"): parameters by name, quoted or not, in any order, none of them twice.
// Parameters that nobody knows are left out.
func parseProof(header string) (p proof, err error) {
	if len(header) > maxProof {
		return p, errProof
	}
	word, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(word, scheme) {
		return p, errProof
	}
	known := map[string]*string{"origin": &p.origin, "destination": &p.destination, "key": &p.key, "sig": &p.sig}
	for _, parameter := range strings.Split(rest, ",") {
		name, value, found := strings.Cut(strings.Trim(parameter, " \t"), "=")
		if !found {
			return proof{}, errProof
		}
		into := known[strings.ToLower(strings.TrimRight(name, " \t"))]
		if into == nil {
			continue
		}
		if *into != "" {
			return proof{}, errProof
		}
		if *into, err = unquote(strings.TrimLeft(value, " \t")); err != nil {
			return proof{}, err
		}
	}
	if p.origin == "" || p.key == "" || p.sig == "" {
		return proof{}, errProof
	}
	return p, nil
}

// unquote reads a token or a quoted string. None of the four values may hold what would have to be escaped.
func unquote(value string) (string, error) {
	if strings.HasPrefix(value, `"`) {
		inner, closed := strings.CutSuffix(value[1:], `"`)
		if !closed {
			return "", errProof
		}
		value = inner
	}
	foreign := func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }
	if strings.ContainsFunc(value, foreign) {
		return "", errProof
	}
	return value, nil
}

// proofs reads all headers of a request. They are of one origin and for one destination.
func proofs(headers []string) (origin, destination string, sigs map[string]string, err error) {
	if len(headers) == 0 || len(headers) > maxProofs {
		return "", "", nil, errProof
	}
	sigs = map[string]string{}
	for i, header := range headers {
		p, err := parseProof(header)
		if err != nil {
			return "", "", nil, err
		}
		if i > 0 && (p.origin != origin || p.destination != destination) {
			return "", "", nil, errProof
		}
		origin, destination, sigs[p.key] = p.origin, p.destination, p.sig
	}
	return origin, destination, sigs, nil
}

// signed is what the other server signed ("Request Authentication").
type signed struct {
	Content     json.RawMessage              `json:"content,omitempty"`
	Destination string                       `json:"destination"`
	Method      string                       `json:"method"`
	Origin      string                       `json:"origin"`
	URI         string                       `json:"uri"`
	Signatures  map[string]map[string]string `json:"signatures"`
}

// prove finds out which server calls, and reads what it sent. Whoever is not on the list costs no more than the reading of a header.
func (s *Server) prove(c *Call, most int64) error {
	origin, destination, sigs, err := proofs(c.r.Header["Authorization"])
	if err != nil {
		return unauthorised(err)
	}
	if destination != "" && destination != s.name {
		return unauthorised(fmt.Errorf("the request is for %q", destination))
	}
	if origin == s.name || !s.Allow.Admits(origin) {
		return fault.Forbidden("error.federation_refused")
	}
	if err := s.take(c, origin, most); err != nil {
		return err
	}
	if err := s.proved(c, origin, sigs); err != nil {
		return err
	}
	c.Origin = origin
	return nil
}

// proved checks what was sent against the signatures. Nearly all servers send the canonical form, the one that is signed, so it is tried as
// it came. Only else is it made canonical, which takes time that grows with the body's size times its depth.
func (s *Server) proved(c *Call, origin string, sigs map[string]string) error {
	message, err := canonical(c.Body, s.name, c.r.Method, origin, c.r.RequestURI)
	if err != nil {
		return fault.NotJSON().Because(err)
	}
	if s.Ring.VerifyMessage(c.Context(), origin, s.Now(), message, sigs) == nil {
		return nil
	}
	if room.Nested(c.Body) > room.NestingMost {
		return unauthorised(errors.New("the body nests too deep for what is not canonical"))
	}
	if message, err = json.Marshal(signed{c.Body, s.name, c.r.Method, origin, c.r.RequestURI, map[string]map[string]string{origin: sigs}}); err != nil {
		return fault.NotJSON().Because(err)
	}
	results, err := s.keys.VerifyJSONs(c.Context(), []gomatrixserverlib.VerifyJSONRequest{{
		ServerName: spec.ServerName(origin), AtTS: spec.AsTimestamp(s.Now()), Message: message,
	}})
	if err != nil {
		return fmt.Errorf("check a request's signature: %w", err)
	}
	if results[0].Error != nil {
		return unauthorised(results[0].Error)
	}
	return nil
}

// canonical is what a server signs of a request whose body is canonical already: members by their names, without their signatures.
func canonical(body []byte, destination, method, origin, uri string) ([]byte, error) {
	var message bytes.Buffer
	encoder := json.NewEncoder(&message)
	encoder.SetEscapeHTML(false)
	message.WriteByte('{')
	if len(body) > 0 {
		message.WriteString(`"content":`)
		message.Write(body)
		message.WriteByte(',')
	}
	for i, member := range [][2]string{{"destination", destination}, {"method", method}, {"origin", origin}, {"uri", uri}} {
		if i > 0 {
			message.WriteByte(',')
		}
		fmt.Fprintf(&message, "%q:", member[0])
		if err := encoder.Encode(member[1]); err != nil {
			return nil, err
		}
		message.Truncate(message.Len() - 1) // the line's end
	}
	message.WriteByte('}')
	return message.Bytes(), nil
}

func unauthorised(cause error) error {
	return fault.New(http.StatusUnauthorized, "M_UNAUTHORIZED", "error.federation_unproven").Because(cause)
}
