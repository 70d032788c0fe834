package hatchery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen is a call as it arrived.
type seen struct {
	method, path, query string
	header              http.Header
	body                map[string]any
}

// answer is what the stub of Eyrie says to the next call; cut ends the connection after the call was taken.
type answer struct {
	status     int
	retryAfter string
	body       string
	cut        bool
}

const aKey = `{"accessKeyId":"AKIA","secretAccessKey":"secret"}`

func ok(body string) answer { return answer{status: http.StatusOK, body: body} }
func accepted(retryAfter string) answer {
	return answer{status: http.StatusAccepted, retryAfter: retryAfter, body: `{}`}
}
func problem(status int, code, detail string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"status":%d,"code":%q,"detail":%q,"requestId":"r-1"}`, status, code, detail)}
}

// stub is Eyrie and its issuer: answers in order, the last one for ever. Tokens it has not issued last are refused.
type stub struct {
	t       *testing.T
	mu      sync.Mutex
	calls   []seen
	answers []answer
	tokens  int
	// Of the issuer.
	expiresIn   int
	issuerFails int
	// The token before the newest one is taken, too: it is revoked once a test says so.
	revoked map[string]bool
	arrived chan struct{}
}

// newStub also makes the client of this package talk to it.
func newStub(t *testing.T, answers ...answer) *stub {
	s := &stub{t: t, answers: answers, expiresIn: 3600, revoked: map[string]bool{}, arrived: make(chan struct{}, 1000)}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Setenv("EYRIE_URL", server.URL+"/")
	t.Setenv("EYRIE_TOKEN_URL", server.URL+"/token")
	t.Setenv("EYRIE_CLIENT_ID", "hatchery")
	t.Setenv("EYRIE_CLIENT_SECRET", "s3cret")
	t.Setenv("EYRIE_SCOPES", "openid user")
	before := eyrie
	eyrie = eyrieFromEnvironment()
	eyrie.firstPause, eyrie.longestPause = time.Millisecond, 2*time.Millisecond
	t.Cleanup(func() { eyrie = before })
	return s
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		s.issue(w, r)
		return
	}
	call := seen{method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, header: r.Header.Clone()}
	if r.ContentLength > 0 {
		if err := json.NewDecoder(r.Body).Decode(&call.body); err != nil {
			s.t.Error(err)
		}
	}
	s.mu.Lock()
	s.calls = append(s.calls, call)
	revoked := s.revoked[r.Header.Get("Authorization")]
	next := problem(http.StatusUnauthorized, "Denied", "the token is not valid")
	if !revoked {
		next = s.answers[0]
		if len(s.answers) > 1 {
			s.answers = s.answers[1:]
		}
	}
	s.mu.Unlock()
	s.arrived <- struct{}{}
	if next.cut {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			s.t.Error(err)
			return
		}
		_ = connection.(*net.TCPConn).SetLinger(0)
		connection.Close()
		return
	}
	if next.retryAfter != "" {
		w.Header().Set("Retry-After", next.retryAfter)
	}
	w.WriteHeader(next.status)
	fmt.Fprint(w, next.body)
}

func (s *stub) issue(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	if r.FormValue("grant_type") != "client_credentials" || id != "hatchery" || secret != "s3cret" || r.FormValue("scope") != "openid user" {
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		return
	}
	if s.issuerFails > 0 {
		s.issuerFails--
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	s.tokens++
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":%d}`, s.tokens, s.expiresIn)
}

func (s *stub) revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked["Bearer "+token] = true
}

func (s *stub) header(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var values []string
	for _, call := range s.calls {
		values = append(values, call.header.Get(name))
	}
	return values
}

func (s *stub) same(values []string) {
	s.t.Helper()
	if len(slices.Compact(slices.Clone(values))) != 1 || values[0] == "" {
		s.t.Errorf("want one and the same, not %q", values)
	}
}

func launchOf(user string) (string, error) {
	id, _, err := createNextflowResources(user, NextflowGlobalConfig{}, NextflowConfig{Enabled: true, InstanceType: "c5.large"})
	return id, err
}

func mustLaunch(t *testing.T, user string) {
	t.Helper()
	if id, err := launchOf(user); err != nil || id != "AKIA" {
		t.Fatalf("%q, %v", id, err)
	}
}

func TestLaunchSendsWhatHatcheryHas(t *testing.T) {
	s := newStub(t, ok(aKey))
	getCurrentPayModel = func(string) (*PayModel, error) {
		return &PayModel{Ecs: true, AWSAccountId: "123456789012", Status: "active"}, nil
	}
	t.Cleanup(func() { getCurrentPayModel = func(string) (*PayModel, error) { return nil, nil } })
	mustLaunch(t, "o&#39;neil@example.com")
	call := s.calls[0]
	if call.method+call.path != "POST/hatchery/launch" || call.header.Get("Prefer") != "wait=50" {
		t.Errorf("%s %s, Prefer: %s", call.method, call.path, call.header.Get("Prefer"))
	}
	if call.body["user"] != "o'neil@example.com" || call.body["userIsEscaped"] != false {
		t.Errorf("user: %v, %v", call.body["user"], call.body["userIsEscaped"])
	}
	if block := call.body["nextflow"].(map[string]any); block["enabled"] != true || block["instance-type"] != "c5.large" {
		t.Errorf("nextflow: %v", block)
	}
	if model := call.body["payModel"].(map[string]any); model["ecs"] != true || model["account_id"] != "123456789012" {
		t.Errorf("payModel: %v", model)
	}
}

// The name that reaches Eyrie is the one that came to Hatchery, whatever stands in it.
func TestNamesSurviveEscaping(t *testing.T) {
	for escaped, plain := range map[string]string{
		"o&#39;neil":             "o'neil",
		"a&amp;amp;b":            "a&amp;b",
		"&amp;#39;":              "&#39;",
		"&lt;b&gt;&#34;x&#34;":   `<b>"x"`,
		"jane.doe@example.com":   "jane.doe@example.com",
		"caf\u00e9@example.com":  "caf\u00e9@example.com",
		"&amp;eacute;@x.example": "&eacute;@x.example",
	} {
		s := newStub(t, ok(aKey))
		mustLaunch(t, escaped)
		if err := cleanUpNextflowResources(escaped); err != nil {
			t.Fatal(err)
		}
		if _, err := generateNextflowConfig(NextflowGlobalConfig{}, escaped); err != nil {
			t.Fatal(err)
		}
		for _, call := range s.calls[:2] {
			if call.body["user"] != plain {
				t.Errorf("%s became %v", escaped, call.body["user"])
			}
		}
		if query := s.calls[2].query; !strings.Contains(query, "userIsEscaped=false") || strings.Contains(query, "&amp") {
			t.Error(query)
		}
	}
}

func TestLaunchTakesAllForms(t *testing.T) {
	variables := `{"AWS_CONTAINER_CREDENTIALS_FULL_URI":"https://eyrie/x","AWS_CONTAINER_AUTHORIZATION_TOKEN":"t"}`
	for body, want := range map[string]string{
		aKey:                                "map[AWS_ACCESS_KEY_ID:AKIA AWS_SECRET_ACCESS_KEY:secret]",
		`{"environment":` + variables + `}`: "map[AWS_CONTAINER_AUTHORIZATION_TOKEN:t AWS_CONTAINER_CREDENTIALS_FULL_URI:https://eyrie/x]",
		// A key beside it would win in every SDK.
		strings.TrimSuffix(aKey, "}") + `,"environment":` + variables + `}`: "map[AWS_CONTAINER_AUTHORIZATION_TOKEN:t AWS_CONTAINER_CREDENTIALS_FULL_URI:https://eyrie/x]",
	} {
		newStub(t, ok(body))
		given, err := createNextflowEnvironment("alice", NextflowGlobalConfig{}, NextflowConfig{Enabled: true})
		if err != nil || fmt.Sprint(given) != want {
			t.Errorf("%s: %v, %v", body, given, err)
		}
	}
	newStub(t, ok(`{"environment":`+variables+`}`))
	if _, err := launchOf("alice"); err == nil || !strings.Contains(err.Error(), "createNextflowEnvironment") {
		t.Errorf("no key, and yet: %v", err)
	}
}

func TestLaunchIsAskedForUntilItIsDone(t *testing.T) {
	s := newStub(t,
		accepted("0"), accepted(""),
		answer{status: http.StatusConflict, retryAfter: "0", body: `{"code":"OperationInProgress"}`},
		problem(http.StatusServiceUnavailable, "Unavailable", "no worker"),
		answer{status: http.StatusBadGateway, body: "<html>"},
		answer{cut: true},
		ok(aKey))
	mustLaunch(t, "alice")
	keys := s.header("Idempotency-Key")
	if len(keys) < 7 { // Go may repeat the one that was cut by itself.
		t.Errorf("%d calls", len(keys))
	}
	s.same(keys)
	mustLaunch(t, "alice")
	if again := s.header("Idempotency-Key"); again[len(again)-1] == keys[0] {
		t.Error("another press of the button is another start")
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	for _, first := range []answer{
		accepted("3600"),
		{status: http.StatusConflict, retryAfter: "3600", body: `{}`},
		{status: http.StatusServiceUnavailable, retryAfter: "3600", body: `{}`},
	} {
		s := newStub(t, first, ok(aKey))
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			_, err := eyrie.launch(ctx, eyrieLaunch{User: "alice"})
			ended <- err
		}()
		<-s.arrived
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if calls := len(s.header("Prefer")); calls != 1 {
			t.Errorf("%d calls", calls)
		}
	}
}

func TestLaunchGivesUpAtItsDeadline(t *testing.T) {
	newStub(t, accepted("0"))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := eyrie.launch(ctx, eyrieLaunch{User: "alice"})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(nextflowFailure(err), "launch again") {
		t.Errorf("%v: %s", err, nextflowFailure(err))
	}
}

func TestRefusalsAreNotRepeated(t *testing.T) {
	for _, one := range []struct {
		answer answer
		shown  bool
	}{
		{problem(409, "QuotaExceeded", "50 of 50 queues"), true},
		{problem(409, "LaunchOver", "it was terminated meanwhile"), true},
		{problem(422, "Invalid", "no such image"), true},
		{problem(403, "Denied", "not a service client"), false},
		{problem(400, "Invalid", "no JSON"), false},
		{problem(500, "Unknown", "something of AWS"), false},
	} {
		s := newStub(t, one.answer)
		_, err := launchOf("alice")
		var answered *eyrieError
		if !errors.As(err, &answered) || answered.Status != one.answer.status || answered.Code == "" {
			t.Errorf("%d: %v", one.answer.status, err)
			continue
		}
		if shown := strings.Contains(nextflowFailure(err), answered.Detail); shown != one.shown {
			t.Errorf("%d: told %q", one.answer.status, nextflowFailure(err))
		}
		if calls := len(s.header("Prefer")); calls != 1 {
			t.Errorf("%d: %d calls", one.answer.status, calls)
		}
	}
}

func TestWhatIsWrongWithTheBodyIsTold(t *testing.T) {
	newStub(t, answer{status: 422, body: `{"code": "Invalid", "detail": "the request is not valid",
		"errors": [{"pointer": "/nextflow/instance-type", "detail": "there is no such type"}]}`})
	_, err := launchOf("alice")
	for _, told := range []string{err.Error(), nextflowFailure(err)} {
		if !strings.Contains(told, "/nextflow/instance-type there is no such type") {
			t.Error(told)
		}
	}
}

func TestAKeyThatTheUserHasFetchedIsAnotherStartOnce(t *testing.T) {
	s := newStub(t, accepted("0"), problem(410, "AlreadyClaimed", "handed out"), ok(aKey))
	mustLaunch(t, "alice")
	keys := s.header("Idempotency-Key")
	if keys[0] != keys[1] || keys[1] == keys[2] {
		t.Errorf("%q", keys)
	}
	s = newStub(t, problem(410, "AlreadyClaimed", "handed out"))
	if _, err := launchOf("alice"); err == nil || len(s.header("Prefer")) != 2 {
		t.Errorf("%v after %d calls", err, len(s.header("Prefer")))
	}
}

func TestCallsAtTheSameTimeShareAToken(t *testing.T) {
	s := newStub(t, ok(aKey))
	var all sync.WaitGroup
	for range 20 {
		all.Add(1)
		go func() {
			defer all.Done()
			mustLaunch(t, "alice")
		}()
	}
	all.Wait()
	if s.tokens != 1 {
		t.Errorf("%d tokens", s.tokens)
	}
	keys := s.header("Idempotency-Key")
	slices.Sort(keys)
	if len(slices.Compact(keys)) != 20 {
		t.Error("two presses of the button shared a key")
	}
}

func TestATokenIsKeptUntilItEnds(t *testing.T) {
	s := newStub(t, ok(aKey))
	mustLaunch(t, "alice")
	mustLaunch(t, "alice")
	if s.tokens != 1 {
		t.Errorf("%d tokens", s.tokens)
	}
	s = newStub(t, ok(aKey))
	s.expiresIn = 5 // Within the margin before its end.
	mustLaunch(t, "alice")
	mustLaunch(t, "alice")
	if s.tokens != 2 {
		t.Errorf("%d tokens", s.tokens)
	}
}

func TestARejectedTokenIsReplacedOnce(t *testing.T) {
	s := newStub(t, accepted("0"), ok(aKey))
	s.revoke("token-1")
	mustLaunch(t, "alice")
	if got := s.header("Authorization"); fmt.Sprint(got) != "[Bearer token-1 Bearer token-2 Bearer token-2]" {
		t.Errorf("%q", got)
	}
	s.same(s.header("Idempotency-Key"))
	s.revoke("token-2")
	s.revoke("token-3")
	_, err := launchOf("alice")
	var answered *eyrieError
	if !errors.As(err, &answered) || answered.Status != http.StatusUnauthorized || s.tokens != 3 {
		t.Errorf("%v, %d tokens", err, s.tokens)
	}
}

func TestAnIssuerThatIsDownIsAskedAgain(t *testing.T) {
	s := newStub(t, ok(aKey))
	s.issuerFails = 2
	mustLaunch(t, "alice")
	s = newStub(t, ok(aKey))
	eyrie.credentials.ClientSecret = "another"
	if _, err := launchOf("alice"); err == nil || s.tokens != 0 || len(s.calls) != 0 {
		t.Errorf("%v", err)
	}
}

func TestTerminateIsRepeatedWhereTheLineIsCut(t *testing.T) {
	s := newStub(t, answer{cut: true}, answer{status: http.StatusAccepted, body: `{}`})
	if err := cleanUpNextflowResources("o&#39;neil"); err != nil {
		t.Fatal(err)
	}
	s = newStub(t, answer{status: http.StatusNoContent})
	if err := cleanUpNextflowResources("nobody"); err != nil || len(s.calls) != 1 {
		t.Fatal(err)
	}
}

func TestWhileMovingHatcheryCleansUpAfterItself(t *testing.T) {
	var former []string
	cleanUp := func(userName string) error {
		former = append(former, userName)
		return nil
	}
	newStub(t,
		answer{status: http.StatusAccepted, body: `{}`},
		answer{status: http.StatusNoContent},
		problem(http.StatusForbidden, "Denied", "not a service client"))
	for _, user := range []string{"eyries", "hatcherys&amp;", "unknown"} {
		if err := cleanUpWhileMoving(user, cleanUp); (err != nil) != (user == "unknown") {
			t.Errorf("%s: %v", user, err)
		}
	}
	if fmt.Sprint(former) != "[hatcherys&amp;]" {
		t.Error(former)
	}
}

func TestTheConfigurationIsTextOrAnError(t *testing.T) {
	newStub(t, ok("plugins { id 'nf-amazon' }"))
	if text, err := generateNextflowConfig(NextflowGlobalConfig{}, "alice"); err != nil || text != "plugins { id 'nf-amazon' }" {
		t.Errorf("%q, %v", text, err)
	}
	newStub(t, problem(404, "NotFound", "no workspace"))
	if text, err := generateNextflowConfig(NextflowGlobalConfig{}, "alice"); err == nil || text != "" {
		t.Errorf("%q, %v", text, err)
	}
}
