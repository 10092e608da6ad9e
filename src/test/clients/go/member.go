// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// member is one consumer of a group, of the classic or the new consumer protocol, until SIGTERM: group, topic, protocol. It commits
// each record after it has printed it.
func member(ctx context.Context, servers kgo.Opt, arguments []string) error {
	tell := func(what string) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			for _, of := range partitions {
				for _, partition := range of {
					say(what, partition)
				}
			}
		}
	}
	options := []kgo.Opt{
		servers, kgo.ConsumerGroup(arguments[0]), kgo.ConsumeTopics(arguments[1]), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(200 * time.Millisecond), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(tell("assigned")), kgo.OnPartitionsRevoked(tell("revoked")), kgo.OnPartitionsLost(tell("lost")),
	}
	switch arguments[2] {
	case "classic":
		options = append(options, kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.HeartbeatInterval(200*time.Millisecond))
	case "consumer":
		options = append(options, kgo.ServerSideBalancer())
	default:
		return fmt.Errorf("no protocol %q", arguments[2])
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := consumeOnce(ctx, client); err != nil {
			return err
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
	say("closed")
	return nil
}

func consumeOnce(ctx context.Context, client *kgo.Client) error {
	fetches := client.PollRecords(ctx, 50)
	for _, failed := range fetches.Errors() {
		if !errors.Is(failed.Err, context.Canceled) {
			return failed.Err
		}
	}
	for records := fetches.RecordIter(); !records.Done(); {
		record := records.Next()
		say("record", record.Partition, record.Offset, string(record.Value))
		if err := client.CommitRecords(context.Background(), record); err != nil {
			return err
		}
		say("committed", record.Partition, record.Offset)
	}
	return nil
}
