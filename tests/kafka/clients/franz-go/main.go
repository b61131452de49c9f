// franz-go, driven by the rig: see operations.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

type request struct {
	ID   int             `json:"id"`
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args"`
}

// An operation gets a context that ends when it is stopped, and tells its news by `tell`.
type operation func(ctx context.Context, args json.RawMessage, tell func(event string, data any)) (any, error)

// cannot says that the client has no such thing.
type cannot struct{ why string }

func (c cannot) Error() string { return c.why }

type nothing struct{}

var (
	bootstrap = "127.0.0.1:9092"
	client    *kgo.Client
	admin     *kadm.Client
	outLock   sync.Mutex
)

func say(message any) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	outLock.Lock()
	defer outLock.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

// common is what all clients have.
func common() []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(bootstrap),
		kgo.RetryTimeout(10 * time.Second),
		// The default of 5 s would pass after each crash of the broker.
		kgo.MetadataMinAge(100 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }),
		kgo.WithLogger(kgo.BasicLogger(os.Stderr, kgo.LogLevelWarn, nil)),
	}
}

// dial opens a client.
func dial(more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(common(), more...)...)
}

func decode[T any](args json.RawMessage) T {
	var value T
	if err := json.Unmarshal(args, &value); err != nil {
		panic(err)
	}
	return value
}

func hello(context.Context, json.RawMessage, func(string, any)) (any, error) {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/twmb/franz-go" {
			return map[string]string{"version": module.Version[1:]}, nil
		}
	}
	return nil, errors.New("the program does not know its own modules")
}

func codeOf(err error) string {
	var broker *kerr.Error
	if errors.As(err, &broker) {
		return broker.Message
	}
	return ""
}

func serve(ctx context.Context, asked request) {
	defer func() {
		if failure := recover(); failure != nil {
			say(map[string]any{"id": asked.ID, "error": fmt.Sprint(failure), "code": "PANIC"})
		}
	}()
	tell := func(event string, data any) {
		say(map[string]any{"id": asked.ID, "event": event, "data": data})
	}
	result, err := operations[asked.Op](ctx, asked.Args, tell)
	var lacks cannot
	switch {
	case errors.As(err, &lacks):
		say(map[string]any{"id": asked.ID, "cannot": lacks.why})
	case err != nil:
		say(map[string]any{"id": asked.ID, "error": err.Error(), "code": codeOf(err)})
	default:
		say(map[string]any{"id": asked.ID, "ok": result})
	}
}

func main() {
	if len(os.Args) > 1 {
		bootstrap = os.Args[1]
	}
	var err error
	if client, err = dial(); err != nil {
		panic(err)
	}
	admin = kadm.NewClient(client)
	var stops sync.Map
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		if asked.Op == "stop" {
			if stop, ok := stops.LoadAndDelete(decode[struct{ ID int }](asked.Args).ID); ok {
				stop.(context.CancelFunc)()
			}
			continue
		}
		ctx, stop := context.WithCancel(context.Background())
		stops.Store(asked.ID, stop)
		go serve(ctx, asked)
	}
}
