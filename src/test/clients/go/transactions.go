// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// transactions copies records from one topic to another, each poll in one transaction with its offsets, and gives every third one
// up: group, source, target, how many.
func transactions(ctx context.Context, servers kgo.Opt, arguments []string) error {
	count, err := strconv.Atoi(arguments[3])
	if err != nil {
		return err
	}
	session, err := kgo.NewGroupTransactSession(servers, kgo.TransactionalID(arguments[0]+"-copy"),
		kgo.ConsumerGroup(arguments[0]), kgo.ConsumeTopics(arguments[1]), kgo.DefaultProduceTopic(arguments[2]),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(200*time.Millisecond),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer session.Close()
	copied := 0
	for attempt := 1; copied < count; attempt++ {
		fetches := session.PollRecords(ctx, 20)
		if err := fetches.Err(); err != nil {
			return err
		}
		done, err := copyOnce(ctx, session, fetches.Records(), attempt%3 != 0)
		if err != nil {
			return err
		}
		copied += done
	}
	say("copied", copied)
	return nil
}

func copyOnce(ctx context.Context, session *kgo.GroupTransactSession, records []*kgo.Record, commit bool) (int, error) {
	if err := session.Begin(); err != nil {
		return 0, err
	}
	for _, record := range records {
		session.Produce(ctx, &kgo.Record{Partition: record.Partition, Value: record.Value}, nil)
	}
	committed, err := session.End(ctx, kgo.TransactionEndTry(commit))
	if err != nil {
		return 0, err
	}
	if !committed {
		say("aborted", len(records))
		return 0, nil
	}
	say("committed", len(records))
	return len(records), nil
}
