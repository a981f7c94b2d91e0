package reports

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the page's script does can only be seen in a browser. This is a test
// where there is one.
func TestPageInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium on PATH")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, rendered(t, "html", append(everyVerdictStream(t), otherTargetStream(t)...)), 0o644); err != nil {
		t.Fatal(err)
	}
	load := func(fragment string) string {
		command := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu",
			"--user-data-dir="+t.TempDir(), "--virtual-time-budget=1000", "--dump-dom", "file://"+file+fragment)
		page, err := command.Output()
		if err != nil {
			t.Skipf("chromium cannot run here: %v", err)
		}
		return string(page)
	}
	t.Run("the filters count what they show", func(t *testing.T) {
		page := load("")
		if !strings.Contains(page, `aria-live="polite">4 of 4 clauses<`) {
			t.Error("the number of clauses is not told")
		}
		if strings.Contains(page, `<form hidden`) {
			t.Error("the filters are not shown")
		}
		if strings.Contains(page, `<tr class="detail">`) {
			t.Error("a cell is open that nobody asked for")
		}
	})
	t.Run("a link to a cell opens it", func(t *testing.T) {
		_, detail, found := strings.Cut(load("#server.trial/stated@@node@12.22.9"), `<tr class="detail">`)
		detail, _, _ = strings.Cut(detail, `<tr role="row"`)
		if !found || !strings.Contains(detail, "server.trial/stated, node@12.22.9: fail") || strings.Count(detail, `class="vector"`) != 5 {
			t.Errorf("the detail of the cell is %q", detail)
		}
		if !strings.Contains(detail, "alert(1)") || strings.Contains(detail, "<script>") {
			t.Error("the program is not shown as text")
		}
	})
	t.Run("a link to a cell whose name has odd characters", func(t *testing.T) {
		if page := load("#server.trial%2Fstated%40%40node%4012.22.9"); !strings.Contains(page, `<tr class="detail">`) {
			t.Error("the cell is not open")
		}
	})
}
