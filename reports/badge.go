package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

const badgeLabel = "node http"

// Badge draws the score as an SVG: the clauses held of those that were tested.
// Several streams count together.
func Badge(w io.Writer, source Source) error {
	message, color, err := badge(source)
	if err != nil {
		return err
	}
	left, right := textWidth(badgeLabel)+12, textWidth(message)+12
	_, err = fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-label="%[2]s: %[3]s">
  <title>%[2]s: %[3]s</title>
  <clipPath id="corners"><rect width="%[1]d" height="20" rx="3"/></clipPath>
  <g clip-path="url(#corners)">
    <rect width="%[4]d" height="20" fill="#444"/>
    <rect x="%[4]d" width="%[5]d" height="20" fill="%[6]s"/>
  </g>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
    <text x="%[7]d" y="14" textLength="%[8]d">%[2]s</text>
    <text x="%[9]d" y="14" textLength="%[10]d">%[3]s</text>
  </g>
</svg>
`, left+right, badgeLabel, svgText(message), left, right, badgeColors[color], left/2, left-12, left+right/2, right-12)
	return err
}

// BadgeJSON writes what badge services read from an endpoint.
func BadgeJSON(w io.Writer, source Source) error {
	message, color, err := badge(source)
	if err != nil {
		return err
	}
	data, err := encode(struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
	}{1, badgeLabel, message, color})
	if err == nil {
		_, err = w.Write(append(data, '\n'))
	}
	return err
}

// White text stands out from all of them.
var badgeColors = map[string]string{
	"brightgreen": "#2b7a0b", "green": "#4d7c0f", "yellow": "#92660a", "orange": "#b45309", "red": "#b91c1c", "lightgrey": "#6b6b6b",
}

func badge(source Source) (message, color string, err error) {
	all, err := Summarize(source)
	if err != nil {
		return "", "", err
	}
	var score Score
	incomplete := false
	for _, summary := range all {
		one := summary.Score(nil)
		score.Held += one.Held
		score.Tested += one.Tested
		incomplete = incomplete || summary.Footer.Incomplete != ""
	}
	message = fmt.Sprintf("%d of %d clauses", score.Held, score.Tested)
	switch {
	case incomplete:
		return "incomplete", "lightgrey", nil
	case score.Tested == 0:
		return "nothing tested", "lightgrey", nil
	case score.Held == score.Tested:
		return message, "brightgreen", nil
	case score.Percent() >= 95:
		return message, "green", nil
	case score.Percent() >= 85:
		return message, "yellow", nil
	case score.Percent() >= 70:
		return message, "orange", nil
	}
	return message, "red", nil
}

// textWidth is about what the text takes in Verdana of 11 pixels. The text is
// fitted to it, so it need not be exact.
func textWidth(text string) int {
	width := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ijlft ", r):
			width += 4.2
		case r == 'm' || r == 'w':
			width += 9.6
		default:
			width += 7
		}
	}
	return int(width)
}

func svgText(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text))
	return b.String()
}
