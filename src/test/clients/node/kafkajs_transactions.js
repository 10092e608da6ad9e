// SPDX-License-Identifier: Apache-2.0
// Copies records from one topic to another in transactions that carry the consumer's offsets, and gives every third one up.
const { Kafka, logLevel } = require('kafkajs')

const [servers, group, source, target, count] = process.argv.slice(2)
const PORTION = 20
const kafka = new Kafka({ brokers: servers.split(','), logLevel: logLevel.ERROR })
const producer = kafka.producer({ transactionalId: `${group}-copy`, idempotent: true, maxInFlightRequests: 1 })
const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 200, readUncommitted: false })
let attempts = 0
let copied = 0

/** Returns the offset to go on at. */
async function copy(partition, messages) {
  const transaction = await producer.transaction()
  const next = BigInt(messages[messages.length - 1].offset) + 1n
  try {
    await transaction.send({ topic: target, messages: messages.map(({ value }) => ({ partition, value })) })
    await transaction.sendOffsets({
      consumerGroupId: group, topics: [{ topic: source, partitions: [{ partition, offset: `${next}` }] }],
    })
  } catch (error) {
    await transaction.abort()
    throw error
  }
  if (++attempts % 3 === 0) {
    await transaction.abort()
    console.log('aborted', messages.length)
    return messages[0].offset
  }
  await transaction.commit()
  copied += messages.length
  console.log('committed', messages.length)
  return `${next}`
}

async function run() {
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topics: [source], fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset, isStale }) => {
        const { messages, partition } = batch
        for (let at = 0; at < messages.length && !isStale(); at += PORTION) {
          const portion = messages.slice(at, at + PORTION)
          const next = await copy(partition, portion)
          if (next === portion[0].offset) {
            consumer.seek({ topic: source, partition, offset: next })
            return
          }
          resolveOffset(portion[portion.length - 1].offset)
        }
        if (copied >= Number(count)) {
          resolve()
        }
      },
    }).catch(reject)
  })
  await consumer.disconnect()
  await producer.disconnect()
  console.log('copied', copied)
}

run().catch(error => {
  console.error(error)
  process.exit(1)
})
