package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

type loginArgs struct {
	Bootstrap, Mechanism, Username, Password, Topic, Value string
	CaFile                                                 *string
}

// login shows who it is with a client of its own, and sends one record.
func login(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[loginArgs](raw)
	options := []kgo.Opt{
		kgo.SeedBrokers(args.Bootstrap),
		kgo.SASL(mechanismOf(args)),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RecordDeliveryTimeout(10 * time.Second),
	}
	if args.CaFile != nil {
		pem, err := os.ReadFile(*args.CaFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		options = append(options, kgo.DialTLSConfig(&tls.Config{RootCAs: pool}))
	}
	own, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	// Producing says nothing of a login that was refused until its time is over.
	if err := own.Ping(ctx); err != nil {
		return nil, err
	}
	record := &kgo.Record{Topic: args.Topic, Partition: 0, Value: []byte(args.Value)}
	return nothing{}, own.ProduceSync(ctx, record).FirstErr()
}

func mechanismOf(args loginArgs) sasl.Mechanism {
	switch args.Mechanism {
	case "SCRAM-SHA-256":
		return scram.Auth{User: args.Username, Pass: args.Password}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return scram.Auth{User: args.Username, Pass: args.Password}.AsSha512Mechanism()
	case "OAUTHBEARER":
		return oauth.Auth{Token: args.Password}.AsMechanism()
	default:
		return plain.Auth{User: args.Username, Pass: args.Password}.AsMechanism()
	}
}
