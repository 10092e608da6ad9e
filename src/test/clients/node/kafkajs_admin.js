// SPDX-License-Identifier: Apache-2.0
// Walks a topic and a group through kafkajs's admin client, printing a line for each step.
const { Kafka, ConfigResourceTypes, logLevel } = require('kafkajs')

const [servers, topic, group] = process.argv.slice(2)
const kafka = new Kafka({ brokers: servers.split(','), logLevel: logLevel.NOTHING })
const admin = kafka.admin()

async function topics() {
  const wanted = { topic, numPartitions: 2, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '3600000' }] }
  console.log('created', await admin.createTopics({ topics: [wanted], waitForLeaders: true }))
  console.log('created again', await admin.createTopics({ topics: [wanted] }))
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
  const { topics: [metadata] } = await admin.fetchTopicMetadata({ topics: [topic] })
  console.log('partitions', metadata.partitions.length)
  console.log('listed', (await admin.listTopics()).includes(topic))
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
  const retention = async () => {
    const { resources: [described] } = await admin.describeConfigs({ resources: [{ ...resource, configNames: ['retention.ms'] }] })
    return described.configEntries[0].configValue
  }
  console.log('retention', await retention())
  await admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '7200000' }] }] })
  console.log('retention', await retention())
  const cluster = await admin.describeCluster()
  console.log('brokers', cluster.brokers.length, cluster.controller === cluster.brokers[0].nodeId)
}

async function offsets() {
  const producer = kafka.producer()
  await producer.connect()
  const messages = [...Array(10).keys()].map(i => ({ partition: 0, value: `${i}`, timestamp: `${1700000000000 + i * 1000}` }))
  await producer.send({ topic, messages })
  await producer.disconnect()
  const text = list => list.sort((a, b) => a.partition - b.partition).map(each => `${each.low || 0}-${each.offset}`).join(' ')
  console.log('offsets', text(await admin.fetchTopicOffsets(topic)))
  console.log('by time', text(await admin.fetchTopicOffsetsByTimestamp(topic, 1700000003000)))
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] })
  console.log('offsets', text(await admin.fetchTopicOffsets(topic)))
}

async function consumeAll() {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({ eachMessage: async ({ message }) => `${message.value}` === '9' && resolve() }).catch(reject)
  })
  const { groups: [described] } = await admin.describeGroups([group])
  console.log('group', described.state, described.members.length, described.protocol)
  await consumer.disconnect()
}

async function groups() {
  const committed = async () => (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0].partitions
    .sort((a, b) => a.partition - b.partition).map(each => each.offset).join(' ')
  await consumeAll()
  console.log('committed', await committed())
  await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '7' }] })
  console.log('set', await committed())
  console.log('listed', (await admin.listGroups()).groups.some(each => each.groupId === group))
  const [deleted] = await admin.deleteGroups([group])
  console.log('deleted', deleted.errorCode)
  console.log('listed', (await admin.listGroups()).groups.some(each => each.groupId === group))
}

async function run() {
  await admin.connect()
  await topics()
  await offsets()
  await groups()
  await admin.deleteTopics({ topics: [topic] })
  console.log('listed', (await admin.listTopics()).includes(topic))
  await admin.disconnect()
}

run().catch(error => {
  console.error(error)
  process.exit(1)
})
