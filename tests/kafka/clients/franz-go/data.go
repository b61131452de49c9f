package main

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

var acknowledgements = map[int]kgo.Acks{0: kgo.NoAck(), 1: kgo.LeaderAck(), -1: kgo.AllISRAcks()}

type produceArgs struct {
	Topic           string
	Codec           string
	Acks            int
	IsIdempotent    bool
	Records         []record
	TransactionalID *string
	Outcome         string
}

func produce(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[produceArgs](raw)
	options := []kgo.Opt{
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(codecs[args.Codec]),
		kgo.RequiredAcks(acknowledgements[args.Acks]),
		kgo.ProducerLinger(20 * time.Millisecond),
		// And no RecordDeliveryTimeout: it counts from the time that a record bears, which here is long ago.
		kgo.RecordRetries(5),
	}
	if !args.IsIdempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	if args.TransactionalID != nil {
		options = append(options, kgo.TransactionalID(*args.TransactionalID))
	}
	producer, err := dial(options...)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	if args.TransactionalID != nil {
		if err := producer.BeginTransaction(); err != nil {
			return nil, err
		}
	}
	var records []*kgo.Record
	for _, each := range args.Records {
		records = append(records, toClient(args.Topic, each))
	}
	if err := producer.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, err
	}
	if args.TransactionalID != nil {
		return nothing{}, producer.EndTransaction(ctx, kgo.TransactionEndTry(args.Outcome != "abort"))
	}
	return nothing{}, nil
}

type consumeArgs struct {
	Topic     string
	Partition int32
	From      json.RawMessage
	Count     int
}

func placeOf(from json.RawMessage) kgo.Offset {
	switch string(from) {
	case `"start"`:
		return kgo.NewOffset().AtStart()
	case `"end"`:
		return kgo.NewOffset().AtEnd()
	}
	place := decode[struct{ Offset, TimeMs *int64 }](from)
	if place.Offset != nil {
		return kgo.NewOffset().At(*place.Offset)
	}
	return kgo.NewOffset().AfterMilli(*place.TimeMs)
}

func consume(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[consumeArgs](raw)
	consumer, err := dial(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{args.Topic: {args.Partition: placeOf(args.From)}}),
		kgo.FetchMaxWait(200*time.Millisecond),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	records := []record{}
	for len(records) < args.Count {
		fetches := consumer.PollRecords(ctx, args.Count-len(records))
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		records = append(records, fromClients(fetches.Records())...)
	}
	return map[string]any{"records": records}, nil
}

type loadArgs struct {
	Topic        string
	IsIdempotent bool
	Partitions   int32
}

const underWayMax = 200

// load sends numbers until it is stopped.
func load(ctx context.Context, raw json.RawMessage, tell func(string, any)) (any, error) {
	args := decode[loadArgs](raw)
	options := []kgo.Opt{
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RecordDeliveryTimeout(2 * time.Minute),
		kgo.RetryTimeout(2 * time.Minute),
		kgo.MaxBufferedRecords(underWayMax),
	}
	if !args.IsIdempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	producer, err := dial(options...)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	var lock sync.Mutex
	acked, failed := []int{}, 0
	toldAt := time.Now()
	for number := 0; ctx.Err() == nil; number++ {
		sent := &kgo.Record{
			Topic:     args.Topic,
			Partition: int32(number) % args.Partitions,
			Value:     []byte(strconv.Itoa(number)),
		}
		// Without the context, which ends with the request to stop: what is under way is to be delivered.
		producer.Produce(context.Background(), sent, func(_ *kgo.Record, err error) {
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed++
			} else {
				acked = append(acked, number)
			}
		})
		if time.Since(toldAt) > 100*time.Millisecond {
			lock.Lock()
			tell("acked", map[string]int{"count": len(acked)})
			lock.Unlock()
			toldAt = time.Now()
		}
	}
	if err := producer.Flush(context.Background()); err != nil {
		return nil, err
	}
	lock.Lock()
	defer lock.Unlock()
	return map[string]any{"acked": acked, "failed": failed}, nil
}
