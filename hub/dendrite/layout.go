//go:build unix

package dendrite

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The files of a server's folder.
const (
	signingKeyFile     = "matrix_key.pem"
	certificateFile    = "certificate.pem"
	certificateKeyFile = "certificate_key.pem"
)

// configuration has what differs from Dendrite's defaults, and what it does not start without. Nothing in it asks a server outside: by
// default it would fetch keys from one and report to another.
const configuration = `version: 2
global:
  server_name: %q
  private_key: ` + signingKeyFile + `
  jetstream: {in_memory: true, storage_path: ./}
  report_stats: {enabled: false}
client_api:
  registration_disabled: false
  rate_limiting: {enabled: false}
federation_api:
  database: {connection_string: "file:federation.db"}
  # Peers have certificates that they signed themselves.
  disable_tls_validation: true
  prefer_direct_fetch: true
  key_perspectives: []
room_server:
  default_room_version: "11"
  database: {connection_string: "file:rooms.db"}
sync_api:
  database: {connection_string: "file:sync.db"}
  search: {enabled: false}
media_api:
  base_path: ./media
  database: {connection_string: "file:media.db"}
key_server:
  database: {connection_string: "file:keys.db"}
mscs:
  database: {connection_string: "file:mscs.db"}
relay_api:
  database: {connection_string: "file:relay.db"}
user_api:
  bcrypt_cost: 4
  account_database: {connection_string: "file:accounts.db"}
logging:
  - {type: std, level: info}
`

func (s *Server) layOut() error {
	if err := s.makeSigningKey(); err != nil {
		return err
	}
	if err := s.makeCertificate(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.Folder, "dendrite.yaml"), fmt.Appendf(nil, configuration, s.Name), 0o600)
}

// makeSigningKey writes the key with which the server signs events, as its own cmd/generate-keys does.
func (s *Server) makeSigningKey() error {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	return s.writePEM(signingKeyFile, &pem.Block{Type: "MATRIX PRIVATE KEY", Headers: map[string]string{"Key-ID": "ed25519:dendrite"}, Bytes: seed})
}

// makeCertificate writes the certificate that the server shows to its peers: for loopback, signed by itself. Certificate says where it is.
func (s *Server) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := s.writePEM(certificateFile, &pem.Block{Type: "CERTIFICATE", Bytes: certificate}); err != nil {
		return err
	}
	return s.writePEM(certificateKeyFile, &pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

func (s *Server) writePEM(name string, block *pem.Block) error {
	return os.WriteFile(filepath.Join(s.Folder, name), pem.EncodeToMemory(block), 0o600)
}

// Certificate is the path of the certificate by which its peers know it, in PEM.
func (s *Server) Certificate() string { return filepath.Join(s.Folder, certificateFile) }
