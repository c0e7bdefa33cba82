// Part of the tests: the X-Ray SDK for Go, asked for decisions. Says what it decided, a JSON object a line.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-xray-sdk-go/v2/strategy/sampling"
	"github.com/aws/aws-xray-sdk-go/v2/xray"
)

func say(step string, what map[string]any) {
	what["step"] = step
	line, _ := json.Marshal(what)
	fmt.Println(string(line))
}

func main() {
	strategy, err := sampling.NewCentralizedStrategy()
	if err != nil {
		panic(err)
	}
	if err := xray.Configure(xray.Config{SamplingStrategy: strategy}); err != nil {
		panic(err)
	}
	decide := func(path string) *sampling.Decision {
		return strategy.ShouldTrace(&sampling.Request{Host: "localhost", Method: "GET", URL: path, ServiceName: "backend-flask"})
	}
	sampled := func(path string, requests int) int {
		count := 0
		for i := 0; i < requests; i++ {
			if decide(path).Sample {
				count++
			}
		}
		return count
	}

	for decision := decide("/everything/1"); decision.Rule == nil || *decision.Rule != "Everything"; decision = decide("/everything/1") {
		time.Sleep(50 * time.Millisecond)
	}
	say("rules", map[string]any{})

	decided := map[string]int{"/nothing/1": sampled("/nothing/1", 200), "/everything/1": sampled("/everything/1", 200)}
	backend := xray.Handler(xray.NewFixedSegmentNamer("backend-flask"), http.NotFoundHandler())
	for i := 0; i < 100; i++ {
		for _, path := range []string{"/nothing/1", "/everything/1"} {
			backend.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost"+path, nil))
		}
		time.Sleep(2 * time.Millisecond)
	}
	say("decisions", map[string]any{"sampled": decided})

	perSecond := 0
	for perSecond < 10 {
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1100 * time.Millisecond)))
		perSecond = sampled("/ten/1", 50)
	}
	say("quota", map[string]any{"sampled": perSecond})

	began := time.Now()
	for sampled("/nothing/1", 50) == 0 {
		time.Sleep(200 * time.Millisecond)
	}
	say("followed", map[string]any{"seconds": time.Since(began).Seconds()})
}
