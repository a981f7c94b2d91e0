package reference

import "slices"

var methodsOfAll = []string{
	"ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "M-SEARCH", "MERGE",
	"MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE",
	"PUT", "REBIND", "REPORT", "SEARCH", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
}

// Methods returns the request methods that the parser accepts, sorted.
func Methods(edition Edition) []string {
	behaviours := behavioursOf(edition)
	methods := slices.Clone(methodsOfAll)
	if behaviours.methodSource {
		methods = append(methods, "SOURCE")
	}
	if behaviours.methodPRI {
		methods = append(methods, "PRI")
	}
	slices.Sort(methods)
	return methods
}
