package main

import (
	"fmt"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// scriptData writes a wire script as plain data, in the shape of the files. It
// is what explain shows and what a reproduction plays.
func scriptData(steps []vectors.Step) []any {
	list := make([]any, len(steps))
	on := "main"
	for i, step := range steps {
		data := map[string]any{}
		switch {
		case step.Connect:
			list[i] = map[string]any{"connect": step.On}
			on = step.On
			continue
		case step.Accept:
			list[i] = map[string]any{"accept": step.On}
			on = step.On
			continue
		case step.Send != nil:
			data["send"] = sendData(step.Send)
		case step.HalfClose:
			data["halfClose"] = true
		case step.Close:
			data["close"] = true
		case step.Reset:
			data["reset"] = true
		case step.StopListening:
			data["stopListening"] = true
		case step.Signal != nil && step.Signal.Value == nil:
			data["signal"] = step.Signal.Name
		case step.Signal != nil:
			data["signal"] = map[string]any{step.Signal.Name: step.Signal.Value}
		case step.Mark != "":
			data["mark"] = step.Mark
		case step.Receive != nil:
			data["receive"] = messageData(step.Receive)
		case step.ReceiveHead != nil:
			data["receiveHead"] = messageData(step.ReceiveHead)
		case step.ReceiveBytes != nil:
			data["receive"] = *step.ReceiveBytes
		case step.Closed != nil:
			data[string(step.Closed.How)] = closedData(step.Closed)
		case step.Silent > 0:
			data["silent"] = step.Silent.String()
		case step.Recorded != "":
			data["recorded"] = step.Recorded
		case step.Connections != nil:
			data["connections"] = *step.Connections
		case step.AnyOf != nil:
			var alternatives []any
			for _, alternative := range step.AnyOf {
				steps := scriptData(alternative.Steps)
				if alternative.Erratum != "" {
					alternatives = append(alternatives, map[string]any{"erratum": alternative.Erratum, "steps": steps})
				} else {
					alternatives = append(alternatives, steps)
				}
			}
			data["anyOf"] = alternatives
		}
		if step.On != on {
			data["on"] = step.On
			on = step.On
		}
		list[i] = data
	}
	return list
}

func sendData(segments []vectors.Segment) any {
	var list []any
	for _, segment := range segments {
		switch {
		case segment.Pause > 0:
			list = append(list, map[string]any{"pause": segment.Pause.String()})
		case segment.Repeat > 1:
			list = append(list, map[string]any{"repeat": segment.Bytes, "times": segment.Repeat})
		default:
			list = append(list, segment.Bytes)
		}
	}
	if len(list) == 1 {
		if text, ok := list[0].(string); ok {
			return text
		}
	}
	return list
}

func closedData(closed *vectors.Closed) any {
	data := map[string]any{}
	for name, bound := range map[string]time.Duration{"after": closed.After, "before": closed.Before} {
		if bound > 0 {
			data[name] = bound.String()
		}
	}
	if closed.Since != "" {
		data["since"] = closed.Since
	}
	if len(data) == 0 {
		return true
	}
	return data
}

func messageData(message *vectors.Message) any {
	data := map[string]any{}
	for name, pattern := range map[string]any{
		"method": message.Method, "target": message.Target, "status": message.Status, "reason": message.Reason,
		"version": message.Version, "rawHeaders": message.RawHeaders, "body": message.Body,
	} {
		if pattern != nil {
			data[name] = pattern
		}
	}
	for name, text := range map[string]string{"to": message.To, "framing": message.Framing} {
		if text != "" {
			data[name] = text
		}
	}
	for name, fields := range map[string][]vectors.NamedValues{"headers": message.Headers, "trailers": message.Trailers} {
		if fields == nil {
			continue
		}
		values := map[string]any{}
		for _, field := range fields {
			values[field.Name] = field.Values
		}
		data[name] = values
	}
	if message.Absent != nil {
		data["absent"] = message.Absent
	}
	if message.Raw != nil {
		data["raw"] = *message.Raw
	}
	return data
}

// recordData writes expected records in the shape of the files.
func recordData(patterns []vectors.RecordPattern) []any {
	list := []any{}
	for _, pattern := range patterns {
		switch {
		case pattern.AnyOf != nil:
			var runs []any
			for _, run := range pattern.AnyOf {
				runs = append(runs, recordData(run))
			}
			list = append(list, map[string]any{"$anyOf": runs})
		case pattern.Unordered != nil:
			list = append(list, map[string]any{"$unordered": recordData(pattern.Unordered)})
		case pattern.HasValue:
			list = append(list, map[string]any{pattern.Label: pattern.Value})
		default:
			list = append(list, pattern.Label)
		}
	}
	return list
}

// scriptLines writes a wire script for people, one step a line.
func scriptLines(steps []vectors.Step, indent string) []string {
	var lines []string
	for i, data := range scriptData(steps) {
		if steps[i].AnyOf == nil {
			lines = append(lines, indent+stepText(data))
			continue
		}
		lines = append(lines, indent+"anyOf")
		for _, alternative := range steps[i].AnyOf {
			name := "permitted"
			if alternative.Erratum != "" {
				name = "by the erratum of " + alternative.Erratum
			}
			lines = append(lines, fmt.Sprintf("%s  %s:", indent, name))
			lines = append(lines, scriptLines(alternative.Steps, indent+"    ")...)
		}
	}
	return lines
}

func stepText(data any) string {
	object, ok := data.(map[string]any)
	if !ok {
		return vectors.Show(data)
	}
	text := ""
	on := ""
	for key, value := range object {
		switch {
		case key == "on":
			on = fmt.Sprintf("  (on %v)", value)
		case value == true:
			text = key
		default:
			text = key + ": " + vectors.Show(value)
		}
	}
	return text + on
}
