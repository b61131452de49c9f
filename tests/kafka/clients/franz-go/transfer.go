package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type transferArgs struct {
	Group            string
	Topic            string
	To               string
	TransactionalID  string
	SessionTimeoutMs int
	RecordsMax       int
	PauseMs          int
}

// transfer consumes, and produces what it has consumed, in transactions with the offsets of its group.
func transfer(ctx context.Context, raw json.RawMessage, tell func(string, any)) (any, error) {
	args := decode[transferArgs](raw)
	timeout := time.Duration(args.SessionTimeoutMs) * time.Millisecond
	session, err := kgo.NewGroupTransactSession(append(common(),
		kgo.TransactionalID(args.TransactionalID),
		// It asks for stable offsets before it fences whoever was killed: so long it waits.
		kgo.TransactionTimeout(20*time.Second),
		kgo.ConsumerGroup(args.Group),
		kgo.ConsumeTopics(args.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RequireStableFetchOffsets(),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.SessionTimeout(timeout),
		kgo.HeartbeatInterval(min(time.Second, timeout/4)),
		kgo.FetchMaxWait(500*time.Millisecond),
	)...)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	count := 0
	for ctx.Err() == nil {
		records, err := poll(ctx, session, args.RecordsMax)
		if err != nil {
			return nil, err
		}
		if len(records) == 0 {
			continue
		}
		sent := func() { tell("sent", map[string]any{"count": count + len(records)}) }
		isCommitted, err := transferOnce(session, args, records, sent)
		if err != nil {
			return nil, err
		}
		// Aborted for a rebalance, the client reads them again by itself.
		if isCommitted {
			count += len(records)
			tell("transferred", map[string]any{"count": count})
		}
	}
	return nothing{}, nil
}

func poll(ctx context.Context, session *kgo.GroupTransactSession, recordsMax int) ([]*kgo.Record, error) {
	fetches := session.PollRecords(ctx, recordsMax)
	if err := fetches.Err(); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return fetches.Records(), nil
}

func transferOnce(
	session *kgo.GroupTransactSession, args transferArgs, records []*kgo.Record, sent func(),
) (bool, error) {
	if err := session.Begin(); err != nil {
		return false, err
	}
	copies := make([]*kgo.Record, len(records))
	for index, one := range records {
		copies[index] = &kgo.Record{
			Topic: args.To, Partition: one.Partition, Key: one.Key, Value: one.Value, Timestamp: one.Timestamp,
		}
	}
	if err := session.ProduceSync(context.Background(), copies...).FirstErr(); err != nil {
		return false, err
	}
	sent()
	time.Sleep(time.Duration(args.PauseMs) * time.Millisecond)
	return session.End(context.Background(), kgo.TryCommit)
}
