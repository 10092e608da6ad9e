// SPDX-License-Identifier: Apache-2.0
// Produces numbered records with keys and headers to partition 0, all batches compressed with gzip, and reads them back from the middle:
// seek, and pause and resume while nothing may come.
const { Kafka, CompressionTypes, logLevel } = require('kafkajs')

const [servers, topic, group, count] = process.argv.slice(2)
const kafka = new Kafka({ brokers: servers.split(','), logLevel: logLevel.ERROR })
const middle = Math.floor(Number(count) / 2)

async function produce() {
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (let first = 0; first < Number(count); first += 100) {
    const messages = []
    for (let i = first; i < Math.min(first + 100, Number(count)); i++) {
      messages.push({ partition: 0, key: `key-${i}`, value: `${i}`, headers: { n: `${i}` } })
    }
    const [sent] = await producer.send({ topic, messages, acks: -1, compression: CompressionTypes.GZIP })
    console.log('sent', sent.baseOffset, messages.length)
  }
  await producer.disconnect()
}

async function consume() {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 200 })
  let paused = false
  let duringPause = 0
  const seen = []
  const finished = new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const take = async ({ message }) => {
      seen.push(`${message.offset}=${message.value}/${message.headers.n}`)
      duringPause += paused ? 1 : 0
      if (seen.length === 10 && !paused) {
        paused = true
        consumer.pause([{ topic }])
        setTimeout(() => {
          paused = false
          consumer.resume([{ topic }])
        }, 700)
      }
      if (Number(message.offset) === Number(count) - 1) {
        resolve()
      }
    }
    consumer.connect()
      .then(() => consumer.subscribe({ topics: [topic], fromBeginning: true }))
      .then(() => consumer.run({ eachMessage: take }))
      .then(() => consumer.seek({ topic, partition: 0, offset: `${middle}` }))
      .catch(reject)
  })
  await finished
  await consumer.disconnect()
  const afterSeek = seen.slice(seen.findIndex(line => line.startsWith(`${middle}=`)))
  console.log('after seek', afterSeek[0], afterSeek[afterSeek.length - 1], new Set(afterSeek).size)
  console.log('during pause', duringPause)
}

produce().then(consume).then(() => console.log('done'), error => {
  console.error(error)
  process.exit(1)
})
