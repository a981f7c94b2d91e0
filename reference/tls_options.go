package reference

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// TLSOptions are the options of a request, or of an agent, that concern the secure connection. Every one of them is
// part of the name by which an HTTPS agent tells connections apart. Those that crypto/tls has no counterpart for
// (ClientCertEngine, PFX, Ciphers, SecureProtocol, CRL, HonorCipherOrder, ECDHCurve, DHParam, SecureOptions,
// SessionIDContext) are part of the name and have no other effect.
type TLSOptions struct {
	CA                 string // trusted certificates, PEM; the system's when empty
	Cert               string // the client's certificate chain, PEM
	Key                string // the private key of Cert, PEM
	RejectUnauthorized *bool  // whether the server's certificate must be valid; nil means true
	ServerName         string // what the server is asked for and verified against; by default taken from the Host header
	MinVersion         string // "TLSv1" to "TLSv1.3"
	MaxVersion         string // "TLSv1" to "TLSv1.3"

	ClientCertEngine string
	Ciphers          string
	PFX              string
	SecureProtocol   string
	CRL              string
	HonorCipherOrder *bool
	ECDHCurve        string
	DHParam          string
	SecureOptions    int
	SessionIDContext string

	// Config is the configuration to start from. It is cloned, and is no part of the agent's name: requests that differ
	// in it need agents of their own.
	Config *tls.Config
}

// Configuration builds what crypto/tls takes for one connection.
func (o *TLSOptions) Configuration() (*tls.Config, error) { return o.config() }

// config builds the configuration of one connection.
func (o *TLSOptions) config() (*tls.Config, error) {
	var config *tls.Config
	if o.Config != nil {
		config = o.Config.Clone()
	} else {
		config = &tls.Config{}
	}
	if o.CA != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(o.CA)) {
			return nil, errors.New("option ca holds no certificate in PEM form")
		}
		config.RootCAs = pool
	}
	if o.Cert != "" {
		certificate, err := tls.X509KeyPair([]byte(o.Cert), []byte(o.Key))
		if err != nil {
			return nil, fmt.Errorf("options cert and key: %w", err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	if o.ServerName != "" {
		config.ServerName = o.ServerName
	}
	if o.RejectUnauthorized != nil {
		config.InsecureSkipVerify = !*o.RejectUnauthorized
	}
	for _, limit := range []struct {
		name   string
		target *uint16
	}{{o.MinVersion, &config.MinVersion}, {o.MaxVersion, &config.MaxVersion}} {
		if limit.name == "" {
			continue
		}
		version, known := tlsVersions[limit.name]
		if !known {
			return nil, fmt.Errorf("unknown TLS version %q", limit.name)
		}
		*limit.target = version
	}
	return config, nil
}

var tlsVersions = map[string]uint16{
	"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}
