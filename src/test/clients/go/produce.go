// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// produce writes numbered records to partition 0 with one idempotent producer for each codec: topic, how many with each.
func produce(ctx context.Context, servers kgo.Opt, arguments []string) error {
	count, err := strconv.Atoi(arguments[1])
	if err != nil {
		return err
	}
	codecs := []kgo.CompressionCodec{
		kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	for i, codec := range codecs {
		if err := produceWith(ctx, servers, arguments[0], codec, i*count, count); err != nil {
			return err
		}
	}
	return nil
}

func produceWith(ctx context.Context, servers kgo.Opt, topic string, codec kgo.CompressionCodec, first, count int) error {
	client, err := kgo.NewClient(servers, kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(codec), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	records := make([]*kgo.Record, count)
	for i := range records {
		number := strconv.Itoa(first + i)
		records[i] = &kgo.Record{
			Key: []byte("key-" + number), Value: []byte(number), Headers: []kgo.RecordHeader{{Key: "n", Value: []byte(number)}},
		}
	}
	results := client.ProduceSync(ctx, records...)
	if err := results.FirstErr(); err != nil {
		return err
	}
	for _, record := range records {
		say("delivered", record.Offset, string(record.Value))
	}
	return nil
}
