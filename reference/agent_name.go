package reference

import (
	"strconv"
	"strings"
)

// connectionName is what nameOfConnection was asked last, and its answer.
type connectionName struct {
	host, localAddress, socketPath string
	port, family                   int
	name                           string
}

// nameOfConnection is the default of Agent.GetName for an HTTP agent. Most requests of an agent go to where the last one
// went, and need no new text.
func (a *Agent) nameOfConnection(options *RequestOptions) string {
	asked := connectionName{options.Host, options.LocalAddress, options.SocketPath, options.Port, options.Family, ""}
	if last := a.lastName.Load(); last != nil {
		asked.name = last.name
		if *last == asked {
			return last.name
		}
	}
	asked.name = a.b.nameOfConnection(options)
	known := asked
	a.lastName.Store(&known)
	return known.name
}

// nameOfConnection is what two requests must have in common to use the same connection.
func (b *behaviours) nameOfConnection(options *RequestOptions) string {
	var name strings.Builder
	if options.Host == "" {
		name.WriteString("localhost")
	} else {
		name.WriteString(options.Host)
	}
	name.WriteByte(':')
	if options.Port != 0 {
		name.WriteString(strconv.Itoa(options.Port))
	}
	name.WriteByte(':')
	name.WriteString(options.LocalAddress)
	if options.Family == 4 || options.Family == 6 {
		name.WriteByte(':')
		name.WriteString(strconv.Itoa(options.Family))
	}
	if options.SocketPath != "" && b.socketPathInName {
		name.WriteByte(':')
		name.WriteString(options.SocketPath)
	}
	return name.String()
}

// nameOfTLSConnection is the default of Agent.GetName for an HTTPS agent. The fields are separated by colons, empty
// ones included, in the order in which the edition learned them.
func (b *behaviours) nameOfTLSConnection(options *RequestOptions) string {
	fields := b.tlsNameFields
	t := options.TLS
	if t == nil {
		t = &TLSOptions{}
	}
	parts := []string{b.nameOfConnection(options), t.CA, t.Cert}
	if fields >= tlsNameWithContext {
		parts = append(parts, t.ClientCertEngine)
	}
	parts = append(parts, t.Ciphers, t.Key, t.PFX, nameOfBool(t.RejectUnauthorized))
	serverName := t.ServerName
	if serverName == options.Host {
		serverName = ""
	}
	parts = append(parts, serverName)
	if fields >= tlsNameWithVersions {
		parts = append(parts, t.MinVersion, t.MaxVersion)
	}
	if fields >= tlsNameWithContext {
		secureOptions := ""
		if t.SecureOptions != 0 {
			secureOptions = strconv.Itoa(t.SecureOptions)
		}
		parts = append(parts, t.SecureProtocol, t.CRL, nameOfBool(t.HonorCipherOrder), t.ECDHCurve, t.DHParam,
			secureOptions, t.SessionIDContext)
	}
	return strings.Join(parts, ":")
}

func nameOfBool(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

// tlsNameFields says which of the TLS options an edition's HTTPS agent looks at.
type tlsNameFields int

const (
	tlsNameBasic        tlsNameFields = iota // CA, certificate, ciphers, key, PFX, rejectUnauthorized, servername
	tlsNameWithContext                       // and everything else that makes up a secure context
	tlsNameWithVersions                      // and the protocol versions
)
