#!/usr/bin/env bash
# franz-go 1.22.3 (Go module github.com/twmb/franz-go), with its own kfake (v0.0.0-20260918054303-01f206a7e32c) as the broker.
#
# `kgo.RecordDeliveryTimeout` is how long a record may wait for its acknowledgement; its documentation says that it is roughly
# `delivery.timeout.ms` of the Java client, which counts from the moment that a record is given to the producer. franz-go
# counts from the record's own timestamp. A record that bears an older one, as when events are replayed, moved from another
# topic, or sent with the time at which they happened, fails at once with ErrRecordTimeout. It never leaves the process, and no
# broker sees anything. The records behind it in the same partition fail with it, those of now as well.
#
# Fails when an old record gets through, or one of now does not. Needs go.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOFLAGS='-modcacherw -buildvcs=false' GOMODCACHE=$folder/modules GOCACHE=$folder/build CGO_ENABLED=0

cat >main.go <<'END_OF_PROGRAM'
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	for _, timeout := range []time.Duration{0, 10 * time.Second} {
		fmt.Printf("limit %v:", timeout)
		options := []kgo.Opt{kgo.SeedBrokers(broker.ListenAddrs()...), kgo.DefaultProduceTopic("t")}
		if timeout > 0 {
			options = append(options, kgo.RecordDeliveryTimeout(timeout))
		}
		for _, age := range []time.Duration{0, time.Minute} {
			producer, err := kgo.NewClient(options...)
			if err != nil {
				panic(err)
			}
			record := &kgo.Record{Value: []byte("v"), Timestamp: time.Now().Add(-age)}
			err = producer.ProduceSync(context.Background(), record).FirstErr()
			switch {
			case err == nil:
				fmt.Printf(" a record of %v ago is stored;", age)
			case errors.Is(err, kgo.ErrRecordTimeout):
				fmt.Printf(" a record of %v ago times out;", age)
			default:
				fmt.Printf(" a record of %v ago fails: %v;", age, err)
			}
			producer.Close()
		}
		fmt.Print(" ")
	}
	producer, err := kgo.NewClient(
		kgo.SeedBrokers(broker.ListenAddrs()...),
		kgo.DefaultProduceTopic("t"),
		kgo.RecordDeliveryTimeout(10*time.Second),
	)
	if err != nil {
		panic(err)
	}
	failed := 0
	old := &kgo.Record{Value: []byte("old"), Timestamp: time.Now().Add(-time.Minute)}
	for _, result := range producer.ProduceSync(context.Background(), old, &kgo.Record{Value: []byte("now")}) {
		if errors.Is(result.Err, kgo.ErrRecordTimeout) {
			failed++
		}
	}
	producer.Close()
	fmt.Printf("an old record and one of now together: %d time out\n", failed)
}
END_OF_PROGRAM

go mod init finding 2>/dev/null
go get github.com/twmb/franz-go@v1.22.3 github.com/twmb/franz-go/pkg/kfake@v0.0.0-20260918054303-01f206a7e32c 2>/dev/null
seen=$(go run .)
echo "$seen"
[ "$seen" = 'limit 0s: a record of 0s ago is stored; a record of 1m0s ago is stored; limit 10s: a record of 0s ago is stored; a record of 1m0s ago times out; an old record and one of now together: 2 time out' ]
