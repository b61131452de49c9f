package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
)

var operations = map[string]operation{
	"login":                 login,
	"hello":                 hello,
	"produce":               produce,
	"consume":               consume,
	"member":                member,
	"transfer":              transfer,
	"load":                  load,
	"describeCluster":       describeCluster,
	"listTopics":            listTopics,
	"createTopic":           createTopic,
	"describeTopic":         describeTopic,
	"deleteTopic":           deleteTopic,
	"createPartitions":      createPartitions,
	"deleteRecords":         deleteRecords,
	"describeConfigs":       describeConfigs,
	"describeBrokerConfigs": describeBrokerConfigs,
	"alterConfig":           alterConfig,
	"listOffset":            listOffset,
	"listGroups":            listGroups,
	"describeGroup":         describeGroup,
	"deleteGroup":           deleteGroup,
	"committed":             committed,
	"resetOffset":           resetOffset,
	"deleteOffset":          deleteOffset,
	"streams":               streams,
	"connect":               connect,
	"tool":                  tool,
}

// place is what most administrative operations take, each some of it.
type place struct {
	Group      string
	Topic      string
	Partition  int32
	Partitions int32
	Count      int
	Before     int64
	Offset     int64
	Configs    map[string]*string
	Name       string
	Value      *string
	At         json.RawMessage
}

func describeCluster(ctx context.Context, _ json.RawMessage, _ func(string, any)) (any, error) {
	found, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]any{"clusterId": found.Cluster, "brokers": len(found.Brokers)}, nil
}

func listTopics(ctx context.Context, _ json.RawMessage, _ func(string, any)) (any, error) {
	found, err := admin.ListTopics(ctx)
	return map[string]any{"topics": append([]string{}, found.Names()...)}, err
}

func createTopic(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	_, err := admin.CreateTopic(ctx, args.Partitions, 1, args.Configs, args.Topic)
	return nothing{}, err
}

func describeTopic(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	found, err := admin.ListTopics(ctx, args.Topic)
	if err == nil {
		err = found.Error()
	}
	return map[string]any{"partitions": len(found[args.Topic].Partitions)}, err
}

func deleteTopic(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	_, err := admin.DeleteTopic(ctx, decode[place](raw).Topic)
	return nothing{}, err
}

func createPartitions(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	found, err := admin.UpdatePartitions(ctx, args.Count, args.Topic)
	if err == nil {
		err = found.Error()
	}
	return nothing{}, err
}

func deleteRecords(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	offsets := kadm.Offsets{}
	offsets.AddOffset(args.Topic, args.Partition, args.Before, -1)
	found, err := admin.DeleteRecords(ctx, offsets)
	if err == nil {
		err = found.Error()
	}
	return nothing{}, err
}

func configsOf(found kadm.ResourceConfigs, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if found[0].Err != nil {
		return nil, found[0].Err
	}
	configs := map[string]*string{}
	for _, each := range found[0].Configs {
		configs[each.Key] = each.Value
	}
	return map[string]any{"configs": configs}, nil
}

func describeConfigs(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	return configsOf(admin.DescribeTopicConfigs(ctx, decode[place](raw).Topic))
}

func describeBrokerConfigs(ctx context.Context, _ json.RawMessage, _ func(string, any)) (any, error) {
	brokers, err := admin.ListBrokers(ctx)
	if err != nil {
		return nil, err
	}
	return configsOf(admin.DescribeBrokerConfigs(ctx, brokers[0].NodeID))
}

func alterConfig(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	change := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: args.Name, Value: args.Value}}
	found, err := admin.AlterTopicConfigs(ctx, change, args.Topic)
	if err == nil {
		err = found[0].Err
	}
	return nothing{}, err
}

func listOffset(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	var found kadm.ListedOffsets
	var err error
	switch string(args.At) {
	case `"start"`:
		found, err = admin.ListStartOffsets(ctx, args.Topic)
	case `"end"`:
		found, err = admin.ListEndOffsets(ctx, args.Topic)
	default:
		found, err = admin.ListOffsetsAfterMilli(ctx, decode[struct{ TimeMs int64 }](args.At).TimeMs, args.Topic)
	}
	if err == nil {
		err = found.Error()
	}
	return map[string]any{"offset": found[args.Topic][args.Partition].Offset}, err
}

func listGroups(ctx context.Context, _ json.RawMessage, _ func(string, any)) (any, error) {
	found, err := admin.ListGroups(ctx)
	return map[string]any{"groups": append([]string{}, found.Groups()...)}, err
}

func describeGroup(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	found, err := admin.DescribeGroups(ctx, args.Group)
	if err == nil {
		err = found.Error()
	}
	if err != nil {
		return nil, err
	}
	group := found[args.Group]
	partitions := []int32{}
	for _, each := range group.Members {
		if assigned, ok := each.Assigned.AsConsumer(); ok {
			for _, topic := range assigned.Topics {
				if topic.Topic == args.Topic {
					partitions = append(partitions, topic.Partitions...)
				}
			}
		}
	}
	slices.Sort(partitions)
	return map[string]any{"state": group.State, "members": len(group.Members), "partitions": partitions}, nil
}

func deleteGroup(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	_, err := admin.DeleteGroup(ctx, decode[place](raw).Group)
	return nothing{}, err
}

func committed(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	found, err := admin.FetchOffsets(ctx, args.Group)
	if err == nil {
		err = found.Error()
	}
	offsets := map[string]int64{}
	for partition, each := range found[args.Topic] {
		if each.At >= 0 {
			offsets[strconv.Itoa(int(partition))] = each.At
		}
	}
	return map[string]any{"offsets": offsets}, err
}

func resetOffset(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	offsets := kadm.Offsets{}
	offsets.AddOffset(args.Topic, args.Partition, args.Offset, -1)
	found, err := admin.CommitOffsets(ctx, args.Group, offsets)
	if err == nil {
		err = found.Error()
	}
	return nothing{}, err
}

func deleteOffset(ctx context.Context, raw json.RawMessage, _ func(string, any)) (any, error) {
	args := decode[place](raw)
	partitions := kadm.TopicsSet{}
	partitions.Add(args.Topic, args.Partition)
	found, err := admin.DeleteOffsets(ctx, args.Group, partitions)
	if err == nil {
		err = found.Error()
	}
	return nothing{}, err
}

func streams(context.Context, json.RawMessage, func(string, any)) (any, error) {
	return nil, cannot{"franz-go has no streams"}
}

func connect(context.Context, json.RawMessage, func(string, any)) (any, error) {
	return nil, cannot{"franz-go has no connectors"}
}

func tool(context.Context, json.RawMessage, func(string, any)) (any, error) {
	return nil, cannot{"franz-go has no console tools"}
}
