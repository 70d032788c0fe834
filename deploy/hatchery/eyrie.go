package hatchery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// part: client

// eyrieClient calls Eyrie as a service client. It is safe for any number of goroutines.
type eyrieClient struct {
	url         string
	credentials clientcredentials.Config
	http        *http.Client
	// How long one call may wait for a launch: below the timeout of every proxy in between.
	wait time.Duration
	// Of the pauses after failures, which double from one to the next.
	firstPause, longestPause time.Duration

	mu    sync.Mutex
	token *oauth2.Token
}

// eyrieFromEnvironment reads EYRIE_URL, EYRIE_TOKEN_URL, EYRIE_CLIENT_ID, EYRIE_CLIENT_SECRET and
// EYRIE_SCOPES.
func eyrieFromEnvironment() *eyrieClient {
	return &eyrieClient{
		url: strings.TrimRight(os.Getenv("EYRIE_URL"), "/"),
		credentials: clientcredentials.Config{
			TokenURL:     os.Getenv("EYRIE_TOKEN_URL"),
			ClientID:     os.Getenv("EYRIE_CLIENT_ID"),
			ClientSecret: os.Getenv("EYRIE_CLIENT_SECRET"),
			Scopes:       strings.Fields(os.Getenv("EYRIE_SCOPES")),
			// Said, since it would be guessed by a second request, whose refusal hides why the first one failed.
			AuthStyle: oauth2.AuthStyleInHeader,
		},
		http:         &http.Client{},
		wait:         50 * time.Second,
		firstPause:   time.Second,
		longestPause: 15 * time.Second,
	}
}

// part: token

// tokenTimeout bounds what all calls wait for while one of them fetches a token.
const tokenTimeout = 10 * time.Second

// accessToken keeps one token for all calls, and fetches another one shortly before that ends, or once Eyrie
// has rejected it.
func (e *eyrieClient) accessToken(ctx context.Context, rejected string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.token.Valid() && e.token.AccessToken != rejected {
		return e.token.AccessToken, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, err := e.credentials.Token(context.WithValue(ctx, oauth2.HTTPClient, e.http))
	if err != nil {
		return "", fmt.Errorf("no token for Eyrie: %w", err)
	}
	e.token = token
	return token.AccessToken, nil
}

// part: errors

// eyrieError is what Eyrie answered instead of what was asked for.
type eyrieError struct {
	Status int `json:"status"`
	// One of a closed set, with a page in Eyrie's runbook. Empty where something in between has answered.
	Code string `json:"code"`
	// Fit to be shown to the user.
	Detail string `json:"detail"`
	// What is wrong with the body, where that is it, each with a JSON pointer to its place.
	Problems []struct {
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"errors"`
	RequestID string `json:"requestId"`

	retryAfter string
}

func (e *eyrieError) Error() string {
	return fmt.Sprintf("eyrie answered %d %s: %s (request %s)", e.Status, e.Code, e.told(), e.RequestID)
}

func (e *eyrieError) told() string {
	told := []string{e.Detail}
	for _, problem := range e.Problems {
		told = append(told, problem.Pointer+" "+problem.Detail)
	}
	return strings.Join(told, "; ")
}

// mayPass says whether the same call, made again, may be answered differently.
func mayPass(err error) bool {
	var answered *eyrieError
	if errors.As(err, &answered) {
		switch answered.Status {
		case http.StatusTooManyRequests:
			return true
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		case http.StatusConflict:
			return answered.retryAfter != ""
		}
		return false
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return refused.Response.StatusCode >= 500 || refused.Response.StatusCode == http.StatusTooManyRequests
	}
	return true // The line was cut, or nobody answered in time.
}

// part: call

type eyrieCall struct {
	method, path string
	body         any
	// Stands for one workspace start; the same in all repetitions.
	idempotencyKey string
	wait           time.Duration
}

type eyrieAnswer struct {
	status int
	header http.Header
	body   []byte
}

// answerMargin is how long an answer may take, besides what it was asked to wait.
const answerMargin = 15 * time.Second

// once makes a call. An expired or revoked token is replaced once.
func (e *eyrieClient) once(ctx context.Context, call eyrieCall) (*eyrieAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, call.wait+answerMargin)
	defer cancel()
	token, err := e.accessToken(ctx, "")
	if err != nil {
		return nil, err
	}
	answer, err := e.send(ctx, call, token)
	var answered *eyrieError
	if errors.As(err, &answered) && answered.Status == http.StatusUnauthorized {
		if token, err = e.accessToken(ctx, token); err != nil {
			return nil, err
		}
		answer, err = e.send(ctx, call, token)
	}
	return answer, err
}

func (e *eyrieClient) send(ctx context.Context, call eyrieCall, token string) (*eyrieAnswer, error) {
	body, err := json.Marshal(call.body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, call.method, e.url+call.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if call.body == nil {
		request.Body, request.ContentLength = http.NoBody, 0
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	if call.wait > 0 {
		request.Header.Set("Prefer", "wait="+strconv.Itoa(int(call.wait.Seconds())))
	}
	if call.idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", call.idempotencyKey)
	}
	response, err := e.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		problem := &eyrieError{Detail: http.StatusText(response.StatusCode)}
		_ = json.Unmarshal(text, problem) // A proxy in between answers with something else.
		problem.Status, problem.retryAfter = response.StatusCode, response.Header.Get("Retry-After")
		return nil, problem
	}
	return &eyrieAnswer{response.StatusCode, response.Header, text}, nil
}

// part: repeat

// repeat makes the same call until it is done, until what is wrong does not pass, or until ctx ends.
func (e *eyrieClient) repeat(ctx context.Context, call eyrieCall, done func(status int) bool) (*eyrieAnswer, error) {
	for pause := e.firstPause; ; pause = min(2*pause, e.longestPause) {
		answer, err := e.once(ctx, call)
		if err == nil && done(answer.status) {
			return answer, nil
		}
		if err != nil && !mayPass(err) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("gave up waiting for Eyrie: %w", ctx.Err()), err)
		case <-time.After(pauseOf(answer, err, pause)):
		}
	}
}

// pauseOf is what Eyrie, or a proxy, asks for, else the one that is given.
func pauseOf(answer *eyrieAnswer, err error, pause time.Duration) time.Duration {
	var asked string
	var answered *eyrieError
	if answer != nil {
		asked = answer.header.Get("Retry-After")
	} else if errors.As(err, &answered) {
		asked = answered.retryAfter
	}
	if seconds, err := strconv.Atoi(asked); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	return pause
}
