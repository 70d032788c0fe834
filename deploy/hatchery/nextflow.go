package hatchery

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"time"
)

// part: launch

var eyrie = eyrieFromEnvironment()

// launchWithin is how long a user waits before being told that it takes too long. The launch goes on then, and
// the next press of "launch" joins it.
const launchWithin = 20 * time.Minute

// nextflowGrant is what Eyrie hands out: a key, or variables for the pod, or both.
type nextflowGrant struct {
	AccessKeyID     string            `json:"accessKeyId"`
	SecretAccessKey string            `json:"secretAccessKey"`
	Environment     map[string]string `json:"environment"`
}

// createNextflowEnvironment makes what a Nextflow workspace needs in AWS, and returns the variables that its
// containers get. Those that refresh come first: beside a key, SDKs would not use them.
func createNextflowEnvironment(
	userName string,
	nextflowGlobalConfig NextflowGlobalConfig,
	nextflowConfig NextflowConfig,
) (map[string]string, error) {
	grant, err := launchNextflow(userName, nextflowGlobalConfig, nextflowConfig)
	if err != nil {
		return nil, err
	}
	if len(grant.Environment) > 0 {
		return grant.Environment, nil
	}
	return map[string]string{
		"AWS_ACCESS_KEY_ID":     grant.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": grant.SecretAccessKey,
	}, nil
}

// createNextflowResources is the same for a handler that puts a key into the pod.
func createNextflowResources(
	userName string,
	nextflowGlobalConfig NextflowGlobalConfig,
	nextflowConfig NextflowConfig,
) (string, string, error) {
	grant, err := launchNextflow(userName, nextflowGlobalConfig, nextflowConfig)
	if err != nil {
		return "", "", err
	}
	if grant.AccessKeyID == "" {
		return "", "", errors.New("eyrie gives no keys (credentials.form is refreshing): call createNextflowEnvironment")
	}
	return grant.AccessKeyID, grant.SecretAccessKey, nil
}

func launchNextflow(
	userName string,
	nextflowGlobalConfig NextflowGlobalConfig,
	nextflowConfig NextflowConfig,
) (*nextflowGrant, error) {
	payModel, err := getCurrentPayModel(userName)
	if err != nil {
		return nil, err
	}
	// Not the request's context: as before, who closes the tab finds the workspace there later.
	ctx, cancel := context.WithTimeout(context.Background(), launchWithin)
	defer cancel()
	return eyrie.launch(ctx, eyrieLaunch{
		User:           html.UnescapeString(userName),
		Nextflow:       nextflowConfig,
		NextflowGlobal: nextflowGlobalConfig,
		PayModel:       payModel,
	})
}

type eyrieLaunch struct {
	User string `json:"user"`
	// False: Hatchery has escaped the name, which is undone here, so no entities are to be looked for.
	UserIsEscaped  bool                 `json:"userIsEscaped"`
	Nextflow       NextflowConfig       `json:"nextflow"`
	NextflowGlobal NextflowGlobalConfig `json:"nextflowGlobal"`
	PayModel       *PayModel            `json:"payModel"`
}

// launch is one press of "launch": one Idempotency-Key, however often the call has to be made.
func (e *eyrieClient) launch(ctx context.Context, launch eyrieLaunch) (*nextflowGrant, error) {
	call := eyrieCall{
		method:         http.MethodPost,
		path:           "/hatchery/launch",
		body:           launch,
		idempotencyKey: newIdempotencyKey(),
		wait:           e.wait,
	}
	done := func(status int) bool { return status == http.StatusOK }
	answer, err := e.repeat(ctx, call, done)
	var answered *eyrieError
	if errors.As(err, &answered) && answered.Status == http.StatusGone {
		// The user has fetched the key meanwhile. This pod needs one, too: that is another start.
		call.idempotencyKey = newIdempotencyKey()
		answer, err = e.repeat(ctx, call, done)
	}
	if err != nil {
		return nil, err
	}
	grant := &nextflowGrant{}
	return grant, json.Unmarshal(answer.body, grant)
}

func newIdempotencyKey() string {
	var bytes [16]byte
	_, _ = rand.Read(bytes[:]) // It does not fail where Go runs.
	return fmt.Sprintf("%x", bytes)
}

// part: failure

// nextflowFailure is what the user is told, with status 500 as before: the proxy in front redirects a 403.
func nextflowFailure(err error) string {
	var answered *eyrieError
	if errors.As(err, &answered) && answered.Code != "" && answered.Status < 500 {
		switch answered.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			// Hatchery is set up wrongly: nothing that the user can do.
		default:
			return "Unable to create AWS resources for Nextflow: " + answered.told()
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "Unable to create AWS resources for Nextflow in time: launch again to wait on"
	}
	return "Unable to create AWS resources for Nextflow"
}

// part: terminate

// terminateWithin is how long "terminate" may be held up. What did not get through then is seen to by
// reconcileNextflow.
var terminateWithin = 20 * time.Second

func cleanUpNextflowResources(userName string) error {
	ctx, cancel := context.WithTimeout(context.Background(), terminateWithin)
	defer cancel()
	_, err := eyrie.terminate(ctx, html.UnescapeString(userName), nil)
	return err
}

// terminate asks for it; Eyrie sees it through. It says whether Eyrie has a workspace of this user. With unchangedSince
// it answers 412, and does nothing, where something has happened to the workspace since then.
func (e *eyrieClient) terminate(ctx context.Context, user string, unchangedSince *time.Time) (found bool, err error) {
	body := map[string]any{"user": user, "userIsEscaped": false}
	if unchangedSince != nil {
		body["unchangedSince"] = unchangedSince
	}
	call := eyrieCall{method: http.MethodPost, path: "/hatchery/terminate", body: body}
	answer, err := e.repeat(ctx, call, func(int) bool { return true })
	return err == nil && answer.status == http.StatusAccepted, err
}

// part: moving

// cleanUpWhileMoving takes the place of cleanUpNextflowResources for as long as workspaces run that Hatchery
// itself has made. Eyrie has none of these users, and former cleans up as before.
func cleanUpWhileMoving(userName string, former func(userName string) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), terminateWithin)
	defer cancel()
	found, err := eyrie.terminate(ctx, html.UnescapeString(userName), nil)
	if err != nil || found {
		return err
	}
	return former(userName)
}

// part: config

var generateNextflowConfig = func(nextflowGlobalConfig NextflowGlobalConfig, userName string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), terminateWithin)
	defer cancel()
	query := url.Values{"user": {html.UnescapeString(userName)}, "userIsEscaped": {"false"}}
	call := eyrieCall{method: http.MethodGet, path: "/hatchery/nextflow-config?" + query.Encode()}
	answer, err := eyrie.repeat(ctx, call, func(int) bool { return true })
	if err != nil {
		return "", err
	}
	return string(answer.body), nil
}

// part: reconcile

// podWithin: who was launched less than this ago may not have a pod yet.
var podWithin = 10 * time.Minute

// hasPod says whether a user's pod, or ECS service, exists. An error says that nobody knows.
type hasPod func(ctx context.Context, userName string) (bool, error)

// reconcileNextflow terminates the workspaces that Hatchery has launched and that have no pod any more: Eyrie
// could not be reached when they ended, or Hatchery itself ended then.
func reconcileNextflow(ctx context.Context, has hasPod) error {
	var failed []error
	for cursor := ""; ; {
		path := "/hatchery/expected"
		if cursor != "" {
			path += "?" + url.Values{"cursor": {cursor}}.Encode()
		}
		call := eyrieCall{method: http.MethodGet, path: path}
		answer, err := eyrie.repeat(ctx, call, func(int) bool { return true })
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		var page struct {
			Items []struct {
				User      string    `json:"user"`
				Phase     string    `json:"phase"`
				UpdatedAt time.Time `json:"updatedAt"`
			} `json:"items"`
			NextCursor *string `json:"nextCursor"`
		}
		if err := json.Unmarshal(answer.body, &page); err != nil {
			return err
		}
		now, err := http.ParseTime(answer.header.Get("Date")) // By Eyrie's clock, as updatedAt is.
		if err != nil {
			now = time.Now()
		}
		for _, item := range page.Items {
			if item.Phase == "launching" || now.Sub(item.UpdatedAt) < podWithin {
				continue
			}
			// The list came first: whoever is on it and has no pod now has lost it, or launches anew right now.
			there, err := has(ctx, html.EscapeString(item.User))
			if err == nil && !there {
				_, err = eyrie.terminate(ctx, item.User, &item.UpdatedAt)
			}
			if err != nil && !launchedSince(err) {
				failed = append(failed, fmt.Errorf("%s: %w", item.User, err))
			}
		}
		if page.NextCursor == nil {
			return errors.Join(failed...)
		}
		cursor = *page.NextCursor
	}
}

// launchedSince says that the user has launched anew since the list was made: there is nothing to terminate.
func launchedSince(err error) bool {
	var answered *eyrieError
	return errors.As(err, &answered) && answered.Status == http.StatusPreconditionFailed
}

// reconcileNextflowEvery runs for as long as Hatchery does.
func reconcileNextflowEvery(ctx context.Context, pause time.Duration, has hasPod) {
	for {
		round, cancel := context.WithTimeout(ctx, pause)
		if err := reconcileNextflow(round, has); err != nil {
			Config.Logger.Printf("Nextflow workspaces whose pod is gone: %v", err)
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
