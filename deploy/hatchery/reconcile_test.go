package hatchery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func item(user, phase string, age time.Duration) string {
	return fmt.Sprintf(`{"id":"x","user":%q,"phase":%q,"updatedAt":%q}`, user, phase, time.Now().Add(-age).UTC().Format(time.RFC3339))
}

func page(next string, items ...string) answer {
	return ok(fmt.Sprintf(`{"items":[%s],"nextCursor":%s}`, strings.Join(items, ","), next))
}

func terminated(s *stub) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var users []string
	for _, call := range s.calls {
		if call.path == "/hatchery/terminate" {
			users = append(users, fmt.Sprint(call.body["user"]))
		}
	}
	return users
}

func TestWhoHasNoPodIsTerminated(t *testing.T) {
	s := newStub(t,
		page(`"c 2"`, item("o'neil", "running", time.Hour), item("with-pod", "running", time.Hour)),
		answer{status: http.StatusAccepted, body: `{}`},
		page(`null`, item("launching", "launching", time.Hour), item("young", "running", time.Minute), item("gone", "running", time.Hour)),
		answer{status: http.StatusNoContent})
	var asked []string
	err := reconcileNextflow(context.Background(), func(_ context.Context, userName string) (bool, error) {
		asked = append(asked, userName)
		return userName == "with-pod", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := terminated(s); !slices.Equal(got, []string{"o'neil", "gone"}) {
		t.Errorf("terminated %q", got)
	}
	// By the names as Hatchery has them.
	if !slices.Equal(asked, []string{"o&#39;neil", "with-pod", "gone"}) {
		t.Errorf("asked for %q", asked)
	}
	if s.calls[2].query != "cursor=c+2" {
		t.Error(s.calls[2].query)
	}
}

func TestAnUnknownPodIsLeftAloneAndTheOthersAreNot(t *testing.T) {
	s := newStub(t,
		page(`null`, item("unknown", "running", time.Hour), item("refused", "running", time.Hour), item("gone", "running", time.Hour)),
		problem(409, "OperationInProgress", "its key is being rotated"),
		answer{status: http.StatusAccepted, body: `{}`})
	err := reconcileNextflow(context.Background(), func(_ context.Context, userName string) (bool, error) {
		if userName == "unknown" {
			return false, errors.New("the cluster does not answer")
		}
		return false, nil
	})
	if err == nil || !strings.Contains(err.Error(), "unknown: the cluster") || !strings.Contains(err.Error(), "refused: ") {
		t.Error(err)
	}
	if got := terminated(s); !slices.Equal(got, []string{"refused", "gone"}) {
		t.Errorf("terminated %q", got)
	}
}

// A user who launches between the list and the look for their pod keeps what they have launched.
func TestWhoLaunchesAnewMeanwhileIsLeftAlone(t *testing.T) {
	s := newStub(t,
		page(`null`, item("back", "running", time.Hour), item("gone", "running", 2*time.Hour)),
		problem(http.StatusPreconditionFailed, "PreconditionFailed", "it has changed since"),
		answer{status: http.StatusAccepted, body: `{}`})
	err := reconcileNextflow(context.Background(), func(context.Context, string) (bool, error) { return false, nil })
	if err != nil {
		t.Error(err)
	}
	if got := terminated(s); !slices.Equal(got, []string{"back", "gone"}) {
		t.Errorf("terminated %q", got)
	}
	// Each is meant for what the list said of it.
	for _, call := range s.calls[1:] {
		age := map[string]time.Duration{"back": time.Hour, "gone": 2 * time.Hour}[fmt.Sprint(call.body["user"])]
		since, err := time.Parse(time.RFC3339, fmt.Sprint(call.body["unchangedSince"]))
		if off := time.Since(since) - age; err != nil || off < 0 || off > time.Minute {
			t.Errorf("%v: %v", call.body, err)
		}
	}
	// Whoever presses terminate means whatever there is.
	if err := cleanUpNextflowResources("gone"); err != nil {
		t.Error(err)
	}
	if since, sent := s.calls[3].body["unchangedSince"]; sent {
		t.Errorf("terminates only what has not changed since %v", since)
	}
}

func TestReconcilingGoesOnUntilHatcheryEnds(t *testing.T) {
	s := newStub(t, problem(403, "Denied", "not yet"), page(`null`))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		reconcileNextflowEvery(ctx, time.Millisecond, func(context.Context, string) (bool, error) { return true, nil })
	}()
	for range 3 {
		<-s.arrived
	}
	cancel()
	<-ended
}
