package main

import (
	"encoding/base64"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// record is one of the rig's. Key, value and the values of headers are Base64; nil stands for null.
type record struct {
	Partition   int32       `json:"partition"`
	Offset      int64       `json:"offset"`
	Key         *string     `json:"key"`
	Value       *string     `json:"value"`
	Headers     [][2]string `json:"headers"`
	TimestampMs int64       `json:"timestampMs"`
}

func raw(text *string) []byte {
	if text == nil {
		return nil
	}
	bytes, err := base64.StdEncoding.DecodeString(*text)
	if err != nil {
		panic(err)
	}
	// An empty slice is not nil: it is a value without bytes.
	return append([]byte{}, bytes...)
}

func text(bytes []byte) *string {
	if bytes == nil {
		return nil
	}
	encoded := base64.StdEncoding.EncodeToString(bytes)
	return &encoded
}

func toClient(topic string, from record) *kgo.Record {
	to := &kgo.Record{
		Topic:     topic,
		Partition: from.Partition,
		Key:       raw(from.Key),
		Value:     raw(from.Value),
		Timestamp: time.UnixMilli(from.TimestampMs),
	}
	for _, header := range from.Headers {
		to.Headers = append(to.Headers, kgo.RecordHeader{Key: header[0], Value: raw(&header[1])})
	}
	return to
}

func fromClient(from *kgo.Record) record {
	to := record{
		Partition:   from.Partition,
		Offset:      from.Offset,
		Key:         text(from.Key),
		Value:       text(from.Value),
		Headers:     [][2]string{},
		TimestampMs: from.Timestamp.UnixMilli(),
	}
	for _, header := range from.Headers {
		to.Headers = append(to.Headers, [2]string{header.Key, base64.StdEncoding.EncodeToString(header.Value)})
	}
	return to
}

func fromClients(records []*kgo.Record) []record {
	all := make([]record, 0, len(records))
	for _, each := range records {
		all = append(all, fromClient(each))
	}
	return all
}
