// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// share is a member of a share group: group, topic, how many. Of records it sees first it releases every fifth and rejects every
// seventh; it ends when the given number is accepted or rejected.
func share(ctx context.Context, servers kgo.Opt, arguments []string) error {
	count, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(servers, kgo.ShareGroup(arguments[0]), kgo.ConsumeTopics(arguments[1]), kgo.FetchMaxWait(200*time.Millisecond))
	if err != nil {
		return err
	}
	defer client.Close()
	for settled := 0; settled < count; {
		fetches := client.PollRecords(ctx, 100)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			if acknowledge(record) {
				settled++
			}
		}
		if err := client.FlushAcks(ctx); err != nil {
			return err
		}
	}
	return nil
}

func acknowledge(record *kgo.Record) bool {
	status, name := kgo.AckAccept, "accepted"
	switch {
	case record.DeliveryCount() > 1:
	case record.Offset%5 == 0:
		status, name = kgo.AckRelease, "released"
	case record.Offset%7 == 0:
		status, name = kgo.AckReject, "rejected"
	}
	record.Ack(status)
	say(name, record.Offset, record.DeliveryCount())
	return status != kgo.AckRelease
}
