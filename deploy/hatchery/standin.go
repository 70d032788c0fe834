package hatchery

// What Hatchery has itself: the types and the handlers around the three functions. Not to be copied.

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

// NextflowGlobalConfig is Hatchery's block `nextflow-global`.
type NextflowGlobalConfig struct {
	S3ObjectsExpirationDays   int    `json:"s3-objects-expiration-days"`
	SampleConfigPublicImage   string `json:"sample-config-public-image"`
	ImageBuilderReaderRoleArn string `json:"imagebuilder-reader-role-arn"`
}

// NextflowConfig is the block `nextflow` of a container.
type NextflowConfig struct {
	Enabled                bool     `json:"enabled"`
	JobImageWhitelist      []string `json:"job-image-whitelist"`
	S3BucketWhitelist      []string `json:"s3-bucket-whitelist"`
	ComputeEnvironmentType string   `json:"compute-environment-type"`
	InstanceAmi            string   `json:"instance-ami"`
	InstanceAmiBuilderArn  string   `json:"instance-ami-builder-arn"`
	InstanceType           string   `json:"instance-type"`
	InstanceMinVCpus       int32    `json:"instance-min-vcpus"`
	InstanceMaxVCpus       int32    `json:"instance-max-vcpus"`
}

// PayModel is a record of Hatchery's table: what matters to Eyrie of it.
type PayModel struct {
	Name         string  `json:"workspace_type"`
	User         string  `json:"user_id"`
	AWSAccountId string  `json:"account_id"`
	Status       string  `json:"request_status"`
	Region       string  `json:"region"`
	Ecs          bool    `json:"ecs"`
	TotalUsage   float32 `json:"total-usage"`
}

type container struct {
	Name     string         `json:"name"`
	Nextflow NextflowConfig `json:"nextflow"`
}

type hatcheryConfig struct {
	NextflowGlobalConfig NextflowGlobalConfig `json:"nextflow-global"`
	Containers           []container          `json:"containers"`
}

// Config is set once, at start.
var Config = struct {
	Config hatcheryConfig
	Logger *log.Logger
}{Logger: log.New(os.Stderr, "", log.LstdFlags)}

var getCurrentPayModel = func(string) (*PayModel, error) { return nil, nil }

// LoadConfig reads Hatchery's configuration file.
func LoadConfig(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &Config.Config)
}

// pods stand for the cluster: the variables of each user's pod, by the name as Hatchery has it.
type pods struct {
	mu       sync.Mutex
	byUser   map[string]map[string]string
	keysOnly bool
}

// Options are what tests want otherwise.
type Options struct {
	// Launch calls createNextflowResources.
	KeysOnly                   bool
	TerminateWithin, PodWithin time.Duration
}

// NewHandler is Hatchery as far as Nextflow goes.
func NewHandler(options Options) http.Handler {
	terminateWithin, podWithin = options.TerminateWithin, options.PodWithin
	p := &pods{byUser: map[string]map[string]string{}, keysOnly: options.KeysOnly}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /launch", p.launch)
	mux.HandleFunc("GET /status", p.status)
	mux.HandleFunc("POST /terminate", p.terminate)
	mux.HandleFunc("GET /mount-files", p.mountFiles)
	// For whoever tests: what stands in the pod, and a round of the reconciliation.
	mux.HandleFunc("GET /_pod", p.show)
	mux.HandleFunc("POST /_reconcile", func(w http.ResponseWriter, r *http.Request) {
		if err := reconcileNextflow(r.Context(), p.has); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}

func currentUserName(r *http.Request) string { return html.EscapeString(r.Header.Get("REMOTE_USER")) }

func (p *pods) launch(w http.ResponseWriter, r *http.Request) {
	userName := currentUserName(r)
	for _, one := range Config.Config.Containers {
		if one.Name != r.URL.Query().Get("id") {
			continue
		}
		variables, err := p.variables(userName, one.Nextflow)
		if err != nil {
			Config.Logger.Printf("Error creating Nextflow AWS resources in AWS for user '%s': %v", userName, err)
			http.Error(w, nextflowFailure(err), http.StatusInternalServerError)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.byUser[userName] = variables
		fmt.Fprint(w, "Success")
		return
	}
	http.Error(w, "Invalid 'id' parameter", http.StatusBadRequest)
}

func (p *pods) variables(userName string, config NextflowConfig) (map[string]string, error) {
	if !config.Enabled {
		return map[string]string{}, nil
	}
	if !p.keysOnly {
		return createNextflowEnvironment(userName, Config.Config.NextflowGlobalConfig, config)
	}
	id, secret, err := createNextflowResources(userName, Config.Config.NextflowGlobalConfig, config)
	return map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret}, err
}

func (p *pods) has(_ context.Context, userName string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, there := p.byUser[userName]
	return there, nil
}

func (p *pods) status(w http.ResponseWriter, r *http.Request) {
	status := "Not Found"
	if there, _ := p.has(r.Context(), currentUserName(r)); there {
		status = "Running"
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"status": status})
}

func (p *pods) terminate(w http.ResponseWriter, r *http.Request) {
	userName := currentUserName(r)
	if err := cleanUpNextflowResources(userName); err != nil {
		Config.Logger.Printf("Unable to delete AWS resources for Nextflow... continuing anyway: %v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byUser, userName)
	fmt.Fprint(w, "Terminated workspace")
}

func (p *pods) mountFiles(w http.ResponseWriter, r *http.Request) {
	text, err := generateNextflowConfig(Config.Config.NextflowGlobalConfig, currentUserName(r))
	if err != nil {
		Config.Logger.Printf("unable to generate Nextflow config: %v", err)
	}
	fmt.Fprint(w, text)
}

func (p *pods) show(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = json.NewEncoder(w).Encode(p.byUser[currentUserName(r)])
}
