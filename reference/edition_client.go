package reference

// clientBehaviours is the client's and the agent's part of behaviours.
type clientBehaviours struct {
	// Options and errors.
	legacyURL             bool // URLs are read by the rules of url.parse, credentials are decoded
	urlWithOptions        bool // a URL can be followed by options
	pathRejectsSpaceOnly  bool // a space is the only character that a path may not have
	requestTimeoutOption  bool // there is a timeout option
	timeoutCalledMsecs    bool // errors call it "msecs"
	portErrorExcludesZero bool // errors say that port 0 is none
	insecureParserOption  bool // there is an insecureHTTPParser option

	// Requests.
	keepAliveDecidedLate        bool // a header block that is rendered at once says keep-alive, whatever the agent does
	traceHasBody                bool // TRACE has a chunked body by default
	timeoutClearedAtOnce        bool // SetTimeout(0) does not wait, so that an earlier call that waits wins
	timeoutWaitsForConnect      bool // the time of SetTimeout begins when the connection stands
	reusedSocket                bool // requests know that their socket was used before
	unconnectedWriteWaits       bool // a write before there is a socket reports that the writer should wait
	onlyContinueIsInformational bool // of the statuses 1xx only 100 is followed by another response
	informationEvents           bool // there is EventInformation
	informationHasOnlyStatus    bool // and it shows the status only
	closeBeforeConsequences     bool // EventClose of a request comes before what its socket's end does to the response
	abortedResponseEnds         bool // an aborted response emits EventEnd, after EventClose of its request

	// Agents.
	agentMaxSockets        int  // default of maxSockets
	agentAlwaysAsksToKeep  bool // requests ask to keep the connection even if the agent never keeps one
	agentHooks             bool // KeepSocketAlive and ReuseSocket are called
	agentScheduling        bool // there is a scheduling option
	agentTotalLimit        bool // there is a maxTotalSockets option
	agentTimeoutNotifies   bool // an agent's timeout makes its requests emit EventTimeout
	freeSocketTimeout      bool // a free socket that times out is destroyed
	socketPathInName       bool // the path of a Unix domain socket is part of a connection's name
	socketPathOutsideAgent bool // a request over a Unix domain socket uses the agent's CreateConnection and no pool
	tlsNameFields          tlsNameFields
}

var clientEditions = map[Edition]clientBehaviours{
	V03: {
		legacyURL: true, pathRejectsSpaceOnly: true, keepAliveDecidedLate: true, traceHasBody: true,
		unconnectedWriteWaits: true, onlyContinueIsInformational: true, closeBeforeConsequences: true,
		agentMaxSockets: 5, agentAlwaysAsksToKeep: true, abortedResponseEnds: true, socketPathOutsideAgent: true,
	},
	V6: {
		legacyURL: true, pathRejectsSpaceOnly: true, keepAliveDecidedLate: true, traceHasBody: true,
		unconnectedWriteWaits: true, onlyContinueIsInformational: true, closeBeforeConsequences: true,
		agentMaxSockets: Unlimited, abortedResponseEnds: true, socketPathOutsideAgent: true,
	},
	V10: {
		legacyURL: true, requestTimeoutOption: true, timeoutCalledMsecs: true, portErrorExcludesZero: true,
		traceHasBody: true, timeoutWaitsForConnect: true, timeoutClearedAtOnce: true, unconnectedWriteWaits: true, informationEvents: true,
		informationHasOnlyStatus: true, abortedResponseEnds: true, agentMaxSockets: Unlimited, agentHooks: true,
		socketPathInName: true, tlsNameFields: tlsNameWithContext,
	},
	V12: {
		urlWithOptions: true, requestTimeoutOption: true, insecureParserOption: true, timeoutWaitsForConnect: true,
		reusedSocket: true, informationEvents: true, abortedResponseEnds: true, agentMaxSockets: Unlimited,
		agentHooks: true, agentScheduling: true, agentTotalLimit: true, agentTimeoutNotifies: true,
		freeSocketTimeout: true, socketPathInName: true, tlsNameFields: tlsNameWithVersions,
	},
	V13: {
		urlWithOptions: true, requestTimeoutOption: true, insecureParserOption: true, timeoutWaitsForConnect: true,
		reusedSocket: true, informationEvents: true, agentMaxSockets: Unlimited, agentHooks: true,
		agentTimeoutNotifies: true, freeSocketTimeout: true, socketPathInName: true, tlsNameFields: tlsNameWithVersions,
	},
}
