// SPDX-License-Identifier: Apache-2.0
// A member of a group that commits after each record it has printed, until SIGTERM.
const { Kafka, logLevel } = require('kafkajs')

const [servers, group, topic] = process.argv.slice(2)
const kafka = new Kafka({ brokers: servers.split(','), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({
  groupId: group, sessionTimeout: 10000, rebalanceTimeout: 10000, heartbeatInterval: 200, maxWaitTimeInMs: 100,
})

consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  const assigned = (payload.memberAssignment[topic] || []).slice().sort((a, b) => a - b)
  console.log('assigned', assigned.length ? assigned.join(',') : 'nothing')
})
consumer.on(consumer.events.CRASH, ({ payload }) => console.log('crashed', payload.error.type || payload.error.message))

process.on('SIGTERM', async () => {
  await consumer.disconnect()
  console.log('closed')
  process.exit(0)
})

async function run() {
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message, heartbeat }) => {
      console.log('record', partition, message.offset, `${message.value}`)
      await heartbeat()
      await consumer.commitOffsets([{ topic, partition, offset: `${BigInt(message.offset) + 1n}` }])
      console.log('committed', partition, message.offset)
    },
  })
}

run().catch(error => {
  console.error(error)
  process.exit(1)
})
