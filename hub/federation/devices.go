package federation

import (
	"context"
	"encoding/json"
	"strings"

	"panah/hub/device"
	"panah/hub/fault"
	"panah/hub/store"
)

// deviceRoutes are what other servers' people need to encrypt for people of this hub ("Device Management", "End-to-End Encryption").
func (s *Server) deviceRoutes() []route {
	return []route{
		{"GET", v1 + "/user/devices/{userId}", proven, 0, s.devices},
		{"POST", v1 + "/user/keys/query", proven, 0, s.queryKeys},
		{"POST", v1 + "/user/keys/claim", proven, 0, s.claimKeys},
	}
}

// deviceKinds are what servers tell of devices beside events.
var deviceKinds = []string{device.TypeToDevice, device.TypeList, device.TypeSigning}

// takeOfDevices takes in one kind of what a server tells of its people's devices.
func (s *Server) takeOfDevices(kind string) take {
	return func(ctx context.Context, v *visit, content json.RawMessage) error {
		return s.Devices.Take(ctx, v.origin, kind, content, func(tx *store.Tx, userID string) (bool, error) { return s.mayKnow(tx, v.origin, userID) })
	}
}

func (s *Server) devices(c *Call) (any, error) {
	user := c.Path("userId")
	known, err := known(s, c, map[string]bool{user: true})
	if err != nil {
		return nil, err
	}
	if !known[user] {
		return nil, fault.NotFound("error.unknown_person")
	}
	return s.Devices.List(c.Context(), user)
}

func (s *Server) queryKeys(c *Call) (any, error) {
	var in struct {
		Devices map[string][]string `json:"device_keys"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	asked, err := known(s, c, in.Devices)
	if err != nil {
		return nil, err
	}
	found, err := s.Devices.Known(c.Context(), "", asked)
	if err != nil {
		return nil, err
	}
	return map[string]any{"device_keys": found.Devices, "master_keys": found.Master, "self_signing_keys": found.SelfSigning}, nil
}

func (s *Server) claimKeys(c *Call) (any, error) {
	var in struct {
		Wanted device.Wanted `json:"one_time_keys"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	wanted, err := known(s, c, in.Wanted)
	if err != nil {
		return nil, err
	}
	given, err := s.Devices.Give(c.Context(), wanted)
	return map[string]any{"one_time_keys": given}, err
}

// known leaves of what a server asks what concerns people of this hub of whom it may know. Others are left out, as if there were none.
func known[T any](s *Server, c *Call, asked map[string]T) (map[string]T, error) {
	left := map[string]T{}
	err := s.DB.Read(c.Context(), func(tx *store.Tx) error {
		for user, what := range asked {
			if !strings.HasSuffix(user, ":"+s.name) {
				continue
			}
			may, err := s.mayKnow(tx, c.Origin, user)
			if err != nil {
				return err
			}
			if may {
				left[user] = what
			}
		}
		return nil
	})
	return left, err
}
