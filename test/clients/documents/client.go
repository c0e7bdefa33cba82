// Part of the tests: the X-Ray SDK for Go, which sends three traces. Says when they are out.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-xray-sdk-go/v2/xray"
)

func nested(ctx context.Context) {
	xray.Capture(ctx, "a", func(ctx context.Context) error {
		return xray.Capture(ctx, "b", func(ctx context.Context) error {
			return xray.Capture(ctx, "c", func(context.Context) error { return nil })
		})
	})
}

func failing(ctx context.Context) {
	xray.Capture(ctx, "failing", func(context.Context) error { return errors.New("boom ☁") })
}

func many(ctx context.Context) {
	for i := 0; i < 150; i++ {
		_, one := xray.BeginSubsegment(ctx, fmt.Sprintf("sub-%d", i))
		one.Close(nil)
	}
}

func main() {
	for name, work := range map[string]func(context.Context){"nested": nested, "failing": failing, "many": many} {
		handler := http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) { work(request.Context()) })
		request := httptest.NewRequest("GET", "http://localhost/"+name, nil)
		// Sampled, whatever the rules say.
		request.Header.Set("x-amzn-trace-id", "Root="+xray.NewTraceID()+";Sampled=1")
		xray.Handler(xray.NewFixedSegmentNamer(name), handler).ServeHTTP(httptest.NewRecorder(), request)
	}
	time.Sleep(time.Second)
	fmt.Println(`{"step":"documents"}`)
	select {}
}
