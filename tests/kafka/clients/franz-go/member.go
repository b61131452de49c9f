package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type memberArgs struct {
	Group            string
	Topic            string
	InstanceID       *string
	SessionTimeoutMs int
	Commits          bool
}

// owned is what a member has: the client tells what comes and what goes.
type owned struct {
	lock       sync.Mutex
	partitions map[int32]bool
	topic      string
	tell       func(string, any)
}

func (o *owned) change(partitions map[string][]int32, isOwned bool) {
	o.lock.Lock()
	defer o.lock.Unlock()
	for _, partition := range partitions[o.topic] {
		if isOwned {
			o.partitions[partition] = true
		} else {
			delete(o.partitions, partition)
		}
	}
	// Never nil, which would be null in JSON.
	all := append([]int32{}, slices.Sorted(maps.Keys(o.partitions))...)
	o.tell("assigned", map[string]any{"partitions": all})
}

func member(ctx context.Context, raw json.RawMessage, tell func(string, any)) (any, error) {
	args := decode[memberArgs](raw)
	session := time.Duration(args.SessionTimeoutMs) * time.Millisecond
	has := &owned{partitions: map[int32]bool{}, topic: args.Topic, tell: tell}
	comes := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { has.change(partitions, true) }
	goes := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { has.change(partitions, false) }
	options := []kgo.Opt{
		kgo.ConsumerGroup(args.Group),
		kgo.ConsumeTopics(args.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(session),
		kgo.RebalanceTimeout(max(session, 10*time.Second)),
		kgo.HeartbeatInterval(min(time.Second, session/4)),
		kgo.FetchMaxWait(500 * time.Millisecond),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(comes),
		kgo.OnPartitionsRevoked(goes),
		kgo.OnPartitionsLost(goes),
	}
	if args.InstanceID != nil {
		options = append(options, kgo.InstanceID(*args.InstanceID))
	}
	consumer, err := dial(options...)
	if err != nil {
		return nil, err
	}
	// Leaves the group, but for a static member, whose place is kept for it.
	defer consumer.Close()
	for ctx.Err() == nil {
		fetches := consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			if errors.Is(err, context.Canceled) {
				break
			}
			return nil, err
		}
		records := fetches.Records()
		if len(records) == 0 {
			continue
		}
		if args.Commits {
			// A commit may fail in a rebalance; whoever has the partition then reads the records again.
			if err := consumer.CommitRecords(context.Background(), records...); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		tell("records", map[string]any{"records": fromClients(records)})
	}
	return nothing{}, nil
}
