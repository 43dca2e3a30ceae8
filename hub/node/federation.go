package node

import "panah/hub/federation"

// buildFederation makes the doors for other servers, if the operator federates with any.
func (n *Node) buildFederation() error {
	allow, err := federation.ParseAllow(n.cfg.FederateWith)
	if err != nil {
		return configFault("error.config_value", "PANAH_FEDERATE_WITH")
	}
	if allow.Anybody() {
		n.federate = federation.NewServer(federation.Deps{
			Ring: n.ring, Allow: allow, Version: Version, PublicURL: n.cfg.PublicURL, Now: n.cfg.Now, Log: n.log,
		})
	}
	return nil
}
