package reference

import "github.com/nodehttp/conform/reference/internal/http1"

// NewOutgoingMessage makes a message that is neither a request nor a response: headers can be set and asked for, and
// what would render them is the error ERR_METHOD_NOT_IMPLEMENTED. executor may be nil.
func NewOutgoingMessage(edition Edition, executor Executor) *OutgoingMessage {
	m := &OutgoingMessage{}
	m.prepare(bareKind{m}, behavioursOf(edition), newStrand(executor), &http1.Dates{})
	return m
}

// bareKind is the outgoingKind of such a message.
type bareKind struct{ message *OutgoingMessage }

func (k bareKind) implicitHeader() error {
	return k.message.behaviours.coded("ERR_METHOD_NOT_IMPLEMENTED", nameError,
		"The _implicitHeader() method is not implemented")
}

func (bareKind) messageEnded()     {}
func (bareKind) messageFinished()  {}
func (bareKind) messageLost()      {}
func (bareKind) pendingOutput(int) {}
