package target

import (
	"context"
	"fmt"
	"strings"

	"github.com/nodehttp/conform/harness/adapter"
	"github.com/nodehttp/conform/vectors"
)

// AdapterCommand is the target that an adapter command runs programs in. The
// command is split into words as [SplitCommand] says; no shell is involved. The
// error is a [*CommandError].
func AdapterCommand(command string, options ProcessOptions) (Target, error) {
	words, err := SplitCommand(command)
	if err != nil {
		return nil, err
	}
	return Adapter("adapter: "+command, adapter.Command{Path: words[0], Args: words[1:]}, options), nil
}

// Adapter is the target that the adapter started by a command runs programs in,
// under a name for reports.
func Adapter(name string, command adapter.Command, options ProcessOptions) Target {
	t := newAdapterTarget(name, options)
	t.prepare = func(context.Context) (adapter.Command, error) { return command, nil }
	t.edition = func(implementation adapter.Implementation) vectors.Edition {
		return DefaultEdition(implementation.Name, implementation.Version)
	}
	return t
}

// A CommandError says why a command line cannot be split into words.
type CommandError struct {
	Command string
	Problem string
}

func (e *CommandError) Error() string { return fmt.Sprintf("the command %q %s", e.Command, e.Problem) }

// SplitCommand splits a command line into words, without a shell: spaces, tabs
// and newlines separate words; 'single quotes' keep everything as it stands;
// "double quotes" keep everything but a backslash before " or \, which it
// protects. Outside quotes a backslash protects the next character. Quoted and
// unquoted parts that touch are one word. Nothing else is special: no variables,
// no globs, no pipes.
func SplitCommand(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	quote := rune(0)
	escaped := false
	for _, r := range command {
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case strings.ContainsRune(" \t\r\n", r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case quote != 0:
		return nil, &CommandError{command, fmt.Sprintf("lacks a closing %c", quote)}
	case escaped:
		return nil, &CommandError{command, "ends in a backslash that protects nothing"}
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, &CommandError{command, "names no program"}
	}
	return words, nil
}
