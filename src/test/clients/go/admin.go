// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// admin walks a topic and a group through kadm: topic, group.
func admin(ctx context.Context, servers kgo.Opt, arguments []string) error {
	client, err := kgo.NewClient(servers, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	walk := &walk{client: client, admin: kadm.NewClient(client), topic: arguments[0], group: arguments[1]}
	for _, step := range []func(context.Context) error{walk.createTopic, walk.changeTopic, walk.offsets, walk.groups, walk.deletions} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

type walk struct {
	client       *kgo.Client
	admin        *kadm.Client
	topic, group string
}

func (w *walk) createTopic(ctx context.Context) error {
	hour := "3600000"
	created, err := w.admin.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": &hour}, w.topic)
	if err != nil {
		return err
	}
	say("created", created.NumPartitions, created.ReplicationFactor)
	_, err = w.admin.CreateTopic(ctx, 2, 1, nil, w.topic)
	say("created again", errors.Is(err, kerr.TopicAlreadyExists))
	return nil
}

func (w *walk) changeTopic(ctx context.Context) error {
	added, err := w.admin.CreatePartitions(ctx, 1, w.topic)
	if err = errors.Join(err, added.Error()); err != nil {
		return err
	}
	topics, err := w.admin.ListTopics(ctx, w.topic)
	if err != nil {
		return err
	}
	say("partitions", len(topics[w.topic].Partitions))
	twoHours := "7200000"
	altered, err := w.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &twoHours}}, w.topic)
	if err != nil || altered[0].Err != nil {
		return errors.Join(err, altered[0].Err)
	}
	described, err := w.admin.DescribeTopicConfigs(ctx, w.topic)
	if err != nil {
		return err
	}
	for _, config := range described[0].Configs {
		if config.Key == "retention.ms" {
			say("retention", *config.Value, config.Source)
		}
	}
	return nil
}

func (w *walk) offsets(ctx context.Context) error {
	records := make([]*kgo.Record, 10)
	for i := range records {
		records[i] = &kgo.Record{Topic: w.topic, Value: []byte(strconv.Itoa(i)), Timestamp: time.UnixMilli(1_700_000_000_000 + int64(i)*1_000)}
	}
	if err := w.client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return err
	}
	ends, err := w.admin.ListEndOffsets(ctx, w.topic)
	if err != nil {
		return err
	}
	later, err := w.admin.ListOffsetsAfterMilli(ctx, 1_700_000_003_000, w.topic)
	if err != nil {
		return err
	}
	say("by time", later[w.topic][0].Offset)
	deleted, err := w.admin.DeleteRecords(ctx, kadm.Offsets{w.topic: {0: {Topic: w.topic, Partition: 0, At: 4}}})
	if err = errors.Join(err, deleted.Error()); err != nil {
		return err
	}
	starts, err := w.admin.ListStartOffsets(ctx, w.topic)
	if err != nil {
		return err
	}
	say("offsets", starts[w.topic][0].Offset, ends[w.topic][0].Offset)
	return nil
}

func (w *walk) groups(ctx context.Context) error {
	committed, err := w.admin.CommitOffsets(ctx, w.group, kadm.Offsets{w.topic: {0: {Topic: w.topic, Partition: 0, At: 7, LeaderEpoch: -1, Metadata: "by hand"}}})
	if err = errors.Join(err, committed.Error()); err != nil {
		return err
	}
	fetched, err := w.admin.FetchOffsets(ctx, w.group)
	if err != nil {
		return err
	}
	say("committed", fetched[w.topic][0].At, fetched[w.topic][0].Metadata)
	lags, err := w.admin.Lag(ctx, w.group)
	if err = errors.Join(err, lags.Error()); err != nil {
		return err
	}
	say("lag", lags[w.group].State, lags[w.group].Lag.Total())
	return nil
}

func (w *walk) deletions(ctx context.Context) error {
	if err := w.sayListed(ctx); err != nil {
		return err
	}
	if _, err := w.admin.DeleteGroup(ctx, w.group); err != nil {
		return err
	}
	if err := w.sayListed(ctx); err != nil {
		return err
	}
	_, err := w.admin.DeleteGroup(ctx, w.group)
	say("deleted again", errors.Is(err, kerr.GroupIDNotFound))
	if _, err := w.admin.DeleteTopic(ctx, w.topic); err != nil {
		return err
	}
	_, err = w.admin.DeleteTopic(ctx, w.topic)
	say("deleted again", errors.Is(err, kerr.UnknownTopicOrPartition))
	return nil
}

func (w *walk) sayListed(ctx context.Context) error {
	listed, err := w.admin.ListGroups(ctx)
	say("listed", slices.Contains(listed.Groups(), w.group))
	return err
}
