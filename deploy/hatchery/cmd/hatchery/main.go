// Hatchery as far as Nextflow goes, for tests: its handlers around the three functions that call Eyrie, and a map in place of a cluster.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"eyrie/hatchery"
)

func main() {
	config := flag.String("config", "hatchery.json", "Hatchery's configuration")
	var options hatchery.Options
	flag.BoolVar(&options.KeysOnly, "keys", false, "pods get keys, by createNextflowResources")
	flag.DurationVar(&options.TerminateWithin, "terminate-within", time.Second, "how long terminate is held up")
	flag.DurationVar(&options.PodWithin, "pod-within", 0, "how long after a launch a pod may be missing")
	flag.Parse()
	if err := hatchery.LoadConfig(*config); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, hatchery.NewHandler(options)))
}
