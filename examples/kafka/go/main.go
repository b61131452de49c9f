// Sends three orders, and reads them as a member of a group: with franz-go.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const topic = "orders-go"

func main() {
	bootstrap := "localhost:9092"
	if len(os.Args) > 1 {
		bootstrap = os.Args[1]
	}
	if err := run(context.Background(), bootstrap); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, bootstrap string) error {
	// Idempotent unless told otherwise: what is sent again after a failure is stored once.
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.ConsumerGroup("invoices"),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()

	_, err = kadm.NewClient(client).CreateTopic(ctx, 3, 1, nil, topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return err
	}

	orders := []string{"two lamps", "a table", "six chairs"}
	for _, order := range orders {
		record := &kgo.Record{Topic: topic, Key: []byte("customer-7"), Value: []byte(order)}
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
			return err
		}
	}

	for count := 0; count < len(orders); {
		fetches := client.PollRecords(ctx, len(orders)-count)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			fmt.Printf("%s ordered %s\n", record.Key, record.Value) // customer-7 ordered two lamps
			count++
		}
		// The next run goes on behind them.
		if err := client.CommitRecords(ctx, fetches.Records()...); err != nil {
			return err
		}
	}
	return nil
}
