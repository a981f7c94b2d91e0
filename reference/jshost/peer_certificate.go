package jshost

import (
	"crypto/tls"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
)

// installPeerCertificate gives sockets that speak TLS the method getPeerCertificate; others have none.
func (h *Host) installPeerCertificate() {
	get := h.vm.ToValue(h.guarded(func(call goja.FunctionCall) goja.Value {
		secure, ok := secureStreamOf(this[*reference.Socket](h, call))
		if !ok {
			return goja.Null()
		}
		return h.peerCertificate(secure)
	}))
	h.property(h.prototype(h.classes.socket), "getPeerCertificate", func(object goja.Value) goja.Value {
		if socket, ok := valueOf[*reference.Socket](h, object); ok {
			if _, ok := secureStreamOf(socket); ok {
				return get
			}
		}
		return goja.Undefined()
	}, nil)
}

func secureStreamOf(socket *reference.Socket) (*tls.Conn, bool) {
	secure, ok := socket.Stream().(*tls.Conn)
	return secure, ok
}

// peerCertificate describes the certificate that the peer showed; the object is empty when it showed none.
func (h *Host) peerCertificate(secure *tls.Conn) goja.Value {
	object := h.vm.NewObject()
	shown := secure.ConnectionState().PeerCertificates
	if len(shown) == 0 {
		return object
	}
	certificate := shown[0]
	_ = object.Set("subject", h.distinguishedName(certificate.Subject))
	_ = object.Set("issuer", h.distinguishedName(certificate.Issuer))
	names := make([]string, 0, len(certificate.DNSNames)+len(certificate.IPAddresses))
	for _, name := range certificate.DNSNames {
		names = append(names, "DNS:"+name)
	}
	for _, address := range certificate.IPAddresses {
		names = append(names, "IP Address:"+address.String())
	}
	if len(names) > 0 {
		_ = object.Set("subjectaltname", strings.Join(names, ", "))
	}
	_ = object.Set("valid_from", certificateTime(certificate.NotBefore))
	_ = object.Set("valid_to", certificateTime(certificate.NotAfter))
	_ = object.Set("serialNumber", fmt.Sprintf("%X", certificate.SerialNumber))
	_ = object.Set("raw", h.buffer(certificate.Raw))
	return object
}

func (h *Host) distinguishedName(name pkix.Name) *goja.Object {
	object := h.vm.NewObject()
	set := func(key string, values []string) {
		if len(values) > 0 {
			_ = object.Set(key, values[0])
		}
	}
	set("C", name.Country)
	set("ST", name.Province)
	set("L", name.Locality)
	set("O", name.Organization)
	set("OU", name.OrganizationalUnit)
	if name.CommonName != "" {
		_ = object.Set("CN", name.CommonName)
	}
	return object
}

// certificateTime writes a time as OpenSSL does.
func certificateTime(t time.Time) string { return t.UTC().Format("Jan _2 15:04:05 2006 GMT") }
