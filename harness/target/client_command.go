package target

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// maxClientOutput bounds what is kept of a client command's standard output.
const maxClientOutput = 1 << 20

// NewClientCommand returns the black box that is started by a command line and
// behaves as the client app of that name says. The command is split into words
// as a shell would, with quotes and backslashes but nothing else of a shell;
// {url} in it stands for the URL to ask.
func NewClientCommand(command string, app *vectors.App) (Target, error) {
	words, err := SplitCommand(command)
	switch {
	case err != nil:
		return nil, err
	case !strings.Contains(strings.Join(words[1:], " "), "{url}"):
		return nil, fmt.Errorf("the client command %q needs {url} where the URL belongs", command)
	case app.Side != vectors.ClientSide:
		return nil, fmt.Errorf("the app %s is a server; a client command stands in for a client app", app.Name)
	}
	return &blackClient{command: command, words: words, app: app.Name}, nil
}

type blackClient struct {
	command string
	words   []string
	app     string
	running sync.WaitGroup
}

// Describe looks the command up, so that one that does not exist is told apart
// from one that fails every vector.
func (c *blackClient) Describe(context.Context) (Description, error) {
	if _, err := exec.LookPath(c.words[0]); err != nil {
		return Description{}, fmt.Errorf("the client command cannot be started: %w", err)
	}
	return Description{
		Name:           c.command,
		Implementation: "client",
		Version:        c.app,
		Edition:        vectors.V12,
		MaxInFlight:    16, // each is a process
	}, nil
}

func (c *blackClient) Applicable(v *vectors.Vector) string { return applicableToApp(v, c.app) }

func (c *blackClient) Start(_ context.Context, run Run) (Session, error) {
	address := "http://" + net.JoinHostPort(run.Bindings.Host, strconv.Itoa(run.Bindings.Port)) + "/"
	words := make([]string, len(c.words))
	for i, word := range c.words {
		words[i] = strings.ReplaceAll(word, "{url}", address)
	}
	ctx, cancel := context.WithCancel(context.Background())
	output := &boundedOutput{}
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdout = output
	command.WaitDelay = time.Second // for a grandchild that keeps standard output open
	command.Env = append(os.Environ(), "NO_PROXY=*", "no_proxy=*")
	if err := command.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("the client command cannot be started: %w", err)
	}
	session := &clientSession{shortSession: newShortSession()}
	session.end = cancel
	c.running.Go(func() {
		defer cancel()
		err := command.Wait()
		session.exit(err, output.String())
	})
	return session, nil
}

func (c *blackClient) Close() error {
	c.running.Wait()
	return nil
}

type clientSession struct {
	*shortSession

	mu   sync.Mutex
	over bool // Finish or Cancel was called: what follows is the harness's doing
}

// exit records what the app would have.
func (s *clientSession) exit(err error, output string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	record := &Record{Label: "failed", Time: time.Now()}
	if err == nil {
		if strings.HasPrefix(output, "$") {
			output = "$" + output
		}
		record.Label, record.HasValue, record.Value = "body", true, output
	}
	s.events <- Event{Record: record}
}

func (s *clientSession) markOver() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

// Finish gives the command no more time: a vector that wants its outcome has
// waited for the record.
func (s *clientSession) Finish() error {
	s.markOver()
	return s.shortSession.Finish()
}

func (s *clientSession) Cancel() {
	s.markOver()
	s.shortSession.Cancel()
}

// boundedOutput keeps the beginning of what is written to it.
type boundedOutput struct {
	strings.Builder
}

func (o *boundedOutput) Write(p []byte) (int, error) {
	o.Builder.Write(p[:min(len(p), maxClientOutput-o.Len())])
	return len(p), nil
}
